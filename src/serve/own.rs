//! `/_kami/FILE`: the scripts and style sheets that only the server adds to pages, compressed for whoever reads that.

use std::sync::{Arc, OnceLock};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Shared;
use super::accept::{forms, is_known};
use crate::digest::Digest;
use crate::output::{Encoding, embedded};

/// What there is, and where it stands among the templates.
const FILES: [(&str, &str); 7] = [
    ("live.js", "live/live.js"),
    ("live.css", "live/live.css"),
    ("editor.js", "editor/editor.js"),
    ("editor-chunk.js", "editor/editor-chunk.js"),
    ("editor-vim.js", "editor/editor-vim.js"),
    ("editor.css", "editor/editor.css"),
    ("idiomorph.js", "vendor/idiomorph.js"),
];

/// The files, each made ready when it is first asked for.
#[derive(Debug, Default)]
pub(super) struct OwnFiles([OnceLock<Option<Ready>>; FILES.len()]);

#[derive(Debug)]
struct Ready {
    plain: Bytes,
    packed: Bytes,
    tag: String,
}

impl OwnFiles {
    fn get(&self, name: &str) -> Option<&Ready> {
        let at = FILES.iter().position(|(own, _)| *own == name)?;
        self.0[at].get_or_init(|| Ready::of(FILES[at].1)).as_ref()
    }
}

impl Ready {
    fn of(template: &str) -> Option<Ready> {
        let text = embedded(template)?;
        let tag = format!("\"{}\"", Digest::of(text.as_bytes()).short());
        let packed = Encoding::Gzip.compress(text.as_bytes()).unwrap_or_default();
        Some(Ready { plain: text.into_owned().into(), packed: packed.into(), tag })
    }
}

/// Says that no call and no file of ours has this address.
pub(super) fn nothing() -> Response {
    let message = "kami serve answers to no such address under /_kami/";
    let help = "mend the address; wiki/Help/Editing lists what can be asked for";
    let body = json!({"error": "no-call", "message": message, "help": help});
    (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(file) = shared.own.get(&name) else { return nothing() };
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let kind = if ending == "css" { "text/css" } else { "text/javascript" };
    let about = [
        (header::CONTENT_TYPE, format!("{kind}; charset=utf-8")),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
        (header::VARY, "accept-encoding".to_owned()),
        (header::ETAG, file.tag.clone()),
    ];
    if is_known(&headers, &file.tag) {
        return (StatusCode::NOT_MODIFIED, about).into_response();
    }
    if forms(&headers).contains(&Some(Encoding::Gzip)) && !file.packed.is_empty() {
        let packed = [(header::CONTENT_ENCODING, "gzip")];
        return (about, packed, file.packed.clone()).into_response();
    }
    (about, file.plain.clone()).into_response()
}
