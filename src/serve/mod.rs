//! Bundle -> HTTP: the current bundle, swapped in one step, and everybody who looks at it.

mod connection;
mod dress;
mod edit;
mod guard;
mod http;
mod live;
mod own;
mod stage;
mod state;
mod token;
mod update;

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};

use anyhow::{Context, Result, bail};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use crate::compile::Bundle;
use crate::diagnostic::Located;
use crate::save::Files;
use guard::Hosts;
use live::Windows;
use own::OwnFiles;
use stage::Stage;
use state::State;
use token::Tokens;

pub use token::Right;
pub use update::Updater;

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
    /// Held by whoever reads the site's files into the bundle, or writes them.
    turn: Mutex<()>,
    /// Held by whoever makes a commit.
    committing: Mutex<()>,
    /// Lets few pictures be made at once: a page must find a processor.
    darkroom: Semaphore,
}

/// What the person who started the server may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Something changed; all errors there are now.
    Errors(Vec<Located>),
    /// These files changed, and it took so many milliseconds until the site was up to date.
    Changed { paths: Vec<String>, took_ms: u128 },
    /// Something else that is worth a line.
    Note(String),
}

impl Shared {
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
            turn: Mutex::default(),
            committing: Mutex::default(),
            darkroom: Semaphore::new(hands().saturating_sub(1).max(1)),
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

    pub fn updater(&self) -> Updater {
        Updater::new(Arc::clone(&self.shared))
    }

    /// Serves until the process is told to stop; open windows do not hold it up.
    pub fn run(self) -> Result<()> {
        allow_many_files();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("start the server")?;
        let router = http::router(self.shared);
        let ended = runtime.block_on(async {
            let listener = TcpListener::from_std(self.listener).context("start the server")?;
            tokio::select! {
                () = connection::accept(listener, router) => Ok(()),
                ended = stop() => ended,
            }
        });
        runtime.shutdown_background();
        ended
    }
}

/// Every window is an open file, and the usual limit of 1,024 is less than a hall.
fn allow_many_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        // Without it the server serves as many as it may.
        let raised = Rlimit { current: limit.maximum, ..limit };
        setrlimit(Resource::Nofile, raised).ok();
    }
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
