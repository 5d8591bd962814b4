//! A chart as SVG: what stands where, which plotters draws. Colours and type are the style sheet's.

use std::convert::Infallible;

use plotters::chart::LabelAreaPosition;
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::{
    ChartBuilder, ChartContext, Circle, Color, DrawingArea, IntoDrawingArea, LineSeries,
    PathElement, Rectangle,
};
use plotters::style::{RGBColor, TRANSPARENT, TextStyle};
use plotters_backend::BackendCoord;
use plotters_backend::text_anchor::{HPos, Pos, VPos};

use super::names::{LINE, PART, length, wide};
use super::pen::{DOT, GRID, LEGEND, MARK, Pen, ZERO, inks, pixels};
use super::scale::{Axis, count, held, middle};
use super::{Chart, Kind};
use crate::document::html::escape;
use crate::document::lettering::cut;

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::document) struct Sheet {
    width: i32,
    /// How tall the part is in which the values stand.
    plot: i32,
}

pub(in crate::document) const PAGE: Sheet = Sheet { width: 800 * PART, plot: 340 * PART };
/// Shown larger than it is drawn, so that its letters are read from the last row.
pub(in crate::document) const SLIDE: Sheet = Sheet { width: 880 * PART, plot: 220 * PART };

/// What is left free on the right, for half of the last label.
const RIGHT: i32 = 24 * PART;
/// Lines with more points than these show no marks; points in greater numbers are dots.
const MARKS_MAX: usize = 60;
const SHAPES_MAX: usize = 300;
/// How wide the name of a series may be, in half letters.
const NAME_MAX: usize = 36;

type Drawn = Result<(), DrawingAreaErrorKind<Infallible>>;
type Root<'a> = DrawingArea<Pen<'a>, Shift>;
type Plot<'a> = ChartContext<'a, Pen<'a>, Cartesian2d<Axis, Axis>>;

/// Draws a chart.
pub(in crate::document) fn svg(chart: &Chart, sheet: Sheet) -> String {
    let values = chart.series.iter().flat_map(|series| series.values.iter().flatten().copied());
    let up = Axis::of(values, chart.kind == Kind::Bar);
    let left = up.ticks.iter().map(|(_, label)| wide(label)).max().unwrap_or(0) + 18 * PART;
    let (along, positions) = match chart.positions() {
        Some(positions) => (Axis::of(positions.iter().flatten().copied(), false), positions),
        None => (
            Axis::named(&chart.labels().collect::<Vec<_>>(), sheet.width - left - RIGHT),
            chart.labels().enumerate().map(|(row, _)| Some(middle(row))).collect(),
        ),
    };
    let keys = keys(chart, (left, sheet.width));
    let above = keys.last().map_or(0, |(_, (_, y))| y + LINE / 3) + LINE * has(&chart.y);
    let lines = along.ticks.iter().map(|(_, label)| length(label.lines().count())).max();
    let below = 10 * PART + LINE * (lines.unwrap_or(0) + has(&chart.x));
    let size = (sheet.width, above + 16 * PART + sheet.plot + below);
    let mut svg = head(chart, size);
    let root = Pen { size, svg: &mut svg }.into_drawing_area();
    let done = ChartBuilder::on(&root)
        .margin_top(above + 16 * PART)
        .margin_right(RIGHT)
        .x_label_area_size(below)
        .y_label_area_size(left)
        .build_cartesian_2d(along, up)
        .and_then(|mut plot| {
            axes(chart, &mut plot)?;
            series(chart, &positions, &mut plot)
        })
        .and_then(|()| legend(chart, keys, above, &root));
    debug_assert!(done.is_ok(), "a String takes all");
    drop(root);
    svg + "</svg>"
}

/// Returns how many lines a text needs that may be empty.
fn has(text: &str) -> i32 {
    i32::from(!text.is_empty())
}

fn head(chart: &Chart, (width, height): BackendCoord) -> String {
    let (mut name, width, height) = (String::new(), pixels(width), pixels(height));
    escape(&chart.name(), &mut name);
    let mut head = format!(
        "<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" preserveAspectRatio=\"xMinYMin\" role=\"img\" aria-label=\"{name}\"><title>{name}</title><desc>"
    );
    for (index, series) in chart.series.iter().enumerate() {
        let values = || series.values.iter().flatten().copied();
        let low = values().fold(f64::INFINITY, f64::min);
        let high = values().fold(f64::NEG_INFINITY, f64::max);
        head.push_str(if index == 0 { "" } else { "; " });
        escape(&series.name, &mut head);
        head.extend([": ", &plain(low), " – ", &plain(high)]);
    }
    head + "</desc>"
}

