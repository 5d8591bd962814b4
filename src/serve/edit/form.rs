//! `/_kami/edit/PATH`: a text in a form, and the form sent back. Works without scripts.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::answer::{self, Told};
use super::call::{Call, Form};
use super::history::Commits;
use super::{Desk, status_of};
use crate::digest::Digest;
use crate::draft::shown_by;
use crate::fence::new_path;
use crate::merge::{Merged, as_shown, as_written, merge};
use crate::output::embedded;
use crate::page::{self, Editor, editor_lang, lines_beside};
use crate::save::git::NoCommit;
use crate::save::{Fault, Seen, Text};
use crate::serve::http::location;
use crate::source::{Content, SourcePath};

const PREFIX: &str = "_kami/edit/";

pub(super) async fn show(call: Call) -> Result<Response, Told> {
    let path = call.text_path(PREFIX)?;
    let (title, at) = (call.asked("title")?, call.asked("at")?);
    call.answer(move |desk| {
        if at.is_empty() { desk.open(&path, &title) } else { desk.open_version(&path, &at) }
    })
    .await
}

pub(super) async fn save(mut call: Call) -> Result<Response, Told> {
    let path = call.text_path(PREFIX)?;
    let form = call.form().await?;
    // A form without its text would leave an empty page behind.
    if !form.has("text") {
        return Err(Told::NoField("text"));
    }
    if form.field("rev").is_empty() {
        new_path(path.as_str()).map_err(Told::Path)?;
    }
    call.answer(move |desk| desk.take(&path, &form)).await
}

