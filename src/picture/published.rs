//! A file as everybody may have it: without what a camera or a phone wrote into it, and a drawing without scripts.

use std::borrow::Cow;

use super::drawing::is_harmless;
use super::facts::Drawing;
use super::scrub::scrubbed;
use super::{Kind, clean};
use crate::path::SourcePath;

/// What stands in the place of a drawing that cannot be read.
const EMPTY: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\"/>";

/// Returns the bytes that are served of a file. What is no picture is served as it is.
pub fn published<'a>(path: &SourcePath, bytes: &'a [u8]) -> Cow<'a, [u8]> {
    let named_svg = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("svg"));
    match Kind::of(bytes) {
        Some(Kind::Svg) => drawing(bytes).0,
        // By its name a browser takes it for a drawing.
        None if named_svg => drawing(bytes).0,
        Some(kind @ (Kind::Jpeg | Kind::Png | Kind::Webp | Kind::Gif)) => {
            clean(kind, bytes).map_or_else(|_| salvaged(kind, bytes), Cow::Owned)
        }
        _ => Cow::Borrowed(bytes),
    }
}

/// Returns a drawing that stands in a text as a file of its own, and whether anything was left out that runs or loads;
/// nothing where it cannot be read.
pub fn drawn(text: &str) -> Option<(String, bool)> {
    let (mut svg, lost) = scrubbed(text.trim())?;
    let tag = svg.find("<svg")? + "<svg".len();
    // In a page a drawing needs no name of its kind; as a file it does.
    let end = tag + svg[tag..].find('>')?;
    if !svg[tag..end].contains("xmlns=") {
        svg.insert_str(tag, " xmlns=\"http://www.w3.org/2000/svg\"");
    }
    Some((svg, lost))
}

/// Returns what can be shown of a file that is not whole, if it tells nothing of its maker.
fn salvaged(kind: Kind, bytes: &[u8]) -> Cow<'_, [u8]> {
    if kind == Kind::Jpeg {
        // Mostly the end alone is missing.
        let ended = [bytes, b"\xff\xd9"].concat();
        return clean(kind, &ended).map_or(Cow::Borrowed(&[]), Cow::Owned);
    }
    let traces: [&[u8]; 4] = [b"eXIf", b"EXIF", b"XMP", b"tEXt"];
    let told = traces.iter().any(|trace| memchr::memmem::find(bytes, trace).is_some());
    if told { Cow::Borrowed(&[]) } else { Cow::Borrowed(bytes) }
}

/// Returns a drawing that runs nothing and loads nothing, and what it was before.
pub(super) fn drawing(bytes: &[u8]) -> (Cow<'_, [u8]>, Drawing) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return (Cow::Borrowed(EMPTY.as_bytes()), Drawing::Unreadable);
    };
    if is_harmless(text) {
        return (Cow::Borrowed(bytes), Drawing::Plain);
    }
    match scrubbed(text) {
        Some((text, lost)) => {
            let was = if lost { Drawing::Active } else { Drawing::Plain };
            (Cow::Owned(text.into_bytes()), was)
        }
        None => (Cow::Borrowed(EMPTY.as_bytes()), Drawing::Unreadable),
    }
}
