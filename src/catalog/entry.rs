//! One document as the catalog knows it: its names, its address, the keys it is found by.
//!
//! Depends on the document, its path and the languages alone, never on another document.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::names::{Identity, composed, exact, fold, identify, key, last};
use super::resolve::{bare, is_relative, longer_names, own_page, without_lang};
use super::{Place, Route};
use crate::config::Config;
use crate::digest::Digest;
use crate::document::{Alias, Document, Kind, Link};
use crate::source::{SourcePath, join};

/// How long a name in an address may be before its ending: disks take 255 bytes at most.
pub(super) const NAME_BYTES_MAX: usize = 200;
/// How long an old address may be with its folders: stores take 1,024 bytes, and a site may lie in folders there.
const ALIAS_BYTES_MAX: usize = 600;

/// One document with what its path makes of it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub document: Arc<Document>,
    pub kind: Kind,
    /// The path under `wiki/` or `decks/` without suffixes: what translations share.
    pub name: String,
    pub lang: String,
    pub title: String,
    /// The address in the bundle, such as `wiki/EBS.en.html`.
    pub route: Arc<str>,
    /// The exact spelling of the path without suffixes: `wiki/Help/Keys`.
    pub(super) full_name: String,
    /// The exact spelling of the file without `.md`: `wiki/Help/index`, `wiki/EBS.en`.
    pub(super) file: String,
    /// Whether the file's name ends in a language.
    pub(super) translated: bool,
    /// The exact spellings of the paths that the document once had, by its aliases.
    pub(super) old_paths: Vec<String>,
    /// Exact spellings of title and aliases.
    pub(super) labels: Vec<String>,
    /// The same, and the name's parts, folded.
    pub(super) folded: Vec<String>,
    /// The key that all versions of the work share.
    pub(super) work_key: u64,
    pub(super) name_keys: Vec<u64>,
    /// Keys of the paths at which the document is or was.
    pub(super) path_keys: Vec<u64>,
    /// Keys of the last parts of these paths.
    pub(super) end_keys: Vec<u64>,
    /// Under which keys which of the document's headings may be named, once a link names one.
    heading_keys: OnceLock<Vec<(u64, u32)>>,
    /// Under which keys which of the document's links may name their target.
    pub(super) link_keys: Vec<(u64, u32)>,
    /// Under which keys the document's `redirect:` may name its target.
    pub(super) redirect_keys: Vec<u64>,
}

impl Entry {
    /// Makes the entry of a document. Depends on the document, its path and the languages only.
    pub fn new(
        document: Arc<Document>,
        config: &Config,
        exists: impl Fn(&SourcePath) -> bool,
    ) -> Entry {
        let identity = identify(&document.path, config, exists);
        let lang = identity
            .lang
            .clone()
            .or_else(|| document.matter.lang.clone())
            .unwrap_or_else(|| config.lang.clone());
        let shown = exact(last(&identity.name));
        let title = document.title.clone().unwrap_or_else(|| shown.clone());
        let mut labels = vec![shown, exact(&title)];
        labels.extend(document.matter.aliases.iter().map(|alias| exact(&alias.text)));
        let mut folded: Vec<String> = labels.iter().map(|label| fold(label)).collect();
        folded.push(fold(&identity.name));
        folded.extend(document.matter.aliases.iter().map(|alias| fold(last(&alias.text))));
        folded.sort();
        folded.dedup();
        let mut link_keys: Vec<(u64, u32)> = Vec::with_capacity(document.links.len() * 3 / 2);
        for (index, link) in (0..).zip(&document.links) {
            keys_of(link, document.path.folder(), |key| link_keys.push((key, index)));
        }
        link_keys.sort_unstable();
        link_keys.dedup();
        let file = exact(document.stem());
        let mut name_keys: Vec<u64> = folded.iter().map(|name| key(name)).collect();
        name_keys.push(key(&fold(last(&file))));
        name_keys.sort_unstable();
        name_keys.dedup();
        let top = if identity.kind == Kind::Deck { "decks" } else { "wiki" };
        let aliases = document.matter.aliases.iter();
        let old_paths: Vec<String> =
            aliases.filter_map(|alias| alias_path(top, alias)).map(|path| exact(&path)).collect();
        let route = document_route(&document.path, &identity, &lang, config);
        let full_name = exact(&format!("{top}/{}", identity.name));
        let work_key = key(&full_name);
        let paths = [&full_name, &file].into_iter().chain(&old_paths);
        let mut path_keys: Vec<u64> = paths.map(|path| key(&fold(path))).collect();
        path_keys.sort_unstable();
        path_keys.dedup();
        let paths = [&full_name, &file].into_iter().chain(&old_paths);
        let mut end_keys: Vec<u64> = paths.map(|path| key(&fold(last(path)))).collect();
        end_keys.dedup();
        Entry {
            kind: document.kind,
            name: identity.name,
            lang,
            title,
            route,
            full_name,
            file,
            translated: identity.lang.is_some(),
            old_paths,
            labels,
            folded,
            work_key,
            name_keys,
            path_keys,
            end_keys,
            heading_keys: OnceLock::new(),
            link_keys,
            redirect_keys: redirect_keys(&document),
            document,
        }
    }

