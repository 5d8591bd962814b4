//! Words in drawings, where nothing is known of fonts: how much room they take, as many of them as fit, and where
//! Japanese is not broken.

use unicode_width::UnicodeWidthChar;

/// What does not begin a line.
pub const NOT_FIRST: &str = "、。，．・：；？！?!,.:;)]}）］｝」』】〉》〕”’ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶーゝゞヽヾ々〻…‥～〜%％";
/// What does not end one.
pub const NOT_LAST: &str = "(（[［{｛「『【〈《〔“‘";

/// Returns how wide a text is, in halves of a full-width letter.
pub fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// Cuts a text that is wider than `room`.
pub fn cut(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut left = room.saturating_sub(2);
    let kept = text.chars().take_while(|c| {
        let width = c.width().unwrap_or(0);
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    });
    let kept: String = kept.collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn a_long_title_is_cut_at_a_whole_letter() {
        assert_eq!(cut("障害の金曜日", 12), "障害の金曜日");
        assert_eq!(cut("障害の金曜日", 11), "障害の金…");
        assert_eq!(cut("Elastic IP addresses", 10), "Elastic…");
    }
}
