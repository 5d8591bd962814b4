//! Values of directives that mean nothing, and what may have been meant.

use crate::config::{closest, is_lang};
use crate::document::directives::{is_address, leading_number};
use crate::document::front_matter::duration_seconds;
use crate::document::yaml::{Node, Value};
use crate::theme::is_color;

/// The transitions that Marp knows, and the house's own.
pub const TRANSITIONS: &[&str] = &[
    "clockwise",
    "counterclockwise",
    "cover",
    "coverflow",
    "cube",
    "cylinder",
    "diamond",
    "drop",
    "explode",
    "fade",
    "fade-out",
    "fall",
    "flip",
    "glow",
    "implode",
    "in-out",
    "iris-in",
    "iris-out",
    "kamishibai",
    "melt",
    "none",
    "overlap",
    "pivot",
    "pull",
    "push",
    "reveal",
    "rotate",
    "slide",
    "star",
    "swap",
    "swipe",
    "swoosh",
    "wipe",
    "wiper",
    "zoom",
];

/// The directives whose values are words, and these.
pub const WORDS: &[(&str, &[&str])] = &[
    ("paginate", &["true", "false", "hold", "skip"]),
    ("hide", &["true", "false"]),
    ("math", &["mathjax", "katex"]),
    ("fit", &["shrink", "none"]),
];

/// Returns what is wrong with the value of a directive, and a help; nothing where it means something.
pub(super) fn fault(key: &str, node: &Node) -> Option<(String, String)> {
    let name = key.strip_prefix('_').unwrap_or(key);
    let text = match &node.value {
        Value::Text(text) => text.trim(),
        // Nothing resets; of lists only some are understood.
        Value::Null => return None,
        Value::List(_) if matches!(name, "class" | "headingDivider" | "keywords") => "",
        Value::List(_) | Value::Map(_) => {
            let message = format!("`{key}` is one line of text here, not a list");
            return Some((message, "put it in quotation marks".to_owned()));
        }
    };
    let words = |words: &[&'static str]| {
        let known = words.iter().any(|word| word.eq_ignore_ascii_case(text));
        (!known && !text.is_empty()).then(|| match closest(text, words.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write one of {}", words.join(", ")),
        })
    };
    let one = |known: bool, help: &str| (!known && !text.is_empty()).then(|| help.to_owned());
    let help = match name {
        "color" | "backgroundColor" => {
            // What would end the declaration is told where it is refused.
            let odd = text.contains([';', '{', '}']);
            one(odd || is_color(text), "write a colour of CSS such as `navy` or `#1d4f91`")
        }
        "backgroundImage" => {
            one(may_be_image(text), "write `url(picture.png)` or a gradient of CSS")
        }
        "headingDivider" => return divider(key, node),
        "lang" => one(is_lang(text), "write a language such as ja or en"),
        "url" => one(is_address(text), "write a whole address such as https://example.com/talk"),
        "time" => one(duration_seconds(text).is_some(), "write a time such as 30s or 2m"),
        _ => WORDS.iter().find(|(key, _)| *key == name).and_then(|(_, known)| words(known)),
    };
    let value = if text.is_empty() { node.texts().join(", ") } else { text.to_owned() };
    help.map(|help| (format!("`{key}: {value}` means nothing"), help))
}

/// Tells whether a value can be a picture in CSS: a function, or a word that holds for all properties.
fn may_be_image(text: &str) -> bool {
    let words = ["none", "inherit", "initial", "unset", "revert", "revert-layer"];
    text.contains(['(', ';', '{', '}']) || words.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Levels are 1 to 6, one or a list of them; `false` divides nothing. Of other words Marp takes the
/// number that they begin with.
fn divider(key: &str, node: &Node) -> Option<(String, String)> {
    let texts = node.texts();
    let means = |word: &str| {
        let (level, rest) = leading_number(word)?;
        let rest = rest.trim_start();
        let exact = rest.is_empty() || rest.starts_with('#');
        (1..=6).contains(&level).then_some((level, exact))
    };
    let help = "write a level from 1 to 6, or a list such as [1, 3]".to_owned();
    let value = texts.join(", ");
    if matches!(node.value, Value::Text(_)) && matches!(value.trim(), "false" | "") {
        return None;
    }
    let levels: Option<Vec<(i64, bool)>> = texts.iter().map(|word| means(word)).collect();
    match levels.as_deref() {
        None => Some((format!("`{key}: {value}` means nothing"), help)),
        Some([(level, false)]) => Some((format!("`{key}: {value}` is read as {level}"), help)),
        Some(levels) => levels
            .iter()
            .any(|(_, exact)| !exact)
            .then(|| (format!("`{key}: {value}` is read by the numbers in it"), help)),
    }
}
