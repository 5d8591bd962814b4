//! The tree -> prose with holes. Collects links, headings and pictures on the way.

use std::cell::Cell;
use std::fmt::{self, Write};
use std::rc::Rc;

use comrak::html::{self as default, ChildRendering, Context};
use comrak::nodes::{
    AlertType, ListDelimType, ListType, NodeLink, NodeTable, NodeValue, TableAlignment,
};
use comrak::options::{Options, Plugins};
use comrak::{Anchorizer, Node};
use percent_encoding::percent_decode_str;

use super::{Dialect, Text, plain_text};
use crate::diagnostic::{Diagnostic, rules};
use crate::document::html::Open;
use crate::document::{Document, Filling, Form, Heading, Hole, Link, Picture, Prose, sentence};

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

/// A block's text, and where in it each of its links stands.
struct BlockText {
    text: String,
    links: Vec<(usize, usize, usize)>,
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

/// What an address in a Markdown link leads to.
enum Address {
    Outside,
    Unsafe,
    Inside { target: String, anchor: Option<String> },
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
        Prose { html, holes: std::mem::take(&mut self.holes) }
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

    fn link(&mut self, node: Node<'_>, form: Form, target: String, anchor: Option<String>) {
        let index = u32::try_from(self.links.len()).unwrap_or(u32::MAX);
        let sentence = self.sentence(node);
        let span = self.text.span(node);
        self.links.push(Link { form, target, anchor, span, slide: self.slide, sentence });
        self.hole(Filling::Link(index));
    }

    fn sentence(&mut self, node: Node<'_>) -> [String; 3] {
        let identity = |node: Node<'_>| std::ptr::from_ref(node) as usize;
        let Some(block) = node.ancestors().find(|n| n.data().value.block()) else {
            return Default::default();
        };
        if self.sentences.as_ref().is_none_or(|(at, _)| *at != identity(block)) {
            self.sentences = Some((identity(block), block_text(block, identity)));
        }
        let Some((_, known)) = &self.sentences else { return Default::default() };
        let place = known.links.iter().find(|(at, ..)| *at == identity(node));
        place.map_or_else(Default::default, |&(_, start, end)| {
            sentence::around(&known.text, start, end)
        })
    }

    fn address(&mut self, url: &str, node: Node<'_>) -> Address {
        let scheme = url.split_once(':').map(|(scheme, _)| scheme).filter(|scheme| {
            scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        });
        match scheme.map(str::to_ascii_lowercase).as_deref() {
            Some("http" | "https" | "mailto" | "tel") => return Address::Outside,
            Some("javascript" | "vbscript" | "data" | "file" | "blob") => {
                let diagnostic = self.text.diagnostic(
                    &rules::UNSAFE_LINK,
                    self.text.span(node),
                    format!("`{url}` is not an address that links may have"),
                    "link to https://… or to a file of the site",
                );
                self.diagnostics.push(diagnostic);
                return Address::Unsafe;
            }
            Some(_) if !url.contains(".md") => return Address::Outside,
            _ => {}
        }
        if url.starts_with("//") {
            return Address::Outside;
        }
        let (target, anchor) =
            url.split_once('#').map_or((url, None), |(target, anchor)| (target, Some(anchor)));
        Address::Inside { target: decoded(target), anchor: anchor.map(decoded) }
    }

    fn picture(&mut self, node: Node<'_>, url: &str, title: &str, alt: &str) {
        let target = decoded(url);
        let outside = ["http://", "https://"]
            .iter()
            .find_map(|scheme| url.strip_prefix(scheme).map(|rest| (scheme, rest)));
        if let Some((scheme, rest)) = outside {
            let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
            if host.chars().all(|c| c.is_ascii_alphanumeric() || ".-:[]".contains(c)) {
                self.origins.push(format!("{scheme}{host}"));
            }
        }
        let mut picture = Picture {
            target,
            alt: alt.to_owned(),
            title: title.to_owned(),
            width: None,
            height: None,
            span: self.text.span(node),
        };
        if self.dialect == Dialect::Deck {
            sizes(&mut picture);
        }
        self.hole(Filling::Picture(Box::new(picture)));
    }

