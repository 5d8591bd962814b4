//! Fences that are drawn: QR codes, tables and charts of values.

use std::fmt::{self, Write};

use comrak::Node;
use comrak::html::{ChildRendering, Context};

use super::diagram::format_caption;
use super::{Formatter, Rendered};
use crate::diagnostic::{Rule, rules};
use crate::digest::Digest;
use crate::document::code::fence::Fence;
use crate::document::csv::{self, Fault};
use crate::document::parse::Dialect;
use crate::document::{Filling, Picture, Stand, chart, html, qr};
use crate::picture::{drawn, size};
use crate::source::SourcePath;
use crate::theme::DataFile;

/// How many rows a table shows: nobody reads more of one page.
const ROWS_MAX: usize = 2000;
/// How many stand below a chart, and how many of a slide are worth being heard.
const NUMBERS_MAX: usize = 500;
const HEARD_MAX: usize = 50;

/// What a fence draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drawn {
    Qr,
    Table,
    Chart,
    Svg,
}

impl Drawn {
    pub(super) fn of(word: &str) -> Option<Drawn> {
        match word {
            "qr" => Some(Drawn::Qr),
            "table" => Some(Drawn::Table),
            "chart" => Some(Drawn::Chart),
            "svg" => Some(Drawn::Svg),
            _ => None,
        }
    }
}

