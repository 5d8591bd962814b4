//! What hosts read beside the pages: `_headers`, `_redirects`, and what a browser that keeps the site is told of it.
//!
//! Netlify, Cloudflare Pages and GitLab Pages read the first two, each within limits of its own, all addresses in
//! ASCII. What lies beyond a limit is told; a line that is too long is not even written.

use std::fmt::Write as _;
use std::ops::Range;

use percent_encoding::{CONTROLS, percent_decode_str, utf8_percent_encode};
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

/// How much of a file a host reads.
struct Limit {
    host: &'static str,
    file: &'static str,
    rules_max: usize,
    /// How many rules that stand for many addresses each, where they are counted apart.
    patterns_max: Option<usize>,
    bytes_max: usize,
    line_chars_max: usize,
}

const LIMITS: [Limit; 3] = [
    Limit {
        host: "Cloudflare Pages",
        file: "_redirects",
        rules_max: 2000,
        patterns_max: Some(100),
        bytes_max: usize::MAX,
        line_chars_max: LINE_CHARS_MAX,
    },
    Limit {
        host: "GitLab Pages",
        file: "_redirects",
        rules_max: 1000,
        patterns_max: None,
        bytes_max: 64 << 10,
        line_chars_max: usize::MAX,
    },
    Limit {
        host: "Cloudflare Pages",
        file: "_headers",
        rules_max: 100,
        patterns_max: None,
        bytes_max: usize::MAX,
        line_chars_max: 2000,
    },
];

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

fn redirects(site: Site<'_>) -> String {
    old_addresses(site).filter(|line| line.len() <= LINE_CHARS_MAX).fold(
        String::new(),
        |mut out, line| {
            out.push_str(&line);
            out.push('\n');
            out
        },
    )
}

/// Returns how many old addresses are too long to be told to hosts, and the first of them.
pub fn untold(site: Site<'_>) -> Option<(usize, String)> {
    let mut long = old_addresses(site).filter(|line| line.len() > LINE_CHARS_MAX);
    let first = long.next()?;
    let from = first.split(' ').next().unwrap_or_default();
    let from = percent_decode_str(from).decode_utf8_lossy().into_owned();
    Some((1 + long.count(), from))
}

/// Old addresses and where they lead, with and without the ending that our files have.
fn old_addresses(site: Site<'_>) -> impl Iterator<Item = String> {
    let base = base_path(site);
    site.catalog.routes().flat_map(move |(address, routes)| {
        let target = routes.first().and_then(|route| target(site, address, route));
        let lines = target.map(|target| {
            let from = format!("{base}{}", ascii(address));
            let to = format!("{base}{}", ascii(&target));
            [from.trim_end_matches(".html"), &from].map(|from| format!("{from} {to} 301"))
        });
        lines.into_iter().flatten()
    })
}

/// Returns what hosts do not read of `_redirects` or `_headers`, whoever wrote it: what is too much, and where.
pub fn beyond(file: &str, text: &str) -> Vec<(Range<usize>, String)> {
    let mut start = 0;
    let lines = text.split_inclusive('\n').map(|line| {
        let at = start;
        start += line.len();
        (at, line.trim_end())
    });
    let lines: Vec<(usize, &str)> = lines.filter(|(_, line)| says(line)).collect();
    // Of headers, a line that is not set in begins a rule.
    let begins = |line: &str| file == "_redirects" || !line.starts_with([' ', '\t']);
    let rules: Vec<(usize, &str)> = lines.iter().copied().filter(|(_, it)| begins(it)).collect();
    let (patterns, plain): (Vec<_>, Vec<_>) =
        rules.iter().copied().partition(|(_, line)| is_pattern(line));
    let at = |(at, line): &(usize, &str)| *at..at + line.len();
    let mut found = Vec::new();
    for limit in LIMITS.iter().filter(|limit| limit.file == file) {
        let Limit { host, rules_max, bytes_max, line_chars_max, .. } = limit;
        let counted = limit.patterns_max.map_or(&rules, |_| &plain);
        if let Some(first) = counted.get(*rules_max) {
            let count = counted.len();
            let message = format!("`{file}` has {count} rules, and {host} reads {rules_max}");
            found.push((at(first), message));
        }
        let patterns_max = limit.patterns_max.unwrap_or(usize::MAX);
        if let Some(first) = patterns.get(patterns_max) {
            let count = patterns.len();
            let message = format!(
                "`{file}` has {count} rules with `*` or `:name`, and {host} reads {patterns_max}"
            );
            found.push((at(first), message));
        }
        if text.len() > *bytes_max {
            let (size, most) = (text.len().div_ceil(1024), bytes_max / 1024);
            found.push((0..0, format!("`{file}` has {size} KB, and {host} reads {most} KB")));
        }
        if let Some(first) = lines.iter().find(|(_, line)| line.chars().count() > *line_chars_max) {
            let count = first.1.chars().count();
            let message = format!(
                "a line of `{file}` has {count} characters, and {host} reads {line_chars_max}"
            );
            found.push((at(first), message));
        }
    }
    found
}

fn says(line: &str) -> bool {
    let said = line.trim_start();
    !said.is_empty() && !said.starts_with('#')
}

/// Tells whether a line stands for many old addresses.
fn is_pattern(line: &str) -> bool {
    let from = line.split_whitespace().next().unwrap_or_default();
    from.contains('*') || from.contains("/:")
}

fn target(site: Site<'_>, address: &str, route: &Route) -> Option<String> {
    let entry = match route {
        Route::Alias(path) => {
            site.catalog.heir(address, &site.config.lang).or_else(|| site.catalog.entry(path))?
        }
        Route::Page(path) => {
            let entry = site.catalog.entry(path)?;
            return Some(site.catalog.arrival(entry)?.entry.route.to_string());
        }
        _ => return None,
    };
    let last = site.catalog.arrival(entry);
    Some(last.as_ref().map_or(entry, |last| &last.entry).route.to_string())
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
