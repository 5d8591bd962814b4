//! What stands where on a card.

use super::Card;
use super::canvas::Canvas;
use super::colors::Rgb;
use super::glyphs::{self, BOLD, Face, SERIF, TEXT};
use super::lines::{set, shortened};

const SIZE: (u16, u16) = (1200, 630);
/// Where text begins, and how much room there is for it.
const LEFT: f32 = 104.0;
const ROOM: f32 = 940.0;
/// Sizes of titles, and how many lines of each there is room for.
const SIZES: [(f32, usize); 5] = [(84.0, 2), (72.0, 2), (62.0, 3), (52.0, 3), (44.0, 4)];
const LEADING: f32 = 1.34;
const SMALL: f32 = 31.0;
/// The lines that stand above and below it.
const ABOVE: f32 = 122.0;
const BELOW: f32 = 540.0;

/// A card lies on the next one, which is being pulled out sideways; corners are a little round.
const NEXT: &str = "M76 64h1094a6 6 0 0 1 6 6v490a6 6 0 0 1 -6 6h-1094z";
const EDGE: &str =
    "M46 38h1082a7 7 0 0 1 7 7v540a7 7 0 0 1 -7 7h-1082a7 7 0 0 1 -7 -7v-540a7 7 0 0 1 7 -7z";
const FRONT: &str =
    "M46 40h1082a5 5 0 0 1 5 5v540a5 5 0 0 1 -5 5h-1082a5 5 0 0 1 -5 -5v-540a5 5 0 0 1 5 -5z";

/// Draws a card.
pub fn png(card: &Card) -> Vec<u8> {
    let colors = &card.colors;
    let mut canvas = Canvas::new(SIZE, colors.sheet);
    canvas.fill(NEXT, colors.line);
    canvas.fill(EDGE, colors.line);
    canvas.fill(FRONT, colors.paper);
    let above = glyphs::shown(&card.above).unwrap_or_default();
    // A title in a script that no font of ours has leaves its place to the event's.
    let (above, title) = match glyphs::shown(&card.title) {
        Some(title) => (above, title),
        None => (String::new(), above),
    };
    small(&mut canvas, (LEFT, ABOVE), (&above, &TEXT, colors.ash), ROOM);
    let top = footer(&mut canvas, card);
    headline(&mut canvas, card, &title, top);
    canvas.png()
}

/// Sets the title and the rule under it in the middle of what is left between the lines above and below.
fn headline(canvas: &mut Canvas, card: &Card, title: &str, top: f32) {
    let face: &'static Face = if card.is_serif { &SERIF } else { &BOLD };
    let title = set(title, ROOM, &SIZES, &|text| glyphs::set(text, face).width);
    let count = title.lines.iter().fold(0.0, |count, _| count + 1.0);
    let mut y = f32::midpoint(ABOVE, top) - 23.0 - count * LEADING * title.size / 2.0;
    for line in &title.lines {
        y += LEADING * title.size;
        // Letters stand in the middle of their line.
        let base = y - title.size * (LEADING - 0.76) / 2.0;
        write(canvas, (LEFT, base), (line, face, card.colors.ink), title.size);
    }
    let rule = format!("M{LEFT} {}h72v6h-72z", (y + 30.0).round());
    canvas.fill(rule.as_str(), card.colors.shu);
}

/// Writes whose it is and when, or in two lines what it is about; tells where that begins.
fn footer(canvas: &mut Canvas, card: &Card) -> f32 {
    const LINE: f32 = 44.0;
    let speaker = glyphs::shown(&card.speaker).unwrap_or_default();
    let below = glyphs::shown(&card.below).unwrap_or_default();
    let mut first = BELOW;
    if speaker.is_empty() {
        let about = set(&below, ROOM, &[(SMALL, 2)], &|text| glyphs::set(text, &TEXT).width);
        if about.lines.len() > 1 {
            first -= LINE - 8.0;
        }
        for (line, y) in about.lines.iter().zip([first, first + LINE]) {
            write(canvas, (LEFT, y), (line, &TEXT, card.colors.ash), SMALL);
        }
    } else {
        let end = small(canvas, (LEFT, BELOW), (&speaker, &BOLD, card.colors.ink), ROOM * 0.6);
        let from = end + SMALL;
        small(canvas, (from, BELOW), (&below, &TEXT, card.colors.ash), LEFT + ROOM - from);
    }
    first - SMALL * 0.8
}

/// Writes a line that is cut where the room ends; tells where it ends itself.
fn small(
    canvas: &mut Canvas,
    at: (f32, f32),
    (text, face, color): (&str, &'static Face, Rgb),
    room: f32,
) -> f32 {
    let text = shortened(text, room / SMALL, &|text| glyphs::set(text, face).width);
    write(canvas, at, (&text, face, color), SMALL)
}

fn write(
    canvas: &mut Canvas,
    at: (f32, f32),
    (text, face, color): (&str, &'static Face, Rgb),
    size: f32,
) -> f32 {
    let line = glyphs::set(text, face);
    line.draw(at, size, color, &mut |path, color| canvas.fill(path, color));
    at.0 + line.width * size
}
