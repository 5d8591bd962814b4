//! `<!-- include: part.md -->`: the text of another file in the place of the comment.
//!
//! Parsing knows one text alone; what is put together here is that text, with a note of which stretch
//! of it was written where, so that what is wrong with it is told at its own place.

use super::fences::{closes_code, code_fence};
use crate::diagnostic::{Diagnostic, Rule, rules};
use crate::document::front_matter;
use crate::source::{SourcePath, join};
use crate::span::{self, Span};

/// How many files a document may be put together from: files that hold each other twice grow fast.
const PARTS_MAX: usize = 1000;

/// How the names of files of values end.
const VALUES: [&str; 2] = [".csv", ".tsv"];

/// The text at a path of the site, if there is one.
pub type Texts<'a> = &'a dyn Fn(&SourcePath) -> Option<&'a str>;

/// A stretch of a text that was put together: where it begins, and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    at: u32,
    path: SourcePath,
    from: u32,
}

/// A text put together from several files.
#[derive(Clone, Debug, Default)]
pub struct Assembly {
    pub text: String,
    /// In the order of the text.
    pub pieces: Vec<Piece>,
    /// Every path that was looked at, whether there is a file or not.
    pub parts: Vec<SourcePath>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Returns the text of a document with what it includes; nothing where it includes nothing.
pub fn assemble(path: &SourcePath, text: &str, texts: Texts<'_>) -> Option<Assembly> {
    let bytes = text.as_bytes();
    let includes = || memchr::memchr_iter(b':', bytes).any(|at| bytes[..at].ends_with(b"include"));
    let holds = |end: &str| memchr::memmem::find(bytes, end.as_bytes()).is_some();
    if !includes() && !VALUES.iter().any(|end| holds(end)) {
        return None;
    }
    let body = body_of(text);
    let mut reader = Reader { texts, way: vec![path.clone()], count: 0, out: Assembly::default() };
    reader.copy(&text[..body], 0);
    reader.add(text, body);
    (reader.count > 0).then_some(reader.out)
}

/// Returns the place in the files of a place in the text that was put together from them.
pub(in crate::document) fn written(pieces: &[Piece], span: Span) -> Option<(SourcePath, Span)> {
    let index = pieces.partition_point(|piece| piece.at <= span.start).checked_sub(1)?;
    let piece = &pieces[index];
    let end = pieces.get(index + 1).map_or(span.end, |next| span.end.min(next.at));
    let shift = |at: u32| (piece.from + at.saturating_sub(piece.at)) as usize;
    Some((piece.path.clone(), Span::new(shift(span.start), shift(end))))
}

/// Returns where the text of a file begins behind its front matter.
fn body_of(text: &str) -> usize {
    let bom = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let block = front_matter::find(&text[bom..]).filter(|block| block.closed);
    bom + block.map_or(0, |block| block.body)
}

struct Reader<'a> {
    texts: Texts<'a>,
    /// The files that are being read, each included by the one before.
    way: Vec<SourcePath>,
    count: usize,
    out: Assembly,
}

