//! Disk -> Sources: the only place where the files of a site are read.
//!
//! One bad file never hides another: what cannot be used becomes a source that says why.

#![expect(clippy::disallowed_methods, reason = "this is where files are read")]

use std::collections::BTreeSet;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use image::{ImageDecoder, ImageReader};
use rayon::prelude::*;

use crate::compile::Change;
use crate::digest::Digest;
use crate::document::{self, Filling, Settings};
use crate::source::{Content, Fault, Source, SourcePath, Sources};
use crate::span::Lines;

/// A Markdown file may be this large; a person's are a thousand times smaller.
const TEXT_BYTES_MAX: u64 = 64 << 20;
/// How deep folders may lie: more is a loop of links.
const DEPTH_MAX: usize = 32;
/// The folders of a site that hold its sources.
pub const FOLDERS: [&str; 4] = ["decks", "wiki", "templates", "static"];

/// Where a site's sources are.
#[derive(Debug)]
pub struct Root {
    /// The site folder; of a single file, the folder it lies in.
    pub folder: PathBuf,
    /// The file, when one Markdown file is the whole site.
    pub file: Option<PathBuf>,
    /// The folder without links in its path: what leads out of it is refused.
    real: PathBuf,
    ignored: Gitignore,
}

impl Root {
    /// Takes a site folder, or one Markdown file.
    pub fn at(path: &Path) -> Result<Root> {
        let file = path.is_file().then(|| path.to_path_buf());
        let folder = match &file {
            Some(file) => file
                .parent()
                .filter(|parent| !parent.as_os_str().is_empty())
                .unwrap_or(Path::new("."))
                .to_path_buf(),
            None => path.to_path_buf(),
        };
        let real = folder.canonicalize().with_context(|| format!("open {}", path.display()))?;
        let mut ignored = GitignoreBuilder::new(&folder);
        for name in [".gitignore", ".kamiignore"] {
            // A file of patterns that cannot be read ignores nothing.
            drop(ignored.add(folder.join(name)));
        }
        let ignored = ignored.build().unwrap_or_else(|_| Gitignore::empty());
        Ok(Root { folder, file, real, ignored })
    }

    /// Finds the nearest folder upwards with a `kami.toml`; without one it is `start` itself.
    pub fn find(start: &Path) -> Result<Root> {
        let start = start.canonicalize().with_context(|| format!("open {}", start.display()))?;
        let above = start.ancestors().find(|folder| folder.join("kami.toml").is_file());
        Root::at(above.unwrap_or(&start))
    }

    /// Returns where a source lies on disk.
    pub fn disk_path(&self, path: &SourcePath) -> PathBuf {
        match &self.file {
            Some(file) if path.is_document() => file.clone(),
            Some(_) => {
                self.folder.join(path.as_str().strip_prefix("decks/").unwrap_or(path.as_str()))
            }
            None => self.folder.join(path.as_str()),
        }
    }

    /// Returns the path inside the site of a path on disk, where it is one that sources have.
    pub fn source_path(&self, path: &Path) -> Option<SourcePath> {
        let inside =
            path.strip_prefix(&self.folder).or_else(|_| path.strip_prefix(&self.real)).ok()?;
        let text = inside.to_str()?;
        let top = text.split('/').next().unwrap_or("");
        let known = text == "kami.toml" || (FOLDERS.contains(&top) && text.len() > top.len());
        (known && !self.is_ignored(inside, false)).then(|| SourcePath::new(text))
    }

    fn is_ignored(&self, inside: &Path, is_folder: bool) -> bool {
        inside.components().any(|part| part.as_os_str().to_str().is_none_or(is_stray))
            || self.ignored.matched_path_or_any_parents(inside, is_folder).is_ignore()
    }

    fn leads_out(&self, path: &Path) -> bool {
        path.canonicalize().map_or(true, |real| !real.starts_with(&self.real))
    }
}

/// Tells whether a file name is hidden, or what an editor leaves while it saves.
fn is_stray(name: &str) -> bool {
    let hidden = name.starts_with('.') && name != "." && name != ".." && name != ".well-known";
    hidden
        || name.ends_with('~')
        || (name.starts_with('#') && name.ends_with('#'))
        || name == "4913"
        || name.ends_with("___jb_tmp___")
        || name.ends_with("___jb_old___")
        || name.ends_with(".swp")
        || name.ends_with(".swx")
}