    /// Iterates over the keys that any of the document's links may name its target by, each once.
    pub(super) fn linked_keys(&self) -> impl Iterator<Item = u64> {
        self.link_keys.chunk_by(|(a, _), (b, _)| a == b).map(|links| links[0].0)
    }

    /// Tells whether two entries are versions of one work.
    pub fn is_work_of(&self, other: &Entry) -> bool {
        // Nearly always told by the keys alone.
        self.work_key == other.work_key && self.kind == other.kind && self.name == other.name
    }

    /// Iterates over the keys that a link to the document may have.
    pub(super) fn known_by(&self) -> impl Iterator<Item = u64> {
        self.name_keys.iter().chain(&self.path_keys).copied()
    }

    /// Returns which of the document's links may lead to what bears a name with this key.
    pub(super) fn links_by(&self, key: u64) -> impl Iterator<Item = usize> {
        let from = self.link_keys.partition_point(|(other, _)| *other < key);
        let links = self.link_keys[from..].iter().take_while(move |(other, _)| *other == key);
        links.map(|(_, link)| *link as usize)
    }

    /// Returns the first heading within a range that bears a name: its text, or its anchor.
    pub(super) fn heading(&self, range: Range<usize>, name: &str) -> Option<usize> {
        let key = key(&fold(name));
        let heading_keys = self.heading_keys.get_or_init(|| heading_keys(&self.document));
        let from = heading_keys
            .partition_point(|(other, index)| (*other, *index as usize) < (key, range.start));
        let (other, index) = heading_keys.get(from)?;
        (*other == key && range.contains(&(*index as usize))).then_some(*index as usize)
    }

    /// Returns how the document may be called: its file's name, its title, its aliases.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.labels.iter().map(String::as_str)
    }

    /// Returns where the page stands in its folder, if it says so. A translation stands where its
    /// original stands.
    pub(super) fn place_in_order(&self) -> Option<Place> {
        let order = self.document.matter.order.filter(|_| !self.translated)?;
        Some(Place {
            folder: self.space().to_owned(),
            order,
            name: self.name.clone(),
            path: self.document.path.to_string(),
        })
    }

    /// Returns the folder that the name lies in, `""` at the top.
    pub fn space(&self) -> &str {
        self.name.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// Tells whether the file is a translation by its name.
    pub fn is_translation(&self) -> bool {
        self.translated
    }

    /// Returns the folder of the file, for links by relative path.
    pub fn folder(&self) -> &str {
        self.document.path.folder()
    }

    /// Returns the address of the deck's handout or notes: its own with another ending.
    fn beside(&self, ending: &str) -> Arc<str> {
        Arc::from(format!("{}{ending}", self.route.trim_end_matches(".html")))
    }

    pub fn handout_route(&self) -> Arc<str> {
        self.beside(".notes.html")
    }

    pub fn notes_route(&self) -> Arc<str> {
        self.beside(".notes.js")
    }

    pub(super) fn routes(&self) -> Vec<(Arc<str>, Route)> {
        let path = || self.document.path.clone();
        let mut routes = Vec::new();
        match self.kind {
            Kind::Page => routes.push((Arc::clone(&self.route), Route::Page(path()))),
            Kind::Deck => {
                routes.push((Arc::clone(&self.route), Route::Deck(path())));
                routes.push((self.handout_route(), Route::Handout(path())));
                if self.document.slides.iter().any(|slide| !slide.notes.is_empty()) {
                    routes.push((self.notes_route(), Route::Notes(path())));
                }
            }
        }
        for file in self.document.data_files() {
            routes.push((Arc::from(file.address.as_str()), Route::Data(path())));
        }
        for alias in &self.document.matter.aliases {
            let old = self.old_route(alias);
            if let Some(old) = old.filter(|old| *old != *self.route) {
                routes.push((Arc::from(old), Route::Alias(path())));
            }
        }
        routes
    }

    /// Returns the address that an alias gives, if it can be one.
    pub fn old_route(&self, alias: &Alias) -> Option<String> {
        let folder = if self.kind == Kind::Deck { "decks" } else { "wiki" };
        alias_path(folder, alias).map(|path| format!("{path}.html"))
    }
}

