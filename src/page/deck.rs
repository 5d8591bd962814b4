//! The view of a deck: its slides as whole sections, and what presenter and handout need.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::fill::{Filler, Place, attribute, relative, root_of};
use super::shell::{Head, date_text, shell, versions};
use super::{Page, Site, View};
use crate::catalog::{Entry, Resolution};
use crate::digest::Digest;
use crate::document::{Kind, Slide};

#[derive(Clone, Debug, Serialize)]
pub struct Deck {
    pub name: String,
    pub title: String,
    pub theme: String,
    pub size: Size,
    pub duration_seconds: Option<u32>,
    pub total: usize,
    pub speaker: String,
    pub date_text: String,
    pub slides: Vec<SlideView>,
    pub notes_script: Option<String>,
    /// Tells an open window that the notes are others now.
    pub notes_digest: String,
    pub handout: String,
    pub href: String,
    pub event_href: String,
    /// Tells sites apart whose pages share a browser's storage.
    pub site_id: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Size {
    pub name: String,
    pub width: u32,
    pub height: u32,
}

#[derive(Clone, Debug, Serialize)]
pub struct SlideView {
    pub number: usize,
    pub key: String,
    pub title: String,
    pub steps: u32,
    pub html: String,
    pub time_seconds: Option<u32>,
    pub links: Vec<PageLink>,
    pub notes_html: Vec<String>,
}

/// A wiki page that a slide links to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PageLink {
    pub title: String,
    pub href: String,
}

/// Composes the deck itself.
pub(super) fn compose(site: Site<'_>, entry: &Arc<Entry>) -> Page {
    let deck = deck(site, entry, Place::Own, false);
    let head = Head {
        address: &entry.route,
        lang: &entry.lang,
        title: entry.title.clone(),
        description: entry.document.matter.summary.clone(),
        versions: versions(site, entry),
        styles: styles(site, entry, frame(site, entry, "css")),
        scripts: [frame(site, entry, "js"), vec![site.interface.asset("deck/fit.js").to_owned()]]
            .concat(),
        origins: &entry.document.origins,
    };
    Page { template: "deck/deck.html", shell: shell(site, head), view: View::Deck(deck) }
}

/// Returns the style sheets or scripts of the frame; only a deck whose slides move gets those for moving.
fn frame(site: Site<'_>, entry: &Entry, ending: &str) -> Vec<String> {
    let moves = |slide: &Slide| {
        let transition = slide.attributes.iter().find(|(name, _)| name == "transition");
        transition.is_some_and(|(_, value)| value != "none")
    };
    let moving = entry.document.slides.iter().any(moves).then_some("transition");
    let names = std::iter::once("deck").chain(moving);
    names.map(|name| site.interface.asset(&format!("deck/{name}.{ending}")).to_owned()).collect()
}

/// Composes the handout: the slides to read, with their links.
pub(super) fn compose_handout(site: Site<'_>, entry: &Arc<Entry>) -> Page {
    let deck = deck(site, entry, Place::Embedded, site.options.handout_notes);
    let interface = site.interface;
    let handouts = site
        .catalog
        .versions(entry)
        .into_iter()
        .map(|version| (version.lang.clone(), version.handout_route().to_string()))
        .collect();
    let address = entry.handout_route();
    let head = Head {
        address: &address,
        lang: &entry.lang,
        title: entry.title.clone(),
        description: entry.document.matter.summary.clone(),
        versions: handouts,
        styles: styles(
            site,
            entry,
            vec![
                interface.asset("site.css").to_owned(),
                interface.asset("deck/deck.css").to_owned(),
                interface.asset("deck/handout.css").to_owned(),
            ],
        ),
        scripts: [interface.site_scripts(), vec![interface.asset("deck/fit.js").to_owned()]]
            .concat(),
        origins: &entry.document.origins,
    };
    Page { template: "deck/handout.html", shell: shell(site, head), view: View::Deck(deck) }
}

