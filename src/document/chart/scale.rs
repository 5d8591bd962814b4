//! Axes: which round numbers, or which names, stand along one, and what is written there.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::coord::types::RangedCoordf64;

use super::names::placed;

/// A stretch of numbers, and what is written along it.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    range: Range<f64>,
    pub ticks: Vec<(f64, String)>,
}

/// How many steps an axis has, about.
const STEPS: f64 = 5.0;

/// Where rows stand that have no numbers: in the middle of a stretch of 1.
pub(super) fn middle(row: usize) -> f64 {
    count(row) + 0.5
}

pub(super) fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// How far from nought a number may be; beyond, there is no room for a step between.
pub(super) const EDGE: f64 = 1e100;

/// Moves what is beyond to the edge.
pub(super) fn held(number: f64) -> f64 {
    number.clamp(-EDGE, EDGE)
}

impl Axis {
    /// Returns an axis that holds all numbers and ends with round ones; with `zero`, or where it is near, nought as
    /// well.
    pub(super) fn of(numbers: impl Iterator<Item = f64>, zero: bool) -> Axis {
        let ends = (f64::INFINITY, f64::NEG_INFINITY);
        let (mut low, mut high) =
            numbers.map(held).fold(ends, |(low, high), number| (low.min(number), high.max(number)));
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        if zero || (low > 0.0 && low < high * 0.5) || (high < 0.0 && high > low * 0.5) {
            (low, high) = (low.min(0.0), high.max(0.0));
        }
        if high - low <= low.abs().max(high.abs()) * 1e-9 {
            let around = if low == 0.0 { 1.0 } else { low.abs() * 0.5 };
            (low, high) = (if zero { low } else { low - around }, high + around);
        }
        let (digit, power) = round_step((high - low) / STEPS);
        // Read as it is written, a number comes out the same on every machine.
        let exact = |number: f64| format!("{}e{power}", number * digit).parse().unwrap_or(number);
        let step = exact(1.0);
        let (bottom, top) = ((low / step + 1e-6).floor(), (high / step - 1e-6).ceil());
        let ticks = (0..=20).map(|index| bottom + f64::from(index));
        let ticks: Vec<f64> = ticks.take_while(|tick| *tick <= top).map(exact).collect();
        // Where no number is long, years are among those that are not.
        let long = ticks.iter().any(|tick| tick.abs() >= 10_000.0);
        let written = |tick| (tick, label(tick, (step, power), long));
        Axis { range: exact(bottom)..exact(top), ticks: ticks.into_iter().map(written).collect() }
    }

    /// Returns an axis of rows side by side.
    pub(super) fn named(names: &[&str], width: i32) -> Axis {
        let ticks = placed(names, width).into_iter().enumerate();
        let ticks = ticks.map(|(row, name)| (middle(row), name)).collect();
        Axis { range: 0.0..count(names.len().max(1)), ticks }
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        RangedCoordf64::from(self.range.clone()).map(value, limit)
    }

    /// Returns where something is written; among what plotters calls light is nought, for a line of its own.
    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        let zero = (self.range.start..=self.range.end).contains(&0.0);
        if hint.weight().allow_light_points() {
            zero.then_some(0.0).into_iter().collect()
        } else {
            self.ticks.iter().map(|(tick, _)| *tick).collect()
        }
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        let tick = self.ticks.iter().find(|(tick, _)| tick.total_cmp(value).is_eq());
        tick.map(|(_, label)| label.clone()).unwrap_or_default()
    }
}

/// Writes a tick as exactly as the step asks for.
fn label(tick: f64, (step, power): (f64, i32), long: bool) -> String {
    let text = if (1e-5..1e15).contains(&tick.abs().max(step)) {
        let text = format!("{tick:.*}", usize::try_from(-power).unwrap_or(0));
        if long { grouped(&text) } else { text }
    } else {
        format!("{tick:e}").trim_end_matches("e0").to_owned()
    };
    text.replace('-', "\u{2212}")
}

/// Returns 1, 2 or 5, and a power of ten for it, that are not less than a number.
fn round_step(number: f64) -> (f64, i32) {
    let written = format!("{number:e}");
    let (digits, power) = written.split_once('e').unwrap_or((&written, "0"));
    let (digits, power) = (digits.parse().unwrap_or(1.0), power.parse().unwrap_or(0));
    let digit = [1.0, 2.0, 5.0].into_iter().find(|digit| *digit >= digits * 0.999);
    digit.map_or((1.0, power + 1), |digit| (digit, power))
}

/// Puts commas between thousands.
fn grouped(number: &str) -> String {
    let first = usize::from(number.starts_with('-'));
    let point = number.find('.').unwrap_or(number.len());
    let mut out = String::new();
    for (at, digit) in number.char_indices() {
        if at > first && at < point && (point - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::Axis;

    #[test]
    fn ticks_are_round() {
        let labels = |numbers: &[f64], zero| -> Vec<String> {
            let axis = Axis::of(numbers.iter().copied(), zero);
            axis.ticks.into_iter().map(|(_, label)| label).collect()
        };
        assert_eq!(labels(&[3.0, 97.0], false), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(labels(&[0.12, 0.48], true), ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5"]);
        assert_eq!(labels(&[-30.0, 20.0], true), ["−30", "−20", "−10", "0", "10", "20"]);
        assert_eq!(labels(&[-250_000.0, 0.0], true)[..2], ["−250,000", "−200,000"]);
        assert_eq!(labels(&[2_000.0, 48_000.0], true)[5], "50,000");
        assert_eq!(labels(&[2_000.0, 7_800.0], true)[1], "2000");
        assert_eq!(labels(&[0.0, 10_000.0], true)[1], "2,000");
        assert_eq!(labels(&[0.0, 3e20], true)[..2], ["0", "1e20"]);
        assert_eq!(labels(&[0.0, -3e-20], true)[0], "−3e−20");
        assert_eq!(labels(&[2008.0, 2012.0], false)[0], "2008");
        assert_eq!(labels(&[5.0], true).last().map(String::as_str), Some("5"));
        assert_eq!(labels(&[0.6, 1.1], false), ["0.6", "0.7", "0.8", "0.9", "1.0", "1.1"]);
    }
}
