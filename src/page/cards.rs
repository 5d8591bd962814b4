//! The cards of pages: what each says, and where it lies.

use super::Site;
use super::shell::{date_text, site_languages, site_title};
use crate::card::{Card, Colors};
use crate::catalog::{Entry, Route};
use crate::config::Event;

/// Returns the address of the card of what stands at an address, if it has one.
pub(super) fn address(site: Site<'_>, address: &str) -> Option<String> {
    site.config.base_url.as_ref()?;
    let stem = match site.catalog.route(address) {
        Some(Route::Page(path) | Route::Deck(path) | Route::Handout(path)) => {
            site.catalog.entry(path)?.route.strip_suffix(".html")?
        }
        Some(_) => return None,
        None => address.strip_suffix(".html").filter(|stem| lang_of_home(site, stem).is_some())?,
    };
    Some(format!("cards/{}.png", name(site, stem)))
}

/// Returns the name of a card: a deck's is short, unless it would be that of another.
fn name<'a>(site: Site<'_>, stem: &'a str) -> &'a str {
    let is_taken = |short: &&str| {
        short.starts_with("wiki/")
            || short.starts_with("decks/")
            || lang_of_home(site, short).is_some()
    };
    stem.strip_prefix("decks/").filter(|short| !is_taken(short)).unwrap_or(stem)
}

/// Returns the language of the event's page by its address without the ending.
fn lang_of_home(site: Site<'_>, stem: &str) -> Option<String> {
    let home = |lang: &String| super::home(site, lang).strip_suffix(".html") == Some(stem);
    site_languages(site).into_iter().find(home)
}

/// Returns the addresses of all cards; a site that does not know its own address has none.
pub fn card_routes(site: Site<'_>) -> Vec<String> {
    if site.config.base_url.is_none() {
        return Vec::new();
    }
    let homes = site_languages(site).into_iter().map(|lang| super::home(site, &lang));
    let entries = site.catalog.entries().map(|entry| entry.route.to_string());
    let mut routes: Vec<String> =
        homes.chain(entries).filter_map(|route| address(site, &route)).collect();
    routes.sort();
    routes.dedup();
    routes
}

/// Composes the card at an address.
pub fn card(site: Site<'_>, address: &str) -> Option<Card> {
    site.config.base_url.as_ref()?;
    let known = address.strip_prefix("cards/")?.strip_suffix(".png")?;
    // A site may draw one itself.
    if site.catalog.route(address).is_some() {
        return None;
    }
    let of_deck = format!("decks/{known}");
    for stem in [known, &of_deck] {
        if name(site, stem) != known {
            continue;
        }
        match site.catalog.route(&format!("{stem}.html")) {
            Some(Route::Page(path)) => return Some(of_page(site, site.catalog.entry(path)?)),
            Some(Route::Deck(path)) => return Some(of_talk(site, site.catalog.entry(path)?)),
            Some(_) => {}
            None => {
                if let Some(lang) = lang_of_home(site, stem) {
                    return Some(of_home(site, &lang));
                }
            }
        }
    }
    None
}

fn of_page(site: Site<'_>, entry: &Entry) -> Card {
    Card {
        above: site_title(site),
        title: entry.title.clone(),
        speaker: String::new(),
        below: entry.document.matter.summary.clone(),
        colors: Colors::default(),
        is_serif: false,
    }
}

fn of_talk(site: Site<'_>, entry: &Entry) -> Card {
    let (matter, told) = (&entry.document.matter, &site.config.event);
    let own = told.translations.get(&entry.lang).into_iter().flat_map(|event| &event.talks);
    let talk = own.chain(&told.talks).find(|talk| talk.deck == entry.name);
    // A deck beside the programme says nothing of the event.
    let in_event = talk.is_some() || told.talks.is_empty();
    let name = spoken(told, &entry.lang, |event| &event.name);
    let speaker = talk.map(|talk| &talk.speaker).filter(|speaker| !speaker.is_empty());
    let date = matter.date.as_deref().filter(|date| !date.is_empty());
    let date = date.unwrap_or(if in_event { &told.date } else { "" });
    let theme = super::theme_of(site, entry);
    let families = site.interface.families.get(&theme.name);
    let classes = entry.document.slides.first().map_or(&[][..], |slide| &slide.classes);
    Card {
        above: if in_event && !name.is_empty() { name.to_owned() } else { site_title(site) },
        title: entry.title.clone(),
        speaker: speaker.unwrap_or(&matter.speaker).clone(),
        below: if date.is_empty() { String::new() } else { date_text(site, date, &entry.lang) },
        colors: Colors::of(|name| site.interface.themes.color(theme, name, classes)),
        is_serif: families.is_some_and(|named| named.contains("Noto Serif JP")),
    }
}

fn of_home(site: Site<'_>, lang: &str) -> Card {
    let told = &site.config.event;
    let (name, title) = (spoken(told, lang, |event| &event.name), site_title(site));
    let (above, title) = if name.is_empty() || name == title {
        (String::new(), title)
    } else {
        (title, name.to_owned())
    };
    let date = if told.date.is_empty() { String::new() } else { date_text(site, &told.date, lang) };
    Card {
        above,
        title,
        speaker: date,
        below: spoken(told, lang, |event| &event.venue).to_owned(),
        colors: Colors::default(),
        is_serif: false,
    }
}

/// Returns what the event says in a language, else in the site's.
fn spoken<'a>(event: &'a Event, lang: &str, what: impl Fn(&'a Event) -> &'a String) -> &'a str {
    let own = event.translations.get(lang).map(&what).filter(|said| !said.is_empty());
    own.unwrap_or_else(|| what(event))
}