    fn heading(&mut self, node: Node<'_>, level: u8) -> usize {
        let text = plain_text(node);
        let chosen = node.data().attrs.as_ref().and_then(|attributes| attributes.id.clone());
        let mut id = self.anchors.anchorize(chosen.as_deref().unwrap_or(&text));
        if id.is_empty()
            || (self.dialect == Dialect::Deck && id.bytes().all(|b| b.is_ascii_digit()))
        {
            id.push_str("-1");
        }
        self.headings.push(Heading { level, id, text, slide: self.slide });
        self.headings.len() - 1
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text)
        .decode_utf8()
        .map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
}

/// Reads Marp's size words out of a picture's alternative text.
fn sizes(picture: &mut Picture) {
    let pixels = |value: &str| {
        value
            .trim_end_matches("px")
            .parse::<f64>()
            .ok()
            .filter(|n| (1.0..10_000.0).contains(n))
            .map(|n| n.round() as u32)
    };
    let mut rest = Vec::new();
    for word in picture.alt.split_whitespace() {
        match word.split_once(':') {
            Some(("w" | "width", value)) if pixels(value).is_some() => {
                picture.width = pixels(value)
            }
            Some(("h" | "height", value)) if pixels(value).is_some() => {
                picture.height = pixels(value)
            }
            _ => rest.push(word),
        }
    }
    picture.alt = rest.join(" ");
}

fn block_text(block: Node<'_>, identity: impl Fn(Node<'_>) -> usize) -> BlockText {
    use comrak::arena_tree::NodeEdge;
    let mut known = BlockText { text: String::new(), links: Vec::new() };
    let mut starts = Vec::new();
    for edge in block.traverse() {
        match edge {
            NodeEdge::Start(node) => match &node.data().value {
                NodeValue::Text(text) => known.text.push_str(text),
                NodeValue::Code(code) => known.text.push_str(&code.literal),
                NodeValue::ShortCode(code) => known.text.push_str(&code.emoji),
                NodeValue::SoftBreak | NodeValue::LineBreak => known.text.push(' '),
                NodeValue::Link(_) | NodeValue::WikiLink(_) => starts.push(known.text.len()),
                _ => {}
            },
            NodeEdge::End(node) => {
                if matches!(node.data().value, NodeValue::Link(_) | NodeValue::WikiLink(_)) {
                    let start = starts.pop().unwrap_or(0);
                    known.links.push((identity(node), start, known.text.len()));
                }
            }
        }
    }
    known
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
        NodeValue::WikiLink(link) => {
            format_wiki_link(context, node, &link.url, link.embed, entering)
        }
        NodeValue::Image(image) if entering => {
            let alt = plain_text(node);
            context.user.picture(node, &image.url, &image.title, &alt);
            Ok(ChildRendering::Skip)
        }
        NodeValue::Image(_) => Ok(ChildRendering::HTML),
        NodeValue::Heading(heading) => format_heading(context, node, heading.level, entering),
        NodeValue::CodeBlock(block) if entering => {
            format_code_block(context, &block.info, &block.literal)
        }
        NodeValue::CodeBlock(_) => Ok(ChildRendering::HTML),
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
        NodeValue::HtmlBlock(_) | NodeValue::HtmlInline(_) => Ok(ChildRendering::HTML),
        NodeValue::Table(_) => wrap(context, node, entering, "<div class=\"table\">", "</div>"),
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
        NodeValue::Math(math) => {
            if entering {
                let (open, close) = if math.display_math {
                    ("<span class=\"math math-display\">", "</span>")
                } else {
                    ("<span class=\"math\">", "</span>")
                };
                context.write_str(open)?;
                context.escape(&math.literal)?;
                context.write_str(close)?;
            }
            Ok(ChildRendering::HTML)
        }
        NodeValue::TaskItem(item) if entering => format_task(context, node, item.symbol.is_some()),
        NodeValue::Alert(alert) => {
            format_alert(context, alert.alert_type, alert.title.as_deref(), entering)
        }
        _ => default::format_node_default(context, node, entering),
    }
}

fn wrap(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    entering: bool,
    open: &str,
    close: &str,
) -> Rendered {
    if entering {
        context.cr()?;
        context.write_str(open)?;
        default::format_node_default(context, node, entering)
    } else {
        let rendered = default::format_node_default(context, node, entering)?;
        context.write_str(close)?;
        context.lf()?;
        Ok(rendered)
    }
}

