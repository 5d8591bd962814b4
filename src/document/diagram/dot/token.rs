//! A graph's text -> its words and signs, with their places.

use std::ops::Range;

use crate::document::diagram::Fault;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A name or a value, and whether it was written bare, so that it may be a keyword.
    Word(String, bool),
    Sign(&'static str),
}

/// The signs, the longer first.
const SIGNS: &[&str] = &["->", "--", "{", "}", "[", "]", ";", ",", "=", ":", "+"];

/// Reads a text whole.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Range<usize>)>, Fault> {
    let (mut tokens, mut at) = (Vec::new(), 0);
    while let Some(start) = next(text, at)? {
        let rest = &text[start..];
        let (token, length) = if let Some(quoted) = rest.strip_prefix('"') {
            let (word, length) = string(quoted).ok_or_else(|| open("a string", start))?;
            (Token::Word(word, false), length + 1)
        } else if rest.starts_with('<') {
            let length = html(rest).ok_or_else(|| open("a label in `<` and `>`", start))?;
            (Token::Word(words(&rest[1..length - 1]), false), length)
        } else if let Some(length) = number(rest) {
            (Token::Word(rest[..length].to_owned(), false), length)
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            (Token::Sign(sign), sign.len())
        } else {
            let length = rest.find(|c: char| !is_letter(c) && !c.is_ascii_digit());
            let length = length.unwrap_or(rest.len());
            if length == 0 {
                let sign = rest.chars().next().unwrap_or_default();
                let at = Some(start..start + sign.len_utf8());
                return Err(Fault::new(format!("`{sign}` means nothing here"), at));
            }
            (Token::Word(rest[..length].to_owned(), true), length)
        };
        at = start + length;
        tokens.push((token, start..at));
    }
    Ok(tokens)
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

fn open(what: &str, at: usize) -> Fault {
    Fault::new(format!("{what} has no end"), Some(at..at + 1))
}

/// Returns where the next token begins, behind spaces and comments.
fn next(text: &str, from: usize) -> Result<Option<usize>, Fault> {
    let mut at = from;
    loop {
        let rest = &text[at..];
        let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        at = text.len() - trimmed.len();
        let is_line_start =
            text[..at].rsplit('\n').next().is_some_and(|line| line.trim().is_empty());
        if trimmed.is_empty() {
            return Ok(None);
        }
        if trimmed.starts_with("//") || (trimmed.starts_with('#') && is_line_start) {
            at += trimmed.find('\n').unwrap_or(trimmed.len());
        } else if trimmed.starts_with("/*") {
            at += trimmed.find("*/").ok_or_else(|| open("a comment", at))? + 2;
        } else {
            return Ok(Some(at));
        }
    }
}

/// Reads a string behind its first quotation mark: what it says, and how long it is with the second.
fn string(text: &str) -> Option<(String, usize)> {
    let (mut said, mut letters) = (String::new(), text.char_indices());
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((said, at + 1)),
            '\\' => match letters.next()?.1 {
                '"' => said.push('"'),
                '\n' => {}
                // What it stands for depends on what the string is for.
                other => said.extend(['\\', other]),
            },
            _ => said.push(letter),
        }
    }
    None
}

/// Returns how long a label in angle brackets is.
fn html(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'<' => depth += 1,
            b'>' if depth == 1 => return Some(at + 1),
            b'>' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Returns the words of a label that is written in HTML, its lines and rows as lines.
fn words(html: &str) -> String {
    let mut said = String::new();
    let mut parts = html.split('<');
    said.push_str(parts.next().unwrap_or(""));
    for part in parts {
        let (tag, text) = part.split_once('>').unwrap_or(("", part));
        let name = tag.trim_matches('/').split_whitespace().next().unwrap_or("");
        let closes = tag.starts_with('/');
        if name.eq_ignore_ascii_case("br") || (closes && name.eq_ignore_ascii_case("tr")) {
            said.push_str("\\n");
        } else if closes && name.eq_ignore_ascii_case("td") {
            said.push(' ');
        }
        said.push_str(text);
    }
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = said.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    said.replace("&nbsp;", " ").replace("&amp;", "&").trim_end_matches("\\n").to_owned()
}

fn number(text: &str) -> Option<usize> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let sign = usize::from(text.starts_with('-'));
    let whole = digits(&text[sign..]);
    let point = usize::from(text[sign + whole..].starts_with('.'));
    let part = if point == 1 { digits(&text[sign + whole + 1..]) } else { 0 };
    (whole + part > 0).then_some(sign + whole + point + part)
}
