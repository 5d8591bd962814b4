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
mod release;
mod sheet;
mod staging;
mod survey;
mod target;
mod zip;

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, anyhow};
use rayon::prelude::*;

use crate::compile::{Bundle, Large};
use crate::digest::Digest;
use crate::output::{Encoding, Entry, MANIFEST, NOTE, Note, Output, WORKER, is_text, manifest};

pub use file::{is_folder, make_folder, write_file};
pub use notes::{notes_text, slide_notes};
pub use one_file::{OneFile, one_file};
pub use pdf::{Paper, PaperSheet, finish};
pub use release::{previous_release, write_release};
use staging::{Staging, Stale};
use survey::Survey;
use target::Place;
pub use zip::{Archive, Member, refuse_zip, zip};

/// What is to be written, and where.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub bundle: &'a Bundle,
    /// The folder as the user named it; it need not exist.
    pub target: &'a Path,
    /// The folder of the site, which must not be written over.
    pub site: &'a Path,
    /// Whether compressed forms stand beside all texts.
    pub precompress: bool,
    /// Whether files of the old bundle that the new one does not have stay where they are.
    pub keep_stale: bool,
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
    /// Whether compressed forms stand beside all texts.
    precompress: bool,
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
    let layout = Layout::of(request)?;
    survey.refuse_conflicts(&place, &layout)?;
    let staging = Staging::create(&place, &survey)?;
    staging.make_folders(&layout.folders)?;
    let job = Job { bundle, survey: &survey, staging: &staging, place: &place, layout: &layout };
    let mut made = job.make(progress)?;
    if layout.worker {
        // It changes with everything else, so it comes last; its own digest is not in what it tells.
        // Compressed forms do not make another build of it.
        let plain = made.iter().filter(|made| made.entry.content_encoding.is_none());
        let others = manifest(plain.map(|made| &made.entry));
        made.extend(job.stage_all(WORKER, &bundle.worker(&Digest::of(others.as_bytes())))?);
        progress(layout.paths.len(), layout.paths.len());
    }
    let kept = if request.keep_stale { survey.keepable(&made, &layout) } else { Vec::new() };
    let note = Note { left: kept.iter().map(|path| (*path).clone()).collect(), ..Note::default() };
    let note = (!note.is_empty()).then(|| note.bytes());
    let mut summary = Summary {
        written: made.iter().filter(|made| !made.kept).count(),
        kept: made.iter().filter(|made| made.kept).count(),
        removed: survey.stale(&made).count() - kept.len(),
        bytes: made.iter().map(|made| made.entry.bytes).sum(),
        in_place: false,
    };
    let text = manifest(made.iter().map(|made| &made.entry));
    let nothing_new = summary.written == 0
        && summary.removed == 0
        && survey.note == note
        && survey
            .stale_folders(&layout)
            .all(|folder| kept.iter().any(|path| Path::new(path).starts_with(folder)));
    if !(nothing_new && survey.manifest.as_deref() == Some(text.as_bytes())) {
        if !staging.is_inside {
            exchange::carry(&job, &made, &kept)?;
        }
        job.refuse_mixed()?;
        if let Some(note) = &note {
            staging.write_durably(NOTE, note)?;
        }
        staging.write_durably(MANIFEST, text.as_bytes())?;
        summary.in_place = staging.is_inside || !exchange::swap(&job)?;
        if summary.in_place {
            in_place::settle(&job, &made, &kept)?;
        }
    }
    drop(staging);
    stale.forget();
    Ok(summary)
}

/// Returns which files of ours a target has: of each what it is, or nothing where it was changed since.
pub fn look(request: &Request<'_>) -> Result<Vec<(String, Option<Entry>)>> {
    let place = Place::resolve(request)?;
    let survey = Survey::of(&place, &Stale::default())?;
    survey.refuse_conflicts(&place, &Layout::of(request)?)?;
    let known = |path: &String| survey.entry(&place, path).cloned();
    Ok(survey.ours.iter().map(|path| (path.clone(), known(path))).collect())
}

impl Layout {
    fn of(request: &Request<'_>) -> Result<Layout> {
        let mut paths = request.bundle.addresses();
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
        Ok(Layout { paths, worker, precompress: request.precompress, folders })
    }

    fn has(&self, path: &str) -> bool {
        self.paths.binary_search_by(|own| (**own).cmp(path)).is_ok()
    }

    /// Returns the paths that compressed forms may take.
    fn compressed(&self) -> impl Iterator<Item = String> {
        let texts = self.paths.iter().filter(|path| self.precompress && is_text(path));
        texts.flat_map(|path| Encoding::ALL.map(|encoding| encoding.address(path)))
    }
}

