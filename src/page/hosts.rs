//! What hosts read beside the pages: `_headers`, `_redirects`, and what a browser that keeps the site is told of it.
//!
//! Netlify, Cloudflare Pages and GitLab Pages read the first two, each within limits of its own: at most 2,000
//! lines, none of them over 1,000 characters, all addresses in ASCII.

use std::fmt::Write as _;

use percent_encoding::{CONTROLS, utf8_percent_encode};
use serde_json::json;

use super::Site;
use super::shell::{in_language, policy, site_title};
use super::sitemap::ascii;
use crate::catalog::Route;
use crate::document::Origins;

/// How long what bears the digest of its bytes in its name may be kept.
pub const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// How long a line of `_redirects` may be.
const LINE_CHARS_MAX: usize = 1000;
/// The colours of paper, before a style sheet is read: those of the house's light scheme.
const PAPER: &str = "#fcfbf7";

pub(super) const ROUTES: [&str; 3] = ["_headers", "_redirects", "site.webmanifest"];

pub(super) fn text(site: Site<'_>, address: &str) -> Option<String> {
    match address {
        "_headers" => Some(headers(site)),
        "_redirects" => Some(redirects(site)),
        "site.webmanifest" => Some(manifest(site)),
        _ => None,
    }
}

/// Returns the path under which the site lies on its host, as it travels: `/`, or `/site/`.
pub fn base_path(site: Site<'_>) -> String {
    let base = site.config.base_url.as_deref().and_then(|base| base.split_once("://"));
    let path = base.and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..])).unwrap_or("/");
    utf8_percent_encode(path, CONTROLS).to_string()
}

/// Rules of one pattern each that never meet: where two do, some hosts join what both say of one header.
fn headers(site: Site<'_>) -> String {
    let base = base_path(site);
    let mut origins = Origins::default();
    for entry in site.catalog.entries() {
        origins.extend(&entry.document.origins);
    }
    let csp = policy(&origins, site.config.html);
    let ancestors = site
        .config
        .embed_from
        .iter()
        .fold("'self'".to_owned(), |all, from| format!("{all} {from}"));
    let mut out = format!(
        "{base}*\n  X-Content-Type-Options: nosniff\n  Referrer-Policy: strict-origin-when-cross-origin\n  \
         Content-Security-Policy: {csp}; frame-ancestors {ancestors}\n"
    );
    for lasting in ["assets/*", "search/d-*", "search/w-*", "search/g-*", "search/t-*"] {
        write!(out, "{base}{lasting}\n  Cache-Control: {FOR_EVER}\n").expect("a string takes all");
    }
    out
}

/// Old addresses and where they lead, with and without the ending that our files have.
fn redirects(site: Site<'_>) -> String {
    let base = base_path(site);
    let mut out = String::new();
    for (address, routes) in site.catalog.routes() {
        let Some(target) = routes.first().and_then(|route| target(site, address, route)) else {
            continue;
        };
        let from = format!("{base}{}", ascii(address));
        let to = format!("{base}{}", ascii(&target));
        for from in [from.trim_end_matches(".html"), &from] {
            let line = format!("{from} {to} 301\n");
            if line.len() <= LINE_CHARS_MAX {
                out.push_str(&line);
            }
        }
    }
    out
}

fn target(site: Site<'_>, address: &str, route: &Route) -> Option<String> {
    let entry = match route {
        Route::Alias(path) => {
            site.catalog.heir(address, &site.config.lang).or_else(|| site.catalog.entry(path))?
        }
        Route::Page(path) => {
            let entry = site.catalog.entry(path)?;
            return Some(site.catalog.redirect(entry)?.route.to_string());
        }
        _ => return None,
    };
    let last = site.catalog.redirect(entry);
    Some(last.as_ref().unwrap_or(entry).route.to_string())
}

fn manifest(site: Site<'_>) -> String {
    let title = site_title(site);
    let manifest = json!({
        "name": title,
        "short_name": title,
        "lang": site.config.lang,
        "start_url": in_language(site, "index", &site.config.lang),
        "scope": "./",
        "display": "browser",
        "background_color": PAPER,
        "theme_color": PAPER,
        "icons": [{
            "src": site.interface.asset("icon.svg"),
            "sizes": "any",
            "type": "image/svg+xml",
        }],
    });
    format!("{manifest:#}\n")
}
