//! Names of files that another system cannot hold: a site is copied, zipped and checked out elsewhere.

use std::collections::BTreeSet;

use super::diagnostic;
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, rules, shown};
use crate::fence::{NameFault, name_fault, name_of_title};
use crate::source::SourcePath;
use crate::span::Span;

/// Finds names that a file can have here and not everywhere; a folder is told once, at its first file.
pub fn names<'a>(
    catalog: &Catalog,
    paths: impl Iterator<Item = &'a SourcePath>,
) -> Vec<Diagnostic> {
    let (mut found, mut told) = (Vec::new(), BTreeSet::new());
    for path in paths {
        let mut end = 0;
        for part in path.as_str().split('/') {
            end += part.len() + 1;
            let Some(fault) = name_fault(part) else { continue };
            if told.insert(&path.as_str()[..end - 1]) {
                let message = said(part, fault);
                let help = remedy(catalog, path, part);
                let rule = &rules::UNPORTABLE_NAME;
                found.push(diagnostic(rule, path, Span::default(), message, help));
            }
        }
    }
    found
}

fn said(part: &str, fault: NameFault) -> String {
    let name = shown(part);
    match fault {
        NameFault::Device => format!("Windows has no file `{name}`: that is the name of a device"),
        NameFault::Letter(c) => {
            let c = shown(c.encode_utf8(&mut [0; 4])).into_owned();
            format!("Windows has no file `{name}`: no name there holds `{c}`")
        }
        NameFault::Unseen(c) => {
            let number = u32::from(c);
            format!("the name `{name}` holds a character that nobody sees: U+{number:04X}")
        }
        NameFault::End => {
            format!("Windows has no file `{name}`: a dot or space at the end is dropped there")
        }
        NameFault::Begin => format!("the name `{name}` begins with a space"),
        NameFault::Long(bytes) => {
            format!("the name has {bytes} bytes: with more than 240 it cannot be saved from here")
        }
    }
}

/// Says what to call it instead, and for a document how, so that the links follow.
fn remedy(catalog: &Catalog, path: &SourcePath, part: &str) -> String {
    let named = |text: &str| name_of_title(text).unwrap_or_else(|| "name".to_owned());
    if path.file_name() != part {
        return format!("give the folder another name, such as `{}`", named(part));
    }
    if let Some(entry) = catalog.entry(path) {
        let (folder, last) = entry.name.rsplit_once('/').unwrap_or(("", &entry.name));
        let to = format!("{folder}/{}", named(last));
        let (from, to) = (quoted(&entry.name), quoted(to.trim_start_matches('/')));
        return format!("rename it, and the links to it follow: kami rename {from} {to}");
    }
    let (stem, ending) = match part.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && !ending.is_empty() => (stem, ending),
        _ => (part, ""),
    };
    let name = [named(stem), named(ending)].join(".");
    let name = if ending.is_empty() { named(stem) } else { name };
    format!("give it another name, such as `{name}`")
}

/// Returns a word of a command line.
fn quoted(word: &str) -> String {
    let word = shown(word);
    let plain = |c: char| c.is_alphanumeric() || "/._-".contains(c);
    if word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
