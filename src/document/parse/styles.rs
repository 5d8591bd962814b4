//! `<style>` and `style:` of a deck: taken out of the text, read, held within the deck or the slide.

use comrak::Node;
use comrak::nodes::NodeValue;

use super::Text;
use super::format::Formatter;
use crate::digest::Digest;
use crate::document::{Document, Style};
use crate::span::Span;
use crate::theme::{self, Sheet};

/// CSS as it stands in a deck.
pub(super) struct Written {
    pub css: String,
    /// Where in the file to look for its first line.
    pub from: usize,
}

/// What was taken out of a piece of HTML.
#[derive(Default)]
pub(super) struct Taken {
    /// For the whole deck.
    pub deck: Vec<Written>,
    /// For the slide alone.
    pub slide: Vec<Written>,
    /// What stands behind one on its line, and where.
    pub behind: Vec<(String, Span)>,
}

/// Tells whether a text has a `<style>` anywhere.
pub(super) fn any(body: &str) -> bool {
    memchr::memmem::find_iter(body.as_bytes(), b"<").any(|at| opens(&body[at..]).is_some())
}

/// Tells whether a block begins with a `<style>`.
pub(super) fn opens_block(node: Node<'_>) -> bool {
    matches!(&node.data().value, NodeValue::HtmlBlock(block) if opens(block.literal.trim_start()).is_some())
}

/// Takes every `<style>` out of some nodes. One within a line is one only where all HTML passes.
pub(super) fn take(text: &Text<'_>, nodes: &[Node<'_>], taken: &mut Taken) {
    if text.settings.html {
        within_lines(text, nodes, taken);
    }
    for node in nodes.iter().flat_map(|node| node.descendants()) {
        let (span, is_style) = (text.span(node), opens_block(node));
        let from = span.start as usize;
        if let NodeValue::HtmlBlock(block) = &mut node.data_mut().value {
            cut(&mut block.literal, from, taken);
            let rest = block.literal.trim();
            if is_style && !rest.is_empty() {
                taken.behind.push((rest.to_owned(), span));
            }
        }
    }
}

fn within_lines(text: &Text<'_>, nodes: &[Node<'_>], taken: &mut Taken) {
    let inside = nodes.iter().flat_map(|node| node.descendants());
    let tags = inside.filter(|node| matches!(node.data().value, NodeValue::HtmlInline(_)));
    for tag in tags.collect::<Vec<_>>() {
        let scoped = match &tag.data().value {
            NodeValue::HtmlInline(tag) => opens(tag).map(|(attributes, _)| is_scoped(attributes)),
            _ => None,
        };
        let Some(scoped) = scoped else { continue };
        let mut siblings: Vec<Node<'_>> = tag.following_siblings().collect();
        let closes = |node: &Node<'_>| match &node.data().value {
            NodeValue::HtmlInline(tag) => tag.to_ascii_lowercase().starts_with("</style"),
            _ => false,
        };
        let Some(end) = siblings.iter().position(closes) else { continue };
        let from = text.span(tag).end as usize;
        let Some(css) = text.file.get(from..text.span(siblings[end]).start as usize) else {
            continue;
        };
        let list = if scoped { &mut taken.slide } else { &mut taken.deck };
        list.push(Written { css: css.to_owned(), from });
        for sibling in siblings.drain(..=end) {
            sibling.detach();
        }
    }
}

fn is_scoped(attributes: &str) -> bool {
    attributes
        .split([' ', '\t', '\n'])
        .any(|word| word.split('=').next().is_some_and(|word| word.eq_ignore_ascii_case("scoped")))
}

/// Returns the attributes of a `<style>` at the start of a text, and how long the tag is.
fn opens(html: &str) -> Option<(&str, usize)> {
    let rest = html.get(6..)?;
    let is_tag = html[..6].eq_ignore_ascii_case("<style")
        && rest.starts_with(|c: char| c == '>' || c.is_ascii_whitespace());
    let end = rest.find('>').filter(|_| is_tag)?;
    Some((&rest[..end], 6 + end + 1))
}

