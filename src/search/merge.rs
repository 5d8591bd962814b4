//! Terms of all documents -> lists of documents by term, in the order of the terms.
//!
//! Works on threads of its own: an index must neither wait in a line with pages that are being made, nor
//! hold them up.

use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{panic, thread};

use super::terms::{Table, Terms, Word};

/// How many parts the terms are merged in.
const PARTS: u64 = 4;

/// The documents that have one term: each with its class in the two lowest bits, in their order.
pub(super) type List = [u32];

/// Terms of one kind with their documents.
#[derive(Debug)]
pub(super) struct Merged<K> {
    /// Each term with its part, and its place there, in the order of the terms.
    order: Vec<(K, u8, u32)>,
    parts: Vec<Lists>,
}

#[derive(Debug, Default)]
struct Lists {
    /// Where each list ends.
    ends: Vec<u32>,
    postings: Vec<u32>,
}

impl Lists {
    fn get(&self, index: u32) -> &List {
        let index = index as usize;
        let start = index.checked_sub(1).map_or(0, |last| self.ends[last]);
        &self.postings[start as usize..self.ends[index] as usize]
    }
}

impl<K: Copy> Merged<K> {
    /// Iterates over the terms in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (K, &List)> {
        let get =
            |(key, part, index): &(K, u8, u32)| (*key, self.parts[usize::from(*part)].get(*index));
        self.order.iter().map(get)
    }
}

/// A pair as a key of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Gram(u64);

impl Hash for Gram {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mixed = self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        state.write_u64(mixed ^ mixed >> 32);
    }
}

/// Merges words and pairs of all documents; the words are in their order.
pub(super) fn merge<'t>(terms: &[&'t Terms]) -> (Merged<Word<'t>>, Merged<u64>) {
    let parts: Vec<u64> = (0..PARTS).collect();
    let words = spread(
        &parts,
        || (),
        |part, ()| {
            let mine = |word: &str| u64::from(word.as_bytes()[0]) % PARTS == *part;
            let all = (0..).zip(terms).flat_map(|(at, terms)| {
                terms.words().map(move |(word, class)| (word, at << 2 | class))
            });
            group(
                all.filter(|(word, _)| mine(word))
                    .map(|(word, posting)| (Word::new(word), posting)),
            )
        },
    );
    let grams = spread(
        &parts,
        || (),
        |part, ()| {
            let mine = |gram: u64| (gram >> 21) % PARTS == *part;
            let all = (0..).zip(terms).flat_map(|(at, terms)| {
                terms.grams().map(move |(gram, class)| (gram, at << 2 | class))
            });
            group(all.filter(|(gram, _)| mine(*gram)).map(|(gram, posting)| (Gram(gram), posting)))
        },
    );
    let mut words = gathered(words, |word| word);
    words.order.sort_unstable_by(|(a, ..), (b, ..)| a.text.cmp(b.text));
    (words, gathered(grams, |Gram(gram)| gram))
}

impl Merged<u64> {
    /// Puts the pairs into the order of a key.
    pub(super) fn sort_by_key<O: Ord>(&mut self, key: impl Fn(u64) -> O) {
        self.order.sort_by_cached_key(|(gram, ..)| key(*gram));
    }
}

fn gathered<K, T>(parts: Vec<(Vec<K>, Lists)>, of: impl Fn(K) -> T) -> Merged<T> {
    let mut merged = Merged { order: Vec::new(), parts: Vec::new() };
    for (part, (keys, lists)) in (0..).zip(parts) {
        merged.order.extend((0..).zip(keys).map(|(index, key)| (of(key), part, index)));
        merged.parts.push(lists);
    }
    merged
}

/// Puts what has the same key side by side, in the order it came.
fn group<K: Copy + Eq + Hash>(items: impl Iterator<Item = (K, u32)>) -> (Vec<K>, Lists) {
    let mut known: Table<K> = Table::with_hasher(BuildHasherDefault::default());
    let (mut keys, mut ends): (Vec<K>, Vec<u32>) = (Vec::new(), Vec::new());
    let mut flat: Vec<(u32, u32)> = Vec::new();
    for (key, posting) in items {
        let id = *known.entry(key).or_insert_with(|| {
            keys.push(key);
            ends.push(0);
            u32::try_from(keys.len() - 1).unwrap_or(u32::MAX)
        });
        ends[id as usize] += 1;
        flat.push((id, posting));
    }
    // Counts become the places where lists begin, and these, as lists fill up, where they end.
    let mut place = 0;
    for end in &mut ends {
        place += std::mem::replace(end, place);
    }
    let mut postings = vec![0; flat.len()];
    for (id, posting) in flat {
        let end = &mut ends[id as usize];
        postings[*end as usize] = posting;
        *end += 1;
    }
    (keys, Lists { ends, postings })
}

/// Maps items on a few threads, results in the order of the items.
pub(super) fn spread<T: Sync, R: Send, S>(
    items: &[T],
    scratch: impl Fn() -> S + Sync,
    map: impl Fn(&T, &mut S) -> R + Sync,
) -> Vec<R> {
    const STEP: usize = 8;
    let threads = rayon::current_num_threads().clamp(1, 4);
    let step = STEP.min(items.len().div_ceil(threads)).max(1);
    let next = AtomicUsize::new(0);
    let work = || {
        let (mut scratch, mut done) = (scratch(), Vec::new());
        loop {
            let start = next.fetch_add(step, Ordering::Relaxed);
            let Some(some) = items.get(start..items.len().min(start + step)) else { return done };
            if some.is_empty() {
                return done;
            }
            done.push((start, some.iter().map(|item| map(item, &mut scratch)).collect()));
        }
    };
    let mut done: Vec<(usize, Vec<R>)> = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut done = work();
        for other in others {
            done.extend(other.join().unwrap_or_else(|fault| panic::resume_unwind(fault)));
        }
        done
    });
    done.sort_unstable_by_key(|(start, _)| *start);
    done.into_iter().flat_map(|(_, results)| results).collect()
}
