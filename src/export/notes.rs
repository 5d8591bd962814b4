//! Deck -> plain text: what the speaker says, slide by slide.

use crate::document::{Document, Slide};

/// Writes the notes of a deck: those of a slide apart by a blank line, slides by a rule.
pub fn notes_text(document: &Document) -> String {
    let slides: Vec<String> = document.slides.iter().map(slide_notes).collect();
    let mut text = slides.join("\n\n---\n\n");
    text.push('\n');
    text
}

/// Writes the notes of one slide.
pub fn slide_notes(slide: &Slide) -> String {
    let notes = slide.notes.iter().map(|note| note.text.trim());
    notes.filter(|note| !note.is_empty()).collect::<Vec<_>>().join("\n\n")
}
