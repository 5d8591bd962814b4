//! What raw HTML shows and plays, where all of it passes as it is written: only its addresses are the site's.

use std::ops::Range;

use super::elements::{Leads, leads};
use super::html::{Tags, has_scheme, is_file, schemed, unescape};

/// An attribute of a raw element that names files, such as `src`, `poster` or `srcset`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    pub attribute: &'static str,
    /// The addresses as they are written, each with what a `srcset` says behind it.
    pub files: Vec<(String, String)>,
    /// Whether they play.
    pub play: bool,
}

impl Files {
    /// Reads the value of an attribute; beside it whether all addresses in it are ones that it may have.
    pub(super) fn read(attribute: &'static str, kind: Leads, value: &str) -> (Option<Files>, bool) {
        let mut files = match kind {
            Leads::Pictures => candidates(value),
            Leads::Picture | Leads::Film => vec![(value.trim().to_owned(), String::new())],
        };
        let schemes: &[&str] = match kind {
            Leads::Film => &["http://", "https://"],
            Leads::Picture | Leads::Pictures => &["http://", "https://", "data:image/"],
        };
        for (address, _) in &mut files {
            *address = schemed(address).into_owned();
        }
        let count = files.len();
        files.retain(|(address, _)| is_file(address) || has_scheme(address, schemes));
        let all = files.len() == count;
        let play = kind == Leads::Film;
        ((!files.is_empty()).then_some(Files { attribute, files, play }), all)
    }

    /// Tells whether another host has any of them.
    pub(super) fn is_remote(&self) -> bool {
        self.files.iter().any(|(address, _)| has_scheme(address, &["http://", "https://"]))
    }

    /// Returns the addresses of files of the site.
    pub fn own(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|(address, _)| address.as_str()).filter(|address| is_file(address))
    }

    /// Returns the value of the attribute with the addresses that the files have; what has none is left out.
    pub fn value(&self, address: impl Fn(&str) -> Option<String>) -> Option<String> {
        let mut out = String::new();
        for (written, behind) in &self.files {
            let outside = || Some(written.clone());
            let found = if is_file(written) { address(written) } else { outside() };
            let Some(found) = found else { continue };
            let comma = if out.is_empty() { "" } else { ", " };
            let blank = if behind.is_empty() { "" } else { " " };
            out.extend([comma, &found, blank, behind]);
        }
        (!out.is_empty()).then_some(out)
    }
}

/// Cuts a `srcset` as browsers do: an address ends at a blank, what it is for at a comma.
fn candidates(value: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let blank = |c: char| c.is_ascii_whitespace();
    let mut rest = value.trim_start_matches(|c: char| blank(c) || c == ',');
    while !rest.is_empty() {
        let (address, behind) = rest.split_at(rest.find(blank).unwrap_or(rest.len()));
        let bare = address.trim_end_matches(',');
        let (what, next) = if bare.len() < address.len() {
            ("", behind)
        } else {
            behind.split_at(behind.find(',').unwrap_or(behind.len()))
        };
        found.push((bare.to_owned(), what.trim().to_owned()));
        rest = next.trim_start_matches(|c: char| blank(c) || c == ',');
    }
    found
}

/// Finds what raw HTML shows or plays: where the attribute is written, and what it says.
pub(super) fn find(raw: &str) -> Vec<(Range<usize>, Files)> {
    let mut found = Vec::new();
    let (mut at, mut tags) = (0, Tags::default());
    while let Some(next) = raw[at..].find('<') {
        at += next;
        let tag = &raw[at..at + tags.length(&raw[at..])];
        let name = tag[1..].split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        each(tag, 1 + name.len(), |range, attribute, value| {
            let Some((attribute, kind)) = leads(name, attribute) else { return };
            let (files, _) = Files::read(attribute, kind, &unescape(value));
            found.extend(files.map(|files| (at + range.start..at + range.end, files)));
        });
        at += tag.len();
    }
    found
}

/// Tells the attributes of a tag: where each is written, with the blanks before it, its name and its value.
fn each(tag: &str, from: usize, mut tell: impl FnMut(Range<usize>, &str, &str)) {
    let mut at = from;
    while at < tag.len() {
        let rest = &tag[at..];
        let start = at;
        let name = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        at += rest.len() - name.len();
        let ends = |c: char| c.is_ascii_whitespace() || "=/>".contains(c);
        let Some(end) = name.find(ends) else { return };
        let (name, rest) = name.split_at(end);
        at += end;
        let Some(value) = rest.trim_start().strip_prefix('=').map(str::trim_start) else {
            if name.is_empty() {
                return;
            }
            continue;
        };
        at = tag.len() - value.len();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let inside = match quote {
            Some(quote) => value[1..].split(quote).next(),
            None => value.split(|c: char| c.is_ascii_whitespace() || c == '>').next(),
        };
        let Some(inside) = inside else { return };
        at += inside.len() + if quote.is_some() { 2 } else { 0 };
        tell(start..at.min(tag.len()), name, inside);
    }
}
