//! What a grammar says of a stretch of code -> its colour.

use std::sync::LazyLock;

use syntect::parsing::Scope;

use super::runs::Class;

/// What one name of a grammar means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// What names mean that begin with the same part.
type Alike = Vec<(Scope, Meaning)>;

/// What names mean, by the first of their parts, of which there are a dozen.
static TABLE: LazyLock<Vec<(u16, Alike)>> = LazyLock::new(|| {
    let mut table: Vec<(u16, Alike)> = Vec::new();
    for (name, meaning) in MEANINGS {
        let Ok(scope) = Scope::new(name) else { continue };
        let head = scope.atom_at(0);
        match table.iter_mut().find(|(known, _)| *known == head) {
            Some((_, alike)) => alike.push((scope, *meaning)),
            None => table.push((head, vec![(scope, *meaning)])),
        }
    }
    table
});

pub(super) fn meaning(scope: Scope) -> Meaning {
    let head = scope.atom_at(0);
    let alike = TABLE.iter().find(|(known, _)| *known == head).map_or(&[][..], |(_, alike)| alike);
    let found = alike.iter().find(|(prefix, _)| prefix.is_prefix_of(scope));
    found.map_or(Meaning::Open, |(_, meaning)| *meaning)
}

/// Tells whether names of variables bear a sign in a language.
pub(super) fn is_signed(word: &str) -> bool {
    SIGNED.contains(&word)
}

/// Returns the colour of a stretch by what the names mean that it stands under, the nearest last.
pub(super) fn class(meanings: &[Meaning], text: &str, is_signed: bool) -> Class {
    let is_word = |text: &str| text.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let is_sign = |text: &str| text.starts_with(['$', '@', '%', '{', '}']);
    let (mut class, mut within) = (None, false);
    for meaning in meanings.iter().rev() {
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
