//! What a deploy is going to do, worked out before anything is done. Knows no network.

use std::collections::HashMap;
use std::fmt::{self, Write as _};

use super::store::Held;
use crate::output::{Entry, MANIFEST, NOTE, WORKER, is_lasting};

/// What happens to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// It was not there.
    New,
    /// Its bytes are others.
    Changed,
    /// Its bytes stay; its type or how long it may be kept are others.
    Metadata,
}

/// A file that something happens to.
#[derive(Clone, Debug)]
pub struct Step {
    pub act: Act,
    pub entry: Entry,
}

/// All that is going to happen, `bundle.json` apart.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// In the order of their paths.
    pub steps: Vec<Step>,
    /// Files of the bundle there that the new one does not have.
    pub stale: Vec<String>,
    pub unchanged: usize,
    /// Whether what is stale is deleted.
    pub delete: bool,
    /// Whether there is no bundle there yet.
    pub is_first: bool,
}

impl Plan {
    /// Compares a bundle with what is there.
    pub(super) fn of(entries: &[Entry], there: &HashMap<String, Held>) -> Plan {
        let mut plan = Plan::default();
        for entry in entries {
            let wanted = Held::of(entry);
            let act = match there.get(&entry.path) {
                None => Act::New,
                Some(held) if *held == wanted => {
                    plan.unchanged += 1;
                    continue;
                }
                Some(held) if held.digest == wanted.digest => Act::Metadata,
                Some(_) => Act::Changed,
            };
            plan.steps.push(Step { act, entry: entry.clone() });
        }
        let named = |path: &str| entries.binary_search_by(|entry| (*entry.path).cmp(path)).is_ok();
        let is_stale = |path: &&String| !named(path) && !matches!(path.as_str(), MANIFEST | NOTE);
        plan.stale = there.keys().filter(is_stale).cloned().collect();
        plan.stale.sort_unstable();
        plan
    }

    pub(super) fn is_empty(&self) -> bool {
        self.steps.is_empty() && (!self.delete || self.stale.is_empty())
    }

    fn count(&self, act: Act) -> usize {
        self.steps.iter().filter(|step| step.act == act).count()
    }

    /// Returns the bytes that are sent.
    pub fn bytes(&self) -> u64 {
        let sent = self.steps.iter().filter(|step| step.act != Act::Metadata);
        sent.map(|step| step.entry.bytes).sum()
    }

    /// Names each file that something happens to, one a line.
    pub fn list(&self) -> String {
        let mut text = String::new();
        for Step { act, entry } in &self.steps {
            let word = match act {
                Act::New => "new",
                Act::Changed => "changed",
                Act::Metadata => "metadata",
            };
            writeln!(text, "{word:<9} {}", entry.path).expect("a string takes all");
        }
        let word = if self.delete { "delete" } else { "stale" };
        for path in &self.stale {
            writeln!(text, "{word:<9} {path}").expect("a string takes all");
        }
        text
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} new, {} changed, {} in metadata alone, {} {}, {} unchanged, {} bytes to send",
            self.count(Act::New),
            self.count(Act::Changed),
            self.count(Act::Metadata),
            self.stale.len(),
            if self.delete { "to delete" } else { "stale" },
            self.unchanged,
            self.bytes()
        )
    }
}

/// Returns the steps in the groups that come one after the other. What pages show comes before the pages, and a
/// page that is new before those that may link to it; what tells that there is something new comes last.
pub(super) fn phases(steps: &[Step]) -> Vec<Vec<&Step>> {
    let mut phases: Vec<Vec<&Step>> = vec![Vec::new(); 5];
    for step in steps {
        phases[phase(step)].push(step);
    }
    phases.retain(|phase| !phase.is_empty());
    phases
}

fn phase(Step { act, entry }: &Step) -> usize {
    let path = entry.path.as_str();
    let is_page = entry.content_type.starts_with("text/html");
    match act {
        _ if matches!(path, WORKER | "sitemap.xml" | "robots.txt") || path.starts_with("feed.") => {
            4
        }
        _ if is_lasting(path) => 0,
        _ if !is_page => 1,
        Act::New => 2,
        _ => 3,
    }
}
