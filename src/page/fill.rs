//! Filling holes: what links, pictures and words are today, seen from one address.

use std::ops::Range;
use std::sync::Arc;

use super::Site;
use super::embed::{Embeds, without_own};
use crate::catalog::{Entry, Resolution, Stop};
use crate::document::code::Runs;
use crate::document::html::{escape, has_byte, is_one_of};
use crate::document::{Diagram, Filling, Form, Kind, Link, Prose, on_slide};
use crate::source::join;
use crate::theme::file_of;

/// What the text of most pages fits in, so that it is not moved while it grows.
const PROSE_BYTES: usize = 16 << 10;

/// Whether a prose stands on its own page or is shown inside another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Own,
    /// Elsewhere: no ids, and pictures wait until they are seen.
    Embedded,
}

/// When and how large the pictures of a prose are seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// The first of them at once.
    First,
    /// All of them at once: they are on the slide that a talk begins with.
    Slide,
    /// When somebody gets there.
    Later,
    /// When somebody gets there, and small.
    Small,
}

/// Fills proses of one document for one address.
pub(super) struct Filler<'a> {
    pub site: Site<'a>,
    pub entry: &'a Arc<Entry>,
    /// The way from the address to the top of the bundle: `../`.
    pub root: String,
    pub place: Place,
    pub sight: Sight,
    /// What is shown around: the page itself, then what is embedded in it, each in the one before.
    pub way: Vec<Stop>,
    pub embeds: &'a Embeds,
}

/// Returns the way from an address to the top of the bundle.
pub fn root_of(address: &str) -> String {
    "../".repeat(address.matches('/').count())
}

/// Percent-encodes what an address may not hold; Japanese stays as it is.
pub fn encode(address: &str) -> String {
    relative("", address)
}

/// Returns an address of the bundle as it is written on a page: with the way to the top before it.
pub(super) fn relative(root: &str, address: &str) -> String {
    let mut out = String::with_capacity(root.len() + address.len() + 8);
    way(root, address, &mut out);
    encode_into(address, "&", &mut out);
    out
}

/// Returns the name of a place as it is written behind `#`.
pub(super) fn fragment(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 8);
    encode_into(name, "&", &mut out);
    out
}

/// Appends ` href="..."` with the way to an address of the bundle, and to a place there.
fn href(root: &str, address: &str, fragment: Option<&str>, out: &mut String) {
    out.push_str(" href=\"");
    way(root, address, out);
    encode_into(address, "&amp;", out);
    if let Some(fragment) = fragment {
        out.push('#');
        encode_into(fragment, "&amp;", out);
    }
    out.push('"');
}

fn way(root: &str, address: &str, out: &mut String) {
    // `a:b.html` at the start of a relative address would be taken for a scheme.
    let scheme = || address.split('/').next().is_some_and(|first| first.contains(':'));
    out.push_str(if root.is_empty() && scheme() { "./" } else { root });
}

/// Tells whether a byte is not written as it is: what an address may not hold, and `&`.
fn is_special(byte: u8) -> bool {
    (byte <= b' ') | is_one_of(byte, b"\"#%&<>?\\^`{|}")
}

