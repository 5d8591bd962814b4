//! The usual end of a write: what stays is linked into the new bundle, then old and new change places.

#![expect(clippy::disallowed_methods, reason = "this is where a bundle is written")]

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File, FileTimes, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use rayon::prelude::*;
use rustix::fs::{AtFlags, CWD, RenameFlags, linkat, renameat_with, unlinkat};
use rustix::io::Errno;

use crate::export::target::{Old, same_file};
use crate::export::{Job, Made, ancestors, disk_fault, fault};
use crate::output::{MANIFEST, NOTE};

/// Links into the staged bundle all that stays: files that are the same, and what is not ours.
pub(super) fn carry(job: &Job<'_>, made: &[Made], kept: &[&String]) -> Result<()> {
    let Some(old) = &job.place.old else { return Ok(()) };
    made.par_iter().filter(|made| made.kept).try_for_each(|made| carry_kept(job, old, made))?;
    let survey = job.survey;
    let mut folders: BTreeSet<PathBuf> =
        survey.foreign.iter().flat_map(|path| ancestors(path)).map(Path::to_path_buf).collect();
    let staying = kept.iter().map(Path::new);
    folders.extend(staying.clone().flat_map(ancestors).map(Path::to_path_buf));
    folders.extend(survey.foreign_folders.iter().map(|(path, _)| path.clone()));
    job.staging.make_folders(&folders)?;
    let foreign = survey.foreign.iter().map(PathBuf::as_path);
    let paths: Vec<&Path> = foreign.chain(staying).collect();
    paths.par_iter().try_for_each(|path| match link(job, old, path) {
        // Its owner has removed it meanwhile.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        result => result.map_err(|error| disk_fault("keep", &job.place.folder.join(path), &error)),
    })?;
    // The deepest first, so that none is closed or gets a new time while work is left in it.
    for (path, metadata) in survey.foreign_folders.iter().rev() {
        copy_folder_looks(metadata, &job.staging.tree.join(path))
            .map_err(|error| disk_fault("keep", &job.place.folder.join(path), &error))?;
    }
    Ok(())
}

fn carry_kept(job: &Job<'_>, old: &Old, made: &Made) -> Result<()> {
    let path = &made.entry.path;
    match link(job, old, Path::new(path)) {
        // Somebody has removed it a moment ago: it is as good as new.
        Err(error) if error.kind() == ErrorKind::NotFound => job.stage_again(&made.entry),
        result => result.map_err(|error| disk_fault("keep", &job.place.folder.join(path), &error)),
    }
}

/// Gives a file of the old folder a second name in the new one; where that cannot be, copies it.
fn link(job: &Job<'_>, old: &Old, path: &Path) -> io::Result<()> {
    match linkat(&old.file, path, &job.staging.root, path, AtFlags::empty()) {
        Ok(()) => Ok(()),
        Err(error @ (Errno::NOENT | Errno::NOSPC | Errno::DQUOT | Errno::IO)) => Err(error.into()),
        Err(error) => {
            copy(&job.place.folder.join(path), &job.staging.tree.join(path), error.into())
        }
    }
}

fn copy(from: &Path, to: &Path, why: io::Error) -> io::Result<()> {
    let metadata = fs::symlink_metadata(from)?;
    if metadata.is_symlink() {
        return std::os::unix::fs::symlink(fs::read_link(from)?, to);
    }
    if !metadata.is_file() {
        return Err(why);
    }
    fs::copy(from, to)?;
    copy_times(&metadata, to)
}

fn copy_times(metadata: &Metadata, to: &Path) -> io::Result<()> {
    let times =
        FileTimes::new().set_accessed(metadata.accessed()?).set_modified(metadata.modified()?);
    File::open(to)?.set_times(times)
}

/// Gives a folder the owner, mode and times of another.
pub(super) fn copy_folder_looks(metadata: &Metadata, to: &Path) -> io::Result<()> {
    let now = fs::metadata(to)?;
    if (now.uid(), now.gid()) != (metadata.uid(), metadata.gid()) {
        // Only root may, and only root needs to.
        drop(std::os::unix::fs::chown(to, Some(metadata.uid()), Some(metadata.gid())));
    }
    copy_times(metadata, to)?;
    fs::set_permissions(to, metadata.permissions())
}

