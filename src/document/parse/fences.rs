//! `:::` fences as people write them: all of one length, each closing line for the innermost block.
//! The Markdown crate lets it close the outermost, so outer fences are made longer here, line for line.

/// How many blocks may lie in each other: every line is looked at once for each of them.
const DEPTH_MAX: usize = 100;

/// What is wrong with a fence.
pub(super) struct Fault {
    /// The line, from 1.
    pub line: usize,
    pub message: &'static str,
    pub help: &'static str,
}

/// A line that is to be read otherwise than it is written.
struct Change {
    /// The line, from 0.
    line: usize,
    before: &'static str,
    colons: usize,
    info: String,
}

/// A block that is open.
struct Open {
    /// The index of its change.
    change: usize,
    /// How long its fence has to be at least, longer than all that looks like one inside.
    colons: usize,
}

/// The fences of a text, matched.
#[derive(Default)]
struct Fences {
    changes: Vec<Change>,
    open: Vec<Open>,
    faults: Vec<Fault>,
}

/// Follows which lines of a text are code between fences.
#[derive(Debug, Default)]
pub(super) struct Code {
    /// The fence that is open: its mark, and how long it is.
    pub open: Option<(char, usize)>,
}

/// Follows which lines of a text are code or comments.
#[derive(Debug, Default)]
pub(super) struct Hidden {
    code: Code,
    comment: bool,
}

/// What a line is where blocks begin and end, without its indentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    Plain(&'a str),
    /// Of code between fences, or of a comment.
    Hidden(&'a str),
    /// So far to the right that nothing begins or ends there.
    Indented,
}

impl<'a> Line<'a> {
    fn of(line: &'a str) -> Line<'a> {
        let text = line.trim_start_matches(' ');
        if line.len() - text.len() > 3 { Line::Indented } else { Line::Plain(text) }
    }

    fn hidden(self) -> Line<'a> {
        if let Line::Plain(text) = self { Line::Hidden(text) } else { self }
    }
}

impl Code {
    /// Takes the next line.
    pub(super) fn line<'a>(&mut self, line: &'a str) -> Line<'a> {
        let line = Line::of(line);
        let Line::Plain(text) = line else { return line };
        if let Some(open) = self.open {
            self.open = Some(open).filter(|open| !closes_code(text, *open));
            return line.hidden();
        }
        self.open = code_fence(text);
        line
    }
}

impl Hidden {
    /// Takes the next line.
    pub(super) fn line<'a>(&mut self, line: &'a str) -> Line<'a> {
        if self.comment {
            self.comment = !line.contains("-->");
            return Line::of(line).hidden();
        }
        let line = self.code.line(line);
        if let Line::Plain(text) = line {
            self.comment = text.starts_with("<!--") && !text.contains("-->");
        }
        line
    }
}

/// Returns the text with its fences nested, and what is wrong with them; nothing where there are none.
/// In a deck a block ends with its slide at the latest.
pub(super) fn nest(body: &str, is_deck: bool) -> Option<(String, Vec<Fault>)> {
    memchr::memmem::find(body.as_bytes(), b":::")?;
    let mut fences = Fences::default();
    let mut hidden = Hidden::default();
    let mut above = "";
    for (number, line) in body.split('\n').enumerate() {
        match hidden.line(line) {
            Line::Plain(text) if text.starts_with(":::") => fences.fence(number, text),
            Line::Plain(text) if is_deck && !fences.open.is_empty() && is_rule(text, above) => {
                let blank = above.trim().is_empty().then(|| number - 1);
                fences.end_all(blank);
            }
            Line::Hidden(text) => fences.no_fence(text),
            Line::Plain(_) | Line::Indented => {}
        }
        above = line;
    }
    fences.end_all(None);
    let Fences { mut changes, faults, .. } = fences;
    changes.sort_by_key(|change| change.line);
    Some((written(body, &changes), faults))
}

