//! `/_kami/source/PATH`: a text as it stands on disk, and what is to stand there.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Desk;
use super::answer::{self, Told, tag};
use super::call::Call;
use crate::digest::Digest;
use crate::fence::new_path;
use crate::save::{Fault, Saved, Seen, Text};
use crate::source::{Content, SourcePath};

const PREFIX: &str = "_kami/source/";

/// What a request says of the text that it was made from.
enum Condition {
    /// One of these revisions.
    Revisions(Vec<Digest>),
    Nothing,
}

pub(super) async fn read(call: Call) -> Result<Response, Told> {
    let path = call.text_path(PREFIX)?;
    call.answer(move |desk| match desk.files.read(&path) {
        Ok(text) => {
            desk.files.keep(&text);
            let headers = [
                (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
                (header::CACHE_CONTROL, "no-store"),
            ];
            (headers, [(header::ETAG, tag(text.digest))], text.text).into_response()
        }
        Err(fault) => desk.refused(&path, &fault),
    })
    .await
}

pub(super) async fn write(mut call: Call) -> Result<Response, Told> {
    let path = call.text_path(PREFIX)?;
    let condition = condition(call.headers()).ok_or(Told::NoCondition)?;
    if matches!(condition, Condition::Nothing) {
        new_path(path.as_str()).map_err(Told::Path)?;
    }
    let text = call.text().await?;
    call.answer(move |desk| desk.save(&path, text, condition)).await
}

pub(super) async fn delete(call: Call) -> Result<Response, Told> {
    let path = call.text_path(PREFIX)?;
    let Some(Condition::Revisions(seen)) = condition(call.headers()) else {
        return Err(Told::NoCondition);
    };
    call.answer(move |desk| {
        let seen = desk.seen(&path, &seen);
        match desk.delete(&path, seen) {
            Ok(name) => (StatusCode::NO_CONTENT, [("kami-trash", name)]).into_response(),
            Err(Fault::Changed(now)) => answer::changed(now.as_ref(), None, ""),
            Err(fault) => desk.refused(&path, &fault),
        }
    })
    .await
}

impl Desk<'_> {
    fn save(&self, path: &SourcePath, text: String, condition: Condition) -> Response {
        let seen = match condition {
            Condition::Nothing => Seen::Nothing,
            Condition::Revisions(seen) => Seen::Revision(self.seen(path, &seen)),
        };
        let yours = text.clone();
        match self.write(path, text, seen) {
            Ok((saved, text)) => {
                let status =
                    if saved == Saved::Created { StatusCode::CREATED } else { StatusCode::OK };
                let tag = [(header::ETAG, tag(text.digest))];
                (tag, answer::said(status, serde_json::json!({"digest": text.digest.to_string()})))
                    .into_response()
            }
            Err(Fault::Changed(now)) => self.changed(now.as_ref(), seen, &yours),
            Err(Fault::Exists) => {
                let now = self.files.read(path).ok();
                self.changed(now.as_ref(), seen, &yours)
            }
            Err(fault) => self.refused(path, &fault),
        }
    }

    fn changed(&self, now: Option<&Text>, seen: Seen, yours: &str) -> Response {
        if let Some(now) = now {
            self.files.keep(now);
        }
        let base = match seen {
            Seen::Revision(seen) => self.files.revision(seen),
            Seen::Nothing => None,
        };
        answer::changed(now, base.as_deref(), yours)
    }

    /// Returns which of several revisions is meant: the one that stands there, else the last that was named.
    fn seen(&self, path: &SourcePath, revisions: &[Digest]) -> Digest {
        let last = revisions.last().copied().unwrap_or_else(|| Digest::of(b""));
        if revisions.len() < 2 {
            return last;
        }
        let now = self.files.read(path).map(|text| text.digest);
        now.ok().filter(|now| revisions.contains(now)).unwrap_or(last)
    }

    /// Says why a text cannot be read or written; where its encoding is known, how to mend it.
    fn refused(&self, path: &SourcePath, fault: &Fault) -> Response {
        let bundle = &self.shared.state().bundle;
        let hint = match bundle.sources.get(path).map(|source| &source.content) {
            Some(Content::Unusable(known)) => Some(known.help.clone()),
            _ => None,
        };
        answer::fault(fault, hint.filter(|_| matches!(fault, Fault::NotText)).as_deref())
    }
}

/// Reads the condition of a request; `If-Match: *` names no revision that anybody has seen.
fn condition(headers: &HeaderMap) -> Option<Condition> {
    if headers.contains_key(header::IF_MATCH) {
        let values =
            headers.get_all(header::IF_MATCH).iter().filter_map(|value| value.to_str().ok());
        let tags = values.flat_map(|value| value.split(',')).map(str::trim);
        let tags: Vec<&str> = tags.filter(|tag| !tag.is_empty()).collect();
        if tags.is_empty() || tags.contains(&"*") {
            return None;
        }
        // A tag that is none of ours was never seen here: it matches nothing.
        return Some(Condition::Revisions(tags.into_iter().map(revision).collect()));
    }
    let none = headers.get(header::IF_NONE_MATCH)?;
    (none == "*").then_some(Condition::Nothing)
}

/// Reads an entity tag; one that is none of ours becomes a digest that nothing has.
fn revision(tag: &str) -> Digest {
    let bare = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).unwrap_or(tag);
    Digest::parse(bare)
        .unwrap_or_else(|| Digest::of_parts([b"no revision".as_slice(), tag.as_bytes()]))
}
