//! The tree -> prose with holes. Collects links, headings and pictures on the way.

mod anchors;
mod block;
mod blocks;
mod code;
mod diagram;
mod drawn;
mod links;

use std::cell::Cell;
use std::fmt::{self, Write};
use std::rc::Rc;

use comrak::Node;
use comrak::html::{self as default, ChildRendering, Context};
use comrak::nodes::NodeValue;
use comrak::options::{Options, Plugins};
use memchr::memmem;

use super::{Dialect, Text, grounds, plain_text};
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::document::html::Open;
use crate::document::looks::Looks;
use crate::document::{Document, Filling, Form, Heading, Hole, Link, Origins, Prose, category};
use crate::theme::DataFile;
use anchors::Anchors;
use block::{Row, format_block};
use blocks::{
    format_alert, format_cell, format_heading, format_html, format_math, format_table, format_task,
    in_flow, is_pause, is_step,
};
use code::format_code_block;
use links::{BlockText, format_embed, format_link, format_wiki_link, lone_embed};

type Rendered = Result<ChildRendering, fmt::Error>;

/// Formats the parts of one document and keeps what it meets.
pub(super) struct Formatter<'t> {
    text: &'t Text<'t>,
    dialect: Dialect,
    /// How much of the prose at hand is written: where a hole would be.
    written: Rc<Cell<usize>>,
    holes: Vec<Hole>,
    links: Vec<Link>,
    headings: Vec<Heading>,
    anchors: Anchors,
    origins: Origins,
    diagnostics: Vec<Diagnostic>,
    open: Open,
    cell: usize,
    block: BlockText,
    slide: Option<u32>,
    /// How many slides there are: their numbers are ids of their own.
    slide_count: u32,
    steps: u32,
    /// The step at which what follows comes, once a pause was met.
    paused: u32,
    /// The step that the tag to be written next must bear.
    awaited: Rc<Cell<u32>>,
    looks: Looks,
    /// The row of columns that was looked at last.
    row: Row,
    files: Vec<DataFile>,
    /// The diagrams that were written: each has ids of its own.
    diagrams: Vec<Digest>,
    /// What the prose at hand is written in, used again from slide to slide.
    page: String,
}

/// A `String` that tells how long it is while somebody else writes to it.
struct Counted<'a> {
    out: &'a mut String,
    written: Rc<Cell<usize>>,
    awaited: Rc<Cell<u32>>,
}

impl Write for Counted<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let (step, mut text) = (self.awaited.get(), text);
        if step > 0
            && let Some(end) = tag_name_end(text)
        {
            self.awaited.set(0);
            self.out.push_str(&text[..end]);
            write!(self.out, " data-step=\"{step}\" data-marpit-fragment=\"{step}\"")?;
            text = &text[end..];
        }
        self.out.push_str(text);
        self.written.set(self.out.len());
        Ok(())
    }
}

/// Returns where the name of the opening tag that a text begins with ends.
fn tag_name_end(text: &str) -> Option<usize> {
    let name = text
        .strip_prefix('<')
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))?;
    Some(1 + name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len()))
}

