//! What decks ask of themes, and what no theme has.

use std::collections::BTreeSet;

use super::{diagnostic, transitions};
use crate::catalog::Catalog;
use crate::config::{Config, Fonts, closest};
use crate::diagnostic::{Diagnostic, rules};
use crate::document::{Document, Kind};
use crate::source::SourcePath;
use crate::span::Span;
use crate::theme::{Theme, Themes};

/// Checks that what decks ask of themes is there: the theme, its sizes and classes, what is imported.
pub fn themes(catalog: &Catalog, config: &Config, themes: &Themes) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let default = config.deck.theme.as_str();
    let site_theme = themes.get(default).or_else(|| themes.get("default"));
    let path = SourcePath::new("kami.toml");
    if themes.get(default).is_none() {
        let (message, help) = themes.unknown(default);
        let at = config.deck.theme_at;
        found.push(diagnostic(&rules::UNKNOWN_THEME, &path, at, message, help));
    }
    let size = config.deck.size.as_str();
    if let Some(theme) = site_theme.filter(|theme| !size.is_empty() && !has_size(theme, size)) {
        found.push(unknown_size(theme, size, &path, config.deck.size_at));
    }
    for entry in catalog.entries().filter(|entry| entry.kind == Kind::Deck) {
        let document = &entry.document;
        let path = &document.path;
        let before = found.len();
        let mut theme = site_theme;
        for (name, span) in &document.themes {
            if let Some(own) = themes.get(name) {
                theme = Some(own);
            } else {
                let (message, help) = themes.unknown(name);
                found.push(diagnostic(&rules::UNKNOWN_THEME, path, *span, message, help));
            }
        }
        let imports = document.styles.iter().flat_map(|style| &style.imports);
        for (name, span) in imports.filter(|(name, _)| themes.get(name).is_none()) {
            let (message, help) = themes.unknown(name);
            found.push(diagnostic(&rules::THEME_IMPORT, path, *span, message, help));
        }
        if let Some(theme) = theme {
            let unknown = document.size.as_ref().filter(|(size, _)| !has_size(theme, size));
            found.extend(unknown.map(|(size, span)| unknown_size(theme, size, path, *span)));
            classes(document, theme, themes, &mut found);
            let sheets = themes.parts(theme).map(|theme| &theme.sheet);
            let own = document.styles.iter().map(|style| &style.sheet);
            let sheets: Vec<_> = sheets.chain(own).collect();
            transitions::unknown(document, &sheets, &mut found);
            if config.fonts != Fonts::System && !sheets.iter().any(|sheet| sheet.has_fonts()) {
                found.extend(missing_glyph(document));
            }
        }
        for diagnostic in &mut found[before..] {
            document.trace(diagnostic);
        }
    }
    found
}

/// Tells of characters that nothing says how to show.
fn missing_glyph(document: &Document) -> Option<Diagnostic> {
    let (letter, span) = document.foreign.first()?;
    let code = u32::from(*letter);
    let others = match document.foreign.len() - 1 {
        0 => String::new(),
        1 => ", nor one other character of the deck".to_owned(),
        more => format!(", nor {more} other characters of the deck"),
    };
    let message = format!("no font that comes along has `{letter}` (U+{code:04X}){others}");
    let help = "give the theme a font that has it, with `@font-face`".to_owned();
    Some(diagnostic(&rules::MISSING_GLYPH, &document.path, *span, message, help))
}

fn has_size(theme: &Theme, size: &str) -> bool {
    theme.sizes().any(|known| known == size)
}

fn unknown_size(theme: &Theme, size: &str, path: &SourcePath, span: Span) -> Diagnostic {
    let message = format!("the theme `{}` has no size `{size}`", theme.name);
    let help = match closest(size, theme.sizes()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => match theme.sizes().collect::<Vec<_>>().join(", ") {
            sizes if sizes.is_empty() => "take it out; the theme has one size".to_owned(),
            sizes => format!("its sizes: {sizes}"),
        },
    };
    diagnostic(&rules::UNKNOWN_SIZE, path, span, message, help)
}

/// Checks that the classes of slides have looks in the theme or in the deck's own styles.
fn classes(document: &Document, theme: &Theme, themes: &Themes, found: &mut Vec<Diagnostic>) {
    let mut told: BTreeSet<&str> = BTreeSet::new();
    let imported = document.styles.iter().flat_map(|style| &style.imports);
    let imported: Vec<&Theme> = imported.filter_map(|(name, _)| themes.get(name)).collect();
    let own = || document.styles.iter().flat_map(|style| &style.sheet.classes);
    let known = || {
        let themes = std::iter::once(theme).chain(imported.iter().copied());
        themes.flat_map(|theme| &theme.classes).chain(own()).map(String::as_str)
    };
    for slide in &document.slides {
        for class in slide.classes.iter().filter(|class| !class.starts_with("look-")) {
            if told.contains(class.as_str()) || known().any(|known| known == class) {
                continue;
            }
            told.insert(class);
            let message = format!("the theme `{}` has no looks for `{class}`", theme.name);
            let help = match closest(class, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "take the class out, or give the theme looks for it".to_owned(),
            };
            let (rule, path) = (&rules::THEME_CLASS, &document.path);
            found.push(diagnostic(rule, path, slide.class_span, message, help));
        }
    }
}
