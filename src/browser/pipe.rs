//! The wire to the browser: JSON messages, each ended by a NUL, through two pipes.
//!
//! No port is opened, so no other program can drive the browser; and when this program ends,
//! however it ends, the pipes close and the browser ends by itself.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{ChildStderr, ChildStdin, ChildStdout};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use serde_json::{Value as Json, json};

/// How much of what the browser says on standard error is kept for a message.
const WORDS_MAX: usize = 8 << 10;

/// Messages by the session they belong to; the browser itself has the empty name.
type Routes = Arc<Mutex<Option<HashMap<String, Sender<Json>>>>>;

#[derive(Debug)]
pub(super) struct Pipe {
    /// `None` once it is closed.
    to: Mutex<Option<ChildStdin>>,
    routes: Routes,
    words: Arc<Mutex<Vec<u8>>>,
    next: AtomicU64,
}

impl Pipe {
    pub(super) fn new(to: ChildStdin, from: ChildStdout, errors: ChildStderr) -> Result<Pipe> {
        let routes: Routes = Arc::new(Mutex::new(Some(HashMap::new())));
        let words = Arc::new(Mutex::new(Vec::new()));
        let (known, heard) = (Arc::clone(&routes), Arc::clone(&words));
        thread("browser", move || listen(from, &known))?;
        thread("browser-errors", move || overhear(errors, &heard))?;
        Ok(Pipe { to: Mutex::new(Some(to)), routes, words, next: AtomicU64::new(1) })
    }

    /// Lets the messages of a session come to whoever holds what is returned; it ends with the browser.
    pub(super) fn route(&self, session: &str) -> Receiver<Json> {
        let (sender, receiver) = channel();
        if let Some(routes) = &mut *lock(&self.routes) {
            routes.insert(session.to_owned(), sender);
        }
        receiver
    }

    pub(super) fn forget(&self, session: &str) {
        if let Some(routes) = &mut *lock(&self.routes) {
            routes.remove(session);
        }
    }

    /// Sends a call and returns the number that its answer will bear.
    pub(super) fn send(&self, session: &str, method: &str, parameters: &Json) -> Result<u64> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut message = json!({ "id": id, "method": method, "params": parameters });
        if !session.is_empty() {
            message["sessionId"] = Json::from(session);
        }
        let mut bytes = serde_json::to_vec(&message)?;
        bytes.push(0);
        let mut to = lock(&self.to);
        to.as_mut()
            .context("the browser was closed")?
            .write_all(&bytes)
            .with_context(|| format!("ask the browser for {method}"))?;
        Ok(id)
    }

    /// Hangs up, which ends the browser.
    pub(super) fn close(&self) {
        drop(lock(&self.to).take());
    }

    /// Returns the last lines that the browser wrote on standard error.
    pub(super) fn words(&self) -> String {
        let words = lock(&self.words);
        let text = String::from_utf8_lossy(&words);
        // A browser without a desktop has much to say about the desktop.
        let noise = |line: &&str| {
            line.contains("dbus") || line.contains("vulkan") || line.trim().is_empty()
        };
        let lines: Vec<&str> = text.lines().filter(|line| !noise(line)).collect();
        lines[lines.len().saturating_sub(3)..].join("; ")
    }
}

fn listen(from: ChildStdout, routes: &Routes) {
    let mut from = BufReader::with_capacity(1 << 16, from);
    let mut message = Vec::new();
    while from.read_until(0, &mut message).is_ok_and(|length| length > 0) {
        message.pop();
        if let Ok(message) = serde_json::from_slice::<Json>(&message) {
            let session = message["sessionId"].as_str().unwrap_or_default().to_owned();
            if let Some(route) = lock(routes).as_ref().and_then(|routes| routes.get(&session)) {
                // Who asked may have given up.
                drop(route.send(message));
            }
        }
        message.clear();
    }
    // Whoever waits hears that nothing will come any more.
    *lock(routes) = None;
}

fn overhear(mut errors: ChildStderr, words: &Mutex<Vec<u8>>) {
    let mut bytes = [0; 4096];
    while let Ok(length @ 1..) = errors.read(&mut bytes) {
        let mut words = lock(words);
        words.extend_from_slice(&bytes[..length]);
        let more = words.len().saturating_sub(WORDS_MAX);
        words.drain(..more);
    }
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
    let started = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    started.map(drop).context("start a thread")
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
