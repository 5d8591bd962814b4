//! `/_kami/names`: what there is to link to; `/_kami/words`: emoji and languages of code by their
//! names; `/_kami/parse`: HTML from a clipboard, handed back to be parsed.

use std::sync::Arc;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::answer::{Told, said};
use super::call::Call;
use crate::page;

/// Names to link to, or with `?of=NAME` the headings of one document.
pub(super) async fn show(call: Call) -> Result<Response, Told> {
    let of = call.asked("of")?;
    call.answer(move |desk| {
        let bundle = Arc::clone(&desk.shared.state().bundle);
        let site = bundle.site();
        said(
            StatusCode::OK,
            if of.is_empty() { page::names(site) } else { page::headings(site, &of) },
        )
    })
    .await
}

/// What else is offered while somebody writes, and stays the same as long as the server runs.
pub(super) async fn words(_: Call) -> Response {
    said(StatusCode::OK, page::words())
}

/// Hands HTML back as a document in a box of its own: nothing in it runs, loads or is kept. A page may not
/// make nodes of a string itself.
pub(super) async fn parse(mut call: Call) -> Result<Response, Told> {
    let html = call.text().await?;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
    ];
    Ok((headers, html).into_response())
}