/// Reads all sources of a site.
pub fn load(root: &Root) -> Result<Sources> {
    if let Some(file) = &root.file {
        return Ok(load_file(root, file));
    }
    if !FOLDERS[..2].iter().any(|folder| root.folder.join(folder).is_dir()) {
        bail!(
            "{} has neither a `decks` nor a `wiki` folder\nhelp: `kami new DIR` makes a small site; or name a site folder or one Markdown file",
            root.folder.display()
        );
    }
    let mut paths = Vec::new();
    if root.folder.join("kami.toml").is_file() {
        paths.push(SourcePath::new("kami.toml"));
    }
    let mut faults = Vec::new();
    for folder in FOLDERS {
        walk(root, Path::new(folder), 0, &mut paths, &mut faults);
    }
    let sources: Vec<Source> = paths.par_iter().filter_map(|path| read(root, path)).collect();
    Ok(faults.into_iter().chain(sources).collect())
}

/// Lists the source files in a folder of the site, at any depth.
pub fn list(root: &Root, inside: &Path) -> (Vec<SourcePath>, Vec<Source>) {
    let (mut paths, mut faults) = (Vec::new(), Vec::new());
    walk(root, inside, 0, &mut paths, &mut faults);
    (paths, faults)
}

fn walk(
    root: &Root,
    inside: &Path,
    depth: usize,
    paths: &mut Vec<SourcePath>,
    faults: &mut Vec<Source>,
) {
    let Ok(entries) = fs::read_dir(root.folder.join(inside)) else {
        if depth > 0 && root.folder.join(inside).exists() {
            faults.extend(inside.to_str().map(|path| {
                unusable(
                    path,
                    "unreadable-file",
                    "the folder cannot be read".to_owned(),
                    "check its permissions".to_owned(),
                )
            }));
        }
        return;
    };
    let mut entries: Vec<_> = entries.filter_map(Result::ok).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let inside = inside.join(entry.file_name());
        let Ok(kind) = entry.file_type() else { continue };
        let path = entry.path();
        let is_folder = kind.is_dir() || (kind.is_symlink() && path.is_dir());
        if root.is_ignored(&inside, is_folder) {
            continue;
        }
        let Some(text) = inside.to_str() else { continue };
        if kind.is_symlink() && root.leads_out(&path) {
            faults.push(outside(text));
        } else if is_folder {
            if depth < DEPTH_MAX {
                walk(root, &inside, depth + 1, paths, faults);
            }
        } else {
            paths.push(SourcePath::new(text));
        }
    }
}

/// Reads one source; `None` when there is no such file.
pub fn read(root: &Root, path: &SourcePath) -> Option<Source> {
    let disk = root.disk_path(path);
    let link = fs::symlink_metadata(&disk).ok()?;
    if link.is_symlink() && root.leads_out(&disk) {
        return Some(outside(path.as_str()));
    }
    let metadata = if link.is_symlink() { fs::metadata(&disk).ok()? } else { link };
    if metadata.is_dir() {
        return None;
    }
    if !metadata.is_file() {
        return Some(unusable(
            path.as_str(),
            "special-file",
            "it is not an ordinary file".to_owned(),
            "only ordinary files are read; remove it".to_owned(),
        ));
    }
    let wants_text = path.is_document() || path.as_str() == "kami.toml" || is_template_text(path);
    if wants_text && metadata.len() > TEXT_BYTES_MAX {
        let message = format!(
            "the file has {} MiB; the limit is {} MiB",
            metadata.len() >> 20,
            TEXT_BYTES_MAX >> 20
        );
        return Some(unusable(
            path.as_str(),
            "too-large",
            message,
            "split it into several documents".to_owned(),
        ));
    }
    match fs::read(&disk) {
        Ok(bytes) if wants_text => Some(text(path, bytes)),
        Ok(bytes) => Some(Source::asset(path.as_str(), &bytes, picture_size(path, &bytes))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => Some(unusable(
            path.as_str(),
            "unreadable-file",
            format!("the file cannot be read: {error}"),
            "check its permissions".to_owned(),
        )),
    }
}

fn is_template_text(path: &SourcePath) -> bool {
    path.as_str().starts_with("templates/")
        && matches!(path.extension(), Some("html" | "css" | "js" | "svg" | "toml"))
}

fn text(path: &SourcePath, bytes: Vec<u8>) -> Source {
    match String::from_utf8(bytes) {
        Ok(text) => Source::text(path.as_str(), &text),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            let valid = String::from_utf8_lossy(&bytes[..at]);
            let place = Lines::of(&valid).place(&valid, valid.len());
            let guess = encoding(&bytes);
            let message = format!("the text is not UTF-8 from byte {at} on; it looks like {guess}");
            let help = format!("convert it: iconv -f {guess} -t UTF-8 {path} > new.md");
            let mut source = unusable(path.as_str(), "not-utf8", message, help);
            if let Content::Unusable(fault) = &mut source.content {
                (fault.line, fault.column) = (place.line, place.column);
            }
            source.digest = Digest::of(&bytes);
            source
        }
    }
}