fn format_link(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    link: &NodeLink,
    entering: bool,
) -> Rendered {
    if !entering {
        let scheme = link.url.split(':').next().unwrap_or("").to_ascii_lowercase();
        let refused =
            matches!(scheme.as_str(), "javascript" | "vbscript" | "data" | "file" | "blob");
        context.write_str(if refused { "</span>" } else { "</a>" })?;
        return Ok(ChildRendering::HTML);
    }
    match context.user.address(&link.url, node) {
        Address::Outside => {
            context.write_str("<a href=\"")?;
            context.escape_href(&link.url)?;
            if !link.title.is_empty() {
                context.write_str("\" title=\"")?;
                context.escape(&link.title)?;
            }
            context.write_str("\">")?;
        }
        Address::Unsafe => context.write_str("<span>")?,
        Address::Inside { target, anchor } => {
            context.user.link(node, Form::Markdown, target, anchor)
        }
    }
    Ok(ChildRendering::HTML)
}

fn format_wiki_link(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    url: &str,
    embed: bool,
    entering: bool,
) -> Rendered {
    if embed && is_picture(url) {
        if entering {
            let label = plain_text(node);
            let alt = if label == url || label.starts_with(|c: char| c.is_ascii_digit()) {
                ""
            } else {
                &label
            };
            let (width, height) =
                label.split_once('x').map_or((label.as_str(), ""), |(w, h)| (w, h));
            let (width, height) = (width.parse().ok(), height.parse().ok());
            let picture = Picture {
                target: url.trim().to_owned(),
                alt: alt.to_owned(),
                title: String::new(),
                width,
                height,
                span: context.user.text.span(node),
            };
            context.user.hole(Filling::Picture(Box::new(picture)));
        }
        return Ok(ChildRendering::Skip);
    }
    if !entering {
        context.write_str("</a>")?;
        return Ok(ChildRendering::HTML);
    }
    if embed {
        let text = context.user.text;
        let diagnostic = text.diagnostic(
            &rules::EMBED_LATER,
            text.span(node),
            "this embed is shown as a link".to_owned(),
            "write it as a link, without the exclamation mark",
        );
        context.user.tell(diagnostic);
    }
    if url.starts_with("https://") || url.starts_with("http://") {
        context.write_str("<a href=\"")?;
        context.escape_href(url)?;
        context.write_str("\">")?;
        return Ok(ChildRendering::HTML);
    }
    let (target, anchor) = url
        .split_once('#')
        .map_or((url, None), |(target, anchor)| (target, Some(anchor.trim().to_owned())));
    let form = if embed { Form::Embed } else { Form::Wiki };
    context.user.link(node, form, target.trim().to_owned(), anchor);
    Ok(ChildRendering::HTML)
}

/// Tells whether a path ends as pictures do.
pub(super) fn is_picture(path: &str) -> bool {
    let extension = path.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
    matches!(
        extension.as_str(),
        "png" | "jpg" | "jpeg" | "gif" | "webp" | "svg" | "avif" | "apng" | "bmp"
    )
}

fn format_heading(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    level: u8,
    entering: bool,
) -> Rendered {
    if entering {
        let index = context.user.heading(node, level);
        let id = context.user.headings[index].id.clone();
        context.cr()?;
        write!(context, "<h{level}")?;
        context.user.hole(Filling::Id(id));
        context.write_str(">")?;
    } else {
        if context.user.dialect == Dialect::Page
            && let Some(heading) = context.user.headings.last()
        {
            let filling = Filling::Anchor(Box::new((heading.id.clone(), heading.text.clone())));
            context.user.hole(filling);
        }
        write!(context, "</h{level}>")?;
        context.lf()?;
    }
    Ok(ChildRendering::HTML)
}

fn format_code_block(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    info: &str,
    literal: &str,
) -> Rendered {
    let language = info.split([' ', '\t', '{', ',']).next().unwrap_or("");
    context.cr()?;
    context.write_str("<pre tabindex=\"0\"><code")?;
    if !language.is_empty() {
        context.write_str(" class=\"language-")?;
        context.escape(language)?;
        context.write_str("\"")?;
    }
    context.write_str(">")?;
    context.escape(literal)?;
    context.write_str("</code></pre>")?;
    context.lf()?;
    Ok(ChildRendering::HTML)
}

