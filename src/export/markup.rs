//! HTML as a row of tags and what stands between them, so that addresses in it can be changed.
//!
//! Nothing is lost and nothing mended: the pieces put together are the text again.

/// A piece of an HTML text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text, comments, the insides of scripts and style sheets.
    Text(&'a str),
    Tag(Tag<'a>),
}

/// An opening or closing tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    raw: &'a str,
    /// In lower case.
    pub(super) name: String,
    pub(super) closes: bool,
    /// Names in lower case, values without their entities.
    pub(super) attributes: Vec<(String, String)>,
}

/// Elements whose insides are no HTML.
const RAW: [&str; 4] = ["script", "style", "textarea", "title"];

/// Cuts an HTML text into pieces.
pub(super) fn pieces(html: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(next) = html[at..].find('<') {
        at += next;
        let rest = &html[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            at += comment.find("-->").map_or(rest.len(), |end| end + 7);
            continue;
        }
        let Some(tag) = tag(rest) else {
            at += 1;
            continue;
        };
        if from < at {
            pieces.push(Piece::Text(&html[from..at]));
        }
        at += tag.raw.len();
        from = at;
        if !tag.closes && RAW.contains(&tag.name.as_str()) {
            at += end_of_raw(&html[at..], &tag.name);
        }
        pieces.push(Piece::Tag(tag));
    }
    if from < html.len() {
        pieces.push(Piece::Text(&html[from..]));
    }
    pieces
}

/// Returns how long the inside of a raw element is.
fn end_of_raw(html: &str, name: &str) -> usize {
    let bytes = html.as_bytes();
    let closes = |at: &usize| {
        let tail = &bytes[at + 2..];
        bytes[at + 1] == b'/'
            && tail.len() >= name.len()
            && tail[..name.len()].eq_ignore_ascii_case(name.as_bytes())
    };
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'<').map(|(at, _)| at);
    ends.filter(|at| at + 2 < bytes.len()).find(closes).unwrap_or(html.len())
}

fn tag(html: &str) -> Option<Tag<'_>> {
    let closes = html.starts_with("</");
    let inside = &html[1 + usize::from(closes)..];
    if !inside.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let length = inside
        .find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'))
        .unwrap_or(inside.len());
    let name = inside[..length].to_ascii_lowercase();
    let mut reader = Attributes(&inside[length..]);
    let mut attributes = Vec::new();
    while let Some(attribute) = reader.next() {
        attributes.push(attribute);
    }
    let end = html.len() - reader.0.strip_prefix('>')?.len();
    Some(Tag { raw: &html[..end], name, closes, attributes })
}

/// Reads attributes off the front of a text, up to the end of the tag.
struct Attributes<'a>(&'a str);

impl Attributes<'_> {
    fn next(&mut self) -> Option<(String, String)> {
        self.0 = self.0.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if self.0.is_empty() || self.0.starts_with('>') {
            return None;
        }
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/');
        // Its first character belongs to the name whatever it is.
        let first = self.0.chars().next().map_or(0, char::len_utf8);
        let length = self.0[first..].find(ends).map_or(self.0.len(), |at| at + first);
        let name = self.0[..length].to_ascii_lowercase();
        self.0 = &self.0[length..];
        let Some(rest) = self.0.trim_start().strip_prefix('=') else {
            return Some((name, String::new()));
        };
        let rest = rest.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, rest) = if let Some(quote) = quote {
            let end = rest[1..].find(quote)? + 1;
            (&rest[1..end], &rest[end + 1..])
        } else {
            let ends = |c: char| c.is_ascii_whitespace() || c == '>';
            rest.split_at(rest.find(ends).unwrap_or(rest.len()))
        };
        self.0 = rest;
        Some((name, decoded(value)))
    }
}

impl Tag<'_> {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.attributes.retain(|(known, _)| known != name);
    }

    pub(super) fn set(&mut self, name: &str, value: String) {
        self.remove(name);
        self.attributes.push((name.to_owned(), value));
    }

    /// Writes the tag as it was read.
    pub(super) fn write_raw(&self, out: &mut String) {
        out.push_str(self.raw);
    }

    /// Writes the tag with the attributes it has now.
    pub(super) fn write(&self, out: &mut String) {
        out.push('<');
        out.push_str(&self.name);
        for (name, value) in &self.attributes {
            out.push(' ');
            out.push_str(name);
            if !value.is_empty() {
                out.push_str("=\"");
                crate::document::html::escape(value, out);
                out.push('"');
            }
        }
        // Inside an inline picture the slash counts.
        out.push_str(if self.raw.ends_with("/>") { "/>" } else { ">" });
    }
}

/// Returns a value without the entities that attributes are written with.
fn decoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let entity = rest.find(';').filter(|end| *end < 10).map(|end| &rest[1..end]);
        let Some((entity, character)) =
            entity.and_then(|entity| Some((entity, character(entity)?)))
        else {
            out.push('&');
            rest = &rest[1..];
            continue;
        };
        out.push(character);
        rest = &rest[entity.len() + 2..];
    }
    out.push_str(rest);
    out
}

fn character(entity: &str) -> Option<char> {
    match entity {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = entity.strip_prefix('#')?;
            let hex = number.strip_prefix(['x', 'X']);
            let code = hex.map_or_else(|| number.parse(), |hex| u32::from_str_radix(hex, 16));
            char::from_u32(code.ok()?)
        }
    }
}