impl<'t> Formatter<'t> {
    pub(super) fn new(text: &'t Text<'t>, dialect: Dialect) -> Formatter<'t> {
        Formatter {
            text,
            dialect,
            written: Rc::new(Cell::new(0)),
            holes: Vec::new(),
            links: Vec::new(),
            headings: Vec::new(),
            anchors: Anchors::default(),
            origins: Origins::default(),
            diagnostics: Vec::new(),
            open: Open::new(dialect == Dialect::Deck),
            cell: 0,
            block: BlockText::default(),
            slide: None,
            slide_count: 0,
            steps: 0,
            paused: 0,
            awaited: Rc::new(Cell::new(0)),
            looks: Looks::default(),
            row: Row::default(),
            files: Vec::new(),
            diagrams: Vec::new(),
            page: String::new(),
        }
    }

    /// Formats some nodes as one prose.
    pub(super) fn prose(&mut self, options: &Options<'_>, nodes: &[Node<'_>]) -> Prose {
        let mut html = std::mem::take(&mut self.page);
        html.clear();
        // One size for most: memory of many sizes is memory that lies idle.
        html.reserve((self.text.body.len().min(1 << 16) * 2).max(1 << 15));
        self.written.set(0);
        self.block = BlockText::default();
        for node in nodes {
            self.awaited.set(0);
            let (written, awaited) = (Rc::clone(&self.written), Rc::clone(&self.awaited));
            let mut out = Counted { out: &mut html, written, awaited };
            let done = default::format_document_with_formatter(
                node,
                options,
                &mut out,
                &Plugins::default(),
                format_node,
                &mut *self,
            );
            debug_assert!(done.is_ok(), "writing into a String cannot fail");
        }
        self.awaited.set(0);
        html.push_str(&self.open.close_all());
        let holes = std::mem::take(&mut self.holes);
        let prose = name_ways_back(Prose { html, holes });
        // Prose is kept for as long as its document: without the space that it grew in.
        self.page = prose.html;
        Prose { html: String::from(self.page.as_str()), holes: exact(prose.holes) }
    }

    /// Says how many slides will begin.
    pub(super) fn expect_slides(&mut self, count: usize) {
        self.slide_count = u32::try_from(count).unwrap_or(u32::MAX);
    }

    /// Begins a slide: what follows stands on it.
    pub(super) fn begin_slide(&mut self, number: u32) {
        self.slide = Some(number);
        self.steps = 0;
        self.paused = 0;
    }

    /// Returns how many steps the slide at hand has.
    pub(super) fn steps(&self) -> u32 {
        self.steps
    }

    /// Returns the looks of the document, for another class.
    pub(super) fn looks(&mut self) -> &mut Looks {
        &mut self.looks
    }

    pub(super) fn links(&self) -> &[Link] {
        &self.links
    }

    pub(super) fn headings(&self) -> &[Heading] {
        &self.headings
    }

    pub(super) fn tell(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Hands over what was collected.
    pub(super) fn finish(self, document: &mut Document) {
        for link in self.links.iter().filter(|link| link.form == Form::Wiki) {
            if let Some(tag) = category(&link.target)
                && !document.matter.tags.iter().any(|known| known == tag)
            {
                document.matter.tags.push(tag.to_owned());
            }
        }
        document.links = exact(self.links);
        document.headings = exact(self.headings);
        document.origins = self.origins;
        let (looks, urls) = self.looks.into_sheet();
        document.looks = looks;
        document.look_urls.extend(urls);
        document.files = self.files;
        document.diagnostics.extend(self.diagnostics);
    }

    fn hole(&mut self, filling: Filling) {
        self.hole_at(self.written.get(), filling);
    }

    fn hole_at(&mut self, at: usize, filling: Filling) {
        self.holes.push(Hole { at: u32::try_from(at).unwrap_or(u32::MAX), filling });
    }
}

/// Lets the reader's language say what the arrows behind footnotes do; comrak says it in English.
fn name_ways_back(mut prose: Prose) -> Prose {
    const LABEL: &str = "aria-label=\"";
    const WORDS: &str = "aria-label=\"Back to reference";
    let finder = memmem::Finder::new(WORDS);
    let words = |from: usize| finder.find(&prose.html.as_bytes()[from..]);
    if words(0).is_none() {
        return prose;
    }
    let shifted = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let mut holes = Vec::with_capacity(prose.holes.len() + 8);
    let mut old = std::mem::take(&mut prose.holes).into_iter().peekable();
    let (mut html, mut from) = (String::with_capacity(prose.html.len()), 0);
    while from < prose.html.len() {
        let found = words(from).map(|at| from + at + LABEL.len());
        let end = found.unwrap_or(prose.html.len());
        while let Some(hole) = old.next_if(|hole| hole.at as usize <= end) {
            let at = shifted(html.len() + hole.at as usize - from);
            holes.push(Hole { at, filling: hole.filling });
        }
        html.push_str(&prose.html[from..end]);
        from = end;
        if found.is_some() {
            holes.push(Hole { at: shifted(html.len()), filling: Filling::Word("footnote_back") });
            from += WORDS.len() - LABEL.len();
        }
    }
    Prose { html, holes }
}

/// Returns the values without the space that they grew in.
fn exact<T>(values: Vec<T>) -> Vec<T> {
    let mut exact = Vec::with_capacity(values.len());
    exact.extend(values);
    exact
}

