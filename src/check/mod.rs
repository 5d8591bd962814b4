//! Catalog -> Diagnostics: one small function a rule.

mod files;
mod kept;
mod near;
mod order;
mod pages;
mod pictures;
mod themes;
mod transitions;

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use crate::catalog::names::{fold, key, last};
use crate::catalog::{
    Arrival, Catalog, EMBED_DEPTH_MAX, EMBEDS_MAX, EmbedFault, Entry, Resolution, Route,
};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Rule, rules};
use crate::document::{Document, Filling, Form, Kind, Link, Workshop};
use crate::fence::new_path;
use crate::source::{SourcePath, join};
use crate::span::Span;
use crate::theme::file_of;
use near::Names;

pub use files::names;
pub use kept::Kept;
pub use order::running_order;
pub use themes::themes;

/// A rule about one document among the others.
type DocumentRule = fn(&Known<'_>, &Arc<Entry>, &mut Vec<Diagnostic>);
/// A rule about the site as a whole.
type SiteRule = fn(&Catalog, &Config, &mut Vec<Diagnostic>);

const DOCUMENT_RULES: &[DocumentRule] = &[
    links,
    pictures::missing,
    pictures::described,
    pictures::posters,
    pictures::files,
    |known, entry, found| pictures::diagrams(known, &entry.document, found),
    style_files,
    embeds,
    pages::repeated_headings,
    pages::empty,
    pages::language,
    pages::long_aliases,
];
const SITE_RULES: &[SiteRule] = &[collisions, old_names, orphans, redirects, reading_order];

/// How many namesakes a message lists besides the one that is taken.
const CANDIDATES_MAX: usize = 5;

/// What rules about single documents look at: the other documents, and names that may have been meant.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub catalog: &'a Catalog,
    pub config: &'a Config,
    pub kept: &'a Kept,
    pub workshop: &'a Workshop,
}

/// Checks one document against the rest of the site.
pub fn document(known: &Known<'_>, entry: &Arc<Entry>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for rule in DOCUMENT_RULES {
        rule(known, entry, &mut found);
    }
    traced(&entry.document, found)
}

/// Checks the diagrams of a document, be it part of the site or not yet.
pub fn diagrams(known: &Known<'_>, document: &Document) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    pictures::diagrams(known, document, &mut found);
    traced(document, found)
}

/// Has each tell of the file that its place was written in, which may be one that the document includes.
fn traced(document: &Document, mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    for diagnostic in &mut found {
        document.trace(diagnostic);
    }
    found
}

/// Checks what no document can be blamed for alone.
pub fn site(catalog: &Catalog, config: &Config) -> Vec<Diagnostic> {
    let each = SITE_RULES.par_iter().map(|rule| {
        let mut found = Vec::new();
        rule(catalog, config, &mut found);
        found
    });
    each.collect::<Vec<_>>().concat()
}

fn diagnostic(
    rule: &'static Rule,
    path: &SourcePath,
    span: Span,
    message: String,
    help: String,
) -> Diagnostic {
    Diagnostic { rule, path: path.clone(), span, message, help }
}

