//! Diagrams: drawn where they can be, else shown as they are written.

use std::fmt::{self, Write};

use comrak::Node;
use comrak::html::Context;

use super::Formatter;
use crate::diagnostic::rules;
use crate::document::code::fence::Fence;
use crate::document::diagram::{Fault, Notation, Undrawn, alternative, file_name};
use crate::document::html::escape;
use crate::document::parse::Dialect;
use crate::document::{Filling, Picture, Stand};
use crate::span::Span;

/// What may be done about a kind that is not drawn here, and about one that is not known.
const KNOWN: &str = "`kami check --browser` draws it, with Mermaid's own script (`npm install mermaid`, or its file in KAMI_MERMAID); until then its text is shown";
const UNKNOWN: &str =
    "mend its first line; a kind that Mermaid itself knows is drawn by `kami check --browser`";

/// Draws a diagram; tells what is wrong where it cannot be drawn.
pub(super) fn format_diagram(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    (notation, fence, literal): (Notation, &Fence<'_>, &str),
) -> Result<bool, fmt::Error> {
    let drawn = match context.user.text.settings.workshop.diagram(notation, literal) {
        Ok(drawn) => drawn,
        Err(fault) if fault.foreign && notation == Notation::Mermaid => {
            format_undrawn(context, node, (fence, literal, fault))?;
            return Ok(true);
        }
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

/// Writes the text of a diagram that a browser may have drawn into a file.
fn format_undrawn(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    (fence, literal, fault): (&Fence<'_>, &str, Fault),
) -> fmt::Result {
    context.cr()?;
    let mut html = String::with_capacity(literal.len() + 80);
    if let Some(caption) = fence.caption {
        html.push_str("<figure class=\"code\"><figcaption>");
        escape(caption.trim(), &mut html);
        html.push_str("</figcaption>\n");
    }
    html.push_str("<pre tabindex=\"0\"><code class=\"language-");
    escape(fence.word, &mut html);
    html.push_str("\">");
    escape(literal, &mut html);
    html.push_str("</code></pre>");
    html.push_str(if fence.caption.is_some() { "</figure>" } else { "" });
    let (body, span) = context.user.places(node, literal);
    let picture = Picture {
        target: file_name(literal),
        alt: alternative(literal, fence.caption),
        title: String::new(),
        width: None,
        height: None,
        class: String::new(),
        stand: Stand::Text,
        decorative: true,
        span,
    };
    let undrawn = Undrawn {
        text: literal.into(),
        caption: fence.caption.map(|caption| caption.trim().into()),
        help: if fault.message.starts_with("no kind") { UNKNOWN } else { KNOWN },
        message: fault.message.into(),
        picture,
        body: body.and_then(|body| u32::try_from(body).ok()),
        html: html.into(),
    };
    let start = context.user.written.get();
    context.write_str(&undrawn.html)?;
    context.user.hole_at(start, Filling::Diagram(Box::new(undrawn)));
    context.lf()
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
        let (body, first) = self.places(node, literal);
        let span = body.zip(fault.at).map_or(first, |(body, at)| {
            Span::new(body + at.start, body + at.end.max(at.start + 1).min(literal.len()))
        });
        let help = "mend it; until then its text is shown";
        self.tell(self.text.diagnostic(&rules::DIAGRAM, span, fault.message, help));
    }

    /// Returns where the text of a fence begins, if it stands in the file as it is, and the line that opens it.
    fn places(&self, node: Node<'_>, literal: &str) -> (Option<usize>, Span) {
        let whole = self.text.span(node);
        let start = whole.start as usize;
        let written = self.text.file.get(start..whole.end as usize).unwrap_or("");
        // In a quotation or a list the lines begin with what is not part of the diagram.
        let body = written.find(literal.trim_end()).map(|at| start + at);
        (body, Span::new(start, start + written.lines().next().unwrap_or("").len()))
    }
}
