//! The folder that a bundle goes to: where it really is, and whether it may be written at all.

#![expect(clippy::disallowed_methods, reason = "this is where a bundle is written")]

use std::fs::{self, File, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use anyhow::Result;

use crate::export::{Request, disk_fault, fault};

/// The folders of a site that hold its sources.
const SOURCES: [&str; 4] = ["decks", "wiki", "templates", "static"];

/// A target that may be written.
#[derive(Debug)]
pub(super) struct Place {
    /// The folder itself, without a link in its path.
    pub(super) folder: PathBuf,
    /// The folder as it was found, and locked; `None` when there is none yet.
    pub(super) old: Option<Old>,
}

#[derive(Debug)]
pub(super) struct Old {
    /// The open folder. It is locked until the end: a second build of the same target waits.
    pub(super) file: File,
    pub(super) metadata: Metadata,
}

impl Place {
    /// Finds the folder and refuses what must never be written over.
    pub(super) fn resolve(request: &Request<'_>) -> Result<Place> {
        let folder = real(request.target)?;
        refuse(&folder, request)?;
        let old = open(&folder)?;
        Ok(Place { folder, old })
    }

    /// Returns the folder that the target lies in.
    pub(super) fn parent(&self) -> &Path {
        self.folder.parent().expect("the root of the disk is refused")
    }

    /// Returns what names of staging folders of this target begin with.
    pub(super) fn staging_prefix(&self) -> String {
        let name = self.folder.file_name().unwrap_or_default().to_string_lossy();
        format!(".{}.kami-", &name[..name.floor_char_boundary(200)])
    }
}

/// Returns a path without links; of what does not exist yet, the part that does is without links.
fn real(path: &Path) -> Result<PathBuf> {
    let error = match fs::canonicalize(path) {
        Ok(real) => return Ok(real),
        Err(error) => error,
    };
    match error.kind() {
        ErrorKind::NotADirectory => {
            let file = path.ancestors().skip(1).find(|above| above.is_file()).unwrap_or(path);
            return Err(is_file(file));
        }
        ErrorKind::NotFound => {}
        _ => return Err(disk_fault("open", path, &error)),
    }
    if fs::symlink_metadata(path).is_ok() {
        let what = format!("{} is a symbolic link that leads nowhere", path.display());
        return Err(fault(&what, "remove the link, or make the folder that it names"));
    }
    let path = std::path::absolute(path).map_err(|error| disk_fault("find", path, &error))?;
    match (path.parent(), path.components().next_back()) {
        (Some(parent), Some(Component::Normal(name))) => Ok(real(parent)?.join(name)),
        _ => Err(disk_fault("open", &path, &error)),
    }
}

fn is_file(path: &Path) -> anyhow::Error {
    fault(&format!("{} is a file, not a folder", path.display()), "name another folder")
}

fn refuse(folder: &Path, request: &Request<'_>) -> Result<()> {
    let refusal = |what: &str| {
        let what = format!("{} {what}: no bundle is written there", folder.display());
        Err(fault(&what, "name a folder of its own, such as `bundle`"))
    };
    let canonical = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    if folder.parent().is_none() {
        return refusal("is the root of the disk");
    }
    if let Some(home) = std::env::home_dir().as_deref().map(canonical) {
        if home == folder {
            return refusal("is the home folder");
        }
        if home.starts_with(folder) {
            return refusal("contains the home folder");
        }
    }
    let site = canonical(request.site);
    if site == folder {
        return refusal("is the folder of the site");
    }
    if site.starts_with(folder) {
        return refusal("contains the folder of the site");
    }
    match source_folder(folder, &site) {
        Some(name) => refusal(&format!("is in the site's `{name}` folder")),
        None => Ok(()),
    }
}

/// Returns which of the folders with a site's sources a path lies in.
pub(super) fn source_folder(path: &Path, site: &Path) -> Option<&'static str> {
    let canonical = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    SOURCES.into_iter().find(|name| path.starts_with(canonical(&site.join(name))))
}

/// Opens and locks the folder, if there is one. A build that had the lock before us may have put
/// another folder in its place meanwhile: that one is then opened.
fn open(folder: &Path) -> Result<Option<Old>> {
    loop {
        let metadata = match fs::metadata(folder) {
            Ok(metadata) if metadata.is_dir() => metadata,
            Ok(_) => return Err(is_file(folder)),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(disk_fault("open", folder, &error)),
        };
        let file = match File::open(folder) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(disk_fault("open", folder, &error)),
        };
        // A file system without locks is written without.
        drop(file.lock());
        if fs::metadata(folder).is_ok_and(|now| same_file(&now, &metadata)) {
            return Ok(Some(Old { file, metadata }));
        }
    }
}

pub(super) fn same_file(a: &Metadata, b: &Metadata) -> bool {
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}
