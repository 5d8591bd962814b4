//! Markdown text -> `Document`. This folder alone names comrak.

mod deck;
mod fences;
mod foreign;
mod format;
mod formulas;
mod grounds;
mod hidden;
mod include;
mod margin;
mod notes;
mod prepare;
mod qr;
mod ruby;
mod styles;
mod surprises;
mod tables;

use std::borrow::Cow;

use comrak::nodes::NodeValue;
use comrak::options::Options;
use comrak::{Arena, Node, parse_document};
use memchr::memmem;

use crate::diagnostic::{self, Diagnostic, Rule, rules};
use crate::document::front_matter::{self, Matter};
use crate::document::{About, Document, Kind, Origins, Prose, Settings, Workshop};
use crate::font::Letters;
use crate::source::SourcePath;
use crate::span::{Lines, Span, lines};
use crate::theme::Sheet;

pub(in crate::document) use hidden::hidden;
pub use include::{Assembly, Piece, Texts, assemble};
pub(in crate::document) use include::{first_of, written};
pub use ruby::spoken;
pub use tables::asked as asked_values;

/// Quotations nested deeper than this are refused: comrak's extensions take quadratic time there.
const QUOTE_DEPTH_MAX: usize = 100;

/// The dialects of Markdown that the document stage speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// CommonMark 0.31, for its specification suite.
    CommonMark,
    /// GitHub-flavoured Markdown, for its specification suite.
    Gfm,
    /// What wiki pages are written in.
    Page,
    /// What decks are written in: Marp's Markdown and ours.
    Deck,
}

/// What the formatter and the deck splitter know about the text at hand.
struct Text<'a> {
    path: &'a SourcePath,
    /// The whole file as it is written.
    file: &'a str,
    /// What is parsed: line for line what is written.
    body: &'a str,
    /// Where the body begins in the file, and how long it is there.
    base: usize,
    length: usize,
    /// The lines as they are written.
    lines: Lines,
    settings: Settings<'a>,
}

impl Text<'_> {
    /// Returns the span in the file of a node.
    fn span(&self, node: Node<'_>) -> Span {
        let at = node.data().sourcepos;
        let start = self.lines.offset(at.start.line, at.start.column);
        let end = self.lines.offset(at.end.line.max(at.start.line), at.end.column) + 1;
        let clamp = |n: usize| self.base + n.min(self.length);
        Span::new(clamp(start), clamp(end))
    }

    /// Returns a line, from 1, as it is written.
    fn line(&self, number: usize) -> &str {
        let written = self.file.get(self.base..self.base + self.length).unwrap_or("");
        self.lines.line(written, u32::try_from(number).unwrap_or(u32::MAX))
    }

    fn fence(&self, fault: &fences::Fault) -> Diagnostic {
        let start = self.base + self.lines.offset(fault.line, 1);
        let span = Span::new(start, start + self.line(fault.line).trim_end().len());
        self.diagnostic(&rules::BLOCK_FENCE, span, fault.message.to_owned(), fault.help)
    }

    fn diagnostic(
        &self,
        rule: &'static Rule,
        span: Span,
        message: String,
        help: &str,
    ) -> Diagnostic {
        Diagnostic { rule, path: self.path.clone(), span, message, help: help.to_owned() }
    }
}

