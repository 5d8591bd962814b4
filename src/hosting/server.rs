//! What nginx and Caddy are told of a bundle.

use percent_encoding::percent_decode_str;
use serde_json::{Value as Json, json};

use super::rules::{Redirect, Rules};
use super::{Varnish, base_path, public_host, types};
use crate::compile::Bundle;
use crate::output::{cache_control, content_type};

/// Headers and old addresses as both servers are told them; `rest` is what stands for the rest of an address.
fn values(bundle: &Bundle, rules: &Rules, quote: fn(&str) -> String, rest: &str) -> Json {
    let headers: Vec<Json> = rules
        .headers
        .iter()
        .map(|header| json!({"name": header.name, "value": quote(&header.value)}))
        .collect();
    let redirects: Vec<Json> = rules.redirects.iter().map(|it| redirect(it, quote, rest)).collect();
    let mut statuses: Vec<u16> =
        rules.redirects.iter().filter(|it| !it.below).map(|it| it.status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    let feeds: Vec<String> = bundle
        .addresses_beside_search()
        .iter()
        .filter(|address| content_type(address).starts_with("application/atom+xml"))
        .map(|address| format!("{}{address}", base_path(bundle.site())))
        .collect();
    json!({"headers": headers, "redirects": redirects, "statuses": statuses, "feeds": feeds})
}

fn redirect(rule: &Redirect, quote: fn(&str) -> String, rest: &str) -> Json {
    json!({
        "from": quote(&rule.from),
        "to": if rule.below { rule.to.replace(":splat", rest) } else { rule.to.clone() },
        "status": rule.status,
        "below": rule.below,
        "pattern": quote(&format!("^{}(.*)$", escaped(&rule.from))),
        // nginx knows two kinds.
        "flag": if matches!(rule.status, 301 | 308) { "permanent" } else { "redirect" },
    })
}

pub(super) fn nginx(bundle: &Bundle, rules: &Rules) -> Json {
    let mut all = values(bundle, rules, quoted_for_nginx, "$1");
    let with_charset = |kind: &&str| kind.ends_with("charset=utf-8");
    let bare = |kind: &str| kind.split(';').next().unwrap_or(kind).to_owned();
    let kinds: Vec<&str> = types().iter().map(|(kind, _)| *kind).collect();
    let charset: Vec<String> = kinds.iter().copied().filter(with_charset).map(bare).collect();
    let texts = kinds
        .iter()
        .copied()
        .filter(|kind| with_charset(kind) || kind.ends_with("json") || kind.ends_with("+xml"));
    // Pages are compressed in any case.
    let gzip: Vec<String> = texts
        .map(bare)
        .filter(|kind| kind != "text/html")
        .chain(["application/atom+xml".to_owned()])
        .collect();
    all["types"] = types()
        .iter()
        .map(|(kind, endings)| json!({"kind": bare(kind), "endings": endings.join(" ")}))
        .collect();
    all["charset_types"] = json!(
        charset.iter().filter(|kind| *kind != "text/html").cloned().collect::<Vec<_>>().join(" ")
    );
    all["gzip_types"] = json!(gzip.join(" "));
    all
}

/// What Varnish is told of pages; all else it reads from what the origin says of each file.
pub(super) fn varnish(asked: &Varnish) -> Json {
    let readers = cache_control("page.html");
    let seconds = |name: &str| {
        let mut said = readers.split(", ").filter_map(|part| part.split_once('='));
        said.find(|(known, _)| *known == name).map_or("0", |(_, seconds)| seconds)
    };
    json!({
        "origin_port": asked.port,
        "second": asked.second,
        "connect_timeout": asked.patience.0,
        "first_byte_timeout": asked.patience.1,
        "while_revalidate": seconds("stale-while-revalidate"),
        "if_error": seconds("stale-if-error"),
    })
}

pub(super) fn caddy(bundle: &Bundle, rules: &Rules) -> Json {
    let mut all = values(bundle, rules, quoted_for_caddy, "{re.rest.1}");
    // Pages keep theirs: an address without an ending is one, too.
    all["types"] = types()
        .iter()
        .filter(|(kind, _)| !kind.starts_with("text/html"))
        .map(|(kind, endings)| json!({"whole": kind, "pattern": endings.join("|")}))
        .collect();
    let host = public_host(bundle);
    all["address"] = json!(if host == "localhost" { ":80".to_owned() } else { host });
    all
}

/// Writes a text between quotes for nginx. A dollar would begin a variable, and cannot be escaped.
fn quoted_for_nginx(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn quoted_for_caddy(text: &str) -> String {
    // A brace would begin a placeholder.
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('{', "\\{");
    format!("\"{text}\"")
}

/// Returns a regular expression that means a text as it is written.
fn escaped(text: &str) -> String {
    let decoded = percent_decode_str(text).decode_utf8_lossy();
    decoded.chars().fold(String::new(), |mut out, c| {
        if "\\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
        out
    })
}
