//! Which characters are pictures of themselves.

use std::ops::RangeInclusive;

use super::letters::Letters;

/// The characters that are emoji unless a text says otherwise (Unicode's `Emoji_Presentation`).
#[rustfmt::skip]
const EMOJI: [(u32, u32); 80] = [
    (0x231A, 0x231B),
    (0x23E9, 0x23EC),
    (0x23F0, 0x23F0),
    (0x23F3, 0x23F3),
    (0x25FD, 0x25FE),
    (0x2614, 0x2615),
    (0x2648, 0x2653),
    (0x267F, 0x267F),
    (0x2693, 0x2693),
    (0x26A1, 0x26A1),
    (0x26AA, 0x26AB),
    (0x26BD, 0x26BE),
    (0x26C4, 0x26C5),
    (0x26CE, 0x26CE),
    (0x26D4, 0x26D4),
    (0x26EA, 0x26EA),
    (0x26F2, 0x26F3),
    (0x26F5, 0x26F5),
    (0x26FA, 0x26FA),
    (0x26FD, 0x26FD),
    (0x2705, 0x2705),
    (0x270A, 0x270B),
    (0x2728, 0x2728),
    (0x274C, 0x274C),
    (0x274E, 0x274E),
    (0x2753, 0x2755),
    (0x2757, 0x2757),
    (0x2795, 0x2797),
    (0x27B0, 0x27B0),
    (0x27BF, 0x27BF),
    (0x2B1B, 0x2B1C),
    (0x2B50, 0x2B50),
    (0x2B55, 0x2B55),
    (0x1F004, 0x1F004),
    (0x1F0CF, 0x1F0CF),
    (0x1F18E, 0x1F18E),
    (0x1F191, 0x1F19A),
    (0x1F1E6, 0x1F1FF),
    (0x1F201, 0x1F201),
    (0x1F21A, 0x1F21A),
    (0x1F22F, 0x1F22F),
    (0x1F232, 0x1F236),
    (0x1F238, 0x1F23A),
    (0x1F250, 0x1F251),
    (0x1F300, 0x1F320),
    (0x1F32D, 0x1F335),
    (0x1F337, 0x1F37C),
    (0x1F37E, 0x1F393),
    (0x1F3A0, 0x1F3CA),
    (0x1F3CF, 0x1F3D3),
    (0x1F3E0, 0x1F3F0),
    (0x1F3F4, 0x1F3F4),
    (0x1F3F8, 0x1F43E),
    (0x1F440, 0x1F440),
    (0x1F442, 0x1F4FC),
    (0x1F4FF, 0x1F53D),
    (0x1F54B, 0x1F54E),
    (0x1F550, 0x1F567),
    (0x1F57A, 0x1F57A),
    (0x1F595, 0x1F596),
    (0x1F5A4, 0x1F5A4),
    (0x1F5FB, 0x1F64F),
    (0x1F680, 0x1F6C5),
    (0x1F6CC, 0x1F6CC),
    (0x1F6D0, 0x1F6D2),
    (0x1F6D5, 0x1F6D7),
    (0x1F6DC, 0x1F6DF),
    (0x1F6EB, 0x1F6EC),
    (0x1F6F4, 0x1F6FC),
    (0x1F7E0, 0x1F7EB),
    (0x1F7F0, 0x1F7F0),
    (0x1F90C, 0x1F93A),
    (0x1F93C, 0x1F945),
    (0x1F947, 0x1F9FF),
    (0x1FA70, 0x1FA7C),
    (0x1FA80, 0x1FA89),
    (0x1FA8F, 0x1FAC6),
    (0x1FACE, 0x1FADC),
    (0x1FADF, 0x1FAE9),
    (0x1FAF0, 0x1FAF8),
];

/// Asks for the picture of the character before it.
pub(super) const AS_PICTURE: char = '\u{FE0F}';
/// Joins two emoji into one.
const JOINER: char = '\u{200D}';
/// The ends of flags of regions such as Scotland.
const TAGS: RangeInclusive<char> = '\u{E0020}'..='\u{E007F}';
/// What makes others into something else, and is shown by itself by nobody.
const HELPERS: [char; 2] = [AS_PICTURE, JOINER];

/// Tells whether a character is an emoji by itself.
pub fn is_emoji(letter: char) -> bool {
    let code = u32::from(letter);
    let at = EMOJI.partition_point(|(_, last)| *last < code);
    letter > '\u{2300}' && EMOJI.get(at).is_some_and(|(first, _)| *first <= code)
}

/// Returns what a font of emoji has to show of a text, if anything.
pub(super) fn emoji(letters: &Letters, pictures: &Letters) -> Option<Letters> {
    let shown = letters.only(|it| is_emoji(it) || pictures.contains(it));
    let helps = |it: char| HELPERS.contains(&it) || TAGS.contains(&it);
    (!shown.is_empty()).then(|| letters.only(|it| shown.contains(it) || helps(it)))
}

/// Writes characters as a style sheet does.
pub(super) fn range(letters: &Letters) -> String {
    let codes: Vec<u32> = letters.iter().map(u32::from).collect();
    written(codes.chunk_by(|a, b| a + 1 == *b).map(|run| (run[0], run[run.len() - 1])))
}

/// Writes ranges of characters as a style sheet does.
pub(super) fn written(ranges: impl Iterator<Item = (u32, u32)>) -> String {
    let ranges = ranges.map(|(first, last)| {
        if first == last { format!("U+{first:X}") } else { format!("U+{first:X}-{last:X}") }
    });
    ranges.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::{emoji, is_emoji, range};
    use crate::font::Gathering;

    #[test]
    fn emoji_are_told_from_signs() {
        for it in "⌚⭐😀👍🏽🇯🇵👨".chars() {
            assert!(is_emoji(it), "{it}");
        }
        for it in "a1#*©☎❤★→雨\u{200D}\u{FE0F}".chars() {
            assert!(!is_emoji(it), "{it}");
        }
    }

    #[test]
    fn a_sign_is_a_picture_where_the_text_asks_for_it() {
        let of = |text: &str| {
            let mut gathering = Gathering::default();
            gathering.text(text);
            let (letters, pictures) = gathering.finish();
            emoji(&letters, &pictures).map(|found| range(&found))
        };
        assert_eq!(of("❤ 1"), None);
        assert_eq!(of("❤\u{FE0F} a").as_deref(), Some("U+2764,U+FE0F"));
        assert_eq!(of("1\u{FE0F}\u{20E3}"), None, "no digit is taken for an emoji");
        assert_eq!(of("👨\u{200D}👩a").as_deref(), Some("U+200D,U+1F468-1F469"));
    }
}
