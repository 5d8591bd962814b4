//! What CSS takes for a colour, as far as that can be told from the words.

use cssparser::color::{parse_hash_color, parse_named_color};

const FUNCTIONS: &[&str] = &[
    "color",
    "color-mix",
    "contrast-color",
    "device-cmyk",
    "env",
    "hsl",
    "hsla",
    "hwb",
    "lab",
    "lch",
    "light-dark",
    "oklab",
    "oklch",
    "rgb",
    "rgba",
    "var",
];
const WORDS: &[&str] = &[
    "accentcolor",
    "accentcolortext",
    "activetext",
    "buttonborder",
    "buttonface",
    "buttontext",
    "canvas",
    "canvastext",
    "currentcolor",
    "field",
    "fieldtext",
    "graytext",
    "highlight",
    "highlighttext",
    "inherit",
    "initial",
    "linktext",
    "mark",
    "marktext",
    "revert",
    "revert-layer",
    "selecteditem",
    "selecteditemtext",
    "transparent",
    "unset",
    "visitedtext",
];

/// Tells whether a value is a colour; what a function is given is the browser's to judge.
pub fn is_color(value: &str) -> bool {
    let value = value.trim().to_ascii_lowercase();
    if let Some(digits) = value.strip_prefix('#') {
        return parse_hash_color(digits.as_bytes()).is_ok();
    }
    match value.split_once('(') {
        Some((function, _)) => FUNCTIONS.contains(&function) && value.ends_with(')'),
        None => WORDS.contains(&value.as_str()) || parse_named_color(&value).is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::is_color;

    #[test]
    fn colours_are_told_from_other_words() {
        for value in
            ["navy", " Navy ", "#1d4f91", "#fff8", "rgb(1 2 3 / 50%)", "var(--x)", "CanvasText"]
        {
            assert!(is_color(value), "{value}");
        }
        for value in ["", "navvy", "#12", "#ggg", "1d4f91", "url(x)", "rgb(1, 2", "red blue", "7"] {
            assert!(!is_color(value), "{value}");
        }
    }
}
