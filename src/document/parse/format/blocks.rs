//! Blocks: headings, code, raw HTML, tables, lists and alerts as our pages have them.

use std::fmt::{self, Write};

use comrak::Node;
use comrak::html::{self as default, ChildRendering, Context};
use comrak::nodes::{
    AlertType, AstNode, ListDelimType, ListType, NodeMath, NodeTable, NodeValue, TableAlignment,
};

use super::{Formatter, Rendered, anchors};
use crate::diagnostic::rules;
use crate::document::html::without_comments;
use crate::document::math;
use crate::document::parse::{Dialect, plain_text};
use crate::document::shown;
use crate::document::{Filling, Heading};
use crate::span::Span;

const HEADINGS: [&str; 6] = ["<h1", "<h2", "<h3", "<h4", "<h5", "<h6"];
const HEADING_ENDS: [&str; 6] = ["</h1>", "</h2>", "</h3>", "</h4>", "</h5>", "</h6>"];

impl Formatter<'_> {
    fn heading(&mut self, node: Node<'_>, level: u8) -> u32 {
        let index = u32::try_from(self.headings.len()).unwrap_or(u32::MAX);
        let text = plain_text(node);
        let chosen = node.data().attrs.as_ref().and_then(|attributes| attributes.id.clone());
        let wanted = match chosen {
            None if self.dialect == Dialect::Deck => anchors::of_slide(node),
            chosen => anchors::of_page(chosen.as_deref().unwrap_or(&text)),
        };
        let mut id = self.anchors.unique(&wanted);
        if id.is_empty() || self.is_of_a_slide(&id) {
            id = self.anchors.unique(&format!("{id}-1"));
        }
        let repeated = id != wanted && self.is_numbered(&id);
        let span = self.text.span(node);
        let top = node.parent().is_none_or(|n| matches!(n.data().value, NodeValue::Document));
        let slide = self.slide;
        self.headings.push(Heading { level, id, text, slide, top, repeated, span });
        index
    }

    /// Tells whether an id is a slide's own.
    fn is_of_a_slide(&self, id: &str) -> bool {
        let number = id.parse::<u32>().ok().filter(|_| !id.starts_with(['0', '+']));
        number.is_some_and(|number| (1..=self.slide_count).contains(&number))
    }

    /// Tells whether an anchor bears a number because an earlier heading has the same without.
    fn is_numbered(&self, id: &str) -> bool {
        let Some((stem, number)) = id.rsplit_once('-') else { return false };
        number.bytes().all(|byte| byte.is_ascii_digit())
            && self.headings.iter().any(|heading| heading.id == stem)
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

pub(super) fn format_heading(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    level: u8,
    entering: bool,
) -> Rendered {
    let kind = usize::from(level.clamp(1, 6)) - 1;
    if entering {
        let index = context.user.heading(node, level);
        context.cr()?;
        // In one piece: a step is written behind the name of the first tag.
        context.write_str(HEADINGS[kind])?;
        context.user.hole(Filling::Id(index));
        if context.user.dialect == Dialect::Deck && is_fitted(node) {
            context.write_str(" data-fit")?;
        }
        context.write_str(">")?;
    } else {
        if context.user.dialect == Dialect::Page
            && let Some(last) = context.user.headings.len().checked_sub(1)
        {
            context.user.hole(Filling::Anchor(u32::try_from(last).unwrap_or(u32::MAX)));
        }
        context.write_str(HEADING_ENDS[kind])?;
        context.lf()?;
    }
    Ok(ChildRendering::HTML)
}

pub(super) fn format_html(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    literal: &str,
) -> fmt::Result {
    if context.user.text.settings.html {
        let raw = without_comments(literal);
        let mut written = 0;
        for (at, files) in shown::find(&raw) {
            context.write_str(&raw[written..at.start])?;
            written = at.end;
            context.user.files_shown(node, files);
        }
        return context.write_str(&raw[written..]);
    }
    // The text of these is no text for readers.
    let block = matches!(node.data().value, NodeValue::HtmlBlock(_));
    let begins = |tag: &str| {
        literal.trim_start().get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag))
    };
    let dropped = block && (begins("<style") || begins("<script"));
    let cleaned = context.user.open.clean(if dropped { "" } else { literal });
    let refused = if dropped { literal.lines().next().map(str::to_owned) } else { cleaned.refused };
    if let Some(tag) = refused {
        // As in Marp, a style is one where it begins a line.
        let style = ["<style", "</style"].iter().any(|start| tag.starts_with(start));
        let help = if style && context.user.dialect == Dialect::Deck {
            "begin a line with `<style>`: within a line it is text"
        } else {
            "write it in Markdown, or set `html = true` in kami.toml"
        };
        let what = if dropped { "is left out" } else { "is shown as text" };
        context.user.tell_html(node, (&tag, what), help);
    }
    if let Some(tag) = cleaned.bared {
        let (what, help) = if tag.starts_with("</") {
            ("closes nothing", "remove it, or open the element on the same slide or page")
        } else {
            let help = "write an address that begins with https://, or a file of the site";
            ("has no address that it may have", help)
        };
        context.user.tell_html(node, (&tag, what), help);
    }
    let mut written = 0;
    for (at, reference) in cleaned.references {
        context.write_str(&cleaned.html[written..at])?;
        written = at;
        context.user.reference(node, reference);
    }
    context.write_str(&cleaned.html[written..])
}