/// Understands one text. Never fails; what is wrong is in the document's diagnostics.
pub fn parse(path: &SourcePath, text: &str, settings: Settings<'_>) -> Document {
    let kind = if path.as_str().starts_with("decks/") { Kind::Deck } else { Kind::Page };
    let mut diagnostics = Vec::new();
    let bom = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let (matter, body_at) = front_matter(kind, path, text, bom, &mut diagnostics);
    let written = &text[body_at..];
    let softened = soften_quotes(path, written, body_at, &mut diagnostics);
    let body = with_newlines(softened.as_deref().unwrap_or(written));
    if let Some(at) = memchr::memchr(0, written.as_bytes()) {
        let span = Span::new(body_at + at, body_at + at + 1);
        let message = "the text holds a NUL byte".to_owned();
        diagnostics.push(Diagnostic {
            rule: &rules::NUL,
            path: path.clone(),
            span,
            message,
            help: "delete it; it is shown as U+FFFD".to_owned(),
        });
    }
    let (length, lines) = (written.len(), Lines::of(written));
    let body = formulas::fence(&body).map_or(body, Cow::Owned);
    let nested = fences::nest(&body, kind == Kind::Deck);
    let mut text = Text { path, file: text, body: &body, base: body_at, length, lines, settings };
    if let Some((nested, faults)) = &nested {
        text.body = nested;
        diagnostics.extend(faults.iter().map(|fault| text.fence(fault)));
    }
    diagnostics.extend(hidden::diagnostics(&text));
    let mut document = Document {
        path: path.clone(),
        kind,
        title: matter.title.clone(),
        matter,
        parts: Vec::new(),
        pieces: Vec::new(),
        body: Prose::default(),
        slides: Vec::new(),
        last_page: 0,
        themes: Vec::new(),
        about: About::default(),
        size: None,
        styles: Vec::new(),
        scope: None,
        headings: Vec::new(),
        links: Vec::new(),
        looks: Sheet::default(),
        look_urls: Vec::new(),
        files: Vec::new(),
        origins: Origins::default(),
        foreign: Vec::new(),
        letters: if kind == Kind::Deck { Letters::of(written) } else { Letters::default() },
        diagnostics,
    };
    match kind {
        Kind::Page => page(&text, &mut document),
        Kind::Deck => {
            deck::read(&text, &mut document);
            document.foreign = foreign::letters(&text, &document);
        }
    }
    diagnostic::sort(&mut document.diagnostics);
    document
}

/// Understands a text that was put together from several files: its places are those of the files.
pub fn parse_assembly(path: &SourcePath, assembly: Assembly, settings: Settings<'_>) -> Document {
    let mut document = parse(path, &assembly.text, settings);
    document.pieces = assembly.pieces;
    document.parts = assembly.parts;
    let mut diagnostics = std::mem::take(&mut document.diagnostics);
    for diagnostic in &mut diagnostics {
        document.trace(diagnostic);
    }
    diagnostics.extend(assembly.diagnostics);
    diagnostic::sort(&mut diagnostics);
    document.diagnostics = diagnostics;
    document
}

/// Renders a text by itself: links lead where they say. For the specification suites.
pub fn render_markdown(text: &str, dialect: Dialect) -> String {
    let path =
        SourcePath::new(if dialect == Dialect::Deck { "decks/text.md" } else { "wiki/text.md" });
    let text = Text {
        path: &path,
        file: text,
        body: text,
        base: 0,
        length: text.len(),
        lines: Lines::of(text),
        settings: Settings { html: true, workshop: &Workshop::default() },
    };
    let options = options(dialect, text.body);
    let arena = Arena::new();
    let root = parse_document(&arena, text.body, &options);
    if matches!(dialect, Dialect::Page | Dialect::Deck) {
        ruby::set(&arena, root, text.body);
    }
    prepare::tidy(&arena, root, dialect);
    let mut formatter = format::Formatter::new(&text, dialect);
    let prose = formatter.prose(&options, &[root]);
    prose.plain(formatter.links())
}

fn page(text: &Text<'_>, document: &mut Document) {
    let options = options(Dialect::Page, text.body);
    let arena = Arena::new();
    let root = parse_document(&arena, text.body, &options);
    let odd = qr::set(&arena, root, text.body);
    document.diagnostics.extend(odd.into_iter().map(|node| qr::diagnostic(text, node)));
    let uneven = ruby::set(&arena, root, text.body);
    document.diagnostics.extend(uneven.iter().map(|uneven| ruby::diagnostic(text, uneven)));
    prepare::tidy(&arena, root, Dialect::Page);
    if let Some((title, reading)) = prepare::take_title(root, document.matter.title.as_deref()) {
        document.title.get_or_insert(title);
        document.matter.reading.extend(reading);
    }
    let mut formatter = format::Formatter::new(text, Dialect::Page);
    document.body = formatter.prose(&options, &[root]);
    formatter.finish(document);
}

