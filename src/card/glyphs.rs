//! A text in glyphs: which font has each of them, and where it stands.

use std::ptr;
use std::sync::LazyLock;

use fontcull_skrifa::color::{Brush, ColorPainter, CompositeMode, Transform};
use fontcull_skrifa::instance::{LocationRef, Size};
use fontcull_skrifa::metrics::BoundingBox;
use fontcull_skrifa::outline::{DrawSettings, OutlinePen};
use fontcull_skrifa::{GlyphId, MetadataProvider as _};
use harfrust::{Feature, ShapeOptions, ShaperData, Tag, UnicodeBuffer};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation as _;
use zeno::{Command, Vector};

use super::colors::Rgb;
use crate::digest::Digest;
use crate::font;

/// A font that is ready to set and to draw.
pub(super) struct Face {
    shaping: harfrust::FontRef<'static>,
    data: ShaperData,
    outlines: fontcull_skrifa::FontRef<'static>,
    /// How many parts the size of its type has.
    parts: f32,
    /// Sets words that have a letter which this one lacks.
    more: Option<&'static LazyLock<Face>>,
}

pub(super) static TEXT: LazyLock<Face> = LazyLock::new(|| Face::of(STEMS[0], Some(&MORE[0])));
pub(super) static BOLD: LazyLock<Face> = LazyLock::new(|| Face::of(STEMS[1], Some(&MORE[1])));
pub(super) static SERIF: LazyLock<Face> = LazyLock::new(|| Face::of(STEMS[2], Some(&MORE[2])));
static EMOJI: LazyLock<Face> = LazyLock::new(|| Face::of(STEMS[3], None));
static MORE: [LazyLock<Face>; 3] = [
    LazyLock::new(|| Face::of(STEMS[4], None)),
    LazyLock::new(|| Face::of(STEMS[5], None)),
    LazyLock::new(|| Face::of(STEMS[6], None)),
];

const STEMS: [&str; 7] = [
    "noto-sans-jp-400",
    "noto-sans-jp-700",
    "noto-serif-jp-500",
    "twemoji",
    "noto-sans-400",
    "noto-sans-700",
    "noto-serif-600",
];

/// Pairs stand closer where they should, and Japanese marks take the room that they fill.
const FEATURES: [Feature; 2] = [
    Feature { tag: Tag::new(b"kern"), value: 1, start: 0, end: u32::MAX },
    Feature { tag: Tag::new(b"palt"), value: 1, start: 0, end: u32::MAX },
];

/// A glyph, and where its origin is, in parts of the size of its type.
struct Glyph {
    face: &'static Face,
    id: u32,
    x: f32,
    y: f32,
}

/// A line of text in glyphs.
pub(super) struct Line {
    glyphs: Vec<Glyph>,
    /// In parts of the size of its type.
    pub(super) width: f32,
}

/// Returns what tells the fonts from those of another version of the program.
pub(super) fn digests() -> [Digest; STEMS.len()] {
    STEMS.map(|stem| font::whole_digest(stem).expect("the faces are among those of the program"))
}

impl Face {
    fn of(stem: &str, more: Option<&'static LazyLock<Face>>) -> Face {
        let bytes = font::whole(stem).expect("the faces are among those of the program");
        let shaping =
            harfrust::FontRef::new(bytes).expect("the fonts that come with the program are whole");
        let outlines = fontcull_skrifa::FontRef::new(bytes)
            .expect("the fonts that come with the program are whole");
        let data = ShaperData::new(&shaping);
        let metrics = outlines.metrics(Size::unscaled(), LocationRef::default());
        Face { shaping, data, outlines, parts: f32::from(metrics.units_per_em), more }
    }

    fn has(&self, letter: char) -> bool {
        self.outlines.charmap().map(letter).is_some()
    }

    fn has_all(&self, text: &str) -> bool {
        text.chars().all(|letter| self.has(letter))
    }

