//! `/_kami/history/PATH`: what a text was, what a change made of it, and the way back; and saves as commits.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Desk;
use super::answer::{self, Told, said};
use super::call::Call;
use super::marked::marked;
use crate::draft::preview;
use crate::merge::{Changed, Fate, changes};
use crate::page::{Compared, Item, Piece, Sheet, editor_lang, editor_route, encode};
use crate::save::git::{NoCommit, Repository, Version};
use crate::serve::News;
use crate::source::{Source, SourcePath};

/// When a save becomes a commit, as `[server] commit` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Commits {
    Never,
    WithEachSave,
    ByButton,
}

pub(super) async fn show(call: Call) -> Result<Response, Told> {
    let path = call.text_path("_kami/history/")?;
    let (at, view) = (call.asked("at")?, call.asked("view")?);
    call.answer(move |desk| desk.history(&path, &at, &view)).await
}

pub(super) async fn commit(mut call: Call) -> Result<Response, Told> {
    let path = call.text_path("_kami/commit/")?;
    let message = call.form().await?.field("message").trim().to_owned();
    let as_json = call.wants_json();
    call.answer(move |desk| {
        let done = desk.commit_now(&path, &message);
        match (done, as_json) {
            (Ok(commit), true) => said(StatusCode::OK, json!({"commit": commit})),
            (Ok(_), false) => desk.back_to(&path),
            (Err(fault), true) => {
                let lang = editor_lang(desk.shared.state().bundle.site(), &path);
                let message = desk.commit_words(&lang, &fault);
                said(StatusCode::CONFLICT, json!({"error": "no-commit", "message": message}))
            }
            (Err(fault), false) => desk.not_committed(&path, &fault),
        }
    })
    .await
}

impl Desk<'_> {
    fn repository(&self) -> Option<&Repository> {
        self.files.repository()
    }

    /// Tells when saves become commits here.
    pub(super) fn commits(&self) -> Commits {
        let bundle = &self.shared.state().bundle;
        let wanted = match bundle.config.other.get("server.commit").map(String::as_str) {
            Some("save") => Commits::WithEachSave,
            Some("button") => Commits::ByButton,
            _ => Commits::Never,
        };
        if wanted == Commits::Never || self.repository().is_none() {
            Commits::Never
        } else {
            wanted
        }
    }

    pub(super) fn has_history(&self) -> bool {
        self.repository().is_some()
    }

    /// Commits a text that was saved a moment ago, if each save is to be a commit; nobody waits for that.
    pub(super) fn commit_later(&self, path: &SourcePath, text: &str) {
        if self.commits() != Commits::WithEachSave {
            return;
        }
        let Some(repository) = self.repository().cloned() else { return };
        let (shared, path, text) = (Arc::clone(self.shared), path.clone(), text.to_owned());
        let work = move || {
            let _turn = shared.committing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let done = repository.commit(&path, &text, &format!("Edit {path}"));
            if let Err(fault) = done
                && fault != NoCommit::Same
            {
                shared.tell(News::Note(format!(
                    "{path} is saved but not committed: {}",
                    why(&fault)
                )));
            }
        };
        // Without a thread the text is saved all the same.
        drop(std::thread::Builder::new().name("commit".to_owned()).spawn(work));
    }

    /// Commits a text as it stands on disk.
    pub(super) fn commit_now(&self, path: &SourcePath, message: &str) -> Result<String, NoCommit> {
        let _turn =
            self.shared.committing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let repository = self.repository().ok_or(NoCommit::NoRepository)?;
        let text = self.files.read(path).map_err(|fault| NoCommit::Failed(format!("{fault:?}")))?;
        let usual = format!("Edit {path}");
        repository.commit(path, &text.text, if message.is_empty() { &usual } else { message })
    }

    fn commit_words(&self, lang: &str, fault: &NoCommit) -> String {
        let key = match fault {
            NoCommit::NoRepository => "edit_commit_nowhere",
            NoCommit::NoAuthor => "edit_commit_nobody",
            NoCommit::Staged => "edit_commit_staged",
            NoCommit::Same => "edit_commit_same",
            NoCommit::Failed(_) => "edit_commit_failed",
        };
        self.word_in(lang, key).replace("{why}", &why(fault))
    }

    /// Says that a text is saved but not committed.
    pub(super) fn not_committed(&self, path: &SourcePath, fault: &NoCommit) -> Response {
        let lang = editor_lang(self.shared.state().bundle.site(), path);
        let message = self.commit_words(&lang, fault);
        let back = format!("/{}", encode(&editor_route(path)));
        let heading = self.word_in(&lang, "edit_commit_not");
        let sheet = Sheet { message, kind: "fault", back, ..Sheet::default() };
        self.sheet((StatusCode::CONFLICT, &editor_route(path), &lang), heading, sheet)
    }

    fn history(&self, path: &SourcePath, at: &str, view: &str) -> Response {
        let lang = editor_lang(self.shared.state().bundle.site(), path);
        let word = |key: &str| self.word_in(&lang, key);
        let route = format!("_kami/history/{path}");
        let back = format!("/{}", encode(&editor_route(path)));
        let Some(repository) = self.repository() else {
            let message = word("edit_history_none");
            let sheet = Sheet { path: path.to_string(), message, back, ..Sheet::default() };
            return self.sheet((StatusCode::NOT_FOUND, &route, &lang), word("edit_history"), sheet);
        };
        let versions = repository.versions(path);
        let Some(index) = versions.iter().position(|version| version.commit == at) else {
            let message =
                if versions.is_empty() { word("edit_history_none") } else { String::new() };
            let items = versions.iter().map(|version| item(version, &route)).collect();
            let sheet = Sheet { path: path.to_string(), message, items, back, ..Sheet::default() };
            return self.sheet((StatusCode::OK, &route, &lang), word("edit_history"), sheet);
        };
        let text = repository.text_at(path, at).unwrap_or_default();
        let before =
            versions.get(index + 1).and_then(|before| repository.text_at(path, &before.commit));
        match view {
            "page" => return self.page_at(path, &text, None),
            "marked" => return self.page_at(path, &text, before.as_deref()),
            _ => {}
        }
        let ways = [
            ("edit_history_marked", format!("/{}?at={at}&view=marked", encode(&route))),
            ("edit_history_read", format!("/{}?at={at}&view=page", encode(&route))),
            ("edit_history_back", format!("{back}?at={at}")),
        ];
        let version = &versions[index];
        let sheet = Sheet {
            path: path.to_string(),
            message: format!("{}　{}　{}", day(version), version.author, version.subject),
            items: ways
                .into_iter()
                .map(|(key, href)| Item { text: word(key), href, ..Item::default() })
                .collect(),
            lines: compared(&before.unwrap_or_default(), &text),
            back: format!("/{}", encode(&route)),
            back_word: word("edit_history_all"),
            ..Sheet::default()
        };
        self.sheet((StatusCode::OK, &route, &lang), word("edit_history_change"), sheet)
    }

    /// Shows a page as a text made it once, among the other pages of today; with what an earlier text said otherwise.
    fn page_at(&self, path: &SourcePath, text: &str, before: Option<&str>) -> Response {
        let bundle = Arc::clone(&self.shared.state().bundle);
        let page = |text: &str| {
            let preview = preview(&bundle, Source::text(path.as_str(), text))?;
            Some((String::from_utf8_lossy(&preview.output.bytes).into_owned(), preview.route))
        };
        let Some((mut html, route)) = page(text) else { return Told::NoPage.into_response() };
        if let Some((before, _)) = before.and_then(page) {
            let sheet = "<link rel=\"stylesheet\" href=\"/_kami/editor.css\">\n</head>";
            html = marked(&before, &html).replacen("</head>", sheet, 1);
        }
        let root = crate::page::root_of(&route);
        let own = crate::page::root_of(&format!("_kami/history/{path}"));
        answer::page(StatusCode::OK, moved(&html, &root, &own).into_bytes())
    }
}

