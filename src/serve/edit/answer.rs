//! What the editor's calls answer when they do not do what was asked: a status, a word for programs, a sentence
//! and what to do.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::error::Category;
use serde_json::{Value, json};

use super::status_of;
use crate::digest::Digest;
use crate::fence::PathFault;
use crate::merge::{Merged, merge};
use crate::save::{Fault, Text};
use crate::serve::guard::Refusal;
use crate::serve::http::refuse;

/// Why a call is refused before anything is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    ReadOnly,
    NotHere,
    Path(PathFault),
    /// No revision was named over which a text is to be written.
    NoCondition,
    NotUtf8,
    Encoded,
    NotAForm,
    /// No JSON, or JSON without the fields that are needed.
    Json(Category),
    /// A form without a field of this name.
    NoField(&'static str),
    Large(usize),
    Slow,
    Broken,
    /// A text that no page shows.
    NoPage,
    /// A file of a kind that is not taken, or that is broken.
    Kind,
    /// A file that tells where it was made.
    Traces,
    /// A drawing that runs scripts.
    Script,
    Bug,
    /// As every request may be.
    Refused(Refusal),
}

impl IntoResponse for Told {
    fn into_response(self) -> Response {
        if let Told::Refused(refusal) = self {
            return refuse(refusal);
        }
        let (status, word, message, help) = self.words();
        said(status, json!({"error": word, "message": message, "help": help}))
    }
}

impl Told {
    fn words(self) -> (StatusCode, &'static str, String, &'static str) {
        let plain = |status, word, message: &str, help| (status, word, message.to_owned(), help);
        match self {
            Told::ReadOnly => plain(
                StatusCode::FORBIDDEN,
                "read-only",
                "this site is served read-only",
                "start kami serve without --read-only",
            ),
            Told::NotHere => plain(
                StatusCode::FORBIDDEN,
                "not-here",
                "editing from another device needs the token for it",
                "open the address for editing that kami serve printed when it started",
            ),
            Told::Path(fault) => {
                let (message, help) = fault.words();
                let status = match fault {
                    PathFault::Elsewhere | PathFault::NotMarkdown => StatusCode::FORBIDDEN,
                    PathFault::Part | PathFault::Long => StatusCode::BAD_REQUEST,
                };
                plain(status, "path", message, help)
            }
            Told::NoCondition => plain(
                StatusCode::PRECONDITION_REQUIRED,
                "no-condition",
                "a text is written only over the revision that was seen",
                "send If-Match with the ETag of the text, or If-None-Match: * for a new one",
            ),
            Told::NotUtf8 => plain(
                StatusCode::BAD_REQUEST,
                "not-utf8",
                "what was sent is not UTF-8",
                "send the text as UTF-8",
            ),
            Told::Kind | Told::Traces | Told::Script | Told::Encoded | Told::NotAForm => {
                let (word, message, help) = self.words_of_file();
                plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, word, message, help)
            }
            Told::Json(_) | Told::NoField(_) => {
                let (word, message, help) = self.words_of_fields();
                (StatusCode::BAD_REQUEST, word, message, help)
            }
            Told::Large(limit) => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                format!("the limit is {} MiB", limit >> 20),
                "make it smaller, or copy the file into the folder of the site",
            ),
            Told::Slow => {
                plain(StatusCode::REQUEST_TIMEOUT, "slow", "it took too long", "send it again")
            }
            Told::Broken => {
                plain(StatusCode::BAD_REQUEST, "broken", "it broke off", "send it again")
            }
            Told::NoPage => plain(
                StatusCode::UNPROCESSABLE_ENTITY,
                "no-page",
                "no page shows this text",
                "include it in a document",
            ),
            Told::Bug | Told::Refused(_) => plain(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "a fault of kamishibai; the terminal says more",
                "please report it",
            ),
        }
    }
}

impl Told {
    /// Says what is wrong with the fields of a call.
    fn words_of_fields(self) -> (&'static str, String, &'static str) {
        const SHAPE: &str = r#"send {"from": "Old name", "to": "New name"}"#;
        match self {
            Told::NoField(name) => (
                "no-field",
                format!("the form has no field `{name}`"),
                "send every field of the form, those that stay empty too",
            ),
            Told::Json(Category::Data) => {
                ("json", "the JSON is not an object with the texts `from` and `to`".into(), SHAPE)
            }
            _ => ("json", "what was sent is not JSON".to_owned(), SHAPE),
        }
    }

