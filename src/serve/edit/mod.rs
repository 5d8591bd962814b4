//! Editing over HTTP: who may, and what the calls have in common.
//!
//! A save is on disk before it is answered, and in the bundle, so that the next request meets it.

mod answer;
mod desk;
mod form;
mod history;
mod names;
mod preview;
mod rename;
mod source;
mod upload;

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::routing::{get, post};
use hyper::body::Body as _;
use tokio::time::timeout;

use super::guard::{address, check_origin, check_own_site};
use super::token::Right;
use super::{Shared, Updater};
use crate::compile::Change;
use crate::digest::Digest;
use crate::fence::{PathFault, text_path};
use crate::save::{Fault, Files, Saved, Seen, Text};
use crate::source::{Source, SourcePath};
use answer::Told;

/// How large a text may be that is sent.
const TEXT_BYTES_MAX: usize = 16 << 20;
/// How much more of what is too large is read, so that the answer arrives.
const SPILLED_BYTES_MAX: usize = 512 << 20;
/// How long somebody may take to send a text.
const BODY_TIMEOUT: Duration = Duration::from_mins(2);

/// Adds the calls of the editor.
pub(super) fn routes(router: Router<Arc<Shared>>) -> Router<Arc<Shared>> {
    let source = get(source::read).put(source::write).delete(source::delete);
    router
        .route("/_kami/source/{*path}", source)
        .route("/_kami/edit/{*path}", get(form::show).post(form::save))
        .route("/_kami/preview/{*path}", post(preview::show))
        .route("/_kami/names", get(names::show))
        .route("/_kami/parse", post(names::parse))
        .route("/_kami/upload/{*folder}", post(upload::take))
        .route("/_kami/rename", post(rename::take))
        .route("/_kami/history/{*path}", get(history::show))
        .route("/_kami/commit/{*path}", post(history::commit))
        .route("/_kami/new", get(desk::ask_new).post(desk::make))
        .route("/_kami/delete/{*path}", post(desk::delete))
        .route("/_kami/trash/{name}", get(desk::deleted).post(desk::restore))
        .route("/_kami/move/{*path}", post(desk::rename))
}

/// Checks who asks: somebody who may edit. Returns why not.
fn permit<'a>(shared: &'a Shared, parts: &Parts) -> Result<&'a Files, Told> {
    let files = shared.editing.get().ok_or(Told::ReadOnly)?;
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let allowed = |ConnectInfo(peer): &ConnectInfo<SocketAddr>| {
        may_edit(shared, *peer, (&parts.uri, &parts.headers))
    };
    if !peer.is_some_and(allowed) {
        return Err(Told::NotHere);
    }
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        check_origin(&parts.headers)
            .and_then(|()| check_own_site(&parts.headers))
            .map_err(Told::Refused)?;
    }
    Ok(files)
}

/// Tells whether a request comes from somebody who may edit: the person at this machine, or one who has the
/// token for it.
pub(super) fn may_edit(shared: &Shared, peer: SocketAddr, head: (&Uri, &HeaderMap)) -> bool {
    shared.editing.get().is_some() && shared.tokens.allow(Right::Edit, peer, head)
}

/// Returns the path that stands behind a prefix in the address of a request, decoded once.
fn path_behind(parts: &Parts, prefix: &str) -> Option<String> {
    let address = address(parts.uri.path())?;
    address.strip_prefix(prefix).map(str::to_owned)
}

/// Returns the path of the text that a request is about.
fn text_behind(parts: &Parts, prefix: &str) -> Result<SourcePath, Told> {
    let path = path_behind(parts, prefix).ok_or(PathFault::Part);
    path.and_then(|path| text_path(&path)).map_err(Told::Path)
}

/// Reads what was sent, up to a limit.
async fn body(parts: &Parts, body: Body, limit: usize) -> Result<Vec<u8>, Told> {
    if parts.headers.get(header::CONTENT_ENCODING).is_some_and(|value| value != "identity") {
        return Err(Told::Encoded);
    }
    let length = parts.headers.get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > SPILLED_BYTES_MAX) {
        return Err(Told::Large(limit));
    }
    let read = timeout(BODY_TIMEOUT, collected(body, limit)).await;
    read.map_err(|_| Told::Slow)?
}

