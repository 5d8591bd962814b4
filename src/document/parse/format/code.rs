//! Code: its language, and which of its lines are lit when.

use std::fmt::Write;

use comrak::Node;
use comrak::html::{ChildRendering, Context};

use super::diagram::format_diagram;
use super::drawn::{Drawn, format_drawn};
use super::{Formatter, Rendered};
use crate::diagnostic::rules;
use crate::document::Filling;
use crate::document::code::fence::{self, Fence};
use crate::document::code::{self, Block, Language, Line, LineKind, Lit, Runs};
use crate::document::diagram::Notation;
use crate::document::parse::Dialect;
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
    let fence = fence::read(info);
    if let Some(notation) = Notation::of(fence.word) {
        format_diagram(context, node, (notation, &fence, literal))?;
        return Ok(ChildRendering::HTML);
    }
    if let Some(drawn) = Drawn::of(fence.word) {
        return format_drawn(context, node, (drawn, &fence, literal));
    }
    let language = context.user.language(node, &fence);
    let (text, kinds) = if fence.marked { unmarked(literal) } else { (literal.into(), Vec::new()) };
    let groups = context.user.groups(node, &fence, text.lines().count());
    let lines = lines(&text, &fence, (kinds, &groups), &mut context.user.steps);
    context.cr()?;
    if let Some(caption) = fence.caption {
        context.write_str("<figure class=\"code\"><figcaption>")?;
        context.escape(caption.trim())?;
        context.write_str("</figcaption>\n")?;
    }
    context.write_str("<pre")?;
    for (name, is) in [
        (" data-lines", !lines.is_empty()),
        (" data-numbers", fence.first.is_some()),
        (" data-diff", fence.marked),
    ] {
        context.write_str(if is { name } else { "" })?;
    }
    context.write_str(" tabindex=\"0\"><code")?;
    if !fence.word.is_empty() {
        context.write_str(" class=\"language-")?;
        context.escape(fence.word)?;
        context.write_str("\"")?;
    }
    context.write_str(">")?;
    let start = context.user.written.get();
    code::write(&text, &lines, &Runs::default(), context)?;
    if let Some(language) =
        language.filter(|language| language.has_colours() && !text.trim().is_empty())
    {
        let length = u32::try_from(context.user.written.get() - start).unwrap_or(0);
        let block = Block { language, text: text.into(), lines: lines.into(), length };
        context.user.hole_at(start, Filling::Code(Box::new(block)));
    }
    context.write_str(if fence.caption.is_some() {
        "</code></pre></figure>"
    } else {
        "</code></pre>"
    })?;
    context.lf()?;
    Ok(ChildRendering::HTML)
}

/// Takes the marks `+` and `-` from the beginnings of lines, and the space that stands for neither.
fn unmarked(literal: &str) -> (String, Vec<LineKind>) {
    let mut text = String::with_capacity(literal.len());
    let kinds = literal.split_inclusive('\n').map(|line| {
        let (kind, rest) = match line.as_bytes().first() {
            Some(b'+') => (LineKind::Added, &line[1..]),
            Some(b'-') => (LineKind::Removed, &line[1..]),
            Some(b' ') => (LineKind::Same, &line[1..]),
            _ => (LineKind::Same, line),
        };
        text.push_str(rest);
        kind
    });
    let kinds = kinds.collect();
    (text, kinds)
}

/// Returns the lines of a code, where one is told from another. Lines that are gone have no number.
fn lines(
    text: &str,
    fence: &Fence<'_>,
    (kinds, groups): (Vec<LineKind>, &[Group]),
    steps: &mut u32,
) -> Vec<Line> {
    if kinds.is_empty() && groups.is_empty() && fence.first.is_none() {
        return Vec::new();
    }
    let count = text.lines().count();
    let kind = |index: usize| kinds.get(index).copied().unwrap_or_default();
    let gone = (0..count).filter(|index| kind(*index) == LineKind::Removed).count();
    let last = fence.first.map(|first| first as usize + count - gone.min(count));
    let width = last.map_or(0, |last| last.saturating_sub(1).to_string().len());
    let mut next = fence.first.unwrap_or(0) as usize;
    let lines = (0..count).map(|index| {
        let kind = kind(index);
        let number = fence.first.map(|_| {
            let shown = if kind == LineKind::Removed { String::new() } else { next.to_string() };
            next += usize::from(kind != LineKind::Removed);
            format!("{shown:>width$}").into()
        });
        let lights = groups.iter().map(|group| group.lights(index + 1));
        let lit = match groups {
            [only] if only.lights(index + 1) => Lit::Always,
            [] | [_] => Lit::Never,
            _ => Lit::At(intervals(lights, *steps).into()),
        };
        Line { kind, number, lit }
    });
    let lines = lines.collect();
    *steps += u32::try_from(groups.len().saturating_sub(1)).unwrap_or(0);
    lines
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
    /// Returns the language that a fence names; a word that is none is told.
    fn language(&mut self, node: Node<'_>, fence: &Fence<'_>) -> Option<&'static Language> {
        let found = fence.language();
        if found.is_none() && !fence.word.is_empty() && !code::is_drawn(fence.word) {
            let message = format!("`{}` is no language that code is coloured in", fence.word);
            let help = match code::nearest(fence.word) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "write `text` for a text without colours".to_owned(),
            };
            let span = self.word_span(node, fence.word);
            self.tell(self.text.diagnostic(&rules::CODE_LANGUAGE, span, message, &help));
        }
        found
    }

    /// Reads groups of lines; what cannot be read is told and lights nothing.
    fn groups(&mut self, node: Node<'_>, fence: &Fence<'_>, count: usize) -> Vec<Group> {
        let Some(inside) = fence.braces.or(fence.lit) else { return Vec::new() };
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
                    let span = self.info_span(node, inside, (part, &wrong.word));
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

    /// Returns where a word of those that name lines stands.
    fn info_span(&self, node: Node<'_>, inside: &str, (part, word): (&str, &str)) -> Span {
        let start = node.data().sourcepos.start;
        let line = self.text.line(start.line);
        let begin = line.find(inside).unwrap_or(start.column - 1);
        let offset = part.as_ptr() as usize - inside.as_ptr() as usize;
        self.span_in_line(start.line, begin + offset + part.find(word).unwrap_or(0), word.len())
    }

    /// Returns where the first word of a fence stands.
    pub(super) fn word_span(&self, node: Node<'_>, word: &str) -> Span {
        let start = node.data().sourcepos.start;
        let line = self.text.line(start.line);
        let from = (start.column - 1).min(line.len());
        let begin = line.get(from..).and_then(|rest| rest.find(word)).map_or(from, |at| from + at);
        self.span_in_line(start.line, begin, word.len())
    }

    pub(super) fn span_in_line(&self, line: usize, begin: usize, length: usize) -> Span {
        let from = self.text.base + self.text.lines.offset(line, begin + 1);
        Span::new(from, from + length.max(1))
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
    // `[2,"4-6"]` and `2 4-6` are how others write it.
    let words = text.trim_matches(['[', ']']).split([',', ' ']);
    let words = words.map(|word| word.trim_matches(['"', '\'', ' ']));
    for word in words.filter(|word| !word.is_empty()) {
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
