//! `kami serve`: watcher, loader and server put together.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::report::Reporter;
use crate::cache;
use crate::compile::{Change, compile};
use crate::diagnostic::{Located, Severity};
use crate::load::{self, Root};
use crate::page::Options;
use crate::serve::{News, Right, Server, Updater, network_address};
use crate::source::Sources;
use crate::watch::{self, Wake, Watched, Watching};

/// How long a text that went away may take to come back: saving is often deleting first.
const SUCCESSOR: Duration = Duration::from_millis(50);
/// When a new folder is looked at once more: files may have come before its watch did.
const SECOND_LOOKS: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(400), Duration::from_millis(1600)];
/// How long a site that went away may take to come back.
const SITE_SUCCESSOR: Duration = Duration::from_secs(3);
/// How many errors one change may bring to the terminal.
const ERRORS_TOLD_MAX: usize = 20;

#[expect(clippy::struct_excessive_bools, reason = "a flag is a bool")]
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
    /// Write nothing, whatever the browser asks; on an address of the network, speak to caches as the bundle does
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
    let root = super::root_of(flags.path.as_deref())?;
    if !flags.read_only {
        super::finish(&root, reporter);
    }
    // The watch stands before the first look, so that no change falls between the two.
    let watching = watch::start(watched(&root, &Sources::new()), flags.poll)?;
    let options = Options {
        notes: true,
        drafts: flags.drafts,
        not_found_root: "/".to_owned(),
        file: super::name_of(&root),
        // Whoever asks for nothing to be written means this, too.
        memo: if flags.read_only { cache::in_memory() } else { super::memo_of(&root) },
        avif: super::avif(),
        ..Options::default()
    };
    let (sources, history) = super::with_history(&root, load::load);
    let bundle = compile(sources?, options);
    let history = history.join().unwrap_or_default();
    let bundle = bundle.with_history(history);
    let found = bundle.parse_diagnostics();
    let told: Vec<Located> = found.iter().map(|diagnostic| bundle.locate(diagnostic)).collect();
    let (server, news) = Server::bind(bundle, &flags.host, flags.port)?;
    if flags.read_only {
        server.serve_as_origin();
    }
    if reporter.is_verbose() {
        server.log_requests();
    }
    let url = address(&server, &root);
    reporter.answer(&format!("kamishibai: listening on {url}\n"));
    if !flags.read_only {
        let files = super::files_of(&root)?;
        if let Some(other) = files.serve_at(&url) {
            reporter.note(&format!("this site is served at {other}, too: both follow its files, and saves wait for each other"));
        }
        server.allow_editing(files);
    }
    tell_network(&server, &url, flags, reporter);
    for located in &told {
        reporter.diagnostic(located);
    }
    let (committed, commits) = channel();
    let follower = Follower::new(root.clone(), server.updater(), reporter.clone(), committed);
    let updater = server.updater();
    thread("history", move || remember(&root, &updater, &commits))?;
    thread("changes", move || follower.follow(&watching))?;
    let listener = reporter.clone();
    thread("terminal", move || tell(&news, told, &listener))?;
    if flags.open {
        open(&url, reporter);
    }
    server.run()
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
    let started = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    started.map(drop).context("start a thread")
}

fn watched(root: &Root, known: &Sources) -> Watched {
    let (shallow, deep) = root.watched(known);
    Watched { shallow, deep }
}

/// Reads the history again when git wrote something and the work tree stands on another commit.
fn remember(root: &Root, updater: &Updater, commits: &Receiver<()>) {
    let mut known = None;
    while commits.recv().is_ok() {
        while commits.try_recv().is_ok() {}
        let head = load::head(root);
        if head != known {
            known = head;
            updater.remember(load::history(root));
        }
    }
}

