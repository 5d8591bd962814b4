//! What was deleted: moved to `.kami/trash/`, each under a name of its own, and back again.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, Dir, FileType, Mode, RenameFlags, fsync, renameat_with, unlinkat};
use rustix::io::Errno;

use super::place::{Place, Way, make_folder, open_folder};
use super::revisions::state_folder;
use super::{Fault, Files, atomic};
use crate::digest::Digest;
use crate::fence;
use crate::source::SourcePath;

const FOLDER: &str = "trash";

impl Files {
    /// Moves a text that was seen to the trash; returns the name under which it lies there.
    pub fn delete(&self, path: &SourcePath, seen: Digest) -> Result<String, Fault> {
        if self.is_one_file() {
            return Err(Fault::NotThisFile);
        }
        let place = self.place(path, Way::AsItIs)?;
        let _lock = atomic::lock(&place.folder);
        let text = atomic::read(&place).map_err(|fault| match fault {
            Fault::Missing => Fault::Changed(None),
            fault => fault,
        })?;
        if text.digest != seen {
            return Err(Fault::Changed(Some(text)));
        }
        let trash = state_folder(&self.root, FOLDER)?;
        let (name, into) = new_folder(&trash, text.digest)?;
        let there = folders(&into, path)?;
        let itself = self.place(path, Way::Itself)?;
        if itself.is_link() {
            // What the link leads to belongs to another page.
            atomic::create(&there, text.text.as_bytes())?;
            unlinkat(&itself.folder, &itself.name, AtFlags::empty())?;
            fsync(&itself.folder)?;
            return Ok(name);
        }
        match renameat_with(
            &place.folder,
            &place.name,
            &there.folder,
            &there.name,
            RenameFlags::NOREPLACE,
        ) {
            Ok(()) => {}
            // Another file system, or one that cannot: the text is written first, then taken away.
            Err(Errno::XDEV | Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
                atomic::create(&there, text.text.as_bytes())?;
                unlinkat(&place.folder, &place.name, AtFlags::empty())?;
            }
            Err(error) => return Err(error.into()),
        }
        let moved = atomic::read(&there);
        if !moved.as_ref().is_ok_and(|moved| moved.digest == seen) {
            // Somebody saved in between: what they wrote goes back, unless something stands there again.
            atomic::move_in(&there.folder, &there.name, &place)?;
            return Err(moved.map_or_else(|fault| fault, |moved| Fault::Changed(Some(moved))));
        }
        fsync(&there.folder)?;
        fsync(&place.folder)?;
        Ok(name)
    }

    /// Brings back what lies in the trash under a name.
    pub fn restore(&self, name: &str) -> Result<SourcePath, Fault> {
        let (path, folder, file) = self.thrown_away(name)?;
        let place = self.place(&path, Way::Made)?;
        atomic::move_in(&folder, file.as_str(), &place)?;
        fsync(&place.folder)?;
        fsync(&folder)?;
        Ok(path)
    }

    /// Returns what lies in the trash under a name: where it stood, and the folder and the file that it is now.
    pub fn thrown_away(&self, name: &str) -> Result<(SourcePath, OwnedFd, String), Fault> {
        let known = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if self.is_one_file() || name.is_empty() || !known {
            return Err(Fault::Missing);
        }
        let trash = state_folder(&self.root, FOLDER)?;
        let from = open_folder(&trash, OsStr::new(name)).map_err(missing)?;
        let (path, folder, file) = find(from, "")?.ok_or(Fault::Missing)?;
        let path = fence::text_path(&path).map_err(|_| Fault::Outside)?;
        Ok((path, folder, file))
    }
}

fn missing(error: Errno) -> Fault {
    if error == Errno::NOENT { Fault::Missing } else { error.into() }
}

/// Makes a folder in the trash that nothing lies in yet; its name says when.
fn new_folder(trash: &OwnedFd, digest: Digest) -> io::Result<(String, OwnedFd)> {
    let time = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut number = 0;
    loop {
        let name = format!("{time}-{}-{number}", &digest.short()[..8]);
        match rustix::fs::mkdirat(trash, &name, Mode::from_raw_mode(0o700)) {
            Ok(()) => {
                fsync(trash)?;
                let folder = open_folder(trash, OsStr::new(&name))?;
                return Ok((name, folder));
            }
            Err(Errno::EXIST) => number += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Makes the folders of a path inside another folder.
fn folders(into: &OwnedFd, path: &SourcePath) -> io::Result<Place> {
    let mut folder = into.try_clone()?;
    for part in Path::new(path.folder()).components() {
        folder = make_folder(&folder, part.as_os_str(), Mode::from_raw_mode(0o700))?;
    }
    Ok(Place { folder, name: path.file_name().into() })
}

/// Finds the one file below a folder: its path, the folder that it lies in, its name.
fn find(folder: OwnedFd, path: &str) -> io::Result<Option<(String, OwnedFd, String)>> {
    for entry in Dir::read_from(&folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().to_str() else { continue };
        if name.starts_with('.') || path.len() > 4096 {
            continue;
        }
        let inside = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        match entry.file_type() {
            FileType::RegularFile => return Ok(Some((inside, folder, name.to_owned()))),
            FileType::Directory => {
                if let Some(found) = find(open_folder(&folder, OsStr::new(name))?, &inside)? {
                    return Ok(Some(found));
                }
            }
            _ => {}
        }
    }
    Ok(None)
}
