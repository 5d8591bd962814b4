//! A picture in its place: which files stand for it, and how a browser chooses among them.

use std::borrow::Cow;
use std::sync::Arc;

use super::Site;
use super::deck::frame_of;
use super::fill::{Filler, Place, Sight, attribute, relative};
use crate::catalog::{AssetEntry, Entry, derived_route};
use crate::document::film::{self, Play};
use crate::document::html::escape;
use crate::document::{Document, Kind, Picture, Stand};
use crate::picture::{self, Kind as Format, Need, Recipe, SHOWN_PIXELS_MAX, Variants};
use crate::source::SourcePath;

/// How wide a page's text is at most, in pixels of a page.
const MEASURE: u32 = 646;
/// How many pixels of a screen make one of a page's, on the densest that is meant.
const DENSITY: u32 = 2;
/// How wide a projector shows a slide at most, in pixels, and how wide most do.
const PROJECTOR: u32 = 3840;
const PROJECTOR_USUAL: u32 = 1920;
/// How wide slides are shown that lie beside a text.
const THUMBNAIL: u32 = 300;
/// Up to how many bytes of HTML there is a first picture to wait for: below, nobody sees it at once.
const FIRST_BYTES: usize = 3000;

/// A picture of the site and what is made of it.
struct Chosen<'a> {
    path: SourcePath,
    asset: &'a AssetEntry,
    variants: Option<Variants>,
}

fn chosen<'a>(site: Site<'a>, entry: &Entry, picture: &Picture) -> Option<Chosen<'a>> {
    let path = site.catalog.resolve_asset(entry, &picture.target)?;
    let asset = site.catalog.asset(&path)?;
    // What lies in `static` keeps its name and its bytes.
    let is_derived = asset.facts.is_photo() && !path.as_str().starts_with("static/");
    let variants = is_derived.then(|| {
        let need = need(site, entry, picture, asset)?;
        let mut variants = picture::variants(&asset.facts, &site.config.images, need)?;
        if picture.stand == Stand::PlainGround {
            // What is shown in its own size must have it.
            variants.plain = None;
        }
        let failed = site.without_avif.is_some_and(|without| without.contains(&asset.digest));
        if failed || !has_choice_of_formats(entry, picture) {
            variants.avif.clear();
        }
        Some(variants)
    });
    Some(Chosen { path, asset, variants: variants.flatten() })
}

/// Tells whether there may be an element around a picture that offers several formats. In the text of a slide there is
/// none: a theme may say `p > img`.
fn has_choice_of_formats(entry: &Entry, picture: &Picture) -> bool {
    entry.kind == Kind::Page || picture.stand != Stand::Text
}

/// Returns what is made of the pictures that a document shows.
pub fn derived(site: Site<'_>, entry: &Entry) -> Vec<(SourcePath, Recipe)> {
    let mut found = Vec::new();
    for picture in seen(&entry.document) {
        let Some(Chosen { path, variants: Some(variants), .. }) = chosen(site, entry, &picture)
        else {
            continue;
        };
        let widths = variants.widths.iter().filter_map(|(_, recipe)| *recipe);
        let avif = variants.avif.iter().map(|(_, recipe)| *recipe);
        found.extend(widths.chain(avif).chain(variants.plain).map(|recipe| (path.clone(), recipe)));
    }
    found
}

/// Returns the places in a document at which it shows a picture of the site.
pub fn places(site: Site<'_>, entry: &Entry, path: &SourcePath) -> Vec<crate::span::Span> {
    let shown = seen(&entry.document).filter(|picture| {
        site.catalog.resolve_asset(entry, &picture.target).as_ref() == Some(path)
    });
    shown.map(|picture| picture.span).collect()
}

/// Iterates over the pictures of a document, with posters for what plays behind slides.
fn seen(document: &Document) -> impl Iterator<Item = Cow<'_, Picture>> {
    let posters = |picture| poster_of(picture).map_or(Cow::Borrowed(picture), Cow::Owned);
    document.pictures().map(posters)
}

/// Returns what is seen of a film behind a slide where it does not play.
pub(super) fn poster_of(picture: &Picture) -> Option<Picture> {
    if picture.stand == Stand::Text || film::play(&picture.target) != Some(Play::Film) {
        return None;
    }
    let target = film::decoded(film::words(&picture.alt).1?).into_owned();
    Some(Picture { target, alt: String::new(), ..picture.clone() })
}

/// Returns how wide a picture is shown on a page, in pixels of the page.
fn width_on_page(picture: &Picture, (own, high): (u32, u32)) -> u32 {
    let given = picture.width.or_else(|| Some(scaled(picture.height?, own, high)));
    given.unwrap_or(own).clamp(1, MEASURE)
}