fn format_node(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    entering: bool,
) -> Rendered {
    // Most nodes are these; the way to the others is longer.
    match &node.data().value {
        NodeValue::Text(_) | NodeValue::SoftBreak => {}
        NodeValue::Code(code) if !is_one(&code.literal) => {}
        _ => return format_particular(context, node, entering),
    }
    default::format_node_default(context, node, entering)
}

/// Tells whether code is cut ugly behind its first letters: a flag of a command line, perhaps with its value, as
/// `--lang en`, or a picture, as `![[a.png]]`.
fn is_one(code: &str) -> bool {
    const BYTES_MAX: usize = 24;
    let behind = code.trim_start_matches('-');
    let flag = behind.len() < code.len() && behind.starts_with(|c: char| c.is_ascii_alphabetic());
    code.len() <= BYTES_MAX && (flag || code.starts_with("!["))
}

#[inline(never)]
fn format_particular(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    entering: bool,
) -> Rendered {
    if matches!(context.user.dialect, Dialect::CommonMark | Dialect::Gfm) {
        return default::format_node_default(context, node, entering);
    }
    if entering && context.user.paused > 0 && in_flow(node) && node.data().value.block() {
        context.user.awaited.set(context.user.paused);
    }
    match &node.data().value {
        NodeValue::Paragraph => format_paragraph(context, node, entering),
        NodeValue::Link(link) => format_link(context, node, link, entering),
        NodeValue::WikiLink(link) => format_wiki_link(context, node, link, entering),
        NodeValue::Image(image) if entering => {
            let slide = context.user.dialect == Dialect::Deck;
            let alt = if slide { grounds::alt(node) } else { plain_text(node) };
            context.user.picture(node, &image.url, &image.title, &alt);
            Ok(ChildRendering::Skip)
        }
        NodeValue::Heading(heading) => format_heading(context, node, heading.level, entering),
        NodeValue::Code(code) if entering => {
            context.write_str("<code class=\"flag\">")?;
            context.escape(&code.literal)?;
            context.write_str("</code>")?;
            Ok(ChildRendering::Skip)
        }
        NodeValue::CodeBlock(block) if entering => {
            format_code_block(context, node, (&block.info, &block.literal))
        }
        NodeValue::HtmlBlock(block) if entering => {
            context.cr()?;
            format_html(context, node, &block.literal)?;
            context.cr()?;
            Ok(ChildRendering::HTML)
        }
        NodeValue::HtmlInline(literal) if entering => {
            format_html(context, node, literal)?;
            Ok(ChildRendering::HTML)
        }
        NodeValue::Math(math) if entering => format_math(context, node, math),
        NodeValue::Image(_)
        | NodeValue::Math(_)
        | NodeValue::CodeBlock(_)
        | NodeValue::HtmlBlock(_)
        | NodeValue::HtmlInline(_) => Ok(ChildRendering::HTML),
        NodeValue::BlockDirective(_) => format_block(context, node, entering),
        NodeValue::Table(_) => format_table(context, node, entering),
        NodeValue::TableRow(_) => {
            context.user.cell = 0;
            default::format_node_default(context, node, entering)
        }
        NodeValue::TableCell => format_cell(context, node, entering),
        NodeValue::Item(_)
            if context.user.dialect == Dialect::Deck && entering && is_step(node) =>
        {
            context.user.steps += 1;
            let step = context.user.steps;
            context.cr()?;
            write!(context, "<li data-step=\"{step}\" data-marpit-fragment=\"{step}\">")?;
            Ok(ChildRendering::HTML)
        }
        NodeValue::TaskItem(item) if entering => format_task(context, node, item.symbol.is_some()),
        NodeValue::Alert(alert) => {
            format_alert(context, alert.alert_type, alert.title.as_deref(), entering)
        }
        _ => default::format_node_default(context, node, entering),
    }
}

/// Writes a paragraph, unless it is a pause or nothing but an embed.
fn format_paragraph(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    entering: bool,
) -> Rendered {
    let embed = lone_embed(node);
    let pause = context.user.dialect == Dialect::Deck && is_pause(node);
    match embed {
        None if !pause => default::format_node_default(context, node, entering),
        _ if !entering => Ok(ChildRendering::HTML),
        Some(embed) => format_embed(context, embed),
        None => {
            context.user.awaited.set(0);
            context.user.steps += 1;
            context.user.paused = context.user.steps;
            Ok(ChildRendering::Skip)
        }
    }
}
