//! A browser of our own: Chromium without a window, for what only a browser can tell or draw.
//!
//! It sees the files of one bundle and nothing else, on no network; it is told what to do through
//! two pipes, waits for things and never for a time, and ends with whoever started it.

#![expect(
    clippy::disallowed_methods,
    reason = "this is where Chromium is started, and given a time"
)]

mod deck;
mod find;
mod measure;
mod mermaid;
mod page;
mod pipe;

use std::fs::DirBuilder;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value as Json, json};

pub use deck::{Deck, Prepare, Sheet};
pub use find::find;
pub use measure::measure;
pub use mermaid::{Sketch, sketch};
pub use page::Page;
use pipe::{Pipe, lock};

/// How long the browser may take to begin.
const START: Duration = Duration::from_secs(30);
/// How long it may take to end when it is asked to.
const END: Duration = Duration::from_secs(5);

/// Chromium wants its two pipes at 3 and 4. The shell waits for it and takes its profile away, also
/// when this program is no more.
const SHELL: &str = "profile=$1; shift; \"$@\" 3<&0 4>&1 </dev/null >&2; rm -rf -- \"$profile\"";

const FLAGS: [&str; 22] = [
    "--headless",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
    // Every name is unknown: what is not of the bundle is not there.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-crash-reporter",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-features=Translate,HttpsUpgrades,OptimizationHints,MediaRouter",
    "--disable-quic",
    "--disable-renderer-backgrounding",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--metrics-recording-only",
    "--mute-audio",
    "--password-store=basic",
];

/// A running browser.
#[derive(Debug)]
pub struct Browser {
    child: Child,
    pipe: Pipe,
    /// What the browser says of itself and not of a page.
    own: Mutex<Receiver<Json>>,
    profile: PathBuf,
    deadline: Instant,
}

impl Browser {
    /// Starts a browser that has this long for all that it will be asked.
    pub fn start(program: &Path, time: Duration) -> Result<Browser> {
        let profile = make_profile()?;
        let mut shell = Command::new("sh");
        shell.args(["-c", SHELL, "kami"]).arg(&profile).arg(program).args(FLAGS);
        shell.arg(format!("--user-data-dir={}", profile.display()));
        // Chromium refuses its sandbox to root, who has it only in containers.
        if rustix::process::geteuid().is_root() {
            shell.arg("--no-sandbox");
        }
        shell.arg("about:blank");
        // A Ctrl-C at the terminal is for this program; the browser ends when the pipes do.
        shell.process_group(0);
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child =
            shell.spawn().with_context(|| format!("start the browser {}", program.display()))?;
        let ends = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(to), Some(from), Some(errors)) = ends else { bail!("the browser has no pipes") };
        let pipe = Pipe::new(to, from, errors)?;
        let own = Mutex::new(pipe.route(""));
        let deadline = Instant::now() + START;
        let mut browser = Browser { child, pipe, own, profile, deadline };
        browser
            .call("Browser.getVersion", &json!({}))
            .with_context(|| format!("{} does not work as a browser", program.display()))?;
        browser.deadline = Instant::now() + time;
        Ok(browser)
    }

    /// Asks the browser itself for something and waits for the answer.
    fn call(&self, method: &str, parameters: &Json) -> Result<Json> {
        let own = lock(&self.own);
        let id = self.pipe.send("", method, parameters)?;
        loop {
            let message = self.receive(&own, method)?;
            if message["id"] == id {
                return answer(message, method);
            }
        }
    }

    /// Waits for the next message of a session.
    fn receive(&self, from: &Receiver<Json>, awaited: &str) -> Result<Json> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        from.recv_timeout(left).map_err(|error| match error {
            RecvTimeoutError::Timeout => anyhow!(
                "the browser did not answer in time (waiting for {awaited})\nhelp: try again when the machine is less busy; a deck with very large pictures may need smaller ones"
            ),
            RecvTimeoutError::Disconnected => self.ended(),
        })
    }

    /// Says that the browser is no more, and what it said last.
    fn ended(&self) -> anyhow::Error {
        let words = self.pipe.words();
        let said = if words.is_empty() { String::new() } else { format!(": {words}") };
        let help = if words.contains("sandbox") {
            "its sandbox does not work here: allow user namespaces, or name in KAMI_BROWSER a script that starts it with --no-sandbox"
        } else {
            "it was ended from outside, ran out of memory, or is no Chromium: see KAMI_BROWSER"
        };
        anyhow!("the browser ended before it was done{said}\nhelp: {help}")
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.pipe.send("", "Browser.close", &json!({})));
        self.pipe.close();
        let until = Instant::now() + END;
        let left = || until.saturating_duration_since(Instant::now());
        // It hangs up when it is done, or does not in time.
        while lock(&self.own).recv_timeout(left()).is_ok() {}
        let hangs = left().is_zero();
        if !hangs {
            drop(self.child.wait());
        }
        // What is left are helpers of a browser that died, or one that hangs with its shell.
        if let Some(group) = rustix::process::Pid::from_raw(self.child.id().cast_signed()) {
            // Mostly there is none left.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        if hangs {
            drop(self.child.wait());
        }
        // Whoever is being killed may still write into the profile.
        while self.profile.is_dir() && Instant::now() < until + END {
            drop(std::fs::remove_dir_all(&self.profile));
        }
    }
}

fn answer(mut message: Json, method: &str) -> Result<Json> {
    if let Some(error) = message.get("error") {
        bail!("the browser refused {method}: {}", error["message"].as_str().unwrap_or("no reason"));
    }
    Ok(message["result"].take())
}

/// Makes a folder that only this user can look into.
fn make_profile() -> Result<PathBuf> {
    let folder = std::env::temp_dir();
    for number in 0..1000 {
        let path = folder.join(format!("kami-browser-{}-{number}", std::process::id()));
        match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(error).with_context(|| format!("make {}", path.display()));
            }
        }
    }
    bail!("there is no room for a browser's profile in {}", folder.display())
}
