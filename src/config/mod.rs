//! `kami.toml` as plain data: every key has a default, every unknown key is a diagnostic.

pub mod address;
mod images;

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, Rule, rules};
use crate::picture::Images;
use crate::source::SourcePath;
use crate::span::Span;

/// The settings of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub title: String,
    /// The language of documents that name none, such as `ja`.
    pub lang: String,
    /// The languages that translations may be in.
    pub languages: Vec<String>,
    pub base_url: Option<String>,
    pub fonts: Fonts,
    /// Whether raw HTML is let through as it is.
    pub html: bool,
    pub event: Event,
    pub deck: Deck,
    /// Up to how many documents names without links are looked for.
    pub unlinked: u32,
    /// The names of pages in the order in which they are read, and where they stand.
    pub order: Vec<(String, Span)>,
    /// How pictures are made smaller.
    pub images: Images,
    /// Where the site asks for AVIF.
    pub avif: Option<Span>,
    /// `Host` names besides loopback that `kami serve` answers to.
    pub hosts: Vec<String>,
    /// Origins whose pages may show ours in a frame.
    pub embed_from: Vec<String>,
    /// Values of keys whose features read them, in the words of the file.
    pub other: BTreeMap<String, String>,
}

/// Which fonts decks and pages are set in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fonts {
    /// Decks in those that come with the program, so that they look the same everywhere; pages in the reader's.
    #[default]
    Bundled,
    /// All in those that come with the program.
    All,
    /// All in those of whoever looks at it.
    System,
}

/// The event as `[event]` tells it, with what other languages say instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    pub name: String,
    pub date: String,
    pub venue: String,
    pub summary: String,
    pub talks: Vec<Talk>,
    /// By language: the same keys, empty where nothing is said.
    pub translations: BTreeMap<String, Event>,
}

/// One slot of the running order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Talk {
    /// The deck's name, empty for a slot without one.
    pub deck: String,
    pub title: String,
    pub speaker: String,
    pub minutes: Option<u32>,
    pub time: String,
    pub summary: String,
    pub span: Span,
}

/// What decks are like unless they say otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deck {
    pub theme: String,
    pub theme_at: Span,
    /// The name of a size; empty for the one that the theme has by itself.
    pub size: String,
    pub size_at: Span,
    /// Whether a slide that holds too much is made smaller.
    pub shrinks: bool,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            title: String::new(),
            lang: "ja".to_owned(),
            languages: vec!["ja".to_owned(), "en".to_owned()],
            base_url: None,
            fonts: Fonts::Bundled,
            html: false,
            event: Event::default(),
            deck: Deck {
                theme: "default".to_owned(),
                theme_at: Span::default(),
                size: String::new(),
                size_at: Span::default(),
                shrinks: true,
            },
            unlinked: 1000,
            order: Vec::new(),
            images: Images::default(),
            avif: None,
            hosts: Vec::new(),
            embed_from: Vec::new(),
            other: BTreeMap::new(),
        }
    }
}

const PATH: &str = "kami.toml";
const TOP: &[&str] = &[
    "title",
    "lang",
    "languages",
    "base_url",
    "fonts",
    "html",
    "links",
    "event",
    "wiki",
    "deck",
    "images",
    "server",
    "embed",
];
const EVENT: &[&str] = &["name", "date", "venue", "summary", "talks"];
const TALK: &[&str] = &["deck", "title", "speaker", "minutes", "time", "summary"];
/// Tables whose keys are read by the features they belong to.
const OTHER: &[(&str, &[&str])] = &[
    ("wiki", &["home", "order", "unlinked"]),
    ("images", &["widths", "quality", "formats"]),
    ("server", &["commit", "hosts"]),
    ("embed", &["from"]),
    ("deck", &["theme", "size", "fit"]),
];

/// Reads `kami.toml`; what cannot be read is told and left at its default.
pub fn parse(text: &str) -> (Config, Vec<Diagnostic>) {
    let mut reader = Reader { diagnostics: Vec::new() };
    let mut config = Config::default();
    match DeTable::parse(text) {
        Ok(table) => reader.top(table.get_ref(), &mut config),
        Err(error) => {
            let range = error.span().unwrap_or(0..0);
            reader.tell(
                &rules::CONFIG,
                range,
                error.message().replace('\n', ", "),
                "mend the line shown; the defaults hold until then",
            );
        }
    }
    if !config.languages.contains(&config.lang) {
        config.languages.insert(0, config.lang.clone());
    }
    (config, reader.diagnostics)
}

struct Reader {
    diagnostics: Vec<Diagnostic>,
}

impl Reader {
    fn tell(&mut self, rule: &'static Rule, range: Range<usize>, message: String, help: &str) {
        self.diagnostics.push(Diagnostic {
            rule,
            path: SourcePath::new(PATH),
            span: Span::new(range.start, range.end),
            message,
            help: help.to_owned(),
        });
    }

