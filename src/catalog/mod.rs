//! Documents -> Catalog: all names, links both ways, tags, translations and routes.
//!
//! An entry depends on its document alone, so a changed document is taken out and put in again
//! without a look at the others. What a link leads to is found when somebody asks.

mod edges;
mod embed;
mod entry;
mod kin;
pub mod names;
mod redirect;
mod resolve;
mod spoken;
mod table;
mod tags;
mod ties;

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};

use crate::digest::Digest;
use crate::document::Kind;
use crate::picture::{self, Facts, Recipe};
use crate::source::{Asset, SourcePath};
use edges::Known;
use names::{KeyMap, fold, key};
use spoken::Spoken;
use table::Table;
use tags::Tags;

pub use embed::{EMBED_DEPTH_MAX, EMBEDS_MAX, EmbedFault, Part, Shown, Stop, stretch};
pub use entry::{Entry, excess};
pub use redirect::Arrival;
pub use resolve::{Mention, Resolution};
pub use spoken::Naming;

/// A file served as it is.
#[derive(Clone, Debug)]
pub struct AssetEntry {
    pub route: Arc<str>,
    pub digest: Digest,
    /// What its bytes tell without being decoded.
    pub facts: Facts,
}

/// What stands at an address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Route {
    Page(SourcePath),
    Deck(SourcePath),
    Handout(SourcePath),
    Notes(SourcePath),
    /// A file that stands in a deck's own styles.
    Data(SourcePath),
    Asset(SourcePath),
    Static(SourcePath),
    /// An old address: a small page that leads to the document.
    Alias(SourcePath),
}

/// The versions of one work by language; where two files claim one, the first path has it. A
/// sorted list: mostly there is one.
type Versions = Arc<Vec<(String, SourcePath)>>;

/// Where a page stands among those of its folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    folder: String,
    order: i64,
    name: String,
    /// Two files may claim one name.
    path: String,
}

/// All documents of a site and how they hang together. Cheap to copy.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    entries: OrdMap<SourcePath, Arc<Entry>>,
    /// By kind and name: the versions of one work, by language.
    works: OrdMap<(Kind, String), Versions>,
    /// How many works of a key have several versions: of most nobody needs to look for others.
    several: KeyMap<usize>,
    named: Table,
    /// By the paths at which documents are or were.
    located: Table,
    linking: Table,
    /// Pages with `redirect:`, by what they name.
    leading: Table,
    /// Pages that say where they stand in their folder.
    ordered: OrdSet<Place>,
    tags: Tags,
    /// How many documents there are in each language.
    langs: OrdMap<String, usize>,
    routes: OrdMap<Arc<str>, Vec<Route>>,
    assets: OrdMap<SourcePath, AssetEntry>,
    asset_names: KeyMap<OrdSet<SourcePath>>,
    edges: Known,
    spoken: Spoken,
}

impl Catalog {
    /// Puts an entry in. There must be none at its path.
    pub fn insert(&mut self, entry: Entry) {
        let entry = Arc::new(entry);
        self.edges.forget();
        self.spoken.forget();
        self.insert_keys(&entry);
        self.insert_rest(entry);
    }

    /// Makes the catalog of many entries: two threads fill it, for the tables of keys are half of it.
    pub fn of(entries: Vec<Entry>) -> Catalog {
        let mut entries: Vec<Arc<Entry>> = entries.into_iter().map(Arc::new).collect();
        entries.sort_by(|a, b| a.document.path.cmp(&b.document.path));
        let mut rest = Catalog::default();
        let ((named, located, linking, leading), ()) = rayon::join(
            || {
                (
                    Table::of(&entries, |entry| entry.name_keys.iter().copied()),
                    Table::of(&entries, |entry| entry.path_keys.iter().copied()),
                    Table::of(&entries, Entry::linked_keys),
                    Table::of(&entries, |entry| entry.redirect_keys.iter().copied()),
                )
            },
            || entries.iter().for_each(|entry| rest.insert_rest(Arc::clone(entry))),
        );
        Catalog { named, located, linking, leading, ..rest }
    }

