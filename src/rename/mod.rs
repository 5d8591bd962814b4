//! A document gets another name: which files move, and what has to be written differently everywhere for each
//! link to lead where it led.
//!
//! What a link means is asked of two catalogs, the one before and the one after: only what would lead elsewhere
//! is written differently, and the result is asked once more.

mod alias;
mod films;
mod mend;
mod settings;
mod uses;
mod written;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalog::Entry;
use crate::compile::{Bundle, Change, recompile};
use crate::digest::Digest;
use crate::document::Kind;
use crate::draft::with_drafts;
use crate::fence;
use crate::source::{Content, Source, SourcePath};
use crate::span::Span;
use uses::{Fault, faults};

pub use mend::mendings;

/// How often another way of writing a link is tried, when the plainest one leads elsewhere.
const TRIES: usize = 3;

/// All that a renaming changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The files that get another path.
    pub moves: BTreeMap<SourcePath, SourcePath>,
    /// The texts that are written differently, by the path that they have then.
    pub texts: BTreeMap<SourcePath, String>,
    /// What is written differently, for those who want to see it first.
    pub edits: Vec<Edit>,
}

/// A stretch of a text that is written differently.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// The file as it is called now.
    pub path: SourcePath,
    pub span: Span,
    pub new: String,
}

/// A file that moves, or is written anew, or both.
#[derive(Clone, Debug)]
pub struct Step {
    pub from: SourcePath,
    pub to: SourcePath,
    /// The digest of what stands at `from`.
    pub was: Digest,
    /// What is to stand at `to`.
    pub bytes: Vec<u8>,
}

/// Why nothing can be renamed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing has the name.
    Unknown { name: String, meant: Option<String> },
    /// Several documents have it.
    Ambiguous(Vec<SourcePath>),
    /// The new name says nothing new.
    Same,
    /// The new name cannot be that of a file.
    BadName(String),
    /// Something has the new name already.
    Taken(SourcePath),
    /// These links would lead elsewhere, however they are written.
    Stuck(Vec<(SourcePath, Span)>),
}

impl Refusal {
    /// Returns the word that programs know it by.
    pub fn word(&self) -> &'static str {
        match self {
            Refusal::Unknown { .. } => "unknown",
            Refusal::Ambiguous(_) => "ambiguous",
            Refusal::Same => "same",
            Refusal::BadName(_) => "bad-name",
            Refusal::Taken(_) => "taken",
            Refusal::Stuck(_) => "stuck",
        }
    }

    /// Returns what is wrong, and what to do.
    pub fn words(&self) -> (String, String) {
        let list = |paths: &mut dyn Iterator<Item = &SourcePath>| {
            let paths: Vec<&str> = paths.map(SourcePath::as_str).collect();
            paths.join(", ")
        };
        match self {
            Refusal::Unknown { name, meant } => (
                format!("no page or deck is named `{name}`"),
                meant.clone().unwrap_or_else(|| "write its name, or its file".to_owned()),
            ),
            Refusal::Ambiguous(paths) => (
                format!("several have this name: {}", list(&mut paths.iter())),
                "name the file".to_owned(),
            ),
            Refusal::Same => ("it is called so already".to_owned(), "choose another name".to_owned()),
            Refusal::BadName(name) => (
                format!("`{name}` cannot be its name"),
                "pages stay in wiki/ and decks in decks/; leave out \\ : * ? \" < > | and names such as CON".to_owned(),
            ),
            Refusal::Taken(path) => {
                (format!("{path} has this name already"), "choose another name".to_owned())
            }
            Refusal::Stuck(places) => (
                format!("links would lead elsewhere: {}", list(&mut places.iter().map(|(path, _)| path))),
                "write these links in another way first, or choose another name".to_owned(),
            ),
        }
    }
}

impl Plan {
    /// Returns the path that a file has afterwards.
    pub fn path_after(&self, path: &SourcePath) -> SourcePath {
        self.moves.get(path).unwrap_or(path).clone()
    }

    /// Returns the paths of all files that are written or moved, as they are called afterwards.
    pub fn changed(&self) -> Vec<SourcePath> {
        let all: BTreeSet<&SourcePath> = self.moves.values().chain(self.texts.keys()).collect();
        all.into_iter().cloned().collect()
    }

