//! `<!-- include: part.md -->`: the text of another file in the place of the comment.
//!
//! Parsing knows one text alone; what is put together here is that text, with a note of which stretch
//! of it was written where, so that what is wrong with it is told at its own place.

use super::fences::closes_code;
use super::tables::{self, Asked};
use crate::diagnostic::{Diagnostic, Rule, rules};
use crate::document::front_matter;
use crate::source::{Part, SourcePath, join};
use crate::span::{self, Span};

/// How many files a document may be put together from: files that hold each other twice grow fast.
const PARTS_MAX: usize = 1000;

/// How large a file of values may be: more than anybody reads, or can be seen in a picture.
const VALUES_BYTES_MAX: usize = 4 << 20;

/// What there is to take in at a path of the site.
pub type Texts<'a> = &'a dyn Fn(&SourcePath) -> Option<Part<'a>>;

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
    if !includes() && !tables::may_ask(text) {
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

/// Returns the first place of a file in a stretch of the text that was put together, if any of it was written there.
pub(in crate::document) fn first_of(
    pieces: &[Piece],
    file: &SourcePath,
    stretch: Span,
) -> Option<u32> {
    let ends = pieces.iter().skip(1).map(|piece| piece.at).chain([u32::MAX]);
    let mut inside = pieces
        .iter()
        .zip(ends)
        .filter(|(piece, end)| piece.at < stretch.end && *end > stretch.start && piece.at < *end);
    let (piece, _) = inside.find(|(piece, _)| piece.path == *file)?;
    Some(piece.from + stretch.start.saturating_sub(piece.at))
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

impl<'a> Reader<'a> {
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
        let (mut at, mut copied, mut lines) = (body, body, tables::Lines::default());
        for line in span::lines(&text[body..]) {
            let (start, words) = (at, line.trim_start_matches(' '));
            at += line.len();
            let (indent, in_code) = (line.len() - words.len(), lines.code.open.is_some());
            if let Some(asked) = lines.next(line) {
                if let Some((path, values)) = self.values(asked.target) {
                    self.copy(&text[copied..start], copied);
                    self.put(asked, (path, values), (&line[..indent], start), lines.code.open);
                    copied = at;
                }
                continue;
            }
            let Some(target) = asked(words).filter(|_| !in_code && indent <= 3) else { continue };
            self.copy(&text[copied..start], copied);
            self.include(target, start);
            // The comment was a block of its own, and so is what comes in its place.
            self.copy("\n\n", start);
            copied = at;
        }
        self.copy(&text[copied..], copied);
    }

    /// Returns a file of values beside the document, if it is there. One that is not is told where its place is shown.
    fn values(&mut self, target: &str) -> Option<(SourcePath, &'a str)> {
        self.count += 1;
        let decoded = percent_encoding::percent_decode_str(target).decode_utf8().ok();
        let targets = [Some(target), decoded.as_deref().filter(|decoded| *decoded != target)];
        let folders = [self.way[0].folder().to_owned(), self.here().folder().to_owned()];
        let paths = targets.into_iter().flatten().flat_map(|target| {
            folders.iter().filter_map(move |folder| join(folder, target)).map(SourcePath::new)
        });
        let paths: Vec<SourcePath> = paths.collect();
        let found = paths.iter().find_map(|path| Some((path.clone(), (self.texts)(path)?)));
        self.out.parts.extend(paths);
        let (path, part) = found.filter(|_| self.count <= PARTS_MAX)?;
        let (message, help) = match part {
            Part::Values(values) if values.len() <= VALUES_BYTES_MAX => {
                return Some((path, values));
            }
            Part::Values(values) => {
                let message = format!("the file has {} MB", values.len() >> 20);
                (message, "a table or a chart takes 4 MB at most; show a part of it, or a sum")
            }
            Part::Unreadable => {
                let message = "the file is not UTF-8, so its letters cannot be read".to_owned();
                (message, "save it as “CSV UTF-8”, which every spreadsheet offers")
            }
            Part::Text(_) => return None,
        };
        self.way.push(path);
        self.tell(&rules::VALUES, Span::new(0, 1), message, help);
        self.way.pop();
        None
    }

    /// Puts values in the place of the line that asks for them. Their places are those of their file.
    fn put(
        &mut self,
        asked: Asked<'_>,
        (path, values): (SourcePath, &str),
        (indent, at): (&str, usize),
        open: Option<(char, usize)>,
    ) {
        let fence = asked.caption.map(|caption| tables::fence(caption, values));
        if let Some((begin, _)) = &fence {
            self.copy(&format!("\n{indent}{begin}\n"), at);
        }
        // Spreadsheets begin a file with a mark of its encoding.
        let bare = values.trim_start_matches('\u{feff}');
        let mut from = values.len() - bare.len();
        self.way.push(path);
        for line in span::lines(bare) {
            // Within a list a line stands where its item does, and in a chart none may end the fence.
            let closes = open.is_some_and(|open| closes_code(line.trim_start_matches(' '), open));
            let before = if closes { "    " } else { indent };
            if before.is_empty() {
                self.continue_with(line, from);
            } else {
                self.copy(before, from);
                self.copy(line, from);
            }
            from += line.len();
        }
        self.way.pop();
        self.copy(if bare.ends_with('\n') { "" } else { "\n" }, at);
        if let Some((_, end)) = fence {
            self.copy(&format!("{indent}{end}\n\n"), at);
        }
    }

    /// Adds what stands right behind the last piece in the same file.
    fn continue_with(&mut self, text: &str, from: usize) {
        let follows = self.out.pieces.last().is_some_and(|piece| {
            let length = self.out.text.len() - piece.at as usize;
            piece.path == self.way[self.way.len() - 1] && piece.from as usize + length == from
        });
        if follows {
            self.out.text.push_str(text);
        } else {
            self.copy(text, from);
        }
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
        let text = |path: &SourcePath| match (self.texts)(path)? {
            Part::Text(text) => Some(text),
            Part::Values(_) | Part::Unreadable => None,
        };
        let found = paths.iter().find_map(|path| Some((path.clone(), text(path)?)));
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
