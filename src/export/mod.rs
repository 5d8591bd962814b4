//! Bundle -> folder: writes all of it or nothing, and touches no file that is not ours.
//!
//! Everything is staged beside the target, then the two change places in one system call. Whoever
//! looks, or kills us, at whatever moment finds the old bundle or the new one. Where a file system
//! cannot do that, files are replaced one by one and the summary says so.

mod address;
mod exchange;
mod file;
mod fonts;
mod in_place;
mod markup;
mod notes;
mod one_file;
mod pdf;
mod sheet;
mod staging;
mod survey;
mod target;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, anyhow};
use rayon::prelude::*;

use crate::compile::Bundle;
use crate::digest::Digest;
use crate::output::{Entry, MANIFEST, Output, WORKER, manifest};

pub use file::{is_folder, make_folder, write_file};
pub use notes::{notes_text, slide_notes};
pub use one_file::{OneFile, one_file};
pub use pdf::{Paper, PaperSheet, finish};
use staging::Staging;
use survey::Survey;
use target::Place;

/// What is to be written, and where.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub bundle: &'a Bundle,
    /// The folder as the user named it; it need not exist.
    pub target: &'a Path,
    /// The folder of the site, which must not be written over.
    pub site: &'a Path,
}

/// What a write did; `bundle.json` is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files that are new or have other bytes than before.
    pub written: usize,
    /// Files left as they were, times included.
    pub kept: usize,
    /// Files of the old bundle that the new one does not have.
    pub removed: usize,
    /// The bytes of the whole bundle.
    pub bytes: u64,
    /// Whether files were replaced one by one, because the file system cannot exchange folders.
    pub in_place: bool,
}

/// The files of the new bundle and the folders they need.
#[derive(Debug)]
struct Layout {
    paths: Vec<String>,
    /// Whether the service worker is ours, not one of the site's own.
    worker: bool,
    folders: BTreeSet<PathBuf>,
}

/// An output after it was made.
#[derive(Debug)]
struct Made {
    entry: Entry,
    /// Whether the old bundle has the very same file.
    kept: bool,
}

/// Writes a bundle to a folder, whole or not at all; `progress` hears how many of how many are made.
pub fn write(request: &Request<'_>, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<Summary> {
    let bundle = request.bundle;
    let place = Place::resolve(request)?;
    let stale = staging::clean(&place)?;
    let survey = Survey::of(&place, &stale)?;
    let layout = Layout::of(bundle)?;
    survey.refuse_conflicts(&place, &layout)?;
    let staging = Staging::create(&place, &survey)?;
    staging.make_folders(&layout.folders)?;
    let job = Job { bundle, survey: &survey, staging: &staging, place: &place };
    let mut made = job.make(&layout, progress)?;
    if layout.worker {
        // It changes with everything else, so it comes last; its own digest is not in what it tells.
        let others = manifest(made.iter().map(|made| &made.entry));
        made.push(job.stage(WORKER, &bundle.worker(&Digest::of(others.as_bytes())))?);
        progress(layout.paths.len(), layout.paths.len());
    }
    let mut summary = Summary {
        written: made.iter().filter(|made| !made.kept).count(),
        kept: made.iter().filter(|made| made.kept).count(),
        removed: survey.stale(&made).count(),
        bytes: made.iter().map(|made| made.entry.bytes).sum(),
        in_place: false,
    };
    let text = manifest(made.iter().map(|made| &made.entry));
    let nothing_new = summary.written == 0
        && summary.removed == 0
        && survey.stale_folders(&layout).next().is_none();
    if !(nothing_new && survey.manifest.as_deref() == Some(text.as_bytes())) {
        if !staging.is_inside {
            exchange::carry(&job, &made)?;
        }
        staging.write_durably(MANIFEST, text.as_bytes())?;
        summary.in_place = staging.is_inside || !exchange::swap(&job)?;
        if summary.in_place {
            in_place::settle(&job, &layout, &made)?;
        }
    }
    drop(staging);
    stale.forget();
    Ok(summary)
}

