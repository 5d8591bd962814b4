//! Editing over HTTP: who may, and what the calls have in common.
//!
//! A save is on disk before it is answered, and in the bundle, so that the next request meets it.

mod answer;
mod call;
mod desk;
mod form;
mod history;
mod marked;
mod names;
mod preview;
mod rename;
mod source;
mod upload;

use std::net::SocketAddr;
use std::sync::{Arc, MutexGuard, PoisonError};

use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::token::Right;
use super::{Shared, Updater};
use crate::compile::Change;
use crate::digest::Digest;
use crate::fence::text_path;
use crate::save::{Fault, Files, Saved, Seen, Text};
use crate::source::{Source, SourcePath};
use answer::Told;

/// How large a text may be that is sent.
const TEXT_BYTES_MAX: usize = 16 << 20;
/// Adds the calls of the editor.
pub(super) fn routes(router: Router<Arc<Shared>>) -> Router<Arc<Shared>> {
    let source = get(source::read).put(source::write).delete(source::delete);
    router
        .route("/_kami/source/{*path}", source)
        .route("/_kami/edit/{*path}", get(form::show).post(form::save))
        .route("/_kami/preview/{*path}", post(preview::show))
        .route("/_kami/names", get(names::show))
        .route("/_kami/words", get(names::words))
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

/// Tells whether a request comes from somebody who may edit: the person at this machine, or one who has the
/// token for it.
pub(super) fn may_edit(shared: &Shared, peer: SocketAddr, head: (&Uri, &HeaderMap)) -> bool {
    shared.editing.get().is_some() && shared.allows(Right::Edit, peer, head)
}

/// Returns the text that somebody wants to write in a window, if they may; else what they are answered.
pub(super) fn text_of_writer(
    shared: &Shared,
    (peer, head): (SocketAddr, (&Uri, &HeaderMap)),
    path: &str,
) -> Result<SourcePath, Box<Response>> {
    let told = |told: Told| Box::new(told.into_response());
    if !may_edit(shared, peer, head) {
        return Err(told(Told::NotHere));
    }
    text_path(path).map_err(|fault| told(Told::Path(fault)))
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
