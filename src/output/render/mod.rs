//! Pages -> HTML. This folder alone names Tera.

mod frame;
mod host;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use rust_embed::Embed;
use tera::{Context, ErrorKind, Tera, Value};

use self::frame::{Frame, Frames};
pub use self::host::host_text;
use crate::catalog::asset_route;
use crate::diagnostic::{Diagnostic, rules};
use crate::digest::Digest;
use crate::document::html::{has_byte, is_one_of};
use crate::output::pack::{PART, pack};
use crate::page::{Interface, Page, Shell, View, is_upright};
use crate::source::{Content, SourcePath, Sources, join};
use crate::span::Span;
use crate::theme::{Themes, file_of};

/// The repository's `templates/`, as they were when the program was built.
#[derive(Embed)]
#[folder = "templates/"]
struct Embedded;

/// Returns a built-in template, style sheet or script.
pub fn embedded(name: &str) -> Option<Cow<'static, str>> {
    Embedded::get(name).map(|file| match file.data {
        // Half a megabyte is looked at before the first page: to look for faults letter by letter takes a millisecond.
        Cow::Borrowed(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(bytes),
        },
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    })
}

/// Templates, style sheets, scripts and words by name.
pub(super) type Texts = BTreeMap<String, Cow<'static, str>>;

/// The service worker before it knows its build.
const WORKER_SOURCE: &str = "offline/sw.js";

/// What most pages fit in, so that their text is not moved while it grows.
const PAGE_BYTES: usize = 16 << 10;

/// Templates, style sheets, scripts and words: the built-in ones and the site's own over them.
#[derive(Debug)]
pub struct Templates {
    own: Tera,
    builtin: Tera,
    /// Where the site has no templates of its own.
    frames: Option<Frames>,
    pub interface: Interface,
    /// By address in the bundle: style sheets, scripts and pictures of the templates.
    files: BTreeMap<String, Vec<u8>>,
    strings: BTreeMap<String, Value>,
    pub diagnostics: Vec<Diagnostic>,
    pub digest: Digest,
    worker: String,
    /// The paths where themes look for files.
    looked: BTreeSet<SourcePath>,
}

impl Templates {
    /// Reads the templates of a site.
    pub fn new(sources: &Sources) -> Templates {
        let mut texts: Texts = Embedded::iter()
            .filter_map(|name| Some((name.to_string(), embedded(&name)?)))
            .collect();
        let mut diagnostics = Vec::new();
        let builtin = tera(&texts, "builtin/");
        let mut changed = Texts::new();
        for source in sources.iter() {
            let Some(name) = source.path.as_str().strip_prefix("templates/") else { continue };
            let Some(text) = source.as_text() else { continue };
            if texts.get(name).is_none_or(|known| known != text) {
                changed.insert(name.to_owned(), Cow::Owned(text.to_owned()));
            }
        }
        let own = with_own(&builtin, &texts, &changed, &mut diagnostics);
        let bare = !changed.keys().any(|name| is_template(name));
        let frames = bare.then(|| Frames::new(&texts));
        let strings = strings(&texts, &changed, &mut diagnostics);
        let own_names: Vec<String> = changed.keys().cloned().collect();
        texts.extend(changed);
        let digest = Digest::of_parts(
            texts.iter().flat_map(|(name, text)| [name.as_bytes(), text.as_bytes()]),
        );
        let mut interface = Interface::default();
        let mut files = BTreeMap::new();
        for (name, text) in pack(&texts, |name| !own_names.iter().any(|own| own == name)) {
            if let Some((_, transition)) = name.split_once(PART) {
                interface.transitions.insert(transition.to_owned(), text.into_owned());
            } else if let Some(address) = address(&name, &text) {
                if is_upright(&text) {
                    interface.upright.insert(address.clone());
                }
                interface.assets.insert(name, address.clone());
                files.insert(address, text.into_owned().into_bytes());
            }
        }
        let looked = themes(sources, &texts, &mut interface, &mut files);
        diagnostics.extend(interface.themes.diagnostics.iter().cloned());
        let values = strings
            .iter()
            .map(|(lang, words)| (lang.clone(), Value::from_serializable(&**words)))
            .collect();
        interface.strings = strings;
        let worker = texts.remove(WORKER_SOURCE).unwrap_or_default().into_owned();
        Templates {
            own,
            builtin,
            frames,
            interface,
            files,
            strings: values,
            diagnostics,
            digest,
            worker,
            looked,
        }
    }

