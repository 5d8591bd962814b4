//! Documents -> Catalog: all names, links both ways, tags, translations and routes.
//!
//! An entry depends on its document alone, so a changed document is taken out and put in again
//! without a look at the others. What a link leads to is found when somebody asks.

pub mod names;
mod resolve;
mod table;

use std::sync::Arc;

use imbl::{HashMap, OrdMap, OrdSet};

use crate::config::Config;
use crate::digest::Digest;
use crate::document::{Document, Kind, Link};
use crate::source::SourcePath;
use names::{exact, fold, identify, key, last};
use table::Table;

pub use resolve::{Mention, Resolution};

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
    full_name: String,
    /// The exact spelling of the file without `.md`: `wiki/Help/index`, `wiki/EBS.en`.
    file: String,
    /// Whether the file's name ends in a language.
    translated: bool,
    /// The exact spellings of the paths that the document once had, by its aliases.
    old_paths: Vec<String>,
    /// Exact spellings of title and aliases.
    labels: Vec<String>,
    /// The same, and the name's parts, folded.
    folded: Vec<String>,
    name_keys: Vec<u64>,
    /// Under which keys which of the document's links may name their target.
    link_keys: Vec<(u64, u32)>,
}

/// A file served as it is.
#[derive(Clone, Debug)]
pub struct AssetEntry {
    pub route: Arc<str>,
    pub digest: Digest,
    pub size: Option<(u32, u32)>,
}

/// What stands at an address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Route {
    Page(SourcePath),
    Deck(SourcePath),
    Handout(SourcePath),
    Notes(SourcePath),
    Looks(SourcePath),
    Asset(SourcePath),
    Static(SourcePath),
    /// An old address: a small page that leads to the document.
    Alias(SourcePath),
}

/// The versions of one work by language; where two files claim one, the first path has it.
type Versions = OrdSet<(String, SourcePath)>;

/// All documents of a site and how they hang together. Cheap to copy.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    entries: OrdMap<SourcePath, Arc<Entry>>,
    /// By kind and name: the versions of one work, by language.
    works: OrdMap<(Kind, String), Versions>,
    named: Table,
    linking: Table,
    tags: OrdMap<String, OrdSet<SourcePath>>,
    /// How many documents there are in each language.
    langs: OrdMap<String, usize>,
    routes: OrdMap<Arc<str>, Vec<Route>>,
    assets: OrdMap<SourcePath, AssetEntry>,
    asset_names: HashMap<u64, OrdSet<SourcePath>>,
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
        labels.extend(document.matter.aliases.iter().map(|alias| exact(alias)));
        let mut folded: Vec<String> = labels.iter().map(|label| fold(label)).collect();
        folded.push(fold(&identity.name));
        folded.extend(document.matter.aliases.iter().map(|alias| fold(last(alias))));
        folded.sort();
        folded.dedup();
        let mut link_keys: Vec<(u64, u32)> = Vec::new();
        for (index, link) in (0..).zip(&document.links) {
            let keys = keys_of(link, document.path.folder());
            link_keys.extend(keys.into_iter().map(|key| (key, index)));
        }
        link_keys.sort_unstable();
        let file = exact(document.stem());
        let mut name_keys: Vec<u64> = folded.iter().map(|name| key(name)).collect();
        name_keys.push(key(&fold(last(&file))));
        name_keys.sort_unstable();
        name_keys.dedup();
        let top = if identity.kind == Kind::Deck { "decks" } else { "wiki" };
        let aliases = document.matter.aliases.iter();
        let old_paths =
            aliases.filter_map(|alias| alias_path(top, alias)).map(|path| exact(&path)).collect();
        let route = document_route(&document.path, &identity, &lang, config);
        let full_name = exact(&format!("{top}/{}", identity.name));
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
            name_keys,
            link_keys,
            document,
        }
    }

    /// Iterates over the keys that any of the document's links may name its target by, each once.
    fn linked_keys(&self) -> impl Iterator<Item = u64> {
        self.link_keys.chunk_by(|(a, _), (b, _)| a == b).map(|links| links[0].0)
    }

    /// Returns which of the document's links may lead to what bears a name with this key.
    fn links_by(&self, key: u64) -> impl Iterator<Item = usize> {
        let from = self.link_keys.partition_point(|(other, _)| *other < key);
        let links = self.link_keys[from..].iter().take_while(move |(other, _)| *other == key);
        links.map(|(_, link)| *link as usize)
    }

    /// Returns how the document may be called: its file's name, its title, its aliases.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.labels.iter().map(String::as_str)
    }

    /// Returns the folder of the file, for links by relative path.
    pub fn folder(&self) -> &str {
        self.document.path.folder()
    }

    /// Returns the address of the deck's handout, notes or looks: its own with another ending.
    fn beside(&self, ending: &str) -> Arc<str> {
        Arc::from(format!("{}{ending}", self.route.trim_end_matches(".html")))
    }

    pub fn handout_route(&self) -> Arc<str> {
        self.beside(".notes.html")
    }

    pub fn notes_route(&self) -> Arc<str> {
        self.beside(".notes.js")
    }

    /// Returns the address of the style sheet of the deck's own looks, if it has any.
    pub fn looks_route(&self) -> Option<Arc<str>> {
        let looks = &self.document.looks;
        let name = self.name.replace('/', "-");
        (!looks.is_empty()).then(|| {
            Arc::from(format!("assets/deck-{name}-{}.css", Digest::of(looks.as_bytes()).short()))
        })
    }

    fn routes(&self) -> Vec<(Arc<str>, Route)> {
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
                routes.extend(self.looks_route().map(|route| (route, Route::Looks(path()))));
            }
        }
        let folder = if self.kind == Kind::Deck { "decks" } else { "wiki" };
        for alias in &self.document.matter.aliases {
            let old = alias_path(folder, alias).map(|path| format!("{path}.html"));
            if let Some(old) = old.filter(|old| *old != *self.route) {
                routes.push((Arc::from(old), Route::Alias(path())));
            }
        }
        routes
    }
}

