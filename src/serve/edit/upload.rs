//! `/_kami/upload/FOLDER?name=N`: a picture or another file is put beside the pages.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Desk;
use super::answer::{self, Told, said};
use super::call::Call;
use crate::compile::Change;
use crate::fence::{self, name_of_title};
use crate::picture::{Kind, Unclean, clean, size};
use crate::save::Fault;
use crate::source::{Source, SourcePath};

/// How large a file may be that is sent.
const FILE_BYTES_MAX: usize = 32 << 20;
/// How many names are tried for a file whose name is taken.
const NAMES_MAX: usize = 1000;

pub(super) async fn take(mut call: Call) -> Result<Response, Told> {
    let folder = call.path("_kami/upload/")?;
    let folder = fence::folder(&folder).map_err(Told::Path)?;
    let name = call.asked("name")?;
    let bytes = call.bytes(FILE_BYTES_MAX).await?;
    let kind = Kind::of(&bytes).ok_or(Told::Kind)?;
    call.answer(move |desk| match clean(kind, &bytes) {
        Ok(bytes) => desk.add(&folder, &file_name(&name, kind), kind, &bytes),
        Err(Unclean::Broken) => Told::Kind.into_response(),
        Err(Unclean::Traces) => Told::Traces.into_response(),
        Err(Unclean::Script) => Told::Script.into_response(),
    })
    .await
}

/// Returns the stem of a file's name and its ending, which says what the file is.
fn file_name(asked: &str, kind: Kind) -> (String, &'static str) {
    let last = asked.rsplit(['/', '\\']).next().unwrap_or(asked);
    let (stem, ending) = last.rsplit_once('.').unwrap_or((last, ""));
    let ending = ending.to_ascii_lowercase();
    let known = kind.extensions().iter().find(|known| **known == ending);
    // A dot inside belongs to the name; parentheses would have to be written in a special way in Markdown.
    let letter = |c: char| if "()[]{}'`!&+,;=@$".contains(c) { '_' } else { c };
    let stem: String = stem.chars().map(letter).collect();
    let stem = name_of_title(&stem).unwrap_or_else(|| "file".to_owned());
    (stem, known.copied().unwrap_or(kind.extensions()[0]))
}

impl Desk<'_> {
    /// Puts a file where no other stands: a name that is taken gets a number.
    fn add(
        &self,
        folder: &str,
        (stem, ending): &(String, &'static str),
        kind: Kind,
        bytes: &[u8],
    ) -> Response {
        let _turn = self.turn();
        for number in 1..=NAMES_MAX {
            let name = if number == 1 {
                format!("{stem}.{ending}")
            } else {
                format!("{stem}-{number}.{ending}")
            };
            let path = SourcePath::new(format!("{folder}/{name}"));
            match self.files.add(&path, bytes) {
                Ok(()) => {
                    let source = Source::asset(path.as_str(), bytes, size(&path, bytes));
                    self.take_in(vec![Change { path: path.clone(), source: Some(source) }]);
                    let markdown = markdown(&name, stem, kind);
                    return said(
                        StatusCode::CREATED,
                        json!({"path": path.as_str(), "markdown": markdown}),
                    );
                }
                Err(Fault::Exists) => {}
                Err(fault) => return answer::fault(&fault, None),
            }
        }
        answer::fault(&Fault::Exists, None)
    }
}

/// Returns how a page in the same folder shows a file.
fn markdown(name: &str, stem: &str, kind: Kind) -> String {
    let text = stem.replace('_', " ");
    if kind.is_picture() { format!("![{text}]({name})") } else { format!("[{text}]({name})") }
}