/// What the steps of one write share.
#[derive(Clone, Copy, Debug)]
struct Job<'a> {
    bundle: &'a Bundle,
    survey: &'a Survey,
    staging: &'a Staging,
    place: &'a Place,
    layout: &'a Layout,
}

impl Job<'_> {
    /// Makes all outputs and stages those that the old bundle does not have, nothing kept in memory.
    fn make(&self, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<Vec<Made>> {
        let layout = self.layout;
        let (done, total) = (AtomicUsize::new(0), layout.paths.len());
        let paths = layout.paths.par_iter().filter(|path| !(layout.worker && *path == WORKER));
        let made = paths.map(|path| {
            if let Some(file) = self.bundle.large(path) {
                let made = self.stage_large(path, file)?;
                progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
                return Ok(Some(vec![made]));
            }
            // An address without an output is a source that cannot be read; its diagnostic says so.
            let output = self.bundle.make(path);
            if output.is_none() {
                self.refuse_mixed()?;
            }
            let made = output.map(|output| self.stage_all(path, &output)).transpose()?;
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            Ok(made)
        });
        let made: Result<Vec<Option<Vec<Made>>>> = made.collect();
        Ok(made?.into_iter().flatten().flatten().collect())
    }

    /// Refuses a bundle of which some outputs show a file as it was and others would show it as it is.
    fn refuse_mixed(&self) -> Result<()> {
        let Some(path) = self.bundle.lost() else { return Ok(()) };
        Err(fault(
            &format!(
                "`{path}` changed or went away while the bundle was being made; nothing was written"
            ),
            "build again once nothing writes to that file any more",
        ))
    }

    /// Stages a large file, part by part.
    fn stage_large(&self, path: &str, file: Large<'_>) -> Result<Made> {
        let entry = file.entry(path);
        let kept = self.survey.has(self.place, &entry);
        if !kept {
            self.copy(path, file)?;
        }
        Ok(Made { entry, kept })
    }

    fn copy(&self, path: &str, file: Large<'_>) -> Result<()> {
        let mut out = self.staging.file(path)?;
        file.read(|part| out.write_all(part)).or_else(|error| {
            self.refuse_mixed()?;
            Err(self.staging.fault("write", Path::new(path), &error))
        })
    }

    /// Stages an output and its compressed forms.
    fn stage_all(&self, path: &str, output: &Output) -> Result<Vec<Made>> {
        let mut made = vec![self.stage(Entry::of(path, output), &output.bytes)?];
        if self.layout.precompress && is_text(path) {
            for encoding in Encoding::ALL {
                made.extend(self.stage_compressed(path, output, encoding)?);
            }
        }
        Ok(made)
    }

    fn stage_compressed(
        &self,
        path: &str,
        output: &Output,
        encoding: Encoding,
    ) -> Result<Option<Made>> {
        let address = encoding.address(path);
        // What the site itself brings under this name stays.
        if self.layout.has(&address) || self.layout.folders.contains(Path::new(&address)) {
            return Ok(None);
        }
        if let Some(old) =
            self.survey.compressed(self.place, &address, &encoding.origin(&output.digest))
        {
            return Ok(Some(Made { entry: old, kept: true }));
        }
        let Some(bytes) = encoding.compress(&output.bytes) else { return Ok(None) };
        self.stage(Entry::compressed(path, output, encoding, &bytes), &bytes).map(Some)
    }

    fn stage(&self, entry: Entry, bytes: &[u8]) -> Result<Made> {
        let kept = self.survey.has(self.place, &entry);
        if !kept {
            self.staging.write(&entry.path, bytes)?;
        }
        Ok(Made { entry, kept })
    }

    /// Stages the file of an entry after all.
    fn stage_again(&self, entry: &Entry) -> Result<()> {
        if let Some(file) = self.bundle.large(&entry.path) {
            return self.copy(&entry.path, file);
        }
        match self.remake(entry) {
            Some(bytes) => self.staging.write(&entry.path, &bytes),
            None => Ok(()),
        }
    }

    /// Makes the bytes of an entry again.
    fn remake(&self, entry: &Entry) -> Option<Vec<u8>> {
        let name = entry.content_encoding.as_deref();
        let Some(encoding) = Encoding::ALL.into_iter().find(|it| Some(it.name()) == name) else {
            return Some(self.bundle.make(&entry.path)?.bytes);
        };
        let (path, _) = entry.path.rsplit_once('.')?;
        encoding.compress(&self.bundle.make(path)?.bytes)
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