fn links(known: &Known<'_>, entry: &Arc<Entry>, found: &mut Vec<Diagnostic>) {
    let path = &entry.document.path;
    for (index, link) in entry.document.links.iter().enumerate() {
        match &*known.catalog.resolve(entry, index) {
            Resolution::Missing => {
                let message = format!("nothing is named `{}`", one_line(&link.target));
                let help = suggestion(known, entry, link);
                found.push(diagnostic(&rules::MISSING_LINK, path, link.span, message, help));
            }
            Resolution::Document { entry: target, lost: true, .. } => {
                let anchor = one_line(link.anchor.as_deref().unwrap_or_default());
                let place = if target.kind == Kind::Deck { "slide or heading" } else { "heading" };
                let message = format!("`{}` has no {place} `{anchor}`", target.title);
                let help = anchors(target, &anchor);
                found.push(diagnostic(&rules::MISSING_ANCHOR, path, link.span, message, help));
            }
            Resolution::Document { entry: target, others, .. } if !others.is_empty() => {
                let taken = &target.document.path;
                let named_too = others.iter().take(CANDIDATES_MAX);
                let list: Vec<&str> =
                    std::iter::once(taken).chain(named_too).map(SourcePath::as_str).collect();
                let more = match others.len().saturating_sub(CANDIDATES_MAX) {
                    0 => String::new(),
                    count => format!(" or {count} more"),
                };
                let named = one_line(&link.target);
                let message = format!("`{named}` may mean {}{more}", list.join(" or "));
                let help = format!("the nearest, {taken}, is taken; write a path to be exact");
                found.push(diagnostic(&rules::AMBIGUOUS_LINK, path, link.span, message, help));
            }
            _ => {}
        }
    }
}

