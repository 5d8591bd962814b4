//! When a document was last changed: as its history tells, else as its front matter says.

use std::cmp::Reverse;
use std::sync::Arc;

use super::Site;
use crate::catalog::Entry;

/// The last change of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change<'a> {
    /// What is newer is larger.
    pub seconds: i64,
    /// The day, or the whole time where it is known, as ISO has it.
    time: &'a str,
}

impl<'a> Change<'a> {
    /// Returns the day, such as `2011-04-23`.
    pub(super) fn day(self) -> &'a str {
        self.time.split('T').next().unwrap_or(self.time)
    }

    /// Returns day, time and zone; a day alone begins at midnight, universal time.
    pub(super) fn timestamp(self) -> String {
        whole(self.time)
    }
}

/// Writes a day as the moment at which it begins.
pub(super) fn whole(time: &str) -> String {
    if time.contains('T') { time.to_owned() } else { format!("{time}T00:00:00Z") }
}

/// Returns the last change of a document, if anything tells it.
pub(super) fn change<'a>(site: Site<'a>, entry: &'a Entry) -> Option<Change<'a>> {
    if let Some(touched) = site.history.of(&entry.document.path) {
        return Some(Change { seconds: touched.seconds, time: &touched.time });
    }
    let time = entry.document.matter.date.as_deref()?;
    let day: jiff::civil::Date = time.parse().ok()?;
    let seconds = jiff::tz::Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()?.as_second();
    Some(Change { seconds, time })
}

/// Returns the documents whose last change is known, the newest first; a redirect is no news.
pub(super) fn newest<'a>(site: Site<'a>, lang: &str) -> Vec<(Change<'a>, &'a Arc<Entry>)> {
    let works = site.catalog.works_in(lang, &site.config.lang).into_iter();
    let told = works.filter(|entry| entry.document.matter.redirect.is_none());
    let mut dated: Vec<_> = told.filter_map(|entry| Some((change(site, entry)?, entry))).collect();
    dated.sort_by(|(a, one), (b, other)| {
        (Reverse(a.seconds), &one.name, one.kind).cmp(&(
            Reverse(b.seconds),
            &other.name,
            other.kind,
        ))
    });
    dated
}
