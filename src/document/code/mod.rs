//! Code in a text: its language, the lines that are told from others, and its colours.
//!
//! Colours are by far the dearest of all that is made of a text, so a document keeps code as it is written, and
//! its colours are found when a page with it is composed. What was found is at hand in the `Workshop`.

pub(super) mod fence;
mod html;
mod languages;
mod own;
mod paint;
mod painter;
mod runs;
mod scope;
mod state;

pub use html::write;
pub use languages::{Language, language, languages};
pub(super) use languages::{is_drawn, nearest};
pub use paint::paint;
pub use runs::Runs;

/// A block of code that has colours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub language: &'static Language,
    pub text: Box<str>,
    /// The lines, where one is told from another.
    pub lines: Box<[Line]>,
    /// How long its HTML without colours is, which stands in the prose.
    pub length: u32,
}

impl Block {
    /// Writes the code with its colours.
    pub fn write(&self, runs: &Runs, out: &mut String) {
        let done = write(&self.text, &self.lines, runs, out);
        debug_assert!(done.is_ok(), "writing into a String cannot fail");
    }
}

/// A line of code that has a number, a mark or a time to be lit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pub kind: LineKind,
    /// What stands before it, as wide as that of any other line.
    pub number: Option<Box<str>>,
    /// Whether it is lit, or at which steps.
    pub lit: Lit,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineKind {
    #[default]
    Same,
    Added,
    Removed,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Lit {
    #[default]
    Never,
    Always,
    At(Box<str>),
}
