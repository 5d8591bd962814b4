//! The view of a wiki page: its text, where it stands, who mentions it.

use std::sync::Arc;

use serde::Serialize;

use super::embed::Embeds;
use super::excerpt::excerpt;
use super::fill::{Filler, Place, Sight, encode, fragment, relative, root_of};
use super::list::levels;
use super::mentions::{self, PageMention, SlideMention};
use super::news::change;
use super::shell::{Head, date_text, in_language, shell, versions};
use super::sitemap::url;
use super::{Page, Site, View, around, deck, list, sequence};
use crate::catalog::{Arrival, Entry, Mention, Part};
use crate::document::Origins;

/// How many characters of a text stand for its summary.
const EXCERPT: usize = 110;
/// How many of those who changed a page are named.
const AUTHORS: usize = 4;
/// How many documents that share links with a page are named.
const RELATED: usize = 5;
/// How many documents that name it without a link.
const NAMINGS: usize = 10;

#[derive(Clone, Debug, Serialize)]
pub struct Wiki {
    pub html: String,
    pub toc: Vec<TocLine>,
    pub tags: Vec<Tag>,
    pub date_iso: String,
    pub date_text: String,
    /// Who changed the page, as its history tells.
    pub authors: String,
    /// Where the original is newer than this translation.
    pub stale: Option<Stale>,
    pub before: Option<Crumb>,
    pub after: Option<Crumb>,
    pub crumbs: Vec<Crumb>,
    pub children: Vec<Crumb>,
    pub slides: Vec<SlideMention>,
    pub backlinks: Vec<PageMention>,
    pub namings: Namings,
    /// Documents that share links with this one.
    pub related: Vec<Related>,
    /// The page and what is linked with it, as a small picture.
    pub around: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct TocLine {
    pub level: u8,
    pub id: String,
    pub text: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Tag {
    pub name: String,
    pub href: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Crumb {
    pub title: String,
    pub href: Option<String>,
}

/// The original of a translation that has changed since.
#[derive(Clone, Debug, Serialize)]
pub struct Stale {
    pub text: String,
    pub href: String,
    pub lang: String,
}

/// Who names a page without a link: the first of them, how many more, and how many in all.
#[derive(Clone, Debug, Serialize)]
pub struct Namings {
    pub first: Vec<PageMention>,
    pub more: usize,
    pub all: usize,
}

/// A document that shares links with this one.
#[derive(Clone, Debug, Serialize)]
pub struct Related {
    pub title: String,
    pub href: String,
    pub lang: String,
    pub kind: &'static str,
}

/// Composes a wiki page, or the small page that leads on where it is a redirect.
pub(super) fn compose(site: Site<'_>, entry: &Arc<Entry>) -> Page {
    if let Some(arrival) = site.catalog.arrival(entry) {
        return compose_redirect(site, &entry.route, entry, &arrival);
    }
    let document = &entry.document;
    let root = root_of(&entry.route);
    let embeds = Embeds::default();
    let filler = Filler {
        site,
        entry,
        root: root.clone(),
        place: Place::Own,
        sight: Sight::First,
        way: vec![(document.path.clone(), Part::Whole)],
        embeds: &embeds,
    };
    let html = filler.fill(&document.body);
    let mentions = site.catalog.mentions(entry);
    let (slides, backlinks) = mentions::of((site, &embeds), entry, &mentions, &root);
    let date = change(site, entry).map_or_else(String::new, |change| change.day().to_owned());
    let crumb = |other: &Arc<Entry>| Crumb {
        title: other.title.clone(),
        href: Some(relative(&root, &other.route)),
    };
    let [before, after] = sequence::beside(site, entry).map(|other| other.map(crumb));
    let mut children = site.catalog.children(entry);
    children.sort_by_cached_key(|child| sequence::rank(site, child));
    let wiki = Wiki {
        html,
        toc: toc(entry),
        tags: tags(site, entry, &root),
        date_text: if date.is_empty() {
            String::new()
        } else {
            date_text(site, &date, &entry.lang)
        },
        date_iso: date,
        crumbs: crumbs(site, entry, &root),
        authors: authors(site, entry),
        stale: stale(site, entry, &root),
        before,
        after,
        children: children.into_iter().map(crumb).collect(),
        slides,
        backlinks,
        namings: namings(site, entry, &mentions, &root),
        related: related(site, entry, &root),
        around: around::picture(site, entry, &mentions, &root),
    };
    let interface = site.interface;
    let mut styles = vec![interface.asset("site.css").to_owned()];
    embeds.styles(&mut styles);
    styles.extend(deck::looks(site, entry).map(|(address, _)| address));
    let head = Head {
        address: &entry.route,
        lang: &entry.lang,
        title: entry.title.clone(),
        description: description(entry),
        versions: versions(site, entry),
        styles,
        scripts: embeds.scripts(interface, interface.site_scripts()),
        origins: &embeds.origins(&document.origins),
    };
    Page { template: "wiki/page.html", shell: shell(site, head), view: View::Page(wiki) }
}

fn tags(site: Site<'_>, entry: &Entry, root: &str) -> Vec<Tag> {
    let route = |tag: &String| list::tag_route(site, tag, &entry.lang);
    let tag = |tag: &String| Tag { name: tag.clone(), href: relative(root, &route(tag)) };
    entry.document.matter.tags.iter().map(tag).collect()
}

fn namings(site: Site<'_>, entry: &Arc<Entry>, mentions: &[Mention], root: &str) -> Namings {
    let found = site.catalog.namings(entry, mentions, site.config.unlinked as usize);
    Namings {
        first: found.iter().take(NAMINGS).map(|naming| mentions::naming(naming, root)).collect(),
        more: found.len().saturating_sub(NAMINGS),
        all: found.len(),
    }
}

fn related(site: Site<'_>, entry: &Arc<Entry>, root: &str) -> Vec<Related> {
    let related = site.catalog.related(entry, RELATED);
    let line = |other: Arc<Entry>| Related {
        title: other.title.clone(),
        href: relative(root, &other.route),
        lang: other.lang.clone(),
        kind: other.kind.word(),
    };
    related.into_iter().map(line).collect()
}

/// Returns what a page says of itself in one sentence: its summary, else its first words.
fn description(entry: &Entry) -> String {
    let document = &entry.document;
    match document.matter.summary.as_str() {
        "" => excerpt(&document.body.html, EXCERPT),
        summary => summary.to_owned(),
    }
}

/// Returns those who changed a page, the most frequent first.
fn authors(site: Site<'_>, entry: &Entry) -> String {
    let Some(touched) = site.history.of(&entry.document.path) else { return String::new() };
    let word = |key| site.interface.word(&entry.lang, key);
    let named: Vec<&str> = touched.authors.iter().take(AUTHORS).map(|name| &**name).collect();
    let mut text = named.join(word("list_comma"));
    if touched.authors.len() > AUTHORS {
        text.push_str(word("and_others"));
    }
    text
}

/// Tells of the original where it was changed after its translation.
fn stale(site: Site<'_>, entry: &Arc<Entry>, root: &str) -> Option<Stale> {
    if !entry.is_translation() {
        return None;
    }
    let original = site.catalog.versions(entry).into_iter().find(|it| !it.is_translation())?;
    let (own, newer) = (change(site, entry)?, change(site, original)?);
    (newer.seconds > own.seconds).then(|| Stale {
        text: site
            .interface
            .word(&entry.lang, "stale")
            .replace("{date}", &date_text(site, newer.day(), &entry.lang)),
        href: relative(root, &original.route),
        lang: original.lang.clone(),
    })
}

/// Composes the small page at an old address.
pub(super) fn compose_redirect(
    site: Site<'_>,
    address: &str,
    entry: &Arc<Entry>,
    arrival: &Arrival,
) -> Page {
    let head = Head {
        address,
        lang: &entry.lang,
        title: entry.title.clone(),
        description: String::new(),
        versions: Vec::new(),
        styles: vec![site.interface.asset("site.css").to_owned()],
        scripts: Vec::new(),
        origins: &Origins::default(),
    };
    let mut target = format!("{}{}", root_of(address), encode(&arrival.entry.route));
    if let Some(fragment) = arrival.fragment() {
        target.push('#');
        target.push_str(&encode(&fragment));
    }
    let mut shell = shell(site, head);
    if let Some(social) = &mut shell.social {
        social.url = url(site, &arrival.entry.route);
    }
    Page { template: "redirect.html", shell, view: View::Target(target) }
}

/// A table of contents helps from three headings on.
fn toc(entry: &Entry) -> Vec<TocLine> {
    let lines: Vec<TocLine> = entry
        .document
        .headings
        .iter()
        .filter(|heading| (2..=4).contains(&heading.level))
        .map(|heading| TocLine {
            level: heading.level,
            id: fragment(&heading.id),
            text: heading.text.clone(),
        })
        .collect();
    if lines.len() < 3 { Vec::new() } else { lines }
}

fn crumbs(site: Site<'_>, entry: &Entry, root: &str) -> Vec<Crumb> {
    let Some((space, _)) = entry.name.rsplit_once('/') else { return Vec::new() };
    let mut crumbs: Vec<Crumb> = levels(space)
        .map(|level| match site.catalog.page(level, &entry.lang) {
            Some(index) => {
                Crumb { title: index.title.clone(), href: Some(relative(root, &index.route)) }
            }
            None => Crumb {
                title: level.rsplit('/').next().unwrap_or(level).replace('_', " "),
                href: Some(listed(site, entry, level, root)),
            },
        })
        .collect();
    crumbs.push(Crumb { title: entry.title.clone(), href: None });
    crumbs
}

/// Returns where the list of all pages tells those of a namespace.
fn listed(site: Site<'_>, entry: &Entry, space: &str, root: &str) -> String {
    let mut href = relative(root, &in_language(site, "pages", &entry.lang));
    href.extend(["#", &fragment(space)]);
    href
}
