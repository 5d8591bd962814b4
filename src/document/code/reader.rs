//! Reads lines by a grammar: which names a stretch of text stands under.
//!
//! Of all patterns of the context that a place is in, the one counts that matches first, and of several there the
//! first. Patterns are not searched for one by one: place by place, those are tried that may begin with what follows.

use std::cell::RefCell;
use std::collections::HashMap;
use std::mem;

use onig::{Regex, Region};

use super::grammar::{
    Context, Id, Operation, Pattern, Place, Reference, compiled, matches, searches,
};
use super::scope::{Change, Meaning, Scopes};

/// How many contexts may lie in each other.
const DEPTH_MAX: usize = 100;
/// How many patterns that speak of groups are kept compiled.
const GROUPED_MAX: usize = 64;

/// What is known between two lines: the contexts that the place lies in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    levels: Vec<Level>,
    is_begun: bool,
    /// The heights from which on patterns that contexts bring along count.
    prototypes_from: Vec<usize>,
    scopes: Scopes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Level {
    context: Id,
    /// Contexts whose patterns count in all that lies within.
    prototypes: Vec<Id>,
    /// The groups of what led here, where patterns speak of them.
    groups: Option<Vec<Option<Box<str>>>>,
}

/// The grammar names a context that the collection does not have.
struct Missing;

/// A pattern that matches, and where.
struct Found {
    pattern: &'static Pattern,
    /// Whether a context further out brought it along.
    is_brought: bool,
    /// Whether it would lead back to where the line was a moment ago.
    is_loop: bool,
    groups: Groups,
}

/// Where groups begin and end; the first is the whole.
type Groups = Vec<Option<(usize, usize)>>;

/// A context whose patterns count at a place.
struct Link<'a> {
    context: &'static Context,
    is_brought: bool,
    groups: Option<&'a [Option<Box<str>>]>,
}

/// What reading one line needs.
struct Line<'a> {
    text: &'a str,
    at: usize,
    changes: Vec<(usize, Change)>,
    /// Where a context was entered over nothing, and how many there were then.
    entered: (usize, usize),
    /// What searches for patterns found that cannot be tried at a place.
    searched: HashMap<*const Pattern, Option<Groups>>,
}

thread_local! {
    static REGION: RefCell<Region> = RefCell::new(Region::with_capacity(8));
    static GROUPED: RefCell<HashMap<String, Option<Regex>>> = RefCell::default();
}

impl State {
    /// Begins a text in a context.
    pub(super) fn new(context: Id) -> State {
        let level = Level { context, prototypes: Vec::new(), groups: None };
        let scopes = Scopes::default();
        State { levels: vec![level], is_begun: false, prototypes_from: Vec::new(), scopes }
    }

    pub(super) fn scopes(&self) -> &[Meaning] {
        &self.scopes.names
    }

    /// Reads a line; `stretch` hears each piece of it and what that stands under. Returns whether it could be read.
    pub(super) fn read(&mut self, text: &str, mut stretch: impl FnMut(&str, &[Meaning])) -> bool {
        let mut line =
            Line { text, at: 0, changes: Vec::new(), entered: (0, 0), searched: HashMap::new() };
        if self.begin(&mut line).is_err() {
            return false;
        }
        loop {
            match self.step(&mut line) {
                Ok(true) => {}
                Ok(false) => break,
                Err(Missing) => return false,
            }
        }
        let mut at = 0;
        for (end, change) in line.changes {
            // A group ahead of the match may end behind what follows.
            let end = end.max(at);
            if end > at {
                stretch(&text[at..end], &self.scopes.names);
            }
            at = end;
            self.scopes.apply(&change);
        }
        if at < text.len() {
            stretch(&text[at..], &self.scopes.names);
        }
        true
    }

    fn begin(&mut self, line: &mut Line<'_>) -> Result<(), Missing> {
        let context = self.top()?;
        if !mem::replace(&mut self.is_begun, true) {
            line.changes.extend(context.content.first().map(|name| (0, Change::Push(*name))));
        }
        Ok(())
    }

