//! Addresses -> responses. A path is looked up in the bundle; no path ever reaches the disk.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::dress::{Ways, dressed};
use super::guard::{PATH_BYTES_MAX, Refusal, address, check_body, check_site, is_here};
use super::state::all_told;
use super::token::Right;
use super::{Shared, edit, live, own};
use crate::catalog::Route;
use crate::compile::Bundle;
use crate::output::{Output, is_lasting};
use crate::save::Files;

/// What `sw.js` says here: yesterday's bundle must not haunt this port.
const REMOVE_WORKER: &str = "self.addEventListener('install',()=>self.skipWaiting());self.addEventListener('activate',e=>e.waitUntil(self.registration.unregister().then(()=>self.clients.matchAll()).then(cs=>cs.forEach(c=>c.navigate(c.url)))));\n";

/// Builds the service: routes, and the guard in front of all of them.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    edit::routes(Router::new())
        .route("/_kami/live", get(live::upgrade))
        .route("/_kami/diagnostics", get(diagnostics))
        .route("/_kami/{file}", get(own::show))
        .fallback(file)
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), guard))
        .with_state(shared)
}

async fn guard(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let bundle = Arc::clone(&shared.state().bundle);
    let traded = shared
        .hosts
        .check(request.uri(), request.headers(), &bundle.config.hosts)
        .and_then(|()| check_site(request.headers()))
        .and_then(|()| match *request.method() {
            Method::GET | Method::HEAD => check_body(request.headers()),
            _ => Ok(()),
        })
        .and_then(|()| shared.tokens.trade(request.uri()));
    drop(bundle);
    // A program that opens a channel with its token has no use for a cookie.
    let is_page = matches!(*request.method(), Method::GET | Method::HEAD)
        && !request.headers().contains_key(header::UPGRADE);
    let mut response = match traded {
        Ok(Some(response)) if is_page => response,
        Ok(_) => next.run(request).await,
        Err(refusal) => refuse(refusal),
    };
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-frame-options", "SAMEORIGIN"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, "frame-ancestors 'self'"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

pub(super) fn refuse(refusal: Refusal) -> Response {
    let (status, text) = match refusal {
        Refusal::Malformed => (StatusCode::BAD_REQUEST, "one Host header is needed"),
        Refusal::Misdirected => (
            StatusCode::MISDIRECTED_REQUEST,
            "this server does not answer to that name; add it to [server] hosts in kami.toml",
        ),
        Refusal::Body => (StatusCode::BAD_REQUEST, "a question has no body"),
        Refusal::Token => (
            StatusCode::FORBIDDEN,
            "this token is not right, or no longer: kami serve makes new ones whenever it starts; open the address that it printed last",
        ),
        Refusal::CrossSite => (StatusCode::FORBIDDEN, "another site may not ask for this"),
    };
    plain(status, text)
}

/// Serves whatever the bundle has at the address.
async fn file(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let allow = [(header::ALLOW, "GET, HEAD")];
        return (allow, plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD")).into_response();
    }
    if request.uri().path().len() > PATH_BYTES_MAX {
        return plain(StatusCode::URI_TOO_LONG, "the address is too long");
    }
    let Some(address) = address(request.uri().path()) else {
        return plain(StatusCode::BAD_REQUEST, "not an address");
    };
    let bundle = Arc::clone(&shared.state().bundle);
    if matches!(bundle.catalog.route(&address), Some(Route::Notes(_)))
        && !shared.tokens.allow(Right::Drive, peer, (request.uri(), request.headers()))
    {
        return script("kamiNotes({});\n");
    }
    if address == "sw.js" {
        return script(REMOVE_WORKER);
    }
    let folder = address.is_empty() || address.ends_with('/');
    let address = if folder { format!("{address}index.html") } else { address };
    let edits = edit::may_edit(&shared, peer, (request.uri(), request.headers()));
    let one_file = shared.editing.get().is_some_and(Files::is_one_file);
    let asked = Asked { headers: request.headers().clone(), edits, one_file };
    if let Some(output) = bundle.made(&address) {
        return found(&bundle, &address, &output, &asked);
    }
    // One that is kept is there at once; one that is not waits for its turn, and the page does not.
    let _turn = if bundle.is_to_be_made(&address) {
        let (kept, route) = (Arc::clone(&bundle), address.clone());
        let kept = tokio::task::spawn_blocking(move || kept.kept_picture(&route)).await;
        if let Ok(Some(output)) = kept {
            return found(&bundle, &address, &Arc::new(output), &asked);
        }
        shared.darkroom.acquire().await.ok()
    } else {
        None
    };
    // Making an output is work for a processor, not for the loop that answers everybody.
    let teller = Arc::clone(&shared);
    let made = tokio::task::spawn_blocking(move || {
        let response = make(&bundle, &address, &asked);
        // What went wrong here is told like all else.
        if bundle.fault_count() > 0 {
            teller.recount();
        }
        response
    });
    made.await.unwrap_or_else(|_| {
        let text = "this page cannot be made: a fault of kamishibai; the terminal says more";
        plain(StatusCode::INTERNAL_SERVER_ERROR, text)
    })
}

/// What an answer depends on beside the address.
struct Asked {
    headers: HeaderMap,
    /// Whether who asks may edit: their pages lead to the editor.
    edits: bool,
    /// Whether the site is one file: no other is made.
    one_file: bool,
}

impl Asked {
    fn makes(&self) -> bool {
        self.edits && !self.one_file
    }
}

fn make(bundle: &Bundle, address: &str, asked: &Asked) -> Response {
    if let Some(output) = bundle.output(address) {
        return found(bundle, address, &output, asked);
    }
    let file = format!("{address}.html");
    if bundle.output(&file).is_some() {
        return (StatusCode::FOUND, [(header::LOCATION, location(&file))]).into_response();
    }
    let ways = asked.makes().then(|| Ways::of_missing(bundle, address)).flatten();
    let lost = bundle.output("404.html");
    let lost = lost.map_or_else(Vec::new, |output| dressed(&output.bytes, "", ways.as_ref()));
    let kind =
        [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (StatusCode::NOT_FOUND, kind, lost).into_response()
}

/// Returns an answer in a line of text.
fn plain(status: StatusCode, text: &str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{text}\n"))
        .into_response()
}

/// Returns an address of the bundle as a header says it.
pub(super) fn location(address: &str) -> String {
    let address = format!("/{}", crate::page::encode(address));
    percent_encoding::utf8_percent_encode(&address, &ASCII).to_string()
}

/// A header holds ASCII only; everything else in the address is percent-encoded.
const ASCII: percent_encoding::AsciiSet = percent_encoding::CONTROLS.remove(b'%');

/// Tells whether somebody has what has a tag.
pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let tags = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut tags = tags.unwrap_or("").split(',').map(str::trim);
    tags.any(|one| one.trim_start_matches("W/") == tag || one == "*")
}

fn found(bundle: &Bundle, address: &str, output: &Arc<Output>, asked: &Asked) -> Response {
    let html = output.content_type.starts_with("text/html");
    let kind = match (html, asked.edits) {
        (true, true) => "-edit",
        (true, false) => "-live",
        (false, _) => "",
    };
    let tag = format!("\"{}{kind}\"", output.digest.short());
    let known = is_known(&asked.headers, &tag);
    let cache =
        if is_lasting(address) { "private, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else if html {
        let ways = asked.edits.then(|| Ways::of(bundle, address, asked.makes()));
        Body::from(dressed(&output.bytes, &output.digest.short(), ways.as_ref())).into_response()
    } else {
        ranged(output, &asked.headers, &tag)
    };
    let head = response.headers_mut();
    head.insert(header::CONTENT_TYPE, HeaderValue::from_static(output.content_type));
    head.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        head.insert(header::ETAG, tag);
    }
    if output.content_type == "image/svg+xml" {
        head.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"));
    }
    response
}

