//! Text -> disk: atomically, durably, and only over the revision that was seen.
//!
//! The only place that writes into a site. Whatever a path says, nothing outside of `decks/` and `wiki/` is
//! written but `.kami/`, where revisions and what was deleted are kept. A single file as a site writes only
//! itself and keeps nothing on disk.

#![expect(clippy::disallowed_methods, reason = "this is where files of a site are written")]

mod atomic;
pub mod git;
mod journal;
mod place;
mod revisions;
mod serving;
mod trash;

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use anyhow::{Context, Result};
use ignore::gitignore::Gitignore;
use rustix::io::Errno;

use crate::digest::Digest;
use crate::source::SourcePath;
use git::Repository;
use place::Way;
use revisions::Revisions;

/// A text as it stands on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pub text: String,
    pub digest: Digest,
}

/// What must stand at a path for a text to be written there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    Revision(Digest),
    Nothing,
}

/// What a save came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    Created,
    Replaced,
    /// The text stood there already: nothing was written.
    Same,
}

/// Why nothing was written, or read.
#[derive(Debug)]
pub enum Fault {
    /// Another text stands there than the one that was seen, or none any more.
    Changed(Option<Text>),
    /// Something stands where nothing should.
    Exists,
    Missing,
    /// It is not a text in UTF-8, or no ordinary file, or too large.
    NotText,
    /// The way there leads over a link out of what may be written.
    Outside,
    /// `.gitignore` or `.kamiignore` name it: it would not be seen.
    Ignored,
    /// The site is one other file.
    NotThisFile,
    /// The disk is full.
    Full(io::Error),
    Denied(io::Error),
    World(io::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        match error.raw_os_error().map(Errno::from_raw_os_error) {
            Some(Errno::NOSPC | Errno::DQUOT) => Fault::Full(error),
            Some(Errno::ACCESS | Errno::PERM | Errno::ROFS) => Fault::Denied(error),
            Some(Errno::LOOP) => Fault::Outside,
            Some(Errno::NOTDIR) => Fault::Missing,
            _ => Fault::World(error),
        }
    }
}

impl From<Errno> for Fault {
    fn from(error: Errno) -> Fault {
        io::Error::from(error).into()
    }
}

/// The files of a site that can be written.
pub struct Files {
    root: OwnedFd,
    /// The site folder without links in its path.
    real: PathBuf,
    /// The one file that is the whole site, and its name on disk.
    only: Option<(SourcePath, OsString)>,
    ignored: Gitignore,
    revisions: Mutex<Revisions>,
    repository: OnceLock<Option<Repository>>,
    /// Locked while this program serves the site.
    serving: OnceLock<File>,
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").field("real", &self.real).finish_non_exhaustive()
    }
}

impl Files {
    /// Opens a site folder; `ignored` says which of its files are none of the site.
    pub fn of_site(folder: &Path, ignored: Gitignore) -> Result<Files> {
        Files::open(folder, None, ignored)
    }

    /// Opens a site that is one file.
    pub fn of_file(folder: &Path, path: SourcePath, name: OsString) -> Result<Files> {
        Files::open(folder, Some((path, name)), Gitignore::empty())
    }

    fn open(
        folder: &Path,
        only: Option<(SourcePath, OsString)>,
        ignored: Gitignore,
    ) -> Result<Files> {
        let real = folder.canonicalize().with_context(|| format!("open {}", folder.display()))?;
        let root = place::open_root(&real).with_context(|| format!("open {}", folder.display()))?;
        let revisions = Mutex::new(Revisions::new(only.is_none()));
        let (repository, serving) = (OnceLock::new(), OnceLock::new());
        Ok(Files { root, real, only, ignored, revisions, repository, serving })
    }

    /// Tells whether the site is one file: there is nothing to make, move or delete then.
    pub fn is_one_file(&self) -> bool {
        self.only.is_some()
    }

    /// Returns the work tree that the site lies in, if there is one.
    pub fn repository(&self) -> Option<&Repository> {
        let find = || if self.only.is_some() { None } else { Repository::of(&self.real) };
        self.repository.get_or_init(find).as_ref()
    }

    /// Reads a text as it stands on disk.
    pub fn read(&self, path: &SourcePath) -> Result<Text, Fault> {
        atomic::read(&self.place(path, Way::AsItIs)?)
    }

    /// Writes a text over what was seen. It is on disk for good when this returns.
    pub fn write(&self, path: &SourcePath, text: &str, seen: Seen) -> Result<Saved, Fault> {
        match seen {
            Seen::Revision(digest) => {
                let place = self.place(path, Way::AsItIs).map_err(|fault| match fault {
                    Fault::Missing => Fault::Changed(None),
                    fault => fault,
                })?;
                let written = atomic::replace(&place, text, digest)?;
                Ok(if written { Saved::Replaced } else { Saved::Same })
            }
            Seen::Nothing => {
                let place = self.place(path, Way::Made)?;
                if self.only.is_some() {
                    return Err(Fault::Exists);
                }
                atomic::create(&place, text.as_bytes())?;
                Ok(Saved::Created)
            }
        }
    }

    /// Writes a file where nothing stands.
    pub fn add(&self, path: &SourcePath, bytes: &[u8]) -> Result<(), Fault> {
        if self.only.is_some() {
            return Err(Fault::NotThisFile);
        }
        atomic::create(&self.place(path, Way::Made)?, bytes)
    }

    /// Keeps a text that was handed out, so that edits of it can be merged later.
    pub fn keep(&self, text: &Text) {
        self.revisions.lock().unwrap_or_else(PoisonError::into_inner).keep(&self.root, text);
    }

    /// Returns a text that was handed out, if it is still kept.
    pub fn revision(&self, digest: Digest) -> Option<String> {
        self.revisions.lock().unwrap_or_else(PoisonError::into_inner).get(&self.root, digest)
    }
}
