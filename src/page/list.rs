//! The views of the indexes: all pages, what is new, tags.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde::Serialize;

use super::fill::{relative, root_of};
use super::news::{change, newest};
use super::shell::{Head, date_text, in_language, shell, site_languages};
use super::{Page, Site, View};
use crate::catalog::Entry;
use crate::document::{Kind, Origins};

/// How many documents the list of new ones shows.
const RECENT: usize = 100;

/// How many documents the search lists for those who have no scripts.
const LISTED_MAX: usize = 1000;

#[derive(Clone, Debug, Serialize)]
pub struct List {
    pub kind: &'static str,
    pub intro: String,
    pub groups: Vec<Group>,
    /// The ways to what is not joined.
    pub wanted: String,
    pub orphans: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Group {
    pub label: String,
    /// `entries`, or `tags` for a row of short names.
    pub kind: &'static str,
    /// The namespaces that begin here: where pages without an index above them lead up to.
    pub ids: Vec<String>,
    pub entries: Vec<ListEntry>,
}

impl Group {
    pub(super) fn new(label: String, kind: &'static str, entries: Vec<ListEntry>) -> Group {
        Group { label, kind, ids: Vec::new(), entries }
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct ListEntry {
    pub title: String,
    pub href: String,
    pub summary: String,
    pub date_iso: String,
    pub date_text: String,
    pub kind: &'static str,
    pub lang: String,
    pub count: Option<usize>,
}

/// Returns the address of a tag's page in a language.
pub(super) fn tag_route(site: Site<'_>, tag: &str, lang: &str) -> String {
    let name = site.catalog.tag_name(tag, site.config);
    in_language(site, &format!("tags/{name}"), lang)
}

/// Returns the addresses of all indexes: the event, pages, recent, tags, 404.
pub fn list_routes(site: Site<'_>) -> Vec<String> {
    let mut routes = vec!["404.html".to_owned()];
    for lang in site_languages(site) {
        routes.extend(
            ["index", "pages", "recent", "search", "graph", "wanted", "orphans"]
                .map(|stem| in_language(site, stem, &lang)),
        );
        routes.extend(site.catalog.tags().map(|(tag, _)| tag_route(site, tag, &lang)));
    }
    routes.sort();
    routes.dedup();
    routes
}

/// Composes the index at an address, if there is one.
pub(super) fn compose(site: Site<'_>, address: &str) -> Option<Page> {
    let langs = site_languages(site);
    for lang in &langs {
        let is = |stem: &str| in_language(site, stem, lang) == address;
        let word = |key| site.interface.word(lang, key).to_owned();
        if is("pages") {
            return Some(page(
                site,
                address,
                lang,
                ("pages", &word("pages")),
                pages(site, lang, address),
            ));
        }
        if is("search") {
            let all = pages(site, lang, address);
            let count: usize = all.iter().map(|group| group.entries.len()).sum();
            // Who has no scripts finds all pages here, or, where they are very many, a link to them.
            let groups = if count > LISTED_MAX { Vec::new() } else { all };
            let found = page(site, address, lang, ("search", &word("search")), groups);
            return Some(Page { template: "search/search.html", ..found });
        }
        if is("recent") {
            let root = root_of(address);
            let entries = news(site, lang, &root, |_| true).take(RECENT).collect();
            return Some(page(
                site,
                address,
                lang,
                ("recent", &word("recent")),
                vec![Group::new(String::new(), "entries", entries)],
            ));
        }
    }
    let name = address.strip_prefix("tags/")?;
    let (lang, tag) = langs.iter().find_map(|lang| {
        let name = name.strip_suffix(&in_language(site, "", lang))?;
        Some((lang, site.catalog.tag_called(name, site.config)?))
    })?;
    let entries = tagged(site, tag, lang, &root_of(address));
    let groups = vec![Group::new(String::new(), "entries", entries)];
    Some(page(site, address, lang, ("tag", tag), groups))
}

fn page(
    site: Site<'_>,
    address: &str,
    lang: &str,
    (kind, title): (&'static str, &str),
    groups: Vec<Group>,
) -> Page {
    let stem = |other: &str| match kind {
        "tag" => tag_route(site, title, other),
        kind => in_language(site, kind, other),
    };
    let head = Head {
        address,
        lang,
        versions: site_languages(site)
            .into_iter()
            .map(|other| (other.clone(), stem(&other)))
            .collect(),
        title: title.to_owned(),
        description: String::new(),
        styles: vec![site.interface.asset("site.css").to_owned()],
        scripts: site.interface.site_scripts(),
        origins: &Origins::default(),
    };
    let groups = groups.into_iter().filter(|group| !group.entries.is_empty()).collect();
    let [wanted, orphans] = ["wanted", "orphans"]
        .map(|stem| relative(&root_of(address), &in_language(site, stem, lang)));
    Page {
        template: "list/list.html",
        shell: shell(site, head),
        view: View::List(List { kind, intro: String::new(), groups, wanted, orphans }),
    }
}

fn line(site: Site<'_>, entry: &Arc<Entry>, lang: &str, root: &str) -> ListEntry {
    let date_iso = change(site, entry).map_or_else(String::new, |it| it.day().to_owned());
    let told = !date_iso.is_empty();
    let date_text = if told { date_text(site, &date_iso, lang) } else { String::new() };
    ListEntry { date_iso, date_text, ..short_line(entry, root) }
}

/// Returns a line that does not tell the date.
pub(super) fn short_line(entry: &Arc<Entry>, root: &str) -> ListEntry {
    let matter = &entry.document.matter;
    ListEntry {
        title: entry.title.clone(),
        href: relative(root, &entry.route),
        summary: matter.summary.clone(),
        date_text: String::new(),
        date_iso: String::new(),
        kind: entry.kind.word(),
        lang: entry.lang.clone(),
        count: None,
    }
}

/// All documents: decks, then pages by namespace, then tags.
fn pages(site: Site<'_>, lang: &str, address: &str) -> Vec<Group> {
    let root = root_of(address);
    let word = |key| site.interface.word(lang, key).to_owned();
    let mut decks = Vec::new();
    let mut spaces: BTreeMap<&str, Vec<ListEntry>> = BTreeMap::new();
    for entry in site.catalog.works_in(lang, &site.config.lang) {
        if entry.document.matter.redirect.is_some() {
            continue;
        }
        let short = short_line(entry, &root);
        match entry.kind {
            Kind::Deck => decks.push(short),
            Kind::Page => spaces
                .entry(entry.name.rsplit_once('/').map_or("", |(space, _)| space))
                .or_default()
                .push(short),
        }
    }
    let mut groups = vec![Group::new(word("decks"), "entries", decks)];
    let mut begun = HashSet::new();
    for (space, mut entries) in spaces {
        entries.sort_by_cached_key(|entry| (entry.title.to_lowercase(), entry.href.clone()));
        let label = if space.is_empty() { word("pages") } else { space.replace('_', " ") };
        let ids = levels(space).filter(|level| begun.insert(*level)).map(str::to_owned).collect();
        groups.push(Group { ids, ..Group::new(label, "entries", entries) });
    }
    let tags = site.catalog.tags().map(|(tag, _)| ListEntry {
        title: tag.clone(),
        href: relative(&root, &tag_route(site, tag, lang)),
        summary: String::new(),
        date_iso: String::new(),
        date_text: String::new(),
        kind: "tag",
        lang: lang.to_owned(),
        count: Some(bearers(site, tag, lang).len()),
    });
    groups.push(Group::new(word("tags"), "tags", tags.collect()));
    groups
}

/// Iterates over a namespace and those that it lies in, the outermost first.
pub(super) fn levels(space: &str) -> impl Iterator<Item = &str> {
    let ends = space.match_indices('/').map(|(at, _)| at).chain([space.len()]);
    ends.map(|end| &space[..end]).filter(|level| !level.is_empty())
}

/// Returns the pages that were changed last.
pub(super) fn recent(site: Site<'_>, lang: &str, root: &str, count: usize) -> Vec<ListEntry> {
    news(site, lang, root, |entry| entry.kind == Kind::Page).take(count).collect()
}

/// The documents that were changed last, then nothing: what has no date is not news.
fn news<'a>(
    site: Site<'a>,
    lang: &'a str,
    root: &'a str,
    counts: impl Fn(&Entry) -> bool + 'a,
) -> impl Iterator<Item = ListEntry> + 'a {
    let newest = newest(site, lang).into_iter();
    newest
        .filter(move |(_, entry)| counts(entry))
        .map(move |(_, entry)| line(site, entry, lang, root))
}

fn tagged(site: Site<'_>, tag: &str, lang: &str, root: &str) -> Vec<ListEntry> {
    let bearers = bearers(site, tag, lang).into_iter();
    let mut entries: Vec<ListEntry> = bearers.map(|entry| line(site, entry, lang, root)).collect();
    entries
        .sort_by_cached_key(|entry| (entry.kind, entry.title.to_lowercase(), entry.href.clone()));
    entries
}

/// Returns what bears a tag, one version of each work.
fn bearers<'a>(site: Site<'a>, tag: &str, lang: &str) -> Vec<&'a Arc<Entry>> {
    let mut seen = HashSet::new();
    let paths = site.catalog.tagged(tag).into_iter().flatten();
    let entries = paths.filter_map(|path| site.catalog.entry(path));
    let best = entries.map(|entry| {
        if entry.lang == lang {
            return entry;
        }
        let versions = site.catalog.versions(entry);
        let in_language = |lang: &str| versions.iter().find(|version| version.lang == lang);
        in_language(lang).or_else(|| in_language(&site.config.lang)).copied().unwrap_or(entry)
    });
    best.filter(|entry| seen.insert(Arc::as_ptr(entry))).collect()
}
