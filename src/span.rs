//! Byte ranges in a source, and the lines and columns that people see.
//!
//! Inside, places are byte ranges; line and column exist only where a person reads them.

use std::sync::OnceLock;

/// A range of bytes in one source, end excluded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// Returns the span from `start` to `end`; positions past 4 GiB are cut.
    pub fn new(start: usize, end: usize) -> Span {
        let cut = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span { start: cut(start), end: cut(end.max(start)) }
    }
}

/// A line and a column, both from 1, the column counted in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: u32,
    pub column: u32,
}

/// Where each line of a text begins; `\n`, `\r\n` and a lone `\r` end a line.
#[derive(Clone, Debug)]
pub struct Lines {
    starts: Vec<u32>,
    /// Bytes and characters from the start of a long line, every so often: many places may be asked for on one.
    marks: OnceLock<Vec<Mark>>,
}

/// A byte of a long line, and how many characters of the line stand before it.
#[derive(Clone, Copy, Debug)]
struct Mark {
    at: u32,
    column: u32,
}

/// How many bytes lie between two marks.
const STEP_BYTES: usize = 4096;

impl Lines {
    /// Returns the table of lines of `text`.
    pub fn of(text: &str) -> Lines {
        let bytes = text.as_bytes();
        let mut starts = Vec::with_capacity(bytes.len() / 48 + 8);
        starts.push(0);
        let start = |at: usize| u32::try_from(at + 1).unwrap_or(u32::MAX);
        if memchr::memchr(b'\r', bytes).is_none() {
            starts.extend(memchr::memchr_iter(b'\n', bytes).map(start));
            return Lines { starts, marks: OnceLock::new() };
        }
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            if bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n') {
                starts.push(start(at));
            }
        }
        Lines { starts, marks: OnceLock::new() }
    }

    /// Returns the byte offset of a line and a byte column, both from 1.
    pub fn offset(&self, line: usize, column_bytes: usize) -> usize {
        let start = self
            .starts
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or_else(|| *self.starts.last().unwrap_or(&0));
        start as usize + column_bytes.saturating_sub(1)
    }

    /// Returns the place of a byte offset in `text`.
    pub fn place(&self, text: &str, offset: usize) -> Place {
        let offset = offset.min(text.len());
        let before = |start: &u32| *start as usize <= offset;
        let index = self.starts.partition_point(before).saturating_sub(1);
        let start = self.starts[index] as usize;
        let (mut from, mut column) = (start, 0);
        if offset - start > STEP_BYTES {
            let marks = self.marks.get_or_init(|| self.marks(text));
            let passed = marks.partition_point(|mark| mark.at as usize <= offset);
            let near = passed.checked_sub(1).map(|last| marks[last]);
            if let Some(mark) = near.filter(|mark| mark.at as usize >= start) {
                (from, column) = (mark.at as usize, mark.column);
            }
        }
        let rest = text.get(from..offset).map_or(0, |before| before.chars().count());
        Place { line: count(index) + 1, column: column + count(rest) + 1 }
    }

    fn marks(&self, text: &str) -> Vec<Mark> {
        let mut marks = Vec::new();
        for (index, &start) in self.starts.iter().enumerate() {
            let end = self.starts.get(index + 1).map_or(text.len(), |&next| next as usize);
            let (mut at, mut column) = (start as usize, 0);
            while end - at > STEP_BYTES {
                let next = text.floor_char_boundary(at + STEP_BYTES);
                column += text[at..next].chars().count();
                at = next;
                marks.push(Mark { at: count(at), column: count(column) });
            }
        }
        marks
    }

    /// Returns the text of a line (from 1) without its end.
    pub fn line<'a>(&self, text: &'a str, line: u32) -> &'a str {
        let index = line.saturating_sub(1) as usize;
        let start = self.starts.get(index).map_or(text.len(), |&s| s as usize);
        let end = self.starts.get(index + 1).map_or(text.len(), |&s| s as usize);
        text.get(start..end).unwrap_or("").trim_end_matches(['\n', '\r'])
    }
}

/// Cuts a text into its lines, each with its end: `\n`, `\r\n` or a lone `\r`.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let length = match rest.find(['\n', '\r']) {
            Some(end) if rest[end..].starts_with("\r\n") => end + 2,
            Some(end) => end + 1,
            None => rest.len(),
        };
        let (line, after) = rest.split_at(length);
        rest = after;
        (!line.is_empty()).then_some(line)
    })
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Lines, Place, STEP_BYTES};

    #[test]
    fn places_on_long_lines_are_those_of_counting() {
        let long = "雨a\u{301}".repeat(STEP_BYTES);
        let text = format!("short\n{long}\r\n\n{long}");
        let lines = Lines::of(&text);
        let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        let (mut line, mut column) = (1, 1);
        for (at, c) in ends.zip(text.chars().chain(['x'])) {
            assert_eq!(lines.place(&text, at), Place { line, column }, "at {at}");
            (line, column) = if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
        }
    }
}