/// Writes what a fence draws; where nothing can be drawn, the text of it.
pub(super) fn format_drawn(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    (drawn, fence, literal): (Drawn, &Fence<'_>, &str),
) -> Rendered {
    context.cr()?;
    let done = match drawn {
        Drawn::Qr => code(context, node, (fence, literal))?,
        Drawn::Table => table(context, node, (fence, literal))?,
        Drawn::Svg => drawing(context, node, (fence, literal))?,
        Drawn::Chart => picture(context, node, (fence, literal))?,
    };
    if !done {
        context.write_str("<pre tabindex=\"0\"><code>")?;
        context.escape(literal)?;
        context.write_str("</code></pre>")?;
    }
    context.lf()?;
    Ok(ChildRendering::HTML)
}

fn code(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    (fence, literal): (&Fence<'_>, &str),
) -> Result<bool, fmt::Error> {
    let text = literal.trim();
    let Some(svg) = qr::svg(text) else {
        let (message, help) = if text.is_empty() {
            ("the fence holds nothing for a QR code".to_owned(), "write an address in it")
        } else {
            let message =
                format!("a QR code holds {} bytes; this text has {}", qr::BYTES_MAX, text.len());
            (message, "put the text on a page, and its address here")
        };
        context.user.tell_of(&rules::QR, node, &Fault { line: 0, message, help });
        return Ok(false);
    };
    context.write_str("<figure class=\"qr\">")?;
    context.write_str(&svg)?;
    format_caption(context, fence.caption)?;
    context.write_str("</figure>")?;
    Ok(true)
}

fn table(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    (fence, literal): (&Fence<'_>, &str),
) -> Result<bool, fmt::Error> {
    let table = csv::read(literal, ROWS_MAX);
    for fault in &table.faults {
        context.user.tell_of(&rules::VALUES, node, fault);
    }
    if table.rows.is_empty() {
        let message = "the table has no rows".to_owned();
        let help = "write one row a line, values between commas, what they are in the first";
        context.user.tell_of(&rules::VALUES, node, &Fault { line: 0, message, help });
        return Ok(false);
    }
    wrapped(context, &table.html(fence.caption, ROWS_MAX))?;
    Ok(true)
}

fn picture(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    (fence, literal): (&Fence<'_>, &str),
) -> Result<bool, fmt::Error> {
    let kind = fence.chart.and_then(chart::kind);
    if let Some(word) = fence.chart.filter(|_| kind.is_none()) {
        let (span, message) =
            (context.user.word_span(node, word), format!("`{word}` is no type of chart"));
        let found = context.user.text.diagnostic(&rules::VALUES, span, message, chart::KINDS_HELP);
        context.user.tell(found);
    }
    let (mut chart, faults) = chart::read(literal, kind.unwrap_or_default());
    if let Some(caption) = fence.caption.filter(|_| chart.title.is_empty()) {
        caption.trim().clone_into(&mut chart.title);
    }
    for fault in &faults {
        context.user.tell_of(&rules::VALUES, node, fault);
    }
    if !chart.is_drawn() {
        return Ok(false);
    }
    context.write_str("<figure class=\"chart\">")?;
    let (reachable, sheet) = match context.user.dialect {
        Dialect::Deck => ("", chart::SLIDE),
        _ => (" tabindex=\"0\"", chart::PAGE),
    };
    write!(context, "<div class=\"chart-sheet\"{reachable}>{}</div>", chart::svg(&chart, sheet))?;
    format_caption(context, Some(chart.title.as_str()).filter(|title| !title.is_empty()))?;
    // Who does not see the picture reads its numbers; on a slide they are heard alone.
    if context.user.dialect == Dialect::Deck {
        context.write_str("<div class=\"chart-values\">")?;
        context.write_str(&chart.table.html(None, HEARD_MAX))?;
        context.write_str("</div></figure>")?;
    } else {
        context.write_str("<details><summary>")?;
        context.user.hole(Filling::Word("chart_values"));
        context.write_str("</summary>\n")?;
        wrapped(context, &chart.table.html(None, NUMBERS_MAX))?;
        context.write_str("</details></figure>")?;
    }
    Ok(true)
}

/// Makes a file of a drawing: as a picture it can neither run nor load anything, and its styles are its own.
fn drawing(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    (fence, literal): (&Fence<'_>, &str),
) -> Result<bool, fmt::Error> {
    let mut tell = |rule, message: &str, help| {
        let message = message.to_owned();
        context.user.tell_of(rule, node, &Fault { line: 0, message, help });
    };
    let Some((svg, lost)) = drawn(literal) else {
        let help = "write XML: one `<svg>`, each attribute in quotation marks, each element closed";
        tell(&rules::BROKEN_PICTURE, "the drawing cannot be read, so its text is shown", help);
        return Ok(false);
    };
    if lost {
        let help = "take that out in a drawing program, or export the drawing as plain SVG";
        let message = "the drawing holds a script, or loads something; it is shown without";
        tell(&rules::ACTIVE_DRAWING, message, help);
    }
    let titled = svg.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
    let title = titled.map(|(title, _)| html::unescape(title)).unwrap_or_default();
    let alt = if title.trim().is_empty() { fence.caption.unwrap_or("").to_owned() } else { title };
    if alt.trim().is_empty() {
        let help = "give it a `<title>`, or write `svg title=\"what it shows\"` behind the marks";
        let message = "the drawing says nothing to those who cannot see it";
        tell(&rules::MISSING_ALT, message, help);
    }
    let bytes = svg.into_bytes();
    let address = format!("assets/data-{}.svg", Digest::of(&bytes).short());
    let size = size(&SourcePath::new(&address), &bytes);
    context.write_str("<figure class=\"drawing\">")?;
    context.user.hole(Filling::Picture(Box::new(Picture {
        target: address.clone(),
        alt: alt.trim().to_owned(),
        title: String::new(),
        width: size.map(|(width, _)| width),
        height: size.map(|(_, height)| height),
        class: String::new(),
        stand: Stand::Text,
        // What there is to tell of it is told already.
        decorative: true,
        span: context.user.text.span(node),
    })));
    context.user.files.push(DataFile { address, bytes });
    format_caption(context, fence.caption)?;
    context.write_str("</figure>")?;
    Ok(true)
}

/// Writes a table that scrolls on its own; on a page that must be possible by keyboard.
fn wrapped(context: &mut Context<'_, '_, &mut Formatter<'_>>, table: &str) -> fmt::Result {
    if context.user.dialect == Dialect::Deck {
        return context.write_str(table);
    }
    context.write_str("<div class=\"table\" tabindex=\"0\">\n")?;
    context.write_str(table)?;
    context.write_str("\n</div>")
}

impl Formatter<'_> {
    /// Tells what is wrong with a line within a fence.
    fn tell_of(&mut self, rule: &'static Rule, node: Node<'_>, fault: &Fault) {
        let at = node.data().sourcepos;
        let number = (at.start.line + 1 + fault.line).min(at.end.line.max(at.start.line));
        let line = self.text.body.split('\n').nth(number - 1).unwrap_or("");
        let begin = line.len() - line.trim_start().len();
        let span = self.span_in_line(number, begin, line.trim().len());
        self.tell(self.text.diagnostic(rule, span, fault.message.clone(), fault.help));
    }
}
