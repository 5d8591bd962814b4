//! The alphabets of mathematics: a letter of a formula that is to be double-struck, bold or in script is a character
//! of its own. Browsers read no other wish for it.

/// An alphabet: what `MathML` calls it, and where its large and small letters and its digits begin, if it has any.
struct Alphabet {
    name: &'static str,
    large: u32,
    small: u32,
    digits: Option<u32>,
    /// Large and small Greek letters.
    greek: Option<(u32, u32)>,
}

const fn alphabet(name: &'static str, large: u32) -> Alphabet {
    Alphabet { name, large, small: large + 26, digits: None, greek: None }
}

#[rustfmt::skip]
const ALPHABETS: [Alphabet; 13] = [
    Alphabet { digits: Some(0x1D7CE), greek: Some((0x1D6A8, 0x1D6C2)), ..alphabet("bold", 0x1D400) },
    Alphabet { greek: Some((0x1D6E2, 0x1D6FC)), ..alphabet("italic", 0x1D434) },
    Alphabet { greek: Some((0x1D71C, 0x1D736)), ..alphabet("bold-italic", 0x1D468) },
    alphabet("script", 0x1D49C),
    alphabet("bold-script", 0x1D4D0),
    alphabet("fraktur", 0x1D504),
    Alphabet { digits: Some(0x1D7D8), ..alphabet("double-struck", 0x1D538) },
    alphabet("bold-fraktur", 0x1D56C),
    Alphabet { digits: Some(0x1D7E2), ..alphabet("sans-serif", 0x1D5A0) },
    Alphabet { digits: Some(0x1D7EC), greek: Some((0x1D756, 0x1D770)), ..alphabet("bold-sans-serif", 0x1D5D4) },
    alphabet("sans-serif-italic", 0x1D608),
    Alphabet { greek: Some((0x1D790, 0x1D7AA)), ..alphabet("sans-serif-bold-italic", 0x1D63C) },
    Alphabet { digits: Some(0x1D7F6), ..alphabet("monospace", 0x1D670) },
];

/// Letters that had a place of their own before the alphabets came.
#[rustfmt::skip]
const ELSEWHERE: [(u32, char); 24] = [
    (0x1D455, 'ℎ'), (0x1D49D, 'ℬ'), (0x1D4A0, 'ℰ'), (0x1D4A1, 'ℱ'), (0x1D4A3, 'ℋ'), (0x1D4A4, 'ℐ'),
    (0x1D4A7, 'ℒ'), (0x1D4A8, 'ℳ'), (0x1D4AD, 'ℛ'), (0x1D4BA, 'ℯ'), (0x1D4BC, 'ℊ'), (0x1D4C4, 'ℴ'),
    (0x1D506, 'ℭ'), (0x1D50B, 'ℌ'), (0x1D50C, 'ℑ'), (0x1D515, 'ℜ'), (0x1D51D, 'ℨ'), (0x1D53A, 'ℂ'),
    (0x1D53F, 'ℍ'), (0x1D545, 'ℕ'), (0x1D547, 'ℙ'), (0x1D548, 'ℚ'), (0x1D549, 'ℝ'), (0x1D551, 'ℤ'),
];

/// Returns a text in an alphabet, if all of it has letters there.
pub(super) fn set(text: &str, name: &str) -> Option<String> {
    let alphabet = ALPHABETS.iter().find(|alphabet| alphabet.name == name)?;
    let set: String = text.chars().map(|letter| alphabet.letter(letter)).collect::<Option<_>>()?;
    (!set.is_empty()).then_some(set)
}

impl Alphabet {
    fn letter(&self, letter: char) -> Option<char> {
        let from = |first: char, base: u32| base + (u32::from(letter) - u32::from(first));
        let code = match letter {
            'A'..='Z' => from('A', self.large),
            'a'..='z' => from('a', self.small),
            '0'..='9' => from('0', self.digits?),
            // U+03A2 is no letter: there a second theta stands.
            'Α'..='Ρ' | 'Σ'..='Ω' => from('Α', self.greek?.0),
            'α'..='ω' => from('α', self.greek?.1),
            _ => return None,
        };
        let known = ELSEWHERE.binary_search_by_key(&code, |(place, _)| *place);
        known.map_or_else(|_| char::from_u32(code), |at| Some(ELSEWHERE[at].1))
    }
}

#[cfg(test)]
mod tests {
    use super::set;

    #[test]
    fn letters_are_found_in_their_alphabets() {
        for (name, plain, expected) in [
            ("double-struck", "RNZQCHPk1", "ℝℕℤℚℂℍℙ𝕜𝟙"),
            ("script", "LFeAz", "ℒℱℯ𝒜𝓏"),
            ("fraktur", "ZIgC", "ℨℑ𝔤ℭ"),
            ("bold", "Ax0αΩ", "𝐀𝐱𝟎𝛂𝛀"),
            ("italic", "hω", "ℎ𝜔"),
            ("monospace", "A0", "𝙰𝟶"),
        ] {
            assert_eq!(set(plain, name).as_deref(), Some(expected), "{name}");
        }
        assert_eq!(set("α", "double-struck"), None);
        assert_eq!(set("x+", "bold"), None);
        assert_eq!(set("x", "upright"), None);
        assert_eq!(set("", "bold"), None);
    }
}
