//! Raw HTML in Markdown: harmless elements pass, everything else is shown as text.
//! What leads elsewhere passes where it leads to the site, by http(s) or by mail.
//!
//! Works on single tags, as CommonMark gives them; remembers what is open, so that no tag of the
//! content can close an element of the page around it.

use std::borrow::Cow;

use super::elements::{COMMON, VOID, element, leads};
use super::shown::Files;

/// What a piece of raw HTML became.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Cleaned {
    pub html: String,
    /// What leads elsewhere, and where in the HTML it belongs.
    pub references: Vec<(usize, Reference)>,
    /// The first tag that was turned into text, if any was.
    pub refused: Option<String>,
    /// The first tag that lost its address or closed nothing, if any did.
    pub bared: Option<String>,
}

/// What a raw element leads to, as it is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reference {
    /// The opening tag of a link to a file of the site.
    Link(Box<RawLink>),
    /// The whole tag of a picture.
    Picture(Box<RawPicture>),
    /// An attribute that names files.
    Files(Files),
}

/// The attributes of an `<a>` to a file of the site.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RawLink {
    pub href: String,
    pub title: String,
    pub class: String,
    /// What else it bears, as it is written on the page: ` target="_blank"`.
    pub rest: String,
}

/// The attributes of an `<img>`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RawPicture {
    pub src: String,
    pub alt: String,
    /// Whether there is nothing to tell of it: `alt=""`.
    pub decorative: bool,
    pub title: String,
    pub class: String,
    pub align: String,
    pub width: String,
    pub height: String,
}

/// How many signs without an end are looked at to the end of the text, and how far the others are looked at.
const UNCLOSED_MAX: usize = 64;
const TAG_BYTES: usize = 1024;

/// The raw elements that are open at this point of the text.
#[derive(Debug, Default)]
pub(super) struct Open {
    names: Vec<&'static str>,
    deck: bool,
}

impl Open {
    /// Begins a document: on slides passes what passes in Marp.
    pub(super) fn new(deck: bool) -> Open {
        Open { names: Vec::new(), deck }
    }

    /// Cleans a piece of raw HTML: one tag, or a block of tags and text.
    pub(super) fn clean(&mut self, raw: &str) -> Cleaned {
        let mut cleaned = Cleaned::default();
        let (mut rest, mut tags) = (raw, Tags::default());
        while let Some(at) = rest.find('<') {
            escape_html(&rest[..at], &mut cleaned.html);
            rest = &rest[at..];
            if let Some(comment) = rest.strip_prefix("<!--") {
                rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
                continue;
            }
            let tag = &rest[..tags.length(rest)];
            if self.tag(tag, &mut cleaned).is_none() {
                escape(tag, &mut cleaned.html);
                if tag.len() > 1 {
                    cleaned.refused.get_or_insert_with(|| tag.to_owned());
                }
            }
            rest = &rest[tag.len()..];
        }
        escape_html(rest, &mut cleaned.html);
        cleaned
    }

    /// Returns the closing tags of all that was left open.
    pub(super) fn close_all(&mut self) -> String {
        closing(self.names.drain(..))
    }

    /// Writes a tag, if it is one that passes.
    fn tag(&mut self, tag: &str, cleaned: &mut Cleaned) -> Option<()> {
        let inner = tag.strip_prefix('<')?.strip_suffix('>')?;
        if let Some(name) = inner.strip_prefix('/') {
            let (name, _) = element(name.trim(), self.deck)?;
            match self.names.iter().rposition(|&open| open == name) {
                Some(place) => cleaned.html.push_str(&closing(self.names.drain(place..))),
                // A browser would pass over it, too.
                None => cleaned.bare(tag),
            }
            return Some(());
        }
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        let end = inner.find(|c: char| c.is_ascii_whitespace()).unwrap_or(inner.len());
        let (name, own) = element(&inner[..end], self.deck)?;
        let written = attributes(&inner[end..]);
        match lead(name, own, &written).unwrap_or_else(|| cleaned.bare_lead(name, tag, &written)) {
            Lead::Text(text) => {
                escape(&text, &mut cleaned.html);
                return Some(());
            }
            Lead::Tag(reference) => cleaned.references.push((cleaned.html.len(), reference)),
            Lead::Out(href) => {
                cleaned.html.extend(["<", name, &plain(own, &written, &[]), " href=\""]);
                escape(&href, &mut cleaned.html);
                cleaned.html.push_str("\">");
            }
            Lead::Nowhere => {
                cleaned.html.extend(["<", name, &plain(own, &written, &[])]);
                let mut remote = false;
                for (key, value) in &written {
                    let Some((key, kind)) = leads(name, key) else { continue };
                    let (files, all) = Files::read(key, kind, &unescape(value));
                    if !all {
                        cleaned.bare(tag);
                    }
                    // As with other pictures, whoever has it does not learn where it is shown.
                    if name == "img" && !remote && files.as_ref().is_some_and(Files::is_remote) {
                        remote = true;
                        cleaned.html.push_str(" referrerpolicy=\"no-referrer\"");
                    }
                    let at = cleaned.html.len();
                    cleaned.references.extend(files.map(|files| (at, Reference::Files(files))));
                }
                cleaned.html.push('>');
            }
        }
        if !VOID.contains(&name) {
            self.names.push(name);
        }
        Some(())
    }
}

