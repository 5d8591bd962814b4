//! What has changed on disk since a site was read: what stirred is read again and compared.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::walk::list;
use super::{FOLDERS, RULES, Root, alone, read};
use crate::compile::Change;
use crate::source::{Source, SourcePath, Sources};

/// Reads what may have changed at some paths on disk, and compares it with what is known.
/// Returns the changes, and the paths whose text went away: a save may be under way there.
pub fn changes(
    root: &Root,
    known: &Sources,
    paths: &BTreeSet<PathBuf>,
) -> (Vec<Change>, BTreeSet<PathBuf>) {
    let changes = if let Some(file) = &root.file {
        if alone::concerns(root, known, paths) {
            difference(known, &alone::load(root, file))
        } else {
            Vec::new()
        }
    } else {
        let mut found = BTreeSet::new();
        let mut faults = BTreeMap::new();
        for path in paths {
            look_at(root, known, path, &mut found, &mut faults);
        }
        found.retain(|path| !faults.contains_key(path));
        let read: Vec<Source> = found.par_iter().filter_map(|path| read(root, path)).collect();
        let now: Sources = read.into_iter().chain(faults.into_values()).collect();
        let before = found.iter().filter_map(|path| known.get(path));
        difference(&before.cloned().collect(), &now)
            .into_iter()
            .filter(|change| differs(known, change))
            .collect()
    };
    let emptied = changes.iter().filter(|change| is_emptied(known, change));
    let doubtful = emptied.map(|change| root.disk_path(&change.path)).collect();
    (changes, doubtful)
}

/// Tells whether a text went away or was emptied: a save may be under way there.
pub fn is_emptied(known: &Sources, change: &Change) -> bool {
    let gone = change.source.as_ref().is_none_or(|source| source.as_text() == Some(""));
    gone && known.get(&change.path).is_some()
}

fn differs(known: &Sources, change: &Change) -> bool {
    known.get(&change.path) != change.source.as_ref()
}

/// Finds the sources that a path on disk may mean: what is there, and what was.
fn look_at(
    root: &Root,
    known: &Sources,
    path: &Path,
    found: &mut BTreeSet<SourcePath>,
    faults: &mut BTreeMap<SourcePath, Source>,
) {
    let inside = path.strip_prefix(&root.folder).or_else(|_| path.strip_prefix(&root.real));
    let Some(text) = inside.ok().and_then(Path::to_str) else { return };
    let top = text.split('/').next().unwrap_or("");
    if text != "kami.toml" && !FOLDERS.contains(&top) {
        return;
    }
    if path.is_dir() {
        let (listed, bad) = list(root, Path::new(text));
        found.extend(listed);
        faults.extend(bad.into_iter().map(|fault| (fault.path.clone(), fault)));
    } else if text.contains('/') || text == "kami.toml" {
        found.extend(root.source_path(path));
    }
    let was = known.get(&SourcePath::new(text)).into_iter().chain(known.below(text));
    found.extend(was.map(|source| source.path.clone()));
}

/// Tells whether a path on disk is one of the files that say what is ignored.
pub fn is_rules(root: &Root, path: &Path) -> bool {
    RULES.iter().any(|name| path == root.folder.join(name))
}

/// Adds to some paths what leads to them through links.
pub fn with_links(
    root: &Root,
    links: &[(PathBuf, PathBuf)],
    paths: &BTreeSet<PathBuf>,
) -> BTreeSet<PathBuf> {
    let mut all = paths.clone();
    for path in paths {
        let real =
            path.strip_prefix(&root.folder).map_or(path.clone(), |rest| root.real.join(rest));
        for (link, target) in links {
            if let Ok(rest) = real.strip_prefix(target) {
                all.insert(if rest.as_os_str().is_empty() {
                    link.clone()
                } else {
                    link.join(rest)
                });
            } else if target.starts_with(&real) {
                all.insert(link.clone());
            }
        }
    }
    all
}

/// Compares two states of a site.
pub fn difference(before: &Sources, after: &Sources) -> Vec<Change> {
    let gone = before
        .iter()
        .filter(|source| after.get(&source.path).is_none())
        .map(|source| Change { path: source.path.clone(), source: None });
    let new = after
        .iter()
        .filter(|source| before.get(&source.path) != Some(*source))
        .map(|source| Change { path: source.path.clone(), source: Some(source.clone()) });
    gone.chain(new).collect()
}