fn encode_into(address: &str, ampersand: &str, out: &mut String) {
    const DIGITS: [&str; 16] =
        ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "A", "B", "C", "D", "E", "F"];
    if !has_byte(address, is_special) {
        return out.push_str(address);
    }
    let mut rest = address;
    while let Some(at) = rest.bytes().position(is_special) {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'&' => out.push_str(ampersand),
            byte => {
                out.extend(["%", DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
            }
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

impl Filler<'_> {
    pub(super) fn fill(&self, prose: &Prose) -> String {
        self.fill_part(prose, 0..prose.html.len())
    }

    pub(super) fn fill_part(&self, prose: &Prose, range: Range<usize>) -> String {
        let mut out = String::with_capacity(PROSE_BYTES);
        prose.fill_part(range, &mut out, |filling, out| self.filling(filling, out));
        if self.way.len() > 1 {
            out = without_own(&out, &relative(&self.root, &self.entry.route));
        }
        out
    }

    fn filling(&self, filling: &Filling, out: &mut String) {
        match filling {
            Filling::Link(index) => self.link(*index as usize, out),
            Filling::Embed { link, step } => self.embed(*link as usize, *step, out),
            Filling::Picture(picture) if self.played(picture, out) => {}
            Filling::Picture(picture) => self.picture(picture, out),
            Filling::Files(files) => {
                if let Some(value) = files.0.value(|address| self.file_at(address)) {
                    attribute(files.0.attribute, &value, out);
                }
            }
            Filling::Id(index) if self.place == Place::Own => {
                attribute("id", &self.entry.document.headings[*index as usize].id, out);
            }
            Filling::Anchor(index) if self.place == Place::Own => {
                let heading = &self.entry.document.headings[*index as usize];
                out.push_str("<a class=\"anchor\"");
                href("", "", Some(&heading.id), out);
                attribute("aria-label", &heading.text, out);
                out.push_str("></a>");
            }
            Filling::Id(_) | Filling::Anchor(_) => {}
            Filling::Code(block) if self.site.colours => {
                block.write(&self.site.workshop.colours(block), out);
            }
            Filling::Code(block) => block.write(&Runs::default(), out),
            Filling::Diagram(diagram) => self.diagram(diagram, out),
            Filling::Word(key) => escape(self.site.interface.word(&self.entry.lang, key), out),
        }
    }

    /// Returns the address of a file of the site.
    fn file_at(&self, address: &str) -> Option<String> {
        let path = self.site.catalog.resolve_asset(self.entry, &file_of(address))?;
        let mut src = relative(&self.root, &self.site.catalog.asset(&path)?.route);
        // `#t=10` is where the player begins.
        if let Some((_, part)) = address.split_once('#') {
            src.extend(["#", &fragment(part)]);
        }
        Some(src)
    }

    /// Writes what is drawn of a diagram, the file that shows it, or the diagram's text.
    fn diagram(&self, diagram: &Diagram, out: &mut String) {
        let slide = self.entry.kind == Kind::Deck;
        if let Some(figure) = diagram.figure(self.site.workshop, slide) {
            return out.push_str(&figure);
        }
        let refusal = diagram.refusal(self.site.workshop).filter(|refusal| refusal.foreign);
        let path = diagram.path(&self.entry.document.path);
        let Some(asset) = refusal.and_then(|_| self.site.catalog.asset(&path)) else {
            return out.push_str(&diagram.html);
        };
        let mut picture = diagram.picture.clone();
        if slide {
            picture.width = asset.facts.size.map(|(width, _)| on_slide(width));
        }
        out.push_str("<figure class=\"drawing diagram-file\">");
        self.picture(&picture, out);
        diagram.write_caption(out);
        out.push_str("</figure>");
    }

    pub(super) fn link(&self, index: usize, out: &mut String) {
        let link = &self.entry.document.links[index];
        let in_page = link.target.is_empty() && link.form == Form::Markdown;
        let resolution = self.site.catalog.resolve(self.entry, index);
        match &*resolution {
            // `[[#gone]]` would load the very page again.
            Resolution::Document { lost: true, .. } if link.target.is_empty() && !in_page => {
                open_link(link, &["wikilink", "missing"], out);
                attribute(
                    "title",
                    self.site.interface.word(&self.entry.lang, "missing_anchor"),
                    out,
                );
            }
            Resolution::Document { entry, fragment, .. } => {
                let written = link.anchor.as_deref().filter(|_| in_page);
                let fragment = fragment.as_deref().or(written);
                let own = Arc::ptr_eq(entry, self.entry)
                    && link.target.is_empty()
                    && self.place == Place::Own;
                open_link(link, if in_page { &[] } else { &["wikilink"] }, out);
                let (root, route) = if own { ("", "") } else { (&*self.root, &*entry.route) };
                href(root, route, fragment, out);
                if let Some(number) = fragment.and_then(|key| numbered(entry, key)) {
                    attribute("data-number", &number.to_string(), out);
                }
            }
            Resolution::Asset(path) => {
                let route = self.site.catalog.asset(path).map_or("", |asset| &asset.route);
                // `#page=3` is the file's own affair.
                let anchor = link.anchor.as_deref().filter(|anchor| !anchor.is_empty());
                open_link(link, &["wikilink"], out);
                href(&self.root, route, anchor, out);
            }
            Resolution::Tag(tag) => {
                open_link(link, &["wikilink"], out);
                let route = super::list::tag_route(self.site, tag, &self.entry.lang);
                href(&self.root, &route, None, out);
            }
            Resolution::Missing => {
                open_link(link, &["wikilink", "missing"], out);
                attribute("title", self.site.interface.word(&self.entry.lang, "missing_link"), out);
                if let Some(name) = wanted(self.entry, link) {
                    attribute("data-name", &name, out);
                }
            }
        }
        if !link.title.is_empty() && !matches!(*resolution, Resolution::Missing) {
            attribute("title", &link.title, out);
        }
        if let Some(raw) = &link.raw {
            out.push_str(&raw.1);
        }
        out.push('>');
    }
}

/// Begins the tag of a link, with the classes of ours and those that a raw one bears.
fn open_link(link: &Link, own: &[&str], out: &mut String) {
    out.push_str("<a");
    let raw = link.raw.iter().flat_map(|raw| raw.0.split_whitespace());
    for (index, class) in own.iter().copied().chain(raw).enumerate() {
        out.push_str(if index == 0 { " class=\"" } else { " " });
        escape(class, out);
    }
    if !own.is_empty() || link.raw.as_ref().is_some_and(|raw| !raw.0.trim().is_empty()) {
        out.push('"');
    }
}

/// Returns the number of a slide that has a name of its own: whoever shows where a link leads knows
/// slides by numbers and headings alone.
fn numbered(entry: &Entry, key: &str) -> Option<usize> {
    let document = &entry.document;
    let at = document.slides.iter().position(|slide| slide.key == key)?;
    document.headings.iter().all(|heading| heading.id != key).then_some(at + 1)
}

/// Appends ` name="value"`.
pub(super) fn attribute(name: &str, value: &str, out: &mut String) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    escape(value, out);
    out.push('"');
}

/// Endings of names that are meant as files. `t1.micro` is none.
const FILES: [&str; 19] = [
    "csv", "gif", "jpeg", "jpg", "json", "mp3", "mp4", "ogg", "pdf", "png", "pptx", "svg", "tsv",
    "txt", "wav", "webm", "webp", "xlsx", "zip",
];

/// Returns the name, from `wiki/`, of the page that a link without a target waits for; a path to another kind of file
/// waits for none.
fn wanted(entry: &Entry, link: &Link) -> Option<String> {
    let target = link.target.strip_suffix(".md").unwrap_or(&link.target);
    let is_path = target.starts_with("./") || target.starts_with("../");
    if link.form != Form::Markdown && !is_path {
        let name = target.trim_start_matches('/').trim_start_matches("wiki/");
        // The name may end in the sign: `C#`.
        let sign = if link.anchor.as_deref() == Some("") { "#" } else { "" };
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        let is_file = ending.is_some_and(|ending| FILES.contains(&ending.as_str()));
        return (!is_file && !name.starts_with("decks/")).then(|| format!("{name}{sign}"));
    }
    let is_text = is_path && link.form != Form::Markdown || link.target.ends_with(".md");
    let path = join(entry.folder(), target).filter(|_| is_text)?;
    path.strip_prefix("wiki/").map(str::to_owned)
}
