//! The loss of an origin, rehearsed: what a cache before a bundle shows its readers, minute by minute.
//!
//! The cache does what the bundle's `Cache-Control` says and waits as long as `kami template cloudfront` lets it.
//! Its clock is a number, so the same site and the same time line give the same table.

use std::convert::Infallible;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use crate::compile::Bundle;
use crate::output::{MANIFEST, cache_control, content_type};

/// How long the cache tries to reach an origin: two attempts of three seconds.
const CONNECT_SECONDS: u64 = 2 * 3;
/// How long it waits for an answer: two attempts of five seconds.
const READ_SECONDS: u64 = 2 * 5;
const MINUTE: u64 = 60;
/// How long a time line may be.
const MINUTES_MAX: u64 = 60 * 24 * 60;

/// What the origin does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Well,
    /// It takes requests and falls silent.
    Slow,
    /// It answers 503.
    Errors,
    /// Nobody is there.
    Gone,
    /// It is well again.
    Back,
}

impl Origin {
    const ALL: [(&'static str, Origin); 5] = [
        ("well", Origin::Well),
        ("slow", Origin::Slow),
        ("errors", Origin::Errors),
        ("gone", Origin::Gone),
        ("back", Origin::Back),
    ];

    fn name(self) -> &'static str {
        Origin::ALL.iter().find(|(_, origin)| *origin == self).map_or("", |(name, _)| name)
    }

    pub fn answers(self) -> bool {
        matches!(self, Origin::Well | Origin::Back)
    }

    /// Returns how long one waits until it is sure that nothing comes, and what a reader is then told.
    fn failure(self) -> (u64, u16) {
        match self {
            Origin::Slow => (READ_SECONDS, 504),
            Origin::Gone => (CONNECT_SECONDS, 502),
            _ => (0, 503),
        }
    }
}

/// A part of the time line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phase {
    pub origin: Origin,
    pub minutes: u64,
}

/// The days of April 2011, about as they were.
pub const DEFAULT_TIMELINE: &str = "well 10m, slow 30m, errors 30m, gone 3d, back 30m";

/// Reads a time line such as `well 5m, gone 3h, back 5m`; an error says what is wrong with it.
pub fn timeline(text: &str) -> Result<Vec<Phase>, String> {
    let phases: Vec<Phase> = text.split(',').map(phase).collect::<Result<_, _>>()?;
    let all: u64 = phases.iter().map(|phase| phase.minutes).sum();
    if all > MINUTES_MAX {
        return Err(format!("the time line has {all} minutes, and 60 days are the most"));
    }
    Ok(phases)
}

fn phase(text: &str) -> Result<Phase, String> {
    let text = text.trim();
    let (name, time) = text
        .split_once(char::is_whitespace)
        .ok_or_else(|| format!("`{text}` is no part of a time line, such as `gone 3h`"))?;
    let origin = Origin::ALL.iter().find(|(known, _)| *known == name).map(|(_, origin)| *origin);
    let origin = origin
        .ok_or_else(|| format!("`{name}` is none of `well`, `slow`, `errors`, `gone`, `back`"))?;
    let time = time.trim();
    let unit = time.char_indices().next_back().map_or(0, |(at, _)| at);
    let factor = match &time[unit..] {
        "m" => 1,
        "h" => 60,
        "d" => 24 * 60,
        _ => {
            return Err(format!(
                "`{time}` is no time: write minutes `30m`, hours `3h` or days `3d`"
            ));
        }
    };
    let count: u64 =
        time[..unit].parse().ok().filter(|count| (1..=MINUTES_MAX).contains(count)).ok_or_else(
            || format!("`{time}` is no time: write minutes `30m`, hours `3h` or days `3d`"),
        )?;
    Ok(Phase { origin, minutes: count * factor })
}

/// What a cache is told about how long a file may be kept, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Caching {
    fresh: u64,
    while_revalidate: u64,
    if_error: u64,
}

impl Caching {
    /// Reads what counts for a cache that many share.
    fn of(header: &str) -> Caching {
        let value = |name: &str| {
            header.split(',').find_map(|part| {
                part.trim().strip_prefix(name)?.strip_prefix('=')?.trim().parse::<u64>().ok()
            })
        };
        let has = |name: &str| header.split(',').any(|part| part.trim() == name);
        if has("no-store") || has("private") {
            return Caching::default();
        }
        let fresh = value("s-maxage").or_else(|| value("max-age")).unwrap_or(0);
        if has("must-revalidate") || has("no-cache") {
            return Caching {
                fresh: if has("no-cache") { 0 } else { fresh },
                ..Caching::default()
            };
        }
        Caching {
            fresh,
            while_revalidate: value("stale-while-revalidate").unwrap_or(0),
            if_error: value("stale-if-error").unwrap_or(0),
        }
    }
}

