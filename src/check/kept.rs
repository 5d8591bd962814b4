//! What there is to be meant, kept from state to state: a draft with a link to nothing must not have all names of a
//! site read anew at every key press.

use std::sync::{Arc, OnceLock};

use imbl::OrdSet;

use super::near::{Names, Wanted, nearest, question};
use crate::catalog::{Catalog, Entry};
use crate::source::SourcePath;

/// After how many changes all names are read anew, when somebody asks.
const CHANGES_MAX: usize = 200;

/// The names of a site as they were once, and the files that came, changed or went since.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    titles: OnceLock<Arc<Names>>,
    files: OnceLock<Arc<Names>>,
    since: OrdSet<SourcePath>,
}

impl Kept {
    /// Reads all names, unless they are known.
    pub fn make(&self, catalog: &Catalog) {
        self.titles(catalog);
        self.files(catalog);
    }

    /// Returns what is still known when files have changed.
    #[must_use]
    pub fn after<'a>(&self, changed: impl Iterator<Item = &'a SourcePath>) -> Kept {
        if self.titles.get().is_none() && self.files.get().is_none() {
            return Kept::default();
        }
        let mut kept = self.clone();
        kept.since.extend(changed.cloned());
        if kept.since.len() > CHANGES_MAX { Kept::default() } else { kept }
    }

    fn titles(&self, catalog: &Catalog) -> &Names {
        self.titles.get_or_init(|| {
            Arc::new(Names::borne(catalog.entries().flat_map(|entry| titles(entry))))
        })
    }

    fn files(&self, catalog: &Catalog) -> &Names {
        let files = || catalog.assets().filter_map(|(path, _)| file(path));
        self.files.get_or_init(|| Arc::new(Names::borne(files())))
    }

    /// Asks whether a document was meant.
    pub fn title_meant(&self, catalog: &Catalog, wanted: &str) -> Option<String> {
        let now = self.since.iter().filter_map(|path| catalog.entry(path));
        let now = Names::borne(now.flat_map(|entry| titles(entry)));
        self.meant(self.titles(catalog), &now, wanted)
    }

    /// Asks whether a picture or another file was meant.
    pub(super) fn file_meant(&self, catalog: &Catalog, wanted: &str) -> Option<String> {
        let now = self.since.iter().filter(|path| catalog.asset(path).is_some());
        self.meant(self.files(catalog), &Names::borne(now.filter_map(file)), wanted)
    }

    fn meant(&self, then: &Names, now: &Names, wanted: &str) -> Option<String> {
        let wanted = Wanted::of(wanted)?;
        let then = then.found(&wanted, |path| !self.since.contains(path));
        question(&nearest(then.chain(now.found(&wanted, |_| true))), "")
    }
}

/// Returns what a document answers to: its names by their spelling, its title by its readings.
fn titles(entry: &Entry) -> impl Iterator<Item = (Option<&SourcePath>, &str, &str)> {
    let path = Some(&entry.document.path);
    let labels = entry.labels().map(move |label| (path, label, label));
    let readings = entry.document.matter.reading.iter();
    labels.chain(readings.map(move |reading| (path, entry.title.as_str(), reading.as_str())))
}

fn file(path: &SourcePath) -> Option<(Option<&SourcePath>, &str, &str)> {
    let name = path.file_name();
    (!path.as_str().starts_with("static/")).then_some((Some(path), name, name))
}
