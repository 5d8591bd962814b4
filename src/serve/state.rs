//! One state of the site, and what open windows are told of it.
//!
//! What a window is told is worked out once, before the state takes the place of the last one; a window
//! that was slow meets the latest state and keeps nothing of those between.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use rayon::prelude::*;
use serde_json::{Value as Json, json};

use crate::catalog::Route;
use crate::compile::Bundle;
use crate::diagnostic::{Diagnostic, Located, Severity};
use crate::document::{Document, Prose};
use crate::source::SourcePath;

/// How many changes are kept for those who follow all of them.
const CHANGES_KEPT: usize = 64;
/// How many older keys of slides are told: a window may meet several changes at once.
const KEYS_KEPT: usize = 64;

/// One state of the site.
#[derive(Debug)]
pub(super) struct State {
    /// Counts the states of this process.
    pub(super) number: u64,
    pub(super) bundle: Arc<Bundle>,
    /// What is wrong beside the bundle: a configuration that is held back, a compile that failed.
    pub(super) beside: Vec<Located>,
    /// All errors, as windows are told of them.
    pub(super) errors: Utf8Bytes,
    shown: HashMap<String, Shown>,
    changes: VecDeque<(u64, Arc<[Utf8Bytes]>)>,
}

/// A page that some window shows.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    /// The digest of the page; there is none when it is gone.
    pub(super) digest: Option<String>,
    /// What a window is told that knows another digest.
    pub(super) frame: Utf8Bytes,
    /// Keys that slides of a deck had while a window showed it, with those that they have now.
    renamed: Vec<(String, String)>,
}

/// What takes one state to the next.
pub(super) struct Step<'a> {
    pub(super) last: &'a State,
    pub(super) bundle: Arc<Bundle>,
    pub(super) changed: &'a [SourcePath],
    pub(super) beside: Vec<Located>,
}

impl State {
    /// Returns the state that the server begins with.
    pub(super) fn first(bundle: Arc<Bundle>) -> State {
        let errors = errors_told(&errors(&bundle, &[]));
        let (shown, changes) = (HashMap::new(), VecDeque::new());
        State { number: 0, bundle, beside: Vec::new(), errors, shown, changes }
    }

    /// Returns the frames that follow all changes after the state `number`.
    pub(super) fn changes_after(&self, number: u64) -> impl Iterator<Item = &Utf8Bytes> {
        let later = self.changes.iter().filter(move |(at, _)| *at > number);
        later.flat_map(|(_, frames)| frames.iter())
    }

    /// Returns the page at an address, if a window showed it when this state was made.
    pub(super) fn shown(&self, address: &str) -> Option<Shown> {
        self.shown.get(address).cloned()
    }

    /// Returns the keys that slides of a deck had while a window showed it, with those that they have now, as JSON.
    pub(super) fn renamed(&self, address: &str) -> Option<String> {
        let renamed = &self.shown.get(address)?.renamed;
        (!renamed.is_empty()).then(|| keys_told(renamed).to_string())
    }

    /// Returns the same state with its errors counted anew: making pages may have found some.
    pub(super) fn recounted(&self) -> State {
        State {
            number: self.number + 1,
            bundle: Arc::clone(&self.bundle),
            beside: self.beside.clone(),
            errors: errors_told(&errors(&self.bundle, &self.beside)),
            shown: self.shown.clone(),
            changes: self.changes.clone(),
        }
    }

    /// Returns all errors, by place.
    pub(super) fn found(&self) -> Vec<Located> {
        errors(&self.bundle, &self.beside)
    }
}

impl Shown {
    /// Makes the page at an address.
    pub(super) fn of(bundle: &Bundle, address: &str) -> Shown {
        let digest = digest(bundle, address);
        Shown { frame: frame(address, digest.as_deref(), None, &[]), digest, renamed: Vec::new() }
    }
}

