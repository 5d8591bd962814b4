//! What an embed shows: a page, a section of one, a slide; and where embeds lead in a circle.

use std::ops::Range;
use std::sync::Arc;

use super::{Catalog, Entry, Resolution};
use crate::document::{Document, Filling, Form, Kind, Link, Prose};
use crate::source::SourcePath;

/// How deep embeds may lie in each other.
pub const EMBED_DEPTH_MAX: usize = 5;

/// How many embeds one output shows: pages that show each other twice grow fast.
pub const EMBEDS_MAX: usize = 500;

/// How much of a document is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Whole,
    /// A slide, from 0.
    Slide(usize),
    /// The section under the heading with this index.
    Section(usize),
}

/// What an embed shows.
#[derive(Clone, Debug)]
pub struct Shown {
    pub entry: Arc<Entry>,
    pub part: Part,
}

impl Shown {
    /// Returns what the part that is shown is called.
    pub fn title(&self) -> &str {
        let document = &self.entry.document;
        let own = match self.part {
            Part::Whole => "",
            Part::Slide(index) => &document.slides[index].title,
            Part::Section(index) => &document.headings[index].text,
        };
        if own.is_empty() { &self.entry.title } else { own }
    }
}

/// A document and a part of it, on the way from an output to what it shows.
pub type Stop = (SourcePath, Part);

/// Why an embed is shown as a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmbedFault {
    /// It leads back to where it stands; the names on the way.
    Cycle(Vec<String>),
    /// It shows more in each other than anybody reads; the names on the way.
    Deep(Vec<String>),
    /// The output shows too many.
    Many,
}

impl Catalog {
    /// Returns what an embed shows, if what it names is there to be shown.
    pub fn shown(&self, from: &Arc<Entry>, link: usize) -> Option<Shown> {
        let resolution = self.resolve(from, link);
        let Resolution::Document { entry, fragment, lost: false, .. } = &*resolution else {
            return None;
        };
        let part = part_of(entry, fragment.as_deref())?;
        Some(Shown { entry: Arc::clone(entry), part })
    }

    /// Finds the embeds of a document that cannot be shown.
    pub fn embed_faults<'a>(&self, entry: &'a Arc<Entry>) -> Vec<(&'a Link, EmbedFault)> {
        let document = &entry.document;
        if document.links.iter().all(|link| link.form != Form::Embed) {
            return Vec::new();
        }
        let parts: Vec<Part> = match entry.kind {
            Kind::Page => vec![Part::Whole],
            Kind::Deck => (0..document.slides.len()).map(Part::Slide).collect(),
        };
        let mut walk = Walk { catalog: self, count: 0, way: Vec::new() };
        let mut faults = Vec::new();
        for part in parts {
            walk.way.push((Arc::clone(entry), part));
            for link in embeds(document, part) {
                if let Some(fault) = walk.follow(entry, link) {
                    faults.push((&document.links[link], fault));
                }
            }
            walk.way.pop();
        }
        faults
    }
}

/// Follows embeds as composing does.
struct Walk<'a> {
    catalog: &'a Catalog,
    count: usize,
    way: Vec<(Arc<Entry>, Part)>,
}

impl Walk<'_> {
    /// Follows one embed; returns what is wrong behind it and concerns where the way began.
    fn follow(&mut self, from: &Arc<Entry>, link: usize) -> Option<EmbedFault> {
        let Shown { entry, part } = self.catalog.shown(from, link)?;
        let known =
            |(other, known): &(Arc<Entry>, Part)| Arc::ptr_eq(other, &entry) && *known == part;
        if let Some(at) = self.way.iter().position(known) {
            // A circle that others make is told where they make it.
            let own = at == 0 || Arc::ptr_eq(&self.way[at].0, &self.way[0].0);
            return own.then(|| EmbedFault::Cycle(self.names(&entry, part)));
        }
        if self.way.len() > EMBED_DEPTH_MAX {
            return Some(EmbedFault::Deep(self.names(&entry, part)));
        }
        self.count += 1;
        if self.count > EMBEDS_MAX {
            return (self.count == EMBEDS_MAX + 1).then_some(EmbedFault::Many);
        }
        self.way.push((Arc::clone(&entry), part));
        let document = Arc::clone(&entry.document);
        let found = embeds(&document, part).into_iter().map(|link| self.follow(&entry, link));
        // All are followed, for all of them count.
        let found: Vec<EmbedFault> = found.flatten().collect();
        self.way.pop();
        found.into_iter().next()
    }

    fn names(&self, last: &Arc<Entry>, part: Part) -> Vec<String> {
        let way = self.way.iter().map(|(entry, part)| name_of(entry, *part));
        way.chain([name_of(last, part)]).collect()
    }
}

