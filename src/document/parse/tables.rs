//! Which lines ask for a file of values, and what stands in their place: `![[prices.csv]]`, `file: prices.csv`.

use std::ops::Range;

use super::fences::{Code, Line};
use crate::source::SourcePath;
use crate::span;

/// How the names of such files end.
const ENDS: [&[u8]; 4] = [b".csv", b".tsv", b".CSV", b".TSV"];

/// Tells whether a text may ask for values at all: most ask for none.
pub(super) fn may_ask(text: &str) -> bool {
    ENDS.iter().any(|end| memchr::memmem::find(text.as_bytes(), end).is_some())
}

/// What a line asks for, if it does nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked<'a> {
    /// The path as written, which may have `%20` in it.
    pub target: &'a str,
    /// What the table is called; for the values of a chart there is nothing to say.
    pub caption: Option<&'a str>,
}

/// Reads the lines of a text and knows which of them are in a fence.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub code: Code,
    chart: bool,
}

impl Lines {
    /// Takes the next line; tells what it asks for.
    pub(super) fn next<'a>(&mut self, line: &'a str) -> Option<Asked<'a>> {
        match self.code.line(line) {
            Line::Indented => None,
            Line::Hidden(words) => {
                let target = words.strip_prefix("file:").filter(|_| self.chart)?;
                let target = target.trim().trim_matches(['"', '\'']);
                is_file(target).then_some(Asked { target, caption: None })
            }
            Line::Plain(words) => {
                let word = words.trim_start_matches(['`', '~']).trim_start();
                let word = word.split([' ', '\t', '{', ',', '\n', '\r']).next();
                self.chart = self.code.open.is_some() && word == Some("chart");
                shown(words.trim_end())
            }
        }
    }
}

/// Reads `![[prices.csv]]`, `![[prices.csv|Prices]]`, `![Prices](prices.csv)`.
fn shown(line: &str) -> Option<Asked<'_>> {
    let by_name = line.strip_prefix("![[").and_then(|rest| rest.strip_suffix("]]"));
    let (target, caption) = if let Some(inside) = by_name {
        inside.split_once('|').unwrap_or((inside, ""))
    } else {
        let (caption, target) = line.strip_prefix("![")?.strip_suffix(')')?.split_once("](")?;
        let bare = target.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
        (bare.unwrap_or(target), caption)
    };
    let target = target.trim();
    let plain = !target.contains(['[', ']', '(', ')', '<']) && !caption.contains(['[', ']']);
    (plain && is_file(target)).then_some(Asked { target, caption: Some(caption.trim()) })
}

fn is_file(target: &str) -> bool {
    !target.contains("://") && SourcePath::new(target).is_values()
}

/// Finds the lines of a text that ask for values: the path, and where it stands.
pub fn asked(text: &str) -> Vec<(&str, Range<usize>)> {
    if !may_ask(text) {
        return Vec::new();
    }
    let (mut lines, mut at, mut found) = (Lines::default(), 0, Vec::new());
    for line in span::lines(text) {
        if let Some(Asked { target, .. }) = lines.next(line) {
            let start = at + (target.as_ptr() as usize - line.as_ptr() as usize);
            found.push((target, start..start + target.len()));
        }
        at += line.len();
    }
    found
}

/// Returns the fence that begins a table of values, longer than any in them, and the one that ends it.
pub(super) fn fence(caption: &str, values: &str) -> (String, String) {
    let longest = values.split(|c| c != '~').map(str::len).max().unwrap_or(0);
    let marks = "~".repeat(longest.max(2) + 1);
    let title = match caption.replace('"', "”") {
        caption if caption.is_empty() => caption,
        caption => format!(" title=\"{caption}\""),
    };
    (format!("{marks}table{title}"), marks)
}

#[cfg(test)]
mod tests {
    use super::asked;

    #[test]
    fn lines_that_do_nothing_else_ask_for_values() {
        let targets = |text| asked(text).into_iter().map(|(target, _)| target).collect::<Vec<_>>();
        assert_eq!(
            targets(
                "![[a.csv]]\n ![[b.tsv|題]]\r\n![c](c%20d.CSV)\n![](<e f.csv>)\n\n```chart {1}\nfile: \"g.csv\"\n```\n"
            ),
            ["a.csv", "b.tsv", "c%20d.CSV", "e f.csv", "g.csv"]
        );
        for none in [
            "see ![[a.csv]]",
            "![[a.csv]] there",
            "![a](https://example.org/a.csv)",
            "![[a.csvx]]",
            "```\n![[a.csv]]\nfile: a.csv\n```",
            "```charts\nfile: a.csv\n```",
            "    ![[a.csv]]",
            "![[.csv]]",
        ] {
            assert!(targets(none).is_empty(), "{none}");
        }
        assert_eq!(asked("一\n![[二.csv]]")[0].1, 7..14);
    }
}
