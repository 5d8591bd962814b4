//! The WebSocket: each window is told what changed for it, and nothing else.
//!
//! A window has no queue: it is told the latest state when it has taken the last one. A burst of saves
//! becomes a few frames, a single save is told at once.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, Extension, Query, State as Shares};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};

use super::Shared;
use super::connection::Ticket;
use super::edit;
use super::guard::{check_origin, is_here};
use super::http::refuse;
use super::stage::{Seat, Who};
use super::state::{Shown, State, errors_told};
use super::token::Right;
use crate::compile::Bundle;
use crate::digest::Digest;
use crate::source::{Source, SourcePath};

/// A window says where its talk stands and what was drawn on a slide; anything larger is no window.
const MESSAGE_BYTES_MAX: usize = 16 << 10;
/// What a connection reads at once: windows hardly say anything, and there may be thousands.
const READ_BYTES: usize = 2 << 10;
/// How often a window has to show that it is there.
const PING: Duration = Duration::from_secs(20);
/// After how many silent pings a window is gone.
const PINGS_MISSED_MAX: u32 = 2;
/// How many changes are told at once, and how often one more may be told after that.
const FRAMES_AT_ONCE: u32 = 2;
const FRAME_EVERY: Duration = Duration::from_millis(800);

/// The address that a window shows; without one it is told of every change.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    route: Option<String>,
    /// The digest of what the window shows, if it knows.
    digest: Option<String>,
    /// The text that is written in the window, where it is an editor: it is told of that text alone.
    edit: Option<String>,
}

/// The addresses that windows show, with how many show each; `""` stands for all.
#[derive(Debug, Default)]
pub(super) struct Windows(Mutex<BTreeMap<String, usize>>);

/// A window's place among the windows; it leaves when dropped.
struct Place {
    shared: Arc<Shared>,
    address: String,
}

impl Windows {
    pub(super) fn addresses(&self) -> BTreeMap<String, usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Place {
    fn take(shared: &Arc<Shared>, address: &str) -> Place {
        let mut windows = shared.windows.0.lock().unwrap_or_else(PoisonError::into_inner);
        *windows.entry(address.to_owned()).or_default() += 1;
        Place { shared: Arc::clone(shared), address: address.to_owned() }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut windows = self.shared.windows.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = windows.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                windows.remove(&self.address);
            }
        }
    }
}

pub(super) async fn upgrade(
    Shares(shared): Shares<Arc<Shared>>,
    Query(asked): Query<Asked>,
    (ConnectInfo(peer), Extension(mut ticket)): (ConnectInfo<SocketAddr>, Extension<Ticket>),
    (uri, headers): (Uri, HeaderMap),
    socket: WebSocketUpgrade,
) -> Response {
    if let Err(refusal) = check_origin(&headers) {
        return refuse(refusal);
    }
    let head = (&uri, &headers);
    let here = is_here(peer) && shared.origin_for(&headers).is_none();
    let who = Who { drives: shared.allows(Right::Drive, peer, head), here };
    // What is told is told from here on: the window may count on it as soon as it is open.
    let states = shared.states.subscribe();
    let state = Arc::clone(&states.borrow());
    let opened = if let Some(path) = asked.edit {
        let text = match edit::text_of_writer(&shared, (peer, head), &path) {
            Ok(text) => text,
            Err(refused) => return *refused,
        };
        let seat = shared.stage.seat_of_writer(text.clone(), who);
        let (seen, frame) = Seen::of_writer(text, &state);
        Opened { shared, states, place: None, seen, seat, frames: vec![frame] }
    } else {
        let address = asked.route.map(|route| address_of(&state.bundle, &route));
        let place = Place::take(&shared, address.as_deref().unwrap_or(""));
        let seat = shared.stage.seat(&state.bundle, address.as_deref(), who);
        let mut frames: Vec<Utf8Bytes> = seat.greeting().into_iter().collect();
        let mut seen = Seen::of_reader(address, asked.digest, state.number, who.here);
        frames.extend(seen.first(state).await);
        Opened { shared, states, place: Some(place), seen, seat, frames }
    };
    socket
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX)
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(0)
        .on_upgrade(move |socket| async move {
            // A window keeps its place; when the server stops, it holds up nobody.
            tokio::select! {
                () = talk(opened, socket) => {}
                () = ticket.stops() => {}
            }
        })
}

/// A window that is about to listen.
struct Opened {
    shared: Arc<Shared>,
    states: watch::Receiver<Arc<State>>,
    /// A window in which somebody writes shows no page.
    place: Option<Place>,
    seen: Seen,
    seat: Seat,
    /// What it is told first.
    frames: Vec<Utf8Bytes>,
}

