//! Where a bundle goes to: `s3://bucket/prefix` or `file:///folder`, and how its paths are written there.

use std::path::PathBuf;

use anyhow::Result;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use unicode_normalization::UnicodeNormalization as _;

use super::fault;

/// What stays as it is in the path of a request, and in what is signed of it.
const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
/// The same for what stands in a query.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where a bundle goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Folder(PathBuf),
    Bucket {
        bucket: String,
        /// What all keys begin with: empty, or with a slash at its end.
        prefix: String,
    },
}

impl Target {
    /// Reads a target as a person writes it.
    pub fn parse(text: &str) -> Result<Target> {
        if let Some(rest) = text.strip_prefix("s3://") {
            return Target::bucket(text, rest);
        }
        if let Some(rest) = text.strip_prefix("file://") {
            let path = rest.strip_prefix("localhost").unwrap_or(rest);
            if !path.starts_with('/') {
                let help = "write the whole path behind `file://`, such as file:///srv/www";
                return Err(fault(&format!("`{text}` names no folder"), help));
            }
            let path = percent_decode_str(path).decode_utf8().map_err(|_| {
                fault(&format!("`{text}` is no UTF-8 text"), "write the path as it is")
            })?;
            return Ok(Target::Folder(PathBuf::from(path.into_owned())));
        }
        let help = "write s3://bucket/prefix for a store, or file:///folder for a folder";
        Err(fault(&format!("`{text}` is no place to deploy to"), help))
    }

    fn bucket(text: &str, rest: &str) -> Result<Target> {
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
        if bucket.is_empty() || !bucket.bytes().all(plain) {
            let what = format!("`{text}` names no bucket");
            return Err(fault(&what, "write it as s3://bucket or s3://bucket/prefix"));
        }
        let parts: Vec<&str> = prefix.split('/').filter(|part| !part.is_empty()).collect();
        if parts.iter().any(|part| matches!(*part, "." | "..")) {
            let what = format!("the prefix of `{text}` has `.` or `..` in it");
            return Err(fault(&what, "name the prefix itself"));
        }
        let mut prefix = parts.join("/");
        if !prefix.is_empty() {
            prefix.push('/');
        }
        Ok(Target::Bucket { bucket: bucket.to_owned(), prefix: prefix.nfc().collect() })
    }
}

/// Returns the key of a path below a prefix. Browsers ask for composed characters, so keys have them.
pub(super) fn key(prefix: &str, path: &str) -> String {
    prefix.chars().chain(path.nfc()).collect()
}

/// Percent-encodes a key for the path of a request.
pub(super) fn encoded(key: &str) -> String {
    utf8_percent_encode(key, PLAIN).to_string()
}

/// Percent-encodes a value for a query.
pub(super) fn encoded_value(value: &str) -> String {
    utf8_percent_encode(value, QUERY).to_string()
}