    /// Returns what a bundle has to be told.
    pub fn changes(&self, bundle: &Bundle) -> Vec<Change> {
        let gone = self.moves.keys().map(|path| Change { path: path.clone(), source: None });
        let moved = self.moves.iter().filter_map(|(from, to)| {
            let source = Source { path: to.clone(), ..bundle.sources.get(from)?.clone() };
            Some(Change { path: to.clone(), source: Some(source) })
        });
        let written = self.texts.iter().map(|(path, text)| Change {
            path: path.clone(),
            source: Some(Source::text(path.as_str(), text)),
        });
        gone.chain(moved).chain(written).collect()
    }
}

/// Plans to call the document `from` by the name `to`; both are names or paths.
pub fn plan(bundle: &Bundle, from: &str, to: &str) -> Result<Plan, Refusal> {
    // What nobody is shown yet has links, too.
    let bundle = &with_drafts(bundle);
    bundle.catalog.resolve_all();
    let entry = find(bundle, from)?;
    let mut plan = Plan { moves: moves(bundle, entry, to)?, ..Plan::default() };
    let mut edits: BTreeMap<(SourcePath, Span), String> = BTreeMap::new();
    settings::rewrite(bundle, &plan, &mut edits);
    for round in 0..TRIES {
        let after = after(bundle, &mut plan, &edits, With::LinksAlone);
        let found = faults(bundle, &after, &plan);
        if found.is_empty() {
            break;
        }
        // What only bears an old name is written anew once; what leads elsewhere is tried again.
        for fault in found.iter().filter(|fault| round == 0 || fault.wrong) {
            uses::rewrite(bundle, &plan, fault, round, &mut edits);
        }
    }
    let after = after(bundle, &mut plan, &edits, With::Aliases);
    let stuck = faults(bundle, &after, &plan).into_iter().filter(|fault| fault.wrong);
    let stuck: Vec<Fault> = stuck.collect();
    if !stuck.is_empty() {
        return Err(Refusal::Stuck(
            stuck.into_iter().map(|fault| (fault.path, fault.span)).collect(),
        ));
    }
    plan.edits = edits.into_iter().map(|((path, span), new)| Edit { path, span, new }).collect();
    Ok(plan)
}

/// Whether old names still lead to the documents that had them: that would hide what leads nowhere by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum With {
    LinksAlone,
    Aliases,
}

/// Applies edits to the texts of a plan; returns the site as it would be.
fn after(
    bundle: &Bundle,
    plan: &mut Plan,
    edits: &BTreeMap<(SourcePath, Span), String>,
    with: With,
) -> Bundle {
    let mut texts: BTreeMap<SourcePath, String> = BTreeMap::new();
    for ((path, span), new) in edits.iter().rev() {
        let text = texts
            .entry(path.clone())
            .or_insert_with(|| bundle.sources.text(path.as_str()).unwrap_or_default().to_owned());
        text.replace_range(span.start as usize..span.end as usize, new);
    }
    if with == With::Aliases {
        for (from, to) in plan.moves.iter().filter(|(from, _)| from.is_document()) {
            let Some(text) = bundle.sources.text(from.as_str()) else { continue };
            let text = texts.remove(from).unwrap_or_else(|| text.to_owned());
            texts.insert(from.clone(), alias::with_alias(&text, from, to));
        }
    }
    plan.texts = texts.into_iter().map(|(path, text)| (plan.path_after(&path), text)).collect();
    recompile(bundle, plan.changes(bundle))
}

/// Finds the document that a name or a path means.
fn find<'a>(bundle: &'a Bundle, name: &str) -> Result<&'a Arc<Entry>, Refusal> {
    let catalog = &bundle.catalog;
    let name = name.trim();
    let path = SourcePath::new(name.trim_start_matches("./"));
    if let Some(entry) = catalog.entry(&path) {
        return Ok(entry);
    }
    let hits = catalog.named(name);
    match hits[..] {
        [] => Err(unknown(bundle, name)),
        [one] => Ok(one),
        _ => Err(Refusal::Ambiguous(hits.iter().map(|hit| hit.document.path.clone()).collect())),
    }
}

fn unknown(bundle: &Bundle, name: &str) -> Refusal {
    let meant = bundle.kept.title_meant(&bundle.catalog, name);
    Refusal::Unknown { name: name.to_owned(), meant }
}

