//! Scales: which round numbers stand along an axis, and where a number stands between them.

/// A stretch of numbers, ended by round ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    low: f64,
    step: f64,
    steps: u32,
}

/// How many steps an axis has, about.
const STEPS: f64 = 5.0;

impl Scale {
    /// Returns a scale that holds all numbers; with `zero`, or where it is near, nought as well.
    pub(super) fn of(numbers: impl Iterator<Item = f64>, zero: bool) -> Scale {
        // What is beyond has no room for a step between.
        let (mut low, mut high) = numbers
            .map(|number| number.clamp(-1e100, 1e100))
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), number| {
                (low.min(number), high.max(number))
            });
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        if zero || (low > 0.0 && low < high * 0.5) || (high < 0.0 && high > low * 0.5) {
            (low, high) = (low.min(0.0), high.max(0.0));
        }
        if high - low <= low.abs().max(high.abs()) * 1e-9 {
            let around = if low == 0.0 { 1.0 } else { low.abs() * 0.5 };
            (low, high) =
                if zero { (low.min(0.0), high.max(around)) } else { (low - around, high + around) };
        }
        let step = round_step((high - low) / STEPS);
        let bottom = (low / step).floor();
        let steps = ((high / step).ceil() - bottom).clamp(1.0, 20.0);
        Scale { low: bottom * step, step, steps: to_count(steps) }
    }

    /// Returns the round numbers from below.
    pub(super) fn ticks(self) -> impl Iterator<Item = f64> {
        (0..=self.steps).map(move |index| {
            let tick = self.low + f64::from(index) * self.step;
            if tick.abs() < self.step * 1e-6 { 0.0 } else { tick }
        })
    }

    /// Returns how far along the axis a number stands, from 0 to 1.
    pub(super) fn share(self, number: f64) -> f64 {
        ((number - self.low) / (self.step * f64::from(self.steps))).clamp(0.0, 1.0)
    }

    /// Writes a tick as exactly as the step asks for.
    pub(super) fn label(self, tick: f64) -> String {
        let size = tick.abs().max(self.step);
        if !(1e-5..1e15).contains(&size) {
            return format!("{tick:.1e}").replace(".0e", "e").replace('-', "\u{2212}");
        }
        let (mut places, mut step) = (0, self.step);
        while places < 12 && (step - step.round()).abs() > step * 1e-6 {
            (places, step) = (places + 1, step * 10.0);
        }
        let text = format!("{tick:.places$}");
        // Where no number is long, years are among those that are not.
        let high = self.low + f64::from(self.steps) * self.step;
        if self.low.abs().max(high.abs()) >= 10_000.0 { grouped(&text) } else { signed(&text) }
    }
}

/// Returns 1, 2 or 5 of some power of ten that is not less than a number.
fn round_step(number: f64) -> f64 {
    // By multiplication alone, which comes out the same on every machine.
    let mut power = 1.0;
    while power > number && power > 1e-300 {
        power /= 10.0;
    }
    while power * 10.0 <= number {
        power *= 10.0;
    }
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|digit| digit * power)
        .find(|step| *step >= number * 0.999)
        .unwrap_or(power * 10.0)
}

fn to_count(steps: f64) -> u32 {
    (1..=20).find(|count| f64::from(*count) >= steps - 0.5).unwrap_or(20)
}

/// Writes the sign as it is printed.
fn signed(number: &str) -> String {
    number.replace('-', "\u{2212}")
}

/// Puts commas between thousands.
fn grouped(number: &str) -> String {
    let (whole, rest) = number.split_once('.').map_or((number, None), |(w, r)| (w, Some(r)));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("\u{2212}", digits));
    let mut out = sign.to_owned();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out.extend(rest.into_iter().flat_map(|rest| [".", rest]));
    out
}

#[cfg(test)]
mod tests {
    use super::Scale;

    fn labels(numbers: &[f64], zero: bool) -> Vec<String> {
        let scale = Scale::of(numbers.iter().copied(), zero);
        scale.ticks().map(|tick| scale.label(tick)).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(labels(&[3.0, 97.0], false), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(labels(&[0.12, 0.48], true), ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5"]);
        assert_eq!(
            labels(&[-30.0, 20.0], true),
            ["\u{2212}30", "\u{2212}20", "\u{2212}10", "0", "10", "20"]
        );
        assert_eq!(labels(&[2_000.0, 48_000.0], true)[5], "50,000");
        assert_eq!(labels(&[2_000.0, 7_800.0], true)[1], "2000");
        assert_eq!(labels(&[0.0, 10_000.0], true)[1], "2,000");
        assert_eq!(labels(&[1e20, 3e20], true).last().map(String::as_str), Some("3e20"));
        assert_eq!(labels(&[2008.0, 2012.0], false)[0], "2008");
        assert_eq!(labels(&[5.0], true).last().map(String::as_str), Some("5"));
    }
}
