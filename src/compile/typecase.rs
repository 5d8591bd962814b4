//! The fonts that pages were seen to need, by their addresses.
//!
//! The address of a font tells by a digest what goes into it, so whoever composed a page knows what is behind
//! the address and nobody else does. All states of a site and all drafts share one case: a window may ask for
//! what an older page named, or one that is not saved yet.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rayon::prelude::*;

use super::Bundle;
use crate::catalog::Entry;
use crate::config;
use crate::document::Kind;
use crate::font::{self, Font};
use crate::memo::Memo;
use crate::output::Output;
use crate::page::{self, Fonts, Page, View};

/// How many addresses are remembered. What is forgotten can be found again by composing its page.
const REMEMBERED_MAX: usize = 4096;

/// How much of the slides of composed pages is kept.
const PREPARED_BYTES_MAX: usize = 64 << 20;

/// What is behind an address.
#[derive(Clone, Debug)]
enum Behind {
    Sheet(String),
    File(Font),
}

#[derive(Debug, Default)]
pub(super) struct Typecase(RwLock<BTreeMap<String, Behind>>);

impl Typecase {
    /// Remembers the fonts of a page.
    pub(super) fn note(&self, fonts: &Fonts) {
        let is_known = |known: &BTreeMap<String, Behind>| known.contains_key(&fonts.address);
        if fonts.address.is_empty()
            || is_known(&self.0.read().unwrap_or_else(PoisonError::into_inner))
        {
            return;
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() > REMEMBERED_MAX {
            known.clear();
        }
        let files = fonts.addresses().zip(&fonts.files);
        known.extend(files.map(|(address, font)| (address, Behind::File(font.clone()))));
        known.insert(fonts.address.clone(), Behind::Sheet(fonts.css.clone()));
    }

    /// Makes what is behind an address.
    fn make(&self, address: &str, memo: &Memo) -> Option<Vec<u8>> {
        let behind = self.0.read().unwrap_or_else(PoisonError::into_inner).get(address).cloned();
        Some(match behind? {
            Behind::Sheet(css) => css.into_bytes(),
            Behind::File(font) => font.bytes(memo),
        })
    }
}

/// Pages of decks that were composed to know their fonts, until somebody wants them.
#[derive(Debug, Default)]
pub(super) struct Prepared(Mutex<(HashMap<String, Page>, usize)>);

impl Prepared {
    fn put(&self, address: &str, page: Page) {
        let View::Deck(deck) = &page.view else { return };
        let bytes = deck.slides.iter().map(|slide| slide.html.len()).sum::<usize>();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.1 + bytes <= PREPARED_BYTES_MAX {
            kept.1 += bytes;
            kept.0.insert(address.to_owned(), page);
        }
    }

    pub(super) fn take(&self, address: &str) -> Option<Page> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.remove(address)
    }
}

impl Bundle {
    /// Makes a font, or the style sheet that brings the fonts of a deck.
    pub(super) fn font(&self, address: &str) -> Option<Output> {
        let name = address.strip_prefix("assets/")?;
        let made = || self.typecase.make(address, &self.options.memo);
        let bytes = made().or_else(|| font::piece(name)).or_else(|| {
            // Whoever asks has seen a page that nobody here remembers.
            if page::may_be_site_font(self.site(), address) {
                self.typecase.note(page::site_fonts(self.site()));
            }
            let of_deck = |entry: &&Arc<Entry>| page::may_be_font_of(entry, address);
            for entry in self.catalog.entries().filter(of_deck) {
                self.typecase.note(&page::fonts_of(self.site(), entry));
            }
            made()
        });
        bytes.map(|bytes| Output::new(address, bytes))
    }

    /// Returns the addresses of all fonts; decks are composed for it.
    pub(super) fn fonts(&self) -> BTreeSet<String> {
        if self.config.fonts == config::Fonts::System {
            return BTreeSet::new();
        }
        let decks = self.catalog.entries().filter(|entry| entry.kind == Kind::Deck);
        let found = decks.collect::<Vec<_>>().into_par_iter().flat_map_iter(|entry| {
            let Some(page) = page::compose(self.site(), &entry.route) else { return Vec::new() };
            let View::Deck(deck) = &page.view else { return Vec::new() };
            let fonts = &deck.fonts;
            self.typecase.note(fonts);
            self.lettering.note(entry, fonts.clone());
            let addresses = fonts.all().collect::<Vec<_>>();
            self.prepared.put(&entry.route, page);
            addresses
        });
        let pages = page::site_fonts(self.site());
        self.typecase.note(pages);
        found.chain(pages.all().collect::<Vec<_>>()).collect()
    }
}
