//! The disk stirred -> a wake. Says where to look, never what changed: who reads decides.

#![expect(
    clippy::disallowed_methods,
    reason = "asks the disk whether the site folder is still there"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use anyhow::{Context, Result};
use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{Config, Event, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};

/// How often the watcher looks whether the site folder itself was replaced.
const ROOT_CHECK: Duration = Duration::from_secs(1);
/// How often a polling watcher looks at the files.
const POLL: Duration = Duration::from_millis(500);

/// Where something stirred.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wake {
    pub paths: BTreeSet<PathBuf>,
    /// Whether something may have been missed, so that all has to be looked at.
    pub everything: bool,
}

/// What is watched: the files directly in a folder, and some folders in it at any depth.
#[derive(Clone, Debug)]
pub struct Watched {
    pub folder: PathBuf,
    pub folders: Vec<PathBuf>,
}

/// A watcher at work; it stops when dropped.
#[derive(Debug)]
pub struct Watching {
    pub wakes: Receiver<Wake>,
    /// Why polling had to stand in for the system's own events, if it had to.
    pub fallback: Option<String>,
}

/// Begins to watch.
pub fn start(watched: Watched, poll: bool) -> Result<Watching> {
    let (raw, events) = channel();
    let (wake, wakes) = channel();
    let mut fallback = None;
    let mut watcher: Box<dyn Watcher + Send> = if poll {
        polling(&raw)?
    } else {
        Box::new(
            RecommendedWatcher::new(forward(raw.clone()), Config::default())
                .context("watch the site folder")?,
        )
    };
    if let Err(error) = watch_all(&mut *watcher, &watched) {
        fallback = Some(format!(
            "{error}; looking at the files twice a second instead (fs.inotify.max_user_watches may be too small)"
        ));
        watcher = polling(&raw)?;
        watch_all(&mut *watcher, &watched).context("watch the site folder")?;
    }
    std::thread::Builder::new()
        .name("watch".to_owned())
        .spawn(move || run(watcher, &watched, &events, &wake))
        .context("start the watcher")?;
    Ok(Watching { wakes, fallback })
}

fn forward(to: Sender<notify::Result<Event>>) -> impl Fn(notify::Result<Event>) {
    move |event| {
        // Nobody listens any more: the program is ending.
        drop(to.send(event));
    }
}

fn polling(raw: &Sender<notify::Result<Event>>) -> Result<Box<dyn Watcher + Send>> {
    let config = Config::default().with_poll_interval(POLL).with_compare_contents(true);
    Ok(Box::new(PollWatcher::new(forward(raw.clone()), config).context("poll the site folder")?))
}

fn watch_all(watcher: &mut dyn Watcher, watched: &Watched) -> notify::Result<()> {
    watcher.watch(&watched.folder, RecursiveMode::NonRecursive)?;
    for folder in watched.folders.iter().filter(|folder| folder.is_dir()) {
        watcher.watch(folder, RecursiveMode::Recursive)?;
    }
    Ok(())
}

fn run(
    mut watcher: Box<dyn Watcher + Send>,
    watched: &Watched,
    events: &Receiver<notify::Result<Event>>,
    wake: &Sender<Wake>,
) {
    let mut identity = identity(&watched.folder);
    loop {
        let mut next = Wake::default();
        match events.recv_timeout(ROOT_CHECK) {
            Ok(event) => add(&mut next, event),
            Err(RecvTimeoutError::Timeout) => {
                let now = self::identity(&watched.folder);
                if now.is_some() && now != identity {
                    identity = now;
                    // What cannot be watched now is watched when it comes back.
                    drop(watch_all(&mut *watcher, watched));
                    next.everything = true;
                }
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
        while let Ok(event) = events.try_recv() {
            add(&mut next, event);
        }
        for folder in
            watched.folders.iter().filter(|folder| next.paths.contains(*folder) && folder.is_dir())
        {
            drop(watcher.watch(folder, RecursiveMode::Recursive));
        }
        if next != Wake::default() && wake.send(next).is_err() {
            return;
        }
    }
}

fn add(wake: &mut Wake, event: notify::Result<Event>) {
    match event {
        Ok(event) if event.need_rescan() => wake.everything = true,
        Ok(event) if tells(event.kind) => wake.paths.extend(event.paths),
        Ok(_) => {}
        Err(_) => wake.everything = true,
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

#[cfg(unix)]
fn identity(folder: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    folder.metadata().ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(folder: &Path) -> Option<(u64, u64)> {
    folder.metadata().ok().map(|_| (0, 0))
}
