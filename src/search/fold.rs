//! Text -> folded text -> tokens: when two spellings are the same to a search, and what it is found by.
//!
//! `templates/search/engine.js` does the same in the browser; `tests/search/vectors.json` binds both.

use unicode_normalization::UnicodeNormalization;

/// Stands behind the last character of a run, so that every character begins a pair.
pub(super) const END: char = '\0';

/// Words longer than this are cut into pieces of this length that overlap by half.
const WORD_CHARS_MAX: usize = 48;

/// What a text is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    Word(&'a str),
    /// Two characters that follow one another; the second may be `END`.
    Gram(char, char),
}

/// What a character of folded text is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// A word: letters of scripts that put spaces between words, and digits.
    Word,
    /// A run of pairs: Chinese, Japanese, Korean, Thai and all else that writes without spaces.
    Gram,
    /// Neither: punctuation and symbols.
    Mark,
}

/// Appends a text as searches compare it: NFKC, lower case, katakana as hiragana, without long-vowel marks.
pub fn fold(text: &str, out: &mut String) {
    let start = out.len();
    if text.is_ascii() {
        out.push_str(text);
        out[start..].make_ascii_lowercase();
        return;
    }
    out.reserve(text.len());
    for c in text.chars() {
        match plain(c) {
            Some(LONG) => {}
            Some(c) => out.push(c),
            None => {
                out.truncate(start);
                fold_any(text, out);
                return;
            }
        }
    }
}

/// The long-vowel mark, which is folded away.
const LONG: char = '\u{30fc}';

/// Folds a character that no normalization joins with its neighbours: nearly all of most texts.
fn plain(c: char) -> Option<char> {
    let shifted = |by: i32| u32::from(c).checked_add_signed(by).and_then(char::from_u32);
    match c {
        '\0'..='\x7f' => Some(c.to_ascii_lowercase()),
        '\u{3041}'..='\u{3096}'
        | '\u{309d}'
        | '\u{309e}'
        | LONG
        | '\u{30fb}'
        | '\u{3001}'..='\u{301f}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{df}'..='\u{f6}'
        | '\u{f8}'..='\u{ff}'
        | '\u{d7}'
        | '\u{f7}'
        | '\u{2012}'..='\u{2016}'
        | '\u{2018}'..='\u{2022}'
        | '\u{2190}'..='\u{21ff}'
        | '\u{25a0}'..='\u{25ff}'
        | '\u{430}'..='\u{44f}' => Some(c),
        '\u{30a1}'..='\u{30f6}' | '\u{30fd}' | '\u{30fe}' => shifted(-0x60),
        '\u{3000}' => Some(' '),
        '\u{ff01}'..='\u{ff5e}' => shifted(-0xfee0).map(|c| c.to_ascii_lowercase()),
        '\u{c0}'..='\u{de}' | '\u{410}'..='\u{42f}' => shifted(0x20),
        _ => None,
    }
}

fn fold_any(text: &str, out: &mut String) {
    for c in text.nfkc().flat_map(char::to_lowercase) {
        match c {
            LONG => {}
            '\u{30a1}'..='\u{30f6}' | '\u{30fd}' | '\u{30fe}' => {
                out.extend(char::from_u32(u32::from(c) - 0x60));
            }
            // The sigma that ends a word.
            '\u{3c2}' => out.push('\u{3c3}'),
            c => out.push(c),
        }
    }
}

fn class(c: char) -> Class {
    match c {
        'a'..='z'
        | '0'..='9'
        | '\u{c0}'..='\u{d6}'
        | '\u{d8}'..='\u{f6}'
        | '\u{f8}'..='\u{dff}'
        | '\u{10a0}'..='\u{10ff}'
        | '\u{1200}'..='\u{177f}'
        | '\u{1800}'..='\u{1fff}' => Class::Word,
        '\0'..='\u{bf}'
        | '\u{d7}'
        | '\u{f7}'
        | '\u{2000}'..='\u{2bff}'
        | '\u{2e00}'..='\u{2e7f}'
        | '\u{3000}'..='\u{3004}'
        | '\u{3008}'..='\u{3020}'
        | '\u{3030}'
        | '\u{30fb}'
        | '\u{e000}'..='\u{f8ff}'
        | '\u{fe00}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ffef}'
        | '\u{1f000}'..='\u{1faff}' => Class::Mark,
        _ => Class::Gram,
    }
}

/// Tells the tokens of a folded text, in its order.
pub fn tokens<'a>(folded: &'a str, mut each: impl FnMut(Token<'a>)) {
    if folded.is_ascii() {
        return ascii_tokens(folded, each);
    }
    let (mut word, mut run) = (None, None);
    for (at, c) in folded.char_indices() {
        let class = class(c);
        if class == Class::Word {
            word.get_or_insert(at);
        } else if let Some(start) = word.take() {
            words(&folded[start..at], &mut each);
        }
        match (run.take(), class) {
            (Some(last), Class::Gram) => each(Token::Gram(last, c)),
            (Some(last), _) => each(Token::Gram(last, END)),
            (None, _) => {}
        }
        match class {
            Class::Gram => run = Some(c),
            Class::Mark if c != ' ' => each(Token::Gram(c, END)),
            Class::Mark | Class::Word => {}
        }
    }
    if let Some(start) = word {
        words(&folded[start..], &mut each);
    }
    if let Some(last) = run {
        each(Token::Gram(last, END));
    }
}

fn ascii_tokens<'a>(folded: &'a str, mut each: impl FnMut(Token<'a>)) {
    const IS_WORD: [bool; 128] = {
        let (mut table, mut byte) = ([false; 128], 0);
        while byte < 128 {
            table[byte as usize] = matches!(byte, b'a'..=b'z' | b'0'..=b'9');
            byte += 1_u8;
        }
        table
    };
    let (bytes, mut at) = (folded.as_bytes(), 0);
    while let Some(byte) = bytes.get(at) {
        if IS_WORD[usize::from(*byte)] {
            let length = bytes[at..].iter().position(|byte| !IS_WORD[usize::from(*byte)]);
            let end = length.map_or(bytes.len(), |length| at + length);
            words(&folded[at..end], &mut each);
            at = end;
        } else {
            if *byte != b' ' {
                each(Token::Gram(char::from(*byte), END));
            }
            at += 1;
        }
    }
}

/// Tells a word; a very long one in pieces, so that whatever is half as long as a piece lies in one.
fn words<'a>(word: &'a str, each: &mut impl FnMut(Token<'a>)) {
    if word.len() <= WORD_CHARS_MAX {
        return each(Token::Word(word));
    }
    let places: Vec<usize> = word.char_indices().map(|(at, _)| at).collect();
    let half = WORD_CHARS_MAX / 2;
    for start in (0..places.len()).step_by(half) {
        if start > 0 && start + half >= places.len() {
            break;
        }
        let end = places.get(start + WORD_CHARS_MAX).copied().unwrap_or(word.len());
        each(Token::Word(&word[places[start]..end]));
    }
}
