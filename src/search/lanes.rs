//! Bytes -> whether something is among them, many at a time: nearly all texts have nothing that is looked for.

/// Tells whether a test holds anywhere for a byte and the one behind it.
pub(super) fn any_pair(text: &[u8], test: impl Fn(u8, u8) -> bool) -> bool {
    match text.len() {
        0..=16 => text.windows(2).any(|pair| test(pair[0], pair[1])),
        17..=32 => any_in::<16>(text, test),
        _ => any_in::<32>(text, test),
    }
}

/// Tells the same with so many bytes at once; the last of them overlap with those before.
fn any_in<const LANES: usize>(text: &[u8], test: impl Fn(u8, u8) -> bool) -> bool {
    let mut found = [0; LANES];
    let mut look = |at: usize| {
        let (these, next) = (&text[at..at + LANES], &text[at + 1..=at + LANES]);
        for ((found, a), b) in found.iter_mut().zip(these).zip(next) {
            *found |= u8::from(test(*a, *b));
        }
    };
    let last = text.len() - LANES - 1;
    (0..last).step_by(LANES).for_each(&mut look);
    look(last);
    found != [0; LANES]
}
