//! Entries by the key of a name.

use std::sync::Arc;

use super::Entry;
use super::names::KeyMap;

/// Entries by the key of a name, those of one key in the order of their paths. Cheap to copy.
#[derive(Clone, Debug, Default)]
pub(super) struct Table(KeyMap<Vec<Arc<Entry>>>);

impl Table {
    /// Makes the table of many entries that are in the order of their paths. All keys are sorted
    /// first, so that each is looked up once.
    pub(super) fn of<'a, K: Iterator<Item = u64>>(
        entries: &'a [Arc<Entry>],
        keys: impl Fn(&'a Entry) -> K,
    ) -> Table {
        let pairs = entries.iter().enumerate();
        let pairs = pairs.flat_map(|(index, entry)| keys(entry).map(move |key| (key, index)));
        let mut pairs: Vec<(u64, usize)> = pairs.collect();
        pairs.sort_unstable();
        let lists = pairs.chunk_by(|(a, _), (b, _)| a == b).map(|same| {
            (same[0].0, same.iter().map(|(_, index)| Arc::clone(&entries[*index])).collect())
        });
        Table(lists.collect())
    }

    pub(super) fn get(&self, key: u64) -> &[Arc<Entry>] {
        self.0.get(&key).map_or(&[], Vec::as_slice)
    }

    pub(super) fn enter(&mut self, key: u64, entry: &Arc<Entry>) {
        let list = self.0.entry(key).or_default();
        let path = &entry.document.path;
        // Mostly the last: entries come in the order of their paths.
        let at = match list.last() {
            Some(last) if last.document.path > *path => {
                list.partition_point(|other| other.document.path < *path)
            }
            _ => list.len(),
        };
        list.insert(at, Arc::clone(entry));
    }

    pub(super) fn leave(&mut self, key: u64, entry: &Arc<Entry>) {
        if let Some(list) = self.0.get_mut(&key) {
            list.retain(|other| !Arc::ptr_eq(other, entry));
            if list.is_empty() {
                self.0.remove(&key);
            }
        }
    }
}
