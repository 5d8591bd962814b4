//! A font cut down to some characters, as WOFF2.
//!
//! The library that cuts leaves the metrics for upright text as they are, so that they belong to other glyphs
//! than they stand at. It cuts those for level text, which are written alike: so the font is cut once more with
//! the two exchanged, and the result takes its upright metrics from there.

use std::collections::BTreeMap;

use super::letters::Letters;

/// Changes with the way in which files are made.
pub(super) const RECIPE: &str = "fontcull 2, woff2 5, 1";
/// Features that our style sheets ask for besides those that all texts need.
const FEATURES: [[u8; 4]; 4] = [*b"palt", *b"tnum", *b"lnum", *b"zero"];
/// The highest, 11, makes a file 5 % smaller and takes a hundred times as long; the next, 6, 0.3 % and half as long again.
const QUALITY: u8 = 5;

/// The metrics of level text, and what upright text has in their place.
const METRICS: [([u8; 4], [u8; 4]); 2] = [(*b"hhea", *b"vhea"), (*b"hmtx", *b"vmtx")];

/// What only upright text looks at: shapes and distances of its own, and how high things are.
const UPRIGHT: [[u8; 4]; 6] = [*b"valt", *b"vert", *b"vhal", *b"vkrn", *b"vpal", *b"vrt2"];
const UPRIGHT_TABLES: [[u8; 4]; 3] = [*b"VORG", *b"vhea", *b"vmtx"];

/// How the lines of a text run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    Level,
    /// Some of them upright.
    Upright,
}

/// Cuts a TrueType font down to some characters. For level text alone a file is a third smaller.
pub(super) fn woff2(whole: &[u8], letters: &Letters, lines: Lines) -> Vec<u8> {
    let font = match lines {
        Lines::Level => level(whole, letters),
        Lines::Upright => truetype(whole, letters),
    };
    let font = font.expect("the fonts that come with the program are whole");
    ttf2woff2::encode(&font, ttf2woff2::BrotliQuality::from(QUALITY))
        .expect("what was cut from a font is one")
}

fn level(whole: &[u8], letters: &Letters) -> Option<Vec<u8>> {
    let font = cut(&without_upright(whole)?, letters)?;
    let mut tables = tables(&font)?;
    tables.retain(|tag, _| !UPRIGHT_TABLES.contains(tag));
    Some(written(&font[..4], &tables))
}

fn cut(font: &[u8], letters: &Letters) -> Option<Vec<u8>> {
    let codes: Vec<u32> = letters.iter().map(u32::from).collect();
    fontcull::subset_font_data_unicode(font, &codes, &FEATURES).ok()
}

/// Returns a font whose features for upright text have a name that nothing asks for, so that they and all shapes that
/// only they need are cut off.
fn without_upright(whole: &[u8]) -> Option<Vec<u8>> {
    let mut font = whole.to_vec();
    let layouts = records(whole)?.into_iter().filter(|it| matches!(&it.tag, b"GSUB" | b"GPOS"));
    for table in layouts {
        let number = |at: usize| {
            let bytes = whole.get(at..at + 2)?.try_into().ok()?;
            Some(usize::from(u16::from_be_bytes(bytes)))
        };
        let features = table.range.start + number(table.range.start + 6)?;
        for index in 0..number(features)? {
            let at = features + 2 + 6 * index;
            let tag = font.get_mut(at..at + 4)?;
            if UPRIGHT.iter().any(|upright| tag == upright) {
                tag.copy_from_slice(b"none");
            }
        }
    }
    Some(font)
}

pub(super) fn truetype(whole: &[u8], letters: &Letters) -> Option<Vec<u8>> {
    let level = cut(whole, letters)?;
    let Some(turned) = turned(whole) else { return Some(level) };
    let upright = cut(&turned, letters)?;
    let (mut tables, metrics) = (tables(&level)?, tables(&upright)?);
    for (level, other) in METRICS {
        tables.insert(other, metrics.get(&level)?);
    }
    Some(written(&level[..4], &tables))
}

/// Where a table of a font is named, and where it lies.
struct Record {
    at: usize,
    tag: [u8; 4],
    range: std::ops::Range<usize>,
}

fn records(font: &[u8]) -> Option<Vec<Record>> {
    let count = u16::from_be_bytes(font.get(4..6)?.try_into().ok()?);
    let record = |index: usize| {
        let at = 12 + 16 * index;
        let number = |at: usize| {
            let bytes = font.get(at..at + 4)?.try_into().ok()?;
            usize::try_from(u32::from_be_bytes(bytes)).ok()
        };
        let (offset, length) = (number(at + 8)?, number(at + 12)?);
        let tag = font.get(at..at + 4)?.try_into().ok()?;
        Some(Record { at, tag, range: offset..offset.checked_add(length)? })
    };
    (0..usize::from(count)).map(record).collect()
}

