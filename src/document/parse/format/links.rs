//! Links and pictures: what an address is, and the sentence around it.

use std::borrow::Cow;
use std::fmt::Write;
use std::path::Path;

use comrak::Node;
use comrak::html::{ChildRendering, Context};
use comrak::nodes::{NodeLink, NodeValue, NodeWikiLink};
use percent_encoding::percent_decode_str;

use super::{Formatter, Rendered};
use crate::diagnostic::rules;
use crate::document::film;
use crate::document::html::{RawLink, RawPicture, Reference, schemed};
use crate::document::parse::{Dialect, plain_text};
use crate::document::picture::{self, Words};
use crate::document::{Files, Filling, Form, Link, Picture, Sentence, Stand, video};
use crate::span::Span;
use crate::theme;

/// A block's text, and where in it each of its links stands, by the links' identity.
#[derive(Default)]
pub(super) struct BlockText {
    /// The identity of the block; 0 is none's.
    block: usize,
    text: String,
    links: Vec<(usize, usize, usize)>,
    /// The links that are open while the block is read.
    starts: Vec<usize>,
}

/// What an address in a Markdown link leads to: target and anchor as they are written.
enum Address<'a> {
    Outside,
    Unsafe,
    Inside { target: &'a str, anchor: Option<&'a str> },
}

