//! What a grammar knows between two lines, and what it makes of the next. This file and `scope` alone name the crate
//! that reads grammars.

use std::sync::LazyLock;

use syntect::parsing::{
    BasicScopeStackOp, ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet,
};

use super::runs::Class;
use super::scope::{Meaning, class, meaning};

/// All grammars. Each is unpacked when a text first needs it.
static GRAMMARS: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

pub(super) type Syntax = SyntaxReference;
pub(super) type Names = Vec<Scope>;
pub(super) type Stretches = Box<[(Class, usize)]>;

/// What is known between two lines. It stays on its thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    parse: ParseState,
    scopes: ScopeStack,
    /// What the names mean that the place stands under.
    meanings: Vec<Meaning>,
}

/// Returns the grammar of a name.
pub(super) fn syntax(name: &str) -> Option<&'static Syntax> {
    GRAMMARS.find_syntax_by_name(name)
}

impl State {
    /// Begins a text.
    pub(super) fn new(syntax: &Syntax) -> State {
        let parse = ParseState::new(syntax);
        State { parse, scopes: ScopeStack::new(), meanings: Vec::new() }
    }

    /// Returns the names that the place stands under.
    pub(super) fn names(&self) -> &[Scope] {
        self.scopes.as_slice()
    }

    /// Reads the line that begins here.
    pub(super) fn read(&mut self, line: &str, is_signed: bool) -> Stretches {
        let Ok(changes) = self.parse.parse_line(line, &GRAMMARS) else {
            return Box::new([(Class::Plain, line.len())]);
        };
        let (mut stretches, mut at) = (Vec::new(), 0);
        let mut stretch = |text: &str, meanings: &[Meaning]| {
            if !text.is_empty() {
                stretches.push((class(meanings, text, is_signed), text.len()));
            }
        };
        for (end, change) in changes {
            // A group ahead of the match may end behind what follows.
            let end = end.max(at);
            stretch(&line[at..end], &self.meanings);
            at = end;
            let is_applied = self.scopes.apply_with_hook(&change, |change, _| match change {
                BasicScopeStackOp::Push(scope) => self.meanings.push(meaning(scope)),
                BasicScopeStackOp::Pop => drop(self.meanings.pop()),
            });
            if is_applied.is_err() {
                (self.scopes, self.meanings) = (ScopeStack::new(), Vec::new());
            }
        }
        stretch(&line[at..], &self.meanings);
        stretches.into()
    }
}
