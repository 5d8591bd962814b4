//! A chart as SVG. Colours and type are the style sheet's; nothing here depends on the machine's fonts.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::names::{Names, cut, wide};
use super::scale::Scale;
use super::{Chart, Kind, Series};
use crate::document::html::escape;

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::document) struct Sheet {
    width: f64,
    /// How tall the part is in which the values stand.
    plot: f64,
}

pub(in crate::document) const PAGE: Sheet = Sheet { width: 800.0, plot: 340.0 };
/// Shown larger than it is drawn, so that its letters are read from the last row.
pub(in crate::document) const SLIDE: Sheet = Sheet { width: 880.0, plot: 220.0 };

/// What is left free on the right, for half of the last label.
const RIGHT: f64 = 24.0;
/// How far a line of text is below the one above.
const LINE: f64 = 24.0;
/// How many colours style sheets have; the seventh series begins anew, with broken lines.
const COLOURS: usize = 6;
/// Lines with more points than these show no marks; points in greater numbers are dots.
const MARKS_MAX: usize = 60;
const SHAPES_MAX: usize = 300;
/// How wide the name of a series may be, in half letters.
const NAME_MAX: usize = 36;

/// Where the values stand on the sheet.
struct Frame {
    left: f64,
    top: f64,
    width: f64,
    plot: f64,
    scale: Scale,
}

/// Writes SVG; figures in it have one place behind the point.
struct Pen(String);

impl Pen {
    fn put(&mut self, piece: std::fmt::Arguments<'_>) {
        let done = self.0.write_fmt(piece);
        debug_assert!(done.is_ok(), "a String takes all");
    }

    fn text(&mut self, (x, y): (f64, f64), anchor: &str, text: &str) {
        self.put(format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">"));
        escape(text, &mut self.0);
        self.0.push_str("</text>");
    }
}

/// Draws a chart.
pub(in crate::document) fn svg(chart: &Chart, sheet: Sheet) -> String {
    let values = chart.series.iter().flat_map(|series| series.values.iter().flatten().copied());
    let scale = Scale::of(values, chart.kind == Kind::Bar);
    let ticks: Vec<(f64, String)> = scale.ticks().map(|tick| (tick, scale.label(tick))).collect();
    let left = ticks.iter().map(|(_, label)| wide(label)).fold(0.0, f64::max) + 18.0;
    let width = sheet.width - left - RIGHT;
    let positions = chart.positions();
    let names = match positions {
        Some(_) => Names::none(),
        None => Names::of(&chart.labels().collect::<Vec<_>>(), width),
    };
    let keys = keys(chart, (left, sheet.width));
    let above = LINE * (keys.last().map_or(0.0, |key| key.line + 1.0) + has(&chart.y));
    let frame = Frame { left, top: above + 16.0, width, plot: sheet.plot, scale };
    let height = frame.bottom() + 10.0 + LINE * (names.lines + has(&chart.x));
    let mut pen = Pen(String::new());
    head(chart, (sheet.width, height), &mut pen);
    pen.0.push_str("<g class=\"chart-axis\">");
    for (tick, label) in &ticks {
        let (y, right) = (frame.y(*tick), frame.left + frame.width);
        let class = if *tick == 0.0 { "chart-zero" } else { "chart-grid" };
        pen.put(format_args!("<path class=\"{class}\" d=\"M{left:.1} {y:.1}H{right:.1}\"/>"));
        pen.text((frame.left - 10.0, y + 6.0), "end", label);
    }
    match positions {
        Some(positions) => numbered(chart, &frame, &positions, &mut pen),
        None => named(chart, &frame, &names, &mut pen),
    }
    pen.0.push_str("<g class=\"chart-axis chart-legend\">");
    for Key { index, name, x, line } in keys {
        let y = LINE * (line + 0.9);
        pen.text((x + 20.0, y), "start", &name);
        mark((index, chart.kind), (x + 7.0, y - 6.0), &mut pen);
    }
    if !chart.y.is_empty() {
        pen.text((0.0, above - LINE * 0.1), "start", &cut(&chart.y, 2 * NAME_MAX));
    }
    if !chart.x.is_empty() {
        let at = (frame.left + frame.width, height - 6.0);
        pen.text(at, "end", &cut(&chart.x, 2 * NAME_MAX));
    }
    pen.0.push_str("</g></svg>");
    pen.0
}

