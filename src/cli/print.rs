//! Decks through a browser: pages of paper, pictures, and what `kami check --browser` measures.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};

use super::report::Reporter;
use crate::browser::{Browser, Deck, Prepare, Sheet};
use crate::catalog::Entry;
use crate::compile::Bundle;
use crate::diagnostic::Diagnostic;
use crate::document::{Document, Kind};
use crate::export::{self, Paper, PaperSheet};

/// How many decks are measured at the same time.
const PAGES_MAX: usize = 4;

/// What a deck is printed with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Print<'a> {
    pub(super) bundle: &'a Bundle,
    pub(super) entry: &'a Arc<Entry>,
    pub(super) reporter: &'a Reporter,
    pub(super) steps: bool,
    pub(super) with_notes: bool,
}

impl Print<'_> {
    /// Prints the deck into one PDF.
    pub(super) fn pdf(&self) -> Result<Vec<u8>> {
        let browser = self.browser()?;
        let files = |address: &str| self.bundle.output(address);
        let prepare = Prepare { paper: true, ..self.prepare(1.0) };
        let deck = Deck::open(&browser, &files, &self.entry.route, prepare)?;
        let printed = deck.pdf()?;
        self.tell_refused(&deck);
        let entry = self.entry;
        let matter = &entry.document.matter;
        let paper = Paper {
            title: entry.title.clone(),
            author: matter.speaker.clone(),
            subject: matter.summary.clone(),
            keywords: matter.tags.clone(),
            lang: entry.lang.clone(),
            sheets: deck.sheets.iter().map(|sheet| self.sheet(&entry.document, sheet)).collect(),
        };
        export::finish(&printed, &paper)
    }

    fn sheet(&self, document: &Document, sheet: &Sheet) -> PaperSheet {
        // A slide's later steps belong to its first page.
        if sheet.step > 0 {
            return PaperSheet::default();
        }
        let slide = sheet.number.checked_sub(1).and_then(|index| document.slides.get(index));
        let note = slide.filter(|_| self.with_notes).map(export::slide_notes).unwrap_or_default();
        let title = sheet.title.trim();
        let title = if title.is_empty() { sheet.number.to_string() } else { title.to_owned() };
        PaperSheet { title, note }
    }

    /// Takes a picture of each slide or step; `write` is given its number, how many there are, and its bytes.
    pub(super) fn png(
        &self,
        scale: f64,
        mut write: impl FnMut(usize, usize, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let browser = self.browser()?;
        let files = |address: &str| self.bundle.output(address);
        let deck = Deck::open(&browser, &files, &self.entry.route, self.prepare(scale))?;
        let progress = self.reporter.progress();
        let total = deck.sheets.len();
        for index in 0..total {
            progress.at(index, total);
            write(index + 1, total, &deck.png(index)?)?;
        }
        progress.done();
        self.tell_refused(&deck);
        Ok(())
    }

    fn prepare(&self, scale: f64) -> Prepare<'_> {
        Prepare {
            steps: self.steps,
            base_url: self.bundle.config.base_url.as_deref(),
            scale,
            paper: false,
        }
    }

    fn browser(&self) -> Result<Browser> {
        let slides = &self.entry.document.slides;
        let steps: u32 = slides.iter().map(|slide| slide.steps + 1).sum();
        start(u64::from(steps))
    }

    fn tell_refused(&self, deck: &Deck<'_>) {
        let mut refused = deck.refused();
        refused.sort();
        refused.dedup();
        if !refused.is_empty() {
            let from = refused.join(", ");
            self.reporter.note(&format!("nothing is fetched from other hosts; left out: {from}"));
        }
    }
}

/// Starts the browser with time enough for some slides, or diagrams.
pub(super) fn start(slides: u64) -> Result<Browser> {
    let variable = |name: &str| std::env::var_os(name);
    let program =
        crate::browser::find(variable("KAMI_BROWSER").as_deref(), variable("PATH").as_deref())?;
    Browser::start(&program, Duration::from_secs(120 + 2 * slides))
}

/// Looks at every slide of every deck and returns what is wrong with how they are seen.
pub(super) fn measure(bundle: &Bundle, reporter: &Reporter) -> Result<Vec<Diagnostic>> {
    let decks: Vec<&Arc<Entry>> =
        bundle.catalog.entries().filter(|entry| entry.kind == Kind::Deck).collect();
    if decks.is_empty() {
        return Ok(Vec::new());
    }
    let slides: usize = decks.iter().map(|entry| entry.document.slides.len()).sum();
    let browser = start(u64::try_from(slides).unwrap_or(0))?;
    let files = |address: &str| bundle.output(address);
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let found = Mutex::new(Vec::new());
    let progress = reporter.progress();
    let work = || -> Result<()> {
        while let Some(entry) = decks.get(next.fetch_add(1, Ordering::Relaxed)) {
            let seen = crate::browser::measure(&browser, &files, &bundle.catalog, entry)
                .with_context(|| format!("measure {}", entry.document.path))?;
            found.lock().unwrap_or_else(PoisonError::into_inner).extend(seen);
            progress.at(done.fetch_add(1, Ordering::Relaxed) + 1, decks.len());
        }
        Ok(())
    };
    let outcomes: Vec<Result<()>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..PAGES_MAX.min(decks.len())).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    progress.done();
    outcomes.into_iter().collect::<Result<()>>()?;
    Ok(found.into_inner().unwrap_or_else(PoisonError::into_inner))
}
