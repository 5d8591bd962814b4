//! One connection: who asks half a question, or never takes the answer, is let go.
//!
//! A hall of people sits behind one address, so what is counted per peer is connections that have not
//! asked for anything yet, never open ones; and it is the oldest of those that has to go.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::Method;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Sleep;
use tower::ServiceExt;

/// A client has this long to say what it wants, and to say the next thing.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// A client has this long to take some of what it asked for.
const WRITE_TIMEOUT: Duration = Duration::from_secs(20);
/// How long somebody who only reads may go on when the server stops.
const LAST_READS: Duration = Duration::from_secs(1);
/// How large the head of a request may be.
const HEAD_BYTES_MAX: usize = 64 << 10;
/// What one is told for whom there is no place.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nCache-Control: no-store\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
/// How many connections of one peer may be open without having asked for anything; never more than a quarter of
/// all places.
const SILENT_MAX: usize = 256;
/// How long somebody for whom there is no place may take to hear it, and how many of them are heard out at once;
/// they are open files, too.
const REFUSAL_TIME: Duration = Duration::from_secs(2);
const REFUSALS_MAX: usize = 32;

/// What those who connect meet.
#[derive(Clone, Debug)]
pub(super) struct Door {
    pub(super) router: Router,
    /// One for each connection, and for each window that came of one.
    pub(super) places: Arc<Semaphore>,
    /// Changes when the server stops.
    pub(super) stops: watch::Receiver<()>,
}

/// A place that is taken, as long as somebody holds on to it.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    _place: Arc<OwnedSemaphorePermit>,
    stops: watch::Receiver<()>,
}

impl Ticket {
    /// Waits until the server stops.
    pub(super) async fn stops(&mut self) {
        drop(self.stops.changed().await);
    }
}

/// Serves everybody who connects, as long as there are places.
pub(super) async fn accept(listener: TcpListener, door: Door) {
    let quarter = (door.places.available_permits() / 4).max(1);
    let silent = Arc::new(Silent { peers: Mutex::default(), most: quarter.min(SILENT_MAX) });
    let refusals = Arc::new(Semaphore::new(quarter.min(REFUSALS_MAX)));
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let Ok(place) = Arc::clone(&door.places).try_acquire_owned() else {
                    // Nobody waits for a no.
                    drop(stream.try_write(FULL));
                    if let Ok(refusal) = Arc::clone(&refusals).try_acquire_owned() {
                        drop(tokio::spawn(async move {
                            drop(tokio::time::timeout(REFUSAL_TIME, hear_out(stream)).await);
                            drop(refusal);
                        }));
                    }
                    continue;
                };
                let ticket = Ticket { _place: Arc::new(place), stops: door.stops.clone() };
                let entry = Silent::enter(&silent, peer.ip().to_canonical());
                drop(tokio::spawn(serve((stream, peer), door.router.clone(), ticket, entry)));
            }
            // Too many open files, most likely: wait for some to close.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Reads what somebody still says who was refused: a stream that is closed over unread words takes the refusal
/// along.
async fn hear_out(mut stream: TcpStream) {
    drop(stream.shutdown().await);
    let mut said = [0; 4096];
    while stream.read(&mut said).await.is_ok_and(|count| count > 0) {}
}

async fn serve(
    (stream, peer): (TcpStream, SocketAddr),
    router: Router,
    mut ticket: Ticket,
    entry: Entry,
) {
    // Small answers must not wait for the next packet.
    drop(stream.set_nodelay(true));
    let dismissed = Arc::clone(&entry.dismissed);
    let given = ticket.clone();
    // The service is copied for each request; the first one leaves the entry.
    let entry = Arc::new(Mutex::new(Some(entry)));
    let still = Arc::clone(&entry);
    let only_reads = Arc::new(AtomicBool::new(true));
    let reads = Arc::clone(&only_reads);
    let service = router.map_request(move |mut request: hyper::Request<hyper::body::Incoming>| {
        drop(entry.lock().unwrap_or_else(PoisonError::into_inner).take());
        reads.store(matches!(*request.method(), Method::GET | Method::HEAD), Ordering::Relaxed);
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(given.clone());
        request.map(axum::body::Body::new)
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(Timed::new(stream)), TowerToHyperService::new(service))
        .with_upgrades();
    let mut served = pin!(served);
    let ends = async {
        tokio::select! {
            // A client that goes away in the middle of a word is no news.
            ended = &mut served => return drop(ended),
            () = ticket.stops() => {}
        }
        // Who has asked for half of something by now holds up nobody.
        if still.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            return;
        }
        // What is being answered is answered to its end; a film is not waited for.
        served.as_mut().graceful_shutdown();
        if only_reads.load(Ordering::Relaxed) {
            drop(tokio::time::timeout(LAST_READS, served).await);
        } else {
            drop(served.await);
        }
    };
    tokio::select! {
        () = ends => {}
        () = dismissed.notified() => {}
    }
}

/// The connections that have not asked for anything yet, the oldest first, and how many there may be of a peer.
#[derive(Debug)]
struct Silent {
    peers: Mutex<HashMap<IpAddr, VecDeque<Arc<Notify>>>>,
    most: usize,
}

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
        let mut peers = silent.peers.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = peers.entry(peer).or_default();
        waiting.push_back(Arc::clone(&dismissed));
        if waiting.len() > silent.most
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
        let mut peers = self.silent.peers.lock().unwrap_or_else(PoisonError::into_inner);
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