    fn top(&mut self, table: &DeTable<'_>, config: &mut Config) {
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "title" => self.string(value, &mut config.title),
                "lang" => self.lang(value, &mut config.lang),
                "languages" => config.languages = self.languages(value),
                "base_url" => self.base_url(value, config),
                "html" => self.boolean(value, &mut config.html),
                "event" => self.event(value, &mut config.event, true),
                name @ ("wiki" | "deck" | "images" | "server" | "embed") => {
                    self.table(name, value, config);
                }
                "fonts" => match value.get_ref() {
                    DeValue::String(name) if name == "bundled" => config.fonts = Fonts::Bundled,
                    DeValue::String(name) if name == "system" => config.fonts = Fonts::System,
                    DeValue::String(name) if name == "all" => config.fonts = Fonts::All,
                    _ => self.wrong(value, "`\"bundled\"`, `\"all\"` or `\"system\"`"),
                },
                "links" => {
                    let mut text = String::new();
                    self.string(value, &mut text);
                    config.other.insert("links".to_owned(), text);
                }
                other => self.unknown(key, other, TOP),
            }
        }
    }

    fn event(&mut self, value: &Spanned<DeValue<'_>>, event: &mut Event, outer: bool) {
        let DeValue::Table(table) = value.get_ref() else {
            return self.wrong(value, "a table");
        };
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "name" => self.string(value, &mut event.name),
                "date" => self.date(value, &mut event.date),
                "venue" => self.string(value, &mut event.venue),
                "summary" => self.string(value, &mut event.summary),
                "talks" => event.talks = self.talks(value),
                lang if outer
                    && matches!(value.get_ref(), DeValue::Table(_))
                    && is_lang(lang)
                    && lang.len() <= 8 =>
                {
                    let mut translation = Event::default();
                    self.event(value, &mut translation, false);
                    event.translations.insert(lang.to_owned(), translation);
                }
                other => self.unknown(key, other, EVENT),
            }
        }
    }

    fn talks(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Talk> {
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(value, "a list of deck names or tables");
            return Vec::new();
        };
        items.iter().map(|item| self.talk(item)).collect()
    }

    fn talk(&mut self, value: &Spanned<DeValue<'_>>) -> Talk {
        let mut talk = Talk { span: span(value), ..Talk::default() };
        match value.get_ref() {
            DeValue::String(name) => name.as_ref().clone_into(&mut talk.deck),
            DeValue::Table(table) => {
                for (key, value) in table {
                    match key.get_ref().as_ref() {
                        "deck" => self.string(value, &mut talk.deck),
                        "title" => self.string(value, &mut talk.title),
                        "speaker" => self.string(value, &mut talk.speaker),
                        "time" => self.string(value, &mut talk.time),
                        "summary" => self.string(value, &mut talk.summary),
                        "minutes" => talk.minutes = self.number(value),
                        other => self.unknown(key, other, TALK),
                    }
                }
            }
            _ => self.wrong(value, "a deck name or a table"),
        }
        talk
    }

    fn table(&mut self, name: &str, value: &Spanned<DeValue<'_>>, config: &mut Config) {
        let DeValue::Table(table) = value.get_ref() else {
            return self.wrong(value, "a table");
        };
        let known =
            OTHER.iter().find(|(table, _)| *table == name).map_or(&[][..], |(_, keys)| keys);
        for (key, value) in table {
            match (name, key.get_ref().as_ref()) {
                ("deck", "theme") => {
                    self.string(value, &mut config.deck.theme);
                    config.deck.theme_at = span(value);
                }
                ("deck", "size") => {
                    self.string(value, &mut config.deck.size);
                    config.deck.size_at = span(value);
                }
                ("deck", "fit") => match value.get_ref() {
                    DeValue::String(fit) if matches!(fit.as_ref(), "shrink" | "none") => {
                        config.deck.shrinks = fit == "shrink";
                    }
                    _ => self.wrong(value, "`\"shrink\"` or `\"none\"`"),
                },
                ("wiki", "unlinked") => {
                    config.unlinked = self.number(value).unwrap_or(config.unlinked);
                }
                ("wiki", "order") => config.order = self.names(value),
                ("images", "widths") => self.widths(value, &mut config.images),
                ("images", "quality") => self.quality(value, &mut config.images),
                ("images", "formats") => self.formats(value, config),
                ("server", "hosts") => config.hosts = self.strings(value),
                ("embed", "from") => config.embed_from = self.origins(value),
                ("server", "commit") if !is_commit(value.get_ref()) => {
                    self.wrong(value, "`\"off\"`, `\"save\"` or `\"button\"`");
                }
                (_, other) if known.contains(&other) => {
                    config.other.insert(format!("{name}.{other}"), plain(value.get_ref()));
                }
                (_, other) => self.unknown(key, other, known),
            }
        }
    }

    fn lang(&mut self, value: &Spanned<DeValue<'_>>, into: &mut String) {
        match value.get_ref() {
            DeValue::String(lang) if is_lang(lang) => lang.as_ref().clone_into(into),
            _ => self.wrong(value, "a language tag such as \"ja\" or \"en\""),
        }
    }

    fn languages(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<String> {
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(value, "a list of language tags");
            return Vec::new();
        };
        let mut languages = Vec::new();
        for item in items {
            let mut lang = String::new();
            self.lang(item, &mut lang);
            languages.extend(Some(lang).filter(|lang| !lang.is_empty()));
        }
        languages
    }

    fn base_url(&mut self, value: &Spanned<DeValue<'_>>, config: &mut Config) {
        let mut url = String::new();
        self.string(value, &mut url);
        config.base_url = address::of_folder(&url);
        if config.base_url.is_none() {
            self.wrong(value, "an address such as https://example.org/site/");
        }
    }

    fn string(&mut self, value: &Spanned<DeValue<'_>>, into: &mut String) {
        match value.get_ref() {
            DeValue::String(text) => text.as_ref().clone_into(into),
            _ => self.wrong(value, "a string in quotation marks"),
        }
    }

    fn date(&mut self, value: &Spanned<DeValue<'_>>, into: &mut String) {
        let text = plain(value.get_ref());
        if text.parse::<jiff::civil::Date>().is_ok() {
            *into = text;
        } else {
            self.wrong(value, "a date such as 2011-04-23");
        }
    }

    fn boolean(&mut self, value: &Spanned<DeValue<'_>>, into: &mut bool) {
        match value.get_ref() {
            DeValue::Boolean(truth) => *into = *truth,
            _ => self.wrong(value, "true or false"),
        }
    }

    fn number(&mut self, value: &Spanned<DeValue<'_>>) -> Option<u32> {
        let number = plain(value.get_ref()).parse().ok();
        if number.is_none() {
            self.wrong(value, "a whole number");
        }
        number
    }

    fn strings(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<String> {
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(value, "a list of strings");
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in items {
            let mut text = String::new();
            self.string(item, &mut text);
            texts.push(text);
        }
        texts
    }

    fn origins(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<String> {
        let mut origins = self.strings(value);
        let plain = |c: char| c.is_ascii_alphanumeric() || ".:-[]".contains(c);
        let wrong = origins.extract_if(.., |origin| {
            let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            host.is_none_or(|host| host.is_empty() || !host.chars().all(plain))
        });
        if wrong.count() > 0 {
            self.wrong(value, "a list of origins such as `\"https://example.org\"`");
        }
        origins
    }

    fn names(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<(String, Span)> {
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(value, "a list of page names");
            return Vec::new();
        };
        let mut names = Vec::new();
        for item in items {
            let mut name = String::new();
            self.string(item, &mut name);
            names.push((name, span(item)));
        }
        names
    }

    fn wrong(&mut self, value: &Spanned<DeValue<'_>>, wanted: &str) {
        self.tell(
            &rules::BAD_VALUE,
            value.span(),
            format!("expected {wanted}"),
            "the default holds until it is mended",
        );
    }

    fn unknown(&mut self, key: &Spanned<std::borrow::Cow<'_, str>>, name: &str, known: &[&str]) {
        let help = match closest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the keys here are {}", known.join(", ")),
        };
        self.tell(
            &rules::UNKNOWN_KEY,
            key.span(),
            format!("`{name}` is not a key of kami.toml here"),
            &help,
        );
    }
}

