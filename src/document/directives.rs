//! Marp's directives: which comments are directives, and what they make of each slide.

use crate::document::yaml::{self, Node, Value};

/// The directives that Marp and we know, without the underscore of the spot form.
pub const NAMES: &[&str] = &[
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

/// Directives that hold for the whole deck wherever they stand; the last one wins.
const GLOBAL: &[&str] = &["theme", "style", "headingDivider", "lang", "size", "math"];

/// Directives that belong to one slide alone even without an underscore.
const OWN: &[&str] = &["id", "time"];

/// Tells whether a name (without underscore) is a directive.
pub fn is_known(name: &str) -> bool {
    NAMES.contains(&name)
}

/// What a comment is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comment {
    Directives(Vec<(String, Node)>),
    Note(String),
    /// Addressed to another tool, or the `fit` of a heading.
    Nothing,
}

/// Tells what the inside of a comment is.
pub fn classify(inside: &str) -> Comment {
    let text = inside.trim();
    let tool =
        ["prettier-ignore", "markdownlint-", "lint "].iter().any(|start| text.starts_with(start));
    if tool || text == "fit" || text.is_empty() {
        return Comment::Nothing;
    }
    if let Ok(Node { value: Value::Map(entries), .. }) =
        yaml::parse_loose(text, |key| is_known(key.strip_prefix('_').unwrap_or(key)))
    {
        let known: Vec<_> = entries
            .into_iter()
            .filter(|entry| is_known(entry.key.strip_prefix('_').unwrap_or(&entry.key)))
            .map(|entry| (entry.key, entry.node))
            .collect();
        if !known.is_empty() {
            return Comment::Directives(known);
        }
    }
    Comment::Note(text.to_owned())
}

/// Returns the key of a note that looks like a misspelt directive, and the directive it resembles.
pub fn misspelt(note: &str) -> Option<(&str, &'static str)> {
    let (key, _) = note.split_once(':')?;
    let bare = key.strip_prefix('_').unwrap_or(key);
    let one_line =
        !note.contains('\n') && !bare.is_empty() && bare.chars().all(|c| c.is_ascii_alphabetic());
    let near = crate::config::closest(bare, NAMES.iter().copied())?;
    (one_line && bare.len() >= 4).then_some((key, near))
}

/// The directives of the whole deck.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Global {
    pub theme: Option<String>,
    pub lang: Option<String>,
    pub size: Option<String>,
    /// The levels of headings that begin a slide.
    pub dividers: Vec<u8>,
}

impl Global {
    /// Takes over a directive if it is a global one.
    pub fn apply(&mut self, name: &str, node: &Node) {
        match name {
            "theme" => self.theme = node.as_text().map(str::to_owned),
            "lang" => {
                self.lang =
                    node.as_text().map(str::to_owned).filter(|lang| crate::config::is_lang(lang));
            }
            "size" => {
                let known = |size: &&str| matches!(*size, "16:9" | "4:3");
                self.size = node.as_text().filter(known).map(str::to_owned).or(self.size.take());
            }
            "headingDivider" => {
                if let Some(levels) = divider_levels(node) {
                    self.dividers = levels;
                }
            }
            _ => {}
        }
    }
}

fn divider_levels(node: &Node) -> Option<Vec<u8>> {
    let level = |text: &str| text.parse::<u8>().ok().filter(|n| (1..=6).contains(n));
    match &node.value {
        Value::Text(text) if text == "false" => Some(Vec::new()),
        Value::Text(text) if text.starts_with('[') => {
            let inner = text.trim_matches(['[', ']']);
            Some(inner.split(',').filter_map(|word| level(word.trim())).collect())
        }
        Value::Text(text) => level(text).map(|n| (1..=n).collect()),
        Value::List(nodes) => {
            Some(nodes.iter().filter_map(|node| level(node.as_text()?)).collect())
        }
        Value::Null | Value::Map(_) => None,
    }
}

/// The local directives in force on a slide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Local {
    /// By name; names keep Marp's spelling.
    values: Vec<(String, String)>,
}

impl Local {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    fn set(&mut self, name: &str, value: Option<String>) {
        self.values.retain(|(n, _)| n != name);
        if let Some(value) = value {
            self.values.push((name.to_owned(), value));
        }
    }

    /// Returns all that is in force, in the order of the names.
    pub fn sorted(&self) -> Vec<(&str, &str)> {
        let mut values: Vec<_> =
            self.values.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
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
                None if !GLOBAL.contains(&key.as_str()) => self.lasting.set(key, value(key, node)),
                _ => {}
            }
        }
        let mut local = self.lasting.clone();
        for (name, node) in spot {
            local.set(name, value(name, node));
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
    let text = text.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// How a slide takes part in page numbering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    pub shown: bool,
    pub counts: bool,
}

/// Reads the `paginate` directive; without one a slide counts and shows nothing.
pub fn paging(local: &Local) -> Paging {
    match local.get("paginate").unwrap_or("").to_ascii_lowercase().as_str() {
        "true" => Paging { shown: true, counts: true },
        "hold" => Paging { shown: true, counts: false },
        "skip" => Paging { shown: false, counts: false },
        _ => Paging { shown: false, counts: true },
    }
}

/// Returns the style declarations that the look directives of a slide ask for, in safe CSS only.
pub fn look(local: &Local) -> String {
    let mut css = String::new();
    let mut declare = |property: &str, value: &str| {
        css.push_str(property);
        css.push(':');
        css.push_str(value);
        css.push(';');
    };
    if let Some(color) = local.get("backgroundColor").filter(|v| is_plain_css(v)) {
        declare("background-color", color);
        declare("background-image", "none");
    }
    if let Some(image) = local.get("backgroundImage").filter(|v| is_gradient(v)) {
        declare("background-image", image);
        let or = |name: &str, default: &'static str| {
            local.get(name).filter(|v| is_plain_css(v)).unwrap_or(default).to_owned()
        };
        declare("background-position", &or("backgroundPosition", "center"));
        declare("background-repeat", &or("backgroundRepeat", "no-repeat"));
        declare("background-size", &or("backgroundSize", "cover"));
    }
    if let Some(color) = local.get("color").filter(|v| is_plain_css(v)) {
        declare("color", color);
    }
    css
}

/// Returns the looks that a slide asks for and does not get.
pub fn refused(local: &Local) -> Vec<(&'static str, &str)> {
    let color = |name| local.get(name).filter(|value| !is_plain_css(value)).map(|v| (name, v));
    let image = local.get("backgroundImage").filter(|v| !is_gradient(v) && *v != "none");
    let image = image.map(|value| ("backgroundImage", value));
    [color("color"), color("backgroundColor"), image].into_iter().flatten().collect()
}

fn is_gradient(value: &str) -> bool {
    is_plain_css(value) && value.contains("gradient(")
}

/// Tells whether a value is plain CSS that cannot leave its declaration or load anything.
pub(super) fn is_plain_css(value: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || " #(),.%+-*/_".contains(c);
    let lower = value.to_ascii_lowercase();
    value.chars().all(allowed)
        && !value.contains("/*")
        && !["url", "image", "expression", "src(", "attr("].iter().any(|word| lower.contains(word))
}
