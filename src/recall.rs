//! What was worked out lately, in memory, found again by a digest of all that it was made from.
//!
//! It is bounded: what was not asked for in a while goes first. What is kept changes no byte of any output.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::digest::Digest;

/// How many bytes one half keeps.
const HALF_BYTES_MAX: usize = 16 << 20;
/// What an entry takes beside them.
const ENTRY_BYTES: usize = 96;

/// Remembers things of one kind.
#[derive(Debug)]
pub struct Recall<T>(Mutex<Halves<T>>);

/// What was asked for lately, and what was before that; each with its size.
#[derive(Debug)]
struct Halves<T> {
    young: HashMap<Digest, (T, usize)>,
    old: HashMap<Digest, (T, usize)>,
    young_bytes: usize,
}

impl<T> Default for Recall<T> {
    fn default() -> Recall<T> {
        let (young, old) = (HashMap::new(), HashMap::new());
        Recall(Mutex::new(Halves { young, old, young_bytes: 0 }))
    }
}

impl<T: Clone> Recall<T> {
    /// Returns what a digest stands for, made now or earlier; `bytes` tells how much of memory it takes.
    pub fn get(&self, key: Digest, bytes: impl Fn(&T) -> usize, make: impl FnOnce() -> T) -> T {
        if let Some(known) = self.halves(|halves| halves.get(&key)) {
            return known;
        }
        // Others find theirs meanwhile.
        let made = make();
        self.halves(|halves| halves.insert(key, (made.clone(), bytes(&made))));
        made
    }

    fn halves<R>(&self, work: impl FnOnce(&mut Halves<T>) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T: Clone> Halves<T> {
    fn get(&mut self, key: &Digest) -> Option<T> {
        if let Some((known, _)) = self.young.get(key) {
            return Some(known.clone());
        }
        let (known, bytes) = self.old.remove(key)?;
        self.insert(*key, (known.clone(), bytes));
        Some(known)
    }

    fn insert(&mut self, key: Digest, sized: (T, usize)) {
        self.young_bytes += sized.1 + ENTRY_BYTES;
        self.young.insert(key, sized);
        if self.young_bytes > HALF_BYTES_MAX {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{HALF_BYTES_MAX, Recall};
    use crate::digest::Digest;

    fn number(number: u32) -> Digest {
        Digest::of(&number.to_le_bytes())
    }

    #[test]
    fn what_was_made_is_not_made_again() {
        let recall = Recall::default();
        assert_eq!(recall.get(number(1), |_| 1, || "one"), "one");
        assert_eq!(recall.get(number(1), |_| 1, || "another"), "one");
        assert_eq!(recall.get(number(2), |_| 1, || "another"), "another");
    }

    #[test]
    fn what_nobody_asks_for_goes() {
        let recall = Recall::default();
        let size = 2 << 20;
        for other in 0..40 {
            recall.get(number(other), |_| size, || other);
            assert_eq!(recall.get(number(0), |_| size, || 99), 0, "it is asked for");
        }
        let kept = recall.halves(|halves| halves.young.len() + halves.old.len());
        assert!(kept <= 2 * (HALF_BYTES_MAX / size) + 2);
        assert_eq!(recall.get(number(1), |_| size, || 99), 99, "nobody asked for it");
    }
}