/// Guesses which encoding a text has that is not UTF-8.
fn encoding(bytes: &[u8]) -> &'static str {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return "UTF-16";
    }
    let high = bytes.iter().filter(|b| **b >= 0x80).count();
    let pairs = |lead: fn(u8) -> bool, trail: fn(u8) -> bool| {
        bytes.windows(2).filter(|pair| lead(pair[0]) && trail(pair[1])).count() * 2
    };
    let euc = pairs(|b| (0xa1..=0xfe).contains(&b), |b| (0xa1..=0xfe).contains(&b));
    let sjis = pairs(
        |b| matches!(b, 0x81..=0x9f | 0xe0..=0xef),
        |b| matches!(b, 0x40..=0x7e | 0x80..=0xfc),
    );
    let hiragana =
        bytes.windows(2).filter(|pair| pair[0] == 0x82 && (0x9f..=0xf1).contains(&pair[1])).count();
    if hiragana > 0 || (sjis >= high && sjis > euc) {
        "SHIFT_JIS"
    } else if euc >= high && high > 2 {
        "EUC-JP"
    } else {
        "ISO-8859-1"
    }
}

fn outside(path: &str) -> Source {
    unusable(
        path,
        "link-outside",
        "the symbolic link leads out of the site, or nowhere".to_owned(),
        "put the file itself into the site".to_owned(),
    )
}

fn unusable(path: &str, code: &'static str, message: String, help: String) -> Source {
    let digest = Digest::of_parts([code.as_bytes(), message.as_bytes()]);
    Source {
        path: SourcePath::new(path),
        content: Content::Unusable(Fault { code, message, help, line: 1, column: 1 }),
        digest,
    }
}

/// One Markdown file is a deck with the pictures beside it that it shows.
fn load_file(root: &Root, file: &Path) -> Sources {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or("deck.md");
    let name = if name.ends_with(".md") { name.to_owned() } else { format!("{name}.md") };
    let path = SourcePath::new(format!("decks/{name}"));
    let mut sources = Sources::new();
    let Some(source) = read(root, &path) else { return sources };
    if let Some(text) = source.as_text() {
        let document = document::parse(&path, text, source.digest, Settings { html: false });
        let proses =
            document.slides.iter().flat_map(|slide| [&slide.prose, &slide.header, &slide.footer]);
        let targets: BTreeSet<&str> = proses
            .flat_map(|prose| &prose.holes)
            .filter_map(|hole| match &hole.filling {
                Filling::Picture(picture) => Some(picture.target.as_str()),
                _ => None,
            })
            .collect();
        let inside = |target: &&str| {
            !target.contains("://")
                && !target.starts_with('/')
                && !target.split('/').any(|part| part == "..")
        };
        for target in targets.into_iter().filter(inside) {
            let path = SourcePath::new(format!("decks/{}", target.trim_start_matches("./")));
            if let Some(picture) = read(root, &path) {
                sources.insert(picture);
            }
        }
    }
    sources.insert(source);
    sources
}

/// Returns a picture's size in pixels as it is shown, read from its header alone.
fn picture_size(path: &SourcePath, bytes: &[u8]) -> Option<(u32, u32)> {
    let extension = path.extension()?.to_ascii_lowercase();
    if extension == "svg" {
        return svg_size(std::str::from_utf8(bytes).ok()?);
    }
    if !matches!(extension.as_str(), "png" | "apng" | "jpg" | "jpeg" | "gif" | "webp") {
        return None;
    }
    let mut decoder =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    let turned = decoder.orientation().is_ok_and(|orientation| orientation.to_exif() >= 5);
    Some(if turned { (height, width) } else { (width, height) })
}

