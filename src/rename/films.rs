//! What belongs to a film and is not written as a link: its poster among its words, captions beside its file.

use super::uses::{Fault, Pair};
use super::written::Form;
use crate::document::{Document, Picture, film};
use crate::source::SourcePath;
use crate::span::Span;

/// Returns the posters of a document's films, as they are named, and where.
pub(super) fn posters(document: &Document) -> impl Iterator<Item = (String, Span, Form)> {
    films(document).filter_map(|film| {
        let poster = film::words(&film.alt).1?;
        Some((film::decoded(poster).into_owned(), film.span, Form::Poster))
    })
}

/// Returns the file that a picture shows: of a film without the moment at which it begins.
pub(super) fn file_shown(picture: &Picture) -> String {
    match film::play(&picture.target) {
        Some(_) => picture.target.split('#').next().unwrap_or_default().to_owned(),
        None => picture.target.clone(),
    }
}

fn films(document: &Document) -> impl Iterator<Item = &Picture> {
    document.pictures().filter(|picture| film::play(&picture.target).is_some())
}

impl Pair<'_> {
    /// Films that would have other captions: their path is written so that the same files lie beside it.
    pub(super) fn captions(&self) -> Vec<Fault> {
        let mut found = Vec::new();
        for (was, is) in films(&self.entry.document).zip(films(&self.later.document)) {
            let path = self.before.catalog.resolve_asset(self.entry, &file_shown(was));
            let Some(path) = path else { continue };
            let meant: Vec<Option<SourcePath>> = self
                .names(&was.target)
                .iter()
                .map(|name| self.before.catalog.resolve_asset(self.entry, name))
                .map(|path| path.map(|path| self.plan.path_after(&path)))
                .collect();
            let later = self.names(&is.target);
            let later = later.iter().map(|name| self.after.catalog.resolve_asset(self.later, name));
            if !later.eq(meant) {
                let mut fault = self.fault(was.span, Form::Path, self.plan.path_after(&path));
                fault.wrong = false;
                found.push(fault);
            }
        }
        found
    }

    fn names(&self, target: &str) -> Vec<String> {
        let langs = self.before.config.languages.iter().map(String::as_str);
        film::captions(target, langs).into_iter().map(|(_, name)| name).collect()
    }
}
