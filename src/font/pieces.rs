//! Fonts of scripts with few characters: each cut into a few fixed pieces, which all decks share.
//!
//! A piece is a whole file already. Which of them a page needs follows from what it says.

use super::emoji::written;
use super::letters::Letters;

/// A part of a font by script: its name in the names of files, and the characters that it is for.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) name: &'static str,
    ranges: &'static [(u32, u32)],
}

/// The same as in `tools/fonts/make.py`.
pub(super) const PIECES: [Piece; 5] = [
    Piece {
        name: "latin",
        ranges: &[
            (0x20, 0x7E),
            (0xA0, 0xFF),
            (0x131, 0x131),
            (0x152, 0x153),
            (0x2C6, 0x2C6),
            (0x2DA, 0x2DA),
            (0x2DC, 0x2DC),
            (0x2002, 0x200A),
            (0x2010, 0x2027),
            (0x202F, 0x205E),
            (0x20AC, 0x20AC),
            (0x2122, 0x2122),
            (0x2190, 0x2193),
            (0x2212, 0x2212),
        ],
    },
    Piece {
        name: "latin-more",
        ranges: &[
            (0x100, 0x130),
            (0x132, 0x151),
            (0x154, 0x2C5),
            (0x2C7, 0x2D9),
            (0x2DB, 0x2DB),
            (0x2DD, 0x36F),
            (0x1E00, 0x1EFF),
            (0x20A0, 0x20AB),
            (0x20AD, 0x20CF),
            (0x2C60, 0x2C7F),
            (0xA720, 0xA7FF),
            (0xFB00, 0xFB06),
        ],
    },
    Piece { name: "greek", ranges: &[(0x370, 0x3FF), (0x1F00, 0x1FFF)] },
    Piece {
        name: "cyrillic",
        ranges: &[(0x400, 0x52F), (0x1C80, 0x1C8F), (0x2DE0, 0x2DFF), (0xA640, 0xA69F)],
    },
    Piece {
        name: "symbols",
        ranges: &[
            (0x2070, 0x209F),
            (0x2100, 0x2121),
            (0x2123, 0x218F),
            (0x2194, 0x2211),
            (0x2213, 0x23FF),
            (0x2460, 0x27BF),
        ],
    },
];

impl Piece {
    /// Tells whether any of the characters is one of the piece.
    pub(super) fn has_any(&self, letters: &Letters) -> bool {
        letters.iter().any(|letter| self.has(letter))
    }

    fn has(&self, letter: char) -> bool {
        let code = u32::from(letter);
        self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&code))
    }

    /// Returns its characters as a style sheet writes them.
    pub(super) fn range(&self) -> String {
        written(self.ranges.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::PIECES;

    #[test]
    fn no_character_is_in_two_pieces() {
        for letter in (0..0x3000).filter_map(char::from_u32) {
            let count = PIECES.iter().filter(|piece| piece.has(letter)).count();
            assert!(count <= 1, "{letter:?}");
        }
        assert!(
            PIECES[0].has('a') && PIECES[2].has('Ω') && PIECES[3].has('Ж') && PIECES[4].has('∞')
        );
    }
}
