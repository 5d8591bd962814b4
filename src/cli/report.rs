//! What the program says: answers on standard output, everything else on standard error.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::compile::Bundle;
use crate::diagnostic::{Diagnostic, Located, Severity, shown};

/// Speaks in the way that the flags and the terminal ask for.
#[derive(Clone, Debug)]
pub(super) struct Reporter {
    loudness: Loudness,
    color: bool,
    terminal: bool,
}

/// How much is said besides answers and what is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loudness {
    Quiet,
    Normal,
    Verbose,
}

/// The progress of long work; on a terminal alone.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn at(&self, done: usize, total: usize) {
        self.0.set_length(total as u64);
        self.0.set_position(done as u64);
    }

    pub(super) fn done(&self) {
        self.0.finish_and_clear();
    }
}

impl Reporter {
    pub(super) fn new(loudness: Loudness, no_color: bool) -> Reporter {
        let terminal = std::io::stderr().is_terminal();
        Reporter { loudness, color: terminal && !no_color, terminal }
    }

    /// Prints the program's answer. A reader who has gone is no failure.
    pub(super) fn answer(&self, text: &str) {
        self.answer_bytes(text.as_bytes());
    }

    /// Prints an answer that may be no text.
    #[expect(clippy::unused_self, reason = "all that is said goes through the reporter")]
    pub(super) fn answer_bytes(&self, bytes: &[u8]) {
        let mut out = std::io::stdout().lock();
        drop(out.write_all(bytes).and_then(|()| out.flush()));
    }

    #[expect(clippy::unused_self, reason = "all that is said goes through the reporter")]
    fn say(&self, text: &str) {
        drop(writeln!(std::io::stderr().lock(), "{text}"));
    }

    /// Prints what was done; quiet work needs no word.
    pub(super) fn outcome(&self, text: &str) {
        if self.loudness != Loudness::Quiet {
            self.answer(text);
        }
    }

    /// Says something that one may leave out.
    pub(super) fn note(&self, text: &str) {
        if self.loudness != Loudness::Quiet {
            self.say(text);
        }
    }

    /// Tells whether somebody asked for more.
    pub(super) fn is_verbose(&self) -> bool {
        self.loudness == Loudness::Verbose
    }

    /// Says something for those who asked for more.
    pub(super) fn detail(&self, text: &str) {
        if self.loudness == Loudness::Verbose {
            self.say(text);
        }
    }

    pub(super) fn progress(&self) -> Progress {
        if self.loudness == Loudness::Quiet || !self.terminal {
            return Progress(ProgressBar::hidden());
        }
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(0).with_style(style);
        bar.enable_steady_tick(Duration::from_millis(100));
        Progress(bar)
    }

    /// Tells why the program gives up: the steps that led there, and the hint on a line of its own.
    pub(super) fn failure(&self, error: &anyhow::Error) {
        let text = format!("{error:#}");
        let (message, help) = text.split_once("\nhelp: ").unwrap_or((text.as_str(), ""));
        self.say(&format!("{}: {message}", self.paint("error", Severity::Error)));
        if !help.is_empty() {
            self.say(&format!("help: {help}"));
        }
    }

    fn paint(&self, text: &str, severity: Severity) -> String {
        if !self.color {
            return text.to_owned();
        }
        let code = match severity {
            Severity::Error => 31,
            Severity::Warning => 33,
            Severity::Hint => 36,
        };
        format!("\x1b[1;{code}m{text}\x1b[0m")
    }

    pub(super) fn diagnostics(&self, bundle: &Bundle, found: &[Diagnostic]) {
        for diagnostic in found {
            self.diagnostic(&bundle.locate(diagnostic));
        }
    }

    pub(super) fn diagnostic(&self, located: &Located) {
        let severity =
            self.paint(&format!("{}[{}]", located.severity.name(), located.code), located.severity);
        self.say(&format!(
            "{}:{}:{}: {severity}: {}",
            shown(&located.path),
            located.line,
            located.column,
            shown(&located.message)
        ));
        if !located.excerpt.is_empty() {
            for line in located.excerpt_with_caret().lines() {
                self.say(&format!("  {line}"));
            }
        }
        self.say(&format!("help: {}", shown(&located.help)));
    }

    /// Counts what was found.
    pub(super) fn summary(&self, found: &[Diagnostic]) {
        let count = |severity: Severity| {
            let count = found.iter().filter(|found| found.rule.severity == severity).count();
            let end = if count == 1 { "" } else { "s" };
            format!("{count} {}{end}", severity.name())
        };
        if !found.is_empty() {
            let mut said = vec![count(Severity::Error), count(Severity::Warning)];
            if found.iter().any(|found| found.rule.severity == Severity::Hint) {
                said.push(count(Severity::Hint));
            }
            self.note(&said.join(", "));
        }
    }
}
