//! Source -> Document: everything that one text says, knowing no other text.
//!
//! Parsing never fails: what is wrong becomes diagnostics. Links, pictures and words that depend
//! on other documents or on the reader's language stay holes in the HTML.

mod alphabets;
mod chart;
pub mod code;
mod csv;
mod diagram;
pub mod directives;
mod elements;
pub mod film;
pub mod front_matter;
pub mod html;
pub mod lettering;
mod looks;
mod math;
mod parse;
mod picture;
mod prose;
mod qr;
mod running;
mod sentence;
mod shown;
pub mod values;
mod video;
mod workshop;
pub mod yaml;

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::diagnostic::Diagnostic;
pub use crate::document::front_matter::Alias;
use crate::document::front_matter::Matter;
use crate::font::Letters;
use crate::source::SourcePath;
use crate::span::Span;
use crate::theme::{DataFile, Sheet};

pub use diagram::{Diagram, MARK, Refusal, is_drawn_elsewhere, on_slide};
pub use parse::{
    Assembly, Dialect, Piece, Texts, asked_values, assemble, parse, parse_assembly,
    render_markdown, spoken,
};
pub use running::running;
pub use sentence::Sentence;
pub use shown::Files;
pub use video::{Video, video};
pub use workshop::Workshop;

/// The kinds of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Deck,
    Page,
}

impl Kind {
    /// Returns the word that templates and addresses have for it.
    pub fn word(self) -> &'static str {
        if self == Kind::Deck { "deck" } else { "page" }
    }
}

/// What parsing needs to know besides the text.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'f> {
    /// Whether raw HTML is let through as it is.
    pub html: bool,
    /// Where formulas and diagrams are drawn, for all who read at the same time.
    pub workshop: &'f Workshop,
}

/// One Markdown file, understood.
#[derive(Clone, Debug)]
pub struct Document {
    pub path: SourcePath,
    pub kind: Kind,
    pub matter: Matter,
    /// The files that it includes or asks for.
    pub parts: Vec<SourcePath>,
    /// Where its text was written, if not all in its own file.
    pub pieces: Vec<Piece>,
    /// The title as the document itself tells it: front matter, else its first heading.
    pub title: Option<String>,
    /// A page's text; empty for a deck.
    pub body: Prose,
    /// A deck's slides; empty for a page.
    pub slides: Vec<Slide>,
    /// The number that the pages of a deck reach, shown or not.
    pub last_page: u32,
    /// The themes that a deck asks for, and where; the last that there is counts.
    pub themes: Vec<(String, Span)>,
    pub about: About,
    /// The size that a deck asks for, and where.
    pub size: Option<(String, Span)>,
    /// The styles that a deck brings along, in the order in which they are written.
    pub styles: Vec<Style>,
    /// The name of the scope of a deck's own styles, which all of its slides bear.
    pub scope: Option<String>,
    /// Rules for the looks that directives ask for, each a class of its own.
    pub looks: Sheet,
    /// Pictures that stand in the text itself, as `data:` addresses.
    pub files: Vec<DataFile>,
    /// The files that these looks show, and where they are asked for.
    pub look_urls: Vec<(String, Span)>,
    pub headings: Vec<Heading>,
    pub links: Vec<Link>,
    pub origins: Origins,
    /// Characters on slides that no font of the program has, each where it stands first.
    pub foreign: Vec<(char, Span)>,
    /// The characters of a deck's file, whatever they are for; none of a page.
    pub letters: Letters,
    pub diagnostics: Vec<Diagnostic>,
}

/// What a deck tells search engines and networks of itself, besides title and description.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    pub author: String,
    pub keywords: Vec<String>,
    /// The address that the deck is known by.
    pub url: String,
    /// An address, or a file of the site.
    pub image: String,
}

/// Other hosts that a document shows something of, for the page's Content-Security-Policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    pub pictures: BTreeSet<String>,
    /// Of films and sounds.
    pub players: BTreeSet<String>,
    /// Of players that are loaded when somebody asks for them.
    pub frames: BTreeSet<String>,
}

impl Origins {
    pub fn extend(&mut self, other: &Origins) {
        self.pictures.extend(other.pictures.iter().cloned());
        self.players.extend(other.players.iter().cloned());
        self.frames.extend(other.frames.iter().cloned());
    }
}

