//! Merged terms -> shards: scripts that hand the page one piece of the index each.
//!
//! `templates/search/engine.js` reads what is written here. A list of documents is: how many, then, where
//! they are many, how many bits follow, then for each the gap to the one before and its class in unary.

use super::bits::{Bits, digit, rice_bits, rice_low};
use super::fold::END;
use super::merge::{List, Merged};
use super::terms::{Word, characters};

/// How large a shard grows before the next begins.
const SHARD_BYTES: usize = 48 << 10;
/// How many postings are read sooner than passed over.
const SHORT: usize = 15;
/// The longest beginning that a word takes over from the word before it.
const SHARED_MAX: usize = 26;

/// Shards of one kind: how many terms each holds, and what the page is handed.
pub(super) type Shards = Vec<(usize, String)>;

/// Writes the words themselves: how many characters each shares with the one before, as `@`, `A` to `Z`,
/// then the rest of it. No folded word has a capital letter.
pub(super) fn dictionary(words: &Merged<Word<'_>>) -> Shards {
    let (mut shards, mut last) = (vec![(0, String::new())], "");
    for (word, _) in words.iter() {
        if shards.last().is_some_and(|(_, text)| text.len() >= SHARD_BYTES) {
            shards.push((0, String::new()));
            last = "";
        }
        let shared = word.text.chars().zip(last.chars()).take_while(|(a, b)| a == b).count();
        let shared = shared.min(SHARED_MAX);
        let rest = word.text.char_indices().nth(shared).map_or("", |(at, _)| &word.text[at..]);
        let Some((count, text)) = shards.last_mut() else { break };
        *count += 1;
        text.extend(('@'..='Z').nth(shared));
        text.push_str(rest);
        last = word.text;
    }
    shards.retain(|(count, _)| *count > 0);
    shards
}

/// Writes the lists of the words, in the order of the dictionary.
pub(super) fn words(words: &Merged<Word<'_>>, documents: usize) -> Shards {
    let (mut shards, mut bits, mut count) = (Vec::new(), Bits::default(), 0);
    for (_, list) in words.iter() {
        write(&mut bits, list, documents);
        count += 1;
        if is_full(&bits) {
            shards.push((std::mem::take(&mut count), std::mem::take(&mut bits).finish()));
        }
    }
    if count > 0 {
        shards.push((count, bits.finish()));
    }
    shards
}

/// Sorts the pairs, writes their lists, and returns all characters in the order that is used.
///
/// All pairs of one first character stand together in one shard: how many, then for each the gap to the
/// second character of the one before, and its list.
pub(super) fn grams(grams: &mut Merged<u64>, documents: usize) -> (String, Shards) {
    let characters = Characters::of(grams);
    grams.sort_by_key(|gram| characters.places(gram));
    let all: Vec<((u32, u32), &List)> =
        grams.iter().map(|(gram, list)| (characters.places(gram), list)).collect();
    let (mut shards, mut bits, mut count) = (Vec::new(), Bits::default(), 0);
    for same in all.chunk_by(|((a, _), _), ((b, _), _)| a == b) {
        bits.gamma(same.len() as u64 - 1);
        let low = rice_low(characters.order.len() + 1, same.len());
        let mut next = 0;
        for ((_, second), list) in same {
            bits.rice(u64::from(second - next), low);
            next = second + 1;
            write(&mut bits, list, documents);
        }
        count += 1;
        if is_full(&bits) {
            shards.push((std::mem::take(&mut count), std::mem::take(&mut bits).finish()));
        }
    }
    if count > 0 {
        shards.push((count, bits.finish()));
    }
    (characters.order.iter().collect(), shards)
}

fn is_full(bits: &Bits) -> bool {
    bits.length >= SHARD_BYTES as u64 * 13 / 2
}

fn write(bits: &mut Bits, list: &List, documents: usize) {
    let low = rice_low(documents, list.len());
    bits.gamma(list.len() as u64 - 1);
    if list.len() > SHORT {
        let all = gaps(list).map(|(gap, class)| rice_bits(gap, low) + u64::from(3.min(class + 1)));
        bits.gamma(all.sum());
    }
    for (gap, class) in gaps(list) {
        bits.rice(gap, low);
        match class {
            0 => bits.put(0, 1),
            1 => bits.put(0b10, 2),
            2 => bits.put(0b110, 3),
            _ => bits.put(0b111, 3),
        }
    }
}

/// Returns for each posting how many documents are passed over before it, and its class.
fn gaps(list: &List) -> impl Iterator<Item = (u64, u32)> {
    list.iter().scan(0, |next, posting| {
        let at = posting >> 2;
        let gap = at - *next;
        *next = at + 1;
        Some((u64::from(gap), posting & 3))
    })
}

/// The characters that pairs are made of: frequent ones first, so that numbers stay small, and roughly so,
/// so that an edit rarely changes their order.
struct Characters {
    order: Vec<char>,
    /// By character: its place, from 1.
    places: Vec<(char, u32)>,
}

impl Characters {
    fn of(grams: &Merged<u64>) -> Characters {
        let mut counts: Vec<(char, usize)> = Vec::new();
        for (gram, list) in grams.iter() {
            let (first, second) = characters(gram);
            counts.push((first, list.len()));
            counts.push((second, 0));
        }
        counts.retain(|(c, _)| *c != END);
        counts.sort_unstable();
        let mut order: Vec<(char, usize)> = counts
            .chunk_by(|(a, _), (b, _)| a == b)
            .map(|same| (same[0].0, same.iter().map(|(_, count)| count).sum()))
            .collect();
        order.sort_by_key(|(c, count): &(char, usize)| {
            (std::cmp::Reverse(count.checked_ilog2()), *c)
        });
        let order: Vec<char> = order.into_iter().map(|(c, _)| c).collect();
        let mut places: Vec<(char, u32)> = order.iter().copied().zip(1..).collect();
        places.sort_unstable();
        Characters { order, places }
    }

    fn places(&self, gram: u64) -> (u32, u32) {
        let place = |c: char| {
            let found = self.places.binary_search_by_key(&c, |(c, _)| *c);
            found.map_or(0, |at| self.places[at].1)
        };
        let (first, second) = characters(gram);
        (place(first), place(second))
    }
}

/// Writes numbers as one character each, within an eighth: twice as much is four more.
pub(super) fn rough(number: u32) -> char {
    let number = u64::from(number) + 1;
    let bits = number.ilog2();
    digit(bits * 4 + u32::try_from(number << 2 >> bits & 3).unwrap_or(0))
}
