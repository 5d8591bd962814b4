//! Addresses -> responses. A path is looked up in the bundle; no path ever reaches the disk.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::HttpBody;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::answer::{Asked, Served, found, found_large};
use super::dress::{Ways, dressed};
use super::guard::{PATH_BYTES_MAX, Refusal, address, check_body, check_site, is_here};
use super::origin::{Origin, in_time, is_shipped};
use super::state::all_told;
use super::token::Right;
use super::{News, Shared, edit, live, own};
use crate::catalog::Route;
use crate::output::{MANIFEST, WORKER, cache_control};
use crate::save::Files;

/// What `sw.js` says here: yesterday's bundle must not haunt this port.
const REMOVE_WORKER: &str = "self.addEventListener('install',()=>self.skipWaiting());self.addEventListener('activate',e=>e.waitUntil(self.registration.unregister().then(()=>self.clients.matchAll()).then(cs=>cs.forEach(c=>c.navigate(c.url)))));\n";

/// Builds the service: routes, and the guard in front of all of them.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    edit::routes(Router::new())
        .route("/_kami/live", get(live::upgrade))
        .route("/_kami/diagnostics", get(diagnostics))
        .route("/_kami/{file}", get(own::show))
        .method_not_allowed_fallback(no_such_method)
        .fallback(file)
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), guard))
        .with_state(shared)
}

