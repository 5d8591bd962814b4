//! What is wrong with content, where, and what to do about it.
//!
//! Wrong content is data: nothing here fails, prints or stops a compile.

pub mod rules;
pub mod sarif;

use std::borrow::Cow;

use serde::Serialize;

use crate::source::SourcePath;
use crate::span::{Lines, Span};

/// How bad it is: an error makes the exit status 1, a warning does so where one is strict, a hint never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Error,
    Warning,
    Hint,
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Hint => "hint",
        }
    }
}

/// How much of a line an excerpt shows at most, and how much of it before the place.
const EXCERPT_MAX: usize = 120;
const EXCERPT_BEFORE: usize = 40;

/// Returns a text as a terminal may show it: what would move the cursor, change colours or turn the line round
/// becomes a sign of one column.
pub fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(sign) {
        return Cow::Borrowed(text);
    }
    let picture = |c: char| match c {
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\x7f' => '\u{2421}',
        _ => '\u{fffd}',
    };
    Cow::Owned(text.chars().map(|c| if sign(c) { picture(c) } else { c }).collect())
}

fn sign(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// One rule: its stable code, how severe a breach is, and what it means.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    pub code: &'static str,
    pub severity: Severity,
    /// What `kami explain CODE` says: what it means and how to mend it.
    pub explanation: &'static str,
}

/// One thing that is wrong, at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub rule: &'static Rule,
    pub path: SourcePath,
    pub span: Span,
    pub message: String,
    pub help: String,
}

/// A diagnostic as people and programs outside see it: with line and column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Located {
    pub code: &'static str,
    pub severity: Severity,
    pub path: String,
    pub line: u32,
    pub column: u32,
    pub message: String,
    pub help: String,
    /// The source line, for the excerpt; not part of the JSON that `check` prints.
    #[serde(skip)]
    pub excerpt: String,
    /// How many characters of the line stand before the excerpt.
    #[serde(skip)]
    pub skipped: u32,
    /// How many characters of the excerpt the caret underlines, at least one.
    #[serde(skip)]
    pub width: u32,
}

impl Diagnostic {
    /// Returns the diagnostic with line, column and source line, read off `text`.
    pub fn locate(&self, text: &str) -> Located {
        self.locate_in(text, &Lines::of(text))
    }

    /// The same where the lines of the text are known.
    pub fn locate_in(&self, text: &str, lines: &Lines) -> Located {
        let place = lines.place(text, self.span.start as usize);
        // A line of a whole book is kept around the place alone.
        let line = lines.line(text, place.line);
        let at = (self.span.start as usize).saturating_sub(lines.offset(place.line as usize, 1));
        let before = line.get(..at.min(line.len())).unwrap_or("");
        let begin = before.char_indices().rev().nth(EXCERPT_BEFORE - 1).map_or(0, |(at, _)| at);
        let shown = u32::try_from(before[begin..].chars().count()).unwrap_or(u32::MAX);
        let skipped = place.column.saturating_sub(1 + shown);
        let excerpt = line[begin..].chars().take(EXCERPT_MAX).collect();
        let inside = text.get(self.span.start as usize..self.span.end as usize).unwrap_or("");
        let width = inside.lines().next().map_or(0, |line| line.chars().count());
        Located {
            code: self.rule.code,
            severity: self.rule.severity,
            path: self.path.to_string(),
            line: place.line,
            column: place.column,
            message: self.message.clone(),
            help: self.help.clone(),
            excerpt,
            skipped,
            width: u32::try_from(width.max(1)).unwrap_or(1),
        }
    }
}

/// Orders diagnostics by place, then by code.
pub fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by(|a, b| {
        (&a.path, a.span, a.rule.code, &a.message).cmp(&(&b.path, b.span, b.rule.code, &b.message))
    });
}

impl Located {
    /// Returns the source line with a caret under the place, full-width characters counted as two.
    pub fn excerpt_with_caret(&self) -> String {
        use unicode_width::UnicodeWidthChar;
        let columns = |c: char| if c == '\t' { 4 } else { c.width().unwrap_or(0) };
        let at = self.column.saturating_sub(1 + self.skipped) as usize;
        let clear = |c: char| {
            if c == '\t' {
                c
            } else {
                shown(c.encode_utf8(&mut [0; 4])).chars().next().unwrap_or(c)
            }
        };
        let shown: Vec<char> = self.excerpt.chars().map(clear).collect();
        let line: String = shown
            .iter()
            .map(|&c| if c == '\t' { "    ".to_owned() } else { c.to_string() })
            .collect();
        let before: usize = shown.iter().take(at).copied().map(columns).sum();
        let marked: usize =
            shown.iter().skip(at).take(self.width as usize).copied().map(columns).sum();
        format!("{line}\n{}{}", " ".repeat(before), "^".repeat(marked.max(1)))
    }
}
