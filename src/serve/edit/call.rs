//! A call of the editor: from somebody who may make it, with what it says.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequest, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use hyper::body::Body as _;
use percent_encoding::percent_decode;
use tokio::time::timeout;

use super::answer::Told;
use super::{Desk, TEXT_BYTES_MAX, may_edit};
use crate::fence::{PathFault, text_path};
use crate::serve::Shared;
use crate::serve::guard::{address, check_origin, check_own_site};
use crate::source::SourcePath;

/// How much more of what is too large is read, so that the answer arrives.
const SPILLED_BYTES_MAX: usize = 512 << 20;
/// How long somebody may take to send a text.
const BODY_TIMEOUT: Duration = Duration::from_mins(2);

/// A request of somebody who may edit; nobody else gets as far as a handler.
pub(super) struct Call {
    shared: Arc<Shared>,
    parts: Parts,
    sent: Body,
}

impl FromRequest<Arc<Shared>> for Call {
    type Rejection = Told;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Call, Told> {
        let (parts, sent) = request.into_parts();
        permit(shared, &parts)?;
        Ok(Call { shared: Arc::clone(shared), parts, sent })
    }
}

/// Checks who asks. Returns why they may not.
fn permit(shared: &Shared, parts: &Parts) -> Result<(), Told> {
    if shared.editing.get().is_none() {
        return Err(Told::ReadOnly);
    }
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let allowed = |ConnectInfo(peer): &ConnectInfo<SocketAddr>| {
        may_edit(shared, *peer, (&parts.uri, &parts.headers))
    };
    if !peer.is_some_and(allowed) {
        return Err(Told::NotHere);
    }
    if matches!(parts.method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    check_origin(&parts.headers)
        .and_then(|()| check_own_site(&parts.headers))
        .map_err(Told::Refused)
}

impl Call {
    pub(super) fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// Returns the path that stands behind a prefix in the address, decoded once.
    pub(super) fn path(&self, prefix: &str) -> Result<String, Told> {
        let address = address(self.parts.uri.path());
        let path = address.as_deref().and_then(|address| address.strip_prefix(prefix));
        path.map(str::to_owned).ok_or(Told::Path(PathFault::Part))
    }

    /// Returns the path of the text that the call is about.
    pub(super) fn text_path(&self, prefix: &str) -> Result<SourcePath, Told> {
        text_path(&self.path(prefix)?).map_err(Told::Path)
    }

    /// Returns a field of the query; one that is not there is empty.
    pub(super) fn asked(&self, name: &str) -> Result<String, Told> {
        let mut pairs =
            self.parts.uri.query().unwrap_or("").split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.find(|(key, _)| *key == name).map_or("", |(_, value)| value);
        decoded(value.as_bytes()).ok_or(Told::NotUtf8)
    }

    pub(super) fn wants_json(&self) -> bool {
        let accept = self.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
        accept.is_some_and(|accept| accept.starts_with("application/json"))
    }

    /// Reads what was sent, up to a limit; it is there once.
    pub(super) async fn bytes(&mut self, limit: usize) -> Result<Vec<u8>, Told> {
        let headers = &self.parts.headers;
        if headers.get(header::CONTENT_ENCODING).is_some_and(|value| value != "identity") {
            return Err(Told::Encoded);
        }
        let length = headers.get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if length.is_some_and(|length| length > SPILLED_BYTES_MAX) {
            return Err(Told::Large(limit));
        }
        let sent = std::mem::take(&mut self.sent);
        // What says that it is too large is read and not kept.
        let kept = if length.is_some_and(|length| length > limit) { 0 } else { limit };
        let read = timeout(BODY_TIMEOUT, collected(sent, kept)).await.map_err(|_| Told::Slow)?;
        read.map_err(|told| if matches!(told, Told::Large(_)) { Told::Large(limit) } else { told })
    }

    /// Reads the text that was sent.
    pub(super) async fn text(&mut self) -> Result<String, Told> {
        let bytes = self.bytes(TEXT_BYTES_MAX).await?;
        String::from_utf8(bytes).map_err(|_| Told::NotUtf8)
    }

    /// Reads the form that was sent.
    pub(super) async fn form(&mut self) -> Result<Form, Told> {
        let kind = self.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or("").trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Told::NotAForm);
        }
        let bytes = self.bytes(TEXT_BYTES_MAX).await?;
        let fields = bytes.split(|byte| *byte == b'&').filter(|field| !field.is_empty());
        let fields = fields.map(|field| {
            let at = field.iter().position(|byte| *byte == b'=').unwrap_or(field.len());
            Some((decoded(&field[..at])?, decoded(field.get(at + 1..).unwrap_or_default())?))
        });
        fields.collect::<Option<Vec<_>>>().map(Form).ok_or(Told::NotUtf8)
    }

    /// Does work that waits for the disk, on a thread that may.
    pub(super) async fn answer<T: Send + 'static>(
        self,
        work: impl FnOnce(&Desk<'_>) -> T + Send + 'static,
    ) -> Result<T, Told> {
        let shared = self.shared;
        let done = tokio::task::spawn_blocking(move || {
            let files = shared.editing.get()?;
            Some(work(&Desk { shared: &shared, files }))
        });
        done.await.ok().flatten().ok_or(Told::Bug)
    }
}

/// The fields of a form that was sent.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Tells whether a field was sent, be it empty.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// Returns a field; one that was not sent is empty.
    pub(super) fn field(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }
}

fn decoded(bytes: &[u8]) -> Option<String> {
    let spaced: Vec<u8> = bytes.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
    String::from_utf8(percent_decode(&spaced).collect()).ok()
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
