//! Whether a drawing is a drawing and nothing else: no script, nothing that is loaded from elsewhere.
//!
//! Refuses what it is not sure of: a drawing that is refused can still be put into the folder by hand.

/// What no drawing needs, as the beginning of an element's name.
pub(super) const ELEMENTS: [&str; 10] = [
    "script",
    "foreignobject",
    "iframe",
    "embed",
    "object",
    "handler",
    "listener",
    "audio",
    "video",
    "animation",
];

/// Tells whether an SVG runs nothing and loads nothing.
pub(super) fn is_harmless(text: &str) -> bool {
    let text = resolved(text).to_lowercase();
    let plain: String = text.chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect();
    let bad = [
        "<!doctype",
        "<!entity",
        "<?xml-stylesheet",
        "javascript:",
        "vbscript:",
        "@import",
        "<![cdata[",
    ];
    if bad.iter().any(|bad| plain.contains(bad)) {
        return false;
    }
    elements(&text).all(is_plain_element) && addresses_stay(&plain)
}

/// Returns a text with its references to characters written out: no name hides behind one.
fn resolved(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("&#") {
        out.push_str(&rest[..at]);
        let digits = &rest[at + 2..];
        let hex = digits.strip_prefix(['x', 'X']);
        let number = hex.unwrap_or(digits);
        let radix = if hex.is_some() { 16 } else { 10 };
        let length = number.find(|c: char| !c.is_digit(radix)).unwrap_or(number.len());
        let c = u32::from_str_radix(&number[..length], radix).ok().and_then(char::from_u32);
        out.push(c.unwrap_or('\u{fffd}'));
        rest = number[length..].strip_prefix(';').unwrap_or(&number[length..]);
    }
    out.push_str(rest);
    out
}

/// Iterates over what stands between `<` and the next `<`.
fn elements(text: &str) -> impl Iterator<Item = &str> {
    text.split('<').skip(1)
}

fn is_plain_element(element: &str) -> bool {
    let name: &str =
        element.split(|c: char| c.is_whitespace() || "/>".contains(c)).next().unwrap_or("");
    let local = name.rsplit(':').next().unwrap_or(name);
    let attributes = element.split('>').next().unwrap_or("");
    let words = attributes.split(|c: char| c.is_whitespace() || "\"'/=".contains(c));
    // A value that begins so is rare enough to be refused with the rest.
    let mut handles = words.map(|word| word.rsplit(':').next().unwrap_or(word)).filter(|word| {
        word.len() > 2 && word.starts_with("on") && word.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    handles.next().is_none() && !ELEMENTS.iter().any(|bad| local.starts_with(bad))
}

/// Tells whether every address leads within the drawing, or is a picture that stands in it.
pub(super) fn addresses_stay(plain: &str) -> bool {
    let data = ["data:image/png", "data:image/jpeg", "data:image/gif", "data:image/webp"];
    let stays = |address: &str| {
        let address = address.trim_start_matches(['"', '\'']);
        address.starts_with('#') || data.iter().any(|data| address.starts_with(data))
    };
    let after = |mark: &'static str| {
        plain.match_indices(mark).map(move |(at, _)| &plain[at + mark.len()..])
    };
    after("href=").all(stays) && after("url(").all(stays) && after("src=").all(stays)
}
