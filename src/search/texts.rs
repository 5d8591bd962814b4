//! Documents -> shards of texts: what snippets are cut from, and what is looked at in the end.

use std::ops::Range;
use std::sync::Arc;

use super::terms::Terms;
use super::text::{Block, Field, blocks};
use super::{lanes, write};
use crate::catalog::Entry;
use crate::digest::Digest;
use crate::document::Kind;
use crate::page::encode;

/// How large a shard of texts is at most, where documents are small.
pub(super) const TEXTS_BYTES: usize = 32 << 10;

/// Writes one document as a shard of texts has it: address, title, language, whether it is a deck, other
/// names, pieces. A piece is a text, the anchor and text of a heading, or the number of the slide that begins.
pub(super) struct Piece<'o> {
    out: &'o mut Vec<u8>,
    slide: usize,
    /// Whether the names have ended.
    in_text: bool,
}

impl<'o> Piece<'o> {
    pub(super) fn new(entry: &Entry, out: &'o mut Vec<u8>) -> Piece<'o> {
        out.push(b'[');
        for text in [&encode(&entry.route), &entry.title, &entry.lang] {
            write_string(text, out);
            out.push(b',');
        }
        let deck: &[u8] = if entry.kind == Kind::Deck { b"1,[" } else { b"0,[" };
        out.extend_from_slice(deck);
        Piece { out, slide: 0, in_text: false }
    }

    pub(super) fn block(&mut self, block: &Block<'_>) {
        if block.field == Field::Title {
            return;
        }
        if block.field != Field::Alias {
            self.begin_text();
        }
        if block.slide != self.slide {
            self.slide = block.slide;
            write(&block.slide, self.out);
            self.out.push(b',');
        }
        if block.field == Field::Heading {
            self.out.push(b'[');
            write_string(block.anchor, self.out);
            self.out.push(b',');
            write_string(block.text, self.out);
            self.out.push(b']');
        } else {
            write_string(block.text, self.out);
        }
        self.out.push(b',');
    }

    fn begin_text(&mut self) {
        if !self.in_text {
            self.in_text = true;
            close_list(self.out);
            self.out.extend_from_slice(b",[");
        }
    }

    pub(super) fn end(mut self) {
        self.begin_text();
        close_list(self.out);
        self.out.push(b']');
    }
}

/// Writes what a shard of texts says of one document.
pub(super) fn write_piece(entry: &Entry, out: &mut Vec<u8>) {
    let mut piece = Piece::new(entry, out);
    blocks(entry, |block| piece.block(&block));
    piece.end();
}

/// Ends a list whose last comma is too much.
pub(super) fn close_list(out: &mut Vec<u8>) {
    if out.ends_with(b",") {
        out.pop();
    }
    out.push(b']');
}

/// Writes a text; nearly all are written as they are.
pub(super) fn write_string(text: &str, out: &mut Vec<u8>) {
    let is_odd = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
    let last = text.bytes().next_back();
    if lanes::any_pair(text.as_bytes(), |byte, _| is_odd(byte)) || last.is_some_and(is_odd) {
        return write(text, out);
    }
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// Cuts the documents into shards of texts. Some paths like to begin one, so that cuts find their old
/// places again behind a page that came, grew or went.
pub(super) fn ranges(entries: &[Arc<Entry>], terms: &[&Terms]) -> Vec<Range<usize>> {
    let (mut ranges, mut start, mut bytes) = (Vec::new(), 0, 0);
    for (at, (entry, terms)) in entries.iter().zip(terms).enumerate() {
        let likes = || Digest::of(entry.document.path.as_str().as_bytes()).as_bytes()[0] < 64;
        let size = terms.found.bytes;
        let full = bytes + size > TEXTS_BYTES || (bytes > TEXTS_BYTES / 2 && likes());
        if start < at && full {
            ranges.push(start..at);
            (start, bytes) = (at, 0);
        }
        bytes += size;
    }
    if start < entries.len() {
        ranges.push(start..entries.len());
    }
    ranges
}

/// What stands for the bytes that a shard of texts says of one document.
pub(super) type Sums = [u64; 4];

/// Sums a text up: four sums of 64 bits side by side, each taking every fourth word.
///
/// Their digest names the shard. A digest of each document took a twentieth of the whole index.
pub(super) fn sums(text: &[u8]) -> Sums {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut sums = [text.len() as u64, 1, 2, 3];
    let mut add = |words: &[[u8; 8]]| {
        for (sum, word) in sums.iter_mut().zip(words) {
            *sum = (sum.rotate_left(29) ^ u64::from_le_bytes(*word)).wrapping_mul(ODD);
        }
    };
    let (blocks, rest) = text.as_chunks::<32>();
    let mut last = [0; 32];
    last[..rest.len()].copy_from_slice(rest);
    for block in blocks.iter().chain([&last]) {
        add(block.as_chunks().0);
    }
    sums
}

/// Returns what stands for the bytes of a shard of texts, which are not made yet.
pub(super) fn digest(terms: &[&Terms]) -> Digest {
    let sums = terms.iter().flat_map(|terms| &terms.found.sums);
    Digest::of(&sums.flat_map(|sum| sum.to_le_bytes()).collect::<Vec<u8>>())
}