impl Desk<'_> {
    /// Shows the editor of a text, whether it is there yet or not.
    fn open(&self, path: &SourcePath, title: &str) -> Response {
        match self.files.read(path) {
            Ok(text) => {
                self.files.keep(&text);
                let (rev, text) = (text.digest.to_string(), as_shown(&text.text));
                self.page(StatusCode::OK, path, Editor { rev, text, ..Editor::default() })
            }
            Err(Fault::Missing) if self.files.is_one_file() => {
                answer::fault(&Fault::NotThisFile, None)
            }
            Err(Fault::Missing) => match new_path(path.as_str()) {
                Ok(_) => {
                    let text = self.skeleton(path, title);
                    self.page(StatusCode::OK, path, Editor { text, ..Editor::default() })
                }
                Err(fault) => Told::Path(fault).into_response(),
            },
            Err(fault) => {
                let editor = Editor { read_only: true, ..Editor::default() };
                self.faulty(path, &fault, editor)
            }
        }
    }

    /// Shows the editor with a text as it was in a commit: saving it is an edit like any other.
    fn open_version(&self, path: &SourcePath, commit: &str) -> Response {
        let old = self.files.repository().and_then(|git| git.text_at(path, commit));
        let (Some(old), Ok(now)) = (old, self.files.read(path)) else { return self.open(path, "") };
        self.files.keep(&now);
        let editor = Editor {
            rev: now.digest.to_string(),
            text: as_shown(&old),
            message: self.word(path, "edit_old"),
            kind: "old",
            current: lines_beside(&old, &now.text),
            ..Editor::default()
        };
        self.page(StatusCode::OK, path, editor)
    }

    /// Returns what a new text of a title begins with: of a deck the frame of a short talk.
    fn skeleton(&self, path: &SourcePath, title: &str) -> String {
        if title.is_empty() {
            return String::new();
        }
        let bundle = &self.shared.state().bundle;
        let lang = editor_lang(bundle.site(), path);
        let quoted = title.replace('\\', "\\\\").replace('"', "\\\"");
        if path.as_str().starts_with("decks/") {
            let own = format!("editor/talk.{lang}.md");
            let text = embedded(&own).or_else(|| embedded("editor/talk.en.md")).unwrap_or_default();
            let text = text.replacen("{title}", &quoted, 1);
            return text.replace("{title}", title);
        }
        let name = path.file_name().trim_end_matches(".md").replace('_', " ");
        if name == title { String::new() } else { format!("---\ntitle: \"{quoted}\"\n---\n\n") }
    }

    /// Takes a form: the text goes to disk, or comes back with what is in the way.
    fn take(&self, path: &SourcePath, form: &Form) -> Response {
        let sent = as_shown(form.field("text"));
        let rev = form.field("rev");
        let base = Digest::parse(rev).and_then(|rev| self.files.revision(rev));
        let now = self.files.read(path);
        let before = base.as_deref().or(now.as_ref().ok().map(|now| now.text.as_str()));
        let text = as_written(before.unwrap_or(""), &sent);
        let seen = match Digest::parse(rev) {
            Some(rev) => Seen::Revision(rev),
            None if rev.is_empty() => Seen::Nothing,
            None => Seen::Revision(Digest::of_parts([rev.as_bytes()])),
        };
        match self.write(path, text.clone(), seen) {
            Ok(_) if self.commits() == Commits::ByButton && !form.field("commit").is_empty() => {
                match self.commit_now(path, form.field("message").trim()) {
                    Ok(_) | Err(NoCommit::Same) => self.back_to(path),
                    Err(fault) => self.not_committed(path, &fault),
                }
            }
            Ok(_) => self.back_to(path),
            // The very same was sent twice.
            Err(Fault::Changed(Some(now))) if now.text == text => self.back_to(path),
            Err(Fault::Changed(now)) => self.conflict(path, now, base.as_deref(), &text),
            Err(Fault::Exists) => {
                let now = self.files.read(path).ok();
                self.conflict(path, now, None, &text)
            }
            Err(fault) => {
                let editor = Editor { rev: rev.to_owned(), text: sent, ..Editor::default() };
                self.faulty(path, &fault, editor)
            }
        }
    }

    /// Leads back to the page that shows a text.
    pub(super) fn back_to(&self, path: &SourcePath) -> Response {
        let bundle = &self.shared.state().bundle;
        let route = shown_by(bundle, path).map(|entry| entry.route.to_string());
        let route = route.unwrap_or_else(|| page::editor_route(path));
        (StatusCode::SEE_OTHER, [(header::LOCATION, location(&route))]).into_response()
    }

    /// Shows both versions of a text; where they go together, the form holds both in one.
    fn conflict(
        &self,
        path: &SourcePath,
        now: Option<Text>,
        base: Option<&str>,
        yours: &str,
    ) -> Response {
        let word = |key| self.word(path, key);
        let Some(now) = now else {
            let text = as_shown(yours);
            let (message, kind) = (word("edit_gone"), "conflict");
            let editor = Editor { text, message, kind, ..Editor::default() };
            return self.page(StatusCode::PRECONDITION_FAILED, path, editor);
        };
        self.files.keep(&now);
        let merged = base.map(|base| merge(base, yours, &now.text));
        let rev = now.digest.to_string();
        let current = lines_beside(yours, &now.text);
        let editor = match merged {
            Some(Merged::Clean(both)) => Editor {
                text: as_shown(&both),
                message: word("edit_merged"),
                kind: "merged",
                sent: as_shown(yours),
                ..Editor::default()
            },
            _ => Editor {
                text: as_shown(yours),
                message: word("edit_conflict"),
                kind: "conflict",
                ..Editor::default()
            },
        };
        self.page(StatusCode::PRECONDITION_FAILED, path, Editor { rev, current, ..editor })
    }

    /// Says what is in the way, in the language of the text.
    pub(super) fn fault_words(&self, path: &SourcePath, fault: &Fault) -> String {
        let (key, why) = match fault {
            Fault::Changed(_) | Fault::Exists => ("edit_conflict", String::new()),
            Fault::Missing => ("edit_gone", String::new()),
            Fault::NotText => ("edit_not_text", self.hint(path)),
            Fault::Outside => ("edit_outside", String::new()),
            Fault::Ignored => ("edit_ignored", String::new()),
            Fault::NotThisFile => ("edit_one_file", String::new()),
            Fault::Full(_) => ("edit_full", String::new()),
            Fault::Denied(error) => ("edit_denied", error.to_string()),
            Fault::World(error) => ("edit_world", error.to_string()),
        };
        self.word(path, key).replace("{why}", &why)
    }

    /// Shows the editor with what is in the way; what was written stays in it.
    fn faulty(&self, path: &SourcePath, fault: &Fault, editor: Editor) -> Response {
        let message = self.fault_words(path, fault);
        self.page(status_of(fault), path, Editor { message, kind: "fault", ..editor })
    }

    /// Returns how to mend a file that is not a text, as far as it is known.
    fn hint(&self, path: &SourcePath) -> String {
        let bundle = &self.shared.state().bundle;
        match bundle.sources.get(path).map(|source| &source.content) {
            Some(Content::Unusable(fault)) => fault.help.clone(),
            _ => "iconv -f SHIFT_JIS -t UTF-8 OLD.md > NEW.md".to_owned(),
        }
    }

    fn word(&self, path: &SourcePath, key: &str) -> String {
        let bundle = &self.shared.state().bundle;
        let site = bundle.site();
        site.interface.word(&editor_lang(site, path), key).to_owned()
    }

    fn page(&self, status: StatusCode, path: &SourcePath, editor: Editor) -> Response {
        let bundle = &self.shared.state().bundle;
        // A window that asks for the head alone learns of it whether the file is there, and no page travels for that.
        let rev = (!editor.rev.is_empty()).then(|| [("kami-rev", editor.rev.clone())]);
        let movable = !self.files.is_one_file() && !editor.rev.is_empty();
        let forms = if movable { self.forms(path, &editor.rev) } else { Vec::new() };
        let commits = self.commits() == Commits::ByButton && !editor.read_only;
        let history = self.has_history() && !editor.rev.is_empty();
        let editor = Editor { forms, commits, history, ..editor };
        let page = bundle.rendered(&page::editor(bundle.site(), path, editor));
        (rev, answer::page(status, page)).into_response()
    }
}
