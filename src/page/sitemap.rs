//! What robots read: where the pages are, and what they may do.

use std::fmt::Write as _;

use super::Site;
use super::list::list_routes;
use super::news::change;
use crate::catalog::Route;
use crate::xml::escaped;

/// How many addresses one file may list, by the protocol.
const ADDRESSES_MAX: usize = 50_000;

/// Returns the addresses of the map; a site that does not know its own address has none.
pub(super) fn routes(site: Site<'_>) -> Vec<String> {
    if site.config.base_url.is_none() {
        return Vec::new();
    }
    let mut routes = vec!["sitemap.xml".to_owned()];
    let files = pages(site).len().div_ceil(ADDRESSES_MAX);
    if files > 1 {
        routes.extend((1..=files).map(part));
    }
    routes
}

fn part(number: usize) -> String {
    format!("sitemap-{number}.xml")
}

/// Returns the map at an address: of all pages, or of maps where they are too many for one.
pub(super) fn text(site: Site<'_>, address: &str) -> Option<String> {
    let number = match address.strip_prefix("sitemap")?.strip_suffix(".xml")? {
        "" => None,
        number => Some(number.strip_prefix('-')?.parse::<usize>().ok()?),
    };
    site.config.base_url.as_ref()?;
    let pages = pages(site);
    let mut parts = pages.chunks(ADDRESSES_MAX);
    match number {
        None if pages.len() > ADDRESSES_MAX => {
            let parts = (1..=parts.len()).map(|number| (part(number), None));
            Some(xml(site, ("sitemapindex", "sitemap"), parts))
        }
        None => Some(xml(site, ("urlset", "url"), pages.into_iter())),
        Some(number) if (1..=parts.len()).contains(&number) && parts.len() > 1 => {
            let part = parts.nth(number - 1)?.iter().cloned();
            Some(xml(site, ("urlset", "url"), part))
        }
        Some(_) => None,
    }
}

pub(super) fn robots(site: Site<'_>) -> String {
    let mut out = "User-agent: *\nAllow: /\n".to_owned();
    if site.config.base_url.is_some() {
        writeln!(out, "\nSitemap: {}", url(site, "sitemap.xml")).expect("a string takes all");
    }
    out
}

/// Returns the addresses of all pages that are their own, with the day of their last change.
fn pages(site: Site<'_>) -> Vec<(String, Option<String>)> {
    let lists = list_routes(site).into_iter().filter(|address| address != "404.html");
    let mut pages: Vec<(String, Option<String>)> = lists.map(|address| (address, None)).collect();
    for (address, routes) in site.catalog.routes() {
        let Some(Route::Page(path) | Route::Deck(path)) = routes.first() else { continue };
        let Some(entry) = site.catalog.entry(path) else { continue };
        if entry.document.matter.redirect.is_none() {
            let day = change(site, entry).map(|change| change.day().to_owned());
            pages.push((address.to_string(), day));
        }
    }
    pages.sort();
    pages
}

fn xml(
    site: Site<'_>,
    (outer, inner): (&str, &str),
    pages: impl Iterator<Item = (String, Option<String>)>,
) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<{outer} xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n"
    );
    for (address, day) in pages {
        let url = url(site, &address);
        write!(out, "<{inner}><loc>{}</loc>", escaped(&url)).expect("a string takes all");
        if let Some(day) = day {
            write!(out, "<lastmod>{day}</lastmod>").expect("a string takes all");
        }
        writeln!(out, "</{inner}>").expect("a string takes all");
    }
    writeln!(out, "</{outer}>").expect("a string takes all");
    out
}

/// Returns the whole address of a page, in ASCII as the formats ask; without a base it is the way
/// from the top of the bundle.
pub(super) fn url(site: Site<'_>, address: &str) -> String {
    let ascii = ascii(address);
    site.config.base_url.as_ref().map_or(ascii.clone(), |base| format!("{base}{ascii}"))
}

/// Returns an address as it travels.
pub(super) fn ascii(address: &str) -> String {
    let path = super::fill::encode(address);
    path.bytes().fold(String::with_capacity(path.len()), |mut out, byte| {
        if byte.is_ascii() {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a string takes all");
        }
        out
    })
}