/// What a reader sees; times are in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    Page { age: u64, waited: u64 },
    Spare { waited: u64 },
    Error { status: u16, waited: u64 },
}

impl Seen {
    /// Tells whether two readers would say the same of what they saw, but for its age.
    fn is_like(self, other: Seen) -> bool {
        match (self, other) {
            (Seen::Page { waited: a, .. }, Seen::Page { waited: b, .. }) => a == b,
            _ => self == other,
        }
    }
}

/// A file in the cache: since when, if at all.
#[derive(Clone, Copy, Debug)]
struct Kept {
    caching: Caching,
    since: Option<u64>,
    /// Whether nobody has read it before: it is never in the cache.
    unread: bool,
}

impl Kept {
    /// Serves one reader at a time.
    fn serve(&mut self, now: u64, origin: Origin, spare: bool) -> Seen {
        let since = if self.unread { None } else { self.since };
        let Some(since) = since else { return self.fetch(now, origin, spare) };
        let (age, caching) = (now - since, self.caching);
        if age < caching.fresh {
            return Seen::Page { age, waited: 0 };
        }
        let stale = age - caching.fresh;
        if stale < caching.while_revalidate {
            // The old copy goes out at once, and behind the reader's back a new one is fetched.
            if origin.answers() {
                self.since = Some(now);
            }
            return Seen::Page { age, waited: 0 };
        }
        match self.fetch(now, origin, spare) {
            Seen::Error { waited, .. } if stale < caching.if_error => Seen::Page { age, waited },
            seen => seen,
        }
    }

    fn fetch(&mut self, now: u64, origin: Origin, spare: bool) -> Seen {
        if origin.answers() {
            self.since = Some(now);
            return Seen::Page { age: 0, waited: 0 };
        }
        let (waited, status) = origin.failure();
        if spare {
            // What the spare answers is kept like the origin's own.
            self.since = Some(now);
            return Seen::Spare { waited };
        }
        Seen::Error { status, waited }
    }
}

/// What is asked of a drill.
#[derive(Clone, Debug)]
pub struct Drill {
    /// The addresses that readers ask for, each once a minute.
    pub pages: Vec<String>,
    pub timeline: Vec<Phase>,
    /// Whether a second origin stands behind the first.
    pub spare: bool,
}

/// Some minutes in which nothing changed for any reader.
struct Row {
    from: u64,
    to: u64,
    origin: Origin,
    seen: Vec<Seen>,
}

impl Drill {
    /// Returns how many minutes it takes.
    pub fn minutes(&self) -> u64 {
        self.timeline.iter().map(|phase| phase.minutes).sum()
    }

    /// Returns the addresses that show most: a page, a file that is kept for ever, one that is asked for each time.
    pub fn pages_of(bundle: &Bundle) -> Vec<String> {
        let addresses = bundle.addresses_beside_search();
        let mut pages = vec!["index.html".to_owned()];
        pages.extend(
            addresses.into_iter().find(|address| content_type(address).starts_with("text/css")),
        );
        pages.push(MANIFEST.to_owned());
        pages
    }

    /// Rehearses, and returns what readers see as a table.
    pub fn table(&self) -> String {
        let known = self.pages.iter().map(|page| Kept {
            caching: Caching::of(cache_control(page)),
            since: None,
            unread: false,
        });
        let unread =
            Kept { caching: Caching::of(cache_control("page.html")), since: None, unread: true };
        let mut kept: Vec<Kept> = known.chain([unread]).collect();
        let see = |minute: u64, origin| {
            let now = minute * MINUTE;
            Ok(kept.iter_mut().map(|it| it.serve(now, origin, self.spare)).collect())
        };
        self.table_of(see).unwrap_or_else(|never: Infallible| match never {})
    }

