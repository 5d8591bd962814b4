//! Pixels -> a JPEG: baseline, colours at half the resolution where nobody sees it, codes made for the picture at hand.
//!
//! A third smaller than with fixed codes and all of the colours. Sums and products alone, in one order, so that every
//! machine writes the same bytes.

use image::RgbImage;

/// In which order the coefficients of a square are written.
const ZIGZAG: [usize; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];
/// The steps that the standard proposes for lightness and for colour, row by row, at quality 50.
const STEPS: [[u16; 64]; 2] = [
    [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69,
        56, 14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81,
        104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
    ],
    [
        17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99,
        99, 47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    ],
];
/// Half the cosines of multiples of a sixteenth of a half turn: 0 to 7.
const COSINES: [f32; 8] = [
    0.353_553_4,
    0.490_392_64,
    0.461_939_77,
    0.415_734_8,
    0.353_553_4,
    0.277_785_12,
    0.191_341_72,
    0.097_545_16,
];
/// How many bytes of a profile one segment holds.
const PROFILE_PART: usize = 65_519;

/// How colours are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colours {
    /// One for each pixel.
    Whole,
    /// One for four pixels.
    Quarter,
}

/// Writes pixels as a JPEG; nothing where it has no room for their size.
pub(super) fn write(
    pixels: &RgbImage,
    quality: u8,
    colours: Colours,
    icc: Option<&[u8]>,
) -> Option<Vec<u8>> {
    let [width, height] = [pixels.width(), pixels.height()].map(u16::try_from);
    let (width, height) = (width.ok().filter(|w| *w > 0)?, height.ok().filter(|h| *h > 0)?);
    let steps = STEPS.map(|steps| scaled(&steps, quality));
    let squares = squares(pixels, &steps, colours);
    let (counts, codes) = codes(&squares);
    let mut out = vec![0xff, 0xd8];
    segment(&mut out, 0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    let parts = icc.map(|icc| icc.chunks(PROFILE_PART)).into_iter().flatten();
    let count = u8::try_from(icc.map_or(0, |icc| icc.len().div_ceil(PROFILE_PART))).ok()?;
    for (number, part) in (1..=count).zip(parts) {
        segment(&mut out, 0xe2, &[b"ICC_PROFILE\0", &[number, count][..], part].concat());
    }
    for (number, steps) in (0..).zip(&steps) {
        let bytes = ZIGZAG.map(|at| u8::try_from(steps[at]).unwrap_or(u8::MAX));
        segment(&mut out, 0xdb, &[&[number][..], &bytes].concat());
    }
    let [high, low] = height.to_be_bytes();
    let [left, right] = width.to_be_bytes();
    let share = if colours == Colours::Whole { 0x11 } else { 0x22 };
    segment(&mut out, 0xc0, &[8, high, low, left, right, 3, 1, share, 0, 2, 0x11, 1, 3, 0x11, 1]);
    for (number, counts) in [0x00, 0x10, 0x01, 0x11].into_iter().zip(&counts) {
        segment(&mut out, 0xc4, &[&[number][..], &counts.lengths, &counts.symbols].concat());
    }
    segment(&mut out, 0xda, &[3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0]);
    let mut bits = Bits { out, held: 0, count: 0 };
    each_symbol(&squares, |table, symbol, (value, length)| {
        let (code, size) = codes[table][usize::from(symbol)];
        bits.push(u32::from(code), size);
        bits.push(value, length);
    });
    let mut out = bits.end();
    out.extend([0xff, 0xd9]);
    Some(out)
}

fn segment(out: &mut Vec<u8>, marker: u8, bytes: &[u8]) {
    let length = u16::try_from(bytes.len() + 2).unwrap_or(u16::MAX).to_be_bytes();
    out.extend([0xff, marker, length[0], length[1]]);
    out.extend_from_slice(bytes);
}

/// Returns steps for a quality, as all who write JPEG count it.
fn scaled(steps: &[u16; 64], quality: u8) -> [u16; 64] {
    let quality = u16::from(quality.clamp(1, 100));
    let percent = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    steps.map(|step| {
        let step = (u32::from(step) * u32::from(percent) + 50) / 100;
        u16::try_from(step.clamp(1, 255)).unwrap_or(255)
    })
}

/// Squares of eight pixels, in the order in which they are written, each with the part that it belongs to.
type Squares = Vec<(usize, [i16; 64])>;

fn squares(pixels: &RgbImage, steps: &[[u16; 64]; 2], colours: Colours) -> Squares {
    let (width, height) = (pixels.width(), pixels.height());
    let half = u32::from(colours == Colours::Quarter);
    let side = 8 << half;
    let mut found = Vec::new();
    for top in (0..height).step_by(side) {
        for left in (0..width).step_by(side) {
            // What lies beyond the edge is as the edge is.
            let at = |x: u32, y: u32| {
                pixels
                    .get_pixel((left + x).min(width - 1), (top + y).min(height - 1))
                    .0
                    .map(f32::from)
            };
            for square in 0..1 << (2 * half) {
                let (x0, y0) = (square % 2 * 8, square / 2 * 8);
                let light = |x, y| lightness(at(x0 + x, y0 + y)) - 128.0;
                found.push((0, coefficients(light, &steps[0])));
            }
            for part in [1, 2] {
                let colour = |x: u32, y: u32| {
                    let mut sum = 0.0;
                    for index in 0..1_u8 << (2 * half) {
                        let (dx, dy) = (u32::from(index % 2), u32::from(index / 2));
                        sum += colour(part, at((x << half) + dx, (y << half) + dy));
                    }
                    if half == 1 { sum / 4.0 } else { sum }
                };
                found.push((part, coefficients(colour, &steps[1])));
            }
        }
    }
    found
}

fn lightness([red, green, blue]: [f32; 3]) -> f32 {
    0.299 * red + 0.587 * green + 0.114 * blue
}

fn colour(part: usize, [red, green, blue]: [f32; 3]) -> f32 {
    if part == 1 {
        -0.168_736 * red - 0.331_264 * green + 0.5 * blue
    } else {
        0.5 * red - 0.418_688 * green - 0.081_312 * blue
    }
}

/// Returns what waves a square is made of, in the order in which it is written, counted in steps.
fn coefficients(value: impl Fn(u32, u32) -> f32, steps: &[u16; 64]) -> [i16; 64] {
    let mut lines = [[0.0_f32; 8]; 8];
    for (line, y) in lines.iter_mut().zip(0..) {
        let row: [f32; 8] = std::array::from_fn(|x| value(u32::try_from(x).unwrap_or(0), y));
        *line = waves(row);
    }
    let mut all = [0.0_f32; 64];
    for across in 0..8 {
        for (down, wave) in waves(std::array::from_fn(|y| lines[y][across])).into_iter().enumerate()
        {
            all[down * 8 + across] = wave;
        }
    }
    ZIGZAG.map(|at| {
        #[expect(clippy::cast_possible_truncation, reason = "a square has 2,048 at most")]
        let count = (all[at] / f32::from(steps[at])).round() as i16;
        count
    })
}

/// Returns the waves of eight values.
fn waves(values: [f32; 8]) -> [f32; 8] {
    std::array::from_fn(|wave| {
        let mut sum = 0.0;
        for (place, value) in values.into_iter().enumerate() {
            sum += value * cosine((2 * place + 1) * wave);
        }
        sum
    })
}

/// Returns half the cosine of a multiple of a sixteenth of a half turn; of none what the first wave is weighed with.
fn cosine(sixteenths: usize) -> f32 {
    let turned = sixteenths % 32;
    let folded = if turned > 16 { 32 - turned } else { turned };
    match folded {
        8 => 0.0,
        0 if sixteenths > 0 => 0.5,
        0..8 => COSINES[folded],
        16 => -0.5,
        _ => -COSINES[16 - folded],
    }
}

/// Tells each symbol of the squares with its table and the bits behind it.
fn each_symbol(squares: &Squares, mut tell: impl FnMut(usize, u8, (u32, u8))) {
    let mut last = [0_i16; 3];
    for (part, square) in squares {
        let table = usize::from(*part > 0) * 2;
        let (size, bits) = number(square[0] - last[*part]);
        last[*part] = square[0];
        tell(table, size, (bits, size));
        let mut zeros = 0_u8;
        let end = square.iter().rposition(|count| *count != 0).unwrap_or(0);
        for count in &square[1..=end.max(1)] {
            if *count == 0 {
                zeros += 1;
                continue;
            }
            while zeros > 15 {
                tell(table + 1, 0xf0, (0, 0));
                zeros -= 16;
            }
            let (size, bits) = number(*count);
            tell(table + 1, zeros << 4 | size, (bits, size));
            zeros = 0;
        }
        if end < 63 {
            tell(table + 1, 0, (0, 0));
        }
    }
}

/// Returns how many bits a number takes, and which.
fn number(value: i16) -> (u8, u32) {
    let size = u8::try_from(16 - value.unsigned_abs().leading_zeros()).unwrap_or(0);
    let below = i32::from(value) - i32::from(value < 0);
    (size, below.cast_unsigned() & ((1 << size) - 1))
}

/// A table of codes as it is written: how many there are of each length, and what they mean.
struct Table {
    lengths: [u8; 16],
    symbols: Vec<u8>,
}

type Codes = [[(u16, u8); 256]; 4];

/// Makes the shortest codes for what is said most often: for first values and others, of lightness and of colour.
fn codes(squares: &Squares) -> (Vec<Table>, Codes) {
    let mut often = [[0_u32; 256]; 4];
    each_symbol(squares, |table, symbol, _| often[table][usize::from(symbol)] += 1);
    let mut codes = [[(0, 0); 256]; 4];
    let tables = often.iter().zip(&mut codes).map(|(often, codes)| {
        let table = shortest(often);
        let (mut code, mut next) = (0_u16, table.symbols.iter());
        for (length, count) in (1..).zip(table.lengths) {
            for symbol in next.by_ref().take(usize::from(count)) {
                codes[usize::from(*symbol)] = (code, length);
                code += 1;
            }
            code <<= 1;
        }
        table
    });
    (tables.collect(), codes)
}

/// Finds how long the code of each symbol is, 16 bits at most; the code of nothing but ones is left out.
fn shortest(often: &[u32; 256]) -> Table {
    // The last stands for that code: nothing is rarer.
    let mut weights: Vec<u64> = often.iter().map(|count| u64::from(*count)).chain([1]).collect();
    let (mut sizes, mut next) = ([0_usize; 257], [None::<usize>; 257]);
    loop {
        let least = |without: Option<usize>| {
            let known = (0..257).filter(|at| weights[*at] > 0 && Some(*at) != without);
            known.min_by_key(|at| (weights[*at], std::cmp::Reverse(*at)))
        };
        let Some(first) = least(None) else { break };
        let Some(second) = least(Some(first)) else { break };
        weights[first] += weights[second];
        weights[second] = 0;
        let mut at = first;
        loop {
            sizes[at] += 1;
            let Some(further) = next[at] else { break };
            at = further;
        }
        next[at] = Some(second);
        let mut at = Some(second);
        while let Some(one) = at {
            sizes[one] += 1;
            at = next[one];
        }
    }
    let mut lengths = [0_usize; 258];
    sizes.iter().filter(|size| **size > 0).for_each(|size| lengths[*size] += 1);
    // Two that are too long become one that is a bit shorter, and one takes the place beside a shorter one.
    for length in (17..258).rev() {
        while lengths[length] > 0 {
            let mut shorter = length - 2;
            while lengths[shorter] == 0 {
                shorter -= 1;
            }
            lengths[length] -= 2;
            lengths[length - 1] += 1;
            lengths[shorter + 1] += 2;
            lengths[shorter] -= 1;
        }
    }
    if let Some(longest) = (1..17).rev().find(|length| lengths[*length] > 0) {
        lengths[longest] -= 1;
    }
    let mut symbols: Vec<u8> = (0..=255).filter(|at| sizes[usize::from(*at)] > 0).collect();
    symbols.sort_by_key(|at| (sizes[usize::from(*at)], *at));
    let lengths = std::array::from_fn(|at| u8::try_from(lengths[at + 1]).unwrap_or(0));
    Table { lengths, symbols }
}

/// Bits on their way into bytes.
struct Bits {
    out: Vec<u8>,
    held: u32,
    count: u8,
}

impl Bits {
    fn push(&mut self, bits: u32, count: u8) {
        self.held = self.held << count | bits;
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            let [.., byte] = (self.held >> self.count).to_be_bytes();
            self.out.push(byte);
            if byte == 0xff {
                self.out.push(0);
            }
            self.held &= (1 << self.count) - 1;
        }
    }

    fn end(mut self) -> Vec<u8> {
        if self.count > 0 {
            let left = 8 - self.count;
            self.push((1 << left) - 1, left);
        }
        self.out
    }
}