    fn top(&self) -> Result<&'static Context, Missing> {
        self.levels.last().and_then(|level| level.context.context()).ok_or(Missing)
    }

    /// Goes on to behind the next match; returns whether there is one.
    fn step(&mut self, line: &mut Line<'_>) -> Result<bool, Missing> {
        let height = self.levels.len();
        while self.prototypes_from.pop_if(|from| *from >= height).is_some() {}
        let Some(found) = self.find(line)? else { return Ok(false) };
        if found.is_loop {
            // One character further it is another matter.
            let Some((width, _)) = line.text[line.at..].char_indices().nth(1) else {
                return Ok(false);
            };
            line.at += width;
            return Ok(true);
        }
        let (_, end) = found.whole();
        if end <= line.at && matches!(found.pattern.operation, Operation::Push(_)) {
            line.entered = (end, height + 1);
        }
        line.at = end;
        if found.is_brought {
            self.prototypes_from.push(height);
        }
        let context = self.top()?;
        self.follow(&found, context, line)?;
        Ok(true)
    }

    /// Returns the contexts whose patterns count, in their order.
    fn chain(&self) -> Result<Vec<Link<'_>>, Missing> {
        let link = |id: Id, is_brought, groups| {
            Ok(Link { context: id.context().ok_or(Missing)?, is_brought, groups })
        };
        let mut chain = Vec::with_capacity(2);
        let from = self.prototypes_from.last().copied().unwrap_or(0);
        for level in self.levels.get(from..).unwrap_or_default() {
            for id in &level.prototypes {
                chain.push(link(*id, true, level.groups.as_deref())?);
            }
        }
        let context = self.top()?;
        if let Some(id) = context.prototype {
            chain.push(link(id, false, None)?);
        }
        let groups = self.levels.last().and_then(|level| level.groups.as_deref());
        chain.push(Link { context, is_brought: false, groups });
        Ok(chain)
    }

    /// Finds what matches next.
    fn find(&self, line: &mut Line<'_>) -> Result<Option<Found>, Missing> {
        let chain = self.chain()?;
        let may_loop = line.entered == (line.at, self.levels.len());
        let mut idle: Vec<*const Pattern> = Vec::new();
        let mut looping = None;
        let mut at = line.at;
        loop {
            let place = Place { line: line.text, at };
            for link in &chain {
                for pattern in link.context.patterns(place) {
                    if idle.contains(&std::ptr::from_ref(*pattern)) {
                        continue;
                    }
                    let Some(groups) = line.groups(pattern, link, place) else { continue };
                    let is_empty = groups.first().copied().flatten().is_none_or(|(a, b)| a == b);
                    let is_idle = match pattern.operation {
                        Operation::Stay => is_empty,
                        Operation::Push(_) => self.levels.len() >= DEPTH_MAX,
                        Operation::Set(_) | Operation::Pop => false,
                    };
                    if is_idle {
                        idle.push(*pattern);
                        continue;
                    }
                    let is_pop = matches!(pattern.operation, Operation::Pop);
                    let is_loop = may_loop && is_pop && is_empty && at == line.at;
                    let found = Found { pattern, is_brought: link.is_brought, is_loop, groups };
                    if !is_loop {
                        return Ok(Some(found));
                    }
                    looping = Some(found);
                }
            }
            let Some(next) = line.text[at..].chars().next().filter(|_| looping.is_none()) else {
                return Ok(looping);
            };
            at += next.len_utf8();
        }
    }

    /// Does what a pattern says.
    fn follow(
        &mut self,
        found: &Found,
        context: &'static Context,
        line: &mut Line<'_>,
    ) -> Result<(), Missing> {
        let ((start, end), pattern) = (found.whole(), found.pattern);
        line.enter(start, context, &pattern.operation)?;
        line.push(start, &pattern.scope);
        line.captures(found);
        line.pop(end, pattern.scope.len());
        line.leave(end, context, &pattern.operation)?;
        let (references, mut brought) = match &pattern.operation {
            Operation::Push(references) => (references, Vec::new()),
            Operation::Set(references) => {
                // What a context brought along stays when another takes its place.
                (references, self.levels.pop().map(|level| level.prototypes).unwrap_or_default())
            }
            Operation::Pop => {
                self.levels.pop();
                return if self.levels.is_empty() { Err(Missing) } else { Ok(()) };
            }
            Operation::Stay => return Ok(()),
        };
        for (index, reference) in references.iter().enumerate() {
            let mut prototypes = mem::take(&mut brought);
            if index + 1 == references.len()
                && let Some(prototype) = &pattern.prototype
            {
                prototypes.push(prototype.0.ok_or(Missing)?);
            }
            let needs = |id: &Id| id.context().is_some_and(|context| context.needs_groups);
            let id = reference.0.ok_or(Missing)?;
            let needs_groups = needs(&id) || prototypes.iter().any(needs);
            let groups = needs_groups.then(|| found.texts(line.text));
            self.levels.push(Level { context: id, prototypes, groups });
        }
        Ok(())
    }
}

impl Found {
    fn whole(&self) -> (usize, usize) {
        self.groups.first().copied().flatten().unwrap_or_default()
    }

    fn texts(&self, line: &str) -> Vec<Option<Box<str>>> {
        let text = |group: &Option<(usize, usize)>| {
            group.and_then(|(start, end)| line.get(start..end)).map(Box::from)
        };
        self.groups.iter().map(text).collect()
    }
}

