//! Lines of code -> their colours, by grammars.
//!
//! Lines repeat: closing braces, imports, all of a text but the line that is being edited. What a line is depends on
//! its text and on what a grammar knows at its beginning. So states that are alike are one, and each remembers the
//! lines that were read in it. All threads remember together. States themselves stay on the thread that made them, so
//! what is remembered of one is which line led there: another thread gets there by the same.

use std::cell::RefCell;
use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use super::languages::{Grammar, Language, language};
use super::runs::{Builder, Class};
use super::scope::is_signed;
use super::state::{Names, State, Stretches, Syntax, syntax};

/// A longer line has no colours: it is data, and grammars take the square of its length.
const LINE_BYTES_MAX: usize = 2000;
/// How much is remembered before all of it is forgotten.
const BYTES_MAX: usize = 8 << 20;
/// What a line and a state take beside their texts.
const LINE_BYTES: usize = 80;
const STATE_BYTES: usize = 600;
/// How many states a new one is compared with. Few share their names, but those in which a grammar remembers some of
/// the text are never alike.
const ALIKE_MAX: usize = 16;

/// What new painters remember by.
static LINES: LazyLock<Mutex<Arc<Mutex<Lines>>>> = LazyLock::new(Mutex::default);

thread_local! {
    static STATES: RefCell<States> = RefCell::default();
}

/// Reads a text line by line.
#[derive(Clone, Debug)]
pub(super) struct Painter {
    is_signed: bool,
    /// The number of the state that the next line begins in.
    at: usize,
    lines: Arc<Mutex<Lines>>,
    /// That state, where so much is remembered already that nothing more is.
    alone: Option<State>,
}

/// What painters on all threads remember.
#[derive(Debug, Default)]
struct Lines {
    states: Vec<(Origin, Known)>,
    /// States by the names that they stand under.
    alike: HashMap<Names, Vec<usize>>,
    /// Where texts of a language begin.
    beginnings: HashMap<&'static str, usize>,
    bytes: usize,
}

/// What is known of lines: their stretches, and the number of the state behind each.
type Known = HashMap<Box<str>, (Stretches, usize)>;

/// What first led to a state.
#[derive(Clone, Debug)]
enum Origin {
    Beginning(&'static Syntax),
    Line(usize, Box<str>),
}

/// The states that a thread has at hand, of what it last remembered by.
#[derive(Default)]
struct States {
    lines: Weak<Mutex<Lines>>,
    own: HashMap<usize, State>,
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
        let known = with(&lines, |lines| lines.beginnings.get(language.word).copied());
        let at = if let Some(at) = known {
            at
        } else {
            let syntax = syntax(name)?;
            with(&lines, |lines| {
                let at = lines.add(Names::new(), Origin::Beginning(syntax));
                *lines.beginnings.entry(language.word).or_insert(at)
            })
        };
        Some(Painter { is_signed: is_signed(language.word), at, lines, alone: None })
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
        if let Some(state) = &mut self.alone {
            return runs.extend(&state.read(line, self.is_signed));
        }
        let known = with(&self.lines, |lines| {
            let (stretches, next) = lines.states[self.at].1.get(line)?;
            runs.extend(stretches);
            Some(*next)
        });
        match known {
            Some(next) => self.at = next,
            None => STATES.with_borrow_mut(|states| self.read(line, states, runs)),
        }
    }

    /// Reads a line that is not known yet.
    fn read(&mut self, line: &str, states: &mut States, runs: &mut Builder) {
        let mut state = states.find(self.at, &self.lines).clone();
        let stretches = state.read(line, self.is_signed);
        runs.extend(&stretches);
        if with(&self.lines, |lines| lines.bytes) > 2 * BYTES_MAX {
            self.alone = Some(state);
            return;
        }
        let alike = states.alike(&state, &self.lines);
        self.at = with(&self.lines, |lines| {
            let origin = || Origin::Line(self.at, line.into());
            let next = alike.unwrap_or_else(|| lines.add(state.names().into(), origin()));
            lines.bytes += LINE_BYTES + line.len() + size_of_val(&*stretches);
            lines.states[self.at].1.insert(line.into(), (stretches, next));
            next
        });
        states.own.insert(self.at, state);
    }
}

