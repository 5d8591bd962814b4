//! AVIF, which another program makes: what that is asked for, and by what it is known.
//!
//! Which program it is, and where it lies, an edge knows and hands in. What it is given holds pixels and the meaning
//! of their colours, and nothing else of the picture they are from.

use std::fmt;
use std::sync::Arc;

use crate::digest::Digest;

/// One picture to be made.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The pixels, as a PNG.
    pub png: &'a [u8],
    /// How coarse it may be: 0 keeps everything, 63 next to nothing.
    pub coarseness: u8,
    /// Whether the PNG says what its colours mean; they are those of screens if not.
    pub has_profile: bool,
    /// How many pixels there are.
    pub pixels: u64,
}

/// Why there is nobody who makes AVIF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    pub message: String,
    pub help: String,
}

type Known = dyn Fn() -> Result<Digest, Absent> + Send + Sync;
type Make = dyn Fn(&Order<'_>) -> Result<Vec<u8>, String> + Send + Sync;

/// Whoever makes AVIF, if there is anybody.
#[derive(Clone, Default)]
pub struct Avif(Option<(Arc<Known>, Arc<Make>)>);

impl Avif {
    /// Makes one of what tells the digest of a maker (its version, and all that it is told) and what makes a picture.
    pub fn new(
        known: impl Fn() -> Result<Digest, Absent> + Send + Sync + 'static,
        make: impl Fn(&Order<'_>) -> Result<Vec<u8>, String> + Send + Sync + 'static,
    ) -> Avif {
        Avif(Some((Arc::new(known), Arc::new(make))))
    }

    /// Returns the digest of the maker: another one makes other bytes.
    pub fn known(&self) -> Result<Digest, Absent> {
        self.0.as_ref().map_or_else(|| Err(Absent::unfound()), |(known, _)| known())
    }

    pub(super) fn make(&self, order: &Order<'_>) -> Result<Vec<u8>, String> {
        self.0.as_ref().map_or_else(|| Err(Absent::unfound().message), |(_, make)| make(order))
    }
}

impl Absent {
    /// What is said where no such program is.
    pub fn unfound() -> Absent {
        Absent {
            message: "no AVIF is made: its encoder `avifenc` was not found".to_owned(),
            help: Absent::HELP.to_owned(),
        }
    }

    pub const HELP: &'static str = "install it (Debian: `apt install libavif-bin`, macOS: `brew install libavif`), name it in the environment variable KAMI_AVIFENC, or leave \"avif\" out; pages have the other formats meanwhile";
}

/// Two of them are the same when they are one.
impl PartialEq for Avif {
    fn eq(&self, other: &Avif) -> bool {
        match (&self.0, &other.0) {
            (Some((_, one)), Some((_, two))) => Arc::ptr_eq(one, two),
            (one, two) => one.is_none() && two.is_none(),
        }
    }
}

impl Eq for Avif {}

impl fmt::Debug for Avif {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Avif" } else { "Avif(nobody)" })
    }
}

/// Qualities as WebP counts them, and how coarse AVIF may be to look the same: within 0.005 of structural similarity on
/// photographs of different kinds. Who changes them raises `MAKER`.
const ALIKE: [(u8, u8); 7] = [(1, 62), (40, 37), (60, 31), (70, 28), (80, 24), (90, 13), (100, 2)];

/// Returns how coarse a picture may be that is to look like WebP of this quality.
pub(super) fn coarseness(quality: u8) -> u8 {
    let quality = quality.clamp(1, 100);
    let above = ALIKE.iter().position(|(known, _)| *known >= quality).unwrap_or(ALIKE.len() - 1);
    let ((low, coarse), (high, fine)) = (ALIKE[above.saturating_sub(1)], ALIKE[above]);
    if high == low {
        return fine;
    }
    let part = (u32::from(coarse) - u32::from(fine)) * u32::from(high - quality);
    let half = u32::from(high - low) / 2;
    fine + u8::try_from((part + half) / u32::from(high - low)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::coarseness;

    #[test]
    fn what_is_finer_is_less_coarse() {
        let all: Vec<u8> = (1..=100).map(coarseness).collect();
        assert!(all.windows(2).all(|pair| pair[0] >= pair[1]), "{all:?}");
        let some = [1, 60, 65, 80, 85, 100].map(coarseness);
        assert_eq!(some, [62, 31, 30, 24, 19, 2]);
    }
}
