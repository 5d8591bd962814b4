//! `/_kami/preview/PATH`: what a draft becomes, and what is wrong with it.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::answer::{Told, said};
use super::{TEXT_BYTES_MAX, beside, body, permit, text_behind, text_of};
use crate::draft::{Preview, preview};
use crate::serve::Shared;
use crate::serve::http::location;
use crate::source::Source;

pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Told> {
    let (parts, sent) = request.into_parts();
    permit(&shared, &parts)?;
    let path = text_behind(&parts, "_kami/preview/")?;
    let text = text_of(body(&parts, sent, TEXT_BYTES_MAX).await?)?;
    let as_json = wants_json(&parts.headers);
    beside(&shared, move |desk| {
        let bundle = Arc::clone(&desk.shared.state().bundle);
        match preview(&bundle, Source::text(path.as_str(), &text)) {
            Some(preview) if as_json => in_json(&preview),
            Some(preview) => in_html(&preview),
            None => Told::NoPage.into_response(),
        }
    })
    .await
}

fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.starts_with("application/json"))
}

fn in_json(preview: &Preview) -> Response {
    let html = String::from_utf8_lossy(&preview.output.bytes);
    let diagnostics = &preview.diagnostics;
    said(StatusCode::OK, json!({"route": preview.route, "html": html, "diagnostics": diagnostics}))
}

/// The page as it would be, with what is wrong with it in a block of data at its end.
fn in_html(preview: &Preview) -> Response {
    let html = String::from_utf8_lossy(&preview.output.bytes);
    let data = serde_json::to_string(&preview.diagnostics).unwrap_or_default();
    // No text of an author may end the block.
    let data = data.replace('<', "\\u003c");
    let block =
        format!("<script type=\"application/json\" id=\"_kami-diagnostics\">{data}</script>\n");
    let at = html.rfind("</body>").unwrap_or(html.len());
    let page = [&html[..at], &block, &html[at..]].concat();
    let headers =
        [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (headers, [("kami-route", location(&preview.route))], page).into_response()
}
