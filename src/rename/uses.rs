//! All that documents name, what it means before and after, and how it is written so that it means the same.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use rayon::prelude::*;

use super::Plan;
use super::alias::quoted;
use super::films::{file_shown, posters};
use super::written::{Form, as_address, relative, target_at};
use crate::catalog::names::{fold, last};
use crate::catalog::{Entry, Resolution};
use crate::compile::Bundle;
use crate::document::{self, Document, Filling};
use crate::source::{Source, SourcePath, join};
use crate::span::{Span, lines};
use crate::theme::file_of;

/// A link, a picture or an include that would not mean what it means now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fault {
    /// The file that it is written in, as it is called now.
    pub(super) path: SourcePath,
    pub(super) span: Span,
    form: Form,
    /// The document that it belongs to: paths are meant from there.
    from: SourcePath,
    /// What it has to mean afterwards.
    meant: SourcePath,
    /// Whether the file of what is meant ends in a language that the link does not name.
    unnamed_lang: bool,
    /// The target as the text has it, where it is a link.
    written: String,
    /// Whether it would lead elsewhere, and is not just called by a name of yesterday.
    pub(super) wrong: bool,
}

/// Finds all that would not mean what it means now.
pub(super) fn faults(before: &Bundle, after: &Bundle, plan: &Plan) -> Vec<Fault> {
    let entries: Vec<&Arc<Entry>> = before.catalog.entries().collect();
    let found = entries.par_iter().map(|entry| {
        let path = plan.path_after(&entry.document.path);
        let Some(later) = after.catalog.entry(&path) else { return Vec::new() };
        let pair = Pair { before, after, plan, entry, later };
        let mut found = pair.links();
        found.extend(pair.files());
        found.extend(pair.captions());
        found.extend(pair.includes());
        found.extend(pair.redirect());
        found
    });
    let mut found: Vec<Fault> = found.collect::<Vec<_>>().concat();
    found.sort();
    found.dedup();
    found
}

/// One document as it is and as it would be.
pub(super) struct Pair<'a> {
    pub(super) before: &'a Bundle,
    pub(super) after: &'a Bundle,
    pub(super) plan: &'a Plan,
    pub(super) entry: &'a Arc<Entry>,
    pub(super) later: &'a Arc<Entry>,
}

