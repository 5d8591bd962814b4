//! Code: its language, and which of its lines are lit when.

use std::fmt::Write;

use comrak::Node;
use comrak::html::{ChildRendering, Context};

use super::{Formatter, Rendered};
use crate::diagnostic::rules;
use crate::document::parse::Dialect;
use crate::document::parse::hidden::hidden;
use crate::span::Span;

/// Which lines are lit at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Group {
    All,
    None,
    Lines(Vec<(usize, usize)>),
}

impl Group {
    fn lights(&self, line: usize) -> bool {
        match self {
            Group::All => true,
            Group::None => false,
            Group::Lines(ranges) => ranges.iter().any(|(from, to)| (*from..=*to).contains(&line)),
        }
    }
}

/// Writes a block of code: ```` ```rust {2,4-5} ```` lights lines, `{1|3-4|all}` steps through them.
pub(super) fn format_code_block(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    (info, literal): (&str, &str),
) -> Rendered {
    let language = info.split([' ', '\t', '{', ',']).next().unwrap_or("");
    let groups = match braces(info) {
        Some(inside) => context.user.groups(node, inside, literal.lines().count()),
        None => Vec::new(),
    };
    context.cr()?;
    let open =
        if groups.is_empty() { "<pre tabindex=\"0\">" } else { "<pre data-lines tabindex=\"0\">" };
    context.write_str(open)?;
    context.write_str("<code")?;
    if !language.is_empty() {
        context.write_str(" class=\"language-")?;
        context.escape(language)?;
        context.write_str("\"")?;
    }
    context.write_str(">")?;
    if groups.is_empty() {
        code(context, literal)?;
    } else {
        lines(context, literal, &groups)?;
    }
    context.write_str("</code></pre>")?;
    context.lf()?;
    Ok(ChildRendering::HTML)
}

/// Writes code. A character that cannot be seen is shown by its number: what is read is what would run.
fn code(context: &mut Context<'_, '_, &mut Formatter<'_>>, text: &str) -> std::fmt::Result {
    let mut written = 0;
    for (at, c) in hidden(text) {
        context.escape(&text[written..at])?;
        let number = u32::from(c);
        write!(context, "<span class=\"hidden-character\">U+{number:04X}</span>")?;
        written = at + c.len_utf8();
    }
    context.escape(&text[written..])
}

/// Returns what stands in braces where it speaks of lines.
fn braces(info: &str) -> Option<&str> {
    let (_, rest) = info.split_once('{')?;
    let (inside, _) = rest.split_once('}')?;
    let first = inside.trim_start();
    let speaks = first.starts_with(|c: char| c.is_ascii_digit() || "*|".contains(c))
        || inside.contains('|')
        || matches!(inside.trim(), "all" | "none");
    speaks.then_some(inside)
}

fn lines(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    literal: &str,
    groups: &[Group],
) -> std::fmt::Result {
    let before = context.user.steps;
    let stepped = groups.len() > 1;
    for (index, line) in literal.split_inclusive('\n').enumerate() {
        let lit = |group: &Group| group.lights(index + 1);
        if stepped {
            context.write_str("<span class=\"line\" data-on=\"")?;
            context.write_str(&intervals(groups.iter().map(lit), before))?;
            context.write_str("\">")?;
        } else {
            let class = if lit(&groups[0]) { "line lit" } else { "line" };
            write!(context, "<span class=\"{class}\">")?;
        }
        code(context, line)?;
        context.write_str("</span>")?;
    }
    if stepped {
        context.user.steps += u32::try_from(groups.len() - 1).unwrap_or(0);
    }
    Ok(())
}

