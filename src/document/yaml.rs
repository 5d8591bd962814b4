//! YAML as front matter and directive comments use it: scalars stay text, places are kept.

use std::collections::BTreeMap;
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle};

use crate::span;

/// How deep and how large front matter may be: what a person writes is far below.
const DEPTH_MAX: usize = 32;
const NODES_MAX: usize = 10_000;

/// A YAML value with its place in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub value: Value,
    pub range: Range<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `~`, `null` or nothing at all.
    Null,
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// One `key: value` of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub key: String,
    pub key_range: Range<usize>,
    pub node: Node,
}

/// Why a text is not YAML, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub message: String,
    pub at: usize,
}

impl Node {
    /// Returns the text of a scalar; nothing for lists, maps and null.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns how many nodes there are, and how deep they lie in each other.
    fn extent(&self) -> (usize, usize) {
        let beneath: Vec<_> = match &self.value {
            Value::Null | Value::Text(_) => return (1, 0),
            Value::List(nodes) => nodes.iter().map(Self::extent).collect(),
            Value::Map(entries) => entries.iter().map(|entry| entry.node.extent()).collect(),
        };
        let deep = beneath.iter().map(|(_, deep)| deep + 1).max();
        (1 + beneath.iter().map(|(size, _)| size).sum::<usize>(), deep.unwrap_or(0))
    }

    /// Returns the texts of a list of scalars, or of one scalar.
    pub fn texts(&self) -> Vec<String> {
        match &self.value {
            Value::Text(text) => vec![text.clone()],
            Value::List(nodes) => {
                nodes.iter().filter_map(Node::as_text).map(str::to_owned).collect()
            }
            Value::Null | Value::Map(_) => Vec::new(),
        }
    }
}

/// Reads a text as one YAML value.
pub fn parse(text: &str) -> Result<Node, Fault> {
    plain_map(text).map_or_else(|| parse_any(text), Ok)
}

/// Reads any YAML at all.
pub fn parse_any(text: &str) -> Result<Node, Fault> {
    build(text, false)
}

fn build(text: &str, literal: bool) -> Result<Node, Fault> {
    let parser = Parser::new_from_str(text);
    let mut builder = Builder { text, parser, nodes: 0, literal, anchors: BTreeMap::new() };
    let node = builder.document()?;
    Ok(node.unwrap_or(Node { value: Value::Null, range: 0..0 }))
}

/// Reads a text after quoting plain values of the keys that `known` accepts, as Marp does:
/// `color: #fff` and `header: a: b` mean what they seem to, and `~` and `null` are words.
pub fn parse_loose(text: &str, known: impl Fn(&str) -> bool) -> Result<Node, Fault> {
    if let Some(node) = plain_map(text) {
        return Ok(node);
    }
    let (quoted, insertions) = quote_plain(text, known);
    let back = |at: usize| at - insertions.partition_point(|place| *place < at);
    match build(&quoted, true) {
        Ok(mut node) => {
            remap(&mut node, &back);
            Ok(node)
        }
        Err(fault) => Err(Fault { at: back(fault.at).min(text.len()), ..fault }),
    }
}

/// Reads what most front matter is made of: lines of `key: words`, `key: "words"` or
/// `key: [words, words]`. Nothing where anything else stands: that is read by the rules of YAML, which
/// take forty times as long to the same end.
fn plain_map(text: &str) -> Option<Node> {
    let mut entries = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let body = line.strip_suffix('\n').unwrap_or(line);
        let (key, value) = body.split_once(": ")?;
        let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        if !key.starts_with(|c: char| c.is_ascii_alphabetic())
            || !key.bytes().all(is_word)
            || key.len() > 64
        {
            return None;
        }
        let node = plain_value(value, at + key.len() + 2)?;
        entries.push(Entry { key: key.to_owned(), key_range: at..at + key.len(), node });
        at += line.len();
    }
    (!entries.is_empty()).then_some(Node { value: Value::Map(entries), range: 0..text.len() })
}

