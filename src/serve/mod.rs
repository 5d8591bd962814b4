//! Bundle -> HTTP: the current bundle, swapped in one step, and everybody who looks at it.

mod accept;
mod answer;
mod connection;
mod dress;
mod edit;
mod film;
mod guard;
mod http;
mod live;
mod origin;
mod own;
mod stage;
mod state;
mod token;
mod update;

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::http::{HeaderMap, Uri};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use crate::compile::Bundle;
use crate::diagnostic::Located;
use crate::save::Files;
use guard::Hosts;
use live::Windows;
use origin::Origin;
use own::OwnFiles;
use stage::Stage;
use state::State;
use token::Tokens;

pub use token::Right;
pub use update::Updater;

/// How long a request that is being answered may take when the server is told to stop.
const LAST_ANSWERS: Duration = Duration::from_secs(4);
/// How long a save may take then that nobody waits for any more.
const LAST_SAVES: Duration = Duration::from_secs(3);
/// How many connections are served at the same time, where the system gives so many files.
const CONNECTIONS_MAX: u32 = 20_000;
/// How many files are left for the site itself.
const OTHER_FILES: u32 = 200;

/// What the handlers share.
#[derive(Debug)]
struct Shared {
    states: watch::Sender<Arc<State>>,
    windows: Windows,
    stage: Stage,
    own: OwnFiles,
    hosts: Hosts,
    tokens: Tokens,
    news: Mutex<Sender<News>>,
    /// Held while a state takes the place of another; what could not be compiled waits here.
    waiting: Mutex<update::Waiting>,
    /// The files of the site, where it may be edited.
    editing: OnceLock<Files>,
    /// Where the server is an origin for caches.
    origin: OnceLock<Origin>,
    /// Whether each request is told.
    logs: AtomicBool,
    /// Held by whoever reads the site's files into the bundle, or writes them.
    turn: Mutex<()>,
    /// Held by whoever makes a commit.
    committing: Mutex<()>,
    /// Lets few pictures be made at once: a page must find a processor.
    darkroom: Arc<Semaphore>,
    /// Lets the list of all files be made once at a time: every card has to be drawn for it.
    listing: Arc<Semaphore>,
}

/// What the person who started the server may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Something changed; all errors there are now.
    Errors(Vec<Located>),
    /// These files changed, and it took so many milliseconds until the site was up to date.
    Changed { paths: Vec<String>, took_ms: u128 },
    /// Somebody asked for something; told on demand.
    Asked(String),
    /// Something else that is worth a line.
    Note(String),
}

impl Shared {
    /// Returns the origin for those whom it answers: the network, and who comes by way of another server.
    fn origin_for(&self, headers: &HeaderMap) -> Option<&Origin> {
        self.origin.get().filter(|origin| origin.answers(headers))
    }

    /// Tells whether who asks may do something. Behind an origin nobody sits at this machine: a cache does.
    fn allows(&self, right: Right, peer: SocketAddr, head: (&Uri, &HeaderMap)) -> bool {
        let peer = self.origin_for(head.1).is_none().then_some(peer);
        self.tokens.allow(right, peer, head)
    }

    fn state(&self) -> Arc<State> {
        Arc::clone(&self.states.borrow())
    }
}