/// CSS that stands in a deck.
#[derive(Clone, Debug)]
pub struct Style {
    pub sheet: Sheet,
    /// The name of the scope of the slide that it is for; none where it is for the whole deck.
    pub scope: Option<String>,
    /// The themes that it imports, and where.
    pub imports: Vec<(String, Span)>,
    /// The files that it shows, and where.
    pub urls: Vec<(String, Span)>,
}

/// HTML with holes: what depends on other documents is filled when a page is composed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prose {
    pub html: String,
    /// In the order of their positions.
    pub holes: Vec<Hole>,
}

/// A place in the HTML of a prose, and what belongs there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// Byte offset in the HTML.
    pub at: u32,
    pub filling: Filling,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filling {
    /// The opening tag of the link with this index in the document's links.
    Link(u32),
    /// What the embed with this index in the document's links shows, at a step of its slide or at once.
    Embed { link: u32, step: u32 },
    /// A picture.
    Picture(Box<Picture>),
    /// ` id="..."` of the heading with this index in the document's headings; left out where the
    /// prose is embedded elsewhere.
    Id(u32),
    /// The permanent link at the end of the heading with this index.
    Anchor(u32),
    /// ` src="..."` and the like of a raw element: the addresses as written, and where.
    Files(Box<(Files, Span)>),
    /// A word of the interface in the reader's language.
    Word(&'static str),
    /// The colours of a code, which stands behind the hole as it is without.
    Code(Box<code::Block>),
    /// A diagram; its text stands behind the hole, for when it cannot be drawn.
    Diagram(Box<Diagram>),
}

impl Filling {
    pub fn picture(&self) -> Option<&Picture> {
        match self {
            Filling::Picture(picture) => Some(picture),
            _ => None,
        }
    }
}

impl Hole {
    /// Returns where the HTML goes on behind what the filling replaces.
    fn end(&self) -> usize {
        let length = match &self.filling {
            Filling::Code(block) => block.length as usize,
            Filling::Diagram(diagram) => diagram.html.len(),
            _ => 0,
        };
        self.at as usize + length
    }
}

/// A picture as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The address as written, percent-decoded.
    pub target: String,
    pub alt: String,
    pub title: String,
    pub width: Option<u32>,
    pub height: Option<u32>,
    /// The class of its look in the generated style sheet, if it has one.
    pub class: String,
    pub stand: Stand,
    /// Whether its author said that there is nothing to tell of it.
    pub decorative: bool,
    pub span: Span,
}

/// Where a picture stands, so far as it counts for its size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stand {
    #[default]
    Text,
    /// Behind a slide, which it covers.
    Ground,
    /// Behind a slide, in its own size.
    PlainGround,
}

impl Slide {
    /// Iterates over all that is written on the slide.
    pub fn proses(&self) -> impl Iterator<Item = &Prose> {
        [&self.grounds, &self.header, &self.prose, &self.footer].into_iter()
    }
}

/// One screen of a deck.
#[derive(Clone, Debug, Default)]
pub struct Slide {
    /// `<!-- id: -->`, else the anchor of its first heading, else the digest of its text.
    pub key: String,
    pub title: String,
    /// The pictures behind everything.
    pub grounds: Prose,
    pub prose: Prose,
    pub header: Prose,
    pub footer: Prose,
    pub classes: Vec<String>,
    /// Marpit's `data-*` attributes, names without `data-`.
    pub attributes: Vec<(String, String)>,
    pub lang: Option<String>,
    /// The page number shown, and whether it is shown.
    pub page: Option<u32>,
    /// How many key presses reveal everything.
    pub steps: u32,
    pub time_seconds: Option<u32>,
    pub notes: Vec<Note>,
    pub span: Span,
    /// Where its class and its transition are set.
    pub class_span: Span,
    pub transition_span: Span,
}

/// What the speaker sees beside a slide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The note as HTML, without holes.
    pub html: String,
    /// The same as nested lists `[tag, attributes, child...]`, built without parsing HTML.
    pub tree: Vec<Json>,
    pub text: String,
}

/// A heading, in the order of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    pub level: u8,
    pub id: String,
    pub text: String,
    /// The slide it stands on, from 1.
    pub slide: Option<u32>,
    /// Whether it stands in no other block.
    pub top: bool,
    /// Whether an earlier heading has the anchor that this one would have.
    pub repeated: bool,
    pub span: Span,
}

