//! `/_kami/names`: what there is to link to; `/_kami/parse`: HTML from a clipboard, handed back to be parsed.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;

use super::answer::{Told, said};
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
    let query = parts.uri.query().unwrap_or("");
    let of = query.split('&').find_map(|pair| pair.strip_prefix("of="));
    let of = of.map(|name| percent_decode_str(name).decode_utf8_lossy().into_owned());
    beside(&shared, move |desk| {
        let bundle = Arc::clone(&desk.shared.state().bundle);
        let told = match &of {
            Some(name) => page::headings(bundle.site(), name),
            None => page::names(bundle.site()),
        };
        said(StatusCode::OK, told)
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