/// Reads the front matter, if there is any; returns it and where the body begins.
fn front_matter(
    kind: Kind,
    path: &SourcePath,
    text: &str,
    bom: usize,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Matter, usize) {
    let rest = &text[bom..];
    let mut tell = |rule, span, message: &str, help: &str| {
        diagnostics.push(Diagnostic {
            rule,
            path: path.clone(),
            span,
            message: message.to_owned(),
            help: help.to_owned(),
        });
    };
    let Some(block) = front_matter::find(rest) else {
        if let Some(at) = late_front_matter(rest) {
            tell(
                &rules::FRONT_MATTER_PLACE,
                Span::new(bom + at, bom + at + 3),
                "what looks like front matter does not begin in the first line",
                "delete what stands above it",
            );
        }
        let toml = toml_front_matter(rest);
        if toml.is_some() {
            tell(
                &rules::FRONT_MATTER,
                Span::new(bom, bom + 3),
                "the front matter is TOML, so it is shown as text",
                "write it as YAML: `---` for `+++`, and `key: value` for `key = value`",
            );
        }
        return (Matter { draft: toml.unwrap_or(false), ..Matter::default() }, bom);
    };
    let looks_like_keys =
        lines(&rest[block.yaml.clone()]).next().is_some_and(|line| line.contains(':'));
    if !block.closed && kind == Kind::Page {
        if looks_like_keys {
            tell(
                &rules::FRONT_MATTER_UNCLOSED,
                Span::new(bom, bom + 3),
                "the front matter has no closing `---` line",
                "write `---` on a line of its own behind the last key",
            );
        }
        let draft = looks_like_keys && front_matter::says_draft(&rest[block.yaml]);
        return (Matter { draft, ..Matter::default() }, bom);
    }
    if !block.closed && !rest[block.yaml.clone()].trim().is_empty() {
        tell(
            &rules::FRONT_MATTER_UNCLOSED,
            Span::new(bom, bom + 3),
            "the front matter has no closing `---` line, so the whole file is taken for it",
            "write `---` on a line of its own behind the last key",
        );
    }
    let (matter, found) = front_matter::read(kind, path, rest, block.yaml, bom);
    // That the rest of the file is no YAML is no second fault.
    let lost = |found: &Diagnostic| !block.closed && found.rule.code == rules::FRONT_MATTER.code;
    diagnostics.extend(found.into_iter().filter(|found| !lost(found)));
    (matter, bom + block.body)
}

/// Finds front matter as Hugo and Zola have it between `+++`, and returns whether it says that the text is a draft.
fn toml_front_matter(text: &str) -> Option<bool> {
    let mut lines = lines(text).map(str::trim);
    lines.next().filter(|line| *line == "+++")?;
    let mut inside = Vec::new();
    loop {
        match lines.next()? {
            "+++" => break,
            line => inside.push(line),
        }
    }
    // What stands below `[extra]` is of that table.
    let own = inside.iter().take_while(|line| !line.starts_with('['));
    let mut values = own.filter_map(|line| line.split_once('='));
    let draft = |(key, value): (&str, &str)| key.trim() == "draft" && value.trim() == "true";
    values.clone().next().is_some().then(|| values.any(draft))
}

/// Finds a `---` below blank lines that is followed by `key: value` and another `---`.
fn late_front_matter(text: &str) -> Option<usize> {
    let at = text.len() - text.trim_start().len();
    let block = (at > 0).then(|| front_matter::find(&text[at..])).flatten()?;
    let keys = lines(&text[at..][block.yaml]).next().is_some_and(|line| {
        line.split_once(": ").is_some_and(|(key, _)| key.chars().all(char::is_alphanumeric))
    });
    (block.closed && keys).then_some(at)
}

/// Ends every line with `\n`: a line end within a formula or a name would else be part of it.
fn with_newlines(body: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\r', body.as_bytes()).is_some() {
        Cow::Owned(body.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(body)
    }
}

