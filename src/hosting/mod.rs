//! Bundle -> what a host wants to be told: a CloudFormation template, a workflow, the configuration of a server.
//!
//! Headers and old addresses are those of the bundle's own `_headers` and `_redirects`, so a site's own count as well.
//! The texts are `templates/hosts/`, and a site may bring its own. Knows no network and no account.

mod cloudfront;
mod rules;
mod server;

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use crate::catalog::Route;
use crate::compile::Bundle;
use crate::diagnostic::Diagnostic;
use crate::output::{MANIFEST, cache_control, content_type, host_text};
use crate::page::{FOR_EVER, base_path};
pub use cloudfront::CloudFront;
use rules::Rules;

/// The kinds of hosts there is a text for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    CloudFront(CloudFront),
    GithubPages,
    Netlify,
    CloudflarePages,
    Nginx,
    Caddy,
    Varnish(Varnish),
}

/// What Varnish stands before, and how time passes for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Varnish {
    /// The port of the origin on the same machine.
    pub port: u16,
    /// What stands for a second of a `Cache-Control`.
    pub second: &'static str,
    /// How long the origin may take to be reached, and to say something.
    pub patience: (String, String),
}

impl Varnish {
    /// Before a server of this machine, in the time that we all have.
    pub fn on_a_host() -> Varnish {
        Varnish { port: 4000, second: "s", patience: ("3s".to_owned(), "5s".to_owned()) }
    }
}

/// A text for a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostText {
    pub text: String,
    /// What the text cannot say.
    pub notes: Vec<String>,
}

/// Writes what a host wants to be told; a site's own template may be at fault.
pub fn host_template(bundle: &Bundle, host: &Host) -> Result<HostText, Diagnostic> {
    let rules = Rules::of(bundle);
    let mut notes = rules.lost.clone();
    let (name, values) = match host {
        Host::CloudFront(asked) => {
            let (values, more) = asked.values(bundle, &rules)?;
            notes.extend(more);
            let name = if asked.origin.is_some() { "cloudfront-origin" } else { "cloudfront" };
            (format!("{name}.yaml"), values)
        }
        Host::GithubPages => {
            notes.clear();
            ("github-pages.yml".to_owned(), json!({}))
        }
        Host::Netlify | Host::CloudflarePages => {
            // These read the two files themselves.
            notes.clear();
            let name =
                if *host == Host::Netlify { "netlify.toml" } else { "cloudflare-pages.toml" };
            (name.to_owned(), json!({"name": quoted(&slug(&public_host(bundle)))}))
        }
        Host::Nginx => ("nginx.conf".to_owned(), server::nginx(bundle, &rules)),
        Host::Caddy => ("Caddyfile".to_owned(), server::caddy(bundle, &rules)),
        Host::Varnish(asked) => {
            // The origin tells the rest.
            notes.clear();
            ("varnish.vcl".to_owned(), server::varnish(asked))
        }
    };
    let mut all = common(bundle, &rules);
    if let (Json::Object(all), Json::Object(values)) = (&mut all, values) {
        all.extend(values);
    }
    let text = host_text(&bundle.sources, &name, &all)?;
    if matches!(host, Host::CloudFront(_)) && text.len() > cloudfront::BODY_BYTES_MAX {
        notes.push(format!(
            "the template has {} bytes, and CloudFormation takes more than {} only by way of a bucket: add `--s3-bucket NAME` to `aws cloudformation deploy`",
            text.len(),
            cloudfront::BODY_BYTES_MAX
        ));
    }
    Ok(HostText { text, notes })
}

/// Returns the headers that the bundle's `_headers` gives all files.
pub fn all_headers(bundle: &Bundle) -> Vec<(String, String)> {
    let headers = Rules::of_headers(bundle).headers;
    headers.into_iter().map(|header| (header.name, header.value)).collect()
}

/// Returns what all texts may name.
fn common(bundle: &Bundle, rules: &Rules) -> Json {
    let base = base_path(bundle.site());
    json!({
        "base_path": base,
        "not_found": format!("{base}404.html"),
        "readers": cache_control("page.html"),
        "robots": cache_control("feed.xml"),
        "manifest_caching": cache_control(MANIFEST),
        "for_ever": FOR_EVER,
        "lasting": rules.lasting,
        "host": public_host(bundle),
    })
}

