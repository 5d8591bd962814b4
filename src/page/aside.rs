//! What is said of a slide beside it: what it is called, and the pages that it links to.

use std::ops::Range;

use super::deck::PageLink;
use super::fill::{Filler, relative};
use crate::catalog::Resolution;
use crate::document::{Document, Form, Kind, Slide};

/// Returns what a slide is called: as its heading says, without one like the first that it embeds.
pub(super) fn title_of(filler: &Filler<'_>, slide: &Slide, number: usize) -> String {
    let Filler { site, entry, .. } = filler;
    if !slide.title.is_empty() {
        return slide.title.clone();
    }
    let mut embeds = links_on(&entry.document, number)
        .filter(|index| entry.document.links[*index].form == Form::Embed);
    let shown = embeds.find_map(|index| site.catalog.shown(entry, index));
    shown.map(|shown| shown.title().to_owned()).unwrap_or_default()
}

/// Returns which links stand on a slide: they are in the order of their slides.
fn links_on(document: &Document, number: usize) -> Range<usize> {
    let slide = u32::try_from(number).ok();
    let from = document.links.partition_point(|link| link.slide < slide);
    let to = from + document.links[from..].partition_point(|link| link.slide == slide);
    from..to
}

/// Returns the pages that a slide links to, each once.
pub(super) fn page_links(filler: &Filler<'_>, number: usize) -> Vec<PageLink> {
    let Filler { site, entry, root, .. } = filler;
    let mut links = Vec::new();
    for index in links_on(&entry.document, number) {
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
