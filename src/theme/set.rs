//! The themes of a site by name: what each imports, how large its slides are, how it is written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::meta::{self, Meta};
use super::rewrite::parse;
use super::sheet::{Scope, Sheet};
use crate::config::closest;
use crate::diagnostic::{Diagnostic, rules};
use crate::digest::Digest;
use crate::source::SourcePath;
use crate::span::Span;

/// How large slides are where nothing else is said, and the names of the sizes that all know.
const SIZES: [(&str, (f64, f64)); 2] = [("16:9", (1280.0, 720.0)), ("4:3", (960.0, 720.0))];

/// Where a slide lies in its card is no matter of its theme.
const FRAME: &str = "position:absolute!important;box-sizing:border-box!important;\
    width:var(--slide-width,1280px)!important;height:var(--slide-height,720px)!important;\
    min-width:0!important;max-width:none!important;min-height:0!important;\
    max-height:none!important;margin:0!important";
/// A slide that holds too much is laid out in a larger box, which is shown at the size of all others.
const FITTED: &str = "width:calc(var(--slide-width,1280px)/var(--fit))!important;\
    height:calc(var(--slide-height,720px)/var(--fit))!important";

/// One theme, with what it takes over from those that it imports.
#[derive(Clone, Debug)]
pub struct Theme {
    pub name: String,
    pub path: SourcePath,
    pub sheet: Sheet,
    meta: Meta,
    /// Itself and all that it imports, in the order in which they are written.
    chain: Vec<String>,
    /// By name, in pixels.
    sizes: BTreeMap<String, (f64, f64)>,
    own_size: (f64, f64),
    /// What of `fittingHeader math code` grows or shrinks by itself.
    pub auto_scaling: String,
    pub classes: BTreeSet<String>,
}

/// How large the slides of a deck are laid out.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// The name of the size, empty for the theme's own.
    pub name: String,
    pub width: f64,
    pub height: f64,
}

/// The themes of a site.
#[derive(Clone, Debug, Default)]
pub struct Themes {
    by_name: BTreeMap<String, Theme>,
    pub diagnostics: Vec<Diagnostic>,
    scaffold: Sheet,
}

