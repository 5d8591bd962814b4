//! "Did you mean": the names nearest to one that nothing bears, in any script.
//!
//! A name is compared by its letters alone: case, width, spaces and hyphens count for nothing, nor
//! do the kind of kana, small kana and the long-vowel mark. A sieve of which letters a name has
//! keeps the comparison of one name with 10,000 others under a millisecond.

use std::collections::BTreeSet;

use crate::catalog::names::fold;
use crate::config::edits;
use crate::source::SourcePath;

/// How many names are offered.
const OFFERED: usize = 3;
/// Longer names are not compared letter by letter: nobody mistypes a paragraph.
const LETTERS_MAX: usize = 120;

/// Names to choose from, made ready for being compared.
#[derive(Debug, Default)]
pub(super) struct Names {
    names: Vec<Name>,
}

#[derive(Debug)]
struct Name {
    /// The file that bears it, where names are kept for longer than files stay.
    of: Option<SourcePath>,
    shown: String,
    letters: Vec<char>,
    sieve: u64,
}

impl Names {
    /// Takes names as they are shown, each with the spelling or the reading that it is compared by.
    pub(super) fn of<'a>(names: impl IntoIterator<Item = (&'a str, &'a str)>) -> Names {
        Names::borne(names.into_iter().map(|(shown, spelled)| (None, shown, spelled)))
    }

    /// Does so with the files that bear the names.
    pub(super) fn borne<'a>(
        names: impl IntoIterator<Item = (Option<&'a SourcePath>, &'a str, &'a str)>,
    ) -> Names {
        let names = names.into_iter().map(|(of, shown, spelled)| {
            let letters = letters(spelled);
            let sieve = sieve(&letters);
            Name { of: of.cloned(), shown: shown.to_owned(), letters, sieve }
        });
        Names { names: names.filter(|name| !name.letters.is_empty()).collect() }
    }

    /// Returns the question that offers what may have been meant.
    pub(super) fn question(&self, wanted: &str, mark: &str) -> Option<String> {
        question(&nearest(self.found(&Wanted::of(wanted)?, |_| true)), mark)
    }

    /// Returns the names of those files that may speak, each with how far it is from what was wanted.
    pub(super) fn found<'a>(
        &'a self,
        Wanted(wanted): &'a Wanted,
        may_speak: impl Fn(&SourcePath) -> bool + 'a,
    ) -> impl Iterator<Item = (u32, &'a str)> {
        let near = self.names.iter().filter_map(|name| Some((distance(wanted, name)?, name)));
        near.filter(move |(_, name)| name.of.as_ref().is_none_or(&may_speak))
            .map(|(distance, name)| (distance, name.shown.as_str()))
    }
}

/// A name that nothing bears.
#[derive(Debug)]
pub(super) struct Wanted(Name);

impl Wanted {
    /// Reads a name; of some there is nothing to compare.
    pub(super) fn of(name: &str) -> Option<Wanted> {
        let letters = letters(name);
        let sieve = sieve(&letters);
        let comparable = !letters.is_empty() && letters.len() <= LETTERS_MAX;
        comparable.then(|| Wanted(Name { of: None, shown: String::new(), letters, sieve }))
    }
}

/// Returns the names that may have been meant, the nearest first: none, or a few that are alike near.
pub(super) fn nearest<'a>(found: impl Iterator<Item = (u32, &'a str)>) -> Vec<&'a str> {
    let mut found: Vec<(u32, &str)> = found.collect();
    found.sort_unstable();
    let Some(limit) = found.first().map(|(least, _)| least + FEW) else { return Vec::new() };
    let mut seen = BTreeSet::new();
    let close = found.into_iter().take_while(|(distance, _)| *distance <= limit);
    let once = close.map(|(_, name)| name).filter(|name| seen.insert(*name));
    once.take(OFFERED).collect()
}

/// Asks whether one of some names was meant.
pub(super) fn question(near: &[&str], mark: &str) -> Option<String> {
    let near: Vec<String> = near.iter().map(|name| format!("`{mark}{name}`")).collect();
    match &near[..] {
        [] => None,
        [one] => Some(format!("did you mean {one}?")),
        [before @ .., last] => Some(format!("did you mean {} or {last}?", before.join(", "))),
    }
}

