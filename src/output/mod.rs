//! Page -> Output: bytes with a content type and a digest.

pub(crate) mod compact;
mod compressed;
mod manifest;
mod note;
mod pack;
mod render;

use crate::digest::Digest;
use crate::page::FOR_EVER;
use crate::search::is_shard;

pub use compressed::{Encoding, is_text};
pub use manifest::{Entry, MANIFEST, manifest, parse_manifest};
pub use note::{NOTE, Note};
pub use render::{Templates, embedded, host_text};

/// The bytes at one address of the bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    pub bytes: Vec<u8>,
    pub content_type: &'static str,
    pub digest: Digest,
}

impl Output {
    /// Makes an output; the content type follows from the address.
    pub fn new(address: &str, bytes: Vec<u8>) -> Output {
        Output { digest: Digest::of(&bytes), bytes, content_type: content_type(address) }
    }
}

/// Returns the content type of an address, by its ending.
pub fn content_type(address: &str) -> &'static str {
    let extension = address
        .rsplit('/')
        .next()
        .and_then(|name| name.rsplit_once('.'))
        .map_or("", |(_, extension)| extension);
    // A feed says what it is, or a browser takes it for any XML.
    if address.starts_with("feed.") && extension == "xml" {
        return "application/atom+xml; charset=utf-8";
    }
    match extension.to_ascii_lowercase().as_str() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "xml" => "application/xml; charset=utf-8",
        "txt" | "md" => "text/plain; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" | "apng" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/x-icon",
        "bmp" => "image/bmp",
        "pdf" => "application/pdf",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "ttf" => "font/ttf",
        "otf" => "font/otf",
        "mp4" | "m4v" => "video/mp4",
        "webm" => "video/webm",
        "mov" => "video/quicktime",
        "ogv" => "video/ogg",
        "mp3" => "audio/mpeg",
        "m4a" => "audio/mp4",
        "ogg" | "oga" | "opus" => "audio/ogg",
        "wav" => "audio/wav",
        "flac" => "audio/flac",
        "vtt" => "text/vtt; charset=utf-8",
        "zip" => "application/zip",
        "gz" => "application/gzip",
        "zst" => "application/zstd",
        _ => "application/octet-stream",
    }
}

/// How long readers' browsers and the caches between may keep a page: a browser asks each time, a cache answers for
/// five minutes, then while it asks the origin, and for a week where the origin is down.
const READERS: &str =
    "public, max-age=0, s-maxage=300, stale-while-revalidate=86400, stale-if-error=604800";
/// The same for what robots read.
const ROBOTS: &str =
    "public, max-age=0, s-maxage=600, stale-while-revalidate=86400, stale-if-error=604800";
/// The address of the service worker.
pub const WORKER: &str = "sw.js";

/// Tells whether an address bears the digest of its bytes, so that it may be kept for ever.
pub fn is_lasting(address: &str) -> bool {
    address.starts_with("assets/") || is_shard(address)
}

/// Returns how long an address may be kept.
pub fn cache_control(address: &str) -> &'static str {
    match address {
        _ if is_lasting(address) => FOR_EVER,
        // What tells whether there is anything new is itself asked for each time.
        MANIFEST | WORKER => "public, max-age=0, must-revalidate",
        _ if content_type(address).contains("xml; ") => ROBOTS,
        _ => READERS,
    }
}
