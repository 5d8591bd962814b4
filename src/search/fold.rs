//! Text -> folded text: when two spellings are the same to a search.
//!
//! `templates/search/engine.js` does the same in the browser; `tests/search/vectors.json` binds both.

use unicode_normalization::UnicodeNormalization;

use super::tokens::wide;

/// Appends a text as searches compare it: NFKC, lower case, katakana as hiragana, without long-vowel marks.
pub fn fold(text: &str, out: &mut String) {
    let start = out.len();
    if text.is_ascii() {
        out.push_str(text);
        out[start..].make_ascii_lowercase();
        return;
    }
    out.reserve(text.len());
    // What stands from `same` on is to be written as it is.
    let (mut same, mut at) = (0, 0);
    loop {
        let start = after_same(text.as_bytes(), at);
        let Some(c) = text[start..].chars().next() else { break };
        at = start + c.len_utf8();
        match plain(c) {
            Some(folded) if folded == c && c != LONG => {}
            Some(folded) => {
                out.push_str(&text[same..start]);
                out.extend((c != LONG).then_some(folded));
                same = at;
            }
            None => {
                at = fold_between(text, (same, start), out);
                same = at;
            }
        }
    }
    out.push_str(&text[same..]);
}

/// Passes over characters that are the same when they are folded, nearly all of them.
fn after_same(text: &[u8], at: usize) -> usize {
    let mut rest = &text[at..];
    loop {
        match rest {
            [b'\0'..=b'@' | b'['..=b'\x7f', tail @ ..] => rest = tail,
            [a, b, c, tail @ ..]
                if matches!(
                    wide([*a, *b, *c]),
                    Some(
                        '\u{3041}'..='\u{3096}' | '\u{4e00}'..='\u{9fff}' | '\u{3001}'..='\u{301f}',
                    )
                ) =>
            {
                rest = tail;
            }
            _ => return text.len() - rest.len(),
        }
    }
}

/// Folds what is not plain at `start` with the plain character before it, which it may be joined to, and
/// returns where the next plain one stands. What stands from `same` on was not written yet.
fn fold_between(text: &str, (same, start): (usize, usize), out: &mut String) -> usize {
    let before = text[..start].chars().next_back();
    let joined = start - before.map_or(0, char::len_utf8);
    if joined >= same {
        out.push_str(&text[same..joined]);
    } else if before != Some(LONG) {
        out.pop();
    }
    let next = text[start..].find(|c| plain(c).is_some());
    let end = next.map_or(text.len(), |length| start + length);
    fold_any(&text[joined..end], out);
    end
}

/// The long-vowel mark, which is folded away.
const LONG: char = '\u{30fc}';

/// Folds a character that no normalization joins with what stands before it: nearly all of most texts.
fn plain(c: char) -> Option<char> {
    let shifted = |by: i32| u32::from(c).checked_add_signed(by).and_then(char::from_u32);
    match c {
        '\u{30a1}'..='\u{30f6}' | '\u{30fd}' | '\u{30fe}' => shifted(-0x60),
        '\0'..='\x7f' => Some(c.to_ascii_lowercase()),
        '\u{3001}'..='\u{301f}'
        | '\u{3041}'..='\u{3096}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{309d}'
        | '\u{309e}'
        | LONG
        | '\u{30fb}'
        | '\u{3400}'..='\u{4dbf}'
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