/// Prints where others find the site, and with which address another device drives it: once, and nowhere else.
fn tell_network(server: &Server, url: &str, flags: &Flags, reporter: &Reporter) {
    if server.address().ip().is_loopback() {
        return;
    }
    let port = server.address().port();
    let ip = network_address(server.address());
    let host = ip.map_or_else(
        || format!("ADDRESS-OF-THIS-MACHINE:{port}"),
        |ip| SocketAddr::new(ip, port).to_string(),
    );
    let path = url.splitn(4, '/').nth(3).unwrap_or_default();
    let token = server.token(Right::Drive);
    let what = if flags.read_only { "speaker notes" } else { "driving and speaker notes" };
    reporter.answer(&format!("{what} from another device: http://{host}/{path}?token={token}\n"));
    if flags.read_only {
        reporter.note(&format!("everybody on this network can read the site at http://{host}/{path}, and caches may keep it; pages do not follow changes by themselves"));
        return;
    }
    let token = server.token(Right::Edit);
    reporter.answer(&format!("editing from another device: http://{host}/{path}?token={token}\n"));
    reporter.note(&format!("everybody on this network can read the site at http://{host}/{path}; without the token their keys move only their own screen, and diagnostics are for this machine alone"));
}

/// Prints what the server has to say while it runs: errors as they come, and that they are gone.
fn tell(news: &Receiver<News>, told: Vec<Located>, reporter: &Reporter) {
    let mut told: Vec<Located> =
        told.into_iter().filter(|located| located.severity == Severity::Error).collect();
    for news in news {
        match news {
            News::Changed { paths, took_ms } => {
                let what = match &paths[..] {
                    [] => continue,
                    [path] => path.clone(),
                    [first, rest @ ..] => format!("{first} and {} more", rest.len()),
                };
                reporter.detail(&format!("changed: {what} ({took_ms} ms)"));
            }
            News::Note(text) => reporter.note(&text),
            News::Asked(line) => reporter.detail(&line),
            News::Errors(now) => {
                // A line that only moved is no news.
                let same = |a: &Located, b: &Located| {
                    (a.code, &a.path, &a.message) == (b.code, &b.path, &b.message)
                };
                let among = |all: &[Located], one: &Located| all.iter().any(|it| same(it, one));
                let new: Vec<&Located> = now.iter().filter(|it| !among(&told, it)).collect();
                for it in new.iter().take(ERRORS_TOLD_MAX) {
                    reporter.diagnostic(it);
                }
                if new.len() > ERRORS_TOLD_MAX {
                    let more = new.len() - ERRORS_TOLD_MAX;
                    reporter.note(&format!("and {more} more errors: kami check tells all"));
                }
                let gone = told.iter().filter(|it| !among(&now, it));
                for it in gone.take(ERRORS_TOLD_MAX) {
                    reporter.note(&format!("mended: {}: {}", it.path, it.message));
                }
                told = now;
            }
        }
    }
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

/// Turns wakes into changes. A change is not made to wait; only what went away is, for what takes its place.
struct Follower {
    root: Root,
    updater: Updater,
    reporter: Reporter,
    /// What is to be looked at, and when.
    looks: Vec<Look>,
    links: Vec<(PathBuf, PathBuf)>,
    /// Since when the site has been gone; it may be on its way back.
    gone: Option<Instant>,
    /// Where git writes, and who wants to hear of it.
    git: Vec<PathBuf>,
    committed: Sender<()>,
}

#[derive(Debug)]
struct Look {
    at: Instant,
    /// `None`: at everything.
    path: Option<PathBuf>,
    /// Whether the text at the path went away, and this look is the last word on it.
    last: bool,
}

impl Follower {
    fn new(root: Root, updater: Updater, reporter: Reporter, committed: Sender<()>) -> Follower {
        let links = load::links(&root);
        Follower {
            root,
            updater,
            reporter,
            looks: Vec::new(),
            links,
            gone: None,
            git: Vec::new(),
            committed,
        }
    }

    fn follow(mut self, watching: &Watching) {
        // Not before the first page is served: it takes as long as all else.
        self.git = load::history_folders(&self.root);
        let grew = watching.watch(self.watched());
        if grew && self.reaches_out() {
            // A picture may lie in a folder that nobody knew before the deck was read.
            self.look(Instant::now(), None, false);
        }
        loop {
            let next =
                self.looks.iter().map(|look| look.at).min().map_or(Duration::from_hours(1), |at| {
                    at.saturating_duration_since(Instant::now())
                });
            let wake = match watching.wakes.recv_timeout(next) {
                Ok(wake) => wake,
                Err(RecvTimeoutError::Timeout) => Wake::default(),
                Err(RecvTimeoutError::Disconnected) => return,
            };
            if let Some(why) = &wake.fallback {
                self.reporter.note(why);
            }
            self.wake(wake);
            self.watch(watching);
        }
    }

    fn watch(&mut self, watching: &Watching) {
        if self.reaches_out() && watching.watch(self.watched()) {
            self.look(Instant::now(), None, false);
        }
    }

    /// Tells whether files outside of the site's own folders belong to it.
    fn reaches_out(&self) -> bool {
        self.root.file.is_some() || !self.links.is_empty()
    }

    fn watched(&self) -> Watched {
        let mut watched = watched(&self.root, &self.updater.sources());
        watched.shallow.extend(self.git.iter().cloned());
        watched
    }

    fn wake(&mut self, mut wake: Wake) {
        let now = Instant::now();
        let paths = wake.paths.len();
        wake.paths.retain(|path| !self.git.iter().any(|folder| path.parent() == Some(folder)));
        if wake.paths.len() < paths || wake.everything {
            // Nobody listens any more: the program is ending.
            self.committed.send(()).ok();
        }
        wake.paths = wake.paths.iter().map(|path| self.root.path_here(path)).collect();
        let (due, later) = std::mem::take(&mut self.looks).into_iter().partition(|it| it.at <= now);
        self.looks = later;
        let due: Vec<Look> = due;
        let rules = |path: &PathBuf| load::is_rules(&self.root, path);
        let rules = wake.paths.iter().any(rules);
        if wake.everything || rules || due.iter().any(|look| look.path.is_none()) {
            if wake.everything {
                self.look_again(now, None);
            }
            self.look_at_everything(now);
            return;
        }
        for folder in wake.paths.iter().filter(|path| path.is_dir()) {
            let last = now + SECOND_LOOKS[SECOND_LOOKS.len() - 1];
            let planned = |look: &Look| {
                look.at >= last && look.path.as_ref().is_none_or(|path| folder.starts_with(path))
            };
            if !self.looks.iter().any(planned) {
                let folder = Some(folder.clone());
                self.look_again(now, folder.as_ref());
            }
        }
        let last: BTreeSet<PathBuf> =
            due.iter().filter(|look| look.last).filter_map(|look| look.path.clone()).collect();
        let mut paths = wake.paths;
        paths.extend(due.into_iter().filter_map(|look| look.path));
        if paths.iter().any(|path| path.is_dir() || path.is_symlink()) || !self.links.is_empty() {
            self.links = load::links(&self.root);
        }
        self.look_at(now, &paths, &last);
    }

    /// Looks at a folder, or at everything, a few times more.
    fn look_again(&mut self, now: Instant, folder: Option<&PathBuf>) {
        for after in SECOND_LOOKS {
            self.look(now + after, folder.cloned(), false);
        }
    }

    fn look(&mut self, at: Instant, path: Option<PathBuf>, last: bool) {
        self.looks.push(Look { at, path, last });
    }

    /// Takes in what changed at some paths; `last` are those whose successors were waited for.
    fn look_at(&mut self, now: Instant, paths: &BTreeSet<PathBuf>, last: &BTreeSet<PathBuf>) {
        let updater = self.updater.clone();
        let _turn = updater.turn();
        let paths = load::with_links(&self.root, &self.links, paths);
        let (mut changes, doubtful) = load::changes(&self.root, &self.updater.sources(), &paths);
        // What has a text is not on its way out any more.
        self.looks.retain(|look| {
            !look.last
                || look.path.as_ref().is_none_or(|it| !paths.contains(it) || doubtful.contains(it))
        });
        for path in doubtful.difference(last) {
            self.wait_for_successor(now, path);
        }
        changes.retain(|change| {
            let path = self.root.disk_path(&change.path);
            !doubtful.contains(&path) || last.contains(&path)
        });
        if !changes.is_empty() {
            self.updater.update(changes);
        }
    }

    /// Tells whether a text is away on disk, too, and not just ignored from now on.
    fn is_away(&self, change: &Change) -> bool {
        change.source.is_some() || !self.root.disk_path(&change.path).exists()
    }

    /// Looks once more at a file that went away or was emptied: a save may be under way.
    fn wait_for_successor(&mut self, now: Instant, path: &Path) {
        let waiting = |look: &Look| look.last && look.path.as_deref() == Some(path);
        if !self.looks.iter().any(waiting) {
            let path = Some(path.to_path_buf());
            self.looks.push(Look { at: now + SUCCESSOR, path, last: true });
        }
    }

    fn look_at_everything(&mut self, now: Instant) {
        let path = self.root.file.clone().unwrap_or_else(|| self.root.folder.clone());
        // Which files are ignored may have changed, too. While the folder is gone, the old one is remembered.
        let Ok(root) = Root::at(&path) else { return };
        let updater = self.updater.clone();
        let _turn = updater.turn();
        let sources = load::scan(&root);
        self.root = root;
        self.links = load::links(&self.root);
        let known = self.updater.sources();
        let has_documents =
            |sources: &Sources| sources.iter().any(|source| source.path.is_document());
        if has_documents(&known) && !has_documents(&sources) {
            let since = *self.gone.get_or_insert(now);
            if now < since + SITE_SUCCESSOR {
                return self.look(now + SECOND_LOOKS[0], None, false);
            }
        }
        self.gone = None;
        let changes = load::difference(&known, &sources).into_iter();
        let (gone, changes): (Vec<Change>, Vec<Change>) =
            changes.partition(|change| load::is_emptied(&known, change) && self.is_away(change));
        for change in gone {
            let path = self.root.disk_path(&change.path);
            self.wait_for_successor(now, &path);
        }
        if !changes.is_empty() {
            self.updater.update(changes);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::cli::report::Loudness;

    /// Tells what the served page says.
    fn said(updater: &Updater) -> String {
        let page = updater.bundle().output("wiki/Page.html");
        page.map_or_else(String::new, |page| String::from_utf8_lossy(&page.bytes).into_owned())
    }

    /// Saving is often deleting or emptying first: readers must not meet what lies between.
    #[test]
    fn what_goes_away_is_waited_for() {
        let folder = tempfile::TempDir::new().expect("the system gives a folder");
        let path = folder.path().join("wiki/Page.md");
        fs::create_dir(folder.path().join("wiki")).expect("folders are made");
        fs::write(&path, "first").expect("files are written");
        let root = Root::at(folder.path()).expect("it is a site");
        let bundle = compile(load::scan(&root), Options::default());
        let (server, _news) = Server::bind(bundle, "127.0.0.1", 0).expect("there is a port");
        let updater = server.updater();
        let reporter = Reporter::new(Loudness::Quiet, true);
        let (committed, _commits) = channel();
        let mut follower = Follower::new(root, updater.clone(), reporter, committed);
        let paths = BTreeSet::from([path.clone()]);
        let wake = || Wake { paths: paths.clone(), ..Wake::default() };
        let goes: [fn(&Path); 2] = [
            |path| fs::remove_file(path).expect("it goes"),
            |path| fs::write(path, "").expect("it is emptied"),
        ];
        for (go, next) in goes.into_iter().zip(["second", "third"]) {
            let before = said(&updater);
            go(&path);
            follower.look_at(Instant::now(), &paths, &BTreeSet::new());
            assert_eq!(said(&updater), before, "what went away may come back");
            fs::write(&path, next).expect("files are written");
            follower.wake(wake());
            assert!(said(&updater).contains(next), "{}", said(&updater));
            assert!(follower.looks.is_empty(), "nothing is waited for any more");
        }
        goes[0](&path);
        follower.look_at(Instant::now(), &paths, &BTreeSet::new());
        assert!(said(&updater).contains("third"));
        follower.look_at(Instant::now(), &paths, &paths);
        assert_eq!(said(&updater), "", "nothing came in its place");
    }
}
