//! The view of a deck: its slides as whole sections, and what presenter and handout need.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::about::About;
use super::aside::{page_links, title_of};
use super::embed::Embeds;
use super::fill::{Filler, Place, Sight, attribute, relative, root_of};
use super::fonts::{self, Fonts};
use super::shell::{Head, date_text, shell, versions};
use super::{Page, Site, View};
use crate::catalog::{Entry, Part};
use crate::digest::Digest;
use crate::document::{Document, Slide};
use crate::theme::{Frame, Scope, Theme, file_of};

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
    /// What is loaded when somebody draws, keeps the time or speaks.
    pub later: Later,
    pub notes_script: Option<String>,
    /// Tells an open window that the notes are others now.
    pub notes_digest: String,
    pub handout: String,
    pub href: String,
    pub event_href: String,
    pub about: About,
    /// What its slides are set in.
    #[serde(skip)]
    pub fonts: Fonts,
    /// Tells sites apart whose pages share a browser's storage.
    pub site_id: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Later {
    pub style: String,
    pub script: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Size {
    pub name: String,
    pub width: f64,
    pub height: f64,
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
    let embeds = Embeds::default();
    let mut deck = deck(site, entry, (Place::Own, &embeds), false);
    let slides: Vec<&str> = deck.slides.iter().map(|slide| slide.html.as_str()).collect();
    let first = [frame(site, entry, "css"), drawn(site, &slides)].concat();
    let mut styles = styles(site, entry, first);
    embeds.styles(&mut styles);
    let fonts = fonts::of(site, entry, &slides, &styles);
    with_fonts(&mut deck, &mut styles, fonts);
    let head = Head {
        address: &entry.route,
        lang: &entry.lang,
        title: entry.title.clone(),
        description: entry.document.matter.summary.clone(),
        versions: versions(site, entry),
        styles,
        scripts: [frame(site, entry, "js"), vec![site.interface.asset("deck/fit.js").to_owned()]]
            .concat(),
        origins: &embeds.origins(&entry.document.origins),
    };
    let mut shell = shell(site, head);
    deck.about = About::of(site, entry);
    deck.about.replace(&mut shell);
    Page { template: "deck/deck.html", shell, view: View::Deck(deck) }
}

/// Returns the style sheets or scripts of the frame; only a deck whose slides move gets those for moving.
fn frame(site: Site<'_>, entry: &Entry, ending: &str) -> Vec<String> {
    let moving = entry.document.moves().then_some("transition");
    let names = std::iter::once("deck").chain(moving);
    names.map(|name| site.interface.asset(&format!("deck/{name}.{ending}")).to_owned()).collect()
}

/// Returns the style sheets of what only some slides show; no harm is done by one too many.
fn drawn(site: Site<'_>, slides: &[&str]) -> Vec<String> {
    const CHART: &[&str] = &["chart", "qr", "<caption", "<audio", "video", "drawing", "diagram"];
    let shows = |words: &[&str]| slides.iter().any(|html| words.iter().any(|w| html.contains(w)));
    let sheets = [("diagram.css", shows(&["mermaid"])), ("chart.css", shows(CHART))];
    let shown = sheets.into_iter().filter(|(_, shown)| *shown);
    shown.map(|(name, _)| site.interface.asset(name).to_owned()).collect()
}

/// Composes the handout: the slides to read, with their links.
pub(super) fn compose_handout(site: Site<'_>, entry: &Arc<Entry>) -> Page {
    let embeds = Embeds::default();
    let mut deck = deck(site, entry, (Place::Embedded, &embeds), site.options.handout_notes);
    let interface = site.interface;
    let handouts = site
        .catalog
        .versions(entry)
        .into_iter()
        .map(|version| (version.lang.clone(), version.handout_route().to_string()))
        .collect();
    let address = entry.handout_route();
    let mut styles = styles(
        site,
        entry,
        ["site.css", "deck/deck.css", "deck/handout.css"]
            .map(|name| interface.asset(name).to_owned())
            .to_vec(),
    );
    embeds.styles(&mut styles);
    let fonts = site.lettering.of(entry).unwrap_or_else(|| {
        let slides: Vec<&str> = deck.slides.iter().map(|slide| slide.html.as_str()).collect();
        fonts::of(site, entry, &slides, &styles)
    });
    with_fonts(&mut deck, &mut styles, fonts);
    let head = Head {
        address: &address,
        lang: &entry.lang,
        title: entry.title.clone(),
        description: entry.document.matter.summary.clone(),
        versions: handouts,
        styles,
        scripts: [interface.site_scripts(), vec![interface.asset("deck/fit.js").to_owned()]]
            .concat(),
        origins: &embeds.origins(&entry.document.origins),
    };
    Page { template: "deck/handout.html", shell: shell(site, head), view: View::Deck(deck) }
}

/// Adds the fonts that slides are set in.
fn with_fonts(deck: &mut Deck, styles: &mut Vec<String>, fonts: Fonts) {
    // No rule of fonts depends on another, and the browser begins to load them with the first.
    styles.insert(0, fonts.address.clone());
    deck.fonts = fonts;
}

/// Returns the slides of a deck as they are shown elsewhere, and the style sheets that they need.
pub(super) fn sections(site: Site<'_>, entry: &Arc<Entry>) -> (Vec<String>, Vec<String>) {
    let embeds = Embeds::default();
    let deck = deck(site, entry, (Place::Embedded, &embeds), false);
    let mut styles = styles(site, entry, Vec::new());
    embeds.styles(&mut styles);
    (deck.slides.into_iter().map(|slide| slide.html).collect(), styles)
}

/// Returns the style sheets that the slides of a deck need, after `first`.
pub(super) fn styles(site: Site<'_>, entry: &Entry, first: Vec<String>) -> Vec<String> {
    let mut styles = first;
    styles.push(site.interface.asset("deck/slide.css").to_owned());
    let theme = theme_of(site, entry);
    styles.extend(site.interface.sheets.get(&theme.name).cloned());
    styles.extend(looks(site, entry).map(|(address, _)| address));
    styles
}

/// Returns a deck's theme: the last of its own that there is, else the site's.
pub fn theme_of<'a>(site: Site<'a>, entry: &Entry) -> &'a Theme {
    let themes = &site.interface.themes;
    let own = entry.document.themes.iter().rev().find_map(|(theme, _)| themes.get(theme));
    own.or_else(|| themes.get(&site.config.deck.theme))
        .or_else(|| themes.get("default"))
        .expect("the theme `default` is built in")
}