    /// Returns as a table what readers see, a minute after the other: those of each page, and of one that nobody has
    /// read before.
    pub fn table_of<E>(
        &self,
        see: impl FnMut(u64, Origin) -> Result<Vec<Seen>, E>,
    ) -> Result<String, E> {
        let rows = self.rows(see)?;
        let mut lines = vec![vec!["minute".to_owned(), "origin".to_owned()]];
        lines[0].extend(self.pages.iter().cloned());
        lines[0].push("a page never read before".to_owned());
        for row in &rows {
            let minutes = if row.from == row.to {
                row.from.to_string()
            } else {
                format!("{}-{}", row.from, row.to)
            };
            let mut line = vec![minutes, row.origin.name().to_owned()];
            line.extend(row.seen.iter().map(|seen| told(*seen)));
            lines.push(line);
        }
        let columns = lines[0].len();
        let width =
            |column: usize| lines.iter().map(|line| line[column].width()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut out = String::new();
        for line in &lines {
            let mut text = String::new();
            for (cell, width) in line.iter().zip(&widths) {
                let gap = width - cell.width() + 2;
                write!(text, "{cell}{:gap$}", "").expect("a string takes all");
            }
            out.push_str(text.trim_end());
            out.push('\n');
        }
        Ok(out)
    }

    fn rows<E>(
        &self,
        mut see: impl FnMut(u64, Origin) -> Result<Vec<Seen>, E>,
    ) -> Result<Vec<Row>, E> {
        let mut rows: Vec<Row> = Vec::new();
        let mut minute = 0;
        for phase in &self.timeline {
            let mut is_new = true;
            for _ in 0..phase.minutes {
                let seen = see(minute, phase.origin)?;
                match rows.last_mut().filter(|row| !is_new && is_same(&row.seen, &seen)) {
                    Some(row) => {
                        row.to = minute;
                        row.seen = row.seen.iter().zip(seen).map(|(a, b)| older(*a, b)).collect();
                    }
                    None => {
                        rows.push(Row { from: minute, to: minute, origin: phase.origin, seen });
                    }
                }
                is_new = false;
                minute += 1;
            }
        }
        Ok(rows)
    }
}

fn is_same(a: &[Seen], b: &[Seen]) -> bool {
    a.iter().zip(b).all(|(a, b)| a.is_like(*b))
}

fn older(a: Seen, b: Seen) -> Seen {
    match (a, b) {
        (Seen::Page { age: first, waited }, Seen::Page { age: second, .. }) => {
            Seen::Page { age: first.max(second), waited }
        }
        _ => b,
    }
}

fn told(seen: Seen) -> String {
    let after = |waited: u64| match waited {
        0 => "at once".to_owned(),
        seconds => format!("after {seconds} s"),
    };
    match seen {
        Seen::Page { age: 0, waited } => format!("new, {}", after(waited)),
        Seen::Page { age, waited } => format!("up to {} old, {}", time(age), after(waited)),
        Seen::Spare { waited } => format!("the spare's, {}", after(waited)),
        Seen::Error { status, waited } => format!("error {status}, {}", after(waited)),
    }
}

fn time(seconds: u64) -> String {
    match seconds / MINUTE {
        minutes @ 0..=119 => format!("{minutes} min"),
        minutes @ 120..=2879 => format!("{} h", minutes / 60),
        minutes => format!("{} days", minutes / 60 / 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rehearsed(pages: &[&str], line: &str, spare: bool) -> String {
        let pages = pages.iter().map(|it| (*it).to_owned()).collect();
        Drill { pages, timeline: timeline(line).expect("it is one"), spare }.table()
    }

    #[test]
    fn old_copies_keep_the_shop_open() {
        let table = "\
minute     origin  index.html                        assets/a.css                  bundle.json            a page never read before
0-9        well    up to 5 min old, at once          up to 9 min old, at once      new, at once           new, at once
10-39      slow    up to 34 min old, at once         up to 39 min old, at once     error 504, after 10 s  error 504, after 10 s
40-69      errors  up to 64 min old, at once         up to 69 min old, at once     error 503, at once     error 503, at once
70-1449    gone    up to 24 h old, at once           up to 24 h old, at once       error 502, after 6 s   error 502, after 6 s
1450-4389  gone    up to 3 days old, after 6 s       up to 3 days old, at once     error 502, after 6 s   error 502, after 6 s
4390-4419  back    up to 5 min old, at once          up to 3 days old, at once     new, at once           new, at once
";
        let pages = ["index.html", "assets/a.css", "bundle.json"];
        let squeezed = |table: &str| {
            table
                .lines()
                .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
                .collect::<Vec<_>>()
        };
        assert_eq!(squeezed(&rehearsed(&pages, DEFAULT_TIMELINE, false)), squeezed(table));
    }

    #[test]
    fn a_week_is_the_end_and_a_spare_is_not() {
        let alone = rehearsed(&["index.html"], "well 1m, gone 9d", false);
        assert!(alone.contains("up to 7 days old, after 6 s"), "{alone}");
        assert!(alone.lines().last().is_some_and(|line| line.contains("error 502, after 6 s")));
        let spared = rehearsed(&["index.html"], "well 1m, gone 9d", true);
        assert!(!spared.contains("error") && spared.contains("the spare's, after 6 s"), "{spared}");
    }

    #[test]
    fn a_time_line_that_is_none_is_told() {
        for line in [
            "",
            "gone",
            "gone 3",
            "gone 0m",
            "away 3h",
            "gone 3h,",
            "gone 61d",
            "gone 99999999999999999999d",
            "gone 3雨",
        ] {
            assert!(timeline(line).is_err(), "{line}");
        }
        assert_eq!(timeline("gone  2h").map(|it| it[0].minutes), Ok(120));
    }

    #[test]
    fn what_is_for_one_reader_is_not_kept() {
        for header in ["private, max-age=60", "no-store", ""] {
            assert_eq!(Caching::of(header), Caching::default(), "{header}");
        }
        assert_eq!(Caching::of("max-age=9, s-maxage=7").fresh, 7);
    }
}