    /// Returns the face for a word: this one, or the one beside it that has all its letters.
    fn for_word(&'static self, word: &str) -> &'static Face {
        let more = self.more.filter(|more| !self.has_all(word) && more.has_all(word));
        more.map_or(self, |more| more)
    }

    /// Puts a run of text at the end of a line.
    fn shape(&'static self, text: &str, line: &mut Line) {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        let shaper = self.data.shaper(&self.shaping).build();
        let shaped = shaper.shape(buffer, ShapeOptions::new().features(&FEATURES));
        for (info, position) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()) {
            let part = |number: i32| f32::from(i16::try_from(number).unwrap_or(0)) / self.parts;
            line.glyphs.push(Glyph {
                face: self,
                id: info.glyph_id,
                x: line.width + part(position.x_offset),
                y: -part(position.y_offset),
            });
            line.width += part(position.x_advance);
        }
    }
}

/// Tells whether a cluster is shown as a picture.
fn is_picture(cluster: &str) -> bool {
    let first = cluster.chars().next().unwrap_or(' ');
    let asks = |mark: char| cluster.contains(mark);
    (asks('\u{FE0F}') || (font::is_emoji(first) && !asks('\u{FE0E}'))) && EMOJI.has(first)
}

/// Sets a text in a face, and its emoji as pictures.
pub(super) fn set(text: &str, face: &'static Face) -> Line {
    let mut line = Line { glyphs: Vec::new(), width: 0.0 };
    let (mut start, mut at, mut current) = (0, 0, face);
    for word in text.split_word_bounds() {
        let for_word = face.for_word(word);
        for cluster in word.graphemes(true) {
            let next = if is_picture(cluster) { &EMOJI } else { for_word };
            if !ptr::eq(next, current) {
                current.shape(&text[start..at], &mut line);
                (start, current) = (at, next);
            }
            at += cluster.len();
        }
    }
    current.shape(&text[start..], &mut line);
    line
}

/// Returns a text as our fonts can show it, or nothing where most of it would be missing.
pub(super) fn shown(text: &str) -> Option<String> {
    let (mut shown, mut kept, mut lost) = (String::new(), 0, 0);
    for cluster in text.graphemes(true) {
        if cluster.chars().all(char::is_whitespace) {
            shown.push(' ');
        } else if is_picture(cluster) || (BOLD.has_all(cluster) && !cluster.contains(is_accent)) {
            shown.push_str(cluster);
            kept += 1;
        } else {
            // Two signs may be one; a letter without its accent is better than none.
            let composed: String = cluster.nfc().collect();
            let left = if BOLD.has_all(&composed) || MORE[1].has_all(&composed) {
                composed
            } else {
                let is_set = |letter: &char| BOLD.has(*letter) && !is_combining_mark(*letter);
                cluster.nfkd().filter(is_set).collect()
            };
            if !left.is_empty() {
                kept += 1;
            } else if cluster.chars().any(char::is_alphanumeric) {
                lost += 1;
            }
            shown.push_str(&left);
        }
    }
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    (kept > lost).then_some(shown)
}

/// Tells whether a mark belongs over or under a letter, where the Japanese faces would put it beside.
fn is_accent(letter: char) -> bool {
    ('\u{300}'..='\u{36F}').contains(&letter)
}

impl Line {
    /// Hands over the outline of each glyph in its colour; `color` is that of what has none of its own.
    pub(super) fn draw(
        &self,
        (x, y): (f32, f32),
        size: f32,
        color: Rgb,
        fill: &mut dyn FnMut(&[Command], Rgb),
    ) {
        for glyph in &self.glyphs {
            let origin = (x + glyph.x * size, y + glyph.y * size);
            let mut painter = Painter { face: glyph.face, origin, size, color, fill };
            let id = GlyphId::new(glyph.id);
            match glyph.face.outlines.color_glyphs().get(id) {
                // What cannot be painted leaves a gap: there is nobody to tell.
                Some(picture) => drop(picture.paint(LocationRef::default(), &mut painter)),
                None => painter.outline(id, color),
            }
        }
    }
}