fn plain_value(value: &str, at: usize) -> Option<Node> {
    let range = at..at + value.len();
    if let Some(inside) = value.strip_prefix('"') {
        let inside = inside.strip_suffix('"')?;
        let plain = !inside.contains(|c: char| c.is_control() || c == '"' || c == '\\');
        return plain.then(|| Node { value: Value::Text(inside.to_owned()), range });
    }
    if let Some(inside) = value.strip_prefix('[') {
        let (mut nodes, mut at) = (Vec::new(), at + 1);
        for word in inside.strip_suffix(']')?.split(", ") {
            nodes.push(plain_text(word, at)?);
            at += word.len() + 2;
        }
        return Some(Node { value: Value::List(nodes), range });
    }
    plain_text(value, at)
}

/// Reads words that no rule of YAML gives another meaning.
fn plain_text(text: &str, at: usize) -> Option<Node> {
    let is_inside = |c: char| c.is_alphanumeric() || " -_./+()、。・ー".contains(c);
    let plain = text.starts_with(char::is_alphanumeric)
        && !text.ends_with(' ')
        && text.chars().all(is_inside)
        && text != "null";
    let value = || Value::Text(text.to_owned());
    plain.then(|| Node { value: value(), range: at..at + text.len() })
}

fn remap(node: &mut Node, back: &impl Fn(usize) -> usize) {
    node.range = back(node.range.start)..back(node.range.end);
    match &mut node.value {
        Value::List(nodes) => nodes.iter_mut().for_each(|node| remap(node, back)),
        Value::Map(entries) => {
            for entry in entries {
                entry.key_range = back(entry.key_range.start)..back(entry.key_range.end);
                remap(&mut entry.node, back);
            }
        }
        Value::Null | Value::Text(_) => {}
    }
}

/// Returns the text with plain values quoted, and where the bytes are that came in.
fn quote_plain(text: &str, known: impl Fn(&str) -> bool) -> (String, Vec<usize>) {
    let mut out = String::with_capacity(text.len() + 16);
    let mut insertions = Vec::new();
    for line in span::lines(text) {
        let body = line.trim_end_matches(['\n', '\r']);
        let end = &line[body.len()..];
        let plain = body.split_once(':').and_then(|(key, value)| {
            let name = key.trim_end().trim_matches(['"', '\'']);
            let word = value.trim();
            let starts_plain = !word.is_empty()
                && !word.starts_with(['"', '\'', '{', '|', '>', '~', '&', '*', '[']);
            (value.starts_with([' ', '\t'])
                && !key.starts_with([' ', '\t'])
                && known(name)
                && starts_plain)
                .then_some((key, value, word))
        });
        if let Some((key, value, word)) = plain {
            let lead = &value[..value.len() - value.trim_start().len()];
            out.push_str(key);
            out.push(':');
            out.push_str(lead);
            insertions.push(out.len());
            out.push('"');
            for piece in word.split_inclusive('"') {
                match piece.strip_suffix('"') {
                    Some(before) => {
                        out.push_str(before);
                        insertions.push(out.len());
                        out.push_str("\\\"");
                    }
                    None => out.push_str(piece),
                }
            }
            insertions.push(out.len());
            out.push('"');
            out.push_str(end);
        } else {
            out.push_str(line);
        }
    }
    (out, insertions)
}

struct Builder<'a> {
    text: &'a str,
    parser: Parser<'a, granit_parser::StrInput<'a>>,
    nodes: usize,
    /// Whether `~` and `null` are words.
    literal: bool,
    /// What an `&anchor` stands at, by the parser's number of it.
    anchors: BTreeMap<usize, Node>,
}

impl<'a> Builder<'a> {
    fn next(&mut self) -> Result<Option<(Event<'a>, Range<usize>)>, Fault> {
        loop {
            match self.parser.next_event() {
                None => return Ok(None),
                Some(Ok((Event::Comment(..), _))) => {}
                Some(Ok((event, span))) => {
                    let at = |marker: &granit_parser::Marker| {
                        marker.byte_offset().unwrap_or(0).min(self.text.len())
                    };
                    return Ok(Some((event, at(&span.start)..at(&span.end))));
                }
                Some(Err(error)) => {
                    let at = error.marker().byte_offset().unwrap_or(0).min(self.text.len());
                    return Err(Fault { message: error.info(), at });
                }
            }
        }
    }