impl Pair<'_> {
    pub(super) fn fault(&self, span: Span, form: Form, meant: SourcePath) -> Fault {
        let (path, span) = self.entry.document.written_at(span);
        let from = self.entry.document.path.clone();
        Fault {
            path,
            span,
            form,
            from,
            meant,
            unnamed_lang: false,
            written: String::new(),
            wrong: true,
        }
    }

    fn links(&self) -> Vec<Fault> {
        let mut found = Vec::new();
        let pairs = self.entry.document.links.iter().zip(&self.later.document.links);
        for (index, (link, later)) in pairs.enumerate() {
            // The document itself, whatever it is called.
            if link.target.is_empty() && later.target.is_empty() {
                continue;
            }
            let was = self.before.catalog.resolve(self.entry, index);
            let is = self.after.catalog.resolve(self.later, index);
            let form = if link.form == document::Form::Markdown { Form::Path } else { Form::Wiki };
            match (&*was, &*is) {
                (Resolution::Document { entry, by, .. }, is) => {
                    // A link by way of a redirect goes on to name the redirect.
                    let entry = by.as_ref().unwrap_or(entry);
                    let meant = self.plan.path_after(&entry.document.path);
                    let same = |entry: &Arc<Entry>| entry.document.path == meant;
                    let right = matches!(is, Resolution::Document { entry, by, .. } if same(by.as_ref().unwrap_or(entry)));
                    let file = form == Form::Path && self.lay_there(&link.target, &later.target);
                    let written = self.before.catalog.name_of(self.entry, link).into_owned();
                    let named_later = if form == Form::Wiki { &written } else { &*later.target };
                    if !right || file || self.names_what_was(named_later, entry) {
                        let named = document_stem(&written);
                        let unnamed_lang =
                            entry.is_translation() && !named.ends_with(&format!(".{}", entry.lang));
                        let fault = self.fault(link.span, form, meant);
                        found.push(Fault { unnamed_lang, written, wrong: !right, ..fault });
                    }
                }
                (Resolution::Asset(path), is) => {
                    let meant = self.plan.path_after(path);
                    if !matches!(is, Resolution::Asset(path) if *path == meant) {
                        found.push(self.fault(link.span, form, meant));
                    }
                }
                (Resolution::Tag(_) | Resolution::Missing, _) => {}
            }
        }
        found
    }

    /// Tells whether a path leads to a file now and would not, though the name alone might still be found.
    fn lay_there(&self, target: &str, later: &str) -> bool {
        let lies = |bundle: &Bundle, folder: &str, target: &str| {
            let path = join(folder, target).map(SourcePath::new);
            !target.starts_with('/') && path.is_some_and(|path| bundle.sources.get(&path).is_some())
        };
        lies(self.before, self.entry.folder(), target)
            && !lies(self.after, self.later.folder(), later)
    }

    /// Tells whether a target is the name that a document has no longer. Its title may lead there all the same.
    fn names_what_was(&self, target: &str, entry: &Entry) -> bool {
        let name = |path: &SourcePath| {
            let stem = path.as_str().strip_suffix(".md").unwrap_or(path.as_str());
            fold(last(stem.strip_suffix("/index").unwrap_or(stem)))
        };
        let path = &entry.document.path;
        let (was, is) = (name(path), name(&self.plan.path_after(path)));
        let target = document_stem(target.trim_end_matches('/'));
        let target = fold(last(target.strip_suffix("/index").unwrap_or(target)));
        let bare = target.rsplit(':').next().unwrap_or(&target);
        was != is
            && [target.as_str(), bare].iter().any(|target| {
                *target == was || was.strip_suffix(&format!(".{}", entry.lang)) == Some(target)
            })
    }

    /// Pictures, films, and what styles show.
    fn files(&self) -> Vec<Fault> {
        let (was, is) = (named_files(&self.entry.document), named_files(&self.later.document));
        let mut found = Vec::new();
        for ((target, span, form), (later, ..)) in was.into_iter().zip(is) {
            let Some(path) = self.before.catalog.resolve_asset(self.entry, &target) else {
                continue;
            };
            let meant = self.plan.path_after(&path);
            let right =
                self.after.catalog.resolve_asset(self.later, &later).as_ref() == Some(&meant);
            if !right || self.lay_there(&target, &later) {
                found.push(Fault { wrong: !right, ..self.fault(span, form, meant) });
            }
        }
        found
    }

    fn includes(&self) -> Vec<Fault> {
        let parts =
            self.entry.document.parts.iter().filter(|part| self.before.sources.get(part).is_some());
        let own = std::iter::once(&self.entry.document.path);
        let mut found = Vec::new();
        for path in own.chain(parts) {
            let text = self.before.sources.text(path.as_str()).unwrap_or_default();
            let later_path = self.plan.path_after(path);
            let later = self.after.sources.text(later_path.as_str()).unwrap_or_default();
            let folders = [self.entry.folder(), path.folder()];
            let later_folders = [self.later.folder(), later_path.folder()];
            let asked = |text| includes(text).into_iter().chain(document::asked_values(text));
            for ((target, range), (now, _)) in asked(text).zip(asked(later)) {
                let Some(part) = included(self.before, folders, target) else { continue };
                let meant = self.plan.path_after(&part);
                if included(self.after, later_folders, now).as_ref() != Some(&meant) {
                    let (path, span) = (path.clone(), Span::new(range.start, range.end));
                    let from = self.entry.document.path.clone();
                    found.push(Fault {
                        path,
                        span,
                        form: Form::Url,
                        from,
                        meant,
                        unnamed_lang: false,
                        written: String::new(),
                        wrong: true,
                    });
                }
            }
        }
        found
    }

    fn redirect(&self) -> Option<Fault> {
        let was = self.before.catalog.redirect(self.entry)?;
        let meant = self.plan.path_after(&was.document.path);
        let is = self.after.catalog.redirect(self.later);
        let right = is.is_some_and(|is| is.document.path == meant);
        let named = self.later.document.matter.redirect.as_deref().unwrap_or_default();
        let named = named.split('#').next().unwrap_or_default().trim();
        if right && !self.names_what_was(named, &was) {
            return None;
        }
        let path = &self.entry.document.path;
        let value = redirect_value(self.before.sources.text(path.as_str())?)?;
        let span = Span::new(value.start, value.end);
        let fault = self.fault(span, Form::Value, meant);
        // It stands in the file itself, whatever that includes.
        Some(Fault { path: path.clone(), span, wrong: !right, ..fault })
    }
}

