//! Words and pairs -> numbers, counted from document to document: what is met again costs one look.
//!
//! Whoever reads documents has a lexicon of their own; what it knows in the end is a vocabulary, which the
//! documents share.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::ops::Range;

use super::text::Field;
use super::tokens::END;
use crate::catalog::names::KeyHasher;

/// How often a term must be in the running text for the document to be about it.
const OFTEN: u32 = 3;

/// How strongly a term speaks for its document.
const BODY: u32 = 0;
const BODY_OFTEN: u32 = 1;
const HEADING: u32 = 2;
const TITLE: u32 = 3;

/// Terms in the order of their numbers.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    /// The words, one behind the other, and where each ends.
    text: String,
    ends: Vec<usize>,
    pub(super) grams: Vec<u64>,
}

impl Vocabulary {
    /// Iterates over the words in the order of their numbers.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|number| self.word(number))
    }

    fn word(&self, number: usize) -> &str {
        let start = number.checked_sub(1).map_or(0, |last| self.ends[last]);
        &self.text[start..self.ends[number]]
    }
}

/// A vocabulary that grows, and the terms of the document at hand.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    known: Vocabulary,
    words: Table<Mark>,
    grams: Table<u64>,
    /// By pair: the number of its first character.
    firsts: Vec<u32>,
    characters: HashMap<u64, u32, BuildHasherDefault<KeyHasher>>,
    /// By character: the last document that has a pair of it and another.
    begun: Vec<u32>,
    documents: u32,
}

impl Lexicon {
    /// Counts words of the document at hand, by where they stand in a text.
    pub(super) fn put_words(&mut self, text: &str, words: &[Range<usize>], field: Field) {
        for some in words.chunks(STEP) {
            self.words.reserve(hash);
            for word in some {
                let (mark, known) = (mark(text.as_bytes(), word), &self.known);
                let is_word = |number: u32| {
                    word.len() <= MARKED_BYTES || known.word(number as usize) == &text[word.clone()]
                };
                if self.words.meet(mark, hash(mark), is_word, field) {
                    self.known.text.push_str(&text[word.clone()]);
                    self.known.ends.push(self.known.text.len());
                }
            }
        }
    }

    /// Counts pairs of the document at hand.
    pub(super) fn put_grams(&mut self, grams: &[u64], field: Field) {
        for some in grams.chunks(STEP) {
            self.grams.reserve(|gram| mixed(gram, 0));
            for gram in some {
                if self.grams.meet(*gram, mixed(*gram, 0), |_| true, field) {
                    self.put_first(gram >> SECOND_BITS);
                    self.known.grams.push(*gram);
                }
            }
        }
    }

    /// Remembers the first character of the pair that is the next.
    fn put_first(&mut self, first: u64) {
        let new = u32::try_from(self.begun.len()).unwrap_or(u32::MAX);
        let first = *self.characters.entry(first).or_insert(new);
        if first == new {
            self.begun.push(0);
        }
        self.firsts.push(first);
    }

    /// Ends the document at hand: the numbers of its words and of its pairs, with their classes in the two
    /// lowest bits.
    ///
    /// The end of a run tells nothing where its character begins another pair.
    pub(super) fn end_document(&mut self) -> (Box<[u32]>, Box<[u32]>) {
        self.documents += 1;
        let is_end = |met: &Met| self.known.grams[met.number as usize] & LAST == LAST;
        let first = |met: &Met| self.firsts[met.number as usize] as usize;
        for met in self.grams.met.iter().filter(|met| !is_end(met)) {
            self.begun[first(met)] = self.documents;
        }
        let tells = |met: &&Met| !is_end(met) || self.begun[first(met)] != self.documents;
        let grams = self.grams.met.iter().filter(tells).map(Met::posting).collect();
        let words = self.words.met.iter().map(Met::posting).collect();
        self.words.met.clear();
        self.grams.met.clear();
        (words, grams)
    }

    pub(super) fn into_vocabulary(mut self) -> Vocabulary {
        self.known.text.shrink_to_fit();
        self.known.ends.shrink_to_fit();
        self.known.grams.shrink_to_fit();
        self.known
    }
}

/// How many terms are counted before there is room made for more.
const STEP: usize = 1 << 9;

/// Numbers by keys: open addressing, at most half full.
#[derive(Debug)]
struct Table<K> {
    slots: Vec<Slot<K>>,
    /// How many keys there are.
    count: u32,
    /// What the document at hand has.
    met: Vec<Met>,
}

#[derive(Clone, Copy, Debug)]
struct Slot<K> {
    key: K,
    number: u32,
    /// Where the document at hand has it, if it is there.
    place: u32,
}

/// A term of the document at hand.
#[derive(Clone, Copy, Debug)]
struct Met {
    number: u32,
    count: u32,
    field: Field,
}

