//! Names that are said and not linked: titles and aliases in the text of other documents.
//!
//! All names are looked for at once, and the longest wins where several begin. What an unchanged document
//! says is kept from state to state; a name that came or went is looked for in the texts that are kept.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use aho_corasick::AhoCorasick;
use rayon::prelude::*;

use super::ties::leads_on;
use super::{Catalog, Entry, Mention};
use crate::document::{Document, Kind, Sentence, running};
use crate::source::SourcePath;

/// Names so general that to find one says nothing.
const GENERAL: &[&str] = &[
    "about",
    "all",
    "faq",
    "help",
    "home",
    "index",
    "list",
    "news",
    "page",
    "pages",
    "readme",
    "todo",
    "top",
    "wiki",
    "はじめに",
    "ページ",
    "まとめ",
    "メモ",
    "一覧",
    "使い方",
    "目次",
    "索引",
];

/// Nobody writes out longer names; to look for one of a megabyte takes minutes.
const NAME_MAX: usize = 100;

/// A document that names another without a link.
#[derive(Clone, Debug)]
pub struct Naming {
    pub from: Arc<Entry>,
    /// The slide on which it does; nothing on a page.
    pub slide: Option<u32>,
    pub sentence: Sentence,
}

/// What is known of names in texts, if anybody wanted to know. A changed catalog looks again, at what changed.
#[derive(Debug, Default)]
pub(super) struct Spoken {
    now: OnceLock<Arc<Heard>>,
    last: Option<Arc<Heard>>,
}

impl Clone for Spoken {
    fn clone(&self) -> Spoken {
        Spoken { now: OnceLock::new(), last: self.now.get().or(self.last.as_ref()).cloned() }
    }
}

impl Spoken {
    /// Says that the catalog changes.
    pub(super) fn forget(&mut self) {
        *self = self.clone();
    }
}

/// The names of all documents and where they are said.
#[derive(Debug)]
struct Heard {
    names: Names,
    texts: BTreeMap<SourcePath, Arc<Text>>,
    /// By path of the document that is named: who names it, and the place among what that one says.
    by: HashMap<SourcePath, Vec<(SourcePath, usize)>>,
}

/// Folded names, each with the documents that bear it.
#[derive(Debug)]
struct Names {
    list: Vec<(String, Vec<SourcePath>)>,
    machine: Option<AhoCorasick>,
}

/// What one document says.
#[derive(Debug)]
struct Text {
    document: Arc<Document>,
    blocks: Arc<Vec<Block>>,
    said: Vec<Said>,
}

#[derive(Debug)]
struct Block {
    slide: Option<u32>,
    text: String,
    /// The same letter by letter, as names are compared, without code and links.
    folded: String,
}

/// A name in a text: the first time that it is there.
#[derive(Debug)]
struct Said {
    name: String,
    slide: Option<u32>,
    sentence: Sentence,
}

impl Catalog {
    /// Returns who names a document's work and is none of its mentions; nothing in a site of more than `limit`
    /// documents.
    pub fn namings(&self, entry: &Arc<Entry>, mentions: &[Mention], limit: usize) -> Vec<Naming> {
        if self.entries.len() > limit {
            return Vec::new();
        }
        let heard = self.spoken.now.get_or_init(|| Arc::new(self.hear(Heard::texts_in_turn)));
        let versions = self.versions(entry);
        let paths = versions.iter().map(|version| &version.document.path);
        let mut namings: BTreeMap<&SourcePath, Naming> = BTreeMap::new();
        for (path, at) in paths.filter_map(|path| heard.by.get(path)).flatten() {
            let Some((from, text)) = self.entries.get(path).zip(heard.texts.get(path)) else {
                continue;
            };
            let is_linked = mentions.iter().any(|mention| Arc::ptr_eq(&mention.from, from));
            if is_linked || !self.speaks_of(from, entry) {
                continue;
            }
            let said = &text.said[*at];
            let naming = || Naming {
                from: Arc::clone(from),
                slide: said.slide,
                sentence: said.sentence.clone(),
            };
            namings.entry(path).or_insert_with(naming);
        }
        namings.into_values().collect()
    }

    /// Looks for all names at once, on all threads: for those who make every page of a site.
    pub fn hear_all(&self, limit: usize) {
        if self.entries.len() <= limit && self.spoken.now.get().is_none() {
            let heard = Arc::new(self.hear(Heard::texts_at_once));
            drop(self.spoken.now.set(heard));
        }
    }