impl Step<'_> {
    /// Makes the pages that windows show, and what to tell of them.
    pub(super) fn take(self, windows: &BTreeMap<String, usize>) -> State {
        let number = self.last.number + 1;
        let shown: HashMap<String, Shown> = windows
            .par_iter()
            .filter(|(address, _)| !address.is_empty())
            .map(|(address, _)| (address.clone(), self.shown(address)))
            .collect();
        let mut changes = self.last.changes.clone();
        if windows.contains_key("") {
            changes.push_back((number, self.all_frames()));
            drop(changes.drain(..changes.len().saturating_sub(CHANGES_KEPT)));
        }
        let errors = errors_told(&errors(&self.bundle, &self.beside));
        State { number, bundle: self.bundle, beside: self.beside, errors, shown, changes }
    }

    fn shown(&self, address: &str) -> Shown {
        let digest = digest(&self.bundle, address);
        let before = self.last.shown.get(address);
        if let Some(same) = before.filter(|before| before.digest == digest) {
            return same.clone();
        }
        let slides = self.slides(address);
        let renamed = slides.as_ref().map_or_else(Vec::new, |(was, is)| {
            renamed_since(before.map_or(&[], |before| &before.renamed), was, is)
        });
        Shown { frame: frame(address, digest.as_deref(), slides, &renamed), digest, renamed }
    }

    /// Returns a frame for each document that changed.
    fn all_frames(&self) -> Arc<[Utf8Bytes]> {
        let entries = self.changed.par_iter().filter_map(|path| self.bundle.catalog.entry(path));
        let frames: Vec<Utf8Bytes> = entries
            .filter_map(|entry| {
                let digest = digest(&self.bundle, &entry.route)?;
                let slides = self.slides(&entry.route);
                let renamed =
                    slides.as_ref().map_or_else(Vec::new, |(was, is)| renamed_keys(was, is));
                Some(frame(&entry.route, Some(&digest), slides, &renamed))
            })
            .collect();
        Arc::from(frames)
    }

    /// Returns a deck as it was and as it is.
    fn slides(&self, address: &str) -> Option<(Arc<Document>, Arc<Document>)> {
        let Some(Route::Deck(path)) = self.bundle.catalog.route(address) else { return None };
        let document =
            |bundle: &Bundle| bundle.catalog.entry(path).map(|entry| Arc::clone(&entry.document));
        Some((document(&self.last.bundle)?, document(&self.bundle)?))
    }
}

/// Returns the digest of what stands at an address. A page that cannot be made counts as gone.
fn digest(bundle: &Bundle, address: &str) -> Option<String> {
    let output = catch_unwind(AssertUnwindSafe(|| bundle.output(address)));
    output.ok().flatten().map(|output| output.digest.short())
}

fn frame(
    address: &str,
    digest: Option<&str>,
    slides: Option<(Arc<Document>, Arc<Document>)>,
    renamed: &[(String, String)],
) -> Utf8Bytes {
    let Some(digest) = digest else {
        return json!({"type": "gone", "route": address}).to_string().into();
    };
    let mut frame = json!({"type": "changed", "route": address, "digest": digest});
    if let Some((before, now)) = slides {
        if let Some(slide) = first_difference(&before, &now) {
            frame["slide"] = json!(slide);
            let [was, is] = [&before, &now].map(|document| document.slides.get(slide - 1));
            frame["step"] =
                json!(was.zip(is).map_or(0, |(was, is)| first_step(&was.prose, &is.prose)));
        }
        frame["keys"] = keys_told(renamed);
    }
    frame.to_string().into()
}

fn keys_told(renamed: &[(String, String)]) -> Json {
    renamed.iter().map(|(old, new)| (old.clone(), json!(new))).collect()
}

fn errors(bundle: &Bundle, beside: &[Located]) -> Vec<Located> {
    let found = bundle.parse_diagnostics();
    let found = found.iter().filter(|found| found.rule.severity == Severity::Error);
    found.map(|found| bundle.locate(found)).chain(beside.iter().cloned()).collect()
}

/// Returns errors as windows are told of them.
pub(super) fn errors_told(errors: &[Located]) -> Utf8Bytes {
    let errors: Vec<Json> = errors.iter().map(told).collect();
    json!({"type": "diagnostics", "diagnostics": errors}).to_string().into()
}

/// Returns everything that is wrong with the site, as the browser shows it.
pub(super) fn all_told(state: &State) -> Json {
    let found = state.bundle.diagnostics();
    let located = found.iter().map(|diagnostic: &Diagnostic| state.bundle.locate(diagnostic));
    located.chain(state.beside.iter().cloned()).map(|located| told(&located)).collect()
}

/// Returns a diagnostic as the browser shows it.
fn told(located: &Located) -> Json {
    let excerpt =
        if located.excerpt.is_empty() { String::new() } else { located.excerpt_with_caret() };
    let mut json = serde_json::to_value(located).unwrap_or_default();
    json["excerpt"] = Json::from(excerpt);
    json
}

/// Returns the number of the first slide that is not as it was.
fn first_difference(before: &Document, now: &Document) -> Option<usize> {
    let same = before
        .slides
        .iter()
        .zip(&now.slides)
        .take_while(|(a, b)| {
            a.prose == b.prose
                && a.classes == b.classes
                && a.header == b.header
                && a.footer == b.footer
                && a.attributes == b.attributes
        })
        .count();
    (same < before.slides.len().max(now.slides.len())).then(|| (same + 1).min(now.slides.len()))
}