/// Returns how many lines a text needs that may be empty.
fn has(text: &str) -> f64 {
    if text.is_empty() { 0.0 } else { 1.0 }
}

fn head(chart: &Chart, (width, height): (f64, f64), pen: &mut Pen) {
    let mut name = String::new();
    escape(&chart.name(), &mut name);
    pen.put(format_args!(
        "<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" preserveAspectRatio=\"xMinYMin\" role=\"img\" aria-label=\"{name}\"><title>{name}</title><desc>"
    ));
    for (index, series) in chart.series.iter().enumerate() {
        let values = || series.values.iter().flatten().copied();
        let low = values().fold(f64::INFINITY, f64::min);
        let high = values().fold(f64::NEG_INFINITY, f64::max);
        pen.0.push_str(if index == 0 { "" } else { "; " });
        escape(&series.name, &mut pen.0);
        pen.put(format_args!(": {} – {}", plain(low), plain(high)));
    }
    pen.0.push_str("</desc>");
}

/// Writes a number as it is read, without three hundred digits.
fn plain(number: f64) -> String {
    let written = format!("{number}");
    if written.len() > 16 { format!("{number:.3e}") } else { written }
}

impl Frame {
    fn y(&self, value: f64) -> f64 {
        self.top + self.plot * (1.0 - self.scale.share(value))
    }

    /// Where the sheet ends on the right.
    fn end(&self) -> f64 {
        self.left + self.width + RIGHT
    }

    fn bottom(&self) -> f64 {
        self.top + self.plot
    }
}

/// What tells which series is which.
struct Key {
    index: usize,
    name: String,
    x: f64,
    line: f64,
}

/// Places the names of several series above the chart, in as many lines as they need.
fn keys(chart: &Chart, (left, right): (f64, f64)) -> Vec<Key> {
    if chart.series.len() < 2 {
        return Vec::new();
    }
    let (mut x, mut line) = (left, 0.0);
    let mut place = |(index, series): (usize, &Series)| {
        let name = cut(&series.name, NAME_MAX);
        let width = 20.0 + wide(&name);
        if x > left && x + width > right {
            (x, line) = (left, line + 1.0);
        }
        let key = Key { index, name, x, line };
        x += width + 26.0;
        key
    };
    chart.series.iter().enumerate().map(&mut place).collect()
}

/// Draws rows that stand where their numbers say.
fn numbered(chart: &Chart, frame: &Frame, positions: &[Option<f64>], pen: &mut Pen) {
    let along = Scale::of(positions.iter().flatten().copied(), false);
    let x = |value: f64| frame.left + frame.width * along.share(value);
    for tick in along.ticks() {
        let label = along.label(tick);
        let half = wide(&label) / 2.0;
        pen.text((x(tick).min(frame.end() - half), frame.bottom() + LINE), "middle", &label);
    }
    pen.0.push_str("</g>");
    for (index, series) in chart.series.iter().enumerate() {
        let points = positions.iter().zip(&series.values);
        let points = points.map(|(at, value)| Some((x((*at)?), frame.y((*value)?))));
        line((index, chart.kind), &points.collect::<Vec<_>>(), pen);
    }
}

/// Draws rows that stand side by side under their names.
fn named(chart: &Chart, frame: &Frame, names: &Names, pen: &mut Pen) {
    let slot = frame.width / count(names.rows.len().max(1));
    let x = |index: usize| frame.left + slot * (count(index) + 0.5);
    for (index, lines) in names.rows.iter().enumerate() {
        for (number, line) in lines.iter().enumerate() {
            let half = wide(line) / 2.0;
            let at = x(index).min(frame.end() - half).max(half);
            pen.text((at, frame.bottom() + LINE * (count(number) + 1.0)), "middle", line);
        }
    }
    pen.0.push_str("</g>");
    for (index, series) in chart.series.iter().enumerate() {
        if chart.kind == Kind::Bar {
            bars((index, series), chart.series.len(), (slot, frame), pen);
        } else {
            let values = series.values.iter().enumerate();
            let points = values.map(|(row, value)| Some((x(row), frame.y((*value)?))));
            line((index, chart.kind), &points.collect::<Vec<_>>(), pen);
        }
    }
}

