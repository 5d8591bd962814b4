//! Where in a text the target of a link or picture is written, and how another target is written there.

use std::ops::Range;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// What in a text names something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    /// `[[Name]]`, `![[Name]]`
    Wiki,
    /// `[text](path)`, `![](path)`, a reference or an attribute of a raw element.
    Path,
    /// `url(path)` in a style or a directive.
    Url,
    /// `poster:path` among the words of a film.
    Poster,
    /// `redirect: Name` in front matter.
    Value,
}

/// Finds the target in the stretch of a text where a link was written: its name or path, without the anchor.
pub(super) fn target_at(text: &str, span: Range<usize>, form: Form) -> Option<Range<usize>> {
    let found = text.get(span.clone())?;
    let range = match form {
        Form::Wiki => wiki(found)?,
        Form::Url => url(found)?,
        Form::Poster => poster(found)?,
        Form::Value => return None,
        Form::Path => match path(found) {
            Some(range) => range,
            None => return definition(text, found),
        },
    };
    Some(span.start + range.start..span.start + range.end)
}

/// Finds the anchor in the stretch of a text where a link was written: what stands behind `#`.
pub(super) fn anchor_at(text: &str, span: Range<usize>, form: Form) -> Option<Range<usize>> {
    let found = text.get(span.clone())?;
    let open = if form == Form::Wiki { found.find("[[")? + 2 } else { found.rfind("](")? + 2 };
    let start = found[open..].find('#')? + open + 1;
    let ends: &[char] = if form == Form::Wiki { &['|', ']'] } else { &[')', '>', ' ', '\n', '"'] };
    let end = found[start..].find(ends)? + start;
    let inside = found[start..end].trim_end_matches('\\').trim_end();
    Some(span.start + start..span.start + start + inside.len())
}

fn wiki(found: &str) -> Option<Range<usize>> {
    let start = found.find("[[").filter(|at| *at <= 1)? + 2;
    let end = found[start..].find(['#', '|', ']'])? + start;
    // In a table the bar is written `\|`.
    let inside = found[start..end].strip_suffix('\\').unwrap_or(&found[start..end]);
    trimmed(start, inside)
}

/// Returns where a text lies without the space around it.
fn trimmed(start: usize, text: &str) -> Option<Range<usize>> {
    let lead = text.len() - text.trim_start().len();
    let trimmed = text.trim();
    (!trimmed.is_empty()).then(|| start + lead..start + lead + trimmed.len())
}

fn url(found: &str) -> Option<Range<usize>> {
    let start = found.find("url(").map_or(0, |at| at + 4);
    let rest = &found[start..];
    let end = rest.find(')').unwrap_or(rest.len());
    let inside = trimmed(start, &rest[..end])?;
    let quoted = found[inside.clone()].starts_with(['"', '\'']) && inside.len() >= 2;
    let inside = if quoted { inside.start + 1..inside.end - 1 } else { inside };
    Some(cut(found, inside))
}

/// Finds the poster in the words of a film; it ends where they do, or at a space.
fn poster(found: &str) -> Option<Range<usize>> {
    const MARK: &str = "poster:";
    let begins = |at: &usize| found[..*at].ends_with(|c: char| c == '[' || c.is_whitespace());
    let mut marks = found.match_indices(MARK).map(|(at, _)| at).filter(begins);
    let start = marks.find_map(|at| {
        let start = at + MARK.len();
        let first = found[start..].chars().next()?;
        (!first.is_whitespace() && first != ']').then_some(start)
    })?;
    let mut escaped = false;
    let ends = |c: char| {
        let plain = !std::mem::take(&mut escaped);
        escaped = plain && c == '\\';
        c.is_whitespace() || (plain && c == ']')
    };
    Some(start..start + found[start..].find(ends)?)
}

/// Cuts an anchor off.
fn cut(found: &str, inside: Range<usize>) -> Range<usize> {
    let end = found[inside.clone()].find('#').map_or(inside.end, |at| inside.start + at);
    inside.start..end
}

/// Finds the address of an inline link, or of a raw element.
fn path(found: &str) -> Option<Range<usize>> {
    if found.starts_with('<') {
        let at = ["href=", "src=", "poster="]
            .iter()
            .find_map(|name| Some(found.find(name)? + name.len()))?;
        let quote = found[at..].chars().next().filter(|c| "\"'".contains(*c));
        let start = at + quote.map_or(0, char::len_utf8);
        let end = match quote {
            Some(quote) => found[start..].find(quote)? + start,
            None => found[start..].find([' ', '>', '\n'])? + start,
        };
        return Some(cut(found, start..end));
    }
    let open = found.rfind("](").filter(|_| found.ends_with(')'))? + 2;
    let start = open + (found[open..].len() - found[open..].trim_start().len());
    destination(found, start)
}

/// Reads an address that begins at a place.
fn destination(text: &str, start: usize) -> Option<Range<usize>> {
    if text[start..].starts_with('<') {
        let end = text[start..].find('>')? + start;
        return Some(cut(text, start + 1..end));
    }
    let mut depth = 0;
    let mut escaped = false;
    for (at, c) in text[start..].char_indices() {
        let done = match c {
            _ if std::mem::take(&mut escaped) => false,
            '\\' => {
                escaped = true;
                false
            }
            '(' => {
                depth += 1;
                false
            }
            ')' if depth == 0 => true,
            ')' => {
                depth -= 1;
                false
            }
            c => c.is_whitespace(),
        };
        if done {
            return Some(cut(text, start..start + at));
        }
    }
    Some(cut(text, start..text.len()))
}