/// Returns the step that shows the first place at which a slide is not as it was.
fn first_step(before: &Prose, now: &Prose) -> u32 {
    let same = before.html.bytes().zip(now.html.bytes()).take_while(|(a, b)| a == b).count();
    let hole = now.holes.iter().zip(&before.holes).find(|(now, before)| now != before);
    let hole = hole.map_or(same, |(hole, _)| usize::try_from(hole.at).unwrap_or(same));
    let html = now.html.as_bytes();
    let start = same.min(hole);
    let last = |sign: u8| html[..start].iter().rposition(|byte| *byte == sign);
    let mut at = start;
    // A place inside a tag belongs to the element that the tag opens.
    if html.get(at) == Some(&b'<') || last(b'<') > last(b'>') {
        at += html[at..].iter().take_while(|b| **b != b'>').count();
    }
    let until = String::from_utf8_lossy(&html[..at]);
    let said = ["data-step=\"", "data-on=\""].into_iter().filter_map(|name| {
        let value = until.rfind(name)? + name.len();
        let digits = until[value..].split(|c: char| !c.is_ascii_digit()).next()?;
        Some((value, digits.parse().unwrap_or(0)))
    });
    said.max().map_or(0, |(_, step)| step)
}

/// Returns old and new keys of slides whose key changed while their neighbours stayed.
fn renamed_keys(before: &Document, now: &Document) -> Vec<(String, String)> {
    let had = |key: &str| before.slides.iter().any(|slide| slide.key == key);
    let has = |key: &str| now.slides.iter().any(|slide| slide.key == key);
    let lost: Vec<usize> =
        (0..before.slides.len()).filter(|&at| !has(&before.slides[at].key)).collect();
    let mut pairs = Vec::new();
    for at in lost {
        let kept_before = before.slides[..at]
            .iter()
            .rev()
            .find_map(|slide| now.slides.iter().position(|other| other.key == slide.key));
        let candidate = kept_before.map_or(at, |place| place + 1);
        let taken = |key: &str| pairs.iter().any(|(_, new): &(String, String)| new == key);
        let heir = now
            .slides
            .iter()
            .skip(candidate)
            .find(|slide| !taken(&slide.key))
            .filter(|slide| !had(&slide.key));
        if let Some(heir) = heir {
            pairs.push((before.slides[at].key.clone(), heir.key.clone()));
        }
    }
    pairs
}

/// Returns the same with what was renamed before, for a window that has not been told of it yet.
fn renamed_since(
    earlier: &[(String, String)],
    before: &Document,
    now: &Document,
) -> Vec<(String, String)> {
    let has = |key: &str| now.slides.iter().any(|slide| slide.key == key);
    let fresh = renamed_keys(before, now);
    let latest = |key: &String| {
        fresh.iter().find(|(old, _)| old == key).map_or_else(|| key.clone(), |(_, new)| new.clone())
    };
    let mut all: Vec<_> = earlier.iter().map(|(old, new)| (old.clone(), latest(new))).collect();
    all.extend(fresh.iter().cloned());
    all.retain(|(old, new)| !has(old) && has(new));
    drop(all.drain(..all.len().saturating_sub(KEYS_KEPT)));
    all
}

#[cfg(test)]
mod tests {
    use super::{Prose, first_step};

    #[test]
    fn the_step_is_that_of_the_first_difference() {
        let prose = |html: &str| Prose { html: html.to_owned(), holes: Vec::new() };
        let list = |a: &str, b: &str| {
            prose(&format!("<p>x</p><li data-step=\"1\">{a}</li><li data-step=\"2\">{b}</li>"))
        };
        let before = list("a", "あ");
        assert_eq!(first_step(&before, &list("a", "い")), 2);
        assert_eq!(first_step(&before, &list("z", "い")), 1);
        assert_eq!(first_step(&before, &prose("<p>y</p>")), 0);
        let more = prose(
            "<p>x</p><li data-step=\"1\">a</li><li data-step=\"2\">あ</li><li data-step=\"3\">c</li>",
        );
        assert_eq!(first_step(&before, &more), 3);
        let code = |text: &str| {
            prose(&format!(
                "<span class=\"line\" data-on=\"0 4-\">a</span><span class=\"line\" data-on=\"2-3\">{text}</span>"
            ))
        };
        assert_eq!(first_step(&code("b"), &code("c")), 2);
    }
}