impl Themes {
    /// Reads theme files: each with its path and text, and whether it is the site's own. Of two
    /// themes with one name the site's own is taken.
    pub fn new<'a>(files: impl Iterator<Item = (SourcePath, &'a str, bool)>) -> Themes {
        let mut set = Themes { scaffold: parse(include_str!("scaffold.css")), ..Themes::default() };
        let mut own: BTreeSet<String> = BTreeSet::new();
        for (path, text, of_site) in files {
            let meta = meta::read(text);
            let stem = path.file_name().trim_end_matches(".css").to_owned();
            let (name, at) = match &meta.name {
                Some((name, at)) => (name.clone(), at.clone()),
                None => (stem, 0..0),
            };
            let theme = Theme {
                name: name.clone(),
                path,
                sheet: parse(text),
                meta,
                chain: Vec::new(),
                sizes: BTreeMap::new(),
                own_size: SIZES[0].1,
                auto_scaling: String::new(),
                classes: BTreeSet::new(),
            };
            set.tell_of(&theme);
            if of_site && own.contains(&name) {
                let span = Span::new(at.start, at.end);
                let message = format!("the site has another theme `{name}`");
                set.diagnostics.push(Diagnostic {
                    rule: &rules::THEME_NAME,
                    path: theme.path,
                    span,
                    message,
                    help: "give one of them another name".to_owned(),
                });
                continue;
            }
            if of_site {
                own.insert(name.clone());
            } else if own.contains(&name) {
                continue;
            }
            set.by_name.insert(name, theme);
        }
        set.link();
        set
    }

    /// Tells what is wrong with a theme's own text.
    fn tell_of(&mut self, theme: &Theme) {
        let mut tell = |rule, span, message: String, help: &str| {
            let (path, help) = (theme.path.clone(), help.to_owned());
            self.diagnostics.push(Diagnostic { rule, path, span, message, help });
        };
        if theme.meta.name.is_none() {
            let message = "the theme does not say its name".to_owned();
            let help = format!("write /* @theme {} */ into its first line", theme.name);
            tell(&rules::THEME_NAME, Span::default(), message, &help);
        }
        for at in &theme.meta.wrong_sizes {
            let span = Span::new(at.start, at.end);
            let message = "the size does not say a width and a height".to_owned();
            tell(&rules::BAD_VALUE, span, message, "write `@size wide 1600px 900px`");
        }
        for fault in &theme.sheet.faults {
            let span = Span::new(fault.at.start, fault.at.end);
            tell(fault.rule, span, fault.message.clone(), &fault.help);
        }
    }

    /// Works out what each theme takes over.
    fn link(&mut self) {
        for name in self.by_name.keys().cloned().collect::<Vec<_>>() {
            let chain = self.chain(&name);
            let (mut sizes, mut auto_scaling) = (BTreeMap::new(), None);
            let (mut width, mut height) = (None, None);
            let mut classes = BTreeSet::new();
            for part in chain.iter().filter_map(|part| self.by_name.get(part)) {
                sizes.extend(part.meta.sizes.iter().cloned());
                auto_scaling = part.meta.auto_scaling.clone().or(auto_scaling);
                width = part.sheet.width.or(width);
                height = part.sheet.height.or(height);
                classes.extend(part.sheet.classes.iter().cloned());
            }
            for (name, size) in SIZES {
                // Where a theme chose its own shape, the common ones are not laid over it.
                if width.is_none() && height.is_none() {
                    sizes.entry(name.to_owned()).or_insert(Some(size));
                }
            }
            if let Some(theme) = self.by_name.get_mut(&name) {
                theme.own_size = (width.unwrap_or(SIZES[0].1.0), height.unwrap_or(SIZES[0].1.1));
                // A size of `false` is taken away.
                theme.sizes =
                    sizes.into_iter().filter_map(|(name, size)| Some((name, size?))).collect();
                theme.auto_scaling = auto_scaling.unwrap_or_default();
                theme.classes = classes;
                theme.chain = chain;
            }
        }
    }

    /// Returns a theme and those that it imports, each once, what is imported first.
    fn chain(&mut self, name: &str) -> Vec<String> {
        let mut chain = Vec::new();
        let mut found = Vec::new();
        self.visit(name, &mut Vec::new(), &mut chain, &mut found);
        self.diagnostics.extend(found);
        chain
    }

    fn visit(
        &self,
        name: &str,
        way: &mut Vec<String>,
        chain: &mut Vec<String>,
        found: &mut Vec<Diagnostic>,
    ) {
        let Some(theme) = self.by_name.get(name) else { return };
        way.push(name.to_owned());
        for import in &theme.sheet.imports {
            let span = Span::new(import.at.start, import.at.end);
            // Each theme tells of its own lines, and of a circle only whoever is asked first.
            let mut tell = |message, help| {
                if way.len() == 1 {
                    let (rule, path) = (&rules::THEME_IMPORT, theme.path.clone());
                    found.push(Diagnostic { rule, path, span, message, help });
                }
            };
            if !self.by_name.contains_key(&import.name) {
                let (message, help) = self.unknown(&import.name);
                tell(message, help);
            } else if let Some(at) = way.iter().position(|known| *known == import.name) {
                let round = [&way[at..], std::slice::from_ref(&import.name)].concat().join(" → ");
                let message = format!("the themes import each other in a circle: {round}");
                tell(message, "take one of the imports out".to_owned());
            } else if self.leads_back(&import.name, &way[0], &mut BTreeSet::new()) && way.len() == 1
            {
                let message = format!("`{}` imports this theme in turn", import.name);
                tell(message, "take one of the imports out".to_owned());
            } else if !chain.contains(&import.name) {
                self.visit(&import.name, way, chain, found);
            }
        }
        way.pop();
        if !chain.iter().any(|known| known == name) {
            chain.push(name.to_owned());
        }
    }

    fn leads_back(&self, from: &str, to: &str, seen: &mut BTreeSet<String>) -> bool {
        let Some(theme) = self.by_name.get(from) else { return false };
        seen.insert(from.to_owned())
            && theme
                .sheet
                .imports
                .iter()
                .any(|import| import.name == to || self.leads_back(&import.name, to, seen))
    }

    /// Returns what to say of a theme that is not there.
    pub fn unknown(&self, name: &str) -> (String, String) {
        let names = || self.by_name.keys().map(String::as_str);
        let help = closest(name, names()).map_or_else(
            || {
                let names = names().collect::<Vec<_>>().join(", ");
                format!("the themes: {names}; templates/themes/NAME.css adds one")
            },
            |near| format!("did you mean `{near}`?"),
        );
        (format!("there is no theme `{name}`"), help)
    }

    pub fn get(&self, name: &str) -> Option<&Theme> {
        self.by_name.get(name)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Theme> {
        self.by_name.values()
    }

    /// Returns the scope of a theme's own style sheet, with the names of all that it imports.
    pub fn scope(&self, theme: &Theme) -> Scope {
        let mut select = String::from(":where([data-theme=");
        quote(&theme.name, &mut select);
        select.push_str("])");
        let mut scope = Scope::new(select, short(&theme.name));
        for part in self.parts(theme) {
            scope.define(&part.sheet);
        }
        scope
    }

    /// Iterates over a theme and those that it imports, in the order in which they are written.
    pub fn parts<'a>(&'a self, theme: &'a Theme) -> impl Iterator<Item = &'a Theme> {
        theme.chain.iter().filter_map(|name| self.by_name.get(name))
    }

    /// Returns the colour that a theme gives to `paper`, `ink` or another name on slides of some classes: in a
    /// property of that name, else, as themes from elsewhere do, in the first rule that sets both colours.
    pub fn color(&self, theme: &Theme, name: &str, classes: &[String]) -> Option<String> {
        let found = self.parts(theme).filter_map(|Theme { sheet, .. }| {
            let plain = || match name {
                "paper" => sheet.first_colors().map(|(paper, _)| (0, paper)),
                "ink" => sheet.first_colors().map(|(_, ink)| (0, ink)),
                _ => None,
            };
            sheet.color(name, classes).or_else(plain)
        });
        found.max_by_key(|(named, _)| *named).map(|(_, color)| color.to_owned())
    }

    /// Writes the style sheet of a theme; `url` finds the files that a theme's file names.
    pub fn css(&self, theme: &Theme, url: &dyn Fn(&Theme, &str) -> Option<String>) -> String {
        let scope = self.scope(theme);
        let mut out = String::from(
            "@layer kami-frame,kami-slide;\
             @property --slide-rem{syntax:\"<length>\";inherits:true;initial-value:16px}",
        );
        // An important declaration in a layer wins over all that a theme can say.
        let _ = write!(
            out,
            ".slide{0}{{--slide-rem:1em}}@layer kami-frame{{.card>.slide{0}{{{FRAME}}}\
             .card>.slide[data-fitted]{0}{{{FITTED}}}}}@layer kami-slide{{",
            scope.select
        );
        self.scaffold.write(&mut out, &scope, &|_| None);
        out.push('}');
        theme.frames(&mut out);
        for part in self.parts(theme) {
            part.sheet.write(&mut out, &scope, &|address| url(part, address));
        }
        out
    }
}

