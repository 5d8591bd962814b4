//! What is new, as Atom: one feed a language. Dates come from the documents, never from a clock.
//!
//! The ids are made of the site's name and the documents' paths, so they outlive a rebuild and a
//! move to another address.

use std::fmt::Write as _;
use std::sync::Arc;

use super::Site;
use super::embed::Embeds;
use super::fill::{Filler, Place, Sight};
use super::news::{Change, newest, whole};
use super::shell::{in_language, site_languages, site_title};
use super::sitemap::url;
use crate::catalog::{Entry, Part};
use crate::digest::Digest;
use crate::document::Kind;
use crate::xml::escaped;

/// How many documents a feed tells of.
const ENTRIES: usize = 30;
/// What a feed says that tells of nothing: it must have a date, and no clock may give it.
const NEVER: &str = "1970-01-01";

/// Returns the address of the feed in a language.
pub(super) fn route(site: Site<'_>, lang: &str) -> String {
    let page = in_language(site, "feed", lang);
    format!("{}.xml", page.trim_end_matches(".html"))
}

pub(super) fn routes(site: Site<'_>) -> Vec<String> {
    site_languages(site).iter().map(|lang| route(site, lang)).collect()
}

/// Returns the feed at an address, if there is one.
pub(super) fn text(site: Site<'_>, address: &str) -> Option<String> {
    let lang = site_languages(site).into_iter().find(|lang| route(site, lang) == address)?;
    let entries = newest(site, &lang);
    let shown = &entries[..entries.len().min(ENTRIES)];
    let date = &site.config.event.date;
    let first = if date.is_empty() { NEVER } else { date };
    let updated = shown.first().map_or_else(|| whole(first), |(change, _)| change.timestamp());
    let title = site_title(site);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    write!(out, "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">", escaped(&lang))
        .expect("a string takes all");
    element(&mut out, "title", &title);
    element(&mut out, "id", &id(site, &format!("feed:{lang}")));
    let home = url(site, &in_language(site, "index", &lang));
    link(&mut out, &format!("rel=\"alternate\" type=\"text/html\" href=\"{}\"", escaped(&home)));
    if site.config.base_url.is_some() {
        let own = url(site, address);
        let own = escaped(&own);
        link(&mut out, &format!("rel=\"self\" type=\"application/atom+xml\" href=\"{own}\""));
    }
    element(&mut out, "updated", &updated);
    author(&mut out, &title);
    element(&mut out, "generator", "kamishibai");
    for (change, document) in shown {
        entry(site, *change, document, &mut out);
    }
    out.push_str("\n</feed>\n");
    Some(out)
}

fn entry(site: Site<'_>, change: Change<'_>, entry: &Arc<Entry>, out: &mut String) {
    let document = &entry.document;
    let matter = &document.matter;
    write!(out, "\n<entry xml:lang=\"{}\">", escaped(&entry.lang)).expect("a string takes all");
    element(out, "title", &entry.title);
    element(out, "id", &id(site, document.path.as_str()));
    let address = url(site, &entry.route);
    link(out, &format!("rel=\"alternate\" type=\"text/html\" href=\"{}\"", escaped(&address)));
    element(out, "updated", &change.timestamp());
    if let Some(date) = matter.date.as_deref().filter(|date| whole(date) <= change.timestamp()) {
        element(out, "published", &whole(date));
    }
    let touched = site.history.of(&document.path);
    let authors: Vec<&str> = match touched {
        _ if !matter.speaker.is_empty() => vec![&matter.speaker],
        Some(touched) => touched.authors.iter().map(|author| &**author).collect(),
        None => Vec::new(),
    };
    for name in authors {
        author(out, name);
    }
    for tag in &matter.tags {
        write!(out, "\n<category term=\"{}\"/>", escaped(tag)).expect("a string takes all");
    }
    if !matter.summary.is_empty() {
        element(out, "summary", &matter.summary);
    }
    let html = content(site, entry);
    write!(out, "\n<content type=\"html\">{}</content>\n</entry>", escaped(&html))
        .expect("a string takes all");
}

/// Returns the whole text, for readers who stay in their feed reader: a page, or slide after slide.
fn content(site: Site<'_>, entry: &Arc<Entry>) -> String {
    let root = site.config.base_url.clone().unwrap_or_default();
    let document = &entry.document;
    let embeds = Embeds::default();
    let way = vec![(document.path.clone(), Part::Whole)];
    let (place, sight) = (Place::Embedded, Sight::Later);
    // Feed readers have no style sheet of ours.
    let site = Site { colours: false, ..site };
    let filler = Filler { site, entry, root, place, sight, way, embeds: &embeds };
    match entry.kind {
        Kind::Page => filler.fill(&document.body),
        Kind::Deck => {
            let slides = document.slides.iter().map(|slide| filler.fill(&slide.prose));
            slides.collect::<Vec<_>>().join("<hr>\n")
        }
    }
}

/// Returns an id that no other document of any site has.
fn id(site: Site<'_>, name: &str) -> String {
    let title = site_title(site);
    let parts = [title.as_bytes(), site.config.event.name.as_bytes(), name.as_bytes()];
    let digest = Digest::of_parts(parts).to_string();
    let digits: Vec<char> = digest.chars().take(32).collect();
    let text = |range: std::ops::Range<usize>| digits[range].iter().collect::<String>();
    // Version 8 of a UUID is whatever its maker likes, in the variant of the standard.
    let variant = ['8', '9', 'a', 'b'][digits[16].to_digit(16).unwrap_or(0) as usize % 4];
    format!(
        "urn:uuid:{}-{}-8{}-{variant}{}-{}",
        text(0..8),
        text(8..12),
        text(13..16),
        text(17..20),
        text(20..32)
    )
}

fn element(out: &mut String, name: &str, text: &str) {
    write!(out, "\n<{name}>{}</{name}>", escaped(text)).expect("a string takes all");
}

fn link(out: &mut String, attributes: &str) {
    write!(out, "\n<link {attributes}/>").expect("a string takes all");
}

fn author(out: &mut String, name: &str) {
    write!(out, "\n<author><name>{}</name></author>", escaped(name)).expect("a string takes all");
}
