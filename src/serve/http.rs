//! Addresses -> responses. A path is looked up in the bundle; no path ever reaches the disk.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::guard::{Refusal, address, check_site};
use super::{Shared, live};
use crate::catalog::Route;
use crate::compile::Bundle;
use crate::output::{Output, embedded};

/// What `sw.js` says here: yesterday's bundle must not haunt this port.
const REMOVE_WORKER: &str = "self.addEventListener('install',()=>self.skipWaiting());self.addEventListener('activate',e=>e.waitUntil(self.registration.unregister().then(()=>self.clients.matchAll()).then(cs=>cs.forEach(c=>c.navigate(c.url)))));\n";
const LIVE_TAGS: &str = "<link rel=\"stylesheet\" href=\"/_kami/live.css\"><script src=\"/_kami/idiomorph.js\" defer></script><script src=\"/_kami/live.js\" defer></script></head>";

/// Builds the service: routes, and the guard in front of all of them.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/_kami/live", get(live::upgrade))
        .route("/_kami/diagnostics", get(diagnostics))
        .route("/_kami/{file}", get(own_file))
        .fallback(file)
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), guard))
        .with_state(shared)
}

async fn guard(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let refused = shared
        .hosts
        .check(request.uri(), request.headers())
        .and_then(|()| check_site(request.headers()));
    let mut response = match refused {
        Ok(()) => next.run(request).await,
        Err(refusal) => refuse(refusal),
    };
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-frame-options", "SAMEORIGIN"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("frame-ancestors 'self'"));
    response
}

pub(super) fn refuse(refusal: Refusal) -> Response {
    let (status, text) = match refusal {
        Refusal::Malformed => (StatusCode::BAD_REQUEST, "one Host header is needed\n"),
        Refusal::Misdirected => (
            StatusCode::MISDIRECTED_REQUEST,
            "this server does not answer to that name; add it to [server] hosts in kami.toml\n",
        ),
        Refusal::CrossSite => (StatusCode::FORBIDDEN, "another site may not ask for this\n"),
    };
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// Serves whatever the bundle has at the address.
async fn file(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let Some(address) = address(request.uri().path()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let headers = request.headers().clone();
    let head = request.method() == Method::HEAD;
    // Making an output is work for a processor, not for the loop that answers everybody.
    let answer =
        tokio::task::spawn_blocking(move || answer(&shared.bundle(), &address, &headers, peer));
    let mut response =
        answer.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response());
    if head {
        *response.body_mut() = Body::empty();
    }
    response
}

fn answer(
    bundle: &Bundle,
    address: &str,
    headers: &HeaderMap,
    peer: Option<SocketAddr>,
) -> Response {
    if address == "sw.js" {
        return script(REMOVE_WORKER.to_owned());
    }
    let folder = address.is_empty() || address.ends_with('/');
    let address = if folder { format!("{address}index.html") } else { address.to_owned() };
    if matches!(bundle.catalog.route(&address), Some(Route::Notes(_)))
        && !peer.is_some_and(|peer| peer.ip().is_loopback())
    {
        return script("kamiNotes({});\n".to_owned());
    }
    if let Some(output) = bundle.output(&address) {
        return found(&address, &output, headers);
    }
    let clean = format!("{address}.html");
    if bundle.catalog.route(&clean).is_some() || bundle.output(&clean).is_some() {
        let location = format!("/{}", crate::page::encode(&clean));
        let location: String = percent_encoding::utf8_percent_encode(&location, &ASCII).to_string();
        return (StatusCode::FOUND, [(header::LOCATION, location)]).into_response();
    }
    let lost = bundle.output("404.html").map_or_else(Vec::new, |output| with_live(&output.bytes));
    (
        StatusCode::NOT_FOUND,
        [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")],
        lost,
    )
        .into_response()
}

/// A header holds ASCII only; everything else in the address is percent-encoded.
const ASCII: percent_encoding::AsciiSet = percent_encoding::CONTROLS.remove(b'%');

fn found(address: &str, output: &Arc<Output>, headers: &HeaderMap) -> Response {
    let html = output.content_type.starts_with("text/html");
    let tag = format!("\"{}{}\"", output.digest.short(), if html { "-live" } else { "" });
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value
                .split(',')
                .any(|one| one.trim().trim_start_matches("W/") == tag || one.trim() == "*")
        });
    let cache = if address.starts_with("assets/") {
        "private, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else if html {
        Body::from(with_live(&output.bytes)).into_response()
    } else {
        ranged(output, headers)
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
fn ranged(output: &Arc<Output>, headers: &HeaderMap) -> Response {
    let total = output.bytes.len();
    let asked = headers
        .get(header::RANGE)
        .and_then(|range| range.to_str().ok())
        .and_then(|range| range.strip_prefix("bytes="));
    let Some((from, to)) =
        asked.filter(|range| !range.contains(',')).and_then(|range| range.split_once('-'))
    else {
        let mut response = Bytes::copy_from_slice(&output.bytes).into_response();
        response.headers_mut().insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        return response;
    };
    let range = match (from.parse::<usize>(), to.parse::<usize>()) {
        (Ok(from), Ok(to)) => from..(to.saturating_add(1)).min(total),
        (Ok(from), Err(_)) => from..total,
        (Err(_), Ok(last)) => total.saturating_sub(last)..total,
        _ => 0..total,
    };
    if range.start >= range.end {
        return (
            StatusCode::RANGE_NOT_SATISFIABLE,
            [(header::CONTENT_RANGE, format!("bytes */{total}"))],
        )
            .into_response();
    }
    let told = format!("bytes {}-{}/{total}", range.start, range.end - 1);
    (
        StatusCode::PARTIAL_CONTENT,
        [(header::CONTENT_RANGE, told)],
        Bytes::copy_from_slice(&output.bytes[range]),
    )
        .into_response()
}

/// Adds the scripts that keep a page up to date; the bundle itself knows nothing of them.
fn with_live(html: &[u8]) -> Vec<u8> {
    let tag = b"</head>";
    let Some(at) = html.windows(tag.len()).position(|window| window == tag) else {
        return html.to_vec();
    };
    let mut out = Vec::with_capacity(html.len() + LIVE_TAGS.len());
    out.extend_from_slice(&html[..at]);
    out.extend_from_slice(LIVE_TAGS.as_bytes());
    out.extend_from_slice(&html[at + tag.len()..]);
    out
}

fn script(text: String) -> Response {
    (
        [
            (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        text,
    )
        .into_response()
}

/// Serves the server's own scripts and styles.
async fn own_file(axum::extract::Path(file): axum::extract::Path<String>) -> Response {
    let (name, kind) = match file.as_str() {
        "live.js" => ("live/live.js", "text/javascript; charset=utf-8"),
        "live.css" => ("live/live.css", "text/css; charset=utf-8"),
        "idiomorph.js" => ("vendor/idiomorph.js", "text/javascript; charset=utf-8"),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let Some(text) = embedded(name) else { return StatusCode::NOT_FOUND.into_response() };
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text).into_response()
}

/// Tells everything that is wrong with the site.
async fn diagnostics(State(shared): State<Arc<Shared>>) -> Response {
    let bundle = shared.bundle();
    let found = tokio::task::spawn_blocking(move || {
        bundle
            .diagnostics()
            .iter()
            .map(|diagnostic| live::told(&bundle, diagnostic))
            .collect::<Vec<_>>()
    });
    let json = serde_json::Value::Array(found.await.unwrap_or_default()).to_string();
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], json)
        .into_response()
}
