//! Pages that are made, moved and deleted by plain forms, which work without scripts.

use std::sync::Arc;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::answer::{self, Told};
use super::call::Call;
use super::{Desk, status_of};
use crate::digest::Digest;
use crate::fence::{name_of_title, new_path};
use crate::page::{self, Field, Form, Item, Sheet, editor_lang, editor_name, editor_route, encode};
use crate::rename::{plan, steps};
use crate::save::Fault;
use crate::serve::http::location;
use crate::source::SourcePath;

/// What is to be made, and the language in which that is spoken of.
#[derive(Clone, Debug)]
struct New {
    kind: String,
    title: String,
    lang: String,
}

/// Asks what a new page is called, or leads to the editor of the page that a link names.
pub(super) async fn ask_new(call: Call) -> Result<Response, Told> {
    let (title, name, lang) = (call.asked("title")?, call.asked("name")?, call.asked("lang")?);
    call.answer(move |desk| {
        let new = New { kind: "page".to_owned(), title, lang: desk.known_lang(&lang) };
        if name.is_empty() {
            return desk.new_sheet(StatusCode::OK, &new, "");
        }
        let title = name.rsplit('/').next().unwrap_or(&name).trim().to_owned();
        desk.begin(path_of_name(&name), &New { title, ..new })
    })
    .await
}

/// Leads to the editor of a page that is not there yet.
pub(super) async fn make(mut call: Call) -> Result<Response, Told> {
    let form = call.form().await?;
    let (kind, title) = (form.field("kind").to_owned(), form.field("title").trim().to_owned());
    let lang = form.field("lang").to_owned();
    call.answer(move |desk| desk.make(&New { kind, title, lang: desk.known_lang(&lang) })).await
}

pub(super) async fn delete(mut call: Call) -> Result<Response, Told> {
    let path = call.text_path("_kami/delete/")?;
    let form = call.form().await?;
    let rev = Digest::parse(form.field("rev"));
    call.answer(move |desk| desk.put_away(&path, rev)).await
}

/// Says what was deleted, and offers to bring it back.
pub(super) async fn deleted(call: Call) -> Result<Response, Told> {
    let name = call.path("_kami/trash/")?;
    let path = call.asked("path")?;
    call.answer(move |desk| desk.deleted_sheet(&name, &path)).await
}

pub(super) async fn restore(mut call: Call) -> Result<Response, Told> {
    let name = call.path("_kami/trash/")?;
    call.form().await?;
    call.answer(move |desk| desk.bring_back(&name)).await
}

/// Shows what a renaming changes, and does it when asked a second time.
pub(super) async fn rename(mut call: Call) -> Result<Response, Told> {
    let path = call.text_path("_kami/move/")?;
    let form = call.form().await?;
    let (to, sure) = (form.field("to").trim().to_owned(), form.field("sure") == "yes");
    call.answer(move |desk| desk.move_to(&path, &to, sure)).await
}

/// Returns where the page lies that a link names, folder by folder.
fn path_of_name(name: &str) -> Option<SourcePath> {
    let parts = name.split('/').filter(|part| !part.trim().is_empty());
    let parts: Vec<String> = parts.map(name_of_title).collect::<Option<_>>()?;
    new_path(&format!("wiki/{}.md", parts.join("/"))).ok()
}

