//! Speaker notes: Markdown in comments, as HTML and as a tree that is built without parsing HTML.

use comrak::nodes::{AstNode, ListType, NodeValue};
use comrak::{Arena, Node, format_html, parse_document};
use serde_json::{Value as Json, json};

use super::ruby::{self, Piece};
use super::{Dialect, options, plain_text};
use crate::document::Note;

/// How deep a note's tree may be; what lies deeper is text alone.
const DEPTH_MAX: usize = 100;

/// Reads one note.
pub(super) fn read(text: &str) -> Note {
    let mut options = options(Dialect::Deck, text);
    options.render.r#unsafe = false;
    options.extension.block_directive = false;
    let arena = Arena::new();
    let root = parse_document(&arena, text, &options);
    say_names(root);
    let tree = children(root, 0);
    ruby::set(&arena, root, text);
    let mut html = String::new();
    // Writing into a String cannot fail.
    let _ = format_html(root, &options, &mut html);
    Note { html, tree, text: text.to_owned() }
}

/// Leaves what `[[a link]]` says: a note knows of no other document.
fn say_names(root: Node<'_>) {
    let is_link = |node: &Node<'_>| matches!(node.data().value, NodeValue::WikiLink(_));
    for link in root.descendants().filter(is_link).collect::<Vec<_>>() {
        while let Some(said) = link.first_child() {
            link.insert_before(said);
        }
        link.detach();
    }
}

fn children(node: Node<'_>, depth: usize) -> Vec<Json> {
    node.children().flat_map(|child| tree(child, depth + 1)).collect()
}

fn tree(node: Node<'_>, depth: usize) -> Vec<Json> {
    if depth > DEPTH_MAX {
        return vec![json!(plain_text(node))];
    }
    let element = |tag: &str| {
        let mut list = vec![json!(tag), json!({})];
        list.extend(children(node, depth));
        vec![Json::Array(list)]
    };
    match &node.data().value {
        NodeValue::Text(text) => ruby::pieces(text).iter().map(piece).collect(),
        NodeValue::SoftBreak | NodeValue::LineBreak => vec![json!(["br", {}])],
        NodeValue::Code(code) => vec![json!(["code", {}, code.literal])],
        NodeValue::CodeBlock(block) => vec![json!(["pre", {}, ["code", {}, block.literal]])],
        NodeValue::Math(math) => vec![json!(["code", {}, math.literal])],
        NodeValue::ShortCode(code) => vec![json!(code.emoji)],
        NodeValue::HtmlInline(text) => vec![json!(text)],
        NodeValue::HtmlBlock(block) => vec![json!(["p", {}, block.literal])],
        NodeValue::ThematicBreak => vec![json!(["hr", {}])],
        NodeValue::Paragraph if in_tight_list(node) => children(node, depth),
        NodeValue::Paragraph => element("p"),
        NodeValue::Heading(heading) => element(&format!("h{}", heading.level)),
        NodeValue::Emph => element("em"),
        NodeValue::Strong => element("strong"),
        NodeValue::Strikethrough => element("del"),
        NodeValue::BlockQuote | NodeValue::Alert(_) => element("blockquote"),
        NodeValue::Item(_) | NodeValue::TaskItem(_) => element("li"),
        NodeValue::List(list) if list.list_type == ListType::Bullet => element("ul"),
        NodeValue::List(list) => {
            let attributes = if list.start == 1 { json!({}) } else { json!({"start": list.start}) };
            let mut items = vec![json!("ol"), attributes];
            items.extend(children(node, depth));
            vec![Json::Array(items)]
        }
        NodeValue::Link(link) => {
            let safe = ["http://", "https://", "mailto:"]
                .iter()
                .any(|scheme| link.url.starts_with(scheme));
            let mut list = vec![
                json!(if safe { "a" } else { "span" }),
                if safe { json!({"href": link.url}) } else { json!({}) },
            ];
            list.extend(children(node, depth));
            vec![Json::Array(list)]
        }
        NodeValue::Table(_) => element("table"),
        NodeValue::TableRow(_) => element("tr"),
        NodeValue::TableCell => element("td"),
        _ => children(node, depth),
    }
}

fn piece(piece: &Piece<'_>) -> Json {
    match piece {
        Piece::Plain(text) | Piece::Uneven(text) => json!(text),
        Piece::Ruby(word) => {
            let mut list = vec![json!("ruby"), json!({})];
            for (base, reading) in word {
                list.extend([json!(base), json!(["rt", {}, reading])]);
            }
            Json::Array(list)
        }
    }
}

fn in_tight_list(node: Node<'_>) -> bool {
    node.parent()
        .and_then(AstNode::parent)
        .is_some_and(|list| matches!(&list.data().value, NodeValue::List(list) if list.tight))
}