impl Cleaned {
    fn bare(&mut self, tag: &str) {
        self.bared.get_or_insert_with(|| tag.to_owned());
    }

    /// Returns what becomes of a tag whose address leads where none may: it stays without, and of a
    /// picture its words stay.
    fn bare_lead(&mut self, name: &str, tag: &str, written: &[(String, String)]) -> Lead {
        self.bare(tag);
        if name != "img" {
            return Lead::Nowhere;
        }
        let alt = written.iter().find(|(key, _)| key.eq_ignore_ascii_case("alt"));
        Lead::Text(alt.map(|(_, alt)| unescape(alt)).unwrap_or_default())
    }
}

/// Where a tag leads.
enum Lead {
    /// Nowhere, and this is all that stays of it.
    Text(String),
    /// Nowhere, but for files that it may show or play.
    Nowhere,
    /// Out of the site.
    Out(String),
    /// To what the whole tag is made of.
    Tag(Reference),
}

/// Returns where a tag leads; none where it must not. What is looked at here is what is written
/// later: no browser can read it in another way.
fn lead(name: &str, own: &[&str], written: &[(String, String)]) -> Option<Lead> {
    let value = |wanted: &str| {
        let found = written.iter().find(|(key, _)| key.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| unescape(value))
    };
    let text = |wanted: &str| value(wanted).unwrap_or_default();
    let address = |wanted: &str| value(wanted).map(|address| address.trim().to_owned());
    match name {
        "a" => match address("href") {
            None => Some(Lead::Nowhere),
            Some(href) if is_file(&href) => {
                let (title, class) = (text("title"), text("class"));
                let rest = plain(own, written, &["class", "title"]);
                let link = RawLink { href, title, class, rest };
                Some(Lead::Tag(Reference::Link(Box::new(link))))
            }
            Some(href) => {
                let out = ["http://", "https://", "mailto:", "//"];
                has_scheme(&href, &out).then_some(Lead::Out(href))
            }
        },
        "img" => {
            let src = address("src").filter(|src| {
                is_file(src) || has_scheme(src, &["http://", "https://", "data:image/", "//"])
            })?;
            // Who gives several pictures to choose from has chosen widths, too.
            if value("srcset").is_some_and(|set| !set.trim().is_empty()) {
                return Some(Lead::Nowhere);
            }
            Some(Lead::Tag(Reference::Picture(Box::new(RawPicture {
                src,
                alt: text("alt"),
                decorative: value("alt").is_some_and(|alt| alt.trim().is_empty()),
                title: text("title"),
                class: text("class"),
                align: text("align"),
                width: text("width"),
                height: text("height"),
            }))))
        }
        _ => Some(Lead::Nowhere),
    }
}

/// Returns the attributes that lead nowhere, as they are written on the page, but for some.
fn plain(own: &[&str], written: &[(String, String)], without: &[&str]) -> String {
    let mut out = String::new();
    for (key, value) in written {
        let key = key.to_ascii_lowercase();
        let cited = key != "cite" || has_scheme(value, &["http://", "https://"]);
        let known = COMMON.contains(&key.as_str()) || (own.contains(&key.as_str()) && cited);
        if known && !without.contains(&key.as_str()) {
            out.extend([" ", &key, "=\""]);
            escape_html(value, &mut out);
            out.push('"');
        }
    }
    out
}

pub(super) fn has_scheme(address: &str, schemes: &[&str]) -> bool {
    schemes.iter().any(|scheme| {
        address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}

/// Returns an address with the scheme that it leaves to the page: a page on a disk has none.
pub(super) fn schemed(address: &str) -> Cow<'_, str> {
    match address.strip_prefix("//") {
        Some(rest) => Cow::Owned(["https://", rest].concat()),
        None => Cow::Borrowed(address),
    }
}

/// Tells whether an address is one of a file of the site, by its form.
pub(super) fn is_file(address: &str) -> bool {
    let scheme = address.split(['/', '?', '#']).next().is_some_and(|first| first.contains(':'));
    let host = address.starts_with(['/', '\\']) && address[1..].starts_with(['/', '\\']);
    !address.is_empty() && !scheme && !host
}

/// Returns the text of an attribute's value. A reference that is not known here stays its letters.
pub fn unescape(value: &str) -> String {
    const LENGTH_MAX: usize = 12;
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(LENGTH_MAX).position(|byte| byte == b';');
        let named = end.and_then(|end| Some((character(&rest[1..end])?, end + 1)));
        let (letter, length) = named.unwrap_or(('&', 1));
        out.push(letter);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

/// Returns the character that stands between `&` and `;`.
fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "apos" => Some('\''),
        "gt" => Some('>'),
        "lt" => Some('<'),
        "nbsp" => Some('\u{a0}'),
        "quot" => Some('"'),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?).filter(|letter| !letter.is_control())
        }
    }
}