impl States {
    /// Returns a state, which is made as it was first made where this thread does not have it.
    fn find(&mut self, number: usize, lines: &Arc<Mutex<Lines>>) -> &State {
        if !Weak::ptr_eq(&self.lines, &Arc::downgrade(lines)) {
            *self = States { lines: Arc::downgrade(lines), own: HashMap::new() };
        }
        let (mut at, mut ahead) = (number, Vec::new());
        let mut state = loop {
            if let Some(state) = self.own.get(&at) {
                break state.clone();
            }
            match with(lines, |lines| lines.states[at].0.clone()) {
                Origin::Beginning(syntax) => break State::new(syntax),
                Origin::Line(before, line) => ahead.push((mem::replace(&mut at, before), line)),
            }
        };
        while let Some((number, line)) = ahead.pop() {
            state.read(&line, false);
            self.own.insert(number, state.clone());
        }
        self.own.entry(number).or_insert(state)
    }

    /// Returns the number of a state that is the same, if there is one.
    fn alike(&mut self, state: &State, lines: &Arc<Mutex<Lines>>) -> Option<usize> {
        let others = with(lines, |lines| {
            let others = lines.alike.get(state.names())?;
            Some(others[others.len().saturating_sub(ALIKE_MAX)..].to_vec())
        });
        others?.into_iter().find(|&other| self.find(other, lines) == state)
    }
}

impl Lines {
    /// Adds a state and returns its number. Where two threads add the same, they share less for once.
    fn add(&mut self, names: Names, origin: Origin) -> usize {
        let number = self.states.len();
        self.alike.entry(names).or_default().push(number);
        self.bytes += STATE_BYTES;
        self.states.push((origin, Known::new()));
        number
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::thread;

    use super::{BYTES_MAX, Builder, Lines, Names, Origin, Painter, syntax, with};

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

    /// Lines that one thread has read are known to another, and so are the states between them.
    #[test]
    fn another_thread_goes_on_where_one_has_been() {
        let begun = "/* a\n\"b\n*/ let c = r#\"d\n";
        let mut first = rust();
        let (lines, at) = (Arc::clone(&first.lines), first.at);
        read(&mut first, begun);
        let goes_on = |text: &'static str| {
            let lines = Arc::clone(&lines);
            move || {
                let mut second = Painter { is_signed: false, at, lines, alone: None };
                read(&mut second, begun);
                (read(&mut second, text), second.at)
            }
        };
        let there = thread::spawn(goes_on("e\"#; // f\n")).join().expect("it is read");
        let (runs, at) = there.clone();
        assert_eq!(runs[0], ("hljs-string", 3), "it begins in the string");
        assert_eq!(runs.last(), Some(&("hljs-comment", 5)));
        assert_eq!(there, goes_on("e\"#; // f\n")());
        let (_, other) = thread::spawn(goes_on("\"#; // g\n")).join().expect("it is read");
        assert_eq!(other, at, "states that are alike are one on all threads");
    }

    #[test]
    fn what_is_more_than_may_be_remembered_is_read_all_the_same() {
        let text = "let a = \"b\nc\"; /* d\ne */ fn f() {}\n";
        let mut lines = Lines { bytes: 2 * BYTES_MAX + 1, ..Lines::default() };
        let rust_syntax = syntax("Rust").expect("it is known");
        let at = lines.add(Names::new(), Origin::Beginning(rust_syntax));
        let lines = Arc::new(Mutex::new(lines));
        let mut other = Painter { is_signed: false, at, lines, alone: None };
        assert_eq!(read(&mut other, text), read(&mut rust(), text));
        assert!(with(&other.lines, |lines| lines.states.len()) == 1, "nothing more is remembered");
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
