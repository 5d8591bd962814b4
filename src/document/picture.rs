//! Marp's words in the alternative text of a picture: how large it is, which filters it passes, where
//! a background lies. What is no such word stays alternative text.

use crate::document::directives::is_plain_css;
use crate::theme::is_color;

/// The filters with what holds where nothing is said.
const FILTERS: &[(&str, &str)] = &[
    ("blur", "10px"),
    ("brightness", "1.5"),
    ("contrast", "2"),
    ("drop-shadow", "0 5px 10px rgba(0,0,0,.4)"),
    ("grayscale", "1"),
    ("hue-rotate", "180deg"),
    ("invert", "1"),
    ("opacity", ".5"),
    ("saturate", "2"),
    ("sepia", "1"),
];

const LENGTHS: &[&str] = &["ch", "cm", "em", "ex", "in", "mm", "pc", "pt", "px"];

/// More units than a size may have, as CSS has them.
const UNITS: &[&str] = &[
    "rem", "ic", "cap", "lh", "rlh", "q", "vw", "vh", "vmin", "vmax", "cqw", "cqh", "cqmin",
    "cqmax",
];
const ANGLES: &[&str] = &["deg", "rad", "grad", "turn"];

/// Of all functions only these make colours.
const COLORS: &[&str] =
    &["rgb", "rgba", "hsl", "hsla", "hwb", "lab", "lch", "oklab", "oklch", "color"];

/// The side of a slide that its backgrounds keep to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// What an alternative text says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Words {
    /// What is left for readers.
    pub alt: String,
    pub background: bool,
    /// A length, a percentage or `auto`.
    width: Option<String>,
    height: Option<String>,
    /// The size of a background: `cover`, `contain`, `auto`.
    size: Option<&'static str>,
    /// The size of a background as a percentage.
    scale: Option<String>,
    filters: Vec<String>,
    pub split: Option<Side>,
    /// How many percent of the slide the backgrounds take.
    pub share: Option<f64>,
    pub vertical: Option<bool>,
    /// Words that look like filters and say nothing that a filter understands: one makes all of them void.
    pub faults: Vec<String>,
    /// Sides with a number that is no percentage.
    pub shares: Vec<String>,
    /// A share that leaves no room for the text.
    pub all: Option<String>,
}

/// Stands beside a word that is none of Marp's, because it is written in some other way: `*bg*`.
pub(super) const COVER: char = '\u{2060}';

/// Reads an alternative text, words that are covered included.
pub(super) fn read(alt: &str) -> Words {
    let mut words = Words::default();
    let background = alt.split_whitespace().any(|word| word == "bg");
    let (mut rest, mut any) = (Vec::new(), false);
    for word in alt.split_whitespace() {
        if words.takes(word) || (background && words.takes_ground(word)) {
            any = true;
        } else {
            rest.push(word);
        }
    }
    words.background = background;
    words.alt = if any { rest.join(" ") } else { alt.to_owned() };
    words.alt.retain(|c| c != COVER);
    words
}

/// Returns the number before a unit.
fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let ends = text.ends_with(|c: char| c.is_ascii_digit());
    text.parse().ok().filter(|_| plain && ends)
}

fn percent(text: &str) -> Option<f64> {
    text.strip_suffix('%').and_then(number)
}

/// Returns a length as CSS writes it; a bare number counts pixels.
fn side(text: &str) -> Option<String> {
    let unit = LENGTHS.iter().find_map(|unit| text.strip_suffix(unit)).is_some_and(is_number);
    if text == "auto" || unit || percent(text).is_some() {
        return Some(text.to_owned());
    }
    number(text).map(|_| format!("{text}px"))
}

fn is_number(text: &str) -> bool {
    number(text).is_some()
}

impl Words {
    fn takes(&mut self, word: &str) -> bool {
        if percent(word).is_some() {
            self.scale = Some(word.to_owned());
            return true;
        }
        let (name, value) = word.split_once(':').map_or((word, None), |(n, v)| (n, Some(v)));
        match (name, value.and_then(side)) {
            ("w" | "width", Some(side)) => self.width = Some(side),
            ("h" | "height", Some(side)) => self.height = Some(side),
            _ => {
                let Some((name, default)) = FILTERS.iter().find(|(known, _)| *known == name) else {
                    return false;
                };
                match argument(name, value.filter(|value| !value.is_empty())) {
                    _ if value == Some("") => return false,
                    Ok(None) => self.filters.push(format!("{name}({default})")),
                    Ok(Some(argument)) => self.filters.push(format!("{name}({argument})")),
                    Err(()) => self.faults.push(word.to_owned()),
                }
            }
        }
        true
    }

    fn takes_ground(&mut self, word: &str) -> bool {
        match word {
            "bg" => {}
            "cover" => self.size = Some("cover"),
            "contain" | "fit" => self.size = Some("contain"),
            "auto" => self.size = Some("auto"),
            "vertical" => self.vertical = Some(true),
            "horizontal" => self.vertical = Some(false),
            _ => {
                let (name, share) =
                    word.split_once(':').map_or((word, None), |(n, v)| (n, Some(v)));
                let side = match name {
                    "left" => Side::Left,
                    "right" => Side::Right,
                    _ => return false,
                };
                let percent = share.map(percent);
                if percent == Some(None) {
                    // As in Marp it stays with the caption.
                    self.shares
                        .extend(share.filter(|share| is_number(share)).map(|_| word.to_owned()));
                    return false;
                }
                self.split = Some(side);
                self.share = percent.flatten().filter(|share| *share < 100.0);
                if self.share.is_none() && share.is_some() {
                    self.all = Some(word.to_owned());
                }
            }
        }
        true
    }