async fn collected(mut body: Body, limit: usize) -> Result<Vec<u8>, Told> {
    let (mut bytes, mut total) = (Vec::new(), 0);
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|_| Told::Broken)?;
        let Ok(chunk) = frame.into_data() else { continue };
        total += chunk.len();
        if total > SPILLED_BYTES_MAX {
            break;
        }
        // What is too large is read to its end all the same: who still speaks does not hear.
        if total > limit {
            bytes = Vec::new();
        } else {
            bytes.extend_from_slice(&chunk);
        }
    }
    if total > limit { Err(Told::Large(limit)) } else { Ok(bytes) }
}

/// Reads bytes as a text.
fn text_of(bytes: Vec<u8>) -> Result<String, Told> {
    String::from_utf8(bytes).map_err(|_| Told::NotUtf8)
}

/// Does work that waits for the disk, on a thread that may.
async fn beside<T: Send + 'static>(
    shared: &Arc<Shared>,
    work: impl FnOnce(&Desk<'_>) -> T + Send + 'static,
) -> Result<T, Told> {
    let shared = Arc::clone(shared);
    let done = tokio::task::spawn_blocking(move || {
        let files = shared.editing.get()?;
        Some(work(&Desk { shared: &shared, files }))
    });
    done.await.ok().flatten().ok_or(Told::Bug)
}

/// Where texts are written: the files, and the bundle that has to follow them.
struct Desk<'a> {
    shared: &'a Arc<Shared>,
    files: &'a Files,
}

impl Desk<'_> {
    /// Nobody else reads or writes the site while this is held.
    fn turn(&self) -> MutexGuard<'_, ()> {
        self.shared.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a text and takes it into the bundle.
    fn write(&self, path: &SourcePath, text: String, seen: Seen) -> Result<(Saved, Text), Fault> {
        let _turn = self.turn();
        if seen == Seen::Nothing && self.shared.state().bundle.catalog.twin(path).is_some() {
            return Err(Fault::Exists);
        }
        let saved = self.files.write(path, &text, seen)?;
        let source = Source::text(path.as_str(), &text);
        let text = Text { digest: Digest::of(text.as_bytes()), text };
        self.files.keep(&text);
        self.take_in(vec![Change { path: path.clone(), source: Some(source) }]);
        if saved != Saved::Same {
            self.commit_later(path, &text.text);
        }
        Ok((saved, text))
    }

    fn delete(&self, path: &SourcePath, seen: Digest) -> Result<String, Fault> {
        let _turn = self.turn();
        let name = self.files.delete(path, seen)?;
        self.take_in(vec![Change { path: path.clone(), source: None }]);
        Ok(name)
    }

    /// Brings back what lies in the trash under a name.
    fn restore(&self, name: &str) -> Result<SourcePath, Fault> {
        let _turn = self.turn();
        let path = self.files.restore(name)?;
        let text = self.files.read(&path)?;
        let source = Source::text(path.as_str(), &text.text);
        self.take_in(vec![Change { path: path.clone(), source: Some(source) }]);
        Ok(path)
    }

    /// Lets the bundle follow what is on disk by now.
    fn take_in(&self, changes: Vec<Change>) {
        let known = &self.shared.state().bundle.sources;
        let changes: Vec<Change> = changes
            .into_iter()
            .filter(|change| known.get(&change.path) != change.source.as_ref())
            .collect();
        if !changes.is_empty() {
            Updater::new(Arc::clone(self.shared)).update(changes);
        }
    }
}

/// Tells a status with what `fault` means.
fn status_of(fault: &Fault) -> StatusCode {
    match fault {
        Fault::Changed(_) | Fault::Exists => StatusCode::PRECONDITION_FAILED,
        Fault::Missing => StatusCode::NOT_FOUND,
        Fault::NotText
        | Fault::Outside
        | Fault::Ignored
        | Fault::NotThisFile
        | Fault::Denied(_) => StatusCode::FORBIDDEN,
        Fault::Full(_) => StatusCode::INSUFFICIENT_STORAGE,
        Fault::World(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
