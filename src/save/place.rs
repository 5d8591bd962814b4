//! Where a path of the site lies on disk: the open folder and the name in it.
//!
//! A link is followed when it leads to a place that may be written, and the way there is then walked folder by
//! folder, over no link: whoever changes the way meanwhile is not followed.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, fsync, mkdirat, openat, statat};
use rustix::io::Errno;

use super::{Fault, Files};
use crate::fence::WRITABLE;
use crate::source::SourcePath;

/// A file's place: whether it is there is another question.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) folder: OwnedFd,
    pub(super) name: OsString,
}

impl Place {
    /// Tells whether a link stands there.
    pub(super) fn is_link(&self) -> bool {
        let stat = statat(&self.folder, &self.name, AtFlags::SYMLINK_NOFOLLOW);
        stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink)
    }
}

/// The one file that is written where it stands, by steps alone: what it names may be renamed.
pub(super) const SETTINGS: &str = "kami.toml";

/// What to do about folders that are missing on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    AsItIs,
    Made,
    /// As it is, and where the name itself is a link: the place of the link.
    Itself,
}

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Opens the folder of a site itself.
pub(super) fn open_root(folder: &Path) -> io::Result<OwnedFd> {
    Ok(openat(CWD, folder, FOLDER, Mode::empty())?)
}

/// Opens a folder inside another, over no link.
pub(super) fn open_folder(folder: &OwnedFd, name: &OsStr) -> Result<OwnedFd, Errno> {
    openat(folder, name, FOLDER | OFlags::NOFOLLOW, Mode::empty())
}

/// Makes a folder inside another unless it is there, and opens it.
pub(super) fn make_folder(folder: &OwnedFd, name: &OsStr, mode: Mode) -> io::Result<OwnedFd> {
    match mkdirat(folder, name, mode) {
        Ok(()) => fsync(folder)?,
        Err(Errno::EXIST) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(open_folder(folder, name)?)
}

impl Files {
    /// Finds the place of a path.
    pub(super) fn place(&self, path: &SourcePath, way: Way) -> Result<Place, Fault> {
        if let Some((own, name)) = &self.only {
            if path != own {
                return Err(Fault::NotThisFile);
            }
            let real = self.real_path(&self.real.join(name))?;
            let beside = real.parent() == Some(&self.real);
            let name = real.file_name().filter(|_| beside).ok_or(Fault::Outside)?;
            return self.walk(Path::new(""), name, Way::AsItIs);
        }
        let inside = Path::new(path.as_str());
        if self.ignored.matched_path_or_any_parents(inside, false).is_ignore() {
            return Err(Fault::Ignored);
        }
        let whole = self.real.join(inside);
        let real = match (way, whole.parent(), whole.file_name()) {
            (Way::Itself, Some(folder), Some(name)) => self.real_path(folder)?.join(name),
            _ => self.real_path(&whole)?,
        };
        let name = real.file_name().ok_or(Fault::Outside)?;
        if !self.is_writable(&real) {
            return Err(Fault::Outside);
        }
        let parent = real.parent().unwrap_or(&real);
        let folder = parent.strip_prefix(&self.real).map_err(|_| Fault::Outside)?;
        self.walk(folder, name, way)
    }

    /// Finds the place of the settings, which stand beside the texts. They are followed over no link.
    pub(super) fn settings(&self) -> Result<Place, Fault> {
        let place = self.walk(Path::new(""), OsStr::new(SETTINGS), Way::AsItIs)?;
        if place.is_link() { Err(Fault::Outside) } else { Ok(place) }
    }

    /// Returns a path with all links in it resolved, whether there is a file or not.
    fn real_path(&self, path: &Path) -> Result<PathBuf, Fault> {
        match fs::canonicalize(path) {
            Ok(real) => return Ok(real),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            Err(_) => {}
        }
        // A link that leads nowhere is no place for a text.
        if fs::symlink_metadata(path).is_ok() {
            return Err(Fault::Outside);
        }
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(Fault::Outside);
        };
        if parent == self.real {
            Ok(path.to_path_buf())
        } else {
            Ok(self.real_path(parent)?.join(name))
        }
    }

    /// Tells whether a path without links lies in a folder that may be written, with nothing hidden on the way.
    fn is_writable(&self, real: &Path) -> bool {
        let Ok(inside) = real.strip_prefix(&self.real) else { return false };
        let plain = |part: Component<'_>| match part {
            Component::Normal(name) => !name.as_encoded_bytes().starts_with(b"."),
            _ => false,
        };
        let tops = WRITABLE.map(|top| self.real.join(top));
        let roots = tops.iter().filter_map(|top| match fs::canonicalize(top) {
            Ok(real) => Some(real),
            Err(_) => Some(top.clone()).filter(|top| fs::symlink_metadata(top).is_err()),
        });
        let mut roots = roots.filter(|root| root.starts_with(&self.real) && *root != self.real);
        inside.components().all(plain) && roots.any(|root| real.starts_with(&root))
    }

    fn walk(&self, folder: &Path, name: &OsStr, way: Way) -> Result<Place, Fault> {
        // Opened anew, not copied: a lock on a copy would last as long as the server.
        let mut open = open_folder(&self.root, OsStr::new("."))?;
        for part in folder.components() {
            let part = part.as_os_str();
            open = match (open_folder(&open, part), way) {
                (Ok(next), _) => next,
                (Err(Errno::NOENT), Way::Made) => {
                    make_folder(&open, part, Mode::from_raw_mode(0o777))?
                }
                (Err(Errno::NOENT), _) => return Err(Fault::Missing),
                (Err(Errno::LOOP | Errno::NOTDIR), _) => return Err(Fault::Outside),
                (Err(error), _) => return Err(io::Error::from(error).into()),
            };
        }
        Ok(Place { folder: open, name: name.to_owned() })
    }
}