/// What counts as alike near: less than half an edit in ten letters.
const FEW: u32 = 40;

/// Returns the letters that a name is compared by.
fn letters(name: &str) -> Vec<char> {
    let folded = fold(name);
    folded.chars().filter_map(letter).collect()
}

fn letter(c: char) -> Option<char> {
    let kana = match c {
        '\u{3041}'..='\u{3096}' => char::from_u32(c as u32 + 0x60).unwrap_or(c),
        c => c,
    };
    match kana {
        '_'
        | '-'
        | '.'
        | '/'
        | ':'
        | '・'
        | 'ー'
        | '\u{2010}'..='\u{2015}'
        | '\u{2212}'
        | '（'
        | '）'
        | '('
        | ')'
        | '、'
        | '。' => None,
        'ァ' => Some('ア'),
        'ィ' => Some('イ'),
        'ゥ' => Some('ウ'),
        'ェ' => Some('エ'),
        'ォ' => Some('オ'),
        'ッ' => Some('ツ'),
        'ャ' => Some('ヤ'),
        'ュ' => Some('ユ'),
        'ョ' => Some('ヨ'),
        'ヮ' => Some('ワ'),
        'ヵ' => Some('カ'),
        'ヶ' => Some('ケ'),
        c => Some(c),
    }
}

/// Returns a bit for each letter that occurs: what differs in many bits differs in many letters.
fn sieve(letters: &[char]) -> u64 {
    letters
        .iter()
        .fold(0, |bits, letter| bits | 1 << ((*letter as u32).wrapping_mul(0x9e37_79b1) >> 26))
}

/// Returns how far a name is from the one that was wanted, in hundredths of a word; `None` is too far.
fn distance(wanted: &Name, name: &Name) -> Option<u32> {
    let (a, b) = (&wanted.letters[..], &name.letters[..]);
    if a == b {
        return Some(0);
    }
    let lacking = (wanted.sieve & !name.sieve).count_ones() as usize;
    let extra = (name.sieve & !wanted.sieve).count_ones() as usize;
    let limit = edits_max(a);
    let longest = a.len().max(b.len());
    let alike = lacking <= limit && extra <= limit && b.len() <= LETTERS_MAX;
    if let Some(edits) = alike.then(|| edits(a, b, limit)).flatten() {
        return Some(share(edits, longest));
    }
    if lacking + extra == 0 && pairs_alike(a, b) {
        return Some(400 + share(a.len().abs_diff(b.len()), longest));
    }
    let (short, long, spare) = if a.len() < b.len() { (a, b, lacking) } else { (b, a, extra) };
    if spare > 0 || short.len() < letters_min(short) {
        return None;
    }
    // What is a small part of a name is no sign of it.
    let at = long.windows(short.len()).position(|window| window == short)?;
    let far = long.len() > short.len() * 6;
    let place = if at == 0 { 0 } else { 60 };
    (!far).then(|| 250 + place + share(long.len() - short.len(), longest))
}

/// Tells whether the same words stand in another order: most pairs of neighbours are in both.
fn pairs_alike(a: &[char], b: &[char]) -> bool {
    let pairs = |letters: &[char]| {
        letters.windows(2).map(|pair| (pair[0], pair[1])).collect::<BTreeSet<_>>()
    };
    let (a, b) = (pairs(a), pairs(b));
    a.len() > 3 && a.intersection(&b).count() * 10 >= (a.len() + b.len()) * 3
}

fn share(part: usize, whole: usize) -> u32 {
    u32::try_from(part * 1000 / whole.max(1)).unwrap_or(u32::MAX)
}

/// Returns how many edits a name may be away. Of two Latin letters another would remain with one
/// edit; a kanji carries as much as several of them.
fn edits_max(letters: &[char]) -> usize {
    match letters.len() {
        0 | 1 => 0,
        2 => usize::from(is_dense(letters)),
        length => (length / 3).max(1),
    }
}

/// Returns how long a part must be to speak for the whole.
fn letters_min(letters: &[char]) -> usize {
    if is_dense(letters) { 2 } else { 4 }
}

fn is_dense(letters: &[char]) -> bool {
    letters.iter().all(|letter| matches!(letter, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'))
}