/// Returns the name by which readers know the site, as far as it says.
fn public_host(bundle: &Bundle) -> String {
    let base = bundle.config.base_url.as_deref().and_then(|base| base.split("://").nth(1));
    let host = base.and_then(|base| base.split(['/', ':', '?']).next());
    let plain = |host: &&str| {
        !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
    };
    host.filter(plain).unwrap_or("localhost").to_ascii_lowercase()
}

/// Makes a name of buckets and projects out of a host's.
fn slug(host: &str) -> String {
    let host = if host == "localhost" { "kamishibai" } else { host };
    let plain = host.to_ascii_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    let cut: String = plain.trim_matches('-').chars().take(30).collect();
    let cut = cut.trim_end_matches('-');
    if cut.len() < 3 {
        format!("site-{cut}").trim_end_matches('-').to_owned()
    } else {
        cut.to_owned()
    }
}

/// Writes a text between quotes as JSON, YAML, TOML and JavaScript read it, in ASCII.
fn quoted(text: &str) -> String {
    ascii_json(&json!(text))
}

/// Writes JSON in ASCII: not every way to a host leaves other characters alone.
fn ascii_json(value: &Json) -> String {
    let mut out = String::new();
    for c in value.to_string().chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                write!(out, "\\u{unit:04x}").expect("a string takes all");
            }
        }
    }
    out
}

/// Endings of files that a page's name does not have.
const MEDIA: &[&str] = &[
    "png", "apng", "jpg", "jpeg", "gif", "webp", "avif", "svg", "ico", "bmp", "pdf", "woff2",
    "woff", "ttf", "otf", "mp4", "webm", "mp3", "ogg", "wav", "zip", "gz", "zst", "br",
];
/// Endings of files that a page's name may have, such as `Node.js`.
const DATA: &[&str] = &["css", "js", "mjs", "json", "webmanifest", "xml", "txt", "md", "csv"];

/// Returns the endings of what a site brings besides.
fn own_endings(bundle: &Bundle) -> Vec<String> {
    let own = bundle.catalog.routes().filter(|(_, routes)| {
        matches!(routes.first(), Some(Route::Static(_) | Route::Data(_) | Route::Notes(_)))
    });
    let mut endings: Vec<String> = own
        .filter_map(|(address, _)| {
            let (_, ending) = address.rsplit('/').next()?.rsplit_once('.')?;
            let ending = ending.to_ascii_lowercase();
            let plain = !ending.is_empty() && ending.bytes().all(|b| b.is_ascii_alphanumeric());
            let known = MEDIA.contains(&&*ending) || DATA.contains(&&*ending) || ending == "html";
            (plain && !known).then_some(ending)
        })
        .collect();
    endings.sort();
    endings.dedup();
    endings
}

/// Returns the folders that have a page of their own, the base's own among them, decoded.
fn folders(bundle: &Bundle) -> Vec<String> {
    let base = base_path(bundle.site());
    let base = percent_encoding::percent_decode_str(&base).decode_utf8_lossy().into_owned();
    let addresses = bundle.addresses_beside_search();
    let inside = addresses.iter().filter_map(|address| address.strip_suffix("/index.html"));
    let mut folders: Vec<String> = inside.map(|folder| format!("{base}{folder}/")).collect();
    folders.push(base);
    folders.sort();
    folders.dedup();
    folders
}

/// Returns the types of all known endings: each kind with its endings.
fn types() -> Vec<(&'static str, Vec<&'static str>)> {
    let mut types: Vec<(&str, Vec<&str>)> = Vec::new();
    for ending in ["html"].iter().chain(DATA).chain(MEDIA).filter(|ending| **ending != "br") {
        let kind = content_type(&format!("file.{ending}"));
        match types.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, endings)) => endings.push(ending),
            None => types.push((kind, vec![ending])),
        }
    }
    types
}
