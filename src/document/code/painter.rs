//! Lines of code -> their colours, by grammars. This file and `scope` alone name the crate that reads them.
//!
//! Lines repeat: closing braces, imports, all of a text but the line that is being edited. What a line is depends on
//! its text and on what a grammar knows at its beginning. So states that are alike are one, and each remembers the
//! lines that were read in it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::LazyLock;

use syntect::parsing::{ParseState, Scope, ScopeStack, ScopeStackOp, SyntaxReference, SyntaxSet};

use super::languages::{Grammar, Language, language};
use super::runs::{Builder, Class};
use super::scope::Colours;

/// A longer line has no colours: it is data, and grammars take the square of its length.
const LINE_BYTES_MAX: usize = 2000;
/// How much a thread remembers before it forgets all of it.
const BYTES_MAX: usize = 4 << 20;
/// What a line and a state take beside their texts.
const LINE_BYTES: usize = 80;
const STATE_BYTES: usize = 600;

/// All grammars. Each is unpacked when a text first needs it.
static GRAMMARS: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

thread_local! {
    static LINES: RefCell<Lines> = RefCell::default();
}

/// Reads a text line by line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Painter {
    word: &'static str,
    /// The number of the state that the next line begins in.
    at: usize,
}

/// What a grammar knows between two lines.
#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    parse: ParseState,
    scopes: ScopeStack,
}

/// Stretches of a line, and the number of the state behind it.
type Read = (Box<[(Class, usize)]>, usize);

/// What this thread remembers.
#[derive(Default)]
struct Lines {
    states: Vec<(State, HashMap<Box<str>, Read>)>,
    /// States by the names that they stand under: few share them all.
    alike: HashMap<Vec<Scope>, Vec<usize>>,
    /// Where texts of a language begin.
    beginnings: HashMap<&'static str, usize>,
    colours: HashMap<&'static str, Colours>,
    bytes: usize,
}

/// Forgets all lines when they have become too many; no painter may be at work on this thread.
pub(super) fn tidy() {
    LINES.with_borrow_mut(|lines| {
        if lines.bytes > BYTES_MAX {
            *lines = Lines::default();
        }
    });
}

pub(super) fn syntax(name: &str) -> Option<&'static SyntaxReference> {
    GRAMMARS.find_syntax_by_name(name)
}

impl Painter {
    /// Begins a text; nothing where no grammar reads the language.
    pub(super) fn new(language: &Language) -> Option<Painter> {
        let Grammar::Named(name) = language.grammar else { return None };
        let word = language.word;
        LINES.with_borrow_mut(|lines| {
            if let Some(&at) = lines.beginnings.get(word) {
                return Some(Painter { word, at });
            }
            let parse = ParseState::new(syntax(name)?);
            let at = lines.number(State { parse, scopes: ScopeStack::new() });
            lines.beginnings.insert(word, at);
            Some(Painter { word, at })
        })
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
        self.at = LINES.with_borrow_mut(|lines| {
            if let Some((known, next)) = lines.states[self.at].1.get(line) {
                runs.extend(known);
                return *next;
            }
            let mut state = lines.states[self.at].0.clone();
            let colours = lines.colours.entry(self.word).or_insert_with(|| Colours::new(self.word));
            let stretches = state.read(line, colours);
            runs.extend(&stretches);
            let next = lines.number(state);
            lines.bytes += LINE_BYTES + line.len() + size_of_val(&*stretches);
            lines.states[self.at].1.insert(line.into(), (stretches, next));
            next
        });
    }
}

impl State {
    /// Reads a line that begins here.
    fn read(&mut self, line: &str, colours: &mut Colours) -> Box<[(Class, usize)]> {
        let Ok(changes) = self.parse.parse_line(line, &GRAMMARS) else {
            return Box::new([(Class::Plain, line.len())]);
        };
        let (mut stretches, mut at) = (Vec::new(), 0);
        let mut stretch = |text: &str, scopes: &ScopeStack| {
            if !text.is_empty() {
                stretches.push((colours.class(scopes.as_slice(), text), text.len()));
            }
        };
        for (end, change) in changes {
            stretch(&line[at..end.max(at)], &self.scopes);
            at = end.max(at);
            if !matches!(change, ScopeStackOp::Noop) && self.scopes.apply(&change).is_err() {
                self.scopes = ScopeStack::new();
            }
        }
        stretch(&line[at..], &self.scopes);
        stretches.into()
    }
}

impl Lines {
    /// Returns the number of a state, the same for all that are alike.
    fn number(&mut self, state: State) -> usize {
        let others = self.alike.entry(state.scopes.as_slice().to_vec()).or_default();
        if let Some(&known) = others.iter().find(|&&other| self.states[other].0 == state) {
            return known;
        }
        let number = self.states.len();
        others.push(number);
        self.bytes += STATE_BYTES;
        self.states.push((state, HashMap::new()));
        number
    }
}

#[cfg(test)]
mod tests {
    use super::{BYTES_MAX, Builder, LINES, Painter, tidy};

    fn read(text: &str) -> (usize, Vec<(&'static str, usize)>) {
        let mut painter = Painter::of("rust").expect("it is known");
        let mut runs = Builder::default();
        for line in text.split_inclusive('\n') {
            painter.line(line, &mut runs);
        }
        (painter.at, runs.finish().iter().collect())
    }

    #[test]
    fn a_line_that_was_read_is_remembered_with_what_stood_before_it() {
        let quoted = "let a = \"\n}\n\";\n";
        let (at, first) = read(quoted);
        let states = LINES.with_borrow(|lines| lines.states.len());
        assert_eq!(read(quoted), (at, first));
        assert_eq!(LINES.with_borrow(|lines| lines.states.len()), states, "nothing is new");
        let (_, plain) = read("fn a() {\n}\n");
        let (_, string) = read("let a = \"\n}\n");
        assert!(string.iter().any(|(class, length)| *class == "hljs-string" && *length == 4));
        assert!(!plain.iter().any(|(class, _)| *class == "hljs-string"));
    }

    #[test]
    fn what_is_too_much_is_forgotten_between_texts() {
        LINES.with_borrow_mut(|lines| lines.bytes = BYTES_MAX + 1);
        tidy();
        assert_eq!(LINES.with_borrow(|lines| lines.states.len()), 0);
        let (_, runs) = read("fn a() {}\n");
        assert!(!runs.is_empty());
    }
}
