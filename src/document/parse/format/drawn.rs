//! Fences that are drawn: QR codes, tables and charts of values.

use std::fmt::{self, Write};

use comrak::Node;
use comrak::html::{ChildRendering, Context};

use super::{Formatter, Rendered};
use crate::diagnostic::{Rule, rules};
use crate::document::code::fence::Fence;
use crate::document::csv::{self, Fault};
use crate::document::parse::Dialect;
use crate::document::{Filling, chart, qr};

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
}

impl Drawn {
    pub(super) fn of(word: &str) -> Option<Drawn> {
        match word {
            "qr" => Some(Drawn::Qr),
            "table" => Some(Drawn::Table),
            "chart" => Some(Drawn::Chart),
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
    if let Some(caption) = fence.caption {
        context.write_str("<figcaption>")?;
        context.escape(caption)?;
        context.write_str("</figcaption>")?;
    }
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
    let (mut chart, faults) = chart::read(literal);
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
    if !chart.title.is_empty() {
        context.write_str("<figcaption>")?;
        context.escape(&chart.title)?;
        context.write_str("</figcaption>")?;
    }
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

/// Writes a table that scrolls on its own; on a page that must be possible by keyboard.
fn wrapped(context: &mut Context<'_, '_, &mut Formatter<'_>>, table: &str) -> fmt::Result {
    let reachable = context.user.dialect == Dialect::Page;
    context.write_str(if reachable {
        "<div class=\"table\" tabindex=\"0\">\n"
    } else {
        "<div class=\"table\">\n"
    })?;
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