    /// Tells whether the templates depend on what stands at a path.
    pub fn reads(&self, path: &SourcePath) -> bool {
        path.as_str().starts_with("templates/") || self.looked.contains(path)
    }

    /// Returns one of the templates' own files by its address in the bundle.
    pub fn file(&self, address: &str) -> Option<&[u8]> {
        self.files.get(address).map(Vec::as_slice)
    }

    /// Iterates over the addresses of the templates' own files.
    pub fn addresses(&self) -> impl Iterator<Item = &String> {
        self.files.keys()
    }

    /// Returns the service worker of a build; it speaks one language, the site's own.
    pub fn worker(&self, build: &Digest, lang: &str, home: &str) -> String {
        let word = |key| self.interface.word(lang, key);
        let words = serde_json::json!({
            "lang": lang,
            "title": word("offline_lost"),
            "text": word("offline_lost_text"),
            "go": word("offline_lost_go"),
            "home": home,
            "sheet": self.interface.asset("site.css"),
        });
        let text = self.worker.replace("{{words}}", &words.to_string());
        text.replace("{{build}}", &build.short())
    }

    /// Renders a page. Where a template of the site fails, the built-in one stands in.
    pub fn render(&self, page: &Page) -> (Vec<u8>, Option<Diagnostic>) {
        let frame = self.frames.as_ref().and_then(|frames| frames.of(page.template, &page.shell));
        let context = self.context(page, frame.as_deref());
        match rendered(frame.as_ref().map_or(&self.own, |frame| &frame.tera), page, &context) {
            Ok(html) => (html, None),
            Err(error) => {
                let diagnostic = diagnostic(&error);
                let html = rendered(&self.builtin, page, &context).unwrap_or_else(|error| {
                    panic!("the built-in template {} fails: {error}", page.template)
                });
                (html, Some(diagnostic))
            }
        }
    }

    fn context(&self, page: &Page, frame: Option<&Frame>) -> Context {
        let mut context = Context::new();
        // One by one: to make a map of a page first and a context of the map takes twice as long.
        let Shell {
            lang,
            root,
            route,
            title,
            heading,
            description,
            site,
            languages,
            alternates,
            styles,
            scripts,
            csp,
            icon,
            feed,
            social,
            strings: _,
        } = &page.shell;
        let texts = [
            ("lang", lang),
            ("root", root),
            ("route", route),
            ("title", title),
            ("heading", heading),
            ("description", description),
            ("icon", icon),
            ("feed", feed),
        ];
        for (name, text) in texts {
            context.insert_value(name, Value::from(text.as_str()));
        }
        match frame {
            Some(frame) => context.insert_value("site", frame.site.clone()),
            None => context.insert("site", site),
        }
        let policy = frame.and_then(|frame| frame.policy(csp));
        context.insert_value("csp", policy.unwrap_or_else(|| Value::from(csp.as_str())));
        context.insert("languages", languages);
        context.insert("alternates", alternates);
        context.insert("styles", styles);
        context.insert("scripts", scripts);
        context.insert("social", social);
        match &page.view {
            View::Page(wiki) => context.insert("page", wiki),
            View::Deck(deck) => context.insert("deck", deck),
            View::Event(event) => context.insert("event", event),
            View::List(list) => context.insert("list", list),
            View::Gaps(gaps) => context.insert("gaps", gaps),
            View::Graph(graph) => context.insert("graph", graph),
            View::Target(target) => context.insert("target", target),
            View::NotFound(is) => context.insert("not_found", is),
            View::Editor(editor) => context.insert("editor", editor),
            View::Sheet(sheet) => context.insert("sheet", sheet),
        }
        let words = [lang.as_str(), "en"].iter().find_map(|lang| self.strings.get(*lang));
        context.insert_value("t", words.cloned().unwrap_or_else(Value::none));
        context
    }
}

/// Renders into bytes: a text would be checked once more for being one.
fn rendered(tera: &Tera, page: &Page, context: &Context) -> tera::TeraResult<Vec<u8>> {
    let mut html = Vec::with_capacity(PAGE_BYTES);
    tera.render_to(page.template, context, &mut html)?;
    Ok(html)
}

/// Escapes as the engine does, which looks at one byte after the other; few texts have anything to escape.
fn escape(text: &str, out: &mut dyn io::Write) -> io::Result<()> {
    if has_byte(text, |byte| is_one_of(byte, b"&<>\"'")) {
        return tera::escape_html(text, out);
    }
    out.write_all(text.as_bytes())
}