fn tables(font: &[u8]) -> Option<BTreeMap<[u8; 4], &[u8]>> {
    let records = records(font)?.into_iter();
    records.map(|record| Some((record.tag, font.get(record.range)?))).collect()
}

/// Returns a font whose metrics for level text are those for upright text, if it has any.
fn turned(font: &[u8]) -> Option<Vec<u8>> {
    let records = records(font)?;
    let at = |tag: [u8; 4]| records.iter().find(|record| record.tag == tag).map(|record| record.at);
    let mut turned = font.to_vec();
    for (level, upright) in METRICS {
        let (level, upright) = (at(level)?, at(upright)?);
        // Check sum, offset and length of the other.
        turned[level + 4..level + 16].copy_from_slice(&font[upright + 4..upright + 16]);
        turned[upright + 4..upright + 16].copy_from_slice(&font[level + 4..level + 16]);
    }
    Some(turned)
}

/// Writes a font of its tables.
fn written(version: &[u8], tables: &BTreeMap<[u8; 4], &[u8]>) -> Vec<u8> {
    let count = u16::try_from(tables.len()).unwrap_or(u16::MAX);
    let steps = count.max(1).ilog2();
    let room = 16 << steps;
    let mut font = version.to_vec();
    for number in
        [count, room, u16::try_from(steps).unwrap_or(0), (count * 16).saturating_sub(room)]
    {
        font.extend(number.to_be_bytes());
    }
    let mut offset = 12 + 16 * tables.len();
    for (tag, table) in tables {
        font.extend(tag);
        for number in [sum(table), word(offset), word(table.len())] {
            font.extend(number.to_be_bytes());
        }
        offset += table.len().next_multiple_of(4);
    }
    for table in tables.values() {
        font.extend(*table);
        font.resize(font.len().next_multiple_of(4), 0);
    }
    font
}

fn word(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn sum(table: &[u8]) -> u32 {
    table.chunks(4).fold(0, |sum, chunk| {
        let mut bytes = [0; 4];
        bytes[..chunk.len()].copy_from_slice(chunk);
        sum.wrapping_add(u32::from_be_bytes(bytes))
    })
}

#[cfg(test)]
mod tests {
    use super::{level, tables, truetype};
    use crate::font::{FACES, Gathering, Use};

    /// Browsers refuse a font whose metrics are for other glyphs than it has.
    #[test]
    fn upright_metrics_are_those_of_the_glyphs_that_are_left() {
        let mut said = Gathering::default();
        said.text("雨、傘。「ー」abc");
        let (letters, _) = said.finish();
        for face in FACES.iter().filter(|face| face.purpose == Use::Japanese) {
            let font = truetype(face.whole(), &letters).expect("it can be cut");
            let tables = tables(&font).expect("it is a font");
            let number = |tag: &[u8; 4], at: usize| {
                usize::from(u16::from_be_bytes(tables[tag][at..at + 2].try_into().unwrap()))
            };
            let glyphs = number(b"maxp", 4);
            assert!((14..60).contains(&glyphs), "{glyphs}");
            for (head, metrics) in [(b"hhea", b"hmtx"), (b"vhea", b"vmtx")] {
                let long = number(head, 34);
                assert!(long <= glyphs);
                assert_eq!(tables[metrics].len(), 4 * long + 2 * (glyphs - long));
            }
            assert!(tables.contains_key(b"GSUB") && tables.contains_key(b"GPOS"));
        }
    }

    #[test]
    fn level_text_brings_nothing_for_upright_text() {
        let mut said = Gathering::default();
        said.text("雨、傘。「ー」（っ）abc");
        let (letters, _) = said.finish();
        for face in FACES.iter().filter(|face| face.purpose == Use::Japanese) {
            let [upright, font] = [truetype, level].map(|cut| cut(face.whole(), &letters));
            let (upright, font) = (upright.expect("it can be cut"), font.expect("and so can this"));
            let (upright, tables) = (tables(&upright).unwrap(), tables(&font).unwrap());
            assert!(upright.contains_key(b"vmtx") && !tables.contains_key(b"vmtx"));
            let glyphs = |tables: &std::collections::BTreeMap<[u8; 4], &[u8]>| {
                u16::from_be_bytes(tables[b"maxp"][4..6].try_into().unwrap())
            };
            assert!(glyphs(&tables) < glyphs(&upright), "the turned marks are gone");
            let has = |tag: &[u8; 4]| tables[b"GPOS"].windows(4).any(|it| it == tag);
            assert!(has(b"palt") && has(b"kern") && has(b"halt") && !has(b"vpal"));
        }
    }

    #[test]
    fn what_is_no_font_is_not_cut() {
        assert_eq!(level(b"", &crate::font::Letters::default()), None);
        assert_eq!(truetype(b"", &crate::font::Letters::default()), None);
        assert_eq!(truetype(&[0; 200], &crate::font::Letters::default()), None);
    }
}
