//! Colours that were found, kept from page to page and from state to state.
//!
//! They depend on a language and a text alone, so what is kept is never out of date. It is bounded: what was not asked
//! for in a while goes first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Block, Runs, paint};
use crate::digest::Digest;

/// How many bytes of colours one half keeps.
const HALF_BYTES_MAX: usize = 16 << 20;
/// What an entry takes beside them.
const ENTRY_BYTES: usize = 96;

/// Colours by the digest of language and text.
#[derive(Debug, Default)]
pub struct Memo(Mutex<Halves>);

/// What was asked for lately, and what was before that.
#[derive(Debug, Default)]
struct Halves {
    young: HashMap<Digest, Arc<Runs>>,
    old: HashMap<Digest, Arc<Runs>>,
    young_bytes: usize,
}

impl Memo {
    /// Returns the colours of a block, found now or earlier.
    pub fn runs(&self, block: &Block) -> Arc<Runs> {
        let key = key(block);
        if let Some(known) = self.halves(|halves| halves.get(&key)) {
            return known;
        }
        let runs = Arc::new(paint(block.language, &block.text));
        self.halves(|halves| halves.insert(key, Arc::clone(&runs)));
        runs
    }

    fn halves<T>(&self, work: impl FnOnce(&mut Halves) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Halves {
    fn get(&mut self, key: &Digest) -> Option<Arc<Runs>> {
        if let Some(runs) = self.young.get(key) {
            return Some(Arc::clone(runs));
        }
        let runs = self.old.remove(key)?;
        self.insert(*key, Arc::clone(&runs));
        Some(runs)
    }

    fn insert(&mut self, key: Digest, runs: Arc<Runs>) {
        self.young_bytes += runs.as_bytes().len() + ENTRY_BYTES;
        self.young.insert(key, runs);
        if self.young_bytes > HALF_BYTES_MAX {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
    }
}

fn key(block: &Block) -> Digest {
    Digest::of_parts([block.language.word.as_bytes(), block.text.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::code::language;

    fn block(text: &str) -> Block {
        let language = language("rust").expect("it is known");
        Block { language, text: text.into(), lines: Box::default(), length: 0 }
    }

    #[test]
    fn what_was_found_is_not_looked_for_again() {
        let memo = Memo::default();
        let first = memo.runs(&block("fn a() {}\n"));
        assert!(Arc::ptr_eq(&first, &memo.runs(&block("fn a() {}\n"))));
        assert!(!Arc::ptr_eq(&first, &memo.runs(&block("fn b() {}\n"))));
    }

    #[test]
    fn what_nobody_asks_for_goes() {
        let mut halves = Halves::default();
        let runs = Arc::new(Runs::from_bytes(vec![1; 2 << 20], usize::MAX).expect("runs"));
        for number in 0..40_u32 {
            halves.insert(Digest::of(&number.to_le_bytes()), Arc::clone(&runs));
            assert!(halves.get(&Digest::of(&0_u32.to_le_bytes())).is_some(), "it is asked for");
        }
        assert!(halves.young.len() + halves.old.len() <= 2 * (HALF_BYTES_MAX >> 21) + 2);
        assert!(halves.get(&Digest::of(&1_u32.to_le_bytes())).is_none());
    }
}
