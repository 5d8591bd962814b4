//! Diagrams: what is written stands in the prose until they are drawn.

use std::fmt::{self, Write};

use comrak::Node;
use comrak::html::Context;

use super::Formatter;
use crate::document::code::fence::Fence;
use crate::document::diagram::{Diagram, Notation, alternative, file_name};
use crate::document::html::escape;
use crate::document::{Filling, Picture, Stand};
use crate::span::Span;

/// Writes the text of a diagram, to be replaced by what is drawn of it.
pub(super) fn format_diagram(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    (notation, fence, literal): (Notation, &Fence<'_>, &str),
) -> fmt::Result {
    context.cr()?;
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
    let diagram = Diagram {
        notation,
        text: literal.into(),
        caption: fence.caption.map(|caption| caption.trim().into()),
        again: context.user.again(notation, literal),
        picture,
        body: body.and_then(|body| u32::try_from(body).ok()),
        html: as_written(fence, literal).into(),
    };
    let start = context.user.written.get();
    context.write_str(&diagram.html)?;
    context.user.hole_at(start, Filling::Diagram(Box::new(diagram)));
    context.lf()
}

/// Returns the text of a diagram as code.
fn as_written(fence: &Fence<'_>, literal: &str) -> String {
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
    html
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
    /// Returns how often a diagram was written before in the document, and notes it down.
    fn again(&mut self, notation: Notation, literal: &str) -> u32 {
        let digest = notation.digest(literal);
        let times = self.diagrams.iter().filter(|known| **known == digest).count();
        self.diagrams.push(digest);
        u32::try_from(times).unwrap_or(u32::MAX)
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
