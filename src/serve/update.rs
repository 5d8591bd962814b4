//! Changes -> the next state. The last good state stays up whatever happens on the way.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Instant;

use super::state::Step;
use super::{News, Shared};
use crate::compile::{Bundle, Change, recompile};
use crate::config;
use crate::diagnostic::{Located, Severity};
use crate::history::History;
use crate::source::{Content, Source, SourcePath, Sources};

const CONFIG: &str = "kami.toml";

/// Takes changes while the server runs.
#[derive(Clone, Debug)]
pub struct Updater(Arc<Shared>);

/// What could not be taken in yet.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// Changes on which the compiler failed; they are tried again with every later one.
    failed: BTreeMap<SourcePath, Change>,
    /// A configuration that cannot be read, and why: the last good one holds.
    config: Option<(Change, Vec<Located>)>,
}

impl Updater {
    pub(super) fn new(shared: Arc<Shared>) -> Updater {
        Updater(shared)
    }

    /// Returns the bundle that is being served.
    pub fn bundle(&self) -> Arc<Bundle> {
        Arc::clone(&self.0.state().bundle)
    }

    /// Waits until nobody writes the site's files. Who reads them holds on to this until the bundle has what was
    /// read, so that no older text takes the place of a newer one.
    pub fn turn(&self) -> MutexGuard<'_, ()> {
        self.0.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the sources as they were read last, whether they could be taken in or not.
    pub fn sources(&self) -> Sources {
        let waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sources = self.bundle().sources.clone();
        let held = waiting.config.iter().map(|(change, _)| change);
        for Change { path, source } in waiting.failed.values().chain(held).cloned() {
            match source {
                Some(source) => sources.insert(source),
                None => drop(sources.remove(&path)),
            }
        }
        sources
    }

    /// Compiles changes, swaps the bundle and tells the windows.
    pub fn update(&self, changes: Vec<Change>) {
        self.update_with(changes, recompile);
    }

    /// Takes in when and by whom files were changed: pages tell it from now on.
    pub fn remember(&self, history: History) {
        let began = now();
        let waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let last = self.0.state();
        if last.bundle.history != history {
            let bundle = recompile(&last.bundle, Vec::new()).with_history(history);
            let step = Step {
                last: &last,
                bundle: Arc::new(bundle),
                changed: &[],
                beside: waiting.told(),
            };
            self.take(step, began);
        }
    }

    /// Does so with a given compiler. Should it panic, the last good bundle stays up and the windows are told.
    pub fn update_with(
        &self,
        changes: Vec<Change>,
        compiler: impl Fn(&Bundle, Vec<Change>) -> Bundle,
    ) {
        let began = now();
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let last = self.0.state();
        let changes = waiting.hold_back(&last.bundle, changes);
        let paths: Vec<SourcePath> = changes.iter().map(|change| change.path.clone()).collect();
        let bundle = waiting.compile(&last.bundle, changes, &compiler);
        let step = Step { last: &last, bundle, changed: &paths, beside: waiting.told() };
        self.take(step, began);
    }

    /// Swaps the state and tells the windows and the terminal; whoever does so holds what waits.
    fn take(&self, step: Step<'_>, began: Instant) {
        let paths = step.changed.iter().map(ToString::to_string).collect();
        let state = step.take(&self.0.windows.addresses());
        let found = state.found();
        self.0.states.send_replace(Arc::new(state));
        self.0.tell(News::Changed { paths, took_ms: began.elapsed().as_millis() });
        self.0.tell(News::Errors(found));
    }
}

impl Shared {
    /// Counts the errors anew, after pages were made: a template can fail on one page alone.
    pub(super) fn recount(&self) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, next) = (self.state(), self.state().recounted());
        if next.errors != last.errors {
            let found = next.found();
            self.states.send_replace(Arc::new(next));
            self.tell(News::Errors(found));
        }
        drop(waiting);
    }

    pub(super) fn tell(&self, news: News) {
        // Nobody at the terminal: nobody to tell.
        drop(self.news.lock().unwrap_or_else(PoisonError::into_inner).send(news));
    }
}

impl Waiting {
    /// Takes a configuration that cannot be read out of the changes.
    fn hold_back(&mut self, bundle: &Bundle, mut changes: Vec<Change>) -> Vec<Change> {
        let Some(at) = changes.iter().position(|change| change.path.as_str() == CONFIG) else {
            return changes;
        };
        let errors = changes[at].source.as_ref().map_or_else(Vec::new, config_errors);
        self.config = None;
        if !errors.is_empty() && bundle.sources.text(CONFIG).is_some() {
            self.config = Some((changes.remove(at), errors));
        }
        changes
    }

    /// Compiles what waits together with what is new; if that fails, what is new alone.
    fn compile(
        &mut self,
        last: &Arc<Bundle>,
        changes: Vec<Change>,
        compiler: &impl Fn(&Bundle, Vec<Change>) -> Bundle,
    ) -> Arc<Bundle> {
        let attempt = |changes: Vec<Change>| {
            if changes.is_empty() {
                return Some(Arc::clone(last));
            }
            catch_unwind(AssertUnwindSafe(|| Arc::new(compiler(last, changes)))).ok()
        };
        let mut all = self.failed.clone();
        all.extend(changes.iter().cloned().map(|change| (change.path.clone(), change)));
        if let Some(bundle) = attempt(all.values().cloned().collect()) {
            self.failed.clear();
            return bundle;
        }
        let alone = (all.len() > changes.len()).then(|| attempt(changes)).flatten();
        if alone.is_none() {
            self.failed = all;
        }
        alone.unwrap_or_else(|| Arc::clone(last))
    }

    fn told(&self) -> Vec<Located> {
        let failed = self.failed.keys().map(|path| Located {
            code: "internal",
            severity: Severity::Error,
            path: path.to_string(),
            line: 1,
            column: 1,
            message: "the compiler failed on this change; the last good state is shown".to_owned(),
            help: "this is a fault of kamishibai: please report it with the file; another change is tried at once".to_owned(),
            excerpt: String::new(),
            skipped: 0,
            width: 1,
        });
        let held = self.config.iter().flat_map(|(_, errors)| errors.iter().cloned());
        held.chain(failed).collect()
    }
}

fn config_errors(source: &Source) -> Vec<Located> {
    let text = source.as_text().unwrap_or("");
    if let Content::Unusable(fault) = &source.content {
        return vec![Located {
            code: fault.code,
            severity: Severity::Error,
            path: source.path.to_string(),
            line: fault.line,
            column: fault.column,
            message: fault.message.clone(),
            help: fault.help.clone(),
            excerpt: String::new(),
            skipped: 0,
            width: 1,
        }];
    }
    let found = config::parse(text).1;
    let errors = found.iter().filter(|found| found.rule.severity == Severity::Error);
    let help = "mend the line shown; until then the last good configuration holds";
    errors.map(|found| Located { help: help.to_owned(), ..found.locate(text) }).collect()
}

#[expect(clippy::disallowed_methods, reason = "an edge may time itself")]
fn now() -> Instant {
    Instant::now()
}
