//! Every input of a site as a value: path, and text or bytes.
//!
//! Knows nothing of disks; `load` makes these values, tests make them by hand.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::ops::Bound;
use std::sync::Arc;

use imbl::OrdMap;

use crate::digest::Digest;
pub use crate::path::SourcePath;
use crate::picture::Facts;

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

/// A file that is served as it is. Two of the same digest are the same.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Names the file in the bundle.
    pub digest: Digest,
    /// What its bytes tell when they are read, so that nobody has to read them again for that.
    pub facts: Facts,
    bytes: Bytes,
}

/// The bytes of an asset: in memory, or wherever somebody can read them again.
#[derive(Clone, Debug)]
enum Bytes {
    Held(Arc<[u8]>),
    Away(Arc<dyn Reread>),
    /// Of a file that is too large to be in memory.
    Large(Arc<dyn Open>),
}

/// Whoever reads the bytes of a file again; nothing where that cannot be done any more.
pub trait Reread: fmt::Debug + Send + Sync {
    fn reread(&self) -> Option<Vec<u8>>;
}

/// Whoever opens a large file at a path; nothing where it is not any more what it was.
pub trait Open: fmt::Debug + Send + Sync {
    fn open(&self, path: &SourcePath) -> Option<Arc<dyn Parts>>;
}

/// A large file that is open. It may be read from several places at once.
pub trait Parts: fmt::Debug + Send + Sync {
    /// Fills a part with the bytes from a place on; fails where the file was changed since it was opened.
    fn read_at(&self, at: u64, part: &mut [u8]) -> io::Result<()>;
}

/// How much of a large file is read at once.
const PART_BYTES: usize = 1 << 20;

/// Reads a large file from its begin to its end, part by part.
pub fn each_part(
    parts: &dyn Parts,
    length: u64,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut part = vec![0; PART_BYTES];
    let mut at = 0;
    while at < length {
        let count = usize::try_from(length - at).unwrap_or(usize::MAX).min(PART_BYTES);
        parts.read_at(at, &mut part[..count])?;
        take(&part[..count])?;
        at += count as u64;
    }
    Ok(())
}

impl Asset {
    /// Tells whether the file is so large that it is read part by part. It is no picture then, and no text.
    pub fn is_large(&self) -> bool {
        matches!(self.bytes, Bytes::Large(_))
    }

    /// Opens a large file, which is at this path by now.
    pub fn open(&self, path: &SourcePath) -> Option<Arc<dyn Parts>> {
        match &self.bytes {
            Bytes::Large(place) => place.open(path),
            _ => None,
        }
    }

    /// Returns the bytes where they are in memory: those of values and of what templates need always are.
    pub fn held(&self) -> Option<&[u8]> {
        match &self.bytes {
            Bytes::Held(bytes) => Some(bytes),
            Bytes::Away(_) | Bytes::Large(_) => None,
        }
    }

    /// Returns the bytes of the file at a path; nothing where they are read again and are not those any more that the
    /// digest was made of.
    pub fn bytes(&self, path: &SourcePath) -> Option<Cow<'_, [u8]>> {
        match &self.bytes {
            Bytes::Held(bytes) => Some(Cow::Borrowed(bytes)),
            Bytes::Away(place) => {
                let bytes = place.reread()?;
                let is_same =
                    bytes.len() as u64 == self.facts.bytes && Digest::of(&bytes) == self.digest;
                is_same.then_some(Cow::Owned(bytes))
            }
            Bytes::Large(place) => {
                let mut bytes = Vec::new();
                let parts = place.open(path)?;
                let read = each_part(&*parts, self.facts.bytes, |part| {
                    bytes.extend_from_slice(part);
                    Ok(())
                });
                read.ok().map(|()| Cow::Owned(bytes))
            }
        }
    }
}

impl PartialEq for Asset {
    fn eq(&self, other: &Asset) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Asset {}

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
        Source::of_bytes(path, bytes, size, Bytes::Held(Arc::from(bytes)))
    }

    /// Returns the same of bytes that are let go, and read again from `place` when they are wanted.
    pub fn asset_away(
        path: &str,
        bytes: &[u8],
        size: Option<(u32, u32)>,
        place: Arc<dyn Reread>,
    ) -> Source {
        Source::of_bytes(path, bytes, size, Bytes::Away(place))
    }

    /// Returns a source of bytes that are never held.
    pub fn large(path: &SourcePath, digest: Digest, facts: Facts, place: Arc<dyn Open>) -> Source {
        let asset = Asset { digest, facts, bytes: Bytes::Large(place) };
        Source { path: path.clone(), content: Content::Asset(asset) }
    }

    fn of_bytes(path: &str, bytes: &[u8], size: Option<(u32, u32)>, kept: Bytes) -> Source {
        let path = SourcePath::new(path);
        let facts = Facts::of(&path, bytes, size);
        let asset = Asset { digest: Digest::of(bytes), facts, bytes: kept };
        Source { path, content: Content::Asset(asset) }
    }

    /// Returns what a document can take in of this source.
    pub fn as_part(&self) -> Option<Part<'_>> {
        match &self.content {
            Content::Text(text) => Some(Part::Text(text)),
            Content::Asset(asset) if self.path.is_values() => {
                let text = std::str::from_utf8(asset.held()?);
                Some(text.map_or(Part::Unreadable, Part::Values))
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

    /// Iterates over the sources in a folder and below it.
    pub fn below(&self, folder: &str) -> impl Iterator<Item = &Source> {
        // What follows the slash in the order of characters comes after all that is in the folder.
        let (from, to) = (format!("{folder}/"), format!("{folder}0"));
        self.0.range::<_, str>((Bound::Included(&*from), Bound::Excluded(&*to))).map(|(_, it)| it)
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