fn cut(literal: &mut String, from: usize, taken: &mut Taken) {
    let mut kept = String::new();
    let mut rest = literal.as_str();
    while let Some(at) = rest.find('<') {
        let (before, here) = rest.split_at(at);
        kept.push_str(before);
        let Some((attributes, length)) = opens(here) else {
            kept.push('<');
            rest = &here[1..];
            continue;
        };
        let inside = &here[length..];
        let lower = inside.to_ascii_lowercase();
        let end = lower.find("</style").unwrap_or(inside.len());
        let list = if is_scoped(attributes) { &mut taken.slide } else { &mut taken.deck };
        list.push(Written { css: inside[..end].to_owned(), from });
        rest = inside[end..].split_once('>').map_or("", |(_, rest)| rest);
    }
    kept.push_str(rest);
    *literal = kept;
}

/// Reads the styles of the whole deck; from then on its slides bear the name of their scope.
pub(super) fn deck(
    text: &Text<'_>,
    written: &[Written],
    formatter: &mut Formatter<'_>,
    document: &mut Document,
) {
    let all: Vec<&[u8]> = written.iter().map(|style| style.css.as_bytes()).collect();
    for style in written {
        let style = read(text, style, None, formatter);
        document.styles.extend(style);
    }
    if document.styles.is_empty() {
        return;
    }
    let path = [text.path.as_str().as_bytes()];
    let digest = Digest::of_parts(path.into_iter().chain(all));
    document.scope = Some(digest.short()[..8].to_owned());
}

/// Reads the styles of a slide; returns the name of their scope.
pub(super) fn slide(
    text: &Text<'_>,
    written: &[Written],
    formatter: &mut Formatter<'_>,
    styles: &mut Vec<Style>,
) -> Option<String> {
    let all = written.iter().map(|style| style.css.as_bytes());
    let scope = Digest::of_parts([text.path.as_str().as_bytes()].into_iter().chain(all));
    let scope = scope.short()[..8].to_owned();
    let known = styles.iter().any(|style| style.scope.as_ref() == Some(&scope));
    let mut any = known;
    for style in written.iter().filter(|_| !known) {
        let style = read(text, style, Some(&scope), formatter);
        any |= style.is_some();
        styles.extend(style);
    }
    any.then_some(scope)
}

fn read(
    text: &Text<'_>,
    written: &Written,
    scope: Option<&String>,
    formatter: &mut Formatter<'_>,
) -> Option<Style> {
    let sheet: Sheet = theme::parse(&written.css);
    let told = !(sheet.faults.is_empty() && sheet.imports.is_empty() && sheet.urls.is_empty());
    let starts = if told { starts(text.file, written) } else { Vec::new() };
    let span = |at: &std::ops::Range<usize>| {
        let place = |offset: usize| {
            let before = &written.css[..offset];
            let line = before.bytes().filter(|byte| *byte == b'\n').count();
            let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
            starts.get(line).map_or(written.from, |start| start + column)
        };
        Span::new(place(at.start), place(at.end))
    };
    for fault in &sheet.faults {
        let message = fault.message.clone();
        formatter.tell(text.diagnostic(fault.rule, span(&fault.at), message, &fault.help));
    }
    let named = |list: &[theme::Named]| {
        list.iter().map(|named| (named.name.clone(), span(&named.at))).collect()
    };
    let (imports, urls) = (named(&sheet.imports), named(&sheet.urls));
    (!sheet.is_empty()).then(|| Style { sheet, scope: scope.cloned(), imports, urls })
}

/// Finds where each line of a style begins in the file: lines there may be indented, be quoted or
/// end otherwise.
fn starts(file: &str, written: &Written) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut at = written.from;
    for line in written.css.split('\n') {
        let line = line.trim_end();
        let found = file.get(at..).and_then(|rest| rest.find(line)).unwrap_or(0);
        starts.push(at + found);
        at += found;
        if let Some(end) = file.get(at..).and_then(|rest| rest.find(['\n', '\r'])) {
            at += end;
            at += if file[at..].starts_with("\r\n") { 2 } else { 1 };
        }
    }
    starts
}
