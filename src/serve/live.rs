//! The WebSocket: each window is told what changed for it, and nothing else.

use std::sync::Arc;

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use tokio::sync::broadcast::error::RecvError;

use super::guard::Hosts;
use super::http::refuse;
use super::{Shared, Update};
use crate::catalog::Route;
use crate::compile::Bundle;
use crate::diagnostic::{Diagnostic, Severity};
use crate::document::Document;
use crate::source::SourcePath;

/// A window sends nothing but its close; anything larger is no window.
const MESSAGE_BYTES_MAX: usize = 16 << 10;

/// The address that a window shows; without one it is told of every change.
#[derive(Debug, Deserialize)]
pub(super) struct Window {
    route: Option<String>,
}

pub(super) async fn upgrade(
    State(shared): State<Arc<Shared>>,
    Query(window): Query<Window>,
    headers: HeaderMap,
    socket: WebSocketUpgrade,
) -> Response {
    if let Err(refusal) = Hosts::check_origin(&headers) {
        return refuse(refusal);
    }
    socket
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX)
        .on_upgrade(move |socket| talk(shared, window.route, socket))
}

async fn talk(shared: Arc<Shared>, route: Option<String>, mut socket: WebSocket) {
    let mut updates = shared.updates.subscribe();
    let bundle = shared.bundle();
    let route = route.map(|route| address_of(&bundle, route));
    let mut seen = Seen {
        digest: route.as_deref().and_then(|route| digest(&bundle, route)),
        errors: Json::Array(Vec::new()),
    };
    let first = seen.errors_frame(&bundle);
    drop(bundle);
    if let Some(frame) = first
        && socket.send(text(&frame)).await.is_err()
    {
        return;
    }
    loop {
        tokio::select! {
            update = updates.recv() => {
                let update = match update {
                    Ok(update) => update,
                    // Frames were missed; the state itself never is.
                    Err(RecvError::Lagged(_)) => Arc::new(Update { bundle: shared.bundle(), changed: Vec::new(), before: Vec::new() }),
                    Err(RecvError::Closed) => return,
                };
                let route = route.clone();
                let frames = tokio::task::spawn_blocking(move || { let frames = seen.frames(&update, route.as_deref()); (frames, seen) }).await;
                let Ok((frames, now)) = frames else { return };
                seen = now;
                for frame in frames {
                    if socket.send(text(&frame)).await.is_err() {
                        return;
                    }
                }
            }
            message = socket.recv() => match message {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
        }
    }
}

fn text(frame: &Json) -> Message {
    Message::Text(frame.to_string().into())
}

/// A folder's address stands for its index, a clean one for its file.
fn address_of(bundle: &Bundle, route: String) -> String {
    let route = route.trim_start_matches('/').to_owned();
    if route.is_empty() || route.ends_with('/') {
        return format!("{route}index.html");
    }
    if bundle.output(&route).is_none() && bundle.catalog.route(&format!("{route}.html")).is_some() {
        return format!("{route}.html");
    }
    route
}

fn digest(bundle: &Bundle, route: &str) -> Option<String> {
    bundle.output(route).map(|output| output.digest.short())
}

/// What a window has been told.
struct Seen {
    digest: Option<String>,
    errors: Json,
}

impl Seen {
    /// Returns what is to be said of an update.
    fn frames(&mut self, update: &Update, route: Option<&str>) -> Vec<Json> {
        let mut frames = Vec::new();
        match route {
            Some(route) => frames.extend(self.route_frame(update, route)),
            None => frames.extend(changed_routes(update)),
        }
        frames.extend(self.errors_frame(&update.bundle));
        frames
    }

    fn route_frame(&mut self, update: &Update, route: &str) -> Option<Json> {
        let now = digest(&update.bundle, route);
        if now == self.digest {
            return None;
        }
        self.digest.clone_from(&now);
        match now {
            Some(digest) => Some(changed(update, route, &digest)),
            None => Some(json!({"type": "gone", "route": route})),
        }
    }

    /// Tells all errors of the site when they are others than before.
    fn errors_frame(&mut self, bundle: &Bundle) -> Option<Json> {
        let errors: Vec<Json> = bundle
            .parse_diagnostics()
            .iter()
            .filter(|found| found.rule.severity == Severity::Error)
            .map(|found| told(bundle, found))
            .collect();
        let errors = Json::Array(errors);
        if errors == self.errors {
            return None;
        }
        self.errors = errors.clone();
        Some(json!({"type": "diagnostics", "diagnostics": errors}))
    }
}

/// Returns a diagnostic as the browser shows it.
pub(super) fn told(bundle: &Bundle, diagnostic: &Diagnostic) -> Json {
    let located = bundle.locate(diagnostic);
    let excerpt =
        if located.excerpt.is_empty() { String::new() } else { located.excerpt_with_caret() };
    let mut json = serde_json::to_value(&located).unwrap_or_default();
    json["excerpt"] = Json::from(excerpt);
    json
}

/// Returns a frame for each document that changed.
fn changed_routes(update: &Update) -> Vec<Json> {
    let entries = update.changed.iter().filter_map(|path| update.bundle.catalog.entry(path));
    entries
        .filter_map(|entry| {
            Some(changed(update, &entry.route, &digest(&update.bundle, &entry.route)?))
        })
        .collect()
}

fn changed(update: &Update, route: &str, digest: &str) -> Json {
    let mut frame = json!({"type": "changed", "route": route, "digest": digest});
    let Some(Route::Deck(path)) = update.bundle.catalog.route(route) else { return frame };
    let before = update.before.iter().find(|document| document.path == *path);
    let now = update.bundle.catalog.entry(path).map(|entry| &entry.document);
    if let (Some(before), Some(now)) = (before, now) {
        if let Some(slide) = first_difference(before, now) {
            frame["slide"] = json!(slide);
            frame["step"] = json!(0);
        }
        frame["keys"] = Json::Object(
            renamed_keys(before, now).into_iter().map(|(old, new)| (old, json!(new))).collect(),
        );
    }
    frame
}

/// Returns the number of the first slide that is not as it was.
fn first_difference(before: &Document, now: &Document) -> Option<usize> {
    let same = before
        .slides
        .iter()
        .zip(&now.slides)
        .take_while(|(a, b)| {
            a.prose == b.prose
                && a.classes == b.classes
                && a.header == b.header
                && a.footer == b.footer
                && a.attributes == b.attributes
        })
        .count();
    (same < before.slides.len().max(now.slides.len())).then(|| (same + 1).min(now.slides.len()))
}

/// Returns old and new keys of slides whose key changed while their neighbours stayed.
fn renamed_keys(before: &Document, now: &Document) -> Vec<(String, String)> {
    let had = |key: &str| before.slides.iter().any(|slide| slide.key == key);
    let has = |key: &str| now.slides.iter().any(|slide| slide.key == key);
    let lost: Vec<usize> =
        (0..before.slides.len()).filter(|&at| !has(&before.slides[at].key)).collect();
    let mut pairs = Vec::new();
    for at in lost {
        let kept_before = before.slides[..at]
            .iter()
            .rev()
            .find_map(|slide| now.slides.iter().position(|other| other.key == slide.key));
        let candidate = kept_before.map_or(at, |place| place + 1);
        let taken = |key: &str| pairs.iter().any(|(_, new): &(String, String)| new == key);
        let heir = now
            .slides
            .iter()
            .skip(candidate)
            .find(|slide| !taken(&slide.key))
            .filter(|slide| !had(&slide.key));
        if let Some(heir) = heir {
            pairs.push((before.slides[at].key.clone(), heir.key.clone()));
        }
    }
    pairs
}

/// Returns the documents of some paths, to be compared with what they become.
pub(super) fn documents(bundle: &Bundle, paths: &[SourcePath]) -> Vec<Arc<Document>> {
    paths
        .iter()
        .filter_map(|path| bundle.catalog.entry(path))
        .map(|entry| Arc::clone(&entry.document))
        .collect()
}
