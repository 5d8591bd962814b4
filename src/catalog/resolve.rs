//! What a link leads to, and who links to a document.

use std::sync::Arc;

use super::names::{exact, fold, join, key, last};
use super::{Catalog, Entry, Route};
use crate::document::{Form, Heading, Kind, Link, category};
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
    let target = target.strip_suffix("/index").unwrap_or(target);
    if target.len() > 1 { target.trim_end_matches('/') } else { target }
}

/// Cuts what may be a language off a folded name: `ebs.en` may be the English `ebs`.
pub(super) fn without_lang(folded: &str) -> &str {
    match folded.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
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
            let parts: Vec<&str> = target.split(':').map(str::trim).collect();
            (parts.len() > 1).then(|| self.named_by(from, &parts.join("/"))).flatten()
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

    /// Returns the document that a page with `redirect:` leads to.
    pub fn redirect(&self, entry: &Arc<Entry>) -> Option<Arc<Entry>> {
        let target = entry.document.matter.redirect.as_deref()?;
        let (name, _) = target.split_once('#').unwrap_or((target, ""));
        let (found, _) = self.named_by(entry, bare(name.trim()))?;
        (!Arc::ptr_eq(&found, entry)).then_some(found)
    }

    fn named_by(&self, from: &Arc<Entry>, target: &str) -> Option<(Arc<Entry>, Vec<SourcePath>)> {
        let folded = fold(target);
        let candidates = self.candidates(&folded);
        if candidates.is_empty() {
            return None;
        }
        let spelled = exact(target);
        let relative = target.starts_with("./") || target.starts_with("../");
        let absolute = target.starts_with('/');
        let joined = |folder: &str| join(folder, spelled.trim_start_matches('/'));
        let own: Vec<String> = joined(from.folder()).filter(|_| !absolute).into_iter().collect();
        let mut tops: Vec<String> = ["wiki", "decks", ""].into_iter().filter_map(joined).collect();
        if relative {
            tops.clear();
        }
        let own: Vec<String> = own.iter().map(|path| exact(path)).collect();
        let tops: Vec<String> = tops.iter().map(|path| exact(path)).collect();
        let paths: Vec<&String> = own.iter().chain(&tops).collect();
        let folded_paths: Vec<String> = paths.iter().map(|path| fold(path)).collect();
        let by_name = !relative && !absolute;
        let rules: [&dyn Fn(&Entry) -> bool; 4] = [
            &|entry| own.contains(&entry.full_name) || own.contains(&entry.file),
            &|entry| tops.contains(&entry.full_name) || tops.contains(&entry.file),
            &|entry| {
                by_name && entry.labels.contains(&spelled)
                    || entry.old_paths.iter().any(|old| paths.contains(&old))
            },
            &|entry| {
                by_name && entry.folded.contains(&folded)
                    || folded_paths.contains(&fold(&entry.full_name))
                    || folded_paths.contains(&fold(&entry.file))
            },
        ];
        for (index, rule) in rules.iter().enumerate() {
            let mut hits: Vec<&Arc<Entry>> =
                candidates.iter().copied().filter(|entry| rule(entry)).collect();
            if hits.is_empty() {
                continue;
            }
            // `EBS.en` names the English version, whatever language it is named in.
            let suffixed =
                |entry: &&&Arc<Entry>| entry.translated && fold(last(&entry.file)) == last(&folded);
            if let Some(entry) = hits.iter().find(suffixed) {
                return Some((Arc::clone(entry), Vec::new()));
            }
            // `wiki/` goes before `decks/` in the second rule.
            if index == 1 && hits.iter().any(|entry| entry.kind == Kind::Page) {
                hits.retain(|entry| entry.kind == Kind::Page || target.starts_with("decks/"));
            }
            return Some(self.nearest(from, hits));
        }
        None
    }

    /// Returns the entries that bear a folded name, or its last part.
    fn candidates(&self, folded: &str) -> Vec<&Arc<Entry>> {
        let bearing = |name: &str| self.named.get(&key(name)).map_or(&[][..], Vec::as_slice);
        let (whole, end) = (bearing(folded), last(folded));
        let mut candidates: Vec<&Arc<Entry>> = whole.iter().collect();
        if end.len() < folded.len() {
            let known = |entry: &Arc<Entry>| {
                whole
                    .binary_search_by(|other| other.document.path.cmp(&entry.document.path))
                    .is_ok()
            };
            candidates.extend(bearing(end).iter().filter(|entry| !known(entry)));
        }
        candidates
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

    /// Returns the document in a language among those that once stood at an old address.
    pub fn heir(&self, address: &str, lang: &str) -> Option<&Arc<Entry>> {
        let claims = self.routes.get(address)?.iter();
        let entries = claims.filter_map(|route| match route {
            Route::Alias(path) => self.entries.get(path),
            _ => None,
        });
        entries.into_iter().find(|entry| entry.lang == lang)
    }

    /// Returns all links to an entry's work, in the order of their documents; a document with a
    /// version in the entry's language speaks in that version alone.
    pub fn mentions(&self, entry: &Arc<Entry>) -> Vec<Mention> {
        let mut places: Vec<(&SourcePath, usize)> = Vec::new();
        for version in self.versions(entry) {
            for name in &version.name_keys {
                for path in self.linking.get(name).into_iter().flatten() {
                    let links = self.entries.get(path).into_iter();
                    places.extend(links.flat_map(|from| from.links_by(*name)).map(|at| (path, at)));
                }
            }
        }
        places.sort_unstable();
        places.dedup();
        let mut mentions = Vec::new();
        for (path, link) in places {
            let Some(from) = self.entries.get(path) else { continue };
            let same_work = from.kind == entry.kind && from.name == entry.name;
            let other_version =
                from.lang != entry.lang && self.version(from, &entry.lang).lang == entry.lang;
            if same_work || other_version {
                continue;
            }
            if let Resolution::Document { entry: target, .. } =
                self.resolve(from, &from.document.links[link])
                && target.kind == entry.kind
                && target.name == entry.name
            {
                mentions.push(Mention { from: Arc::clone(from), link });
            }
        }
        mentions
    }
}

/// Returns the fragment of a place in a document: a slide's number or key, a heading, a path of headings.
fn fragment(entry: &Entry, anchor: &str) -> Option<String> {
    let document = &entry.document;
    if entry.kind == Kind::Deck {
        let slides = document.slides.len();
        if slide_number(anchor).is_some_and(|number| (1..=slides).contains(&number))
            || document.slides.iter().any(|slide| slide.key == anchor)
        {
            return Some(anchor.to_owned());
        }
    }
    let headings = &document.headings;
    let parts: Vec<&str> = anchor.split('#').filter(|part| !part.is_empty()).collect();
    let whole = heading(headings, anchor);
    let found = whole.or_else(|| {
        let (mut from, mut to) = (0, headings.len());
        let mut found = None;
        for part in parts {
            let at = from + heading(&headings[from..to], part)?;
            let level = headings[at].level;
            let below = headings[at + 1..to].iter().take_while(|below| below.level > level);
            (from, to) = (at + 1, at + 1 + below.count());
            found = Some(at);
        }
        found
    });
    found.map(|at| headings[at].id.clone())
}

fn heading(headings: &[Heading], name: &str) -> Option<usize> {
    let wanted = fold(name);
    headings.iter().position(|heading| {
        heading.id == name || fold(&heading.text) == wanted || fold(&heading.id) == wanted
    })
}

/// Reads `7` or `7.2`: a slide, and how many of its steps are shown.
fn slide_number(anchor: &str) -> Option<usize> {
    let (number, step) = anchor.split_once('.').unwrap_or((anchor, "0"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if digits(step) && digits(number) { number.parse().ok() } else { None }
}
