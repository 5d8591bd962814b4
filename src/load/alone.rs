//! One Markdown file as a whole site: a deck with the pictures beside it that it shows.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::{Root, read};
use crate::document::film;
use crate::document::{self, Filling, Picture, Settings, Workshop};
use crate::source::{Source, SourcePath, Sources};
use crate::theme::file_of;

/// Reads the file, the texts that it includes, and its pictures.
pub(super) fn load(root: &Root, file: &Path) -> Sources {
    let mut sources = Sources::new();
    let path = path_of(file);
    let Some(source) = read(root, &path) else { return sources };
    sources.insert(source);
    // What is included may include more.
    loop {
        let wanted = shown(&sources, &path);
        let new = wanted.iter().filter(|path| sources.get(path).is_none());
        let found: Vec<Source> = new.filter_map(|path| read(root, path)).collect();
        if found.is_empty() {
            return sources;
        }
        for source in found {
            sources.insert(source);
        }
    }
}

/// Returns what to say of a folder that is no site: where it has decks, as Marp has them, each may be shown.
pub(super) fn no_site(folder: &Path) -> String {
    let help = format!(
        "{} has neither a `decks` nor a `wiki` folder\nhelp: `kami new DIR` makes a small site; or name a site folder or one Markdown file",
        folder.display()
    );
    let files = folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
    let decks = files
        .filter(|path| path.is_file() && path.extension().is_some_and(|ending| ending == "md"));
    let is_deck =
        |path: &PathBuf| std::fs::read_to_string(path).is_ok_and(|text| text.starts_with("---"));
    let Some(deck) = decks.filter(is_deck).min() else { return help };
    let name = deck.strip_prefix(".").unwrap_or(&deck).display();
    format!("{help}, such as {name}; in a folder called `decks` they make a site")
}

/// The endings by which a file says that it is Markdown; one without an ending says nothing else.
const MARKDOWN: [&str; 5] = ["md", "markdown", "mdown", "mkd", "mkdn"];

/// Checks that a file that is to be the whole site is Markdown by its name: of settings, or a picture, nobody
/// wants to see slides in the place of the site's bundle.
pub(super) fn check(file: &Path) -> Result<()> {
    let Some(ending) = file.extension() else { return Ok(()) };
    if MARKDOWN.iter().any(|known| ending.eq_ignore_ascii_case(known)) {
        return Ok(());
    }
    let help = match file.file_name() {
        Some(name) if name == "kami.toml" => "name the folder that it lies in",
        _ => "name a site folder, or a file that ends in .md",
    };
    bail!("{} is not a Markdown file\nhelp: {help}", file.display())
}

pub(super) fn path_of(file: &Path) -> SourcePath {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or("deck.md");
    let path = SourcePath::new(format!("decks/{name}"));
    if path.is_document() { path } else { SourcePath::new(format!("{path}.md")) }
}

/// Returns the pictures and texts that a deck shows and that may lie beside it, whether they are
/// there or not.
fn shown(sources: &Sources, path: &SourcePath) -> BTreeSet<SourcePath> {
    let Some(source) = sources.get(path) else { return BTreeSet::new() };
    let Some(text) = source.as_text() else { return BTreeSet::new() };
    let settings = Settings { html: false, workshop: &Workshop::default() };
    let texts = |path: &SourcePath| sources.get(path).and_then(Source::as_part);
    let document = match document::assemble(path, text, &texts) {
        None => document::parse(path, text, settings),
        Some(assembly) => document::parse_assembly(path, assembly, settings),
    };
    let targets = document.fillings().flat_map(|filling| match filling {
        Filling::Picture(picture) => beside_film(picture),
        Filling::Files(files) => files.0.own().map(file_of).collect(),
        Filling::Diagram(diagram) => vec![diagram.picture.target.clone()],
        _ => Vec::new(),
    });
    let urls = document.styles.iter().flat_map(|style| &style.urls).chain(&document.look_urls);
    let targets = targets.chain(urls.map(|(address, _)| file_of(address)));
    let inside = |target: &String| {
        !target.contains("://")
            && !target.starts_with('/')
            && !target.split('/').any(|part| part == "..")
    };
    let pictures = targets
        .filter(inside)
        .map(|target| SourcePath::new(format!("decks/{}", target.trim_start_matches("./"))));
    let beside = |part: &&SourcePath| {
        part.as_str().starts_with("decks/") && (part.is_markdown() || part.is_values())
    };
    pictures.chain(document.parts.iter().filter(beside).cloned()).collect()
}

/// Returns a picture, or a film with its poster and its captions.
fn beside_film(picture: &Picture) -> Vec<String> {
    let own = file_of(&picture.target);
    if film::play(&own).is_none() {
        return vec![picture.target.clone()];
    }
    let captions = film::captions(&own, ["ja", "en"].into_iter()).into_iter().map(|(_, name)| name);
    let poster = film::words(&picture.alt).1.map(|poster| film::decoded(poster).into_owned());
    captions.chain(poster).chain([own.clone()]).collect()
}

/// Tells whether a change at some paths may change the deck: there may be a thousand other files beside it.
pub(super) fn concerns(root: &Root, known: &Sources, paths: &BTreeSet<PathBuf>) -> bool {
    let deck = root.file.iter().map(|file| path_of(file));
    let files = deck.flat_map(|deck| shown(known, &deck).into_iter().chain([deck]));
    let files: BTreeSet<PathBuf> = files.map(|path| root.disk_path(&path)).collect();
    paths.iter().any(|path| files.iter().any(|file| file.starts_with(path)))
}

/// Returns the folders in which the file and what it shows lie.
pub(super) fn folders(root: &Root, known: &Sources) -> BTreeSet<PathBuf> {
    let decks = root.file.iter().map(|file| path_of(file));
    let shown = decks.flat_map(|deck| shown(known, &deck)).map(|path| root.disk_path(&path));
    let folders = shown.filter_map(|path| {
        Some(root.absolute.join(path.parent()?.strip_prefix(&root.folder).ok()?))
    });
    folders.chain([root.absolute.clone()]).collect()
}
