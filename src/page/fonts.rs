//! Which of the program's fonts a page gets: those that its style sheets name, for what its slides say.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use super::{Site, deck};
use crate::catalog::Entry;
use crate::config::Fonts as Setting;
use crate::digest::Digest;
use crate::document::Kind;
use crate::font::{self, Common, FACES, Font, Gathering, Lines, Wants};
use crate::source::SourcePath;

/// How much of a deck's name stands in the names of its fonts: disks take 255 bytes.
const NAME_BYTES_MAX: usize = 120;

/// How many decks have fonts of their own.
const OWN_MAX: usize = 32;

/// The fonts of a page, and the style sheet that brings them.
#[derive(Clone, Debug, Default)]
pub struct Fonts {
    /// The address of the style sheet; empty where there is none.
    pub address: String,
    pub css: String,
    pub files: Vec<Font>,
}

impl Fonts {
    /// Iterates over the addresses of the files and of their style sheet.
    pub fn all(&self) -> impl Iterator<Item = String> {
        let sheet = Some(self.address.clone()).filter(|address| !address.is_empty());
        self.addresses().chain(sheet)
    }

    /// Iterates over the addresses of the files.
    pub fn addresses(&self) -> impl Iterator<Item = String> {
        self.files.iter().map(|font| format!("assets/{}", font.name))
    }
}

/// What is known of the fonts of a site's decks, once somebody has asked.
#[derive(Debug, Default)]
pub struct Lettering {
    /// What all decks say, where they are so many that they share their fonts.
    shared: OnceLock<Option<Common>>,
    decks: RwLock<HashMap<SourcePath, Fonts>>,
    /// Those of the pages that are no decks.
    pub(super) pages: OnceLock<Fonts>,
}

impl Lettering {
    /// Remembers the fonts of a deck of the site: its handout has the same.
    pub fn note(&self, deck: &Entry, fonts: Fonts) {
        let mut decks = self.decks.write().unwrap_or_else(PoisonError::into_inner);
        decks.insert(deck.document.path.clone(), fonts);
    }

    pub(super) fn of(&self, deck: &Entry) -> Option<Fonts> {
        let decks = self.decks.read().unwrap_or_else(PoisonError::into_inner);
        decks.get(&deck.document.path).cloned()
    }
}

/// Returns the names of our families that a style sheet says.
pub fn families(css: &str) -> BTreeSet<&'static str> {
    let css = css.to_ascii_lowercase();
    let is_named = |family: &str| {
        let family = family.to_ascii_lowercase();
        css.match_indices(&family).any(|(at, name)| {
            // `Noto Sans` is no `Noto Sans JP`.
            let behind = &css[at + name.len()..];
            !behind.trim_start_matches(' ').starts_with(|c: char| c.is_ascii_alphanumeric())
        })
    };
    FACES.iter().map(|face| face.family).filter(|family| is_named(family)).collect()
}

/// Tells whether a style sheet may set text in upright lines.
pub fn is_upright(css: &str) -> bool {
    let css = css.to_ascii_lowercase();
    ["vertical-rl", "vertical-lr", "sideways-rl", "sideways-lr", "tb-rl"]
        .iter()
        .any(|way| css.contains(way))
}

/// Returns the fonts of a deck, if its themes name any.
pub fn fonts_of(site: Site<'_>, entry: &Arc<Entry>) -> Fonts {
    if entry.kind != Kind::Deck || site.config.fonts == Setting::System {
        return Fonts::default();
    }
    let (slides, styles) = deck::sections(site, entry);
    of(site, entry, &slides.iter().map(String::as_str).collect::<Vec<_>>(), &styles)
}

