//! Folded text -> tokens: what a text is found by.
//!
//! `templates/search/engine.js` does the same in the browser; `tests/search/vectors.json` binds both.

use std::ops::Range;

/// Stands behind the last character of a run, so that every character begins a pair.
pub(super) const END: char = '\0';

/// Words longer than this are cut into pieces of this length that overlap by half.
const WORD_CHARS_MAX: usize = 48;

/// What a text is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// Where a word stands.
    Word(Range<usize>),
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

fn class(c: char) -> Class {
    if is_ordinary(c) {
        return Class::Gram;
    }
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

/// Tells nearly all characters of Japanese and Chinese texts.
fn is_ordinary(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{9fff}' if c != '\u{30fb}')
}

/// Tells words and pairs of a folded text, each kind in its order.
pub fn tokens(folded: &str, mut each: impl FnMut(Token)) {
    if folded.is_ascii() {
        return ascii_tokens(folded, each);
    }
    let (bytes, mut at) = (folded.as_bytes(), 0);
    while let Some(byte) = bytes.get(at) {
        if is_letter(*byte) {
            let start = at;
            at = word_end(folded, at);
            word(folded, start..at, &mut each);
        } else if !byte.is_ascii() {
            at = wide_tokens(folded, at, &mut each);
        } else {
            if *byte != b' ' {
                each(Token::Gram(char::from(*byte), END));
            }
            at += 1;
        }
    }
}

/// Tells what a character that is not ASCII begins; returns where that ends.
fn wide_tokens(folded: &str, start: usize, each: &mut impl FnMut(Token)) -> usize {
    let Some(first) = folded[start..].chars().next() else { return folded.len() };
    let at = start + first.len_utf8();
    match class(first) {
        Class::Word => {
            let end = word_end(folded, at);
            word(folded, start..end, each);
            end
        }
        Class::Mark => {
            each(Token::Gram(first, END));
            at
        }
        Class::Gram => {
            let (mut last, mut at) = (first, at);
            while let Some(c) = next_in_run(folded, at) {
                each(Token::Gram(last, c));
                last = c;
                at += c.len_utf8();
            }
            each(Token::Gram(last, END));
            at
        }
    }
}

/// Returns the character at `at` if pairs are made of it.
#[inline]
fn next_in_run(folded: &str, at: usize) -> Option<char> {
    if let [a, b, c, ..] = folded.as_bytes()[at..]
        && let Some(c) = wide([a, b, c]).filter(|c| is_ordinary(*c))
    {
        return Some(c);
    }
    folded[at..].chars().next().filter(|c| class(*c) == Class::Gram)
}

/// Reads a character of three bytes, as nearly all of Japanese and Chinese are.
#[inline]
pub(super) fn wide([a, b, c]: [u8; 3]) -> Option<char> {
    let code = u32::from(a & 0xf) << 12 | u32::from(b & 0x3f) << 6 | u32::from(c & 0x3f);
    if a >> 4 == 0xe { char::from_u32(code) } else { None }
}

fn is_letter(byte: u8) -> bool {
    const LETTERS: [bool; 256] = {
        let mut letters = [false; 256];
        let mut byte = 0;
        while byte < 128 {
            letters[byte as usize] = matches!(byte, b'a'..=b'z' | b'0'..=b'9');
            byte += 1_u8;
        }
        letters
    };
    LETTERS[usize::from(byte)]
}

/// Returns where a word ends that goes on at `at`.
fn word_end(folded: &str, mut at: usize) -> usize {
    let bytes = folded.as_bytes();
    while bytes.get(at).is_some_and(|byte| is_letter(*byte)) {
        at += 1;
    }
    if bytes.get(at).is_none_or(u8::is_ascii) {
        return at;
    }
    let length = folded[at..].find(|c| class(c) != Class::Word);
    length.map_or(folded.len(), |length| at + length)
}

#[inline]
fn word(folded: &str, word: Range<usize>, each: &mut impl FnMut(Token)) {
    if word.len() > WORD_CHARS_MAX {
        return long_word(folded, word, each);
    }
    each(Token::Word(word));
}

#[cold]
fn long_word(folded: &str, word: Range<usize>, each: &mut impl FnMut(Token)) {
    for piece in pieces(folded, word) {
        each(Token::Word(piece));
    }
}

/// Cuts a very long word into pieces, so that whatever is half as long as a piece lies in one.
fn pieces(folded: &str, word: Range<usize>) -> Vec<Range<usize>> {
    let places = folded[word.clone()].char_indices().map(|(at, _)| word.start + at);
    let places: Vec<usize> = places.chain([word.end]).collect();
    let (count, half) = (places.len() - 1, WORD_CHARS_MAX / 2);
    let starts = (0..count).step_by(half).take_while(|start| *start == 0 || start + half < count);
    starts.map(|start| places[start]..places[count.min(start + WORD_CHARS_MAX)]).collect()
}

/// Tells the tokens of a text that is all ASCII, 64 bytes at a time: which of them are letters, then where
/// runs of these begin and end.
fn ascii_tokens(folded: &str, mut each: impl FnMut(Token)) {
    const SIZE: usize = 64;
    let (bytes, mut at) = (folded.as_bytes(), 0);
    while at < bytes.len() {
        let mut last = [b' '; SIZE];
        let whole = bytes[at..].first_chunk();
        if whole.is_none() {
            last[..bytes.len() - at].copy_from_slice(&bytes[at..]);
        }
        let block = whole.unwrap_or(&last);
        let (mut letters, mut marks) = masks(block);
        let mut next = SIZE;
        while letters != 0 {
            let start = letters.trailing_zeros() as usize;
            let length = (letters >> start).trailing_ones() as usize;
            if start + length == SIZE && at + SIZE < bytes.len() {
                // It may go on behind these bytes, and is read with those; by itself if it is all of these.
                (next, marks) = (start, marks & ((1 << start) - 1));
                if start == 0 {
                    next = word_end(folded, at) - at;
                    word(folded, at..at + next, &mut each);
                }
                break;
            }
            word(folded, at + start..at + start + length, &mut each);
            letters &= letters.wrapping_add(1 << start);
        }
        while marks != 0 {
            each(Token::Gram(char::from(block[marks.trailing_zeros() as usize]), END));
            marks &= marks - 1;
        }
        at += next;
    }
}

/// Tells which of 64 ASCII bytes are letters, and which are marks, by a bit each.
fn masks(block: &[u8; 64]) -> (u64, u64) {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let (mut letters, mut spaces) = (0, 0);
    let (eights, _) = block.as_chunks::<8>();
    for eight in eights.iter().rev() {
        let bytes = u64::from_le_bytes(*eight);
        // The highest bit of each byte tells whether it is at least that.
        let from = |byte: u8| bytes + ONES * u64::from(0x80 - byte);
        let found = from(b'a') & !from(b'z' + 1) | from(b'0') & !from(b'9' + 1);
        let other = (bytes ^ (ONES * u64::from(b' '))) + ONES * 0x7f;
        // The highest bits of all bytes side by side.
        let gathered = |bits: u64| ((bits & HIGH) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        letters = letters << 8 | gathered(found);
        spaces = spaces << 8 | gathered(!other);
    }
    (letters, !(letters | spaces))
}
