//! Catalog -> Page: all that the template of one address may see, as one plain value.
//!
//! A template gets its page and nothing else, so the page is the whole dependency set.

mod about;
mod around;
mod aside;
mod cards;
mod deck;
mod editor;
mod embed;
mod event;
mod excerpt;
mod feed;
mod fill;
mod fonts;
mod gaps;
mod graph;
mod hosts;
mod layout;
mod list;
mod mentions;
mod names;
mod news;
mod pictures;
mod player;
mod sequence;
mod sheet;
mod shell;
mod site_fonts;
mod sitemap;
mod wiki;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalog::{Arrival, Catalog, Route};
use crate::config::Config;
use crate::digest::Digest;
use crate::document::Workshop;
use crate::history::History;
use crate::memo::Memo;
use crate::picture::Avif;
use crate::theme::{Theme, Themes};

pub use cards::{card, card_routes};
pub use deck::{looks, may_be_looks_of, theme_of};
pub use editor::{Editor, editor, editor_lang, editor_name, editor_route, lines_beside};
pub use fill::{encode, root_of};
pub use fonts::{Fonts, Lettering, families, fonts_of, is_upright, may_be_font_of};
pub use hosts::{FOR_EVER, base_path, beyond, untold};
pub use list::list_routes;
pub use names::{headings, names, words};
pub use pictures::{derived, places};
pub use sheet::{Compared, Field, Form, Item, Piece, Sheet, sheet};
pub use shell::{Shell, SiteLinks, site_languages};
pub use site_fonts::{may_be_site_font, site_fonts};

/// What a compile is made for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether speaker notes are written.
    pub notes: bool,
    /// Whether handouts show them too: a handout is for everybody, whoever serves it.
    pub handout_notes: bool,
    /// Whether drafts are part of the site.
    pub drafts: bool,
    /// The address the bundle will have, in place of the configuration's.
    pub base_url: Option<String>,
    /// Where `404.html` finds the rest of the site; empty when nobody knows.
    pub not_found_root: String,
    /// The Markdown file that is the whole site, as it was given: diagnostics name it so.
    pub file: Option<String>,
    /// Where the results of dear work are found again.
    pub memo: Memo,
    /// Who makes AVIF.
    pub avif: Avif,
}

/// What the templates bring along: addresses of their style sheets and scripts, and words.
#[derive(Clone, Debug, Default)]
pub struct Interface {
    /// By source name, such as `site.css`: the address in the bundle.
    pub assets: BTreeMap<String, String>,
    /// By language: the words of the interface.
    pub strings: BTreeMap<String, Arc<BTreeMap<String, String>>>,
    pub themes: Themes,
    /// By name of a theme: the address of its style sheet.
    pub sheets: BTreeMap<String, String>,
    /// By name of a theme: the program's own families that its style sheet names.
    pub families: BTreeMap<String, BTreeSet<&'static str>>,
    /// By address of a theme's style sheet: what it writes on slides that no keyboard has.
    pub signs: BTreeMap<String, String>,
    /// The addresses of style sheets that set text in upright lines.
    pub upright: BTreeSet<String>,
    /// By path of a theme's file and an address as it stands there: where the file lies, seen from
    /// a style sheet.
    pub theme_files: BTreeMap<(String, String), String>,
    /// By name of a transition: its keyframes.
    pub transitions: BTreeMap<String, String>,
}

impl Interface {
    /// Returns a word in a language, else in English, else its key.
    pub fn word<'a>(&'a self, lang: &str, key: &'a str) -> &'a str {
        let of = |lang: &str| self.strings.get(lang).and_then(|strings| strings.get(key));
        of(lang).or_else(|| of("en")).map_or(key, String::as_str)
    }

    /// Returns the addresses of the scripts of every page with the site's own head.
    pub fn site_scripts(&self) -> Vec<String> {
        ["site.js", "search/engine.js"].map(|name| self.asset(name).to_owned()).into()
    }

