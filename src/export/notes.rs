//! Deck -> plain text: what the speaker says, slide by slide.

use crate::document::Document;

/// Writes the notes of a deck: those of a slide apart by a blank line, slides by a rule.
pub fn notes_text(document: &Document) -> String {
    let slides = document.slides.iter().map(|slide| {
        let notes = slide.notes.iter().map(|note| note.text.trim());
        notes.filter(|note| !note.is_empty()).collect::<Vec<_>>().join("\n\n")
    });
    let mut text = slides.collect::<Vec<_>>().join("\n\n---\n\n");
    text.push('\n');
    text
}