async fn talk(opened: Opened, mut socket: WebSocket) {
    let Opened { shared, mut states, place, mut seen, mut seat, mut frames } = opened;
    let mut pace = Pace::new();
    let mut ping = interval_at(Instant::now() + PING, PING);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut silent = 0;
    loop {
        for frame in frames.drain(..) {
            if socket.send(Message::Text(frame)).await.is_err() {
                return;
            }
        }
        tokio::select! {
            changed = next(&mut states, &pace) => {
                let Some(state) = changed else { return };
                frames = seen.frames(state).await;
                if !frames.is_empty() {
                    pace.take();
                }
            }
            _ = ping.tick() => {
                let gone = silent == PINGS_MISSED_MAX;
                if gone || socket.send(Message::Ping(Bytes::new())).await.is_err() {
                    return;
                }
                silent += 1;
            }
            said = seat.others.recv() => match said {
                Ok(said) if seat.hears(&said) => frames.push(said.frame.clone()),
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
            message = socket.recv() => match message {
                // A close is answered when the next message is asked for, and then there is none.
                Some(Ok(message)) => {
                    silent = 0;
                    if let Message::Text(frame) = message {
                        seat.say(&shared.state().bundle, frame);
                    }
                }
                None => break,
                Some(Err(error)) => {
                    let code = if error.to_string().contains("too long") { 1009 } else { 1002 };
                    let close = CloseFrame { code, reason: Utf8Bytes::from_static("not a window") };
                    drop(socket.send(Message::Close(Some(close))).await);
                    break;
                }
            },
        }
    }
    drop(place);
}

/// Waits for the next state, and for the time at which it may be told.
async fn next(states: &mut watch::Receiver<Arc<State>>, pace: &Pace) -> Option<Arc<State>> {
    // Nothing is taken before the time has come, so a wait that is cut short loses nothing.
    loop {
        if states.has_changed().ok()? {
            sleep_until(pace.next).await;
            return Some(Arc::clone(&states.borrow_and_update()));
        }
        let mut waiting = states.clone();
        waiting.changed().await.ok()?;
        drop(waiting);
    }
}

/// How soon the next frames may be sent: a few at once, then one now and then.
#[derive(Debug)]
struct Pace {
    left: u32,
    filled: Instant,
    next: Instant,
}

impl Pace {
    fn new() -> Pace {
        let now = Instant::now();
        Pace { left: FRAMES_AT_ONCE, filled: now, next: now }
    }

    fn take(&mut self) {
        let now = Instant::now();
        while self.left < FRAMES_AT_ONCE && self.filled + FRAME_EVERY <= now {
            self.left += 1;
            self.filled += FRAME_EVERY;
        }
        if self.left == FRAMES_AT_ONCE {
            self.filled = now;
        }
        self.left = self.left.saturating_sub(1);
        self.next = if self.left > 0 { now } else { self.filled + FRAME_EVERY };
    }
}

/// Returns the address that a route stands for: a folder's index, or the file of a clean one.
fn address_of(bundle: &Bundle, route: &str) -> String {
    let route = route.trim_start_matches('/');
    if route.is_empty() || route.ends_with('/') {
        return format!("{route}index.html");
    }
    let file = format!("{route}.html");
    if bundle.catalog.route(route).is_none() && bundle.catalog.route(&file).is_some() {
        return file;
    }
    route.to_owned()
}

/// What a window has been told.
struct Seen {
    /// What it shows; without an address it follows everything.
    address: Option<String>,
    digest: Option<String>,
    /// The text that is written in it, if one is, and what is known of that.
    text: Option<(SourcePath, Option<Digest>)>,
    errors: Option<Utf8Bytes>,
    number: u64,
    /// Whether it stands on this machine: what is wrong with the sources is nobody else's business.
    here: bool,
}

impl Seen {
    fn of_reader(address: Option<String>, digest: Option<String>, number: u64, here: bool) -> Seen {
        Seen { address, digest, text: None, errors: None, number, here }
    }

    /// Returns what a window knows in which a text is written, and how it is told: which text that is now.
    fn of_writer(text: SourcePath, state: &State) -> (Seen, Utf8Bytes) {
        let digest = digest_of(state, &text);
        let frame = text_frame(digest);
        let seen = Seen::of_reader(None, None, state.number, false);
        (Seen { text: Some((text, digest)), ..seen }, frame)
    }

    /// Returns what is to be said when the window opens: what it missed, and what is wrong.
    async fn first(&mut self, state: Arc<State>) -> Vec<Utf8Bytes> {
        let mut frames = Vec::new();
        let known = self.digest.take();
        if let Some(address) = self.address.clone() {
            let page = page(&state, &address).await;
            if known.is_some() && known != page.digest {
                frames.push(page.frame);
            }
            self.digest = page.digest;
        }
        self.errors = Some(errors_told(&[]));
        frames.extend(self.errors_frame(&state));
        frames
    }

    /// Returns what is to be said of a state.
    async fn frames(&mut self, state: Arc<State>) -> Vec<Utf8Bytes> {
        if let Some((text, known)) = &mut self.text {
            let digest = digest_of(&state, text);
            let other = std::mem::replace(known, digest) != digest;
            return if other { vec![text_frame(digest)] } else { Vec::new() };
        }
        let mut frames = Vec::new();
        match self.address.clone() {
            Some(address) => {
                let page = page(&state, &address).await;
                if page.digest != self.digest {
                    self.digest = page.digest;
                    frames.push(page.frame);
                }
            }
            None => frames.extend(state.changes_after(self.number).cloned()),
        }
        self.number = state.number;
        frames.extend(self.errors_frame(&state));
        frames
    }

    /// Tells all errors of the site when they are others than before.
    fn errors_frame(&mut self, state: &State) -> Option<Utf8Bytes> {
        if !self.here || self.errors.as_ref() == Some(&state.errors) {
            return None;
        }
        self.errors = Some(state.errors.clone());
        self.errors.clone()
    }
}

/// Returns the digest of a text; there is none where there is no such file, or no text in it.
fn digest_of(state: &State, text: &SourcePath) -> Option<Digest> {
    let text = state.bundle.sources.get(text).and_then(Source::as_text)?;
    Some(Digest::of(text.as_bytes()))
}

fn text_frame(digest: Option<Digest>) -> Utf8Bytes {
    let digest = digest.map(|digest| digest.to_string());
    json!({"type": "text", "digest": digest}).to_string().into()
}

/// Returns a page of a state, made where no window showed it before.
async fn page(state: &Arc<State>, address: &str) -> Shown {
    if let Some(shown) = state.shown(address) {
        return shown;
    }
    let (bundle, address) = (Arc::clone(&state.bundle), address.to_owned());
    let made = tokio::task::spawn_blocking(move || Shown::of(&bundle, &address)).await;
    made.unwrap_or_else(|_| Shown::default())
}