fn tera(texts: &Texts, prefix: &str) -> Tera {
    let mut tera = Tera::new();
    tera.set_fallback_prefixes(["own/", "builtin/"])
        .unwrap_or_else(|error| panic!("the prefixes are constant: {error}"));
    tera.set_escape_fn(escape);
    let templates = texts
        .iter()
        .filter(|(name, _)| is_template(name))
        .map(|(name, text)| (format!("{prefix}{name}"), text.clone().into_owned()));
    add(&mut tera, templates);
    tera
}

/// Adds built-in templates, which compile.
fn add(tera: &mut Tera, templates: impl Iterator<Item = (String, String)>) {
    tera.add_raw_templates(templates)
        .unwrap_or_else(|error| panic!("a built-in template does not compile: {error}"));
}

fn is_template(name: &str) -> bool {
    std::path::Path::new(name).extension().is_some_and(|extension| extension == "html")
}

/// Lays the site's templates over the built-in ones; one that does not compile is told and left out.
fn with_own(
    builtin: &Tera,
    texts: &Texts,
    changed: &Texts,
    diagnostics: &mut Vec<Diagnostic>,
) -> Tera {
    let own: Vec<(String, String)> = changed
        .iter()
        .filter(|(name, _)| is_template(name))
        .map(|(name, text)| (format!("own/{name}"), text.clone().into_owned()))
        .collect();
    let mut tera = builtin.clone();
    if tera.add_raw_templates(own.clone()).is_ok() {
        return tera;
    }
    let mut tera = self::tera(texts, "builtin/");
    for template in own {
        if let Err(error) = tera.add_raw_templates([template.clone()]) {
            diagnostics.push(placed(diagnostic(&error), &template));
        }
    }
    tera
}

fn diagnostic(error: &tera::Error) -> Diagnostic {
    let (name, span, message) = match error.kind() {
        ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
            let range = &report.span().range;
            (
                report.filename().to_owned(),
                Span::new(range.start, range.end),
                report.message().to_owned(),
            )
        }
        _ => (String::new(), Span::default(), error.to_string()),
    };
    let name = name.trim_start_matches("own/").trim_start_matches("builtin/");
    let path = SourcePath::new(format!("templates/{name}"));
    Diagnostic {
        rule: &rules::TEMPLATE,
        path,
        span,
        message,
        help: "the built-in template is used until it is mended".to_owned(),
    }
}

/// Puts what is told of no template to the one that it was told of, at the line that its words name.
fn placed(found: Diagnostic, (name, text): &(String, String)) -> Diagnostic {
    if !found.path.as_str().ends_with('/') {
        return found;
    }
    let path = SourcePath::new(format!("templates/{}", name.trim_start_matches("own/")));
    let (said, place) = found.message.split_once("\n --> ").unwrap_or((&found.message, ""));
    let message = said.trim_start_matches("error: ").to_owned();
    let mut numbers = place.lines().next().unwrap_or_default().rsplit(':');
    let mut number = || numbers.next()?.parse::<usize>().ok()?.checked_sub(1);
    let (column, line) = (number(), number());
    let at = line.zip(column).and_then(|(line, column)| {
        let before: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        let rest = text.get(before..)?;
        Some(before + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at))
    });
    let span = at.map_or(Span::default(), |at| Span::new(at, at));
    Diagnostic { path, span, message, ..found }
}

