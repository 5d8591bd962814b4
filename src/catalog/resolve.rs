//! What a link leads to, and who links to a document.

use std::sync::Arc;

use super::names::{exact, fold, join, key, last};
use super::{Catalog, Entry};
use crate::document::{Form, Kind, Link};
use crate::source::SourcePath;

/// What a link leads to today.
#[derive(Clone, Debug)]
pub enum Resolution {
    Document {
        entry: Arc<Entry>,
        /// The fragment of the address; nothing when the link names no place in the document.
        fragment: Option<String>,
        /// Whether the link names a place that the document does not have.
        lost: bool,
        /// Other documents that answer to the same name.
        others: Vec<SourcePath>,
    },
    Asset(SourcePath),
    Tag(String),
    Missing,
}

/// One link to a document, seen from the document.
#[derive(Clone, Debug)]
pub struct Mention {
    pub from: Arc<Entry>,
    /// The index of the link in its document.
    pub link: usize,
}

/// Cuts what a Markdown link has and a name has not.
pub(super) fn bare(target: &str) -> &str {
    let target =
        target.strip_suffix(".md").or_else(|| target.strip_suffix(".html")).unwrap_or(target);
    target.strip_suffix("/index").unwrap_or(target)
}

/// Cuts a language suffix off a folded name: `ebs.en` may be the English `ebs`.
pub(super) fn without_lang(folded: &str) -> &str {
    match folded.rsplit_once('.') {
        Some((stem, lang)) if lang.len() == 2 && !stem.is_empty() => stem,
        _ => folded,
    }
}

impl Catalog {
    /// Finds what a link of `from` leads to. The first rule with a hit wins.
    pub fn resolve(&self, from: &Arc<Entry>, link: &Link) -> Resolution {
        if link.target.is_empty() {
            return self.at(Arc::clone(from), link, Vec::new());
        }
        if let Some(tag) = category(&link.target).filter(|_| link.form == Form::Wiki) {
            return Resolution::Tag(tag.to_owned());
        }
        let target = bare(&link.target);
        if let Some(resolution) = self.exact_file(from, link) {
            return resolution;
        }
        let found = self.named_by(from, target).or_else(|| {
            target.contains(':').then(|| self.named_by(from, &target.replace(':', "/"))).flatten()
        });
        if let Some((entry, others)) = found {
            return self.at(entry, link, others);
        }
        self.resolve_asset(from, &link.target).map_or(Resolution::Missing, Resolution::Asset)
    }

    /// `[text](EBS.en.md)` names a file, its language included.
    fn exact_file(&self, from: &Arc<Entry>, link: &Link) -> Option<Resolution> {
        if link.form != Form::Markdown || !link.target.ends_with(".md") {
            return None;
        }
        let entry = self.entries.get(&SourcePath::new(join(from.folder(), &link.target)?))?;
        let in_reading_language =
            self.versions(entry).into_iter().find(|other| other.lang == from.lang);
        let suffixed = last(bare(&link.target)) != last(&entry.name);
        let entry = if suffixed { entry } else { in_reading_language.unwrap_or(entry) };
        Some(self.at(Arc::clone(entry), link, Vec::new()))
    }

    fn named_by(&self, from: &Arc<Entry>, target: &str) -> Option<(Arc<Entry>, Vec<SourcePath>)> {
        let folded = fold(target);
        let mut candidates: Vec<&Arc<Entry>> = Vec::new();
        for name in [folded.as_str(), last(&folded)] {
            for entry in self.named.get(&key(name)).into_iter().flatten() {
                if !candidates.iter().any(|other| Arc::ptr_eq(other, entry)) {
                    candidates.push(entry);
                }
            }
        }
        if candidates.is_empty() {
            return None;
        }
        let spelled = exact(target);
        let joined = |folder: &str| join(folder, &spelled).map(|path| exact(&path));
        let own = joined(from.folder());
        let tops = [joined("wiki"), joined("decks"), joined("")];
        let rules: [&dyn Fn(&Entry) -> bool; 4] = [
            &|entry| own.as_ref() == Some(&entry.full_name),
            &|entry| tops.iter().flatten().any(|path| *path == entry.full_name),
            &|entry| entry.labels.contains(&spelled),
            &|entry| entry.folded.contains(&folded),
        ];
        let relative = target.starts_with("./") || target.starts_with("../");
        for (index, rule) in rules.iter().enumerate() {
            if relative && index > 0 {
                return None;
            }
            let mut hits: Vec<&Arc<Entry>> =
                candidates.iter().copied().filter(|entry| rule(entry)).collect();
            if hits.is_empty() {
                continue;
            }
            // `wiki/` goes before `decks/` in the second rule.
            if index == 1 && hits.iter().any(|entry| entry.kind == Kind::Page) {
                hits.retain(|entry| entry.kind == Kind::Page || target.starts_with("decks/"));
            }
            return Some(self.nearest(from, hits));
        }
        None
    }

