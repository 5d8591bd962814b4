//! What every page has: language, title, navigation, style sheets, policy.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::fill::{relative, root_of};
use super::{Page, Site, View};
use crate::catalog::Entry;
use crate::document::Origins;

/// The fields that every template sees.
#[derive(Clone, Debug)]
pub struct Shell {
    pub lang: String,
    /// The way from this address to the top of the bundle.
    pub root: String,
    pub route: String,
    pub title: String,
    pub heading: String,
    pub description: String,
    pub site: SiteLinks,
    pub languages: Vec<Language>,
    pub alternates: Vec<Alternate>,
    pub styles: Vec<String>,
    pub scripts: Vec<String>,
    pub csp: String,
    pub icon: String,
    /// The address of the feed in this language.
    pub feed: String,
    /// What others show of the page; where the site knows its own address.
    pub social: Option<Social>,
    /// The words of the interface; shared by all pages of a language.
    pub strings: Arc<BTreeMap<String, String>>,
}

/// Where the site's own pages are, seen from this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SiteLinks {
    pub title: String,
    pub home: String,
    pub pages: String,
    pub recent: String,
    pub search: String,
    pub graph: String,
    pub tags_index: Option<String>,
    pub editable: bool,
}

/// One entry of the language switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Language {
    pub lang: String,
    pub label: String,
    pub href: String,
    pub current: bool,
}

/// The same page in a language, for `hreflang`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alternate {
    pub lang: String,
    pub href: String,
}

/// What search engines, chats and networks are told of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Social {
    pub url: String,
    /// `article` for a document, `website` for the rest.
    pub kind: &'static str,
    /// Language and country as Open Graph writes them.
    pub locale: String,
    /// The address of its card, or of the picture that it names itself.
    pub image: Option<String>,
    /// Whether that is its card.
    pub card: bool,
}

/// What a page says of itself before the shell is made.
pub(super) struct Head<'a> {
    pub address: &'a str,
    pub lang: &'a str,
    pub title: String,
    pub description: String,
    /// Language and address of each version, this one included.
    pub versions: Vec<(String, String)>,
    pub styles: Vec<String>,
    pub scripts: Vec<String>,
    pub origins: &'a Origins,
}

const POLICY: [(&str, &str); 12] = [
    ("default-src", "'none'"),
    ("script-src", "'self'"),
    ("style-src", "'self'"),
    ("img-src", "'self'"),
    ("media-src", "'self'"),
    ("font-src", "'self'"),
    ("connect-src", "'self'"),
    ("manifest-src", "'self'"),
    ("form-action", "'self'"),
    ("base-uri", "'none'"),
    ("require-trusted-types-for", "'script'"),
    ("trusted-types", "kami"),
];

/// Returns the Content-Security-Policy of a page that shows what comes from `origins`.
pub(super) fn policy(origins: &Origins, html: bool) -> String {
    let mut out = String::with_capacity(512);
    for (name, value) in POLICY {
        if !out.is_empty() {
            out.push_str("; ");
        }
        out.push_str(name);
        out.push(' ');
        out.push_str(value);
        let more = match name {
            "img-src" => Some(&origins.pictures),
            "media-src" => Some(&origins.players),
            _ => None,
        };
        out.extend(more.into_iter().flatten().flat_map(|origin| [" ", origin]));
        if name == "style-src" && html {
            out.push_str("; style-src-attr 'unsafe-inline'");
        }
    }
    if !origins.frames.is_empty() {
        out.push_str("; frame-src");
        out.extend(origins.frames.iter().flat_map(|origin| [" ", origin]));
    }
    out
}

/// Returns the languages that the site speaks, its own first.
pub fn site_languages(site: Site<'_>) -> Vec<String> {
    let config = site.config;
    let mut langs = vec![config.lang.clone()];
    let others = config.languages.iter().filter(|lang| **lang != config.lang);
    langs.extend(
        others
            .filter(|lang| {
                site.catalog.speaks(lang) || config.event.translations.contains_key(*lang)
            })
            .cloned(),
    );
    langs
}

/// Returns the address of one of the site's own pages in a language: `pages.en.html`.
pub(super) fn in_language(site: Site<'_>, stem: &str, lang: &str) -> String {
    let spoken = lang != site.config.lang
        && site.config.languages.iter().any(|l| l == lang)
        && (site.catalog.speaks(lang) || site.config.event.translations.contains_key(lang));
    if spoken { [stem, ".", lang, ".html"].concat() } else { [stem, ".html"].concat() }
}

/// Returns what a language is called in itself.
pub(super) fn label(site: Site<'_>, lang: &str) -> String {
    let named = site.interface.strings.get(lang).and_then(|words| words.get("language"));
    named.map_or_else(|| lang.to_owned(), Clone::clone)
}

/// Returns the title of the site in a language.
pub(super) fn site_title(site: Site<'_>) -> String {
    let config = site.config;
    let title = if config.title.is_empty() { &config.event.name } else { &config.title };
    if title.is_empty() { "kamishibai".to_owned() } else { title.clone() }
}

