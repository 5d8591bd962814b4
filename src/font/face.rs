//! The fonts that come with the program: families, weights, and the files themselves.

use std::borrow::Cow;
use std::sync::OnceLock;

use rust_embed::Embed;

use crate::digest::Digest;

/// The repository's `fonts/`, as they were when the program was built.
#[derive(Embed)]
#[folder = "fonts/"]
struct Files;

/// What a font is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Texts in scripts with few characters.
    Alphabet,
    Code,
    Japanese,
    Emoji,
    Mathematics,
}

/// One face of a family.
#[derive(Debug)]
pub struct Face {
    pub family: &'static str,
    pub purpose: Use,
    /// As `@font-face` writes it: a weight, or those that it stands in for.
    pub weight: &'static str,
    pub style: &'static str,
    /// What the names of its files begin with.
    pub stem: &'static str,
    whole: OnceLock<Vec<u8>>,
    /// Of the file that it is kept in.
    digest: OnceLock<Digest>,
}

/// All faces.
pub static FACES: [Face; 12] = [
    face("Noto Sans", Use::Alphabet, "400", "normal", "noto-sans-400"),
    face("Noto Sans", Use::Alphabet, "400", "italic", "noto-sans-400-italic"),
    face("Noto Sans", Use::Alphabet, "700", "normal", "noto-sans-700"),
    face("Noto Serif", Use::Alphabet, "400", "normal", "noto-serif-400"),
    face("Noto Serif", Use::Alphabet, "400", "italic", "noto-serif-400-italic"),
    face("Noto Serif", Use::Alphabet, "600", "normal", "noto-serif-600"),
    face("Noto Sans Mono", Use::Code, "400", "normal", "noto-sans-mono-400"),
    face("Noto Sans JP", Use::Japanese, "400", "normal", "noto-sans-jp-400"),
    face("Noto Sans JP", Use::Japanese, "700", "normal", "noto-sans-jp-700"),
    face("Noto Serif JP", Use::Japanese, ANY, "normal", "noto-serif-jp-500"),
    face("Twemoji", Use::Emoji, ANY, "normal", "twemoji"),
    face("Noto Sans Math", Use::Mathematics, ANY, "normal", "noto-sans-math"),
];

/// The weights that the only one of a family stands in for: nothing is made bold by smearing it.
const ANY: &str = "100 900";

const fn face(
    family: &'static str,
    purpose: Use,
    weight: &'static str,
    style: &'static str,
    stem: &'static str,
) -> Face {
    Face { family, purpose, weight, style, stem, whole: OnceLock::new(), digest: OnceLock::new() }
}

impl Face {
    /// Returns the digest of the font that is cut down for each page.
    pub(super) fn digest(&self) -> Digest {
        *self.digest.get_or_init(|| Digest::of(&file(&self.packed())))
    }

    fn packed(&self) -> String {
        format!("{}.ttf.zst", self.stem)
    }

    /// Returns the font that is cut down for each page, unpacked when it is first asked for.
    pub(super) fn whole(&self) -> &[u8] {
        self.whole.get_or_init(|| {
            let packed = file(&self.packed());
            let length = zstd_safe::get_frame_content_size(&packed).ok().flatten();
            let length = length.and_then(|length| usize::try_from(length).ok());
            let mut whole = Vec::with_capacity(length.expect("its frame says how long it is"));
            zstd_safe::decompress(&mut whole, &packed)
                .expect("the fonts that come with the program are whole");
            whole
        })
    }
}

/// Returns one of the files; what is not there is empty.
pub(super) fn file(name: &str) -> Cow<'static, [u8]> {
    Files::get(name).map_or_else(Cow::default, |file| file.data)
}
