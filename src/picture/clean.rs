//! What a camera writes beside a picture goes: place, time, owner, thumbnails. The picture itself is not touched,
//! and how it is to be turned stays.

use super::Kind;
use super::drawing::is_harmless;

/// Why a file is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unclean {
    /// It is not what it begins as.
    Broken,
    /// It tells a place, and nobody here can take that out.
    Traces,
    /// It is a drawing that runs scripts, or loads something.
    Script,
}

/// Returns a file without what it tells of its maker.
pub fn clean(kind: Kind, bytes: &[u8]) -> Result<Vec<u8>, Unclean> {
    match kind {
        Kind::Jpeg => jpeg(bytes).ok_or(Unclean::Broken),
        Kind::Png => png(bytes).ok_or(Unclean::Broken),
        Kind::Webp => webp(bytes).ok_or(Unclean::Broken),
        Kind::Gif => gif(bytes).ok_or(Unclean::Broken),
        Kind::Svg => match std::str::from_utf8(bytes) {
            Ok(text) if is_harmless(text) => Ok(bytes.to_vec()),
            _ => Err(Unclean::Script),
        },
        Kind::Avif | Kind::Mp4 if tells_a_place(bytes) => Err(Unclean::Traces),
        _ => Ok(bytes.to_vec()),
    }
}

fn jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = vec![0xff, 0xd8];
    let (mut at, mut orientation, mut turned_at) = (2, 1, 2);
    loop {
        if *bytes.get(at)? != 0xff {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        match marker {
            0xff => at += 1,
            0xd9 => {
                out.extend([0xff, 0xd9]);
                break;
            }
            0x01 | 0xd0..=0xd7 => {
                out.extend([0xff, marker]);
                at += 2;
            }
            _ => {
                let length =
                    usize::from(u16::from_be_bytes(bytes.get(at + 2..at + 4)?.try_into().ok()?));
                let segment = bytes.get(at..at + 2 + length)?;
                let body = segment.get(4..)?;
                if marker == 0xe1 && body.starts_with(b"Exif\0\0") {
                    orientation = orientation_of(&body[6..]).unwrap_or(orientation);
                }
                // Only what colours depend on is kept of what programs write beside a picture.
                let kept = match marker {
                    0xe0 | 0xee => true,
                    0xe2 => body.starts_with(b"ICC_PROFILE\0"),
                    0xe1 | 0xe3..=0xef | 0xfe => false,
                    _ => true,
                };
                if kept {
                    out.extend_from_slice(segment);
                }
                if marker == 0xe0 {
                    turned_at = out.len();
                }
                at += segment.len();
                if marker == 0xda {
                    let end = scan_end(bytes, at)?;
                    out.extend_from_slice(&bytes[at..end]);
                    at = end;
                }
            }
        }
    }
    if orientation != 1 {
        let body = [b"Exif\0\0", exif(orientation).as_slice()].concat();
        let length = u16::try_from(body.len() + 2).ok()?.to_be_bytes();
        let segment = [[0xff, 0xe1].as_slice(), &length, &body].concat();
        drop(out.splice(turned_at..turned_at, segment));
    }
    Some(out)
}

/// Returns where the data of a scan ends: at the next marker that is not part of it.
fn scan_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += memchr::memchr(0xff, bytes.get(at..)?)?;
        match *bytes.get(at + 1)? {
            0 | 0xd0..=0xd7 => at += 2,
            _ => return Some(at),
        }
    }
}

/// Reads how a picture is to be turned.
fn orientation_of(tiff: &[u8]) -> Option<u16> {
    let little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let two = |at: usize| -> Option<u16> {
        let bytes: [u8; 2] = tiff.get(at..at + 2)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let four: [u8; 4] = tiff.get(4..8)?.try_into().ok()?;
    let table = if little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) };
    let table = usize::try_from(table).ok()?;
    let count = usize::from(two(table)?);
    let mut entries = (0..count).map(|index| table + 2 + index * 12);
    let entry = entries.find(|at| two(*at) == Some(0x0112))?;
    two(entry + 8).filter(|value| (1..=8).contains(value))
}

/// Writes how a picture is to be turned, and nothing else.
fn exif(orientation: u16) -> Vec<u8> {
    let mut out = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".to_vec();
    out.extend(orientation.to_be_bytes());
    out.extend([0; 6]);
    out
}

/// The parts of a PNG that its looks depend on.
const PNG_KEPT: [&[u8; 4]; 20] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT",
    b"bKGD", b"pHYs", b"hIST", b"sPLT", b"acTL", b"fcTL", b"fdAT", b"cICP", b"mDCV", b"cLLI",
];

