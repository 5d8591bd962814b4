//! Document -> terms: what one document is found by, folded once and kept with its entry.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use super::fold::{END, Token, fold, tokens};
use super::text::{Field, blocks};
use crate::catalog::Entry;
use crate::catalog::names::KeyHasher;
use crate::digest::Digest;

/// How often a word must be in the running text for the document to be about it.
const OFTEN: u32 = 3;

/// How strongly a term speaks for its document.
pub(super) const BODY: u32 = 0;
const BODY_OFTEN: u32 = 1;
const HEADING: u32 = 2;
const TITLE: u32 = 3;

/// The terms of one document.
#[derive(Debug)]
pub(super) struct Terms {
    /// Different words, one behind the other.
    text: Box<str>,
    /// For each of them its length in bytes and, in the two lowest bits, its class.
    words: Box<[u32]>,
    /// Different pairs in their order, with their class in the two lowest bits.
    grams: Box<[u64]>,
    /// How many tokens there are.
    pub(super) length: u32,
    /// Identifies the text.
    pub(super) digest: Digest,
    /// How large the text is.
    pub(super) bytes: usize,
}

/// A word with its hash, so that it is hashed once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    hash: u64,
    pub(super) text: &'a str,
}

impl<'a> Word<'a> {
    pub(super) fn new(text: &'a str) -> Word<'a> {
        Word { hash: hash(text), text }
    }
}

impl Hash for Word<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// A table by hashes.
pub(super) type Table<K> = HashMap<K, u32, BuildHasherDefault<KeyHasher>>;

/// What is used again from document to document.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    folded: String,
    /// All that a text shard says of the document's blocks.
    said: Vec<u8>,
    grams: Vec<u64>,
    bag: Bag,
}

/// The different words of a document.
#[derive(Debug, Default)]
struct Bag {
    /// By hash: which word it is. Two words of one hash sit at neighbouring keys.
    known: Table<u64>,
    text: String,
    seen: Vec<Seen>,
}

#[derive(Debug)]
struct Seen {
    end: usize,
    count: u32,
    field: Field,
}

impl Terms {
    pub(super) fn of(entry: &Entry, scratch: &mut Scratch) -> Terms {
        let Scratch { folded, said, grams, bag } = scratch;
        said.clear();
        grams.clear();
        bag.clear();
        let (mut length, mut bytes) = (0, 0);
        blocks(entry, |block| {
            for part in [block.anchor, block.text] {
                said.extend_from_slice(part.as_bytes());
                said.push(0);
            }
            said.push(block.field as u8);
            said.extend_from_slice(&block.slide.to_le_bytes());
            bytes += block.text.len();
            folded.clear();
            fold(block.text, folded);
            tokens(folded, |token| {
                length += 1;
                match token {
                    Token::Word(word) => bag.put(word, block.field),
                    Token::Gram(first, second) => {
                        grams.push(gram(first, second) << 2 | u64::from(class(block.field, 1)));
                    }
                }
            });
        });
        let classes = bag.seen.iter().scan(0, |start, seen| {
            let bytes = seen.end - std::mem::replace(start, seen.end);
            Some(u32::try_from(bytes << 2).unwrap_or(u32::MAX) | class(seen.field, seen.count))
        });
        Terms {
            words: classes.collect(),
            text: bag.text.as_str().into(),
            grams: merged(grams),
            length,
            digest: Digest::of(said),
            bytes,
        }
    }

    /// Iterates over the words with their classes.
    pub(super) fn words(&self) -> impl Iterator<Item = (&str, u32)> {
        let mut rest = &*self.text;
        self.words.iter().map(move |word| {
            let (text, tail) = rest.split_at((word >> 2) as usize);
            rest = tail;
            (text, word & 3)
        })
    }

    /// Iterates over the pairs with their classes.
    pub(super) fn grams(&self) -> impl Iterator<Item = (u64, u32)> {
        self.grams.iter().map(|gram| (gram >> 2, u32::try_from(gram & 3).unwrap_or(BODY)))
    }
}

impl Bag {
    fn clear(&mut self) {
        self.known.clear();
        self.text.clear();
        self.seen.clear();
    }

    fn put(&mut self, word: &str, field: Field) {
        let new = u32::try_from(self.seen.len()).unwrap_or(u32::MAX);
        let mut key = hash(word);
        loop {
            let index = *self.known.entry(key).or_insert(new) as usize;
            let start = index.checked_sub(1).map_or(0, |last| self.seen[last].end);
            match self.seen.get_mut(index) {
                None => {
                    self.text.push_str(word);
                    return self.seen.push(Seen { end: self.text.len(), count: 1, field });
                }
                Some(seen) if self.text[start..seen.end] == *word => {
                    seen.count += 1;
                    seen.field = seen.field.max(field);
                    return;
                }
                Some(_) => key = key.wrapping_add(1),
            }
        }
    }
}

/// Returns a pair as a number; pairs of one first character stand together, its end last.
pub(super) fn gram(first: char, second: char) -> u64 {
    let second = if second == END { LAST } else { u64::from(second) };
    u64::from(first) << 21 | second
}

/// Greater than every character.
const LAST: u64 = (1 << 21) - 1;

/// Returns the two characters of a pair.
pub(super) fn characters(gram: u64) -> (char, char) {
    let of = |bits: u64| u32::try_from(bits).ok().and_then(char::from_u32).unwrap_or(END);
    (of(gram >> 21), of(gram & LAST))
}

/// Sorts pairs and keeps each once. The end of a run tells nothing where its character begins another pair.
fn merged(grams: &mut [u64]) -> Box<[u64]> {
    grams.sort_unstable();
    let mut out: Vec<u64> = Vec::with_capacity(grams.len());
    for same in grams.chunk_by(|a, b| a >> 2 == b >> 2) {
        let gram = same[0] >> 2;
        let begins = out.last().is_some_and(|last| last >> 23 == gram >> 21);
        if gram & LAST == LAST && begins {
            continue;
        }
        let often = u32::try_from(same.len()).unwrap_or(u32::MAX) >= OFTEN;
        let class = same[same.len() - 1] & 3;
        let body = class == u64::from(BODY);
        out.push(gram << 2 | if body && often { u64::from(BODY_OFTEN) } else { class });
    }
    out.into_boxed_slice()
}

fn class(field: Field, count: u32) -> u32 {
    match field {
        Field::Body if count >= OFTEN => BODY_OFTEN,
        Field::Body => BODY,
        Field::Heading => HEADING,
        Field::Alias | Field::Title => TITLE,
    }
}

/// Eight bytes at a time, multiplied and mixed; equal hashes are told apart by their words.
fn hash(word: &str) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = word.len() as u64;
    for chunk in word.as_bytes().chunks(8) {
        let mut bytes = [0; 8];
        bytes[..chunk.len()].copy_from_slice(chunk);
        hash = (hash.rotate_left(23) ^ u64::from_le_bytes(bytes)).wrapping_mul(ODD);
        hash ^= hash >> 29;
    }
    hash.wrapping_mul(ODD) ^ hash >> 32
}