/// Writes a number as it is read, without three hundred digits.
fn plain(number: f64) -> String {
    let written = format!("{number}");
    if written.len() > 16 { format!("{number:.3e}") } else { written }
}

/// Places the names of several series above the chart, in as many lines as they need.
fn keys(chart: &Chart, (left, right): (i32, i32)) -> Vec<(String, BackendCoord)> {
    let (mut x, mut y) = (left, LINE * 2 / 3);
    let series = chart.series.iter().filter(|_| chart.series.len() > 1);
    let place = series.map(|series| {
        let name = cut(&series.name, NAME_MAX);
        let width = 20 * PART + wide(&name);
        if x > left && x + width > right {
            (x, y) = (left, y + LINE);
        }
        let key = (name, (x, y));
        x += width + 26 * PART;
        key
    });
    place.collect()
}

/// Draws what tells which series is which, and what the values are.
fn legend(chart: &Chart, keys: Vec<(String, BackendCoord)>, above: i32, root: &Root<'_>) -> Drawn {
    let style = legend_style();
    for (ink, (name, (x, y))) in inks().zip(keys) {
        root.draw_text(&name, &style, (x + 20 * PART, y))?;
        let (x, half) = (x + 7 * PART, MARK * 9 / 10);
        if chart.kind == Kind::Bar {
            root.draw(&Rectangle::new([(x - half, y - half), (x + half, y + half)], ink))?;
        } else {
            root.draw(&Circle::new((x, y), MARK, ink))?;
        }
    }
    root.draw_text(&cut(&chart.y, 2 * NAME_MAX), &style, (0, above - LINE / 3))
}

fn legend_style() -> TextStyle<'static> {
    TextStyle::from(("sans-serif", 18)).color(&LEGEND).pos(Pos::new(HPos::Left, VPos::Center))
}

fn axes(chart: &Chart, plot: &mut Plot<'_>) -> Drawn {
    plot.configure_mesh()
        .disable_x_mesh()
        .axis_style(TRANSPARENT)
        .bold_line_style(GRID)
        .light_line_style(ZERO)
        .set_tick_mark_size(LabelAreaPosition::Left, 5 * PART)
        .set_tick_mark_size(LabelAreaPosition::Bottom, 0)
        .axis_desc_style(legend_style())
        .x_desc(cut(&chart.x, 2 * NAME_MAX))
        .draw()
}

fn series(chart: &Chart, positions: &[Option<f64>], plot: &mut Plot<'_>) -> Drawn {
    for (index, (ink, series)) in inks().zip(&chart.series).enumerate() {
        let points = positions.iter().zip(&series.values);
        let points: Vec<_> = points.map(|(at, value)| Some(((*at)?, held((*value)?)))).collect();
        match chart.kind {
            Kind::Bar => bars(&points, (index, chart.series.len()), ink, plot)?,
            Kind::Line => {
                for stretch in points.split(Option::is_none) {
                    // A value between two gaps has no line.
                    let marked = stretch.len() == 1 || points.len() <= MARKS_MAX;
                    let line = LineSeries::new(stretch.iter().flatten().copied(), ink);
                    plot.draw_series(line.point_size(if marked {
                        MARK.unsigned_abs()
                    } else {
                        0
                    }))?;
                }
            }
            Kind::Scatter => {
                let points: Vec<_> = points.into_iter().flatten().collect();
                if points.len() > SHAPES_MAX {
                    plot.draw_series([PathElement::new(points, ink.stroke_width(DOT))])?;
                } else {
                    plot.draw_series(points.into_iter().map(|at| Circle::new(at, MARK, ink)))?;
                }
            }
        }
    }
    Ok(())
}

fn bars(
    points: &[Option<(f64, f64)>],
    (index, among): (usize, usize),
    ink: RGBColor,
    plot: &mut Plot<'_>,
) -> Drawn {
    let slot = f64::from(plot.plotting_area().dim_in_pixel().0) / count(points.len().max(1));
    // One value in a wide frame is a bar and no wall.
    let width = (0.72 / count(among)).min(f64::from(120 * PART) / slot);
    let drawn = (width - f64::from(PART) / slot).max(width * 0.6);
    plot.draw_series(points.iter().flatten().map(|(at, value)| {
        let left = at + width * (count(index) - count(among) / 2.0);
        Rectangle::new([(left, 0.0), (left + drawn, *value)], ink)
    }))?;
    Ok(())
}
