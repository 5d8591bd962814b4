//! Changes to the tree before it is formatted: what CommonMark reads otherwise than a writer means.

use std::borrow::Cow;

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Node};

use super::{Dialect, formulas, plain_text};

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
    let Found { links, breaks, struck, rules, fenced, parted } = sort(root, dialect);
    for node in fenced {
        formulas::set(arena, node);
    }
    for node in parted {
        formulas::part(arena, node);
    }
    for node in struck {
        unstrike(arena, node);
    }
    for node in rules {
        free_rule(arena, node);
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
            Some(false) => {
                drop_colon(node);
                extend_label(arena, node);
            }
            Some(true) => {}
            None if dialect == Dialect::Deck && is_fuzzy(node) => unwrap(node),
            None => cut_address(arena, node),
        }
    }
    for node in breaks {
        if between_wide(node) {
            node.detach();
        }
    }
}

/// The nodes that may have to be mended.
#[derive(Default)]
struct Found<'a> {
    links: Vec<Node<'a>>,
    breaks: Vec<Node<'a>>,
    struck: Vec<Node<'a>>,
    /// Paragraphs that begin with a rule.
    rules: Vec<Node<'a>>,
    /// Formulas in fences.
    fenced: Vec<Node<'a>>,
    /// Paragraphs with a formula that may stand on a line of its own.
    parted: Vec<Node<'a>>,
}

fn sort(root: Node<'_>, dialect: Dialect) -> Found<'_> {
    let mut found = Found::default();
    for node in root.descendants() {
        match &node.data().value {
            NodeValue::Link(_) | NodeValue::WikiLink(_) => found.links.push(node),
            NodeValue::SoftBreak if dialect == Dialect::Page => found.breaks.push(node),
            NodeValue::Strikethrough if dialect == Dialect::Deck => found.struck.push(node),
            NodeValue::Paragraph if begins_with_rule(node) => found.rules.push(node),
            NodeValue::CodeBlock(block) if formulas::is_fenced(block) => found.fenced.push(node),
            NodeValue::Math(math) if math.display_math && dialect == Dialect::Deck => {
                let paragraph = node.parent().filter(|parent| {
                    let last = found.parted.last().is_some_and(|last| last.same_node(*parent));
                    matches!(parent.data().value, NodeValue::Paragraph) && !last
                });
                found.parted.extend(paragraph);
            }
            _ => {}
        }
    }
    found
}

/// Tells whether a link is what the parser makes of `www.example.com`, or of an address of mail within
/// another one: Marp makes none of these.
fn is_fuzzy(link: Node<'_>) -> bool {
    let Some(child) = link.first_child() else { return false };
    if child.data().sourcepos.start != link.data().sourcepos.start {
        return false;
    }
    let data = link.data();
    let NodeValue::Link(target) = &data.value else { return false };
    let within = |before: Node<'_>| matches!(&before.data().value, NodeValue::Text(text) if text.ends_with('/'));
    match &child.data().value {
        NodeValue::Text(text) if text.starts_with("www.") => {
            target.url.strip_prefix("http://") == Some(text)
        }
        NodeValue::Text(text) => {
            target.url.strip_prefix("mailto:") == Some(text)
                && link.previous_sibling().is_some_and(within)
        }
        _ => false,
    }
}

/// Puts what a node holds in its place.
fn unwrap(node: Node<'_>) {
    while let Some(child) = node.first_child() {
        node.insert_before(child);
    }
    node.detach();
}

/// In decks one tilde is a tilde, and two strike words out.
fn unstrike<'a>(arena: &'a Arena<'a>, node: Node<'a>) {
    let start = node.data().sourcepos.start;
    let inside = node.first_child().map(|child| child.data().sourcepos.start);
    let tildes = inside.filter(|inside| inside.line == start.line);
    if tildes.is_some_and(|inside| inside.column == start.column + 1) {
        node.insert_before(text_node(arena, "~".to_owned()));
        node.insert_after(text_node(arena, "~".to_owned()));
        unwrap(node);
    }
}

/// Tells whether a paragraph begins with a line of dashes. One that stands below the definition of a link
/// is taken for text, though a rule it is.
fn begins_with_rule(paragraph: Node<'_>) -> bool {
    let Some(first) = paragraph.first_child() else { return false };
    let alone = first.next_sibling().is_none_or(formulas::is_break);
    let data = first.data();
    let at = data.sourcepos;
    let NodeValue::Text(text) = &data.value else { return false };
    let dashes = text.trim_end();
    // As it is written: `\---` is text.
    alone
        && dashes.len() >= 3
        && dashes.bytes().all(|byte| byte == b'-')
        && at.end.column + 1 == at.start.column + text.len()
}

/// Makes a rule of the line that a paragraph begins with.
fn free_rule<'a>(arena: &'a Arena<'a>, paragraph: Node<'a>) {
    let Some(first) = paragraph.first_child() else { return };
    let rule = arena.alloc(AstNode::from(NodeValue::ThematicBreak));
    rule.data_mut().sourcepos = first.data().sourcepos;
    paragraph.insert_before(rule);
    first.detach();
    if let Some(next) = paragraph.first_child().filter(|next| formulas::is_break(next)) {
        next.detach();
    }
    match paragraph.first_child() {
        Some(child) => paragraph.data_mut().sourcepos.start = child.data().sourcepos.start,
        None => paragraph.detach(),
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

/// `[[:Category:Name]]`: the colon says that a link is meant; readers need not see it.
fn drop_colon(link: Node<'_>) {
    let Some(child) = link.first_child().filter(|child| child.next_sibling().is_none()) else {
        return;
    };
    let label = match (&link.data().value, &child.data().value) {
        (NodeValue::WikiLink(target), NodeValue::Text(text))
            if target.url.trim() == text.trim() =>
        {
            text.trim().strip_prefix(':').map(str::to_owned)
        }
        _ => None,
    };
    if let Some(label) = label.filter(|label| !label.is_empty())
        && let NodeValue::Text(text) = &mut child.data_mut().value
    {
        *text = Cow::Owned(label);
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
