//! The size of a picture, read from its header alone.

use std::io::Cursor;

use image::{ImageDecoder, ImageReader};

use crate::path::SourcePath;

/// Returns a picture's size in pixels as it is shown, read from its header alone.
pub fn size(path: &SourcePath, bytes: &[u8]) -> Option<(u32, u32)> {
    let extension = path.extension()?.to_ascii_lowercase();
    if extension == "svg" {
        return svg_size(std::str::from_utf8(bytes).ok()?);
    }
    if !matches!(extension.as_str(), "png" | "apng" | "jpg" | "jpeg" | "gif" | "webp") {
        return None;
    }
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    // Of a picture that is too large one wants to know how large it is.
    reader.no_limits();
    let mut decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    let turned = decoder.orientation().is_ok_and(|orientation| orientation.to_exif() >= 5);
    Some(if turned { (height, width) } else { (width, height) })
}

fn svg_size(text: &str) -> Option<(u32, u32)> {
    let tag = &text[text.find("<svg")?..];
    let tag = &tag[..tag.find('>')?];
    let value = |name: &str| {
        let at = tag.find(&format!(" {name}=")).or_else(|| tag.find(&format!("\n{name}=")))?
            + name.len()
            + 2;
        let quote = tag[at..].chars().next().filter(|c| matches!(c, '"' | '\''))?;
        tag[at + 1..].split(quote).next()
    };
    let pixels = |text: &str| {
        text.trim()
            .trim_end_matches("px")
            .parse::<f64>()
            .ok()
            .filter(|n| *n >= 1.0 && *n < 100_000.0)
            .map(round)
    };
    let (wide, tall) = (value("width").and_then(pixels), value("height").and_then(pixels));
    if let (Some(width), Some(height)) = (wide, tall) {
        return Some((width, height));
    }
    let sides: Vec<f64> =
        value("viewBox")?.split([' ', ',']).filter_map(|n| n.parse().ok()).collect();
    let [_, _, width, height] = sides[..] else { return None };
    // One side alone says how large the other is.
    let scale = match (wide, tall) {
        (Some(wide), _) => f64::from(wide) / width,
        (_, Some(tall)) => f64::from(tall) / height,
        _ => 1.0,
    };
    let (width, height) = (width * scale, height * scale);
    (width >= 1.0 && height >= 1.0 && width < 100_000.0 && height < 100_000.0)
        .then(|| (round(width), round(height)))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the callers allow 1 to 100,000 only"
)]
fn round(n: f64) -> u32 {
    n.round() as u32
}
