//! A bundle behind a real Varnish, and an origin that can be taken away from it.
//!
//! A second of a `Cache-Control` passes in a thousandth, so three days are over in four minutes. Everything listens on
//! this machine alone and ends with the program that started it.

#![expect(
    clippy::disallowed_methods,
    reason = "this is where Varnish is started, and a clock is followed"
)]

use std::fs::DirBuilder;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::compile::Bundle;
use crate::drill::{Origin, Seen};
use crate::output::cache_control;
use crate::page::encode;

/// What a second of a `Cache-Control` takes.
pub const SECOND: &str = "ms";
/// What a minute takes then.
const MINUTE: Duration = Duration::from_millis(60);
/// How long Varnish waits for the origin. On a busy machine a thousandth of a second is no time.
pub const PATIENCE: Duration = Duration::from_millis(100);
/// Who waits longer than this for an answer while the origin is silent has waited for the origin.
const WAITED: Duration = Duration::from_millis(80);
/// For how long that stands: what the template tells Varnish on a host.
const PATIENCE_SECONDS: u64 = 5;
/// How long Varnish may take to begin, and to answer.
const START: Duration = Duration::from_secs(30);
const ANSWER: Duration = Duration::from_secs(10);
/// Where it may be when no path names it.
const PROGRAMS: [&str; 3] = ["varnishd", "/usr/sbin/varnishd", "/usr/local/sbin/varnishd"];
/// What is asked for under an address that nobody has asked for before.
const UNREAD: &str = "index.html";
/// Tells at which minute the origin wrote an answer.
const WRITTEN: &str = "x-kami-minute";
/// The shell ends Varnish and takes its folder away when the pipe to it ends, also when this program is no more.
const SHELL: &str = "folder=$1; shift; \"$@\" >\"$folder/said\" 2>&1 </dev/null & cache=$!; cat >/dev/null; kill $cache; wait $cache; rm -rf -- \"$folder\"";

/// What the origin does, and since when.
type Now = Arc<Mutex<(Origin, u64)>>;

/// A bundle as an origin that does what it is told.
#[derive(Debug)]
pub struct Stand {
    port: u16,
    now: Now,
}

impl Stand {
    /// Stands the bundle up on a port of this machine, with these pages at hand: that one takes long to be made is
    /// no fault of an origin.
    pub fn up(bundle: Arc<Bundle>, pages: &[String]) -> Result<Stand> {
        let at_hand = pages.iter().map(String::as_str).chain([UNREAD]);
        for page in at_hand {
            drop(bundle.output(page));
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("listen on a port")?;
        let port = listener.local_addr().context("read the port")?.port();
        let now: Now = Arc::new(Mutex::new((Origin::Well, 0)));
        let shared = Arc::clone(&now);
        let serve = move || {
            let mut silent = Vec::new();
            for stream in listener.incoming().map_while(Result::ok) {
                let (origin, minute) = *lock(&shared);
                if origin == Origin::Slow {
                    silent.push(stream);
                    continue;
                }
                silent.clear();
                let bundle = Arc::clone(&bundle);
                // Whoever hangs up in the middle is not served.
                let work = move || drop(answer(&bundle, stream, origin, minute));
                drop(std::thread::Builder::new().spawn(work));
            }
        };
        std::thread::Builder::new().name("origin".to_owned()).spawn(serve).context("start it")?;
        Ok(Stand { port, now })
    }

    pub fn port(&self) -> u16 {
        self.port
    }
}

/// Answers one request as the origin does at a minute; one that is gone hangs up.
fn answer(bundle: &Bundle, mut stream: TcpStream, origin: Origin, minute: u64) -> Result<()> {
    if origin == Origin::Gone {
        return Ok(());
    }
    stream.set_read_timeout(Some(ANSWER)).context("set a time")?;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).context("read")? == 1 {
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let target = head.split(' ').nth(1).unwrap_or("/");
    let path = target.split('?').next().unwrap_or("/").trim_start_matches('/');
    let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned();
    let found = bundle.output(&path).filter(|_| origin.answers());
    let (status, caching) = match &found {
        Some(_) => ("200 OK", cache_control(&path)),
        None if origin.answers() => ("404 Not Found", "no-store"),
        None => ("503 Service Unavailable", "no-store"),
    };
    let bytes = found.as_ref().map_or(&b""[..], |output| &output.bytes);
    write!(
        stream,
        "HTTP/1.1 {status}\r\nCache-Control: {caching}\r\n{WRITTEN}: {minute}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        bytes.len()
    )
    .context("answer")?;
    stream.write_all(bytes).context("answer")
}

/// A running Varnish before a stand.
#[derive(Debug)]
pub struct Cache {
    shell: Child,
    door: PathBuf,
    now: Now,
    began: Option<Instant>,
}

impl Cache {
    /// Starts Varnish with a configuration that leads to the stand.
    pub fn start(stand: &Stand, vcl: &str) -> Result<Cache> {
        let program = PROGRAMS.into_iter().find(|program| {
            let asked = Command::new(program).arg("-V").output();
            !asked.is_err_and(|error| error.kind() == ErrorKind::NotFound)
        });
        let Some(program) = program else {
            bail!(
                "Varnish is not installed: there is no varnishd\nhelp: on Debian and Ubuntu `apt install varnish` brings it; without --varnish the drill needs nothing"
            );
        };
        let folder = make_folder()?;
        let (door, config) = (folder.join("door"), folder.join("site.vcl"));
        std::fs::write(&config, vcl).context("write the configuration of Varnish")?;
        let mut shell = Command::new("sh");
        shell.args(["-c", SHELL, "kami"]).arg(&folder).arg(program);
        // As who we are, in a folder of its own, and with nobody else to talk to.
        shell.args(["-F", "-j", "none", "-s", "malloc,64m", "-p", "thread_pools=1", "-T", "none"]);
        shell.arg("-n").arg(folder.join("work")).arg("-a").arg(&door).arg("-f").arg(&config);
        shell.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null());
        let shell = shell.spawn().context("start Varnish")?;
        let mut cache = Cache { shell, door, now: Arc::clone(&stand.now), began: None };
        cache.wait(&folder)?;
        Ok(cache)
    }

