//! Catalog -> index: scripts that a page loads one by one to find what documents say.
//!
//! `search/index.js` says which shards there are: words, their documents, pairs of characters with theirs,
//! and texts. A shard's name has the digest of its bytes. Nothing is made before somebody asks; what an
//! unchanged document is found by is kept from bundle to bundle.

mod bits;
mod fold;
mod lanes;
mod lexicon;
mod merge;
mod shards;
mod terms;
mod text;
mod texts;
mod tokens;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use imbl::OrdMap;
use serde::Serialize;

use crate::catalog::{Catalog, Entry};
use crate::digest::Digest;
use crate::page::encode;
use crate::source::SourcePath;
use merge::Pile;
use shards::Shards;
use terms::{Said, Terms, Texts};

pub use fold::fold;
pub use text::{Block, Field, blocks};
pub use tokens::{Token, tokens};

/// The address of the script that names all others.
pub const INDEX: &str = "search/index.js";

/// What the documents of a site are found by: one place a document, filled when it is first needed.
#[derive(Clone, Debug, Default)]
pub struct Shelf(OrdMap<SourcePath, Arc<OnceLock<Terms>>>);

/// The index of a site.
#[derive(Debug)]
pub struct Index {
    entries: Vec<Arc<Entry>>,
    /// What shards of texts say of the entries, where that is kept.
    pieces: Vec<Option<Said>>,
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
    /// What each address is found by, in three digits.
    addresses: String,
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
        Index::new(catalog, shelf, Texts::Left)
    }

    /// Makes the index for whoever makes all its scripts: texts are kept for them, as large as the site.
    pub fn with_texts(catalog: &Catalog, shelf: &Shelf) -> Index {
        Index::new(catalog, shelf, Texts::Kept)
    }

    fn new(catalog: &Catalog, shelf: &Shelf, kept: Texts) -> Index {
        let found = catalog.entries().filter(|entry| entry.document.matter.redirect.is_none());
        let entries: Vec<Arc<Entry>> = found.cloned().collect();
        let places: Vec<Arc<OnceLock<Terms>>> = entries
            .iter()
            .map(|entry| shelf.0.get(&entry.document.path).cloned().unwrap_or_default())
            .collect();
        let pieces = fill(&entries, &places, kept);
        let terms: Vec<&Terms> = places.iter().filter_map(|place| place.get()).collect();
        let mut files = BTreeMap::new();
        let mut contents = contents(&entries, &terms);
        let ((dictionary, words), (characters, grams)) = std::thread::scope(|scope| {
            let words = scope.spawn(|| shards::words(Pile::of_words(&terms), terms.len()));
            let grams = shards::grams(Pile::of_grams(&terms), terms.len());
            (words.join().unwrap_or_else(|fault| std::panic::resume_unwind(fault)), grams)
        });
        let mut keep = |kind: &str, shards: Shards| {
            let named = shards.into_iter().map(|(count, text)| {
                let mut script = BEFORE.to_vec();
                texts::write_string(&text, &mut script);
                let script = finished(script);
                let name = name(kind, Digest::of(&script));
                files.insert(address(&name), File::Script(script));
                (count, name)
            });
            named.collect::<Vec<_>>()
        };
        contents.characters = characters;
        contents.dictionary = keep("d", dictionary);
        contents.words = keep("w", words);
        contents.grams = keep("g", grams);
        for range in texts::ranges(&entries, &terms) {
            let name = name("t", texts::digest(&terms[range.clone()]));
            contents.texts.push((range.len(), name.clone()));
            files.insert(address(&name), File::Texts(range));
        }
        contents.stamp = Digest::of(&script(&contents)).short();
        files.insert(INDEX.to_owned(), File::Script(script(&contents)));
        Index { entries, pieces, files }
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
        let mut out = Vec::with_capacity(texts::TEXTS_BYTES * 5 / 4);
        out.extend_from_slice(BEFORE);
        out.push(b'[');
        for at in range {
            match &self.pieces[at] {
                Some(piece) => out.extend_from_slice(piece),
                None => texts::write_piece(&self.entries[at], &mut out),
            }
            out.push(b',');
        }
        texts::close_list(&mut out);
        finished(out)
    }
}

/// Reads the documents whose places are empty, and returns what shards of texts say of them, if that is kept.
fn fill(entries: &[Arc<Entry>], places: &[Arc<OnceLock<Terms>>], kept: Texts) -> Vec<Option<Said>> {
    let empty = (0..entries.len()).filter(|at| places[*at].get().is_none());
    let empty: Vec<usize> = empty.collect();
    let unread: Vec<&Entry> = empty.iter().map(|at| &*entries[*at]).collect();
    let mut pieces = Vec::new();
    pieces.resize_with(entries.len(), || None);
    for (at, terms, piece) in terms::read(&unread, kept) {
        // Another thread may have read it meanwhile, and found the same.
        drop(places[empty[at]].set(terms));
        pieces[empty[at]] = piece;
    }
    pieces
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
        lengths: terms.iter().map(|terms| shards::rough(terms.found.length)).collect(),
        langs: entries.iter().map(lang).collect(),
        addresses: entries.iter().flat_map(|entry| mark(&encode(&entry.route))).collect(),
        languages,
        characters: String::new(),
        dictionary: Vec::new(),
        words: Vec::new(),
        grams: Vec::new(),
        texts: Vec::new(),
    }
}

/// Returns three digits that stand for an address: FNV-1a of its UTF-16, which a script has at hand.
fn mark(address: &str) -> [char; 3] {
    let hash = address
        .encode_utf16()
        .fold(0x811c_9dc5_u32, |hash, unit| (hash ^ u32::from(unit)).wrapping_mul(0x0100_0193));
    let radix = u32::from(bits::RADIX);
    [hash / radix / radix % radix, hash / radix % radix, hash % radix].map(bits::digit)
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
