//! One connection: who asks half a question, or never takes the answer, is let go.
//!
//! A hall of people sits behind one address, so what is counted per peer is connections that have not
//! asked for anything yet, never open ones; and it is the oldest of those that has to go.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::Sleep;
use tower::ServiceExt;

/// A client has this long to say what it wants, and to say the next thing.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// A client has this long to take some of what it asked for.
const WRITE_TIMEOUT: Duration = Duration::from_secs(20);
/// How large the head of a request may be.
const HEAD_BYTES_MAX: usize = 64 << 10;
/// How many connections of one peer may be open without having asked for anything.
const SILENT_MAX: usize = 256;

/// Serves everybody who connects.
pub(super) async fn accept(listener: TcpListener, router: Router) {
    let silent = Arc::new(Silent::default());
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let entry = Silent::enter(&silent, peer.ip().to_canonical());
                drop(tokio::spawn(serve(stream, peer, router.clone(), entry)));
            }
            // Too many open files, most likely: wait for some to close.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn serve(stream: TcpStream, peer: SocketAddr, router: Router, entry: Entry) {
    // Small answers must not wait for the next packet.
    drop(stream.set_nodelay(true));
    let dismissed = Arc::clone(&entry.dismissed);
    // The service is copied for each request; the first one leaves the entry.
    let entry = Arc::new(Mutex::new(Some(entry)));
    let service = router.map_request(move |mut request: hyper::Request<hyper::body::Incoming>| {
        drop(entry.lock().unwrap_or_else(PoisonError::into_inner).take());
        request.extensions_mut().insert(ConnectInfo(peer));
        request.map(axum::body::Body::new)
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(Timed::new(stream)), TowerToHyperService::new(service))
        .with_upgrades();
    tokio::select! {
        // A client that goes away in the middle of a word is no news.
        ended = served => drop(ended),
        () = dismissed.notified() => {}
    }
}

/// The connections that have not asked for anything yet, the oldest first.
#[derive(Debug, Default)]
struct Silent(Mutex<HashMap<IpAddr, VecDeque<Arc<Notify>>>>);

/// A connection's place among the silent ones; it leaves when dropped.
#[derive(Debug)]
struct Entry {
    silent: Arc<Silent>,
    peer: IpAddr,
    dismissed: Arc<Notify>,
}

impl Silent {
    fn enter(silent: &Arc<Silent>, peer: IpAddr) -> Entry {
        let dismissed = Arc::new(Notify::new());
        let mut peers = silent.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = peers.entry(peer).or_default();
        waiting.push_back(Arc::clone(&dismissed));
        if waiting.len() > SILENT_MAX
            && let Some(oldest) = waiting.pop_front()
        {
            oldest.notify_one();
        }
        drop(peers);
        Entry { silent: Arc::clone(silent), peer, dismissed }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut peers = self.silent.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(waiting) = peers.get_mut(&self.peer) else { return };
        waiting.retain(|other| !Arc::ptr_eq(other, &self.dismissed));
        if waiting.is_empty() {
            peers.remove(&self.peer);
        }
    }
}

/// A stream whose other side has to take what is written, within a time.
#[derive(Debug)]
struct Timed {
    stream: TcpStream,
    /// Runs while a write waits for the other side.
    patience: Option<Pin<Box<Sleep>>>,
}

impl Timed {
    fn new(stream: TcpStream) -> Timed {
        Timed { stream, patience: None }
    }

    fn watched<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.patience = None;
            return written;
        }
        let patience =
            self.patience.get_or_insert_with(|| Box::pin(tokio::time::sleep(WRITE_TIMEOUT)));
        match patience.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Timed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Timed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watched(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.watched(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
