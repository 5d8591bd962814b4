//! A chart as SVG. Colours and type are the style sheet's; nothing here depends on the machine's fonts.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::scale::Scale;
use super::{Chart, Kind, Series};
use crate::document::html::escape;

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 440.0;
/// How tall the letters are, and how wide half of a full-width one is.
const LETTER: f64 = 16.0;
const HALF: f64 = 8.6;
/// How many colours style sheets have; the seventh series begins anew.
const COLOURS: usize = 6;
/// Lines with more points than these show no marks.
const MARKS_MAX: usize = 60;

/// Where the values stand on the sheet.
struct Frame {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
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
pub(in crate::document) fn svg(chart: &Chart) -> String {
    let values = || chart.series.iter().flat_map(|series| series.values.iter().flatten().copied());
    let scale = Scale::of(values(), chart.kind == Kind::Bar);
    let labels: Vec<String> = scale.ticks().map(|tick| scale.label(tick)).collect();
    let widest = labels.iter().map(|label| wide(label)).fold(0.0, f64::max);
    let left = widest + 18.0;
    let top = if chart.series.len() > 1 || !chart.y.is_empty() { 44.0 } else { 18.0 };
    let bottom = if chart.x.is_empty() { 34.0 } else { 58.0 };
    let frame = Frame { left, top, width: WIDTH - left - 20.0, height: HEIGHT - top - bottom };
    let mut pen = Pen(String::new());
    head(chart, &mut pen);
    pen.put(format_args!("<g class=\"chart-axis\">"));
    for (tick, label) in scale.ticks().zip(&labels) {
        let y = frame.y(scale, tick);
        let class = if tick == 0.0 { "chart-zero" } else { "chart-grid" };
        let right = frame.left + frame.width;
        pen.put(format_args!(
            "<path class=\"{class}\" d=\"M{:.1} {y:.1}H{right:.1}\"/>",
            frame.left
        ));
        pen.text((frame.left - 10.0, y + 5.5), "end", label);
    }
    match chart.positions() {
        Some(positions) => numbered(chart, &frame, (scale, &positions), &mut pen),
        None => named(chart, &frame, scale, &mut pen),
    }
    legend(chart, &frame, &mut pen);
    pen.0.push_str("</svg>");
    pen.0
}

fn head(chart: &Chart, pen: &mut Pen) {
    let mut name = String::new();
    escape(&chart.name(), &mut name);
    pen.put(format_args!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{name}\"><title>{name}</title><desc>"
    ));
    for (index, series) in chart.series.iter().enumerate() {
        let values = || series.values.iter().flatten().copied();
        let (low, high) =
            (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
        pen.0.push_str(if index == 0 { "" } else { "; " });
        escape(&series.name, &mut pen.0);
        pen.put(format_args!(": {low} – {high}"));
    }
    pen.0.push_str("</desc>");
}

impl Frame {
    fn y(&self, scale: Scale, value: f64) -> f64 {
        self.top + self.height * (1.0 - scale.share(value))
    }
}

/// Draws rows that stand where their numbers say.
fn numbered(
    chart: &Chart,
    frame: &Frame,
    (scale, positions): (Scale, &[Option<f64>]),
    pen: &mut Pen,
) {
    let along = Scale::of(positions.iter().flatten().copied(), false);
    let x = |value: f64| frame.left + frame.width * along.share(value);
    for tick in along.ticks() {
        pen.text((x(tick), frame.top + frame.height + 24.0), "middle", &along.label(tick));
    }
    pen.0.push_str("</g>");
    for (index, series) in chart.series.iter().enumerate() {
        let points = positions.iter().zip(&series.values);
        let points = points.map(|(at, value)| Some((x((*at)?), frame.y(scale, (*value)?))));
        line(chart, index, &points.collect::<Vec<_>>(), pen);
    }
}

/// Draws rows that stand side by side under their names.
fn named(chart: &Chart, frame: &Frame, scale: Scale, pen: &mut Pen) {
    let labels: Vec<&str> = chart.labels().collect();
    let slot = frame.width / count(labels.len().max(1));
    let x = |index: usize| frame.left + slot * (count(index) + 0.5);
    let widest = labels.iter().map(|label| wide(label)).fold(0.0, f64::max);
    // As many names as there is room for.
    let each = (1..=labels.len())
        .find(|each| slot * count(*each) >= widest + 10.0)
        .unwrap_or(labels.len().max(1));
    for (index, label) in labels.iter().enumerate().step_by(each) {
        let anchor = if index == 0 && wide(label) > slot { "start" } else { "middle" };
        let at = if anchor == "start" { frame.left } else { x(index) };
        pen.text((at, frame.top + frame.height + 24.0), anchor, label);
    }
    pen.0.push_str("</g>");
    for (index, series) in chart.series.iter().enumerate() {
        if chart.kind == Kind::Bar {
            bars((index, series), chart.series.len(), (slot, frame, scale), pen);
        } else {
            let values = series.values.iter().enumerate();
            let points = values.map(|(row, value)| Some((x(row), frame.y(scale, (*value)?))));
            line(chart, index, &points.collect::<Vec<_>>(), pen);
        }
    }
}

fn bars(
    (index, series): (usize, &Series),
    among: usize,
    (slot, frame, scale): (f64, &Frame, Scale),
    pen: &mut Pen,
) {
    let width = slot * 0.72 / count(among);
    let zero = frame.y(scale, 0.0);
    for (row, value) in series.values.iter().enumerate() {
        let Some(value) = value else { continue };
        let y = frame.y(scale, *value);
        let x = frame.left + slot * (count(row) + 0.14) + width * count(index);
        let (top, tall, drawn) = (y.min(zero), (y - zero).abs(), (width - 1.0).max(width * 0.6));
        pen.put(format_args!(
            "<rect class=\"chart-{}\" x=\"{x:.1}\" y=\"{top:.1}\" width=\"{drawn:.1}\" height=\"{tall:.1}\"/>",
            index % COLOURS + 1
        ));
    }
}

/// Draws points, with a line from one to the next where the chart has lines.
fn line(chart: &Chart, index: usize, points: &[Option<(f64, f64)>], pen: &mut Pen) {
    let colour = index % COLOURS + 1;
    if chart.kind == Kind::Line {
        let mut path = String::new();
        let mut begins = true;
        for point in points {
            if let Some((x, y)) = point {
                let letter = if begins { 'M' } else { 'L' };
                let done = write!(path, "{letter}{x:.1} {y:.1}");
                debug_assert!(done.is_ok(), "a String takes all");
            }
            begins = point.is_none();
        }
        pen.put(format_args!("<path class=\"chart-line chart-{colour}\" d=\"{path}\"/>"));
        if points.len() > MARKS_MAX {
            return;
        }
    }
    for at in points.iter().flatten() {
        mark(index, *at, pen);
    }
}

/// Draws the mark of a series: another shape for each, for those who see no colours.
fn mark(index: usize, (x, y): (f64, f64), pen: &mut Pen) {
    let shape = match index % 4 {
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

/// Writes what the axes and the series are called.
fn legend(chart: &Chart, frame: &Frame, pen: &mut Pen) {
    pen.0.push_str("<g class=\"chart-axis chart-legend\">");
    if !chart.y.is_empty() {
        pen.text((0.0, LETTER), "start", &chart.y);
    }
    if !chart.x.is_empty() {
        pen.text((frame.left + frame.width, HEIGHT - 6.0), "end", &chart.x);
    }
    if chart.series.len() > 1 {
        let mut right = frame.left + frame.width;
        for (index, series) in chart.series.iter().enumerate().rev() {
            right -= wide(&series.name);
            pen.text((right, LETTER), "start", &series.name);
            mark(index, (right - 13.0, LETTER - 5.5), pen);
            right -= 40.0;
        }
    }
    pen.0.push_str("</g>");
}

/// Returns how wide a text is, about.
fn wide(text: &str) -> f64 {
    count(text.width()) * HALF
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
