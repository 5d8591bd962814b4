//! Where an input of a site lies in its folder.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

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
