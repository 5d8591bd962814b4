//! `/_kami/rename`: a document gets another name, with every link to it.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::Desk;
use super::answer::{self, Told, said};
use super::call::Call;
use crate::rename::{Plan, Refusal, plan, steps};

/// How long a question may be: two names.
const QUESTION_BYTES_MAX: usize = 64 << 10;

#[derive(Debug, Deserialize)]
struct Asked {
    from: String,
    to: String,
    /// Whether only to say what would change.
    #[serde(default)]
    plan: bool,
}

pub(super) async fn take(mut call: Call) -> Result<Response, Told> {
    let bytes = call.bytes(QUESTION_BYTES_MAX).await?;
    let asked: Asked =
        serde_json::from_slice(&bytes).map_err(|error| Told::Json(error.classify()))?;
    call.answer(move |desk| desk.rename(&asked)).await
}

impl Desk<'_> {
    fn rename(&self, asked: &Asked) -> Response {
        let _turn = self.turn();
        let bundle = Arc::clone(&self.shared.state().bundle);
        let plan = match plan(&bundle, &asked.from, &asked.to) {
            Ok(plan) => plan,
            Err(refusal) => return refused(&refusal),
        };
        if !asked.plan {
            if let Err(fault) = self.files.apply(&steps(&bundle, &plan)) {
                return answer::fault(&fault, None);
            }
            self.take_in(plan.changes(&bundle));
        }
        said(StatusCode::OK, told(&plan))
    }
}

fn told(plan: &Plan) -> serde_json::Value {
    let changed: Vec<String> = plan.changed().iter().map(ToString::to_string).collect();
    let moved: Vec<_> = plan
        .moves
        .iter()
        .map(|(from, to)| json!({"from": from.as_str(), "to": to.as_str()}))
        .collect();
    json!({"changed": changed, "moved": moved})
}

fn refused(refusal: &Refusal) -> Response {
    let (message, help) = refusal.words();
    let body = json!({"error": refusal.word(), "message": message, "help": help});
    said(status_of(refusal), body)
}

/// Tells a status with why nothing is renamed.
pub(super) fn status_of(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::Unknown { .. } => StatusCode::NOT_FOUND,
        Refusal::BadName(_) | Refusal::Same => StatusCode::BAD_REQUEST,
        Refusal::Ambiguous(_) | Refusal::Taken(_) | Refusal::Stuck(_) => StatusCode::CONFLICT,
    }
}
