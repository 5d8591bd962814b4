//! The sentence around a link: what a backlink shows.

/// How many characters are kept on either side of the label.
const SIDE_MAX: usize = 60;

/// Cuts the sentence around `start..end` out of the text of a block: before, label, after.
pub(super) fn around(text: &str, start: usize, end: usize) -> [String; 3] {
    let before = &text[..start];
    let after = &text[end..];
    [front(before), clean(&text[start..end]), back(after)]
}

fn front(text: &str) -> String {
    let begin = text
        .char_indices()
        .rev()
        .take(SIDE_MAX * 2)
        .find(|&(at, c)| ends_sentence(text, at, c))
        .map(|(at, c)| at + c.len_utf8());
    let tail = begin.map_or(text, |at| &text[at..]);
    match tail.char_indices().rev().nth(SIDE_MAX) {
        Some((at, c)) => format!("…{}", clean_end(&tail[at + c.len_utf8()..])),
        None => clean_end(tail.trim_start()),
    }
}

fn back(text: &str) -> String {
    let end = text
        .char_indices()
        .take(SIDE_MAX * 2)
        .find(|&(at, c)| ends_sentence(text, at, c))
        .map(|(at, c)| at + c.len_utf8());
    let head = end.map_or(text, |at| &text[..at]);
    match head.char_indices().nth(SIDE_MAX) {
        Some((at, _)) => format!("{}…", clean_end(&head[..at])),
        None => clean_end(head.trim_end()),
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

/// Folds line breaks and runs of spaces, keeping a space at either end.
fn clean_end(text: &str) -> String {
    let mut out = clean(text);
    if text.starts_with(char::is_whitespace) && !out.is_empty() {
        out.insert(0, ' ');
    }
    if text.ends_with(char::is_whitespace) && !out.is_empty() {
        out.push(' ');
    }
    out
}

fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}