fn bars(
    (index, series): (usize, &Series),
    among: usize,
    (slot, frame): (f64, &Frame),
    pen: &mut Pen,
) {
    // One value in a wide frame is a bar and no wall.
    let group = (slot * 0.72).min(120.0 * count(among));
    let width = group / count(among);
    let zero = frame.y(0.0);
    for (row, value) in series.values.iter().enumerate() {
        let Some(value) = value else { continue };
        let y = frame.y(*value);
        let x = frame.left + slot * (count(row) + 0.5) - group / 2.0 + width * count(index);
        let (top, tall, drawn) = (y.min(zero), (y - zero).abs(), (width - 1.0).max(width * 0.6));
        pen.put(format_args!(
            "<rect class=\"chart-{}\" x=\"{x:.1}\" y=\"{top:.1}\" width=\"{drawn:.1}\" height=\"{tall:.1}\"/>",
            index % COLOURS + 1
        ));
    }
}

/// Draws points, with a line from one to the next where the chart has lines.
fn line((index, kind): (usize, Kind), points: &[Option<(f64, f64)>], pen: &mut Pen) {
    let colour = index % COLOURS + 1;
    let here = || points.iter().flatten().copied();
    if kind == Kind::Line {
        let again = if index < COLOURS { "" } else { " chart-again" };
        pen.put(format_args!("<path class=\"chart-line chart-{colour}{again}\" d=\""));
        for stretch in points.split(Option::is_none) {
            let stretch: Vec<(f64, f64)> = stretch.iter().flatten().copied().collect();
            for (at, (x, y)) in thinned(&stretch).into_iter().enumerate() {
                pen.put(format_args!("{}{x:.1} {y:.1}", if at == 0 { 'M' } else { 'L' }));
            }
        }
        pen.0.push_str("\"/>");
        // A value between two gaps has no line.
        let alone = |at: usize| {
            let none =
                |at: Option<usize>| at.and_then(|at| points.get(at)).is_none_or(Option::is_none);
            none(at.checked_sub(1)) && none(Some(at + 1))
        };
        let few = points.len() <= MARKS_MAX;
        let marked = points.iter().enumerate().filter(|(at, _)| few || alone(*at));
        marked.filter_map(|(_, point)| *point).for_each(|at| mark((index, kind), at, pen));
    } else if here().count() <= SHAPES_MAX {
        here().for_each(|at| mark((index, kind), at, pen));
    } else {
        // Each dot is a line without length and with round ends; many lie over one another.
        pen.put(format_args!("<path class=\"chart-dots chart-{colour}\" d=\""));
        let dots: BTreeSet<(String, String)> =
            here().map(|(x, y)| (format!("{x:.0}"), format!("{y:.0}"))).collect();
        for (x, y) in dots {
            pen.put(format_args!("M{x} {y}h0"));
        }
        pen.0.push_str("\"/>");
    }
}

/// Leaves out what cannot be seen of a line with very many points: of those in one column of pixels, all but the
/// first, the lowest, the highest and the last.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut kept = Vec::with_capacity(points.len().min(4096));
    for column in points.chunk_by(|(a, _), (b, _)| a.floor().total_cmp(&b.floor()).is_eq()) {
        if column.len() <= 4 {
            kept.extend(column);
            continue;
        }
        let heights = || column.iter().enumerate();
        let by_height =
            |a: &(usize, &(f64, f64)), b: &(usize, &(f64, f64))| a.1.1.total_cmp(&b.1.1);
        let ends = [Some(0), Some(column.len() - 1)].into_iter();
        let ends = ends.chain(
            [heights().min_by(by_height), heights().max_by(by_height)].map(|it| Some(it?.0)),
        );
        let places: BTreeSet<usize> = ends.flatten().collect();
        kept.extend(places.into_iter().map(|at| column[at]));
    }
    kept
}

/// Draws the mark of a series: another shape for each, for those who see no colours. Bars have squares.
fn mark((index, kind): (usize, Kind), (x, y): (f64, f64), pen: &mut Pen) {
    let shape = if kind == Kind::Bar { 1 } else { index % 4 };
    let shape = match shape {
        0 => format!("M{:.1} {y:.1}a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z", x - 5.0),
        1 => format!("M{:.1} {:.1}h9v9h-9z", x - 4.5, y - 4.5),
        2 => format!("M{x:.1} {:.1}l6 10h-12z", y - 6.0),
        _ => format!("M{x:.1} {:.1}l6 6l-6 6l-6 -6z", y - 6.0),
    };
    pen.put(format_args!(
        "<path class=\"chart-mark chart-{}\" d=\"{shape}\"/>",
        index % COLOURS + 1
    ));
}

pub(super) fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
