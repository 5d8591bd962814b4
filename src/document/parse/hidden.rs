//! Characters that nobody sees: they turn text round or hide in it, so what is read is not what is there.

use memchr::memmem;

use super::Text;
use crate::diagnostic::{Diagnostic, rules};
use crate::span::Span;

/// How many of them are told in one file.
const TOLD_MAX: usize = 10;

/// Tells whether a character changes how a line reads and cannot be seen itself. Those that writing
/// needs (joiners, marks of direction) are not among them.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}') || turns(c)
}

/// Tells whether a character changes the direction of what stands behind it.
fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Iterates over the hidden characters of a text and their places.
pub(in crate::document) fn hidden(text: &str) -> impl Iterator<Item = (usize, char)> {
    // Of the two bytes that these characters begin with, few texts have any.
    let starts = ["\u{200b}", "\u{2060}", "\u{feff}"];
    let start = starts.iter().filter_map(|c| memmem::find(text.as_bytes(), &c.as_bytes()[..2]));
    let start = start.min().unwrap_or(text.len());
    let rest = text[start..].char_indices().filter(|(_, c)| is_hidden(*c));
    rest.map(move |(at, c)| (start + at, c))
}

/// Tells of the hidden characters in the text of a document.
pub(super) fn diagnostics(text: &Text<'_>) -> impl Iterator<Item = Diagnostic> {
    let written = &text.file[text.base..];
    hidden(written).take(TOLD_MAX).map(|(at, c)| {
        let span = Span::new(text.base + at, text.base + at + c.len_utf8());
        let what = if turns(c) { "turns the text behind it round" } else { "takes no room" };
        let message = format!("the character U+{:04X} cannot be seen and {what}", u32::from(c));
        text.diagnostic(&rules::HIDDEN_CHARACTER, span, message, "delete it")
    })
}
