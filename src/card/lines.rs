//! A title in lines: broken between phrases, by the rules of Japanese type, and as even as can be.

use budoux::models::default_japanese_model;
use unicode_segmentation::UnicodeSegmentation as _;

use crate::document::lettering::{NOT_FIRST, NOT_LAST};

/// More than this no card shows, and whoever wrote it did not mean a title.
const LETTERS_MAX: usize = 400;

/// A stretch that is not broken, and the blank behind it.
#[derive(Clone, Debug, PartialEq)]
struct Unit {
    text: String,
    width: f32,
    blank: f32,
}

/// A title in the largest size in which it fits.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lines {
    pub(super) size: f32,
    pub(super) lines: Vec<String>,
}

/// Tells how wide a text is, in parts of the size of its type.
type Measure<'a> = &'a dyn Fn(&str) -> f32;

/// Sets a title: `sizes` are tried in their order, each with the lines that there is room for. Only where no size
/// leaves all phrases whole is one broken.
pub(super) fn set(title: &str, width: f32, sizes: &[(f32, usize)], measure: Measure<'_>) -> Lines {
    let mut title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = title.char_indices().nth(LETTERS_MAX) {
        title.truncate(end);
        title.push('…');
    }
    let phrases = phrases(&title, measure);
    for (size, most) in sizes {
        let em = width / size;
        let lines = even(&phrases, em);
        if lines.len() <= *most && phrases.iter().all(|phrase| phrase.width <= em) {
            return Lines { size: *size, lines };
        }
    }
    let mut set = Lines { size: 0.0, lines: Vec::new() };
    for (size, most) in sizes {
        let em = width / size;
        set = Lines { size: *size, lines: even(&broken(&phrases, em, measure), em) };
        if set.lines.len() <= *most {
            return set;
        }
        set.lines = filled(&broken(&phrases, em, measure), em);
        set.lines.truncate(*most);
        if let Some(last) = set.lines.last_mut() {
            *last = shortened(&format!("{last}…"), em, measure);
        }
    }
    set
}

/// Cuts a line that is too long; `…` tells that there was more.
pub(super) fn shortened(text: &str, em: f32, measure: Measure<'_>) -> String {
    // A line of more letters than this is too long in any type.
    let start: String = text.chars().take(LETTERS_MAX).collect();
    if start.len() == text.len() && measure(text) <= em {
        return start;
    }
    let (mut left, mut short) = (em - measure("…"), String::new());
    for cluster in start.trim_end_matches('…').graphemes(true) {
        left -= measure(cluster);
        if left < 0.0 {
            break;
        }
        short.push_str(cluster);
    }
    let end = |letter: char| {
        letter.is_whitespace() || NOT_LAST.contains(letter) || "、。，．,.・".contains(letter)
    };
    short.truncate(short.trim_end_matches(end).len());
    short + "…"
}

/// Cuts a text where it may be broken: between words, and between phrases of Japanese.
fn phrases(text: &str, measure: Measure<'_>) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if let Some(last) = units.last_mut() {
            last.blank = measure(" ");
        }
        let phrases = if word.is_ascii() {
            vec![word.to_owned()]
        } else {
            budoux::parse(default_japanese_model(), word)
        };
        let phrases = joined(phrases).into_iter().filter(|phrase| !phrase.is_empty());
        units.extend(phrases.map(|text| Unit { width: measure(&text), text, blank: 0.0 }));
    }
    units
}

/// Breaks the phrases that are wider than a line.
fn broken(phrases: &[Unit], em: f32, measure: Measure<'_>) -> Vec<Unit> {
    let mut units = Vec::new();
    for phrase in phrases {
        if phrase.width <= em {
            units.push(phrase.clone());
            continue;
        }
        let clusters = phrase.text.graphemes(true).map(str::to_owned).collect();
        let parts = kept(clusters, |_, _| false).into_iter();
        units.extend(parts.map(|text| Unit { width: measure(&text), text, blank: 0.0 }));
        if let Some(last) = units.last_mut() {
            last.blank = phrase.blank;
        }
    }
    units
}

/// Puts together phrases that would break a word, or a rule.
fn joined(phrases: Vec<String>) -> Vec<String> {
    // What finds phrases knows Japanese alone.
    let is_word = |letter: char| letter.is_alphanumeric() && letter < '\u{2E80}';
    kept(phrases, |last, first| is_word(last) && is_word(first))
}

