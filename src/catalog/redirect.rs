//! Pages that only lead on: where whoever follows them arrives, and who arrives at a document by way of them.

use std::collections::HashSet;
use std::sync::Arc;

use super::resolve::{Resolution, bare, place};
use super::ties::leads_on;
use super::{Catalog, Entry};

/// Where a redirect leads.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub entry: Arc<Entry>,
    /// The heading or slide that the redirect names, as written.
    pub anchor: Option<String>,
}

impl Arrival {
    /// Returns the fragment of the place that is named, if the document has it.
    pub fn fragment(&self) -> Option<String> {
        match place(Arc::clone(&self.entry), self.anchor.as_deref(), Vec::new()) {
            Resolution::Document { fragment, .. } => fragment,
            _ => None,
        }
    }

    /// Tells whether the document has no such place.
    pub fn is_lost(&self) -> bool {
        !leads_on(&self.entry) && self.anchor.is_some() && self.fragment().is_none()
    }
}

impl Catalog {
    /// Returns the document that a page with `redirect:` names.
    pub fn redirect(&self, entry: &Arc<Entry>) -> Option<Arc<Entry>> {
        self.next(entry).map(|next| next.entry)
    }

    /// Returns what a page with `redirect:` names, and the place in it.
    pub fn next(&self, entry: &Arc<Entry>) -> Option<Arrival> {
        let target = entry.document.matter.redirect.as_deref()?;
        let whole = self.titled(entry, bare(target.trim()));
        let found =
            whole.map(|(found, _)| Arrival { entry: found, anchor: None }).or_else(|| {
                let (name, anchor) = target.split_once('#')?;
                let (found, _) = self.titled(entry, bare(name.trim()))?;
                let anchor = Some(anchor.trim().to_owned()).filter(|anchor| !anchor.is_empty());
                Some(Arrival { entry: found, anchor })
            })?;
        (!Arc::ptr_eq(&found.entry, entry)).then_some(found)
    }

    /// Returns where somebody arrives in the end who opens a page with `redirect:`; nowhere, where it leads to
    /// nothing or round in a circle.
    pub fn arrival(&self, entry: &Arc<Entry>) -> Option<Arrival> {
        let mut last = self.next(entry)?;
        let mut met = HashSet::from([Arc::as_ptr(entry)]);
        while leads_on(&last.entry) {
            if !met.insert(Arc::as_ptr(&last.entry)) {
                return None;
            }
            let Some(next) = self.next(&last.entry) else { break };
            last = Arrival { anchor: next.anchor.or(last.anchor), ..next };
        }
        Some(last)
    }

    /// Returns the keys that a link may have which leads to an entry's work, at once or by way of redirects.
    pub(super) fn keys_to(&self, entry: &Arc<Entry>) -> Vec<u64> {
        let mut ways: Vec<&Arc<Entry>> = self.versions(entry);
        let mut met: HashSet<*const Entry> = ways.iter().map(|way| Arc::as_ptr(way)).collect();
        let mut at = 0;
        while let Some(way) = ways.get(at).copied() {
            let from = way.known_by().flat_map(|key| self.leading.get(key));
            let leads_here = |from: &&Arc<Entry>| {
                !met.contains(&Arc::as_ptr(from))
                    && self.redirect(from).is_some_and(|target| target.is_work_of(way))
            };
            let found: Vec<&Arc<Entry>> = from.filter(leads_here).collect();
            ways.extend(found.into_iter().filter(|from| met.insert(Arc::as_ptr(from))));
            at += 1;
        }
        ways.into_iter().flat_map(|way| way.known_by()).collect()
    }
}
