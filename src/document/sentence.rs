//! The sentence around a link: what a backlink shows.

use std::ops::Range;

/// How many characters are kept on either side of the label.
const SIDE_MAX: usize = 60;

/// A sentence, and where in it a link's label stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sentence {
    text: Box<str>,
    label: Range<u32>,
}

impl Sentence {
    /// Cuts the sentence around `label` out of the text of a block.
    pub fn around(text: &str, label: Range<usize>) -> Sentence {
        let mut out = String::with_capacity(SIDE_MAX * 8);
        front(&text[..label.start], &mut out);
        let start = length(&out);
        clean(&text[label.clone()], &mut out);
        let end = length(&out);
        back(&text[label.end..], &mut out);
        // Hundreds of thousands of sentences may be kept: each as long as it is.
        Sentence { text: Box::from(out.as_str()), label: start..end }
    }

    /// Returns what stands before the label, the label, and what stands behind it.
    pub fn parts(&self) -> [&str; 3] {
        let (before, rest) = self.text.split_at(self.label.start as usize);
        let (label, after) = rest.split_at((self.label.end - self.label.start) as usize);
        [before, label, after]
    }
}

fn length(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

fn front(text: &str, out: &mut String) {
    let begin = text
        .char_indices()
        .rev()
        .take(SIDE_MAX * 2)
        .find(|&(at, c)| ends_sentence(text, at, c))
        .map(|(at, c)| at + c.len_utf8());
    let tail = begin.map_or(text, |at| &text[at..]);
    match tail.char_indices().rev().nth(SIDE_MAX) {
        Some((at, c)) => {
            out.push('…');
            clean_end(&tail[at + c.len_utf8()..], out);
        }
        None => clean_end(tail.trim_start(), out),
    }
}

fn back(text: &str, out: &mut String) {
    let end = text
        .char_indices()
        .take(SIDE_MAX * 2)
        .find(|&(at, c)| ends_sentence(text, at, c))
        .map(|(at, c)| at + c.len_utf8());
    let head = end.map_or(text, |at| &text[..at]);
    match head.char_indices().nth(SIDE_MAX) {
        Some((at, _)) => {
            clean_end(&head[..at], out);
            out.push('…');
        }
        None => clean_end(head.trim_end(), out),
    }
}

/// A full-width stop ends a sentence; a Latin one only before a space or the end.
fn ends_sentence(text: &str, at: usize, c: char) -> bool {
    match c {
        '。' | '！' | '？' | '．' => true,
        '.' | '!' | '?' => text[at + 1..].chars().next().is_none_or(char::is_whitespace),
        _ => false,
    }
}

/// Appends a text, line breaks and runs of spaces folded, a space at either end kept.
fn clean_end(text: &str, out: &mut String) {
    let blank = text.trim_start().is_empty();
    if !blank && text.starts_with(char::is_whitespace) {
        out.push(' ');
    }
    clean(text, out);
    if !blank && text.ends_with(char::is_whitespace) {
        out.push(' ');
    }
}

fn clean(text: &str, out: &mut String) {
    for (index, word) in text.split_whitespace().enumerate() {
        if index > 0 {
            out.push(' ');
        }
        out.push_str(word);
    }
}
