//! Pixels that shapes are filled on, and the same as PNG.

use std::collections::BTreeMap;

use png::{BitDepth, ColorType, Compression, Encoder, Filter};
use zeno::{Mask, PathData};

use super::colors::Rgb;

/// In how many steps an edge fades. More look no softer, and the picture would have too many colours for a palette.
const STEPS: u16 = 31;
/// How many colours a palette has.
const PALETTE_MAX: usize = 256;

pub(super) struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<Rgb>,
}

impl Canvas {
    pub(super) fn new((width, height): (u16, u16), ground: Rgb) -> Canvas {
        let (width, height) = (usize::from(width), usize::from(height));
        Canvas { width, height, pixels: vec![ground; width * height] }
    }

    /// Fills a shape; what lies outside is cut off.
    pub(super) fn fill(&mut self, path: impl PathData, color: Rgb) {
        let (mask, place) = Mask::new(path).render();
        let (left, top) = (i64::from(place.left), i64::from(place.top));
        let width = usize::try_from(place.width).unwrap_or(0);
        if width == 0 {
            return;
        }
        for (y, row) in (top..).zip(mask.chunks(width)) {
            let Some(y) = usize::try_from(y).ok().filter(|y| *y < self.height) else { continue };
            let pixels = &mut self.pixels[y * self.width..][..self.width];
            // A shape begins before the left edge, or after it.
            let from = usize::try_from(left).unwrap_or(0);
            let hidden = usize::try_from(-left).unwrap_or(0);
            let seen = pixels.iter_mut().skip(from).zip(row.iter().skip(hidden));
            for (pixel, cover) in seen {
                blend(pixel, color, *cover);
            }
        }
    }

    /// Writes the picture with a palette, if there are few enough colours.
    pub(super) fn png(&self) -> Vec<u8> {
        match self.indexed() {
            Some((palette, indices)) => self.written(ColorType::Indexed, Some(palette), &indices),
            None => self.written(ColorType::Rgb, None, self.pixels.as_flattened()),
        }
    }

    fn written(&self, kind: ColorType, palette: Option<Vec<u8>>, data: &[u8]) -> Vec<u8> {
        let size = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, size(self.width), size(self.height));
        encoder.set_color(kind);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_compression(Compression::Balanced);
        encoder.set_filter(Filter::NoFilter);
        if let Some(palette) = palette {
            encoder.set_palette(palette);
        }
        encoder
            .write_header()
            .and_then(|mut writer| writer.write_image_data(data))
            .expect("memory takes what is written to it");
        bytes
    }

    fn indexed(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let mut known: BTreeMap<Rgb, u8> = BTreeMap::new();
        let mut palette = Vec::new();
        let mut indices = Vec::with_capacity(self.pixels.len());
        let (mut last, mut index) = (None, 0);
        for pixel in &self.pixels {
            // Most pixels are like their neighbours.
            if last != Some(pixel) {
                let next = u8::try_from(known.len()).ok();
                index = match known.get(pixel) {
                    Some(index) => *index,
                    None if known.len() < PALETTE_MAX => {
                        palette.extend(pixel);
                        *known.entry(*pixel).or_insert(next?)
                    }
                    None => return None,
                };
                last = Some(pixel);
            }
            indices.push(index);
        }
        Some((palette, indices))
    }
}

/// Lays a colour over a pixel that it covers in part. Most are covered wholly or not at all.
fn blend(pixel: &mut Rgb, color: Rgb, cover: u8) {
    let share = (u16::from(cover) * STEPS + 127) / 255;
    match share {
        0 => {}
        STEPS => *pixel = color,
        _ => {
            for (under, over) in pixel.iter_mut().zip(color) {
                let sum = u16::from(*under) * (STEPS - share) + u16::from(over) * share;
                *under = u8::try_from((sum + STEPS / 2) / STEPS).unwrap_or(u8::MAX);
            }
        }
    }
}
