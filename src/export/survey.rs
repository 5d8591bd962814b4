//! What a target holds before it is written: files of the old bundle, and foreign ones.
//!
//! Ours is what the old `bundle.json` names. All else is foreign: it stays, whatever happens.

#![expect(clippy::disallowed_methods, reason = "this is where a bundle is written")]

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Result;

use crate::export::staging::Stale;
use crate::export::target::Place;
use crate::export::{Layout, Made, ancestors, disk_fault, fault};
use crate::output::{Entry, MANIFEST, NOTE, Note, parse_manifest};

#[derive(Debug, Default)]
pub(super) struct Survey {
    /// The old `bundle.json`, to the byte.
    pub(super) manifest: Option<Vec<u8>>,
    /// What a deploy has noted beside it, to the byte.
    pub(super) note: Option<Vec<u8>>,
    /// When it was written: after all files that it names.
    written: Option<SystemTime>,
    /// What it says, by path.
    entries: HashMap<String, Entry>,
    /// The files named by it that are there.
    pub(super) ours: Vec<String>,
    /// The folders above those files, in order.
    pub(super) own_folders: Vec<PathBuf>,
    /// Files and links that it does not name, in order.
    pub(super) foreign: Vec<PathBuf>,
    /// Folders that it has no file in, in order, with what is known of them.
    pub(super) foreign_folders: Vec<(PathBuf, Metadata)>,
    /// Whether another disk is mounted in one of those: such a target cannot be exchanged.
    pub(super) has_mounts: bool,
}

impl Survey {
    /// Looks through a target; it is an error when that is neither empty nor a bundle.
    pub(super) fn of(place: &Place, stale: &Stale) -> Result<Survey> {
        let Some(old) = &place.old else { return Ok(Survey::default()) };
        let mut survey = Survey::default();
        let path = place.folder.join(MANIFEST);
        if let Ok(metadata) = fs::symlink_metadata(&path)
            && metadata.is_file()
        {
            let text = fs::read(&path).map_err(|error| disk_fault("read", &path, &error))?;
            if let Some(entries) = parse_manifest(&text) {
                survey.entries =
                    entries.into_iter().map(|entry| (entry.path.clone(), entry)).collect();
                survey.manifest = Some(text);
                survey.written = metadata.modified().ok();
                survey.note = fs::read(place.folder.join(NOTE)).ok();
            }
        }
        let note = survey.note.as_deref().map(Note::parse).unwrap_or_default();
        let named = survey.entries.keys().chain(&stale.paths).chain(&note.left);
        let named: HashSet<&str> = named.map(String::as_str).collect();
        let folders: HashSet<&Path> =
            named.iter().flat_map(|path| ancestors(Path::new(path))).collect();
        let mut walk = Walk {
            place,
            named: &named,
            folders: &folders,
            device: old.metadata.dev(),
            prefix: place.staging_prefix(),
            manifest_is_ours: survey.manifest.is_some(),
            found: Survey::default(),
        };
        walk.folder(Path::new("")).map_err(|(path, error)| disk_fault("read", &path, &error))?;
        let found = walk.found;
        let is_bundle = survey.manifest.is_some() || stale.is_bundle;
        let is_empty = found.foreign.is_empty() && found.foreign_folders.is_empty();
        if !is_bundle && !is_empty {
            return Err(not_a_bundle(place));
        }
        drop(folders);
        drop(named);
        Ok(Survey {
            ours: found.ours,
            own_folders: found.own_folders,
            foreign: found.foreign,
            foreign_folders: found.foreign_folders,
            has_mounts: found.has_mounts,
            ..survey
        })
    }

    /// Tells whether the old bundle has this very file. A file that was changed after the manifest
    /// was written does not count, even if its size fits.
    pub(super) fn has(&self, place: &Place, entry: &Entry) -> bool {
        let Some(before) = self.entries.get(&entry.path) else { return false };
        before.digest == entry.digest && before.bytes == entry.bytes && self.is_intact(place, entry)
    }

    /// Returns what the old bundle says of a file that is still as it says.
    pub(super) fn entry(&self, place: &Place, path: &str) -> Option<&Entry> {
        self.entries.get(path).filter(|entry| self.is_intact(place, entry))
    }

    /// Returns the files of the old bundle that may stay beside the new one.
    pub(super) fn keepable<'a>(&'a self, made: &'a [Made], layout: &Layout) -> Vec<&'a String> {
        let may_stay = |path: &&String| {
            let path = Path::new(path.as_str());
            let under_file = |above: &Path| above.to_str().is_some_and(|above| layout.has(above));
            !layout.folders.contains(path) && !ancestors(path).any(under_file)
        };
        self.stale(made).filter(may_stay).collect()
    }