/// Wraps a table of a page, so that it scrolls on its own, by keyboard too. On a slide nothing does, and themes
/// written for Marp say `section > table`.
pub(super) fn format_table(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    entering: bool,
) -> Rendered {
    if context.user.dialect == Dialect::Deck {
        return default::format_node_default(context, node, entering);
    }
    wrap(context, node, entering, "<div class=\"table\" tabindex=\"0\">", "</div>")
}

impl Formatter<'_> {
    fn tell_html(&mut self, node: Node<'_>, (tag, what): (&str, &str), help: &str) {
        let (span, message) = (self.text.span(node), format!("`{}` {what}", tag.trim()));
        self.tell(self.text.diagnostic(&rules::RAW_HTML, span, message, help));
    }
}

/// Draws a formula; one that cannot be read stays as it was written.
pub(super) fn format_math(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    math: &NodeMath,
) -> Rendered {
    let display = math.display_math;
    context.write_str(if display {
        "<span class=\"math math-display\">"
    } else {
        "<span class=\"math\">"
    })?;
    match context.user.text.settings.workshop.formula(&math.literal, display) {
        Ok(mathml) => context.write_str(&mathml)?,
        Err(fault) => {
            context.escape(&math.literal)?;
            context.user.tell_formula(node, &math.literal, fault);
        }
    }
    context.write_str("</span>")?;
    Ok(ChildRendering::HTML)
}

impl Formatter<'_> {
    fn tell_formula(&mut self, node: Node<'_>, literal: &str, fault: math::Fault) {
        let mut span = self.text.span(node);
        let start = span.start as usize;
        let written = self.text.file.get(start..span.end as usize);
        // Within a quotation the lines of a formula begin with marks that are not part of it.
        if let Some(at) = written.and_then(|written| written.find(literal)) {
            span = Span::new(start + at + fault.at.start, start + at + fault.at.end);
        }
        let help = "mend it; until then it is shown as it is written";
        self.tell(self.text.diagnostic(&rules::FORMULA, span, fault.message, help));
    }
}

pub(super) fn format_cell(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    entering: bool,
) -> Rendered {
    let row = node.parent();
    let in_head = row.is_some_and(|row| matches!(row.data().value, NodeValue::TableRow(true)));
    // A heading that says nothing heads nothing: screen readers stumble over it.
    let header = in_head && node.first_child().is_some();
    if !entering {
        context.write_str(if header { "</th>" } else { "</td>" })?;
        return Ok(ChildRendering::HTML);
    }
    let column = context.user.cell;
    context.user.cell += 1;
    let table = row.and_then(AstNode::parent);
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

/// `# <!-- fit --> Title` is as large as the slide is wide.
fn is_fitted(heading: Node<'_>) -> bool {
    heading.descendants().any(|child| match &child.data().value {
        NodeValue::HtmlInline(literal) => literal
            .strip_prefix("<!--")
            .and_then(|rest| rest.strip_suffix("-->"))
            .is_some_and(|inside| inside.trim_matches('-').trim() == "fit"),
        _ => false,
    })
}

/// `. . .` alone on a line of a deck: what follows comes at the next step.
pub(super) fn is_pause(node: Node<'_>) -> bool {
    let only = node.first_child().filter(|child| child.next_sibling().is_none());
    matches!(node.data().value, NodeValue::Paragraph)
        && in_flow(node)
        && only.is_some_and(
            |child| matches!(&child.data().value, NodeValue::Text(text) if text.trim() == ". . ."),
        )
}

/// Tells whether a block stands on the slide itself, or in a column of it.
pub(super) fn in_flow(node: Node<'_>) -> bool {
    node.parent().is_none_or(|parent| {
        matches!(parent.data().value, NodeValue::Document | NodeValue::BlockDirective(_))
    })
}

/// `*` bullets and `1)` items come one key press at a time, as in Marp.
pub(super) fn is_step(item: Node<'_>) -> bool {
    match &item.data().value {
        NodeValue::Item(list) => match list.list_type {
            ListType::Bullet => list.bullet_char == b'*',
            ListType::Ordered => list.delimiter == ListDelimType::Paren,
        },
        _ => false,
    }
}

/// Writes a task with its box, which says in words whether it is ticked.
pub(super) fn format_task(
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

pub(super) fn format_alert(
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
