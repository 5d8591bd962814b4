//! `data:` addresses -> files of the bundle, named by what is in them.

use super::sheet::DataFile;
use crate::digest::Digest;

/// The types that are served, and the endings of their files.
const TYPES: &[(&str, &str)] = &[
    ("image/svg+xml", "svg"),
    ("image/png", "png"),
    ("image/jpeg", "jpg"),
    ("image/jpg", "jpg"),
    ("image/gif", "gif"),
    ("image/webp", "webp"),
    ("image/avif", "avif"),
    ("font/woff2", "woff2"),
    ("application/font-woff2", "woff2"),
    ("font/woff", "woff"),
    ("application/font-woff", "woff"),
    ("font/ttf", "ttf"),
    ("font/otf", "otf"),
];

/// Reads `data:TYPE[;base64],...`; anything but a picture or a font is none.
pub fn read(address: &str) -> Option<DataFile> {
    let scheme = address.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("data:"))?;
    let (head, body) = address[scheme.len()..].split_once(',')?;
    let mut words = head.split(';').map(|word| word.trim().to_ascii_lowercase());
    let kind = words.next()?;
    let (_, ending) = TYPES.iter().find(|(name, _)| *name == kind)?;
    let plain: Vec<u8> = percent_encoding::percent_decode_str(body).collect();
    let bytes = if words.any(|word| word == "base64") { base64(&plain)? } else { plain };
    if bytes.is_empty() {
        return None;
    }
    let address = format!("assets/data-{}.{ending}", Digest::of(&bytes).short());
    Some(DataFile { address, bytes })
}

/// Decodes base64, of either alphabet; white space does not count.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for &byte in text.iter().filter(|byte| !byte.is_ascii_whitespace()) {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_decoded_whichever_way_it_was_written() {
        let bytes = |address| read(address).map(|file| file.bytes);
        assert_eq!(bytes("data:image/png;base64,aGFsbG8="), Some(b"hallo".to_vec()));
        assert_eq!(bytes("data:image/png;base64,aGFs bG8"), Some(b"hallo".to_vec()));
        assert_eq!(bytes("data:image/svg+xml,%3Csvg/%3E"), Some(b"<svg/>".to_vec()));
        assert_eq!(bytes("data:image/svg+xml;charset=utf-8,<svg/>"), Some(b"<svg/>".to_vec()));
        assert_eq!(bytes("data:text/html,<script>"), None, "only pictures and fonts");
        assert_eq!(bytes("data:image/png;base64,!"), None);
        assert_eq!(bytes("data:image/png"), None);
    }
}
