//! The staging folder: a bundle grows in it unseen. However a build ends, none stays behind.
//!
//! `.NAME.kami-PID/new` is the bundle, `.NAME.kami-PID/journal` names the files that a build without
//! exchange may have put into the target. The lock on the folder tells the living from the dead.

#![expect(clippy::disallowed_methods, reason = "this is where a bundle is written")]

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use rustix::fs::{Mode, OFlags, mkdirat, openat};

use crate::export::survey::Survey;
use crate::export::target::{Place, same_file};
use crate::export::{disk_fault, exchange};

const JOURNAL: &str = "journal";
const TREE: &str = "new";

#[derive(Debug)]
pub(super) struct Staging {
    folder: PathBuf,
    /// The bundle that grows; after an exchange, the old one.
    pub(super) tree: PathBuf,
    /// The same folder, open: paths in it need no long way from the root of the disk.
    pub(super) root: File,
    /// Whether it stands in the target itself, because that cannot be exchanged.
    pub(super) is_inside: bool,
    /// Folders made on the way to the target; removed again while they are empty.
    parents: Vec<PathBuf>,
    must_stay: AtomicBool,
    _lock: File,
}

/// What dead builds of the same target have left behind.
#[derive(Debug, Default)]
pub(super) struct Stale {
    /// Files in the target that such a build knew as ours, in its old bundle or in its new one.
    pub(super) paths: Vec<String>,
    /// Whether one died while it wrote into the target file by file.
    pub(super) is_bundle: bool,
    journaled: Vec<PathBuf>,
}

/// Removes staging folders of dead builds. Their journals stay until a build has come to its end.
pub(super) fn clean(place: &Place) -> Result<Stale> {
    let mut stale = Stale::default();
    let prefix = place.staging_prefix();
    let own = place.old.is_some().then_some(place.folder.as_path());
    for folder in own.into_iter().chain([place.parent()]) {
        // A folder that cannot be listed, or is yet to be made, has nothing for us to clean.
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for entry in entries.filter_map(Result::ok) {
            let name = entry.file_name();
            let rest = name.to_str().and_then(|name| name.strip_prefix(&prefix));
            let is_number = |rest: &str| rest.bytes().all(|b| b.is_ascii_digit() || b == b'-');
            if rest.is_some_and(is_number) && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                clean_one(&entry.path(), &mut stale)?;
            }
        }
    }
    Ok(stale)
}

fn clean_one(folder: &Path, stale: &mut Stale) -> Result<()> {
    let failed = |error| disk_fault("remove the unfinished", folder, &error);
    let file = File::open(folder).map_err(failed)?;
    if matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)) {
        return Ok(());
    }
    let journal = fs::read(folder.join(JOURNAL)).unwrap_or_default();
    // Half a journal is of a build that had not yet begun to touch the target.
    if let Ok(paths) = serde_json::from_slice::<Vec<String>>(&journal) {
        stale.paths.extend(paths);
        stale.is_bundle = true;
        stale.journaled.push(folder.to_path_buf());
        return remove(&folder.join(TREE)).map_err(failed);
    }
    remove(folder).map_err(failed)
}

impl Stale {
    /// Removes the journals: what they told is mended.
    pub(super) fn forget(self) {
        for folder in self.journaled {
            // It names files that are ours by now in any case; the next build tries again.
            drop(remove(&folder));
        }
    }
}

