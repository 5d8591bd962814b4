//! Releases in a folder: each bundle in `releases/DIGEST`, and `current`, a link to the one that counts.
//!
//! The link changes in one step, so whoever serves `current` serves one whole bundle or another. `previous` leads to
//! the one before, and back is an exchange of the two.

#![expect(clippy::disallowed_methods, reason = "this is where a bundle is written")]

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::Result;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::export::{Request, Summary, disk_fault, fault, write};

const CURRENT: &str = "current";
const PREVIOUS: &str = "previous";

/// Writes a bundle as a release of its own and makes it the one that counts.
pub fn write_release(
    request: &Request<'_>,
    id: &str,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Summary> {
    let folder = request.target;
    let old = link(folder, CURRENT)?;
    link(folder, PREVIOUS)?;
    let inside = PathBuf::from("releases").join(id);
    let target = folder.join(&inside);
    let summary = write(&Request { target: &target, ..*request }, progress)?;
    if old.as_ref() != Some(&inside) {
        if let Some(old) = &old {
            point(folder, PREVIOUS, old)?;
        }
        point(folder, CURRENT, &inside)?;
    }
    Ok(summary)
}

/// Makes the release before the one that counts again; returns where it lies.
pub fn previous_release(folder: &Path, is_meant: bool) -> Result<PathBuf> {
    let (Some(current), Some(previous)) = (link(folder, CURRENT)?, link(folder, PREVIOUS)?) else {
        let what = format!("{} has no release before the one that counts", folder.display());
        return Err(fault(&what, "only what was deployed there with `--release` twice goes back"));
    };
    if !folder.join(&previous).is_dir() {
        let what = format!("the release before, {}, is gone", folder.join(&previous).display());
        return Err(fault(&what, "deploy what is to be there with `--release`"));
    }
    if is_meant {
        let (a, b) = (folder.join(CURRENT), folder.join(PREVIOUS));
        if renameat_with(CWD, &a, CWD, &b, RenameFlags::EXCHANGE).is_err() {
            point(folder, CURRENT, &previous)?;
            point(folder, PREVIOUS, &current)?;
        }
    }
    Ok(folder.join(previous))
}

/// Reads one of the two links; what is no link is somebody's.
fn link(folder: &Path, name: &str) -> Result<Option<PathBuf>> {
    let path = folder.join(name);
    match fs::read_link(&path) {
        Ok(target) => Ok(Some(target)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) if error.kind() == ErrorKind::InvalidInput => {
            let what = format!("{} is there and is no link of ours", path.display());
            Err(fault(&what, "move it away, or name another folder; nothing was touched"))
        }
        Err(error) => Err(disk_fault("read", &path, &error)),
    }
}

/// Has a link lead elsewhere, in one step.
fn point(folder: &Path, name: &str, target: &Path) -> Result<()> {
    let (path, draft) =
        (folder.join(name), folder.join(format!(".{name}.kami-{}", std::process::id())));
    let made = symlink(target, &draft).and_then(|()| fs::rename(&draft, &path));
    made.map_err(|error| {
        drop(fs::remove_file(&draft));
        disk_fault("write", &path, &error)
    })
}
