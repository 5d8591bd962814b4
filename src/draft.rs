//! A text that is not saved yet, seen through the very pipeline, as if it stood in its file.
//!
//! What this costs depends on the text and on what its page shows, never on the size of the site.

use std::sync::Arc;

use crate::catalog::Entry;
use crate::check;
use crate::compile::{Bundle, Change, including, recompile_with};
use crate::diagnostic::{self, Diagnostic, Located};
use crate::output::Output;
use crate::page::Options;
use crate::source::{Source, SourcePath};
use crate::span::{Lines, Span};

/// What a draft becomes.
#[derive(Debug)]
pub struct Preview {
    /// The address of the page that shows the draft.
    pub route: String,
    pub output: Arc<Output>,
    /// What is wrong with the draft, alone and among the other documents.
    pub diagnostics: Vec<Located>,
    /// The line of the draft that each slide begins in; none for those that other files have whole.
    pub slides: Vec<Option<u32>>,
}

/// Shows a draft on its own page, or on that of a document that includes it; a text that nothing shows has none.
pub fn preview(bundle: &Bundle, draft: Source) -> Option<Preview> {
    // Read once, and taken along by every state that follows: by the draft, too.
    bundle.kept.make(&bundle.catalog);
    let path = draft.path.clone();
    let change = Change { path: path.clone(), source: Some(draft) };
    // It is shown even if it says of itself that it is a draft.
    let next = recompile_with(bundle, vec![change], all_shown(bundle));
    let entry = Arc::clone(shown_by(&next, &path)?);
    let output = next.output(&entry.route)?;
    let located = diagnostics(&next, &entry);
    let diagnostics = located.iter().map(|diagnostic| next.locate(diagnostic)).collect();
    let slides = slides(&next, &entry, &path);
    Some(Preview { route: entry.route.to_string(), output, diagnostics, slides })
}

/// Compiles with all that says of itself that it is a draft.
pub fn with_drafts(bundle: &Bundle) -> Bundle {
    let hidden = |source: &&Source| {
        source.path.is_document() && bundle.catalog.entry(&source.path).is_none()
    };
    let hidden = bundle.sources.iter().filter(hidden).cloned();
    let change = |source: Source| Change { path: source.path.clone(), source: Some(source) };
    recompile_with(bundle, hidden.map(change).collect(), all_shown(bundle))
}

fn all_shown(bundle: &Bundle) -> Arc<Options> {
    Arc::new(Options { drafts: true, ..(*bundle.options).clone() })
}

/// Returns the document that shows a text: its own, else one that includes it.
pub fn shown_by<'a>(bundle: &'a Bundle, path: &SourcePath) -> Option<&'a Arc<Entry>> {
    let including = || including(bundle, std::slice::from_ref(path)).into_iter();
    bundle
        .catalog
        .entry(path)
        .or_else(|| including().find_map(|document| bundle.catalog.entry(&document)))
}

/// Returns the line of a text that each slide of a deck begins in, where it begins in that text.
fn slides(bundle: &Bundle, entry: &Entry, path: &SourcePath) -> Vec<Option<u32>> {
    let Some(text) = bundle.sources.get(path).and_then(Source::as_text) else { return Vec::new() };
    let (lines, document) = (Lines::of(text), &entry.document);
    let begins = document.slides.iter().map(|slide| slide.span.start);
    let ends = begins.clone().skip(1).chain([u32::MAX]);
    let places = begins.zip(ends).map(|(start, end)| document.first_of(path, Span { start, end }));
    places.map(|place| Some(lines.place(text, place? as usize).line)).collect()
}

fn diagnostics(bundle: &Bundle, entry: &Arc<Entry>) -> Vec<Diagnostic> {
    let mut found = check::document(&bundle.known(), entry);
    found.extend(entry.document.diagnostics.iter().cloned());
    diagnostic::sort(&mut found);
    found.dedup();
    found
}
