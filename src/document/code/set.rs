//! Sets of characters, exact in ASCII.

/// Some characters, and maybe the end of the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Set {
    /// Those of ASCII, a bit each.
    pub ascii: u128,
    /// Whether any other is among them.
    pub other: bool,
    pub end: bool,
    /// Whether there may be less in it than is told.
    pub is_vague: bool,
}

pub(super) const ALL: Set = Set { ascii: u128::MAX, other: true, end: false, is_vague: true };
pub(super) const DIGITS: u128 = range('0', '9');
pub(super) const HEX: u128 = DIGITS | range('a', 'f') | range('A', 'F');
pub(super) const WORDS: u128 = DIGITS | LETTERS | bit('_');
const LETTERS: u128 = range('a', 'z') | range('A', 'Z');
pub(super) const SPACES: u128 = range('\t', '\r') | bit(' ');

/// Returns the set of one ASCII character.
pub(super) const fn bit(c: char) -> u128 {
    1 << (c as u32)
}

/// Returns the set of all ASCII characters between two.
pub(super) const fn range(first: char, last: char) -> u128 {
    (u128::MAX >> (127 - last as u32)) & (u128::MAX << (first as u32))
}

impl Set {
    pub(super) fn of(ascii: u128) -> Set {
        Set { ascii, ..Set::default() }
    }

    /// Returns the ASCII characters together with others.
    pub(super) fn and_others(ascii: u128) -> Set {
        Set { other: true, ..Set::of(ascii) }
    }

    pub(super) fn or(self, other: Set) -> Set {
        Set {
            ascii: self.ascii | other.ascii,
            other: self.other || other.other,
            end: self.end || other.end,
            is_vague: self.is_vague || other.is_vague,
        }
    }

    /// Returns the set with its letters in both cases.
    pub(super) fn folded(self) -> Set {
        if self.other {
            // In either case, some that are not ASCII are the same as some that are.
            return ALL;
        }
        let (small, large) = (self.ascii & range('a', 'z'), self.ascii & range('A', 'Z'));
        Set { other: true, ascii: self.ascii | small >> 32 | large << 32, ..self }
    }
}

/// Returns the ASCII characters of a property; each may have others besides.
pub(super) fn property(name: &str) -> Option<u128> {
    Some(match name.to_ascii_lowercase().as_str() {
        "l" | "letter" | "alpha" | "alphabetic" => LETTERS,
        "lu" | "uppercase_letter" | "upper" => range('A', 'Z'),
        "ll" | "lowercase_letter" | "lower" => range('a', 'z'),
        "n" | "nd" | "number" | "digit" => DIGITS,
        "m" | "mn" | "mc" | "nl" | "lo" | "lt" | "lm" => 0,
        "alnum" => LETTERS | DIGITS,
        "xdigit" => HEX,
        "space" => SPACES,
        "word" => WORDS,
        "blank" => bit(' ') | bit('\t'),
        _ => return None,
    })
}