/// Returns a target without what stands for a file.
fn document_stem(target: &str) -> &str {
    target.strip_suffix(".md").or_else(|| target.strip_suffix(".html")).unwrap_or(target)
}

/// Returns the files that a document shows, as they are named, and where.
fn named_files(document: &Document) -> Vec<(String, Span, Form)> {
    let mut found: Vec<_> = document
        .fillings()
        .flat_map(|filling| match filling {
            Filling::Picture(picture) => vec![(file_shown(picture), picture.span, Form::Path)],
            Filling::Files(files) => {
                files.0.own().map(|address| (file_of(address), files.1, Form::Path)).collect()
            }
            _ => Vec::new(),
        })
        .collect();
    found.extend(posters(document));
    let styles = document.styles.iter().flat_map(|style| &style.urls);
    let urls = styles.chain(&document.look_urls);
    found.extend(urls.map(|(address, span)| (file_of(address), *span, Form::Url)));
    found
}

/// Finds the comments that include files, and where in them the path stands.
fn includes(text: &str) -> Vec<(&str, Range<usize>)> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in lines(text) {
        let inside = line.trim().strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->"));
        let target =
            inside.and_then(|inside| inside.trim_matches('-').trim().strip_prefix("include:"));
        if let Some(target) =
            target.map(|target| target.trim().trim_matches(['"', '\''])).filter(|it| !it.is_empty())
            && let Some(start) = line
                .find("include:")
                .and_then(|from| line[from + 8..].find(target).map(|at| from + 8 + at))
        {
            found.push((target, at + start..at + start + target.len()));
        }
        at += line.len();
    }
    found
}

fn included(bundle: &Bundle, folders: [&str; 2], target: &str) -> Option<SourcePath> {
    let decoded = percent_decode_str(target).decode_utf8_lossy();
    let lies = |target: &str| {
        let paths = folders.into_iter().filter_map(|folder| join(folder, target));
        let source = |path: &SourcePath| bundle.sources.get(path).and_then(Source::as_part);
        paths.map(SourcePath::new).find(|path| source(path).is_some())
    };
    lies(target).or_else(|| lies(&decoded))
}

/// Finds the name in `redirect: Name#Heading`.
fn redirect_value(text: &str) -> Option<Range<usize>> {
    let mut at = 0;
    for line in lines(text) {
        if let Some(value) = line.strip_prefix("redirect:") {
            let name = value.trim().trim_matches(['"', '\'']);
            let name = name.split('#').next().unwrap_or(name).trim();
            let start = at + "redirect:".len() + value.find(name)?;
            return Some(start..start + name.len());
        }
        at += line.len();
    }
    None
}

