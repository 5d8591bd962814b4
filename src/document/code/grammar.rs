//! Grammars as they were collected -> contexts with patterns that can be matched. This file alone names the crates
//! that collect them.
//!
//! A grammar is unpacked when a text first needs it, and a pattern is compiled where a match of it may begin.

use std::sync::{LazyLock, OnceLock};

use onig::{MatchParam, Regex, RegexOptions, Region, SearchOptions, Syntax};
use serde::{Deserialize, Deserializer};
use syntect::parsing::SyntaxSet;

use super::first::{First, first};
use super::scope::{Clear, Meaning};

/// All grammars.
static COLLECTION: LazyLock<Collection> = LazyLock::new(|| {
    let set = two_face::syntax::extra_newlines();
    let grammars = set.syntaxes().iter().map(|_| OnceLock::new()).collect();
    Collection { set, grammars }
});

struct Collection {
    set: SyntaxSet,
    grammars: Vec<OnceLock<Option<Grammar>>>,
}

/// What of a packed grammar is needed; the order and the kinds of all are the collection's.
#[derive(Deserialize)]
struct Packed<'a> {
    _name: &'a str,
    _extensions: Vec<&'a str>,
    _scope: &'a str,
    _first_line: Option<&'a str>,
    _is_hidden: bool,
    _variables: Vec<(&'a str, &'a str)>,
    contexts: &'a [u8],
}

/// The contexts of one grammar, and where each named one stands.
#[derive(Deserialize)]
struct Grammar {
    names: Vec<(String, Id)>,
    contexts: Vec<Context>,
}

/// Where a context stands.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub(super) struct Id {
    grammar: usize,
    context: usize,
}

/// What is looked for at one place of a text, and what all of it stands under.
#[derive(Deserialize)]
pub(super) struct Context {
    pub meta: Vec<Meaning>,
    pub content: Vec<Meaning>,
    _has_prototype: bool,
    pub clears: Option<Clear>,
    pub prototype: Option<Id>,
    pub needs_groups: bool,
    rules: Vec<Rule>,
    #[serde(skip)]
    patterns: OnceLock<Box<Patterns>>,
}

#[derive(Deserialize)]
enum Rule {
    Pattern(Pattern),
    Include(Reference),
}

/// Something that is looked for, and what is done when it is found.
#[derive(Deserialize)]
pub(super) struct Pattern {
    /// Whether it speaks of groups of what led here.
    pub has_groups: bool,
    source: Box<str>,
    pub scope: Vec<Meaning>,
    pub captures: Option<Vec<(usize, Vec<Meaning>)>>,
    pub operation: Operation,
    pub prototype: Option<Reference>,
    #[serde(skip)]
    compiled: OnceLock<Compiled>,
}

struct Compiled {
    /// Nothing where the pattern is none.
    regex: Option<Regex>,
    is_odd: bool,
}

#[derive(Deserialize)]
pub(super) enum Operation {
    Push(Vec<Reference>),
    Set(Vec<Reference>),
    Pop,
    Stay,
}

/// Another context; nothing where the collection does not have it.
#[derive(Clone, Copy)]
pub(super) struct Reference(pub Option<Id>);

/// How a context is named: by others, where it was not found.
#[derive(Deserialize)]
enum Named<'a> {
    _Name { _name: &'a str },
    _Scope { _scope: &'a str, _context: Option<&'a str>, _has_escape: bool },
    _File { _name: &'a str, _context: Option<&'a str>, _has_escape: bool },
    _Inline { _name: &'a str },
    Direct(Id),
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(packed: D) -> Result<Reference, D::Error> {
        let named = Named::deserialize(packed)?;
        Ok(Reference(if let Named::Direct(id) = named { Some(id) } else { None }))
    }
}

/// The patterns of a context with those that it includes, and which of them may match where.
struct Patterns {
    all: Vec<(&'static Pattern, First)>,
    /// By what stands before a place and what follows there.
    at: [OnceLock<Box<[&'static Pattern]>>; BEFORE * FOLLOWING],
}

/// Nothing, a part of a word, something else, who knows.
const BEFORE: usize = 4;
/// The ASCII characters, all others, and the end.
const FOLLOWING: usize = 130;

/// Characters that mean something else in a pattern.
const MEANT: &str = "\\.+*?()|[]{}^$#&-~";

/// A place in a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub line: &'a str,
    pub at: usize,
}

/// Returns the context that texts of a grammar begin in.
pub(super) fn beginning(name: &str) -> Option<Id> {
    let grammars = COLLECTION.set.syntaxes();
    // Where several have one name, the last counts.
    let index = grammars.iter().rposition(|grammar| grammar.name == name)?;
    let names = &grammar(index)?.names;
    names.iter().find(|(name, _)| name == "__start").map(|(_, id)| *id)
}

fn grammar(index: usize) -> Option<&'static Grammar> {
    COLLECTION.grammars.get(index)?.get_or_init(|| unpacked(index)).as_ref()
}

fn unpacked(index: usize) -> Option<Grammar> {
    let bytes = bincode::serialize(COLLECTION.set.syntaxes().get(index)?).ok()?;
    let packed: Packed<'_> = bincode::deserialize(&bytes).ok()?;
    let bytes = miniz_oxide::inflate::decompress_to_vec_zlib(packed.contexts).ok()?;
    bincode::deserialize(&bytes).ok()
}

impl Id {
    pub(super) fn context(self) -> Option<&'static Context> {
        grammar(self.grammar)?.contexts.get(self.context)
    }
}

impl Context {
    /// Returns the patterns that may match at a place, in their order.
    pub(super) fn patterns(&'static self, place: Place<'_>) -> &'static [&'static Pattern] {
        let patterns = self.patterns.get_or_init(|| {
            let mut all = Vec::new();
            self.gather(&mut all);
            Box::new(Patterns { all, at: [const { OnceLock::new() }; BEFORE * FOLLOWING] })
        });
        let (before, following) = (place.before(), place.following());
        patterns.at[before * FOLLOWING + following].get_or_init(|| {
            let may = |(_, first): &&(&Pattern, First)| may_match(first, before, following);
            patterns.all.iter().filter(may).map(|(pattern, _)| *pattern).collect()
        })
    }

    fn gather(&'static self, all: &mut Vec<(&'static Pattern, First)>) {
        for rule in &self.rules {
            match rule {
                Rule::Pattern(pattern) => all.push((pattern, pattern.first())),
                Rule::Include(reference) => {
                    if let Some(context) = reference.0.and_then(Id::context) {
                        context.gather(all);
                    }
                }
            }
        }
    }
}