/// A link as written, wherever it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub form: Form,
    /// The name or path as written, without the anchor; empty for this very document.
    pub target: Box<str>,
    /// What stands behind `#`, if anything does.
    pub anchor: Option<Box<str>>,
    /// What `[text](path "title")` says beside.
    pub title: Box<str>,
    /// What a raw `<a>` bears besides: its classes, and other attributes as they are written on the page.
    pub raw: Option<Box<(String, String)>>,
    pub span: Span,
    /// The slide it stands on, from 1.
    pub slide: Option<u32>,
    pub sentence: Sentence,
}

/// How a link was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `[[Name]]`
    Wiki,
    /// `![[Name]]`
    Embed,
    /// `[text](path)`
    Markdown,
}

/// Returns the tag of `Category:X`.
pub fn category(target: &str) -> Option<&str> {
    let (space, name) = target.split_once(':')?;
    let is_category = space.eq_ignore_ascii_case("category") || space == "カテゴリ";
    is_category.then(|| name.trim()).filter(|name| !name.is_empty())
}

/// Returns the file of `File:X`, as MediaWiki writes it, with or without the colon that makes a link of it.
pub fn named_file(target: &str) -> Option<&str> {
    const SPACES: [&str; 6] = ["file", "image", "media", "ファイル", "画像", "メディア"];
    let (space, name) = target.strip_prefix(':').unwrap_or(target).split_once(':')?;
    let space = space.trim().to_lowercase();
    SPACES.contains(&&*space).then(|| name.trim()).filter(|name| !name.is_empty())
}

impl Document {
    /// Returns the path without `.md`: what names are made from.
    pub fn stem(&self) -> &str {
        self.path.as_str().trim_end_matches(".md")
    }

    /// Tells whether the document has a style sheet of its own.
    pub fn has_looks(&self) -> bool {
        !self.styles.is_empty() || !self.looks.is_empty() || self.moves()
    }

    /// Tells whether one slide gives way to another in a way that it names.
    pub fn moves(&self) -> bool {
        self.slides.iter().any(|slide| slide.transition().is_some())
    }

    /// Iterates over the files that stand in the document itself.
    pub fn data_files(&self) -> impl Iterator<Item = &DataFile> {
        let sheets = self.styles.iter().map(|style| &style.sheet);
        sheets.chain([&self.looks]).flat_map(|sheet| &sheet.files).chain(&self.files)
    }

    /// Iterates over all that is filled in on the page, or on the slides.
    pub fn fillings(&self) -> impl Iterator<Item = &Filling> {
        let proses = std::iter::once(&self.body).chain(self.slides.iter().flat_map(Slide::proses));
        proses.flat_map(|prose| &prose.holes).map(|hole| &hole.filling)
    }

    /// Iterates over the pictures that it shows.
    pub fn pictures(&self) -> impl Iterator<Item = &Picture> {
        self.fillings().filter_map(Filling::picture)
    }

    /// Iterates over its diagrams.
    pub fn diagrams(&self) -> impl Iterator<Item = &Diagram> {
        self.fillings().filter_map(|filling| match filling {
            Filling::Diagram(diagram) => Some(&**diagram),
            _ => None,
        })
    }

    /// Tells whether an address is one of a picture that stands in the text.
    pub fn brings(&self, address: &str) -> bool {
        self.files.iter().any(|file| file.address == address)
    }

    /// Returns where a stretch of the document was written: in its own file, or in one that it includes.
    pub fn written_at(&self, span: Span) -> (SourcePath, Span) {
        parse::written(&self.pieces, span).unwrap_or_else(|| (self.path.clone(), span))
    }

    /// Returns the first place of a file in a stretch of the document, if any of it was written there.
    pub fn first_of(&self, file: &SourcePath, stretch: Span) -> Option<u32> {
        if self.pieces.is_empty() {
            return (*file == self.path).then_some(stretch.start);
        }
        parse::first_of(&self.pieces, file, stretch)
    }

    /// Lets a diagnostic name the file that its place was written in.
    pub fn trace(&self, diagnostic: &mut Diagnostic) {
        if diagnostic.path == self.path
            && let Some((path, span)) = parse::written(&self.pieces, diagnostic.span)
        {
            (diagnostic.path, diagnostic.span) = (path, span);
        }
    }
}

impl Slide {
    /// Returns the name of the transition to this slide, or from it.
    pub fn transition(&self) -> Option<&str> {
        let asked = self.attributes.iter().find(|(name, _)| name == "transition")?;
        asked.1.split_whitespace().next().filter(|name| *name != "none")
    }
}
