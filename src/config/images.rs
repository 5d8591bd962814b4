//! `[images]`: in which widths and formats pictures are made, and how finely.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::DeValue;

use super::{Config, Reader, plain};
use crate::picture::Images;
use crate::span::Span;

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

    pub(super) fn formats(&mut self, value: &Spanned<DeValue<'_>>, config: &mut Config) {
        let DeValue::Array(items) = value.get_ref() else {
            return self.wrong(value, "a list of formats such as [\"webp\"]");
        };
        (config.images.webp, config.avif) = (false, None);
        for item in items {
            match plain(item.get_ref()).as_str() {
                "webp" => config.images.webp = true,
                "avif" => {
                    config.avif = Some(Span::new(item.span().start, item.span().end));
                }
                _ => self.wrong(
                    item,
                    "`\"avif\"` or `\"webp\"`; a picture's own format is always there",
                ),
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
