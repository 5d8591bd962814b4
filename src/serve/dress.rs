//! What the server adds to a page on its way out: scripts that keep it up to date, and the way to its editor.
//!
//! The bundle itself knows nothing of either.

use crate::catalog::Route;
use crate::compile::Bundle;
use crate::document::html::escape;
use crate::page::{editor_lang, editor_route, encode};
use crate::save::fence::new_path;
use crate::source::SourcePath;

const LIVE_TAGS: &str = "<link rel=\"stylesheet\" href=\"/_kami/live.css\"><script src=\"/_kami/idiomorph.js\" defer></script><script src=\"/_kami/live.js\" defer data-digest=\"DIGEST\"></script>";

/// The way from a page to the editor of its source.
pub(super) struct Edit {
    source: SourcePath,
    word: String,
    is_deck: bool,
}

impl Edit {
    /// Returns the way to the editor of what stands at an address, if it has a source.
    pub(super) fn of(bundle: &Bundle, address: &str) -> Option<Edit> {
        let (source, is_deck) = match bundle.catalog.route(address)? {
            Route::Page(path) | Route::Handout(path) => (path.clone(), false),
            Route::Deck(path) => (path.clone(), true),
            _ => return None,
        };
        Some(Edit { word: word(bundle, &source, "edit"), source, is_deck })
    }

    /// Returns the way to the editor of a page that is not written yet.
    pub(super) fn of_missing(bundle: &Bundle, address: &str) -> Option<Edit> {
        let stem = address.strip_suffix(".html").unwrap_or(address);
        let source = new_path(&format!("{stem}.md")).ok()?;
        Some(Edit { word: word(bundle, &source, "edit_create"), source, is_deck: false })
    }

    fn link(&self, class: &str) -> String {
        let mut out = format!("<a class=\"{class}\" href=\"/");
        escape(&encode(&editor_route(&self.source)), &mut out);
        out.push_str(if self.is_deck {
            "\" aria-keyshortcuts=\"Shift+E\">"
        } else {
            "\" aria-keyshortcuts=\"E\">"
        });
        escape(&self.word, &mut out);
        out.push_str("</a>");
        out
    }
}

fn word(bundle: &Bundle, source: &SourcePath, key: &str) -> String {
    let site = bundle.site();
    site.interface.word(&editor_lang(site, source), key).to_owned()
}

/// Adds to a page the scripts of the server, which state of the page this is, and the way to its editor.
pub(super) fn dressed(html: &[u8], digest: &str, edit: Option<&Edit>) -> Vec<u8> {
    let Some(head) = find(html, b"</head>") else { return html.to_vec() };
    let tags = LIVE_TAGS.replace("DIGEST", digest);
    let mut out = [&html[..head], tags.as_bytes()].concat();
    let rest = &html[head..];
    // Beside the other tools where the page has them, else at its end.
    let (at, class) =
        match (find(rest, b"<div class=\"tools\">"), find(rest, b"<p class=\"acts\">")) {
            (_, Some(acts)) if edit.is_some_and(|edit| digest.is_empty() && !edit.is_deck) => {
                (acts + b"<p class=\"acts\">".len(), "act kami-edit")
            }
            (Some(tools), _) => (tools + b"<div class=\"tools\">".len(), "kami-edit"),
            (None, _) => (
                rest.windows(7).rposition(|end| end == b"</body>").unwrap_or(rest.len()),
                "kami-edit",
            ),
        };
    out.extend_from_slice(&rest[..at]);
    out.extend(edit.iter().flat_map(|edit| edit.link(class).into_bytes()));
    out.extend_from_slice(&rest[at..]);
    out
}

fn find(html: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr::memmem::find(html, wanted)
}
