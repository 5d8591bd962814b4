//! Style sheets whose pictures and fonts are written into them.

use std::collections::BTreeMap;

/// What a style sheet names with `url(..)`, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// From the `u` to the closing bracket.
    pub(super) range: std::ops::Range<usize>,
    pub(super) url: String,
    /// Whether it stands in a rule in which no `var()` counts, such as `@font-face`.
    pub(super) is_literal: bool,
}

/// Finds all `url(..)` of a style sheet, not those in comments and strings.
pub(super) fn urls(css: &str) -> Vec<Named> {
    let bytes = css.as_bytes();
    let mut found = Vec::new();
    let (mut at, mut face_depth, mut depth) = (0, None, 0usize);
    while at < bytes.len() {
        let rest = &css[at..];
        match bytes[at] {
            b'/' if rest.starts_with("/*") => {
                at += rest.find("*/").map_or(rest.len(), |end| end + 2);
                continue;
            }
            b'"' | b'\'' => {
                at += string_length(rest);
                continue;
            }
            b'@' if starts_with(rest, "@font-face") => face_depth = face_depth.or(Some(depth)),
            b'{' => depth += 1,
            b'}' => {
                depth = depth.saturating_sub(1);
                face_depth = face_depth.filter(|outer| depth > *outer);
            }
            b'u' | b'U' if starts_with(rest, "url(") && !is_word(css[..at].chars().last()) => {
                if let Some((url, length)) = url(rest) {
                    let is_literal = face_depth.is_some() || depth == 0;
                    found.push(Named { range: at..at + length, url, is_literal });
                    at += length;
                    continue;
                }
            }
            _ => {}
        }
        at += rest.chars().next().map_or(1, char::len_utf8);
    }
    found
}

fn starts_with(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

fn is_word(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '\\'))
}

pub(super) fn string_length(text: &str) -> usize {
    let quote = text.as_bytes()[0];
    let mut at = 1;
    while let Some(byte) = text.as_bytes().get(at) {
        match byte {
            b'\\' => at += 2,
            byte if *byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

/// Reads `url(..)`: what it names, and how long it is.
fn url(text: &str) -> Option<(String, usize)> {
    let inside = text[4..].trim_start();
    let from = text.len() - inside.len();
    let end = match inside.as_bytes().first()? {
        b'"' | b'\'' => {
            let length = string_length(inside);
            let close = text.get(from + length..)?.find(')')? + from + length;
            return Some((unescaped(inside.get(1..length - 1)?), close + 1));
        }
        _ => text[from..].find(')')? + from,
    };
    Some((unescaped(text[from..end].trim_end()), end + 1))
}

/// Returns a string of CSS without its escapes.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let mut digits = String::new();
        while let Some(digit) = chars.next_if(|c| digits.len() < 6 && c.is_ascii_hexdigit()) {
            digits.push(digit);
        }
        if digits.is_empty() {
            out.extend(chars.next().filter(|c| *c != '\n'));
            continue;
        }
        chars.next_if(char::is_ascii_whitespace);
        out.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
    }
    out
}

/// Returns the style sheet with other words in place of each `url(..)` that has some.
pub(super) fn replaced(css: &str, words: &BTreeMap<usize, String>) -> String {
    let mut out = String::with_capacity(css.len());
    let mut at = 0;
    for named in urls(css) {
        if let Some(word) = words.get(&named.range.start) {
            out.push_str(&css[at..named.range.start]);
            out.push_str(word);
            at = named.range.end;
        }
    }
    out.push_str(&css[at..]);
    out
}
