//! The colours of a card: those of a theme, as long as they can be read.

/// Red, green and blue.
pub(super) type Rgb = [u8; 3];

/// The colours of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colors {
    pub(super) paper: Rgb,
    pub(super) sheet: Rgb,
    pub(super) ink: Rgb,
    pub(super) ash: Rgb,
    pub(super) line: Rgb,
    pub(super) shu: Rgb,
}

/// The colours of the house.
const HOUSE: Colors = Colors {
    paper: [0xfc, 0xfb, 0xf7],
    sheet: [0xf4, 0xf1, 0xe8],
    ink: [0x1f, 0x1d, 0x1a],
    ash: [0x6b, 0x65, 0x5b],
    line: [0xdd, 0xd6, 0xc8],
    shu: [0xb8, 0x32, 0x1f],
};

/// How far what is read has to stand out from its ground, and what is only seen.
const READ: f32 = 4.5;
const SEEN: f32 = 2.5;

impl Default for Colors {
    fn default() -> Colors {
        HOUSE
    }
}

impl Colors {
    /// Returns the colours that a theme gives to names such as `paper`, written as `#rrggbb`, and fitting ones for
    /// those that it does not name.
    pub fn of(color: impl Fn(&str) -> Option<String>) -> Colors {
        let named = |name: &str| color(name).and_then(|written| rgb(&written));
        let (Some(paper), ink) = (named("paper"), named("ink")) else { return HOUSE };
        let ink = ink.filter(|ink| contrast(*ink, paper) >= READ).unwrap_or_else(|| {
            let (dark, light) = (HOUSE.ink, HOUSE.paper);
            if contrast(dark, paper) >= contrast(light, paper) { dark } else { light }
        });
        let either = |name: &str, least: f32, share: u16| {
            let own = named(name).filter(|own| contrast(*own, paper) >= least);
            own.unwrap_or_else(|| mixed(ink, paper, share))
        };
        Colors {
            paper,
            sheet: either("sheet", 0.0, 6),
            ink,
            ash: either("ash", READ, 72),
            line: either("line", 0.0, 18),
            shu: either("shu", SEEN, 100),
        }
    }

    pub(super) fn all(&self) -> [Rgb; 6] {
        [self.paper, self.sheet, self.ink, self.ash, self.line, self.shu]
    }
}

/// Reads `#rgb` or `#rrggbb`.
fn rgb(written: &str) -> Option<Rgb> {
    let digits = written.trim().strip_prefix('#')?;
    let twice = |digit: &str| digit.repeat(2);
    let parts: Vec<String> = match digits.len() {
        3 => (0..3).map(|at| digits.get(at..=at).map(twice)).collect::<Option<_>>()?,
        6 => (0..3)
            .map(|at| digits.get(2 * at..2 * at + 2).map(str::to_owned))
            .collect::<Option<_>>()?,
        _ => return None,
    };
    let mut rgb = [0; 3];
    for (value, part) in rgb.iter_mut().zip(&parts) {
        *value = u8::from_str_radix(part, 16).ok()?;
    }
    Some(rgb)
}

/// Returns so many hundredths of one colour in another.
fn mixed(one: Rgb, other: Rgb, share: u16) -> Rgb {
    std::array::from_fn(|at| {
        let sum = u16::from(one[at]) * share + u16::from(other[at]) * (100 - share);
        u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX)
    })
}

/// Returns how far two colours stand apart, as for the accessibility of pages.
fn contrast(one: Rgb, other: Rgb) -> f32 {
    let (one, other) = (light(one), light(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// A square comes near enough to the curve of the standard, and is the same on every machine.
fn light(color: Rgb) -> f32 {
    let [r, g, b] = color.map(|it| (f32::from(it) / 255.0) * (f32::from(it) / 255.0));
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

#[cfg(test)]
mod tests {
    use super::{Colors, HOUSE, READ, contrast};

    fn of(named: &[(&str, &str)]) -> Colors {
        Colors::of(|name| {
            named.iter().find(|(known, _)| *known == name).map(|(_, color)| (*color).to_owned())
        })
    }

    #[test]
    fn a_theme_without_colours_has_those_of_the_house() {
        assert_eq!(of(&[]), HOUSE);
        assert_eq!(of(&[("paper", "rebeccapurple"), ("ink", "#fff")]), HOUSE);
    }

    #[test]
    fn what_is_said_can_be_read_on_any_paper() {
        for paper in ["#fff", "#000000", "#777", "#ffd400", "#2f5d34", "#B3200F"] {
            for ink in ["#fff", "#000", "#808080", "#b8321f"] {
                let colors = of(&[("paper", paper), ("ink", ink), ("ash", ink), ("shu", paper)]);
                assert!(contrast(colors.ink, colors.paper) >= READ - 0.6, "{paper} {ink}");
                assert!(contrast(colors.ash, colors.paper) >= 2.5, "{paper} {ink}");
                assert!(contrast(colors.shu, colors.paper) >= 2.5, "{paper} {ink}");
            }
        }
    }
}
