//! `/_kami/preview/PATH`: what a draft becomes, and what is wrong with it.

use std::sync::Arc;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::answer::{Told, said};
use super::call::Call;
use crate::diagnostic::Located;
use crate::draft::{Preview, preview};
use crate::serve::http::location;
use crate::source::Source;

pub(super) async fn show(mut call: Call) -> Result<Response, Told> {
    let path = call.text_path("_kami/preview/")?;
    let text = call.text().await?;
    let as_json = call.wants_json();
    call.answer(move |desk| {
        let bundle = Arc::clone(&desk.shared.state().bundle);
        match preview(&bundle, Source::text(path.as_str(), &text)) {
            Some(preview) if as_json => in_json(&preview),
            Some(preview) => in_html(&preview),
            None => Told::NoPage.into_response(),
        }
    })
    .await
}

fn in_json(preview: &Preview) -> Response {
    let html = String::from_utf8_lossy(&preview.output.bytes);
    let (diagnostics, slides) = (told(&preview.diagnostics), &preview.slides);
    let answer =
        json!({"route": preview.route, "html": html, "diagnostics": diagnostics, "slides": slides});
    said(StatusCode::OK, answer)
}

/// Returns what is wrong, and how many characters of its line each fault takes, so that they can be underlined.
fn told(found: &[Located]) -> Value {
    let told = found.iter().map(|located| {
        let mut told = json!(located);
        told["width"] = json!(located.width);
        told
    });
    told.collect()
}

/// The page as it would be, with what is wrong with it and where its slides begin in blocks of data at its end.
fn in_html(preview: &Preview) -> Response {
    let html = String::from_utf8_lossy(&preview.output.bytes);
    let blocks = [
        block("_kami-diagnostics", &told(&preview.diagnostics)),
        block("_kami-slides", &json!(preview.slides)),
    ];
    let at = html.rfind("</body>").unwrap_or(html.len());
    let page = [&html[..at], &blocks.concat(), &html[at..]].concat();
    let headers =
        [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (headers, [("kami-route", location(&preview.route))], page).into_response()
}

fn block(id: &str, data: &Value) -> String {
    // No text of an author may end the block.
    let data = data.to_string().replace('<', "\\u003c");
    format!("<script type=\"application/json\" id=\"{id}\">{data}</script>\n")
}
