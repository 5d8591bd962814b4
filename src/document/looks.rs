//! The generated style sheet of one document: looks that a `style` attribute would bear elsewhere,
//! each a class of its own, because pages hold under a strict Content-Security-Policy.

use std::collections::BTreeSet;

use crate::digest::Digest;
use crate::span::Span;
use crate::theme::Sheet;

/// Collects looks; the same look is one class.
#[derive(Debug, Default)]
pub(super) struct Looks {
    sheet: Sheet,
    /// The files that looks show, and where they are asked for.
    urls: Vec<(String, Span)>,
    known: BTreeSet<String>,
}

impl Looks {
    /// Returns the class that gives what `before` selects these declarations: `.slide`, `.slide img`.
    pub(super) fn class(&mut self, before: &str, declarations: &str) -> String {
        let class = name(before, declarations);
        if self.known.insert(class.clone()) {
            self.sheet.rule(&format!("{before}.{class}"), &Sheet::ours(declarations));
        }
        class
    }

    /// Returns the class that gives a slide what its directives ask for. They win over every rule
    /// of a theme, as an attribute would.
    pub(super) fn directed(&mut self, key: &str, declarations: &Sheet, span: Span) -> String {
        let class = name("", key);
        if self.known.insert(class.clone()) {
            self.urls.extend(declarations.urls.iter().map(|url| (url.name.clone(), span)));
            self.sheet.rule(&format!(".slide.{class}:not(#_)"), declarations);
        }
        class
    }

    /// Returns the style sheet, and the files that it shows.
    pub(super) fn into_sheet(self) -> (Sheet, Vec<(String, Span)>) {
        (self.sheet, self.urls)
    }
}

fn name(before: &str, key: &str) -> String {
    let digest = Digest::of_parts([before.as_bytes(), key.as_bytes()]);
    format!("look-{}", &digest.short()[..8])
}
