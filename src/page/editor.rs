//! The view in which a source is written: a plain form, which works without scripts.

use serde::Serialize;

use super::fill::encode;
use super::sheet::Form;
use super::shell::{Head, shell};
use super::{Page, Site, View};
use crate::config::is_lang;
use crate::document::Origins;
use crate::merge::{Fate, compare};
use crate::source::SourcePath;

/// What the editor shows.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Editor {
    pub path: String,
    /// The path as an address has it.
    pub encoded: String,
    /// Where the form is sent to.
    pub action: String,
    /// The revision that the text was made from; empty for a text that is not there yet.
    pub rev: String,
    pub text: String,
    /// What has to be said first, and of what kind it is: `conflict`, `merged`, `old`, `fault`.
    pub message: String,
    pub kind: &'static str,
    /// The page that the text becomes; empty where there is none yet.
    pub back: String,
    /// Whether the text can only be read.
    pub read_only: bool,
    /// What else can be done with the file.
    pub forms: Vec<Form>,
    /// Whether a button makes a commit, and whether there are older versions to look at.
    pub commits: bool,
    pub history: bool,
    /// The text that stands on disk by now, line by line.
    pub current: Vec<Line>,
    /// The text as it was sent, where the form shows another one.
    pub sent: String,
}

/// A line of a text, and whether the other text has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    pub text: String,
    pub differs: bool,
}

/// Returns the lines of `current`, and which of them are not in `other`.
pub fn lines_beside(other: &str, current: &str) -> Vec<Line> {
    let found = compare(other, current).into_iter().filter(|(fate, _)| *fate != Fate::Removed);
    found
        .map(|(fate, line)| Line {
            text: line.trim_end_matches(['\n', '\r']).to_owned(),
            differs: fate == Fate::Added,
        })
        .collect()
}

/// Returns the address of the editor of a source.
pub fn editor_route(path: &SourcePath) -> String {
    format!("_kami/edit/{path}")
}

/// Returns the name that a source has or would have.
pub fn editor_name(site: Site<'_>, path: &SourcePath) -> String {
    let stem = path.as_str().split_once('/').map_or(path.as_str(), |(_, stem)| stem);
    let stem = stem.trim_end_matches(".md").trim_end_matches("/index");
    site.catalog.entry(path).map_or(stem, |entry| entry.name.as_str()).replace('_', " ")
}

/// Returns the language that the editor of a source speaks: that of the text where it is known.
pub fn editor_lang(site: Site<'_>, path: &SourcePath) -> String {
    if let Some(entry) = site.catalog.entry(path) {
        return entry.lang.clone();
    }
    let named = path.as_str().strip_suffix(".md").and_then(|stem| stem.rsplit_once('.'));
    let named = named.map(|(_, lang)| lang).filter(|lang| is_lang(lang));
    let known = |lang: &&str| site.config.languages.iter().any(|known| known == lang);
    named.filter(known).unwrap_or(&site.config.lang).to_owned()
}

/// Composes the editor of a source; `editor` says what it holds.
pub fn editor(site: Site<'_>, path: &SourcePath, editor: Editor) -> Page {
    let (lang, route) = (editor_lang(site, path), editor_route(path));
    let entry = site.catalog.entry(path);
    let title = entry.map_or_else(
        || path.file_name().trim_end_matches(".md").replace('_', " ").trim().to_owned(),
        |entry| entry.title.clone(),
    );
    let key = if editor.rev.is_empty() { "edit_heading_new" } else { "edit_heading" };
    let heading = site.interface.word(&lang, key).replace("{title}", &title);
    let versions = entry.into_iter().flat_map(|entry| site.catalog.versions(entry));
    let versions = versions
        .map(|version| (version.lang.clone(), editor_route(&version.document.path)))
        .collect();
    let head = Head {
        address: &route,
        lang: &lang,
        title: heading,
        description: String::new(),
        versions,
        styles: vec![site.interface.asset("site.css").to_owned()],
        scripts: site.interface.site_scripts(),
        origins: &Origins::default(),
    };
    let mut shell = shell(site, head);
    shell.social = None;
    shell.alternates.clear();
    let back = entry.map_or_else(String::new, |entry| format!("/{}", encode(&entry.route)));
    let (action, encoded) = (format!("/{}", encode(&route)), encode(path.as_str()));
    let own = Editor { path: path.to_string(), encoded, action, back, ..editor };
    Page { template: "editor/editor.html", shell, view: View::Editor(own) }
}
