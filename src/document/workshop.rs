//! Where the dear things are made that depend on a text alone: formulas, diagrams and the colours of code.
//!
//! What was made lately is at hand for all documents and states, since it is never out of date. Diagrams, by far the
//! dearest of them, are looked for in the site's memo, too: a site that is opened again has them drawn.

use std::sync::Arc;

use super::code::{Block, Runs, paint};
use super::diagram::{self, Drawing, Notation};
use super::math;
use crate::digest::Digest;
use crate::memo::Memo;
use crate::recall::Recall;

/// What the memo calls diagrams.
const DIAGRAMS: &str = "diagrams";

/// Makes things, and has at hand what it made lately.
#[derive(Debug, Default)]
pub struct Workshop {
    memo: Memo,
    formulas: Recall<Result<String, math::Fault>>,
    diagrams: Recall<Result<Arc<Drawing>, diagram::Fault>>,
    colours: Recall<Arc<Runs>>,
}

impl Workshop {
    /// Opens a workshop that keeps what is worth it in a memo.
    pub fn new(memo: Memo) -> Workshop {
        Workshop { memo, ..Workshop::default() }
    }

    /// Draws a formula in TeX's way of writing.
    pub(super) fn formula(&self, tex: &str, display: bool) -> Result<String, math::Fault> {
        let key = Digest::of_parts([tex.as_bytes(), &[u8::from(display)]]);
        let bytes = |made: &Result<String, _>| made.as_ref().map_or(0, String::len);
        self.formulas.get(key, bytes, || math::mathml(tex, display))
    }

    /// Draws a diagram.
    pub(super) fn diagram(
        &self,
        notation: Notation,
        text: &str,
    ) -> Result<Arc<Drawing>, diagram::Fault> {
        let digest = notation.digest(text);
        let bytes = |made: &Result<Arc<Drawing>, _>| made.as_ref().map_or(0, |made| made.bytes());
        self.diagrams.get(digest, bytes, || {
            let key = (DIAGRAMS, diagram::kept_as(digest));
            let kept = self.memo.find(key).and_then(|bytes| String::from_utf8(bytes).ok());
            if let Some(svg) = kept {
                return Ok(Arc::new(Drawing::of(digest, svg)));
            }
            let svg = diagram::draw(notation, text, digest)?;
            self.memo.keep(key, svg.as_bytes());
            Ok(Arc::new(Drawing::of(digest, svg)))
        })
    }

    /// Returns the colours of a block of code.
    pub fn colours(&self, block: &Block) -> Arc<Runs> {
        let key = Digest::of_parts([block.language.word.as_bytes(), block.text.as_bytes()]);
        let bytes = |runs: &Arc<Runs>| runs.as_bytes().len();
        self.colours.get(key, bytes, || Arc::new(paint(block.language, &block.text)))
    }
}
