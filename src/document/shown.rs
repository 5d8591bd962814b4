//! What raw HTML shows and plays, where all of it passes as it is written: only its addresses are the site's.

use std::ops::Range;

use super::html::{PLAYERS, Tags, has_scheme, is_file, unescape};

/// What the `src` of a raw element says, where all HTML passes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Picture(String),
    Film(String),
}

/// Finds what raw HTML shows or plays: where its `src` is written, and what it says.
pub(super) fn find(raw: &str) -> Vec<(Range<usize>, Shown)> {
    let mut found = Vec::new();
    let (mut at, mut tags) = (0, Tags::default());
    while let Some(next) = raw[at..].find('<') {
        at += next;
        let tag = &raw[at..at + tags.length(&raw[at..])];
        let name = tag[1..].split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        let kind: Option<fn(String) -> Shown> = match name.to_ascii_lowercase().as_str() {
            "img" => Some(Shown::Picture),
            name if PLAYERS.contains(&name) => Some(Shown::Film),
            _ => None,
        };
        if let (Some(kind), Some((range, value))) = (kind, src(tag, 1 + name.len())) {
            let value = unescape(value).trim().to_owned();
            if is_file(&value) || has_scheme(&value, &["http://", "https://"]) {
                found.push((at + range.start..at + range.end, kind(value)));
            }
        }
        at += tag.len();
    }
    found
}

/// Returns where in a tag its `src` is written, with the blanks before it, and its value.
fn src(tag: &str, from: usize) -> Option<(Range<usize>, &str)> {
    let mut at = from;
    loop {
        let rest = &tag[at..];
        let start = at;
        let name = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        at += rest.len() - name.len();
        let end = name.find(|c: char| c.is_ascii_whitespace() || "=/>".contains(c))?;
        let (name, rest) = name.split_at(end);
        at += end;
        let value = rest.trim_start().strip_prefix('=').map(str::trim_start);
        let Some(value) = value else {
            if name.is_empty() {
                return None;
            }
            continue;
        };
        at = tag.len() - value.len();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let inside = match quote {
            Some(quote) => value[1..].split(quote).next()?,
            None => value.split(|c: char| c.is_ascii_whitespace() || c == '>').next()?,
        };
        at += inside.len() + if quote.is_some() { 2 } else { 0 };
        if name.eq_ignore_ascii_case("src") {
            return Some((start..at.min(tag.len()), inside));
        }
        if at >= tag.len() {
            return None;
        }
    }
}
