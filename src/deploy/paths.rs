//! Files that changed -> the paths that CloudFront is told to forget: all of them, and few.
//!
//! CloudFront counts paths (the first thousand of a month cost nothing) and a wildcard as one, of which it
//! takes fifteen at a time.

use std::collections::{BTreeMap, BTreeSet};

use crate::page::encode;

/// With more paths than these, folders are forgotten as a whole.
const PATHS_MAX: usize = 60;
/// From how many paths in one folder on it is forgotten as a whole.
const FOLDER_PATHS: usize = 6;
const WILDCARDS_MAX: usize = 10;

/// Returns the paths to forget. `root` is what readers have before the paths of the bundle: empty or `/sub`.
pub(super) fn to_forget(root: &str, changed: &BTreeSet<&str>, is_first: bool) -> Vec<String> {
    let all = || vec![format!("{}/*", ascii(root))];
    // Whatever was there before the first bundle is none of its files.
    if is_first {
        return all();
    }
    let forms: BTreeSet<String> = changed.iter().flat_map(|path| forms(root, path)).collect();
    if forms.len() <= PATHS_MAX {
        return forms.into_iter().collect();
    }
    let mut folders: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
    for path in &forms {
        let folder = path.trim_end_matches('/').rsplit_once('/').map_or("", |(folder, _)| folder);
        folders.entry(folder).or_default().push(path);
    }
    let (mut paths, mut wildcards) = (BTreeSet::new(), 0);
    for (folder, inside) in folders {
        // All that is at the top is all there is.
        if inside.len() < FOLDER_PATHS || folder == ascii(root) {
            paths.extend(inside.into_iter().cloned());
            continue;
        }
        wildcards += 1;
        paths.insert(format!("{folder}/*"));
        // A wildcard of a folder is not said to mean the folder itself.
        paths.extend(inside.into_iter().filter(|path| path.ends_with('/')).cloned());
        paths.insert(format!("{folder}/"));
    }
    if wildcards > WILDCARDS_MAX || paths.len() > PATHS_MAX {
        return all();
    }
    paths.into_iter().collect()
}

/// Returns the paths by which readers ask for a file: an index also by its folder.
fn forms(root: &str, path: &str) -> Vec<String> {
    let mut forms = vec![ascii(&format!("{root}/{path}"))];
    if let Some(folder) = path.strip_suffix("index.html")
        && (folder.is_empty() || folder.ends_with('/'))
    {
        forms.push(ascii(&format!("{root}/{folder}")));
    }
    forms
}

/// Percent-encodes a path as browsers do: that is how it is kept.
pub(super) fn ascii(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in encode(path).chars() {
        if c.is_ascii() && c != '*' {
            out.push(c);
        } else {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                use std::fmt::Write as _;
                write!(out, "%{byte:02X}").expect("a string takes all");
            }
        }
    }
    out
}
