//! What stands at an address and is too large to be an output: a file that is read part by part.

use std::io;
use std::sync::Arc;

use super::Bundle;
use crate::catalog::Route;
use crate::output::Entry;
use crate::source::{Asset, Content, Parts, SourcePath, each_part};

/// A large file of a bundle.
#[derive(Clone, Copy, Debug)]
pub struct Large<'a> {
    bundle: &'a Bundle,
    path: &'a SourcePath,
    pub asset: &'a Asset,
}

impl Bundle {
    /// Returns the large file that stands at an address.
    pub fn large(&self, address: &str) -> Option<Large<'_>> {
        let (Route::Asset(path) | Route::Static(path)) = self.catalog.route(address)? else {
            return None;
        };
        match &self.sources.get(path)?.content {
            Content::Asset(asset) if asset.is_large() && self.templates.file(address).is_none() => {
                Some(Large { bundle: self, path, asset })
            }
            _ => None,
        }
    }
}

impl Large<'_> {
    /// Returns what the manifest says of it.
    pub fn entry(&self, address: &str) -> Entry {
        Entry::of_file(address, self.asset.digest, self.asset.facts.bytes)
    }

    /// Opens it; where it is not what it was, that is noted.
    pub fn open(&self) -> Option<Arc<dyn Parts>> {
        let parts = self.asset.open(self.path);
        if parts.is_none() {
            self.lose();
        }
        parts
    }

    /// Reads it from its begin to its end. Where it changes meanwhile, that is noted, and the read fails.
    pub fn read(&self, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let parts = self.open().ok_or_else(|| io::Error::other("the file was changed"))?;
        // What fails with those who take it is no fault of the file.
        let mut is_taken = true;
        let read = each_part(&*parts, self.asset.facts.bytes, |part| {
            take(part).inspect_err(|_| is_taken = false)
        });
        if read.is_err() && is_taken {
            self.lose();
        }
        read
    }

    fn lose(&self) {
        self.bundle.lost.get_or_init(|| self.path.clone());
    }
}
