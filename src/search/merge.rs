//! Terms of all documents -> lists of documents by term, in the order of the terms.

use std::collections::HashMap;
use std::sync::Arc;

use super::lexicon::Vocabulary;
use super::terms::{Found, Terms};

/// The documents that have one term: each with its class in the two lowest bits, in their order.
pub(super) type List = [u32];

/// Terms of one kind in their order, with their documents.
#[derive(Debug)]
pub(super) struct Merged<K> {
    keys: Vec<K>,
    /// Where the list of each ends.
    ends: Vec<usize>,
    postings: Vec<u32>,
}

impl<K: Copy> Merged<K> {
    /// Iterates over the terms in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (K, &List)> {
        let starts = std::iter::once(&0).chain(&self.ends);
        let lists = starts.zip(&self.ends).map(|(start, end)| &self.postings[*start..*end]);
        self.keys.iter().copied().zip(lists)
    }
}

/// Terms of one kind as documents have them. Numbers of a vocabulary count on from those of the one before.
#[derive(Debug)]
pub(super) struct Pile<'t, K> {
    /// The terms that documents have, with their numbers: a term of two vocabularies is there twice.
    keys: Vec<(K, usize)>,
    /// By number: how many documents have it.
    counts: Vec<usize>,
    /// The terms of each document, and what its numbers count from.
    documents: Vec<(&'t [u32], usize)>,
}

impl<'t> Pile<'t, &'t str> {
    pub(super) fn of_words(terms: &[&'t Terms]) -> Pile<'t, &'t str> {
        Pile::new(terms, |vocabulary| vocabulary.words().collect(), |found| &found.words)
    }
}

impl<'t> Pile<'t, u64> {
    pub(super) fn of_grams(terms: &[&'t Terms]) -> Pile<'t, u64> {
        Pile::new(terms, |vocabulary| vocabulary.grams.clone(), |found| &found.grams)
    }
}

impl<'t, K: Copy + PartialEq> Pile<'t, K> {
    fn new(
        terms: &[&'t Terms],
        keys_of: impl Fn(&'t Vocabulary) -> Vec<K>,
        numbers_of: impl Fn(&'t Found) -> &'t [u32],
    ) -> Pile<'t, K> {
        let (mut keys, mut counts) = (Vec::new(), Vec::new());
        // Documents share a few vocabularies: one for each thread that read them, one for each edit.
        let mut starts: HashMap<*const Vocabulary, usize> = HashMap::new();
        let mut documents = Vec::with_capacity(terms.len());
        for terms in terms {
            let start = *starts.entry(Arc::as_ptr(&terms.vocabulary)).or_insert_with(|| {
                let start = keys.len();
                keys.extend(keys_of(&terms.vocabulary).into_iter().zip(start..));
                counts.resize(keys.len(), 0);
                start
            });
            let numbers = numbers_of(&terms.found);
            for number in numbers {
                counts[start + (number >> 2) as usize] += 1;
            }
            documents.push((numbers, start));
        }
        keys.retain(|(_, number)| counts[*number] > 0);
        Pile { keys, counts, documents }
    }

    /// Iterates over the terms and how many documents have each; a term may come several times.
    pub(super) fn counts(&self) -> impl Iterator<Item = (K, usize)> {
        self.keys.iter().map(|(key, number)| (*key, self.counts[*number]))
    }

    /// Puts the documents of each term side by side, the terms in the order of what they are sorted by.
    pub(super) fn sorted_by<O: Ord>(mut self, order: impl Fn(K) -> O) -> Merged<K> {
        self.keys.sort_by_cached_key(|(key, _)| order(*key));
        // Where lists begin, and, as they fill up, where they end.
        let (mut keys, mut ends, mut total) = (Vec::new(), Vec::new(), 0);
        let mut places = vec![0; self.counts.len()];
        for (key, number) in &self.keys {
            if keys.last() != Some(key) {
                keys.push(*key);
                ends.push(total);
            }
            places[*number] = keys.len() - 1;
            total += self.counts[*number];
        }
        let mut postings = vec![0; total];
        for (document, (numbers, start)) in (0..).zip(&self.documents) {
            for number in *numbers {
                let end = &mut ends[places[start + (number >> 2) as usize]];
                postings[*end] = document << 2 | number & 3;
                *end += 1;
            }
        }
        Merged { keys, ends, postings }
    }
}
