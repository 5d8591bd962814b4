//! Pictures that are made of a site's pictures: which there are, and making them, a few at once.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use rayon::prelude::*;

use super::Bundle;
use crate::card;
use crate::catalog::{AssetEntry, asset_stem, derived_route};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, rules};
use crate::digest::Digest;
use crate::output::Output;
use crate::page;
use crate::page::Options;
use crate::picture::{self, Absent, Format, MEMORY_BYTES_MAX, Recipe, Unmade};
use crate::source::{Asset, Content, SourcePath};

/// What the memo calls them.
const KIND: &str = "pictures";
const CARDS: &str = "cards";

/// Lets in as many pictures as there is memory for.
#[derive(Debug, Default)]
pub(super) struct Gate {
    bytes: Mutex<u64>,
    left: Condvar,
}

/// A picture's share of the memory, until it is made.
struct Admitted<'a> {
    gate: &'a Gate,
    bytes: u64,
}

impl Gate {
    /// Waits until there is room; one that is larger than all the room comes in alone.
    fn admit(&self, bytes: u64) -> Admitted<'_> {
        let mut inside = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        while *inside > 0 && *inside + bytes > MEMORY_BYTES_MAX {
            inside = self.left.wait(inside).unwrap_or_else(PoisonError::into_inner);
        }
        *inside += bytes;
        Admitted { gate: self, bytes }
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        let mut inside = self.gate.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        *inside -= self.bytes;
        self.gate.left.notify_all();
    }
}

/// Finds out who makes AVIF where a site asks for it; a site that does not is asked nothing of.
pub(super) fn equip(config: &mut Config, options: &Options) -> Option<Diagnostic> {
    let span = config.avif?;
    match options.avif.known() {
        Ok(maker) => {
            config.images.avif = Some(maker);
            None
        }
        Err(Absent { message, help }) => {
            let path = SourcePath::new("kami.toml");
            Some(Diagnostic { rule: &rules::NO_AVIF, path, span, message, help })
        }
    }
}

impl Bundle {
    /// Returns what is made of each picture that a document shows.
    fn derived(&self) -> BTreeMap<SourcePath, BTreeSet<Recipe>> {
        let mut all: BTreeMap<SourcePath, BTreeSet<Recipe>> = BTreeMap::new();
        // A site of texts has nothing to look for.
        if !self.catalog.assets().any(|(_, asset)| asset.facts.is_photo()) {
            return all;
        }
        for entry in self.catalog.entries() {
            for (path, recipe) in page::derived(self.site(), entry) {
                all.entry(path).or_default().insert(recipe);
            }
        }
        all
    }

    pub(super) fn picture_addresses(&self) -> Vec<String> {
        let derived = self.derived();
        let addresses = derived.iter().filter_map(|(path, recipes)| {
            let digest = self.catalog.asset(path)?.digest;
            Some(recipes.iter().map(move |recipe| derived_route(path, digest, recipe)))
        });
        addresses.flatten().collect()
    }

