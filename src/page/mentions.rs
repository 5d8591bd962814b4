//! Who mentions a page: slides as small cards, pages with the sentence around the link.

use std::sync::Arc;

use serde::Serialize;

use super::Site;
use super::deck::embedded;
use super::embed::Embeds;
use super::fill::{Filler, Place, Sight, relative};
use crate::catalog::{Entry, Mention, Naming, Part, Shown};
use crate::document::Kind;
use crate::document::html::escape;

/// How many slides are drawn; a page that hundreds mention stays light.
const DRAWN: usize = 3;

/// A slide that links here.
#[derive(Clone, Debug, Serialize)]
pub struct SlideMention {
    pub deck_title: String,
    pub number: u32,
    pub href: String,
    pub slide_title: String,
    pub lang: String,
    pub sentence_html: String,
    /// The slide itself, to be shown small; only the first few have it.
    pub thumb_html: String,
}

/// A page that links here.
#[derive(Clone, Debug, Serialize)]
pub struct PageMention {
    pub title: String,
    pub lang: String,
    pub href: String,
    pub sentence_html: String,
}

/// Returns the slides and the pages that mention an entry.
pub(super) fn of(
    (site, embeds): (Site<'_>, &Embeds),
    entry: &Arc<Entry>,
    mentions: &[Mention],
    root: &str,
) -> (Vec<SlideMention>, Vec<PageMention>) {
    let mut slides: Vec<SlideMention> = Vec::new();
    let mut pages: Vec<PageMention> = Vec::new();
    for Mention { from, link } in mentions {
        let link = &from.document.links[*link];
        let href = relative(root, &from.route);
        let sentence_html = sentence(link.sentence.parts());
        match (from.kind, link.slide) {
            (Kind::Deck, Some(number)) => {
                let href = format!("{href}#{number}");
                if slides.iter().any(|slide| slide.href == href) {
                    continue;
                }
                let index = number as usize - 1;
                let slide = from.document.slides.get(index);
                let is_drawn = slides.len() < DRAWN && slide.is_some();
                slides.push(SlideMention {
                    deck_title: from.title.clone(),
                    number,
                    href,
                    slide_title: slide.map_or_else(String::new, |slide| slide.title.clone()),
                    lang: from.lang.clone(),
                    sentence_html,
                    thumb_html: if is_drawn {
                        thumbnail((site, embeds), entry, (from, index), root)
                    } else {
                        String::new()
                    },
                });
            }
            _ => {
                if pages.last().is_none_or(|page| page.href != href) {
                    pages.push(PageMention {
                        title: from.title.clone(),
                        lang: from.lang.clone(),
                        href,
                        sentence_html,
                    });
                }
            }
        }
    }
    (slides, pages)
}

/// Returns a document that names a page, or the slide that does.
pub(super) fn naming(naming: &Naming, root: &str) -> PageMention {
    let from = &naming.from;
    let mut href = relative(root, &from.route);
    let slide = naming.slide.map(|number| number.to_string());
    if let Some(number) = &slide {
        href.extend(["#", number]);
    }
    PageMention {
        title: from.title.clone(),
        lang: from.lang.clone(),
        href,
        sentence_html: sentence(naming.sentence.parts()),
    }
}

/// Draws a slide that stands inside a link.
fn thumbnail(
    (site, embeds): (Site<'_>, &Embeds),
    entry: &Arc<Entry>,
    (from, index): (&Arc<Entry>, usize),
    root: &str,
) -> String {
    let part = Part::Slide(index);
    let filler = Filler {
        site,
        entry: from,
        root: root.to_owned(),
        place: Place::Embedded,
        sight: Sight::Small,
        way: vec![(entry.document.path.clone(), Part::Whole), (from.document.path.clone(), part)],
        embeds,
    };
    filler.need(&Shown { entry: Arc::clone(from), part });
    without_links(&embedded(&filler, &from.document.slides[index], index + 1))
}

/// Takes the links out of HTML that stands inside a link itself; what they say stays.
fn without_links(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let opens = rest.starts_with("<a ") || rest.starts_with("<a>");
        if !opens && !rest.starts_with("</a>") {
            out.push('<');
            rest = &rest[1..];
            continue;
        }
        out.push_str(if opens { "<span>" } else { "</span>" });
        let mut quote = None;
        let end = rest.bytes().position(|byte| match (quote, byte) {
            (None, b'>') => true,
            (None, b'"' | b'\'') => {
                quote = Some(byte);
                false
            }
            (Some(open), byte) => {
                quote = (open != byte).then_some(open);
                false
            }
            _ => false,
        });
        rest = &rest[end.map_or(rest.len(), |end| end + 1)..];
    }
    out.push_str(rest);
    out
}

fn sentence([before, label, after]: [&str; 3]) -> String {
    if before.trim().is_empty() && after.trim().is_empty() {
        return String::new();
    }
    let mut out = String::new();
    escape(before, &mut out);
    out.push_str("<b>");
    escape(label, &mut out);
    out.push_str("</b>");
    escape(after, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::without_links;

    #[test]
    fn links_inside_links_are_text() {
        let html = "<p>a <a class=\"x\" title='1 > 0' href=\"b\">c</a> <abbr>d</abbr></p>";
        assert_eq!(without_links(html), "<p>a <span>c</span> <abbr>d</abbr></p>");
    }
}
