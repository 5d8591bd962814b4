//! `/_kami/names`: what there is to link to; `/_kami/parse`: HTML from a clipboard, handed back to be parsed.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::answer::{Told, said};
use super::desk::asked;
use super::{TEXT_BYTES_MAX, beside, body, permit, text_of};
use crate::page;
use crate::serve::Shared;

/// Names to link to, or with `?of=NAME` the headings of one document.
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Told> {
    let (parts, _) = request.into_parts();
    permit(&shared, &parts)?;
    let of = asked(parts.uri.query().unwrap_or(""), "of");
    beside(&shared, move |desk| {
        let bundle = Arc::clone(&desk.shared.state().bundle);
        let site = bundle.site();
        said(
            StatusCode::OK,
            if of.is_empty() { page::names(site) } else { page::headings(site, &of) },
        )
    })
    .await
}

/// Hands HTML back as a document in a box of its own: nothing in it runs, loads or is kept. A page may not
/// make nodes of a string itself.
pub(super) async fn parse(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Told> {
    let (parts, sent) = request.into_parts();
    permit(&shared, &parts)?;
    let html = text_of(body(&parts, sent, TEXT_BYTES_MAX).await?)?;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
    ];
    Ok((headers, html).into_response())
}