/// Returns the path that an alias was an address of, without its ending.
fn alias_path(folder: &str, alias: &str) -> Option<String> {
    let stem = alias.trim().trim_start_matches('/').replace(' ', "_");
    let stem = stem.strip_suffix(".html").unwrap_or(&stem);
    let inside = if stem.starts_with("wiki/") || stem.starts_with("decks/") {
        stem.to_owned()
    } else {
        format!("{folder}/{stem}")
    };
    let clean = names::join("", &inside)?;
    (clean == inside
        && clean.len() <= 200
        && !clean.contains(|c: char| c.is_control() || "\\?#<>\"|*".contains(c)))
    .then_some(clean)
}

fn document_route(
    path: &SourcePath,
    identity: &names::Identity,
    lang: &str,
    config: &Config,
) -> Arc<str> {
    let suffix = match &identity.lang {
        Some(own) if *own != config.lang || lang != config.lang => format!(".{own}"),
        _ => String::new(),
    };
    let stem = identity.name.replace(' ', "_");
    let folder_page = path.file_name().starts_with("index.") && path.as_str().contains("/index.");
    Arc::from(match identity.kind {
        Kind::Deck => format!("decks/{stem}{suffix}.html"),
        Kind::Page if folder_page && stem == "index" => format!("wiki/index{suffix}.html"),
        Kind::Page if folder_page => format!("wiki/{stem}/index{suffix}.html"),
        Kind::Page => format!("wiki/{stem}{suffix}.html"),
    })
}

/// Returns the keys under which the target of a link in a document of `folder` may be named.
fn keys_of(link: &Link, folder: &str) -> Vec<u64> {
    let target = resolve::bare(&link.target);
    if target.is_empty() {
        return Vec::new();
    }
    let whole = fold(target);
    let mut keys = vec![key(&whole)];
    for part in [
        whole.rsplit('/').next(),
        whole.rsplit(':').next().map(|part| part.trim_matches('_')),
        resolve::without_lang(&whole).rsplit('/').next(),
    ]
    .into_iter()
    .flatten()
    {
        let part = key(part);
        if !keys.contains(&part) {
            keys.push(part);
        }
    }
    // `[text](../index.md)` names the page of a folder without the folder's name.
    if last(&link.target) == "index.md"
        && let Some(path) = names::join(folder, &link.target)
    {
        keys.push(match resolve::bare(&path) {
            "wiki" | "decks" => key("index"),
            path => key(&fold(last(path))),
        });
    }
    keys
}

