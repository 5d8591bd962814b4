//! Lines of code -> their colours, by grammars.
//!
//! Lines repeat: closing braces, imports, all of a text but the line that is being edited. What a line is depends on
//! its text and on what a grammar knows at its beginning. So states that are alike are one, and each remembers the
//! lines that were read in it.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::grammar;
use super::languages::{Grammar, Language, language};
use super::reader::State;
use super::runs::{Builder, Class};
use super::scope::{Meaning, class, is_signed};

/// A longer line has no colours: it is data, and grammars take the square of its length.
const LINE_BYTES_MAX: usize = 2000;
/// How much is remembered before all of it is forgotten.
const BYTES_MAX: usize = 8 << 20;
/// What a line and a state take beside their texts.
const LINE_BYTES: usize = 80;
const STATE_BYTES: usize = 600;

/// What new painters remember by.
static LINES: LazyLock<Mutex<Arc<Mutex<Lines>>>> = LazyLock::new(Mutex::default);

/// Reads a text line by line.
#[derive(Clone, Debug)]
pub(super) struct Painter {
    is_signed: bool,
    /// The number of the state that the next line begins in.
    at: usize,
    lines: Arc<Mutex<Lines>>,
}

/// What is known of lines: their stretches, and the number of the state behind each.
type Known = HashMap<Box<str>, (Box<[(Class, usize)]>, usize)>;

/// What painters on all threads remember.
#[derive(Debug, Default)]
struct Lines {
    states: Vec<(Arc<State>, Known)>,
    /// States by the names that they stand under: few share them all.
    alike: HashMap<Vec<Meaning>, Vec<usize>>,
    /// Where texts of a language begin.
    beginnings: HashMap<&'static str, usize>,
    bytes: usize,
}

fn with<T, R>(shared: &Mutex<T>, work: impl FnOnce(&mut T) -> R) -> R {
    work(&mut shared.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Returns what to remember by: something new where the old has become too much. Who is at work has it to the end.
fn lines() -> Arc<Mutex<Lines>> {
    with(&LINES, |lines| {
        if with(lines, |lines| lines.bytes) > BYTES_MAX {
            *lines = Arc::default();
        }
        Arc::clone(lines)
    })
}

impl Painter {
    /// Begins a text; nothing where no grammar reads the language.
    pub(super) fn new(language: &Language) -> Option<Painter> {
        let Grammar::Named(name) = language.grammar else { return None };
        let lines = lines();
        let mut at = with(&lines, |lines| lines.beginnings.get(language.word).copied());
        if at.is_none() {
            let state = State::new(grammar::beginning(name)?);
            at = Some(with(&lines, |lines| {
                let at = lines.number(state);
                *lines.beginnings.entry(language.word).or_insert(at)
            }));
        }
        Some(Painter { is_signed: is_signed(language.word), at: at?, lines })
    }

    /// Begins a text in the language that a word stands for.
    pub(super) fn of(word: &str) -> Option<Painter> {
        Painter::new(language(word)?)
    }

    /// Reads the next line, with its end.
    pub(super) fn line(&mut self, line: &str, runs: &mut Builder) {
        if line.len() > LINE_BYTES_MAX {
            return runs.push(Class::Plain, line.len());
        }
        let begins = with(&self.lines, |lines| {
            let (state, known) = &lines.states[self.at];
            let Some((stretches, next)) = known.get(line) else { return Some(Arc::clone(state)) };
            runs.extend(stretches);
            self.at = *next;
            None
        });
        let Some(begins) = begins else { return };
        let mut state = State::clone(&begins);
        let stretches = stretches(&mut state, line, self.is_signed);
        runs.extend(&stretches);
        self.at = with(&self.lines, |lines| {
            let next = lines.number(state);
            lines.bytes += LINE_BYTES + line.len() + size_of_val(&*stretches);
            lines.states[self.at].1.insert(line.into(), (stretches, next));
            next
        });
    }
}

fn stretches(state: &mut State, line: &str, is_signed: bool) -> Box<[(Class, usize)]> {
    let mut stretches = Vec::new();
    let is_read = state.read(line, |text, scopes| {
        stretches.push((class(scopes, text, is_signed), text.len()));
    });
    if is_read { stretches.into() } else { Box::new([(Class::Plain, line.len())]) }
}

impl Lines {
    /// Returns the number of a state, the same for all that are alike.
    fn number(&mut self, state: State) -> usize {
        let others = self.alike.entry(state.scopes().to_vec()).or_default();
        if let Some(&known) = others.iter().find(|&&other| *self.states[other].0 == state) {
            return known;
        }
        let number = self.states.len();
        others.push(number);
        self.bytes += STATE_BYTES;
        self.states.push((Arc::new(state), Known::new()));
        number
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{BYTES_MAX, Builder, Painter, with};

    fn read(painter: &mut Painter, text: &str) -> Vec<(&'static str, usize)> {
        let mut runs = Builder::default();
        for line in text.split_inclusive('\n') {
            painter.line(line, &mut runs);
        }
        runs.finish().iter().collect()
    }

    fn rust() -> Painter {
        Painter::of("rust").expect("it is known")
    }

    #[test]
    fn a_line_that_was_read_is_remembered_with_what_stood_before_it() {
        let quoted = "let a = \"\n}\n\";\n";
        let begun = rust();
        let (mut first, mut second) = (begun.clone(), begun.clone());
        let found = read(&mut first, quoted);
        assert_eq!(read(&mut second, quoted), found);
        assert_eq!(first.at, second.at);
        let plain = read(&mut begun.clone(), "fn a() {\n}\n");
        let string = read(&mut begun.clone(), "let a = \"\n}\n");
        assert!(string.iter().any(|(class, length)| *class == "hljs-string" && *length == 4));
        assert!(!plain.iter().any(|(class, _)| *class == "hljs-string"));
    }

    #[test]
    fn what_is_too_much_is_forgotten_between_texts() {
        let mut begun = rust();
        with(&begun.lines, |lines| lines.bytes = BYTES_MAX + 1);
        let next = rust();
        assert!(!Arc::ptr_eq(&begun.lines, &next.lines), "the next text begins anew");
        assert!(!read(&mut begun, "fn a() {}\n").is_empty(), "who is at work is not disturbed");
    }
}
