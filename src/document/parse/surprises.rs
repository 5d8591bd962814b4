//! What Marp's rules make of a deck otherwise than its author may think.

use comrak::Node;
use comrak::nodes::NodeValue;

use super::deck::{Part, comment_of};
use super::format::Formatter;
use super::{Text, plain_text};
use crate::diagnostic::rules;
use crate::document::directives::{self, Comment, Global};

/// Tells what an author would be surprised by.
pub(super) fn tell(
    text: &Text<'_>,
    (root, parts): (Node<'_>, &[Part<'_>]),
    global: &Global,
    formatter: &mut Formatter<'_>,
) {
    for node in root.descendants() {
        if let NodeValue::Heading(heading) = &node.data().value
            && global.dividers.contains(&heading.level)
            && node.ancestors().skip(1).any(holds)
        {
            formatter.tell(text.diagnostic(
                &rules::NESTED_DIVIDER,
                text.span(node),
                format!("`{}` begins no slide: it stands inside another block", plain_text(node)),
                "take it out of the quotation or the list, or let its level not divide",
            ));
        }
        if let NodeValue::Heading(heading) = &node.data().value
            && heading.setext
            && heading.level == 2
        {
            let message = format!(
                "`{}` directly above `---` is a heading, not the end of a slide",
                plain_text(node)
            );
            formatter.tell(text.diagnostic(
                &rules::HEADING_RULE,
                text.span(node),
                message,
                "put a blank line above `---` to begin a slide, or write the heading with `##`",
            ));
        }
    }
    for pair in parts.windows(2) {
        misplaced(text, pair, formatter);
        let by_heading =
            pair[1].start.is_some_and(|node| matches!(node.data().value, NodeValue::Heading(_)));
        let empty =
            pair[0].start.is_some_and(|node| matches!(node.data().value, NodeValue::ThematicBreak))
                && pair[0].nodes.is_empty();
        if by_heading
            && empty
            && !global.dividers.is_empty()
            && let Some(rule) = pair[0].start
        {
            formatter.tell(text.diagnostic(
                &rules::EMPTY_SLIDE,
                text.span(rule),
                "this rule makes an empty slide: the heading below begins one by itself".to_owned(),
                "remove the rule",
            ));
        }
    }
}

/// Tells of directives right above a heading that begins the next slide.
fn misplaced(text: &Text<'_>, pair: &[Part<'_>], formatter: &mut Formatter<'_>) {
    let is_heading = |node: Node<'_>| matches!(node.data().value, NodeValue::Heading(_));
    let nodes = &pair[0].nodes;
    let above = nodes.iter().rev().take_while(|node| comment_of(node).is_some()).count();
    if above == nodes.len() || !pair[1].start.is_some_and(is_heading) {
        return;
    }
    for comment in &nodes[nodes.len() - above..] {
        let Some(Comment::Directives(found)) =
            comment_of(comment).map(|inside| directives::classify(&inside))
        else {
            continue;
        };
        if let Some((key, _)) = found.iter().find(|(key, _)| directives::is_local(key)) {
            formatter.tell(text.diagnostic(
                &rules::COMMENT_PLACE,
                text.span(comment),
                format!("`{key}` is for the slide above, not for the one that begins here"),
                "write the comment below the heading",
            ));
        }
    }
}

/// Tells whether a block is one that a slide cannot begin in.
fn holds(node: Node<'_>) -> bool {
    matches!(node.data().value, NodeValue::BlockQuote | NodeValue::Item(_) | NodeValue::Alert(_))
}
