//! What a file is by its first bytes, whatever its name says.

use crate::path::SourcePath;

/// The kinds of files that a page may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Png,
    Jpeg,
    Gif,
    Webp,
    Avif,
    Svg,
    Pdf,
    Mp4,
    Webm,
    Mp3,
    Ogg,
    Wav,
}

impl Kind {
    /// Tells the kind of a file.
    pub fn of(bytes: &[u8]) -> Option<Kind> {
        let at =
            |from: usize, wanted: &[u8]| bytes.get(from..).is_some_and(|it| it.starts_with(wanted));
        let brand = |brands: &[&[u8]]| at(4, b"ftyp") && brands.iter().any(|brand| at(8, brand));
        Some(match () {
            () if at(0, b"\x89PNG\r\n\x1a\n") => Kind::Png,
            () if at(0, b"\xff\xd8\xff") => Kind::Jpeg,
            () if at(0, b"GIF87a") || at(0, b"GIF89a") => Kind::Gif,
            () if at(0, b"RIFF") && at(8, b"WEBP") => Kind::Webp,
            () if at(0, b"RIFF") && at(8, b"WAVE") => Kind::Wav,
            () if brand(&[b"avif", b"avis"]) => Kind::Avif,
            () if brand(&[
                b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ",
                b"M4A ",
            ]) =>
            {
                Kind::Mp4
            }
            () if at(0, b"%PDF-") => Kind::Pdf,
            () if at(0, b"\x1a\x45\xdf\xa3") => Kind::Webm,
            () if at(0, b"ID3") || at(0, b"\xff\xfb") || at(0, b"\xff\xf3") => Kind::Mp3,
            () if at(0, b"OggS") => Kind::Ogg,
            () if is_svg(bytes) => Kind::Svg,
            () => return None,
        })
    }

    /// Returns how the name of such a file ends; the first is the usual one.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Kind::Png => &["png", "apng"],
            Kind::Jpeg => &["jpg", "jpeg"],
            Kind::Gif => &["gif"],
            Kind::Webp => &["webp"],
            Kind::Avif => &["avif"],
            Kind::Svg => &["svg"],
            Kind::Pdf => &["pdf"],
            Kind::Mp4 => &["mp4", "m4v", "m4a"],
            Kind::Webm => &["webm"],
            Kind::Mp3 => &["mp3"],
            Kind::Ogg => &["ogg", "oga", "ogv", "opus"],
            Kind::Wav => &["wav"],
        }
    }

    /// Tells whether it is shown as a picture.
    pub fn is_picture(self) -> bool {
        matches!(self, Kind::Png | Kind::Jpeg | Kind::Gif | Kind::Webp | Kind::Avif | Kind::Svg)
    }
}

/// Tells whether a file's name says that it is a picture.
pub fn is_named_as_one(path: &SourcePath) -> bool {
    let kinds = [Kind::Png, Kind::Jpeg, Kind::Gif, Kind::Webp, Kind::Avif, Kind::Svg];
    let ending = path.extension().map(str::to_ascii_lowercase).unwrap_or_default();
    kinds.iter().any(|kind| kind.extensions().contains(&&*ending))
}

/// Tells whether a text begins with the tag of a drawing, after what may stand before it.
fn is_svg(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        let end = match rest {
            _ if rest.starts_with("<?xml") => rest.find("?>").map(|at| at + 2),
            _ if rest.starts_with("<!--") => rest.find("-->").map(|at| at + 3),
            _ => None,
        };
        match end {
            Some(end) => rest = rest[end..].trim_start(),
            None => break,
        }
    }
    rest.strip_prefix("<svg").is_some_and(|rest| rest.starts_with([' ', '\n', '\r', '\t', '>']))
}
