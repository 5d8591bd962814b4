//! Marp's directives: which comments are directives, and what they make of each slide.

use std::ops::Range;

use crate::document::About;
use crate::document::yaml::{self, Node, Value};
use crate::span::Span;
use crate::theme::{self, Fault, Sheet};

/// Directives that hold for the whole deck wherever they stand, without an underscore; the last one wins.
pub const GLOBAL: &[&str] = &[
    "theme",
    "style",
    "headingDivider",
    "lang",
    "size",
    "math",
    "title",
    "description",
    "author",
    "keywords",
    "url",
    "image",
];

/// Directives that hold from a slide on, or with an underscore for one slide.
pub const LOCAL: &[&str] = &[
    "paginate",
    "header",
    "footer",
    "class",
    "backgroundColor",
    "backgroundImage",
    "backgroundPosition",
    "backgroundRepeat",
    "backgroundSize",
    "color",
    "transition",
    "id",
    "time",
    "fit",
    "hide",
];

/// Those that a comment may not leave without quotation marks around a value that needs
/// them: in Marp other tools than the one that reads comments bring them.
const STRICT: &[&str] =
    &["size", "math", "title", "description", "author", "keywords", "url", "image", "transition"];

/// Directives that belong to one slide alone even without an underscore.
const OWN: &[&str] = &["id", "time"];

/// Iterates over the directives that Marp and we know, without the underscore of the form for one slide.
pub fn names() -> impl Iterator<Item = &'static str> {
    GLOBAL.iter().chain(LOCAL).copied()
}

/// Tells whether a name (without underscore) is a directive.
pub fn is_known(name: &str) -> bool {
    GLOBAL.contains(&name) || LOCAL.contains(&name)
}

/// Tells whether a key in a comment is a directive: those of the whole deck are for no slide alone.
fn is_directive(key: &str) -> bool {
    match key.strip_prefix('_') {
        Some(name) => LOCAL.contains(&name),
        None => is_known(key),
    }
}

/// Tells whether a directive lasts or holds from a slide, and not for the whole deck.
pub(super) fn is_local(key: &str) -> bool {
    LOCAL.contains(&key.strip_prefix('_').unwrap_or(key))
}

/// Tells whether a comment may say what the directive is set to without quotation marks.
fn is_loose(key: &str) -> bool {
    let name = key.strip_prefix('_').unwrap_or(key);
    is_known(name) && !STRICT.contains(&name)
}

/// What a comment is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comment {
    Directives(Vec<(String, Node)>),
    Note(String),
    /// Addressed to another tool.
    Nothing,
}

/// Tells what the inside of a comment is.
pub fn classify(inside: &str) -> Comment {
    let text = inside.trim();
    if text.is_empty() || is_for_a_tool(text) {
        return Comment::Nothing;
    }
    // No map without one of these; the rules of YAML are dear, and most notes are plain words.
    let may_be_map = text.contains([':', '{', '?']);
    if may_be_map
        && let Ok(Node { value: Value::Map(entries), .. }) = yaml::parse_loose(text, is_loose)
    {
        let known: Vec<_> = entries
            .into_iter()
            .filter(|entry| is_directive(&entry.key))
            .map(|entry| (entry.key, entry.node))
            .collect();
        if !known.is_empty() {
            return Comment::Directives(known);
        }
    }
    Comment::Note(text.to_owned())
}

/// Tells whether a comment is addressed to Prettier, markdownlint or remark, in the words that Marp knows.
fn is_for_a_tool(text: &str) -> bool {
    if text.contains('\n') {
        return false;
    }
    let prettier = ["prettier-ignore", "prettier-ignore-start", "prettier-ignore-end"];
    let starts = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
    prettier.contains(&text)
        || matches!(text, "markdownlint-capture" | "markdownlint-restore")
        || starts(&["markdownlint-disable", "markdownlint-enable"])
        || starts(&["lint disable", "lint enable", "lint ignore"])
}

/// Returns why a note may have been meant to be something else, and a help; nothing for most notes.
pub fn misread(note: &str) -> Option<(String, String)> {
    if note == "fit" {
        let message = "`fit` stands in no heading, so this comment is a speaker note";
        return Some((message.to_owned(), "write `# <!-- fit --> Title`".to_owned()));
    }
    let (key, _) = note.split_once(':')?;
    let bare = key.strip_prefix('_').unwrap_or(key);
    if is_directive(key) {
        let message =
            format!("`{key}` is set in words that are not YAML, so this comment is a speaker note");
        return Some((message, "put the value in quotation marks, one key a line".to_owned()));
    }
    let one_line =
        !note.contains('\n') && !bare.is_empty() && bare.chars().all(|c| c.is_ascii_alphabetic());
    let near = crate::config::closest(bare, names())?;
    (one_line && bare.len() >= 4).then(|| {
        let message = format!("`{key}` is not a directive, so this comment is a speaker note");
        (message, format!("did you mean `{near}`?"))
    })
}

