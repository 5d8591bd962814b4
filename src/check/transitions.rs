//! Transitions that decks ask for and nothing draws.

use std::collections::BTreeSet;

use super::diagnostic;
use crate::config::closest;
use crate::diagnostic::{Diagnostic, rules};
use crate::document::Document;
use crate::document::values::TRANSITIONS;
use crate::theme::Sheet;

/// Tells of transitions that are neither Marp's nor drawn by the sheets of the deck's theme and style.
pub(super) fn unknown(document: &Document, sheets: &[&Sheet], found: &mut Vec<Diagnostic>) {
    let mut told = BTreeSet::new();
    for slide in &document.slides {
        let Some(name) = slide.transition() else { continue };
        let drawn = ["", "outgoing-", "incoming-"].iter().any(|side| {
            let frames = format!("marp-{side}transition-{name}");
            sheets.iter().any(|sheet| sheet.transitions.contains(&frames))
        });
        let known = TRANSITIONS.contains(&name) || drawn;
        if known || !told.insert(name) {
            continue;
        }
        let message = format!("there is no transition `{name}`");
        let help = closest(name, TRANSITIONS.iter().copied()).map_or_else(
            || format!("write `fade`, `slide` or another, or `@keyframes marp-transition-{name}`"),
            |near| format!("did you mean `{near}`?"),
        );
        found.push(diagnostic(
            &rules::BAD_VALUE,
            &document.path,
            slide.transition_span,
            message,
            help,
        ));
    }
}