/// Returns the closing tags of elements, the innermost first.
fn closing(open: impl DoubleEndedIterator<Item = &'static str>) -> String {
    open.rev().flat_map(|name| ["</", name, ">"]).collect()
}

/// Leaves comments out of a piece of raw HTML: they are notes, or none of the reader's business.
pub(super) fn without_comments(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find("<!--") {
        out.push_str(&rest[..at]);
        let inside = &rest[at + 4..];
        rest = inside.find("-->").map_or("", |end| &inside[end + 3..]);
    }
    out.push_str(rest);
    out
}

/// Finds where the tags of one text end.
#[derive(Debug, Default)]
pub(super) struct Tags {
    unclosed: usize,
}

impl Tags {
    /// Returns the length of the tag at the start of the rest; 1 when it is no tag. After some that no end is found
    /// for, the end of others is looked for nearby only: else every sign of a long text would be followed to its end.
    pub(super) fn length(&mut self, rest: &str) -> usize {
        let near = if self.unclosed < UNCLOSED_MAX { rest.len() } else { TAG_BYTES };
        let length = tag_length(&rest.as_bytes()[..rest.len().min(near)]);
        self.unclosed += usize::from(length == 1);
        length
    }
}

/// Returns the length of the tag at the start of a text; 1 when it is no tag.
fn tag_length(bytes: &[u8]) -> usize {
    if !bytes
        .get(1)
        .is_some_and(|b| b.is_ascii_alphabetic() || *b == b'/' || *b == b'!' || *b == b'?')
    {
        return 1;
    }
    let mut quote = None;
    for (at, &byte) in bytes.iter().enumerate().skip(1) {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return at + 1,
            _ => {}
        }
    }
    1
}

fn attributes(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c.is_ascii_whitespace() || c == '=').unwrap_or(rest.len());
        let key = rest[..end].to_owned();
        rest = rest[end..].trim_start();
        let mut value = String::new();
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
            let (inside, length) = if let Some(quote) = quote {
                let close = after[1..].find(quote).map_or(after.len(), |at| at + 1);
                (&after[1..close.max(1)], (close + 1).min(after.len()))
            } else {
                let close = after.find(|c: char| c.is_ascii_whitespace()).unwrap_or(after.len());
                (&after[..close], close)
            };
            inside.clone_into(&mut value);
            rest = &after[length..];
        } else if end == 0 {
            break;
        }
        if !key.is_empty() {
            found.push((key, value));
        }
        rest = rest.trim_start();
    }
    found
}

/// Appends a piece of HTML that holds no tags: `&amp;` in it is a character already.
fn escape_html(html: &str, out: &mut String) {
    let mut rest = html;
    while let Some(at) = rest.find('&') {
        escape(&rest[..at], out);
        rest = &rest[at..];
        let inside = rest[1..].strip_prefix('#').unwrap_or(&rest[1..]);
        let end = inside.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inside.len());
        let is_reference = end > 0 && inside[end..].starts_with(';');
        out.push_str(if is_reference { "&" } else { "&amp;" });
        rest = &rest[1..];
    }
    escape(rest, out);
}

/// Tells whether any byte of a text is special. Most texts have none, and sixteen bytes are looked at at a
/// time: compilers turn a stretch without a way out in its middle into a few instructions.
#[inline]
pub fn has_byte(text: &str, special: impl Fn(u8) -> bool) -> bool {
    let (stretches, rest) = text.as_bytes().as_chunks::<16>();
    let found = |stretch: &[u8; 16]| stretch.iter().fold(false, |found, b| found | special(*b));
    stretches.iter().any(found) || rest.iter().any(|byte| special(*byte))
}

/// Tells whether a byte is one of a few.
#[inline]
#[expect(clippy::needless_bitwise_bool, reason = "no way out in its middle here, either")]
pub fn is_one_of<const N: usize>(byte: u8, few: &[u8; N]) -> bool {
    few.iter().fold(false, |found, one| found | (byte == *one))
}

/// Appends text with the characters escaped that mean something in HTML.
pub fn escape(text: &str, out: &mut String) {
    if !has_byte(text, |byte| is_one_of(byte, b"&<>\"")) {
        return out.push_str(text);
    }
    let mut written = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escaped = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => continue,
        };
        out.push_str(&text[written..at]);
        out.push_str(escaped);
        written = at + 1;
    }
    out.push_str(&text[written..]);
}
