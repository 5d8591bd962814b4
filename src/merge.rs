//! Two edits of one text become one, line by line; and a text that passed through a form gets its line
//! ends back.

use std::collections::HashMap;
use std::ops::Range;

use diffy::{ConflictStyle, DiffOptions, IncompleteHunkStyle, Line, MergeOptions};
use serde::Serialize;

use crate::span::lines;

/// What two edits of one text come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// They touch different lines: the text with both.
    Clean(String),
    /// They touch the same lines.
    Conflicts(Vec<Conflict>),
}

/// Lines that two writers changed in two ways.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conflict {
    pub base: String,
    pub yours: String,
    pub current: String,
}

/// How a line of a text stands to another version of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Same,
    Removed,
    Added,
}

/// Merges two edits of `base`.
pub fn merge(base: &str, yours: &str, current: &str) -> Merged {
    // Longer than whatever stands at the beginning of a line: no text can be taken for a mark.
    let length = [base, yours, current].into_iter().map(longest_run).max().unwrap_or(0) + 7;
    let mut options = MergeOptions::new();
    options
        .set_conflict_marker_length(length)
        .set_conflict_style(ConflictStyle::Diff3)
        .set_incomplete_hunk_style(IncompleteHunkStyle::Git);
    match options.merge(base, yours, current) {
        Ok(text) => Merged::Clean(text),
        Err(marked) => Merged::Conflicts(conflicts(&marked, length)),
    }
}

fn longest_run(text: &str) -> usize {
    let run = |line: &str| {
        let mark = line.bytes().next().filter(|byte| b"<|=>".contains(byte));
        mark.map_or(0, |mark| line.bytes().take_while(|byte| *byte == mark).count())
    };
    text.split('\n').map(run).max().unwrap_or(0)
}

/// Reads the conflicts between marks of a length.
fn conflicts(marked: &str, length: usize) -> Vec<Conflict> {
    let mut found = Vec::new();
    let mut parts: Option<Vec<String>> = None;
    for line in marked.split_inclusive('\n') {
        let is = |mark: &str| line.starts_with(&mark.repeat(length));
        match &mut parts {
            None if is("<") => parts = Some(vec![String::new()]),
            Some(open) if is("|") || is("=") => open.push(String::new()),
            Some(open) if is(">") => {
                let mut texts = std::mem::take(open).into_iter();
                let mut next = || texts.next().unwrap_or_default();
                let (yours, base, current) = (next(), next(), next());
                found.push(Conflict { base, yours, current });
                parts = None;
            }
            Some(open) => open.last_mut().into_iter().for_each(|text| text.push_str(line)),
            None => {}
        }
    }
    found
}

/// Parts that two texts have alike, or that took each other's place.
#[derive(Debug)]
struct Run {
    same: bool,
    was: Range<usize>,
    is: Range<usize>,
}

/// Compares two texts that are cut into parts; the runs follow each other without a gap.
fn runs<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Run> {
    // A part becomes a line that stands for it, whatever it holds.
    let mut numbers: HashMap<&'a str, usize> = HashMap::new();
    let mut numbered = |parts: &[&'a str]| {
        let mut lines = String::with_capacity(parts.len() * 6);
        for part in parts {
            let next = numbers.len();
            let number = *numbers.entry(*part).or_insert(next);
            lines.extend([number.to_string().as_str(), "\n"]);
        }
        lines
    };
    let (before, after) = (numbered(old), numbered(new));
    if before == after {
        let whole = || 0..old.len();
        return Vec::from_iter((!old.is_empty()).then(|| Run {
            same: true,
            was: whole(),
            is: whole(),
        }));
    }
    let patch = DiffOptions::new().set_context_len(usize::MAX).create_patch(&before, &after);
    let mut found: Vec<Run> = Vec::new();
    let (mut was, mut is) = (0, 0);
    for line in patch.hunks().iter().flat_map(diffy::Hunk::lines) {
        let (same, olds, news) = match line {
            Line::Context(_) => (true, 1, 1),
            Line::Delete(_) => (false, 1, 0),
            Line::Insert(_) => (false, 0, 1),
        };
        if found.last().is_none_or(|run| run.same != same) {
            found.push(Run { same, was: was..was, is: is..is });
        }
        (was, is) = (was + olds, is + news);
        if let Some(run) = found.last_mut() {
            (run.was.end, run.is.end) = (was, is);
        }
    }
    found
}

