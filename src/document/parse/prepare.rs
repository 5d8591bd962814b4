//! Changes to the tree before it is formatted: what CommonMark reads otherwise than a writer means.

use std::borrow::Cow;

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Node};

use super::{Dialect, plain_text};

/// Where a bare address ends although no space follows: Japanese punctuation.
const ENDS_ADDRESS: &[char] = &[
    '。', '、', '）', '」', '』', '】', '〉', '》', '］', '｝', '！', '？', '，', '．', '：', '；',
    '（', '「', '『', '【',
];

/// Mends bare addresses and link trails, and drops the line breaks between full-width characters.
pub(super) fn tidy<'a>(arena: &'a Arena<'a>, root: Node<'a>, dialect: Dialect) {
    if matches!(dialect, Dialect::CommonMark | Dialect::Gfm) {
        return;
    }
    let mut links = Vec::new();
    let mut breaks = Vec::new();
    for node in root.descendants() {
        match node.data().value {
            NodeValue::Link(_) | NodeValue::WikiLink(_) => links.push(node),
            NodeValue::SoftBreak if dialect == Dialect::Page => breaks.push(node),
            _ => {}
        }
    }
    for node in links {
        let embed = match &node.data().value {
            NodeValue::WikiLink(link) => Some(link.embed),
            _ => None,
        };
        if embed.is_some() {
            join_lines(node);
        }
        match embed {
            Some(false) => extend_label(arena, node),
            Some(true) => {}
            None => cut_address(arena, node),
        }
    }
    for node in breaks {
        if between_wide(node) {
            node.detach();
        }
    }
}

pub(super) fn text_node<'a>(arena: &'a Arena<'a>, text: String) -> Node<'a> {
    let value = NodeValue::Text(Cow::Owned(text));
    arena.alloc(AstNode::from(value))
}

/// A name may be broken over two lines: the break is a space.
fn join_lines(link: Node<'_>) {
    let broken = |text: &str| text.contains('\n');
    let joined = |text: &str| text.split('\n').map(str::trim).collect::<Vec<_>>().join(" ");
    for node in link.descendants() {
        match &mut node.data_mut().value {
            NodeValue::WikiLink(link) if broken(&link.url) => link.url = joined(&link.url),
            NodeValue::Text(text) if broken(text) => *text = Cow::Owned(joined(text)),
            _ => {}
        }
    }
}

/// `[[bus]]es`: ASCII letters behind a wiki link belong to its label.
fn extend_label<'a>(arena: &'a Arena<'a>, link: Node<'a>) {
    let Some(next) = link.next_sibling() else { return };
    let trail = match &next.data().value {
        NodeValue::Text(text) => text.chars().take_while(char::is_ascii_alphabetic).count(),
        _ => 0,
    };
    if trail == 0 {
        return;
    }
    let mut moved = String::new();
    if let NodeValue::Text(text) = &mut next.data_mut().value {
        text[..trail].clone_into(&mut moved);
        *text = Cow::Owned(text[trail..].to_owned());
    }
    link.append(text_node(arena, moved));
}

/// A bare address swallows the Japanese sentence that follows it; gives it back.
fn cut_address<'a>(arena: &'a Arena<'a>, link: Node<'a>) {
    let Some(child) = link.first_child().filter(|child| child.next_sibling().is_none()) else {
        return;
    };
    let cut = match (&link.data().value, &child.data().value) {
        (NodeValue::Link(target), NodeValue::Text(text))
            if target.url.ends_with(text.as_ref())
                && (text.contains("://") || text.starts_with("www.")) =>
        {
            text.find(ENDS_ADDRESS)
        }
        _ => None,
    };
    let Some(at) = cut else { return };
    let mut rest = String::new();
    if let NodeValue::Text(text) = &mut child.data_mut().value {
        text[at..].clone_into(&mut rest);
        *text = Cow::Owned(text[..at].to_owned());
    }
    if let NodeValue::Link(target) = &mut link.data_mut().value {
        let keep = target.url.len() - rest.len();
        target.url.truncate(keep);
    }
    link.insert_after(text_node(arena, rest));
}

/// Tells whether a line break stands between two full-width characters, where Japanese has no space.
fn between_wide(node: Node<'_>) -> bool {
    // The tags of ruby are no text.
    let text = |n: &Node<'_>| !matches!(n.data().value, NodeValue::Raw(_));
    let before = node.preceding_siblings().skip(1).find(text);
    let after = node.following_siblings().skip(1).find(text);
    let last = before.and_then(|n| plain_text(n).chars().next_back());
    let first = after.and_then(|n| plain_text(n).chars().next());
    last.is_some_and(is_wide) && first.is_some_and(is_wide)
}

fn is_wide(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{ff01}'..='\u{ff60}' | '\u{20000}'..='\u{3ffff}')
}

/// Takes a page's leading first-level heading away, for the page shows its title itself.
/// Leaves it where the front matter has another title. Returns its text, and how that is read where it says so.
pub(super) fn take_title(root: Node<'_>, title: Option<&str>) -> Option<(String, Option<String>)> {
    let is_comment = |node: Node<'_>| matches!(&node.data().value, NodeValue::HtmlBlock(block) if block.literal.trim_start().starts_with("<!--"));
    let first = root.children().find(|node| !is_comment(node))?;
    let is_title = matches!(&first.data().value, NodeValue::Heading(heading) if heading.level == 1);
    let text = is_title.then(|| plain_text(first)).filter(|text| !text.is_empty())?;
    if title.is_some_and(|title| title != text) {
        return None;
    }
    let reading = super::ruby::reading(first);
    first.detach();
    Some((text, reading))
}