/// Reads the words of the interface, the site's own over the built-in ones.
fn strings(
    texts: &Texts,
    changed: &Texts,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Arc<BTreeMap<String, String>>> {
    let mut all: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (name, text) in texts.iter().chain(changed) {
        let Some(lang) = name.strip_prefix("strings/").and_then(|rest| rest.strip_suffix(".toml"))
        else {
            continue;
        };
        match toml::from_str::<BTreeMap<String, String>>(text) {
            Ok(words) => all.entry(lang.to_owned()).or_default().extend(words),
            Err(error) => {
                let span = error.span().unwrap_or(0..0);
                diagnostics.push(Diagnostic {
                    rule: &rules::TEMPLATE,
                    path: SourcePath::new(format!("templates/{name}")),
                    span: Span::new(span.start, span.end),
                    message: error.message().to_owned(),
                    help: "write `key = \"text\"` lines".to_owned(),
                });
            }
        }
    }
    // A language that lacks a word borrows the English one.
    let mut english = all.get("en").cloned().unwrap_or_default();
    english.retain(|key, _| !matches!(key.as_str(), "language" | "locale"));
    all.into_iter()
        .map(|(lang, words)| {
            let mut whole = english.clone();
            whole.extend(words);
            (lang, Arc::new(whole))
        })
        .collect()
}

/// Returns the address of a template's style sheet, script or picture in the bundle.
fn address(name: &str, text: &str) -> Option<String> {
    let served =
        ["live/", "editor/", "vendor/", host::FOLDER].iter().any(|folder| name.starts_with(folder));
    if served || name == WORKER_SOURCE || theme_stem(name).is_some() {
        return None;
    }
    let (stem, extension) = name.rsplit_once('.')?;
    let served = matches!(extension, "css" | "js" | "svg");
    served.then(|| {
        format!(
            "assets/{}-{}.{extension}",
            stem.replace('/', "-"),
            Digest::of(text.as_bytes()).short()
        )
    })
}

/// Returns the name of a theme's file without its ending.
fn theme_stem(name: &str) -> Option<&str> {
    let stem = name.strip_prefix("themes/")?.strip_suffix(".css")?;
    (!stem.contains('/')).then_some(stem)
}

/// Reads the themes and puts their style sheets among the files, with the pictures and fonts that
/// they name; returns the paths where these are looked for.
fn themes(
    sources: &Sources,
    texts: &Texts,
    interface: &mut Interface,
    files: &mut BTreeMap<String, Vec<u8>>,
) -> BTreeSet<SourcePath> {
    let sheets = texts.iter().filter(|(name, _)| theme_stem(name).is_some()).map(|(name, text)| {
        let path = SourcePath::new(format!("templates/{name}"));
        let own = sources.get(&path).is_some();
        (path, &**text, own)
    });
    let mut themes = Themes::new(sheets);
    let mut looked = BTreeSet::new();
    let mut missing = Vec::new();
    for theme in themes.iter() {
        for url in &theme.sheet.urls {
            let path = join(theme.path.folder(), &file_of(&url.name));
            let Some(path) = path.map(SourcePath::new) else { continue };
            let found = theme_file(sources, &path, files);
            looked.insert(path);
            let key = (theme.path.to_string(), url.name.clone());
            match found {
                Some(address) => drop(interface.theme_files.insert(key, address)),
                None => missing.push(Diagnostic {
                    rule: &rules::MISSING_PICTURE,
                    path: theme.path.clone(),
                    span: Span::new(url.at.start, url.at.end),
                    message: format!("there is no file `{}`", url.name),
                    help: "put it beside the theme, or mend the path".to_owned(),
                }),
            }
        }
        for file in &theme.sheet.files {
            files.insert(file.address.clone(), file.bytes.clone());
        }
    }
    for theme in themes.iter() {
        let css = themes.css(theme, &|of, address| interface.theme_file(of, address));
        let stem = theme.path.file_name().trim_end_matches(".css");
        let address = format!("assets/themes-{stem}-{}.css", Digest::of(css.as_bytes()).short());
        let signs = css.chars().filter(|letter| !letter.is_ascii()).collect();
        interface.signs.insert(address.clone(), signs);
        if is_upright(&css) {
            interface.upright.insert(address.clone());
        }
        interface.families.insert(theme.name.clone(), crate::page::families(&css));
        interface.sheets.insert(theme.name.clone(), address.clone());
        files.insert(address, css.into_bytes());
    }
    themes.diagnostics.extend(missing);
    interface.themes = themes;
    looked
}

/// Returns where a file lies that a theme names, seen from a style sheet; what lies beside the
/// theme is put among the templates' files.
fn theme_file(
    sources: &Sources,
    path: &SourcePath,
    files: &mut BTreeMap<String, Vec<u8>>,
) -> Option<String> {
    let source = sources.get(path)?;
    let (bytes, digest) = match &source.content {
        Content::Text(text) => (text.as_bytes(), Digest::of(text.as_bytes())),
        // What lies elsewhere than among the templates is named alone.
        Content::Asset(asset) => (asset.held().unwrap_or_default(), asset.digest),
        Content::Unusable(_) => return None,
    };
    let address = match path.as_str().strip_prefix("static/") {
        Some(rest) => rest.to_owned(),
        None => asset_route(path, digest),
    };
    if path.as_str().starts_with("templates/") {
        files.insert(address.clone(), bytes.to_vec());
    }
    Some(format!("../{}", crate::page::encode(&address)))
}
