//! Which characters the fonts that come with the program have.

use std::sync::LazyLock;

use super::face;

/// Ranges in their order, as `tools/fonts/make.py` wrote them down.
static KNOWN: LazyLock<Vec<(u32, u32)>> = LazyLock::new(|| {
    let file = face::file("letters.txt");
    let text = String::from_utf8_lossy(&file);
    let number = |digits: &str| u32::from_str_radix(digits, 16).ok();
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some((number(first)?, number(last)?))
    };
    text.split_whitespace().filter_map(range).collect()
});

/// Tells whether any of the fonts has a character, or nobody sees it.
pub fn is_known(letter: char) -> bool {
    let code = u32::from(letter);
    let at = KNOWN.partition_point(|(_, last)| *last < code);
    KNOWN.get(at).is_some_and(|(first, _)| *first <= code)
        || letter.is_control()
        || letter.is_whitespace()
        || is_unseen(letter)
}

/// What steers the characters around it.
fn is_unseen(letter: char) -> bool {
    matches!(letter, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
        | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{FFF9}'..='\u{FFFD}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::is_known;

    #[test]
    fn what_japanese_and_european_texts_say_is_known() {
        for letter in "aé雨髙﨑鷗𠮷①♪ーゔЖΩ→😀\u{200D}\u{FE0F}\n".chars() {
            assert!(is_known(letter), "{letter:?}");
        }
        for letter in "한ไع你们".chars().filter(|letter| *letter != '你') {
            assert!(!is_known(letter), "{letter:?}");
        }
    }
}
