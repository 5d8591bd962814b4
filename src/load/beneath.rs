//! The quick way to an ordinary file of a site: one question to the system, which itself refuses
//! whatever leads out of the folder or over a link.

use std::fs::{File, Metadata};

use super::Root;
use crate::source::SourcePath;

/// The folder of a site, open.
#[derive(Debug)]
pub(super) struct Folder(Option<File>);

impl Folder {
    pub(super) fn open(root: &Root) -> Folder {
        Folder(File::open(&root.folder).ok())
    }

    /// Returns the bytes of an ordinary file of at most `limit` bytes. Nothing where a link is on the
    /// way, or anything else is out of the ordinary: the long way knows what to say then.
    pub(super) fn bytes(&self, path: &SourcePath, limit: u64) -> Option<Vec<u8>> {
        let file = open(self.0.as_ref()?, path.as_str())?;
        let metadata = file.metadata().ok().filter(Metadata::is_file)?;
        let length = usize::try_from(metadata.len()).ok().filter(|_| metadata.len() <= limit)?;
        // With room for one byte more, a read that ends before it has met the end of the file.
        let mut bytes = Vec::with_capacity(length + 1);
        let read = rustix::io::read(&file, rustix::buffer::spare_capacity(&mut bytes)).ok()?;
        (read == length).then_some(bytes)
    }
}

#[cfg(target_os = "linux")]
fn open(folder: &File, path: &str) -> Option<File> {
    use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    openat2(folder, path, flags, Mode::empty(), resolve).ok().map(File::from)
}

#[cfg(not(target_os = "linux"))]
fn open(_: &File, _: &str) -> Option<File> {
    None
}
