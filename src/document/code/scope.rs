//! What a grammar says of a stretch of code -> its colour.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer};

use super::runs::Class;

/// What one name of a grammar means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Meaning {
    /// Ask the name below.
    Open,
    Is(Class),
    /// Within: nothing below has a say.
    Within,
    /// Whatever else it is.
    Comment,
    /// A key, where it is written as a string.
    Key,
    /// A word makes a keyword of it, another a type.
    Storage,
    /// A word is a keyword, a sign has no colour.
    Operator,
    /// Only where names bear a sign: elsewhere every other word is one.
    Variable,
}

/// The first that a name begins with counts.
#[rustfmt::skip]
const MEANINGS: &[(&str, Meaning)] = &[
    ("comment", Meaning::Comment),
    ("punctuation.definition.comment", Meaning::Comment),
    ("text.html.javadoc", Meaning::Comment),
    ("string.regexp", Meaning::Is(Class::Regexp)),
    ("string.other.link", Meaning::Is(Class::Link)),
    ("string", Meaning::Is(Class::Text)),
    ("punctuation.definition.string", Meaning::Is(Class::Text)),
    ("constant.character.escape", Meaning::Is(Class::Escape)),
    ("constant.other.placeholder", Meaning::Is(Class::Escape)),
    ("constant.character.entity", Meaning::Is(Class::Symbol)),
    ("constant.character", Meaning::Is(Class::Text)),
    ("constant.numeric", Meaning::Is(Class::Number)),
    ("constant.other.color", Meaning::Is(Class::Number)),
    ("constant.other.symbol", Meaning::Is(Class::Symbol)),
    ("constant.language", Meaning::Is(Class::Literal)),
    ("keyword.other.unit", Meaning::Is(Class::Number)),
    ("keyword.operator", Meaning::Operator),
    ("keyword", Meaning::Is(Class::Keyword)),
    ("storage.type.numeric", Meaning::Is(Class::Number)),
    ("storage.type.string", Meaning::Is(Class::Text)),
    ("storage.modifier.lifetime", Meaning::Is(Class::Symbol)),
    ("storage.type.function", Meaning::Is(Class::Keyword)),
    ("storage.type", Meaning::Storage),
    ("storage", Meaning::Is(Class::Keyword)),
    ("entity.tag", Meaning::Is(Class::Tag)),
    ("entity.name.function", Meaning::Is(Class::Function)),
    ("entity.name.tag.yaml", Meaning::Is(Class::Key)),
    ("entity.name.tag.toml", Meaning::Is(Class::Key)),
    ("entity.name.tag", Meaning::Is(Class::Tag)),
    ("entity.name.section", Meaning::Is(Class::Section)),
    ("entity.name.label", Meaning::Is(Class::Symbol)),
    ("entity.name.constant", Meaning::Open),
    ("entity.name", Meaning::Is(Class::Name)),
    ("entity.other.inherited-class", Meaning::Is(Class::Name)),
    ("entity.other.attribute-name.class", Meaning::Is(Class::Selector)),
    ("entity.other.attribute-name.id.css", Meaning::Is(Class::Selector)),
    ("entity.other.pseudo", Meaning::Is(Class::Selector)),
    ("entity.other", Meaning::Is(Class::Key)),
    ("support.function.rust", Meaning::Is(Class::Function)),
    ("support.type.property-name", Meaning::Is(Class::Property)),
    ("meta.property-name", Meaning::Is(Class::Property)),
    ("support.type", Meaning::Is(Class::Type)),
    ("support.class", Meaning::Is(Class::Type)),
    ("support.constant.property-value", Meaning::Open),
    ("support", Meaning::Is(Class::BuiltIn)),
    ("variable.function", Meaning::Is(Class::Function)),
    ("variable.language", Meaning::Is(Class::This)),
    ("variable.annotation", Meaning::Is(Class::Meta)),
    ("variable", Meaning::Variable),
    ("punctuation.definition.variable", Meaning::Variable),
    ("punctuation.definition.annotation", Meaning::Is(Class::Meta)),
    ("punctuation.definition.list_item", Meaning::Is(Class::Bullet)),
    ("punctuation.definition.heading", Meaning::Is(Class::Section)),
    ("punctuation.section.interpolation", Meaning::Within),
    ("punctuation.section.embedded", Meaning::Within),
    ("punctuation.definition.template-expression", Meaning::Within),
    ("markup.inserted", Meaning::Is(Class::Added)),
    ("markup.deleted", Meaning::Is(Class::Removed)),
    ("markup.heading", Meaning::Is(Class::Section)),
    ("markup.bold", Meaning::Is(Class::Strong)),
    ("markup.italic", Meaning::Is(Class::Emphasis)),
    ("markup.raw.code-fence", Meaning::Within),
    ("markup.raw", Meaning::Is(Class::Raw)),
    ("markup.underline.link", Meaning::Is(Class::Link)),
    ("markup.quote", Meaning::Is(Class::Quote)),
    ("meta.mapping.key", Meaning::Key),
    ("meta.structure.dictionary.key", Meaning::Key),
    ("meta.diff", Meaning::Is(Class::Meta)),
    ("meta.annotation", Meaning::Is(Class::Meta)),
    ("meta.preprocessor", Meaning::Is(Class::Meta)),
    ("meta.interpolation", Meaning::Within),
    ("meta.template.expression", Meaning::Within),
    ("meta.embedded", Meaning::Within),
    ("source", Meaning::Within),
    ("text", Meaning::Within),
];