    /// Chooses among documents that answer to one name: own language, then the nearest folder.
    fn nearest(&self, from: &Arc<Entry>, hits: Vec<&Arc<Entry>>) -> (Arc<Entry>, Vec<SourcePath>) {
        let mut works: Vec<&Arc<Entry>> = Vec::new();
        for hit in hits {
            if !works.iter().any(|other| other.kind == hit.kind && other.name == hit.name) {
                works.push(hit);
            }
        }
        let mut versions: Vec<&Arc<Entry>> =
            works.iter().map(|work| self.version(work, &from.lang)).collect();
        if versions.iter().any(|entry| entry.lang == from.lang) {
            versions.retain(|entry| entry.lang == from.lang);
        }
        let common = |entry: &Entry| {
            let own = from.folder().split('/');
            own.zip(entry.folder().split('/')).take_while(|(a, b)| a == b).count()
        };
        versions.sort_by_key(|entry| {
            (usize::MAX - common(entry), entry.name.len(), entry.document.path.clone())
        });
        let others = versions[1..].iter().map(|entry| entry.document.path.clone()).collect();
        (Arc::clone(versions[0]), others)
    }

    /// Returns the version of a work in a language, else in the entry's own.
    fn version<'a>(&'a self, entry: &'a Arc<Entry>, lang: &str) -> &'a Arc<Entry> {
        if entry.lang == lang {
            return entry;
        }
        self.versions(entry).into_iter().find(|other| other.lang == lang).unwrap_or(entry)
    }

    fn at(&self, entry: Arc<Entry>, link: &Link, others: Vec<SourcePath>) -> Resolution {
        let Some(anchor) = link.anchor.as_deref().filter(|anchor| !anchor.is_empty()) else {
            return Resolution::Document { entry, fragment: None, lost: false, others };
        };
        let fragment = fragment(&entry, anchor);
        let lost = fragment.is_none();
        Resolution::Document { entry, fragment, lost, others }
    }

    /// Finds a file by path from a document, from `wiki/`, `decks/` and the top, or by its bare name.
    pub fn resolve_asset(&self, from: &Entry, target: &str) -> Option<SourcePath> {
        for folder in [from.folder(), "wiki", "decks", ""] {
            let path = join(folder, target.trim_start_matches('/')).map(SourcePath::new);
            if let Some(path) = path.filter(|path| self.assets.contains_key(path)) {
                return Some(path);
            }
        }
        if target.contains('/') {
            return None;
        }
        let named = self.asset_names.get(&key(&fold(target)))?;
        named.iter().find(|path| !path.as_str().starts_with("static/")).cloned()
    }

    /// Returns all links to an entry's work, in the order of their documents; a document with a
    /// version in the entry's language speaks in that version alone.
    pub fn mentions(&self, entry: &Arc<Entry>) -> Vec<Mention> {
        let mut paths: Vec<&SourcePath> = Vec::new();
        for version in self.versions(entry) {
            for name in &version.name_keys {
                paths.extend(self.linking.get(name).into_iter().flatten());
            }
        }
        paths.sort_unstable();
        paths.dedup();
        let mut mentions = Vec::new();
        for from in paths.into_iter().filter_map(|path| self.entries.get(path)) {
            let same_work = from.kind == entry.kind && from.name == entry.name;
            let other_version =
                from.lang != entry.lang && self.version(from, &entry.lang).lang == entry.lang;
            if same_work || other_version {
                continue;
            }
            for (link, written) in from.document.links.iter().enumerate() {
                if let Resolution::Document { entry: target, .. } = self.resolve(from, written)
                    && target.kind == entry.kind
                    && target.name == entry.name
                {
                    mentions.push(Mention { from: Arc::clone(from), link });
                }
            }
        }
        mentions
    }
}

/// Returns the tag of `Category:X`.
pub(super) fn category(target: &str) -> Option<&str> {
    let (space, name) = target.split_once(':')?;
    let is_category = space.eq_ignore_ascii_case("category") || space == "カテゴリ";
    is_category.then(|| name.trim()).filter(|name| !name.is_empty())
}

/// Returns the fragment of a place in a document: a slide's number or key, a heading, a path of headings.
fn fragment(entry: &Entry, anchor: &str) -> Option<String> {
    let document = &entry.document;
    if entry.kind == Kind::Deck {
        let number = anchor.split('.').next().and_then(|n| n.parse::<usize>().ok());
        if let Some(number) = number {
            return (1..=document.slides.len()).contains(&number).then(|| anchor.to_owned());
        }
        if document.slides.iter().any(|slide| slide.key == anchor) {
            return Some(anchor.to_owned());
        }
    }
    let mut from = 0;
    let mut found = None;
    for part in anchor.split('#').filter(|part| !part.is_empty()) {
        let wanted = fold(part);
        let place = document.headings.iter().skip(from).position(|heading| {
            heading.id == part || fold(&heading.text) == wanted || fold(&heading.id) == wanted
        })?;
        from += place + 1;
        found = Some(document.headings[from - 1].id.clone());
    }
    found
}
