//! The disk stirred -> a wake. Says where to look, never what changed: who reads decides.
//!
//! The system's own events where there are any; where they are not to be had, or there are too many folders
//! for them, the files are looked at twice a second. Links are not followed: what they lead to is watched itself.

#![expect(clippy::disallowed_methods, reason = "asks the disk what is there and how old it is")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{Config, ErrorKind, Event, RecommendedWatcher, RecursiveMode, Watcher};

/// How often the watcher looks whether a watched folder itself was replaced.
const FOLDERS_CHECK: Duration = Duration::from_secs(1);
/// How often a polling watcher looks at the files.
const POLL: Duration = Duration::from_millis(500);
/// How deep folders may lie: more is a loop.
const DEPTH_MAX: usize = 32;

/// Where something stirred.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wake {
    pub paths: BTreeSet<PathBuf>,
    /// Whether something may have been missed, so that all has to be looked at.
    pub everything: bool,
    /// Why polling has to stand in for the system's own events from now on.
    pub fallback: Option<String>,
}

/// What is watched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// Folders of which the files directly in them count.
    pub shallow: BTreeSet<PathBuf>,
    /// Folders that count at any depth; they need not be there yet.
    pub deep: BTreeSet<PathBuf>,
}

/// A watcher at work; it stops when dropped.
#[derive(Debug)]
pub struct Watching {
    pub wakes: Receiver<Wake>,
    eyes: Arc<Mutex<Eyes>>,
}

/// What looks, and at what.
#[derive(Debug)]
struct Eyes {
    watched: Watched,
    events: Sender<notify::Result<Event>>,
    /// `None`: the files are looked at now and then.
    watcher: Option<RecommendedWatcher>,
}

/// What tells one state of a file from another, without its text.
type Stamp = (u64, u64, i64, i64);

/// Begins to watch; `poll` does without the system's events.
pub fn start(watched: Watched, poll: bool) -> Result<Watching> {
    let (events, received) = channel();
    let (wake, wakes) = channel();
    let mut eyes = Eyes { watched, events, watcher: None };
    if !poll && let Some(why) = eyes.open() {
        // The receiver is in this very function.
        drop(wake.send(Wake { fallback: Some(why), ..Wake::default() }));
    }
    let looker = Looker {
        stamps: eyes.watcher.is_none().then(|| stamps(&eyes.watched)),
        identities: identities(&eyes.watched),
        checked: Instant::now(),
        eyes: Arc::new(Mutex::new(eyes)),
    };
    let eyes = Arc::clone(&looker.eyes);
    std::thread::Builder::new()
        .name("watch".to_owned())
        .spawn(move || looker.run(&received, &wake))
        .context("start the watcher")?;
    Ok(Watching { wakes, eyes })
}

impl Watching {
    /// Watches these folders from now on. Tells whether there are new ones: what happened in them before has
    /// to be looked at.
    pub fn watch(&self, watched: Watched) -> bool {
        let mut eyes = self.eyes.lock().unwrap_or_else(PoisonError::into_inner);
        let eyes = &mut *eyes;
        let shallow = watched.shallow.difference(&eyes.watched.shallow);
        let shallow = shallow.map(|folder| (folder, RecursiveMode::NonRecursive));
        let deep = watched.deep.difference(&eyes.watched.deep);
        let new: Vec<_> = shallow.chain(deep.map(|it| (it, RecursiveMode::Recursive))).collect();
        if let Some(watcher) = &mut eyes.watcher {
            let failed = new.iter().find_map(|(folder, mode)| add(watcher, folder, *mode).err());
            if let Some(error) = failed {
                // The thread that looks turns to polling.
                drop(eyes.events.send(Err(error)));
            }
        }
        let grew = !new.is_empty();
        eyes.watched = watched;
        grew
    }
}

