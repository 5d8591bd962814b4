//! `[images]`: in which widths and formats pictures are made, and how finely.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::DeValue;

use super::{Reader, plain};
use crate::diagnostic::rules;
use crate::picture::Images;

/// The widths that pictures may be made in, in pixels, and how many of them there may be.
const WIDTHS: RangeInclusive<u32> = 16..=7680;
const WIDTHS_MAX: usize = 16;
impl Reader {
    pub(super) fn widths(&mut self, value: &Spanned<DeValue<'_>>, images: &mut Images) {
        let DeValue::Array(items) = value.get_ref() else {
            return self.wrong(value, "a list of widths in pixels");
        };
        let mut widths = Vec::new();
        for item in items {
            match plain(item.get_ref()).parse().ok().filter(|width| WIDTHS.contains(width)) {
                Some(width) => widths.extend(NonZeroU32::new(width)),
                None => self.wrong(item, "a width from 16 to 7680 pixels"),
            }
        }
        widths.sort_unstable();
        widths.dedup();
        if widths.len() > WIDTHS_MAX {
            return self.wrong(value, "16 widths at most");
        }
        // Without a width there is nothing to make: every picture is sent as it is.
        images.widths = widths;
    }

    pub(super) fn formats(&mut self, value: &Spanned<DeValue<'_>>, images: &mut Images) {
        let DeValue::Array(items) = value.get_ref() else {
            return self.wrong(value, "a list of formats such as [\"webp\"]");
        };
        images.webp = false;
        for item in items {
            match plain(item.get_ref()).as_str() {
                "webp" => images.webp = true,
                "avif" => self.tell(
                    &rules::BAD_VALUE,
                    item.span(),
                    "this build makes no AVIF".to_owned(),
                    "leave it out; WebP is made where `formats` names it, and each picture in its own format",
                ),
                _ => self.wrong(item, "`\"webp\"`; a picture's own format is always there"),
            }
        }
    }

    pub(super) fn quality(&mut self, value: &Spanned<DeValue<'_>>, images: &mut Images) {
        match self.number(value) {
            Some(quality @ 1..=100) => images.quality = u8::try_from(quality).unwrap_or(100),
            Some(_) => self.wrong(value, "a number from 1 to 100"),
            None => {}
        }
    }
}
