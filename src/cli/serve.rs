//! `kami serve`: watcher, loader and server put together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::report::Reporter;
use crate::compile::compile;
use crate::load::{self, FOLDERS, Root};
use crate::page::Options;
use crate::serve::{Server, Updater};
use crate::watch::{self, Wake, Watched, Watching};

/// How long a text that went away may take to come back: saving is often deleting first.
const SUCCESSOR: Duration = Duration::from_millis(50);
/// When a new folder is looked at once more: files may have come before its watch did.
const SECOND_LOOK: Duration = Duration::from_millis(300);

#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// A site folder or one Markdown file [default: the nearest folder upwards with kami.toml, else here]
    path: Option<PathBuf>,
    /// The port to listen on
    #[arg(long, default_value_t = 4000)]
    port: u16,
    /// The address to listen on; other than loopback, the network can see the site
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Open the browser
    #[arg(long)]
    open: bool,
    /// Write nothing, whatever the browser asks
    #[arg(long)]
    read_only: bool,
    /// Show drafts too
    #[arg(long)]
    drafts: bool,
    /// Look at the files twice a second instead of waiting for the system's word (network drives)
    #[arg(long)]
    poll: bool,
}

pub(super) fn run(flags: &Flags, reporter: &Reporter) -> Result<()> {
    let root = Arc::new(super::root_of(flags.path.as_deref())?);
    // The watch stands before the first look, so that no change falls between the two.
    let watching = watch::start(watched(&root), flags.poll)?;
    let options = Options {
        notes: true,
        drafts: flags.drafts,
        not_found_root: "/".to_owned(),
        ..Options::default()
    };
    let bundle = compile(load::load(&root)?, options);
    let server = Server::bind(bundle, &flags.host, flags.port)?;
    let url = address(&server, &root);
    if let Some(why) = &watching.fallback {
        reporter.note(why);
    }
    reporter.answer(&format!("kamishibai: listening on {url}\n"));
    let updater = server.updater();
    {
        let root = Arc::clone(&root);
        std::thread::Builder::new()
            .name("changes".to_owned())
            .spawn(move || follow(&root, &watching, &updater))
            .context("start the loop")?;
    }
    let bundle = server.updater().bundle();
    reporter.diagnostics(&bundle, &bundle.parse_diagnostics());
    if flags.open {
        open(&url, reporter);
    }
    server.run()
}

fn watched(root: &Root) -> Watched {
    let folders = if root.file.is_some() {
        Vec::new()
    } else {
        FOLDERS.iter().map(|folder| root.folder.join(folder)).collect()
    };
    Watched { folder: root.folder.clone(), folders }
}

/// Returns where to look: the event, or the deck when it is all there is.
fn address(server: &Server, root: &Root) -> String {
    let bound = server.address();
    let host =
        if bound.ip().is_unspecified() { "127.0.0.1".to_owned() } else { bound.ip().to_string() };
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let deck = root.file.as_ref().and_then(|_| {
        server
            .updater()
            .bundle()
            .catalog
            .entries()
            .next()
            .map(|entry| crate::page::encode(&entry.route))
    });
    format!("http://{host}:{}/{}", bound.port(), deck.unwrap_or_default())
}

fn open(url: &str, reporter: &Reporter) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    if let Err(error) = Command::new(program).arg(url).spawn() {
        reporter.note(&format!("could not open the browser with {program}: {error}"));
    }
}

/// Turns wakes into changes until the watcher ends. A change is not made to wait; only what went
/// away is, for what takes its place.
fn follow(root: &Root, watching: &Watching, updater: &Updater) {
    let mut later: BTreeMap<PathBuf, Instant> = BTreeMap::new();
    loop {
        let next = later
            .values()
            .min()
            .map_or(Duration::from_secs(3600), |at| at.saturating_duration_since(Instant::now()));
        let wake = match watching.wakes.recv_timeout(next) {
            Ok(wake) => wake,
            Err(RecvTimeoutError::Timeout) => Wake::default(),
            Err(RecvTimeoutError::Disconnected) => return,
        };
        if wake.everything {
            if let Ok(sources) = load::load(root) {
                updater.replace(sources);
            }
            continue;
        }
        let now = Instant::now();
        let due: BTreeSet<PathBuf> =
            later.iter().filter(|(_, at)| **at <= now).map(|(path, _)| path.clone()).collect();
        later.retain(|path, _| !due.contains(path));
        for folder in wake.paths.iter().filter(|path| path.is_dir()) {
            later.entry(folder.clone()).or_insert(now + SECOND_LOOK);
        }
        let looked = wake.paths.union(&due).cloned().collect();
        let known = updater.bundle();
        let (mut changes, doubtful) = load::changes(root, &known.sources, &looked);
        for path in doubtful.difference(&due) {
            later.insert(path.clone(), now + SUCCESSOR);
        }
        changes.retain(|change| {
            let path = root.disk_path(&change.path);
            !doubtful.contains(&path) || due.contains(&path)
        });
        if !changes.is_empty()
            && let Err(message) = updater.update(changes)
        {
            drop(message);
        }
    }
}
