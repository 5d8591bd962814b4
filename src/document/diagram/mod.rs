//! Diagrams in Mermaid's or Graphviz's way of writing -> SVG in a page: no script, colours by the page's own style
//! sheet.

#[cfg(feature = "mermaid")]
mod dot;
mod house;
#[cfg(feature = "mermaid")]
mod mermaid;
mod written;

use std::ops::Range;

use crate::digest::Digest;

pub use written::{Diagram, MARK, Refusal, is_drawn_elsewhere};
pub(super) use written::{alternative, file_name};

/// Changes with the way in which diagrams are drawn; the version is that of the library.
const RECIPE: &str = "diagram 1, merman 0.9.3";
/// How many bytes of text a diagram may have.
const BYTES_MAX: usize = 64 << 10;
/// How much larger words are on a slide than on a page.
const ON_SLIDE: f64 = 1.75;
/// How much stack it takes to draw one; memory is taken as it is used.
const STACK_BYTES: usize = 256 << 20;

/// What is wrong with a diagram, and where in its text, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub message: String,
    pub at: Option<Range<usize>>,
    /// Whether it is of a kind that only Mermaid's own script may know.
    pub foreign: bool,
}

impl Fault {
    fn new(message: String, at: Option<Range<usize>>) -> Fault {
        Fault { message, at, foreign: false }
    }
}

/// The ways of writing a diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    Mermaid,
    Dot,
}

impl Notation {
    /// Returns what the word of a fence stands for.
    pub(super) fn of(word: &str) -> Option<Notation> {
        let is = |known: &str| word.eq_ignore_ascii_case(known);
        match () {
            () if is("mermaid") => Some(Notation::Mermaid),
            () if is("dot") || is("graphviz") => Some(Notation::Dot),
            () => None,
        }
    }

    /// Returns the digest of a diagram that is written so.
    pub(super) fn digest(self, text: &str) -> Digest {
        match self {
            Notation::Mermaid => Digest::of(text.as_bytes()),
            Notation::Dot => Digest::of_parts([b"dot", text.as_bytes()]),
        }
    }
}

/// A diagram that was drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Drawing {
    svg: String,
    /// What its ids begin with.
    name: String,
}

impl Drawing {
    /// Returns a drawing that was made, or kept, for the text of this digest.
    pub(super) fn of(digest: Digest, svg: String) -> Drawing {
        Drawing { svg, name: name(digest) }
    }

    /// Returns how much of memory it takes.
    pub(super) fn bytes(&self) -> usize {
        self.svg.len() + self.name.len()
    }

    /// Returns the drawing with ids that it has alone, when it is there for the second time, or the third.
    fn named(&self, again: u32) -> String {
        if again == 0 {
            self.svg.clone()
        } else {
            self.svg.replace(&self.name, &format!("{}x{again}", self.name))
        }
    }
}

/// Returns a drawing for a slide, where words are larger than on a page.
fn enlarged(svg: &str) -> String {
    let (tag, rest) = svg.split_once('>').unwrap_or((svg, ""));
    let mut out = String::with_capacity(svg.len() + 8);
    for (number, part) in tag.split(' ').enumerate() {
        out.extend((number > 0).then_some(' '));
        let side = ["width", "height"].into_iter().find_map(|name| {
            let value = part.strip_prefix(name)?.strip_prefix("=\"")?.strip_suffix('"')?;
            Some(format!("{name}=\"{:.0}\"", value.parse::<f64>().ok()? * ON_SLIDE))
        });
        out.push_str(side.as_deref().unwrap_or(part));
    }
    out.extend([">", rest]);
    out
}

/// Returns how wide a diagram is on a slide that has this width on a page.
pub fn on_slide(width: u32) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is as positive as the width, and one too large is cut off"
    )]
    let wide = (f64::from(width) * ON_SLIDE).round() as u32;
    wide
}

/// Returns the digest that a kept drawing is found by.
pub(super) fn kept_as(digest: Digest) -> Digest {
    Digest::of_parts([RECIPE.as_bytes(), digest.as_bytes()])
}

/// Draws on a stack that no nesting uses up, and survives what the drawing of a strange text may do.
pub(super) fn draw(notation: Notation, text: &str, digest: Digest) -> Result<String, Fault> {
    if text.len() > BYTES_MAX {
        let message = format!("the diagram is longer than {BYTES_MAX} bytes");
        return Err(Fault::new(message, None));
    }
    let none = || Fault::new("the diagram cannot be drawn".to_owned(), None);
    let raw = std::thread::scope(|scope| {
        let roomy = std::thread::Builder::new().stack_size(STACK_BYTES);
        let raw = roomy.spawn_scoped(scope, || raw(notation, text));
        raw.ok().and_then(|thread| thread.join().ok()).unwrap_or_else(|| Err(none()))
    })?;
    house::dressed(&raw, &name(digest)).ok_or_else(none)
}

/// Returns what the ids of a drawing begin with.
fn name(digest: Digest) -> String {
    format!("d{}", digest.short())
}

#[cfg(feature = "mermaid")]
fn raw(notation: Notation, text: &str) -> Result<String, Fault> {
    match notation {
        Notation::Mermaid => mermaid::svg(text),
        // What is wrong with the flowchart is at no place that the author has written.
        Notation::Dot => {
            mermaid::svg(&dot::flowchart(text)?).map_err(|fault| Fault { at: None, ..fault })
        }
    }
}

#[cfg(not(feature = "mermaid"))]
fn raw(_: Notation, _: &str) -> Result<String, Fault> {
    Err(Fault::new("this program was built without diagrams".to_owned(), None))
}

#[cfg(test)]
mod tests {
    use super::RECIPE;

    /// What another version drew must not be taken for what this one draws.
    #[test]
    fn a_kept_drawing_tells_who_drew_it() {
        let lock = include_str!("../../../Cargo.lock");
        let (_, rest) = lock.split_once("name = \"merman\"\nversion = \"").expect("it is locked");
        let version = rest.split('"').next().unwrap_or("");
        assert!(RECIPE.ends_with(&format!("merman {version}")), "raise the recipe: {version}");
    }
}
