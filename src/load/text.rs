//! The bytes of a text: UTF-8, or a guess at what they are instead.

use std::sync::Arc;

use super::unusable;
use crate::source::{Content, Source, SourcePath};
use crate::span::Lines;

pub(super) fn source(path: &SourcePath, bytes: &[u8]) -> Source {
    // To look through Japanese byte by byte takes far longer than to copy what was found to be a text.
    match simdutf8::compat::from_utf8(bytes) {
        Ok(text) => {
            Source { path: path.clone(), content: Content::Text(Arc::new(text.to_owned())) }
        }
        Err(error) => {
            let at = error.valid_up_to();
            let valid = String::from_utf8_lossy(&bytes[..at]);
            let place = Lines::of(&valid).place(&valid, valid.len());
            let guess = encoding(bytes);
            let message = format!("the text is not UTF-8 from byte {at} on; it looks like {guess}");
            let help = format!("convert it: iconv -f {guess} -t UTF-8 {path} > new.md");
            let mut source = unusable(path.as_str(), "not-utf8", message, help);
            if let Content::Unusable(fault) = &mut source.content {
                (fault.line, fault.column) = (place.line, place.column);
            }
            source
        }
    }
}

/// Guesses which encoding a text has that is not UTF-8.
fn encoding(bytes: &[u8]) -> &'static str {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return "UTF-16";
    }
    let high = bytes.iter().filter(|b| **b >= 0x80).count();
    let pairs = |lead: fn(u8) -> bool, trail: fn(u8) -> bool| {
        bytes.windows(2).filter(|pair| lead(pair[0]) && trail(pair[1])).count() * 2
    };
    let euc = pairs(|b| (0xa1..=0xfe).contains(&b), |b| (0xa1..=0xfe).contains(&b));
    let sjis = pairs(
        |b| matches!(b, 0x81..=0x9f | 0xe0..=0xef),
        |b| matches!(b, 0x40..=0x7e | 0x80..=0xfc),
    );
    let hiragana =
        bytes.windows(2).filter(|pair| pair[0] == 0x82 && (0x9f..=0xf1).contains(&pair[1])).count();
    if hiragana > 0 || (sjis >= high && sjis > euc) {
        "SHIFT_JIS"
    } else if euc >= high && high > 2 {
        "EUC-JP"
    } else {
        "ISO-8859-1"
    }
}
