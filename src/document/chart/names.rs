//! What stands below the rows of a chart: whole names in a few short lines, or as many names as there is room for.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

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
pub(super) fn placed(names: &[&str], width: i32) -> Vec<String> {
    let number = length(names.len().max(1));
    let whole = names.iter().map(|name| broken(name, width / number - 8 * PART));
    whole.collect::<Option<_>>().unwrap_or_else(|| {
        let mut names: Vec<String> = names.iter().map(|name| cut(name, WIDTH_MAX)).collect();
        let widest = names.iter().map(|name| wide(name)).max().unwrap_or(0) + 10 * PART;
        let each = (1..=names.len()).find(|each| width * length(*each) / number >= widest);
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

/// Cuts a name behind spaces and between full-width letters, but not before what may not begin a line.
fn pieces(name: &str) -> Vec<&str> {
    let full = |c: char| c.width() == Some(2);
    let tied = |c: char| {
        "、。，．・：；？！ー）」』】〕ゃゅょっャュョッぁぃぅぇぉァィゥェォ々".contains(c)
    };
    let mut cuts = vec![0];
    let mut before: Option<char> = None;
    for (at, c) in name.char_indices() {
        let opens = before.is_some_and(|before| "（「『【〔".contains(before));
        let between = before.is_some_and(|before| full(before) || full(c)) && !tied(c) && !opens;
        if at > 0 && (before == Some(' ') || between) {
            cuts.push(at);
        }
        before = Some(c);
    }
    cuts.push(name.len());
    cuts.windows(2).map(|ends| &name[ends[0]..ends[1]]).collect()
}

/// Shortens a name to so many half letters.
pub(super) fn cut(name: &str, most: usize) -> String {
    if name.width() <= most {
        return name.to_owned();
    }
    let mut width = 2;
    let fits = |c: &char| {
        width += c.width().unwrap_or(0);
        width <= most
    };
    let mut cut: String = name.chars().take_while(fits).collect();
    cut.push('…');
    cut
}

/// Returns how wide a text is, about.
pub(super) fn wide(text: &str) -> i32 {
    length(text.width()).saturating_mul(HALF)
}

pub(super) fn length(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{broken, cut};

    #[test]
    fn names_break_where_they_may() {
        let lines = |name, room| broken(name, room).unwrap_or_default();
        assert_eq!(lines("神保町の「本店」", 1000), "神保町の\n「本店」");
        assert_eq!(lines("west of Kyoto", 800), "west of\nKyoto");
        assert_eq!(lines("メニューー", 800), "メ\nニューー");
        assert!(broken("メニューー", 600).is_none());
        assert!(broken("Kyoto", 300).is_none());
        assert_eq!(broken("", 300).as_deref(), Some(""));
        assert_eq!((cut("四月の客", 6), cut("ab", 6)), ("四月…".to_owned(), "ab".to_owned()));
    }
}
