//! Pictures of a picture: decoded once, turned the right way, scaled, and written anew without what a camera added.
//!
//! The same picture and recipe give the same bytes, whatever else is made at the same time: what is scaled down far
//! is halved first, and how often depends on the two widths alone.

use std::io::Cursor;

use fast_image_resize as fir;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits, RgbaImage};

use super::colour::{self, Profile};
use super::encode::{Ask, encode};
use super::facts::MEMORY_BYTES_MAX;
use super::{Avif, Facts, Format, Recipe};

/// Why a picture could not be made, as whoever failed says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmade {
    /// Nothing can be made of the picture.
    Unreadable(String),
    /// Whoever makes AVIF made none.
    Avif(String),
}

/// A picture in memory.
struct Decoded {
    pixels: RgbaImage,
    turn: Orientation,
    profile: Profile,
}

/// Makes pictures of one, one for each recipe; it is decoded once.
pub fn derive(
    bytes: &[u8],
    facts: &Facts,
    recipes: &[Recipe],
    avif: &Avif,
) -> Vec<Result<Vec<u8>, Unmade>> {
    let Decoded { pixels, turn, profile } = match decode(bytes) {
        Ok(decoded) => decoded,
        Err(error) => {
            let unmade = Unmade::Unreadable(error.to_string());
            return recipes.iter().map(|_| Err(unmade.clone())).collect();
        }
    };
    let drawn = facts.lossless && is_drawn(&pixels);
    let mut halves = vec![pixels];
    let made = recipes.iter().map(|recipe| {
        let scaled = scaled(&mut halves, recipe.width, (turn, facts.opaque))?;
        let most = usize::try_from(facts.bytes).unwrap_or(usize::MAX);
        let (profile, opaque) = (&profile, facts.opaque);
        let ask = Ask { recipe: *recipe, profile, drawn, opaque, most, avif };
        encode(&scaled, &ask).map_err(match recipe.format {
            Format::Avif(_) => Unmade::Avif,
            _ => Unmade::Unreadable,
        })
    });
    made.collect()
}

/// Makes a plain grey picture, for the place of one that nothing can be made of.
pub fn blank(facts: &Facts, recipe: Recipe) -> Vec<u8> {
    let (width, height) = facts.size.unwrap_or((1, 1));
    let high = u64::from(recipe.width) * u64::from(height) / u64::from(width.max(1));
    let high = u32::try_from(high.clamp(1, 16_000)).unwrap_or(1);
    let pixels =
        RgbaImage::from_pixel(recipe.width.max(1), high, image::Rgba([128, 128, 128, 255]));
    let profile = Profile::Screen;
    let (profile, most, avif) = (&profile, usize::MAX, &Avif::default());
    let ask = Ask { recipe, profile, drawn: false, opaque: true, most, avif };
    encode(&pixels, &ask).unwrap_or_default()
}

fn decode(bytes: &[u8]) -> image::ImageResult<Decoded> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(2 * MEMORY_BYTES_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let turn = decoder.orientation()?;
    let icc = decoder.icc_profile().ok().flatten();
    let rgb = decoder.color_type().channel_count() >= 3;
    let mut pixels = DynamicImage::from_decoder(decoder)?.into_rgba8();
    let profile =
        icc.filter(|_| rgb).map_or(Profile::Screen, |icc| colour::settle(icc, &mut pixels));
    Ok(Decoded { pixels, turn, profile })
}

/// Tells whether a picture was drawn, not taken: neighbours are the very same colour in a third of it.
fn is_drawn(pixels: &RgbaImage) -> bool {
    let (mut same, mut all) = (0_u64, 0_u64);
    for row in pixels.rows().step_by(7) {
        let row: Vec<_> = row.collect();
        same += row.windows(2).filter(|pair| pair[0] == pair[1]).count() as u64;
        all += row.len() as u64;
    }
    same * 3 > all
}

/// Returns the picture in a width, as it is shown; the picture halved, halved again and so on is kept.
fn scaled(
    halves: &mut Vec<RgbaImage>,
    width: u32,
    (turn, opaque): (Orientation, bool),
) -> Result<RgbaImage, Unmade> {
    let (own, high) = halves[0].dimensions();
    let lies = turn.to_exif() >= 5;
    let (along, across) = if lies { (high, own) } else { (own, high) };
    let other = (u64::from(across) * u64::from(width) + u64::from(along) / 2) / u64::from(along);
    let other = u32::try_from(other.max(1)).unwrap_or(u32::MAX);
    let (to_width, to_height) = if lies { (other, width) } else { (width, other) };
    let mut depth = 0;
    while (own >> (depth + 1)) >= 2 * to_width && (high >> (depth + 1)) >= 2 * to_height {
        depth += 1;
    }
    while halves.len() <= depth {
        let last = halves.len() - 1;
        let last = &mut halves[last];
        let (width, height) = (last.width() / 2, last.height() / 2);
        let half = resized(last, (width, height), fir::FilterType::Box, opaque)?;
        halves.push(half);
    }
    let mut scaled = if (own, high) == (to_width, to_height) {
        DynamicImage::from(halves[0].clone())
    } else {
        let near =
            resized(&mut halves[depth], (to_width, to_height), fir::FilterType::Lanczos3, opaque)?;
        DynamicImage::from(near)
    };
    scaled.apply_orientation(turn);
    Ok(scaled.into_rgba8())
}

/// Scales a picture, which stays as it is: a place to read from that could be written to is of the type of the place
/// to write to, and what is made for each type is large.
fn resized(
    from: &mut RgbaImage,
    (width, height): (u32, u32),
    filter: fir::FilterType,
    opaque: bool,
) -> Result<RgbaImage, Unmade> {
    let unmade = |error: &dyn std::fmt::Display| Unmade::Unreadable(error.to_string());
    let (own_width, own_height) = from.dimensions();
    let pixels =
        fir::images::TypedImage::<fir::pixels::U8x4>::from_buffer(own_width, own_height, from)
            .map_err(|error| unmade(&error))?;
    let mut to = RgbaImage::new(width, height);
    let mut place =
        fir::images::TypedImage::<fir::pixels::U8x4>::from_buffer(width, height, &mut to)
            .map_err(|error| unmade(&error))?;
    let algorithm = fir::ResizeAlg::Convolution(filter);
    let options = fir::ResizeOptions::new().resize_alg(algorithm).use_alpha(!opaque);
    fir::Resizer::new()
        .resize_typed(&pixels, &mut place, &options)
        .map_err(|error| unmade(&error))?;
    Ok(to)
}