/// Returns the fonts for what a deck's slides say in the looks of these style sheets.
pub(super) fn of(site: Site<'_>, entry: &Entry, slides: &[&str], styles: &[String]) -> Fonts {
    if site.config.fonts == Setting::System {
        return Fonts::default();
    }
    let sheets = site.interface.sheets.iter().filter(|(_, sheet)| styles.contains(sheet));
    let named = sheets.filter_map(|(theme, _)| site.interface.families.get(theme)).flatten();
    let mut families: BTreeSet<&'static str> = named.copied().collect();
    let looks = deck::looks(site, entry).map_or_else(String::new, |(_, css)| css);
    families.extend(self::families(&looks));
    let said = |slides: &[&str]| {
        let mut said = Gathering::default();
        for slide in slides {
            said.html(slide);
        }
        // What a style sheet says by `content` is read as well.
        said.extend(looks.chars().filter(|letter| !letter.is_ascii()));
        for sheet in styles {
            said.text(site.interface.signs.get(sheet).map_or("", String::as_str));
        }
        said.finish()
    };
    let (letters, pictures) = said(slides);
    let (first, _) = said(&slides[..slides.len().min(1)]);
    let upright = styles.iter().any(|sheet| site.interface.upright.contains(sheet))
        || [&*looks].iter().chain(slides).any(|text| is_upright(text));
    let has = |mark: &str| slides.iter().any(|slide| slide.contains(mark));
    let other = |slide: &&str| {
        slide
            .match_indices(" lang=\"")
            .any(|(at, mark)| !slide[at + mark.len()..].starts_with("ja"))
    };
    let wants = Wants {
        letters,
        first,
        shared: site.lettering.shared.get_or_init(|| shared(site)).as_ref(),
        pictures,
        families: &families,
        is_japanese: entry.lang.starts_with("ja") && !slides.iter().any(other),
        lines: if upright { Lines::Upright } else { Lines::Level },
        has_code: ["<code", "<pre", "<kbd", "<samp"].into_iter().any(has),
        has_formulas: has("<math"),
    };
    let name = short_name(entry);
    let files = font::fonts(&wants, &name);
    let css = font::css(&files);
    let address = if css.is_empty() {
        String::new()
    } else {
        format!("{}{}.css", stem(entry), Digest::of(css.as_bytes()).short())
    };
    Fonts { address, css, files }
}

/// Returns what all decks of a site say, where they are so many that to cut a font for each would take longer
/// than all the rest.
fn shared(site: Site<'_>) -> Option<Common> {
    let decks = || site.catalog.entries().filter(|entry| entry.kind == Kind::Deck);
    if decks().count() <= OWN_MAX {
        return None;
    }
    let mut all = Gathering::default();
    for deck in decks() {
        all.extend(deck.document.letters.iter());
    }
    for signs in site.interface.signs.values() {
        all.text(signs);
    }
    Some(Common::new(all.finish().0))
}

/// Returns a name that stands in a style sheet as it is: nothing in it ends an address or means a character.
fn short_name(entry: &Entry) -> String {
    let name = entry.name.replace(['/', '\\', '#', '?', '%', '"'], "-");
    let end = name.floor_char_boundary(NAME_BYTES_MAX);
    name[..end].to_owned()
}

/// Returns what the address of a deck's style sheet of fonts begins with.
fn stem(entry: &Entry) -> String {
    format!("assets/fonts-{}-", short_name(entry))
}

/// Tells whether an address may be that of a font of a deck, or of the style sheet that brings them.
pub fn may_be_font_of(entry: &Entry, address: &str) -> bool {
    let name = address.strip_prefix("assets/").unwrap_or_default();
    entry.kind == Kind::Deck
        && (font::may_be_shared(name)
            || address.starts_with(&stem(entry))
            || address.starts_with(&format!("assets/font-{}-", short_name(entry))))
}

#[cfg(test)]
mod tests {
    use super::families;

    #[test]
    fn families_are_told_apart() {
        let found = |css| families(css).into_iter().collect::<Vec<_>>();
        assert_eq!(found("a{font:1em 'noto sans jp'}"), ["Noto Sans JP"]);
        assert_eq!(found("a{font:1em Noto Sans,Twemoji}"), ["Noto Sans", "Twemoji"]);
        assert!(found("a{font:1em Notosans}").is_empty());
    }
}
