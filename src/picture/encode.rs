//! Pixels -> a file: WebP, JPEG, PNG or AVIF, never larger than the picture that it is made of if that can be had.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, ExtendedColorType, ImageEncoder, RgbaImage};
use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, SamplingFactor};
use webp::{Encoder, WebPConfig};

use super::avif::coarseness;
use super::colour::Profile;
use super::riff_chunk;
use super::{Avif, Format, Order, Recipe};

/// How some pixels are to be written.
pub(super) struct Ask<'a> {
    pub recipe: Recipe,
    pub profile: &'a Profile,
    /// Whether they were drawn: letters and lines stay as sharp as they are.
    pub drawn: bool,
    pub opaque: bool,
    /// How many bytes the picture has that they are from.
    pub most: usize,
    pub avif: &'a Avif,
}

/// One way to write WebP.
#[derive(Clone, Copy)]
enum Way {
    Lossless,
    /// Lossless, of pixels that were changed a little to take less room.
    Nearly,
    Lossy(u8),
}

/// Writes pixels down.
pub(super) fn encode(pixels: &RgbaImage, ask: &Ask<'_>) -> Result<Vec<u8>, String> {
    match ask.recipe.format {
        Format::Webp => webp(pixels, ask),
        Format::Jpeg => jpeg(pixels, ask),
        Format::Png => png(pixels, ask, CompressionType::Best),
        Format::Avif(_) => avif(pixels, ask),
    }
}

fn avif(pixels: &RgbaImage, ask: &Ask<'_>) -> Result<Vec<u8>, String> {
    // It is read once and thrown away.
    let png = png(pixels, ask, CompressionType::Fast)?;
    let quality = ask.recipe.quality;
    let has_profile = matches!(ask.profile, Profile::Own(_));
    let area = u64::from(pixels.width()) * u64::from(pixels.height());
    least(&[quality, quality / 6 * 5, quality / 3 * 2], ask.most, |quality| {
        let coarseness = coarseness(*quality);
        ask.avif.make(&Order { png: &png, coarseness, has_profile, pixels: area })
    })
}

/// Tries ways to write a picture until one takes less room than the picture itself: what is no smaller helps nobody.
/// Returns the least.
fn least<W>(
    ways: &[W],
    most: usize,
    mut write: impl FnMut(&W) -> Result<Vec<u8>, String>,
) -> Result<Vec<u8>, String> {
    let mut least: Option<Vec<u8>> = None;
    for way in ways {
        let bytes = write(way)?;
        if least.as_ref().is_none_or(|least| bytes.len() < least.len()) {
            least = Some(bytes);
        }
        if least.as_ref().is_some_and(|least| least.len() <= most) {
            break;
        }
    }
    Ok(least.unwrap_or_default())
}

fn webp(pixels: &RgbaImage, ask: &Ask<'_>) -> Result<Vec<u8>, String> {
    let quality = ask.recipe.quality;
    let sharp = quality.max(90);
    let drawn = [Way::Lossless, Way::Nearly, Way::Lossy(sharp), Way::Lossy(quality)];
    let taken = [quality, quality / 6 * 5, quality / 3 * 2].map(Way::Lossy);
    let ways: &[Way] = if ask.drawn { &drawn } else { &taken };
    let bytes = least(ways, ask.most, |way| webp_in(pixels, *way))?;
    match ask.profile {
        Profile::Screen => Ok(bytes),
        Profile::Own(icc) => with_profile(&bytes, icc, (pixels.dimensions(), ask.opaque))
            .ok_or_else(|| "the picture has no room for its colour profile".to_owned()),
    }
}

fn webp_in(pixels: &RgbaImage, way: Way) -> Result<Vec<u8>, String> {
    let mut config = WebPConfig::new().map_err(|()| "libwebp has another version".to_owned())?;
    // One thread: what is made at the same time is other pictures.
    config.thread_level = 0;
    match way {
        Way::Lossless | Way::Nearly => {
            config.lossless = 1;
            config.method = 4;
            config.quality = 50.0;
            config.near_lossless = if matches!(way, Way::Nearly) { 40 } else { 100 };
        }
        Way::Lossy(quality) => {
            config.quality = f32::from(quality);
            config.method = 4;
            // Red letters on white stay letters.
            config.use_sharp_yuv = i32::from(quality >= 90);
        }
    }
    let (width, height) = pixels.dimensions();
    let encoded = Encoder::from_rgba(pixels, width, height).encode_advanced(&config);
    encoded.map(|bytes| bytes.to_vec()).map_err(|error| format!("libwebp says {error:?}"))
}