/// Returns how the slides of a deck are laid out.
pub(super) fn frame_of(site: Site<'_>, entry: &Entry) -> Frame {
    let theme = theme_of(site, entry);
    let own = entry.document.size.as_ref().map(|(size, _)| size.as_str());
    let of_site = Some(site.config.deck.size.as_str());
    let size = own.filter(|size| theme.sizes().any(|known| known == *size)).or(of_site);
    theme.frame(size)
}

/// Writes the style sheet of a document's own looks, if it has any; returns its address too.
pub fn looks(site: Site<'_>, entry: &Entry) -> Option<(String, String)> {
    let document = &entry.document;
    if !document.has_looks() {
        return None;
    }
    let css = looks_css(site, entry, document);
    if css.is_empty() {
        // The author's own keyframes move its slides.
        return None;
    }
    let digest = Digest::of(css.as_bytes()).short();
    let (kind, name) = (entry.kind.word(), entry.name.replace('/', "-"));
    Some((format!("assets/{kind}-{name}-{digest}.css"), css))
}

/// Tells whether an address may be that of a document's looks.
pub fn may_be_looks_of(entry: &Entry, address: &str) -> bool {
    // Each address of a site is held against each document that has looks, so this writes nothing.
    let named =
        address.strip_prefix("assets/").and_then(|name| name.strip_prefix(entry.kind.word()));
    let Some(name) = named.and_then(|name| name.strip_prefix('-')) else { return false };
    let (name, own) = (name.as_bytes(), entry.name.as_bytes());
    let is_same = |(byte, own): (&u8, &u8)| *byte == if *own == b'/' { b'-' } else { *own };
    name.get(own.len()) == Some(&b'-') && name.iter().zip(own).all(is_same)
}

