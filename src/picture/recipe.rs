//! Which pictures are made of a picture, decided by its header alone: no page waits for one to be decoded.

use std::num::NonZeroU32;

use super::{Facts, Kind};
use crate::digest::Digest;

/// Of what the bytes depend beside the picture and the recipe: raise it when pictures come out otherwise. The
/// versions are those of the libraries that decode, scale and encode.
pub const MAKER: &str = "1 image-0.25.10 fast_image_resize-6.1.0 libwebp-sys-0.9.6 moxcms-0.8.1";

/// The same for JPEG.
const JPEG_MAKER: &[u8] = b"jpeg-encoder-0.7.1";

/// What `[images]` in `kami.toml` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// The widths that pictures are made in, in ascending order.
    pub widths: Vec<NonZeroU32>,
    /// From 1 to 100.
    pub quality: u8,
    /// Whether WebP is offered beside the picture's own format.
    pub webp: bool,
    /// Who makes AVIF, where that is offered, too.
    pub avif: Option<Digest>,
}

impl Default for Images {
    fn default() -> Images {
        let widths = [480, 960, 1440, 1920, 3840].into_iter().filter_map(NonZeroU32::new).collect();
        Images { widths, quality: 80, webp: true, avif: None }
    }
}

/// The format of a picture that is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    Webp,
    Jpeg,
    Png,
    /// By this maker.
    Avif(Digest),
}

impl Format {
    pub fn extension(self) -> &'static str {
        match self {
            Format::Webp => "webp",
            Format::Jpeg => "jpg",
            Format::Png => "png",
            Format::Avif(_) => "avif",
        }
    }

    fn of(kind: Option<Kind>) -> Option<Format> {
        match kind? {
            Kind::Jpeg => Some(Format::Jpeg),
            Kind::Png => Some(Format::Png),
            Kind::Webp => Some(Format::Webp),
            _ => None,
        }
    }
}

/// How one picture is made of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recipe {
    /// In pixels, as it is shown.
    pub width: u32,
    pub format: Format,
    pub quality: u8,
}

impl Recipe {
    /// Returns the digest of what is made of a picture in this way.
    pub fn digest(&self, source: Digest) -> Digest {
        let [width, format] = [self.width.to_string(), self.format.extension().to_owned()];
        let parts: [&[u8]; 5] = [
            MAKER.as_bytes(),
            source.as_bytes(),
            width.as_bytes(),
            format.as_bytes(),
            &[self.quality],
        ];
        let maker = match &self.format {
            Format::Avif(maker) => Some(maker.as_bytes()),
            Format::Jpeg => Some(JPEG_MAKER),
            _ => None,
        };
        Digest::of_parts(parts.into_iter().chain(maker))
    }
}

/// What a place asks of the pictures in it, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// How wide a picture is there at most, on the densest screen that is meant.
    pub width_max: u32,
    /// How wide the one is that readers get who can choose none.
    pub plain: u32,
}

/// The pictures that stand for one, by their width; the last is the widest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variants {
    /// `None` is the picture itself.
    pub widths: Vec<(u32, Option<Recipe>)>,
    /// In the picture's own format, for those who can choose none; `None` is the picture itself.
    pub plain: Option<Recipe>,
    /// The same widths in AVIF; nothing where that is not offered.
    pub avif: Vec<(u32, Recipe)>,
}

/// A smaller file than this is sent as it is.
const SMALL_BYTES: u64 = 20_000;
/// How many bytes a pixel takes when it is made well, times 100: a picture that takes fewer cannot be made smaller.
const PIXEL_BYTES_PERCENT: u64 = 6;
/// What the formats can hold.
const SIDE_MAX: u64 = 16_000;

/// Chooses the pictures that are made of a picture for a place; `None` when it is shown as it is.
pub fn variants(facts: &Facts, images: &Images, need: Need) -> Option<Variants> {
    let (own, high) = facts.size.filter(|_| facts.is_photo() && facts.bytes >= SMALL_BYTES)?;
    let given = || images.widths.iter().map(|width| width.get());
    let most = given().find(|width| *width >= need.width_max).or_else(|| given().next_back())?;
    let format = if images.webp { Format::Webp } else { Format::of(facts.kind)? };
    let recipe = |width| Recipe { width, format, quality: images.quality };
    let area =
        |width: u32| u64::from(width) * (u64::from(width) * u64::from(high) / u64::from(own));
    let fits = |width: u32| u64::from(width) * u64::from(high) / u64::from(own) <= SIDE_MAX;
    // What is nearly as wide as the picture itself is worth no file of its own.
    let smaller = given().filter(|width| *width <= most && width * 8 <= own * 7 && fits(*width));
    let gains =
        |width: u32| facts.lossless || area(width) * PIXEL_BYTES_PERCENT / 100 < facts.bytes;
    let mut widths: Vec<(u32, Option<Recipe>)> =
        smaller.filter(|width| gains(*width)).map(|width| (width, Some(recipe(width)))).collect();
    let again = facts.lossless || facts.bytes * 100 > facts.pixels() * PIXEL_BYTES_PERCENT;
    if own * 7 < most * 8 {
        let other = Format::of(facts.kind) != Some(format);
        widths.push((own, (again && other && fits(own)).then(|| recipe(own))));
    }
    let avif = avif_of(facts, images, &widths);
    let gains = widths.iter().any(|(_, recipe)| recipe.is_some()) || (again && !avif.is_empty());
    if !gains {
        return None;
    }
    let plain = widths.iter().find(|(width, _)| *width >= need.plain).or(widths.last());
    let plain = plain.and_then(|(_, recipe)| *recipe).filter(|_| facts.kind == Some(Kind::Jpeg));
    let plain = plain.map(|recipe| Recipe { format: Format::Jpeg, ..recipe });
    Some(Variants { widths, plain: plain.filter(|recipe| recipe.width < own), avif })
}

/// Returns the same widths in AVIF. What has no loss stays without: AVIF would blur letters or be larger than WebP.
fn avif_of(facts: &Facts, images: &Images, widths: &[(u32, Option<Recipe>)]) -> Vec<(u32, Recipe)> {
    let Some(maker) = images.avif.filter(|_| !facts.lossless) else { return Vec::new() };
    let format = Format::Avif(maker);
    let quality = images.quality;
    widths.iter().map(|(width, _)| (*width, Recipe { width: *width, format, quality })).collect()
}

/// Returns all that could be made of a picture, wherever it stands: what an address may mean.
pub fn all(facts: &Facts, images: &Images) -> Vec<Recipe> {
    let Some((own, _)) = facts.size.filter(|_| facts.is_photo()) else { return Vec::new() };
    let widths: Vec<u32> = images.widths.iter().map(|width| width.get()).chain([own]).collect();
    let avif = images.avif.filter(|_| !facts.lossless).map(Format::Avif);
    let formats = [Some(Format::Webp), Format::of(facts.kind), avif];
    let recipes = formats.into_iter().flatten().flat_map(|format| {
        let recipe = move |width: &u32| Recipe { width: *width, format, quality: images.quality };
        widths.iter().filter(|width| **width <= own).map(recipe)
    });
    let mut recipes: Vec<Recipe> = recipes.collect();
    recipes.sort();
    recipes.dedup();
    recipes
}
