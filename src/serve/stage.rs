//! What the windows of a talk tell one another: it is passed on to the others that show the same deck.
//!
//! Keeps nothing: every window knows where the talk stands and says so when another one comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::ws::Utf8Bytes;
use serde_json::Value as Json;
use tokio::sync::broadcast::{Receiver, Sender, channel};
use tokio::time::Instant;

use crate::catalog::Route;
use crate::compile::Bundle;

/// How much a slow window may fall behind; what it misses then is told anew by the next frame.
const FRAMES_KEPT: usize = 1024;
/// How many frames a window may send at once, and in a second: a pen sends one for each picture.
const FRAMES_AT_ONCE: f64 = 1000.0;
const FRAMES_PER_SECOND: f64 = 200.0;
/// What moves the talk, and what only asks where it stands.
const DRIVING: &[&str] = &["stage", "timer", "ink", "laser"];
const ASKING: &str = "hello";

/// All windows of all talks.
#[derive(Debug)]
pub(super) struct Stage {
    frames: Sender<Arc<Said>>,
    windows: AtomicU64,
}

/// A frame on its way to the other windows.
#[derive(Debug)]
pub(super) struct Said {
    window: u64,
    /// The deck that it is about, in whatever language a window shows it.
    deck: String,
    pub(super) frame: Utf8Bytes,
}

/// One window's ears and mouth.
#[derive(Debug)]
pub(super) struct Seat {
    window: u64,
    /// The deck that it shows; without an address it hears of all of them.
    deck: Heard,
    pub(super) others: Receiver<Arc<Said>>,
    left: f64,
    filled: Instant,
    /// Whether it may drive: a window on this machine, or one with the token for it.
    drives: bool,
}

/// What a window hears of.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Heard {
    All,
    Deck(String),
    Nothing,
}

impl Default for Stage {
    fn default() -> Stage {
        Stage { frames: channel(FRAMES_KEPT).0, windows: AtomicU64::new(0) }
    }
}

impl Stage {
    /// Seats a window that shows what is at `address`; only one that `drives` can move what others show.
    pub(super) fn seat(&self, bundle: &Bundle, address: Option<&str>, drives: bool) -> Seat {
        let deck = match address {
            None => Heard::All,
            Some(address) => name_of(bundle, address).map_or(Heard::Nothing, Heard::Deck),
        };
        let window = self.windows.fetch_add(1, Ordering::Relaxed);
        let others = self.frames.subscribe();
        Seat { window, deck, others, left: FRAMES_AT_ONCE, filled: Instant::now(), drives }
    }

    /// Passes a window's frame on, if it is one that it may send.
    pub(super) fn say(&self, seat: &mut Seat, bundle: &Bundle, frame: Utf8Bytes) {
        if let Some(deck) = seat.about(bundle, &frame) {
            // Nobody listening is no fault.
            self.frames.send(Arc::new(Said { window: seat.window, deck, frame })).ok();
        }
    }
}

impl Seat {
    /// Returns what a window of a deck is told that may not drive: its keys move nothing but itself.
    pub(super) fn greeting(&self) -> Option<Utf8Bytes> {
        let Heard::Deck(deck) = &self.deck else { return None };
        let follows = serde_json::json!({ "type": "follows", "deck": deck });
        (!self.drives).then(|| follows.to_string().into())
    }

    /// Tells whether a frame is for this window.
    pub(super) fn hears(&self, said: &Said) -> bool {
        let named = match &self.deck {
            Heard::All => true,
            Heard::Deck(deck) => *deck == said.deck,
            Heard::Nothing => false,
        };
        named && said.window != self.window
    }

    /// Returns the name of the deck that a frame is about.
    fn about(&mut self, bundle: &Bundle, frame: &str) -> Option<String> {
        let now = Instant::now();
        let passed = now.duration_since(self.filled).as_secs_f64();
        self.left = passed.mul_add(FRAMES_PER_SECOND, self.left).min(FRAMES_AT_ONCE);
        self.filled = now;
        if self.left < 1.0 {
            return None;
        }
        self.left -= 1.0;
        let frame: Json = serde_json::from_str(frame).ok()?;
        let kind = frame.get("type")?.as_str()?;
        let known = kind == ASKING || (self.drives && DRIVING.contains(&kind));
        let deck = name_of(bundle, &format!("decks/{}.html", frame.get("deck")?.as_str()?))?;
        known.then_some(deck)
    }
}

/// Returns the name of the deck at an address: one for all its translations.
fn name_of(bundle: &Bundle, address: &str) -> Option<String> {
    let Route::Deck(path) = bundle.catalog.route(address)? else { return None };
    bundle.catalog.entry(path).map(|entry| entry.name.clone())
}
