//! Code -> runs of colours.

use super::languages::{Grammar, Language};
use super::own;
use super::painter::Painter;
use super::runs::{Builder, Runs};

/// Of a longer text only the beginning has colours: nobody reads the rest for them.
const TEXT_BYTES_MAX: usize = 512 << 10;

/// Returns the colours of a text.
pub fn paint(language: &Language, text: &str) -> Runs {
    let text = &text[..text.floor_char_boundary(TEXT_BYTES_MAX)];
    let mut runs = Builder::default();
    match language.grammar {
        Grammar::Plain => {}
        Grammar::Named(_) => {
            if let Some(mut painter) = Painter::new(language) {
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

#[cfg(test)]
mod tests {
    use super::{Grammar, paint};
    use crate::document::code::languages::{language, languages};
    use crate::document::code::state::syntax;

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
