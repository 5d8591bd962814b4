//! Decks that the running order names and the site does not have.

use super::diagnostic;
use crate::catalog::Catalog;
use crate::catalog::names::fold;
use crate::config::{Config, closest};
use crate::diagnostic::{Diagnostic, rules};
use crate::document::Kind;
use crate::source::{SourcePath, Sources};
use crate::span::Span;

/// Finds talks whose deck is not there. A deck whose file cannot be used is told there, not here once more.
pub fn running_order(catalog: &Catalog, config: &Config, sources: &Sources) -> Vec<Diagnostic> {
    let translations = config.event.translations.values();
    let events = std::iter::once(&config.event).chain(translations);
    let talks = events.flat_map(|event| &event.talks).filter(|talk| !talk.deck.is_empty());
    talks
        .filter(|talk| catalog.deck(&talk.deck, &config.lang, &config.lang).is_none())
        .filter(|talk| !is_written(sources, &talk.deck))
        .map(|talk| missing(catalog, &talk.deck, talk.span))
        .collect()
}

/// Tells whether the deck has a file, which then holds no text.
fn is_written(sources: &Sources, deck: &str) -> bool {
    let files = [format!("decks/{deck}.md"), format!("decks/{deck}/index.md")];
    files
        .iter()
        .filter_map(|file| sources.get(&SourcePath::new(file.as_str())))
        .any(|source| source.as_text().is_none())
}

fn missing(catalog: &Catalog, deck: &str, span: Span) -> Diagnostic {
    let decks = || catalog.entries().filter(|entry| entry.kind == Kind::Deck);
    let names = || decks().map(|entry| entry.name.as_str());
    let folded = fold(deck);
    let folder = format!("{folded}/");
    // The same but for case and width; a folder whose deck is not called index; a slip of the keys.
    let near = names()
        .find(|name| fold(name) == folded)
        .or_else(|| names().find(|name| fold(name).starts_with(&folder)))
        .or_else(|| closest(deck, names()));
    let help = near.map_or_else(
        || format!("write decks/{deck}.md, or take the talk out"),
        |near| format!("did you mean `{near}`?"),
    );
    let message = format!("there is no deck `{deck}`");
    diagnostic(&rules::MISSING_DECK, &SourcePath::new("kami.toml"), span, message, help)
}