fn svg_size(text: &str) -> Option<(u32, u32)> {
    let tag = &text[text.find("<svg")?..];
    let tag = &tag[..tag.find('>')?];
    let value = |name: &str| {
        let at = tag.find(&format!(" {name}=")).or_else(|| tag.find(&format!("\n{name}=")))?
            + name.len()
            + 2;
        let quote = tag[at..].chars().next().filter(|c| matches!(c, '"' | '\''))?;
        tag[at + 1..].split(quote).next()
    };
    let pixels = |text: &str| {
        text.trim()
            .trim_end_matches("px")
            .parse::<f64>()
            .ok()
            .filter(|n| *n >= 1.0 && *n < 100_000.0)
            .map(round)
    };
    if let (Some(width), Some(height)) =
        (value("width").and_then(pixels), value("height").and_then(pixels))
    {
        return Some((width, height));
    }
    let sides: Vec<f64> =
        value("viewBox")?.split([' ', ',']).filter_map(|n| n.parse().ok()).collect();
    let [_, _, width, height] = sides[..] else { return None };
    (width >= 1.0 && height >= 1.0 && width < 100_000.0 && height < 100_000.0)
        .then(|| (round(width), round(height)))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the callers allow 1 to 100,000 only"
)]
fn round(n: f64) -> u32 {
    n.round() as u32
}

/// Reads what may have changed at some paths on disk, and compares it with what is known.
/// Returns the changes, and the paths whose text went away: a save may be under way there.
pub fn changes(
    root: &Root,
    known: &Sources,
    paths: &BTreeSet<PathBuf>,
) -> (Vec<Change>, BTreeSet<PathBuf>) {
    let mut found: BTreeSet<SourcePath> = BTreeSet::new();
    let mut faults = Vec::new();
    for path in paths {
        let Some(inside) =
            path.strip_prefix(&root.folder).or_else(|_| path.strip_prefix(&root.real)).ok()
        else {
            continue;
        };
        if root.file.is_some() {
            found.extend(known.iter().map(|source| source.path.clone()));
            continue;
        }
        let Some(text) = inside.to_str() else { continue };
        let top = text.split('/').next().unwrap_or("");
        if text != "kami.toml" && !FOLDERS.contains(&top) {
            continue;
        }
        if path.is_dir() {
            let (listed, bad) = list(root, inside);
            found.extend(listed);
            faults.extend(bad);
        } else if text.contains('/') || text == "kami.toml" {
            found.extend(root.source_path(path));
        }
        let prefix = format!("{text}/");
        found.extend(
            known
                .iter()
                .filter(|source| source.path.as_str().starts_with(&prefix))
                .map(|source| source.path.clone()),
        );
    }
    let mut changes: Vec<Change> = faults
        .into_iter()
        .map(|fault| Change { path: fault.path.clone(), source: Some(fault) })
        .collect();
    let read: Vec<(SourcePath, Option<Source>)> =
        found.into_par_iter().map(|path| (path.clone(), read(root, &path))).collect();
    let mut doubtful = BTreeSet::new();
    for (path, source) in read {
        let before = known.get(&path);
        if before.map(|source| source.digest) == source.as_ref().map(|source| source.digest) {
            continue;
        }
        let emptied = source.as_ref().is_none_or(|source| source.as_text() == Some(""));
        if emptied && before.is_some() {
            doubtful.insert(root.disk_path(&path));
        }
        changes.push(Change { path, source });
    }
    (changes, doubtful)
}

/// Compares two states of a site.
pub fn difference(before: &Sources, after: &Sources) -> Vec<Change> {
    let gone = before
        .iter()
        .filter(|source| after.get(&source.path).is_none())
        .map(|source| Change { path: source.path.clone(), source: None });
    let new = after
        .iter()
        .filter(|source| before.get(&source.path).map(|old| old.digest) != Some(source.digest))
        .map(|source| Change { path: source.path.clone(), source: Some(source.clone()) });
    gone.chain(new).collect()
}