/// A name may be broken over two lines; a message is one.
fn one_line(text: &str) -> String {
    text.split(char::is_control).map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// Says what may have been meant, else where the missing document would lie.
fn suggestion(known: &Known<'_>, entry: &Entry, link: &Link) -> String {
    let target = one_line(&link.target);
    let bare = target.strip_suffix(".md").unwrap_or(&target);
    if let Some(question) = known.kept.title_meant(known.catalog, last(bare)) {
        return question;
    }
    let relative = target.starts_with('.') || link.form == Form::Markdown;
    let path = join(if relative { entry.folder() } else { "wiki" }, bare.trim_start_matches('/'));
    match path {
        Some(path) if link.form != Form::Markdown => {
            let file = format!("{}.md", path.replace(' ', "_"));
            match new_path(&file) {
                Ok(_) => format!("write {file}, or mend the name"),
                // No file can be called so; a title can be anything.
                Err(_) => "write a page with this `title`, or mend the name".to_owned(),
            }
        }
        Some(_) => "write the file, or mend the path".to_owned(),
        None => "the path leads out of the site; mend it".to_owned(),
    }
}

fn anchors(target: &Entry, anchor: &str) -> String {
    if target.kind == Kind::Deck && anchor.bytes().all(|b| b.is_ascii_digit()) {
        return format!("it has {} slides", target.document.slides.len());
    }
    let headings: Vec<&str> =
        target.document.headings.iter().map(|heading| heading.text.as_str()).collect();
    let wanted = last_heading(anchor);
    let near = Names::of(headings.iter().map(|heading| (*heading, *heading)));
    match near.question(wanted, "#") {
        Some(question) => question,
        None if (1..=5).contains(&headings.len()) => {
            format!("its headings: {}", headings.join(", "))
        }
        None => "name a heading as it is written, or leave the `#` out".to_owned(),
    }
}

/// Embeds that lead in a circle, or too far.
fn embeds(known: &Known<'_>, entry: &Arc<Entry>, found: &mut Vec<Diagnostic>) {
    let path = &entry.document.path;
    for (link, fault) in known.catalog.embed_faults(entry) {
        let (rule, message, help) = match fault {
            EmbedFault::Cycle(way) => {
                let message = format!("the embeds lead in a circle: {}", way.join(" → "));
                (&rules::EMBED_CYCLE, message, "write one of them as a link, without the `!`")
            }
            EmbedFault::Deep(way) => {
                let message = format!(
                    "embeds lie more than {EMBED_DEPTH_MAX} deep in each other: {}",
                    way.join(" → ")
                );
                (&rules::EMBED_DEPTH, message, "write one of them as a link, without the `!`")
            }
            EmbedFault::Many => {
                let message = format!("more than {EMBEDS_MAX} embeds are shown on one page");
                (&rules::EMBED_DEPTH, message, "those from here on are links")
            }
        };
        found.push(diagnostic(rule, path, link.span, message, help.to_owned()));
    }
}

/// Returns the last part of a path of headings.
fn last_heading(anchor: &str) -> &str {
    anchor.rsplit('#').next().unwrap_or(anchor)
}

/// The files that a document's own styles show, and its films and sounds.
fn style_files(known: &Known<'_>, entry: &Arc<Entry>, found: &mut Vec<Diagnostic>) {
    let document = &entry.document;
    let urls = document.styles.iter().flat_map(|style| &style.urls).chain(&document.look_urls);
    let played = document.fillings().flat_map(|filling| match filling {
        Filling::Files(files) => files.0.own().map(|address| ("file", address, files.1)).collect(),
        _ => Vec::new(),
    });
    let shown = urls.map(|(address, span)| ("picture", address.as_str(), *span));
    for (kind, address, span) in shown.chain(played) {
        if known.catalog.resolve_asset(entry, &file_of(address)).is_none() {
            let message = format!("there is no {kind} `{}`", one_line(address));
            let help = "put it beside the document, or mend the path".to_owned();
            let (rule, path) = (&rules::MISSING_PICTURE, &document.path);
            found.push(diagnostic(rule, path, span, message, help));
        }
    }
}

/// Two documents at one address, or at addresses that some file systems take for one.
fn collisions(catalog: &Catalog, _: &Config, found: &mut Vec<Diagnostic>) {
    let mut folded: BTreeMap<String, Vec<(&SourcePath, bool)>> = BTreeMap::new();
    for (address, owner) in look_alikes(catalog) {
        folded.entry(file_name(address)).or_default().push(owner);
    }
    for mut owners in folded.into_values().filter(|owners| owners.len() > 1) {
        // Whose own address it is comes before those whose handout it would be.
        owners.sort_by_key(|(_, handout)| *handout);
        let (first, only_handouts) = owners[0];
        for (path, handout) in owners[1..].iter().filter(|_| !only_handouts) {
            let message = if *handout {
                format!("the handout of `{path}` has the address of `{first}`")
            } else {
                format!("`{path}` and `{first}` are the same name")
            };
            let help = "rename one of them".to_owned();
            found.push(diagnostic(&rules::COLLISION, path, Span::default(), message, help));
        }
    }
}

/// Returns the name by which an address may collide with another.
fn file_name(address: &str) -> String {
    let folded = fold(address);
    // `Help.md` and `Help/index.md` are one page under two names.
    folded.strip_suffix("/index.html").map_or(folded.clone(), |stem| format!("{stem}.html"))
}

/// Returns the documents whose addresses, or those of their handouts, have the key of another's, in the order of the
/// addresses: few of many, so that hardly any name has to be kept and compared.
fn look_alikes(catalog: &Catalog) -> Vec<(&str, (&SourcePath, bool))> {
    let documents = catalog.routes().flat_map(|(address, routes)| {
        routes.iter().filter_map(|route| match route {
            Route::Page(path) | Route::Deck(path) => Some((&**address, (path, false))),
            Route::Handout(path) => Some((&**address, (path, true))),
            _ => None,
        })
    });
    let documents: Vec<(&str, (&SourcePath, bool))> = documents.collect();
    let keys = documents.iter().map(|(address, _)| key(&file_name(address)));
    let mut keys: Vec<(u64, usize)> = keys.zip(0..).collect();
    keys.sort_unstable();
    let several = keys.chunk_by(|(a, _), (b, _)| a == b).filter(|same| same.len() > 1);
    let mut alike: Vec<usize> = several.flatten().map(|(_, index)| *index).collect();
    alike.sort_unstable();
    alike.into_iter().map(|index| documents[index]).collect()
}

/// Two works that claim one old address, or the address of a page that is there.
fn old_names(catalog: &Catalog, _: &Config, found: &mut Vec<Diagnostic>) {
    for (address, routes) in catalog.routes() {
        let claims = routes.iter().filter_map(|route| match route {
            Route::Alias(path) => catalog.entry(path),
            _ => None,
        });
        let claims: Vec<&Arc<Entry>> = claims.collect();
        let Some(first) = claims.first() else { continue };
        let owner = routes.iter().find_map(|route| match route {
            Route::Page(path) | Route::Deck(path) => Some(path),
            _ => None,
        });
        let holder = owner.unwrap_or(&first.document.path);
        for claim in &claims {
            let own = owner.is_none() && claim.kind == first.kind && claim.name == first.name;
            if own {
                continue;
            }
            let path = &claim.document.path;
            let mut aliases = claim.document.matter.aliases.iter();
            let alias = aliases.find(|alias| claim.old_route(alias).as_deref() == Some(address));
            let span = alias.map_or(Span::default(), |alias| alias.span);
            let message = format!("the old address {address} belongs to `{holder}`");
            let help = "take the alias out of one of them".to_owned();
            found.push(diagnostic(&rules::ALIAS_TAKEN, path, span, message, help));
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
        let is_translation = entry.lang != config.lang && catalog.versions(entry).len() > 1;
        if is_translation || !catalog.is_orphan(entry) {
            continue;
        }
        let message = format!("no page and no slide links to `{}`", entry.title);
        let help = format!("link to it with [[{}]]", entry.name.replace('_', " "));
        found.push(diagnostic(&rules::ORPHAN, &document.path, Span::default(), message, help));
    }
}

/// Redirects that lead to nothing, or round in a circle.
fn redirects(catalog: &Catalog, _: &Config, found: &mut Vec<Diagnostic>) {
    for entry in catalog.entries() {
        let document = &entry.document;
        let Some(target) = &document.matter.redirect else { continue };
        let mut way = vec![Arc::clone(entry)];
        while let Some(next) = way.last().and_then(|last| catalog.redirect(last)) {
            let round = way.iter().any(|known| Arc::ptr_eq(known, &next));
            way.push(next);
            if round {
                break;
            }
        }
        let names: Vec<&str> = way.iter().map(|entry| entry.name.as_str()).collect();
        let (rule, message, help) = if way.len() == 1 {
            let message = format!("the redirect leads to nothing named `{}`", one_line(target));
            (&rules::MISSING_LINK, message, "write the name of a page that is there")
        } else if Arc::ptr_eq(entry, &way[way.len() - 1]) {
            let message = format!("the redirects lead in a circle: {}", names.join(" → "));
            (&rules::REDIRECT_LOOP, message, "let one of them lead to a page with a text")
        } else if let Some(next) = catalog.next(entry).filter(Arrival::is_lost) {
            let (anchor, title) = (one_line(&next.anchor.unwrap_or_default()), &next.entry.title);
            let message = format!("the redirect leads to `{title}`, which has no `{anchor}`");
            (&rules::MISSING_ANCHOR, message, "mend the part behind the `#`, or leave it out")
        } else {
            continue;
        };
        let at = document.matter.redirect_at;
        found.push(diagnostic(rule, &document.path, at, message, help.to_owned()));
    }
}

/// Names in `[wiki] order` that no page bears.
fn reading_order(catalog: &Catalog, config: &Config, found: &mut Vec<Diagnostic>) {
    let missing = config.order.iter().filter(|(name, _)| catalog.named_page(name).is_none());
    let mut names = None;
    for (name, span) in missing {
        let pages = || {
            let pages = catalog.entries().filter(|entry| entry.kind == Kind::Page);
            Names::of(pages.map(|entry| (entry.name.as_str(), entry.name.as_str())))
        };
        let question = names.get_or_insert_with(pages).question(name, "");
        let help =
            question.unwrap_or_else(|| "write a page's whole name, its folder too".to_owned());
        let message = format!("`order` names the page `{name}`, which is not there");
        let path = SourcePath::new("kami.toml");
        found.push(diagnostic(&rules::MISSING_LINK, &path, *span, message, help));
    }
}
