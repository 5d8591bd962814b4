//! Diagrams in Mermaid's or Graphviz's way of writing -> SVG in a page: no script, colours by the page's own style
//! sheet.

#[cfg(feature = "mermaid")]
mod dot;
mod house;
#[cfg(feature = "mermaid")]
mod mermaid;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::digest::Digest;

/// How many bytes of text a diagram may have.
const BYTES_MAX: usize = 64 << 10;
/// How many diagrams are kept.
const KEPT_MAX: usize = 1000;
/// How much larger words are on a slide than on a page.
const ON_SLIDE: f64 = 1.75;
/// How much stack it takes to draw one; memory is taken as it is used.
const STACK_BYTES: usize = 256 << 20;

/// What is wrong with a diagram, and where in its text, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub message: String,
    pub at: Option<Range<usize>>,
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
}

/// A diagram that was drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Drawing {
    svg: String,
    /// What its ids begin with.
    pub name: String,
}

impl Drawing {
    /// Returns the drawing with ids that it has alone, when it is there for the second time, or the third.
    pub(super) fn named(&self, again: usize) -> String {
        if again == 0 {
            self.svg.clone()
        } else {
            self.svg.replace(&self.name, &format!("{}x{again}", self.name))
        }
    }

    /// Returns the drawing for a slide, where words are larger than on a page.
    pub(super) fn on_slide(self) -> Drawing {
        let Some((tag, rest)) = self.svg.split_once('>') else { return self };
        let mut svg = String::with_capacity(self.svg.len() + 8);
        for (number, part) in tag.split(' ').enumerate() {
            svg.extend((number > 0).then_some(' '));
            let side = ["width", "height"].into_iter().find_map(|name| {
                let value = part.strip_prefix(name)?.strip_prefix("=\"")?.strip_suffix('"')?;
                Some(format!("{name}=\"{:.0}\"", value.parse::<f64>().ok()? * ON_SLIDE))
            });
            svg.push_str(side.as_deref().unwrap_or(part));
        }
        svg.extend([">", rest]);
        Drawing { svg, ..self }
    }
}

/// Diagrams that were drawn: a text that is read again after an edit has most of them still.
#[derive(Debug, Default)]
pub struct Diagrams {
    drawn: Mutex<HashMap<Digest, Result<Drawing, Fault>>>,
}

impl Diagrams {
    /// Draws a diagram, unless it was drawn before.
    pub(super) fn svg(&self, notation: Notation, text: &str) -> Result<Drawing, Fault> {
        let key = match notation {
            Notation::Mermaid => Digest::of(text.as_bytes()),
            Notation::Dot => Digest::of_parts([b"dot", text.as_bytes()]),
        };
        let kept = || self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept().get(&key) {
            return known.clone();
        }
        let name = format!("d{}", key.short());
        let drawn = drawn(notation, text, &name).map(|svg| Drawing { svg, name });
        let mut kept = kept();
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(key, drawn.clone());
        drawn
    }
}

/// Draws on a stack that no nesting uses up, and survives what the drawing of a strange text may do.
fn drawn(notation: Notation, text: &str, name: &str) -> Result<String, Fault> {
    if text.len() > BYTES_MAX {
        let message = format!("the diagram is longer than {BYTES_MAX} bytes");
        return Err(Fault { message, at: None });
    }
    let none = || Fault { message: "the diagram cannot be drawn".to_owned(), at: None };
    let raw = std::thread::scope(|scope| {
        let roomy = std::thread::Builder::new().stack_size(STACK_BYTES);
        let raw = roomy.spawn_scoped(scope, || raw(notation, text));
        raw.ok().and_then(|thread| thread.join().ok()).unwrap_or_else(|| Err(none()))
    })?;
    house::dressed(&raw, name).ok_or_else(none)
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
    Err(Fault { message: "this program was built without diagrams".to_owned(), at: None })
}
