//! What stands at an address: made when somebody asks for it, from the state of one bundle alone.

use std::sync::{Arc, PoisonError};

use rayon::prelude::*;

use super::Bundle;
use crate::catalog::Route;
use crate::digest::Digest;
use crate::output::{self, MANIFEST, Output, WORKER};
use crate::page::{self, View};
use crate::source::Content;

impl Bundle {
    /// Returns the output at an address if it was made earlier.
    pub fn made(&self, address: &str) -> Option<Arc<Output>> {
        self.made.read().unwrap_or_else(PoisonError::into_inner).get(address).cloned()
    }

    /// Returns the output at an address, made now or earlier.
    pub fn output(&self, address: &str) -> Option<Arc<Output>> {
        if let Some(output) = self.made(address) {
            return Some(output);
        }
        let mut output = self.make(address)?;
        output.bytes.shrink_to_fit();
        let output = Arc::new(output);
        if self.large(address).is_some() {
            return Some(output);
        }
        // Hundreds of pictures need not be kept twice.
        if self.options.memo.keeps() && self.is_to_be_made(address) {
            return Some(output);
        }
        self.made
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(address.to_owned(), Arc::clone(&output));
        Some(output)
    }

    /// Makes the output at an address and does not keep it.
    pub fn make(&self, address: &str) -> Option<Output> {
        if address == MANIFEST {
            return Some(self.manifest());
        }
        if let Some(bytes) = self.templates.file(address) {
            return Some(Output::new(address, bytes.to_vec()));
        }
        if address.starts_with("search/")
            && let Some(script) = self.index().make(address)
        {
            return Some(Output::new(address, script));
        }
        if let Some(output) = self.plain(address).or_else(|| self.card(address)) {
            return Some(output);
        }
        let asset = address.starts_with("assets/");
        if let Some(output) = asset.then(|| self.picture(address)).flatten() {
            return Some(output);
        }
        self.looks(address).or_else(|| self.font(address)).or_else(|| self.render(address))
    }

    /// Returns what the manifest says of an address.
    pub fn entry(&self, address: &str) -> Option<output::Entry> {
        match self.large(address) {
            Some(file) => Some(file.entry(address)),
            None => Some(output::Entry::of(address, &self.make(address)?)),
        }
    }

    /// Makes the manifest of all other outputs; none of them is kept. Notes are not for everybody
    /// who may ask for it.
    fn manifest(&self) -> Output {
        let notes = |address: &str| matches!(self.catalog.route(address), Some(Route::Notes(_)));
        let entries: Vec<output::Entry> = self
            .addresses()
            .par_iter()
            .filter(|address| *address != MANIFEST && !notes(address))
            .filter_map(|address| self.entry(address))
            .collect();
        Output::new(MANIFEST, output::manifest(&entries).into_bytes())
    }

    /// Makes the service worker of the bundle whose other outputs have a manifest of this digest.
    pub fn worker(&self, manifest: &Digest) -> Output {
        let lang = &self.config.lang;
        let home = page::home(self.site(), lang);
        Output::new(WORKER, self.templates.worker(manifest, lang, &home).into_bytes())
    }

    /// Makes the style sheet of a document's own looks.
    fn looks(&self, address: &str) -> Option<Output> {
        // Thousands of pages have none, and each of their own addresses comes by here.
        if !address.starts_with("assets/") {
            return None;
        }
        let styled = self.catalog.entries().filter(|entry| entry.document.has_looks());
        let named = styled.filter(|entry| page::may_be_looks_of(entry, address));
        let mut looks = named.filter_map(|entry| page::looks(self.site(), entry));
        let (_, css) = looks.find(|(known, _)| known == address)?;
        Some(Output::new(address, css.into_bytes()))
    }

    fn render(&self, address: &str) -> Option<Output> {
        let page = self.prepared.take(address);
        let page = page.or_else(|| page::compose(self.site(), address))?;
        Some(Output::new(address, self.rendered(&page)))
    }

    /// Renders a page, of the bundle or beside it.
    pub fn rendered(&self, page: &page::Page) -> Vec<u8> {
        let fonts = match &page.view {
            View::Deck(deck) => &deck.fonts,
            _ => page::site_fonts(self.site()),
        };
        self.typecase.note(fonts);
        let (bytes, fault) = self.templates.render(page);
        if let Some(fault) = fault {
            // One template fails on many pages.
            let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
        bytes
    }

    /// Makes the outputs that no template has a hand in.
    fn plain(&self, address: &str) -> Option<Output> {
        match address {
            ".nojekyll" => return Some(Output::new(address, Vec::new())),
            _ if self.catalog.route(address).is_none() => {
                let text = page::machine_text(self.site(), address);
                return text.map(|text| Output::new(address, text.into_bytes()));
            }
            _ => {}
        }
        match self.catalog.route(address)? {
            Route::Asset(path) => self.asset(address, path),
            Route::Static(path) => match &self.sources.get(path)?.content {
                Content::Asset(asset) => {
                    Some(Output::new(address, self.bytes(path, asset)?.into_owned()))
                }
                Content::Text(text) => Some(Output::new(address, text.as_bytes().to_vec())),
                Content::Unusable(_) => None,
            },
            Route::Data(path) => {
                let mut files = self.documents.get(path)?.data_files();
                let file = files.find(|file| file.address == address)?;
                Some(Output::new(address, file.bytes.clone()))
            }
            Route::Notes(_) if self.options.notes => page::notes_script(self.site(), address)
                .map(|script| Output::new(address, script.into_bytes())),
            _ => None,
        }
    }

    /// Returns all addresses of the bundle in their order; `bundle.json` is the exporter's.
    pub fn addresses(&self) -> Vec<String> {
        let mut addresses = self.addresses_beside_search();
        addresses.extend(self.fonts());
        addresses.extend(page::card_routes(self.site()));
        addresses.extend(self.index().addresses().cloned());
        addresses.sort();
        addresses.dedup();
        addresses
    }

    /// Returns all addresses but those of the search and of fonts, for which every text is read.
    pub fn addresses_beside_search(&self) -> Vec<String> {
        let mut addresses: Vec<String> = self.templates.addresses().cloned().collect();
        let written = |route: &Route| self.options.notes || !matches!(route, Route::Notes(_));
        addresses.extend(
            self.catalog
                .routes()
                .filter(|(_, routes)| routes.first().is_some_and(written))
                .map(|(address, _)| address.to_string()),
        );
        let styled = self.catalog.entries().filter(|entry| entry.document.has_looks());
        let looks = styled.filter_map(|entry| page::looks(self.site(), entry));
        addresses.extend(looks.map(|(address, _)| address));
        addresses.extend(self.picture_addresses());
        addresses.extend(page::list_routes(self.site()));
        addresses.extend(page::machine_routes(self.site()));
        addresses.push(".nojekyll".to_owned());
        addresses
    }
}
