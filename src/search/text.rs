//! Document -> blocks of plain text: what a search looks through, note-free.
//!
//! A block is what stands together: a paragraph, an item, a cell. What another document says is found there.

use std::borrow::Cow;

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
    for alias in document.matter.aliases.iter().chain(&document.matter.reading) {
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
    match name {
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Element::Heading,
        "a" | "code" | "strong" | "em" | "sup" | "span" | "abbr" | "b" | "bdi" | "bdo" | "cite"
        | "del" | "dfn" | "font" | "i" | "img" | "input" | "ins" | "kbd" | "mark" | "q" | "s"
        | "samp" | "small" | "strike" | "sub" | "time" | "tt" | "u" | "var" | "wbr" => {
            Element::Inline
        }
        "br" => Element::Break,
        "ruby" => Element::Ruby,
        "rt" | "rp" => Element::Reading,
        "script" | "style" | "template" | "noscript" | "iframe" | "object" | "svg" => {
            Element::Silent
        }
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
    skipped: Option<(String, usize)>,
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
        let mut at = 0;
        while let Some(found) = memchr::memchr2(b'<', b'&', &self.html.as_bytes()[at..]) {
            let found = at + found;
            self.say(at, found);
            at = if self.html.as_bytes()[found] == b'&' {
                self.entity(found)
            } else {
                let end = tag_end(self.html, found);
                self.holes_to(end);
                self.tag(&self.html[found..end]);
                end
            };
        }
        self.say(at, self.html.len());
        self.end_block();
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

    fn say(&mut self, start: usize, end: usize) {
        if start < end && self.skipped.is_none() {
            let to = if self.in_reading { &mut self.reading } else { &mut self.text };
            append(to, &self.html[start..end]);
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
        if self.skipped.is_none() {
            let to = if self.in_reading { &mut self.reading } else { &mut self.text };
            append(to, text.encode_utf8(&mut [0; 4]));
        }
        next
    }

    fn tag(&mut self, tag: &str) {
        let inner = &tag[1..tag.len() - usize::from(tag.ends_with('>'))];
        let (closes, inner) = match inner.strip_prefix('/') {
            Some(inner) => (true, inner),
            None => (false, inner),
        };
        let length = inner.bytes().position(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'/'));
        let written = &inner[..length.unwrap_or(inner.len())];
        if written.starts_with('!') {
            return;
        }
        let name = if written.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(written.to_ascii_lowercase())
        } else {
            Cow::Borrowed(written)
        };
        let alone = inner.ends_with('/');
        if let Some((skipped, depth)) = &mut self.skipped {
            if *skipped == name && !alone {
                *depth = if closes { *depth - 1 } else { *depth + 1 };
                if *depth == 0 {
                    self.skipped = None;
                }
            }
            return;
        }
        let element = element(&name);
        let silent = element == Element::Silent || is_mark_of_note(&name, inner);
        if silent && !closes && !alone {
            self.skipped = Some((name.into_owned(), 1));
            return;
        }
        match element {
            Element::Inline | Element::Silent => {}
            Element::Reading => self.in_reading = *name == *"rt" && !closes,
            Element::Ruby => self.in_reading = false,
            Element::Break => append(&mut self.text, " "),
            Element::Heading | Element::Block => {
                self.end_block();
                self.in_heading = element == Element::Heading && !closes;
            }
        }
    }

    fn end_block(&mut self) {
        let field = if self.in_heading { Field::Heading } else { Field::Body };
        let anchor = if self.in_heading { self.anchor } else { "" };
        for text in [&self.text, &self.reading] {
            let text = text.trim_end_matches([' ', BREAK]);
            if !text.is_empty() {
                (self.each)(Block { field, slide: self.slide, anchor, text });
            }
        }
        self.text.clear();
        self.reading.clear();
        self.in_reading = false;
        if self.in_heading {
            self.anchor = "";
        }
    }
}

/// Tells the small numbers and arrows that lead to notes and back.
fn is_mark_of_note(name: &str, tag: &str) -> bool {
    (name == "sup" && tag.contains("class=\"footnote-ref\""))
        || (name == "a" && tag.contains("class=\"footnote-backref\""))
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

/// Appends a text with its runs of white space as one space; a line break between two wide characters is
/// nothing, as in a browser.
fn append(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = memchr::memchr3(b'\n', b'\t', b'\r', rest.as_bytes()) {
        append_line(out, &rest[..at]);
        let space = if rest.as_bytes()[at] == b'\n' { BREAK } else { ' ' };
        if space == BREAK && out.ends_with(' ') {
            out.pop();
        }
        if !out.is_empty() && !out.ends_with([' ', BREAK]) {
            out.push(space);
        }
        rest = &rest[at + 1..];
    }
    append_line(out, rest);
}

fn append_line(out: &mut String, line: &str) {
    let mut rest = line;
    loop {
        if out.is_empty() || out.ends_with([' ', BREAK]) {
            rest = rest.trim_start_matches(' ');
        }
        match memchr::memmem::find(rest.as_bytes(), b"  ") {
            None => return join(out, rest),
            Some(at) => {
                join(out, &rest[..=at]);
                rest = &rest[at + 1..];
            }
        }
    }
}

/// A line break whose other side is not known yet.
const BREAK: char = '\n';

fn join(out: &mut String, text: &str) {
    let Some(first) = text.chars().next() else { return };
    if out.ends_with(BREAK) {
        out.pop();
        let wide = |c: char| matches!(c, '\u{2e80}'..='\u{a4cf}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff60}' | '\u{20000}'..='\u{3ffff}');
        if !(wide(first) && out.chars().next_back().is_some_and(wide)) {
            out.push(' ');
        }
    }
    out.push_str(text);
}
