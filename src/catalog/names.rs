//! Names: how two spellings are found to be the same, and what a path is called.

use std::hash::{BuildHasherDefault, Hasher};

use imbl::GenericHashMap;
use imbl::shared_ptr::DefaultSharedPtr;
use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::config::Config;
use crate::document::Kind;
use crate::document::html::has_byte;
use crate::source::SourcePath;

/// Folds a name: composition, width, case, spaces and bidi controls do not tell names apart.
pub fn fold(name: &str) -> String {
    if name.is_ascii() && !has_byte(name, |byte| byte <= b' ' || byte == b'_') {
        return name.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(name.len());
    if name.is_ascii() || name.chars().all(is_plain) {
        let is_space = |c: char| matches!(c, ' ' | '_' | '\t'..='\r');
        for part in name.split(is_space).filter(|part| !part.is_empty()) {
            if !out.is_empty() {
                out.push('_');
            }
            out.push_str(part);
        }
        out.make_ascii_lowercase();
        return out;
    }
    let narrow = name.trim().chars().flat_map(|c| {
        let wide = matches!(c, '\u{ff00}'..='\u{ffef}');
        let same = (!wide).then_some(c);
        let folded = wide.then(|| std::iter::once(c).nfkc());
        same.into_iter().chain(folded.into_iter().flatten())
    });
    let composed: String = narrow.nfc().collect();
    for c in caseless::default_case_fold_str(&composed).nfc() {
        match c {
            ' '
            | '_'
            | '\u{a0}'
            | '\u{1680}'
            | '\u{180e}'
            | '\u{2000}'..='\u{200a}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202f}'
            | '\u{205f}'
            | '\u{3000}' => underscore(&mut out),
            c if c.is_whitespace() => underscore(&mut out),
            '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}' => {}
            c => out.push(c),
        }
    }
    let trimmed = out.trim_matches('_');
    if trimmed.len() == out.len() { out } else { trimmed.to_owned() }
}

/// Tells whether composition and width leave a character alone, and case too, outside of ASCII: most
/// of what names are made of. Normalizing takes ten times as long as looking.
fn is_plain(c: char) -> bool {
    c.is_ascii()
        || matches!(c, '\u{3001}'..='\u{3029}' | '\u{3041}'..='\u{3096}' | '\u{30a0}'..='\u{30fe}'
            | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}

fn underscore(out: &mut String) {
    if !out.ends_with('_') {
        out.push('_');
    }
}

/// Composes the characters of an address. Browsers ask for what stands in a link byte by byte, and stores and disks
/// compare so: two spellings that look the same must not be two addresses.
pub fn composed(address: String) -> String {
    if is_nfc(&address) { address } else { address.nfc().collect() }
}

/// Writes a name exactly, but for composition and the underscore, which is a space.
pub fn exact(name: &str) -> String {
    let name = name.trim();
    let spaced = name.replace('_', " ");
    let plain = name.is_ascii() || name.chars().all(is_plain);
    if plain { spaced } else { spaced.nfc().collect() }
}

/// Returns the key of a folded name in the catalog's tables: FNV-1a, its bits then mixed (murmur3's
/// end), a third of the work of the standard hasher. Names of one key are told apart by themselves.
pub fn key(folded: &str) -> u64 {
    let hash = folded.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    mix(hash)
}

/// Mixes the bits of a number, so that any of them make a hash.
pub(super) fn mix(bits: u64) -> u64 {
    let mixed = |bits: u64| (bits ^ (bits >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let mixed = mixed(mixed(bits));
    mixed ^ (mixed >> 33)
}

/// Takes keys as they are: they are hashes.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// A table by keys of names. Cheap to copy.
pub type KeyMap<T> = GenericHashMap<u64, T, BuildHasherDefault<KeyHasher>, DefaultSharedPtr>;

/// Returns the last part of a path.
pub fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What a file is: its name, and its language where the file name tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub kind: Kind,
    /// The path under `wiki/` or `decks/`, without suffixes.
    pub name: String,
    pub lang: Option<String>,
}

/// Tells what a document's file is. `NAME.LANG.md` is a translation when `NAME.md` exists.
pub fn identify(
    path: &SourcePath,
    config: &Config,
    exists: impl Fn(&SourcePath) -> bool,
) -> Identity {
    let (kind, rest) = match path.as_str().strip_prefix("decks/") {
        Some(rest) => (Kind::Deck, rest),
        None => (Kind::Page, path.as_str().strip_prefix("wiki/").unwrap_or(path.as_str())),
    };
    let stem = rest.strip_suffix(".md").unwrap_or(rest);
    let translation = original(path, config).filter(|original| exists(original));
    let (stem, lang) = match (&translation, stem.rsplit_once('.')) {
        (Some(_), Some((stem, lang))) => (stem, Some(lang.to_owned())),
        _ => (stem, None),
    };
    let name = stem.strip_suffix("/index").unwrap_or(stem);
    Identity { kind, name: name.to_owned(), lang }
}

/// Returns the path whose translation this path would be.
pub fn original(path: &SourcePath, config: &Config) -> Option<SourcePath> {
    let stem = path.as_str().strip_suffix(".md")?;
    let (base, lang) = stem.rsplit_once('.')?;
    let known = config.languages.iter().any(|l| l == lang);
    (known && !base.ends_with('/') && !base.is_empty())
        .then(|| SourcePath::new(format!("{base}.md")))
}

/// Returns the paths that are translations of this path when they exist.
pub fn translations_of(path: &SourcePath, config: &Config) -> Vec<SourcePath> {
    let stem = path.as_str().strip_suffix(".md").unwrap_or(path.as_str());
    config.languages.iter().map(|lang| SourcePath::new(format!("{stem}.{lang}.md"))).collect()
}