/// Puts the staged bundle into its place in one step; `false` where the file system has no such step.
pub(super) fn swap(job: &Job<'_>) -> Result<bool> {
    let (tree, folder) = (&job.staging.tree, &job.place.folder);
    let failed = |error: Errno| disk_fault("put the bundle into", folder, &error.into());
    let Some(old) = &job.place.old else {
        return match renameat_with(CWD, tree, CWD, folder, RenameFlags::NOREPLACE) {
            Ok(()) => Ok(true),
            Err(Errno::EXIST | Errno::NOTEMPTY) => Err(fault(
                &format!("{} was made by another program meanwhile", folder.display()),
                "build again",
            )),
            Err(error) if is_unsupported(error) => {
                let renamed = fs::rename(tree, folder);
                renamed.map_err(|error| disk_fault("put the bundle into", folder, &error))?;
                Ok(true)
            }
            Err(error) => Err(failed(error)),
        };
    };
    match renameat_with(CWD, tree, CWD, folder, RenameFlags::EXCHANGE) {
        Ok(()) => retire(job, old).map(|()| true),
        // An empty folder gives way to a plain rename.
        Err(error) if is_unsupported(error) => {
            Ok(job.survey.is_empty() && fs::rename(tree, folder).is_ok())
        }
        Err(error) => Err(failed(error)),
    }
}

fn is_unsupported(error: Errno) -> bool {
    matches!(
        error,
        Errno::INVAL
            | Errno::NOSYS
            | Errno::XDEV
            | Errno::OPNOTSUPP
            | Errno::BUSY
            | Errno::PERM
            | Errno::ACCESS
    )
}

/// Takes the old bundle apart, which now lies in the staging folder. What somebody has put into it
/// while we were writing is moved to the new one.
fn retire(job: &Job<'_>, old: &Old) -> Result<()> {
    job.survey.ours.par_iter().for_each(|path| unlink(old, path));
    unlink(old, MANIFEST);
    unlink(old, NOTE);
    let known: HashSet<&Path> = job.survey.own_folders.iter().map(PathBuf::as_path).collect();
    let rescued = rescue(job, &known, Path::new(""));
    rescued.map_err(|(path, error)| {
        job.staging.keep();
        disk_fault("move to the new bundle what is not of the old one,", &path, &error)
    })
}

/// Removes a file of the old bundle; what is left behind goes with the staging folder.
fn unlink(old: &Old, path: &str) {
    let _ = unlinkat(&old.file, path, AtFlags::empty());
}

fn rescue(
    job: &Job<'_>,
    known: &HashSet<&Path>,
    inside: &Path,
) -> Result<(), (PathBuf, io::Error)> {
    let folder = job.staging.tree.join(inside);
    let failed = |error| (folder.clone(), error);
    for entry in fs::read_dir(&folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = inside.join(entry.file_name());
        if entry.file_type().map_err(failed)?.is_dir() {
            let twin = job.place.folder.join(&path);
            if !known.contains(path.as_path()) && fs::symlink_metadata(&twin).is_err() {
                fs::create_dir_all(&twin).map_err(failed)?;
            }
            rescue(job, known, &path)?;
        } else {
            rescue_file(job, &path).map_err(|error| (entry.path(), error))?;
        }
    }
    Ok(())
}

fn rescue_file(job: &Job<'_>, path: &Path) -> io::Result<()> {
    let (from, to) = (job.staging.tree.join(path), job.place.folder.join(path));
    let metadata = fs::symlink_metadata(&from)?;
    match fs::symlink_metadata(&to) {
        Ok(twin) if same_file(&metadata, &twin) || is_copy(&metadata, &twin) => Ok(()),
        // Saved anew while we were writing: the newer one counts.
        Ok(_) if job.survey.foreign.iter().any(|foreign| foreign == path) => fs::rename(from, to),
        // Put where one of our outputs stands now: it stays beside that.
        Ok(_) => {
            let mut name = to.into_os_string();
            name.push("~");
            renameat_with(CWD, from, CWD, PathBuf::from(name), RenameFlags::NOREPLACE)
                .map_err(io::Error::from)
        }
        Err(_) => {
            fs::create_dir_all(to.parent().unwrap_or(&job.place.folder))?;
            fs::rename(from, to)
        }
    }
}

fn is_copy(a: &Metadata, b: &Metadata) -> bool {
    let looks = |of: &Metadata| (of.len(), of.mtime(), of.mtime_nsec(), of.mode());
    (a.is_symlink() && b.is_symlink()) || looks(a) == looks(b)
}
