//! The bundle as it is to be at the target: what each file is, and its bytes when they are wanted.
//!
//! It is made of what was read when the program began. A source that is saved meanwhile does not get into it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use rayon::prelude::*;

use super::{Progress, fault};
use crate::compile::Bundle;
use crate::digest::Digest;
use crate::output::{Entry, MANIFEST, Output, WORKER, manifest};
use crate::source::Parts;

/// The largest object that a store takes in one piece.
const BYTES_MAX: u64 = 5 << 30;

#[derive(Debug)]
pub(super) struct Local<'a> {
    bundle: &'a Bundle,
    /// All files but the manifest, in the order of their paths.
    pub(super) entries: Vec<Entry>,
    pub(super) manifest: Vec<u8>,
    /// The service worker, where it is ours and not one of the site's own.
    worker: Option<Output>,
}

impl Local<'_> {
    /// Makes every output once; none is kept.
    pub(super) fn of<'a>(bundle: &'a Bundle, progress: Progress<'_>) -> Result<Local<'a>> {
        let mut paths = bundle.addresses();
        paths.retain(|path| path != MANIFEST);
        let (done, total) = (AtomicUsize::new(0), paths.len());
        let made = paths.par_iter().filter_map(|path| {
            // An address without an output is a source that cannot be read; such a site is not deployed.
            let entry = bundle.entry(path)?;
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            Some(entry)
        });
        let mut entries: Vec<Entry> = made.collect();
        let worker = (!paths.iter().any(|path| path == WORKER)).then(|| {
            let worker = bundle.worker(&Digest::of(manifest(&entries).as_bytes()));
            entries.push(Entry::of(WORKER, &worker));
            worker
        });
        entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        if let Some(entry) = entries.iter().find(|entry| entry.bytes > BYTES_MAX) {
            let what =
                format!("`{}` has {} bytes: a store takes 5 GB at most", entry.path, entry.bytes);
            return Err(fault(&what, "keep it elsewhere and link to it"));
        }
        let manifest = manifest(&entries).into_bytes();
        Ok(Local { bundle, entries, manifest, worker })
    }

    pub(super) fn find(&self, path: &str) -> Option<&Entry> {
        let at = self.entries.binary_search_by(|entry| (*entry.path).cmp(path)).ok()?;
        self.entries.get(at)
    }

    /// Opens a file that is too large to be made in memory.
    pub(super) fn large(&self, entry: &Entry) -> Result<Option<Arc<dyn Parts>>> {
        let Some(file) = self.bundle.large(&entry.path) else { return Ok(None) };
        let changed = || {
            let what = format!("the file behind `{}` was changed or went away", entry.path);
            fault(&what, "deploy again once nothing writes to it any more")
        };
        file.open().map(Some).ok_or_else(changed)
    }

    /// Makes the bytes of a file again.
    pub(super) fn bytes(&self, entry: &Entry) -> Result<Vec<u8>> {
        let bytes = match &self.worker {
            Some(worker) if entry.path == WORKER => Some(worker.bytes.clone()),
            _ => self.bundle.make(&entry.path).map(|output| output.bytes),
        };
        let same = bytes.filter(|bytes| Digest::of(bytes).to_string() == entry.digest);
        same.ok_or_else(|| {
            let what = format!("`{}` came out otherwise the second time", entry.path);
            fault(&what, "deploy again; if it happens again, it is a fault of ours")
        })
    }
}