    fn document(&mut self) -> Result<Option<Node>, Fault> {
        let mut root = None;
        while let Some((event, range)) = self.next()? {
            match event {
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                Event::StreamEnd => break,
                other if root.is_none() => root = Some(self.node(other, range, 0)?),
                _ => {
                    return Err(Fault {
                        message: "more than one document".to_owned(),
                        at: range.start,
                    });
                }
            }
        }
        Ok(root)
    }

    fn node(&mut self, event: Event<'a>, range: Range<usize>, depth: usize) -> Result<Node, Fault> {
        self.count(1, depth, range.start)?;
        let (node, anchor) = match event {
            Event::Scalar(text, style, anchor, _) => {
                // Where there is nothing at all, the parser says `~`.
                let null = match &*text {
                    "" => true,
                    "~" | "null" => !self.literal || range.is_empty(),
                    _ => false,
                };
                let null = null && style == ScalarStyle::Plain;
                let value = if null { Value::Null } else { Value::Text(text.into_owned()) };
                (Node { value, range }, anchor)
            }
            Event::SequenceStart(_, anchor, _) => (self.list(range, depth)?, anchor),
            Event::MappingStart(_, anchor, _) => (self.map(range, depth)?, anchor),
            Event::Alias(anchor) => (self.alias(anchor, range, depth)?, 0),
            _ => {
                let message = "a value was expected here".to_owned();
                return Err(Fault { message, at: range.start });
            }
        };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn key(&mut self, event: Event<'a>, range: &Range<usize>) -> Result<String, Fault> {
        let value = match event {
            Event::Scalar(text, _, anchor, _) => {
                let value = Value::Text(text.into_owned());
                if anchor != 0 {
                    self.anchors
                        .insert(anchor, Node { value: value.clone(), range: range.clone() });
                }
                Some(value)
            }
            Event::Alias(anchor) => self.anchors.get(&anchor).map(|node| node.value.clone()),
            _ => None,
        };
        match value {
            Some(Value::Text(key)) => Ok(key),
            _ => Err(Fault { message: "a key must be a word".to_owned(), at: range.start }),
        }
    }

    /// Counts nodes, so that a few lines of aliases become no giant.
    fn count(&mut self, nodes: usize, depth: usize, at: usize) -> Result<(), Fault> {
        self.nodes += nodes;
        if depth <= DEPTH_MAX && self.nodes <= NODES_MAX {
            return Ok(());
        }
        Err(Fault { message: "too deep or too large for front matter".to_owned(), at })
    }

    /// Returns what `*name` stands for; its place is where it is said.
    fn alias(&mut self, anchor: usize, range: Range<usize>, depth: usize) -> Result<Node, Fault> {
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            let message = "an alias (`*name`) stands within what it names".to_owned();
            return Err(Fault { message, at: range.start });
        };
        let (size, deep) = node.extent();
        self.count(size, depth + deep, range.start)?;
        Ok(Node { range, ..node })
    }

    fn list(&mut self, range: Range<usize>, depth: usize) -> Result<Node, Fault> {
        let mut nodes = Vec::new();
        while let Some((event, item)) = self.next()? {
            if matches!(event, Event::SequenceEnd) {
                return Ok(Node { value: Value::List(nodes), range: range.start..item.end });
            }
            nodes.push(self.node(event, item, depth + 1)?);
        }
        Err(Fault { message: "the list has no end".to_owned(), at: range.start })
    }

    fn map(&mut self, range: Range<usize>, depth: usize) -> Result<Node, Fault> {
        let mut entries = Vec::new();
        while let Some((event, key_range)) = self.next()? {
            if matches!(event, Event::MappingEnd) {
                return Ok(Node { value: Value::Map(entries), range: range.start..key_range.end });
            }
            let key = self.key(event, &key_range)?;
            let Some((event, value_range)) = self.next()? else { break };
            let node = self.node(event, value_range, depth + 1)?;
            entries.push(Entry { key, key_range, node });
        }
        Err(Fault { message: "the map has no end".to_owned(), at: range.start })
    }
}
