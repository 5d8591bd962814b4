//! What is wrong with slides as they are seen: overfull ones, text too small, pictures too coarse.

use std::sync::Arc;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Browser;
use super::page::Files;
use crate::catalog::{Catalog, Entry, Route};
use crate::diagnostic::{Diagnostic, Rule, rules};
use crate::document::{Prose, Slide};
use crate::span::Span;

const MEASURE: &str = include_str!("measure.js");

/// The smallest text, of a slide 720 pixels high.
const READABLE: f64 = 18.0;
/// By how much a picture may be enlarged before one sees it.
const ENLARGED_MAX: f64 = 1.1;

/// One slide as the browser saw it; lengths in pixels of the slide.
#[derive(Debug, Deserialize)]
struct Seen {
    number: usize,
    fit: f64,
    width: f64,
    height: f64,
    /// By how much the content is too wide and too tall.
    over: [f64; 2],
    /// The smallest text and its size.
    text: String,
    size: Option<f64>,
    pictures: Vec<SeenPicture>,
}

#[derive(Debug, Deserialize)]
struct SeenPicture {
    src: String,
    times: f64,
    shown: [f64; 2],
    own: [f64; 2],
}

/// Measures every slide of a deck and returns what is wrong with it.
pub fn measure(
    browser: &Browser,
    files: Files<'_>,
    catalog: &Catalog,
    entry: &Arc<Entry>,
) -> Result<Vec<Diagnostic>> {
    let page = browser.page(files, (1280, 720), 1.0)?;
    page.open(&format!("{}?view=print", crate::page::encode(&entry.route)))?;
    let seen = page.evaluate(MEASURE.trim())?;
    let seen: Vec<Seen> = serde_json::from_value(seen).context("read what the browser measured")?;
    let mut found = Vec::new();
    for seen in &seen {
        let Some(slide) = entry.document.slides.get(seen.number - 1) else { continue };
        let mut told = Told { catalog, entry, slide, found: &mut found };
        told.overflow(seen);
        told.text(seen);
        told.pictures(seen);
    }
    Ok(found)
}

struct Told<'a> {
    catalog: &'a Catalog,
    entry: &'a Arc<Entry>,
    slide: &'a Slide,
    found: &'a mut Vec<Diagnostic>,
}

impl Told<'_> {
    fn tell(&mut self, rule: &'static Rule, span: Span, message: String, help: &str) {
        let path = self.entry.document.path.clone();
        let found = Diagnostic { rule, path, span, message, help: help.to_owned() };
        if !self.found.contains(&found) {
            self.found.push(found);
        }
    }

    fn overflow(&mut self, seen: &Seen) {
        let [x, y] = seen.over;
        let much = |over: f64, whole: f64, word: &str| {
            (over > 0.0)
                .then(|| format!("{over:.0} px ({:.0} %) {word}", (100.0 * over / whole).ceil()))
        };
        let much: Vec<String> = [much(y, seen.height, "too tall"), much(x, seen.width, "too wide")]
            .into_iter()
            .flatten()
            .collect();
        if much.is_empty() {
            return;
        }
        let shrunk = if seen.fit < 1.0 {
            format!(", shrunk to {:.0} % as it is", 100.0 * seen.fit)
        } else {
            String::new()
        };
        let message = format!("slide {} is {}{shrunk}", seen.number, much.join(" and "));
        let help = "take something out, or make two slides of it with `---`";
        self.tell(&rules::OVERFULL_SLIDE, self.slide.span, message, help);
    }

    fn text(&mut self, seen: &Seen) {
        let least = READABLE * seen.height / 720.0;
        let Some(size) = seen.size.filter(|size| *size < least - 0.05) else { return };
        let message = format!(
            "slide {} has text of {size:.0} px where {least:.0} px are the least: `{}`",
            seen.number,
            seen.text.split_whitespace().collect::<Vec<_>>().join(" ")
        );
        let help = "say less, break long lines of code, or give the text a larger size";
        self.tell(&rules::SMALL_TEXT, self.slide.span, message, help);
    }

    fn pictures(&mut self, seen: &Seen) {
        for picture in seen.pictures.iter().filter(|picture| picture.times > ENLARGED_MAX) {
            let (span, name) = self.picture(&picture.src);
            let [own_width, own_height] = picture.own;
            let [width, height] = picture.shown;
            let message = format!(
                "{name} has {own_width:.0}×{own_height:.0} pixels and is shown at {width:.0}×{height:.0}, enlarged {:.1} times",
                picture.times
            );
            let help =
                "use a larger picture, or show this one smaller (`w:`, `h:`, or another size)";
            self.tell(&rules::COARSE_PICTURE, span, message, help);
        }
    }

    /// Returns where a picture is written, and what it is called there.
    fn picture(&self, src: &str) -> (Span, String) {
        let address = src.strip_prefix(super::page::ORIGIN).unwrap_or(src);
        let address = percent_encoding::percent_decode_str(address).decode_utf8_lossy();
        // What is made of a picture has its name, up to the digest.
        let stem = address.rfind('-').map_or("", |at| &address[..=at]);
        let derived = || self.catalog.assets_from(stem).next().map(|(path, _)| path);
        let path = match self.catalog.route(&address) {
            Some(Route::Asset(path)) => Some(path),
            _ => derived().filter(|_| !stem.is_empty()),
        };
        let Some(path) = path else {
            return (self.slide.span, format!("`{address}`"));
        };
        let written = self.slide.proses().flat_map(pictures);
        let same =
            |target: &str| self.catalog.resolve_asset(self.entry, target).as_ref() == Some(path);
        let span = written
            .filter(|(target, _)| same(target))
            .map(|(_, span)| span)
            .next()
            .unwrap_or(self.slide.span);
        (span, format!("`{path}`"))
    }
}

fn pictures(prose: &Prose) -> impl Iterator<Item = (&str, Span)> {
    let shown = prose.holes.iter().filter_map(|hole| hole.filling.picture());
    shown.map(|picture| (picture.target.as_str(), picture.span))
}
