//! Bundle -> HTTP: the current bundle, swapped in one step, and everybody who looks at it.

mod guard;
mod http;
mod live;

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::extract::ConnectInfo;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tower::ServiceExt;

use crate::compile::{Bundle, Change, compile, recompile};
use crate::document::Document;
use crate::source::SourcePath;
use guard::Hosts;

/// A client has this long to say what it wants.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How many updates a slow window may lie behind before it gets the state alone.
const UPDATES_KEPT: usize = 64;

/// What the handlers share.
#[derive(Debug)]
struct Shared {
    current: RwLock<Arc<Bundle>>,
    updates: broadcast::Sender<Arc<Update>>,
    hosts: Hosts,
}

impl Shared {
    fn bundle(&self) -> Arc<Bundle> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One swap of the bundle.
#[derive(Debug)]
struct Update {
    bundle: Arc<Bundle>,
    changed: Vec<SourcePath>,
    /// The changed documents as they were.
    before: Vec<Arc<Document>>,
}

/// A server that is bound to its address and not yet running.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    listener: std::net::TcpListener,
    address: SocketAddr,
}

/// Takes changes while the server runs.
#[derive(Clone, Debug)]
pub struct Updater(Arc<Shared>);

impl Server {
    /// Binds the address. A port that is taken is an error that names a free one.
    pub fn bind(bundle: Bundle, host: &str, port: u16) -> Result<Server> {
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
        let hosts = Hosts::new(address, &bundle.config.hosts);
        let (updates, _) = broadcast::channel(UPDATES_KEPT);
        let shared = Arc::new(Shared { current: RwLock::new(Arc::new(bundle)), updates, hosts });
        Ok(Server { shared, listener, address })
    }

    /// Returns the address that the server is bound to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn updater(&self) -> Updater {
        Updater(Arc::clone(&self.shared))
    }

    /// Serves until the process is told to stop; open windows do not hold it up.
    pub fn run(self) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("start the server")?;
        let router = http::router(self.shared);
        let ended = runtime.block_on(async {
            let listener = TcpListener::from_std(self.listener).context("start the server")?;
            tokio::select! {
                () = accept(listener, router) => Ok(()),
                ended = stop() => ended,
            }
        });
        runtime.shutdown_background();
        ended
    }
}

async fn accept(listener: TcpListener, router: Router) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => drop(tokio::spawn(connection(stream, peer, router.clone()))),
            // Too many open files, most likely: wait for some to close.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: Router) {
    // Small answers must not wait for the next packet.
    drop(stream.set_nodelay(true));
    let service = router.map_request(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.map(axum::body::Body::new)
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(64 << 10)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades();
    // A client that goes away in the middle of a word is no news.
    drop(served.await);
}

async fn stop() -> Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .context("listen for signals")?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.context("listen for signals"),
        _ = terminate.recv() => Ok(()),
    }
}

impl Updater {
    /// Returns the bundle that is being served.
    pub fn bundle(&self) -> Arc<Bundle> {
        self.0.bundle()
    }

    /// Compiles changes, swaps the bundle and tells the windows. Should the compiler panic, the last
    /// good bundle stays up and the message comes back.
    pub fn update(&self, changes: Vec<Change>) -> Result<(), String> {
        let old = self.0.bundle();
        let changed: Vec<SourcePath> = changes.iter().map(|change| change.path.clone()).collect();
        let before = live::documents(&old, &changed);
        let bundle = catch_unwind(AssertUnwindSafe(|| recompile(&old, changes)))
            .map_err(|_| "the compiler failed; the last good state stays".to_owned())?;
        self.publish(Arc::new(bundle), changed, before);
        Ok(())
    }

    /// Compiles all anew, when too much happened to say what.
    pub fn replace(&self, sources: crate::source::Sources) {
        let old = self.0.bundle();
        let changed: Vec<SourcePath> = sources
            .iter()
            .filter(|source| old.sources.get(&source.path).map(|s| s.digest) != Some(source.digest))
            .map(|source| source.path.clone())
            .collect();
        let before = live::documents(&old, &changed);
        let bundle = compile(sources, (*old.options).clone());
        self.publish(Arc::new(bundle), changed, before);
    }

    fn publish(&self, bundle: Arc<Bundle>, changed: Vec<SourcePath>, before: Vec<Arc<Document>>) {
        *self.0.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&bundle);
        // No window is open: nobody to tell.
        drop(self.0.updates.send(Arc::new(Update { bundle, changed, before })));
    }
}
