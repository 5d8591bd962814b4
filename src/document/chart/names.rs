//! What stands below the rows of a chart: whole names in a few short lines, or as many names as there is room for.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::draw::count;

/// How wide half of a full-width letter is, about, in the size that the style sheets give.
const HALF: f64 = 9.6;
/// How many lines a name may have, and how wide one line is at most, in half letters.
const LINES_MAX: usize = 3;
const WIDTH_MAX: usize = 28;

/// The names of rows.
pub(super) struct Names {
    /// The lines of each; none where there is no room.
    pub rows: Vec<Vec<String>>,
    /// How many lines they have at most.
    pub lines: f64,
}

impl Names {
    /// Numbers along an axis, which take one line.
    pub(super) fn none() -> Names {
        Names { rows: Vec::new(), lines: 1.0 }
    }

    /// Finds room for names side by side.
    pub(super) fn of(labels: &[&str], width: f64) -> Names {
        let slot = width / count(labels.len().max(1));
        let lines: Option<Vec<Vec<String>>> =
            labels.iter().map(|label| broken(label, slot - 8.0)).collect();
        let rows = lines.unwrap_or_else(|| {
            let labels: Vec<String> = labels.iter().map(|label| cut(label, WIDTH_MAX)).collect();
            let widest = labels.iter().map(|label| wide(label)).fold(0.0, f64::max);
            let each = (1..=labels.len()).find(|each| slot * count(*each) >= widest + 10.0);
            let each = each.unwrap_or(labels.len().max(1));
            let shown = labels.into_iter().enumerate();
            shown.map(|(at, label)| if at % each == 0 { vec![label] } else { Vec::new() }).collect()
        });
        let lines = count(rows.iter().map(Vec::len).max().unwrap_or(0));
        Names { rows, lines }
    }
}

/// Breaks a name into lines that fit, between words and between full-width letters; nothing if it does not fit.
fn broken(label: &str, room: f64) -> Option<Vec<String>> {
    let mut lines = vec![String::new()];
    for piece in pieces(label) {
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
    Some(lines.into_iter().map(|line| line.trim().to_owned()).collect())
}

/// Cuts a name behind spaces and between full-width letters, but not before what may not begin a line.
fn pieces(label: &str) -> Vec<&str> {
    let full = |c: char| c.width() == Some(2);
    let tied = |c: char| {
        "、。，．・：；？！ー）」』】〕ゃゅょっャュョッぁぃぅぇぉァィゥェォ々".contains(c)
    };
    let mut cuts = vec![0];
    let mut before: Option<char> = None;
    for (at, c) in label.char_indices() {
        let opens = before.is_some_and(|before| "（「『【〔".contains(before));
        let between = before.is_some_and(|before| full(before) || full(c)) && !tied(c) && !opens;
        if at > 0 && (before == Some(' ') || between) {
            cuts.push(at);
        }
        before = Some(c);
    }
    cuts.push(label.len());
    cuts.windows(2).map(|ends| &label[ends[0]..ends[1]]).collect()
}

/// Shortens a name to so many half letters.
pub(super) fn cut(label: &str, most: usize) -> String {
    if label.width() <= most {
        return label.to_owned();
    }
    let mut room = most.saturating_sub(2);
    let fits = |c: &char| {
        let left = room.checked_sub(c.width().unwrap_or(0));
        room = left.unwrap_or(0);
        left.is_some()
    };
    let mut cut: String = label.chars().take_while(fits).collect();
    cut.push('…');
    cut
}

/// Returns how wide a text is, about.
pub(super) fn wide(text: &str) -> f64 {
    count(text.width()) * HALF
}

#[cfg(test)]
mod tests {
    use super::{broken, cut};

    #[test]
    fn names_break_where_they_may() {
        let lines = |label, room| broken(label, room).unwrap_or_default();
        assert_eq!(lines("神保町の「本店」", 100.0), ["神保町の", "「本店」"]);
        assert_eq!(lines("west of Kyoto", 80.0), ["west of", "Kyoto"]);
        assert_eq!(lines("メニューー", 80.0), ["メ", "ニューー"]);
        assert!(broken("メニューー", 60.0).is_none());
        assert!(broken("Kyoto", 30.0).is_none());
        assert_eq!(lines("", 30.0), [""]);
        assert_eq!((cut("四月の客", 6), cut("ab", 6)), ("四月…".to_owned(), "ab".to_owned()));
    }
}
