//! The view of the graph: pages and decks and the links between them, drawn when the page is composed.
//!
//! A picture with links that needs no script, and beside it the same as a list.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use serde::Serialize;

use super::around::{TAKES, link, node};
use super::fill::{attribute, relative, root_of};
use super::layout::{Plan, Point, layout};
use super::list::{Group, ListEntry, short_line};
use super::shell::{Head, in_language, shell, site_languages};
use super::{Page, Site, View};
use crate::catalog::{Entry, Resolution};
use crate::document::html::escape;
use crate::document::lettering::{cut, width};
use crate::document::{Kind, Origins};

/// How many documents are drawn: more would not be legible.
const DRAWN: usize = 300;
/// How wide a label may be, in halves of a full-width letter.
const LABEL: usize = 24;
/// How wide half of a full-width letter is, in a label and in the name of a folder: each a little more than the style
/// sheet's font needs.
const HALF: f64 = 6.7;
const HALF_OF_A_FOLDER: u32 = 9;
/// How high a label's line is, and the white around all.
const LINE: f64 = 25.0;
const MARGIN: f64 = 24.0;
/// How many documents of a folder make a group with a name.
const GROUP_MIN: usize = 3;
/// How many neighbours the list names.
const NAMED: usize = 12;

#[derive(Clone, Debug, Serialize)]
pub struct Graph {
    pub svg: String,
    /// Said where not all could be drawn.
    pub cut: String,
    /// The documents folder by folder; beside each stand the titles of those it is joined with.
    pub groups: Vec<Group>,
    pub wanted: String,
    pub orphans: String,
}

/// What is drawn: documents group by group, and which of them are joined.
struct Drawn<'a> {
    entries: Vec<&'a Arc<Entry>>,
    groups: Vec<usize>,
    edges: Vec<(usize, usize)>,
    near: Vec<Vec<usize>>,
    /// How many documents there are in all.
    all: usize,
}

/// Composes `graph.html` in one of the languages.
pub(super) fn compose(site: Site<'_>, address: &str) -> Option<Page> {
    let langs = site_languages(site);
    let lang = langs.iter().find(|lang| in_language(site, "graph", lang) == address)?;
    let word = |key| site.interface.word(lang, key).to_owned();
    let root = root_of(address);
    let drawn = drawn(site, lang);
    let cut = if drawn.all > drawn.entries.len() {
        let numbers = [("{n}", drawn.entries.len()), ("{all}", drawn.all)];
        let said = word("graph_cut");
        numbers.iter().fold(said, |said, (name, number)| said.replace(name, &number.to_string()))
    } else {
        String::new()
    };
    let graph = Graph {
        svg: draw(&drawn, (&word("graph"), lang), &root),
        cut,
        groups: lines(site, &drawn, lang, &root),
        wanted: relative(&root, &in_language(site, "wanted", lang)),
        orphans: relative(&root, &in_language(site, "orphans", lang)),
    };
    let asset = |name: &str| site.interface.asset(name).to_owned();
    let head = Head {
        address,
        lang,
        title: word("graph"),
        description: word("graph_intro"),
        versions: langs
            .iter()
            .map(|other| (other.clone(), in_language(site, "graph", other)))
            .collect(),
        styles: vec![asset("site.css"), asset("graph/graph.css")],
        scripts: [site.interface.site_scripts(), vec![asset("graph/graph.js")]].concat(),
        origins: &Origins::default(),
    };
    Some(Page { template: "graph/graph.html", shell: shell(site, head), view: View::Graph(graph) })
}

/// Chooses what is drawn: of many, those that most links join.
fn drawn<'a>(site: Site<'a>, lang: &str) -> Drawn<'a> {
    let works = site.catalog.works_in(lang, &site.config.lang).into_iter();
    let entries: Vec<&Arc<Entry>> =
        works.filter(|entry| entry.document.matter.redirect.is_none()).collect();
    let edges = edges(site, lang, &entries);
    let mut degrees = vec![0_usize; entries.len()];
    for (a, b) in &edges {
        degrees[*a] += 1;
        degrees[*b] += 1;
    }
    let mut chosen: Vec<usize> = (0..entries.len()).collect();
    chosen.sort_by_key(|at| (usize::MAX - degrees[*at], *at));
    chosen.truncate(DRAWN);
    chosen.sort_by_key(|at| {
        (entries[*at].kind, entries[*at].space(), usize::MAX - degrees[*at], *at)
    });
    let mut places = vec![usize::MAX; entries.len()];
    for (place, at) in chosen.iter().enumerate() {
        places[*at] = place;
    }
    let edges = edges.into_iter().map(|(a, b)| (places[a], places[b]));
    let edges: Vec<_> = edges.filter(|(a, b)| *a != usize::MAX && *b != usize::MAX).collect();
    let mut near = vec![Vec::new(); chosen.len()];
    for &(a, b) in &edges {
        near[a].push(b);
        near[b].push(a);
    }
    for near in &mut near {
        near.sort_unstable();
    }
    let all = entries.len();
    let entries: Vec<&Arc<Entry>> = chosen.into_iter().map(|at| entries[at]).collect();
    let mut group = 0;
    let groups = entries.iter().enumerate().map(|(place, entry)| {
        let before = place.checked_sub(1).map(|before| entries[before]);
        group += usize::from(before.is_some_and(|before| !is_beside(before, entry)));
        group
    });
    Drawn { groups: groups.collect(), entries, edges, near, all }
}

