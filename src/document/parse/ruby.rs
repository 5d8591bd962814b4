//! Ruby: `{漢字|かんじ}` sets a reading above a word, `{東京|とう|きょう}` one above each character.
//!
//! Found in running text alone, never in code, formulas or addresses. Braces that say something else stay braces,
//! and so do those behind a backslash. A text without `{` is not looked at.

use comrak::nodes::NodeValue;
use comrak::{Arena, Node};

use super::prepare::text_node;
use super::{Dialect, Text};
use crate::diagnostic::{Diagnostic, rules};
use crate::document::html::escape;
use crate::span::Span;

/// A stretch of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    Plain(&'t str),
    /// The parts of a word, each with its reading, which may be empty.
    Ruby(Vec<(&'t str, &'t str)>),
    /// As written: it has neither one reading nor one for each character.
    Uneven(&'t str),
}

/// What was left as it is, and the text it stands in.
pub(super) struct Uneven<'a> {
    node: Node<'a>,
    written: String,
}

/// Tells whether the tree must keep what a backslash protects apart.
pub(super) fn needs_escapes(body: &str, dialect: Dialect) -> bool {
    matches!(dialect, Dialect::Page | Dialect::Deck)
        && memchr::memchr(b'{', body.as_bytes()).is_some()
        && memchr::memchr(b'\\', body.as_bytes()).is_some()
}

/// Sets the ruby of a tree; returns what looks like ruby and does not come out even.
pub(super) fn set<'a>(arena: &'a Arena<'a>, root: Node<'a>, body: &str) -> Vec<Uneven<'a>> {
    let mut uneven = Vec::new();
    if memchr::memchr(b'{', body.as_bytes()).is_none() {
        return uneven;
    }
    let (mut texts, mut escaped) = (Vec::new(), Vec::new());
    for node in root.descendants() {
        match &node.data().value {
            NodeValue::Text(text) if text.contains('{') => texts.push(node),
            NodeValue::Escaped => escaped.push(node),
            _ => {}
        }
    }
    for node in texts {
        let text = node.data().value.text().unwrap_or_default().to_owned();
        let pieces = pieces(&text);
        if pieces.iter().any(|piece| matches!(piece, Piece::Ruby(_))) {
            for piece in &pieces {
                put(arena, node, piece);
            }
            node.detach();
        }
        uneven.extend(pieces.iter().filter_map(|piece| match piece {
            Piece::Uneven(written) => Some(Uneven { node, written: (*written).to_owned() }),
            Piece::Plain(_) | Piece::Ruby(_) => None,
        }));
    }
    for node in escaped {
        join(node);
    }
    uneven
}

/// Says of a ruby that does not come out even where it is and what to do.
pub(super) fn diagnostic(text: &Text<'_>, uneven: &Uneven<'_>) -> Diagnostic {
    let whole = text.span(uneven.node);
    let (start, end) = (whole.start as usize - text.base, whole.end as usize - text.base);
    let span =
        text.body.get(start..end).and_then(|line| line.find(&uneven.written)).map_or(whole, |at| {
            Span::new(whole.start as usize + at, whole.start as usize + at + uneven.written.len())
        });
    told(text, span, uneven)
}

/// Says it of a text that stands elsewhere in the file, such as a slide's header.
pub(super) fn told(text: &Text<'_>, span: Span, uneven: &Uneven<'_>) -> Diagnostic {
    let parts: Vec<&str> = parts(uneven.written.trim_matches(['{', '}'])).collect();
    let counted = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let message = format!(
        "`{}` has {} and {}",
        uneven.written,
        counted(characters(parts[0]).len(), "character"),
        counted(parts.len() - 1, "reading")
    );
    text.diagnostic(
        &rules::RUBY,
        span,
        message,
        "write one reading, or one for each character (it may be empty); `\\{` is a brace",
    )
}

/// Cuts a text into ruby and what lies between.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut from, mut at) = (Vec::new(), 0, 0);
    while let Some(open) = text[at..].find('{').map(|open| at + open) {
        at = open + 1;
        let Some(close) = text[at..].find(['{', '}']).map(|close| at + close) else { break };
        let found = text[close..].starts_with('}').then(|| read(&text[open..=close])).flatten();
        if let Some(piece) = found {
            if from < open {
                pieces.push(Piece::Plain(&text[from..open]));
            }
            pieces.push(piece);
            from = close + 1;
            at = from;
        }
    }
    if from < text.len() {
        pieces.push(Piece::Plain(&text[from..]));
    }
    pieces
}

/// Reads what stands between two braces, these included.
fn read(written: &str) -> Option<Piece<'_>> {
    let mut parts = parts(&written[1..written.len() - 1]);
    let base = parts.next()?;
    let readings: Vec<&str> = parts.collect();
    if readings.iter().all(|reading| reading.is_empty()) || !is_read(base, &readings) {
        return None;
    }
    if let [reading] = readings[..] {
        return Some(Piece::Ruby(vec![(base, reading)]));
    }
    let characters = characters(base);
    let even = characters.len() == readings.len();
    Some(if even {
        Piece::Ruby(characters.into_iter().zip(readings).collect())
    } else {
        Piece::Uneven(written)
    })
}

