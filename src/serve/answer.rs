//! An output -> what is answered: all of it, compressed for whoever understands that, a part, or that it is known.

use std::ops::Range;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::accept::{is_known, part};
use super::dress::{Ways, dressed};
use super::film;
use super::origin::{Origin, forms_of, tag_of};
use crate::catalog::Route;
use crate::compile::{Bundle, Large};
use crate::output::{Output, cache_control, content_type, is_lasting, is_text};

/// A picture that is a document runs nothing.
const SANDBOX: &str =
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'";

/// What an answer depends on beside the address.
pub(super) struct Asked {
    /// What follows the question mark: the place where something stands is told with it.
    pub(super) query: Option<String>,
    pub(super) headers: HeaderMap,
    /// Whether who asks may edit: their pages lead to the editor.
    pub(super) edits: bool,
    /// Whether the site is one file: no other is made.
    pub(super) one_file: bool,
    /// What slides of the deck asked for were called in windows that show it, and are called now.
    pub(super) renamed: Option<String>,
}

impl Asked {
    pub(super) fn makes(&self) -> bool {
        self.edits && !self.one_file
    }
}

/// A site, and what it keeps where it is an origin.
pub(super) type Served<'a> = (&'a Bundle, Option<&'a Origin>);

/// Answers with what stands at an address.
pub(super) fn found(
    (bundle, origin): Served<'_>,
    address: &str,
    output: &Arc<Output>,
    asked: &Asked,
) -> Response {
    let response = match origin {
        Some(origin) => for_caches(origin, address, output, &asked.headers),
        None => for_windows(bundle, address, output, asked),
    };
    headed(response, (bundle, origin), address, output.content_type)
}

/// Answers with a large file that stands at an address; nothing where it is being changed.
pub(super) fn found_large(
    (bundle, origin): Served<'_>,
    address: &str,
    file: Large<'_>,
    headers: &HeaderMap,
) -> Option<Response> {
    let (total, tag) = (file.asset.facts.bytes, format!("\"{}\"", file.asset.digest.short()));
    let part = part(headers, &tag, total);
    let stock = Stock { total, open: &|range| Some(film::body(file.open()?, range)) };
    let response = sent(&stock, headers, &tag, part)?;
    Some(headed(response, (bundle, origin), address, content_type(address)))
}

/// Says what is said of everything that stands at an address.
fn headed(
    mut response: Response,
    (bundle, origin): Served<'_>,
    address: &str,
    content_type: &'static str,
) -> Response {
    let head = response.headers_mut();
    head.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    // That a part is out of reach is said of what stands there now.
    if !head.contains_key(header::CACHE_CONTROL) {
        let caching = caching(bundle, origin, address);
        head.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    }
    if content_type == "image/svg+xml" {
        head.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(SANDBOX));
    }
    if let Some(origin) = origin {
        if is_text(address) {
            head.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        }
        origin.add_headers(bundle, head);
    }
    response
}

/// Answers as a host of the bundle does.
fn for_caches(
    origin: &Origin,
    address: &str,
    output: &Arc<Output>,
    headers: &HeaderMap,
) -> Response {
    let plain = tag_of(output, None);
    let part = part(headers, &plain, output.bytes.len() as u64);
    let forms = if part.is_some() { vec![None] } else { forms_of(address, output, headers) };
    for form in forms {
        let tag = tag_of(output, form);
        let Some(encoding) = form else { return sent_held(output, headers, &tag, part) };
        if is_known(headers, &tag) {
            return tagged(StatusCode::NOT_MODIFIED.into_response(), &tag);
        }
        if let Some(bytes) = origin.packed(output, encoding) {
            let told = [(header::CONTENT_ENCODING, encoding.name())];
            return tagged((told, Body::from(bytes)).into_response(), &tag);
        }
    }
    sent_held(output, headers, &plain, None)
}

/// Answers a window that the server keeps up to date.
fn for_windows(bundle: &Bundle, address: &str, output: &Arc<Output>, asked: &Asked) -> Response {
    let html = output.content_type.starts_with("text/html");
    let digest = output.digest.short();
    if !html {
        let tag = tag_of(output, None);
        let part = part(&asked.headers, &tag, output.bytes.len() as u64);
        return sent_held(output, &asked.headers, &tag, part);
    }
    let tag = format!("\"{digest}-{}\"", if asked.edits { "edit" } else { "live" });
    if is_known(&asked.headers, &tag) {
        return tagged(StatusCode::NOT_MODIFIED.into_response(), &tag);
    }
    let ways = asked.edits.then(|| Ways::of(bundle, address, asked.makes()));
    let text = dressed(&output.bytes, (&digest, asked.renamed.as_deref()), ways.as_ref());
    tagged(Body::from(text).into_response(), &tag)
}

/// Sends the bytes of an output as they are: all of them, or a part.
fn sent_held(
    output: &Arc<Output>,
    headers: &HeaderMap,
    tag: &str,
    part: Option<Range<u64>>,
) -> Response {
    // What is sent is the bundle's own memory: a hundred slow readers of a picture cost no more than one.
    let bytes = Bytes::from_owner(Shown(Arc::clone(output)));
    let at = |place: u64| usize::try_from(place).unwrap_or(usize::MAX).min(bytes.len());
    let body = |range: Range<u64>| Some(bytes.slice(at(range.start)..at(range.end)).into());
    let stock = Stock { total: output.bytes.len() as u64, open: &body };
    sent(&stock, headers, tag, part).expect("what is held is there")
}

/// What may be sent, and whoever opens a part of it.
struct Stock<'a> {
    total: u64,
    open: &'a dyn Fn(Range<u64>) -> Option<Body>,
}

/// Sends bytes as they are: all of them, or a part; nothing where they cannot be opened.
fn sent(
    stock: &Stock<'_>,
    headers: &HeaderMap,
    tag: &str,
    part: Option<Range<u64>>,
) -> Option<Response> {
    let total = stock.total;
    let mut response = match part {
        _ if is_known(headers, tag) => StatusCode::NOT_MODIFIED.into_response(),
        None => (stock.open)(0..total)?.into_response(),
        Some(range) if range.is_empty() => {
            let told = [
                (header::CONTENT_RANGE, format!("bytes */{total}")),
                (header::CACHE_CONTROL, "no-store".to_owned()),
            ];
            (StatusCode::RANGE_NOT_SATISFIABLE, told).into_response()
        }
        Some(range) => {
            let told = format!("bytes {}-{}/{total}", range.start, range.end - 1);
            let told = [(header::CONTENT_RANGE, told)];
            (StatusCode::PARTIAL_CONTENT, told, (stock.open)(range)?).into_response()
        }
    };
    response.headers_mut().insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    Some(tagged(response, tag))
}

fn tagged(mut response: Response, tag: &str) -> Response {
    if let Ok(tag) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Returns how long an address may be kept, and by whom.
fn caching(bundle: &Bundle, origin: Option<&Origin>, address: &str) -> &'static str {
    let notes = matches!(bundle.catalog.route(address), Some(Route::Notes(_)));
    match origin {
        // Speaker notes are for those who showed the token.
        Some(_) if notes => "private, no-store",
        Some(_) => cache_control(address),
        None if is_lasting(address) => "private, max-age=31536000, immutable",
        None => "no-cache",
    }
}

/// An output as the owner of the bytes that are being sent.
struct Shown(Arc<Output>);

impl AsRef<[u8]> for Shown {
    fn as_ref(&self) -> &[u8] {
        &self.0.bytes
    }
}
