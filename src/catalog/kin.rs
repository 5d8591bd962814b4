//! What stands near a document by links: what it leads to, what shares its links, whether anybody leads to it.
//!
//! Every answer looks at a bounded number of documents, so that one page costs the same on any site.

use std::sync::Arc;

use super::ties::leads_on;
use super::{Catalog, Entry, Resolution};
use crate::document::Kind;
use crate::source::SourcePath;

/// What more links lead to than this tells nothing of those that link to it.
const HUB_LINKS: usize = 40;
/// How many of a document's links are followed.
pub(super) const FOLLOWED_MAX: usize = 32;
/// What a share of a link is worth where nobody else has one.
const WORTH: u32 = 1 << 16;
/// What two documents must share: half of a link that has twelve others.
const WORTH_MIN: u32 = WORTH / 12;

impl Catalog {
    /// Returns the works that a document leads to, each once, in the versions that are meant and in the order
    /// of its links.
    pub fn linked(&self, entry: &Arc<Entry>) -> Vec<Arc<Entry>> {
        let known = self.edges.ties().and_then(|ties| ties.linked(entry));
        known.unwrap_or_else(|| self.find_linked(entry))
    }

    fn find_linked(&self, entry: &Arc<Entry>) -> Vec<Arc<Entry>> {
        let mut found: Vec<Arc<Entry>> = Vec::new();
        for link in 0..entry.document.links.len() {
            if found.len() == FOLLOWED_MAX {
                break;
            }
            if let Resolution::Document { entry: target, .. } = &*self.resolve(entry, link)
                && !target.is_work_of(entry)
                && !leads_on(target)
                && found.iter().all(|known| !Arc::ptr_eq(known, target))
            {
                found.push(Arc::clone(target));
            }
        }
        found
    }

    /// Tells whether so many links lead to a document that they tell nothing of those that have them.
    pub(super) fn is_hub(&self, entry: &Arc<Entry>) -> bool {
        let keys = self.keys_to(entry).into_iter();
        keys.map(|key| self.linking.get(key).len()).sum::<usize>() > HUB_LINKS
    }

    /// Returns the documents that lead to one, in the order of their paths; those of a hub are none.
    pub(super) fn find_linking(&self, entry: &Arc<Entry>) -> Vec<Arc<Entry>> {
        if self.is_hub(entry) {
            return Vec::new();
        }
        let mentions = self.mentions(entry).into_iter();
        let mut from: Vec<Arc<Entry>> = mentions.map(|mention| mention.from).collect();
        from.dedup_by(|a, b| Arc::ptr_eq(a, b));
        from
    }

    /// Returns the documents that share most links with one: that link to what it links to, and that are
    /// linked from where it is. A link that few have says most.
    pub fn related(&self, entry: &Arc<Entry>, count: usize) -> Vec<Arc<Entry>> {
        let known = self.edges.ties().and_then(|ties| ties.related(self, entry, count));
        known.unwrap_or_else(|| self.find_related(entry, count))
    }

    fn find_related(&self, entry: &Arc<Entry>, count: usize) -> Vec<Arc<Entry>> {
        let (to, from) = (self.find_linked(entry), self.find_linking(entry));
        let beside = to.iter().map(|target| self.find_linking(target));
        let led = from.iter().map(|from| self.find_linked(from));
        let mut shares: Vec<(&SourcePath, u32)> = Vec::new();
        let sets: Vec<Vec<Arc<Entry>>> = beside.chain(led).collect();
        for set in &sets {
            let worth = worth(set.len());
            for other in set {
                let with = self.version(other, &entry.lang);
                if !with.is_work_of(entry) && !leads_on(with) {
                    shares.push((&with.document.path, worth));
                }
            }
        }
        let near = |path: &SourcePath| {
            let with = self.entries.get(path);
            with.is_some_and(|with| to.iter().chain(&from).any(|other| other.is_work_of(with)))
        };
        let found = best(shares, near, count).into_iter();
        found.filter_map(|path| self.entries.get(path)).cloned().collect()
    }

    /// Tells whether readers find a page in no text. The page of a folder and one that leads on are none.
    pub fn is_orphan(&self, entry: &Arc<Entry>) -> bool {
        entry.kind == Kind::Page
            && !entry.document.path.file_name().starts_with("index.")
            && !leads_on(entry)
            && !self.is_mentioned(entry)
    }
}

/// Returns what a link is worth that so many documents have.
pub(super) fn worth(documents: usize) -> u32 {
    WORTH / u32::try_from(documents + 1).unwrap_or(u32::MAX)
}

/// Adds up what is shared with each document, and returns those with whom most is; what the reader sees
/// beside the page anyway comes after what they would not have found.
pub(super) fn best<K: Copy + Ord>(
    mut shares: Vec<(K, u32)>,
    is_near: impl Fn(K) -> bool,
    count: usize,
) -> Vec<K> {
    shares.sort_unstable_by_key(|(with, _)| *with);
    shares.dedup_by(|(with, worth), (last, sum)| {
        let same = with == last;
        *sum += if same { *worth } else { 0 };
        same
    });
    for (with, worth) in &mut shares {
        *worth /= 1 + u32::from(is_near(*with));
    }
    shares.retain(|(_, worth)| *worth >= WORTH_MIN);
    shares.sort_unstable_by_key(|(with, worth)| (u32::MAX - worth, *with));
    shares.into_iter().take(count).map(|(with, _)| with).collect()
}