fn is_beside(one: &Entry, other: &Entry) -> bool {
    one.kind == other.kind && one.space() == other.space()
}

/// Returns which documents are joined by a link, each pair once.
fn edges(site: Site<'_>, lang: &str, entries: &[&Arc<Entry>]) -> Vec<(usize, usize)> {
    let places: HashMap<*const Entry, usize> =
        entries.iter().enumerate().map(|(at, entry)| (Arc::as_ptr(entry), at)).collect();
    let mut edges = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        for link in 0..entry.document.links.len() {
            let resolution = site.catalog.resolve(entry, link);
            let Resolution::Document { entry: target, .. } = &*resolution else { continue };
            let target = site.catalog.version(target, lang);
            if let Some(&other) = places.get(&Arc::as_ptr(target)).filter(|other| **other != at) {
                edges.push((at.min(other), at.max(other)));
            }
        }
    }
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// Draws the nodes with their labels, the lines between them, and the names of groups.
fn draw(drawn: &Drawn<'_>, (label, lang): (&str, &str), root: &str) -> String {
    let labels: Vec<String> = drawn.entries.iter().map(|entry| cut(&entry.title, LABEL)).collect();
    let letters = |text: &str| f64::from(u32::try_from(width(text)).unwrap_or(0)) * HALF;
    let radius = |node: usize| (4 + drawn.near[node].len() / 3).min(8);
    let reaches: Vec<(f64, f64)> =
        labels.iter().map(|label| (16.0, 14.0 + letters(label) + 8.0)).collect();
    let plan = Plan { groups: &drawn.groups, edges: &drawn.edges, reaches: &reaches, height: LINE };
    let (at, (wide, high)) = layout(&plan);
    let at: Vec<(u32, u32)> =
        at.into_iter().map(|(x, y)| whole((x + MARGIN, y + MARGIN))).collect();
    let (wide, high) = whole((wide + 2.0 * MARGIN, high + 2.0 * MARGIN));
    let mut out = String::with_capacity(at.len() * 220);
    write!(
        out,
        "<svg viewBox=\"0 0 {wide} {high}\" width=\"{wide}\" height=\"{high}\" role=\"group\""
    )
    .expect(TAKES);
    attribute("aria-label", label, &mut out);
    out.push('>');
    let boxes: Vec<Box> = at.iter().zip(&reaches).map(|(at, reach)| around(*at, *reach)).collect();
    hulls(drawn, &at, &boxes, &mut out);
    // The more lines there are, the fainter each is.
    let faint = 45_usize.saturating_sub(drawn.edges.len() / 30).max(14);
    write!(out, "<path class=\"edges\" opacity=\"0.{faint}\" d=\"").expect(TAKES);
    for (a, b) in &drawn.edges {
        write!(out, "M{} {}L{} {}", at[*a].0, at[*a].1, at[*b].0, at[*b].1).expect(TAKES);
    }
    out.push_str("\"/>");
    for (place, entry) in drawn.entries.iter().enumerate() {
        let (x, y) = at[place];
        write!(out, "\n<a class=\"{}\"", entry.kind.word()).expect(TAKES);
        link(root, entry, &mut out);
        let near: Vec<String> = drawn.near[place].iter().map(ToString::to_string).collect();
        attribute("data-near", &near.join(" "), &mut out);
        attribute("data-at", &format!("{x} {y}"), &mut out);
        if entry.lang != lang {
            attribute("lang", &entry.lang, &mut out);
        }
        out.push('>');
        if labels[place] != entry.title {
            out.push_str("<title>");
            escape(&entry.title, &mut out);
            out.push_str("</title>");
        }
        node(entry.kind, (x, y), u32::try_from(radius(place)).unwrap_or(4), &mut out);
        write!(out, "<text x=\"{}\" y=\"{}\">", x + 14, y + 4).expect(TAKES);
        escape(&labels[place], &mut out);
        out.push_str("</text></a>");
    }
    out.push_str("</svg>");
    out
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places are small and positive"
)]
fn whole((x, y): Point) -> (u32, u32) {
    (x.round().max(0.0) as u32, y.round().max(0.0) as u32)
}

/// Left, top, right and bottom of what nothing else may be written over.
type Box = [u32; 4];