/// Puts a colour profile into a WebP file.
fn with_profile(
    bytes: &[u8],
    icc: &[u8],
    ((width, height), opaque): ((u32, u32), bool),
) -> Option<Vec<u8>> {
    let (head, mut body) = (bytes.get(..12)?, bytes.get(12..)?);
    let mut alpha = !opaque;
    if body.starts_with(b"VP8X") {
        alpha |= body.get(8)? & 0x10 != 0;
        body = body.get(18..)?;
    }
    let side = |side: u32| (side.saturating_sub(1)).to_le_bytes();
    let mut about = vec![0x20 | if alpha { 0x10 } else { 0 }, 0, 0, 0];
    about.extend_from_slice(&side(width)[..3]);
    about.extend_from_slice(&side(height)[..3]);
    let mut out = head.to_vec();
    out.extend(riff_chunk(*b"VP8X", &about));
    out.extend(riff_chunk(*b"ICCP", icc));
    out.extend_from_slice(body);
    let length = u32::try_from(out.len() - 8).ok()?.to_le_bytes();
    out[4..8].copy_from_slice(&length);
    Some(out)
}

fn jpeg(pixels: &RgbaImage, ask: &Ask<'_>) -> Result<Vec<u8>, String> {
    let quality = ask.recipe.quality;
    let room = |side| u16::try_from(side).map_err(|_| "it is larger than JPEG has room for");
    let (width, height) = (room(pixels.width())?, room(pixels.height())?);
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, quality);
    // Red letters on white stay letters.
    let sharp = ask.drawn || quality >= 90;
    encoder.set_sampling_factor(if sharp { SamplingFactor::F_1_1 } else { SamplingFactor::F_2_2 });
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    // Codes for the picture at hand would be a little shorter; in 0.7.1 those of a flat picture are wrong.
    if let Profile::Own(icc) = ask.profile {
        encoder.add_icc_profile(icc).map_err(|error| error.to_string())?;
    }
    let written = encoder.encode(pixels.as_raw(), width, height, ColorType::Rgba);
    written.map_err(|error| error.to_string()).map(|()| out)
}

fn png(pixels: &RgbaImage, ask: &Ask<'_>, compression: CompressionType) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let mut encoder = PngEncoder::new_with_quality(&mut out, compression, FilterType::Adaptive);
    if let Profile::Own(icc) = ask.profile {
        encoder.set_icc_profile(icc.clone()).map_err(|error| error.to_string())?;
    }
    let (width, height) = pixels.dimensions();
    let written = if ask.opaque {
        let pixels = DynamicImage::from(pixels.clone()).into_rgb8();
        encoder.write_image(&pixels, width, height, ExtendedColorType::Rgb8)
    } else {
        encoder.write_image(pixels, width, height, ExtendedColorType::Rgba8)
    };
    written.map_err(|error| error.to_string()).map(|()| out)
}

#[cfg(test)]
mod tests {
    use image::codecs::jpeg::JpegDecoder;
    use image::{DynamicImage, ImageDecoder as _, Rgba, RgbaImage};

    use super::{Ask, Avif, Format, Profile, Recipe, encode};

    fn written(pixels: &RgbaImage, drawn: bool) -> Result<Vec<u8>, String> {
        let recipe = Recipe { width: pixels.width(), format: Format::Jpeg, quality: 85 };
        let (profile, avif) = (Profile::Own(vec![7; 70_000]), Avif::default());
        encode(
            pixels,
            &Ask { recipe, profile: &profile, drawn, opaque: true, most: 0, avif: &avif },
        )
    }

    #[track_caller]
    fn keeps(pixels: &RgbaImage, drawn: bool, most: i32) {
        let bytes = written(pixels, drawn).expect("there is room");
        let mut decoder = JpegDecoder::new(std::io::Cursor::new(&bytes)).expect("it is a JPEG");
        assert_eq!(decoder.icc_profile().ok().flatten(), Some(vec![7; 70_000]), "in two parts");
        let read = DynamicImage::from_decoder(decoder).expect("all of it").into_rgba8();
        assert_eq!(read.dimensions(), pixels.dimensions());
        for (pixel, other) in pixels.pixels().zip(read.pixels()) {
            let off =
                pixel.0.iter().zip(other.0).map(|(a, b)| (i32::from(*a) - i32::from(b)).abs());
            assert!(off.max() <= Some(most), "{pixel:?} became {other:?}");
        }
    }

    #[test]
    fn a_jpeg_keeps_colours_and_profile() {
        for (width, height) in [(1, 1), (17, 9), (300, 200)] {
            let run = RgbaImage::from_fn(width, height, |x, y| {
                let part = |value: u32| u8::try_from(value.min(255)).unwrap_or(255);
                Rgba([part(x * 255 / width), part(y * 255 / height), part(200 - (x + y) / 4), 255])
            });
            keeps(&run, true, 16);
            keeps(&RgbaImage::from_pixel(width, height, Rgba([200, 30, 40, 255])), false, 6);
        }
        // Letters stay sharp: colours change from one pixel to the next.
        let stripes = RgbaImage::from_fn(32, 16, |x, _| {
            if x % 2 == 0 { Rgba([200, 40, 40, 255]) } else { Rgba([40, 40, 200, 255]) }
        });
        keeps(&stripes, true, 40);
        assert!(
            written(&stripes, false).expect("room").len()
                < written(&stripes, true).expect("room").len()
        );
        assert!(written(&RgbaImage::new(70_000, 1), false).is_err());
    }
}