/// The directives of the whole deck.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Global {
    pub lang: Option<String>,
    pub size: Option<String>,
    pub title: Option<String>,
    pub description: Option<String>,
    pub about: About,
    /// The levels of headings that begin a slide.
    pub dividers: Vec<u8>,
    /// The same as it is written down.
    divider: Option<String>,
}

impl Global {
    /// Takes over a directive if it is a global one.
    pub fn apply(&mut self, name: &str, node: &Node) {
        let text = node.as_text().map(|text| text.trim().to_owned());
        match (name, text) {
            ("lang", text) => self.lang = text.filter(|lang| crate::config::is_lang(lang)),
            ("size", text) => self.size = text,
            ("title", Some(text)) => self.title = Some(text).filter(|text| !text.is_empty()),
            ("description", Some(text)) => self.description = Some(text),
            ("author", Some(text)) => self.about.author = text,
            ("image", Some(text)) => self.about.image = text,
            ("url", Some(text)) if text.is_empty() || is_address(&text) => self.about.url = text,
            ("keywords", _) => self.about.keywords = keywords(node),
            ("headingDivider", _) => {
                if let Some(levels) = divider_levels(node) {
                    let levels_text = || levels.iter().map(u8::to_string).collect::<Vec<_>>();
                    self.divider = match &node.value {
                        Value::List(_) => Some(levels_text().join(",")),
                        _ => levels.last().map(u8::to_string),
                    };
                    self.dividers = levels;
                }
            }
            _ => {}
        }
    }

    /// Returns Marpit's `data-*` attributes of every slide, names without `data-`.
    pub fn attributes(&self) -> Vec<(&'static str, &str)> {
        let all = [("heading-divider", &self.divider), ("lang", &self.lang)];
        all.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))).collect()
    }
}

/// Tells whether a text is a whole address on the web.
pub(super) fn is_address(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        host.starts_with(char::is_alphanumeric) && !text.contains(char::is_whitespace)
    })
}

/// Returns each keyword once: of a list, or of a text with commas.
fn keywords(node: &Node) -> Vec<String> {
    let words = match &node.value {
        Value::Text(text) => text.split(',').map(|word| word.trim().to_owned()).collect(),
        _ => node.texts(),
    };
    let mut each = Vec::new();
    for word in words {
        if !word.is_empty() && !each.contains(&word) {
            each.push(word);
        }
    }
    each
}

/// Returns the number at the start of a text, whatever stands behind it, and what that is: so Marp
/// reads levels.
pub(super) fn leading_number(text: &str) -> Option<(i64, &str)> {
    let text = text.trim_start();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let (number, rest) = text.split_at(text.len() - digits.len() + end);
    Some((number.strip_prefix('+').unwrap_or(number).parse().ok()?, rest))
}

fn divider_levels(node: &Node) -> Option<Vec<u8>> {
    let level = |text: &str| {
        let (number, _) = leading_number(text)?;
        u8::try_from(number).ok().filter(|level| (1..=6).contains(level))
    };
    match &node.value {
        Value::Text(text) if text == "false" => Some(Vec::new()),
        Value::Text(text) => level(text).map(|n| (1..=n).collect()),
        Value::List(nodes) => {
            let named: Vec<u8> = nodes.iter().filter_map(|node| level(node.as_text()?)).collect();
            Some((1..=6).filter(|level| named.contains(level)).collect())
        }
        Value::Null | Value::Map(_) => None,
    }
}

/// The local directives in force on a slide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Local {
    /// By name; names keep Marp's spelling.
    values: Vec<Set>,
}

/// A directive with its value, and where it is set.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Set {
    name: String,
    value: String,
    range: Range<usize>,
}

impl Local {
    fn set_by(&self, name: &str) -> Option<&Set> {
        self.values.iter().find(|set| set.name == name)
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.set_by(name).map(|set| set.value.as_str())
    }

    /// Returns where a directive is set.
    pub fn place(&self, name: &str) -> Option<Span> {
        self.set_by(name).map(|set| Span::new(set.range.start, set.range.end))
    }

    fn set(&mut self, name: &str, node: &Node) {
        if matches!(name, "header" | "footer")
            && matches!(node.value, Value::List(_) | Value::Map(_))
        {
            return;
        }
        self.values.retain(|set| set.name != name);
        if let Some(value) = value(name, node) {
            self.values.push(Set { name: name.to_owned(), value, range: node.range.clone() });
        }
    }

