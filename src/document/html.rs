//! Raw HTML in Markdown: harmless elements pass, everything else is shown as text.
//!
//! Works on single tags, as CommonMark gives them; remembers what is open, so that no tag of the
//! content can close an element of the page around it.

/// Elements that pass, each with the attributes it may bear besides the common ones.
const ELEMENTS: &[(&str, &[&str])] = &[
    ("abbr", &[]),
    ("b", &[]),
    ("bdi", &[]),
    ("bdo", &[]),
    ("blockquote", &[]),
    ("br", &[]),
    ("cite", &[]),
    ("code", &[]),
    ("dd", &[]),
    ("del", &[]),
    ("details", &["open"]),
    ("dfn", &[]),
    ("div", &[]),
    ("dl", &[]),
    ("dt", &[]),
    ("em", &[]),
    ("figcaption", &[]),
    ("figure", &[]),
    ("h1", &[]),
    ("h2", &[]),
    ("h3", &[]),
    ("h4", &[]),
    ("h5", &[]),
    ("h6", &[]),
    ("hr", &[]),
    ("i", &[]),
    ("ins", &[]),
    ("kbd", &[]),
    ("li", &["value"]),
    ("mark", &[]),
    ("ol", &["start", "reversed"]),
    ("p", &[]),
    ("pre", &[]),
    ("q", &[]),
    ("rp", &[]),
    ("rt", &[]),
    ("ruby", &[]),
    ("s", &[]),
    ("samp", &[]),
    ("small", &[]),
    ("span", &[]),
    ("strong", &[]),
    ("sub", &[]),
    ("summary", &[]),
    ("sup", &[]),
    ("table", &[]),
    ("tbody", &[]),
    ("td", &["colspan", "rowspan"]),
    ("tfoot", &[]),
    ("th", &["colspan", "rowspan", "scope"]),
    ("thead", &[]),
    ("time", &["datetime"]),
    ("tr", &[]),
    ("u", &[]),
    ("ul", &[]),
    ("var", &[]),
    ("wbr", &[]),
];
const VOID: &[&str] = &["br", "hr", "wbr"];
const COMMON: &[&str] = &["class", "dir", "lang", "title"];

/// What a piece of raw HTML became.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Cleaned {
    pub html: String,
    /// The first tag that was turned into text, if any was.
    pub refused: Option<String>,
}

/// The raw elements that are open at this point of the text.
#[derive(Debug, Default)]
pub(super) struct Open(Vec<&'static str>);

impl Open {
    /// Cleans a piece of raw HTML: one tag, or a block of tags and text.
    pub(super) fn clean(&mut self, raw: &str) -> Cleaned {
        let mut cleaned = Cleaned::default();
        let mut rest = raw;
        while let Some(at) = rest.find('<') {
            escape_html(&rest[..at], &mut cleaned.html);
            rest = &rest[at..];
            if let Some(comment) = rest.strip_prefix("<!--") {
                rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
                continue;
            }
            let length = tag_length(rest);
            let tag = &rest[..length];
            if let Some(html) = self.tag(tag) {
                cleaned.html.push_str(&html);
            } else {
                escape(tag, &mut cleaned.html);
                if tag.len() > 1 {
                    cleaned.refused.get_or_insert_with(|| tag.to_owned());
                }
            }
            rest = &rest[length..];
        }
        escape_html(rest, &mut cleaned.html);
        cleaned
    }

    /// Returns the closing tags of all that was left open.
    pub(super) fn close_all(&mut self) -> String {
        closing(self.0.drain(..))
    }

    fn tag(&mut self, tag: &str) -> Option<String> {
        let inner = tag.strip_prefix('<')?.strip_suffix('>')?;
        if let Some(name) = inner.strip_prefix('/') {
            let (name, _) = element(name.trim())?;
            let place = self.0.iter().rposition(|&open| open == name)?;
            return Some(closing(self.0.drain(place..)));
        }
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        let end = inner.find(|c: char| c.is_ascii_whitespace()).unwrap_or(inner.len());
        let (name, own) = element(&inner[..end])?;
        let mut html = format!("<{name}");
        for (key, value) in attributes(&inner[end..]) {
            let key = key.to_ascii_lowercase();
            if COMMON.contains(&key.as_str()) || own.contains(&key.as_str()) {
                html.push(' ');
                html.push_str(&key);
                html.push_str("=\"");
                escape_html(&value, &mut html);
                html.push('"');
            }
        }
        html.push('>');
        if !VOID.contains(&name) {
            self.0.push(name);
        }
        Some(html)
    }
}

/// Returns the closing tags of elements, the innermost first.
fn closing(open: impl DoubleEndedIterator<Item = &'static str>) -> String {
    open.rev().flat_map(|name| ["</", name, ">"]).collect()
}

fn element(name: &str) -> Option<(&'static str, &'static [&'static str])> {
    let lower = name.to_ascii_lowercase();
    ELEMENTS.iter().find(|(known, _)| *known == lower).copied()
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

/// Returns the length of the tag at the start of `text`; 1 when it is no tag.
fn tag_length(text: &str) -> usize {
    let bytes = text.as_bytes();
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

/// Appends text with the characters escaped that mean something in HTML.
pub fn escape(text: &str, out: &mut String) {
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
