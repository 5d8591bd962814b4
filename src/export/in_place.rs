//! The end of a write where folders cannot be exchanged: files are moved into the target one by one.
//!
//! Pages come after what they show, `bundle.json` after them, and only then go the files that no page
//! shows any more. Each file is old or new, never half; a journal lets the next build mend the rest.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use anyhow::Result;
use rayon::prelude::*;
use rustix::fs::{AtFlags, Mode, mkdirat, renameat, unlinkat};
use rustix::io::Errno;

use crate::export::target::Old;
use crate::export::{Job, Layout, Made, ancestors, disk_fault};
use crate::output::{MANIFEST, NOTE};

/// Moves the staged files into the target and removes what is stale.
pub(super) fn settle(job: &Job<'_>, made: &[Made], kept: &[&String]) -> Result<()> {
    let layout = job.layout;
    let old = job.place.old.as_ref().expect("a target that is not there yet is made by a rename");
    let kept: HashSet<&String> = kept.iter().copied().collect();
    let stale: Vec<&String> = job.survey.stale(made).filter(|path| !kept.contains(path)).collect();
    let own: Vec<&String> =
        job.survey.ours.iter().chain(made.iter().map(|made| &made.entry.path)).collect();
    job.staging.write_journal(&own)?;
    let files: HashSet<&Path> = layout.paths.iter().map(Path::new).collect();
    let (early, late): (Vec<&String>, Vec<&String>) = stale.into_iter().partition(|path| {
        let path = Path::new(path.as_str());
        layout.folders.contains(path) || ancestors(path).any(|above| files.contains(above))
    });
    remove(job, old, layout, &early)?;
    for folder in &layout.folders {
        match mkdirat(&old.file, folder, Mode::from_raw_mode(0o777)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(failed(job, "make", folder, error)),
        }
    }
    let is_asset = |made: &&Made| made.entry.cache_control.contains("immutable");
    let new = || made.par_iter().filter(|made| !made.kept);
    new().filter(is_asset).try_for_each(|made| bring(job, old, &made.entry.path))?;
    new().filter(|made| !is_asset(made)).try_for_each(|made| bring(job, old, &made.entry.path))?;
    if !kept.is_empty() {
        bring(job, old, NOTE)?;
    }
    bring(job, old, MANIFEST)?;
    if kept.is_empty() {
        let _ = unlinkat(&old.file, NOTE, AtFlags::empty());
    }
    remove(job, old, layout, &late)
}

fn bring(job: &Job<'_>, old: &Old, path: &str) -> Result<()> {
    renameat(&job.staging.root, path, &old.file, path)
        .map_err(|error| failed(job, "write", Path::new(path), error))
}

/// Removes files of the old bundle, and those of its folders that nothing is left in.
fn remove(job: &Job<'_>, old: &Old, layout: &Layout, paths: &[&String]) -> Result<()> {
    for path in paths {
        match unlinkat(&old.file, path.as_str(), AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return Err(failed(job, "remove", Path::new(path), error)),
        }
    }
    for folder in job.survey.stale_folders(layout) {
        // One that is not empty has files that go later, or something foreign.
        let _ = unlinkat(&old.file, folder, AtFlags::REMOVEDIR);
    }
    Ok(())
}

fn failed(job: &Job<'_>, step: &str, path: &Path, error: Errno) -> anyhow::Error {
    disk_fault(step, &job.place.folder.join(path), &io::Error::from(error))
}