/// Returns which part of a slide's width a picture takes.
fn share_of_slide(site: Site<'_>, entry: &Entry, picture: &Picture, size: (u32, u32)) -> f64 {
    let frame = frame_of(site, entry);
    let (width, height) = (frame.width, frame.height);
    let (own, high) = (f64::from(size.0), f64::from(size.1.max(1)));
    match picture.stand {
        // What covers a slide may stand out on both sides.
        Stand::Ground => (own / high / (width / height)).max(1.0),
        Stand::PlainGround => own / width,
        Stand::Text => {
            let given = picture.width.or_else(|| Some(scaled(picture.height?, size.0, size.1)));
            let shown = given.map_or_else(|| own.min(height * own / high), f64::from);
            (shown / width).min(1.0)
        }
    }
}

fn scaled(side: u32, to: u32, from: u32) -> u32 {
    let scaled = u64::from(side) * u64::from(to) / u64::from(from.max(1));
    u32::try_from(scaled).unwrap_or(u32::MAX)
}

fn need(site: Site<'_>, entry: &Entry, picture: &Picture, asset: &AssetEntry) -> Option<Need> {
    let size = asset.facts.size?;
    if entry.kind == Kind::Page {
        let width = width_on_page(picture, size);
        return Some(Need { width_max: width * DENSITY, plain: width });
    }
    let share = share_of_slide(site, entry, picture, size).min(1.0);
    Some(Need { width_max: part(PROJECTOR, share), plain: part(PROJECTOR_USUAL, share) })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a part of some thousand pixels"
)]
fn part(whole: u32, share: f64) -> u32 {
    (f64::from(whole) * share).ceil() as u32
}

/// Writes what stands where a picture should.
pub(super) fn missing(alt: &str, target: &str, out: &mut String) {
    out.push_str("<span class=\"picture missing\">");
    escape(if alt.is_empty() { target } else { alt }, out);
    out.push_str("</span>");
}

impl Filler<'_> {
    pub(super) fn picture(&self, picture: &Picture, out: &mut String) {
        let remote =
            picture.target.starts_with("https://") || picture.target.starts_with("http://");
        let chosen = chosen(self.site, self.entry, picture)
            .filter(|chosen| chosen.asset.facts.pixels() <= SHOWN_PIXELS_MAX);
        let src = match &chosen {
            Some(Chosen { path, asset, variants }) => {
                let plain = variants.as_ref().and_then(|variants| variants.plain);
                let plain = plain.map(|recipe| derived_route(path, asset.digest, &recipe));
                relative(&self.root, plain.as_deref().unwrap_or(&asset.route))
            }
            None if remote => picture.target.clone(),
            None if self.entry.document.brings(&picture.target) => {
                relative(&self.root, &picture.target)
            }
            None => return missing(&picture.alt, &picture.target, out),
        };
        let is_early = match self.sight {
            Sight::First => out.len() < FIRST_BYTES,
            Sight::Slide => true,
            Sight::Later | Sight::Small => false,
        };
        let is_first = is_early && self.place == Place::Own && !out.contains("<img");
        let choice = chosen.as_ref().and_then(|chosen| self.choice(picture, chosen));
        let around = choice.as_ref().is_some_and(Choice::has_sources);
        if let Some(choice) = choice.as_ref().filter(|_| around) {
            choice.write_sources(out);
        }
        out.push_str("<img");
        attribute("src", &src, out);
        if let Some(choice) = &choice {
            choice.write_own(out);
        }
        attribute("alt", &picture.alt, out);
        if !picture.class.is_empty() {
            attribute("class", &picture.class, out);
        }
        if !picture.title.is_empty() {
            attribute("title", &picture.title, out);
        }
        let facts = chosen.as_ref().map(|chosen| &chosen.asset.facts);
        let (width, height) = shown_size(picture, facts.and_then(|facts| facts.size));
        for (name, value) in [("width", width), ("height", height)] {
            if let Some(value) = value {
                attribute(name, &value.to_string(), out);
            }
        }
        let covers =
            self.is_on_page() || (picture.stand == Stand::Ground && picture.class.is_empty());
        if covers && choice.is_some() && facts.is_some_and(|facts| facts.opaque) {
            out.push_str(" data-tone");
        }
        if is_first {
            out.push_str(" fetchpriority=\"high\"");
        } else if self.sight != Sight::Slide || self.place == Place::Embedded {
            attribute("loading", "lazy", out);
        }
        if remote {
            attribute("referrerpolicy", "no-referrer", out);
        }
        attribute("decoding", "async", out);
        out.push_str(if around { "></picture>" } else { ">" });
    }

    /// Tells whether there is such a picture.
    pub(super) fn shows(&self, picture: &Picture) -> bool {
        chosen(self.site, self.entry, picture).is_some()
    }

    /// Returns the address of a picture for those who can choose none.
    pub(super) fn plain(&self, picture: &Picture) -> Option<String> {
        let Chosen { path, asset, variants } = chosen(self.site, self.entry, picture)?;
        let plain = variants.and_then(|variants| variants.plain);
        let plain = plain.map(|recipe| derived_route(&path, asset.digest, &recipe));
        Some(relative(&self.root, plain.as_deref().unwrap_or(&asset.route)))
    }

    /// Tells whether a prose is part of a talk: its own slides, and those that are shown within them.
    pub(super) fn is_on_stage(&self) -> bool {
        self.sight != Sight::Small
            && self.is_in_deck()
            && (self.place == Place::Own || self.way.len() > 1)
    }

    /// Tells whether a picture of a page stands on a page.
    fn is_on_page(&self) -> bool {
        self.entry.kind == Kind::Page && !self.is_in_deck()
    }

    fn is_in_deck(&self) -> bool {
        self.way.first().is_some_and(|(path, _)| path.as_str().starts_with("decks/"))
    }

    fn choice(&self, picture: &Picture, chosen: &Chosen<'_>) -> Option<Choice> {
        let variants = chosen.variants.as_ref()?;
        let avif = variants.avif.iter().map(|(width, recipe)| (*width, Some(*recipe)));
        // On a slide the text of a page is text of the slide.
        let avif = avif.filter(|_| self.is_on_page() || picture.stand != Stand::Text);
        let made = variants.widths.iter().all(|(_, recipe)| recipe.is_some());
        let other = chosen.asset.facts.kind != Some(Format::Webp);
        let webp = made && other && self.site.config.images.webp && self.is_on_page();
        Some(Choice {
            avif: self.srcset(chosen, avif),
            srcset: self.srcset(chosen, variants.widths.iter().copied()),
            sizes: self.sizes(picture, chosen.asset.facts.size?),
            one_format: webp,
        })
    }

    fn srcset(
        &self,
        chosen: &Chosen<'_>,
        widths: impl Iterator<Item = (u32, Option<Recipe>)>,
    ) -> String {
        let mut srcset = String::new();
        for (width, recipe) in widths {
            let route = recipe.as_ref().map_or_else(
                || Arc::clone(&chosen.asset.route),
                |recipe| Arc::from(derived_route(&chosen.path, chosen.asset.digest, recipe)),
            );
            let comma = if srcset.is_empty() { "" } else { ", " };
            // A comma at the end of an address would be one between two.
            let address = relative(&self.root, &route).replace(',', "%2C");
            srcset.extend([comma, &address, " ", &width.to_string(), "w"]);
        }
        srcset
    }

    /// Returns how wide a picture is shown, as a browser is told before it knows the page.
    fn sizes(&self, picture: &Picture, size: (u32, u32)) -> String {
        if self.is_on_page() {
            let width = width_on_page(picture, size);
            return if width < 320 {
                format!("{width}px")
            } else {
                format!("min(100vw, {width}px)")
            };
        }
        if picture.stand == Stand::PlainGround {
            return format!("{}px", size.0);
        }
        let share = share_of_slide(self.site, self.entry, picture, size);
        let slide = if self.sight == Sight::Small {
            format!("{THUMBNAIL}px")
        } else if self.place == Place::Own || (self.is_in_deck() && self.way.len() > 1) {
            let frame = frame_of(self.site, self.entry);
            let ratio = 100.0 * frame.width / frame.height;
            format!("min(100vw, {ratio:.0}vh)")
        } else {
            format!("min(100vw, {MEASURE}px)")
        };
        let share = (share * 100.0).ceil() / 100.0;
        #[expect(clippy::float_cmp, reason = "it was rounded to hundredths")]
        let whole = share == 1.0;
        if whole { slide } else { format!("calc({slide} * {share})") }
    }
}

