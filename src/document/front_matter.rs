//! The front matter of a document: where it ends, what its keys mean, what is wrong with it.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::config;
use crate::diagnostic::{Diagnostic, Rule, rules};
use crate::document::Kind;
use crate::document::directives;
use crate::document::yaml::{self, Node, Value};
use crate::source::SourcePath;
use crate::span::{self, Span};

/// What the front matter says; absent keys are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matter {
    pub title: Option<String>,
    pub aliases: Vec<Alias>,
    pub tags: Vec<String>,
    pub lang: Option<String>,
    /// An ISO date such as `2011-04-23`.
    pub date: Option<String>,
    pub draft: bool,
    pub summary: String,
    pub redirect: Option<String>,
    /// The place of what `redirect` names.
    pub redirect_at: Span,
    /// Where a page stands among those of its folder.
    pub order: Option<i64>,
    pub reading: Vec<String>,
    pub speaker: String,
    pub duration_seconds: Option<u32>,
    /// A deck's directives, in the order of the text, with their places in the file.
    pub directives: Vec<(String, Node)>,
}

/// Another name, or an address that the document once had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    pub text: String,
    pub span: Span,
}

pub const COMMON: &[&str] =
    &["title", "aliases", "tags", "lang", "date", "draft", "summary", "reading"];
pub const PAGE: &[&str] = &["redirect", "order"];
pub const DECK: &[&str] =
    &["speaker", "duration", "marp", "description", "author", "keywords", "url", "image"];

/// Where the front matter of a text lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The YAML between the lines of dashes.
    pub yaml: Range<usize>,
    /// Where the text proper begins.
    pub body: usize,
    pub closed: bool,
}

/// Finds the front matter: a first line of three or more dashes, up to a line of as many, or of the
/// three dots that end YAML. A deck's front matter that is not closed ends with the file, as in Marp.
pub fn find(text: &str) -> Option<Block> {
    let mut lines = span::lines(text);
    let first = lines.next()?;
    let dashes = dashes(first)?;
    let mut at = first.len();
    for line in lines {
        // As in Marp, the last line may be indented a little.
        let text = line.trim_start_matches(' ');
        let closes = self::dashes(text).is_some_and(|n| n >= dashes) || text.trim_end() == "...";
        if closes && line.len() - text.len() <= 3 {
            return Some(Block { yaml: first.len()..at, body: at + line.len(), closed: true });
        }
        at += line.len();
    }
    Some(Block { yaml: first.len()..at, body: at, closed: false })
}

fn dashes(line: &str) -> Option<usize> {
    let rest = line.trim_start_matches('-');
    let count = line.len() - rest.len();
    (count >= 3 && rest.trim().is_empty()).then_some(count)
}

/// Reads the YAML at `range` of `text`; `offset` is where that text begins in the file.
pub fn read(
    kind: Kind,
    path: &SourcePath,
    text: &str,
    range: Range<usize>,
    offset: usize,
) -> (Matter, Vec<Diagnostic>) {
    let mut reader = Reader { path, base: offset + range.start, diagnostics: Vec::new() };
    let yaml = &text[range];
    let known =
        |key: &str| directives::is_known(key.strip_prefix('_').unwrap_or(key)) || is_key(kind, key);
    let read = match kind {
        Kind::Deck => yaml::parse_loose(yaml, known),
        Kind::Page => yaml::parse(yaml),
    };
    let mut matter = Matter::default();
    match read {
        Ok(Node { value: Value::Null, .. }) if kind == Kind::Deck => {
            // Keys that are left out for now are no lost slide.
            let mut lines = yaml.lines().map(str::trim);
            let lost = lines.find(|line| !line.is_empty() && !line.contains(':'));
            if let Some(at) = lost.and_then(|line| yaml.find(line).map(|at| at..at + line.len())) {
                let message = "what stands between the first two `---` is front matter, no slide";
                let help = "delete the first `---`, or write `title: ...` between them";
                reader.tell(&rules::FRONT_MATTER, at, message.to_owned(), help);
            }
        }
        Ok(Node { value: Value::Null, .. }) => {}
        Ok(Node { value: Value::Map(entries), .. }) => {
            let mut seen = BTreeSet::new();
            for entry in &entries {
                if !seen.insert(&entry.key) {
                    reader.tell(
                        &rules::DUPLICATE_KEY,
                        entry.key_range.clone(),
                        format!("`{}` stands twice", entry.key),
                        "the last one counts",
                    );
                }
                reader.entry(kind, entry, &mut matter);
            }
        }
        Ok(node) => reader.tell(
            &rules::FRONT_MATTER,
            node.range,
            "the front matter is not a list of `key: value` lines".to_owned(),
            "write `title: ...`, one key a line",
        ),
        Err(fault) => {
            matter.draft = says_draft(yaml);
            let message = format!("the front matter is not YAML: {}", fault.message);
            reader.tell(
                &rules::FRONT_MATTER,
                fault.at..fault.at,
                message,
                "put values with special characters in quotation marks",
            );
        }
    }
    (matter, reader.diagnostics)
}