/// Finds the address of a link by reference: its definition stands elsewhere in the text.
fn definition(text: &str, found: &str) -> Option<Range<usize>> {
    let found = found.strip_suffix("[]").unwrap_or(found);
    let label =
        found.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')).map(|(_, label)| label)?;
    let wanted = folded(label);
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let words = line.trim_start_matches(' ');
        let lead = line.len() - words.len();
        if lead <= 3
            && let Some((name, rest)) =
                words.strip_prefix('[').and_then(|rest| rest.split_once("]:"))
            && folded(name) == wanted
        {
            let start = at + line.len() - rest.len();
            let start = start + (rest.len() - rest.trim_start().len());
            let end = at + line.trim_end().len();
            return destination(&text[..end], start);
        }
        at += line.len();
    }
    None
}

fn folded(label: &str) -> String {
    label.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// What cannot stand in an address without brackets.
const ODD: AsciiSet = CONTROLS
    .add(b' ')
    .add(b'(')
    .add(b')')
    .add(b'<')
    .add(b'>')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'\\');
/// What cannot stand in one between brackets.
const ODD_IN_BRACKETS: AsciiSet = CONTROLS.add(b'<').add(b'>').add(b'#').add(b'%').add(b'\\');

/// Writes a path as an address the way the old one was written.
pub(super) fn as_address(path: &str, old: &str, in_brackets: bool) -> String {
    let encoded =
        utf8_percent_encode(path, if in_brackets { &ODD_IN_BRACKETS } else { &ODD }).to_string();
    // Letters of other scripts were written out, or they were not.
    let spelled = percent_decode_str(old)
        .decode_utf8()
        .is_ok_and(|decoded| decoded.is_ascii() == old.is_ascii());
    let letters = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    if spelled || path.is_ascii() { decode_letters(&encoded, &letters) } else { encoded }
}

/// Writes letters beyond ASCII as themselves.
fn decode_letters(encoded: &str, letters: &dyn Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let run = rest.as_bytes()[at..]
            .chunks(3)
            .take_while(|code| code[0] == b'%' && code.get(1).is_some_and(|digit| *digit >= b'8'))
            .count();
        if run == 0 {
            out.push_str(&rest[at..at + 3]);
            rest = &rest[at + 3..];
        } else {
            out.push_str(&letters(&rest[at..at + run * 3]));
            rest = &rest[at + run * 3..];
        }
    }
    out + rest
}

/// Returns the way from a folder to a path.
pub(super) fn relative(folder: &str, path: &str) -> String {
    let from: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    let to: Vec<&str> = path.split('/').collect();
    let shared = from.iter().zip(&to[..to.len() - 1]).take_while(|(a, b)| a == b).count();
    let mut parts = vec![".."; from.len() - shared];
    parts.extend(&to[shared..]);
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn finds(text: &str, form: Form, target: &str) {
        let range = target_at(text, 0..text.lines().next().unwrap_or("").len(), form);
        assert_eq!(range.map(|range| &text[range]), Some(target), "{text}");
    }

    #[test]
    fn targets_are_found_as_they_are_written() {
        for (text, target) in [
            ("[[Name]]", "Name"),
            ("![[ Name #x|label]]", "Name"),
            ("[[Name\\|label]]", "Name"),
            ("[[A#B#C]]", "A"),
        ] {
            finds(text, Form::Wiki, target);
        }
        for (text, target) in [
            ("[text](Name.md)", "Name.md"),
            ("[text]( Name.md#x \"title\")", "Name.md"),
            ("[text](<A b.md#x>)", "A b.md"),
            ("[a](b(c).md)", "b(c).md"),
            ("[![a](b.png)](Name.md)", "Name.md"),
            ("<a href=\"Name.md#x\">", "Name.md"),
            ("<img class=x src='a b.png'>", "a b.png"),
            ("[text][Ref]\n\n[ref]: Name.md \"t\"\n", "Name.md"),
            ("[ref][]\n\n[ref]: <N b.md#x>\n", "N b.md"),
            ("[ref]\n\n  [ref]: Name.md\n", "Name.md"),
        ] {
            finds(text, Form::Path, target);
        }
        let anchor = |text: &str, form| {
            anchor_at(text, 0..text.len(), form).map(|range| text[range].to_owned())
        };
        assert_eq!(anchor("[[A#B#C|d]]", Form::Wiki).as_deref(), Some("B#C"));
        assert_eq!(anchor("[[#B]]", Form::Wiki).as_deref(), Some("B"));
        assert_eq!(anchor("[a](b.md#c \"t\")", Form::Path).as_deref(), Some("c"));
        assert_eq!(anchor("[a](b.md)", Form::Path), None);
        finds("url(\"a.png#x\")", Form::Url, "a.png");
        finds("url( a.png )", Form::Url, "a.png");
    }

    #[test]
    fn ways_and_addresses() {
        assert_eq!(relative("wiki", "wiki/B.md"), "B.md");
        assert_eq!(relative("wiki/a/b", "wiki/a/c/D.md"), "../c/D.md");
        assert_eq!(relative("decks", "wiki/B.md"), "../wiki/B.md");
        assert_eq!(as_address("A b.md", "x.md", false), "A%20b.md");
        assert_eq!(as_address("A b.md", "x.md", true), "A b.md");
        assert_eq!(as_address("紙 芝.md", "x.md", false), "紙%20芝.md");
        assert_eq!(as_address("紙.md", "%E5%82%98.md", false), "%E7%B4%99.md");
        assert_eq!(as_address("紙.md", "傘.md", false), "紙.md");
    }
}