    /// Returns where a file lies that a theme names.
    pub fn theme_file(&self, theme: &Theme, address: &str) -> Option<String> {
        self.theme_files.get(&(theme.path.to_string(), address.to_owned())).cloned()
    }

    /// Returns the address of one of the templates' own files.
    pub fn asset(&self, name: &str) -> &str {
        self.assets.get(name).map_or("", String::as_str)
    }
}

/// All that composing looks at.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    pub config: &'a Config,
    pub catalog: &'a Catalog,
    pub history: &'a History,
    pub interface: &'a Interface,
    pub options: &'a Options,
    /// Where code gets its colours, and diagrams are drawn.
    pub workshop: &'a Workshop,
    /// Whether code has colours.
    pub colours: bool,
    pub lettering: &'a Lettering,
    /// Digests of the pictures that no AVIF could be made of.
    pub without_avif: Option<&'a BTreeSet<Digest>>,
}

/// The value that one template sees.
#[derive(Clone, Debug)]
pub struct Page {
    pub template: &'static str,
    pub shell: Shell,
    pub view: View,
}

/// What is particular to a template; `output::render` gives it its name there.
#[derive(Clone, Debug)]
pub enum View {
    Page(wiki::Wiki),
    Deck(deck::Deck),
    Event(event::Event),
    List(list::List),
    Gaps(gaps::Gaps),
    Graph(graph::Graph),
    Target(String),
    NotFound(bool),
    Editor(editor::Editor),
    Sheet(sheet::Sheet),
}

/// Composes the page at an address, if there is one.
pub fn compose(site: Site<'_>, address: &str) -> Option<Page> {
    if let Some(route) = site.catalog.route(address) {
        let entry = |path| site.catalog.entry(path);
        return match route {
            Route::Page(path) => entry(path).map(|entry| wiki::compose(site, entry)),
            Route::Deck(path) => entry(path).map(|entry| deck::compose(site, entry)),
            Route::Handout(path) => entry(path).map(|entry| deck::compose_handout(site, entry)),
            Route::Alias(path) => {
                let entry =
                    site.catalog.heir(address, &site.config.lang).or_else(|| entry(path))?;
                let here = || Arrival { entry: Arc::clone(entry), anchor: None };
                let arrival = site.catalog.arrival(entry).unwrap_or_else(here);
                Some(wiki::compose_redirect(site, address, entry, &arrival))
            }
            Route::Notes(_) | Route::Data(_) | Route::Asset(_) | Route::Static(_) => None,
        };
    }
    event::compose(site, address)
        .or_else(|| list::compose(site, address))
        .or_else(|| gaps::compose(site, address))
        .or_else(|| graph::compose(site, address))
        .or_else(|| shell::compose_not_found(site, address))
}

/// Returns the addresses of what programs read: feeds, the map of the site, what robots may do, what hosts do.
pub fn machine_routes(site: Site<'_>) -> Vec<String> {
    let mut routes = vec!["robots.txt".to_owned()];
    routes.extend(hosts::ROUTES.map(str::to_owned));
    routes.extend(feed::routes(site));
    routes.extend(sitemap::routes(site));
    routes
}

/// Returns what programs read at an address.
pub fn machine_text(site: Site<'_>, address: &str) -> Option<String> {
    match address {
        "robots.txt" => Some(sitemap::robots(site)),
        _ => feed::text(site, address)
            .or_else(|| sitemap::text(site, address))
            .or_else(|| hosts::text(site, address)),
    }
}

/// Returns the address of the event page in a language.
pub fn home(site: Site<'_>, lang: &str) -> String {
    shell::in_language(site, "index", lang)
}

/// Returns the notes of a deck as the script that the presenter view reads.
pub fn notes_script(site: Site<'_>, address: &str) -> Option<String> {
    let Some(Route::Notes(path)) = site.catalog.route(address) else { return None };
    site.catalog.entry(path).map(|entry| deck::notes_script(entry))
}