/// Returns which files get which paths.
fn moves(
    bundle: &Bundle,
    entry: &Arc<Entry>,
    to: &str,
) -> Result<BTreeMap<SourcePath, SourcePath>, Refusal> {
    let is_folder = entry.document.path.file_name().starts_with("index.");
    let stem = new_stem(entry, to);
    let stem = if is_folder { stem.trim_end_matches("/index") } else { &stem };
    let old = stem_of(entry);
    let top = if entry.kind == Kind::Deck { "decks/" } else { "wiki/" };
    if stem == old {
        return Err(Refusal::Same);
    }
    if is_folder && !stem.contains('/') {
        // All that lies in it would be strewn over the uppermost folder.
        return Err(Refusal::BadName(to.trim().to_owned()));
    }
    let below = format!("{old}/");
    let mut moves = BTreeMap::new();
    if is_folder {
        // A folder moves with all that lies in it.
        let inside = |path: &SourcePath| path.as_str().starts_with(&below);
        for source in bundle.sources.iter().filter(|source| inside(&source.path)) {
            let rest = &source.path.as_str()[below.len()..];
            moves.insert(source.path.clone(), SourcePath::new(format!("{stem}/{rest}")));
        }
    } else {
        for version in bundle.catalog.versions(entry) {
            let path = &version.document.path;
            let suffix = path.as_str().strip_prefix(&old).unwrap_or(".md");
            moves.insert(path.clone(), SourcePath::new(format!("{stem}{suffix}")));
        }
    }
    for (from, to) in &moves {
        let text = to.as_str();
        let in_itself = is_folder && stem.starts_with(&below);
        if !text.starts_with(top) || in_itself || fence::folder(text).is_err() {
            return Err(Refusal::BadName(text.to_owned()));
        }
        let taken = bundle.sources.get(to).map(|source| &source.path);
        let twin = bundle.catalog.twin(to).filter(|twin| !moves.contains_key(*twin));
        if let Some(taken) = taken.filter(|taken| !moves.contains_key(*taken)).or(twin) {
            return Err(Refusal::Taken(taken.clone()));
        }
        if matches!(
            bundle.sources.get(from).map(|source| &source.content),
            Some(Content::Unusable(_)) | None
        ) {
            return Err(unknown(bundle, from.as_str()));
        }
    }
    Ok(moves)
}

/// Returns the path of a document without ending and language: of `NAME/index.md` the folder.
fn stem_of(entry: &Entry) -> String {
    let top = if entry.kind == Kind::Deck { "decks" } else { "wiki" };
    format!("{top}/{}", entry.name)
}

/// Returns the path that a new name means, without its ending. A bare name stays in its folder.
fn new_stem(entry: &Entry, to: &str) -> String {
    let top = if entry.kind == Kind::Deck { "decks" } else { "wiki" };
    let name = to.trim().trim_end_matches(".md").trim_end_matches('/');
    let is_path = name.starts_with("wiki/") || name.starts_with("decks/");
    let is_file = to.trim().strip_suffix(".md").is_some();
    let spaced = if is_file { name.to_owned() } else { name.replace(' ', "_") };
    if is_path {
        return spaced;
    }
    if let Some(rest) = spaced.strip_prefix('/') {
        return format!("{top}/{rest}");
    }
    if spaced.contains('/') || entry.space().is_empty() {
        return format!("{top}/{spaced}");
    }
    format!("{top}/{}/{spaced}", entry.space())
}

/// Returns what has to be done on disk.
pub fn steps(bundle: &Bundle, plan: &Plan) -> Vec<Step> {
    let kept: BTreeMap<&SourcePath, &SourcePath> =
        plan.moves.iter().map(|(from, to)| (to, from)).collect();
    let changed = plan.changed();
    let step = |to: &SourcePath| {
        let from = kept.get(to).copied().unwrap_or(to);
        let source = bundle.sources.get(from)?;
        let old = match &source.content {
            Content::Text(text) => Cow::Borrowed(text.as_bytes()),
            // What changed meanwhile is not what it was said to be: whoever carries the steps out refuses all.
            Content::Asset(asset) => asset.bytes(from).unwrap_or_default(),
            Content::Unusable(_) => return None,
        };
        let was = Digest::of(&old);
        let text = plan.texts.get(to).map(|text| text.as_bytes().to_vec());
        let bytes = text.unwrap_or_else(|| old.into_owned());
        Some(Step { from: from.clone(), to: to.clone(), was, bytes })
    };
    changed.iter().filter_map(step).collect()
}