fn looks_css(site: Site<'_>, entry: &Entry, document: &Document) -> String {
    let themes = &site.interface.themes;
    let url = |address: &str| {
        let path = site.catalog.resolve_asset(entry, &file_of(address))?;
        Some(relative("../", site.catalog.asset(&path)?.route.as_ref()))
    };
    let mut out = String::new();
    let deck = document.scope.clone().unwrap_or_default();
    let select = format!(":where([data-sheet=\"{deck}\"])");
    let mut scope = themes.scope(theme_of(site, entry)).within(select, deck);
    let imported = |style: &crate::document::Style| {
        let named: Vec<&Theme> =
            style.imports.iter().filter_map(|(name, _)| themes.get(name)).collect();
        named.into_iter().flat_map(|theme| themes.parts(theme)).collect::<Vec<_>>()
    };
    let own = document.styles.iter().filter(|style| style.scope.is_none());
    let own: Vec<_> = own.map(|style| (style, imported(style))).collect();
    // A name may be used before it is defined.
    for (style, themes) in &own {
        for theme in themes {
            scope.define(&theme.sheet);
        }
        scope.define(&style.sheet);
    }
    for (style, themes) in &own {
        for theme in themes {
            let files = |address: &str| site.interface.theme_file(theme, address);
            theme.sheet.write(&mut out, &scope, &files);
        }
        style.sheet.write(&mut out, &scope, &url);
    }
    for style in document.styles.iter().filter(|style| style.scope.is_some()) {
        let name = style.scope.clone().unwrap_or_default();
        let mut scope: Scope = scope.within(format!("[data-marpit-scope-{name}]"), name);
        scope.define(&style.sheet);
        scope.define_transitions(&style.sheet);
        style.sheet.write(&mut out, &scope, &url);
    }
    document.looks.write(&mut out, &scope, &url);
    let named: BTreeSet<&str> = document.slides.iter().filter_map(Slide::transition).collect();
    out.extend(named.iter().filter_map(|name| site.interface.transitions.get(*name)).cloned());
    out
}

fn deck(
    site: Site<'_>,
    entry: &Arc<Entry>,
    (place, embeds): (Place, &Embeds),
    with_notes: bool,
) -> Deck {
    let document = &entry.document;
    let root = root_of(&entry.route);
    let filler = |index| Filler {
        site,
        entry,
        root: root.clone(),
        place,
        sight: if index == 0 { Sight::Slide } else { Sight::Later },
        way: vec![(document.path.clone(), Part::Slide(index))],
        embeds,
    };
    let has_notes = document.slides.iter().any(|slide| !slide.notes.is_empty());
    let notes =
        (site.options.notes && has_notes && place == Place::Own).then(|| notes_script(entry));
    let date = document.matter.date.as_deref().unwrap_or_default();
    let from_root = |address: &str| relative(&root, address);
    let own_title = super::shell::site_title(site);
    let frame = frame_of(site, entry);
    Deck {
        name: entry.name.clone(),
        title: entry.title.clone(),
        theme: theme_of(site, entry).name.clone(),
        size: Size { name: frame.name, width: frame.width, height: frame.height },
        duration_seconds: document.matter.duration_seconds,
        total: document.slides.len(),
        speaker: document.matter.speaker.clone(),
        date_text: if date.is_empty() { String::new() } else { date_text(site, date, &entry.lang) },
        slides: (0..document.slides.len())
            .map(|index| slide_view(&filler(index), index, with_notes))
            .collect(),
        later: Later {
            style: from_root(site.interface.asset("deck/presenter.css")),
            script: from_root(site.interface.asset("deck/presenter.js")),
        },
        notes_script: (site.options.notes && has_notes).then(|| from_root(&entry.notes_route())),
        notes_digest: notes.map_or_else(String::new, |notes| Digest::of(notes.as_bytes()).short()),
        handout: from_root(&entry.handout_route()),
        href: from_root(&entry.route),
        about: About::default(),
        event_href: from_root(&super::shell::in_language(site, "index", &entry.lang)),
        fonts: Fonts::default(),
        site_id: Digest::of_parts([own_title.as_bytes(), site.config.event.name.as_bytes()])
            .short(),
    }
}

fn slide_view(filler: &Filler<'_>, index: usize, with_notes: bool) -> SlideView {
    let slide = &filler.entry.document.slides[index];
    let number = index + 1;
    let title = title_of(filler, slide, number);
    SlideView {
        number,
        key: slide.key.clone(),
        html: section(filler, slide, number, &title),
        title,
        steps: slide.steps,
        time_seconds: slide.time_seconds,
        links: page_links(filler, number),
        notes_html: if with_notes {
            slide.notes.iter().map(|note| note.html.clone()).collect()
        } else {
            Vec::new()
        },
    }
}

