//! The fonts that come with the program, and the files of them that a page needs.
//!
//! Scripts with few characters come in fixed pieces that all pages share. A Japanese face has thousands of
//! characters and a talk says a few hundred, so each deck gets files of its own with just these, and likewise
//! for emoji: one with what its first slide says, which is all that a first picture waits for, and one with the
//! characters of the others. Such a file is named by what goes into it, so its name is known before it is made.

mod cut;
mod emoji;
mod face;
mod known;
mod letters;
mod pieces;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use crate::digest::Digest;
use crate::memo::Memo;

pub use cut::Lines;
pub use emoji::is_emoji;
pub use face::{FACES, Face, Use};
pub use known::is_known;
pub use letters::{Gathering, Letters};
use pieces::PIECES;

/// What the memo calls files that were made.
const KIND: &str = "fonts";
/// Letters, kana and marks: they stand in every file for Japanese, so that few edits ask for another one.
const ALWAYS: [(char, char); 5] = [
    ('\u{20}', '\u{7E}'),
    ('\u{2010}', '\u{2026}'),
    ('\u{3001}', '\u{3011}'),
    ('\u{3041}', '\u{3096}'),
    ('\u{3099}', '\u{30FF}'),
];
const MARKS: &str = "・！？（）：％＆～";
/// Characters whose shape no neighbour changes, so that they may stand in a file of their own.
const KANJI: [(char, char); 4] = [
    ('\u{2E80}', '\u{2FDF}'),
    ('\u{3400}', '\u{9FFF}'),
    ('\u{F900}', '\u{FAFF}'),
    ('\u{20000}', '\u{3FFFF}'),
];
/// How many of them are worth a file of their own.
const LATER_MIN: usize = 48;

/// What a page says, and how its style sheets want it set.
#[derive(Debug)]
pub struct Wants<'a> {
    pub letters: Letters,
    /// What of it is shown before all else; empty where everything may be.
    pub first: Letters,
    /// What all decks of a site say, where they are many: they share their files.
    pub shared: Option<&'a Common>,
    /// Signs among them that are to be pictures.
    pub pictures: Letters,
    pub families: &'a BTreeSet<&'static str>,
    /// Whether all of it is Japanese.
    pub is_japanese: bool,
    pub lines: Lines,
    pub has_code: bool,
    pub has_formulas: bool,
}

/// What many decks say, and what of it their common files for Japanese are cut down to.
#[derive(Debug)]
pub struct Common {
    letters: Letters,
    japanese: Cutting,
}

impl Common {
    pub fn new(letters: Letters) -> Common {
        Common { japanese: Cutting::new(japanese_letters(&letters)), letters }
    }
}

/// Characters that faces are cut down to, their digest, and the characters that the result is for.
#[derive(Clone, Debug)]
struct Cutting {
    letters: Arc<Letters>,
    digest: Digest,
    range: String,
}

impl Cutting {
    fn new(letters: Letters) -> Cutting {
        let digest = Digest::of_parts([letters.text().as_bytes(), cut::RECIPE.as_bytes()]);
        Cutting { letters: Arc::new(letters), digest, range: String::new() }
    }

    /// Returns cuttings for what is said in Japanese: one, or one for what only later slides say and, over it, one
    /// for the rest. That has all letters and kana, which look at their neighbours.
    fn japanese(wants: &Wants<'_>) -> Vec<Cutting> {
        let all = japanese_letters(&wants.letters);
        let is_later = |letter: char| is_kanji(letter) && !wants.first.contains(letter);
        let later = all.only(is_later);
        if wants.first.is_empty() || later.iter().count() < LATER_MIN {
            return vec![Cutting::new(all)];
        }
        let first = all.only(|letter| !is_later(letter));
        let (mut kanji, mut beside, mut next) = (Vec::new(), Vec::new(), 0);
        for (begin, end) in KANJI.map(|(begin, end)| (u32::from(begin), u32::from(end))) {
            kanji.push(format!("U+{begin:X}-{end:X}"));
            beside.push(format!("U+{next:X}-{:X}", begin - 1));
            next = end + 1;
        }
        let own = first.iter().filter(|letter| is_kanji(*letter));
        beside.extend(own.map(|letter| format!("U+{:X}", u32::from(letter))));
        vec![
            Cutting { range: kanji.join(","), ..Cutting::new(later) },
            Cutting { range: beside.join(","), ..Cutting::new(first) },
        ]
    }
}