/// Words that declare something, and are called types by the grammars of some languages.
const DECLARING: &[&str] = &[
    "abstract",
    "alias",
    "async",
    "auto",
    "chan",
    "class",
    "const",
    "def",
    "defmodule",
    "defp",
    "enum",
    "extends",
    "extension",
    "extern",
    "final",
    "fn",
    "fun",
    "func",
    "function",
    "global",
    "impl",
    "implements",
    "import",
    "interface",
    "lambda",
    "let",
    "macro_rules",
    "mod",
    "module",
    "mut",
    "namespace",
    "object",
    "package",
    "protocol",
    "record",
    "set",
    "static",
    "struct",
    "sub",
    "template",
    "trait",
    "type",
    "typedef",
    "typename",
    "union",
    "use",
    "val",
    "var",
    "where",
];

/// Languages in which the name of a variable bears a sign.
const SIGNED: &[&str] = &[
    "apache",
    "awk",
    "bash",
    "bat",
    "console",
    "dockerfile",
    "env",
    "fish",
    "less",
    "makefile",
    "nginx",
    "nix",
    "perl",
    "php",
    "puppet",
    "ruby",
    "sass",
    "scss",
    "tcl",
    "twig",
];

/// What names mean by the first of their parts.
static TABLE: LazyLock<HashMap<&str, Vec<(&str, Meaning)>>> = LazyLock::new(|| {
    let mut table: HashMap<&str, Vec<(&str, Meaning)>> = HashMap::new();
    for (prefix, meaning) in MEANINGS {
        table.entry(head(prefix)).or_default().push((prefix, *meaning));
    }
    table
});

fn head(name: &str) -> &str {
    name.split_once('.').map_or(name, |(head, _)| head)
}

impl From<&str> for Meaning {
    fn from(name: &str) -> Meaning {
        let begins = |prefix: &str| {
            name.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let of_head = TABLE.get(head(name)).map_or(&[][..], Vec::as_slice);
        let found = of_head.iter().find(|(prefix, _)| begins(prefix));
        found.map_or(Meaning::Open, |(_, meaning)| *meaning)
    }
}

impl<'de> Deserialize<'de> for Meaning {
    fn deserialize<D: Deserializer<'de>>(packed: D) -> Result<Meaning, D::Error> {
        <&str>::deserialize(packed).map(Meaning::from)
    }
}

/// Tells whether names of variables bear a sign in a language.
pub(super) fn is_signed(word: &str) -> bool {
    SIGNED.contains(&word)
}

/// Returns the colour of a stretch by what it stands under, the nearest last.
pub(super) fn class(scopes: &[Meaning], text: &str, is_signed: bool) -> Class {
    let is_word = |text: &str| text.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let is_sign = |text: &str| text.starts_with(['$', '@', '%', '{', '}']);
    let (mut class, mut within) = (None, false);
    for meaning in scopes.iter().rev() {
        if *meaning == Meaning::Comment {
            return Class::Comment;
        }
        if within {
            continue;
        }
        match (*meaning, class) {
            (Meaning::Within, _) => within = true,
            (Meaning::Key, Some(Class::Text)) => class = Some(Class::Key),
            (Meaning::Is(own), None) => class = Some(own),
            (Meaning::Storage, None) => {
                let keyword = DECLARING.contains(&text.trim()) || !is_word(text.trim());
                class = Some(if keyword { Class::Keyword } else { Class::Type });
            }
            (Meaning::Operator, None) => {
                class = Some(if is_word(text) { Class::Keyword } else { Class::Plain });
            }
            (Meaning::Variable, None) if is_signed && (is_word(text) || is_sign(text)) => {
                class = Some(Class::Variable);
            }
            _ => {}
        }
    }
    class.unwrap_or(Class::Plain)
}

/// The names that a place stands under, the nearest last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scopes {
    pub names: Vec<Meaning>,
    /// Those that were done away with for a while.
    cleared: Vec<Vec<Meaning>>,
}

/// How many of the names around it a context does away with.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) enum Clear {
    Top(usize),
    All,
}

/// A change of the names at a place.
pub(super) enum Change {
    Push(Meaning),
    Pop(usize),
    Clear(Clear),
    Restore,
}

impl Scopes {
    pub(super) fn apply(&mut self, change: &Change) {
        match change {
            Change::Push(name) => self.names.push(*name),
            Change::Pop(count) => self.names.truncate(self.names.len().saturating_sub(*count)),
            Change::Clear(clear) => {
                let kept = match clear {
                    Clear::Top(count) => self.names.len().saturating_sub(*count),
                    Clear::All => 0,
                };
                self.cleared.push(self.names.split_off(kept));
            }
            Change::Restore => match self.cleared.pop() {
                Some(names) => self.names.extend(names),
                None => *self = Scopes::default(),
            },
        }
    }
}
