//! What windows tell one another: those of a talk, where it stands; those in which a text is written, that there is
//! another one and whether anything in it is unsaved. It is passed on to those that show the same.
//!
//! Keeps nothing: every window knows where it stands and says so when another one comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::ws::Utf8Bytes;
use serde_json::{Value as Json, json};
use tokio::sync::broadcast::{Receiver, Sender, channel};
use tokio::time::Instant;

use crate::catalog::Route;
use crate::compile::Bundle;
use crate::source::SourcePath;

/// How much a slow window may fall behind; what it misses then is told anew by the next frame.
const FRAMES_KEPT: usize = 1024;
/// How many frames a window may send at once, and in a second: a pen sends one for each picture.
const FRAMES_AT_ONCE: f64 = 1000.0;
const FRAMES_PER_SECOND: f64 = 200.0;
/// What moves the talk, and what only asks where it stands.
const DRIVING: &[&str] = &["stage", "timer", "ink", "laser"];
const ASKING: &str = "hello";
/// What a window says in which somebody writes.
const WRITING: &str = "writing";

/// All windows of all talks, and those in which somebody writes.
#[derive(Debug)]
pub(super) struct Stage {
    frames: Sender<Arc<Said>>,
    windows: AtomicU64,
}

/// A frame on its way to the other windows.
#[derive(Debug)]
pub(super) struct Said {
    window: u64,
    topic: Topic,
    pub(super) frame: Utf8Bytes,
}

/// What a frame is about.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Topic {
    /// A deck, in whatever language a window shows it.
    Deck(String),
    /// A text that is being written.
    Text(SourcePath),
}

/// One window's ears and mouth.
#[derive(Debug)]
pub(super) struct Seat {
    window: u64,
    heard: Heard,
    /// Where it says what it has to say.
    frames: Sender<Arc<Said>>,
    pub(super) others: Receiver<Arc<Said>>,
    left: f64,
    filled: Instant,
    /// Whether it may drive: a window on this machine, or one with the token for it.
    drives: bool,
    /// Whether it stands on this machine.
    here: bool,
}

/// What a window hears of.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Heard {
    /// Of all talks: it shows no page of its own.
    All,
    One(Topic),
    Nothing,
}

impl Default for Stage {
    fn default() -> Stage {
        Stage { frames: channel(FRAMES_KEPT).0, windows: AtomicU64::new(0) }
    }
}

/// Who takes a seat.
#[derive(Clone, Copy, Debug)]
pub(super) struct Who {
    /// Whether it can move what others show.
    pub(super) drives: bool,
    pub(super) here: bool,
}

impl Stage {
    /// Seats a window that shows what is at `address`.
    pub(super) fn seat(&self, bundle: &Bundle, address: Option<&str>, who: Who) -> Seat {
        self.seated(
            who,
            match address {
                None => Heard::All,
                Some(address) => {
                    let deck = name_of(bundle, address).map(Topic::Deck);
                    deck.map_or(Heard::Nothing, Heard::One)
                }
            },
        )
    }

    /// Seats a window in which a text is written.
    pub(super) fn seat_of_writer(&self, text: SourcePath, who: Who) -> Seat {
        self.seated(who, Heard::One(Topic::Text(text)))
    }

    fn seated(&self, Who { drives, here }: Who, heard: Heard) -> Seat {
        let window = self.windows.fetch_add(1, Ordering::Relaxed);
        let (frames, others) = (self.frames.clone(), self.frames.subscribe());
        let (left, filled) = (FRAMES_AT_ONCE, Instant::now());
        Seat { window, heard, frames, others, left, filled, drives, here }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Heard::One(topic @ Topic::Text(_)) = &self.heard {
            let frame = json!({"type": "left", "window": self.window});
            self.pass_on(topic.clone(), frame.to_string().into());
        }
    }
}

impl Seat {
    /// Returns what a window of a deck is told that may not drive: its keys move nothing but itself.
    pub(super) fn greeting(&self) -> Option<Utf8Bytes> {
        let Heard::One(Topic::Deck(deck)) = &self.heard else { return None };
        let follows = json!({ "type": "follows", "deck": deck });
        (!self.drives).then(|| follows.to_string().into())
    }

    /// Tells whether a frame is for this window.
    pub(super) fn hears(&self, said: &Said) -> bool {
        let heard = match &self.heard {
            Heard::All => matches!(said.topic, Topic::Deck(_)),
            Heard::One(topic) => *topic == said.topic,
            Heard::Nothing => false,
        };
        heard && said.window != self.window
    }

    /// Passes a window's frame on, if it is one that it may send.
    pub(super) fn say(&mut self, bundle: &Bundle, frame: Utf8Bytes) {
        let now = Instant::now();
        let passed = now.duration_since(self.filled).as_secs_f64();
        self.left = passed.mul_add(FRAMES_PER_SECOND, self.left).min(FRAMES_AT_ONCE);
        self.filled = now;
        if self.left < 1.0 {
            return;
        }
        self.left -= 1.0;
        let Ok(said) = serde_json::from_str::<Json>(&frame) else { return };
        if let Heard::One(topic @ Topic::Text(_)) = &self.heard {
            if let Some(frame) = self.of_writer(&said) {
                self.pass_on(topic.clone(), frame);
            }
        } else if let Some(deck) = self.of_talk(bundle, &said) {
            self.pass_on(Topic::Deck(deck), frame);
        }
    }

    fn pass_on(&self, topic: Topic, frame: Utf8Bytes) {
        // Nobody listening is no fault.
        self.frames.send(Arc::new(Said { window: self.window, topic, frame })).ok();
    }

    /// Returns the deck that a frame is about, if its window may say such a thing.
    fn of_talk(&self, bundle: &Bundle, said: &Json) -> Option<String> {
        let kind = said.get("type")?.as_str()?;
        let known = kind == ASKING || (self.drives && DRIVING.contains(&kind));
        let deck = name_of(bundle, &format!("decks/{}.html", said.get("deck")?.as_str()?))?;
        known.then_some(deck)
    }

    /// Returns what others are told of a window in which somebody writes: who it is knows the server alone.
    fn of_writer(&self, said: &Json) -> Option<Utf8Bytes> {
        let is = |name: &str| said.get(name).and_then(Json::as_bool).unwrap_or(false);
        let frame = json!({
            "type": WRITING,
            "window": self.window,
            "here": self.here,
            "unsaved": is("unsaved"),
            "asks": is("asks"),
        });
        (said.get("type")? == WRITING).then(|| frame.to_string().into())
    }
}

/// Returns the name of the deck at an address: one for all its translations.
fn name_of(bundle: &Bundle, address: &str) -> Option<String> {
    let Route::Deck(path) = bundle.catalog.route(address)? else { return None };
    bundle.catalog.entry(path).map(|entry| entry.name.clone())
}
