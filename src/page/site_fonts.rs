//! The program's fonts for pages that are no decks, where a site asks for them (`fonts = "all"`).
//!
//! All such pages share one style sheet and one file a face: who goes from page to page fetches them once, and a
//! browser fetches only those that a page needs.

use std::collections::BTreeSet;

use super::fonts::Fonts;
use super::{Site, theme_of};
use crate::config::Fonts as Setting;
use crate::digest::Digest;
use crate::document::Kind;
use crate::font::{self, Gathering, Letters, Lines, Wants};

/// What stands in the addresses where else the name of a deck does: no deck has it.
const OWN: &str = "+";
/// What pages are set in.
const FAMILIES: [&str; 5] =
    ["Noto Sans", "Noto Sans JP", "Noto Sans Mono", "Noto Sans Math", "Twemoji"];
/// What says so, in the names that the style sheet of the site has for it.
const LOOKS: &str = ":root{\
     --sans-ja:\"Twemoji\",\"Noto Sans JP\",\"Noto Sans\",sans-serif;\
     --sans-latin:\"Twemoji\",\"Noto Sans\",\"Noto Sans JP\",sans-serif;\
     --mono:\"Twemoji\",\"Noto Sans Mono\",\"Noto Sans JP\",monospace}\
     @layer site{math{font-family:\"Noto Sans Math\",math}}\n";

/// Returns the fonts of all pages that are no decks.
pub fn site_fonts(site: Site<'_>) -> &Fonts {
    let asked = site.config.fonts == Setting::All;
    site.lettering.pages.get_or_init(|| if asked { made(site) } else { Fonts::default() })
}

/// Tells whether an address may be that of one of these fonts, or of their style sheet.
pub fn may_be_site_font(site: Site<'_>, address: &str) -> bool {
    site.config.fonts == Setting::All
        && address.strip_prefix("assets/").is_some_and(|name| {
            font::may_be_shared(name) || name.starts_with(&format!("fonts-{OWN}-"))
        })
}

fn made(site: Site<'_>) -> Fonts {
    let decks = site.catalog.entries().filter(|entry| entry.kind == Kind::Deck);
    let themes: BTreeSet<&str> = decks.map(|entry| theme_of(site, entry).name.as_str()).collect();
    // Slides on pages wear the clothes of their decks.
    let named = themes.iter().filter_map(|theme| site.interface.families.get(*theme)).flatten();
    let families: BTreeSet<&'static str> = named.copied().chain(FAMILIES).collect();
    let (letters, pictures) = said(site);
    let wants = Wants {
        letters,
        first: Letters::default(),
        shared: None,
        pictures,
        families: &families,
        is_japanese: false,
        lines: Lines::Upright,
        has_code: true,
        has_formulas: site
            .catalog
            .entries()
            .any(|entry| entry.document.body.html.contains("<math")),
    };
    let files = font::fonts(&wants, OWN);
    // A page is read while its fonts come; on a stage they are there before.
    let css = font::css(&files).replace("font-display:block", "font-display:swap") + LOOKS;
    let address = format!("assets/fonts-{OWN}-{}.css", Digest::of(css.as_bytes()).short());
    Fonts { address, css, files }
}

/// Returns all that the site says, in its documents and around them, and which of it are to be pictures.
fn said(site: Site<'_>) -> (Letters, Letters) {
    let mut all = Gathering::default();
    for entry in site.catalog.entries() {
        let document = &entry.document;
        for text in
            [&entry.title, &document.matter.summary].into_iter().chain(&document.matter.tags)
        {
            all.text(text);
        }
        all.html(&document.body.html);
        all.extend(document.letters.iter());
    }
    let config = site.config;
    let words = site.interface.strings.values().flat_map(|words| words.values());
    for text in words.chain(site.interface.signs.values()).chain([&config.title]) {
        all.text(text);
    }
    for event in std::iter::once(&config.event).chain(config.event.translations.values()) {
        let talks = event.talks.iter().flat_map(|talk| [&talk.title, &talk.speaker, &talk.summary]);
        for text in [&event.name, &event.venue, &event.summary].into_iter().chain(talks) {
            all.text(text);
        }
    }
    all.finish()
}