    fn hear(&self, read: impl Fn(&Job<'_>) -> BTreeMap<SourcePath, Arc<Text>>) -> Heard {
        let last = self.spoken.last.as_deref();
        let list = names(self);
        let known = last.filter(|last| last.names.list == list);
        let changed: BTreeSet<&str> = match (known, last) {
            (None, Some(last)) => {
                let [before, now] = [&last.names.list, &list].map(|list| {
                    list.iter().map(|(name, _)| name.as_str()).collect::<BTreeSet<&str>>()
                });
                before.symmetric_difference(&now).copied().collect()
            }
            _ => BTreeSet::new(),
        };
        let machine = match known {
            Some(known) => known.names.machine.clone(),
            None => AhoCorasick::new(list.iter().map(|(name, _)| name)).ok(),
        };
        let changed: Vec<String> = changed.into_iter().map(str::to_owned).collect();
        let names = Names { list, machine };
        let texts = read(&Job { catalog: self, names: &names, last, changed: &changed });
        let mut by: HashMap<SourcePath, Vec<(SourcePath, usize)>> = HashMap::new();
        for (path, text) in &texts {
            for (at, said) in text.said.iter().enumerate() {
                for bearer in names.bearers(&said.name) {
                    by.entry(bearer.clone()).or_default().push((path.clone(), at));
                }
            }
        }
        Heard { names, texts, by }
    }
}

/// What reading all texts needs.
struct Job<'a> {
    catalog: &'a Catalog,
    names: &'a Names,
    last: Option<&'a Heard>,
    /// Names that came or went since.
    changed: &'a [String],
}

impl Heard {
    fn texts_in_turn(job: &Job<'_>) -> BTreeMap<SourcePath, Arc<Text>> {
        let entries = job.catalog.entries.iter().filter(|(_, entry)| !leads_on(entry));
        entries.map(|(path, entry)| (path.clone(), job.text(entry))).collect()
    }

    fn texts_at_once(job: &Job<'_>) -> BTreeMap<SourcePath, Arc<Text>> {
        let entries: Vec<_> = job.catalog.entries.iter().filter(|(_, it)| !leads_on(it)).collect();
        let texts = entries.par_iter().map(|(path, entry)| ((*path).clone(), job.text(entry)));
        texts.collect::<Vec<_>>().into_iter().collect()
    }
}

impl Job<'_> {
    /// Returns what a document says: as it was, where nothing of it can have changed.
    fn text(&self, entry: &Entry) -> Arc<Text> {
        let document = &entry.document;
        let last = self.last.and_then(|last| last.texts.get(&document.path));
        let last = last.filter(|last| Arc::ptr_eq(&last.document, document));
        let has = |text: &Text| {
            let blocks = || text.blocks.iter().map(|block| block.folded.as_str());
            self.changed.iter().any(|name| blocks().any(|block| block.contains(name.as_str())))
        };
        match last {
            Some(last) if !has(last) => Arc::clone(last),
            _ => {
                let known = last.map(|last| Arc::clone(&last.blocks));
                let blocks = known.unwrap_or_else(|| Arc::new(blocks(document)));
                let said = self.names.said(&blocks);
                Arc::new(Text { document: Arc::clone(document), blocks, said })
            }
        }
    }
}

impl Names {
    fn bearers(&self, name: &str) -> &[SourcePath] {
        let at = self.list.binary_search_by(|(other, _)| other.as_str().cmp(name));
        at.map_or(&[], |at| &self.list[at].1)
    }

    /// Returns the names that stand in blocks, each where it is first: of those that begin in one place
    /// the longest, and none within another.
    fn said(&self, blocks: &[Block]) -> Vec<Said> {
        let Some(machine) = &self.machine else { return Vec::new() };
        let mut said: Vec<Said> = Vec::new();
        for block in blocks {
            let found = machine.find_overlapping_iter(&block.folded);
            let found = found.map(|found| (found.start(), found.end()));
            let mut found: Vec<_> = found.filter(|(a, b)| stands(&block.folded, *a, *b)).collect();
            found.sort_unstable_by_key(|(start, end)| (*start, usize::MAX - end));
            let mut free = 0;
            for (start, end) in found {
                if start < free {
                    continue;
                }
                free = end;
                let name = &block.folded[start..end];
                if said.iter().any(|known| known.name == name) {
                    continue;
                }
                let sentence = sentence(block, start, end);
                said.push(Said { name: name.to_owned(), slide: block.slide, sentence });
            }
        }
        said
    }
}

