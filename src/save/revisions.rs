//! Texts that editors were given, by digest: what two edits of one text are merged over.
//!
//! They lie in `.kami/revisions/`, so that a merge works after a restart; the oldest go when there are many.
//! Nothing depends on one being there.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, Dir, Mode, OFlags, openat, renameat, statat, unlinkat};
use rustix::io::Errno;

use super::place::{make_folder, open_folder};
use super::{Text, atomic};
use crate::digest::Digest;

/// How many texts are kept, and how many bytes of them.
const COUNT_MAX: usize = 512;
const BYTES_MAX: u64 = 64 << 20;
/// How many texts are remembered beside the disk.
const REMEMBERED_MAX: usize = 32;

/// The folder of what is kept beside a site.
pub(super) const STATE: &str = ".kami";
const PRIVATE: Mode = Mode::RWXU;

/// What is kept of texts that were handed out.
#[derive(Debug)]
pub(super) struct Revisions {
    /// Whether they are kept on disk, too.
    on_disk: bool,
    remembered: VecDeque<Text>,
    /// How many texts may have been added since the folder was last looked at.
    added: usize,
}

/// Opens `.kami/`, made where it is missing. A link in its place is not followed.
pub(super) fn state(root: &OwnedFd) -> io::Result<OwnedFd> {
    match open_folder(root, OsStr::new(STATE)) {
        Err(Errno::NOENT) => {
            let state = make_folder(root, OsStr::new(STATE), PRIVATE)?;
            // Nothing in here is for the repository of the site.
            write(&state, ".gitignore", b"*\n").ok();
            Ok(state)
        }
        state => Ok(state?),
    }
}

/// Opens a folder inside `.kami/`, made where it is missing.
pub(super) fn state_folder(root: &OwnedFd, name: &str) -> io::Result<OwnedFd> {
    make_folder(&state(root)?, OsStr::new(name), PRIVATE)
}

fn write(folder: &OwnedFd, name: &str, bytes: &[u8]) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = openat(folder, name, flags, Mode::from_raw_mode(0o600))?;
    File::from(file).write_all(bytes)
}

impl Revisions {
    pub(super) fn new(on_disk: bool) -> Revisions {
        Revisions { on_disk, remembered: VecDeque::new(), added: COUNT_MAX }
    }

    pub(super) fn keep(&mut self, root: &OwnedFd, text: &Text) {
        if self.remembered.iter().any(|known| known.digest == text.digest) {
            return;
        }
        self.remembered.push_back(text.clone());
        if self.remembered.len() > REMEMBERED_MAX {
            self.remembered.pop_front();
        }
        if self.on_disk {
            // A disk that is full or cannot be written costs a merge, never a text.
            self.store(root, text).ok();
        }
    }

    pub(super) fn get(&self, root: &OwnedFd, digest: Digest) -> Option<String> {
        if let Some(known) = self.remembered.iter().find(|known| known.digest == digest) {
            return Some(known.text.clone());
        }
        if !self.on_disk {
            return None;
        }
        let state = open_folder(root, OsStr::new(STATE)).ok()?;
        let folder = open_folder(&state, OsStr::new("revisions")).ok()?;
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(openat(&folder, digest.to_string(), flags, Mode::empty()).ok()?);
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).ok()?;
        // A text that was not written to its end is none.
        if Digest::of(&bytes) != digest {
            return None;
        }
        String::from_utf8(bytes).ok()
    }

    fn store(&mut self, root: &OwnedFd, text: &Text) -> io::Result<()> {
        let folder = state_folder(root, "revisions")?;
        let _lock = atomic::lock(&folder);
        let name = text.digest.to_string();
        if statat(&folder, &name, AtFlags::SYMLINK_NOFOLLOW).is_ok() {
            return Ok(());
        }
        let aside = ".new";
        unlinkat(&folder, aside, AtFlags::empty()).ok();
        write(&folder, aside, text.text.as_bytes())?;
        renameat(&folder, aside, &folder, &name)?;
        self.added += 1;
        if self.added > COUNT_MAX / 8 {
            self.added = 0;
            prune(&folder)?;
        }
        Ok(())
    }
}

/// Takes the oldest texts away until few enough are left.
fn prune(folder: &OwnedFd) -> io::Result<()> {
    let mut found = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if Digest::parse(&name).is_none() {
            continue;
        }
        let stat = statat(folder, &name, AtFlags::SYMLINK_NOFOLLOW)?;
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        found.push(((stat.st_mtime, stat.st_mtime_nsec), size, name));
    }
    found.sort_unstable();
    let (mut count, mut bytes) = (found.len(), found.iter().map(|(_, size, _)| size).sum::<u64>());
    for (_, size, name) in found {
        if count <= COUNT_MAX && bytes <= BYTES_MAX {
            break;
        }
        unlinkat(folder, &name, AtFlags::empty())?;
        (count, bytes) = (count - 1, bytes - size);
    }
    Ok(())
}