fn png(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = bytes.get(..8)?.to_vec();
    let (mut at, mut turned) = (8, None);
    loop {
        let length: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
        let length = usize::try_from(u32::from_be_bytes(length)).ok()?;
        let name: &[u8; 4] = bytes.get(at + 4..at + 8)?.try_into().ok()?;
        let chunk = bytes.get(at..at.checked_add(length)?.checked_add(12)?)?;
        if name == b"eXIf" {
            turned = orientation_of(&chunk[8..8 + length]).filter(|value| *value != 1);
        }
        if name == b"IDAT"
            && let Some(orientation) = turned.take()
        {
            out.extend(png_chunk(*b"eXIf", &exif(orientation)));
        }
        if PNG_KEPT.contains(&name) {
            out.extend_from_slice(chunk);
        }
        at += chunk.len();
        if name == b"IEND" {
            return Some(out);
        }
    }
}

fn png_chunk(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes();
    let named = [name.as_slice(), body].concat();
    [length.as_slice(), &named, &crc(&named).to_be_bytes()].concat()
}

/// The checksum of PNG.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 }
        })
    })
}

fn webp(bytes: &[u8]) -> Option<Vec<u8>> {
    let length: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
    let end = (8 + usize::try_from(u32::from_le_bytes(length)).ok()?).min(bytes.len());
    let mut out = bytes.get(..12)?.to_vec();
    let (mut at, mut orientation, mut extended) = (12, 1, None);
    while at + 8 <= end {
        let name: &[u8; 4] = bytes[at..at + 4].try_into().ok()?;
        let length: [u8; 4] = bytes[at + 4..at + 8].try_into().ok()?;
        let length = usize::try_from(u32::from_le_bytes(length)).ok()?;
        let body = bytes.get(at + 8..at.checked_add(8)?.checked_add(length)?)?;
        match name {
            b"EXIF" => {
                let tiff = body.strip_prefix(b"Exif\0\0").unwrap_or(body);
                orientation = orientation_of(tiff).unwrap_or(1);
            }
            b"VP8 " | b"VP8L" | b"VP8X" | b"ALPH" | b"ANIM" | b"ANMF" | b"ICCP" => {
                if name == b"VP8X" {
                    extended = Some(out.len() + 8);
                }
                out.extend(riff_chunk(*name, body));
            }
            _ => {}
        }
        at += 8 + length + length % 2;
    }
    if let Some(flags) = extended.and_then(|at| out.get_mut(at)) {
        *flags &= !0x0c;
        if orientation != 1 {
            *flags |= 0x08;
        }
    }
    if extended.is_some() && orientation != 1 {
        out.extend(riff_chunk(*b"EXIF", &exif(orientation)));
    }
    let length = u32::try_from(out.len() - 8).ok()?.to_le_bytes();
    out[4..8].copy_from_slice(&length);
    Some(out)
}

pub(super) fn riff_chunk(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes();
    let end: &[u8] = if body.len() % 2 == 1 { &[0] } else { &[] };
    [name.as_slice(), &length, body, end].concat()
}

fn gif(bytes: &[u8]) -> Option<Vec<u8>> {
    let colours = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut at = 13 + colours(*bytes.get(10)?);
    let mut out = bytes.get(..at)?.to_vec();
    loop {
        let start = at;
        let kept = match *bytes.get(at)? {
            0x3b => {
                out.push(0x3b);
                return Some(out);
            }
            0x2c => {
                at += 11 + colours(*bytes.get(at + 9)?);
                true
            }
            0x21 => {
                let (label, name) = (*bytes.get(at + 1)?, bytes.get(at + 3..at + 14));
                at += 2;
                let loops =
                    name.is_some_and(|name| name == b"NETSCAPE2.0" || name == b"ANIMEXTS1.0");
                label != 0xfe && (label != 0xff || loops)
            }
            _ => return None,
        };
        loop {
            let length = usize::from(*bytes.get(at)?);
            at += 1 + length;
            if length == 0 {
                break;
            }
        }
        if kept {
            out.extend_from_slice(bytes.get(start..at)?);
        }
    }
}

/// Tells whether a film, or a picture that is made like one, says where it was taken.
fn tells_a_place(bytes: &[u8]) -> bool {
    let traces: [&[u8]; 6] =
        [b"\xa9xyz", b"loci", b"com.apple.quicktime.location", b"Exif", b"rdf:RDF", b"rdf+xml"];
    let mut at = 0;
    while let Some(head) = bytes.get(at..at + 8) {
        let short: [u8; 4] = head[..4].try_into().unwrap_or_default();
        let length = match u32::from_be_bytes(short) {
            0 => bytes.len() - at,
            1 => {
                let long = bytes.get(at + 8..at + 16).and_then(|long| long.try_into().ok());
                long.map_or(0, u64::from_be_bytes).try_into().unwrap_or(usize::MAX)
            }
            length => length as usize,
        };
        let end = at.saturating_add(length.max(8)).min(bytes.len());
        let within = &bytes[at..end];
        let found = |trace: &[u8]| memchr::memmem::find(within, trace).is_some();
        if &head[4..] != b"mdat" && traces.iter().any(|trace| found(trace)) {
            return true;
        }
        at = end;
    }
    false
}
