//! Code -> runs of colours. This file and `scope` alone name the crate that reads grammars.

use std::sync::LazyLock;

use syntect::parsing::{ParseState, ScopeStack, ScopeStackOp, SyntaxReference, SyntaxSet};

use super::languages::{Grammar, Language, language};
use super::own;
use super::runs::{Builder, Class, Runs};
use super::scope::Colours;

/// Of a longer text only the beginning has colours: nobody reads the rest for them.
const TEXT_BYTES_MAX: usize = 512 << 10;
/// A longer line has none: it is data, and grammars take the square of its length.
const LINE_BYTES_MAX: usize = 2000;

/// All grammars. Each is unpacked when a text first needs it.
static GRAMMARS: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// Reads a text line by line.
pub(super) struct Painter {
    state: ParseState,
    scopes: ScopeStack,
    colours: Colours,
}

/// Returns the colours of a text.
pub fn paint(language: &Language, text: &str) -> Runs {
    let text = &text[..text.floor_char_boundary(TEXT_BYTES_MAX)];
    let mut runs = Builder::default();
    match language.grammar {
        Grammar::Plain => {}
        Grammar::Named(name) => {
            if let Some(mut painter) = Painter::new(name, language.word) {
                if language.word == "php" && !text.contains("<?") {
                    // Code in a text seldom says that it is no HTML.
                    painter.line("<?php\n", &mut Builder::default());
                }
                for line in text.split_inclusive('\n') {
                    painter.line(line, &mut runs);
                }
            }
        }
        Grammar::Console => own::console(text, &mut runs),
        Grammar::Vcl => own::read(&own::VCL, text, &mut runs),
        Grammar::PowerShell => own::read(&own::POWERSHELL, text, &mut runs),
    }
    runs.finish()
}

impl Painter {
    fn new(name: &str, word: &str) -> Option<Painter> {
        let syntax = syntax(name)?;
        let (state, scopes) = (ParseState::new(syntax), ScopeStack::new());
        Some(Painter { state, scopes, colours: Colours::new(word) })
    }

    /// Reads a language by the word for it.
    pub(super) fn of(word: &str) -> Option<Painter> {
        match language(word)?.grammar {
            Grammar::Named(name) => Painter::new(name, word),
            _ => None,
        }
    }

    /// Reads the next line, with its end.
    pub(super) fn line(&mut self, line: &str, runs: &mut Builder) {
        if line.len() > LINE_BYTES_MAX {
            return runs.push(Class::Plain, line.len());
        }
        let Ok(changes) = self.state.parse_line(line, &GRAMMARS) else {
            return runs.push(Class::Plain, line.len());
        };
        let mut at = 0;
        for (end, change) in changes {
            self.stretch(&line[at..end.max(at)], runs);
            at = end.max(at);
            if !matches!(change, ScopeStackOp::Noop) && self.scopes.apply(&change).is_err() {
                self.scopes = ScopeStack::new();
            }
        }
        self.stretch(&line[at..], runs);
    }

    fn stretch(&mut self, text: &str, runs: &mut Builder) {
        if !text.is_empty() {
            runs.push(self.colours.class(self.scopes.as_slice(), text), text.len());
        }
    }
}

fn syntax(name: &str) -> Option<&'static SyntaxReference> {
    GRAMMARS.find_syntax_by_name(name)
}

#[cfg(test)]
mod tests {
    use super::{Grammar, paint, syntax};
    use crate::document::code::languages::{language, languages};

    #[test]
    fn every_language_has_its_grammar() {
        for language in languages() {
            if let Grammar::Named(name) = language.grammar {
                assert!(syntax(name).is_some(), "{} has no grammar {name}", language.word);
            }
        }
    }

    /// A grammar that a machine cannot compile panics when it is first used.
    #[test]
    fn every_grammar_reads_any_text() {
        let text = "# x <a b=\"c\"> 'd' /* e */ // f\n$g = {h: [1, 2.5e3]}; @i `j` -- k \\ %l% 日本\n\
                    def m(n): return o\nclass P { int q() { return 0; } }\n<<<R\nR\n\t: &s |\n= end\n";
        for language in languages() {
            let runs = paint(language, text);
            assert!(runs.iter().map(|(_, length)| length).sum::<usize>() <= text.len());
        }
    }

    #[test]
    fn a_long_line_is_left_alone() {
        let text = format!("let a = 1;\n{}\nlet b = 2;\n", "x+".repeat(5000));
        let rust = language("rust").expect("it is known");
        let runs = paint(rust, &text);
        let coloured: usize =
            runs.iter().filter(|(class, _)| !class.is_empty()).map(|(_, length)| length).sum();
        assert_eq!(coloured, "let1let2".len());
    }
}
