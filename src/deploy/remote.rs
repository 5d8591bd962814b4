//! What is at the target, and whose it is.
//!
//! The `bundle.json` there says what each file is, so that nothing has to be asked of the store one by one. It is
//! written last; while files are changed, a note beside it (`.kami-deploy.json`) says which ones, so whoever
//! comes after a run that was broken off trusts all but these. The same note keeps the names of files that an
//! older bundle left behind, for the day they are to go. Small targets are listed besides, and of large ones
//! samples are looked at: what somebody else has changed or removed there is found and mended.

use std::collections::{BTreeSet, HashMap, HashSet};

use anyhow::Result;

use super::local::Local;
use super::store::{Held, Listed, Store};
use super::{fault, on_threads};
use crate::output::{Entry, MANIFEST, NOTE, Note, parse_manifest};

/// A target with more files is not listed without need: so many are told in one answer.
const LISTED_MAX: usize = 1_000;
const SAMPLES: usize = 12;

#[derive(Debug, Default)]
pub(super) struct Remote {
    /// The manifest there, to the byte; `None` where there is no bundle yet.
    pub(super) manifest: Option<Vec<u8>>,
    pub(super) note: Note,
    /// What is there of ours, by path. Of a file without a digest nothing is known but that it is there.
    pub(super) files: HashMap<String, Held>,
    /// Files that stand where one of ours is to stand, and that no deploy has put there.
    pub(super) foreign: Vec<String>,
    /// All that is there, where it was listed.
    pub(super) listed: Option<HashSet<String>>,
}

impl Remote {
    /// Reads what the target says of itself; needs nothing of the new bundle.
    pub(super) fn read(store: &Store) -> Result<(Option<Vec<u8>>, Note)> {
        let found = on_threads(&[MANIFEST, NOTE], &|path| store.get(path));
        let mut found = found.into_iter();
        let manifest = found.next().transpose()?.flatten();
        let note = found.next().transpose()?.flatten();
        let note = note.as_deref().map(Note::parse).unwrap_or_default();
        Ok((manifest, note))
    }

    /// Finds out what is there, as far as the new bundle needs to know.
    pub(super) fn survey(store: &Store, local: &Local<'_>) -> Result<Remote> {
        let (manifest, note) = Remote::read(store)?;
        let entries = match &manifest {
            None => Vec::new(),
            Some(text) => parse_manifest(text).ok_or_else(|| {
                let what = format!("{} is there and is none of ours", store.name(MANIFEST));
                fault(&what, "name another prefix; nothing here was touched")
            })?,
        };
        let known: HashMap<String, Held> =
            entries.iter().map(|entry| (entry.path.clone(), Held::of(entry))).collect();
        let mut remote = Remote { manifest, note, files: known, ..Remote::default() };
        if entries.len() > LISTED_MAX && remote.samples_fit(store, &entries)? {
            let unsure: Vec<String> = remote.note.unsure.iter().cloned().collect();
            remote.look_at(store, local, &unsure)?;
            for path in &remote.note.left {
                // What was left behind is there until it is deleted, and does no harm if it is not.
                remote.files.entry(path.clone()).or_insert_with(Held::unknown);
            }
            return Ok(remote);
        }
        // Others may keep far more in the same place than we do.
        let limit = 2 * (entries.len() + local.entries.len()) + 20 * LISTED_MAX;
        match store.list(limit)? {
            Some(listing) => remote.compare(listing, &entries),
            None => remote.files.clear(),
        }
        let named = entries.iter().chain(&local.entries).map(|entry| &entry.path);
        let noted = remote.note.unsure.iter().chain(&remote.note.left);
        let paths: BTreeSet<String> = named.chain(noted).cloned().collect();
        let unsure = paths.into_iter().filter(|path| remote.is_doubtful(path)).collect::<Vec<_>>();
        remote.look_at(store, local, &unsure)?;
        Ok(remote)
    }

    /// Looks at some files, others with each bundle; tells whether the store has them as the manifest says.
    fn samples_fit(&self, store: &Store, entries: &[Entry]) -> Result<bool> {
        let start = self.manifest.as_ref().map_or(0, |text| usize::from(text[text.len() / 2]));
        let step = (entries.len() / SAMPLES).max(1);
        let samples = entries.iter().skip(start % step).step_by(step);
        let samples: Vec<&Entry> =
            samples.filter(|entry| !self.note.unsure.contains(&entry.path)).take(SAMPLES).collect();
        let found = on_threads(&samples, &|entry| store.head(&entry.path, None));
        for (entry, found) in samples.iter().zip(found) {
            if found?.is_none_or(|found| found.digest.as_deref() != Some(&*entry.digest)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Compares the manifest with a listing. A file that was written after the manifest, or has another length,
    /// is doubtful.
    fn compare(&mut self, listing: Vec<Listed>, entries: &[Entry]) {
        let listing: HashMap<String, Listed> =
            listing.into_iter().map(|listed| (listed.path.clone(), listed)).collect();
        let written = listing.get(MANIFEST).map(|listed| listed.modified.clone());
        for entry in entries {
            let is_as_told = !self.note.unsure.contains(&entry.path)
                && listing.get(&entry.path).is_some_and(|listed| {
                    let is_older = written.as_ref().is_some_and(|at| listed.modified <= *at);
                    listed.bytes == entry.bytes && is_older
                });
            if !is_as_told {
                self.files.remove(&entry.path);
            }
        }
        self.listed = Some(listing.into_keys().collect());
    }

    /// Tells whether nothing is known of a file that may be there.
    fn is_doubtful(&self, path: &str) -> bool {
        let may_be_there = self.listed.as_ref().is_none_or(|listed| listed.contains(path));
        may_be_there && !self.files.contains_key(path) && !matches!(path, MANIFEST | NOTE)
    }

    /// Looks at files of which nobody knows what they are.
    fn look_at(&mut self, store: &Store, local: &Local<'_>, paths: &[String]) -> Result<()> {
        let found = on_threads(paths, &|path| store.head(path, None));
        for (path, found) in paths.iter().zip(found) {
            self.files.remove(path);
            let Some(held) = found? else { continue };
            let is_ours = held.digest.is_some()
                || self.note.unsure.contains(path)
                || self.note.left.contains(path)
                || self.names(path);
            if is_ours {
                self.files.insert(path.clone(), held);
            } else if local.find(path).is_some() {
                self.foreign.push(path.clone());
            }
        }
        Ok(())
    }

    /// Tells whether the manifest there names a path.
    fn names(&self, path: &str) -> bool {
        let quoted = serde_json::to_string(path).expect("a text is JSON");
        let needle = format!("{{\"path\":{quoted},");
        self.manifest
            .as_ref()
            .is_some_and(|text| memchr::memmem::find(text, needle.as_bytes()).is_some())
    }
}
