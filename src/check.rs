//! Catalog -> Diagnostics: one small function a rule.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalog::names::fold;
use crate::catalog::{Catalog, Entry, Resolution, Route};
use crate::config::{Config, closest};
use crate::diagnostic::{Diagnostic, Rule, rules};
use crate::document::{Filling, Form, Kind, Link, Prose};
use crate::source::SourcePath;
use crate::span::Span;

/// Rules about one document among the others.
const DOCUMENT_RULES: &[fn(&Catalog, &Arc<Entry>, &mut Vec<Diagnostic>)] = &[links, pictures];

/// Rules about the site as a whole.
const SITE_RULES: &[fn(&Catalog, &Config, &mut Vec<Diagnostic>)] =
    &[collisions, orphans, running_order];

/// Checks one document against the rest of the site.
pub fn document(catalog: &Catalog, entry: &Arc<Entry>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    DOCUMENT_RULES.iter().for_each(|rule| rule(catalog, entry, &mut found));
    found
}

/// Checks what no document can be blamed for alone.
pub fn site(catalog: &Catalog, config: &Config) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    SITE_RULES.iter().for_each(|rule| rule(catalog, config, &mut found));
    found
}

fn tell(
    found: &mut Vec<Diagnostic>,
    rule: &'static Rule,
    path: &SourcePath,
    span: Span,
    message: String,
    help: String,
) {
    found.push(Diagnostic { rule, path: path.clone(), span, message, help });
}

fn links(catalog: &Catalog, entry: &Arc<Entry>, found: &mut Vec<Diagnostic>) {
    let path = &entry.document.path;
    for link in &entry.document.links {
        match catalog.resolve(entry, link) {
            Resolution::Missing => {
                let help = suggestion(catalog, link);
                tell(
                    found,
                    &rules::MISSING_LINK,
                    path,
                    link.span,
                    format!("nothing is named `{}`", link.target),
                    help,
                );
            }
            Resolution::Document { entry: target, lost: true, .. } => {
                let anchor = link.anchor.as_deref().unwrap_or_default();
                let message = format!(
                    "`{}` has no {} `{anchor}`",
                    target.title,
                    if target.kind == Kind::Deck { "slide or heading" } else { "heading" }
                );
                tell(
                    found,
                    &rules::MISSING_ANCHOR,
                    path,
                    link.span,
                    message,
                    anchors(&target, anchor),
                );
            }
            Resolution::Document { entry: target, others, .. } if !others.is_empty() => {
                let list: Vec<&str> = std::iter::once(&target.document.path)
                    .chain(&others)
                    .map(SourcePath::as_str)
                    .collect();
                let message = format!("`{}` may mean {}", link.target, list.join(" or "));
                tell(
                    found,
                    &rules::AMBIGUOUS_LINK,
                    path,
                    link.span,
                    message,
                    format!(
                        "the nearest, {}, is taken; write a path to be exact",
                        target.document.path
                    ),
                );
            }
            _ => {}
        }
    }
}

fn suggestion(catalog: &Catalog, link: &Link) -> String {
    let wanted = fold(&link.target);
    let titles = catalog.entries().map(|entry| entry.title.as_str());
    match closest(&wanted, titles) {
        Some(near) => format!("did you mean `{near}`?"),
        None if link.form == Form::Markdown => "write the file, or mend the path".to_owned(),
        None => format!("write wiki/{}.md, or mend the name", link.target.replace(' ', "_")),
    }
}

fn anchors(target: &Entry, anchor: &str) -> String {
    if target.kind == Kind::Deck && anchor.bytes().all(|b| b.is_ascii_digit()) {
        return format!("it has {} slides", target.document.slides.len());
    }
    match closest(anchor, target.document.headings.iter().map(|heading| heading.text.as_str())) {
        Some(near) => format!("did you mean `#{near}`?"),
        None => "name a heading as it is written, or leave the `#` out".to_owned(),
    }
}