impl Formatter<'_> {
    /// Keeps a link; returns its index.
    fn keep(&mut self, node: Node<'_>, form: Form, target: &str, anchor: Option<&str>) -> u32 {
        let index = u32::try_from(self.links.len()).unwrap_or(u32::MAX);
        let sentence = self.sentence(node);
        let span = self.text.span(node);
        let title = match &node.data().value {
            NodeValue::Link(link) => Box::from(link.title.as_str()),
            _ => Box::default(),
        };
        let (target, anchor) = (Box::from(target), anchor.map(Box::from));
        let slide = self.slide;
        self.links.push(Link { form, target, anchor, title, raw: None, span, slide, sentence });
        index
    }

    fn link(&mut self, node: Node<'_>, form: Form, target: &str, anchor: Option<&str>) {
        let index = self.keep(node, form, target, anchor);
        self.hole(Filling::Link(index));
    }

    fn sentence(&mut self, node: Node<'_>) -> Sentence {
        let Some(block) = node.ancestors().find(|n| n.data().value.block()) else {
            return Sentence::default();
        };
        if self.block.block != identity(block) {
            self.block.read(block);
        }
        let known = &self.block;
        let place = known.links.binary_search_by_key(&identity(node), |(at, ..)| *at);
        place.map_or_else(
            |_| Sentence::default(),
            |index| {
                let (_, start, end) = known.links[index];
                Sentence::around(&known.text, start..end)
            },
        )
    }

    fn refuse(&mut self, url: &str, node: Node<'_>) {
        let diagnostic = self.text.diagnostic(
            &rules::UNSAFE_LINK,
            self.text.span(node),
            format!("`{url}` is not an address that links may have"),
            "link to https://… or to a file of the site",
        );
        self.diagnostics.push(diagnostic);
    }

    pub(super) fn picture(&mut self, node: Node<'_>, url: &str, title: &str, alt: &str) {
        let mut picture = self.read_picture(node, (url, title), alt);
        if self.dialect == Dialect::Deck {
            let words = picture::read(alt);
            self.tell_faults(&words, picture.span);
            picture.width = words.width_pixels();
            picture.height = words.height_pixels();
            let look = words.look();
            if !look.is_empty() {
                let is_film = film::play(&picture.target).is_some();
                let element = if is_film { ".slide :is(video, audio)" } else { ".slide img" };
                picture.class = self.looks.class(element, &look);
            }
            picture.alt = words.alt;
        }
        self.hole(Filling::Picture(Box::new(picture)));
    }

    /// Puts what a raw element leads to.
    pub(super) fn reference(&mut self, node: Node<'_>, reference: Reference) {
        match reference {
            Reference::Link(raw) => self.raw_link(node, *raw),
            Reference::Picture(raw) => self.raw_picture(node, &raw),
            Reference::Files(files) => self.files_shown(node, files),
        }
    }

    /// Puts an attribute of a raw element that is otherwise left as it is written.
    pub(super) fn files_shown(&mut self, node: Node<'_>, files: Files) {
        let what = if files.play { "this film or sound" } else { "this picture" };
        for (address, _) in &files.files {
            let origin = self.elsewhere(node, address, what);
            let origins =
                if files.play { &mut self.origins.players } else { &mut self.origins.pictures };
            origins.extend(origin);
        }
        let span = self.text.span(node);
        self.hole(Filling::Files(Box::new((files, span))));
    }

    fn raw_link(&mut self, node: Node<'_>, raw: RawLink) {
        // By its form it is a file of the site, or has not come here.
        let (target, anchor) = match address(&raw.href) {
            Address::Inside { target, anchor } => (target, anchor),
            Address::Outside | Address::Unsafe => ("", None),
        };
        let (target, anchor) = (decoded(target), anchor.map(decoded));
        self.link(node, Form::Markdown, &target, anchor.as_deref());
        if let Some(link) = self.links.last_mut() {
            // A tag has no text of its own: its sentence is what it leads to.
            link.sentence = Sentence::around(&raw.href, 0..raw.href.len());
            link.title = raw.title.into();
            let plain = raw.class.is_empty() && raw.rest.is_empty();
            link.raw = (!plain).then(|| Box::new((raw.class, raw.rest)));
        }
    }

    fn raw_picture(&mut self, node: Node<'_>, raw: &RawPicture) {
        let mut picture = self.read_picture(node, (&raw.src, &raw.title), &raw.alt);
        let pixels = |side: &str| side.trim().trim_end_matches("px").parse::<u32>().ok();
        (picture.width, picture.height) = (pixels(&raw.width), pixels(&raw.height));
        picture.class.clone_from(&raw.class);
        picture.decorative = raw.decorative;
        if self.dialect == Dialect::Deck {
            let length = |side: &str| {
                let share =
                    side.trim().strip_suffix('%').and_then(|share| share.parse::<u32>().ok());
                let share = share.map(|share| format!("{share}%"));
                share.or_else(|| pixels(side).map(|pixels| format!("{pixels}px")))
            };
            let (width, height) = (length(&raw.width), length(&raw.height));
            let mut look = picture::sized(width.as_deref(), height.as_deref());
            look.push_str(match raw.align.to_ascii_lowercase().as_str() {
                "left" => "float:left;",
                "right" => "float:right;",
                "top" => "vertical-align:top;",
                "middle" | "center" => "vertical-align:middle;",
                _ => "",
            });
            if !look.is_empty() {
                let look = self.looks.class(".slide img", &look);
                let class = [picture.class.trim(), &look].join(" ");
                class.trim().clone_into(&mut picture.class);
            }
        }
        self.hole(Filling::Picture(Box::new(picture)));
    }

    /// Returns a picture as it is written; keeps the origin of one from outside.
    pub(in crate::document::parse) fn read_picture(
        &mut self,
        node: Node<'_>,
        (url, title): (&str, &str),
        alt: &str,
    ) -> Picture {
        let span = self.text.span(node);
        let url = &*schemed(url);
        if let Some(video) = video(url) {
            // Nothing is asked of it before somebody presses its card.
            self.origins.frames.extend(video.frame.map(|_| video.origin.to_owned()));
        } else if film::play(url).is_some() {
            let origin = self.elsewhere(node, url, "this film or sound");
            self.origins.players.extend(origin);
        } else if let Some(origin) = self.elsewhere(node, url, "this picture") {
            self.origins.pictures.insert(origin);
        }
        let is_picture =
            |url: &&str| url.get(5..11).is_some_and(|kind| kind.eq_ignore_ascii_case("image/"));
        let file = Some(url).filter(is_picture).and_then(theme::read_data_url);
        let target = match &file {
            Some(file) => file.address.clone(),
            None if outside(url).is_some() => url.to_owned(),
            None => decoded(url).into_owned(),
        };
        self.files.extend(file);
        Picture {
            target,
            alt: alt.to_owned(),
            title: title.to_owned(),
            width: None,
            height: None,
            class: String::new(),
            stand: Stand::Text,
            decorative: false,
            span,
        }
    }

    /// Returns the origin of a file on another host; on a stage there may be no way to it.
    fn elsewhere(&mut self, node: Node<'_>, url: &str, what: &str) -> Option<String> {
        let (scheme, rest) = outside(url)?;
        let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        let message = format!("{what} comes from {host}");
        let help = if self.dialect == Dialect::Deck {
            "put the file beside the deck: there may be no network on stage"
        } else {
            "put the file beside the page: it may be gone tomorrow, and that host learns who reads the page"
        };
        let span = self.text.span(node);
        self.tell(self.text.diagnostic(&rules::REMOTE_PICTURE, span, message, help));
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
        (!host.is_empty() && host.chars().all(plain)).then(|| format!("{scheme}{host}"))
    }

    /// Tells of filters that say nothing.
    pub(in crate::document::parse) fn tell_faults(&mut self, words: &Words, span: Span) {
        if let Some(word) = &words.all {
            let message = format!("`{word}` leaves no room for the text");
            let help = "write less than 100 %; half of the slide is taken until then";
            self.tell(self.text.diagnostic(&rules::BAD_VALUE, span, message, help));
        }
        for word in &words.shares {
            let message =
                format!("`{word}` is no share of the slide: the background lies behind all of it");
            let help = format!("write a percentage, `{word}%`");
            self.tell(self.text.diagnostic(&rules::BAD_VALUE, span, message, &help));
        }
        for word in &words.faults {
            let message = format!("no filter understands `{word}`, so this picture has none");
            let help = "write numbers, lengths or angles as CSS has them, such as `blur:4px`";
            self.tell(self.text.diagnostic(&rules::BAD_VALUE, span, message, help));
        }
    }
}

