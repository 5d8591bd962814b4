//! Headers and footers: a text of inline Markdown, whatever its lines look like.

use std::borrow::Cow;

use comrak::nodes::NodeValue;
use comrak::{Arena, Node, parse_document};

use super::deck::comment_of;
use super::fences::{Hidden, Line};
use super::format::Formatter;
use super::{Dialect, Text, grounds, options, prepare, ruby};
use crate::diagnostic::rules;
use crate::document::Prose;
use crate::document::directives::{Comment, classify};
use crate::span::Span;

/// What makes a paragraph of any line and is taken away again: it is written as a reference, which is
/// no letter to the marks behind it.
const GUARD: char = '\u{2060}';
const GUARD_WRITTEN: &str = "&#8288;";

/// A header or footer as it is written.
pub(super) struct Margin<'a> {
    pub markdown: Option<&'a str>,
    pub span: Span,
    /// The definitions that its links may name.
    pub definitions: &'a str,
}

/// Formats a header or footer, links and pictures included. As in Marp, its comments are notes of every slide that
/// has it, whatever they say.
pub(super) fn prose(
    text: &Text<'_>,
    formatter: &mut Formatter<'_>,
    margin: &Margin<'_>,
    notes: &mut Vec<String>,
) -> Prose {
    let (Some(markdown), span) = (margin.markdown, margin.span) else { return Prose::default() };
    let options = options(Dialect::Deck, markdown);
    let arena = Arena::new();
    let parse = |markdown: &str| {
        let named = markdown.contains('[') && !margin.definitions.is_empty();
        let known = if named { ["\n\n", margin.definitions].concat() } else { String::new() };
        parse_document(&arena, &[markdown, &known].concat(), &options)
    };
    let mut root = parse(markdown);
    let guarded = paragraph(root).is_none();
    if guarded {
        // `# 1` would be a heading here, and a blank line would end it.
        let lines = markdown.lines().map(|line| [GUARD_WRITTEN, line.trim_start()].concat());
        let lines: Vec<String> = lines.collect();
        root = parse(&lines.join("\n"));
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
    for comment in root.descendants().filter_map(comment_of) {
        if !matches!(classify(&comment), Comment::Nothing) {
            notes.push(comment.trim().to_owned());
        }
    }
    let inlines: Vec<Node<'_>> =
        paragraph(root).map(|only| only.children().collect()).unwrap_or_default();
    formatter.prose(&options, &inlines)
}

/// Returns the lines of a text that define links: `[name]: address`. Those in code define nothing.
pub(super) fn definitions(body: &str) -> String {
    let (mut found, mut hidden) = (String::new(), Hidden::default());
    for line in body.lines() {
        if let Line::Plain(text) = hidden.line(line)
            && text.starts_with('[')
            && text.contains("]:")
            && is_definition(text)
        {
            found.extend([text.trim_end(), "\n"]);
        }
    }
    found
}

/// Tells whether a line defines a link and is nothing else: another would stand behind the header as a block.
fn is_definition(line: &str) -> bool {
    let arena = Arena::new();
    parse_document(&arena, line, &options(Dialect::Deck, line)).first_child().is_none()
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

#[cfg(test)]
mod tests {
    use super::definitions;
    use crate::document::{Settings, Workshop, parse};
    use crate::source::SourcePath;

    #[test]
    fn lines_that_define_no_link_stand_behind_no_header() {
        let text = "[a]: b.md\n[[EBS]]: a disk\n[Note]: see below\n[x](y) [z]: w\n[c]:\n\n[雨]: <r> '題'\n";
        assert_eq!(definitions(text), "[a]: b.md\n[雨]: <r> '題'\n");
    }

    #[test]
    fn comments_of_headers_and_footers_are_notes_of_every_slide() {
        let text = "---\nheader: 'a <!-- one -->'\nfooter: '<!-- class: lead -->'\n---\nx\n\n<!-- two -->\n\n---\n\ny";
        let settings = Settings { html: false, workshop: &Workshop::default() };
        let document = parse(&SourcePath::new("decks/t.md"), text, settings);
        let notes: Vec<Vec<&str>> = document
            .slides
            .iter()
            .map(|slide| slide.notes.iter().map(|note| note.text.as_str()).collect())
            .collect();
        assert_eq!(notes, [vec!["one", "two", "class: lead"], vec!["one", "class: lead"]]);
        assert!(document.slides.iter().all(|slide| slide.classes.is_empty()));
    }
}