    /// Waits until it answers; what it says instead is told. Its door is open before anybody stands behind it, so it
    /// is asked what it answers by itself.
    fn wait(&mut self, folder: &Path) -> Result<()> {
        let until = Instant::now() + START;
        while !self.said("OPTIONS", "").is_ok_and(|said| said.starts_with(b"HTTP/1.1 405 ")) {
            let said = std::fs::read_to_string(folder.join("said")).unwrap_or_default();
            if said.contains("Error:") || said.contains("failed") || Instant::now() > until {
                bail!("Varnish did not start: {}", said.trim());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Lets a minute come, and tells what readers see in it who ask for these pages, and for one that nobody has
    /// asked for before.
    pub fn minute(
        &mut self,
        (minute, origin): (u64, Origin),
        pages: &[String],
    ) -> Result<Vec<Seen>> {
        let began = *self.began.get_or_insert_with(Instant::now);
        let due = began + MINUTE * u32::try_from(minute).unwrap_or(u32::MAX);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        *lock(&self.now) = (origin, minute);
        let unread = format!("{UNREAD}?{minute}");
        let targets: Vec<String> = pages.iter().map(|page| encode(page)).chain([unread]).collect();
        let cache = &*self;
        std::thread::scope(|scope| {
            let asked: Vec<_> = targets
                .iter()
                .map(|target| scope.spawn(move || cache.ask(target, (minute, origin))))
                .collect();
            let seen = asked.into_iter().map(|asked| asked.join().ok().context("ask Varnish")?);
            seen.collect()
        })
    }

    fn ask(&self, target: &str, (minute, origin): (u64, Origin)) -> Result<Seen> {
        let began = Instant::now();
        let said = self.said("GET", target)?;
        // An origin that answers, refuses or hangs up lets nobody wait, however busy this machine is.
        let silent = origin == Origin::Slow;
        let waited = if silent && began.elapsed() >= WAITED { PATIENCE_SECONDS } else { 0 };
        let end = said.windows(4).position(|end| end == b"\r\n\r\n").unwrap_or(said.len());
        let head = String::from_utf8_lossy(&said[..end]).into_owned();
        let status = head.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or(0);
        if status != 200 {
            return Ok(Seen::Error { status, waited });
        }
        let written = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(WRITTEN).then(|| value.trim().parse::<u64>().ok())?
        });
        let age = minute.saturating_sub(written.unwrap_or(minute)) * 60;
        Ok(Seen::Page { age, waited })
    }

    fn said(&self, method: &str, target: &str) -> Result<Vec<u8>> {
        let mut stream = UnixStream::connect(&self.door).context("reach Varnish")?;
        stream.set_read_timeout(Some(ANSWER)).context("set a time")?;
        let request =
            format!("{method} /{target} HTTP/1.1\r\nHost: kami\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).context("ask Varnish")?;
        let mut said = Vec::new();
        stream.read_to_end(&mut said).context("hear Varnish")?;
        Ok(said)
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        // The end of the pipe is the end of Varnish.
        drop(self.shell.stdin.take());
        drop(self.shell.wait());
    }
}

fn make_folder() -> Result<PathBuf> {
    let folder = std::env::temp_dir();
    for number in 0..1000_u32 {
        let path = folder.join(format!("kami-{}-{number}", std::process::id()));
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => {
                made.with_context(|| format!("make the folder {}", path.display()))?;
                return Ok(path);
            }
        }
    }
    bail!("make a folder in {}", folder.display())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