impl Desk<'_> {
    /// Returns a language of the site: the one that was asked for, else its own.
    fn known_lang(&self, asked: &str) -> String {
        let config = &self.shared.state().bundle.config;
        config.languages.iter().find(|lang| *lang == asked).unwrap_or(&config.lang).clone()
    }

    fn new_sheet(&self, status: StatusCode, new: &New, message: &str) -> Response {
        let New { kind, title, lang } = new;
        let word = |key: &str| self.word_in(lang, key);
        let choices = vec![
            ("page".to_owned(), word("edit_new_page")),
            ("deck".to_owned(), word("edit_new_deck")),
        ];
        let fields = vec![
            Field { name: "kind", label: word("edit_new_kind"), value: kind.clone(), choices },
            Field {
                name: "title",
                label: word("edit_new_title"),
                value: title.clone(),
                ..Field::default()
            },
        ];
        let form = Form {
            action: "/_kami/new".to_owned(),
            hidden: vec![("lang".to_owned(), lang.clone())],
            fields,
            button: word("edit_new_go"),
            main: true,
        };
        let sheet = Sheet {
            message: message.to_owned(),
            kind: "fault",
            forms: vec![form],
            back: "/".to_owned(),
            ..Sheet::default()
        };
        self.sheet((status, "_kami/new", lang), word("edit_new"), sheet)
    }

    fn make(&self, new: &New) -> Response {
        let folder = if new.kind == "deck" { "decks" } else { "wiki" };
        let path = name_of_title(&new.title)
            .and_then(|name| new_path(&format!("{folder}/{name}.md")).ok());
        self.begin(path, new)
    }

    /// Leads to the editor of a text that is not there yet, or says why it cannot be.
    fn begin(&self, path: Option<SourcePath>, new: &New) -> Response {
        let word = |key: &str| self.word_in(&new.lang, key);
        let Some(path) = path else {
            return self.new_sheet(StatusCode::BAD_REQUEST, new, &word("edit_new_no_name"));
        };
        if self.files.is_one_file() {
            return self.new_sheet(StatusCode::FORBIDDEN, new, &word("edit_one_file"));
        }
        if let Some(twin) = self.shared.state().bundle.catalog.twin(&path) {
            let message = word("edit_taken").replace("{path}", twin.as_str());
            return self.new_sheet(StatusCode::CONFLICT, new, &message);
        }
        let title = &new.title;
        let title =
            percent_encoding::utf8_percent_encode(title, percent_encoding::NON_ALPHANUMERIC);
        let to = format!("{}?title={title}", location(&editor_route(&path)));
        (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
    }

    fn put_away(&self, path: &SourcePath, rev: Option<Digest>) -> Response {
        let seen = rev.unwrap_or_else(|| Digest::of(b"nothing that was seen"));
        match self.delete(path, seen) {
            Ok(name) => {
                let path = percent_encoding::utf8_percent_encode(
                    path.as_str(),
                    percent_encoding::NON_ALPHANUMERIC,
                );
                let to = format!("/_kami/trash/{name}?path={path}");
                (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
            }
            Err(fault) => self.stopped(path, &fault),
        }
    }

    /// Says that nothing was done, and why.
    fn stopped(&self, path: &SourcePath, fault: &Fault) -> Response {
        let (lang, message) = (self.lang(path), self.fault_words(path, fault));
        let heading = self.word_in(&lang, "edit_stopped");
        let back = format!("/{}", encode(&editor_route(path)));
        let sheet = Sheet { message, kind: "fault", back, ..Sheet::default() };
        self.sheet((status_of(fault), &editor_route(path), &lang), heading, sheet)
    }

    fn deleted_sheet(&self, name: &str, path: &str) -> Response {
        if let Err(fault) = self.files.thrown_away(name) {
            return self.stopped(&SourcePath::new("wiki/index.md"), &fault);
        }
        let lang = self.lang(&SourcePath::new(path));
        let word = |key: &str| self.word_in(&lang, key);
        let route = format!("_kami/trash/{name}");
        let form = Form {
            action: format!("/{}", encode(&route)),
            button: word("edit_undo"),
            main: true,
            ..Form::default()
        };
        let sheet = Sheet {
            message: word("edit_deleted_where").replace("{where}", &format!(".kami/trash/{name}/")),
            items: vec![Item { text: path.to_owned(), ..Item::default() }],
            forms: vec![form],
            ..Sheet::default()
        };
        self.sheet((StatusCode::OK, &route, &lang), word("edit_deleted"), sheet)
    }

    fn bring_back(&self, name: &str) -> Response {
        match self.restore(name) {
            Ok(path) => self.back_to(&path),
            Err(fault) => self.stopped(&SourcePath::new("wiki/index.md"), &fault),
        }
    }

    fn move_to(&self, path: &SourcePath, to: &str, sure: bool) -> Response {
        let _turn = self.turn();
        let bundle = Arc::clone(&self.shared.state().bundle);
        let lang = self.lang(path);
        let word = |key: &str| self.word_in(&lang, key);
        let route = format!("_kami/move/{path}");
        let back = format!("/{}", encode(&editor_route(path)));
        let plan = match plan(&bundle, path.as_str(), to) {
            Ok(plan) => plan,
            Err(refusal) => {
                let message = word(&format!("edit_move_{}", refusal.word().replace('-', "_")));
                let message = message.replace("{why}", &refusal.words().0);
                let forms = vec![self.move_form(path, to, &lang)];
                let sheet = Sheet { message, kind: "fault", forms, back, ..Sheet::default() };
                let status = super::rename::status_of(&refusal);
                return self.sheet((status, &route, &lang), word("edit_move"), sheet);
            }
        };
        if sure {
            if let Err(fault) = self.files.apply(&steps(&bundle, &plan)) {
                return self.stopped(path, &fault);
            }
            self.take_in(plan.changes(&bundle));
            return self.back_to(&plan.path_after(path));
        }
        let moved = plan.moves.iter().map(|(from, to)| Item {
            text: from.to_string(),
            note: format!("→ {to}"),
            ..Item::default()
        });
        let written = plan.texts.keys().filter(|path| !plan.moves.values().any(|to| to == *path));
        let items = moved.chain(written.map(|path| {
            let count = plan.edits.iter().filter(|edit| edit.path == *path).count();
            let note = word("edit_move_links").replace("{n}", &count.to_string());
            Item { text: path.to_string(), note, ..Item::default() }
        }));
        let hidden = vec![("to".to_owned(), to.to_owned()), ("sure".to_owned(), "yes".to_owned())];
        let form = Form {
            action: format!("/{}", encode(&route)),
            hidden,
            button: word("edit_move_go"),
            main: true,
            ..Form::default()
        };
        let sheet = Sheet {
            message: word("edit_move_plan"),
            items: items.collect(),
            forms: vec![form],
            back,
            ..Sheet::default()
        };
        self.sheet((StatusCode::OK, &route, &lang), word("edit_move"), sheet)
    }

    /// Returns the forms that rename and delete a text.
    pub(super) fn forms(&self, path: &SourcePath, rev: &str) -> Vec<Form> {
        let bundle = &self.shared.state().bundle;
        let (name, lang) = (editor_name(bundle.site(), path), self.lang(path));
        let delete = Form {
            action: format!("/{}", encode(&format!("_kami/delete/{path}"))),
            hidden: vec![("rev".to_owned(), rev.to_owned())],
            button: self.word_in(&lang, "edit_delete"),
            ..Form::default()
        };
        vec![Form { main: false, ..self.move_form(path, &name, &lang) }, delete]
    }

    fn move_form(&self, path: &SourcePath, to: &str, lang: &str) -> Form {
        let field = Field {
            name: "to",
            label: self.word_in(lang, "edit_move_to"),
            value: to.to_owned(),
            ..Field::default()
        };
        Form {
            action: format!("/{}", encode(&format!("_kami/move/{path}"))),
            fields: vec![field],
            button: self.word_in(lang, "edit_move_show"),
            main: true,
            ..Form::default()
        }
    }

    fn lang(&self, path: &SourcePath) -> String {
        editor_lang(self.shared.state().bundle.site(), path)
    }

    pub(super) fn word_in(&self, lang: &str, key: &str) -> String {
        self.shared.state().bundle.site().interface.word(lang, key).to_owned()
    }

    pub(super) fn sheet(
        &self,
        (status, route, lang): (StatusCode, &str, &str),
        heading: String,
        sheet: Sheet,
    ) -> Response {
        let bundle = &self.shared.state().bundle;
        let page = page::sheet(bundle.site(), (route, lang), heading, sheet);
        answer::page(status, bundle.rendered(&page))
    }
}