fn pictures(catalog: &Catalog, entry: &Arc<Entry>, found: &mut Vec<Diagnostic>) {
    let document = &entry.document;
    let slides =
        document.slides.iter().flat_map(|slide| [&slide.header, &slide.prose, &slide.footer]);
    for prose in std::iter::once(&document.body).chain(slides) {
        for picture in fillings(prose) {
            let remote =
                picture.target.starts_with("https://") || picture.target.starts_with("http://");
            if !remote && catalog.resolve_asset(entry, &picture.target).is_none() {
                let message = format!("there is no picture `{}`", picture.target);
                tell(
                    found,
                    &rules::MISSING_PICTURE,
                    &document.path,
                    picture.span,
                    message,
                    "put it beside the document, or mend the path".to_owned(),
                );
            }
        }
    }
}

fn fillings(prose: &Prose) -> impl Iterator<Item = &crate::document::Picture> {
    prose.holes.iter().filter_map(|hole| match &hole.filling {
        Filling::Picture(picture) => Some(&**picture),
        _ => None,
    })
}

/// Two documents at one address, or at addresses that some file systems take for one.
fn collisions(catalog: &Catalog, _: &Config, found: &mut Vec<Diagnostic>) {
    let mut folded: BTreeMap<String, Vec<&SourcePath>> = BTreeMap::new();
    for (address, routes) in catalog.routes() {
        for route in routes {
            if let Route::Page(path) | Route::Deck(path) = route {
                let key = fold(address);
                // `Help.md` and `Help/index.md` are one page under two names.
                let key = key
                    .strip_suffix("/index.html")
                    .map_or(key.clone(), |stem| format!("{stem}.html"));
                folded.entry(key).or_default().push(path);
            }
        }
    }
    for paths in folded.into_values().filter(|paths| paths.len() > 1) {
        let first = paths[0];
        for path in &paths[1..] {
            let message = format!("`{path}` and `{first}` are the same name");
            tell(
                found,
                &rules::COLLISION,
                path,
                Span::default(),
                message,
                "rename one of them".to_owned(),
            );
        }
    }
}

/// Pages that nothing links to. An index page, a redirect and a wiki of one page are no orphans.
fn orphans(catalog: &Catalog, config: &Config, found: &mut Vec<Diagnostic>) {
    let pages: Vec<&Arc<Entry>> =
        catalog.entries().filter(|entry| entry.kind == Kind::Page).collect();
    if pages.len() < 2 {
        return;
    }
    for entry in pages {
        let document = &entry.document;
        let is_index = document.path.file_name().starts_with("index.");
        let is_translation = entry.lang != config.lang && catalog.versions(entry).len() > 1;
        if is_index
            || is_translation
            || document.matter.redirect.is_some()
            || !catalog.mentions(entry).is_empty()
        {
            continue;
        }
        let message = format!("no page and no slide links to `{}`", entry.title);
        tell(
            found,
            &rules::ORPHAN,
            &document.path,
            Span::default(),
            message,
            format!("link to it with [[{}]]", entry.name.replace('_', " ")),
        );
    }
}

fn running_order(catalog: &Catalog, config: &Config, found: &mut Vec<Diagnostic>) {
    let path = SourcePath::new("kami.toml");
    let translations = config.event.translations.values();
    for talk in std::iter::once(&config.event).chain(translations).flat_map(|event| &event.talks) {
        if !talk.deck.is_empty() && catalog.deck(&talk.deck, &config.lang, &config.lang).is_none() {
            let decks = catalog
                .entries()
                .filter(|entry| entry.kind == Kind::Deck)
                .map(|entry| entry.name.as_str());
            let help = closest(&talk.deck, decks).map_or_else(
                || format!("write decks/{}.md, or take the talk out", talk.deck),
                |near| format!("did you mean `{near}`?"),
            );
            tell(
                found,
                &rules::MISSING_DECK,
                &path,
                talk.span,
                format!("there is no deck `{}`", talk.deck),
                help,
            );
        }
    }
}