/// Puts together what may not be apart at the end of a line.
fn kept(parts: Vec<String>, belongs: impl Fn(char, char) -> bool) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for part in parts {
        let Some(first) = part.chars().next() else { continue };
        match kept.last_mut() {
            Some(whole)
                if NOT_FIRST.contains(first)
                    || whole
                        .chars()
                        .next_back()
                        .is_some_and(|last| NOT_LAST.contains(last) || belongs(last, first)) =>
            {
                whole.push_str(&part);
            }
            _ => kept.push(part),
        }
    }
    kept
}

/// Fills lines, as few as there can be, each about as wide as the others.
fn even(units: &[Unit], em: f32) -> Vec<String> {
    let count = filled(units, em).len();
    let (mut low, mut high) = (0.0, em);
    for _ in 0..8 {
        let middle = f32::midpoint(low, high);
        if filled(units, middle).len() <= count {
            high = middle;
        } else {
            low = middle;
        }
    }
    filled(units, high)
}

fn filled(units: &[Unit], em: f32) -> Vec<String> {
    let mut lines: Vec<(String, f32)> = Vec::new();
    let mut blank = 0.0;
    for unit in units {
        match lines.last_mut() {
            Some((line, width)) if *width + blank + unit.width <= em => {
                if blank > 0.0 {
                    line.push(' ');
                }
                line.push_str(&unit.text);
                *width += blank + unit.width;
            }
            _ => lines.push((unit.text.clone(), unit.width)),
        }
        blank = unit.blank;
    }
    lines.into_iter().map(|(line, _)| line).collect()
}

#[cfg(test)]
mod tests {
    use super::{NOT_FIRST, NOT_LAST, set, shortened};

    fn measure(text: &str) -> f32 {
        text.chars().map(|letter| if letter.is_ascii() { 0.5 } else { 1.0 }).sum()
    }

    fn lines(title: &str, em: f32) -> Vec<String> {
        set(title, em, &[(1.0, 99)], &measure).lines
    }

    #[test]
    fn phrases_stay_whole() {
        assert_eq!(lines("雨の日の傘", 9.0), ["雨の日の傘"]);
        assert_eq!(
            lines("CloudFrontで始める静的サイトの高速配信", 12.0),
            ["CloudFrontで始める", "静的サイトの高速配信"]
        );
        assert_eq!(lines("a long title of words", 6.0), ["a long title", "of words"]);
    }

    #[test]
    fn no_line_begins_or_ends_wrongly() {
        let title =
            "「ああああああああああ」、（いいいいいいいいいいい）。ううううううっっっっー！";
        for em in 2..20 {
            let lines = lines(title, f32::from(u8::try_from(em).unwrap()));
            assert_eq!(lines.concat(), title);
            for line in &lines[1..] {
                assert!(!line.starts_with(|letter| NOT_FIRST.contains(letter)), "{lines:?}");
            }
            for line in &lines[..lines.len() - 1] {
                assert!(!line.ends_with(|letter| NOT_LAST.contains(letter)), "{lines:?}");
            }
        }
    }

    #[test]
    fn too_much_is_cut() {
        let set = set(&"雨".repeat(3000), 10.0, &[(2.0, 1), (1.0, 3)], &measure);
        assert_eq!(set.size.to_bits(), 1f32.to_bits());
        assert_eq!(set.lines.len(), 3);
        assert!(set.lines[2].ends_with('…') && set.lines[2].chars().count() <= 10, "{set:?}");
    }

    #[test]
    fn a_word_is_shrunk_before_it_is_broken() {
        let set = set("Internationalization", 10.0, &[(2.0, 2), (1.0, 3)], &measure);
        assert_eq!(set.lines, ["Internationalization"]);
        assert_eq!(lines("Internationalization", 6.0).concat(), "Internationalization");
        assert_eq!(lines("WordPressとAWS", 5.5), ["WordPressと", "AWS"]);
    }

    #[test]
    fn emoji_stay_whole() {
        let family = "👨\u{200D}👩\u{200D}👧";
        for line in lines(&family.repeat(9), 9.0) {
            assert_eq!(line.replace(family, ""), "");
        }
        assert_eq!(shortened(&family.repeat(9), 9.0, &measure), family.to_owned() + "…");
        assert!(lines("", 5.0).is_empty());
    }
}