    /// Works out at once what all links lead to; the answers stay the same.
    pub fn resolve_all(&self) {
        self.edges.fill(self);
    }

    fn insert_keys(&mut self, entry: &Arc<Entry>) {
        entry.name_keys.iter().for_each(|key| self.named.enter(*key, entry));
        entry.path_keys.iter().for_each(|key| self.located.enter(*key, entry));
        entry.linked_keys().for_each(|key| self.linking.enter(key, entry));
        entry.redirect_keys.iter().for_each(|key| self.leading.enter(*key, entry));
    }

    fn insert_rest(&mut self, entry: Arc<Entry>) {
        let path = entry.document.path.clone();
        self.tags.enter(&entry);
        self.insert_work(&entry, &path);
        self.ordered.extend(entry.place_in_order());
        *self.langs.entry(entry.lang.clone()).or_default() += 1;
        for (address, route) in entry.routes() {
            self.add_route(address, route);
        }
        self.entries.insert(path, entry);
    }

    /// Takes the entry of a path out, if there is one.
    pub fn remove(&mut self, path: &SourcePath) -> Option<Arc<Entry>> {
        let entry = self.entries.remove(path)?;
        self.edges.forget();
        self.spoken.forget();
        entry.name_keys.iter().for_each(|key| self.named.leave(*key, &entry));
        entry.path_keys.iter().for_each(|key| self.located.leave(*key, &entry));
        entry.linked_keys().for_each(|key| self.linking.leave(key, &entry));
        entry.redirect_keys.iter().for_each(|key| self.leading.leave(*key, &entry));
        self.tags.leave(&entry);
        if let Some(place) = entry.place_in_order() {
            self.ordered.remove(&place);
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

    fn insert_work(&mut self, entry: &Entry, path: &SourcePath) {
        let versions = self.works.entry((entry.kind, entry.name.clone())).or_default();
        let version = (entry.lang.clone(), path.clone());
        let Err(at) = versions.binary_search(&version) else { return };
        Arc::make_mut(versions).insert(at, version);
        if versions.len() == 2 {
            *self.several.entry(entry.work_key).or_default() += 1;
        }
    }

    fn remove_work(&mut self, entry: &Entry, path: &SourcePath) {
        let work = (entry.kind, entry.name.clone());
        let Some(versions) = self.works.get_mut(&work) else { return };
        let Ok(at) = versions.binary_search(&(entry.lang.clone(), path.clone())) else { return };
        Arc::make_mut(versions).remove(at);
        let left = versions.len();
        if left == 0 {
            self.works.remove(&work);
        }
        if left == 1
            && let Some(count) = self.several.get_mut(&entry.work_key)
        {
            *count -= 1;
            if *count == 0 {
                self.several.remove(&entry.work_key);
            }
        }
    }

    /// Puts an asset in, in place of what stood at its path.
    pub fn insert_asset(&mut self, path: &SourcePath, asset: &Asset) {
        self.remove_asset(path);
        self.edges.forget();
        if path.as_str().starts_with("templates/") {
            return;
        }
        let (facts, digest) = (asset.facts, asset.digest);
        let (route, kind) = match path.as_str().strip_prefix("static/") {
            Some(rest) => (names::composed(rest.to_owned()), Route::Static(path.clone())),
            None => (route_of(path, digest, &facts), Route::Asset(path.clone())),
        };
        let route: Arc<str> = Arc::from(route);
        self.add_route(Arc::clone(&route), kind);
        self.asset_names.entry(key(&fold(path.file_name()))).or_default().insert(path.clone());
        self.assets.insert(path.clone(), AssetEntry { route, digest, facts });
    }

    /// Takes an asset out, if there is one.
    pub fn remove_asset(&mut self, path: &SourcePath) {
        let Some(asset) = self.assets.remove(path) else { return };
        self.edges.forget();
        let route = if path.as_str().starts_with("static/") {
            Route::Static(path.clone())
        } else {
            Route::Asset(path.clone())
        };
        self.remove_route(&asset.route, &route);
        remove_from(&mut self.asset_names, key(&fold(path.file_name())), path);
    }

    fn add_route(&mut self, address: Arc<str>, route: Route) {
        match self.routes.get_mut(&*address) {
            Some(list) => {
                if let Err(at) = list.binary_search(&route) {
                    list.insert(at, route);
                }
            }
            None => drop(self.routes.insert(address, vec![route])),
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

    /// Tells whether a document stands at a path.
    pub fn entry_at(&self, path: &str) -> bool {
        self.entries.contains_key(path)
    }

    /// Iterates over all files that are served as they are.
    pub fn assets(&self) -> impl Iterator<Item = (&SourcePath, &AssetEntry)> {
        self.assets.iter()
    }

    pub fn asset(&self, path: &SourcePath) -> Option<&AssetEntry> {
        self.assets.get(path)
    }

    /// Tells whether any document is in a language.
    pub fn speaks(&self, lang: &str) -> bool {
        self.langs.contains_key(lang)
    }

    /// Returns what stands at an address; where several claim it, the first in order.
    pub fn route(&self, address: &str) -> Option<&Route> {
        self.routes.get(address).and_then(|list| list.first())
    }

    /// Iterates over the assets whose addresses begin with a text.
    pub fn assets_from(&self, start: &str) -> impl Iterator<Item = (&SourcePath, &AssetEntry)> {
        let routes = self
            .routes
            .range::<_, Arc<str>>(Arc::from(start)..)
            .take_while(move |(address, _)| address.starts_with(start));
        routes.flat_map(|(_, routes)| routes).filter_map(|route| match route {
            Route::Asset(path) => self.assets.get_key_value(path),
            _ => None,
        })
    }

    /// Iterates over all addresses of documents and assets with their claimants.
    pub fn routes(&self) -> impl Iterator<Item = (&Arc<str>, &Vec<Route>)> {
        self.routes.iter()
    }

    /// Returns the versions of an entry's work, by language.
    pub fn versions<'a>(&'a self, entry: &'a Arc<Entry>) -> Vec<&'a Arc<Entry>> {
        if !self.several.contains_key(&entry.work_key) {
            return vec![entry];
        }
        self.works
            .get(&(entry.kind, entry.name.clone()))
            .into_iter()
            .flat_map(|versions| versions.iter())
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

    /// Returns the pages before and after one in the order of its folder, if it has a place in it.
    pub fn beside<'a>(&'a self, entry: &'a Arc<Entry>) -> [Option<&'a Arc<Entry>>; 2] {
        let versions = self.versions(entry);
        let Some(place) = versions.iter().find_map(|version| version.place_in_order()) else {
            return [None, None];
        };
        let here = |other: &&Place| other.folder == place.folder;
        let other = |other: &&Place| other.name != place.name;
        let before = self.ordered.range(..place.clone()).rev().take_while(here).find(other);
        let after = self.ordered.range(place.clone()..).take_while(here).find(other);
        [before, after].map(|place| place.and_then(|place| self.page(&place.name, &entry.lang)))
    }

    /// Returns the number that a page gives its place in its folder.
    pub fn place(&self, entry: &Arc<Entry>) -> Option<i64> {
        let versions = self.versions(entry);
        versions.iter().find_map(|version| version.place_in_order()).map(|place| place.order)
    }

    /// Returns the page that comes first in the order of a folder.
    pub fn first_in(&self, folder: &str, lang: &str) -> Option<&Arc<Entry>> {
        let from = Place { folder: folder.to_owned(), order: i64::MIN, ..Place::default() };
        let first = self.ordered.range(from..).next()?;
        (first.folder == folder).then(|| self.page(&first.name, lang)).flatten()
    }

    /// Returns the documents that a name means, one version of each: by their paths, else by title or alias.
    pub fn named(&self, name: &str) -> Vec<&Arc<Entry>> {
        let bare = name.trim().trim_matches('/').trim_end_matches(".md");
        let paths = ["wiki/", "decks/", ""].map(|top| fold(&format!("{top}{bare}")));
        let located = paths.iter().flat_map(|path| {
            let near = self.located.get(key(path)).iter();
            near.filter(move |entry| fold(&entry.full_name) == *path || fold(&entry.file) == *path)
        });
        let mut hits: Vec<&Arc<Entry>> = located.collect();
        if hits.is_empty() {
            let folded = fold(bare);
            let named = self.named.get(key(&folded)).iter();
            hits.extend(named.filter(|entry| entry.folded.contains(&folded)));
        }
        let mut seen = std::collections::BTreeSet::new();
        hits.retain(|entry| seen.insert((entry.kind, entry.name.as_str())));
        hits
    }

    /// Returns the file whose path differs from this one in nothing that a name can tell apart, if there is one.
    pub fn twin(&self, path: &SourcePath) -> Option<&SourcePath> {
        let stem = path.as_str().strip_suffix(".md")?;
        let folded = fold(stem);
        let mut located = self.located.get(key(&folded)).iter();
        let twin = located.find(|entry| fold(entry.document.stem()) == folded)?;
        Some(&twin.document.path)
    }

    /// Returns a page by its whole name, whatever the spelling.
    pub fn named_page(&self, name: &str) -> Option<&Arc<Entry>> {
        let path = fold(&format!("wiki/{}", name.trim().trim_matches('/')));
        let located = self.located.get(key(&path)).iter();
        located
            .filter(|entry| entry.kind == Kind::Page)
            .find(|entry| fold(&entry.full_name) == path)
    }

    /// Returns the page of this name in a language, else in any.
    pub fn page(&self, name: &str, lang: &str) -> Option<&Arc<Entry>> {
        let versions = self.works.get(&(Kind::Page, name.to_owned()))?;
        self.entries.get(version_of(versions, &[lang])?)
    }
}

/// Returns the version in the first of the languages that there is one in, else any.
fn version_of<'a>(versions: &'a [(String, SourcePath)], langs: &[&str]) -> Option<&'a SourcePath> {
    let found = langs.iter().find_map(|lang| versions.iter().find(|(own, _)| own == lang));
    found.or_else(|| versions.first()).map(|(_, path)| path)
}

fn remove_from(map: &mut KeyMap<OrdSet<SourcePath>>, key: u64, path: &SourcePath) {
    if let Some(set) = map.get_mut(&key) {
        set.remove(path);
        if set.is_empty() {
            map.remove(&key);
        }
    }
}

/// Returns the address of an asset, with the ending of what it is: its name may say another.
fn route_of(path: &SourcePath, digest: Digest, facts: &Facts) -> String {
    let ending = path.extension().map(str::to_ascii_lowercase).unwrap_or_default();
    let is_picture = |kind: &picture::Kind| kind.is_picture();
    match facts.kind.filter(is_picture).map(picture::Kind::extensions) {
        Some(usual) if !usual.contains(&&*ending) => {
            format!("{}{}.{}", asset_stem(path), digest.short(), usual[0])
        }
        _ => asset_route(path, digest),
    }
}

/// Returns the address of an asset: its name, then its digest, so that it can be kept for ever.
pub fn asset_route(path: &SourcePath, digest: Digest) -> String {
    let extension =
        path.extension().map(|extension| format!(".{}", extension.to_ascii_lowercase()));
    format!("{}{}{}", asset_stem(path), digest.short(), extension.unwrap_or_default())
}

/// Returns the address of a picture that is made of an asset.
pub fn derived_route(path: &SourcePath, digest: Digest, recipe: &Recipe) -> String {
    let extension = recipe.format.extension();
    format!("{}{}.{extension}", asset_stem(path), recipe.digest(digest).short())
}

/// Returns how the address of an asset begins, up to its digest.
pub fn asset_stem(path: &SourcePath) -> String {
    let name = path.file_name();
    let stem = name.rsplit_once('.').map(|(stem, _)| stem).filter(|stem| !stem.is_empty());
    let plain = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let stem: String = stem.unwrap_or(name).chars().map(plain).take(60).collect();
    format!("assets/{stem}-")
}