/// What a browser may choose from.
struct Choice {
    /// In AVIF; nothing where that is not offered.
    avif: String,
    srcset: String,
    sizes: String,
    /// Whether all of `srcset` is WebP, the picture itself is not, and an element around it may say so.
    one_format: bool,
}

impl Choice {
    /// Tells whether there is an element around the picture: it names formats, and browsers take the first they know.
    fn has_sources(&self) -> bool {
        self.one_format || !self.avif.is_empty()
    }

    fn write_sources(&self, out: &mut String) {
        out.push_str("<picture>");
        let webp = if self.one_format { &*self.srcset } else { "" };
        for (kind, srcset) in [("image/avif", &*self.avif), ("image/webp", webp)] {
            if !srcset.is_empty() {
                out.push_str("<source");
                attribute("type", kind, out);
                attribute("srcset", srcset, out);
                attribute("sizes", &self.sizes, out);
                out.push('>');
            }
        }
    }

    /// Writes what the picture itself offers, unless it was named before.
    fn write_own(&self, out: &mut String) {
        if !self.one_format {
            attribute("srcset", &self.srcset, out);
            attribute("sizes", &self.sizes, out);
        }
    }
}

/// Returns width and height as shown: as written, the other side by the picture's own proportion.
fn shown_size(picture: &Picture, own: Option<(u32, u32)>) -> (Option<u32>, Option<u32>) {
    match (picture.width, picture.height, own) {
        (Some(width), None, Some((w, h))) => (Some(width), Some(scaled(width, h, w))),
        (None, Some(height), Some((w, h))) => (Some(scaled(height, w, h)), Some(height)),
        (None, None, Some((w, h))) => (Some(w), Some(h)),
        (width, height, _) => (width, height),
    }
}
