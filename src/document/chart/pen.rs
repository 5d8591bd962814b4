//! What a chart draws -> SVG. Colours are the numbers of series, and style sheets say what they look like; text is
//! measured by its letters, not by a font.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt::{Arguments, Write};

use plotters::style::RGBColor;
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord as At, BackendStyle as Style, BackendTextStyle as TextStyle,
    DrawingBackend, DrawingErrorKind,
};

use super::names::{LINE, PART, wide};
use crate::document::html::escape;

/// What belongs to no series.
pub(super) const GRID: RGBColor = RGBColor(0, 0, 0);
pub(super) const ZERO: RGBColor = RGBColor(1, 0, 0);
pub(super) const LEGEND: RGBColor = RGBColor(2, 0, 0);
/// How many colours style sheets have; the seventh series begins anew, with broken lines.
const COLOURS: u8 = 6;
/// How far below its middle letters stand.
const MIDDLE: i32 = 6 * PART;
/// How large a mark is, from its middle, and how thick what is only a dot.
pub(super) const MARK: i32 = 5 * PART;
pub(super) const DOT: u32 = 40;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// Returns what series are drawn with, one after another.
pub(super) fn inks() -> impl Iterator<Item = RGBColor> {
    (0..2 * COLOURS).cycle().map(|series| RGBColor(series, 0, 0))
}

/// Writes what is drawn; figures in it have one place behind the point.
pub(super) struct Pen<'a> {
    pub size: At,
    pub svg: &'a mut String,
}

impl Pen<'_> {
    fn put(&mut self, piece: Arguments<'_>) {
        self.svg.write_fmt(piece).expect("a string takes all");
    }
}

/// Returns a length as the sheet has it.
pub(super) fn pixels(parts: i32) -> f64 {
    f64::from(parts) / f64::from(PART)
}

/// Returns which colour a series has.
fn tint(color: BackendColor) -> u8 {
    color.rgb.0 % COLOURS + 1
}

impl DrawingBackend for Pen<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        (self.size.0.unsigned_abs(), self.size.1.unsigned_abs())
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, _: At, _: BackendColor) -> Drawn {
        Ok(())
    }

    fn draw_line<S: Style>(&mut self, (x, y): At, (right, _): At, style: &S) -> Drawn {
        let class = if style.color().rgb.0 == ZERO.0 { "chart-zero" } else { "chart-grid" };
        let [x, y, right] = [x, y, right].map(pixels);
        self.put(format_args!("<path class=\"{class}\" d=\"M{x:.1} {y:.1}H{right:.1}\"/>"));
        Ok(())
    }

    fn draw_path<S: Style, I: IntoIterator<Item = At>>(&mut self, path: I, style: &S) -> Drawn {
        if style.color().alpha <= 0.0 {
            return Ok(());
        }
        let (colour, dots) = (tint(style.color()), style.stroke_width() == DOT);
        let again = if style.color().rgb.0 < COLOURS { "" } else { " chart-again" };
        let class = if dots { "chart-dots" } else { "chart-line" };
        self.put(format_args!("<path class=\"{class} chart-{colour}{again}\" d=\""));
        if dots {
            // Each is a line without length and with round ends; many lie over one another.
            let whole = |at: i32| (at + PART / 2) / PART;
            let places: BTreeSet<At> =
                path.into_iter().map(|(x, y)| (whole(x), whole(y))).collect();
            for (x, y) in places {
                self.put(format_args!("M{x} {y}h0"));
            }
        } else {
            for (number, (x, y)) in thinned(path).into_iter().enumerate() {
                let to = if number == 0 { 'M' } else { 'L' };
                self.put(format_args!("{to}{:.1} {:.1}", pixels(x), pixels(y)));
            }
        }
        self.svg.push_str("\"/>");
        Ok(())
    }

    fn draw_rect<S: Style>(&mut self, (x, y): At, end: At, style: &S, _: bool) -> Drawn {
        let [left, top, width, height] = [x, y, end.0 - x, end.1 - y].map(pixels);
        self.put(format_args!(
            "<rect class=\"chart-{}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>",
            tint(style.color())
        ));
        Ok(())
    }

    /// Draws the mark of a series: another shape for each, for those who see no colours.
    fn draw_circle<S: Style>(&mut self, (x, y): At, _: u32, style: &S, _: bool) -> Drawn {
        let shape = match style.color().rgb.0 % 4 {
            0 => "m-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z",
            1 => "m-4.5 -4.5h9v9h-9z",
            2 => "m0 -6l6 10h-12z",
            _ => "m0 -6l6 6l-6 6l-6 -6z",
        };
        let (colour, x, y) = (tint(style.color()), pixels(x), pixels(y));
        self.put(format_args!(
            "<path class=\"chart-mark chart-{colour}\" d=\"M{x:.1} {y:.1}{shape}\"/>"
        ));
        Ok(())
    }

    /// Draws lines of text below one another; what is centred is moved onto the sheet.
    fn draw_text<S: TextStyle>(&mut self, text: &str, style: &S, (x, y): At) -> Drawn {
        let class =
            if style.color().rgb.0 == LEGEND.0 { "chart-axis chart-legend" } else { "chart-axis" };
        let mut y = match style.anchor().v_pos {
            VPos::Top => y + LINE,
            VPos::Center => y + MIDDLE,
            VPos::Bottom => y - MIDDLE,
        };
        for line in text.lines() {
            let half = wide(line) / 2;
            let (anchor, x) = match style.anchor().h_pos {
                HPos::Left => ("start", x),
                HPos::Right => ("end", x),
                HPos::Center => ("middle", x.min(self.size.0 - half).max(half)),
            };
            let (x, down) = (pixels(x), pixels(y));
            self.put(format_args!(
                "<text class=\"{class}\" x=\"{x:.1}\" y=\"{down:.1}\" text-anchor=\"{anchor}\">"
            ));
            escape(line, self.svg);
            self.svg.push_str("</text>");
            y += LINE;
        }
        Ok(())
    }
}

/// Leaves out what cannot be seen of a line with very many points: of those in one column of pixels, all but the
/// first, the lowest, the highest and the last.
fn thinned(path: impl IntoIterator<Item = At>) -> Vec<At> {
    let points: Vec<At> = path.into_iter().collect();
    let mut kept = Vec::with_capacity(points.len().min(4096));
    for column in points.chunk_by(|(a, _), (b, _)| a / PART == b / PART) {
        let (first, last, by_height) = (0, column.len() - 1, |at: &usize| column[*at].1);
        let low = (0..=last).min_by_key(by_height).unwrap_or(first);
        let high = (0..=last).max_by_key(by_height).unwrap_or(last);
        let places = BTreeSet::from([first, low, high, last]);
        kept.extend(places.into_iter().map(|at| column[at]));
    }
    kept
}
