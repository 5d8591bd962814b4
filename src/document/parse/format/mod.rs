//! The tree -> prose with holes. Collects links, headings and pictures on the way.

mod blocks;
mod links;

use std::cell::Cell;
use std::fmt::{self, Write};
use std::rc::Rc;

use comrak::html::{self as default, ChildRendering, Context};
use comrak::nodes::NodeValue;
use comrak::options::{Options, Plugins};
use comrak::{Anchorizer, Node};

use super::{Dialect, Text, plain_text};
use crate::diagnostic::Diagnostic;
use crate::document::html::Open;
use crate::document::{Document, Filling, Form, Heading, Hole, Link, Prose, category};
use blocks::{
    format_alert, format_cell, format_code_block, format_heading, format_html, format_math,
    format_table, format_task, is_step,
};
use links::{BlockText, format_link, format_wiki_link};

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
    anchors: Anchorizer,
    origins: Vec<String>,
    diagnostics: Vec<Diagnostic>,
    open: Open,
    cell: usize,
    sentences: Option<(usize, BlockText)>,
    slide: Option<u32>,
    steps: u32,
}

/// A `String` that tells how long it is while somebody else writes to it.
struct Counted<'a> {
    out: &'a mut String,
    written: Rc<Cell<usize>>,
}

impl Write for Counted<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.out.push_str(text);
        self.written.set(self.out.len());
        Ok(())
    }
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
            anchors: Anchorizer::new(),
            origins: Vec::new(),
            diagnostics: Vec::new(),
            open: Open::default(),
            cell: 0,
            sentences: None,
            slide: None,
            steps: 0,
        }
    }

    /// Formats some nodes as one prose.
    pub(super) fn prose(&mut self, options: &Options<'_>, nodes: &[Node<'_>]) -> Prose {
        let mut html = String::with_capacity(self.text.body.len().min(1 << 16) * 2);
        self.written.set(0);
        for node in nodes {
            let mut out = Counted { out: &mut html, written: Rc::clone(&self.written) };
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
        html.push_str(&self.open.close_all());
        html.shrink_to_fit();
        let mut prose = Prose { html, holes: std::mem::take(&mut self.holes) };
        name_ways_back(&mut prose);
        prose
    }

    /// Begins a slide: what follows stands on it.
    pub(super) fn begin_slide(&mut self, number: u32) {
        self.slide = Some(number);
        self.steps = 0;
    }

    /// Returns how many steps the slide at hand has.
    pub(super) fn steps(&self) -> u32 {
        self.steps
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
    pub(super) fn finish(mut self, document: &mut Document) {
        for link in self.links.iter().filter(|link| link.form == Form::Wiki) {
            if let Some(tag) = category(&link.target)
                && !document.matter.tags.iter().any(|known| known == tag)
            {
                document.matter.tags.push(tag.to_owned());
            }
        }
        document.links = self.links;
        document.headings = self.headings;
        self.origins.sort();
        self.origins.dedup();
        document.origins = self.origins;
        document.diagnostics.extend(self.diagnostics);
    }

    fn hole(&mut self, filling: Filling) {
        let at = u32::try_from(self.written.get()).unwrap_or(u32::MAX);
        self.holes.push(Hole { at, filling });
    }
}

/// Lets the reader's language say what the arrows behind footnotes do; comrak says it in English.
fn name_ways_back(prose: &mut Prose) {
    const LABEL: &str = "aria-label=\"";
    const WORDS: &str = "aria-label=\"Back to reference";
    if !prose.html.contains(WORDS) {
        return;
    }
    let shifted = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let mut old = std::mem::take(&mut prose.holes).into_iter().peekable();
    let (mut html, mut from) = (String::with_capacity(prose.html.len()), 0);
    while from < prose.html.len() {
        let found = prose.html[from..].find(WORDS).map(|at| from + at + LABEL.len());
        let end = found.unwrap_or(prose.html.len());
        while let Some(hole) = old.next_if(|hole| hole.at as usize <= end) {
            let at = shifted(html.len() + hole.at as usize - from);
            prose.holes.push(Hole { at, filling: hole.filling });
        }
        html.push_str(&prose.html[from..end]);
        from = end;
        if found.is_some() {
            prose
                .holes
                .push(Hole { at: shifted(html.len()), filling: Filling::Word("footnote_back") });
            from += WORDS.len() - LABEL.len();
        }
    }
    prose.html = html;
}

fn format_node(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    entering: bool,
) -> Rendered {
    if matches!(context.user.dialect, Dialect::CommonMark | Dialect::Gfm) {
        return default::format_node_default(context, node, entering);
    }
    match &node.data().value {
        NodeValue::Link(link) => format_link(context, node, link, entering),
        NodeValue::WikiLink(link) => format_wiki_link(context, node, link, entering),
        NodeValue::Image(image) if entering => {
            let alt = plain_text(node);
            context.user.picture(node, &image.url, &image.title, &alt);
            Ok(ChildRendering::Skip)
        }
        NodeValue::Heading(heading) => format_heading(context, node, heading.level, entering),
        NodeValue::CodeBlock(block) if entering => {
            format_code_block(context, &block.info, &block.literal)
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
        NodeValue::Math(math) if entering => format_math(context, math),
        NodeValue::Image(_)
        | NodeValue::Math(_)
        | NodeValue::CodeBlock(_)
        | NodeValue::HtmlBlock(_)
        | NodeValue::HtmlInline(_) => Ok(ChildRendering::HTML),
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
