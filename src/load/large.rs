//! Large files that are served as they are: read part by part, and never held whole.
//!
//! What a file is, its digest says; whether it is still that, the system's stamp says. Nobody is given a part of a
//! file that was written to since its digest was made: such a read fails.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::beneath::is_taken_in;
use super::{Opened, Root, bytes_max, held, opened, too_large};
use crate::digest::{Digest, Hasher};
use crate::output::is_text;
use crate::picture::{Facts, Kind, is_named_as_one};
use crate::source::{Open, Parts, Source, SourcePath};

/// Files of fewer bytes are held in memory like all others.
pub(super) const LARGE_BYTES_MIN: u64 = 8 << 20;
/// How many bytes of a file tell what it is.
const HEAD_BYTES: usize = 64 << 10;
/// How much is read at once.
const PART_BYTES: usize = 1 << 20;
/// Two writes within one tick of the system's clock leave the same stamp. No tick is as long as this.
const TICK: Duration = Duration::from_millis(25);

/// What the system tells of a file: any write changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    place: (u64, u64),
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(file: &File) -> io::Result<Stamp> {
        let told = file.metadata()?;
        Ok(Stamp {
            place: (told.dev(), told.ino()),
            length: told.len(),
            modified: (told.mtime(), told.mtime_nsec()),
            changed: (told.ctime(), told.ctime_nsec()),
        })
    }

    /// Tells whether an open file has the bytes that it had: one that gave its name to another has them still.
    fn is_unwritten_since(&self, before: &Stamp) -> bool {
        (self.length, self.modified) == (before.length, before.modified)
    }

    /// Tells whether a write that comes now leaves another stamp.
    fn is_settled(&self) -> bool {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let (seconds, nanoseconds) = self.changed;
        let seconds = u64::try_from(seconds).unwrap_or_default();
        let part = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or_default());
        Duration::from_secs(seconds) + part + TICK < now
    }
}

/// The digests of large files by their places, as long as their stamps are the same.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashMap<PathBuf, (Stamp, Digest)>>);

impl Known {
    /// Returns the digest of an open file, and its stamp; nothing where it is being written to.
    fn digest(&self, disk: &Path, file: &File) -> io::Result<Option<(Digest, Stamp)>> {
        let stamp = Stamp::of(file)?;
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((before, digest)) = known().get(disk)
            && *before == stamp
        {
            return Ok(Some((*digest, stamp)));
        }
        if !stamp.is_settled() {
            std::thread::sleep(TICK);
        }
        let is_settled = stamp.is_settled();
        let digest = digest(file, stamp.length)?;
        if Stamp::of(file)? != stamp {
            return Ok(None);
        }
        // A disk elsewhere may have another clock.
        if is_settled {
            known().insert(disk.to_path_buf(), (stamp, digest));
        }
        Ok(Some((digest, stamp)))
    }
}

fn digest(file: &File, length: u64) -> io::Result<Digest> {
    let mut hasher = Hasher::default();
    let mut part = vec![0; PART_BYTES];
    let mut at = 0;
    while at < length {
        let count = file.read_at(&mut part, at)?;
        if count == 0 {
            break;
        }
        hasher.add(&part[..count]);
        at += count as u64;
    }
    Ok(hasher.digest())
}

/// Tells whether a file of this name and length is one of those.
pub(super) fn is_large(path: &SourcePath, length: u64) -> bool {
    length >= LARGE_BYTES_MIN
        && !is_taken_in(path)
        && !is_named_as_one(path)
        && !is_text(path.as_str())
}

/// Reads such a file as a source; a picture in disguise is read as one.
pub(super) fn source(root: &Root, path: &SourcePath, file: File) -> io::Result<Source> {
    let mut head = vec![0; HEAD_BYTES];
    let count = file.read_at(&mut head, 0)?;
    head.truncate(count);
    if let Err(error) = std::str::from_utf8(&head)
        && error.error_len().is_none()
    {
        // A letter was cut.
        head.truncate(error.valid_up_to());
    }
    if Kind::of(&head).is_some_and(Kind::is_picture) {
        let (length, limit) = (file.metadata()?.len(), bytes_max(path));
        return if length > limit { Ok(too_large(path, length, limit)) } else { held(path, file) };
    }
    let disk = root.disk_path(path);
    let (digest, length) = match root.large.digest(&disk, &file)? {
        Some((digest, stamp)) => (digest, stamp.length),
        // Whoever writes to it is not done, and the next look finds what it has become.
        None => (Digest::of(&head), file.metadata()?.len()),
    };
    let facts = Facts { bytes: length, ..Facts::of(path, &head, None) };
    let place = Arc::new(Place { root: root.clone(), digest });
    Ok(Source::large(path, digest, facts, place))
}

/// The site of such a file, and what it was.
#[derive(Debug)]
struct Place {
    root: Root,
    digest: Digest,
}

impl Open for Place {
    fn open(&self, path: &SourcePath) -> Option<Arc<dyn Parts>> {
        let disk = self.root.disk_path(path);
        let Ok(Opened::File(file)) = opened(&self.root, &disk) else { return None };
        let (digest, stamp) = self.root.large.digest(&disk, &file).ok()??;
        (digest == self.digest).then(|| Arc::new(Stamped { file, stamp }) as Arc<dyn Parts>)
    }
}

/// One that is open, with the stamp that it had when it was what its digest says.
#[derive(Debug)]
struct Stamped {
    file: File,
    stamp: Stamp,
}

impl Parts for Stamped {
    fn read_at(&self, at: u64, part: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(part, at)?;
        if Stamp::of(&self.file)?.is_unwritten_since(&self.stamp) {
            return Ok(());
        }
        Err(io::Error::other("the file was written to while it was read"))
    }
}