fn name_of(entry: &Entry, part: Part) -> String {
    match part {
        Part::Whole => entry.title.clone(),
        Part::Slide(index) => format!("{}#{}", entry.title, index + 1),
        Part::Section(index) => format!("{}#{}", entry.title, entry.document.headings[index].text),
    }
}

fn part_of(entry: &Entry, fragment: Option<&str>) -> Option<Part> {
    let document = &entry.document;
    let heading = |id: &str| document.headings.iter().position(|heading| heading.id == id);
    match (entry.kind, fragment) {
        (Kind::Page, None) => Some(Part::Whole),
        (Kind::Deck, None) => Some(Part::Slide(0)),
        (Kind::Page, Some(id)) => {
            // A heading within a quotation has no section of its own: it is shown with what it stands in.
            let at = heading(id)?;
            let top = document.headings[..=at].iter().rposition(|heading| heading.top);
            Some(top.map_or(Part::Whole, Part::Section))
        }
        (Kind::Deck, Some(place)) => {
            let number = place.split('.').next().and_then(|number| number.parse::<usize>().ok());
            let slide = document.slides.iter().position(|slide| slide.key == place);
            let number = number.and_then(|number| number.checked_sub(1));
            let by_heading = || Some(document.headings[heading(place)?].slide? as usize - 1);
            let slide = slide.or(number).or_else(by_heading)?;
            (slide < document.slides.len()).then_some(Part::Slide(slide))
        }
    }
}

/// Returns the prose in which a part of a document stands, and where.
pub fn stretch(document: &Document, part: Part) -> (&Prose, Range<usize>) {
    match part {
        Part::Slide(index) => {
            let prose = document.slides.get(index).map_or(&document.body, |slide| &slide.prose);
            (prose, 0..prose.html.len())
        }
        Part::Whole => (&document.body, 0..document.body.html.len()),
        Part::Section(index) => (&document.body, section(document, index)),
    }
}

/// Returns where in the HTML of a page the section under a heading stands.
fn section(document: &Document, index: usize) -> Range<usize> {
    let prose = &document.body;
    let end = || {
        prose.html.find("<section class=\"footnotes\" data-footnotes").unwrap_or(prose.html.len())
    };
    let level = document.headings[index].level;
    let mut below = index + 1..document.headings.len();
    let below = below.find(|next| {
        let next = &document.headings[*next];
        next.top && next.level <= level
    });
    let start = start_of(prose, index).unwrap_or(0);
    start..below.and_then(|next| start_of(prose, next)).unwrap_or_else(end).max(start)
}

/// Returns where the tag of a heading begins: its id is written behind `<h2`.
fn start_of(prose: &Prose, heading: usize) -> Option<usize> {
    let is_id = |filling: &Filling| matches!(filling, Filling::Id(of) if *of as usize == heading);
    let hole = prose.holes.iter().find(|hole| is_id(&hole.filling))?;
    (hole.at as usize).checked_sub("<h2".len())
}

/// Returns the embeds that stand as blocks in a part of a document.
fn embeds(document: &Document, part: Part) -> Vec<usize> {
    let (prose, range) = stretch(document, part);
    let inside = prose.holes.iter().filter(|hole| range.contains(&(hole.at as usize)));
    inside
        .filter_map(|hole| match hole.filling {
            Filling::Embed { link, .. } => Some(link as usize),
            _ => None,
        })
        .collect()
}