/// One file that a page needs.
#[derive(Clone, Debug)]
pub struct Font {
    pub face: &'static Face,
    /// The file's name, which tells all that goes into it.
    pub name: String,
    /// The characters that it is for; empty where it is for all.
    range: String,
    cut: Cut,
}

#[derive(Clone, Debug)]
enum Cut {
    /// The file is there already, under this name.
    Piece(String),
    /// It is made of these, and has this digest of all that goes into it.
    Letters(Arc<Letters>, Digest, Lines),
}

/// What stands in the names of files that many decks share, where else the name of a deck does: no deck has it.
const SHARED: &str = "+";

/// Tells whether a name may be that of a file that many decks share.
pub fn may_be_shared(name: &str) -> bool {
    name.strip_prefix("font-").is_some_and(|rest| rest.starts_with(SHARED))
}

/// Returns the files that a page needs. `own` stands in the names of those that are made for it.
pub fn fonts(wants: &Wants<'_>, own: &str) -> Vec<Font> {
    let japanese = wants.letters.iter().any(is_japanese) || wants.is_japanese;
    let pieces: Vec<_> = PIECES.iter().filter(|piece| piece.has_any(&wants.letters)).collect();
    let is_set = |family| wants.families.contains(family);
    // A theme for both scripts sets Japanese in its Japanese font alone.
    let alphabet = !(wants.is_japanese && (is_set("Noto Sans JP") || is_set("Noto Serif JP")));
    let mut fonts = Vec::new();
    let mut cuttings: Option<Vec<Cutting>> = None;
    for face in FACES.iter().filter(|face| is_set(face.family)) {
        match face.purpose {
            Use::Alphabet if !alphabet => {}
            Use::Code if !wants.has_code => {}
            Use::Alphabet | Use::Code => {
                fonts.extend(
                    pieces.iter().filter_map(|piece| Font::piece(face, piece.name, piece.range())),
                );
            }
            Use::Japanese if japanese => {
                let says = wants.letters.only(is_japanese);
                let shared = wants.shared.filter(|shared| says.are_among(&shared.letters));
                let own = if shared.is_some() { SHARED } else { own };
                let cuttings = cuttings.get_or_insert_with(|| {
                    let of_own = || Cutting::japanese(wants);
                    shared.map_or_else(of_own, |shared| vec![shared.japanese.clone()])
                });
                let cut = |cutting: &Cutting| Font::cut((face, wants.lines), own, cutting);
                fonts.extend(cuttings.iter().map(cut));
            }
            Use::Emoji => {
                let emoji = emoji::emoji(&wants.letters, &wants.pictures);
                fonts.extend(emoji.map(|letters| {
                    let range = emoji::range(&letters);
                    let cutting = Cutting { range, ..Cutting::new(letters) };
                    Font::cut((face, Lines::Upright), own, &cutting)
                }));
            }
            Use::Mathematics if wants.has_formulas => {
                fonts.extend(Font::piece(face, "", String::new()));
            }
            Use::Japanese | Use::Mathematics => {}
        }
    }
    fonts
}

fn is_japanese(letter: char) -> bool {
    matches!(letter, '\u{2E80}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FE30}'..='\u{FE4F}'
        | '\u{FF00}'..='\u{FFEF}' | '\u{20000}'..='\u{3FFFF}')
}

fn is_kanji(letter: char) -> bool {
    KANJI.iter().any(|(begin, end)| (*begin..=*end).contains(&letter))
}