/// Paints one glyph, layer by layer.
struct Painter<'a> {
    face: &'static Face,
    origin: (f32, f32),
    size: f32,
    color: Rgb,
    fill: &'a mut dyn FnMut(&[Command], Rgb),
}

impl Painter<'_> {
    fn outline(&mut self, id: GlyphId, color: Rgb) {
        let Some(glyph) = self.face.outlines.outline_glyphs().get(id) else { return };
        let mut pen = Pen { origin: self.origin, path: Vec::new() };
        let settings = DrawSettings::unhinted(Size::new(self.size), LocationRef::default());
        if glyph.draw(settings, &mut pen).is_ok() && !pen.path.is_empty() {
            (self.fill)(&pen.path, color);
        }
    }
}

/// Emoji are layers of one colour each; what else a font could ask for, ours do not.
impl ColorPainter for Painter<'_> {
    fn fill_glyph(&mut self, id: GlyphId, _: Option<Transform>, brush: Brush<'_>) {
        let Brush::Solid { palette_index, .. } = brush else { return };
        let palettes = self.face.outlines.color_palettes();
        let palette = palettes.get(0);
        let color = palette.and_then(|it| it.colors().get(usize::from(palette_index)).copied());
        self.outline(id, color.map_or(self.color, |it| [it.red, it.green, it.blue]));
    }

    fn push_transform(&mut self, _: Transform) {}
    fn pop_transform(&mut self) {}
    fn push_clip_glyph(&mut self, _: GlyphId) {}
    fn push_clip_box(&mut self, _: BoundingBox) {}
    fn pop_clip(&mut self) {}
    fn fill(&mut self, _: Brush<'_>) {}
    fn push_layer(&mut self, _: CompositeMode) {}
}

/// Writes an outline down, from upwards to downwards.
struct Pen {
    origin: (f32, f32),
    path: Vec<Command>,
}

impl Pen {
    fn at(&self, x: f32, y: f32) -> Vector {
        Vector::new(self.origin.0 + x, self.origin.1 - y)
    }
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.push(Command::MoveTo(self.at(x, y)));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.push(Command::LineTo(self.at(x, y)));
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.path.push(Command::QuadTo(self.at(cx, cy), self.at(x, y)));
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        self.path.push(Command::CurveTo(self.at(ax, ay), self.at(bx, by), self.at(x, y)));
    }

    fn close(&mut self) {
        self.path.push(Command::Close);
    }
}

#[cfg(test)]
mod tests {
    use super::{EMOJI, MORE, TEXT, set, shown};

    #[test]
    fn letters_keep_their_accents() {
        for (title, expected) in [
            ("Antonín Dvor\u{30C}ák", "Antonín Dvořák"),
            ("Łódź", "Łódź"),
            ("İstanbul, yağmur", "İstanbul, yağmur"),
            ("Tiếng Việt", "Tiếng Việt"),
            ("x\u{304}", "x\u{304}"),
            ("あ\u{3099}", "あ\u{3099}"),
            ("神社と東京の雨", "神社と東京の雨"),
        ] {
            assert_eq!(shown(title).as_deref(), Some(expected));
        }
        assert_eq!(shown("مطر"), None);
    }

    #[test]
    fn a_word_is_set_in_one_face() {
        let line = set("Doğan 雨👍🏽", &TEXT);
        let faces: Vec<_> =
            line.glyphs.iter().map(|glyph| std::ptr::from_ref(glyph.face)).collect();
        let [jp, more, emoji] = [&*TEXT, &*MORE[0], &*EMOJI].map(std::ptr::from_ref);
        assert_eq!(faces, [more, more, more, more, more, jp, jp, emoji]);
        assert!(line.glyphs.iter().all(|glyph| glyph.id != 0), "each has its glyph");
    }
}