    /// Returns a side in whole pixels, where it is given so.
    fn pixels(side: Option<&String>) -> Option<u32> {
        let side = side?.strip_suffix("px").and_then(number)?;
        // What is no size for a picture is left to the style sheet.
        format!("{side:.0}").parse().ok().filter(|pixels| (1..10_000).contains(pixels))
    }

    pub(super) fn width_pixels(&self) -> Option<u32> {
        Words::pixels(self.width.as_ref())
    }

    pub(super) fn height_pixels(&self) -> Option<u32> {
        Words::pixels(self.height.as_ref())
    }

    fn filter(&self, css: &mut String) {
        if !self.filters.is_empty() && self.faults.is_empty() {
            css.extend(["filter:", &self.filters.join(" "), ";"]);
        }
    }

    /// Returns the declarations for a picture in the text, where percentages mean nothing.
    pub(super) fn look(&self) -> String {
        let given = |side: &Option<String>| side.clone().filter(|side| !side.ends_with('%'));
        let mut css = sized(given(&self.width).as_deref(), given(&self.height).as_deref());
        self.filter(&mut css);
        css
    }

    /// Tells whether a background is shown in its own size.
    pub(super) fn keeps_size(&self) -> bool {
        self.width.is_none()
            && self.height.is_none()
            && self.scale.is_none()
            && self.size == Some("auto")
    }

    /// Returns the declarations for a background; by itself it covers its place.
    pub(super) fn ground_look(&self) -> String {
        let size = self.scale.as_deref().or(self.size);
        let fixed = matches!(size, Some("contain" | "cover"));
        let mut css = if !fixed && (self.width.is_some() || self.height.is_some()) {
            let side = |own: &Option<String>| own.clone().or(size.map(str::to_owned));
            let (width, height) = (side(&self.width), side(&self.height));
            sized(
                Some(width.as_deref().unwrap_or("auto")),
                Some(height.as_deref().unwrap_or("auto")),
            )
        } else {
            match size {
                Some("contain") => "object-fit:contain;".to_owned(),
                Some("cover") | None => String::new(),
                Some(scale) => sized(Some(scale), Some("auto")),
            }
        };
        self.filter(&mut css);
        css
    }
}

/// Returns the declarations of both sides; where both are given, the picture is drawn out to them.
pub(super) fn sized(width: Option<&str>, height: Option<&str>) -> String {
    let (one, other) = match (width, height) {
        (None, None) => return String::new(),
        (width, height) => (width.unwrap_or("auto"), height.unwrap_or("auto")),
    };
    let fill = if one == "auto" || other == "auto" { "" } else { "object-fit:fill;" };
    format!("width:{one};height:{other};{fill}")
}

/// Returns the argument of a filter as CSS writes it; nothing where its default holds.
fn argument(name: &str, value: Option<&str>) -> Result<Option<String>, ()> {
    let Some(value) = value else { return Ok(None) };
    let fits = match name {
        "blur" => is_length(value) && !value.starts_with('-'),
        "hue-rotate" => value == "0" || unit_of(value, ANGLES),
        "drop-shadow" => return shadow(value).map(Some),
        _ => {
            let bare = value.strip_suffix('%').unwrap_or(value);
            signed(bare).is_some_and(|number| number >= 0.0)
        }
    };
    if fits { Ok(Some(value.to_owned())) } else { Err(()) }
}

/// Returns a number as CSS writes it: with a sign, with an exponent.
fn signed(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b".+-eE".contains(&b));
    let ends = text.ends_with(|c: char| c.is_ascii_digit());
    text.parse().ok().filter(|_| plain && ends)
}

fn unit_of(value: &str, units: &[&str]) -> bool {
    let lower = value.to_ascii_lowercase();
    units.iter().any(|unit| lower.strip_suffix(unit).is_some_and(|bare| signed(bare).is_some()))
}

fn is_length(value: &str) -> bool {
    signed(value) == Some(0.0) || unit_of(value, LENGTHS) || unit_of(value, UNITS)
}

/// Two or three lengths and a colour, in parts between commas; the commas of the colour are its own.
fn shadow(value: &str) -> Result<String, ()> {
    let (mut parts, mut depth) = (vec![String::new()], 0_i32);
    for c in value.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if c == ',' && depth == 0 {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    let is_shade = |part: &String| {
        let function = part.split_once('(').map(|(name, _)| name);
        let known = function.is_none_or(|name| COLORS.contains(&name));
        known && is_color(part) && is_plain_css(part)
    };
    let lengths: Vec<bool> = parts.iter().map(|part| is_length(part)).collect();
    let shaded = match lengths[..] {
        [true, true] | [true, true, true] => Some(true),
        [true, true, false] | [true, true, true, false] => parts.last().map(is_shade),
        [false, true, true] | [false, true, true, true] => parts.first().map(is_shade),
        _ => None,
    };
    if shaded == Some(true) { Ok(parts.join(" ")) } else { Err(()) }
}
