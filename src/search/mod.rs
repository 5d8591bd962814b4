//! Catalog -> index: scripts that a page loads one by one to find what documents say.
//!
//! `search/index.js` says which shards there are: words, their documents, pairs of characters with theirs,
//! and texts. A shard's name has the digest of its bytes. Nothing is made before somebody asks; what an
//! unchanged document is found by is kept from bundle to bundle.

mod bits;
mod fold;
mod lanes;
mod merge;
mod shards;
mod terms;
mod text;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use imbl::OrdMap;
use serde::Serialize;

use crate::catalog::{Catalog, Entry};
use crate::digest::Digest;
use crate::document::Kind;
use crate::page::encode;
use crate::source::SourcePath;
use terms::{Scratch, Terms};

pub use fold::{Token, fold, tokens};
pub use text::{Block, Field, blocks};

/// The address of the script that names all others.
pub const INDEX: &str = "search/index.js";

/// How large a shard of texts is at most, where documents are small.
const TEXTS_BYTES: usize = 32 << 10;

/// What the documents of a site are found by: one place a document, filled when it is first needed.
#[derive(Clone, Debug, Default)]
pub struct Shelf(OrdMap<SourcePath, Arc<OnceLock<Terms>>>);

/// The index of a site.
#[derive(Debug)]
pub struct Index {
    entries: Vec<Arc<Entry>>,
    files: BTreeMap<String, File>,
}

#[derive(Debug)]
enum File {
    Script(Vec<u8>),
    /// The texts of these entries: made when asked for, for they are as large as the site.
    Texts(Range<usize>),
}

impl Shelf {
    /// Makes a place for each entry.
    pub fn of(catalog: &Catalog) -> Shelf {
        let paths = catalog.entries().map(|entry| entry.document.path.clone());
        Shelf(paths.map(|path| (path, Arc::default())).collect())
    }

    /// Forgets what the document at a path was found by.
    pub fn forget(&mut self, path: &SourcePath) {
        self.0.insert(path.clone(), Arc::default());
    }

    pub fn remove(&mut self, path: &SourcePath) {
        self.0.remove(path);
    }
}

/// What `search/index.js` says; shards are told as the number of terms or documents in each, and its name.
#[derive(Debug, Serialize)]
struct Contents<'a> {
    stamp: String,
    /// How long each document is, roughly.
    lengths: String,
    /// The languages, and for each document which of them is its own.
    languages: Vec<&'a str>,
    langs: String,
    /// All characters of pairs in their order.
    characters: String,
    dictionary: Vec<(usize, String)>,
    words: Vec<(usize, String)>,
    grams: Vec<(usize, String)>,
    texts: Vec<(usize, String)>,
}

impl Index {
    /// Makes the index of all documents but those that only lead on.
    pub fn of(catalog: &Catalog, shelf: &Shelf) -> Index {
        let found = catalog.entries().filter(|entry| entry.document.matter.redirect.is_none());
        let entries: Vec<Arc<Entry>> = found.cloned().collect();
        let places: Vec<Arc<OnceLock<Terms>>> = entries
            .iter()
            .map(|entry| shelf.0.get(&entry.document.path).cloned().unwrap_or_default())
            .collect();
        let pairs: Vec<_> = entries.iter().zip(&places).collect();
        let terms: Vec<&Terms> =
            merge::spread(&pairs, Scratch::default, |(entry, place), scratch| {
                place.get_or_init(|| Terms::of(entry, scratch))
            });
        let mut files = BTreeMap::new();
        let mut contents = contents(&entries, &terms);
        let (words, mut grams) = merge::merge(&terms);
        let count = entries.len();
        let (words, (characters, grams)) = std::thread::scope(|scope| {
            let words = scope.spawn(|| (shards::dictionary(&words), shards::words(&words, count)));
            let grams = shards::grams(&mut grams, count);
            (words.join().unwrap_or_else(|fault| std::panic::resume_unwind(fault)), grams)
        });
        let mut keep = |kind: &str, shards: shards::Shards| {
            let named = shards.into_iter().map(|(count, text)| {
                let script = script(&text);
                let name = name(kind, Digest::of(&script));
                files.insert(address(&name), File::Script(script));
                (count, name)
            });
            named.collect::<Vec<_>>()
        };
        contents.characters = characters;
        contents.dictionary = keep("d", words.0);
        contents.words = keep("w", words.1);
        contents.grams = keep("g", grams);
        for range in ranges(&entries, &terms) {
            let name = name("t", digest(&entries[range.clone()], &terms[range.clone()]));
            contents.texts.push((range.len(), name.clone()));
            files.insert(address(&name), File::Texts(range));
        }
        contents.stamp = Digest::of(&script(&contents)).short();
        files.insert(INDEX.to_owned(), File::Script(script(&contents)));
        Index { entries, files }
    }

    /// Iterates over the addresses of the index's scripts.
    pub fn addresses(&self) -> impl Iterator<Item = &String> {
        self.files.keys()
    }

    /// Makes the script at an address, if there is one.
    pub fn make(&self, address: &str) -> Option<Vec<u8>> {
        Some(match self.files.get(address)? {
            File::Script(script) => script.clone(),
            File::Texts(range) => self.texts(range.clone()),
        })
    }

    fn texts(&self, range: Range<usize>) -> Vec<u8> {
        let mut out = Vec::with_capacity(TEXTS_BYTES * 5 / 4);
        out.extend_from_slice(BEFORE);
        out.push(b'[');
        for entry in &self.entries[range] {
            write_text(entry, &mut out);
            out.push(b',');
        }
        close_list(&mut out);
        finished(out)
    }
}