/// Returns the style sheets that the slides of a deck need, after `first`.
pub(super) fn styles(site: Site<'_>, entry: &Entry, first: Vec<String>) -> Vec<String> {
    let mut styles = first;
    styles.push(site.interface.asset("deck/slide.css").to_owned());
    styles.push(theme_sheet(site, &theme_of(site, entry)));
    styles.extend(entry.looks_route().map(|route| route.to_string()));
    styles
}

fn theme_sheet(site: Site<'_>, theme: &str) -> String {
    let named = site.interface.asset(&format!("themes/{theme}.css"));
    if named.is_empty() {
        site.interface.asset("themes/default.css").to_owned()
    } else {
        named.to_owned()
    }
}

/// Returns the name of a deck's theme: its own where there is such a theme, else the site's.
fn theme_of(site: Site<'_>, entry: &Entry) -> String {
    let known =
        |theme: &&String| site.interface.assets.contains_key(&format!("themes/{theme}.css"));
    let own = entry.document.theme.as_ref().map(|(theme, _)| theme);
    own.filter(known).unwrap_or(&site.config.deck.theme).clone()
}

fn deck(site: Site<'_>, entry: &Arc<Entry>, place: Place, with_notes: bool) -> Deck {
    let document = &entry.document;
    let root = root_of(&entry.route);
    let filler = |eager| Filler { site, entry, root: root.clone(), place, eager };
    let has_notes = document.slides.iter().any(|slide| !slide.notes.is_empty());
    let notes =
        (site.options.notes && has_notes && place == Place::Own).then(|| notes_script(entry));
    let date = document.matter.date.as_deref().unwrap_or_default();
    let from_root = |address: &str| relative(&root, address);
    let own_title = super::shell::site_title(site);
    Deck {
        name: entry.name.clone(),
        title: entry.title.clone(),
        theme: theme_of(site, entry),
        size: size_of(site, entry),
        duration_seconds: document.matter.duration_seconds,
        total: document.slides.len(),
        speaker: document.matter.speaker.clone(),
        date_text: if date.is_empty() { String::new() } else { date_text(date, &entry.lang) },
        slides: (0..document.slides.len())
            .map(|index| slide_view(&filler(index == 0), index, with_notes))
            .collect(),
        notes_script: (site.options.notes && has_notes).then(|| from_root(&entry.notes_route())),
        notes_digest: notes.map_or_else(String::new, |notes| Digest::of(notes.as_bytes()).short()),
        handout: from_root(&entry.handout_route()),
        href: from_root(&entry.route),
        event_href: from_root(&super::shell::in_language(site, "index", &entry.lang)),
        site_id: Digest::of_parts([own_title.as_bytes(), site.config.event.name.as_bytes()])
            .short(),
    }
}

fn size_of(site: Site<'_>, entry: &Entry) -> Size {
    let own = entry
        .document
        .slides
        .first()
        .and_then(|slide| slide.attributes.iter().find(|(name, _)| name == "size"));
    let name = own.map_or(site.config.deck.size.as_str(), |(_, size)| size.as_str());
    let (name, width) = if name == "4:3" { ("4:3", 960) } else { ("16:9", 1280) };
    Size { name: name.to_owned(), width, height: 720 }
}

fn slide_view(filler: &Filler<'_>, index: usize, with_notes: bool) -> SlideView {
    let slide = &filler.entry.document.slides[index];
    let number = index + 1;
    SlideView {
        number,
        key: slide.key.clone(),
        title: slide.title.clone(),
        steps: slide.steps,
        html: section(filler, slide, number),
        time_seconds: slide.time_seconds,
        links: page_links(filler, number),
        notes_html: if with_notes {
            slide.notes.iter().map(|note| note.html.clone()).collect()
        } else {
            Vec::new()
        },
    }
}

fn page_links(filler: &Filler<'_>, number: usize) -> Vec<PageLink> {
    let Filler { site, entry, root, .. } = filler;
    let mut links = Vec::new();
    // Links stand in the order of their slides.
    let slide = u32::try_from(number).ok();
    let written = &entry.document.links;
    let from = written.partition_point(|link| link.slide < slide);
    let to = from + written[from..].partition_point(|link| link.slide == slide);
    for index in from..to {
        if let Resolution::Document { entry: target, .. } = &*site.catalog.resolve(entry, index)
            && target.kind == Kind::Page
        {
            let link =
                PageLink { title: target.title.clone(), href: relative(root, &target.route) };
            if !links.contains(&link) {
                links.push(link);
            }
        }
    }
    links
}

