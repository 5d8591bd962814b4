//! When and by whom files were last changed: an input beside the texts.
//!
//! Read from git at the edge; where there is no history, front matter tells dates.

use std::sync::Arc;

use imbl::OrdMap;

use crate::source::SourcePath;

/// The last changes of the files of a site. Cheap to copy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History(OrdMap<SourcePath, Arc<Touched>>);

/// The last change of one file, and who changed it at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// Seconds since 1970: what is newer is larger.
    pub seconds: i64,
    /// The time as an ISO date with time and zone, as its writer's clock had it.
    pub time: String,
    /// Who changed the file, who did so most often first.
    pub authors: Vec<Arc<str>>,
}

impl History {
    pub fn new(files: impl IntoIterator<Item = (SourcePath, Touched)>) -> History {
        History(files.into_iter().map(|(path, touched)| (path, Arc::new(touched))).collect())
    }

    pub fn of(&self, path: &SourcePath) -> Option<&Touched> {
        self.0.get(path).map(|touched| &**touched)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Touched {
    /// Returns the day, such as `2011-04-23`.
    pub fn day(&self) -> &str {
        self.time.split('T').next().unwrap_or(&self.time)
    }
}