async fn guard(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let line = shared.logs.load(Ordering::Relaxed).then(|| asked(&request));
    let bundle = Arc::clone(&shared.state().bundle);
    // What an origin has is for every site to show, as on any host of the bundle; and a refusal would be kept by
    // caches for those who are not refused.
    let is_public = shared.origin_for(request.headers()).is_some()
        && !request.uri().path().starts_with("/_kami/");
    let traded = shared
        .hosts
        .check(request.uri(), request.headers(), &bundle.config.hosts)
        .and_then(|()| if is_public { Ok(()) } else { check_site(request.headers()) })
        .and_then(|()| match *request.method() {
            Method::GET | Method::HEAD => check_body(request.headers()),
            _ => Ok(()),
        })
        .and_then(|()| shared.tokens.trade(request.uri()));
    drop(bundle);
    // Where its length is told in two ways, another reader may take part of a body for the next request.
    let is_last = request.headers().contains_key(header::TRANSFER_ENCODING);
    // A program that opens a channel with its token has no use for a cookie.
    let is_page = matches!(*request.method(), Method::GET | Method::HEAD)
        && !request.headers().contains_key(header::UPGRADE);
    let mut response = match traded {
        Ok(Some(response)) if is_page => response,
        Ok(_) => next.run(request).await,
        Err(refusal) => refuse(refusal),
    };
    add_guards(response.headers_mut(), is_public);
    if is_last {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    if let Some(line) = line {
        shared.tell(News::Asked(answered(&line, &response)));
    }
    response
}

/// Adds what holds other sites off. What an origin has of its bundle's `_headers` is not said again.
fn add_guards(headers: &mut HeaderMap, is_public: bool) {
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    if is_public {
        return;
    }
    for (name, value) in [
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, "frame-ancestors 'self'"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// Says who asks for what. What stands behind a `?` may be a token.
fn asked(request: &Request) -> String {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or_else(String::new, |peer| peer.0.ip().to_canonical().to_string());
    format!("{peer} {} {}", request.method(), request.uri().path())
}

fn answered(line: &str, response: &Response) -> String {
    let header =
        |name| response.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let bytes =
        response.body().size_hint().exact().map_or("-".to_owned(), |bytes| bytes.to_string());
    let form = header(header::CONTENT_ENCODING).map_or(String::new(), |form| format!(" {form}"));
    format!("{line} {} {bytes}{form}", response.status().as_u16())
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

/// Says that a call is made in another way; which ways there are stands in `Allow`.
async fn no_such_method(method: Method) -> Response {
    let message = format!("{method} is no way to ask for this address");
    let help = "the header Allow says which methods there are";
    let body = json!({"error": "method", "message": message, "help": help});
    let kind = [(header::CACHE_CONTROL, "no-store")];
    (StatusCode::METHOD_NOT_ALLOWED, kind, Json(body)).into_response()
}

/// Serves whatever the bundle has at the address.
async fn file(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        if request.uri().path().starts_with("/_kami/") {
            return own::nothing();
        }
        let allow = [(header::ALLOW, "GET, HEAD")];
        return (allow, plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD")).into_response();
    }
    if request.uri().path().len() > PATH_BYTES_MAX {
        return plain(StatusCode::URI_TOO_LONG, "the address is too long");
    }
    let Some(address) = address(request.uri().path()) else {
        return plain(StatusCode::BAD_REQUEST, "not an address");
    };
    let state = shared.state();
    let bundle = &state.bundle;
    if matches!(bundle.catalog.route(&address), Some(Route::Notes(_)))
        && !shared.allows(Right::Drive, peer, (request.uri(), request.headers()))
    {
        return script("kamiNotes({});\n");
    }
    let origin = shared.origin_for(request.headers());
    // A host of the bundle has its worker, too: without one, what was read is gone when the origin is.
    if address == WORKER && origin.is_none() {
        return script(REMOVE_WORKER);
    }
    let folder = address.is_empty() || address.ends_with('/');
    let address = if folder { format!("{address}index.html") } else { address };
    let edits = edit::may_edit(&shared, peer, (request.uri(), request.headers()));
    let one_file = shared.editing.get().is_some_and(Files::is_one_file);
    let mut headers = request.headers().clone();
    if request.method() == Method::HEAD {
        // Only who wants bytes can want a part of them.
        headers.remove(header::RANGE);
    }
    let renamed = state.renamed(&address);
    let query = request.uri().query().map(str::to_owned);
    let asked = Asked { query, headers, edits, one_file, renamed };
    if bundle.large(&address).is_some() {
        return large(&shared, address, asked).await;
    }
    if let Some(output) = bundle.made(&address)
        && origin.is_none_or(|origin| {
            !is_shipped(&address) && origin.is_ready(&address, &output, &asked.headers)
        })
    {
        return found((bundle, origin), &address, &output, &asked);
    }
    make_in_turn(&shared, address, asked).await
}

/// Answers with a large file. To open one may mean to read all of it, where something has touched it.
async fn large(shared: &Arc<Shared>, address: String, asked: Asked) -> Response {
    let shared = Arc::clone(shared);
    let found = tokio::task::spawn_blocking(move || {
        let state = shared.state();
        let served = (&*state.bundle, shared.origin_for(&asked.headers));
        found_large(served, &address, state.bundle.large(&address)?, &asked.headers)
    });
    found.await.ok().flatten().unwrap_or_else(busy)
}

/// Makes what is not there yet, when it is its turn.
async fn make_in_turn(shared: &Arc<Shared>, address: String, asked: Asked) -> Response {
    let origin = shared.origin_for(&asked.headers);
    // Who asks for the list at the same time waits without work, and finds the one that was made.
    let listing = if address == MANIFEST {
        let Some(turn) = turn(&shared.listing, origin).await else { return busy() };
        Some(turn)
    } else {
        None
    };
    let state = shared.state();
    let bundle = Arc::clone(&state.bundle);
    let asked = Asked { renamed: state.renamed(&address), ..asked };
    // One that is kept is there at once; one that is not waits for its turn, and the page does not.
    let picture = if bundle.is_to_be_made(&address) {
        let (kept, route) = (Arc::clone(&bundle), address.clone());
        let kept = tokio::task::spawn_blocking(move || kept.kept_picture(&route)).await;
        if let Ok(Some(output)) = kept {
            return found((&*bundle, origin), &address, &Arc::new(output), &asked);
        }
        let Some(turn) = turn(&shared.darkroom, origin).await else { return busy() };
        Some(turn)
    } else {
        None
    };
    let making = match origin {
        Some(origin) => match origin.turn().await {
            Some(turn) => Some(turn),
            None => return busy(),
        },
        None => None,
    };
    // Making an output is work for a processor, not for the loop that answers everybody.
    let maker = Arc::clone(shared);
    let made = tokio::task::spawn_blocking(move || {
        // Who goes away leaves the work behind, so the turns end with it.
        let _turns = (listing, picture, making);
        let origin = maker.origin_for(&asked.headers);
        let response = make((&*bundle, origin), &address, &asked);
        // What went wrong here is told like all else.
        if bundle.fault_count() > 0 {
            maker.recount();
        }
        response
    });
    made.await.unwrap_or_else(|_| {
        let text = "this page cannot be made: a fault of kamishibai; the terminal says more";
        plain(StatusCode::INTERNAL_SERVER_ERROR, text)
    })
}

/// Waits for a turn; before an origin nobody waits for long.
async fn turn(turns: &Arc<Semaphore>, origin: Option<&Origin>) -> Option<OwnedSemaphorePermit> {
    let turn = Arc::clone(turns).acquire_owned();
    let turn = if origin.is_some() { in_time(turn).await? } else { turn.await };
    turn.ok()
}

fn make((bundle, origin): Served<'_>, address: &str, asked: &Asked) -> Response {
    let output = match origin {
        Some(origin) => origin.output(bundle, address),
        None => bundle.output(address),
    };
    if let Some(output) = output {
        return found((bundle, origin), address, &output, asked);
    }
    let files = [format!("{address}.html"), format!("{address}/index.html")];
    if let Some(file) = files.iter().find(|file| bundle.output(file).is_some()) {
        let mut to = location(file);
        if let Some(query) = &asked.query {
            to.push('?');
            to.extend(percent_encoding::utf8_percent_encode(query, &ASCII));
        }
        let mut response = (StatusCode::FOUND, [(header::LOCATION, to)]).into_response();
        if origin.is_some() {
            let caching = HeaderValue::from_static(cache_control(file));
            response.headers_mut().insert(header::CACHE_CONTROL, caching);
        }
        return response;
    }
    let lost = bundle.output("404.html");
    let text = lost.map_or_else(Vec::new, |output| {
        if origin.is_some() {
            return output.bytes.clone();
        }
        let ways = asked.makes().then(|| Ways::of_missing(bundle, address)).flatten();
        dressed(&output.bytes, ("", None), ways.as_ref())
    });
    let kind =
        [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    let mut response = (StatusCode::NOT_FOUND, kind, text).into_response();
    if let Some(origin) = origin {
        origin.add_headers(bundle, response.headers_mut());
    }
    response
}

/// Asks to come again: a cache before an origin has an older copy to show until then.
fn busy() -> Response {
    let told = [(header::RETRY_AFTER, "1"), (header::CACHE_CONTROL, "no-store")];
    (told, plain(StatusCode::SERVICE_UNAVAILABLE, "not just now: ask once more")).into_response()
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
    headers: HeaderMap,
) -> Response {
    if !is_here(peer) || shared.origin_for(&headers).is_some() {
        return plain(StatusCode::FORBIDDEN, "only the machine that serves may ask for this");
    }
    let state = shared.state();
    let found = tokio::task::spawn_blocking(move || all_told(&state).to_string()).await;
    let kind = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (kind, found.unwrap_or_else(|_| "[]".to_owned())).into_response()
}