/// Returns a page whose addresses lead from another place to where they led.
fn moved(html: &str, root: &str, own: &str) -> String {
    let html = html.replace(&format!("=\"{root}"), &format!("=\"{own}"));
    let mut parts = html.split(" srcset=\"");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (widths, rest) = part.split_once('"').unwrap_or((part, ""));
        let widths = widths.replace(&format!(", {root}"), &format!(", {own}"));
        out.extend([" srcset=\"", &widths, "\"", rest]);
    }
    out
}

fn why(fault: &NoCommit) -> String {
    match fault {
        NoCommit::NoRepository => "the site is in no git work tree".to_owned(),
        NoCommit::NoAuthor => "git knows no author: git config user.name and user.email".to_owned(),
        NoCommit::Staged => "a change of this file is staged already".to_owned(),
        NoCommit::Same => "nothing differs from the last commit".to_owned(),
        NoCommit::Failed(said) => said.lines().next().unwrap_or_default().to_owned(),
    }
}

fn day(version: &Version) -> String {
    version.time.get(..16).unwrap_or(&version.time).replace('T', " ")
}

fn item(version: &Version, route: &str) -> Item {
    Item {
        text: if version.subject.is_empty() {
            version.commit[..7].to_owned()
        } else {
            version.subject.clone()
        },
        note: format!("{}　{}", day(version), version.author),
        href: format!("/{}?at={}", encode(route), version.commit),
    }
}

/// Returns the lines that changed with some around them, the words that changed marked.
fn compared(before: &str, now: &str) -> Vec<Compared> {
    const AROUND: usize = 3;
    let all = changes(before, now);
    let near = |index: usize| {
        let (from, to) = (index.saturating_sub(AROUND), (index + AROUND + 1).min(all.len()));
        all[from..to].iter().any(|line| line.fate != Fate::Same)
    };
    let mut lines = Vec::new();
    let mut cut = false;
    for (index, Changed { fate, pieces }) in all.iter().enumerate() {
        if !near(index) {
            cut = true;
            continue;
        }
        if std::mem::take(&mut cut) {
            let gap = Piece { text: "…".to_owned(), marked: false };
            lines.push(Compared { fate: "gap", pieces: vec![gap] });
        }
        let fate = match fate {
            Fate::Same => "same",
            Fate::Removed => "removed",
            Fate::Added => "added",
        };
        let pieces =
            pieces.iter().map(|(text, marked)| Piece { text: text.clone(), marked: *marked });
        lines.push(Compared { fate, pieces: pieces.collect() });
    }
    lines
}