/// Makes the shell of a page.
pub(super) fn shell(site: Site<'_>, head: Head<'_>) -> Shell {
    let root = root_of(head.address);
    let from_root = |address: &str| relative(&root, address);
    let order =
        |lang: &str| site.config.languages.iter().position(|l| l == lang).unwrap_or(usize::MAX);
    let mut versions = head.versions;
    versions.sort_by_key(|(lang, _)| (order(lang), lang.clone()));
    let languages = versions
        .iter()
        .map(|(lang, address)| Language {
            lang: lang.clone(),
            label: label(site, lang),
            href: from_root(address),
            current: lang == head.lang,
        })
        .collect();
    let mut styles = head.styles;
    if styles.iter().any(|style| style == site.interface.asset("site.css")) {
        styles.push(super::site_fonts(site).address.clone());
    }
    let several = versions.len() > 1;
    // Search engines read whole addresses only; readers have the language switch.
    let told = several && site.config.base_url.is_some();
    let alternates = versions
        .iter()
        .filter(|_| told)
        .map(|(lang, address)| Alternate {
            lang: lang.clone(),
            href: super::sitemap::url(site, address),
        })
        .collect();
    let assets = |names: Vec<String>| {
        names.iter().filter(|name| !name.is_empty()).map(|name| from_root(name)).collect()
    };
    let strings = [head.lang, "en"]
        .iter()
        .find_map(|lang| site.interface.strings.get(*lang))
        .cloned()
        .unwrap_or_default();
    Shell {
        lang: head.lang.to_owned(),
        route: head.address.to_owned(),
        heading: head.title.clone(),
        title: head.title,
        description: head.description,
        site: SiteLinks {
            title: site_title(site),
            home: from_root(&in_language(site, "index", head.lang)),
            pages: from_root(&in_language(site, "pages", head.lang)),
            recent: from_root(&in_language(site, "recent", head.lang)),
            search: from_root(&in_language(site, "search", head.lang)),
            graph: from_root(&in_language(site, "graph", head.lang)),
            tags_index: None,
            editable: false,
        },
        languages,
        alternates,
        styles: assets(styles),
        scripts: assets(head.scripts),
        csp: policy(head.origins, site.config.html),
        icon: from_root(site.interface.asset("icon.svg")),
        feed: from_root(&super::feed::route(site, head.lang)),
        social: site.config.base_url.as_ref().map(|_| social(site, head.address, head.lang)),
        strings,
        root,
    }
}

fn social(site: Site<'_>, address: &str, lang: &str) -> Social {
    let document = address.starts_with("wiki/") || address.starts_with("decks/");
    let locale = site.interface.strings.get(lang).and_then(|words| words.get("locale"));
    let locale = locale.map_or_else(|| lang.replace('-', "_"), Clone::clone);
    Social {
        url: super::sitemap::url(site, address),
        kind: if document { "article" } else { "website" },
        locale,
        image: super::cards::address(site, address).map(|card| super::sitemap::url(site, &card)),
        card: true,
    }
}

/// Returns language and address of each version of an entry.
pub(super) fn versions(site: Site<'_>, entry: &Arc<Entry>) -> Vec<(String, String)> {
    site.catalog
        .versions(entry)
        .into_iter()
        .map(|version| (version.lang.clone(), version.route.to_string()))
        .collect()
}

/// The page for addresses where nothing stands. Its links work from any depth where the host is known.
pub(super) fn compose_not_found(site: Site<'_>, address: &str) -> Option<Page> {
    if address != "404.html" {
        return None;
    }
    let lang = &site.config.lang;
    let interface = site.interface;
    let head = Head {
        address,
        lang,
        title: interface.word(lang, "lost_title").to_owned(),
        description: String::new(),
        versions: Vec::new(),
        styles: vec![interface.asset("site.css").to_owned()],
        scripts: interface.site_scripts(),
        origins: &Origins::default(),
    };
    let mut shell = shell(site, head);
    let base = site.config.base_url.as_deref().unwrap_or(&site.options.not_found_root);
    for href in shell.styles.iter_mut().chain(&mut shell.scripts).chain([
        &mut shell.icon,
        &mut shell.feed,
        &mut shell.site.home,
        &mut shell.site.pages,
        &mut shell.site.recent,
        &mut shell.site.search,
        &mut shell.site.graph,
    ]) {
        *href = format!("{base}{href}");
    }
    shell.social = None;
    base.clone_into(&mut shell.root);
    Some(Page { template: "404.html", shell, view: View::NotFound(true) })
}

/// Writes a date as people of a language do; an unreadable one stays as it is.
pub(super) fn date_text(site: Site<'_>, date: &str, lang: &str) -> String {
    let Ok(day) = date.parse::<jiff::civil::Date>() else { return date.to_owned() };
    let word = |key| site.interface.word(lang, key);
    let one_of = |key, index: i8| {
        word(key).split(' ').nth(usize::try_from(index).unwrap_or(0)).unwrap_or("")
    };
    let (mut out, mut rest) = (String::with_capacity(48), word("date_format"));
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (name, behind) = after.split_once('}').unwrap_or(("", after));
        let part: Option<Cow<'_, str>> = match name {
            "year" => Some(day.year().to_string().into()),
            "month" => Some(day.month().to_string().into()),
            "month_name" => Some(one_of("months", day.month() - 1).into()),
            "day" => Some(day.day().to_string().into()),
            "weekday" => Some(one_of("weekdays", day.weekday().to_monday_zero_offset()).into()),
            _ => None,
        };
        // What is none of these stays as it is written.
        rest = if part.is_some() { behind } else { after };
        out.push_str(part.as_deref().unwrap_or("{"));
    }
    out + rest
}