/// Splits the address of a file on another host behind its scheme.
fn outside(url: &str) -> Option<(&'static str, &str)> {
    ["http://", "https://"].into_iter().find_map(|scheme| {
        let (start, rest) = url.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some((scheme, rest))
    })
}

/// Tells what an address leads to, by its form alone.
fn address(url: &str) -> Address<'_> {
    let scheme = url.split_once(':').map(|(scheme, _)| scheme).filter(|scheme| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    });
    let (target, anchor) =
        url.split_once('#').map_or((url, None), |(target, anchor)| (target, Some(anchor)));
    let is_one_of = |scheme: &str, of: &[&str]| of.iter().any(|s| s.eq_ignore_ascii_case(scheme));
    match scheme {
        Some(scheme) if is_one_of(scheme, &["http", "https", "mailto", "tel"]) => {
            return Address::Outside;
        }
        None if url.starts_with("//") => return Address::Outside,
        // A page may have a colon in its name.
        Some(scheme) if is_one_of(scheme, &["javascript", "vbscript", "data", "file", "blob"]) => {
            return Address::Unsafe;
        }
        Some(_) if Path::new(target).extension().is_none_or(|e| e != "md") => {
            return Address::Unsafe;
        }
        _ => {}
    }
    Address::Inside { target, anchor }
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8().unwrap_or(Cow::Borrowed(text))
}

fn identity(node: Node<'_>) -> usize {
    std::ptr::from_ref(node) as usize
}

impl BlockText {
    fn read(&mut self, block: Node<'_>) {
        use comrak::arena_tree::NodeEdge;
        self.block = identity(block);
        self.text.clear();
        self.links.clear();
        for edge in block.traverse() {
            match edge {
                NodeEdge::Start(node) => match &node.data().value {
                    NodeValue::Text(text) => self.text.push_str(text),
                    NodeValue::Code(code) => self.text.push_str(&code.literal),
                    NodeValue::ShortCode(code) => self.text.push_str(&code.emoji),
                    NodeValue::SoftBreak | NodeValue::LineBreak => self.text.push(' '),
                    NodeValue::Link(_) | NodeValue::WikiLink(_) => {
                        self.starts.push(self.text.len());
                    }
                    _ => {}
                },
                NodeEdge::End(node) => {
                    if matches!(node.data().value, NodeValue::Link(_) | NodeValue::WikiLink(_)) {
                        let start = self.starts.pop().unwrap_or(0);
                        self.links.push((identity(node), start, self.text.len()));
                    }
                }
            }
        }
        self.links.sort_unstable();
    }
}

pub(super) fn format_link(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    link: &NodeLink,
    entering: bool,
) -> Rendered {
    let address = address(&link.url);
    if !entering {
        let refused = matches!(address, Address::Unsafe);
        context.write_str(if refused { "</span>" } else { "</a>" })?;
        return Ok(ChildRendering::HTML);
    }
    match address {
        Address::Outside => {
            context.write_str("<a href=\"")?;
            context.escape_href(&link.url)?;
            if !link.title.is_empty() {
                context.write_str("\" title=\"")?;
                context.escape(&link.title)?;
            }
            context.write_str("\">")?;
        }
        Address::Unsafe => {
            context.user.refuse(&link.url, node);
            context.write_str("<span>")?;
        }
        Address::Inside { target, anchor } => {
            let (target, anchor) = (decoded(target), anchor.map(decoded));
            context.user.link(node, Form::Markdown, &target, anchor.as_deref());
        }
    }
    Ok(ChildRendering::HTML)
}