/// Answers one range, as players of film and sound ask for; all else gets the whole.
fn ranged(output: &Arc<Output>, headers: &HeaderMap, tag: &str) -> Response {
    let total = output.bytes.len();
    // What is sent is the bundle's own memory: a hundred slow readers of a film cost no more than one.
    let bytes = Bytes::from_owner(Shown(Arc::clone(output)));
    let value = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let current = value(header::IF_RANGE).is_none_or(|known| known == tag);
    let asked = value(header::RANGE)
        .filter(|range| current && !range.contains(','))
        .and_then(|range| range.strip_prefix("bytes="))
        .and_then(|range| range.split_once('-'))
        .and_then(|(from, to)| range(from, to, total));
    let mut response = match asked {
        None => bytes.into_response(),
        Some(range) if range.is_empty() => {
            let told = [(header::CONTENT_RANGE, format!("bytes */{total}"))];
            (StatusCode::RANGE_NOT_SATISFIABLE, told).into_response()
        }
        Some(range) => {
            let told = format!("bytes {}-{}/{total}", range.start, range.end - 1);
            let told = [(header::CONTENT_RANGE, told)];
            (StatusCode::PARTIAL_CONTENT, told, bytes.slice(range)).into_response()
        }
    };
    response.headers_mut().insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    response
}

/// Reads a range; an empty one cannot be satisfied, and what is none counts as not asked for.
fn range(from: &str, to: &str, total: usize) -> Option<Range<usize>> {
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().unwrap_or(usize::MAX))
    };
    match (number(from), number(to)) {
        (Some(from), Some(to)) if from <= to => {
            Some(from.min(total)..to.saturating_add(1).min(total))
        }
        (Some(from), None) if to.is_empty() => Some(from.min(total)..total),
        (None, Some(last)) if from.is_empty() => Some(total.saturating_sub(last)..total),
        _ => None,
    }
}

/// An output as the owner of the bytes that are being sent.
struct Shown(Arc<Output>);

impl AsRef<[u8]> for Shown {
    fn as_ref(&self) -> &[u8] {
        &self.0.bytes
    }
}

fn script(text: &'static str) -> Response {
    (
        [
            (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        text,
    )
        .into_response()
}

/// Tells everything that is wrong with the site, to those who can mend it.
async fn diagnostics(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
) -> Response {
    if !is_here(peer) {
        return plain(StatusCode::FORBIDDEN, "only the machine that serves may ask for this");
    }
    let state = shared.state();
    let found = tokio::task::spawn_blocking(move || all_told(&state).to_string()).await;
    let kind = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (kind, found.unwrap_or_else(|_| "[]".to_owned())).into_response()
}