fn format_html(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    literal: &str,
) -> fmt::Result {
    if context.user.text.settings.html {
        return context.write_str(literal);
    }
    let lower = literal.trim_start().to_ascii_lowercase();
    let dropped = lower.starts_with("<style") || lower.starts_with("<script");
    let cleaned = context.user.open.clean(if dropped { "" } else { literal });
    let refused = if dropped { literal.lines().next().map(str::to_owned) } else { cleaned.refused };
    if let Some(tag) = refused {
        let text = context.user.text;
        let message =
            format!("`{}` is {}", tag.trim(), if dropped { "left out" } else { "shown as text" });
        let diagnostic = text.diagnostic(
            &rules::RAW_HTML,
            text.span(node),
            message,
            "write it in Markdown, or set `html = true` in kami.toml",
        );
        context.user.tell(diagnostic);
    }
    context.write_str(&cleaned.html)
}

fn format_cell(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    entering: bool,
) -> Rendered {
    let row = node.parent();
    let header = row.is_some_and(|row| matches!(row.data().value, NodeValue::TableRow(true)));
    if !entering {
        context.write_str(if header { "</th>" } else { "</td>" })?;
        return Ok(ChildRendering::HTML);
    }
    let column = context.user.cell;
    context.user.cell += 1;
    let table = row.and_then(|row| row.parent());
    let alignment = table.and_then(|table| match &table.data().value {
        NodeValue::Table(table) => table_alignment(table, column),
        _ => None,
    });
    context.cr()?;
    context.write_str(if header { "<th" } else { "<td" })?;
    context.write_str(match alignment {
        Some(TableAlignment::Left) => " class=\"left\">",
        Some(TableAlignment::Center) => " class=\"center\">",
        Some(TableAlignment::Right) => " class=\"right\">",
        Some(TableAlignment::None) | None => ">",
    })?;
    Ok(ChildRendering::HTML)
}

fn table_alignment(table: &NodeTable, column: usize) -> Option<TableAlignment> {
    table.alignments.get(column).copied()
}

/// `*` bullets and `1)` items come one key press at a time, as in Marp.
fn is_step(item: Node<'_>) -> bool {
    match &item.data().value {
        NodeValue::Item(list) => match list.list_type {
            ListType::Bullet => list.bullet_char == b'*',
            ListType::Ordered => list.delimiter == ListDelimType::Paren,
        },
        _ => false,
    }
}

/// Writes a task with its box, which says in words whether it is ticked.
fn format_task(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    done: bool,
) -> Rendered {
    context.cr()?;
    if node.parent().is_some_and(|parent| matches!(parent.data().value, NodeValue::List(_))) {
        context.write_str("<li class=\"task-list-item\">")?;
    }
    context
        .write_str("<input type=\"checkbox\" class=\"task-list-item-checkbox\" aria-label=\"")?;
    context.user.hole(Filling::Word(if done { "task_done" } else { "task_open" }));
    context.write_str(if done { "\" checked disabled> " } else { "\" disabled> " })?;
    Ok(ChildRendering::HTML)
}

fn format_alert(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    kind: AlertType,
    title: Option<&str>,
    entering: bool,
) -> Rendered {
    if !entering {
        context.cr()?;
        context.write_str("</div>")?;
        context.lf()?;
        return Ok(ChildRendering::HTML);
    }
    let (class, word) = match kind {
        AlertType::Note => ("note", "alert_note"),
        AlertType::Tip => ("tip", "alert_tip"),
        AlertType::Important => ("important", "alert_important"),
        AlertType::Warning => ("warning", "alert_warning"),
        AlertType::Caution => ("caution", "alert_caution"),
    };
    context.cr()?;
    write!(
        context,
        "<div class=\"markdown-alert markdown-alert-{class}\">\n<p class=\"markdown-alert-title\">"
    )?;
    match title {
        Some(title) => context.escape(title)?,
        None => context.user.hole(Filling::Word(word)),
    }
    context.write_str("</p>\n")?;
    Ok(ChildRendering::HTML)
}
