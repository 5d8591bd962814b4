//! What `kami.toml` names: the running order, the order of reading, the first page.

use std::collections::BTreeMap;

use super::Plan;
use crate::compile::Bundle;
use crate::source::SourcePath;
use crate::span::Span;

const PATH: &str = "kami.toml";

/// Writes the names in `kami.toml` anew that mean a file which moves.
pub(super) fn rewrite(
    bundle: &Bundle,
    plan: &Plan,
    edits: &mut BTreeMap<(SourcePath, Span), String>,
) {
    let Some(text) = bundle.sources.text(PATH) else { return };
    let config = &bundle.config;
    let translations = config.event.translations.values();
    let events = std::iter::once(&config.event).chain(translations);
    let talks = events.flat_map(|event| &event.talks);
    let decks = talks.filter(|talk| !talk.deck.is_empty()).filter_map(|talk| {
        let entry = bundle.catalog.deck(&talk.deck, &config.lang, &config.lang)?;
        Some((talk.span, talk.deck.as_str(), &entry.document.path))
    });
    let pages = config.order.iter().filter_map(|(name, span)| {
        let entry = bundle.catalog.named_page(name)?;
        Some((*span, name.as_str(), &entry.document.path))
    });
    for (span, name, path) in decks.chain(pages) {
        let Some(to) = plan.moves.get(path) else { continue };
        let (start, end) = (span.start as usize, span.end as usize);
        let Some(written) = text.get(start..end) else { continue };
        let quoted =
            ['"', '\''].iter().find_map(|quote| written.find(&format!("{quote}{name}{quote}")));
        let Some(at) = quoted.map(|at| start + at + 1) else { continue };
        let new = name_of(to, name);
        edits.insert((SourcePath::new(PATH), Span::new(at, at + name.len())), new);
    }
    home(bundle, plan, text, edits);
}

/// `wiki.home` names a page without a place that anybody keeps.
fn home(
    bundle: &Bundle,
    plan: &Plan,
    text: &str,
    edits: &mut BTreeMap<(SourcePath, Span), String>,
) {
    let Some(name) = bundle.config.other.get("wiki.home") else { return };
    let Some(to) =
        bundle.catalog.named_page(name).and_then(|entry| plan.moves.get(&entry.document.path))
    else {
        return;
    };
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let key = line.split('=').next().unwrap_or("").trim();
        if (key == "home" || key == "wiki.home")
            && let Some(found) = line.find(name.as_str())
        {
            let span = Span::new(at + found, at + found + name.len());
            edits.insert((SourcePath::new(PATH), span), name_of(to, name));
        }
        at += line.len();
    }
}

/// Returns the name of a file as the settings write it.
fn name_of(path: &SourcePath, old: &str) -> String {
    let stem = path.as_str().strip_suffix(".md").unwrap_or(path.as_str());
    let name = stem.split_once('/').map_or(stem, |(_, name)| name);
    let name = name.strip_suffix("/index").unwrap_or(name);
    if old.contains(' ') { name.replace('_', " ") } else { name.to_owned() }
}
