//! Links and pictures: what an address is, and the sentence around it.

use std::fmt::Write;
use std::path::Path;

use comrak::Node;
use comrak::html::{ChildRendering, Context};
use comrak::nodes::{NodeLink, NodeValue, NodeWikiLink};
use percent_encoding::percent_decode_str;

use super::{Formatter, Rendered};
use crate::diagnostic::rules;
use crate::document::parse::{Dialect, plain_text};
use crate::document::picture::{self, Words};
use crate::document::{Filling, Form, Link, Picture, sentence};
use crate::span::Span;

/// A block's text, and where in it each of its links stands, by the links' identity.
pub(super) struct BlockText {
    text: String,
    links: Vec<(usize, usize, usize)>,
}

/// What an address in a Markdown link leads to.
enum Address {
    Outside,
    Unsafe,
    Inside { target: String, anchor: Option<String> },
}

impl Formatter<'_> {
    fn link(&mut self, node: Node<'_>, form: Form, target: String, anchor: Option<String>) {
        let index = u32::try_from(self.links.len()).unwrap_or(u32::MAX);
        let sentence = self.sentence(node);
        let span = self.text.span(node);
        let title = match &node.data().value {
            NodeValue::Link(link) => link.title.clone(),
            _ => String::new(),
        };
        let slide = self.slide;
        self.links.push(Link { form, target, anchor, title, span, slide, sentence });
        self.hole(Filling::Link(index));
    }

    fn sentence(&mut self, node: Node<'_>) -> [String; 3] {
        let identity = |node: Node<'_>| std::ptr::from_ref(node) as usize;
        let Some(block) = node.ancestors().find(|n| n.data().value.block()) else {
            return Default::default();
        };
        if self.sentences.as_ref().is_none_or(|(at, _)| *at != identity(block)) {
            self.sentences = Some((identity(block), block_text(block, identity)));
        }
        let Some((_, known)) = &self.sentences else { return Default::default() };
        let place = known.links.binary_search_by_key(&identity(node), |(at, ..)| *at);
        place.map_or_else(
            |_| Default::default(),
            |index| {
                let (_, start, end) = known.links[index];
                sentence::around(&known.text, start, end)
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
                picture.class = self.looks.class(".slide img", &look);
            }
            picture.alt = words.alt;
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
        let outside = ["http://", "https://"]
            .iter()
            .find_map(|scheme| url.strip_prefix(scheme).map(|rest| (scheme, rest)));
        let span = self.text.span(node);
        if let Some((scheme, rest)) = outside {
            let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
            let plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
            if !host.is_empty() && host.chars().all(plain) {
                self.origins.push(format!("{scheme}{host}"));
            }
            if self.dialect == Dialect::Deck {
                let message = format!("this picture comes from {host}");
                let help = "put the picture beside the deck: there may be no network on stage";
                self.tell(self.text.diagnostic(&rules::REMOTE_PICTURE, span, message, help));
            }
        }
        Picture {
            target: if outside.is_some() { url.to_owned() } else { decoded(url) },
            alt: alt.to_owned(),
            title: title.to_owned(),
            width: None,
            height: None,
            class: String::new(),
            span,
        }
    }

    /// Tells of filters that say nothing.
    pub(in crate::document::parse) fn tell_faults(&mut self, words: &Words, span: Span) {
        for word in &words.faults {
            let message = format!("`{word}` is left out: no filter understands it");
            let help = "write numbers, lengths or angles as CSS has them, such as `blur:4px`";
            self.tell(self.text.diagnostic(&rules::BAD_VALUE, span, message, help));
        }
    }
}

/// Tells what an address leads to, by its form alone.
fn address(url: &str) -> Address {
    let scheme = url.split_once(':').map(|(scheme, _)| scheme).filter(|scheme| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    });
    let (target, anchor) =
        url.split_once('#').map_or((url, None), |(target, anchor)| (target, Some(anchor)));
    match scheme.map(str::to_ascii_lowercase).as_deref() {
        Some("http" | "https" | "mailto" | "tel") => return Address::Outside,
        None if url.starts_with("//") => return Address::Outside,
        // A page may have a colon in its name.
        Some("javascript" | "vbscript" | "data" | "file" | "blob") => return Address::Unsafe,
        Some(_) if Path::new(target).extension().is_none_or(|e| e != "md") => {
            return Address::Unsafe;
        }
        _ => {}
    }
    Address::Inside { target: decoded(target), anchor: anchor.map(decoded) }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text)
        .decode_utf8()
        .map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
}

fn block_text(block: Node<'_>, identity: impl Fn(Node<'_>) -> usize) -> BlockText {
    use comrak::arena_tree::NodeEdge;
    let mut known = BlockText { text: String::new(), links: Vec::new() };
    let mut starts = Vec::new();
    for edge in block.traverse() {
        match edge {
            NodeEdge::Start(node) => match &node.data().value {
                NodeValue::Text(text) => known.text.push_str(text),
                NodeValue::Code(code) => known.text.push_str(&code.literal),
                NodeValue::ShortCode(code) => known.text.push_str(&code.emoji),
                NodeValue::SoftBreak | NodeValue::LineBreak => known.text.push(' '),
                NodeValue::Link(_) | NodeValue::WikiLink(_) => starts.push(known.text.len()),
                _ => {}
            },
            NodeEdge::End(node) => {
                if matches!(node.data().value, NodeValue::Link(_) | NodeValue::WikiLink(_)) {
                    let start = starts.pop().unwrap_or(0);
                    known.links.push((identity(node), start, known.text.len()));
                }
            }
        }
    }
    known.links.sort_unstable();
    known
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
            context.user.link(node, Form::Markdown, target, anchor);
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
    if wiki.embed {
        let text = context.user.text;
        let diagnostic = text.diagnostic(
            &rules::EMBED_LATER,
            text.span(node),
            "this embed is shown as a link".to_owned(),
            "write it as a link, without the exclamation mark",
        );
        context.user.tell(diagnostic);
    }
    if url.starts_with("https://") || url.starts_with("http://") {
        context.write_str("<a href=\"")?;
        context.escape_href(url)?;
        context.write_str("\">")?;
    } else {
        let form = if wiki.embed { Form::Embed } else { Form::Wiki };
        context.user.link(node, form, target.to_owned(), anchor.map(str::to_owned));
    }
    if plain_text(node).is_empty() && node.descendants().count() <= 2 {
        context.escape(url.trim())?;
    }
    Ok(ChildRendering::HTML)
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
    )
}
