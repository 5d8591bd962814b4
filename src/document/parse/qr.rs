//! `:qr[https://example.org]` in a sentence: a QR code there.

use std::borrow::Cow;

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Node};

use super::prepare::text_node;
use super::{Text, plain_text};
use crate::diagnostic::{Diagnostic, rules};
use crate::document::qr;

const BEGIN: &str = ":qr[";

/// Puts QR codes where they are asked for; returns the texts that no code can hold. A text without any is not
/// looked at.
pub(super) fn set<'a>(arena: &'a Arena<'a>, root: Node<'a>, body: &str) -> Vec<Node<'a>> {
    if memchr::memmem::find(body.as_bytes(), BEGIN.as_bytes()).is_none() {
        return Vec::new();
    }
    let begins = |node: &Node<'a>| matches!(&node.data().value, NodeValue::Text(text) if text.contains(BEGIN));
    let (mut left, mut faults): (Vec<Node<'a>>, Vec<Node<'a>>) =
        (root.descendants().filter(begins).collect(), Vec::new());
    while let Some(node) = left.pop() {
        let Some(asked) = Asked::at(node) else { continue };
        let Some(svg) = qr::svg(asked.address.trim()) else {
            faults.push(node);
            continue;
        };
        for used in asked.used {
            used.detach();
        }
        if let NodeValue::Text(text) = &mut node.data_mut().value {
            *text = Cow::Owned(text[..asked.begin].to_owned());
        }
        let code = arena.alloc(AstNode::from(NodeValue::Raw(svg)));
        node.insert_after(code);
        if !asked.rest.is_empty() {
            let rest = text_node(arena, asked.rest);
            rest.data_mut().sourcepos = node.data().sourcepos;
            code.insert_after(rest);
            left.extend(Some(rest).filter(begins));
        }
    }
    faults
}

pub(super) fn diagnostic(text: &Text<'_>, node: Node<'_>) -> Diagnostic {
    let message = "no QR code can hold this".to_owned();
    let help = "write an address of at most 2,953 bytes between the brackets";
    text.diagnostic(&rules::QR, text.span(node), message, help)
}

/// What stands between the brackets, whatever became of it: a bare address is a link by now.
struct Asked<'a> {
    begin: usize,
    address: String,
    used: Vec<Node<'a>>,
    rest: String,
}

impl<'a> Asked<'a> {
    fn at(node: Node<'a>) -> Option<Asked<'a>> {
        let (begin, mut said) = match &node.data().value {
            NodeValue::Text(text) => {
                let begin = text.find(BEGIN)?;
                (begin, text[begin + BEGIN.len()..].to_owned())
            }
            _ => return None,
        };
        let (mut used, mut next) = (Vec::new(), node.next_sibling());
        loop {
            if let Some((address, rest)) = said.split_once(']') {
                let (address, rest) = (address.to_owned(), rest.to_owned());
                return Some(Asked { begin, address, used, rest });
            }
            let sibling = next?;
            match &sibling.data().value {
                NodeValue::Text(text) => said.push_str(text),
                NodeValue::Link(_) | NodeValue::Escaped => {
                    said.push_str(&plain_text(sibling));
                }
                _ => return None,
            }
            used.push(sibling);
            next = sibling.next_sibling();
        }
    }
}