impl Fences {
    fn fence(&mut self, line: usize, text: &str) {
        let info = text.trim_start_matches(':');
        // Pandoc lets colons stand behind, too.
        let info = info.trim().trim_end_matches(':').trim_end();
        let colons = text.len() - text.trim_start_matches(':').len();
        if info.contains(':') {
            // That is no fence to the Markdown crate, and none to us.
            return;
        }
        let mut change = Change { line, before: "", colons, info: info.to_owned() };
        if !info.is_empty() && self.open.len() == DEPTH_MAX {
            change.before = "\\";
            self.faults.push(Fault {
                line: line + 1,
                message: "more than 100 blocks lie in each other here",
                help: "close some of them; the line is shown as text",
            });
        } else if !info.is_empty() {
            self.open.push(Open { change: self.changes.len(), colons: 3 });
        } else if let Some(open) = self.open.pop() {
            change.colons = self.close(&open);
        } else {
            change.before = "\\";
            self.faults.push(Fault {
                line: line + 1,
                message: "there is no block here that this line could close",
                help: "remove it, or write the name of a block behind the colons",
            });
        }
        self.changes.push(change);
    }

    /// Makes a block's fence long enough; returns its length.
    fn close(&mut self, open: &Open) -> usize {
        self.changes[open.change].colons = open.colons;
        self.outgrow(open.colons);
        open.colons
    }

    fn outgrow(&mut self, colons: usize) {
        if let Some(outer) = self.open.last_mut() {
            outer.colons = outer.colons.max(colons + 1);
        }
    }

    /// Takes a line of code or of a comment, which the Markdown crate would take for a fence.
    fn no_fence(&mut self, text: &str) {
        let rest = text.trim_start_matches(':');
        if rest.trim().is_empty() {
            self.outgrow(text.len() - rest.len());
        }
    }

    /// Ends all that is open, at a blank line where there is one to take.
    fn end_all(&mut self, blank: Option<usize>) {
        let mut colons = 0;
        while let Some(open) = self.open.pop() {
            self.faults.push(Fault {
                line: self.changes[open.change].line + 1,
                message: "this block is not closed",
                help: "write `:::` on a line of its own behind its last line",
            });
            colons = self.close(&open);
        }
        if let Some(line) = blank.filter(|_| colons > 0) {
            self.changes.push(Change { line, before: "", colons, info: String::new() });
        }
    }
}

fn written(body: &str, changes: &[Change]) -> String {
    let mut out = String::with_capacity(body.len() + changes.len() * 4);
    let mut changes = changes.iter().peekable();
    for (number, line) in body.split('\n').enumerate() {
        if number > 0 {
            out.push('\n');
        }
        match changes.next_if(|change| change.line == number) {
            None => out.push_str(line),
            Some(change) => {
                out.push_str(&line[..line.len() - line.trim_start_matches(' ').len()]);
                out.push_str(change.before);
                out.extend(std::iter::repeat_n(':', change.colons));
                if !change.info.is_empty() {
                    out.extend([" ", &change.info]);
                }
            }
        }
    }
    out
}

/// Returns the character and the length of the fence that opens code on this line.
fn code_fence(text: &str) -> Option<(char, usize)> {
    let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = text.trim_start_matches(mark);
    let length = text.len() - rest.len();
    (length >= 3 && !(mark == '`' && rest.contains('`'))).then_some((mark, length))
}

pub(super) fn closes_code(text: &str, (mark, length): (char, usize)) -> bool {
    let rest = text.trim_start_matches(mark);
    text.len() - rest.len() >= length && rest.trim().is_empty()
}

/// Tells whether a line is a rule; dashes right below a text make a heading of it.
fn is_rule(text: &str, above: &str) -> bool {
    let mark = text.chars().next().unwrap_or(' ');
    let only = text.chars().all(|c| c == mark || c == ' ' || c == '\t');
    let count = text.matches(mark).count();
    let below_text = !above.trim().is_empty() && !above.trim_start().starts_with(":::");
    matches!(mark, '-' | '*' | '_') && only && count >= 3 && !(mark == '-' && below_text)
}
