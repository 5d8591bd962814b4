//! Code as HTML, with its colours or without.

use std::fmt::{self, Write};

use super::runs::Runs;
use super::{Line, LineKind, Lit};
use crate::document::html::escape;
use crate::document::parse::hidden;

/// Writes code: lines where they are told from each other, in them stretches of one colour. A character that cannot be
/// seen is shown by its number: what is read is what would run.
pub fn write(text: &str, lines: &[Line], runs: &Runs, out: &mut impl Write) -> fmt::Result {
    let mut pen = Pen { runs: runs.iter(), class: "", left: 0 };
    if lines.is_empty() {
        return pen.write(text, out);
    }
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let tag = match lines.get(index).map_or(LineKind::Same, |line| line.kind) {
            LineKind::Same => "span",
            LineKind::Added => "ins",
            LineKind::Removed => "del",
        };
        open(tag, lines.get(index), out)?;
        let said = line.trim_end_matches('\n');
        pen.write(said, out)?;
        write!(out, "</{tag}>")?;
        pen.write(&line[said.len()..], out)?;
    }
    Ok(())
}

fn open(tag: &str, line: Option<&Line>, out: &mut impl Write) -> fmt::Result {
    let lit = line.is_some_and(|line| line.lit == Lit::Always);
    write!(out, "<{tag} class=\"{}\"", if lit { "line lit" } else { "line" })?;
    let Some(line) = line else { return out.write_str(">") };
    if let Some(number) = &line.number {
        write!(out, " data-line=\"{number}\"")?;
    }
    if let Lit::At(steps) = &line.lit {
        write!(out, " data-on=\"{steps}\"")?;
    }
    out.write_str(">")
}

/// Writes a text piece by piece; a run goes on where the piece before left it.
struct Pen<I> {
    runs: I,
    class: &'static str,
    left: usize,
}

impl<I: Iterator<Item = (&'static str, usize)>> Pen<I> {
    fn write(&mut self, mut text: &str, out: &mut impl Write) -> fmt::Result {
        while !text.is_empty() {
            if self.left == 0 {
                // Behind the last run nothing has a colour.
                (self.class, self.left) = self.runs.next().unwrap_or(("", usize::MAX));
            }
            let (piece, rest) = text.split_at(text.floor_char_boundary(self.left.min(text.len())));
            self.left = if piece.is_empty() { 0 } else { self.left - piece.len() };
            text = rest;
            // The end of a line is the line's.
            let inner = piece.trim_end_matches('\n');
            if self.class.is_empty() || inner.is_empty() {
                plain(piece, out)?;
                continue;
            }
            write!(out, "<span class=\"{}\">", self.class)?;
            plain(inner, out)?;
            out.write_str("</span>")?;
            out.write_str(&piece[inner.len()..])?;
        }
        Ok(())
    }
}

fn plain(text: &str, out: &mut impl Write) -> fmt::Result {
    let mut written = 0;
    for (at, c) in hidden(text) {
        escaped(&text[written..at], out)?;
        write!(out, "<span class=\"hidden-character\">U+{:04X}</span>", u32::from(c))?;
        written = at + c.len_utf8();
    }
    escaped(&text[written..], out)
}

fn escaped(text: &str, out: &mut impl Write) -> fmt::Result {
    let mut html = String::with_capacity(text.len() + 8);
    escape(text, &mut html);
    out.write_str(&html)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::code::runs::{Builder, Class};

    fn written(text: &str, lines: &[Line], runs: &[(Class, usize)]) -> String {
        let (mut builder, mut out) = (Builder::default(), String::new());
        for (class, length) in runs {
            builder.push(*class, *length);
        }
        write(text, lines, &builder.finish(), &mut out).expect("a String takes all");
        out
    }

    #[test]
    fn a_colour_that_passes_the_end_of_a_line_begins_anew() {
        let lines = [Line::default(), Line { kind: LineKind::Added, ..Line::default() }];
        let html = written("/*\n*/ <b>\n", &lines, &[(Class::Comment, 5)]);
        assert_eq!(
            html,
            "<span class=\"line\"><span class=\"hljs-comment\">/*</span></span>\n\
             <ins class=\"line\"><span class=\"hljs-comment\">*/</span> &lt;b&gt;</ins>\n"
        );
        assert_eq!(
            written("a\u{202e}b", &[], &[]),
            "a<span class=\"hidden-character\">U+202E</span>b"
        );
    }

    #[test]
    fn runs_of_another_text_break_no_character() {
        assert_eq!(
            written("日本", &[], &[(Class::Keyword, 1), (Class::Comment, 4)]),
            "<span class=\"hljs-comment\">日</span>本"
        );
    }
}
