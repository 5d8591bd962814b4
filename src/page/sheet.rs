//! A sheet that asks one thing: what a new page is called, whether a file is to go, what a renaming changes.

use serde::Serialize;

use super::shell::{Head, shell};
use super::{Page, Site, View};
use crate::document::Origins;

/// What a sheet says and asks.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Sheet {
    /// The file that it is about, where nothing else says so.
    pub path: String,
    pub message: String,
    /// `fault` when something is in the way.
    pub kind: &'static str,
    /// What is concerned, line by line.
    pub items: Vec<Item>,
    /// What is to be compared: lines of two texts.
    pub lines: Vec<Compared>,
    pub forms: Vec<Form>,
    /// The way back, and what it is called where it does not lead to the editor.
    pub back: String,
    pub back_word: String,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Item {
    pub text: String,
    pub note: String,
    pub href: String,
}

/// A line of a comparison: `same`, `removed` or `added`, in pieces of which some are marked.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Compared {
    pub fate: &'static str,
    pub pieces: Vec<Piece>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Piece {
    pub text: String,
    pub marked: bool,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Form {
    pub action: String,
    pub hidden: Vec<(String, String)>,
    pub fields: Vec<Field>,
    pub button: String,
    /// Whether it is the one thing that one came for.
    pub main: bool,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Field {
    pub name: &'static str,
    pub label: String,
    pub value: String,
    /// Values to choose from, with what each is called; none for a line of text.
    pub choices: Vec<(String, String)>,
}

/// Composes a sheet at an address of the server's own.
pub fn sheet(site: Site<'_>, (route, lang): (&str, &str), heading: String, sheet: Sheet) -> Page {
    let head = Head {
        address: route,
        lang,
        title: heading,
        description: String::new(),
        versions: Vec::new(),
        styles: vec![site.interface.asset("site.css").to_owned()],
        scripts: site.interface.site_scripts(),
        origins: &Origins::default(),
    };
    let mut shell = shell(site, head);
    shell.social = None;
    Page { template: "editor/sheet.html", shell, view: View::Sheet(sheet) }
}
