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
    /// The address of the deck that it is about.
    address: String,
    pub(super) frame: Utf8Bytes,
}

/// One window's ears and mouth.
#[derive(Debug)]
pub(super) struct Seat {
    window: u64,
    pub(super) others: Receiver<Arc<Said>>,
    left: f64,
    filled: Instant,
    /// Whether it may drive: a window on this machine.
    drives: bool,
}

impl Default for Stage {
    fn default() -> Stage {
        Stage { frames: channel(FRAMES_KEPT).0, windows: AtomicU64::new(0) }
    }
}

impl Stage {
    /// Seats a window; only one that `drives` can move what others show.
    pub(super) fn seat(&self, drives: bool) -> Seat {
        let window = self.windows.fetch_add(1, Ordering::Relaxed);
        let others = self.frames.subscribe();
        Seat { window, others, left: FRAMES_AT_ONCE, filled: Instant::now(), drives }
    }

    /// Passes a window's frame on, if it is one that it may send.
    pub(super) fn say(&self, seat: &mut Seat, bundle: &Bundle, frame: Utf8Bytes) {
        if let Some(address) = seat.about(bundle, &frame) {
            // Nobody listening is no fault.
            self.frames.send(Arc::new(Said { window: seat.window, address, frame })).ok();
        }
    }
}

impl Seat {
    /// Tells whether a frame is for a window that shows `address`; without one it follows everything.
    pub(super) fn hears(&self, said: &Said, address: Option<&str>) -> bool {
        said.window != self.window && address.is_none_or(|address| address == said.address)
    }

    /// Returns the address of the deck that a frame is about.
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
        let address = format!("decks/{}.html", frame.get("deck")?.as_str()?);
        (known && matches!(bundle.catalog.route(&address), Some(Route::Deck(_)))).then_some(address)
    }
}
