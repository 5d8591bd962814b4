//! Headers and footers: a text of inline Markdown, whatever its lines look like.

use std::borrow::Cow;

use comrak::nodes::NodeValue;
use comrak::{Arena, Node, parse_document};

use super::format::Formatter;
use super::{Dialect, Text, grounds, options, prepare, ruby};
use crate::diagnostic::rules;
use crate::document::Prose;
use crate::span::Span;

/// What makes a paragraph of any line and is taken away again: it is written as a reference, which is
/// no letter to the marks behind it.
const GUARD: char = '\u{2060}';
const GUARD_WRITTEN: &str = "&#8288;";

/// Formats a header or footer, links and pictures included.
pub(super) fn prose(
    text: &Text<'_>,
    formatter: &mut Formatter<'_>,
    (markdown, span): (Option<&str>, Span),
) -> Prose {
    let Some(markdown) = markdown else { return Prose::default() };
    let options = options(Dialect::Deck, markdown);
    let arena = Arena::new();
    let mut root = parse_document(&arena, markdown, &options);
    let guarded = paragraph(root).is_none();
    if guarded {
        // `# 1` would be a heading here, and a blank line would end it.
        let lines = markdown.lines().map(|line| [GUARD_WRITTEN, line.trim_start()].concat());
        let lines: Vec<String> = lines.collect();
        root = parse_document(&arena, &lines.join("\n"), &options);
    }
    for uneven in ruby::set(&arena, root, markdown) {
        formatter.tell(ruby::told(text, span, &uneven));
    }
    prepare::tidy(&arena, root, Dialect::Deck);
    if grounds::drop_all(root) > 0 {
        formatter.tell(text.diagnostic(
            &rules::BAD_VALUE,
            span,
            "a background in a header or footer is left out".to_owned(),
            "write `![bg](picture)` on the slide itself",
        ));
    }
    if guarded {
        unguard(root);
    }
    let inlines: Vec<Node<'_>> =
        paragraph(root).map(|only| only.children().collect()).unwrap_or_default();
    formatter.prose(&options, &inlines)
}

/// Returns the paragraph that a text is, if it is one.
fn paragraph(root: Node<'_>) -> Option<Node<'_>> {
    let first = root.first_child().filter(|first| first.next_sibling().is_none())?;
    matches!(first.data().value, NodeValue::Paragraph).then_some(first)
}

fn unguard(root: Node<'_>) {
    for node in root.descendants() {
        match &mut node.data_mut().value {
            NodeValue::Text(text) if text.contains(GUARD) => {
                *text = Cow::Owned(text.replace(GUARD, ""));
            }
            NodeValue::Code(code) if code.literal.contains(GUARD_WRITTEN) => {
                code.literal = code.literal.replace(GUARD_WRITTEN, "");
            }
            _ => {}
        }
    }
}