/// Compares two texts line by line.
pub fn compare<'a>(old: &'a str, new: &'a str) -> Vec<(Fate, &'a str)> {
    let (old, new): (Vec<&str>, Vec<&str>) = (lines(old).collect(), lines(new).collect());
    compare_parts(&old, &new)
}

/// Compares two texts that are cut into parts already.
pub fn compare_parts<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(Fate, &'a str)> {
    let mut found = Vec::new();
    for Run { same, was, is } in runs(old, new) {
        if same {
            found.extend(new[is].iter().map(|part| (Fate::Same, *part)));
        } else {
            found.extend(old[was].iter().map(|part| (Fate::Removed, *part)));
            found.extend(new[is].iter().map(|part| (Fate::Added, *part)));
        }
    }
    found
}

/// A line of a comparison, in pieces of which those are marked that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    pub fate: Fate,
    pub pieces: Vec<(String, bool)>,
}

/// Compares two texts line by line, and lines that took each other's place word by word.
pub fn changes(old: &str, new: &str) -> Vec<Changed> {
    let (old, new): (Vec<&str>, Vec<&str>) = (lines(old).collect(), lines(new).collect());
    let plain = |fate, line: &str| Changed {
        fate,
        pieces: vec![(line.trim_end_matches(['\n', '\r']).to_owned(), false)],
    };
    let mut found = Vec::new();
    for Run { same, was, is } in runs(&old, &new) {
        if same {
            found.extend(new[is].iter().map(|line| plain(Fate::Same, line)));
            continue;
        }
        let pairs: Vec<(Changed, Changed)> = old[was.clone()]
            .iter()
            .zip(&new[is.clone()])
            .map(|(a, b)| words_changed(a, b))
            .collect();
        let paired = pairs.len();
        let (before, after): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        found.extend(before);
        found.extend(old[was].iter().skip(paired).map(|line| plain(Fate::Removed, line)));
        found.extend(after);
        found.extend(new[is].iter().skip(paired).map(|line| plain(Fate::Added, line)));
    }
    found
}

/// Compares two lines word by word; lines that have little in common are not marked.
fn words_changed(old: &str, new: &str) -> (Changed, Changed) {
    let [old, new] = [old, new].map(|line| words(line.trim_end_matches(['\n', '\r'])));
    let runs = runs(&old, &new);
    let kept: usize = runs.iter().filter(|run| run.same).map(|run| run.was.len()).sum();
    // Of both lines together, more than 35 % of the words.
    let alike = kept * 2 * 100 > (old.len() + new.len()) * 35;
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for Run { same, was, is } in runs {
        let marked = alike && !same;
        for (pieces, words) in [(&mut before, &old[was]), (&mut after, &new[is])] {
            if !words.is_empty() {
                pieces.push((words.concat(), marked));
            }
        }
    }
    (Changed { fate: Fate::Removed, pieces: before }, Changed { fate: Fate::Added, pieces: after })
}

/// Cuts a line into words; where a script has no spaces, each character is one.
pub fn words(line: &str) -> Vec<&str> {
    let kind = |c: char| match c {
        c if c.is_whitespace() => 0,
        c if c.is_ascii_alphanumeric() || ('\u{c0}'..'\u{2000}').contains(&c) => 1,
        _ => 2,
    };
    let mut found = Vec::new();
    let (mut start, mut last) = (0, 2);
    for (at, c) in line.char_indices() {
        let now = kind(c);
        if at > start && (now == 2 || last == 2 || now != last) {
            found.push(&line[start..at]);
            start = at;
        }
        last = now;
    }
    if start < line.len() {
        found.push(&line[start..]);
    }
    found
}

/// Returns a text as a form shows it: without its mark of byte order, each line ended alike.
pub fn as_shown(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    lines(text)
        .map(|line| [shown(line).as_str(), end(line).map_or("", |_| "\n")].concat())
        .collect()
}

