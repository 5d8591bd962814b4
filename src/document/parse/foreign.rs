//! Characters on slides that none of the fonts has that come with the program.

use super::Text;
use crate::document::{Document, Slide};
use crate::font::{Gathering, is_known};
use crate::span::Span;

/// How many of them a document remembers.
const REMEMBERED_MAX: usize = 100;

/// Finds them, each where it stands first.
pub(super) fn letters(text: &Text<'_>, document: &Document) -> Vec<(char, Span)> {
    let mut found: Vec<(char, Span)> = Vec::new();
    // Most decks have none.
    let mut wanted = foreign(&document.slides);
    for (index, slide) in document.slides.iter().enumerate() {
        if wanted.is_empty() || found.len() > REMEMBERED_MAX {
            break;
        }
        let here = foreign(std::slice::from_ref(slide));
        wanted.retain(|letter| !here.contains(letter));
        let end = document.slides.get(index + 1).map(|slide| slide.span.start as usize);
        let from = slide.span.start as usize;
        let written = text.file.get(from..end.unwrap_or(text.file.len())).unwrap_or("");
        for letter in here {
            if found.iter().any(|(it, _)| *it == letter) {
                continue;
            }
            // What stands nowhere was written as a reference such as `&#4304;`.
            let at = written.find(letter).map(|at| from + at).or_else(|| text.file.find(letter));
            found.extend(at.map(|at| (letter, Span::new(at, at + letter.len_utf8()))));
        }
    }
    found.sort_by_key(|(_, span)| span.start);
    found
}

fn foreign(slides: &[Slide]) -> Vec<char> {
    let mut said = Gathering::default();
    let proses = slides.iter().flat_map(Slide::proses);
    for prose in proses.filter(|prose| !prose.html.is_ascii()) {
        // Formulas have a font of their own.
        for part in prose.html.split("</math>") {
            said.html(part.split_once("<math").map_or(part, |(text, _)| text));
        }
    }
    let (letters, _) = said.finish();
    letters.iter().filter(|letter| !is_known(*letter)).collect()
}