    /// Returns what the old bundle says of a compressed form, if it has the one of this origin.
    pub(super) fn compressed(&self, place: &Place, path: &str, origin: &str) -> Option<Entry> {
        let entry = self.entry(place, path)?;
        (entry.origin.as_deref() == Some(origin)).then(|| entry.clone())
    }

    /// Tells whether a file is as it was when the old manifest was written.
    fn is_intact(&self, place: &Place, entry: &Entry) -> bool {
        let metadata = fs::symlink_metadata(place.folder.join(&entry.path));
        metadata.is_ok_and(|now| {
            let fits = now.is_file() && now.len() == entry.bytes;
            fits && now.modified().ok() <= self.written
        })
    }

    /// Tells whether there is nothing at all in the target.
    pub(super) fn is_empty(&self) -> bool {
        self.manifest.is_none()
            && self.ours.is_empty()
            && self.foreign.is_empty()
            && self.foreign_folders.is_empty()
    }

    /// Iterates over the folders of the old bundle that the new one does not need, the deepest first.
    pub(super) fn stale_folders<'a>(
        &'a self,
        layout: &'a Layout,
    ) -> impl Iterator<Item = &'a PathBuf> {
        self.own_folders.iter().rev().filter(|folder| !layout.folders.contains(*folder))
    }

    /// Iterates over the files of the old bundle that the new one does not have.
    pub(super) fn stale<'a>(&'a self, made: &'a [Made]) -> impl Iterator<Item = &'a String> {
        let made = if self.ours.is_empty() { &[] } else { made };
        let now: HashSet<&str> = made.iter().map(|made| made.entry.path.as_str()).collect();
        self.ours.iter().filter(move |path| !now.contains(path.as_str()))
    }

    /// Refuses a target where something foreign stands in the way of an output.
    pub(super) fn refuse_conflicts(&self, place: &Place, layout: &Layout) -> Result<()> {
        if self.foreign.is_empty() && self.foreign_folders.is_empty() {
            return Ok(());
        }
        let compressed: Vec<String> = layout.compressed().collect();
        let paths = layout.paths.iter().chain(&compressed).map(String::as_str);
        let files: HashSet<&Path> = paths.chain([MANIFEST]).map(Path::new).collect();
        let under_file = |path: &Path| ancestors(path).any(|above| files.contains(above));
        let in_the_way = |path: &Path| files.contains(path) || under_file(path);
        let file = self
            .foreign
            .iter()
            .find(|path| in_the_way(path) || layout.folders.contains(path.as_path()));
        let folder = self.foreign_folders.iter().map(|(path, _)| path);
        match file.or_else(|| folder.clone().find(|path| in_the_way(path))) {
            Some(path) => Err(fault(
                &format!(
                    "{} is not of the bundle and stands in the way of one of its files",
                    place.folder.join(path).display()
                ),
                "move it away, or name another folder; nothing was written",
            )),
            None => Ok(()),
        }
    }
}

fn not_a_bundle(place: &Place) -> anyhow::Error {
    fault(
        &format!("{} is not empty and is no bundle of ours", place.folder.display()),
        "name a new or an empty folder; nothing in this one was touched",
    )
}

struct Walk<'a> {
    place: &'a Place,
    named: &'a HashSet<&'a str>,
    folders: &'a HashSet<&'a Path>,
    device: u64,
    prefix: String,
    manifest_is_ours: bool,
    found: Survey,
}

impl Walk<'_> {
    fn folder(&mut self, inside: &Path) -> Result<(), (PathBuf, io::Error)> {
        let path = self.place.folder.join(inside);
        let failed = |error| (path.clone(), error);
        let mut entries: Vec<(OsString, fs::FileType)> = Vec::new();
        for entry in fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            entries.push((entry.file_name(), entry.file_type().map_err(failed)?));
        }
        entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        for (name, kind) in entries {
            let path = inside.join(name);
            if kind.is_dir() {
                self.visit(&path)?;
                continue;
            }
            match path.to_str() {
                Some(MANIFEST | NOTE) if self.manifest_is_ours => {}
                Some(text) if self.named.contains(text) => self.found.ours.push(text.to_owned()),
                _ => self.found.foreign.push(path),
            }
        }
        Ok(())
    }

    fn visit(&mut self, inside: &Path) -> Result<(), (PathBuf, io::Error)> {
        let staging = inside.to_str().is_some_and(|name| name.starts_with(&self.prefix));
        if staging && inside.components().count() == 1 {
            return Ok(());
        }
        let path = self.place.folder.join(inside);
        let metadata = fs::symlink_metadata(&path).map_err(|error| (path, error))?;
        self.found.has_mounts |= metadata.dev() != self.device;
        if self.folders.contains(inside) {
            self.found.own_folders.push(inside.to_path_buf());
            return self.folder(inside);
        }
        self.found.foreign_folders.push((inside.to_path_buf(), metadata));
        self.folder(inside)
    }
}
