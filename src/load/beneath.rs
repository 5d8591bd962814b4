//! The quick way to an ordinary file of a site: one question to the system, which itself refuses
//! whatever leads out of the folder or over a link.

use std::fs::{File, Metadata};
use std::sync::Arc;

use super::{Root, bytes_max, is_text, large, source};
use crate::picture;
use crate::source::{Reread, Source, SourcePath};

/// A file of fewer bytes is always held: to read it again takes longer than it is worth.
const HELD_BYTES_MIN: usize = 64 << 10;

/// What is kept in memory of what was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    All,
    /// All but large files that are served as they are.
    Little,
}

/// The folder of a site, open.
#[derive(Debug)]
pub(super) struct Folder(Option<File>);

impl Folder {
    pub(super) fn open(root: &Root) -> Folder {
        Folder(File::open(&root.folder).ok())
    }

    /// Reads one source that is an ordinary file, as most are.
    pub(super) fn source(self: &Arc<Folder>, path: &SourcePath, held: Held) -> Option<Source> {
        let bytes = self.bytes(path, bytes_max(path))?;
        if held == Held::All || bytes.len() < HELD_BYTES_MIN || is_taken_in(path) {
            return Some(source(path, &bytes));
        }
        let place = Arc::new(Away { folder: Arc::clone(self), path: path.clone() });
        Some(Source::asset_away(path.as_str(), &bytes, picture::size(path, &bytes), place))
    }

    /// Returns the bytes of an ordinary file of at most `limit` bytes. Nothing where a link is on the
    /// way, or anything else is out of the ordinary: the long way knows what to say then.
    fn bytes(&self, path: &SourcePath, limit: u64) -> Option<Vec<u8>> {
        let file = open(self.0.as_ref()?, path.as_str())?;
        let metadata = file.metadata().ok().filter(Metadata::is_file)?;
        if large::is_large(path, metadata.len()) {
            return None;
        }
        let length = usize::try_from(metadata.len()).ok().filter(|_| metadata.len() <= limit)?;
        // With room for one byte more, a read that ends before it has met the end of the file.
        let mut bytes = Vec::with_capacity(length + 1);
        let read = rustix::io::read(&file, rustix::buffer::spare_capacity(&mut bytes)).ok()?;
        (read == length).then_some(bytes)
    }
}

/// A file that was read once and let go.
#[derive(Debug)]
struct Away {
    folder: Arc<Folder>,
    path: SourcePath,
}

impl Reread for Away {
    fn reread(&self) -> Option<Vec<u8>> {
        self.folder.bytes(&self.path, bytes_max(&self.path))
    }
}

/// Tells whether pages or style sheets are made from the file, so that its bytes are needed at any time.
pub(super) fn is_taken_in(path: &SourcePath) -> bool {
    is_text(path) || path.is_values() || path.as_str().starts_with("templates/")
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