/// Makes plain text of lines that open more quotations than anybody reads.
fn soften_quotes(
    path: &SourcePath,
    body: &str,
    base: usize,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<String> {
    memchr::memchr_iter(b'>', body.as_bytes()).nth(QUOTE_DEPTH_MAX)?;
    // What may stand before or between the marks: space, and the marks of lists.
    let before = |b: &u8| b" \t>-+*.)".contains(b) || b.is_ascii_digit();
    let depth = |line: &str| line.bytes().take_while(before).filter(|b| *b == b'>').count();
    let ends = memchr::memchr2_iter(b'\n', b'\r', body.as_bytes());
    let mut starts = std::iter::once(0).chain(ends.map(|end| end + 1));
    if !starts.any(|start| depth(&body[start..]) > QUOTE_DEPTH_MAX) {
        return None;
    }
    let mut out = String::with_capacity(body.len() + 16);
    let mut told = false;
    for line in body.split_inclusive(['\n', '\r']) {
        if depth(line) > QUOTE_DEPTH_MAX {
            if !told {
                let span = Span::new(base + out.len(), base + out.len() + line.trim_end().len());
                let message = format!(
                    "quotations are nested {} deep; the limit is {QUOTE_DEPTH_MAX}",
                    depth(line)
                );
                diagnostics.push(Diagnostic {
                    rule: &rules::DEEP_QUOTES,
                    path: path.clone(),
                    span,
                    message,
                    help: "the line is shown as plain text".to_owned(),
                });
                told = true;
            }
            out.push('\\');
            out.push_str(line.trim_start());
        } else {
            out.push_str(line);
        }
    }
    Some(out)
}

fn options(dialect: Dialect, body: &str) -> Options<'static> {
    let mut options = Options::default();
    options.render.r#unsafe = true;
    options.render.escaped_char_spans = ruby::needs_escapes(body, dialect);
    if dialect == Dialect::CommonMark {
        return options;
    }
    let extension = &mut options.extension;
    extension.strikethrough = true;
    extension.table = may_have_table(body);
    extension.autolink = may_have_address(body);
    if dialect == Dialect::Gfm {
        extension.tasklist = true;
        return options;
    }
    extension.cjk_friendly_emphasis = true;
    extension.wikilinks_title_after_pipe = true;
    extension.shortcodes = may_have_shortcode(body);
    extension.math_dollars = true;
    extension.alerts = true;
    extension.block_directive = memmem::find(body.as_bytes(), b":::").is_some();
    options.render.tasklist_classes = true;
    if dialect == Dialect::Deck {
        options.render.hardbreaks = true;
        return options;
    }
    extension.tasklist = true;
    extension.footnotes = true;
    extension.inline_footnotes = true;
    extension.description_lists = true;
    extension.multiline_block_quotes = memmem::find(body.as_bytes(), b">>>").is_some();
    extension.math_code = true;
    extension.superscript = true;
    extension.subscript = true;
    extension.highlight = true;
    extension.insert = true;
    extension.header_attributes = true;
    options.parse.relaxed_tasklist_matching = true;
    options
}

/// Tells whether a table can be in a text at all: the parser looks for one in every paragraph. A
/// table of one column needs no bar, but a line that ends in dashes or in `-:`.
fn may_have_table(body: &str) -> bool {
    let bytes = body.as_bytes();
    let ends_line = |at: usize| {
        let rest = bytes[at + 1..].strip_prefix(b":").unwrap_or(&bytes[at + 1..]);
        let line = rest.iter().find(|byte| !matches!(byte, b' ' | b'\t' | 0x0b | 0x0c));
        line.is_none_or(|byte| *byte == b'\n')
    };
    memchr::memchr(b'|', bytes).is_some() || memchr::memchr_iter(b'-', bytes).any(ends_line)
}

/// Tells whether a bare address can be in a text at all: the parser looks for one in every word. An
/// `@` may also be written as a reference.
fn may_have_address(body: &str) -> bool {
    let bytes = body.as_bytes();
    memchr::memchr2(b'@', b'&', bytes).is_some()
        || memchr::memchr_iter(b':', bytes).any(|at| bytes[at + 1..].starts_with(b"//"))
        || memmem::find(bytes, b"www.").is_some()
}

/// Tells whether `:smile:` can be in a text at all: the parser stops at every colon to see.
fn may_have_shortcode(body: &str) -> bool {
    let bytes = body.as_bytes();
    let begins = |at: usize| {
        let next = bytes.get(at + 1);
        next.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(byte))
    };
    memchr::memchr_iter(b':', bytes).any(begins)
}

/// Returns the text of a node without its markup.
fn plain_text(node: Node<'_>) -> String {
    let mut out = String::new();
    for part in node.descendants() {
        match &part.data().value {
            NodeValue::Text(text) => out.push_str(text),
            NodeValue::Code(code) => out.push_str(&code.literal),
            NodeValue::Math(math) => out.push_str(&math.literal),
            NodeValue::ShortCode(code) => out.push_str(&code.emoji),
            NodeValue::SoftBreak | NodeValue::LineBreak => out.push(' '),
            _ => {}
        }
    }
    out.trim().to_owned()
}