/// Writes a slide as the section that others rely on; embedded it bears no id.
fn section(filler: &Filler<'_>, slide: &Slide, number: usize) -> String {
    let document = &filler.entry.document;
    let interface = filler.site.interface;
    let lang = slide.lang.as_ref().unwrap_or(&filler.entry.lang);
    let mut out = String::from("<section class=\"slide");
    if filler.place == Place::Embedded {
        out.push_str(" slide-embed");
    }
    for class in &slide.classes {
        out.push(' ');
        crate::document::html::escape(class, &mut out);
    }
    out.push('"');
    if filler.place == Place::Own {
        attribute("id", &number.to_string(), &mut out);
        attribute("data-slide", &slide.key, &mut out);
    }
    attribute("data-theme", &theme_of(filler.site, filler.entry), &mut out);
    let size = size_of(filler.site, filler.entry);
    let told = slide.attributes.iter().any(|(name, _)| name == "size");
    if told || size.name != "16:9" {
        attribute("data-size", &size.name, &mut out);
    }
    for (name, value) in slide.attributes.iter().filter(|(name, _)| name != "size") {
        attribute(&format!("data-{name}"), value, &mut out);
    }
    let says = slide.attributes.iter().any(|(name, _)| name == "fit");
    if !says && !filler.site.config.deck.shrinks {
        attribute("data-fit", "none", &mut out);
    }
    if let Some(page) = slide.page {
        attribute("data-marpit-pagination", &page.to_string(), &mut out);
        attribute("data-marpit-pagination-total", &document.last_page().to_string(), &mut out);
    }
    if slide.steps > 0 {
        attribute("data-steps", &slide.steps.to_string(), &mut out);
        attribute("data-marpit-fragments", &slide.steps.to_string(), &mut out);
    }
    attribute("lang", lang, &mut out);
    if filler.place == Place::Own {
        let total = document.slides.len();
        attribute("role", "group", &mut out);
        attribute("aria-roledescription", interface.word(&filler.entry.lang, "slide"), &mut out);
        let label = if slide.title.is_empty() {
            format!("{number} / {total}")
        } else {
            format!("{number} / {total}: {}", slide.title)
        };
        attribute("aria-label", &label, &mut out);
    }
    out.push('>');
    out.push_str(&filler.fill(&slide.grounds));
    for (tag, prose) in [("header", &slide.header), ("", &slide.prose), ("footer", &slide.footer)] {
        match (tag, prose.is_empty()) {
            ("", _) => out.push_str(&filler.fill(prose)),
            (_, true) => {}
            (tag, false) => out.extend(["<", tag, ">", &filler.fill(prose), "</", tag, ">"]),
        }
    }
    out.push_str("</section>");
    out
}

/// Writes the first slide of a deck as it is shown elsewhere.
pub(super) fn thumbnail(site: Site<'_>, entry: &Arc<Entry>, root: &str) -> String {
    let filler =
        Filler { site, entry, root: root.to_owned(), place: Place::Embedded, eager: false };
    entry.document.slides.first().map_or_else(String::new, |slide| section(&filler, slide, 1))
}

/// Writes the notes of a deck as a call with plain data: no HTML is parsed on the other side.
pub(super) fn notes_script(entry: &Entry) -> String {
    let mut notes = Map::new();
    for slide in entry.document.slides.iter().filter(|slide| !slide.notes.is_empty()) {
        let mut nodes = Vec::new();
        for note in &slide.notes {
            let mut list = vec![Json::from("div"), Json::Object(Map::new())];
            list.extend(note.tree.iter().cloned());
            nodes.push(Json::Array(list));
        }
        notes.insert(slide.key.clone(), Json::Array(nodes));
    }
    format!("kamiNotes({});\n", Json::Object(notes))
}
