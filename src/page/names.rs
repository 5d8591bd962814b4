//! What an editor may offer while somebody writes: names to link to, keys of front matter and their values.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Site;
use crate::catalog::Entry;
use crate::document::code::languages;
use crate::document::directives::{GLOBAL, LOCAL};
use crate::document::front_matter::{COMMON, DECK, PAGE};
use crate::document::values::{TRANSITIONS, WORDS};
use crate::document::{Kind, spoken};

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
            let read = read_aloud(entry).into_iter().filter(|(text, _)| *text == entry.title);
            let also = entry.labels().chain(matter.reading.iter().map(String::as_str));
            let also: Vec<String> =
                also.map(str::to_owned).chain(read.map(|(_, reading)| reading)).collect();
            json!({"title": entry.title, "target": target, "kind": entry.kind.word(), "also": also})
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
        "keys": {"deck": keys(&[COMMON, DECK, GLOBAL, LOCAL]), "page": keys(&[COMMON, PAGE])},
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
/// `{"headings": [{"text", "kind", "also"}]}`.
pub fn headings(site: Site<'_>, name: &str) -> Value {
    let wanted = crate::catalog::names::fold(name.trim());
    let of = |entry: &Entry| {
        let labels = entry.labels().chain([entry.name.as_str()]);
        labels.map(crate::catalog::names::fold).any(|label| label == wanted)
    };
    let entry = site.catalog.entries().find(|entry| !entry.is_translation() && of(entry));
    let headings: Vec<Value> = entry.map_or_else(Vec::new, |entry| {
        let read = read_aloud(entry);
        let said = |text: &String, kind: &str| {
            let also = read.iter().filter(|(known, _)| known == text).map(|(_, reading)| reading);
            json!({"text": text, "kind": kind, "also": also.collect::<Vec<_>>()})
        };
        let document = &entry.document;
        match entry.kind {
            Kind::Page => {
                document.headings.iter().map(|heading| said(&heading.text, "heading")).collect()
            }
            Kind::Deck => {
                let titled = document.slides.iter().filter(|slide| !slide.title.is_empty());
                titled.map(|slide| said(&slide.title, "slide")).collect()
            }
        }
    });
    json!({ "headings": headings })
}

/// Returns the headings that have readings above their words: each text, and the same as it is read.
fn read_aloud(entry: &Entry) -> Vec<(String, String)> {
    let slides = entry.document.slides.iter().map(|slide| &slide.prose);
    let proses = std::iter::once(&entry.document.body).chain(slides);
    let read = proses.map(|prose| prose.html.as_str()).filter(|html| html.contains("<rt>"));
    read.flat_map(|html| headings_in(html).map(spoken)).collect()
}

/// Returns the insides of headings that hold readings.
fn headings_in(html: &str) -> impl Iterator<Item = &str> {
    html.split("<h").skip(1).filter_map(|rest| {
        let (open, rest) = rest.split_once('>')?;
        let inside = rest.split("</h").next()?;
        (open.starts_with(|c: char| c.is_ascii_digit()) && inside.contains("<rt>"))
            .then_some(inside)
    })
}

#[cfg(test)]
mod tests {
    use super::headings_in;
    use crate::document::spoken;

    #[test]
    fn a_heading_is_found_by_what_stands_above_its_words() {
        let word = |base: &str, reading: &str| {
            format!("<ruby>{base}<rp>（</rp><rt>{reading}</rt><rp>）</rp></ruby>")
        };
        let each = "<ruby>東<rp>（</rp><rt>とう</rt><rp>）</rp>京<rp>（</rp><rt>きょう</rt><rp>）</rp></ruby>";
        for (html, expected) in [
            (format!("<h1>{}入り</h1><p>x</p>", word("梅雨", "つゆ")), ("梅雨入り", "つゆ入り")),
            (
                format!("<h2 class=\"a\">{each}の<em>塔</em> &amp; {}</h2>", word("空", "そら")),
                ("東京の塔 & 空", "とうきょうの塔 & そら"),
            ),
            (
                "<h3><ruby>食<rp>（</rp><rt>た</rt><rp>）</rp>べる<rt></rt></ruby></h3>".to_owned(),
                ("食べる", "たべる"),
            ),
        ] {
            let found: Vec<_> = headings_in(&html).map(spoken).collect();
            assert_eq!(found, [(expected.0.to_owned(), expected.1.to_owned())], "{html}");
        }
        assert_eq!(headings_in("<p><ruby>雨<rt>あめ</rt></ruby></p><h2>晴れ</h2>").count(), 0);
    }
}
