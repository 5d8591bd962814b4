//! Rules about one page by itself: its headings, its text, its language.

use std::sync::Arc;

use super::{Known, diagnostic};
use crate::catalog::{Entry, excess, names};
use crate::diagnostic::{Diagnostic, rules};
use crate::document::{Kind, Slide};
use crate::span::Span;

/// How much of a text is looked at to tell its script.
const SAMPLE_BYTES: usize = 4096;
/// Of fewer letters nobody can tell the language.
const LETTERS_MIN: usize = 40;

/// Headings whose anchor an earlier one has taken.
pub(super) fn repeated_headings(_: &Known<'_>, entry: &Arc<Entry>, found: &mut Vec<Diagnostic>) {
    if entry.kind != Kind::Page {
        return;
    }
    let headings = &entry.document.headings;
    for heading in headings.iter().filter(|heading| heading.repeated) {
        let message = format!(
            "an earlier heading has the anchor of `{}`, so this one is `#{}`",
            heading.text, heading.id
        );
        let help = "say more in the heading, or give it an anchor: `{#name}` behind it".to_owned();
        let path = &entry.document.path;
        found.push(diagnostic(&rules::DUPLICATE_ANCHOR, path, heading.span, message, help));
    }
}

/// Pages without a text, and decks whose slides show nothing. The page of a folder lists what is in it.
pub(super) fn empty(known: &Known<'_>, entry: &Arc<Entry>, found: &mut Vec<Diagnostic>) {
    let document = &entry.document;
    let shown = |slide: &Slide| {
        let blank = slide.prose.is_empty() && slide.grounds.is_empty() && slide.classes.is_empty();
        !blank
    };
    let said = document.slides.iter().any(shown)
        || document.matter.redirect.is_some()
        || !document.body.html.trim_ascii().is_empty()
        || !document.body.holes.is_empty();
    if said || !known.catalog.children(entry).is_empty() {
        return;
    }
    let message = match entry.kind {
        Kind::Page => format!("`{}` has no text", entry.title),
        Kind::Deck => format!("`{}` has no slide with anything on it", entry.title),
    };
    let help = "write it, or delete the file: links to it then show that it is missing".to_owned();
    found.push(diagnostic(&rules::EMPTY_PAGE, &document.path, Span::default(), message, help));
}

/// Aliases that no file could be named by: as names they lead on, as addresses they do not.
pub(super) fn long_aliases(_: &Known<'_>, entry: &Arc<Entry>, found: &mut Vec<Diagnostic>) {
    for alias in &entry.document.matter.aliases {
        let Some(over) = excess(alias) else { continue };
        let begin: String = alias.text.trim().chars().take(20).collect();
        let bytes = if over == 1 { "byte" } else { "bytes" };
        let message = format!(
            "the alias `{begin}...` is {over} {bytes} too long for an address: links by this name arrive, the old address does not"
        );
        let help =
            "an address has 200 bytes between two slashes and 600 in all; shorten it".to_owned();
        let path = &entry.document.path;
        found.push(diagnostic(&rules::LONG_ALIAS, path, alias.span, message, help));
    }
}

/// Translations whose file name, front matter and text do not say one language.
pub(super) fn language(known: &Known<'_>, entry: &Arc<Entry>, found: &mut Vec<Diagnostic>) {
    let document = &entry.document;
    let path = &document.path;
    let mut tell = |message: String, help: String| {
        found.push(diagnostic(&rules::TRANSLATION, path, Span::default(), message, help));
    };
    let Some((stem, ending)) = document.stem().rsplit_once('.') else { return };
    if entry.is_translation() {
        let written = document.matter.lang.as_deref();
        if let Some(other) = written.filter(|written| *written != entry.lang) {
            let message = format!(
                "the file name says `{}`, the front matter `{other}`; the name counts",
                entry.lang
            );
            tell(message, format!("take `lang: {other}` out, or name the file for it"));
        } else if let Some(other) = contradicts(&document.body.html, &entry.lang) {
            let message = format!("the file name says `{}`, but the text is {other}", entry.lang);
            tell(message, "translate the text, or name the file for its language".to_owned());
        }
    } else if let Some(original) = names::original(path, known.config) {
        let message = format!(
            "the name says that this is a translation into `{ending}`, but there is no {original}"
        );
        tell(
            message,
            format!("write {original}, or rename this file to {stem}.md with `lang: {ending}`"),
        );
    } else if is_language(ending) && known.catalog.entry_at(&format!("{stem}.md")) {
        let message = format!(
            "the name says that this is a translation into `{ending}`, which is none of the site's languages"
        );
        tell(message, format!("add \"{ending}\" to `languages` in kami.toml"));
    }
}

/// Languages that people translate talks into; others are told by nobody's file names.
const LANGUAGES: &[&str] = &[
    "ar", "cs", "da", "de", "el", "en", "es", "fi", "fr", "he", "hi", "hu", "id", "it", "ja", "ko",
    "nl", "no", "pl", "pt", "pt-br", "ro", "ru", "sv", "th", "tr", "uk", "vi", "zh", "zh-cn",
    "zh-hans", "zh-hant", "zh-tw",
];

fn is_language(ending: &str) -> bool {
    LANGUAGES.contains(&ending.to_ascii_lowercase().as_str())
}

/// Tells which language a text is in, where its script says that it is not in `lang`.
fn contradicts(html: &str, lang: &str) -> Option<&'static str> {
    let end = (0..=SAMPLE_BYTES.min(html.len())).rev().find(|at| html.is_char_boundary(*at))?;
    let (mut kana, mut latin, mut other) = (0, 0, 0);
    let (mut tag, mut code) = (false, false);
    for (at, c) in html[..end].char_indices() {
        match c {
            '<' => {
                tag = true;
                let rest = &html[at..];
                code = rest.starts_with("<pre")
                    || rest.starts_with("<code")
                    || (code && !rest.starts_with("</pre") && !rest.starts_with("</code"));
            }
            '>' => tag = false,
            _ if tag || code => {}
            '\u{3041}'..='\u{30ff}' => kana += 1,
            c if c.is_ascii_alphabetic() => latin += 1,
            c if c.is_alphabetic() => other += 1,
            _ => {}
        }
    }
    match lang {
        "ja" if kana == 0 && latin > LETTERS_MIN && other * 4 < latin => Some("not Japanese"),
        "en" | "de" | "fr" | "es" | "it" | "pt" | "nl"
            if kana > LETTERS_MIN && kana * 4 > latin =>
        {
            Some("Japanese")
        }
        _ => None,
    }
}
