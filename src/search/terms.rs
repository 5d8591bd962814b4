//! Document -> terms: what one document is found by, read once and kept with its entry.
//!
//! Works on threads of its own: an index must neither wait in a line with pages that are being made, nor
//! hold them up.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{panic, thread};

use super::fold::fold;
use super::lexicon::{Lexicon, Vocabulary, gram};
use super::text::blocks;
use super::texts::{Piece, Sums, sums};
use super::tokens::{Token, tokens};
use crate::catalog::Entry;

/// The terms of one document.
#[derive(Debug)]
pub(super) struct Terms {
    /// What the numbers mean.
    pub(super) vocabulary: Arc<Vocabulary>,
    pub(super) found: Found,
}

/// What is found in one document.
#[derive(Debug)]
pub(super) struct Found {
    /// Numbers of different words, their classes in the two lowest bits.
    pub(super) words: Box<[u32]>,
    /// Numbers of different pairs, likewise.
    pub(super) grams: Box<[u32]>,
    /// How many tokens there are.
    pub(super) length: u32,
    /// Stand for what a shard of texts says of the document.
    pub(super) sums: Sums,
    /// How large the text is.
    pub(super) bytes: usize,
}

/// Whether what shards of texts say is kept, while documents are read, or left to be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Texts {
    Kept,
    Left,
}

/// What a shard of texts says of a document.
pub(super) type Said = Box<[u8]>;

/// What is used again from document to document.
#[derive(Debug, Default)]
struct Scratch {
    folded: String,
    words: Vec<Range<usize>>,
    grams: Vec<u64>,
    piece: Vec<u8>,
    lexicon: Lexicon,
}

impl Found {
    /// Reads a document; what a shard of texts says of it is in the scratch then.
    fn of(entry: &Entry, scratch: &mut Scratch) -> Found {
        let Scratch { folded, words, grams, piece, lexicon } = scratch;
        piece.clear();
        let mut writer = Piece::new(entry, piece);
        let (mut length, mut bytes) = (0, 0);
        blocks(entry, |block| {
            writer.block(&block);
            bytes += block.text.len();
            folded.clear();
            fold(block.text, folded);
            words.clear();
            grams.clear();
            tokens(folded, |token| {
                length += 1;
                match token {
                    Token::Word(word) => words.push(word),
                    Token::Gram(first, second) => grams.push(gram(first, second)),
                }
            });
            lexicon.put_words(folded, words, block.field);
            lexicon.put_grams(grams, block.field);
        });
        writer.end();
        let (words, grams) = lexicon.end_document();
        Found { words, grams, length, sums: sums(piece), bytes }
    }
}

/// Reads documents on a few threads, and tells each with its place among them, and what a shard of texts
/// says of it, if that is kept.
pub(super) fn read(entries: &[&Entry], texts: Texts) -> Vec<(usize, Terms, Option<Said>)> {
    const STEP: usize = 8;
    let threads = rayon::current_num_threads().clamp(1, 4).min(entries.len().div_ceil(STEP));
    let next = AtomicUsize::new(0);
    let work = || {
        let (mut scratch, mut done) = (Scratch::default(), Vec::new());
        loop {
            let start = next.fetch_add(STEP, Ordering::Relaxed);
            let some = entries.iter().enumerate().skip(start).take(STEP);
            if some.len() == 0 {
                break;
            }
            for (at, entry) in some {
                let found = Found::of(entry, &mut scratch);
                done.push((
                    at,
                    found,
                    (texts == Texts::Kept).then(|| scratch.piece.as_slice().into()),
                ));
            }
        }
        let vocabulary = Arc::new(scratch.lexicon.into_vocabulary());
        let terms = |found| Terms { vocabulary: Arc::clone(&vocabulary), found };
        done.into_iter().map(|(at, found, piece)| (at, terms(found), piece)).collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut done = work();
        for other in others {
            done.extend(other.join().unwrap_or_else(|fault| panic::resume_unwind(fault)));
        }
        done
    })
}
