//! What is wrong with a bundle, and where.

use std::sync::{Arc, PoisonError};

use rayon::prelude::*;

use super::Bundle;
use crate::catalog::Entry;
use crate::check::Known;
use crate::diagnostic::{self, Diagnostic, rules};
use crate::page;
use crate::source::{Content, Part, Source, SourcePath};
use crate::span::{Lines, Span};

/// What hosts read beside the pages, and what to do where ours says more than they read.
const HOST_FILES: [(&str, &str); 2] = [
    (
        "_redirects",
        "the small pages at old addresses lead on all the same; take out aliases that nobody follows any more",
    ),
    (
        "_headers",
        "it names every host that a page shows something of; put pictures and films into the site",
    ),
];

impl Bundle {
    /// Returns what is wrong with single files, diagrams aside: quick, and all that can be an error in a document.
    pub fn parse_diagnostics(&self) -> Vec<Diagnostic> {
        let mut found: Vec<Diagnostic> =
            self.config_diagnostics.iter().chain(&self.templates.diagnostics).cloned().collect();
        found.extend(
            self.documents.values().flat_map(|document| document.diagnostics.iter().cloned()),
        );
        found.extend(self.sources.iter().filter_map(fault));
        found.extend(self.faults.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned());
        diagnostic::sort(&mut found);
        found.dedup();
        found
    }

    /// Returns everything that is wrong with the site, by place.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let entries: Vec<&Arc<Entry>> = self.catalog.entries().collect();
        let known = self.known();
        let mut found: Vec<Diagnostic> = entries
            .par_iter()
            .flat_map_iter(|entry| crate::check::document(&known, entry))
            .collect();
        let unlisted = self.documents.values().filter(|it| self.catalog.entry(&it.path).is_none());
        found.extend(unlisted.flat_map(|document| crate::check::diagrams(&known, document)));
        found.extend(crate::check::site(&self.catalog, &self.config));
        found.extend(crate::check::running_order(&self.catalog, &self.config, &self.sources));
        let themes = &self.templates.interface.themes;
        found.extend(crate::check::themes(&self.catalog, &self.config, themes));
        found.extend(crate::check::names(
            &self.catalog,
            self.sources.iter().map(|source| &source.path),
        ));
        found.extend(self.host_diagnostics());
        found.extend(self.parse_diagnostics());
        diagnostic::sort(&mut found);
        found.dedup();
        found
    }

    /// Returns what hosts do not read of what they are told, be it ours or the site's own.
    fn host_diagnostics(&self) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let mut tell = |path: &SourcePath, span: Span, message: String, help: &str| {
            let (path, help) = (path.clone(), help.to_owned());
            found.push(Diagnostic { rule: &rules::REDIRECTS, path, span, message, help });
        };
        let config = SourcePath::new("kami.toml");
        for (file, help) in HOST_FILES {
            let own = SourcePath::new(format!("static/{file}"));
            let is_own = self.sources.get(&own).is_some();
            for (place, message) in page::beyond(file, &self.host_text(file)) {
                let (path, span, help) = if is_own {
                    (
                        &own,
                        Span::new(place.start, place.end),
                        "take out lines that nobody needs, or let one with `*` stand for many",
                    )
                } else {
                    (&config, Span::default(), help)
                };
                tell(path, span, message, help);
            }
        }
        if self.sources.get(&SourcePath::new("static/_redirects")).is_none()
            && let Some((count, first)) = page::untold(self.site())
        {
            let message = format!(
                "{count} old addresses are too long for `_redirects`, the first is `{first}`"
            );
            tell(&config, Span::default(), message, HOST_FILES[0].1);
        }
        found
    }

    fn host_text(&self, file: &str) -> String {
        let output = self.output(file);
        output.map_or_else(String::new, |it| String::from_utf8_lossy(&it.bytes).into_owned())
    }

    /// Returns what rules about single documents look at.
    pub fn known(&self) -> Known<'_> {
        let (catalog, config) = (&self.catalog, &*self.config);
        Known { catalog, config, kept: &self.kept, workshop: &self.workshop }
    }

    /// Returns a diagnostic with its line, column and excerpt.
    pub fn locate(&self, diagnostic: &Diagnostic) -> diagnostic::Located {
        let source = self.sources.get(&diagnostic.path);
        let for_hosts = diagnostic.path.as_str().strip_prefix("static/");
        let for_hosts = for_hosts.filter(|file| HOST_FILES.iter().any(|(known, _)| known == file));
        let for_hosts = for_hosts.map(|file| self.host_text(file)).unwrap_or_default();
        let text = match source.and_then(Source::as_part) {
            Some(Part::Text(text) | Part::Values(text)) => text,
            Some(Part::Unreadable) | None => &for_hosts,
        };
        let mut located = diagnostic.locate_in(text, &self.lines(&diagnostic.path, text));
        if let Some(Content::Unusable(fault)) = source.map(|source| &source.content) {
            (located.line, located.column) = (fault.line, fault.column);
        }
        if let Some(file) = &self.options.file {
            located.path = beside(file, &diagnostic.path);
        }
        located
    }

    /// Returns the lines of a file; those of the file that was asked for last are known.
    fn lines(&self, path: &SourcePath, text: &str) -> Arc<Lines> {
        let mut known = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, lines)) = &*known
            && of == path
        {
            return Arc::clone(lines);
        }
        let lines = Arc::new(Lines::of(text));
        *known = Some((path.clone(), Arc::clone(&lines)));
        lines
    }
}

/// Returns the name that people know a source by when one file is the whole site.
fn beside(file: &str, path: &SourcePath) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    let own = path.as_str().strip_prefix("decks/").unwrap_or_default();
    if own == name || own.strip_suffix(".md") == Some(name) {
        return file.to_owned();
    }
    let folder = file.rfind('/').map_or("", |at| &file[..=at]);
    format!("{folder}{}", path.as_str().trim_start_matches("decks/"))
}

fn fault(source: &Source) -> Option<Diagnostic> {
    let Content::Unusable(fault) = &source.content else { return None };
    let rule = rules::find(fault.code).unwrap_or(&rules::UNREADABLE);
    Some(Diagnostic {
        rule,
        path: source.path.clone(),
        span: Span::default(),
        message: fault.message.clone(),
        help: fault.help.clone(),
    })
}
