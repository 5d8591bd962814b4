//! One Markdown file as a whole site: a deck with the pictures beside it that it shows.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Root, read};
use crate::document::{self, Filling, Settings, Slide};
use crate::source::{Source, SourcePath, Sources};

/// Reads the file and its pictures.
pub(super) fn load(root: &Root, file: &Path) -> Sources {
    let mut sources = Sources::new();
    let Some(source) = read(root, &path_of(file)) else { return sources };
    for path in pictures(&source) {
        if let Some(picture) = read(root, &path) {
            sources.insert(picture);
        }
    }
    sources.insert(source);
    sources
}

pub(super) fn path_of(file: &Path) -> SourcePath {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or("deck.md");
    let path = SourcePath::new(format!("decks/{name}"));
    if path.is_document() { path } else { SourcePath::new(format!("{path}.md")) }
}

/// Returns the pictures that a deck shows and that may lie beside it, whether they are there or not.
fn pictures(source: &Source) -> BTreeSet<SourcePath> {
    let Some(text) = source.as_text() else { return BTreeSet::new() };
    let document = document::parse(&source.path, text, source.digest, Settings { html: false });
    let proses = document.slides.iter().flat_map(Slide::proses);
    let targets = proses.flat_map(|prose| &prose.holes).filter_map(|hole| match &hole.filling {
        Filling::Picture(picture) => Some(picture.target.as_str()),
        _ => None,
    });
    let inside = |target: &&str| {
        !target.contains("://")
            && !target.starts_with('/')
            && !target.split('/').any(|part| part == "..")
    };
    targets
        .filter(inside)
        .map(|target| SourcePath::new(format!("decks/{}", target.trim_start_matches("./"))))
        .collect()
}

/// Tells whether a change at some paths may change the deck: there may be a thousand other files beside it.
pub(super) fn concerns(root: &Root, known: &Sources, paths: &BTreeSet<PathBuf>) -> bool {
    let shown =
        known.iter().flat_map(|source| pictures(source).into_iter().chain([source.path.clone()]));
    let mut files: BTreeSet<PathBuf> = shown.map(|path| root.disk_path(&path)).collect();
    files.extend(root.file.iter().map(|file| root.disk_path(&path_of(file))));
    paths.iter().any(|path| files.iter().any(|file| file.starts_with(path)))
}

/// Returns the folders in which the file and its pictures lie.
pub(super) fn folders(root: &Root, known: &Sources) -> BTreeSet<PathBuf> {
    let pictures = known.iter().flat_map(pictures).map(|path| root.disk_path(&path));
    let folders = pictures.filter_map(|path| {
        Some(root.absolute.join(path.parent()?.strip_prefix(&root.folder).ok()?))
    });
    folders.chain([root.absolute.clone()]).collect()
}