    /// Makes all pictures that are not kept yet, each decoded once; `progress` hears how many of how many are made.
    pub fn develop(&self, progress: &(dyn Fn(usize, usize) + Sync)) {
        // Where nothing is kept there is nothing to make ahead.
        if !self.options.memo.keeps() {
            return;
        }
        let waiting: Vec<(SourcePath, Vec<Recipe>)> = self
            .derived()
            .into_par_iter()
            .filter_map(|(path, recipes)| {
                let digest = self.catalog.asset(&path)?.digest;
                let missing =
                    recipes.into_iter().filter(|recipe| self.kept(*recipe, digest).is_none());
                let missing: Vec<Recipe> = missing.collect();
                (!missing.is_empty()).then_some((path, missing))
            })
            .collect();
        let (done, without) = (AtomicUsize::new(0), Mutex::new(BTreeSet::new()));
        waiting.par_iter().with_max_len(1).for_each(|(path, recipes)| {
            if let Some(asset) = self.catalog.asset(path) {
                for (recipe, made) in recipes.iter().zip(self.derive((path, asset), recipes)) {
                    match made {
                        Ok(bytes) => {
                            self.options.memo.keep((KIND, recipe.digest(asset.digest)), &bytes);
                        }
                        Err(Unmade::Avif(_)) => {
                            let mut without =
                                without.lock().unwrap_or_else(PoisonError::into_inner);
                            without.insert(asset.digest);
                        }
                        Err(Unmade::Unreadable(_)) => {}
                    }
                }
            }
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, waiting.len());
        });
        // Pages offer what there is.
        drop(self.without_avif.set(without.into_inner().unwrap_or_else(PoisonError::into_inner)));
    }

    fn kept(&self, recipe: Recipe, digest: Digest) -> Option<Vec<u8>> {
        self.options.memo.find((KIND, recipe.digest(digest)))
    }

    /// Returns the picture and the recipe that an address means.
    fn meant(&self, address: &str) -> Option<(&SourcePath, &AssetEntry, Recipe)> {
        let stem = &address[..=address.rfind('-')?];
        let images = &self.config.images;
        self.catalog.assets_from(stem).find_map(|(path, asset)| {
            let all = picture::all(&asset.facts, images).into_iter();
            let mut meant =
                all.filter(|recipe| derived_route(path, asset.digest, recipe) == address);
            Some((path, asset, meant.next()?)).filter(|_| asset_stem(path) == stem)
        })
    }

    /// Tells whether a picture would have to be made for an address: that takes a while.
    pub fn is_to_be_made(&self, address: &str) -> bool {
        match address.split_once('/') {
            Some(("assets", _)) => {
                self.catalog.route(address).is_none() && self.meant(address).is_some()
            }
            Some(("cards", _)) => page::card(self.site(), address).is_some(),
            _ => false,
        }
    }

    /// Returns the picture at an address if it was made before.
    pub fn kept_picture(&self, address: &str) -> Option<Output> {
        if let Some(card) = page::card(self.site(), address) {
            let bytes = self.options.memo.find((CARDS, card.digest()))?;
            return Some(Output::new(address, bytes));
        }
        let (_, asset, recipe) = self.meant(address)?;
        self.kept(recipe, asset.digest).map(|bytes| Output::new(address, bytes))
    }

    /// Draws the card at an address, or finds it again.
    pub(super) fn card(&self, address: &str) -> Option<Output> {
        let card = page::card(self.site(), address)?;
        let key = (CARDS, card.digest());
        let bytes = self.options.memo.find(key).unwrap_or_else(|| {
            let bytes = card::png(&card);
            self.options.memo.keep(key, &bytes);
            bytes
        });
        Some(Output::new(address, bytes))
    }

    /// Makes the picture at an address, or finds it again.
    pub(super) fn picture(&self, address: &str) -> Option<Output> {
        let (path, asset, recipe) = self.meant(address)?;
        if let Some(bytes) = self.kept(recipe, asset.digest) {
            return Some(Output::new(address, bytes));
        }
        let made = self.derive((path, asset), &[recipe]).pop()?;
        if let Ok(bytes) = &made {
            self.options.memo.keep((KIND, recipe.digest(asset.digest)), bytes);
        }
        let bytes = made.or_else(|unmade| match unmade {
            // The page was there first and has promised something; browsers look at the bytes, not at the name.
            Unmade::Avif(_) => {
                let other = Recipe { format: Format::Webp, ..recipe };
                let kept = self.kept(other, asset.digest).map(Ok);
                kept.or_else(|| self.derive((path, asset), &[other]).pop()).unwrap_or(Err(unmade))
            }
            Unmade::Unreadable(_) => Err(unmade),
        });
        let bytes = bytes.unwrap_or_else(|_| picture::blank(&asset.facts, recipe));
        Some(Output::new(address, bytes))
    }

    fn derive(
        &self,
        (path, asset): (&SourcePath, &AssetEntry),
        recipes: &[Recipe],
    ) -> Vec<Result<Vec<u8>, Unmade>> {
        let source = self.sources.get(path).map(|source| &source.content);
        let Some(Content::Asset(source)) = source else { return Vec::new() };
        let _admitted = self.gate.admit(asset.facts.memory_bytes());
        let Some(bytes) = self.bytes(path, source) else { return Vec::new() };
        let made = picture::derive(&bytes, &asset.facts, recipes, &self.options.avif);
        for unmade in made.iter().filter_map(|made| made.as_ref().err()) {
            self.tell_unmade(path, unmade);
        }
        made
    }

    /// Tells at each place that shows a picture what could not be made of it.
    fn tell_unmade(&self, path: &SourcePath, unmade: &Unmade) {
        let (rule, message, help) = match unmade {
            Unmade::Unreadable(why) => (
                &rules::BROKEN_PICTURE,
                format!("`{path}` cannot be read as a picture: {why}"),
                "save it anew, or take it from its source once more; a grey one stands in its place",
            ),
            Unmade::Avif(why) => (
                &rules::UNMADE_AVIF,
                format!("no AVIF could be made of `{path}`: {why}"),
                "the other formats stand in its place; see whether `avifenc` works by itself, or leave \"avif\" out of `images.formats` in kami.toml",
            ),
        };
        let site = self.site();
        let mut found = Vec::new();
        for entry in self.catalog.entries() {
            for span in page::places(site, entry, path) {
                let (path, help) = (entry.document.path.clone(), help.to_owned());
                let mut diagnostic =
                    Diagnostic { rule, path, span, message: message.clone(), help };
                entry.document.trace(&mut diagnostic);
                found.push(diagnostic);
            }
        }
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        for diagnostic in found {
            if !faults.contains(&diagnostic) {
                faults.push(diagnostic);
            }
        }
    }

    /// Returns the bytes of a file; where they are not those any more that were read first, that is noted.
    pub(super) fn bytes<'a>(&self, path: &SourcePath, asset: &'a Asset) -> Option<Cow<'a, [u8]>> {
        let bytes = asset.bytes(path);
        if bytes.is_none() {
            self.lost.get_or_init(|| path.clone());
        }
        bytes
    }

    /// Returns a file of the site as others may have it.
    pub(super) fn asset(&self, address: &str, path: &SourcePath) -> Option<Output> {
        match &self.sources.get(path)?.content {
            Content::Asset(asset) => {
                let bytes = self.bytes(path, asset)?;
                Some(Output::new(address, picture::published(path, &bytes).into_owned()))
            }
            Content::Text(text) => Some(Output::new(address, text.as_bytes().to_vec())),
            Content::Unusable(_) => None,
        }
    }
}
