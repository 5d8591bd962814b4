//! What is wrong with links and pictures and has one sure mending: names that differ in case, width or hyphens
//! alone, files that lie elsewhere by now, anchors that changed by one letter.
//!
//! Where two things may have been meant, nothing is touched.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::written::{Form, anchor_at, as_address, relative, target_at};
use super::{Edit, Plan};
use crate::catalog::names::{fold, last};
use crate::catalog::{Entry, Resolution};
use crate::compile::Bundle;
use crate::config::edits;
use crate::document::{self, Kind, Link};
use crate::source::{SourcePath, join};
use crate::span::Span;

/// Plans all sure mendings of a site.
pub fn mendings(bundle: &Bundle) -> Plan {
    let names = Names::of(bundle);
    let entries: Vec<&Arc<Entry>> = bundle.catalog.entries().collect();
    let found: Vec<Vec<Edit>> = entries
        .par_iter()
        .map(|entry| {
            let mut found = Vec::new();
            for (index, link) in entry.document.links.iter().enumerate() {
                found.extend(link_mended(bundle, &names, entry, (index, link)));
            }
            found.extend(pictures_mended(bundle, entry));
            found
        })
        .collect();
    let mut edits = found.concat();
    edits.sort();
    edits.dedup_by(|a, b| a.path == b.path && a.span == b.span);
    let mut texts: BTreeMap<SourcePath, String> = BTreeMap::new();
    for edit in edits.iter().rev() {
        let text = texts.entry(edit.path.clone()).or_insert_with(|| {
            bundle.sources.text(edit.path.as_str()).unwrap_or_default().to_owned()
        });
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.new);
    }
    Plan { texts, edits, ..Plan::default() }
}

/// What documents are called, by the letters of each name.
struct Names<'a>(BTreeMap<String, Vec<(&'a str, &'a Arc<Entry>)>>);

impl<'a> Names<'a> {
    fn of(bundle: &'a Bundle) -> Names<'a> {
        let mut names: BTreeMap<String, Vec<(&str, &Arc<Entry>)>> = BTreeMap::new();
        for entry in bundle.catalog.entries() {
            for label in entry.labels() {
                names.entry(letters(label)).or_default().push((label, entry));
            }
        }
        Names(names)
    }

    /// Returns the one work that has a name of these letters, and that name.
    fn only(&self, name: &str) -> Option<(&'a str, &'a Arc<Entry>)> {
        let known = self.0.get(&letters(name)).filter(|_| !letters(name).is_empty())?;
        let (first, entry) = known[0];
        let same = |(_, other): &(&str, &Arc<Entry>)| {
            (other.kind, &other.name) == (entry.kind, &entry.name)
        };
        known.iter().all(same).then_some((first, entry))
    }
}

/// Returns what is left of a name without case, width, spaces and hyphens.
fn letters(name: &str) -> String {
    fold(name).chars().filter(|c| !"_-".contains(*c)).collect()
}

fn link_mended(
    bundle: &Bundle,
    names: &Names<'_>,
    entry: &Arc<Entry>,
    (index, link): (usize, &Link),
) -> Option<Edit> {
    let (path, span) = entry.document.written_at(link.span);
    let text = bundle.sources.text(path.as_str())?;
    let span = span.start as usize..span.end as usize;
    let form = if link.form == document::Form::Markdown { Form::Path } else { Form::Wiki };
    match &*bundle.catalog.resolve(entry, index) {
        Resolution::Missing => {
            let range = target_at(text, span, form)?;
            let old = &text[range.clone()];
            let bare = link.target.strip_suffix(".md").unwrap_or(&link.target);
            let (name, found) = names.only(last(bare))?;
            let new = match form {
                Form::Wiki if bare.contains('/') => return None,
                Form::Wiki => name.to_owned(),
                // A file that is named by its path lies elsewhere now.
                _ => {
                    let way = relative(entry.folder(), found.document.path.as_str());
                    as_address(&way, old, text[..range.start].ends_with('<'))
                }
            };
            Some(Edit { path, span: Span::new(range.start, range.end), new })
        }
        Resolution::Document { entry: target, lost: true, .. } => {
            let range = anchor_at(text, span, form)?;
            let heading = heading(target, link.anchor.as_deref()?)?;
            let new = match form {
                Form::Wiki => heading.text.clone(),
                _ => as_address(&heading.id, &text[range.clone()], false),
            };
            Some(Edit { path, span: Span::new(range.start, range.end), new })
        }
        // It arrives here by the name alone, and nowhere else: the file lies somewhere else now.
        Resolution::Document { entry: target, .. } if is_lost_file(bundle, entry, link) => {
            let range = target_at(text, span, form)?;
            let way = relative(entry.folder(), target.document.path.as_str());
            let new = as_address(&way, &text[range.clone()], text[..range.start].ends_with('<'));
            Some(Edit { path, span: Span::new(range.start, range.end), new })
        }
        _ => None,
    }
}

/// Tells whether an ordinary link names a Markdown file that is not where it says.
fn is_lost_file(bundle: &Bundle, entry: &Entry, link: &Link) -> bool {
    let file = link.target.strip_suffix(".md").is_some() && !link.target.starts_with('/');
    let path = join(entry.folder(), &link.target).map(SourcePath::new);
    file && link.form == document::Form::Markdown
        && path.is_none_or(|path| bundle.sources.get(&path).is_none())
}

/// Returns the one heading that a lost anchor is one letter away from.
fn heading<'a>(target: &'a Entry, anchor: &str) -> Option<&'a document::Heading> {
    if target.kind == Kind::Deck && anchor.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let wanted: Vec<char> = letters(anchor.rsplit('#').next().unwrap_or(anchor)).chars().collect();
    // Of a word of two letters another would remain.
    if wanted.len() < 3 {
        return None;
    }
    let near = |heading: &&document::Heading| {
        [&heading.text, &heading.id].into_iter().any(|name| {
            let name: Vec<char> = letters(name).chars().collect();
            edits(&wanted, &name, 1).is_some()
        })
    };
    let mut found = target.document.headings.iter().filter(near);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// Pictures that are called otherwise, or lie elsewhere.
fn pictures_mended(bundle: &Bundle, entry: &Arc<Entry>) -> Vec<Edit> {
    let document = &entry.document;
    let mended = document.pictures().filter_map(|picture| {
        let target = &picture.target;
        let elsewhere =
            target.contains("://") || target.starts_with("data:") || target.starts_with('#');
        if elsewhere
            || document.brings(target)
            || bundle.catalog.resolve_asset(entry, target).is_some()
        {
            return None;
        }
        let wanted = letters(last(target));
        let same = |path: &&SourcePath| {
            letters(path.file_name()) == wanted && !path.as_str().starts_with("static/")
        };
        let mut found = bundle.catalog.assets().map(|(path, _)| path).filter(same);
        let meant = found.next()?;
        if found.next().is_some() {
            return None;
        }
        let (path, span) = document.written_at(picture.span);
        let text = bundle.sources.text(path.as_str())?;
        let span = span.start as usize..span.end as usize;
        let wiki = text.get(span.clone())?.starts_with("![[");
        let range = target_at(text, span, if wiki { Form::Wiki } else { Form::Path })?;
        let way = relative(entry.folder(), meant.as_str());
        let bracketed = text[..range.start].ends_with('<');
        let new = if wiki { way } else { as_address(&way, &text[range.clone()], bracketed) };
        Some(Edit { path, span: Span::new(range.start, range.end), new })
    });
    mended.collect()
}
