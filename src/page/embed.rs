//! Embeds: a page, a section or a slide inside another page, as it is today.

use std::cell::RefCell;

use super::Interface;
use super::deck::{embedded, looks, styles};
use super::fill::{Filler, Place, Sight, attribute, fragment, relative};
use crate::catalog::{EMBED_DEPTH_MAX, EMBEDS_MAX, Part, Shown, Stop, stretch};
use crate::document::html::escape;
use crate::document::{Kind, Origins};

/// What the page around needs for all that is embedded in it.
#[derive(Debug, Default)]
pub(super) struct Embeds(RefCell<Needs>);

#[derive(Debug, Default)]
struct Needs {
    count: usize,
    slides: bool,
    styles: Vec<String>,
    origins: Origins,
}

impl Embeds {
    /// Adds the style sheets that embedded slides and pages need, after those of the page itself.
    pub(super) fn styles(&self, own: &mut Vec<String>) {
        for style in &self.0.borrow().styles {
            if !own.contains(style) {
                own.push(style.clone());
            }
        }
    }

    /// Adds the script that fits embedded slides to their frames, where there are any.
    pub(super) fn scripts(&self, interface: &Interface, mut own: Vec<String>) -> Vec<String> {
        if self.0.borrow().slides {
            own.push(interface.asset("deck/fit.js").to_owned());
        }
        own
    }

    /// Returns the hosts that something is shown of, by embedded documents and by the page itself.
    pub(super) fn origins(&self, own: &Origins) -> Origins {
        let mut origins = own.clone();
        origins.extend(&self.0.borrow().origins);
        origins
    }
}

impl Filler<'_> {
    /// Writes what an embed shows; where it cannot be shown, a link to it.
    pub(super) fn embed(&self, index: usize, step: u32, out: &mut String) {
        let link = &self.entry.document.links[index];
        let shown = self.site.catalog.shown(self.entry, index);
        let stop = |shown: &Shown| (shown.entry.document.path.clone(), shown.part);
        let shown = shown.map(|shown| (stop(&shown), shown));
        if let Some((stop, shown)) = shown.filter(|(stop, _)| self.may_show(stop)) {
            return self.show(&shown, (stop, step), out);
        }
        out.push_str("<p");
        at_step(step, out);
        out.push('>');
        self.link(index, out);
        let anchor = link.anchor.iter().flat_map(|anchor| ["#", &**anchor]);
        let name: String = [&*link.target].into_iter().chain(anchor).collect();
        let label = link.sentence.parts()[1].trim();
        escape(if label.is_empty() { &name } else { label }, out);
        out.push_str("</a></p>");
    }

    fn may_show(&self, stop: &Stop) -> bool {
        self.way.len() <= EMBED_DEPTH_MAX
            && !self.way.contains(stop)
            && self.embeds.0.borrow().count < EMBEDS_MAX
    }

    fn show(&self, shown: &Shown, (stop, step): (Stop, u32), out: &mut String) {
        let entry = &shown.entry;
        let filler = Filler {
            site: self.site,
            entry,
            root: self.root.clone(),
            place: Place::Embedded,
            sight: Sight::Later,
            way: [&self.way[..], &[stop]].concat(),
            embeds: self.embeds,
        };
        self.need(shown);
        match shown.part {
            Part::Slide(index) => {
                out.push_str("<figure class=\"embed\"");
                at_step(step, out);
                out.push_str("><div class=\"card\">");
                out.push_str(&embedded(&filler, &entry.document.slides[index], index + 1));
                out.push_str("</div>\n<figcaption>");
                self.source(shown, out);
                out.push_str("</figcaption></figure>");
            }
            Part::Whole | Part::Section(_) => {
                out.push_str("<div class=\"page-embed\"");
                at_step(step, out);
                if entry.lang != self.entry.lang {
                    attribute("lang", &entry.lang, out);
                }
                out.push_str(">\n");
                let (prose, range) = stretch(&entry.document, shown.part);
                out.push_str(&filler.fill_part(prose, range));
                out.push_str("<p class=\"embed-source\">");
                self.source(shown, out);
                out.push_str("</p></div>");
            }
        }
    }

    /// Links to where an embed comes from.
    fn source(&self, Shown { entry, part }: &Shown, out: &mut String) {
        let document = &entry.document;
        let (anchor, place) = match part {
            Part::Whole => (String::new(), String::new()),
            Part::Slide(index) => ((index + 1).to_string(), document.slides[*index].title.clone()),
            Part::Section(index) => {
                let heading = &document.headings[*index];
                (heading.id.clone(), heading.text.clone())
            }
        };
        let mut href = relative(&self.root, &entry.route);
        if !anchor.is_empty() {
            href.extend(["#", &fragment(&anchor)]);
        }
        out.push_str("<a class=\"wikilink\"");
        attribute("href", &href, out);
        out.push('>');
        escape(&entry.title, out);
        out.push_str("</a>");
        if !place.is_empty() && place != entry.title {
            out.push_str(" <span>");
            escape(&place, out);
            out.push_str("</span>");
        }
    }

    /// Notes what the page around needs for what is embedded.
    pub(super) fn need(&self, shown: &Shown) {
        let entry = &shown.entry;
        let mut needs = self.embeds.0.borrow_mut();
        needs.count += 1;
        needs.slides |= entry.kind == Kind::Deck;
        let sheets = match entry.kind {
            Kind::Deck => styles(self.site, entry, Vec::new()),
            Kind::Page => looks(self.site, entry).map(|(address, _)| address).into_iter().collect(),
        };
        for sheet in sheets {
            if !needs.styles.contains(&sheet) {
                needs.styles.push(sheet);
            }
        }
        needs.origins.extend(&entry.document.origins);
    }
}

fn at_step(step: u32, out: &mut String) {
    if step > 0 {
        for name in ["data-step", "data-marpit-fragment"] {
            attribute(name, &step.to_string(), out);
        }
    }
}

/// Takes out of embedded HTML what only its own page may have: ids, and steps, all of which are shown.
/// A link within the page it comes from leads there.
pub(super) fn without_own(html: &str, route: &str) -> String {
    const OWN: [&str; 4] = ["id", "data-step", "data-marpit-fragment", "data-on"];
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    // A quotation mark of the text is written as a reference: this begins an attribute's value.
    while let Some(at) = rest.find("=\"") {
        let value = at + "=\"".len();
        let end = rest[value..].find('"').map_or(rest.len(), |end| value + end + 1);
        let name = rest[..at].rfind(' ').map_or(0, |space| space + 1);
        if name > 0 && OWN.contains(&&rest[name..at]) {
            out.push_str(&rest[..name - 1]);
        } else {
            out.push_str(&rest[..value]);
            if &rest[name..at] == "href" && rest[value..].starts_with('#') {
                out.push_str(route);
            }
            out.push_str(&rest[value..end]);
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}
