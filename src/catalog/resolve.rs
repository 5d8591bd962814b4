//! What a link leads to, and who links to a document.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::edges::Edge;
use super::names::{exact, fold, key, last};
use super::ties::leads_on;
use super::{Catalog, Entry, Route};
use crate::document::{Form, Kind, Link, category, named_file};
use crate::source::{SourcePath, join};

/// What a link leads to today.
#[derive(Clone, Debug)]
pub enum Resolution {
    Document {
        entry: Arc<Entry>,
        /// The page that is named, where it only leads on to this one.
        by: Option<Arc<Entry>>,
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

/// How many `#` within a name are thought of.
const HASHES_MAX: usize = 4;

/// Cuts what a Markdown link has and a name has not.
pub(super) fn bare(target: &str) -> &str {
    let target =
        target.strip_suffix(".md").or_else(|| target.strip_suffix(".html")).unwrap_or(target);
    let target = target.strip_suffix("/index").unwrap_or(target);
    if target.len() > 1 { target.trim_end_matches('/') } else { target }
}

/// The page of `wiki/` itself is called as its file is; those of other folders as the folder is.
pub(super) fn own_page(path: String) -> String {
    if path == "wiki" { "wiki/index".to_owned() } else { path }
}

/// Tells whether a target is meant from the folder of its document and nowhere else.
pub(super) fn is_relative(target: &str) -> bool {
    matches!(target, "." | "..") || target.starts_with("./") || target.starts_with("../")
}

/// Cuts what may be a language off a folded name: `ebs.en` may be the English `ebs`.
pub(super) fn without_lang(folded: &str) -> &str {
    match folded.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => folded,
    }
}

impl Catalog {
    /// Returns what the link of `from` with this index leads to.
    pub fn resolve<'a>(&'a self, from: &Arc<Entry>, link: usize) -> Cow<'a, Resolution> {
        match self.edges.get().and_then(|edges| edges.of_link(from, link)) {
            Some(known) => Cow::Borrowed(known),
            None => Cow::Owned(self.resolve_link(from, &from.document.links[link])),
        }
    }

    /// Finds what all links of an entry lead to.
    pub(super) fn resolve_links(&self, from: &Arc<Entry>) -> Vec<Resolution> {
        from.document.links.iter().map(|link| self.resolve_link(from, link)).collect()
    }

    /// Finds what a link of `from` leads to. The first rule with a hit wins.
    fn resolve_link(&self, from: &Arc<Entry>, link: &Link) -> Resolution {
        if link.target.is_empty() {
            return place(Arc::clone(from), link.anchor.as_deref(), Vec::new());
        }
        if let Some(tag) = category(&link.target).filter(|_| link.form == Form::Wiki) {
            return Resolution::Tag(tag.to_owned());
        }
        if let Some(resolution) = self.exact_file(from, link) {
            return resolution;
        }
        self.longer(from, link).map_or_else(|| self.shortest(from, link), |(_, found)| found)
    }

    /// Finds what a link leads to when its name ends where its anchor begins.
    fn shortest(&self, from: &Arc<Entry>, link: &Link) -> Resolution {
        if let Some((entry, others)) = self.titled(from, bare(&link.target)) {
            return self.at(from, entry, link.anchor.as_deref(), others);
        }
        let wiki = link.form != Form::Markdown;
        let file = || named_file(&link.target).filter(|_| wiki);
        let asset = self.resolve_asset(from, &link.target);
        let asset = asset.or_else(|| self.resolve_asset(from, file()?));
        // `[[:Category:X]]` leads to the tag and gives none.
        let tag = || category(link.target.strip_prefix(':').filter(|_| wiki)?);
        match (asset, tag()) {
            (Some(asset), _) => Resolution::Asset(asset),
            (None, Some(tag)) if self.tagged(tag).is_some() => Resolution::Tag(tag.to_owned()),
            _ => Resolution::Missing,
        }
    }

    /// Finds what a link leads to when its name goes on behind the first `#`, as that of a page about `C#` does.
    /// Where the shorter name leads to the place that is named, it counts; not when no place is, or the sign is there
    /// twice.
    fn longer(&self, from: &Arc<Entry>, link: &Link) -> Option<(String, Resolution)> {
        let mut names = longer_names(link).peekable();
        names.peek()?;
        let shortest = self.shortest(from, link);
        let is_missing = matches!(shortest, Resolution::Missing);
        let doubled = link.anchor.as_deref().is_some_and(|it| it.is_empty() || it.starts_with('#'));
        if !doubled && !is_missing && !matches!(shortest, Resolution::Document { lost: true, .. }) {
            return None;
        }
        names.find_map(|(name, anchor)| {
            let (entry, others) = self.titled(from, bare(&name))?;
            let found = self.at(from, entry, Some(anchor), others);
            let lost = matches!(found, Resolution::Document { lost: true, .. });
            (is_missing || !lost).then_some((name, found))
        })
    }

    /// Returns the name that a link is understood to have: what was written, up to the anchor.
    pub fn name_of<'a>(&self, from: &Arc<Entry>, link: &'a Link) -> Cow<'a, str> {
        match self.longer(from, link) {
            Some((name, _)) => Cow::Owned(name),
            None => Cow::Borrowed(&link.target),
        }
    }

    /// Returns what a link to a document leads to: the document or the place in it, and where a page only leads
    /// on, what it leads to. A link into a circle ends at its begin.
    fn at(
        &self,
        from: &Arc<Entry>,
        named: Arc<Entry>,
        anchor: Option<&str>,
        others: Vec<SourcePath>,
    ) -> Resolution {
        let arrival = if leads_on(&named) { self.arrival(&named) } else { None };
        let Some(arrival) = arrival else { return place(named, anchor, others) };
        let entry = Arc::clone(self.version(&arrival.entry, &from.lang));
        let own = anchor.filter(|anchor| !anchor.is_empty());
        let mut met = place(entry, own.or(arrival.anchor.as_deref()), others);
        if let Resolution::Document { by, lost, .. } = &mut met {
            *by = Some(named);
            // What a redirect names and is not there is told where the redirect stands.
            *lost &= own.is_some();
        }
        met
    }

    /// Finds the document of a name, which may have colons for the slashes of a path.
    pub(super) fn titled(
        &self,
        from: &Arc<Entry>,
        target: &str,
    ) -> Option<(Arc<Entry>, Vec<SourcePath>)> {
        self.named_by(from, target).or_else(|| {
            let parts: Vec<&str> = target.split(':').map(str::trim).collect();
            (parts.len() > 1).then(|| self.named_by(from, &parts.join("/"))).flatten()
        })
    }

    /// `[text](EBS.en.md)` names a file, its language included.
    fn exact_file(&self, from: &Arc<Entry>, link: &Link) -> Option<Resolution> {
        if link.form != Form::Markdown || !is_markdown(&link.target) {
            return None;
        }
        let entry = self.entries.get(join(from.folder(), &link.target)?.as_str())?;
        let suffixed = last(bare(&link.target)) != last(&entry.name);
        let entry = if suffixed { entry } else { self.version(entry, &from.lang) };
        Some(self.at(from, Arc::clone(entry), link.anchor.as_deref(), Vec::new()))
    }

    fn named_by(&self, from: &Arc<Entry>, target: &str) -> Option<(Arc<Entry>, Vec<SourcePath>)> {
        let (spelled, folded) = (exact(target), fold(target));
        let relative = is_relative(target);
        let absolute = target.starts_with('/');
        let folders = [from.folder(), "wiki", "decks", ""];
        // Most links name a title: no path ends in it, and none has to be put together.
        let end = last(&folded);
        let end_key = key(end);
        let is_end = |entry: &Arc<Entry>| entry.end_keys.contains(&end_key);
        let folders = match (relative, absolute) {
            _ if !matches!(end, "" | "." | "..") && !self.named.get(end_key).iter().any(is_end) => {
                &[]
            }
            (true, _) => &folders[..1],
            (_, true) => &folders[1..],
            _ => &folders[..],
        };
        let (mut old, mut alike) = (Vec::new(), Vec::new());
        for folder in folders {
            let Some(path) = join(folder, spelled.trim_start_matches('/')) else { continue };
            let path = exact(&own_page(path));
            let folded = fold(&path);
            let near = self.located.get(key(&folded));
            let there = |entry: &&Arc<Entry>| entry.full_name == path || entry.file == path;
            let hits: Vec<&Arc<Entry>> = near.iter().filter(there).collect();
            if !hits.is_empty() {
                return Some(self.chosen(from, hits, &folded));
            }
            old.extend(near.iter().filter(|entry| entry.old_paths.contains(&path)));
            alike.extend(near.iter().map(|entry| (entry, folded.clone())));
        }
        let named = if relative || absolute { &[] } else { self.named.get(key(&folded)) };
        let labelled = named.iter().filter(|entry| entry.labels.contains(&spelled));
        let hits: Vec<&Arc<Entry>> = labelled.chain(old).collect();
        if !hits.is_empty() {
            return Some(self.nearest(from, hits));
        }
        let path = alike.first().map_or_else(String::new, |(_, path)| path.clone());
        let named = named.iter().filter(|entry| entry.folded.contains(&folded));
        let hits: Vec<&Arc<Entry>> =
            alike.into_iter().map(|(entry, _)| entry).chain(named).collect();
        (!hits.is_empty()).then(|| self.chosen(from, hits, &path))
    }

    /// `EBS.en` names the English version, whatever language it is named in; else the nearest counts.
    fn chosen(
        &self,
        from: &Arc<Entry>,
        hits: Vec<&Arc<Entry>>,
        folded: &str,
    ) -> (Arc<Entry>, Vec<SourcePath>) {
        let suffixed = |entry: &&&Arc<Entry>| entry.translated && fold(&entry.file) == folded;
        match hits.iter().find(suffixed) {
            Some(entry) => (Arc::clone(entry), Vec::new()),
            None => self.nearest(from, hits),
        }
    }

    /// Chooses among documents that answer to one name: own language, then the nearest folder.
    fn nearest(&self, from: &Arc<Entry>, hits: Vec<&Arc<Entry>>) -> (Arc<Entry>, Vec<SourcePath>) {
        if let [only] = hits[..] {
            return (Arc::clone(self.version(only, &from.lang)), Vec::new());
        }
        let mut seen = BTreeSet::new();
        let works = hits.into_iter().filter(|hit| seen.insert((hit.kind, hit.name.as_str())));
        let mut versions: Vec<&Arc<Entry>> =
            works.map(|work| self.version(work, &from.lang)).collect();
        if versions.iter().any(|entry| entry.lang == from.lang) {
            versions.retain(|entry| entry.lang == from.lang);
        }
        let common = |entry: &Entry| {
            let own = from.folder().split('/');
            own.zip(entry.folder().split('/')).take_while(|(a, b)| a == b).count()
        };
        versions.sort_by_cached_key(|entry| {
            (usize::MAX - common(entry), entry.name.len(), entry.document.path.clone())
        });
        let others = versions[1..].iter().map(|entry| entry.document.path.clone()).collect();
        (Arc::clone(versions[0]), others)
    }

    /// Returns the version of a work in a language, else in the entry's own.
    pub fn version<'a>(&'a self, entry: &'a Arc<Entry>, lang: &str) -> &'a Arc<Entry> {
        if entry.lang == lang || !self.several.contains_key(&entry.work_key) {
            return entry;
        }
        self.versions(entry).into_iter().find(|other| other.lang == lang).unwrap_or(entry)
    }

    /// Finds a file by path from a document, from `wiki/`, `decks/` and the top, or by its bare name.
    pub fn resolve_asset(&self, from: &Entry, target: &str) -> Option<SourcePath> {
        for folder in [from.folder(), "wiki", "decks", ""] {
            let path = join(folder, target.trim_start_matches('/'));
            if let Some((path, _)) = path.and_then(|path| self.assets.get_key_value(path.as_str()))
            {
                return Some(path.clone());
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
        if let Some(edges) = self.edges.get() {
            let meant = edges.to(entry).iter().filter(|edge| self.is_mention(edge, entry));
            return meant.map(|edge| edge.mention.clone()).collect();
        }
        let mut written: Vec<(&Arc<Entry>, usize)> = Vec::new();
        for key in self.keys_to(entry) {
            for from in self.linking.get(key) {
                written.extend(from.links_by(key).map(|link| (from, link)));
            }
        }
        written.sort_by_key(|(from, link)| (&from.document.path, *link));
        written.dedup_by(|(a, i), (b, j)| i == j && Arc::ptr_eq(a, b));
        let meant = written.into_iter().filter(|(from, link)| self.mention(from, *link, entry));
        meant.map(|(from, link)| Mention { from: Arc::clone(from), link }).collect()
    }

    /// Tells whether any link leads to an entry's work.
    pub fn is_mentioned(&self, entry: &Arc<Entry>) -> bool {
        if let Some(edges) = self.edges.get() {
            return edges.to(entry).iter().any(|edge| self.is_mention(edge, entry));
        }
        self.keys_to(entry).into_iter().any(|key| {
            let linking = self.linking.get(key);
            linking
                .iter()
                .any(|from| from.links_by(key).any(|link| self.mention(from, link, entry)))
        })
    }

    fn mention(&self, from: &Arc<Entry>, link: usize, entry: &Entry) -> bool {
        let found = || self.resolve(from, link);
        self.speaks_of(from, entry)
            && matches!(&*found(), Resolution::Document { entry: target, .. } if target.is_work_of(entry))
    }

    fn is_mention(&self, edge: &Edge, entry: &Entry) -> bool {
        edge.target.is_work_of(entry) && self.speaks_of(&edge.mention.from, entry)
    }

    /// Tells whether a document's links count as mentions of an entry: those of the work itself do
    /// not, nor those of a document that has a version in the entry's language.
    pub(super) fn speaks_of(&self, from: &Arc<Entry>, entry: &Entry) -> bool {
        let other_version =
            from.lang != entry.lang && self.version(from, &entry.lang).lang == entry.lang;
        !from.is_work_of(entry) && !other_version
    }
}

/// Iterates over the names that a link may have when they hold `#` themselves, the longest first, each with the
/// place that is meant then.
pub(super) fn longer_names(link: &Link) -> impl Iterator<Item = (String, &str)> {
    let named = link.form != Form::Markdown && !link.target.is_empty();
    let anchor = link.anchor.as_deref().filter(|_| named);
    anchor.into_iter().flat_map(|anchor| {
        let cuts = anchor.match_indices('#').map(|(at, _)| (at, &anchor[at + 1..]));
        let cuts: Vec<(usize, &str)> = cuts.take(HASHES_MAX).collect();
        let cuts = cuts.into_iter().chain([(anchor.len(), "")]).rev();
        // The space before the sign went with the cut.
        let names =
            |at: usize| ["#", " #"].map(|sign| format!("{}{sign}{}", link.target, &anchor[..at]));
        cuts.flat_map(move |(at, rest)| names(at).map(|name| (name, rest)))
    })
}

/// Tells whether a path is one of a Markdown file.
fn is_markdown(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| ending == "md")
}