impl Reader<'_> {
    fn here(&self) -> SourcePath {
        self.way[self.way.len() - 1].clone()
    }

    /// Takes over a stretch of the file that is being read.
    fn copy(&mut self, text: &str, from: usize) {
        let cut = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let (at, path) = (cut(self.out.text.len()), self.here());
        self.out.pieces.push(Piece { at, path, from: cut(from) });
        self.out.text.push_str(text);
    }

    fn tell(&mut self, rule: &'static Rule, span: Span, message: String, help: &str) {
        let (path, help) = (self.here(), help.to_owned());
        self.out.diagnostics.push(Diagnostic { rule, path, span, message, help });
    }

    /// Adds the text of a file from a place on, and what that includes.
    fn add(&mut self, text: &str, body: usize) {
        let (mut at, mut copied, mut code) = (body, body, None);
        let mut chart = false;
        for line in span::lines(&text[body..]) {
            let (start, words) = (at, line.trim_start_matches(' '));
            at += line.len();
            let indented = line.len() - words.len() > 3;
            if let Some(open) = code {
                if chart
                    && let Some(target) = line.strip_prefix("file:")
                    && let Some((path, values)) = self.values(target)
                {
                    self.copy(&text[copied..start], copied);
                    self.add_values((path, &values), "", start);
                    copied = at;
                }
                code = Some(open).filter(|open| indented || !closes_code(words, *open));
                continue;
            }
            if indented {
                continue;
            }
            code = code_fence(words);
            chart = code.is_some()
                && words.trim_start_matches(['`', '~']).trim_start().starts_with("chart");
            if let Some((target, caption)) = shown(words) {
                if let Some((path, values)) = self.values(target) {
                    self.copy(&text[copied..start], copied);
                    // A fence longer than any in the file.
                    let marks = "~".repeat(longest(&values, '~').max(2) + 1);
                    let quoted = caption.replace('"', "”");
                    let title =
                        if quoted.is_empty() { quoted } else { format!(" title=\"{quoted}\"") };
                    self.copy(&format!("\n{marks}csv{title}\n"), start);
                    self.add_values((path, &values), &format!("{marks}\n\n"), start);
                    copied = at;
                }
                continue;
            }
            let Some(target) = asked(words) else { continue };
            self.copy(&text[copied..start], copied);
            self.include(target, start);
            // The comment was a block of its own, and so is what comes in its place.
            self.copy("\n\n", start);
            copied = at;
        }
        self.copy(&text[copied..], copied);
    }

    /// Returns a file of values beside the document, if it is there. One that is not is told where its place is shown.
    fn values(&mut self, target: &str) -> Option<(SourcePath, String)> {
        let target = target.trim().trim_matches(['"', '\'']);
        self.count += 1;
        let folders = [self.way[0].folder().to_owned(), self.here().folder().to_owned()];
        let paths = folders.iter().filter_map(|folder| join(folder, target)).map(SourcePath::new);
        let paths: Vec<SourcePath> = paths.collect();
        let found =
            paths.iter().find_map(|path| Some((path.clone(), (self.texts)(path)?.to_owned())));
        self.out.parts.extend(paths);
        found.filter(|_| self.count <= PARTS_MAX && is_values(target))
    }

    /// Adds values, whose places are those of their file, and what comes behind them.
    fn add_values(&mut self, (path, values): (SourcePath, &str), end: &str, at: usize) {
        // Spreadsheets begin a file with a mark of its encoding.
        let bare = values.trim_start_matches('\u{feff}');
        self.way.push(path);
        self.copy(bare, values.len() - bare.len());
        self.way.pop();
        self.copy(if values.ends_with('\n') { "" } else { "\n" }, at);
        self.copy(end, at);
    }

    fn include(&mut self, target: &str, at: usize) {
        self.count += 1;
        let span = Span::new(at, at + target.len() + "<!-- include: -->".len());
        if self.count > PARTS_MAX {
            if self.count == PARTS_MAX + 1 {
                let message = format!("more than {PARTS_MAX} files are included");
                self.tell(&rules::INCLUDE_CYCLE, span, message, "include each of them once");
            }
            return;
        }
        if target.is_empty() {
            let message = "the comment names no file to include".to_owned();
            return self.tell(&rules::MISSING_INCLUDE, span, message, "write `include: part.md`");
        }
        // From the document's folder, as links and pictures are; else from the part's own.
        let (own, here) = (self.way[0].clone(), self.here());
        let paths: Vec<SourcePath> = [own.folder(), here.folder()]
            .into_iter()
            .filter_map(|folder| join(folder, target))
            .map(SourcePath::new)
            .collect();
        let Some(first) = paths.first().cloned() else {
            let message = format!("`{target}` leads out of the site");
            let help = "include files of decks/ and wiki/ alone";
            return self.tell(&rules::MISSING_INCLUDE, span, message, help);
        };
        let found = paths.iter().find_map(|path| Some((path.clone(), (self.texts)(path)?)));
        self.out.parts.extend(paths);
        let Some((path, text)) = found else {
            let message = format!("there is no text at {first}");
            let help = "write the file, or mend the path";
            return self.tell(&rules::MISSING_INCLUDE, span, message, help);
        };
        if let Some(begin) = self.way.iter().position(|known| *known == path) {
            let mut names: Vec<&str> = self.way[begin..].iter().map(SourcePath::as_str).collect();
            names.push(path.as_str());
            let message = format!("files include each other: {}", names.join(" → "));
            let help = "take one of these comments out";
            return self.tell(&rules::INCLUDE_CYCLE, span, message, help);
        }
        self.way.push(path);
        self.copy("\n\n", 0);
        self.add(text, body_of(text));
        self.way.pop();
    }
}

/// Tells whether a file is one of values, by its name.
fn is_values(target: &str) -> bool {
    let lower = target.to_ascii_lowercase();
    VALUES.iter().any(|end| lower.ends_with(end))
}

/// Returns the file of values that a line shows if it does nothing else, and what it is called: `![[prices.csv]]`,
/// `![[prices.csv|Prices]]`, `![Prices](prices.csv)`.
fn shown(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_end();
    let (target, caption) = match line.strip_prefix("![[").and_then(|rest| rest.strip_suffix("]]"))
    {
        Some(inside) => inside.split_once('|').unwrap_or((inside, "")),
        None => {
            let (caption, target) = line.strip_prefix("![")?.strip_suffix(')')?.split_once("](")?;
            (target, caption)
        }
    };
    let plain = !target.contains(['[', ']', '(', ')']) && !caption.contains(['[', ']']);
    (plain && is_values(target.trim()) && !target.contains("://")).then_some((target, caption))
}

/// Returns how many of a character stand in a row at most.
fn longest(text: &str, mark: char) -> usize {
    text.split(|c| c != mark).map(str::len).max().unwrap_or(0)
}

/// Returns which file a line asks for, if it does nothing else.
fn asked(line: &str) -> Option<&str> {
    let inside = line.trim_end().strip_prefix("<!--")?.strip_suffix("-->")?;
    let target = target(inside)?;
    (!inside.contains("-->")).then_some(target)
}

/// Returns which file the inside of a comment asks for.
pub(super) fn target(inside: &str) -> Option<&str> {
    let target = inside.trim_matches('-').trim().strip_prefix("include:")?;
    let target = target.trim().trim_matches(['"', '\'']);
    (!target.contains('\n')).then_some(target)
}