impl Met {
    fn posting(&self) -> u32 {
        let class = match self.field {
            Field::Body if self.count >= OFTEN => BODY_OFTEN,
            Field::Body => BODY,
            Field::Heading => HEADING,
            Field::Alias | Field::Title => TITLE,
        };
        self.number << 2 | class
    }
}

/// The number of a slot that is free.
const FREE: u32 = u32::MAX;

impl<K> Default for Table<K> {
    fn default() -> Table<K> {
        Table { slots: Vec::new(), count: 0, met: Vec::new() }
    }
}

impl<K: Copy + Default + PartialEq> Table<K> {
    /// Counts a key for the document at hand; tells whether it was never met before.
    fn meet(&mut self, key: K, hash: u64, is_same: impl Fn(u32) -> bool, field: Field) -> bool {
        let (mask, mut at) = (self.slots.len() - 1, place(hash, self.slots.len()));
        let slot = loop {
            let slot = &mut self.slots[at];
            if slot.number == FREE || (slot.key == key && is_same(slot.number)) {
                break slot;
            }
            at = (at + 1) & mask;
        };
        let is_new = slot.number == FREE;
        if is_new {
            (slot.key, slot.number) = (key, self.count);
            self.count += 1;
        }
        match self.met.get_mut(slot.place as usize) {
            Some(met) if met.number == slot.number => {
                met.count += 1;
                met.field = met.field.max(field);
            }
            _ => {
                slot.place = u32::try_from(self.met.len()).unwrap_or(u32::MAX);
                self.met.push(Met { number: slot.number, count: 1, field });
            }
        }
        is_new
    }

    /// Makes room for as many keys as may come before the next time.
    fn reserve(&mut self, hash: impl Fn(K) -> u64) {
        if (self.count as usize + STEP) * 2 <= self.slots.len() {
            return;
        }
        let size = (self.slots.len() * 2).max(STEP * 4);
        let free = Slot { key: K::default(), number: FREE, place: 0 };
        for slot in std::mem::replace(&mut self.slots, vec![free; size]) {
            if slot.number != FREE {
                let mut at = place(hash(slot.key), size);
                while self.slots[at].number != FREE {
                    at = (at + 1) & (size - 1);
                }
                self.slots[at] = slot;
            }
        }
    }
}

/// Returns where a hash belongs in a table of so many slots, a power of two.
fn place(hash: u64, slots: usize) -> usize {
    usize::try_from(hash >> 32).unwrap_or(0) & (slots - 1)
}

fn mixed(a: u64, b: u64) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let hash = (a ^ a >> 32).wrapping_mul(ODD) ^ b;
    (hash ^ hash >> 29).wrapping_mul(ODD)
}

/// Words up to this length are told apart by their marks alone.
const MARKED_BYTES: usize = 16;

/// All bytes of a word; of a long one a hash, and a last byte that no text has.
type Mark = [u64; 2];

fn mark(text: &[u8], word: &Range<usize>) -> Mark {
    // By a number of bytes: those of eight that are so many.
    const FIRST: [u64; 17] = {
        let (mut first, mut count) = ([u64::MAX; 17], 0);
        while count < 8 {
            first[count] = (1 << (8 * count)) - 1;
            count += 1;
        }
        first
    };
    let (length, eight) = (word.len(), |eight: [u8; 8]| u64::from_le_bytes(eight));
    if length > MARKED_BYTES {
        let (all, rest) = text[word.clone()].as_chunks();
        let hash = all.iter().fold(0, |hash, some| mixed(hash, eight(*some)));
        return [rest.iter().fold(hash, |hash, byte| mixed(hash, (*byte).into())), u64::MAX];
    }
    let mut bytes = [0; MARKED_BYTES];
    let behind = text[word.start..].first_chunk();
    if behind.is_none() {
        bytes[..length].copy_from_slice(&text[word.clone()]);
    }
    let ([start, end], []) = behind.unwrap_or(&bytes).as_chunks() else { return [0; 2] };
    [eight(*start) & FIRST[length], eight(*end) & FIRST[length.saturating_sub(8)]]
}

fn hash([start, end]: Mark) -> u64 {
    mixed(start, end)
}

/// Returns a pair as a number; pairs of one first character stand together, its end last.
pub(super) fn gram(first: char, second: char) -> u64 {
    let second = if second == END { LAST } else { u64::from(second) };
    u64::from(first) << SECOND_BITS | second
}

const SECOND_BITS: u32 = 21;

/// Greater than every character.
const LAST: u64 = (1 << SECOND_BITS) - 1;

/// Returns the two characters of a pair.
pub(super) fn characters(gram: u64) -> (char, char) {
    let of = |bits: u64| u32::try_from(bits).ok().and_then(char::from_u32).unwrap_or(END);
    (of(gram >> SECOND_BITS), of(gram & LAST))
}
