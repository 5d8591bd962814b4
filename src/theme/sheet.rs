//! A style sheet that is read but not written yet: CSS with holes for what one scope decides.
//!
//! The same sheet is written for a theme that stands alone, for every theme that imports it and
//! for a deck, each time with another scope.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::diagnostic::Rule;

/// A style sheet with holes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    css: String,
    /// In the order of their positions.
    holes: Vec<Hole>,
    /// The themes that it begins with, as they are named.
    pub imports: Vec<Named>,
    /// The files that it shows, as their addresses are written.
    pub urls: Vec<Named>,
    /// What it brings along in `data:` addresses.
    pub files: Vec<DataFile>,
    /// The classes that its selectors name.
    pub classes: BTreeSet<String>,
    pub keyframes: BTreeSet<String>,
    /// Key frames by whose names the transitions of decks are found: they keep them.
    pub transitions: BTreeSet<String>,
    pub properties: BTreeSet<String>,
    /// What `section` sets for its width and height, in pixels.
    pub width: Option<f64>,
    pub height: Option<f64>,
    pub faults: Vec<Fault>,
}

/// A name or address, and where in the text it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub name: String,
    pub at: Range<usize>,
}

/// A file that was written into the style sheet itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFile {
    /// The address in the bundle: it names the digest of the bytes.
    pub address: String,
    pub bytes: Vec<u8>,
}

/// What is wrong in a text, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub rule: &'static Rule,
    pub at: Range<usize>,
    pub message: String,
    pub help: String,
}

#[derive(Clone, Debug, PartialEq)]
struct Hole {
    at: usize,
    filling: Filling,
}

/// What belongs into a hole.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filling {
    /// What tells the slides that are meant from all others.
    Scope,
    /// A name that is the sheet's own: it bears the scope's suffix where the scope knows it.
    Keyframes(String),
    Property(String),
    Layer(String),
    /// An address as it was written.
    Url(String),
    /// One of the sheet's own files.
    File(usize),
}

/// How much of a sheet was there at a moment, to go back to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark(usize, usize);

/// For whom a sheet is written.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The selector that tells the slides that are meant from all others.
    pub select: String,
    /// What its names are told apart by.
    pub suffix: String,
    /// The names that bear a suffix, and which.
    keyframes: BTreeMap<String, String>,
    properties: BTreeMap<String, String>,
}

impl Scope {
    /// Returns a scope that knows no names yet.
    pub fn new(select: String, suffix: String) -> Scope {
        Scope { select, suffix, ..Scope::default() }
    }

    /// Takes over the names that a sheet defines: from here on they bear this scope's suffix.
    pub fn define(&mut self, sheet: &Sheet) {
        for name in &sheet.keyframes {
            self.keyframes.insert(name.clone(), self.suffix.clone());
        }
        for name in &sheet.properties {
            self.properties.insert(name.clone(), self.suffix.clone());
        }
    }

    /// Takes over the transitions that a slide's own style defines: they are of that slide alone.
    pub fn define_transitions(&mut self, sheet: &Sheet) {
        for name in &sheet.transitions {
            self.keyframes.insert(name.clone(), self.suffix.clone());
        }
    }

    /// Returns a scope that knows this one's names too.
    #[must_use]
    pub fn within(&self, select: String, suffix: String) -> Scope {
        Scope { select, suffix, ..self.clone() }
    }
}

impl Sheet {
    pub(super) fn push(&mut self, css: &str) {
        self.css.push_str(css);
    }

    pub(super) fn hole(&mut self, filling: Filling) {
        self.holes.push(Hole { at: self.css.len(), filling });
    }

    pub(super) fn mark(&self) -> Mark {
        Mark(self.css.len(), self.holes.len())
    }

    pub(super) fn rewind(&mut self, mark: Mark) {
        self.css.truncate(mark.0);
        self.holes.truncate(mark.1);
    }

    /// Tells whether anything was written since a mark.
    pub(super) fn grew(&self, mark: Mark) -> bool {
        self.css.len() > mark.0 || self.holes.len() > mark.1
    }

    /// Writes a blank where one is of use.
    pub(super) fn blank(&mut self) {
        let hole_last = self.holes.last().is_some_and(|hole| hole.at == self.css.len());
        if hole_last || !self.css.ends_with([' ', ',', '(', ':', '{', ';', '}', '>']) {
            self.css.push(' ');
        }
    }

    /// Returns CSS of ours as a sheet.
    pub fn ours(css: &str) -> Sheet {
        Sheet { css: css.to_owned(), ..Sheet::default() }
    }