/// The bar may be full-width: it is what a Japanese keyboard types.
fn parts(inside: &str) -> impl Iterator<Item = &str> {
    inside.split(['|', '｜']).map(str::trim)
}

/// Tells ruby from a choice such as `{start|stop}`: kanji have readings, and so has what kana spell out.
fn is_read(base: &str, readings: &[&str]) -> bool {
    let spelt = |reading: &&str| reading.chars().all(|c| is_kana(c) || " ・　".contains(c));
    base.chars().any(is_kanji)
        || (base.chars().any(char::is_alphanumeric)
            && !base.chars().any(is_kana)
            && readings.iter().all(spelt))
}

fn is_kanji(c: char) -> bool {
    matches!(c, '々' | '〆' | '〇' | '〻' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

fn is_kana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}'
        | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9f}')
}

/// Cuts a word into characters as a reader counts them: marks and variants belong to what they follow.
fn characters(word: &str) -> Vec<&str> {
    let belongs = |c: char| {
        matches!(c, '\u{300}'..='\u{36f}' | '\u{3099}' | '\u{309a}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{e0100}'..='\u{e01ef}')
    };
    let starts = word.char_indices().filter(|(at, c)| *at == 0 || !belongs(*c)).map(|(at, _)| at);
    let ends = starts.clone().skip(1).chain([word.len()]);
    starts.zip(ends).map(|(start, end)| &word[start..end]).collect()
}

/// Puts a piece before a node. The word stays text; what surrounds it is text for nobody but the reader.
fn put<'a>(arena: &'a Arena<'a>, node: Node<'a>, piece: &Piece<'_>) {
    let raw = |html: String| arena.alloc(NodeValue::Raw(html).into());
    match piece {
        Piece::Plain(text) | Piece::Uneven(text) => {
            node.insert_before(text_node(arena, (*text).to_owned()));
        }
        Piece::Ruby(word) => {
            node.insert_before(raw("<ruby>".to_owned()));
            for (base, reading) in word {
                node.insert_before(text_node(arena, (*base).to_owned()));
                let mut html = String::from("<rp>（</rp><rt>");
                escape(reading, &mut html);
                html.push_str("</rt><rp>）</rp>");
                // Without a reading of its own a part would lie under the next one's.
                node.insert_before(raw(if reading.is_empty() { "<rt></rt>".into() } else { html }));
            }
            node.insert_before(raw("</ruby>".to_owned()));
        }
    }
}

/// Makes what a backslash protected part of the text around it again.
fn join(escaped: Node<'_>) {
    let Some(text) = escaped.first_child() else { return };
    escaped.insert_before(text);
    escaped.detach();
    let into = text.previous_sibling().filter(|before| append(before, text)).unwrap_or(text);
    if let Some(after) = into.next_sibling() {
        append(into, after);
    }
}

/// Moves the text of a node to the end of another; tells whether both are text.
fn append(into: Node<'_>, from: Node<'_>) -> bool {
    let (Some(more), end) =
        (from.data().value.text().map(str::to_owned), from.data().sourcepos.end)
    else {
        return false;
    };
    let mut data = into.data_mut();
    let Some(text) = data.value.text_mut() else { return false };
    text.to_mut().push_str(&more);
    data.sourcepos.end = end;
    from.detach();
    true
}

/// Returns how a heading is read, where readings stand above its words.
pub(super) fn reading(heading: Node<'_>) -> Option<String> {
    let mut html = String::new();
    for part in heading.descendants() {
        match &part.data().value {
            NodeValue::Raw(raw) => html.push_str(raw),
            NodeValue::Text(text) => escape(text, &mut html),
            NodeValue::Code(code) => escape(&code.literal, &mut html),
            NodeValue::SoftBreak | NodeValue::LineBreak => html.push(' '),
            _ => {}
        }
    }
    html.contains("<rt>").then(|| spoken(&html).1)
}

/// Returns the text of HTML in one line, and the same with readings in place of what they stand above.
pub fn spoken(html: &str) -> (String, String) {
    let (mut text, mut reading, mut base) = (String::new(), String::new(), None::<String>);
    for piece in html.split('<') {
        let (tag, words) = piece.split_once('>').unwrap_or(("", piece));
        match tag {
            "ruby" => base = Some(String::new()),
            // What has no reading of its own is read as it is written.
            "/ruby" => reading.push_str(&base.take().unwrap_or_default()),
            "rt" if words.is_empty() => continue,
            "rt" => {
                base = Some(String::new());
                reading.push_str(words);
                continue;
            }
            "rp" => continue,
            "/rt" => {
                reading.push_str(&base.replace(String::new()).unwrap_or_default());
            }
            _ => {}
        }
        text.push_str(words);
        base.as_mut().unwrap_or(&mut reading).push_str(words);
    }
    (plain(&text), plain(&reading))
}

fn plain(html: &str) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")]
        .iter()
        .fold(html.trim().to_owned(), |text, (name, sign)| text.replace(name, sign))
}
