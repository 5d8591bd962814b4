//! What all links lead to, worked out at once: for those who make every page of a site.
//!
//! A link is asked for where it is written, where it is checked, and by whoever looks for mentions.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::ties::{ByKey, Ties, identity};
use super::{Catalog, Entry, Mention, Resolution};

/// The links of one catalog, resolved.
#[derive(Debug)]
pub(super) struct Edges {
    /// By entry: what each of its links leads to.
    from: ByKey<Vec<Resolution>>,
    /// By the key of a work: the links to it, and to what has the same key.
    to: ByKey<Vec<Edge>>,
    ties: OnceLock<Ties>,
}

/// A link and what it leads to.
#[derive(Debug)]
pub(super) struct Edge {
    pub(super) mention: Mention,
    pub(super) target: Arc<Entry>,
}

/// The edges of a catalog, once somebody wanted all of them. A copy of a catalog begins without: it
/// is made to be changed.
#[derive(Debug, Default)]
pub(super) struct Known(OnceLock<Edges>);

impl Clone for Known {
    fn clone(&self) -> Known {
        Known::default()
    }
}

impl Known {
    pub(super) fn get(&self) -> Option<&Edges> {
        self.0.get()
    }

    pub(super) fn ties(&self) -> Option<&Ties> {
        self.get()?.ties.get()
    }

    /// Works out all edges, then what they tie: the second asks for the first.
    pub(super) fn fill(&self, catalog: &Catalog) {
        self.0.get_or_init(|| Edges::of(catalog)).fill_ties(catalog);
    }

    /// Forgets them: the catalog changes.
    pub(super) fn forget(&mut self) {
        self.0.take();
    }
}

impl Edges {
    fn of(catalog: &Catalog) -> Edges {
        let entries: Vec<&Arc<Entry>> = catalog.entries().collect();
        let resolved: Vec<Vec<Resolution>> =
            entries.par_iter().map(|entry| catalog.resolve_links(entry)).collect();
        let mut to: ByKey<Vec<Edge>> = HashMap::default();
        for (entry, links) in entries.iter().zip(&resolved) {
            for (link, resolution) in links.iter().enumerate() {
                if let Resolution::Document { entry: target, .. } = resolution {
                    let mention = Mention { from: Arc::clone(entry), link };
                    let edge = Edge { mention, target: Arc::clone(target) };
                    to.entry(edge.target.work_key).or_default().push(edge);
                }
            }
        }
        let keys = entries.into_iter().map(identity);
        Edges { from: keys.zip(resolved).collect(), to, ties: OnceLock::new() }
    }

    fn fill_ties(&self, catalog: &Catalog) {
        self.ties.get_or_init(|| {
            let entries: Vec<Arc<Entry>> = catalog.entries().cloned().collect();
            let links = entries.iter().map(|entry| self.from.get(&identity(entry)));
            let links: Vec<&[Resolution]> =
                links.map(|links| links.map_or(&[][..], Vec::as_slice)).collect();
            Ties::of(catalog, entries, &links)
        });
    }

    /// Returns what a link of an entry leads to.
    pub(super) fn of_link(&self, from: &Arc<Entry>, link: usize) -> Option<&Resolution> {
        self.from.get(&identity(from))?.get(link)
    }

    /// Returns the links to the work of an entry, in the order of their documents.
    pub(super) fn to(&self, entry: &Entry) -> &[Edge] {
        self.to.get(&entry.work_key).map_or(&[], Vec::as_slice)
    }
}
