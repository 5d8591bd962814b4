//! `$$` on lines of their own: a block, as in Marp, whatever its lines look like. The Markdown crate
//! knows formulas within a paragraph alone, so for it a fence is put around them, line for line.

use std::ops::Range;

use comrak::nodes::{AstNode, NodeCodeBlock, NodeMath, NodeValue};
use comrak::{Arena, Node};
use memchr::memmem;

use super::fences::{Hidden, Line};

/// What stands behind the tildes of such a fence.
const INFO: &str = "$$";

/// Returns the text with its formulas in fences; nothing where there are none.
pub(super) fn fence(body: &str) -> Option<String> {
    memmem::find(body.as_bytes(), b"$$")?;
    let lines: Vec<&str> = body.split('\n').collect();
    let blocks = blocks(&lines);
    if blocks.is_empty() {
        return None;
    }
    let mut out = String::with_capacity(body.len() + blocks.len() * 8);
    let mut at = 0;
    for block in blocks {
        for line in &lines[at..block.start] {
            out.extend([line, "\n"]);
        }
        write(&lines[block.clone()], &mut out);
        at = block.end;
        if at < lines.len() {
            out.push('\n');
        }
    }
    out.push_str(&lines[at..].join("\n"));
    Some(out)
}

/// Finds the lines of each block, those of its marks included.
fn blocks(lines: &[&str]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut hidden, mut at) = (Hidden::default(), 0);
    // Up to here no mark ends a block: it was looked for.
    let mut endless = 0;
    while at < lines.len() {
        if let Line::Plain(text) = hidden.line(lines[at])
            && at >= endless
            && let Some(first) = opening(text)
        {
            match closing(lines, at + 1) {
                Ok(last) if is_block(first, lines, (at, last)) => {
                    found.push(at..last + 1);
                    at = last;
                }
                Ok(_) => {}
                Err(end) => endless = end,
            }
        }
        at += 1;
    }
    found
}

/// Returns what stands behind the mark of a block on the line that begins one.
fn opening(line: &str) -> Option<&str> {
    line.trim().strip_prefix("$$").filter(|first| !first.contains("$$"))
}

/// Returns the line with the mark that ends a block, or the line up to which there is none.
fn closing(lines: &[&str], from: usize) -> Result<usize, usize> {
    let is_rule = |line: &str| line.len() >= 3 && line.bytes().all(|byte| byte == b'-');
    for (at, line) in lines.iter().enumerate().skip(from) {
        match line.trim() {
            line if is_rule(line) => return Err(at),
            line if line.ends_with("$$") => return Ok(at),
            _ => {}
        }
    }
    Err(lines.len())
}

/// Tells whether a block needs a fence, and has the lines for one.
fn is_block(first: &str, lines: &[&str], (at, last): (usize, usize)) -> bool {
    last > at + 1 || (first.is_empty() && lines[last].trim() == "$$")
}

/// Writes a block as a fence of as many lines; what stands beside its marks moves to the next line.
fn write(lines: &[&str], out: &mut String) {
    let first = lines[0].trim_start_matches(' ');
    let indent = &lines[0][..lines[0].len() - first.len()];
    let first = first.trim().trim_start_matches('$').trim_start();
    let last = lines[lines.len() - 1].trim().trim_end_matches('$').trim_end();
    out.extend([indent, "~~~", INFO]);
    let inside = &lines[1..lines.len() - 1];
    for (number, line) in inside.iter().enumerate() {
        out.extend(["\n", indent]);
        if number == 0 && !first.is_empty() {
            out.extend([first, " "]);
        }
        out.push_str(line.trim());
        if number + 1 == inside.len() && !last.is_empty() {
            out.extend([" ", last]);
        }
    }
    out.extend(["\n", indent, "~~~"]);
}

/// Tells whether code is a formula in such a fence.
pub(super) fn is_fenced(block: &NodeCodeBlock) -> bool {
    block.info == INFO
}

/// Makes a formula of a fence again, in a paragraph.
pub(super) fn set<'a>(arena: &'a Arena<'a>, node: Node<'a>) {
    let literal = match &node.data().value {
        NodeValue::CodeBlock(block) => block.literal.trim_end().to_owned(),
        _ => return,
    };
    let math = NodeMath { dollar_math: true, display_math: true, literal };
    let formula = arena.alloc(AstNode::from(NodeValue::Math(math)));
    formula.data_mut().sourcepos = node.data().sourcepos;
    node.data_mut().value = NodeValue::Paragraph;
    node.append(formula);
}

/// Gives a formula that has a line of a paragraph for itself a paragraph of its own.
pub(super) fn part<'a>(arena: &'a Arena<'a>, paragraph: Node<'a>) {
    let alone = |node: &Node<'_>| {
        let display = matches!(&node.data().value, NodeValue::Math(math) if math.display_math);
        display
            && node.previous_sibling().is_none_or(is_break)
            && node.next_sibling().is_none_or(is_break)
    };
    while let Some(formula) =
        paragraph.children().find(|node| alone(node) && node.next_sibling().is_some())
    {
        split_behind(arena, paragraph, formula);
    }
    let last = paragraph.last_child().filter(|last| alone(last));
    if let Some(formula) = last.filter(|last| last.previous_sibling().is_some()) {
        own(arena, paragraph, formula);
    }
}

/// Moves what stands before a formula, and then the formula, into paragraphs before the rest.
fn split_behind<'a>(arena: &'a Arena<'a>, paragraph: Node<'a>, formula: Node<'a>) {
    let before: Vec<Node<'a>> =
        paragraph.children().take_while(|node| !node.same_node(formula)).collect();
    if let Some((gap, kept)) = before.split_last() {
        let above = like(arena, paragraph, kept.first().copied().unwrap_or(gap));
        paragraph.insert_before(above);
        for node in kept {
            above.append(node);
        }
        gap.detach();
    }
    if let Some(gap) = formula.next_sibling() {
        gap.detach();
    }
    let own = like(arena, paragraph, formula);
    paragraph.insert_before(own);
    own.append(formula);
    if let Some(first) = paragraph.first_child() {
        let start = first.data().sourcepos.start;
        paragraph.data_mut().sourcepos.start = start;
    }
}

/// Moves the formula at the end into a paragraph behind.
fn own<'a>(arena: &'a Arena<'a>, paragraph: Node<'a>, formula: Node<'a>) {
    if let Some(gap) = formula.previous_sibling() {
        gap.detach();
    }
    let own = like(arena, paragraph, formula);
    paragraph.insert_after(own);
    own.append(formula);
}

/// Makes a paragraph that begins where a node does.
fn like<'a>(arena: &'a Arena<'a>, paragraph: Node<'a>, first: Node<'a>) -> Node<'a> {
    let new = arena.alloc(AstNode::from(NodeValue::Paragraph));
    let mut place = paragraph.data().sourcepos;
    place.start = first.data().sourcepos.start;
    new.data_mut().sourcepos = place;
    new
}

pub(super) fn is_break(node: Node<'_>) -> bool {
    matches!(node.data().value, NodeValue::SoftBreak | NodeValue::LineBreak)
}