/// Says at which steps a line is lit: the first group is there from the start, the last one stays.
fn intervals(lit: impl ExactSizeIterator<Item = bool>, before: u32) -> String {
    let last = lit.len() - 1;
    let mut spans: Vec<(u32, Option<u32>)> = Vec::new();
    for (index, _) in lit.enumerate().filter(|(_, lit)| *lit) {
        let step = before + u32::try_from(index).unwrap_or(0);
        let start = if index == 0 { 0 } else { step };
        let end = (index < last).then_some(step);
        match spans.last_mut() {
            Some((_, known)) if *known == Some(start.saturating_sub(1)) && index > 0 => {
                *known = end;
            }
            _ => spans.push((start, end)),
        }
    }
    let texts: Vec<String> = spans
        .into_iter()
        .map(|(start, end)| match end {
            None => format!("{start}-"),
            Some(end) if end == start => start.to_string(),
            Some(end) => format!("{start}-{end}"),
        })
        .collect();
    texts.join(" ")
}

impl Formatter<'_> {
    /// Reads groups of lines; what cannot be read is told and lights nothing.
    fn groups(&mut self, node: Node<'_>, inside: &str, count: usize) -> Vec<Group> {
        let mut groups = Vec::new();
        for part in inside.split('|') {
            match group(part.trim(), count) {
                Ok(group) => groups.push(group),
                Err(wrong) => {
                    let (message, help) = if wrong.known {
                        let lines = if count == 1 { "one line" } else { &format!("{count} lines") };
                        let message =
                            format!("`{}` is beyond the {lines} of this code", wrong.word);
                        (message, "count from 1, the line below the fence")
                    } else {
                        let message = format!("`{}` is no line of code", wrong.word);
                        (
                            message,
                            "write lines and ranges such as `{1,3-4}`, groups as `{1|3-4|all}`",
                        )
                    };
                    let span = self.info_span(node, inside, part, &wrong.word);
                    self.tell(self.text.diagnostic(&rules::CODE_LINES, span, message, help));
                    groups.push(wrong.rest);
                }
            }
        }
        if groups.len() > 1 && self.dialect == Dialect::Page {
            // A page is read as a whole.
            return Vec::new();
        }
        if matches!(&groups[..], [Group::All | Group::None]) {
            groups.clear();
        }
        groups
    }

    /// Returns where a word of the braces stands.
    fn info_span(&self, node: Node<'_>, inside: &str, part: &str, word: &str) -> Span {
        let start = node.data().sourcepos.start;
        let line = self.text.body.lines().nth(start.line - 1).unwrap_or("");
        let offset = |part: &str| part.as_ptr() as usize - inside.as_ptr() as usize;
        let brace = line.find(&format!("{{{inside}")).map_or(start.column - 1, |at| at + 1);
        let at = brace + offset(part) + part.find(word).unwrap_or(0);
        let from = self.text.base + self.text.lines.offset(start.line, at + 1);
        Span::new(from, from + word.len().max(1))
    }
}

/// A group that cannot be read as it is.
struct Wrong {
    word: String,
    /// Whether it is a range, of lines that are not there.
    known: bool,
    /// What can be read of it.
    rest: Group,
}

fn group(text: &str, count: usize) -> Result<Group, Wrong> {
    match text {
        "all" | "*" => return Ok(Group::All),
        "none" => return Ok(Group::None),
        _ => {}
    }
    let (mut ranges, mut wrong) = (Vec::new(), None);
    for word in text.split(',').map(str::trim) {
        let (from, to) = word.split_once('-').unwrap_or((word, word));
        let number = |text: &str| text.trim().parse::<usize>().ok();
        // `3-` goes on to the last line.
        let end = if to.is_empty() { number(from).map(|from| count.max(from)) } else { number(to) };
        match (number(from), end) {
            (Some(from), Some(to)) if from >= 1 && from <= to => {
                if to > count {
                    wrong.get_or_insert((word, true));
                }
                ranges.push((from, to));
            }
            _ => drop(wrong.get_or_insert((word, false))),
        }
    }
    let rest = Group::Lines(ranges);
    match wrong {
        None => Ok(rest),
        Some((word, known)) => Err(Wrong { word: word.to_owned(), known, rest }),
    }
}