/// Tells whether a value says when saves become commits.
fn is_commit(value: &DeValue<'_>) -> bool {
    matches!(value, DeValue::String(when) if matches!(when.as_ref(), "off" | "save" | "button"))
}

fn span(value: &Spanned<DeValue<'_>>) -> Span {
    Span::new(value.span().start, value.span().end)
}

fn plain(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(date) => date.to_string(),
        // A list of one number is no number.
        DeValue::Array(_) | DeValue::Table(_) => String::new(),
    }
}

/// Tells whether a text has the form of a language tag.
pub fn is_lang(text: &str) -> bool {
    (2..=12).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// Returns the candidate nearest to `word`, if one is near enough to be what was meant.
pub fn closest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = |word: &str| word.chars().flat_map(char::to_lowercase).collect::<Vec<_>>();
    let word = lower(word);
    // Of a word of one or two letters another would remain.
    let limit = if word.len() < 3 { 0 } else { (word.len() / 3).max(1) };
    candidates
        .filter_map(|candidate| Some((edits(&word, &lower(candidate), limit)?, candidate)))
        .min_by_key(|(distance, candidate)| (*distance, *candidate))
        .map(|(_, candidate)| candidate)
}

/// Returns how many edits lead from one word to the other, if they are at most `limit`: a character
/// more, less or another, or two that changed places.
pub fn edits(a: &[char], b: &[char], limit: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    let (mut before, mut above) = (Vec::new(), (0..=b.len()).collect::<Vec<usize>>());
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let change = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = change.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                let before: &Vec<usize> = &before;
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        if row.iter().min().is_none_or(|least| *least > limit) {
            return None;
        }
        before = std::mem::replace(&mut above, row);
    }
    (above[b.len()] <= limit).then_some(above[b.len()])
}