#[cfg(test)]
mod tests {
    use image::{ImageDecoder as _, Rgb, RgbImage, codecs::jpeg::JpegDecoder};

    use super::{Colours, write};

    #[track_caller]
    fn keeps(pixels: &RgbImage, colours: Colours, most: i32) {
        let icc = vec![7; 70_000];
        let bytes = write(pixels, 95, colours, Some(&icc)).expect("there is room");
        let mut decoder = JpegDecoder::new(std::io::Cursor::new(&bytes)).expect("it is a JPEG");
        assert_eq!(decoder.icc_profile().ok().flatten(), Some(icc), "in two parts");
        let read = image::DynamicImage::from_decoder(decoder).expect("all of it").into_rgb8();
        assert_eq!(read.dimensions(), pixels.dimensions());
        for (x, y, pixel) in pixels.enumerate_pixels() {
            let other = read.get_pixel(x, y);
            let off =
                pixel.0.iter().zip(other.0).map(|(a, b)| (i32::from(*a) - i32::from(b)).abs());
            assert!(off.max() <= Some(most), "{x},{y} of {colours:?}: {pixel:?} became {other:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for (width, height) in [(1, 1), (8, 8), (17, 9), (300, 200)] {
            let run = RgbImage::from_fn(width, height, |x, y| {
                let part = |value: u32| u8::try_from(value.min(255)).unwrap_or(255);
                Rgb([part(x * 255 / width), part(y * 255 / height), part(200 - (x + y) / 4)])
            });
            keeps(&run, Colours::Whole, 9);
            keeps(&run, Colours::Quarter, 24);
            keeps(&RgbImage::from_pixel(width, height, Rgb([200, 30, 40])), Colours::Quarter, 4);
        }
        let grain = RgbImage::from_fn(64, 64, |x, y| {
            let [a, b, c, _] =
                (x.wrapping_mul(0x9e37_79b9) ^ y.wrapping_mul(0x85eb_ca6b)).to_le_bytes();
            Rgb([a, b, c])
        });
        keeps(&grain, Colours::Whole, 40);
        assert_eq!(write(&RgbImage::new(70_000, 1), 80, Colours::Whole, None), None);
    }
}
