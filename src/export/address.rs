//! Where the addresses on a page lead, and what `data:` makes of a file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::output::Output;

/// What an address on a page leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The page itself, at a fragment (with its `#`, or empty).
    Here(String),
    /// A path inside the bundle, with what follows it (`?..#..`).
    Bundle { address: String, rest: String },
    /// Another site, a `data:` address, or nothing that can be followed.
    Elsewhere,
}

/// Finds out where `url` leads from the page or style sheet at `from`.
pub(super) fn target(from: &str, url: &str) -> Target {
    let url = url.trim();
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let (path, rest) = url.split_at(end);
    let scheme = path.find(':').is_some_and(|at| !path[..at].contains('/'));
    if scheme || path.starts_with('/') {
        return Target::Elsewhere;
    }
    if path.is_empty() {
        return Target::Here(rest.to_owned());
    }
    let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => {
                if parts.pop().is_none() {
                    return Target::Elsewhere;
                }
            }
            part => parts.push(part),
        }
    }
    let address = parts.join("/");
    if address == from {
        return Target::Here(rest.to_owned());
    }
    Target::Bundle { address, rest: rest.to_owned() }
}

/// Writes a file as an address that holds it.
pub(super) fn data_url(output: &Output) -> String {
    let kind = output.content_type.replace("; ", ";");
    format!("data:{kind};base64,{}", STANDARD.encode(&output.bytes))
}

/// Returns what a Content-Security-Policy knows a text by.
pub(super) fn policy_hash(text: &str) -> String {
    use sha2::{Digest as _, Sha256};
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())))
}