fn may_match(first: &First, before: usize, following: usize) -> bool {
    let follows = match following {
        0..128 => first.set.ascii >> following & 1 == 1,
        128 => first.set.other,
        _ => first.set.end,
    };
    let is_word = u8::try_from(following).is_ok_and(is_word);
    // Of what is not ASCII one would have to look up whether it is a part of a word.
    let is_edge = before == 3 || following == 128 || is_word != (before == 1);
    follows && (is_edge || !first.edge) && (before == 0 || !first.line)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

impl Place<'_> {
    fn before(self) -> usize {
        match self.line.as_bytes()[..self.at].last() {
            None => 0,
            Some(byte) if is_word(*byte) => 1,
            Some(byte) if byte.is_ascii() => 2,
            Some(_) => 3,
        }
    }

    fn following(self) -> usize {
        match self.line.as_bytes().get(self.at) {
            Some(byte) if byte.is_ascii() => usize::from(*byte),
            Some(_) => FOLLOWING - 2,
            None => FOLLOWING - 1,
        }
    }
}

impl Pattern {
    fn first(&self) -> First {
        first(&self.source)
    }

    fn compiled(&self) -> &Compiled {
        self.compiled.get_or_init(|| Compiled {
            regex: compiled(&self.source),
            is_odd: self.source.contains("\\G") || self.source.contains("\\K"),
        })
    }

    /// Tells whether it has to be searched for: where a search began has a say in what it finds, or where that begins.
    pub(super) fn is_odd(&self) -> bool {
        self.compiled().is_odd
    }

    pub(super) fn regex(&self) -> Option<&Regex> {
        self.compiled().regex.as_ref()
    }

    /// Returns the pattern with what its groups were where it speaks of them.
    pub(super) fn with_groups(&self, groups: &[Option<Box<str>>]) -> String {
        let (mut written, mut chars) =
            (String::with_capacity(self.source.len()), self.source.chars());
        while let Some(c) = chars.next() {
            let escaped = if c == '\\' { chars.next() } else { None };
            match escaped.map(|c| (c, c.to_digit(10))) {
                Some((_, Some(digit))) => {
                    let group = usize::try_from(digit).ok().and_then(|digit| groups.get(digit));
                    let group = group.and_then(Option::as_deref).unwrap_or("");
                    for c in group.chars() {
                        if MEANT.contains(c) {
                            written.push('\\');
                        }
                        written.push(c);
                    }
                }
                Some((escaped, None)) => written.extend([c, escaped]),
                None => written.push(c),
            }
        }
        written
    }
}

/// Compiles a pattern; nothing where it is none.
pub(super) fn compiled(source: &str) -> Option<Regex> {
    Regex::with_options(source, RegexOptions::REGEX_OPTION_CAPTURE_GROUP, Syntax::default()).ok()
}

/// Matches a pattern at a place; tells whether it does.
pub(super) fn matches(regex: &Regex, Place { line, at }: Place<'_>, region: &mut Region) -> bool {
    let (none, limits) = (SearchOptions::SEARCH_OPTION_NONE, MatchParam::default());
    matches!(regex.match_with_param(line, at, none, Some(region), limits), Ok(Some(_)))
}

/// Searches for a pattern from a place on; tells whether something is found.
pub(super) fn searches(regex: &Regex, Place { line, at }: Place<'_>, region: &mut Region) -> bool {
    let (none, limits) = (SearchOptions::SEARCH_OPTION_NONE, MatchParam::default());
    let found = regex.search_with_param(line, at, line.len(), none, Some(region), limits);
    matches!(found, Ok(Some(_)))
}
