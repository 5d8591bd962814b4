//! The views of what is not joined: names that no page has yet, with who wants them, and pages that nobody links to.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::fill::{relative, root_of};
use super::shell::{Head, in_language, shell, site_languages};
use super::{Page, Site, View};
use crate::catalog::names::fold;
use crate::catalog::{Entry, Resolution};
use crate::document::Origins;

#[derive(Clone, Debug, Serialize)]
pub struct Gaps {
    /// `wanted` or `orphans`.
    pub kind: &'static str,
    pub intro: String,
    pub wanted: Vec<Wanted>,
    pub orphans: Vec<Orphan>,
    /// The way to the other of the two.
    pub other: String,
}

/// A name that nothing has, and the links that name it.
#[derive(Clone, Debug, Serialize)]
pub struct Wanted {
    pub name: String,
    pub by: Vec<Wish>,
}

/// A link to what is not there.
#[derive(Clone, Debug, Serialize)]
pub struct Wish {
    pub title: String,
    pub href: String,
    pub lang: String,
    pub kind: &'static str,
    /// The number of the slide that has the link; nothing on a page.
    pub slide: Option<u32>,
    pub file: String,
}

/// A page that nobody links to.
#[derive(Clone, Debug, Serialize)]
pub struct Orphan {
    pub title: String,
    pub href: String,
    pub lang: String,
    pub file: String,
}

/// Composes `wanted.html` or `orphans.html` in one of the languages.
pub(super) fn compose(site: Site<'_>, address: &str) -> Option<Page> {
    let langs = site_languages(site);
    let (lang, kind, other) = langs.iter().find_map(|lang| {
        let is = |stem: &str| in_language(site, stem, lang) == address;
        match (is("wanted"), is("orphans")) {
            (true, _) => Some((lang, "wanted", "orphans")),
            (_, true) => Some((lang, "orphans", "wanted")),
            _ => None,
        }
    })?;
    let word = |key| site.interface.word(lang, key).to_owned();
    let root = root_of(address);
    let mut gaps = Gaps {
        kind,
        intro: word(if kind == "wanted" { "wanted_intro" } else { "orphans_intro" }),
        wanted: Vec::new(),
        orphans: Vec::new(),
        other: relative(&root, &in_language(site, other, lang)),
    };
    if kind == "wanted" {
        gaps.wanted = wanted(site, lang, &root);
    } else {
        gaps.orphans = orphans(site, lang, &root);
    }
    let head = Head {
        address,
        lang,
        title: word(kind),
        description: gaps.intro.clone(),
        versions: langs
            .iter()
            .map(|other| (other.clone(), in_language(site, kind, other)))
            .collect(),
        styles: vec![site.interface.asset("site.css").to_owned()],
        scripts: site.interface.site_scripts(),
        origins: &Origins::default(),
    };
    Some(Page { template: "list/gaps.html", shell: shell(site, head), view: View::Gaps(gaps) })
}

/// Returns the names that nothing has: those that most want first.
fn wanted(site: Site<'_>, lang: &str, root: &str) -> Vec<Wanted> {
    let mut found: BTreeMap<String, Wanted> = BTreeMap::new();
    for entry in site.catalog.works_in(lang, &site.config.lang) {
        for (index, link) in entry.document.links.iter().enumerate() {
            if !matches!(&*site.catalog.resolve(entry, index), Resolution::Missing) {
                continue;
            }
            let name = link.target.split_whitespace().collect::<Vec<_>>().join(" ");
            let wish = wish(entry, link.slide, root);
            let wanted = found.entry(fold(&name)).or_insert(Wanted { name, by: Vec::new() });
            if wanted.by.last().is_none_or(|last| last.href != wish.href) {
                wanted.by.push(wish);
            }
        }
    }
    let mut wanted: Vec<Wanted> = found.into_values().collect();
    wanted.sort_by_key(|wanted| usize::MAX - wanted.by.len());
    wanted
}

fn wish(entry: &Arc<Entry>, slide: Option<u32>, root: &str) -> Wish {
    let mut href = relative(root, &entry.route);
    if let Some(slide) = slide {
        href.extend(["#", &slide.to_string()]);
    }
    Wish {
        title: entry.title.clone(),
        href,
        lang: entry.lang.clone(),
        kind: entry.kind.word(),
        slide,
        file: entry.document.path.to_string(),
    }
}

fn orphans(site: Site<'_>, lang: &str, root: &str) -> Vec<Orphan> {
    let works = site.catalog.works_in(lang, &site.config.lang).into_iter();
    let mut orphans: Vec<Orphan> = works
        .filter(|entry| site.catalog.is_orphan(entry))
        .map(|entry| Orphan {
            title: entry.title.clone(),
            href: relative(root, &entry.route),
            lang: entry.lang.clone(),
            file: entry.document.path.to_string(),
        })
        .collect();
    orphans.sort_by_cached_key(|orphan| (orphan.title.to_lowercase(), orphan.href.clone()));
    orphans
}
