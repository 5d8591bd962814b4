//! Documents with the texts that they include.

use super::Bundle;
use crate::document::{self, Document, Settings};
use crate::source::{Source, SourcePath, Sources};

/// Parses a source with what it includes.
pub(super) fn understood(
    sources: &Sources,
    source: &Source,
    settings: Settings<'_>,
) -> Option<Document> {
    let (path, text) = (&source.path, source.as_text()?);
    let texts = |path: &SourcePath| sources.get(path).and_then(Source::as_part);
    Some(match document::assemble(path, text, &texts) {
        None => document::parse(path, text, settings),
        Some(assembly) => document::parse_assembly(path, assembly, settings),
    })
}

/// Returns the documents that include any of the texts at `paths`, apart from those themselves.
pub fn including(bundle: &Bundle, paths: &[SourcePath]) -> Vec<SourcePath> {
    let including = |path: &&SourcePath| {
        let document = bundle.documents.get(*path);
        let mut parts = document.iter().flat_map(|document| &document.parts);
        !paths.contains(path) && parts.any(|part| paths.contains(part))
    };
    bundle.assembled.iter().filter(including).cloned().collect()
}
