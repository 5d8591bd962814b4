//! The generated style sheet of one document: looks that a `style` attribute would bear elsewhere,
//! each a class of its own, because pages hold under a strict Content-Security-Policy.

use std::collections::BTreeSet;

use crate::digest::Digest;

/// Collects looks; the same look is one class.
#[derive(Debug, Default)]
pub(super) struct Looks {
    css: String,
    known: BTreeSet<String>,
}

impl Looks {
    /// Returns the class that gives what `before` selects these declarations: `.slide`, `.slide img`.
    pub(super) fn class(&mut self, before: &str, declarations: &str) -> String {
        let digest = Digest::of_parts([before.as_bytes(), declarations.as_bytes()]);
        let class = format!("look-{}", &digest.short()[..8]);
        if self.known.insert(class.clone()) {
            self.css.extend([before, ".", &class, "{", declarations, "}\n"]);
        }
        class
    }

    /// Returns the style sheet.
    pub(super) fn into_css(self) -> String {
        self.css
    }
}