impl Eyes {
    /// Opens the system's events on all folders; where that fails, polling it is, and the reason comes back.
    fn open(&mut self) -> Option<String> {
        match watcher(&self.watched, self.events.clone()) {
            Ok(watcher) => {
                self.watcher = Some(watcher);
                None
            }
            Err(error) => {
                self.watcher = None;
                Some(fallback(&error))
            }
        }
    }
}

fn fallback(error: &notify::Error) -> String {
    format!(
        "the system cannot watch all folders ({error}), so the files are looked at twice a second\n\
         help: sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512 allows more"
    )
}

fn watcher(
    watched: &Watched,
    events: Sender<notify::Result<Event>>,
) -> notify::Result<RecommendedWatcher> {
    let config = Config::default().with_follow_symlinks(false);
    // Nobody listens any more: the program is ending.
    let mut watcher = RecommendedWatcher::new(move |event| drop(events.send(event)), config)?;
    for folder in &watched.shallow {
        add(&mut watcher, folder, RecursiveMode::NonRecursive)?;
    }
    for folder in &watched.deep {
        add(&mut watcher, folder, RecursiveMode::Recursive)?;
    }
    Ok(watcher)
}

/// Adds a folder. One that is not there is no fault: it is seen when it comes.
fn add(watcher: &mut RecommendedWatcher, folder: &Path, mode: RecursiveMode) -> notify::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    match watcher.watch(folder, mode) {
        Err(error) if is_limit(&error) => Err(error),
        _ => Ok(()),
    }
}

/// Tells whether the system has no more watches to give, or too few open files.
fn is_limit(error: &notify::Error) -> bool {
    match &error.kind {
        ErrorKind::MaxFilesWatch => true,
        // ENOSPC, EMFILE and ENFILE, as Linux and the BSDs number them.
        ErrorKind::Io(error) => matches!(error.raw_os_error(), Some(28 | 24 | 23)),
        _ => false,
    }
}

/// The thread that turns events, or what it sees itself, into wakes.
struct Looker {
    eyes: Arc<Mutex<Eyes>>,
    identities: BTreeMap<PathBuf, (u64, u64)>,
    checked: Instant,
    /// The files as they were last, when no events tell of them.
    stamps: Option<BTreeMap<PathBuf, Stamp>>,
}

