//! The order in which the pages of a folder are read: as kami.toml lists them, else as they say.

use std::sync::Arc;

use super::Site;
use crate::catalog::Entry;

/// Returns the pages before and after one. The page of a folder stands before those in it.
pub(super) fn beside<'a>(site: Site<'a>, entry: &'a Arc<Entry>) -> [Option<&'a Arc<Entry>>; 2] {
    let listed = listed(site, entry.space());
    let place = listed.iter().position(|other| other.name == entry.name);
    let [before, after] = match place {
        Some(place) => {
            let before = place.checked_sub(1).and_then(|before| listed.get(before));
            [before, listed.get(place + 1)].map(|other| Some(in_language(site, other?, entry)))
        }
        None if listed.is_empty() => site.catalog.beside(entry),
        None => [None, None],
    };
    let is_placed = place.is_some() || (listed.is_empty() && site.catalog.place(entry).is_some());
    let folder = || is_placed.then(|| site.catalog.page(entry.space(), &entry.lang)).flatten();
    [before.or_else(folder), after.or_else(|| first_below(site, entry))]
}

/// Returns where a page stands among those of its folder: those without a place come last.
pub(super) fn rank(site: Site<'_>, entry: &Arc<Entry>) -> (usize, i64) {
    let listed = listed(site, entry.space());
    let place = listed.iter().position(|other| other.name == entry.name);
    (place.unwrap_or(usize::MAX), site.catalog.place(entry).unwrap_or(i64::MAX))
}

/// Returns the first page in the folder that a page is the page of.
fn first_below<'a>(site: Site<'a>, entry: &'a Arc<Entry>) -> Option<&'a Arc<Entry>> {
    match listed(site, &entry.name).first() {
        Some(first) => Some(in_language(site, first, entry)),
        None => site.catalog.first_in(&entry.name, &entry.lang),
    }
}

fn in_language<'a>(site: Site<'a>, work: &'a Arc<Entry>, entry: &Entry) -> &'a Arc<Entry> {
    site.catalog.page(&work.name, &entry.lang).unwrap_or(work)
}

/// Returns the pages of a folder that kami.toml puts in order.
fn listed<'a>(site: Site<'a>, folder: &str) -> Vec<&'a Arc<Entry>> {
    let named = site.config.order.iter().filter_map(|(name, _)| site.catalog.named_page(name));
    named.filter(|entry| entry.space() == folder).collect()
}