/// Tells whether front matter that cannot be read asks to be held back: a slip in one line must
/// not publish what another line keeps.
pub(super) fn says_draft(yaml: &str) -> bool {
    let lines = span::lines(yaml).take_while(|line| !line.trim().is_empty());
    lines
        .filter_map(|line| line.split_once(':'))
        .any(|(key, value)| key == "draft" && value.trim().starts_with("true"))
}

fn is_key(kind: Kind, key: &str) -> bool {
    let own = match kind {
        Kind::Deck => DECK,
        Kind::Page => PAGE,
    };
    COMMON.contains(&key) || own.contains(&key)
}

struct Reader<'a> {
    path: &'a SourcePath,
    base: usize,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn span(&self, range: &Range<usize>) -> Span {
        Span::new(self.base + range.start, self.base + range.end)
    }

    fn tell(&mut self, rule: &'static Rule, range: Range<usize>, message: String, help: &str) {
        self.diagnostics.push(Diagnostic {
            rule,
            path: self.path.clone(),
            span: self.span(&range),
            message,
            help: help.to_owned(),
        });
    }

    fn entry(&mut self, kind: Kind, entry: &yaml::Entry, matter: &mut Matter) {
        let (key, node) = (entry.key.as_str(), &entry.node);
        let bare = key.strip_prefix('_').unwrap_or(key);
        if kind == Kind::Deck && directives::is_known(bare) {
            let range = self.base + node.range.start..self.base + node.range.end;
            matter.directives.push((key.to_owned(), Node { range, value: node.value.clone() }));
        }
        match key {
            "title" => matter.title = self.text(node),
            "aliases" => {
                let aliases = self.texts(node).into_iter();
                let alias =
                    |(text, range): (String, Range<usize>)| Alias { text, span: self.span(&range) };
                matter.aliases = aliases.map(alias).collect();
            }
            "tags" => matter.tags = self.tags(node),
            "lang" => matter.lang = self.lang(node),
            "date" => matter.date = self.date(node),
            "draft" => matter.draft = self.boolean(node),
            "summary" | "description" => matter.summary = self.text(node).unwrap_or_default(),
            "reading" => {
                matter.reading = self.texts(node).into_iter().map(|(text, _)| text).collect();
            }
            "redirect" if kind == Kind::Page => {
                matter.redirect = self.text(node);
                matter.redirect_at = self.span(&node.range);
            }
            "order" if kind == Kind::Page => matter.order = self.number(node),
            "speaker" if kind == Kind::Deck => matter.speaker = self.text(node).unwrap_or_default(),
            "author" if kind == Kind::Deck && matter.speaker.is_empty() => {
                matter.speaker = self.text(node).unwrap_or_default();
            }
            "duration" if kind == Kind::Deck => matter.duration_seconds = self.duration(node),
            _ if is_key(kind, key) || (kind == Kind::Deck && directives::is_known(bare)) => {}
            _ => self.unknown(kind, entry),
        }
    }

    fn unknown(&mut self, kind: Kind, entry: &yaml::Entry) {
        let own = if kind == Kind::Deck { DECK } else { PAGE };
        let names = COMMON.iter().chain(own).copied();
        let near = if kind == Kind::Deck {
            config::closest(&entry.key, names.chain(directives::names()))
        } else {
            config::closest(&entry.key, names)
        };
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "remove it, or see the list of keys in Help".to_owned(),
        };
        self.tell(
            &rules::UNKNOWN_KEY,
            entry.key_range.clone(),
            format!("`{}` is not a key of front matter here", entry.key),
            &help,
        );
    }

    fn text(&mut self, node: &Node) -> Option<String> {
        match &node.value {
            Value::Text(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Value::Null => None,
            Value::List(_) | Value::Map(_) => {
                self.wrong(node, "one line of text");
                None
            }
        }
    }

    fn lang(&mut self, node: &Node) -> Option<String> {
        let lang = self.text(node)?;
        if config::is_lang(&lang) {
            return Some(lang);
        }
        self.wrong(node, "a language tag such as ja or en");
        None
    }

    fn number(&mut self, node: &Node) -> Option<i64> {
        let number = self.text(node)?.parse().ok();
        if number.is_none() {
            self.wrong(node, "a whole number");
        }
        number
    }

    fn date(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node)?;
        let day = text.get(..10).unwrap_or(&text);
        if day.parse::<jiff::civil::Date>().is_ok() {
            return Some(day.to_owned());
        }
        self.wrong(node, "a date such as 2011-04-23");
        None
    }

    fn boolean(&mut self, node: &Node) -> bool {
        match &node.value {
            Value::Text(text) if text == "true" => true,
            Value::Text(text) if text == "false" => false,
            Value::Null => false,
            Value::Text(_) | Value::List(_) | Value::Map(_) => {
                self.wrong(node, "true or false");
                false
            }
        }
    }

    fn duration(&mut self, node: &Node) -> Option<u32> {
        let text = self.text(node)?;
        let seconds = duration_seconds(&text);
        if seconds.is_none() {
            self.wrong(node, "a duration such as 5m, 90s or 1h30m");
        }
        seconds
    }

    /// Returns the texts of a list, or of one line, with their places; blank ones say nothing.
    fn texts(&mut self, node: &Node) -> Vec<(String, Range<usize>)> {
        let nodes = match &node.value {
            Value::List(nodes) => nodes.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let mut texts = Vec::with_capacity(nodes.len());
        for node in nodes {
            match &node.value {
                Value::Text(text) if text.trim().is_empty() => {}
                Value::Text(text) => texts.push((text.clone(), node.range.clone())),
                Value::Null => {}
                Value::List(_) | Value::Map(_) => self.wrong(node, "a list of lines of text"),
            }
        }
        texts
    }

    /// Tags may be a list or one line of words separated by commas.
    fn tags(&mut self, node: &Node) -> Vec<String> {
        let mut tags: Vec<String> = match &node.value {
            Value::Text(text) => text.split(',').map(|tag| tag.trim().to_owned()).collect(),
            _ => self.texts(node).into_iter().map(|(tag, _)| tag.trim().to_owned()).collect(),
        };
        tags.retain(|tag| !tag.is_empty());
        let mut seen = BTreeSet::new();
        tags.retain(|tag| seen.insert(tag.clone()));
        tags
    }

    fn wrong(&mut self, node: &Node, wanted: &str) {
        self.tell(
            &rules::BAD_VALUE,
            node.range.clone(),
            format!("expected {wanted}"),
            "the default holds until it is mended",
        );
    }
}

/// Returns the seconds of `5m`, `90s`, `1h30m` or a bare number of minutes.
pub fn duration_seconds(text: &str) -> Option<u32> {
    let text = text.trim();
    if let Ok(minutes) = text.parse::<u32>() {
        return minutes.checked_mul(60);
    }
    let mut seconds = 0_u32;
    let mut digits = String::new();
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        let unit = match c {
            '0'..='9' => {
                digits.push(c);
                continue;
            }
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        seconds = seconds.checked_add(digits.parse::<u32>().ok()?.checked_mul(unit)?)?;
        digits.clear();
    }
    (digits.is_empty() && !text.is_empty()).then_some(seconds)
}
