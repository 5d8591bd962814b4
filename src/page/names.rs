//! What an editor may offer while somebody writes: names to link to, keys of front matter and their values.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Site;
use crate::catalog::Entry;
use crate::document::Kind;
use crate::document::code::languages;
use crate::document::directives::NAMES;
use crate::document::front_matter::{COMMON, DECK, PAGE};
use crate::document::values::{TRANSITIONS, WORDS};

/// Endings of what is shown as a picture.
const PICTURES: &[&str] = &["svg", "png", "jpg", "jpeg", "gif", "webp", "avif"];

/// Returns names of documents and pictures, and keys with those values that are words:
/// `{"names": [{"title", "target", "kind", "also"}], "pictures": [..], "keys": {"deck": {..}, "page": {..}}}`.
pub fn names(site: Site<'_>) -> Value {
    let entries = || site.catalog.entries().filter(|entry| !entry.is_translation());
    let mut bearers: HashMap<&str, usize> = HashMap::new();
    for entry in entries() {
        *bearers.entry(entry.title.as_str()).or_default() += 1;
    }
    let names: Vec<Value> = entries()
        .map(|entry| {
            // A title that several bear, or that a link cannot hold, gives way to the path.
            let plain = !entry.title.contains(['|', '#', '[', ']', '\n']);
            let own = plain && bearers.get(entry.title.as_str()) == Some(&1);
            let target = if own { &entry.title } else { &entry.name };
            let matter = &entry.document.matter;
            let also: Vec<&str> =
                entry.labels().chain(matter.reading.iter().map(String::as_str)).collect();
            json!({"title": entry.title, "target": target, "kind": kind(entry), "also": also})
        })
        .collect();
    let pictures = site.catalog.assets().map(|(path, _)| path);
    let pictures = pictures.filter(|path| {
        path.extension().is_some_and(|ending| PICTURES.contains(&ending))
            && !path.as_str().starts_with("static/")
    });
    let pictures: Vec<&str> = pictures.map(crate::source::SourcePath::file_name).collect();
    let themes: Vec<&str> = site.interface.sheets.keys().map(String::as_str).collect();
    let values = |key: &str| -> Value {
        match key {
            "theme" => json!(themes),
            "transition" => json!(TRANSITIONS),
            "lang" => json!(site.config.languages),
            "tags" => json!(site.catalog.tags().map(|(tag, _)| tag).collect::<Vec<_>>()),
            key => json!(
                WORDS.iter().find(|(name, _)| *name == key).map_or(&[][..], |(_, words)| words)
            ),
        }
    };
    let keys = |own: &[&[&str]]| -> serde_json::Map<String, Value> {
        own.iter()
            .flat_map(|keys| keys.iter())
            .map(|key| ((*key).to_owned(), values(key)))
            .collect()
    };
    json!({
        "names": names,
        "pictures": pictures,
        "keys": {"deck": keys(&[COMMON, DECK, NAMES]), "page": keys(&[COMMON, PAGE])},
    })
}

/// Returns what a text may call by a name whatever the site: `{"emoji": [["umbrella", "☔"], ..], "languages":
/// [["rust", "Rust", ["rs"]], ..]}`.
pub fn words() -> Value {
    let named =
        |emoji: &'static emojis::Emoji| emoji.shortcodes().map(|name| (name, emoji.as_str()));
    let mut emoji: Vec<(&str, &str)> = emojis::iter().flat_map(named).collect();
    emoji.sort_unstable();
    let languages = languages().iter();
    let languages: Vec<_> =
        languages.map(|language| (language.word, language.name, language.aliases)).collect();
    json!({ "emoji": emoji, "languages": languages })
}

/// Returns the headings of the document that answers to a name, or the slides of a deck:
/// `{"headings": [{"text", "kind"}]}`.
pub fn headings(site: Site<'_>, name: &str) -> Value {
    let wanted = crate::catalog::names::fold(name.trim());
    let of = |entry: &Entry| {
        let labels = entry.labels().chain([entry.name.as_str()]);
        labels.map(crate::catalog::names::fold).any(|label| label == wanted)
    };
    let entry = site.catalog.entries().find(|entry| !entry.is_translation() && of(entry));
    let headings: Vec<Value> = entry.map_or_else(Vec::new, |entry| match entry.kind {
        Kind::Page => {
            let headings = entry.document.headings.iter();
            headings.map(|heading| json!({"text": heading.text, "kind": "heading"})).collect()
        }
        Kind::Deck => {
            let slides = entry.document.slides.iter().filter(|slide| !slide.title.is_empty());
            slides.map(|slide| json!({"text": slide.title, "kind": "slide"})).collect()
        }
    });
    json!({ "headings": headings })
}

fn kind(entry: &Entry) -> &'static str {
    if entry.kind == Kind::Deck { "deck" } else { "page" }
}
