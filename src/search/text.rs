//! Document -> blocks of plain text: what a search looks through, note-free.
//!
//! A block is what stands together: a paragraph, an item, a cell. What another document says is found there.

use std::borrow::Cow;

use super::lanes::any_pair;
use crate::catalog::Entry;
use crate::document::{Filling, Heading, Prose};

/// What a block is to its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    Body,
    Heading,
    Alias,
    Title,
}

/// One block of a document.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    pub field: Field,
    /// The slide it stands on, from 1; 0 on a page.
    pub slide: usize,
    /// The anchor of a heading, where it has one.
    pub anchor: &'a str,
    pub text: &'a str,
}

/// Tells the blocks of a document: its title, its other names, then its text.
pub fn blocks(entry: &Entry, mut each: impl FnMut(Block<'_>)) {
    let document = &entry.document;
    let mut name = |field, text: &str| {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !text.is_empty() {
            each(Block { field, slide: 0, anchor: "", text: &text });
        }
    };
    name(Field::Title, &entry.title);
    let aliases = document.matter.aliases.iter().map(|alias| &alias.text);
    for alias in aliases.chain(&document.matter.reading) {
        name(Field::Alias, alias);
    }
    Reader::new(&document.body, &document.headings, 0, &mut each).read();
    for (number, slide) in (1..).zip(&document.slides) {
        Reader::new(&slide.prose, &document.headings, number, &mut each).read();
    }
}

/// What an element does to the block it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    /// It ends it.
    Block,
    Heading,
    /// It is part of it.
    Inline,
    Break,
    Ruby,
    /// What it says is read, but not here.
    Reading,
    /// There is nothing to read in it.
    Silent,
}

fn element(name: &str) -> Element {
    match name.as_bytes() {
        b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" => Element::Heading,
        b"a" | b"code" | b"strong" | b"em" | b"sup" | b"span" | b"abbr" | b"b" | b"bdi"
        | b"bdo" | b"cite" | b"del" | b"dfn" | b"font" | b"i" | b"img" | b"input" | b"ins"
        | b"kbd" | b"mark" | b"q" | b"s" | b"samp" | b"small" | b"strike" | b"sub" | b"time"
        | b"tt" | b"u" | b"var" | b"wbr" => Element::Inline,
        b"br" => Element::Break,
        b"ruby" => Element::Ruby,
        b"rt" | b"rp" => Element::Reading,
        b"script" | b"style" | b"template" | b"noscript" | b"iframe" | b"object" | b"svg" => {
            Element::Silent
        }
        other if other.iter().any(u8::is_ascii_uppercase) => element(&name.to_ascii_lowercase()),
        _ => Element::Block,
    }
}

/// Reads the blocks of one prose.
struct Reader<'p, F> {
    html: &'p str,
    holes: &'p Prose,
    headings: &'p [Heading],
    next_hole: usize,
    slide: usize,
    each: F,
    text: String,
    /// What ruby says above the text: a block of its own.
    reading: String,
    in_reading: bool,
    in_heading: bool,
    anchor: &'p str,
    /// The element that is skipped, and how often it is open.
    skipped: Option<(&'p str, usize)>,
}

