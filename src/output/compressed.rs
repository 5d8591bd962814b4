//! Text -> the same text compressed, as hosts keep it beside the original: `a.html.br`, `a.html.zst`, `a.html.gz`.
//!
//! The same text gives the same bytes on every machine: encoders on one thread, and without the machine's own
//! logarithms, are used. A file that would not get smaller has no compressed form.

use crate::digest::Digest;
use crate::output::content_type;

/// Another number here has all forms made anew: raise it with every change of an encoder or its level.
const RECIPE: u8 = 1;
const BROTLI_LEVEL: i32 = 11;
/// The window of most decoders: 4 MB.
const BROTLI_WINDOW_BITS: i32 = 22;
/// The greatest whose window, 8 MB, all browsers take.
const ZSTD_LEVEL: i32 = 19;
const GZIP_LEVEL: u8 = 9;
/// No name, no time, greatest compression, an unknown system.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255];

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Brotli,
    Zstd,
    Gzip,
}

impl Encoding {
    /// The smallest first.
    pub const ALL: [Encoding; 3] = [Encoding::Brotli, Encoding::Zstd, Encoding::Gzip];

    /// Returns its name in `Content-Encoding`.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Brotli => "br",
            Encoding::Zstd => "zstd",
            Encoding::Gzip => "gzip",
        }
    }

    /// Returns where the compressed form of an address stands.
    pub fn address(self, of: &str) -> String {
        let ending = match self {
            Encoding::Brotli => "br",
            Encoding::Zstd => "zst",
            Encoding::Gzip => "gz",
        };
        format!("{of}.{ending}")
    }

    /// Returns what the compressed form follows from: the same text in the same way is the same form.
    pub fn origin(self, text: &Digest) -> String {
        Digest::of_parts([text.as_bytes(), self.name().as_bytes(), &[RECIPE]]).short()
    }

    /// Compresses a text; `None` when that makes it no smaller.
    pub fn compress(self, bytes: &[u8]) -> Option<Vec<u8>> {
        let compressed = match self {
            Encoding::Brotli => brotli(bytes),
            Encoding::Zstd => zstd(bytes),
            Encoding::Gzip => gzip(bytes),
        };
        (compressed.len() < bytes.len()).then_some(compressed)
    }
}

/// Tells whether what lies at an address is text, which compresses.
pub fn is_text(address: &str) -> bool {
    let kind = content_type(address);
    let kind = kind.split(';').next().unwrap_or(kind);
    kind.starts_with("text/")
        || kind.ends_with("json")
        || kind.ends_with("xml")
        || kind == "image/svg+xml"
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let params = brotli::enc::BrotliEncoderParams {
        quality: BROTLI_LEVEL,
        lgwin: BROTLI_WINDOW_BITS,
        mode: brotli::enc::backward_references::BrotliEncoderMode::BROTLI_MODE_TEXT,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let (mut input, mut out) = (bytes, Vec::with_capacity(bytes.len() / 3 + 64));
    brotli::BrotliCompress(&mut input, &mut out, &params).expect("memory is read and written");
    out
}

/// Makes one frame that says how long the text is, without a sum over it.
fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(zstd_safe::compress_bound(bytes.len()));
    zstd_safe::compress(&mut out, bytes, ZSTD_LEVEL).expect("the longest that it gets has room");
    out
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = GZIP_HEADER.to_vec();
    out.extend(miniz_oxide::deflate::compress_to_vec(bytes, GZIP_LEVEL));
    out.extend(crc32fast::hash(bytes).to_le_bytes());
    // The length counts around at 4 GB.
    let length =
        u32::try_from(bytes.len() as u64 & u64::from(u32::MAX)).expect("it is cut to that");
    out.extend(length.to_le_bytes());
    out
}
