//! Byte ranges in a source, and the lines and columns that people see.
//!
//! Inside, places are byte ranges; line and column exist only where a person reads them.

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
pub struct Lines(Vec<u32>);

impl Lines {
    /// Returns the table of lines of `text`.
    pub fn of(text: &str) -> Lines {
        let bytes = text.as_bytes();
        let mut starts = Vec::with_capacity(bytes.len() / 48 + 8);
        starts.push(0);
        let start = |at: usize| u32::try_from(at + 1).unwrap_or(u32::MAX);
        if memchr::memchr(b'\r', bytes).is_none() {
            starts.extend(memchr::memchr_iter(b'\n', bytes).map(start));
            return Lines(starts);
        }
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            if bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n') {
                starts.push(start(at));
            }
        }
        Lines(starts)
    }

    /// Returns the byte offset of a line and a byte column, both from 1.
    pub fn offset(&self, line: usize, column_bytes: usize) -> usize {
        let start = self
            .0
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or_else(|| *self.0.last().unwrap_or(&0));
        start as usize + column_bytes.saturating_sub(1)
    }

    /// Returns the place of a byte offset in `text`.
    pub fn place(&self, text: &str, offset: usize) -> Place {
        let offset = offset.min(text.len());
        let index = self.0.partition_point(|&start| start as usize <= offset).saturating_sub(1);
        let start = self.0[index] as usize;
        let column = text.get(start..offset).map_or(0, |before| before.chars().count());
        Place { line: count(index) + 1, column: count(column) + 1 }
    }

    /// Returns the text of a line (from 1) without its end.
    pub fn line<'a>(&self, text: &'a str, line: u32) -> &'a str {
        let index = line.saturating_sub(1) as usize;
        let start = self.0.get(index).map_or(text.len(), |&s| s as usize);
        let end = self.0.get(index + 1).map_or(text.len(), |&s| s as usize);
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