impl Catalog {
    /// Puts an entry in. There must be none at its path.
    pub fn insert(&mut self, entry: Entry) {
        let entry = Arc::new(entry);
        let path = entry.document.path.clone();
        entry.name_keys.iter().for_each(|key| self.named.enter(*key, &entry));
        entry.linked_keys().for_each(|key| self.linking.enter(key, &entry));
        for tag in &entry.document.matter.tags {
            self.tags.entry(tag.clone()).or_default().insert(path.clone());
        }
        self.works
            .entry((entry.kind, entry.name.clone()))
            .or_default()
            .insert((entry.lang.clone(), path.clone()));
        *self.langs.entry(entry.lang.clone()).or_default() += 1;
        for (address, route) in entry.routes() {
            self.add_route(address, route);
        }
        self.entries.insert(path, entry);
    }

    /// Takes the entry of a path out, if there is one.
    pub fn remove(&mut self, path: &SourcePath) -> Option<Arc<Entry>> {
        let entry = self.entries.remove(path)?;
        entry.name_keys.iter().for_each(|key| self.named.leave(*key, &entry));
        entry.linked_keys().for_each(|key| self.linking.leave(key, &entry));
        for tag in &entry.document.matter.tags {
            if let Some(set) = self.tags.get_mut(tag) {
                set.remove(path);
                if set.is_empty() {
                    self.tags.remove(tag);
                }
            }
        }
        self.remove_work(&entry, path);
        if let Some(count) = self.langs.get_mut(&entry.lang) {
            *count -= 1;
            if *count == 0 {
                self.langs.remove(&entry.lang);
            }
        }
        for (address, route) in entry.routes() {
            self.remove_route(&address, &route);
        }
        Some(entry)
    }

    fn remove_work(&mut self, entry: &Entry, path: &SourcePath) {
        let work = (entry.kind, entry.name.clone());
        let Some(versions) = self.works.get_mut(&work) else { return };
        versions.remove(&(entry.lang.clone(), path.clone()));
        if versions.is_empty() {
            self.works.remove(&work);
        }
    }

    /// Puts an asset in, in place of what stood at its path.
    pub fn insert_asset(&mut self, path: &SourcePath, digest: Digest, size: Option<(u32, u32)>) {
        self.remove_asset(path);
        if path.as_str().starts_with("templates/") {
            return;
        }
        let (route, kind) = match path.as_str().strip_prefix("static/") {
            Some(rest) => (rest.to_owned(), Route::Static(path.clone())),
            None => (asset_route(path, digest), Route::Asset(path.clone())),
        };
        let route: Arc<str> = Arc::from(route);
        self.add_route(Arc::clone(&route), kind);
        self.asset_names.entry(key(&fold(path.file_name()))).or_default().insert(path.clone());
        self.assets.insert(path.clone(), AssetEntry { route, digest, size });
    }

    /// Takes an asset out, if there is one.
    pub fn remove_asset(&mut self, path: &SourcePath) {
        let Some(asset) = self.assets.remove(path) else { return };
        let route = if path.as_str().starts_with("static/") {
            Route::Static(path.clone())
        } else {
            Route::Asset(path.clone())
        };
        self.remove_route(&asset.route, &route);
        remove_from(&mut self.asset_names, key(&fold(path.file_name())), path);
    }

    fn add_route(&mut self, address: Arc<str>, route: Route) {
        let list = self.routes.entry(address).or_default();
        if let Err(at) = list.binary_search(&route) {
            list.insert(at, route);
        }
    }

    fn remove_route(&mut self, address: &Arc<str>, route: &Route) {
        if let Some(list) = self.routes.get_mut(address) {
            list.retain(|other| other != route);
            if list.is_empty() {
                self.routes.remove(address);
            }
        }
    }

    pub fn entry(&self, path: &SourcePath) -> Option<&Arc<Entry>> {
        self.entries.get(path)
    }