impl Staging {
    /// Makes a staging folder beside the target, or in it where that is not possible.
    pub(super) fn create(place: &Place, survey: &Survey) -> Result<Staging> {
        let parents = make_parents(place.parent())?;
        let beside = || Staging::create_in(place.parent(), place, parents);
        let Some(old) = &place.old else {
            return beside().map_err(|error| disk_fault("make", &place.folder, &error));
        };
        let is_here = std::env::current_dir().is_ok_and(|here| here.starts_with(&place.folder));
        // Whoever started us in the target would find himself in a folder that is gone.
        if !is_here && !survey.has_mounts && !is_mount_point(place, old.metadata.dev()) {
            match beside() {
                Ok(staging) => return Ok(staging),
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
                    ) => {}
                Err(error) => return Err(disk_fault("write beside", &place.folder, &error)),
            }
        }
        let mut staging = Staging::create_in(&place.folder, place, Vec::new())
            .map_err(|error| disk_fault("write into", &place.folder, &error))?;
        staging.is_inside = true;
        Ok(staging)
    }

    fn create_in(parent: &Path, place: &Place, parents: Vec<PathBuf>) -> io::Result<Staging> {
        let (folder, lock) = make_locked(parent, &place.staging_prefix())?;
        let tree = folder.join(TREE);
        let root = fs::create_dir(&tree).and_then(|()| {
            if let Some(old) = &place.old {
                exchange::copy_folder_looks(&old.metadata, &tree)?;
                // We need to write into it ourselves, whatever others may.
                let mode = old.metadata.permissions().mode() | 0o700;
                fs::set_permissions(&tree, Permissions::from_mode(mode))?;
            }
            File::open(&tree)
        });
        match root {
            Ok(root) => Ok(Staging {
                folder,
                tree,
                root,
                is_inside: false,
                parents,
                must_stay: AtomicBool::new(false),
                _lock: lock,
            }),
            Err(error) => {
                drop(remove(&folder));
                Err(error)
            }
        }
    }

    /// Makes folders in the bundle, each above those in it.
    pub(super) fn make_folders(&self, folders: &BTreeSet<PathBuf>) -> Result<()> {
        for folder in folders {
            match mkdirat(&self.root, folder, Mode::from_raw_mode(0o777)) {
                Ok(()) | Err(rustix::io::Errno::EXIST) => {}
                Err(error) => return Err(self.fault("make", folder, &error.into())),
            }
        }
        Ok(())
    }

    /// Writes a file of the bundle.
    pub(super) fn write(&self, path: &str, bytes: &[u8]) -> Result<()> {
        self.create_file(path)
            .and_then(|mut file| file.write_all(bytes))
            .map_err(|error| self.fault("write", Path::new(path), &error))
    }

    /// Makes a file of the bundle that is written part by part.
    pub(super) fn file(&self, path: &str) -> Result<File> {
        self.create_file(path).map_err(|error| self.fault("write", Path::new(path), &error))
    }

    /// Writes a file of the bundle so that it outlives the machine.
    ///
    /// One such write a bundle is enough: a file that a power cut has shortened does not fit what
    /// `bundle.json` says of it, so that the next build writes it again.
    pub(super) fn write_durably(&self, path: &str, bytes: &[u8]) -> Result<()> {
        self.create_file(path)
            .and_then(|mut file| {
                file.write_all(bytes)?;
                file.sync_all()?;
                self.root.sync_all()
            })
            .map_err(|error| self.fault("write", Path::new(path), &error))
    }

    fn create_file(&self, path: &str) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        Ok(File::from(openat(&self.root, path, flags, Mode::from_raw_mode(0o666))?))
    }

    /// Notes which files of the target are ours before the first of them is touched.
    pub(super) fn write_journal(&self, paths: &[&String]) -> Result<()> {
        let path = self.folder.join(JOURNAL);
        let text = serde_json::to_vec(paths).expect("a list of texts is JSON");
        let written = File::create_new(&path).and_then(|mut file| {
            file.write_all(&text)?;
            file.sync_all()
        });
        written.map_err(|error| disk_fault("write", &path, &error))
    }

    /// Leaves the folder behind: it has something that is not ours and could not be put elsewhere.
    pub(super) fn keep(&self) {
        self.must_stay.store(true, Ordering::Relaxed);
    }

    pub(super) fn fault(&self, step: &str, path: &Path, error: &io::Error) -> anyhow::Error {
        disk_fault(step, &self.tree.join(path), error)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if self.must_stay.load(Ordering::Relaxed) {
            return;
        }
        // What cannot be removed now, the next build finds by its name.
        drop(remove(&self.folder));
        for parent in self.parents.iter().rev() {
            drop(fs::remove_dir(parent));
        }
    }
}

/// Makes the folder that the target lies in; returns the folders that were not there.
fn make_parents(parent: &Path) -> Result<Vec<PathBuf>> {
    let missing = parent.ancestors().take_while(|above| fs::metadata(above).is_err());
    let mut missing: Vec<PathBuf> = missing.map(Path::to_path_buf).collect();
    missing.reverse();
    if !missing.is_empty() {
        fs::create_dir_all(parent).map_err(|error| disk_fault("make", parent, &error))?;
    }
    Ok(missing)
}

fn make_locked(parent: &Path, prefix: &str) -> io::Result<(PathBuf, File)> {
    let pid = std::process::id();
    for attempt in 0.. {
        let name = if attempt == 0 {
            format!("{prefix}{pid}")
        } else {
            format!("{prefix}{pid}-{attempt}")
        };
        let folder = parent.join(name);
        match fs::create_dir(&folder) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error),
        }
        let file = File::open(&folder)?;
        drop(file.lock());
        // Before it was locked, another build may have taken it for a dead one's.
        let made = file.metadata()?;
        if fs::metadata(&folder).is_ok_and(|now| same_file(&now, &made)) {
            return Ok((folder, file));
        }
    }
    unreachable!("some number is free")
}

/// Tells whether the target is a disk or a folder mounted there: then nothing beside it can be renamed into it.
fn is_mount_point(place: &Place, device: u64) -> bool {
    let parent = fs::metadata(place.parent());
    parent.is_ok_and(|parent| parent.dev() != device)
        || mount(place.parent()) != mount(&place.folder)
}

#[cfg(target_os = "linux")]
fn mount(path: &Path) -> Option<u64> {
    use rustix::fs::{AtFlags, CWD, StatxFlags, statx};
    statx(CWD, path, AtFlags::empty(), StatxFlags::MNT_ID).ok().map(|stat| stat.stx_mnt_id)
}

#[cfg(not(target_os = "linux"))]
fn mount(_: &Path) -> Option<u64> {
    None
}

/// Removes a folder with all that is in it, also where a folder in it may not be written.
fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            open_up(folder)?;
            fs::remove_dir_all(folder)
        }
        result => result,
    }
}

fn open_up(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_up(&entry.path())?;
        }
    }
    Ok(())
}
