//! Every input of a site as a value: path, and text or bytes.
//!
//! Knows nothing of disks; `load` makes these values, tests make them by hand.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use imbl::OrdMap;

use crate::digest::Digest;

/// A path inside the site folder, with `/` between its parts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourcePath(Arc<str>);

impl SourcePath {
    /// Returns the path; the caller has made it relative and slash-separated.
    pub fn new(path: impl AsRef<str>) -> SourcePath {
        SourcePath(Arc::from(path.as_ref()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the last part of the path.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// Returns the folder of the path without a trailing slash, `""` at the top.
    pub fn folder(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// Returns what follows the last dot of the file name, if anything does.
    pub fn extension(&self) -> Option<&str> {
        self.file_name().rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, e)| e)
    }

    /// Tells whether it is a file of values, by its name.
    pub fn is_values(&self) -> bool {
        self.extension().is_some_and(|end| ["csv", "tsv", "CSV", "TSV"].contains(&end))
    }

    /// Tells whether the path names a Markdown text in `decks/` or `wiki/`.
    pub fn is_markdown(&self) -> bool {
        let inside = self.0.starts_with("decks/") || self.0.starts_with("wiki/");
        inside && self.extension().is_some_and(|e| e == "md")
    }

    /// Tells whether such a text is a document: `_part.md` is one that others include.
    pub fn is_document(&self) -> bool {
        self.is_markdown() && !self.file_name().starts_with('_')
    }
}

/// Paths are looked up by their text, without a copy of it.
impl Borrow<str> for SourcePath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourcePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SourcePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// One input file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub path: SourcePath,
    pub content: Content,
}

/// What an input file holds. To compare texts with each other is quicker than to compare digests, which would have
/// to be made first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Text that the site is made from: documents, configuration, templates. A `String`, so that what
    /// was read need not be copied.
    Text(Arc<String>),
    /// Bytes that are served as they are.
    Asset(Asset),
    /// A file that cannot be used; why, and what to do about it.
    Unusable(Fault),
}

/// A file that is served as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Names the file in the bundle; whoever compares assets meets it first.
    pub digest: Digest,
    pub bytes: Arc<[u8]>,
    /// Width and height in pixels, where the file is a picture that tells.
    pub size: Option<(u32, u32)>,
}

/// Why a file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub code: &'static str,
    pub message: String,
    pub help: String,
    /// The byte offset of the fault, with the lines before it counted.
    pub line: u32,
    pub column: u32,
}

/// What a document can take in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    Text(&'a str),
    /// Rows of values, which become a table or a chart.
    Values(&'a str),
    /// Values that are written in some other way than UTF-8.
    Unreadable,
}

impl Source {
    /// Returns a source of text.
    pub fn text(path: &str, text: &str) -> Source {
        let content = Content::Text(Arc::new(text.to_owned()));
        Source { path: SourcePath::new(path), content }
    }

    /// Returns a source of bytes served as they are.
    pub fn asset(path: &str, bytes: &[u8], size: Option<(u32, u32)>) -> Source {
        let asset = Asset { digest: Digest::of(bytes), bytes: Arc::from(bytes), size };
        Source { path: SourcePath::new(path), content: Content::Asset(asset) }
    }

    /// Returns what a document can take in of this source.
    pub fn as_part(&self) -> Option<Part<'_>> {
        match &self.content {
            Content::Text(text) => Some(Part::Text(text)),
            Content::Asset(asset) if self.path.is_values() => {
                Some(std::str::from_utf8(&asset.bytes).map_or(Part::Unreadable, Part::Values))
            }
            _ => None,
        }
    }

    /// Returns the text, if this source is text.
    pub fn as_text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// All inputs of a site, by path. Cheap to copy.
#[derive(Clone, Debug, Default)]
pub struct Sources(OrdMap<SourcePath, Source>);

impl Sources {
    pub fn new() -> Sources {
        Sources::default()
    }

    /// Puts a source in place of what stood at its path.
    pub fn insert(&mut self, source: Source) {
        self.0.insert(source.path.clone(), source);
    }

    /// Takes the source at `path` away.
    pub fn remove(&mut self, path: &SourcePath) -> Option<Source> {
        self.0.remove(path)
    }

    pub fn get(&self, path: &SourcePath) -> Option<&Source> {
        self.0.get(path)
    }

    /// Returns the text at a path.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path).and_then(Source::as_text)
    }

    /// Iterates over all sources in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.0.values()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Source> for Sources {
    fn from_iter<I: IntoIterator<Item = Source>>(sources: I) -> Sources {
        Sources(sources.into_iter().map(|source| (source.path.clone(), source)).collect())
    }
}

/// Joins a relative path to a folder, which has no `.`, `..` or empty part; `None` when it leads out of the site.
pub fn join(folder: &str, path: &str) -> Option<String> {
    let mut joined = String::with_capacity(folder.len() + path.len() + 1);
    if !path.starts_with('/') {
        joined.push_str(folder);
    }
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if joined.is_empty() => return None,
            ".." => joined.truncate(joined.rfind('/').unwrap_or(0)),
            part => {
                if !joined.is_empty() {
                    joined.push('/');
                }
                joined.push_str(part);
            }
        }
    }
    Some(joined)
}