impl<'p, F: FnMut(Block<'_>)> Reader<'p, F> {
    fn new(holes: &'p Prose, headings: &'p [Heading], slide: usize, each: F) -> Reader<'p, F> {
        Reader {
            html: &holes.html,
            holes,
            headings,
            next_hole: 0,
            slide,
            each,
            text: String::new(),
            reading: String::new(),
            in_reading: false,
            in_heading: false,
            anchor: "",
            skipped: None,
        }
    }

    fn read(mut self) {
        let (bytes, mut at) = (self.html.as_bytes(), 0);
        while at < bytes.len() {
            match bytes[at] {
                b'<' => at = self.tag(at),
                b'&' => at = self.entity(at),
                _ => {
                    let length = memchr::memchr2(b'<', b'&', &bytes[at..]);
                    let end = length.map_or(bytes.len(), |length| at + length);
                    self.say(&self.html[at..end]);
                    at = end;
                }
            }
        }
        self.end_block(at);
    }

    /// Passes the holes before `end`: only the id of a heading tells something here.
    fn holes_to(&mut self, end: usize) {
        while let Some(hole) = self.holes.holes.get(self.next_hole)
            && (hole.at as usize) < end
        {
            if let Filling::Id(index) = hole.filling {
                self.anchor = self.headings.get(index as usize).map_or("", |found| &found.id);
            }
            self.next_hole += 1;
        }
    }

    /// Takes a text as it is written.
    fn say(&mut self, text: &str) {
        if self.skipped.is_none() {
            let to = if self.in_reading { &mut self.reading } else { &mut self.text };
            let start = if to.is_empty() { until(text, 0, |byte| !is_space(byte)) } else { 0 };
            to.push_str(&text[start..]);
        }
    }

    /// Reads a character reference; what is none is text.
    fn entity(&mut self, at: usize) -> usize {
        let rest = &self.html.as_bytes()[at..self.html.len().min(at + 12)];
        let end = rest.iter().position(|byte| *byte == b';');
        let said = end.and_then(|end| reference(&self.html[at + 1..at + end]));
        let (text, next) = match (&said, end) {
            (Some(c), Some(end)) => (*c, at + end + 1),
            _ => ('&', at + 1),
        };
        self.say(text.encode_utf8(&mut [0; 4]));
        next
    }

    /// Reads the tag at `at` and returns where it ends.
    fn tag(&mut self, at: usize) -> usize {
        let bytes = self.html.as_bytes();
        let closes = bytes.get(at + 1) == Some(&b'/');
        let start = at + 1 + usize::from(closes);
        let is_end = |byte: &u8| matches!(byte, b'>' | b' ' | b'\t' | b'\n' | b'/');
        let length = bytes[start..].iter().position(is_end);
        let name_end = length.map_or(bytes.len(), |length| start + length);
        let plain = bytes.get(name_end) == Some(&b'>');
        let end = if plain { name_end + 1 } else { tag_end(self.html, at) };
        if bytes.get(start) == Some(&b'!') {
            return end;
        }
        let name = &self.html[start..name_end];
        let alone = !plain && self.html[at..end].ends_with("/>");
        if let Some((skipped, depth)) = &mut self.skipped {
            if skipped.eq_ignore_ascii_case(name) && !alone {
                *depth = if closes { *depth - 1 } else { *depth + 1 };
                if *depth == 0 {
                    self.skipped = None;
                }
            }
            return end;
        }
        let element = element(name);
        if !closes && !alone {
            let marks = !plain && is_mark_of_note(name, &self.html[name_end..end]);
            if element == Element::Silent || marks {
                self.skipped = Some((name, 1));
                return end;
            }
        }
        match element {
            Element::Inline | Element::Silent => {}
            Element::Reading => self.in_reading = !closes && name.eq_ignore_ascii_case("rt"),
            Element::Ruby => self.in_reading = false,
            Element::Break => self.text.push(' '),
            Element::Heading | Element::Block => {
                self.end_block(end);
                self.in_heading = element == Element::Heading && !closes;
            }
        }
        end
    }

    /// Ends the block at hand; whatever ended it ends at `end`.
    fn end_block(&mut self, end: usize) {
        let mut field = Field::Body;
        if self.in_heading {
            field = Field::Heading;
            self.holes_to(end);
        }
        let anchor = if self.in_heading { std::mem::take(&mut self.anchor) } else { "" };
        for written in [&self.text, &self.reading] {
            let written = trimmed(written);
            if written.is_empty() {
                continue;
            }
            let text = spaced(written);
            (self.each)(Block { field, slide: self.slide, anchor, text: &text });
        }
        self.text.clear();
        self.reading.clear();
        self.in_reading = false;
    }
}

/// Tells the small numbers and arrows that lead to notes and back, by the attributes of their tags.
fn is_mark_of_note(name: &str, attributes: &str) -> bool {
    let has = |class| memchr::memmem::find(attributes.as_bytes(), class).is_some();
    (name.eq_ignore_ascii_case("sup") && has(b"class=\"footnote-ref\""))
        || (name.eq_ignore_ascii_case("a") && has(b"class=\"footnote-backref\""))
}

/// Returns where a tag or comment ends that begins at `at`.
fn tag_end(html: &str, at: usize) -> usize {
    let rest = &html.as_bytes()[at..];
    if rest.starts_with(b"<!--") {
        return html[at..].find("-->").map_or(html.len(), |end| at + end + 3);
    }
    let mut quote = 0;
    for (index, byte) in rest.iter().enumerate().skip(1) {
        match byte {
            b'>' if quote == 0 => return at + index + 1,
            b'"' | b'\'' if quote == 0 => quote = *byte,
            byte if *byte == quote => quote = 0,
            _ => {}
        }
    }
    html.len()
}

fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => {
            let digits = name.strip_prefix('#')?;
            let number = match digits.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(number)
        }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\t' | b'\r')
}

/// Returns where white space begins, or ends, that is looked for from `at`.
fn until(text: &str, at: usize, is_end: impl Fn(u8) -> bool) -> usize {
    text[at..].bytes().position(is_end).map_or(text.len(), |length| at + length)
}

fn trimmed(text: &str) -> &str {
    let end = text.bytes().rposition(|byte| !is_space(byte)).map_or(0, |last| last + 1);
    &text[until(text, 0, |byte| !is_space(byte)).min(end)..end]
}

/// Writes runs of white space as one space; a line break between two wide characters is nothing, as in a
/// browser.
fn spaced(text: &str) -> Cow<'_, str> {
    if is_single_spaced(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    let wide = |c: char| matches!(c, '\u{2e80}'..='\u{a4cf}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff60}' | '\u{20000}'..='\u{3ffff}');
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    loop {
        let more = text.as_bytes()[at..]
            .windows(2)
            .position(|pair| is_space(pair[0]) && (pair[0] != b' ' || is_space(pair[1])));
        let end = more.map_or(text.len(), |length| at + length);
        out.push_str(&text[at..end]);
        at = until(text, end, |byte| !is_space(byte));
        let Some(next) = text[at..].chars().next() else { return Cow::Owned(out) };
        let is_wide = || wide(next) && out.chars().next_back().is_some_and(wide);
        if !(text.as_bytes()[end..at].contains(&b'\n') && is_wide()) {
            out.push(' ');
        }
    }
}

fn is_single_spaced(text: &[u8]) -> bool {
    !any_pair(text, |a, b| a < b' ' || a | b == b' ')
}