/// Writes what would mean something else so that it means the same.
pub(super) fn rewrite(
    bundle: &Bundle,
    plan: &Plan,
    fault: &Fault,
    round: usize,
    edits: &mut BTreeMap<(SourcePath, Span), String>,
) {
    let Some(text) = bundle.sources.text(fault.path.as_str()) else { return };
    let span = fault.span.start as usize..fault.span.end as usize;
    // Where the place of a link itself is known already, it is taken as it is.
    let plain = text.get(span.clone()).is_some_and(|found| !found.contains(['[', '(', '<', '\n']));
    let range = match fault.form {
        Form::Path if text[span.clone()].contains("[[") => target_at(text, span, Form::Wiki),
        Form::Value => Some(span),
        Form::Wiki | Form::Url if plain => Some(span),
        form => target_at(text, span, form).map(|range| whole(text, range, &fault.written)),
    };
    if fault.form == Form::Wiki {
        directives_rewritten(text, fault, folder_of(plan, fault).as_str(), edits);
    }
    let Some(range) = range.or_else(|| written_near(text, fault, edits)) else { return };
    let from = plan.path_after(&fault.from);
    let folder = from.folder();
    if fault.form == Form::Value {
        let (span, new) = redirect_to(text, range, |old| name_of(fault, old, folder, round));
        edits.insert((fault.path.clone(), span), new);
        return;
    }
    let old = &text[range.clone()];
    let new = match fault.form {
        Form::Wiki | Form::Value => name_of(fault, old, folder, round),
        Form::Path if text[..range.start].ends_with("[[") => name_of(fault, old, folder, round),
        // A bracket would end the words that it stands among.
        Form::Poster => {
            let address = address_of(fault, old, folder, false);
            address.replace('[', "%5B").replace(']', "%5D")
        }
        Form::Path | Form::Url => {
            let bracketed = text[..range.start].ends_with('<');
            address_of(fault, old, folder, bracketed)
        }
    };
    edits.insert((fault.path.clone(), Span::new(range.start, range.end)), new);
}

/// Returns the place of all of a name that holds `#` itself.
fn whole(text: &str, range: Range<usize>, written: &str) -> Range<usize> {
    let is_there = written.contains('#') && text[range.start..].starts_with(written);
    if is_there { range.start..range.start + written.len() } else { range }
}

/// Writes another name behind `redirect:`, in quotation marks where the old one has them or the new one needs them.
fn redirect_to(text: &str, old: Range<usize>, name: impl FnOnce(&str) -> String) -> (Span, String) {
    let new = name(&text[old.clone()]);
    let span = Span::new(old.start, old.end);
    if text[..old.start].ends_with('"') {
        return (span, new);
    }
    if text[..old.start].ends_with('\'') {
        return (span, new.replace('\'', "''"));
    }
    if quoted(&new) == new {
        return (span, new);
    }
    let line = lines(&text[old.end..]).next().unwrap_or_default();
    let anchor = line.split(" #").next().unwrap_or(line).trim_end();
    (Span::new(old.start, old.end + anchor.len()), quoted(&(new + anchor)))
}

fn folder_of(plan: &Plan, fault: &Fault) -> String {
    plan.path_after(&fault.from).folder().to_owned()
}

/// Headers and footers stand on many slides, and their links have no place of their own.
fn directives_rewritten(
    text: &str,
    fault: &Fault,
    folder: &str,
    edits: &mut BTreeMap<(SourcePath, Span), String>,
) {
    let wanted = ["[[", fault.written.as_str()].concat();
    if fault.written.is_empty() || !fault.path.as_str().starts_with("decks/") {
        return;
    }
    let mut at = 0;
    for line in lines(text) {
        let words =
            line.trim_start().trim_start_matches("<!--").trim_start().trim_start_matches('_');
        if words.starts_with("header:") || words.starts_with("footer:") {
            let whole = |found: &usize| {
                line[found + wanted.len()..].trim_start().starts_with(['#', '|', ']'])
            };
            for (found, _) in line.match_indices(&wanted).filter(|(found, _)| whole(found)) {
                let start = at + found + "[[".len();
                let span = Span::new(start, start + fault.written.len());
                edits.insert((fault.path.clone(), span), name_of(fault, &fault.written, folder, 0));
            }
        }
        at += line.len();
    }
}

