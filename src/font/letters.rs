//! Sets of characters: what a text says, letter by letter, each once.

use super::emoji::AS_PICTURE;

/// Characters below have a bit each; the rest are few.
const BITS: usize = 0x2_0000;

/// Characters in their order, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letters(Vec<char>);

impl Letters {
    /// Returns the characters of a text.
    pub fn of(text: &str) -> Letters {
        let mut all = Gathering::default();
        all.text(text);
        all.finish().0
    }

    /// Tells whether all characters are among those of another set.
    pub fn are_among(&self, others: &Letters) -> bool {
        self.iter().all(|letter| others.contains(letter))
    }

    pub fn iter(&self) -> impl Iterator<Item = char> {
        self.0.iter().copied()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn contains(&self, letter: char) -> bool {
        self.0.binary_search(&letter).is_ok()
    }

    /// Returns those that a rule holds for.
    #[must_use]
    pub fn only(&self, keeps: impl Fn(char) -> bool) -> Letters {
        Letters(self.iter().filter(|letter| keeps(*letter)).collect())
    }

    /// Returns the characters as one text: equal sets, equal texts.
    pub fn text(&self) -> String {
        self.0.iter().collect()
    }
}

/// Characters being gathered.
#[derive(Debug)]
pub struct Gathering {
    seen: Vec<u64>,
    beyond: Vec<char>,
    last: char,
    /// Signs that are asked for as pictures.
    pictures: Vec<char>,
}

impl Default for Gathering {
    fn default() -> Gathering {
        Gathering { seen: vec![0; BITS / 64], beyond: Vec::new(), last: '\0', pictures: Vec::new() }
    }
}

impl Gathering {
    pub fn letter(&mut self, letter: char) {
        let code = letter as usize;
        match self.seen.get_mut(code / 64) {
            Some(word) => *word |= 1 << (code % 64),
            None => self.beyond.push(letter),
        }
        if letter == AS_PICTURE && !self.last.is_ascii() {
            self.pictures.push(self.last);
        }
        self.last = letter;
    }

    pub fn text(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            // Nearly all of what is read is ASCII, of which nothing is asked but whether it is there.
            let end = rest.bytes().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
            let (plain, behind) = rest.split_at(end);
            let said = plain.bytes().fold(0_u128, |said, byte| said | 1 << byte);
            for (half, word) in self.seen.iter_mut().take(2).enumerate() {
                *word |= u64::try_from(said >> (64 * half) & u128::from(u64::MAX)).unwrap_or(0);
            }
            self.last = plain.chars().next_back().unwrap_or(self.last);
            let end = behind.bytes().position(|byte| byte.is_ascii()).unwrap_or(behind.len());
            let (others, behind) = behind.split_at(end);
            self.extend(others.chars());
            rest = behind;
        }
    }

    /// Takes what stands between the tags; what tags say themselves is not shown.
    pub fn html(&mut self, html: &str) {
        let mut rest = html;
        while let Some(at) = memchr::memchr2(b'<', b'&', rest.as_bytes()) {
            self.text(&rest[..at]);
            rest = &rest[at..];
            rest = match rest.strip_prefix("&#").and_then(|rest| rest.split_once(';')) {
                Some((digits, behind)) => {
                    self.extend(reference(digits));
                    behind
                }
                None if rest.starts_with('&') => {
                    self.letter('&');
                    &rest[1..]
                }
                None => rest.split_once('>').map_or("", |(_, behind)| behind),
            };
        }
        self.text(rest);
    }

    /// Returns what was gathered, and which signs of it are to be pictures. A letter may be shown in the
    /// other case, as a style sheet asks.
    pub fn finish(mut self) -> (Letters, Letters) {
        let cased: Vec<char> =
            self.iter().filter(|letter| ('\u{80}'..'\u{530}').contains(letter)).collect();
        for letter in cased {
            self.extend(letter.to_uppercase().chain(letter.to_lowercase()));
        }
        self.pictures.sort_unstable();
        self.pictures.dedup();
        let pictures = Letters(std::mem::take(&mut self.pictures));
        self.beyond.sort_unstable();
        self.beyond.dedup();
        (Letters(self.iter().chain(self.beyond.iter().copied()).collect()), pictures)
    }

    fn iter(&self) -> impl Iterator<Item = char> {
        let words = self.seen.iter().enumerate().filter(|(_, word)| **word != 0);
        words.flat_map(|(at, word)| {
            let set = (0..64).filter(move |bit| word >> bit & 1 == 1);
            set.filter_map(move |bit| char::from_u32(u32::try_from(at * 64 + bit).ok()?))
        })
    }
}

impl Extend<char> for Gathering {
    fn extend<T: IntoIterator<Item = char>>(&mut self, letters: T) {
        for letter in letters {
            self.letter(letter);
        }
    }
}

/// Reads the inside of `&#9731;` or `&#x2603;`.
fn reference(digits: &str) -> Option<char> {
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => digits.parse().ok()?,
    };
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use super::Gathering;

    fn letters(html: &str) -> String {
        let mut gathering = Gathering::default();
        gathering.html(html);
        gathering.finish().0.text()
    }

    #[test]
    fn what_is_shown_counts_once_and_in_order() {
        assert_eq!(letters("<p class=\"z\">雨あめ雨</p>b"), "bあめ雨");
        assert_eq!(letters("&#9731;&#x1F600;&lt;a"), "&;alt☃😀");
        assert_eq!(letters("&#;&#xffffffff;&#65"), "#&56");
        assert_eq!(letters("<b"), "");
        assert_eq!(letters("é"), "Éé");
    }

    #[test]
    fn sets_can_be_cut() {
        let mut gathering = Gathering::default();
        gathering.text("zあa");
        let (letters, _) = gathering.finish();
        assert!(letters.contains('あ') && !letters.contains('b'));
        assert_eq!(letters.only(|letter| letter.is_ascii()).text(), "az");
    }
}