/// Gives a text that came from a form what the form took from it: the mark of byte order, the ends of lines.
/// A line that nobody touched is as it was, byte for byte; others end as most do.
pub fn as_written(before: &str, form: &str) -> String {
    let form = as_shown(form);
    let (mark, body) = match before.strip_prefix('\u{feff}') {
        Some(body) => ("\u{feff}", body),
        None => ("", before),
    };
    let old: Vec<&str> = lines(body).collect();
    let old_shown: Vec<String> = old.iter().map(|line| shown(line)).collect();
    let new: Vec<&str> = lines(&form).collect();
    let new_shown: Vec<String> = new.iter().map(|line| shown(line)).collect();
    let old_texts: Vec<&str> = old_shown.iter().map(String::as_str).collect();
    let new_texts: Vec<&str> = new_shown.iter().map(String::as_str).collect();
    let usual = usual_end(&old);
    let mut out = String::from(mark);
    let written = |line: &str, text: &str| match end(line) {
        Some(_) => [text, usual].concat(),
        None => text.to_owned(),
    };
    for Run { same, was, is } in runs(&old_texts, &new_texts) {
        let first = is.start;
        for (at, new) in is.clone().zip(&new[is]) {
            match old[was.clone()].get(at - first).filter(|_| same) {
                Some(old) if end(old).is_some() == end(new).is_some() => out.push_str(old),
                Some(old) => out.push_str(&written(new, old.trim_end_matches(['\n', '\r']))),
                None => out.push_str(&written(new, &new_shown[at])),
            }
        }
    }
    out
}

/// Returns the end of a line, if it has one.
fn end(line: &str) -> Option<&str> {
    let text = line.trim_end_matches(['\n', '\r']);
    Some(&line[text.len()..]).filter(|end| !end.is_empty())
}

/// Returns a line without its end as a page shows it: what HTML cannot hold is replaced there.
fn shown(line: &str) -> String {
    line.trim_end_matches(['\n', '\r']).replace('\0', "\u{fffd}")
}

fn usual_end<'a>(lines: &[&'a str]) -> &'a str {
    let count = |wanted: &str| lines.iter().filter(|line| end(line) == Some(wanted)).count();
    let best = ["\n", "\r\n", "\r"].into_iter().rev().max_by_key(|end| count(end));
    best.unwrap_or("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_of_different_lines_are_one_text() {
        let merged = merge("a\nb\nc\nd\ne\n", "A\nb\nc\nd\ne\n", "a\nb\nc\nd\nE");
        assert_eq!(merged, Merged::Clean("A\nb\nc\nd\nE".to_owned()));
    }

    #[test]
    fn no_text_is_taken_for_a_mark() {
        let base = "<<<<<<< ours\nx\n=======\n>>>>>>> theirs\n";
        let Merged::Conflicts(found) =
            merge(base, &base.replace('x', "y"), &base.replace('x', "z"))
        else {
            panic!("both changed a line");
        };
        let texts = |of: fn(&Conflict) -> &String| found.iter().map(of).collect::<Vec<_>>();
        assert_eq!(texts(|it| &it.base), ["x\n"]);
        assert_eq!(texts(|it| &it.yours), ["y\n"]);
        assert_eq!(texts(|it| &it.current), ["z\n"]);
    }

    #[test]
    fn a_form_costs_no_byte() {
        for before in [
            "",
            "\n",
            "\n\n\na",
            "a",
            "a\r\nb\r\n",
            "\u{feff}a\rb\rc",
            "a\nb\r\nc\rd\n\re\u{0}f\r\n",
            "\u{feff}",
        ] {
            // What a browser sends of a textarea ends its lines with both characters.
            let sent = as_shown(before).replace('\n', "\r\n");
            assert_eq!(as_written(before, &sent), before, "{before:?}");
        }
        assert_eq!(as_written("a\r\nb\r\n", "a\r\nnew\r\nb"), "a\r\nnew\r\nb");
        assert_eq!(as_written("", "a\r\nb"), "a\nb");
    }
}
