//! Diagrams: drawn where they can be, else shown as they are written.

use std::fmt::{self, Write};

use comrak::Node;
use comrak::html::Context;

use super::Formatter;
use crate::diagnostic::rules;
use crate::document::code::fence::Fence;
use crate::document::diagram::{Fault, Notation};
use crate::document::parse::Dialect;
use crate::span::Span;

/// Draws a diagram; tells what is wrong where it cannot be drawn.
pub(super) fn format_diagram(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    (notation, fence, literal): (Notation, &Fence<'_>, &str),
) -> Result<bool, fmt::Error> {
    let drawn = match context.user.text.settings.workshop.diagram(notation, literal) {
        Ok(drawn) => drawn,
        Err(fault) => {
            context.user.tell_diagram(node, literal, fault);
            return Ok(false);
        }
    };
    let is_slide = context.user.dialect == Dialect::Deck;
    let drawn = if is_slide { drawn.on_slide() } else { drawn };
    let again = context.user.drawings.iter().filter(|name| **name == drawn.name).count();
    let svg = drawn.named(again);
    context.user.drawings.push(drawn.name);
    context.cr()?;
    context.write_str("<figure class=\"mermaid\">")?;
    context.write_str(&svg)?;
    format_caption(context, fence.caption)?;
    context.write_str("</figure>")?;
    context.lf()?;
    Ok(true)
}

/// Writes what is said below a figure, if anything is.
pub(super) fn format_caption(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    caption: Option<&str>,
) -> fmt::Result {
    let Some(caption) = caption else { return Ok(()) };
    context.write_str("<figcaption>")?;
    context.escape(caption.trim())?;
    context.write_str("</figcaption>")
}

impl Formatter<'_> {
    fn tell_diagram(&mut self, node: Node<'_>, literal: &str, fault: Fault) {
        let whole = self.text.span(node);
        let start = whole.start as usize;
        let written = self.text.file.get(start..whole.end as usize).unwrap_or("");
        // In a quotation or a list the lines begin with what is not part of the diagram.
        let body = written.find(literal.trim_end()).map(|at| start + at);
        let first = Span::new(start, start + written.lines().next().unwrap_or("").len());
        let span = body.zip(fault.at).map_or(first, |(body, at)| {
            Span::new(body + at.start, body + at.end.max(at.start + 1).min(literal.len()))
        });
        let help = "mend it; until then its text is shown";
        self.tell(self.text.diagnostic(&rules::DIAGRAM, span, fault.message, help));
    }
}
