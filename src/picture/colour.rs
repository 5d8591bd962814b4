//! Colours that mean what their profile says: a small profile goes along, a large one is worked into the pixels.

use image::RgbaImage;
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

/// A profile of this size costs less than what is lost without it.
const KEPT_BYTES_MAX: usize = 4 << 10;

/// What the colours of some pixels mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Profile {
    /// What every screen takes them for: sRGB.
    Screen,
    /// What this says.
    Own(Vec<u8>),
}

/// Finds out what colours mean, and makes them mean less where that takes too many words.
pub(super) fn settle(icc: Vec<u8>, pixels: &mut RgbaImage) -> Profile {
    if is_screen(&icc) {
        return Profile::Screen;
    }
    let Ok(profile) = ColorProfile::new_from_slice(&icc) else { return Profile::Screen };
    if profile.color_space != DataColorSpace::Rgb {
        return Profile::Screen;
    }
    if icc.len() <= KEPT_BYTES_MAX {
        return Profile::Own(icc);
    }
    let screen = ColorProfile::new_srgb();
    let options = TransformOptions::default();
    let Ok(transform) = profile.create_transform_8bit(Layout::Rgba, &screen, Layout::Rgba, options)
    else {
        return Profile::Own(icc);
    };
    let mut row = Vec::new();
    let width = pixels.width() as usize * 4;
    for line in pixels.chunks_exact_mut(width.max(1)) {
        row.clear();
        row.extend_from_slice(line);
        if transform.transform(&row, line).is_err() {
            line.copy_from_slice(&row);
        }
    }
    Profile::Screen
}

/// Tells whether a profile is one of the many that say what holds without them.
fn is_screen(icc: &[u8]) -> bool {
    let start = &icc[..icc.len().min(4 << 10)];
    let named: [&[u8]; 2] = [b"sRGB", b"\0s\0R\0G\0B"];
    named.iter().any(|name| memchr::memmem::find(start, name).is_some())
}
