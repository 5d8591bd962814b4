//! Merged terms -> shards: scripts that hand the page one piece of the index each.
//!
//! `templates/search/engine.js` reads what is written here. A list of documents is: how many, then, where
//! they are many, how many bits follow, then for each the gap to the one before and its class in unary.

use super::bits::{Bits, digit, posting_bits, rice_low};
use super::lexicon::characters;
use super::merge::{List, Merged, Pile};
use super::tokens::END;

/// How large a shard grows before the next begins.
const SHARD_BYTES: usize = 48 << 10;
/// How many postings are read sooner than passed over.
const SHORT: usize = 15;
/// The longest beginning that a word takes over from the word before it.
const SHARED_MAX: usize = 26;

/// Shards of one kind: how many terms each holds, and what the page is handed.
pub(super) type Shards = Vec<(usize, String)>;

/// Writes words and their lists.
pub(super) fn words(words: Pile<'_, &str>, documents: usize) -> (Shards, Shards) {
    let start = |word: &str| {
        let mut start = [0; 8];
        start.iter_mut().zip(word.bytes()).for_each(|(to, byte)| *to = byte);
        u64::from_be_bytes(start)
    };
    let merged = words.sorted_by(|word| (start(word), word));
    let mut lists = Writer::default();
    for (_, list) in merged.iter() {
        write(&mut lists.bits, list, documents);
        lists.end_term();
    }
    (dictionary(&merged), lists.end())
}

/// Writes the words themselves: how many characters each shares with the one before, as `@`, `A` to `Z`,
/// then the rest of it. No folded word has a capital letter.
fn dictionary(words: &Merged<&str>) -> Shards {
    let (mut shards, mut last) = (vec![(0, String::new())], "");
    for (word, _) in words.iter() {
        if shards.last().is_some_and(|(_, text)| text.len() >= SHARD_BYTES) {
            shards.push((0, String::new()));
            last = "";
        }
        let shared = word.chars().zip(last.chars()).take_while(|(a, b)| a == b).count();
        let shared = shared.min(SHARED_MAX);
        let rest = word.char_indices().nth(shared).map_or("", |(at, _)| &word[at..]);
        let Some((count, text)) = shards.last_mut() else { break };
        *count += 1;
        text.extend(('@'..='Z').nth(shared));
        text.push_str(rest);
        last = word;
    }
    shards.retain(|(count, _)| *count > 0);
    shards
}

/// Writes pairs with their lists, and returns all characters in the order that is used.
///
/// All pairs of one first character stand together in one shard: how many, then for each the gap to the
/// second character of the one before, and its list.
pub(super) fn grams(grams: Pile<'_, u64>, documents: usize) -> (String, Shards) {
    let characters = Characters::of(&grams);
    let merged = grams.sorted_by(|gram| characters.places(gram));
    let all: Vec<((u32, u32), &List)> =
        merged.iter().map(|(gram, list)| (characters.places(gram), list)).collect();
    let mut groups = Writer::default();
    for same in all.chunk_by(|((a, _), _), ((b, _), _)| a == b) {
        let bits = &mut groups.bits;
        bits.gamma(same.len() as u64 - 1);
        let low = rice_low(characters.order.len() + 1, same.len());
        let mut next = 0;
        for ((_, second), list) in same {
            bits.rice(u64::from(second - next), low);
            next = second + 1;
            write(bits, list, documents);
        }
        groups.end_term();
    }
    (characters.order.iter().collect(), groups.end())
}

/// Cuts a stream of bits into shards.
#[derive(Default)]
struct Writer {
    shards: Shards,
    bits: Bits,
    count: usize,
}

impl Writer {
    fn end_term(&mut self) {
        self.count += 1;
        if self.bits.length() >= SHARD_BYTES * 13 / 2 {
            let bits = std::mem::take(&mut self.bits);
            self.shards.push((std::mem::take(&mut self.count), bits.finish()));
        }
    }

    fn end(mut self) -> Shards {
        if self.count > 0 {
            self.shards.push((self.count, self.bits.finish()));
        }
        self.shards
    }
}

fn write(bits: &mut Bits, list: &List, documents: usize) {
    let low = rice_low(documents, list.len());
    bits.gamma(list.len() as u64 - 1);
    if list.len() > SHORT {
        bits.gamma(gaps(list).map(|(gap, class)| posting_bits(gap, low, class)).sum());
    }
    bits.postings(gaps(list), low);
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
    fn of(grams: &Pile<'_, u64>) -> Characters {
        let mut counts: Vec<(char, usize)> = Vec::new();
        for (gram, count) in grams.counts() {
            let (first, second) = characters(gram);
            counts.push((first, count));
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
