//! What the bytes of a picture tell without being decoded: whether it moves, is whole, lets the ground through.

use super::Kind;
use super::published::drawing;
use crate::path::SourcePath;

/// How many pixels a picture may have to be made smaller: they all lie in memory at once.
pub const PIXELS_MAX: u64 = 100_000_000;
/// How many bytes its pixels may take while it is made smaller.
pub const MEMORY_BYTES_MAX: u64 = 512 << 20;
/// How many pixels a picture may have to be shown at all: no browser shows more.
pub const SHOWN_PIXELS_MAX: u64 = 500_000_000;

/// What is known of a picture from its header and its end.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// What it is by its bytes; `None` when it is no picture that we know.
    pub kind: Option<Kind>,
    /// Width and height in pixels, as it is shown.
    pub size: Option<(u32, u32)>,
    pub bytes: u64,
    /// Whether it hides what is behind it.
    pub opaque: bool,
    pub moves: bool,
    /// Whether the file has its end.
    pub whole: bool,
    /// Whether every pixel is kept as it was drawn.
    pub lossless: bool,
    pub colours: Colours,
    pub drawing: Drawing,
}

/// What a drawing holds beside lines and letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Drawing {
    #[default]
    Plain,
    /// Something that runs, or is loaded from elsewhere; it is served without.
    Active,
    /// Nobody knows: it cannot be read.
    Unreadable,
}

/// How the colours of a picture are written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colours {
    #[default]
    Screen,
    /// Cyan, magenta, yellow and black.
    Print,
    /// With 16 bits each.
    Deep,
}

impl Facts {
    /// Reads what the bytes of a file tell; `size` was read from the header before.
    pub fn of(path: &SourcePath, bytes: &[u8], size: Option<(u32, u32)>) -> Facts {
        let named_svg = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("svg"));
        let kind = Kind::of(bytes).or(named_svg.then_some(Kind::Svg));
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let facts = Facts { kind, size, bytes: length, whole: true, ..Facts::default() };
        let read = match kind {
            Some(Kind::Jpeg) => jpeg(bytes, facts),
            Some(Kind::Png) => png(bytes, facts),
            Some(Kind::Webp) => webp(bytes, facts),
            Some(Kind::Gif) => {
                let end = bytes.iter().rev().find(|byte| **byte != 0);
                Some(Facts { moves: true, whole: end == Some(&0x3b), ..facts })
            }
            Some(Kind::Svg) => Some(Facts { drawing: drawing(bytes).1, ..facts }),
            _ => Some(facts),
        };
        read.unwrap_or(Facts { whole: false, ..facts })
    }

    /// Returns how many pixels there are.
    pub fn pixels(&self) -> u64 {
        self.size.map_or(0, |(width, height)| u64::from(width) * u64::from(height))
    }

    /// Returns how many bytes its pixels take while it is made smaller, roughly.
    pub fn memory_bytes(&self) -> u64 {
        let each = if self.colours == Colours::Deep { 12 } else { 8 };
        self.pixels() * each
    }

    /// Tells whether it is too large to be made smaller here.
    pub fn is_too_large(&self) -> bool {
        self.pixels() > PIXELS_MAX || self.memory_bytes() > 2 * MEMORY_BYTES_MAX
    }

    /// Tells whether smaller pictures can be made of it.
    pub fn is_photo(&self) -> bool {
        matches!(self.kind, Some(Kind::Jpeg | Kind::Png | Kind::Webp))
            && self.whole
            && !self.moves
            && self.size.is_some_and(|(width, height)| width > 0 && height > 0)
            && !self.is_too_large()
    }
}

fn jpeg(bytes: &[u8], facts: Facts) -> Option<Facts> {
    let mut facts = Facts { opaque: true, ..facts };
    let mut at = 2;
    loop {
        if *bytes.get(at)? != 0xff {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        if marker == 0xff {
            at += 1;
            continue;
        }
        if matches!(marker, 0x01 | 0xd0..=0xd9) {
            at += 2;
            continue;
        }
        let length = usize::from(u16::from_be_bytes(bytes.get(at + 2..at + 4)?.try_into().ok()?));
        match marker {
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf if *bytes.get(at + 9)? == 4 => {
                facts.colours = Colours::Print;
            }
            0xda => break,
            _ => {}
        }
        at += 2 + length;
    }
    // Within the data of a scan this can only be the end.
    facts.whole = memchr::memmem::rfind(bytes.get(at..)?, b"\xff\xd9").is_some();
    Some(facts)
}

fn png(bytes: &[u8], facts: Facts) -> Option<Facts> {
    let mut facts = Facts { lossless: true, ..facts };
    let (depth, colour) = (*bytes.get(24)?, *bytes.get(25)?);
    facts.opaque = matches!(colour, 0 | 2 | 3);
    if depth == 16 {
        facts.colours = Colours::Deep;
    }
    let mut at = 8;
    loop {
        let length: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
        match bytes.get(at + 4..at + 8)? {
            b"acTL" => facts.moves = true,
            b"tRNS" => facts.opaque = false,
            b"IEND" => return Some(facts),
            _ => {}
        }
        at = at.checked_add(12)?.checked_add(usize::try_from(u32::from_be_bytes(length)).ok()?)?;
    }
}

fn webp(bytes: &[u8], facts: Facts) -> Option<Facts> {
    let length: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
    let whole = u64::from(u32::from_le_bytes(length)) + 8 <= facts.bytes;
    let facts = Facts { whole, ..facts };
    Some(match bytes.get(12..16)? {
        b"VP8X" => {
            let flags = *bytes.get(20)?;
            let lossless = memchr::memmem::find(&bytes[..bytes.len().min(4096)], b"VP8L").is_some();
            Facts { moves: flags & 0x02 != 0, opaque: flags & 0x10 == 0, lossless, ..facts }
        }
        b"VP8L" => Facts { opaque: *bytes.get(24)? & 0x10 == 0, lossless: true, ..facts },
        _ => Facts { opaque: true, ..facts },
    })
}