/// Finds a target in the lines where it was written: of some links only these are known.
fn written_near(
    text: &str,
    fault: &Fault,
    edits: &BTreeMap<(SourcePath, Span), String>,
) -> Option<Range<usize>> {
    let (start, end) = (fault.span.start as usize, fault.span.end as usize);
    let from = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let to = text.get(end..)?.find('\n').map_or(text.len(), |at| end + at);
    let mark = if fault.form == Form::Wiki { "[[" } else { "](" };
    let wanted = [mark, fault.written.as_str()].concat();
    let found = text.get(from..to)?.match_indices(&wanted).filter(|_| !fault.written.is_empty());
    let ranges: Vec<Range<usize>> =
        found.map(|(at, _)| from + at + mark.len()..from + at + wanted.len()).collect();
    // The same may stand there twice.
    let known = |range: &&Range<usize>| {
        edits.contains_key(&(fault.path.clone(), Span::new(range.start, range.end)))
    };
    ranges.iter().find(|range| !known(range)).or(ranges.last()).cloned()
}

/// Returns the name by which a wiki link means a document; later rounds write more of it.
fn name_of(fault: &Fault, old: &str, folder: &str, round: usize) -> String {
    let meant = fault.meant.as_str();
    if !fault.meant.is_markdown() {
        let short = round == 0 && !old.contains('/');
        return if short { fault.meant.file_name().to_owned() } else { relative(folder, meant) };
    }
    let kept = if ending(old) == "md" { ".md" } else { "" };
    let stem = meant.strip_suffix(".md").unwrap_or(meant);
    let stem = stem.strip_suffix("/index").unwrap_or(stem);
    let stem = if fault.unnamed_lang { without_lang(stem) } else { stem };
    let spaced = |name: &str| {
        let underlined = old.contains('_') && !old.contains(' ');
        if underlined { name.to_owned() } else { name.replace('_', " ") }
    };
    if old.starts_with("./") || old.starts_with("../") {
        let way = relative(folder, stem);
        let way = if way.starts_with("..") { way } else { format!("./{way}") };
        return spaced(&way) + kept;
    }
    let (top, name) = stem.split_once('/').unwrap_or(("", stem));
    let whole = old.starts_with("wiki/")
        || old.starts_with("decks/")
        || old.starts_with("/wiki/")
        || old.starts_with("/decks/");
    if round >= 2 || whole {
        let slash = if round >= 2 || old.starts_with('/') { "/" } else { "" };
        return format!("{slash}{top}/{}{kept}", spaced(name));
    }
    if old.starts_with('/') {
        return format!("/{}{kept}", spaced(name));
    }
    if old.contains(':') && name.contains('/') && round == 0 {
        return spaced(&name.replace('/', ":")) + kept;
    }
    let last = name.rsplit('/').next().unwrap_or(name);
    let name = if round == 0 && !old.contains('/') { last } else { name };
    spaced(name) + kept
}

/// Returns what stands behind the last dot of a path.
fn ending(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// Cuts the language off a path: `wiki/EBS.en`.
fn without_lang(stem: &str) -> &str {
    stem.rsplit_once('.').map_or(stem, |(rest, _)| rest)
}

/// Returns the address by which an ordinary link means a file.
fn address_of(fault: &Fault, old: &str, folder: &str, bracketed: bool) -> String {
    let meant = fault.meant.as_str();
    let is_document = fault.meant.is_markdown();
    let keeps_file = !is_document || ending(old) == "md";
    let stem = meant.strip_suffix(".md").filter(|_| is_document).unwrap_or(meant);
    let stem = if fault.unnamed_lang { without_lang(stem) } else { stem };
    let path = match (is_document, keeps_file) {
        (false, _) => meant.to_owned(),
        (true, true) => format!("{stem}.md"),
        (true, false) => {
            let html = if ending(old) == "html" { ".html" } else { "" };
            format!("{}{html}", stem.strip_suffix("/index").unwrap_or(stem))
        }
    };
    let way = if let Some(absolute) = old.strip_prefix('/') {
        let top = absolute.starts_with("wiki/") || absolute.starts_with("decks/");
        let inside = path.split_once('/').map_or(path.as_str(), |(_, inside)| inside);
        format!("/{}", if top { &path } else { inside })
    } else {
        let way = relative(folder, &path);
        if old.starts_with("./") && !way.starts_with("..") { format!("./{way}") } else { way }
    };
    as_address(&way, old, bracketed)
}