/// Cuts the sentence around a name; folded letters are as many as those that are written.
fn sentence(block: &Block, start: usize, end: usize) -> Sentence {
    let letters = |text: &str| text.chars().count();
    let (first, count) = (letters(&block.folded[..start]), letters(&block.folded[start..end]));
    let mut ends = block.text.char_indices().map(|(at, _)| at).chain([block.text.len()]);
    let from = ends.nth(first).unwrap_or(0);
    let to = ends.nth(count - 1).unwrap_or(block.text.len());
    Sentence::around(&block.text, from..to)
}

/// Tells whether a name stands by itself. Words of scripts that put spaces between them end at a space or a
/// mark; Japanese needs none.
fn stands(text: &str, start: usize, end: usize) -> bool {
    let parted = |inside: Option<char>, outside: Option<char>| {
        !(inside.is_some_and(is_word) && outside.is_some_and(is_word))
    };
    let name = &text[start..end];
    parted(name.chars().next(), text[..start].chars().next_back())
        && parted(name.chars().next_back(), text[end..].chars().next())
}

/// Tells letters and digits of scripts that put spaces between words.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() && !matches!(c, '\u{e00}'..='\u{edf}' | '\u{2e80}'..='\u{10ffff}')
}

/// Folds a text letter by letter: width and case tell no names apart.
fn fold(text: &str) -> String {
    let plain = |c: char| match c {
        '_' | '\u{a0}' | '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => {
            let narrow = u32::from(c).checked_sub(0xfee0).and_then(char::from_u32);
            narrow.unwrap_or(c).to_ascii_lowercase()
        }
        c if c.is_ascii() => c.to_ascii_lowercase(),
        // Kana and ideographs, which have no case.
        '\u{3001}'..='\u{9fff}' => c,
        c => {
            let mut lower = c.to_lowercase();
            lower.next().filter(|_| lower.next().is_none()).unwrap_or(c)
        }
    };
    text.chars().map(plain).collect()
}

/// Returns the names of all documents, but those that say too little.
fn names(catalog: &Catalog) -> Vec<(String, Vec<SourcePath>)> {
    let mut names: BTreeMap<String, Vec<SourcePath>> = BTreeMap::new();
    for entry in catalog.entries().filter(|entry| !leads_on(entry)) {
        let mut own: Vec<String> = entry.labels().map(|name| fold(name.trim())).collect();
        own.sort();
        own.dedup();
        for name in own.into_iter().filter(|name| tells(name)) {
            names.entry(name).or_default().push(entry.document.path.clone());
        }
    }
    names.into_iter().collect()
}

/// Tells whether a name is long and rare enough to mean its document where it stands.
fn tells(name: &str) -> bool {
    let count = name.chars().count();
    let narrow = name.chars().all(|c| u32::from(c) < 0x2e80);
    let hiragana = name.chars().all(|c| matches!(c, '\u{3041}'..='\u{309f}' | '\u{30fc}'));
    let least = if narrow || hiragana { 3 } else { 2 };
    (least..=NAME_MAX).contains(&count)
        && !name.chars().all(|c| c.is_numeric() || c.is_whitespace())
        && !GENERAL.contains(&name)
}

fn blocks(document: &Document) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut read = |prose, slide| {
        running(prose, &mut |text: &str, open: &str| {
            blocks.push(Block { slide, text: text.to_owned(), folded: fold(open) });
        });
    };
    match document.kind {
        Kind::Page => read(&document.body, None),
        Kind::Deck => {
            for (number, slide) in (1..).zip(&document.slides) {
                read(&slide.prose, Some(number));
            }
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::{fold, stands, tells};

    #[test]
    fn a_name_stands_by_itself() {
        let at = |text: &str, name: &str| {
            let start = text.find(name).unwrap_or(0);
            stands(text, start, start + name.len())
        };
        assert!(at("an ebs volume", "ebs"));
        assert!(at("この ebsの", "ebs"));
        assert!(at("雨の日の路面電車", "路面電車"));
        assert!(!at("webs", "ebs"));
        assert!(!at("ebs2", "ebs"));
    }

    #[test]
    fn names_that_say_too_little_are_none() {
        for name in ["S3", "2011", "Help", "目次", "こと", "雨", &"x".repeat(101)] {
            assert!(!tells(&fold(name)), "{name}");
        }
        for name in ["ＥＢＳ", "路面", "ことば", "2011年", "t1.micro"] {
            assert!(tells(&fold(name)), "{name}");
        }
        assert_eq!(fold("Ｅlastic_IP　É"), "elastic ip é");
    }
}
