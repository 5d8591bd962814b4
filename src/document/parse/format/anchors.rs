//! The anchors of headings, each once in a document: GitHub's on pages, Marp's on slides.

use std::collections::BTreeMap;

use comrak::nodes::NodeValue;
use comrak::{Anchorizer, Node};

use crate::document::parse::plain_text;

/// The anchors that were given, each with the number that its next namesake gets.
#[derive(Debug, Default)]
pub(super) struct Anchors(BTreeMap<String, usize>);

impl Anchors {
    /// Returns an anchor that no other heading has: the one wanted, or the same with a number.
    pub(super) fn unique(&mut self, wanted: &str) -> String {
        let Some(mut number) = self.0.get(wanted).copied() else {
            self.0.insert(wanted.to_owned(), 1);
            return wanted.to_owned();
        };
        loop {
            let numbered = format!("{wanted}-{number}");
            number += 1;
            if !self.0.contains_key(&numbered) {
                self.0.insert(wanted.to_owned(), number);
                self.0.insert(numbered.clone(), 1);
                return numbered;
            }
        }
    }
}

/// Returns the anchor that GitHub gives a heading with this text.
pub(super) fn of_page(text: &str) -> String {
    plain(text).unwrap_or_else(|| Anchorizer::new().anchorize(text))
}

/// What Marp leaves out of an anchor.
const LEFT_OUT: &str = "[]!/'\"#$%&()*+,./:;<=>?@\\^{|}~`。，、；：？！…—·ˉ¨‘’“”々～‖∶＂＇｀｜〃〔〕〈〉《》「」『』．〖〗【】（）［］｛｝";

/// Returns the anchor that Marp gives a heading: it keeps emoji and the names of tags, and knows no
/// formulas and no line breaks.
pub(super) fn of_slide(heading: Node<'_>) -> String {
    let text = said(heading).to_lowercase();
    let mut anchor = String::with_capacity(text.len());
    for (index, word) in text.split_whitespace().enumerate() {
        if index > 0 {
            anchor.push('-');
        }
        anchor.extend(word.chars().filter(|c| !LEFT_OUT.contains(*c)));
    }
    // One end alone, as there.
    let cut = anchor.trim_start_matches('-');
    if cut.len() == anchor.len() { cut.trim_end_matches('-') } else { cut }.to_owned()
}

fn said(heading: Node<'_>) -> String {
    let mut out = String::new();
    let mut pictures = 0;
    for node in heading.traverse() {
        match node {
            comrak::arena_tree::NodeEdge::Start(node) => {
                let data = node.data();
                match &data.value {
                    NodeValue::Image(_) => {
                        out.push_str(&plain_text(node));
                        pictures += 1;
                    }
                    _ if pictures > 0 => {}
                    NodeValue::Text(text) => out.push_str(text),
                    NodeValue::Code(code) => out.push_str(&code.literal),
                    NodeValue::ShortCode(code) => out.push_str(&code.emoji),
                    NodeValue::HtmlInline(tag) if !tag.starts_with("<!--") => out.push_str(tag),
                    _ => {}
                }
            }
            comrak::arena_tree::NodeEdge::End(node) => {
                pictures -= u32::from(matches!(node.data().value, NodeValue::Image(_)));
            }
        }
    }
    out
}

/// Returns the anchor of what most headings are made of: to look up what sort of character each is,
/// among all that there are, takes five times as long.
fn plain(text: &str) -> Option<String> {
    let mut anchor = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' ' => anchor.push('-'),
            '-' | '_' => anchor.push(c),
            c if c.is_ascii_alphanumeric() => anchor.push(c.to_ascii_lowercase()),
            c if c.is_ascii() => {}
            // Kana and the common Chinese characters: letters without case.
            '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{4e00}'..='\u{9fea}' => {
                anchor.push(c);
            }
            _ => return None,
        }
    }
    Some(anchor)
}