    /// Says why what was sent is of no kind that is taken.
    fn words_of_file(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Told::Traces => (
                "traces",
                "the file says where it was made, and that cannot be taken out here",
                "save it as JPEG or PNG, or export it without a place",
            ),
            Told::Script => (
                "script",
                "the drawing runs scripts or loads something from elsewhere",
                "save it as a plain SVG, or as PNG",
            ),
            Told::Encoded => (
                "unsupported",
                "what was sent is compressed",
                "send it as it is, without Content-Encoding",
            ),
            Told::NotAForm => (
                "unsupported",
                "what was sent is no form",
                "send the fields as application/x-www-form-urlencoded",
            ),
            _ => (
                "kind",
                "the file is broken, or of a kind that is not taken",
                "send a PNG, JPEG, GIF, WebP, AVIF, SVG, PDF, MP4, WebM, MP3, Ogg or WAV file",
            ),
        }
    }
}

/// Says why nothing was read or written.
pub(super) fn fault(fault: &Fault, hint: Option<&str>) -> Response {
    let (word, message, help) = words(fault);
    said(status_of(fault), json!({"error": word, "message": message, "help": hint.unwrap_or(help)}))
}

fn words(fault: &Fault) -> (&'static str, String, &'static str) {
    let plain = |word, message: &str, help| (word, message.to_owned(), help);
    match fault {
        Fault::Changed(_) => plain("changed", "the text was changed meanwhile", "merge the two"),
        Fault::Exists => plain("exists", "there is such a file already", "choose another name"),
        Fault::Missing => plain("missing", "there is no such file", "mend the path"),
        Fault::NotText => plain(
            "not-utf8",
            "the file is not a text in UTF-8, so it can only be read",
            "convert it: iconv -f SHIFT_JIS -t UTF-8 OLD.md > NEW.md",
        ),
        Fault::Outside => plain(
            "outside",
            "a link leads out of what may be written",
            "put the file itself into decks/ or wiki/",
        ),
        Fault::Ignored => plain(
            "ignored",
            "the file is ignored by .gitignore or .kamiignore",
            "choose another name, or mend the rules",
        ),
        Fault::NotThisFile => plain(
            "one-file",
            "the site is one file: nothing else is written",
            "serve a folder with decks/ and wiki/ to write more",
        ),
        Fault::Full(error) => {
            ("full", format!("the disk is full: {error}"), "free some space and save again")
        }
        Fault::Denied(error) => {
            ("denied", format!("the file cannot be written: {error}"), "check its permissions")
        }
        Fault::World(error) => {
            ("disk", format!("the disk failed: {error}"), "check the disk and save again")
        }
    }
}

/// Says that the text is another by now: both versions, and what they come to together.
pub(super) fn changed(current: Option<&Text>, base: Option<&str>, yours: &str) -> Response {
    let merged = base.zip(current).map(|(base, now)| merge(base, yours, &now.text));
    let (merged, conflicts) = match merged {
        Some(Merged::Clean(text)) => (json!(text), json!([])),
        Some(Merged::Conflicts(conflicts)) => (Value::Null, json!(conflicts)),
        None => (Value::Null, json!([])),
    };
    let mut response = said(
        StatusCode::PRECONDITION_FAILED,
        json!({
            "current": current.map(|now| &now.text),
            "digest": current.map(|now| now.digest.to_string()),
            "merged": merged,
            "conflicts": conflicts,
        }),
    );
    if let Some(now) = current {
        response.headers_mut().insert(header::ETAG, tag(now.digest));
    }
    response
}

/// Returns a digest as an entity tag.
pub(super) fn tag(digest: Digest) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{digest}\""))
        .expect("digits and quotation marks are a header")
}

pub(super) fn said(status: StatusCode, body: Value) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// Answers with a page that holds a form. Where a page tells no referrer at all, its forms do not tell their origin
/// either, and nobody could know that they are ours.
pub(super) fn page(status: StatusCode, html: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "same-origin"),
    ];
    (status, headers, html).into_response()
}