impl Line<'_> {
    /// Returns the groups of a pattern where it matches at a place.
    fn groups(&mut self, pattern: &Pattern, link: &Link<'_>, place: Place<'_>) -> Option<Groups> {
        if pattern.has_groups
            && let Some(groups) = link.groups
        {
            return grouped(&pattern.with_groups(groups), place);
        }
        let regex = pattern.regex()?;
        if !pattern.is_odd() {
            return REGION.with_borrow_mut(|region| {
                matches(regex, place, region).then(|| groups_of(region))
            });
        }
        let start = |groups: &Groups| groups.first().copied().flatten().map(|(start, _)| start);
        let known = self.searched.get(&std::ptr::from_ref(pattern)).cloned();
        let is_ahead =
            |found: &Option<Groups>| found.as_ref().is_none_or(|it| start(it) >= Some(self.at));
        let found = known.filter(is_ahead).unwrap_or_else(|| {
            let from = Place { at: self.at, ..place };
            REGION
                .with_borrow_mut(|region| searches(regex, from, region).then(|| groups_of(region)))
        });
        self.searched.insert(pattern, found.clone());
        found.filter(|groups| start(groups) == Some(place.at))
    }

    fn push(&mut self, at: usize, names: &[Meaning]) {
        self.changes.extend(names.iter().map(|name| (at, Change::Push(*name))));
    }

    fn pop(&mut self, at: usize, count: usize) {
        if count > 0 {
            self.changes.push((at, Change::Pop(count)));
        }
    }

    fn clear(&mut self, at: usize, context: &Context) {
        self.changes.extend(context.clears.map(|clear| (at, Change::Clear(clear))));
    }

    /// Names what groups are. They may be told in any order; one that lies in another comes behind it.
    fn captures(&mut self, found: &Found) {
        let Some(captures) = &found.pattern.captures else { return };
        let mut changes = Vec::new();
        for (index, names) in captures {
            let group = found.groups.get(*index).copied().flatten();
            let Some((start, end)) = group.filter(|(start, end)| start != end) else { continue };
            for name in names {
                changes.push(((start, usize::MAX - (end - start)), Change::Push(*name)));
            }
            changes.push(((end, 0), Change::Pop(names.len())));
        }
        changes.sort_by_key(|(order, _)| *order);
        self.changes.extend(changes.into_iter().map(|((at, _), change)| (at, change)));
    }

    /// Changes names before a match, by the context that it is found in and those that it leads to.
    fn enter(&mut self, at: usize, from: &Context, operation: &Operation) -> Result<(), Missing> {
        match operation {
            Operation::Stay => {}
            Operation::Pop => self.pop(at, from.content.len()),
            Operation::Push(references) => {
                for context in contexts(references)? {
                    self.clear(at, context);
                    self.push(at, &context.meta);
                }
            }
            Operation::Set(references) => {
                if from.clears.is_some() {
                    self.changes.push((at, Change::Restore));
                }
                for context in contexts(references)? {
                    self.push(at, &context.meta);
                }
            }
        }
        Ok(())
    }

    /// Changes names behind a match. A context that takes the place of another is cleared for here only.
    fn leave(&mut self, at: usize, from: &Context, operation: &Operation) -> Result<(), Missing> {
        let (references, is_set) = match operation {
            Operation::Stay => return Ok(()),
            Operation::Pop => {
                self.pop(at, from.meta.len());
                if from.clears.is_some() {
                    self.changes.push((at, Change::Restore));
                }
                return Ok(());
            }
            Operation::Push(references) => (references, false),
            Operation::Set(references) => (references, true),
        };
        let entered = contexts(references)?;
        let replaced = if is_set { from.meta.len() + from.content.len() } else { 0 };
        let is_said = |context: &&Context| {
            !context.content.is_empty() || (is_set && context.clears.is_some())
        };
        if replaced == 0 && !entered.iter().any(is_said) {
            return Ok(());
        }
        self.pop(at, replaced + entered.iter().map(|context| context.meta.len()).sum::<usize>());
        for context in entered {
            if is_set {
                self.clear(at, context);
            }
            self.push(at, &context.meta);
            self.push(at, &context.content);
        }
        Ok(())
    }
}

fn contexts(references: &[Reference]) -> Result<Vec<&'static Context>, Missing> {
    references.iter().map(|reference| reference.0.and_then(Id::context).ok_or(Missing)).collect()
}

fn groups_of(region: &Region) -> Groups {
    (0..region.len()).map(|index| region.pos(index)).collect()
}

