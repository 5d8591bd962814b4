//! What stands below the rows of a chart: whole names in a few short lines, or as many names as there is room for.

use unicode_width::UnicodeWidthChar;

use crate::document::lettering::{NOT_FIRST, NOT_LAST, cut, width};

/// Lengths are counted in tenths of a pixel, which is as fine as they are written.
pub(super) const PART: i32 = 10;
/// How far a line of text is below the one above.
pub(super) const LINE: i32 = 24 * PART;
/// How wide half of a full-width letter is, about, in the size that the style sheets give.
const HALF: i32 = 96;
/// How many lines a name may have, and how wide one line is at most, in half letters.
const LINES_MAX: usize = 3;
const WIDTH_MAX: usize = 28;

/// Finds room for names side by side, each with its lines; an empty one has none.
pub(super) fn placed(names: &[&str], room: i32) -> Vec<String> {
    let number = length(names.len().max(1));
    let whole = names.iter().map(|name| broken(name, room / number - 8 * PART));
    whole.collect::<Option<_>>().unwrap_or_else(|| {
        let mut names: Vec<String> = names.iter().map(|name| cut(name, WIDTH_MAX)).collect();
        let widest = names.iter().map(|name| wide(name)).max().unwrap_or(0) + 10 * PART;
        let each = (1..=names.len()).find(|each| room * length(*each) / number >= widest);
        let each = each.unwrap_or(names.len().max(1));
        names.iter_mut().enumerate().filter(|(at, _)| at % each > 0).for_each(|(_, it)| it.clear());
        names
    })
}

/// Breaks a name into lines that fit, between words and between full-width letters; nothing if it does not fit.
fn broken(name: &str, room: i32) -> Option<String> {
    let mut lines = vec![String::new()];
    for piece in pieces(name) {
        let last = lines.last_mut()?;
        let whole = format!("{last}{piece}");
        if wide(whole.trim()) <= room {
            *last = whole;
            continue;
        }
        if last.trim().is_empty() || wide(piece.trim()) > room || lines.len() == LINES_MAX {
            return None;
        }
        lines.push(piece.to_owned());
    }
    Some(lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join("\n"))
}

/// Cuts a name behind spaces and between full-width letters, but not where a line may not begin or end.
fn pieces(name: &str) -> Vec<&str> {
    let full = |c: char| c.width() == Some(2);
    let mut cuts = vec![0];
    let mut before: Option<char> = None;
    for (at, c) in name.char_indices() {
        let tied = NOT_FIRST.contains(c) || before.is_some_and(|before| NOT_LAST.contains(before));
        let between = before.is_some_and(|before| full(before) || full(c)) && !tied;
        if at > 0 && (before == Some(' ') || between) {
            cuts.push(at);
        }
        before = Some(c);
    }
    cuts.push(name.len());
    cuts.windows(2).map(|ends| &name[ends[0]..ends[1]]).collect()
}

/// Returns how wide a text is, about.
pub(super) fn wide(text: &str) -> i32 {
    length(width(text)).saturating_mul(HALF)
}

pub(super) fn length(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::broken;

    #[test]
    fn names_break_where_they_may() {
        let lines = |name, room| broken(name, room).unwrap_or_default();
        assert_eq!(lines("神保町の「本店」", 1000), "神保町の\n「本店」");
        assert_eq!(lines("west of Kyoto", 800), "west of\nKyoto");
        assert_eq!(lines("メニューー", 800), "メ\nニューー");
        assert!(broken("メニューー", 600).is_none());
        assert!(broken("Kyoto", 300).is_none());
        assert_eq!(broken("", 300).as_deref(), Some(""));
    }
}