fn around((x, y): (u32, u32), (left, right): (f64, f64)) -> Box {
    let (start, end) = whole((f64::from(x) - left, f64::from(x) + right));
    let (half, _) = whole((LINE / 2.0, 0.0));
    [start, y.saturating_sub(half), end, y + half]
}

/// Draws a ground under the documents of each folder, and writes its name where there is room.
fn hulls(drawn: &Drawn<'_>, at: &[(u32, u32)], boxes: &[Box], out: &mut String) {
    let mut taken = boxes.to_vec();
    let mut names = String::new();
    let mut first = 0;
    for group in drawn.groups.chunk_by(|a, b| a == b) {
        let range = first..first + group.len();
        first = range.end;
        let space = drawn.entries[range.start].space();
        if space.is_empty() || range.len() < GROUP_MIN {
            continue;
        }
        let corners =
            range.flat_map(|node| [at[node], (boxes[node][2].saturating_sub(20), at[node].1)]);
        let mut corners: Vec<(u32, u32)> = corners.collect();
        let shape = hull(&mut corners);
        out.push_str("<path class=\"space\" d=\"M");
        for (x, y) in &shape {
            write!(out, "{x} {y} ").expect(TAKES);
        }
        out.push_str("Z\"/>");
        let name = cut(&space.replace('_', " "), LABEL);
        let wide = u32::try_from(width(&name)).unwrap_or(0) * HALF_OF_A_FOLDER;
        if let Some(free) = free(&shape, &taken, wide) {
            write!(names, "<text class=\"name\" x=\"{}\" y=\"{}\">", free[0] + 4, free[3] - 8)
                .expect(TAKES);
            escape(&name, &mut names);
            names.push_str("</text>");
            taken.push(free);
        }
    }
    out.push_str(&names);
}

/// Returns the place for a name that is nearest to the top of its ground, where nothing else is.
fn free(shape: &[(u32, u32)], taken: &[Box], wide: u32) -> Option<Box> {
    let top = shape.iter().min_by_key(|(x, y)| (*y, *x))?;
    let bottom = shape.iter().map(|(_, y)| *y).max()?;
    let sides = [0, 40, 80, 120, 160, 240, 320];
    let rows = (top.1.saturating_sub(30)..bottom).step_by(12);
    let mut places = rows.flat_map(|y| {
        let beside = sides.iter().flat_map(|by| [top.0.checked_sub(*by), Some(top.0 + by)]);
        beside.flatten().map(move |x| [x, y, x + wide + 8, y + 26])
    });
    places.find(|place| {
        let [left, high, right, low] = *place;
        taken.iter().all(|other| {
            right <= other[0] || other[2] <= left || low <= other[1] || other[3] <= high
        })
    })
}

/// Returns the corners of the smallest convex shape around all points.
fn hull(points: &mut Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    points.sort_unstable();
    points.dedup();
    let half = |points: &mut dyn Iterator<Item = (u32, u32)>| {
        let mut shape: Vec<(u32, u32)> = Vec::new();
        for point in points {
            while let [.., a, b] = shape[..]
                && turn(a, b, point) <= 0
            {
                shape.pop();
            }
            shape.push(point);
        }
        shape.pop();
        shape
    };
    let mut shape = half(&mut points.iter().copied());
    shape.extend(half(&mut points.iter().rev().copied()));
    shape
}

fn turn(a: (u32, u32), b: (u32, u32), c: (u32, u32)) -> i64 {
    let less = |one: u32, other: u32| i64::from(one) - i64::from(other);
    less(b.0, a.0) * less(c.1, a.1) - less(b.1, a.1) * less(c.0, a.0)
}

/// Returns the same as a list: each document with those it is joined with.
fn lines(site: Site<'_>, drawn: &Drawn<'_>, lang: &str, root: &str) -> Vec<Group> {
    let word = |key| site.interface.word(lang, key);
    let mut groups: Vec<Group> = Vec::new();
    for (place, entry) in drawn.entries.iter().enumerate() {
        if place == 0 || drawn.groups[place] != drawn.groups[place - 1] {
            let label = match (entry.kind, entry.space()) {
                (Kind::Deck, "") => word("decks").to_owned(),
                (_, "") => word("pages").to_owned(),
                (_, space) => space.replace('_', " "),
            };
            groups.push(Group::new(label, "entries", Vec::new()));
        }
        let near = drawn.near[place].iter().take(NAMED);
        let near: Vec<&str> = near.map(|other| drawn.entries[*other].title.as_str()).collect();
        let mut near = near.join(word("list_comma"));
        if drawn.near[place].len() > NAMED {
            near.push_str(word("and_others"));
        }
        let line = ListEntry { summary: near, ..short_line(entry, root) };
        groups.last_mut().into_iter().for_each(|group| group.entries.push(line.clone()));
    }
    groups
}