fn japanese_letters(letters: &Letters) -> Letters {
    let mut all = Gathering::default();
    all.extend(letters.iter().filter(|letter| !emoji::is_emoji(*letter)));
    for (first, last) in ALWAYS {
        all.extend(first..=last);
    }
    all.text(MARKS);
    all.finish().0
}

/// Returns a font that is kept whole, for who draws without a browser.
pub fn whole(stem: &str) -> Option<&'static [u8]> {
    FACES.iter().find(|face| face.stem == stem).map(Face::whole)
}

/// Returns what tells such a font from that of another version.
pub fn whole_digest(stem: &str) -> Option<Digest> {
    FACES.iter().find(|face| face.stem == stem).map(Face::digest)
}

/// Writes the rules that give a page its fonts; the files lie beside the style sheet.
pub fn css(fonts: &[Font]) -> String {
    let mut css = String::new();
    for Font { face, name, range, .. } in fonts {
        let Face { family, weight, style, .. } = face;
        // Text waits for its font: on a stage nothing may change its shape before all eyes.
        let _ = write!(
            css,
            "@font-face{{font-family:\"{family}\";font-weight:{weight};font-style:{style};font-display:block;\
             src:url(\"{name}\") format(\"woff2\")"
        );
        if !range.is_empty() {
            css.extend([";unicode-range:", range]);
        }
        css.push_str("}\n");
    }
    css
}

/// Returns the file of a fixed piece by its name.
pub fn piece(name: &str) -> Option<Vec<u8>> {
    let (stem, _) = name.strip_suffix(".woff2")?.rsplit_once('-')?;
    let file = format!("{stem}.woff2");
    let bytes = face::file(&file);
    (!bytes.is_empty() && digested(stem, &bytes) == name).then(|| bytes.into_owned())
}

/// The names of all fixed pieces by what their files are called here.
static NAMES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let pieces = || PIECES.iter().map(|piece| piece.name).chain([""]);
    let stems = FACES.iter().flat_map(|face| pieces().map(|piece| piece_stem(face, piece)));
    let named = stems.filter_map(|stem| {
        let bytes = face::file(&format!("{stem}.woff2"));
        (!bytes.is_empty()).then(|| (stem.clone(), digested(&stem, &bytes)))
    });
    named.collect()
});

fn piece_stem(face: &Face, piece: &str) -> String {
    if piece.is_empty() { face.stem.to_owned() } else { [face.stem, "-", piece].concat() }
}

fn digested(stem: &str, bytes: &[u8]) -> String {
    format!("{stem}-{}.woff2", Digest::of(bytes).short())
}

impl Font {
    fn piece(face: &'static Face, piece: &str, range: String) -> Option<Font> {
        let stem = piece_stem(face, piece);
        let name = NAMES.get(&stem)?.clone();
        Some(Font { face, name, range, cut: Cut::Piece(format!("{stem}.woff2")) })
    }

    fn cut((face, lines): (&'static Face, Lines), own: &str, cutting: &Cutting) -> Font {
        let way: &[u8] = if lines == Lines::Level { b"level" } else { b"upright" };
        let whole = face.digest();
        let digest = Digest::of_parts([whole.as_bytes(), cutting.digest.as_bytes(), way]);
        let name = format!("font-{own}-{}-{}.woff2", face.stem, digest.short());
        let cut = Cut::Letters(Arc::clone(&cutting.letters), digest, lines);
        Font { face, name, range: cutting.range.clone(), cut }
    }

    /// Returns the file, made now or at another time.
    pub fn bytes(&self, memo: &Memo) -> Vec<u8> {
        match &self.cut {
            Cut::Piece(file) => face::file(file).into_owned(),
            Cut::Letters(letters, digest, lines) => {
                memo.find((KIND, *digest)).unwrap_or_else(|| {
                    let made = cut::woff2(self.face.whole(), letters, *lines);
                    memo.keep((KIND, *digest), &made);
                    made
                })
            }
        }
    }
}
