//! A page and what is linked with it as a small picture: drawn at once, for every place is known beforehand.

use std::fmt::Write as _;
use std::sync::Arc;

use super::Site;
use super::fill::{attribute, relative};
use crate::catalog::{Entry, Mention};
use crate::document::Kind;
use crate::document::html::escape;
use crate::document::lettering::cut;

/// How many neighbours are drawn.
const DRAWN: usize = 12;
/// The picture's width, and how far its lines stand apart.
const WIDTH: u32 = 320;
const LINE: u32 = 26;
/// How wide half of a full-width letter is, a little more than the style sheet's font needs.
const HALF: u32 = 7;
/// Where the page stands, and how far its neighbours stand off at most.
const CENTRE: u32 = 12;
const REACH: u32 = 58;
/// How far the arc bows out so many half lines from its middle, in hundredths of its reach.
const BOW: [u32; DRAWN] = [100, 100, 99, 97, 95, 92, 89, 84, 79, 72, 64, 53];

/// Draws a page with what it links to and what links to it; nothing where it stands alone.
pub(super) fn picture(
    site: Site<'_>,
    entry: &Arc<Entry>,
    mentions: &[Mention],
    root: &str,
) -> String {
    let linked = site.catalog.linked(entry);
    let mut from: Vec<&Arc<Entry>> = mentions.iter().map(|mention| &mention.from).collect();
    from.dedup_by(|a, b| Arc::ptr_eq(a, b));
    let comes = |other: &Arc<Entry>| from.iter().any(|from| from.is_work_of(other));
    let (both, to): (Vec<_>, Vec<_>) = linked.iter().partition(|other| comes(other));
    let only = from.iter().copied().filter(|from| !linked.iter().any(|to| to.is_work_of(from)));
    let only: Vec<&Arc<Entry>> = only.take(DRAWN).collect();
    // Both ways, then as many of those it links to as leave room for some that link here.
    let room = DRAWN.saturating_sub(both.len());
    let leave = only.len().min(room / 2);
    let near = both.into_iter().map(|other| (other, "both"));
    let near = near.chain(to.into_iter().take(room - leave).map(|other| (other, "to")));
    let near: Vec<(&Arc<Entry>, &str)> =
        near.chain(only.into_iter().map(|other| (other, "from"))).take(DRAWN).collect();
    if near.is_empty() {
        return String::new();
    }
    draw(&near, (site.interface.word(&entry.lang, "around"), &entry.lang), root)
}

fn draw(near: &[(&Arc<Entry>, &str)], (label, lang): (&str, &str), root: &str) -> String {
    let count = u32::try_from(near.len()).unwrap_or(0);
    let (height, middle) = (count * LINE, count * LINE / 2);
    let mut out = String::with_capacity(near.len() * 160);
    write!(out, "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"group\"").expect(TAKES);
    attribute("aria-label", label, &mut out);
    out.push_str("><path d=\"");
    let places: Vec<(u32, u32)> = (0..near.len())
        .map(|line| {
            let bow = BOW[(2 * line).abs_diff(near.len() - 1)];
            (CENTRE + REACH * bow / 100, u32::try_from(line).unwrap_or(0) * LINE + LINE / 2)
        })
        .collect();
    for (x, y) in &places {
        write!(out, "M{CENTRE} {middle}L{x} {y}").expect(TAKES);
    }
    write!(out, "\"/><circle cx=\"{CENTRE}\" cy=\"{middle}\" r=\"6\"/>").expect(TAKES);
    for ((other, way), (x, y)) in near.iter().zip(places) {
        write!(out, "<a class=\"{way}\"").expect(TAKES);
        link(root, other, &mut out);
        if other.lang != lang {
            attribute("lang", &other.lang, &mut out);
        }
        out.push('>');
        node(other.kind, (x, y), 4, &mut out);
        write!(out, "<text x=\"{}\" y=\"{}\">", x + 11, y + 4).expect(TAKES);
        let room = (WIDTH - x - 11) / HALF;
        escape(&cut(&other.title, room as usize), &mut out);
        out.push_str("</text></a>");
    }
    out.push_str("</svg>");
    out
}

/// Writes where a node leads. The older attribute: `href` of a drawing is an object to scripts, and those that
/// go through all `a[href]` of a page expect a text.
pub(super) fn link(root: &str, entry: &Entry, out: &mut String) {
    attribute("xlink:href", &relative(root, &entry.route), out);
}

pub(super) const TAKES: &str = "a string takes all";

/// Draws a page as a dot and a deck as a card.
pub(super) fn node(kind: Kind, (x, y): (u32, u32), radius: u32, out: &mut String) {
    match kind {
        Kind::Page => write!(out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>"),
        Kind::Deck => {
            let (width, height) = (radius * 3, radius * 2);
            let (x, y) = (x.saturating_sub(width / 2), y.saturating_sub(radius));
            write!(out, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>")
        }
    }
    .expect(TAKES);
}
