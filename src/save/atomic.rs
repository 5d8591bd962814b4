//! One file in place of another: at every moment the name leads to the old bytes or to the new, whole.
//!
//! The new bytes are on disk before they get the name. The two files then change places in one step, so that
//! what stood there last can still be looked at: had somebody saved in between, they change places again.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;

use rustix::fs::{
    AtFlags, FlockOperation, Gid, Mode, OFlags, RenameFlags, Uid, fchmod, fchown, flock, fsync,
    openat, renameat, renameat_with, unlinkat,
};
use rustix::io::Errno;

use super::place::Place;
use super::{Fault, Text};
use crate::digest::Digest;

/// Of a larger text nothing is saved: nobody wrote it by hand.
pub(super) const TEXT_BYTES_MAX: u64 = 64 << 20;

/// Reads the text that stands at a place.
pub(super) fn read(place: &Place) -> Result<Text, Fault> {
    read_named(&place.folder, &place.name).map(|(text, _)| text)
}

fn read_named(
    folder: &OwnedFd,
    name: impl rustix::path::Arg,
) -> Result<(Text, std::fs::Metadata), Fault> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = match openat(folder, name, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(Errno::NOENT) => return Err(Fault::Missing),
        Err(Errno::LOOP) => return Err(Fault::Outside),
        Err(error) => return Err(io::Error::from(error).into()),
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() > TEXT_BYTES_MAX {
        return Err(Fault::NotText);
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let digest = Digest::of(&bytes);
    let text = String::from_utf8(bytes).map_err(|_| Fault::NotText)?;
    Ok((Text { text, digest }, metadata))
}

/// Puts a text in place of the one that was seen there. Tells whether anything had to be written.
pub(super) fn replace(place: &Place, text: &str, seen: Digest) -> Result<bool, Fault> {
    let _lock = lock(&place.folder);
    let (old, metadata) = match read_named(&place.folder, &place.name) {
        Err(Fault::Missing) => return Err(Fault::Changed(None)),
        found => found?,
    };
    if old.digest != seen {
        return Err(Fault::Changed(Some(old)));
    }
    if old.text == text {
        return Ok(false);
    }
    if metadata.mode() & 0o222 == 0 || !may_write(place) {
        return Err(Fault::Denied(Errno::ACCESS.into()));
    }
    let aside = Aside::write(place, text.as_bytes(), Some(&metadata))?;
    match renameat_with(
        &place.folder,
        &aside.name,
        &place.folder,
        &place.name,
        RenameFlags::EXCHANGE,
    ) {
        Ok(()) => aside.look_back(place, seen, text)?,
        Err(Errno::NOENT) => return Err(Fault::Changed(None)),
        // Some file systems cannot: there the look before is the last.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            match read(place) {
                Err(Fault::Missing) => return Err(Fault::Changed(None)),
                Ok(now) if now.digest != seen => return Err(Fault::Changed(Some(now))),
                found => drop(found?),
            }
            renameat(&place.folder, &aside.name, &place.folder, &place.name)
                .map_err(io::Error::from)?;
        }
        Err(error) => return Err(io::Error::from(error).into()),
    }
    drop(aside);
    fsync(&place.folder).map_err(io::Error::from)?;
    Ok(true)
}

/// Puts bytes where nothing stands.
pub(super) fn create(place: &Place, bytes: &[u8]) -> Result<(), Fault> {
    let _lock = lock(&place.folder);
    let aside = Aside::write(place, bytes, None)?;
    move_in(&place.folder, &aside.name, place)?;
    drop(aside);
    fsync(&place.folder).map_err(io::Error::from)?;
    Ok(())
}

/// Gives a file a place where nothing stands.
pub(super) fn move_in(
    from: &OwnedFd,
    name: impl rustix::path::Arg + Copy,
    place: &Place,
) -> Result<(), Fault> {
    match renameat_with(from, name, &place.folder, &place.name, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            let linked =
                rustix::fs::linkat(from, name, &place.folder, &place.name, AtFlags::empty());
            linked.map_err(exists_or)?;
            unlinkat(from, name, AtFlags::empty()).map_err(io::Error::from)?;
            Ok(())
        }
        moved => moved.map_err(exists_or),
    }
}

fn exists_or(error: Errno) -> Fault {
    if error == Errno::EXIST { Fault::Exists } else { io::Error::from(error).into() }
}

/// Waits for other programs of ours that save in a folder. Where there are no locks, the second look has to do.
pub(super) fn lock(folder: &OwnedFd) -> Option<File> {
    let file = File::from(folder.try_clone().ok()?);
    flock(&file, FlockOperation::LockExclusive).ok()?;
    Some(file)
}

fn may_write(place: &Place) -> bool {
    use rustix::fs::{Access, accessat};
    let asked = accessat(&place.folder, &place.name, Access::WRITE_OK, AtFlags::EACCESS);
    // What cannot be asked is found out by trying.
    !matches!(asked, Err(Errno::ACCESS | Errno::PERM | Errno::ROFS))
}

/// A file beside the one that it is to replace; it goes when dropped.
struct Aside<'a> {
    folder: &'a OwnedFd,
    name: String,
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        // It may have got another name by now.
        unlinkat(self.folder, &self.name, AtFlags::empty()).ok();
    }
}

impl Aside<'_> {
    /// Writes bytes to the disk, under a hidden name that is always the same for a file: what a killed program
    /// left behind is gone with the next save.
    fn write<'a>(
        place: &'a Place,
        bytes: &[u8],
        old: Option<&std::fs::Metadata>,
    ) -> Result<Aside<'a>, Fault> {
        let name = Digest::of(place.name.as_encoded_bytes()).short();
        let aside = Aside { folder: &place.folder, name: format!(".kami-{name}") };
        unlinkat(&place.folder, &aside.name, AtFlags::empty()).ok();
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = if old.is_some() { 0o600 } else { 0o666 };
        let file = openat(&place.folder, &aside.name, flags, Mode::from_raw_mode(mode))
            .map_err(io::Error::from)?;
        let mut file = File::from(file);
        if let Some(old) = old {
            let made = file.metadata()?;
            if (made.uid(), made.gid()) != (old.uid(), old.gid()) {
                // Only some may give files away; the others keep what they write.
                let (owner, group) = (Uid::from_raw(old.uid()), Gid::from_raw(old.gid()));
                fchown(&file, Some(owner), Some(group)).ok();
            }
            fchmod(&file, Mode::from_raw_mode(old.mode() & 0o7777)).map_err(io::Error::from)?;
        }
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(aside)
    }

    /// Looks at what stood at the place when it was taken; had it changed since, it is put back.
    fn look_back(&self, place: &Place, seen: Digest, text: &str) -> Result<(), Fault> {
        let stood = read_named(self.folder, &self.name);
        if stood.as_ref().is_ok_and(|(stood, _)| stood.digest == seen) {
            return Ok(());
        }
        let change_places = || {
            let (folder, name) = (&place.folder, &place.name);
            renameat_with(folder, &self.name, folder, name, RenameFlags::EXCHANGE)
        };
        let ours = Digest::of(text.as_bytes());
        change_places()?;
        // Somebody may have saved even since then: what comes back must be our own.
        if read_named(self.folder, &self.name).is_ok_and(|(back, _)| back.digest != ours) {
            change_places()?;
        }
        Err(stood.map_or_else(|fault| fault, |(stood, _)| Fault::Changed(Some(stood))))
    }
}