    /// Returns all that is in force, in the order of the names.
    pub fn sorted(&self) -> Vec<(&str, &str)> {
        let mut values: Vec<_> =
            self.values.iter().map(|set| (set.name.as_str(), set.value.as_str())).collect();
        values.sort_unstable();
        values
    }
}

/// Walks through a deck's slides and tells what is in force on each.
#[derive(Debug, Default)]
pub struct Running {
    lasting: Local,
}

impl Running {
    /// Takes the directives of the next slide, as they stand in it; returns what is in force there.
    pub fn slide(&mut self, directives: &[(String, Node)]) -> Local {
        let mut spot = Vec::new();
        for (key, node) in directives {
            match key.strip_prefix('_') {
                Some(name) if !GLOBAL.contains(&name) => spot.push((name, node)),
                None if OWN.contains(&key.as_str()) => spot.push((key.as_str(), node)),
                None if !GLOBAL.contains(&key.as_str()) => self.lasting.set(key, node),
                _ => {}
            }
        }
        let mut local = self.lasting.clone();
        for (name, node) in spot {
            local.set(name, node);
        }
        local
    }
}

/// Returns what a directive is set to; nothing resets it.
fn value(name: &str, node: &Node) -> Option<String> {
    let text = match name {
        "class" => node.texts().join(" "),
        _ => node.as_text().unwrap_or("").to_owned(),
    };
    let text = text.trim();
    if name == "paginate" {
        let word = text.to_ascii_lowercase();
        return matches!(word.as_str(), "true" | "hold" | "skip").then_some(word);
    }
    (!text.is_empty()).then(|| text.to_owned())
}

/// How a slide takes part in page numbering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    pub shown: bool,
    pub counts: bool,
}

/// Reads the `paginate` directive; without one a slide counts and shows nothing.
pub fn paging(local: &Local) -> Paging {
    match local.get("paginate").unwrap_or("") {
        "true" => Paging { shown: true, counts: true },
        "hold" => Paging { shown: true, counts: false },
        "skip" => Paging { shown: false, counts: false },
        _ => Paging { shown: false, counts: true },
    }
}

/// What the look directives of a slide ask for.
#[derive(Debug, Default)]
pub struct Look {
    /// Declarations.
    pub sheet: Sheet,
    /// The same in one line: equal looks have equal keys.
    pub key: String,
    /// Directives that are left out, with their values and why.
    pub refused: Vec<(&'static str, String, Fault)>,
}

impl Look {
    fn declare(&mut self, property: &str, value: &str) -> Result<(), Fault> {
        let declaration = theme::declaration(property, value)?;
        self.sheet.append(&declaration);
        self.key.extend([property, ":", value, ";"]);
        Ok(())
    }

    /// Gives a value the directive's name as well: themes say `var(--color)`. What shows a file would ask for
    /// it a second time.
    fn name(&mut self, property: &str, value: &str) {
        let named = theme::declaration(&format!("--{property}"), value);
        if let Ok(named) = named
            && named.urls.is_empty()
            && named.files.is_empty()
        {
            self.sheet.append(&named);
        }
    }

    /// Declares what a directive asks for, if it is set; else the default, where there is one.
    fn directive(
        &mut self,
        (name, property): (&'static str, &str),
        value: Option<&str>,
        default: Option<&str>,
    ) -> bool {
        if let Some(value) = value {
            match self.declare(property, value) {
                Ok(()) => {
                    self.name(property, value);
                    return true;
                }
                Err(fault) => self.refused.push((name, value.to_owned(), fault)),
            }
        }
        default.is_some_and(|default| self.declare(property, default).is_ok())
    }
}

/// Returns the looks that the directives of a slide ask for.
pub fn look(local: &Local) -> Look {
    let mut look = Look::default();
    let color = ("backgroundColor", "background-color");
    if look.directive(color, local.get("backgroundColor"), None) {
        look.directive(("backgroundColor", "background-image"), None, Some("none"));
    }
    let image = ("backgroundImage", "background-image");
    if look.directive(image, local.get("backgroundImage"), None) {
        for (name, property, default) in [
            ("backgroundPosition", "background-position", "center"),
            ("backgroundRepeat", "background-repeat", "no-repeat"),
            ("backgroundSize", "background-size", "cover"),
        ] {
            look.directive((name, property), local.get(name), Some(default));
        }
    }
    look.directive(("color", "color"), local.get("color"), None);
    look
}

/// Tells whether a value is plain CSS that cannot leave its declaration or load anything.
pub(super) fn is_plain_css(value: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || " #(),.%+-*/_".contains(c);
    let lower = value.to_ascii_lowercase();
    value.chars().all(allowed)
        && !value.contains("/*")
        && !["url", "image", "expression", "src(", "attr("].iter().any(|word| lower.contains(word))
}