pub(super) fn format_wiki_link(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    wiki: &NodeWikiLink,
    entering: bool,
) -> Rendered {
    let url = wiki.url.as_str();
    if wiki.embed && is_picture(url) {
        if entering {
            embedded_picture(context.user, node, url);
        }
        return Ok(ChildRendering::Skip);
    }
    let (target, anchor) =
        url.split_once('#').map_or((url, None), |(target, anchor)| (target, Some(anchor)));
    let (target, anchor) = (target.trim(), anchor.map(str::trim));
    if target.is_empty() && anchor.is_none_or(str::is_empty) {
        // Brackets around no name are brackets.
        context.write_str(if entering { "[[" } else { "]]" })?;
        return Ok(ChildRendering::HTML);
    }
    if !entering {
        context.write_str("</a>")?;
        return Ok(ChildRendering::HTML);
    }
    if url.starts_with("https://") || url.starts_with("http://") {
        context.write_str("<a href=\"")?;
        context.escape_href(url)?;
        context.write_str("\">")?;
    } else {
        let form = if wiki.embed { Form::Embed } else { Form::Wiki };
        context.user.link(node, form, target, anchor);
    }
    if node.descendants().nth(2).is_none() && plain_text(node).is_empty() {
        context.escape(url.trim())?;
    }
    Ok(ChildRendering::HTML)
}

/// Returns the embed that is all there is in a paragraph, unless it is of a picture or leads outside.
pub(super) fn lone_embed(paragraph: Node<'_>) -> Option<Node<'_>> {
    let only = paragraph.first_child().filter(|child| child.next_sibling().is_none())?;
    let shown = match &only.data().value {
        NodeValue::WikiLink(link) => {
            let url = link.url.trim();
            let named = !url.trim_matches('#').trim().is_empty();
            link.embed && named && !is_picture(url) && !url.contains("://")
        }
        _ => false,
    };
    shown.then_some(only)
}

/// Leaves a hole for what an embed shows.
pub(super) fn format_embed(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
) -> Rendered {
    let url = match &node.data().value {
        NodeValue::WikiLink(link) => link.url.clone(),
        _ => String::new(),
    };
    let (target, anchor) =
        url.split_once('#').map_or((url.as_str(), None), |(target, anchor)| (target, Some(anchor)));
    context.cr()?;
    let formatter = &mut *context.user;
    let link = formatter.keep(node, Form::Embed, target.trim(), anchor.map(str::trim));
    let step = formatter.awaited.take();
    formatter.hole(Filling::Embed { link, step });
    context.write_str("\n")?;
    Ok(ChildRendering::Skip)
}

/// Puts a picture: behind the bar stands its width, its width and height, or what it shows.
fn embedded_picture(formatter: &mut Formatter<'_>, node: Node<'_>, url: &str) {
    let label = plain_text(node);
    let (width, height) = label.split_once('x').map_or((label.as_str(), ""), |(w, h)| (w, h));
    let (width, height): (Option<u32>, Option<u32>) = (width.parse().ok(), height.parse().ok());
    let pixels = |side: Option<u32>| side.map(|side| format!("{side}px"));
    let look = picture::sized(pixels(width).as_deref(), pixels(height).as_deref());
    let class = if formatter.dialect == Dialect::Deck && !look.is_empty() {
        formatter.looks.class(".slide img", &look)
    } else {
        String::new()
    };
    let picture = Picture {
        target: url.trim().to_owned(),
        alt: if label == url.trim() || width.is_some() { String::new() } else { label },
        title: String::new(),
        width,
        height,
        class,
        stand: Stand::Text,
        decorative: false,
        span: formatter.text.span(node),
    };
    formatter.hole(Filling::Picture(Box::new(picture)));
}

/// Tells whether a path ends as pictures do.
fn is_picture(path: &str) -> bool {
    let extension = path.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
    matches!(
        extension.as_str(),
        "png" | "jpg" | "jpeg" | "gif" | "webp" | "svg" | "avif" | "apng" | "bmp"
    ) || film::play(path).is_some()
}