    /// Iterates over all entries in the order of their paths.
    pub fn entries(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries.values()
    }

    pub fn asset(&self, path: &SourcePath) -> Option<&AssetEntry> {
        self.assets.get(path)
    }

    /// Iterates over all tags with the documents that bear them.
    pub fn tags(&self) -> impl Iterator<Item = (&String, &OrdSet<SourcePath>)> {
        self.tags.iter()
    }

    /// Tells whether any document is in a language.
    pub fn speaks(&self, lang: &str) -> bool {
        self.langs.contains_key(lang)
    }

    pub fn tagged(&self, tag: &str) -> Option<&OrdSet<SourcePath>> {
        self.tags.get(tag)
    }

    /// Returns what stands at an address; where several claim it, the first in order.
    pub fn route(&self, address: &str) -> Option<&Route> {
        self.routes.get(address).and_then(|list| list.first())
    }

    /// Iterates over all addresses of documents and assets with their claimants.
    pub fn routes(&self) -> impl Iterator<Item = (&Arc<str>, &Vec<Route>)> {
        self.routes.iter()
    }

    /// Returns the versions of an entry's work, by language.
    pub fn versions(&self, entry: &Entry) -> Vec<&Arc<Entry>> {
        self.works
            .get(&(entry.kind, entry.name.clone()))
            .into_iter()
            .flatten()
            .filter_map(|(_, path)| self.entries.get(path))
            .collect()
    }

    /// Returns one entry a work, in the language where there is such a version, by path.
    pub fn works_in(&self, lang: &str, default: &str) -> Vec<&Arc<Entry>> {
        self.works
            .values()
            .filter_map(|versions| version_of(versions, &[lang, default]))
            .filter_map(|path| self.entries.get(path))
            .collect()
    }

    /// Returns the version of the deck of this name in a language, else in the site's.
    pub fn deck(&self, name: &str, lang: &str, default: &str) -> Option<&Arc<Entry>> {
        let versions = self.works.get(&(Kind::Deck, name.to_owned()))?;
        self.entries.get(version_of(versions, &[lang, default])?)
    }

    /// Returns the pages directly inside the folder of an index page.
    pub fn children(&self, entry: &Entry) -> Vec<&Arc<Entry>> {
        let prefix = format!("{}/", entry.name);
        self.works
            .range((Kind::Page, prefix.clone())..)
            .take_while(|((kind, name), _)| *kind == Kind::Page && name.starts_with(&prefix))
            .filter(|((_, name), _)| !name[prefix.len()..].contains('/'))
            .filter_map(|(_, versions)| version_of(versions, &[&entry.lang]))
            .filter_map(|path| self.entries.get(path))
            .collect()
    }

    /// Returns the page of this name in a language, else in any.
    pub fn page(&self, name: &str, lang: &str) -> Option<&Arc<Entry>> {
        let versions = self.works.get(&(Kind::Page, name.to_owned()))?;
        self.entries.get(version_of(versions, &[lang])?)
    }
}

/// Returns the version in the first of the languages that there is one in, else any.
fn version_of<'a>(versions: &'a Versions, langs: &[&str]) -> Option<&'a SourcePath> {
    let found = langs.iter().find_map(|lang| versions.iter().find(|(own, _)| own == lang));
    found.or_else(|| versions.get_min()).map(|(_, path)| path)
}

fn remove_from(map: &mut HashMap<u64, OrdSet<SourcePath>>, key: u64, path: &SourcePath) {
    if let Some(set) = map.get_mut(&key) {
        set.remove(path);
        if set.is_empty() {
            map.remove(&key);
        }
    }
}

/// Returns the address of an asset: its name, then its digest, so that it can be kept for ever.
fn asset_route(path: &SourcePath, digest: Digest) -> String {
    let name = path.file_name();
    let (stem, extension) = name
        .rsplit_once('.')
        .filter(|(stem, _)| !stem.is_empty())
        .map_or((name, String::new()), |(stem, extension)| {
            (stem, format!(".{}", extension.to_ascii_lowercase()))
        });
    let stem: String = stem
        .chars()
        .map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' })
        .take(60)
        .collect();
    format!("assets/{stem}-{}{extension}", digest.short())
}
