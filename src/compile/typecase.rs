//! The fonts that pages were seen to need, by their addresses.
//!
//! The address of a font tells by a digest what goes into it, so whoever composed a page knows what is behind
//! the address and nobody else does. All states of a site and all drafts share one case: a window may ask for
//! what an older page named, or one that is not saved yet.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use crate::font::Font;
use crate::page::Fonts;

/// How many addresses are remembered. What is forgotten can be found again by composing its page.
const REMEMBERED_MAX: usize = 4096;

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
    pub(super) fn make(&self, address: &str) -> Option<Vec<u8>> {
        let behind = self.0.read().unwrap_or_else(PoisonError::into_inner).get(address).cloned();
        Some(match behind? {
            Behind::Sheet(css) => css.into_bytes(),
            Behind::File(font) => font.bytes(),
        })
    }
}