/// Returns how many bytes an alias has too many for an address, in one of its parts or in all: disks and stores would
/// refuse it.
pub fn excess(alias: &Alias) -> Option<usize> {
    let stem = alias_stem(alias);
    let longest = stem.split('/').map(str::len).max().unwrap_or(0);
    let over = longest.checked_sub(NAME_BYTES_MAX).max(stem.len().checked_sub(ALIAS_BYTES_MAX));
    over.filter(|over| *over > 0)
}

fn alias_stem(alias: &Alias) -> String {
    let stem = composed(alias.text.trim().trim_start_matches('/').replace(' ', "_"));
    stem.strip_suffix(".html").unwrap_or(&stem).to_owned()
}

/// Returns the path that an alias was an address of, without its ending.
fn alias_path(folder: &str, alias: &Alias) -> Option<String> {
    let stem = alias_stem(alias);
    let inside = if stem.starts_with("wiki/") || stem.starts_with("decks/") {
        stem
    } else {
        format!("{folder}/{stem}")
    };
    let clean = join("", &inside)?;
    (clean == inside
        && excess(alias).is_none()
        && !clean.contains(|c: char| c.is_control() || "\\?#<>\"|*".contains(c)))
    .then_some(clean)
}

/// Shortens the last part of an address that disks would refuse for its length, and keeps it apart
/// from others of the same beginning. A file's name may have 255 bytes; endings come behind this one.
fn shortened(stem: String) -> String {
    let last = stem.rfind('/').map_or(0, |slash| slash + 1);
    if stem.len() - last <= NAME_BYTES_MAX {
        return stem;
    }
    let digest = Digest::of(stem.as_bytes()).short();
    let end = stem.floor_char_boundary(last + NAME_BYTES_MAX - 1 - digest.len());
    format!("{}-{digest}", &stem[..end])
}

fn document_route(path: &SourcePath, identity: &Identity, lang: &str, config: &Config) -> Arc<str> {
    let suffix = match &identity.lang {
        Some(own) if *own != config.lang || lang != config.lang => format!(".{own}"),
        _ => String::new(),
    };
    let stem = shortened(composed(identity.name.replace(' ', "_")));
    let folder_page = path.file_name().starts_with("index.") && path.as_str().contains("/index.");
    Arc::from(match identity.kind {
        Kind::Deck => format!("decks/{stem}{suffix}.html"),
        Kind::Page if folder_page && stem == "index" => format!("wiki/index{suffix}.html"),
        Kind::Page if folder_page => format!("wiki/{stem}/index{suffix}.html"),
        Kind::Page => format!("wiki/{stem}{suffix}.html"),
    })
}

/// Returns under which keys which of a document's headings may be named.
fn heading_keys(document: &Document) -> Vec<(u64, u32)> {
    let mut keys = Vec::with_capacity(document.headings.len() * 2);
    for (index, heading) in (0..).zip(&document.headings) {
        keys.extend([&heading.text, &heading.id].map(|name| (key(&fold(name)), index)));
    }
    keys.sort_unstable();
    keys
}

/// Returns the keys under which the target of a redirect may be named: its name may end where a `#` begins.
fn redirect_keys(document: &Document) -> Vec<u64> {
    let mut keys = Vec::new();
    if let Some(target) = &document.matter.redirect {
        let name = target.split('#').next().unwrap_or_default();
        for name in [target.trim(), name.trim()] {
            keys_of_name(name, document.path.folder(), |key| keys.push(key));
        }
        keys.sort_unstable();
        keys.dedup();
    }
    keys
}

/// Tells the keys under which a link's target may be named; it may tell one twice.
fn keys_of(link: &Link, folder: &str, mut tell: impl FnMut(u64)) {
    keys_of_name(&link.target, folder, &mut tell);
    for (name, _) in longer_names(link) {
        keys_of_name(&name, folder, &mut tell);
    }
}

fn keys_of_name(target: &str, folder: &str, mut tell: impl FnMut(u64)) {
    let target = bare(target);
    if target.is_empty() {
        return;
    }
    if is_relative(target) {
        let path = join(folder, target).map(own_page);
        return path.iter().for_each(|path| tell(key(&fold(path))));
    }
    let whole = fold(target);
    tell(key(&whole));
    if memchr::memchr3(b'/', b':', b'.', whole.as_bytes()).is_none() {
        return;
    }
    for part in [
        whole.rsplit('/').next(),
        whole.rsplit(':').next().map(|part| part.trim_matches('_')),
        without_lang(&whole).rsplit('/').next(),
    ]
    .into_iter()
    .flatten()
    {
        if part.len() < whole.len() {
            tell(key(part));
        }
    }
}