/// Matches a pattern that was written with what groups were.
fn grouped(source: &str, place: Place<'_>) -> Option<Groups> {
    GROUPED.with_borrow_mut(|known| {
        if known.len() > GROUPED_MAX {
            known.clear();
        }
        if !known.contains_key(source) {
            known.insert(source.to_owned(), compiled(source));
        }
        let regex = known.get(source)?.as_ref()?;
        REGION.with_borrow_mut(|region| matches(regex, place, region).then(|| groups_of(region)))
    })
}

#[cfg(test)]
mod tests {
    use syntect::parsing::{ParseState, ScopeStack, ScopeStackOp};

    use super::{Meaning, State};
    use crate::document::code::grammar::beginning;
    use crate::document::code::languages::{Grammar, languages};

    /// A little of many languages.
    const TEXT: &str = "#!/bin/sh -e\n\
        cat <<EOF | sed 's/a/b/' > \"$HOME/${x:-y}\" # c\n $a `b` EOFF\nEOF\n\
        <!DOCTYPE html><p class=\"a b\" id=c>&amp; <!-- d --><script>let e = `f${g}`;</script>\n\
        <style>a > b:hover { color: #fff; margin: 1.5em }</style></p>\n\
        const f = async (a, {b}) => { return /x[/]y/gi.test(a ?? b) ? 0x1F : -1e-3; }; // c\n\
        def f(self, *a: int = 0) -> \"str\": # c\n    \"\"\"d\n    e\"\"\"\n    return f'{a!r}' and None\n\
        pub fn f<'a, T: Into<u8>>(x: &'a mut [T]) -> Option<char> { r#\"a\"# ; 'b' }\n\
        /* c\n * @param d */ @Override public static final class A<B> extends C { int i = 'x'; }\n\
        #include <stdio.h>\n#define A(b) \\\n  (b + 1)\nint main(void) { printf(\"%5.2f\\n\", 1.0f); }\n\
        SELECT count(*) AS \"n\" FROM t WHERE a LIKE 'b%' -- c\nselect @x := 1;\n\
        key: &anchor [1, 'two', \"three\\n\"] # c\n- *anchor\n? |\n  block\n\
        [table.\"a\"]\nb = 1979-05-27T07:32:00Z\n{\"a\": [true, null, -1.5e+3]}\n\
        <?php $a = ['b' => <<<X\n $c {$d->e}\nX\n]; ?>\n\
        %w(a b) << :c if @d =~ /e#{f}/m\n# 日本 `語` **太字** [a](b \"c\")\n``` js\nlet a\n```\n\
        func (a *B) C(d ...int) (e error) { go f(<-g) }\n\\section{a} $b^2$ % c\n= end\n";

    /// The crate that grammars come from searches for one pattern after the other.
    #[test]
    fn every_grammar_is_read_as_it_is_meant() {
        let set = two_face::syntax::extra_newlines();
        for language in languages() {
            let Grammar::Named(name) = language.grammar else { continue };
            let syntax = set.find_syntax_by_name(name).expect("it is collected");
            let (mut other, mut scopes) = (ParseState::new(syntax), ScopeStack::new());
            let mut state = State::new(beginning(name).expect("it is collected"));
            for line in TEXT.split_inclusive('\n') {
                let mut expected = Vec::new();
                let mut at = 0;
                let changes = other.parse_line(line, &set).expect("it can be read");
                for (end, change) in changes.into_iter().chain([(line.len(), ScopeStackOp::Noop)]) {
                    if end > at {
                        let names = scopes.as_slice().iter();
                        let names = names.map(|name| Meaning::from(&*name.build_string()));
                        expected.push((&line[at..end], names.collect()));
                    }
                    at = end.max(at);
                    scopes.apply(&change).expect("what was put away is there");
                }
                let mut found: Vec<(&str, Vec<Meaning>)> = Vec::new();
                let mut at = 0;
                assert!(state.read(line, |text, names| {
                    found.push((&line[at..at + text.len()], names.to_vec()));
                    at += text.len();
                }));
                assert_eq!(found, expected, "{} reads {line:?}", language.word);
            }
        }
    }

    /// What ends such a text is written at its beginning.
    #[test]
    fn a_text_within_a_text_ends_where_it_says() {
        let mut state = State::new(beginning("Bourne Again Shell (bash)").expect("it is known"));
        let mut depths = Vec::new();
        for line in ["cat <<EOF\n", "EOFF\n", "EOF\n", "cat\n"] {
            assert!(state.read(line, |_, _| {}));
            depths.push(state.levels.len());
        }
        assert!(depths[0] == depths[1] && depths[1] > depths[2], "{depths:?}");
        assert_eq!(depths[2], depths[3]);
    }
}