/// Writes one document as a shard of texts has it: address, title, language, whether it is a deck, other
/// names, pieces. A piece is a text, the anchor and text of a heading, or the number of the slide that begins.
fn write_text(entry: &Entry, out: &mut Vec<u8>) {
    let deck = u8::from(entry.kind == Kind::Deck);
    out.push(b'[');
    for text in [&encode(&entry.route), &entry.title, &entry.lang] {
        write_string(text, out);
        out.push(b',');
    }
    write(&deck, out);
    out.extend_from_slice(b",[");
    let (mut slide, mut pieces) = (0, false);
    blocks(entry, |block| {
        if block.field == Field::Title {
            return;
        }
        if block.field != Field::Alias && !pieces {
            pieces = true;
            close_list(out);
            out.extend_from_slice(b",[");
        }
        if block.slide != slide {
            slide = block.slide;
            write(&slide, out);
            out.push(b',');
        }
        match block.field {
            Field::Heading => {
                out.push(b'[');
                write_string(block.anchor, out);
                out.push(b',');
                write_string(block.text, out);
                out.push(b']');
            }
            _ => write_string(block.text, out),
        }
        out.push(b',');
    });
    close_list(out);
    out.extend_from_slice(if pieces { b"]" } else { b",[]]" });
}

/// Ends a list whose last comma is too much.
fn close_list(out: &mut Vec<u8>) {
    if out.ends_with(b",") {
        out.pop();
    }
    out.push(b']');
}

/// Writes a text; nearly all are written as they are.
fn write_string(text: &str, out: &mut Vec<u8>) {
    let is_odd = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
    if lanes::any_pair(text.as_bytes(), |byte, _| is_odd(byte))
        || text.bytes().last().is_some_and(is_odd)
    {
        return write(text, out);
    }
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

fn write(value: &(impl Serialize + ?Sized), out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("texts and numbers are JSON");
}

fn contents<'a>(entries: &'a [Arc<Entry>], terms: &[&Terms]) -> Contents<'a> {
    let mut languages: Vec<&str> = entries.iter().map(|entry| entry.lang.as_str()).collect();
    languages.sort_unstable();
    languages.dedup();
    let lang = |entry: &Arc<Entry>| {
        let place = languages.binary_search(&entry.lang.as_str()).unwrap_or(0);
        bits::digit(u32::try_from(place).unwrap_or(0))
    };
    Contents {
        stamp: String::new(),
        lengths: terms.iter().map(|terms| shards::rough(terms.length)).collect(),
        langs: entries.iter().map(lang).collect(),
        languages,
        characters: String::new(),
        dictionary: Vec::new(),
        words: Vec::new(),
        grams: Vec::new(),
        texts: Vec::new(),
    }
}

/// Cuts the documents into shards of texts. Some paths like to begin one, so that cuts find their old
/// places again behind a page that came, grew or went.
fn ranges(entries: &[Arc<Entry>], terms: &[&Terms]) -> Vec<Range<usize>> {
    let (mut ranges, mut start, mut bytes) = (Vec::new(), 0, 0);
    for (at, (entry, terms)) in entries.iter().zip(terms).enumerate() {
        let likes = || Digest::of(entry.document.path.as_str().as_bytes()).as_bytes()[0] < 64;
        let full = bytes + terms.bytes > TEXTS_BYTES || (bytes > TEXTS_BYTES / 2 && likes());
        if start < at && full {
            ranges.push(start..at);
            (start, bytes) = (at, 0);
        }
        bytes += terms.bytes;
    }
    if start < entries.len() {
        ranges.push(start..entries.len());
    }
    ranges
}

/// Returns what stands for the bytes of a shard of texts, which are not made yet.
fn digest(entries: &[Arc<Entry>], terms: &[&Terms]) -> Digest {
    let format = env!("CARGO_PKG_VERSION").as_bytes();
    let parts = entries.iter().zip(terms).flat_map(|(entry, terms)| {
        let names = [entry.route.as_bytes(), entry.title.as_bytes(), entry.lang.as_bytes()];
        names.into_iter().chain([terms.digest.as_bytes()])
    });
    Digest::of_parts(std::iter::once(format).chain(parts))
}

/// Tells whether an address is that of a shard, which bears the digest of what it holds.
pub fn is_shard(address: &str) -> bool {
    let named = || address.strip_prefix("search/")?.strip_suffix(".js")?.split_once('-');
    named().is_some_and(|(kind, digest)| {
        kind.len() == 1 && digest.len() == 16 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn name(kind: &str, digest: Digest) -> String {
    format!("{kind}-{}", digest.short())
}

fn address(name: &str) -> String {
    format!("search/{name}.js")
}

/// How a script begins that hands the page a value.
const BEFORE: &[u8] = b"kamiSearch.put(";

fn script(value: &(impl Serialize + ?Sized)) -> Vec<u8> {
    let mut out = BEFORE.to_vec();
    write(value, &mut out);
    finished(out)
}

/// Ends a script. Old browsers took two characters for the ends of lines, within a text too.
fn finished(mut script: Vec<u8>) -> Vec<u8> {
    script.extend_from_slice(b");\n");
    if memchr::memmem::find(&script, b"\xe2\x80\xa8").is_none()
        && memchr::memmem::find(&script, b"\xe2\x80\xa9").is_none()
    {
        return script;
    }
    let text = String::from_utf8_lossy(&script);
    text.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029").into_bytes()
}
