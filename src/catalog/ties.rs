//! Who is tied to whom, by numbers: for those who make every page of a site.
//!
//! Says what `kin` says for one document, and the same. To follow the links of links from document to document
//! takes ten times as long, for hardly one of them is at hand in the processor.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use rayon::prelude::*;

use super::kin::{FOLLOWED_MAX, best, worth};
use super::names::{KeyHasher, mix};
use super::{Catalog, Entry, Resolution};

pub(super) type ByKey<T> = HashMap<u64, T, BuildHasherDefault<KeyHasher>>;

/// The documents of a catalog by number, in the order of their paths.
#[derive(Debug)]
pub(super) struct Ties {
    entries: Vec<Arc<Entry>>,
    places: ByKey<u32>,
    /// Whether a document is a work of one version that leads nowhere else: nearly all are.
    plain: Vec<bool>,
    to: Vec<Vec<u32>>,
    from: Vec<Vec<u32>>,
}

impl Ties {
    /// Ties all documents, by what each of their links leads to.
    pub(super) fn of(catalog: &Catalog, entries: Vec<Arc<Entry>>, links: &[&[Resolution]]) -> Ties {
        let places: ByKey<u32> = (0..).zip(&entries).map(|(at, it)| (identity(it), at)).collect();
        let plain: Vec<bool> = entries
            .iter()
            .map(|entry| catalog.versions(entry).len() == 1 && !leads_on(entry))
            .collect();
        let mut ties = Ties {
            to: vec![Vec::new(); entries.len()],
            from: vec![Vec::new(); entries.len()],
            entries,
            places,
            plain,
        };
        for (from, links) in (0..).zip(links) {
            for link in *links {
                if let Resolution::Document { entry: target, .. } = link
                    && let Some(to) = ties.places.get(&identity(target)).copied()
                {
                    ties.tie(catalog, from, to);
                }
            }
        }
        let all = ties.entries.par_iter().zip(&ties.plain).zip(&mut ties.from);
        all.for_each(|((entry, plain), from)| {
            if catalog.is_hub(entry) {
                from.clear();
            } else if !plain {
                let linking = catalog.find_linking(entry);
                *from = linking
                    .iter()
                    .filter_map(|it| ties.places.get(&identity(it)))
                    .copied()
                    .collect();
            }
        });
        ties
    }

    fn tie(&mut self, catalog: &Catalog, from: u32, to: u32) {
        let (source, target) = (from as usize, to as usize);
        let plain = [self.plain[source], self.plain[target]];
        let [one, other] = [source, target].map(|at| &self.entries[at]);
        let same = source == target || (plain != [true; 2] && one.is_work_of(other));
        if same {
            return;
        }
        let led = &mut self.to[source];
        if led.len() < FOLLOWED_MAX && (plain[1] || !leads_on(other)) && !led.contains(&to) {
            led.push(to);
        }
        let known = self.from[target].last() == Some(&from);
        if plain[1] && !known && (plain[0] || catalog.speaks_of(one, other)) {
            self.from[target].push(from);
        }
    }

    fn place(&self, entry: &Arc<Entry>) -> Option<usize> {
        self.places.get(&identity(entry)).map(|at| *at as usize)
    }

    /// Returns the works that a document leads to.
    pub(super) fn linked(&self, entry: &Arc<Entry>) -> Option<Vec<Arc<Entry>>> {
        let to = &self.to[self.place(entry)?];
        Some(to.iter().map(|at| Arc::clone(&self.entries[*at as usize])).collect())
    }

    /// Returns the documents that share most links with one.
    pub(super) fn related(
        &self,
        catalog: &Catalog,
        entry: &Arc<Entry>,
        count: usize,
    ) -> Option<Vec<Arc<Entry>>> {
        let own = self.place(entry)?;
        let (to, from) = (&self.to[own], &self.from[own]);
        let beside = to.iter().map(|at| &self.from[*at as usize]);
        let led = from.iter().map(|at| &self.to[*at as usize]);
        let mut shares: Vec<(u32, u32)> = Vec::with_capacity(96);
        for set in beside.chain(led) {
            let worth = worth(set.len());
            for &at in set {
                if self.plain[at as usize] {
                    shares.extend((at as usize != own).then_some((at, worth)));
                    continue;
                }
                let with = catalog.version(&self.entries[at as usize], &entry.lang);
                if !with.is_work_of(entry) && !leads_on(with) {
                    shares.extend(self.places.get(&identity(with)).map(|at| (*at, worth)));
                }
            }
        }
        let near = |at: u32| {
            let mut beside = to.iter().chain(from);
            let with = at as usize;
            if self.plain[with] {
                return beside.any(|other| *other == at);
            }
            beside.any(|other| self.entries[*other as usize].is_work_of(&self.entries[with]))
        };
        let found = best(shares, near, count).into_iter();
        Some(found.map(|at| Arc::clone(&self.entries[at as usize])).collect())
    }
}

/// Tells whether a page only leads on to another.
pub(super) fn leads_on(entry: &Entry) -> bool {
    entry.document.matter.redirect.is_some()
}

pub(super) fn identity(entry: &Arc<Entry>) -> u64 {
    mix(Arc::as_ptr(entry).addr() as u64)
}