impl Looker {
    fn run(mut self, events: &Receiver<notify::Result<Event>>, wake: &Sender<Wake>) {
        loop {
            let mut next = Wake::default();
            let timeout = if self.stamps.is_some() { POLL } else { FOLDERS_CHECK };
            match events.recv_timeout(timeout) {
                Ok(event) => next.add(event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            while let Ok(event) = events.try_recv() {
                next.add(event);
            }
            // The other half was dropped: nobody wants to know any more.
            if Arc::strong_count(&self.eyes) == 1 {
                return;
            }
            self.look(&mut next);
            if next != Wake::default() && wake.send(next).is_err() {
                return;
            }
        }
    }

    fn look(&mut self, next: &mut Wake) {
        let eyes = Arc::clone(&self.eyes);
        let mut eyes = eyes.lock().unwrap_or_else(PoisonError::into_inner);
        let replaced = self.folders_replaced(&eyes.watched);
        next.everything |= replaced;
        if let Some(before) = &mut self.stamps {
            let now = stamps(&eyes.watched);
            next.paths.extend(differing(before, &now));
            *before = now;
            return;
        }
        let mut why = next.fallback.take();
        if why.is_none() && (replaced || next.everything) {
            // Folders may have come that no event told of.
            why = eyes.open();
        }
        let Eyes { watched, watcher, .. } = &mut *eyes;
        let shallow = watched.shallow.iter().map(|it| (it, RecursiveMode::NonRecursive));
        let deep = watched.deep.iter().map(|it| (it, RecursiveMode::Recursive));
        // A folder that is watched may have come just now, or one that it lies in.
        let came = |folder: &PathBuf| next.paths.iter().any(|path| folder.starts_with(path));
        for (folder, mode) in shallow.chain(deep).filter(|(folder, _)| came(folder)) {
            if let Some(watcher) = watcher
                && let Err(error) = add(watcher, folder, mode)
            {
                why = Some(fallback(&error));
            }
        }
        if why.is_some() || eyes.watcher.is_none() {
            eyes.watcher = None;
            self.stamps = Some(stamps(&eyes.watched));
            next.everything = true;
            next.fallback = why;
        }
    }

    /// Tells whether a watched folder is another one than before, once a second.
    fn folders_replaced(&mut self, watched: &Watched) -> bool {
        if self.checked.elapsed() < FOLDERS_CHECK {
            return false;
        }
        self.checked = Instant::now();
        let now = identities(watched);
        // A folder that is gone is told by the folder it was in; one that stands in its place is not.
        let replaced = now.iter().any(|(folder, identity)| {
            self.identities.get(folder).is_some_and(|was| was != identity)
        });
        self.identities.extend(now);
        replaced
    }
}

impl Wake {
    fn add(&mut self, event: notify::Result<Event>) {
        match event {
            Ok(event) if event.need_rescan() => self.everything = true,
            Ok(event) if tells(event.kind) => self.paths.extend(event.paths),
            Ok(_) => {}
            Err(error) if is_limit(&error) => self.fallback = Some(fallback(&error)),
            Err(_) => self.everything = true,
        }
    }
}

/// Tells whether an event may mean new content. Writing in progress does not: the end of it does.
fn tells(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        EventKind::Modify(notify::event::ModifyKind::Data(_)) => cfg!(not(target_os = "linux")),
        _ => true,
    }
}

fn identities(watched: &Watched) -> BTreeMap<PathBuf, (u64, u64)> {
    let folders = watched.shallow.iter().chain(&watched.deep);
    let known = folders.filter_map(|folder| Some((folder.clone(), identity(folder)?)));
    known.collect()
}

#[cfg(unix)]
fn identity(folder: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    folder.metadata().ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

#[cfg(unix)]
fn stamp(path: &Path) -> Option<Stamp> {
    use std::os::unix::fs::MetadataExt;
    let metadata = path.metadata().ok()?;
    let nanoseconds = |seconds: i64, rest: i64| seconds.wrapping_mul(1_000_000_000) + rest;
    Some((
        metadata.ino(),
        metadata.size(),
        nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
        nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
    ))
}

#[cfg(not(unix))]
fn identity(folder: &Path) -> Option<(u64, u64)> {
    folder.metadata().ok().map(|_| (0, 0))
}

#[cfg(not(unix))]
fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = path.metadata().ok()?;
    let age = metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some((0, metadata.len(), i64::try_from(age.as_nanos()).ok()?, 0))
}

/// Looks at all watched files, and opens none.
fn stamps(watched: &Watched) -> BTreeMap<PathBuf, Stamp> {
    let mut stamps = BTreeMap::new();
    for folder in &watched.shallow {
        look_into(folder, DEPTH_MAX, &mut stamps);
    }
    for folder in &watched.deep {
        look_into(folder, 0, &mut stamps);
    }
    stamps
}

fn look_into(folder: &Path, depth: usize, stamps: &mut BTreeMap<PathBuf, Stamp>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".git");
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && depth < DEPTH_MAX && !hidden {
            look_into(&path, depth + 1, stamps);
        } else if !is_folder && let Some(stamp) = stamp(&path) {
            stamps.insert(path, stamp);
        }
    }
}

fn differing(
    before: &BTreeMap<PathBuf, Stamp>,
    now: &BTreeMap<PathBuf, Stamp>,
) -> BTreeSet<PathBuf> {
    let gone = before.keys().filter(|path| !now.contains_key(*path));
    let new = now.iter().filter(|(path, stamp)| before.get(*path) != Some(stamp));
    gone.chain(new.map(|(path, _)| path)).cloned().collect()
}
