//! The view of the event: its talks in running order, then what is new in the wiki.

use std::sync::Arc;

use serde::Serialize;

use super::embed::Embeds;
use super::fill::{relative, root_of};
use super::shell::{Head, date_text, in_language, shell, site_languages, site_title};
use super::{Page, Site, View, deck, list};
use crate::catalog::Entry;
use crate::config::Talk;
use crate::document::html::escape;
use crate::document::{Kind, Origins};

/// How many pages the list of new ones shows.
const RECENT: usize = 6;

#[derive(Clone, Debug, Serialize)]
pub struct Event {
    pub name: String,
    pub date_iso: String,
    pub date_text: String,
    pub venue: String,
    pub summary_html: String,
    pub talks: Vec<TalkView>,
    pub recent: Vec<list::ListEntry>,
}

#[derive(Clone, Debug, Serialize)]
pub struct TalkView {
    pub number: Option<usize>,
    pub time_text: String,
    pub title: String,
    pub speaker: String,
    pub minutes_text: String,
    pub summary: String,
    pub deck_href: Option<String>,
    pub read_href: Option<String>,
    pub slides: usize,
    pub thumb_html: String,
    pub lang: String,
}

/// Composes `index.html` or `index.LANG.html`.
pub(super) fn compose(site: Site<'_>, address: &str) -> Option<Page> {
    let langs = site_languages(site);
    let lang = langs.iter().find(|lang| in_language(site, "index", lang) == address)?;
    let told = &site.config.event;
    let empty = crate::config::Event::default();
    let own = told.translations.get(lang).unwrap_or(&empty);
    let pick =
        |own: &str, default: &str| if own.is_empty() { default.to_owned() } else { own.to_owned() };
    let root = root_of(address);
    let talks = talks(site, lang);
    let decks: Vec<&Arc<Entry>> = talks.iter().filter_map(|(_, entry)| *entry).collect();
    let mut summary_html = String::new();
    escape(&pick(&own.summary, &told.summary), &mut summary_html);
    let name = pick(&own.name, &told.name);
    let embeds = Embeds::default();
    let event = Event {
        name: if name.is_empty() { site_title(site) } else { name },
        date_text: if told.date.is_empty() {
            String::new()
        } else {
            date_text(site, &told.date, lang)
        },
        date_iso: told.date.clone(),
        venue: pick(&own.venue, &told.venue),
        summary_html,
        talks: numbered((site, &embeds), &talks, lang, &root),
        recent: list::recent(site, lang, &root, RECENT),
    };
    let mut styles = vec![site.interface.asset("site.css").to_owned()];
    for entry in &decks {
        for sheet in deck::styles(site, entry, Vec::new()) {
            if !styles.contains(&sheet) {
                styles.push(sheet);
            }
        }
    }
    embeds.styles(&mut styles);
    let mut origins = Origins::default();
    for entry in &decks {
        origins.extend(&entry.document.origins);
    }
    let head = Head {
        address,
        lang,
        title: event.name.clone(),
        description: pick(&own.summary, &told.summary),
        versions: langs
            .iter()
            .map(|lang| (lang.clone(), in_language(site, "index", lang)))
            .collect(),
        styles,
        scripts: [
            site.interface.site_scripts(),
            vec![site.interface.asset("deck/fit.js").to_owned()],
        ]
        .concat(),
        origins: &embeds.origins(&origins),
    };
    Some(Page { template: "event/index.html", shell: shell(site, head), view: View::Event(event) })
}

/// Returns the running order with the deck of each talk; without one, all decks by name.
fn talks<'a>(site: Site<'a>, lang: &str) -> Vec<(Talk, Option<&'a Arc<Entry>>)> {
    let told = &site.config.event;
    let own =
        told.translations.get(lang).map(|event| &event.talks).filter(|talks| !talks.is_empty());
    let order = own.unwrap_or(&told.talks);
    if order.is_empty() {
        let decks = site
            .catalog
            .works_in(lang, &site.config.lang)
            .into_iter()
            .filter(|entry| entry.kind == Kind::Deck);
        return decks.map(|entry| (Talk::default(), Some(entry))).collect();
    }
    order
        .iter()
        .map(|talk| (talk.clone(), site.catalog.deck(&talk.deck, lang, &site.config.lang)))
        .filter(|(talk, entry)| talk.deck.is_empty() || entry.is_some())
        .collect()
}

fn numbered(
    (site, embeds): (Site<'_>, &Embeds),
    talks: &[(Talk, Option<&Arc<Entry>>)],
    lang: &str,
    root: &str,
) -> Vec<TalkView> {
    let mut number = 0;
    talks
        .iter()
        .map(|(talk, entry)| {
            number += usize::from(entry.is_some());
            view((site, embeds), (talk, *entry), (lang, root), number)
        })
        .collect()
}

fn view(
    (site, embeds): (Site<'_>, &Embeds),
    (talk, entry): (&Talk, Option<&Arc<Entry>>),
    (lang, root): (&str, &str),
    number: usize,
) -> TalkView {
    let matter = entry.map(|entry| &entry.document.matter);
    let pick = |own: &str, default: Option<&str>| {
        if own.is_empty() { default.unwrap_or("").to_owned() } else { own.to_owned() }
    };
    let seconds = talk
        .minutes
        .map(|minutes| minutes * 60)
        .or_else(|| matter.and_then(|matter| matter.duration_seconds));
    TalkView {
        number: entry.map(|_| number),
        time_text: talk.time.clone(),
        title: pick(&talk.title, entry.map(|entry| entry.title.as_str())),
        speaker: pick(&talk.speaker, matter.map(|matter| matter.speaker.as_str())),
        minutes_text: seconds.map_or_else(String::new, |seconds| minutes_text(site, seconds, lang)),
        summary: pick(&talk.summary, matter.map(|matter| matter.summary.as_str())),
        deck_href: entry.map(|entry| relative(root, &entry.route)),
        read_href: entry.map(|entry| relative(root, &entry.handout_route())),
        slides: entry.map_or(0, |entry| entry.document.slides.len()),
        thumb_html: entry
            .map_or_else(String::new, |entry| deck::thumbnail(site, entry, root, embeds)),
        lang: entry.map_or_else(|| lang.to_owned(), |entry| entry.lang.clone()),
    }
}

fn minutes_text(site: Site<'_>, seconds: u32, lang: &str) -> String {
    let word = |key| site.interface.word(lang, key);
    if seconds < 60 || !seconds.is_multiple_of(60) && seconds < 120 {
        format!("{seconds}{}", word("seconds_unit"))
    } else {
        format!("{}{}", seconds.div_ceil(60), word("minutes_unit"))
    }
}