/// Returns how many threads run at the same time here.
fn hands() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// A server that is bound to its address and not yet running.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    listener: std::net::TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Binds the address. A port that is taken is an error that names a free one.
    pub fn bind(bundle: Bundle, host: &str, port: u16) -> Result<(Server, Receiver<News>)> {
        let listener = match std::net::TcpListener::bind((host, port)) {
            Ok(listener) => listener,
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                let free = (port.saturating_add(1)..=port.saturating_add(50))
                    .find(|port| std::net::TcpListener::bind((host, *port)).is_ok());
                let hint = free.map_or_else(String::new, |free| {
                    format!("\nhelp: port {free} is free: kami serve --port {free}")
                });
                bail!("port {port} is taken by another program{hint}");
            }
            Err(error) => return Err(error).with_context(|| format!("listen on {host}:{port}")),
        };
        listener.set_nonblocking(true).context("prepare the socket")?;
        let address = listener.local_addr().context("read the socket's address")?;
        let (news, told) = channel();
        let (states, _) = watch::channel(Arc::new(State::first(Arc::new(bundle))));
        let shared = Arc::new(Shared {
            states,
            windows: Windows::default(),
            stage: Stage::default(),
            own: OwnFiles::default(),
            hosts: Hosts::new(address),
            tokens: Tokens::make(address.port())?,
            news: Mutex::new(news),
            waiting: Mutex::default(),
            editing: OnceLock::new(),
            origin: OnceLock::new(),
            logs: AtomicBool::new(false),
            turn: Mutex::default(),
            committing: Mutex::default(),
            darkroom: Arc::new(Semaphore::new(hands().saturating_sub(1).max(1))),
            listing: Arc::new(Semaphore::new(1)),
        });
        Ok((Server { shared, listener, address }, told))
    }

    /// Returns the address that the server is bound to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the token that another device needs for something; at this machine nobody does.
    pub fn token(&self, right: Right) -> &str {
        self.shared.tokens.of(right)
    }

    /// Lets those who may write these files.
    pub fn allow_editing(&self, files: Files) {
        // Nobody has asked for anything yet.
        drop(self.shared.editing.set(files));
    }

    /// Speaks to the network and to caches as a host of the bundle does.
    pub fn serve_as_origin(&self) {
        let for_all = !self.address.ip().is_loopback();
        drop(self.shared.origin.set(Origin::new(for_all, 2 * hands())));
    }

    /// Tells each request.
    pub fn log_requests(&self) {
        self.shared.logs.store(true, Ordering::Relaxed);
    }

    pub fn updater(&self) -> Updater {
        Updater::new(Arc::clone(&self.shared))
    }

    /// Serves until the process is told to stop. Who is being answered then gets the rest of it; open windows
    /// do not hold it up.
    pub fn run(self) -> Result<()> {
        let files = allow_many_files();
        let most = files.saturating_sub(OTHER_FILES).max(files / 2).clamp(1, CONNECTIONS_MAX);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("start the server")?;
        let router = http::router(self.shared);
        let ended = runtime.block_on(async {
            let listener = TcpListener::from_std(self.listener).context("start the server")?;
            let places = Arc::new(Semaphore::new(most as usize));
            let (stopping, stops) = watch::channel(());
            let door = connection::Door { router, places: Arc::clone(&places), stops };
            let ended = tokio::select! {
                () = connection::accept(listener, door) => Ok(()),
                ended = stop() => ended,
            };
            stopping.send_replace(());
            tokio::select! {
                // All places are free when the last connection has gone.
                _ = tokio::time::timeout(LAST_ANSWERS, places.acquire_many(most)) => {}
                // Who says it twice does not want to wait.
                _ = stop() => {}
            }
            ended
        });
        // A save whose asker has gone is finished, too.
        runtime.shutdown_timeout(LAST_SAVES);
        ended
    }
}

/// Every window is an open file, and the usual limit of 1,024 is less than a hall. Returns how many there may be.
fn allow_many_files() -> u32 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        // Without it the server serves as many as it may.
        let raised = Rlimit { current: limit.maximum, ..limit };
        setrlimit(Resource::Nofile, raised).ok();
    }
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    u32::try_from(files).unwrap_or(u32::MAX)
}

async fn stop() -> Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .context("listen for signals")?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.context("listen for signals"),
        _ = terminate.recv() => Ok(()),
    }
}

/// Returns the address under which the network knows this machine, if it can be told. Sends nothing.
pub fn network_address(bound: SocketAddr) -> Option<IpAddr> {
    if !bound.ip().is_unspecified() {
        return (!bound.ip().is_loopback()).then(|| bound.ip());
    }
    let (own, far) =
        if bound.is_ipv4() { ("0.0.0.0:0", "192.0.2.1:9") } else { ("[::]:0", "[2001:db8::1]:9") };
    let socket = UdpSocket::bind(own).ok()?;
    socket.connect(far).ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|ip| !ip.is_loopback())
}