/// Writes a slide as it is shown elsewhere, without an id.
pub(super) fn embedded(filler: &Filler<'_>, slide: &Slide, number: usize) -> String {
    section(filler, slide, number, "")
}

/// Writes a slide as the section that others rely on; embedded it bears neither id nor title.
fn section(filler: &Filler<'_>, slide: &Slide, number: usize, title: &str) -> String {
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
    let theme = theme_of(filler.site, filler.entry);
    attribute("data-theme", &theme.name, &mut out);
    let size = frame_of(filler.site, filler.entry).name;
    if !size.is_empty() && (document.size.is_some() || size != "16:9") {
        attribute("data-size", &size, &mut out);
    }
    if !theme.auto_scaling.is_empty() {
        attribute("data-auto-scaling", &theme.auto_scaling, &mut out);
    }
    if let Some(scope) = &document.scope {
        attribute("data-sheet", scope, &mut out);
    }
    directives(filler, slide, &mut out);
    let says = slide.attributes.iter().any(|(name, _)| name == "fit");
    if !says && !filler.site.config.deck.shrinks {
        attribute("data-fit", "none", &mut out);
    }
    if slide.steps > 0 && filler.way.len() == 1 {
        attribute("data-steps", &slide.steps.to_string(), &mut out);
        attribute("data-marpit-fragments", &slide.steps.to_string(), &mut out);
    }
    attribute("lang", lang, &mut out);
    if filler.place == Place::Own {
        let total = document.slides.len();
        attribute("role", "group", &mut out);
        attribute("aria-roledescription", interface.word(&filler.entry.lang, "slide"), &mut out);
        let label = if title.is_empty() {
            format!("{number} / {total}")
        } else {
            format!("{number} / {total}: {title}")
        };
        attribute("aria-label", &label, &mut out);
    }
    out.push('>');
    let grounds = filler.fill(&slide.grounds);
    for (tag, prose) in [("header", &slide.header), ("", &slide.prose), ("footer", &slide.footer)] {
        match (tag, prose.is_empty()) {
            ("", _) => out.push_str(&filler.fill(prose)),
            (_, true) => {}
            (tag, false) => out.extend(["<", tag, ">", &filler.fill(prose), "</", tag, ">"]),
        }
    }
    if !grounds.is_empty() {
        // Behind all else, so that the first child and whatever follows it is what it is in Marp.
        out.extend([&grounds, "<div class=\"slide-pseudo\""]);
        directives(filler, slide, &mut out);
        out.push_str("></div>");
    }
    out.push_str("</section>");
    out
}

/// Writes what a slide's directives say, as attributes that a theme may select or show.
fn directives(filler: &Filler<'_>, slide: &Slide, out: &mut String) {
    for (name, value) in &slide.attributes {
        attribute(&format!("data-{name}"), value, out);
    }
    if let Some(page) = slide.page {
        let total = filler.entry.document.last_page;
        attribute("data-marpit-pagination", &page.to_string(), out);
        attribute("data-marpit-pagination-total", &total.to_string(), out);
    }
}

/// Writes the first slide of a deck as it is shown elsewhere.
pub(super) fn thumbnail(site: Site<'_>, entry: &Arc<Entry>, root: &str, embeds: &Embeds) -> String {
    let filler = Filler {
        site,
        entry,
        root: root.to_owned(),
        place: Place::Embedded,
        sight: Sight::Small,
        way: vec![(entry.document.path.clone(), Part::Slide(0))],
        embeds,
    };
    entry.document.slides.first().map_or_else(String::new, |slide| embedded(&filler, slide, 1))
}

/// Writes the notes of a deck as a call with plain data: no HTML is parsed on the other side.
pub(super) fn notes_script(entry: &Entry) -> String {
    // In the order of the keys, whatever else in the program wants of the library.
    let mut notes = BTreeMap::new();
    for slide in entry.document.slides.iter().filter(|slide| !slide.notes.is_empty()) {
        let mut nodes = Vec::new();
        for note in &slide.notes {
            let mut list = vec![Json::from("div"), Json::Object(Map::new())];
            list.extend(note.tree.iter().cloned());
            nodes.push(Json::Array(list));
        }
        notes.insert(slide.key.as_str(), Json::Array(nodes));
    }
    format!("kamiNotes({});\n", serde_json::json!(notes))
}
