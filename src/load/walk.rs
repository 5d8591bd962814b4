//! A walk through the folders of a site: which files there are, and which links.

use std::fs;
use std::path::{Path, PathBuf};

use super::{DEPTH_MAX, FOLDERS, Root, circle, outside, special, unusable};
use crate::source::{Source, SourcePath};

/// Lists the source files in a folder of the site, at any depth.
pub(super) fn list(root: &Root, inside: &Path) -> (Vec<SourcePath>, Vec<Source>) {
    let mut walk = Walk::of(root);
    let linked = |part: &&Path| root.folder.join(part).is_symlink();
    if inside.ancestors().any(|part| linked(&part) && !part.as_os_str().is_empty()) {
        // Whether a link may be followed is known to those who come from above.
        let top = inside.components().next().map_or(inside, |top| Path::new(top.as_os_str()));
        walk.folder(top, 0, false);
        walk.paths.retain(|path| Path::new(path.as_str()).starts_with(inside));
        walk.faults.retain(|fault| Path::new(fault.path.as_str()).starts_with(inside));
    } else {
        walk.folder(inside, inside.components().count() - 1, false);
    }
    (walk.paths, walk.faults)
}

/// Returns the symbolic links of a site with what they lead to: a change there is a change here.
pub fn links(root: &Root) -> Vec<(PathBuf, PathBuf)> {
    let mut walk = Walk::of(root);
    for folder in FOLDERS.iter().filter(|_| root.file.is_none()) {
        walk.folder(Path::new(folder), 0, false);
    }
    walk.links
}

/// A walk through the folders of a site, and what it found.
struct Walk<'a> {
    root: &'a Root,
    paths: Vec<SourcePath>,
    faults: Vec<Source>,
    links: Vec<(PathBuf, PathBuf)>,
}

impl Walk<'_> {
    fn of(root: &Root) -> Walk<'_> {
        Walk { root, paths: Vec::new(), faults: Vec::new(), links: Vec::new() }
    }

    fn folder(&mut self, inside: &Path, depth: usize, linked: bool) {
        let folder = self.root.folder.join(inside);
        let Ok(entries) = fs::read_dir(&folder) else {
            if folder.exists()
                && let Some(path) = inside.to_str()
            {
                let message = "the folder cannot be read".to_owned();
                let help = "check its permissions".to_owned();
                self.faults.push(unusable(path, "unreadable-file", message, help));
            }
            return;
        };
        let mut entries: Vec<_> = entries.filter_map(Result::ok).collect();
        entries.sort_by_cached_key(fs::DirEntry::file_name);
        for entry in entries {
            self.entry(&entry, &inside.join(entry.file_name()), depth, linked);
        }
    }

    fn entry(&mut self, entry: &fs::DirEntry, inside: &Path, depth: usize, linked: bool) {
        let Ok(kind) = entry.file_type() else { return };
        let path = entry.path();
        let is_folder = kind.is_dir() || (kind.is_symlink() && path.is_dir());
        if self.root.is_ignored(inside, is_folder) {
            return;
        }
        let Some(text) = inside.to_str() else {
            let message = "the name of the file is not UTF-8".to_owned();
            let help = "give it another name".to_owned();
            self.faults.push(unusable(&inside.to_string_lossy(), "unreadable-file", message, help));
            return;
        };
        if kind.is_symlink() {
            match path.canonicalize() {
                Ok(real) if !real.starts_with(&self.root.real) => {
                    return self.faults.push(outside(text));
                }
                // Two links that lead to each other's folders would make pages without end.
                Ok(real) if is_folder && (linked || path_real(&path).starts_with(&real)) => {
                    return self.faults.push(circle(text));
                }
                Ok(real) => self.links.push((path, real)),
                Err(_) => return self.faults.push(outside(text)),
            }
        }
        if !is_folder && !kind.is_file() && !kind.is_symlink() {
            // Even to open a pipe is to meddle with those at its other end.
            self.faults.push(special(&SourcePath::new(text)));
        } else if !is_folder {
            self.paths.push(SourcePath::new(text));
        } else if depth < DEPTH_MAX {
            self.folder(inside, depth + 1, linked || kind.is_symlink());
        }
    }
}

/// Returns a path with the links in the folders before its last part resolved.
fn path_real(path: &Path) -> PathBuf {
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    folder.unwrap_or_default().join(path.file_name().unwrap_or_default())
}
