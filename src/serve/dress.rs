//! What the server adds to a page on its way out: scripts that keep it up to date, and the ways to the editor.
//!
//! The bundle itself knows nothing of either.

use crate::catalog::Route;
use crate::compile::Bundle;
use crate::document::html::{escape, unescape};
use crate::fence::new_path;
use crate::page::{editor_lang, editor_route, encode};
use crate::source::SourcePath;

const LIVE_TAGS: &str = "<link rel=\"stylesheet\" href=\"/_kami/live.css\"><script src=\"/_kami/idiomorph.js\" defer></script><script src=\"/_kami/live.js\" defer data-digest=\"DIGEST\"></script>";
/// Where the ways stand on a page of the site.
const TOOLS: &str = "<div class=\"tools\">";
/// The signs of the ways on a phone, where words have no room.
const PENCIL: &str = "M4 16l.9-3.5 8-8 2.6 2.6-8 8zM11 6.4 13.6 9";
const PLUS: &str = "M10 4.5v11M4.5 10h11";
/// How a link to a page that is not written yet begins, and what says the name of that.
const WANTED: &[u8] = b"<a class=\"wikilink missing\"";
const NAME: &[u8] = b" data-name=\"";
/// Where they stand on the page for addresses at which nothing is.
const ACTS: &str = "<p class=\"acts\">";

/// The ways from a page to the editor: as HTML, and behind which mark they stand.
pub(super) struct Ways {
    html: String,
    behind: &'static str,
    /// The language in which pages that are not there yet are begun, where they may be.
    begins: Option<String>,
}

impl Ways {
    /// Returns the ways from what stands at an address: to the editor of its source, and to a new page.
    pub(super) fn of(bundle: &Bundle, address: &str, makes: bool) -> Ways {
        let link = |path: &SourcePath, icon: &str| {
            let href = encode(&editor_route(path));
            self::link("kami-edit", &href, (icon, &word(bundle, path, "edit")), "E")
        };
        let route = bundle.catalog.route(address);
        if let Some(Route::Deck(path)) = route {
            return Ways { html: link(path, ""), behind: "", begins: None };
        }
        let mut html = String::from("<div class=\"kami-tools\">");
        if let Some(Route::Page(path) | Route::Handout(path)) = route {
            html.push_str(&link(path, PENCIL));
        }
        let mut begins = None;
        if makes {
            let lang = match route {
                Some(Route::Page(path) | Route::Handout(path)) => path.clone(),
                _ => named_lang(bundle, address),
            };
            let spoken = editor_lang(bundle.site(), &lang);
            let href = if spoken == bundle.config.lang {
                "_kami/new".to_owned()
            } else {
                format!("_kami/new?lang={spoken}")
            };
            let word = word(bundle, &lang, "edit_new");
            html.push_str(&self::link("kami-new", &href, (PLUS, &word), ""));
            begins = Some(spoken);
        }
        html.push_str("</div>");
        Ways { html, behind: TOOLS, begins }
    }

    /// Returns the way to the editor of a page that is not written yet.
    pub(super) fn of_missing(bundle: &Bundle, address: &str) -> Option<Ways> {
        let stem = address.strip_suffix(".html").unwrap_or(address);
        let path = new_path(&format!("{stem}.md")).ok()?;
        let (href, word) = (encode(&editor_route(&path)), word(bundle, &path, "edit_create"));
        let html = link("act kami-edit", &href, ("", &word), "E");
        Some(Ways { html, behind: ACTS, begins: None })
    }
}

/// Returns a path whose language is that of a page of the site's own.
fn named_lang(bundle: &Bundle, address: &str) -> SourcePath {
    let stem = address.strip_suffix(".html").unwrap_or(address);
    let lang = stem.rsplit_once('.').map_or(bundle.config.lang.as_str(), |(_, lang)| lang);
    SourcePath::new(format!("wiki/index.{lang}.md"))
}

/// Returns a link with a word; where there is a sign before it, that stands alone on a phone.
fn link(class: &str, href: &str, (icon, word): (&str, &str), keys: &str) -> String {
    let mut out = format!("<a class=\"{class}\" href=\"/");
    escape(href, &mut out);
    out.push('"');
    if !keys.is_empty() {
        out.push_str(" aria-keyshortcuts=\"");
        out.push_str(keys);
        out.push('"');
    }
    out.push('>');
    if !icon.is_empty() {
        out.push_str(
            "<svg viewBox=\"0 0 20 20\" width=\"20\" height=\"20\" aria-hidden=\"true\"><path d=\"",
        );
        out.push_str(icon);
        out.push_str("\"/></svg><span>");
    }
    escape(word, &mut out);
    if !icon.is_empty() {
        out.push_str("</span>");
    }
    out.push_str("</a>");
    out
}

fn word(bundle: &Bundle, source: &SourcePath, key: &str) -> String {
    let site = bundle.site();
    site.interface.word(&editor_lang(site, source), key).to_owned()
}

/// Adds to a page the scripts of the server, which state of the page this is and what its slides were called, and the
/// ways to the editor.
pub(super) fn dressed(
    html: &[u8],
    (digest, renamed): (&str, Option<&str>),
    ways: Option<&Ways>,
) -> Vec<u8> {
    let Some(head) = find(html, b"</head>") else { return html.to_vec() };
    let mut state = digest.to_owned();
    if let Some(renamed) = renamed {
        state.push_str("\" data-keys=\"");
        escape(renamed, &mut state);
    }
    let tags = LIVE_TAGS.replace("DIGEST", &state);
    let mut out = [&html[..head], tags.as_bytes()].concat();
    let rest = &html[head..];
    let Some(Ways { html: ways, behind, begins }) = ways else {
        out.extend_from_slice(rest);
        return out;
    };
    // A template of the site may have no such place: then they stand at the end.
    let mark = Some(behind).filter(|mark| !mark.is_empty());
    let at = mark.and_then(|mark| Some(find(rest, mark.as_bytes())? + mark.len()));
    let end = || rest.windows(7).rposition(|end| end == b"</body>").unwrap_or(rest.len());
    let at = at.unwrap_or_else(end);
    out.extend_from_slice(&rest[..at]);
    out.extend_from_slice(ways.as_bytes());
    match begins {
        Some(lang) => begun(&rest[at..], lang, &mut out),
        None => out.extend_from_slice(&rest[at..]),
    }
    out
}

/// Lets links to pages that are not written yet lead to where they are begun.
fn begun(html: &[u8], lang: &str, out: &mut Vec<u8>) {
    let mut at = 0;
    for found in memchr::memmem::find_iter(html, WANTED) {
        let tag = html[found..].iter().position(|byte| *byte == b'>').unwrap_or(0);
        let tag = &html[found..found + tag];
        let name = find(tag, NAME).map(|start| &tag[start + NAME.len()..]);
        let name = name.and_then(|rest| rest.split(|byte| *byte == b'"').next());
        let Some(name) = name.and_then(|name| std::str::from_utf8(name).ok()) else { continue };
        let name = unescape(name);
        let name = percent_encoding::utf8_percent_encode(&name, percent_encoding::NON_ALPHANUMERIC);
        out.extend_from_slice(&html[at..found + 2]);
        out.extend_from_slice(
            format!(" href=\"/_kami/new?name={name}&amp;lang={lang}\"").as_bytes(),
        );
        at = found + 2;
    }
    out.extend_from_slice(&html[at..]);
}

fn find(html: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr::memmem::find(html, wanted)
}