impl Theme {
    /// Returns how large slides are that ask for a size, or for none.
    pub fn frame(&self, size: Option<&str>) -> Frame {
        let named = size.and_then(|size| Some((size, self.sizes.get(size)?)));
        let (name, (width, height)) =
            named.map_or(("", self.own_size), |(name, size)| (name, *size));
        Frame { name: name.to_owned(), width, height }
    }

    /// Iterates over the names of the sizes that a deck can ask for.
    pub fn sizes(&self) -> impl Iterator<Item = &str> {
        self.sizes.keys().map(String::as_str)
    }

    /// Writes how large cards are whose slide has each of the sizes, on screen and on paper.
    fn frames(&self, out: &mut String) {
        let mut theme = String::new();
        quote(&self.name, &mut theme);
        let mut frame = |name: Option<&str>, (width, height): (f64, f64)| {
            if (width, height) == SIZES[0].1 && name.is_none() {
                return;
            }
            let mut slide = format!(".slide[data-theme={theme}]");
            match name {
                Some(name) => {
                    slide.push_str("[data-size=");
                    quote(name, &mut slide);
                    slide.push(']');
                }
                None => slide.push_str(":not([data-size])"),
            }
            let page = format!("slide-{width}x{height}").replace('.', "_");
            let _ = write!(
                out,
                ":root:has(>body>main.deck>.card>{slide}),.card:has(>{slide})\
                 {{--slide-width:{width}px;--slide-height:{height}px}}\
                 @page {page}{{size:{width}px {height}px;margin:0}}\
                 @media print{{main.deck>.card:has(>{slide}){{page:{page}}}}}"
            );
        };
        frame(None, self.own_size);
        for (name, size) in &self.sizes {
            if (name.as_str(), *size) != SIZES[0] || self.own_size != SIZES[0].1 {
                frame(Some(name), *size);
            }
        }
    }
}

/// Returns a few digits that stand for a text where names have to be told apart.
pub(super) fn short(text: &str) -> String {
    Digest::of(text.as_bytes()).short()[..8].to_owned()
}

/// Appends a text as a string of CSS.
fn quote(text: &str, out: &mut String) {
    let written = cssparser::serialize_string(text, out);
    debug_assert!(written.is_ok(), "writing into a String cannot fail");
}