    /// Appends another sheet, which names nothing of its own.
    pub fn append(&mut self, other: &Sheet) {
        let (at, files) = (self.css.len(), self.files.len());
        self.css.push_str(&other.css);
        self.files.extend(other.files.iter().cloned());
        self.urls.extend(other.urls.iter().cloned());
        self.holes.extend(other.holes.iter().map(|hole| {
            let filling = match &hole.filling {
                Filling::File(index) => Filling::File(index + files),
                filling => filling.clone(),
            };
            Hole { at: hole.at + at, filling }
        }));
    }

    /// Appends a rule of ours.
    pub fn rule(&mut self, selector: &str, declarations: &Sheet) {
        self.css.extend([selector, "{"]);
        self.append(declarations);
        self.css.push('}');
    }

    /// Returns the colour that a custom property has on a slide of these classes, if it is written as `#rrggbb`, and
    /// how many of the classes the rule names that says so.
    pub fn color(&self, name: &str, classes: &[String]) -> Option<(usize, &str)> {
        let said = self.holes.iter().filter_map(|hole| {
            let Filling::Property(property) = &hole.filling else { return None };
            if property.strip_prefix("--") != Some(name) {
                return None;
            }
            let value = self.css[hole.at..].strip_prefix(':')?;
            let (selectors, _) = self.css[..hole.at].rsplit_once('{')?;
            // What stands within another block holds under a condition.
            let from = selectors.rfind(['{', '}', ';']).map_or(0, |at| at + 1);
            if selectors[..from].ends_with('{') {
                return None;
            }
            let named = selectors[from..].split(',').filter_map(|one| named(one, classes)).max()?;
            Some((named, value.split([';', '}']).next().and_then(hex)?))
        });
        said.max_by_key(|(named, _)| *named)
    }

    /// Returns the ground and the colour of letters of the first rule that sets both.
    pub fn first_colors(&self) -> Option<(&str, &str)> {
        self.css.split('}').find_map(|rule| {
            let (_, rule) = rule.rsplit_once('{')?;
            let said = |names: [&str; 2]| {
                rule.split(';').find_map(|said| {
                    let (property, value) = said.split_once(':')?;
                    names.contains(&property.trim()).then(|| hex(value))?
                })
            };
            Some((said(["background-color", "background"])?, said(["color", "color"])?))
        })
    }

    /// Tells whether it brings fonts along.
    pub fn has_fonts(&self) -> bool {
        self.css.contains("@font-face")
    }

    pub fn is_empty(&self) -> bool {
        self.css.is_empty() && self.imports.is_empty()
    }

    /// Writes the sheet for a scope; `url` tells where the file of an address lies, seen from the
    /// style sheet.
    pub fn write(&self, out: &mut String, scope: &Scope, url: &dyn Fn(&str) -> Option<String>) {
        out.reserve(self.css.len() + self.holes.len() * (scope.select.len() + 4));
        let mut at = 0;
        for hole in &self.holes {
            out.push_str(&self.css[at..hole.at]);
            at = hole.at;
            let name = |out: &mut String, name: &str, suffix: Option<&String>| {
                push_ident(name, out);
                out.extend(suffix.into_iter().flat_map(|suffix| ["-", suffix]));
            };
            match &hole.filling {
                Filling::Scope => out.push_str(&scope.select),
                Filling::Keyframes(own) => name(out, own, scope.keyframes.get(own)),
                Filling::Property(own) => name(out, own, scope.properties.get(own)),
                Filling::Layer(own) => name(out, own, Some(&scope.suffix)),
                Filling::Url(written) => match url(written) {
                    Some(address) => out.extend(["url(\"", &address, "\")"]),
                    // What is not there: an address that leads nowhere.
                    None => out.push_str("url(about:invalid)"),
                },
                Filling::File(index) => {
                    let address = self.files[*index].address.trim_start_matches("assets/");
                    out.extend(["url(\"", address, "\")"]);
                }
            }
        }
        out.push_str(&self.css[at..]);
    }
}

/// Appends a name as an identifier of CSS.
pub(super) fn push_ident(name: &str, out: &mut String) {
    let written = cssparser::serialize_identifier(name, out);
    debug_assert!(written.is_ok(), "writing into a String cannot fail");
}

/// Returns how many classes a selector names that means whole slides of these classes.
fn named(selector: &str, classes: &[String]) -> Option<usize> {
    let own = selector.trim().strip_prefix(".slide")?;
    let mut named = own.split('.').skip(1);
    let fits = own.is_empty() || own.starts_with('.');
    (fits && named.all(|class| classes.iter().any(|known| known == class)))
        .then(|| own.matches('.').count())
}

/// Returns a colour that is written as `#rgb` or `#rrggbb`.
fn hex(value: &str) -> Option<&str> {
    let value = value.trim();
    let digits = value.strip_prefix('#')?;
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    (is_hex && matches!(digits.len(), 3 | 6)).then_some(value)
}