/// Returns what a link to a document leads to: the document, or the place in it.
pub(super) fn place(
    entry: Arc<Entry>,
    anchor: Option<&str>,
    others: Vec<SourcePath>,
) -> Resolution {
    let Some(anchor) = anchor.filter(|anchor| !anchor.is_empty()) else {
        return Resolution::Document { entry, by: None, fragment: None, lost: false, others };
    };
    let fragment = fragment(&entry, anchor);
    let lost = fragment.is_none();
    Resolution::Document { entry, by: None, fragment, lost, others }
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
    let found = entry.heading(0..headings.len(), anchor).or_else(|| {
        let mut below = 0..headings.len();
        let mut found = None;
        for part in anchor.split('#').filter(|part| !part.is_empty()) {
            let at = entry.heading(below.clone(), part)?;
            let level = headings[at].level;
            let count =
                headings[at + 1..below.end].iter().take_while(|under| under.level > level).count();
            below = at + 1..at + 1 + count;
            found = Some(at);
        }
        found
    });
    found.map(|at| headings[at].id.clone())
}

/// Reads `7` or `7.2`: a slide, and how many of its steps are shown.
fn slide_number(anchor: &str) -> Option<usize> {
    let (number, step) = anchor.split_once('.').unwrap_or((anchor, "0"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if digits(step) && digits(number) { number.parse().ok() } else { None }
}
