//! Entries -> `bundle.json`: what a bundle holds, one file a line, sorted by path.
//!
//! Neither clock nor machine leaves a trace in it, and it does not list itself.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::output::{Encoding, Output, cache_control, content_type};

/// The manifest's own address in the bundle.
pub const MANIFEST: &str = "bundle.json";
/// How a manifest says that it is ours.
const GENERATOR: &str = "kamishibai";
const VERSION: u32 = 1;

/// One file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub path: String,
    pub digest: String,
    pub bytes: u64,
    pub content_type: Cow<'static, str>,
    pub cache_control: Cow<'static, str>,
    /// How it is compressed, where it stands beside the file that it is a form of; type and caching
    /// are those of that file. No reader asks for it by this path, so a worker that keeps the site leaves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<Cow<'static, str>>,
    /// What such a form follows from: while that is the same, it need not be made again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

impl Entry {
    /// Returns what the manifest says of an output.
    pub fn of(path: &str, output: &Output) -> Entry {
        Entry {
            content_type: Cow::Borrowed(output.content_type),
            ..Entry::of_file(path, output.digest, output.bytes.len() as u64)
        }
    }

    /// Returns what it says of a file that is served as it is.
    pub fn of_file(path: &str, digest: Digest, bytes: u64) -> Entry {
        Entry {
            path: path.to_owned(),
            digest: digest.to_string(),
            bytes,
            content_type: Cow::Borrowed(content_type(path)),
            cache_control: Cow::Borrowed(cache_control(path)),
            content_encoding: None,
            origin: None,
        }
    }

    /// Returns what the manifest says of a compressed form of the output at `path`.
    pub fn compressed(path: &str, output: &Output, encoding: Encoding, bytes: &[u8]) -> Entry {
        Entry {
            path: encoding.address(path),
            digest: Digest::of(bytes).to_string(),
            bytes: bytes.len() as u64,
            content_encoding: Some(Cow::Borrowed(encoding.name())),
            origin: Some(encoding.origin(&output.digest)),
            ..Entry::of(path, output)
        }
    }
}

/// Returns the text of the manifest of these files, in whatever order they come.
pub fn manifest<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> String {
    let mut entries: Vec<&Entry> = entries.into_iter().collect();
    entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    let mut text = String::with_capacity(256 * entries.len() + 64);
    write!(text, "{{\"generator\":\"{GENERATOR}\",\"version\":{VERSION},\"files\":[")
        .expect("a string takes all");
    for (index, entry) in entries.into_iter().enumerate() {
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        text.push_str(&serde_json::to_string(entry).expect("texts and a number are JSON"));
    }
    text.push_str("\n]}\n");
    text
}

/// Reads a manifest; `None` when it is none of ours.
pub fn parse_manifest(text: &[u8]) -> Option<Vec<Entry>> {
    #[derive(Deserialize)]
    struct Manifest {
        generator: String,
        files: Vec<Entry>,
    }
    let manifest: Manifest = serde_json::from_slice(text).ok()?;
    (manifest.generator == GENERATOR).then_some(manifest.files)
}