impl Layout {
    fn of(bundle: &Bundle) -> Result<Layout> {
        let mut paths = bundle.addresses();
        // The name is the exporter's own, whatever `static/` holds.
        paths.retain(|path| path != MANIFEST);
        let place = paths.binary_search_by(|path| (**path).cmp(WORKER));
        let worker = place.is_err_and(|at| {
            paths.insert(at, WORKER.to_owned());
            true
        });
        let (mut folders, mut last) = (BTreeSet::new(), "");
        for path in &paths {
            let plain = path.split('/').all(|part| !matches!(part, "" | "." | ".."));
            assert!(plain, "the address {path:?} is no path inside a bundle");
            // Neighbours share their folder: 10,000 pages in one folder ask for it once.
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            if folder != last {
                folders.extend(ancestors(Path::new(path)).map(Path::to_path_buf));
                last = folder;
            }
        }
        // The addresses come in order, and there are far more of them than folders.
        let is_file = |folder: &&PathBuf| {
            folder.to_str().is_some_and(|path| paths.binary_search_by(|p| (**p).cmp(path)).is_ok())
        };
        if let Some(path) = folders.iter().find(is_file).map(|path| path.display()) {
            return Err(fault(
                &format!("the bundle needs `{path}` as a file and as a folder"),
                "rename one of them; a file in `static` may stand in the way of a folder",
            ));
        }
        Ok(Layout { paths, worker, folders })
    }
}

/// What the steps of one write share.
#[derive(Clone, Copy, Debug)]
struct Job<'a> {
    bundle: &'a Bundle,
    survey: &'a Survey,
    staging: &'a Staging,
    place: &'a Place,
}

impl Job<'_> {
    /// Makes all outputs and stages those that the old bundle does not have, nothing kept in memory.
    fn make(&self, layout: &Layout, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<Vec<Made>> {
        let (done, total) = (AtomicUsize::new(0), layout.paths.len());
        let paths = layout.paths.par_iter().filter(|path| !(layout.worker && *path == WORKER));
        let made = paths.map(|path| {
            let made = self.make_one(path)?;
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            Ok(made)
        });
        let made: Result<Vec<Option<Made>>> = made.collect();
        Ok(made?.into_iter().flatten().collect())
    }

    fn make_one(&self, path: &str) -> Result<Option<Made>> {
        // An address without an output is a source that cannot be read; its diagnostic says so.
        self.bundle.make(path).map(|output| self.stage(path, &output)).transpose()
    }

    fn stage(&self, path: &str, output: &Output) -> Result<Made> {
        let entry = Entry::of(path, output);
        let kept = self.survey.has(self.place, &entry);
        if !kept {
            self.staging.write(path, &output.bytes)?;
        }
        Ok(Made { entry, kept })
    }
}

/// Returns the folders above a relative path, the nearest first.
fn ancestors(path: &Path) -> impl Iterator<Item = &Path> {
    path.ancestors().skip(1).filter(|path| !path.as_os_str().is_empty())
}

fn fault(what: &str, help: &str) -> anyhow::Error {
    anyhow!("{what}\nhelp: {help}")
}

/// Says what went wrong on disk, where, and what to do about it.
fn disk_fault(step: &str, path: &Path, error: &io::Error) -> anyhow::Error {
    use io::ErrorKind as Kind;
    let path = path.display();
    let help = match error.kind() {
        Kind::StorageFull | Kind::QuotaExceeded => {
            "free some space there, or name a folder on another disk"
        }
        Kind::PermissionDenied | Kind::ReadOnlyFilesystem => "name a folder that you may write to",
        Kind::InvalidFilename => "give the source a shorter name",
        _ => "mend the cause and build again",
    };
    if matches!(error.kind(), Kind::StorageFull | Kind::QuotaExceeded) {
        return fault(&format!("no space left to {step} {path}: {error}"), help);
    }
    fault(&format!("cannot {step} {path}: {error}"), help)
}
