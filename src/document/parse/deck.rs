//! The tree of a deck -> slides: where they begin, what is in force on each, what the speaker sees.

use std::collections::{BTreeMap, BTreeSet};

use comrak::nodes::NodeValue;
use comrak::options::Options;
use comrak::{Arena, Node, parse_document};

use super::format::Formatter;
use super::margin::{self, Margin};
use super::styles::{self, Taken, Written};
use super::{
    Dialect, Text, grounds, include, notes, options, plain_text, prepare, qr, ruby, surprises,
};
use crate::diagnostic::{Diagnostic, rules};
use crate::digest::Digest;
use crate::document::directives::{self, Comment, Global, Local, Running};
use crate::document::front_matter::duration_seconds;
use crate::document::html::is_file;
use crate::document::yaml::Node as Yaml;
use crate::document::{Document, Prose, Slide, Style, values};
use crate::span::Span;

/// The nodes of one slide, and the comments among them.
#[derive(Default)]
pub(super) struct Part<'a> {
    pub nodes: Vec<Node<'a>>,
    directives: Vec<(String, Yaml)>,
    notes: Vec<String>,
    styles: Vec<Written>,
    /// The rule or heading that began it.
    pub start: Option<Node<'a>>,
}

/// Reads the slides of a deck into the document.
pub(super) fn read(text: &Text<'_>, document: &mut Document) {
    let options = options(Dialect::Deck, text.body);
    let arena = Arena::new();
    let root = parse_document(&arena, text.body, &options);
    let mut formatter = Formatter::new(text, Dialect::Deck);
    for node in qr::set(&arena, root, text.body) {
        document.diagnostics.push(qr::diagnostic(text, node));
    }
    for uneven in ruby::set(&arena, root, text.body) {
        formatter.tell(ruby::diagnostic(text, &uneven));
    }
    prepare::tidy(&arena, root, Dialect::Deck);
    let (global, style) = global(text, root, document);
    let mut deck_styles: Vec<Written> = style.into_iter().collect();
    let mut parts = split(root, &global.dividers);
    surprises::tell(text, (root, &parts), &global, &mut formatter);
    let styled = styles::any(text.body);
    for part in &mut parts {
        if styled {
            deck_styles.extend(take_styles(text, part, &mut formatter));
        }
        comments(text, part, &mut formatter);
    }
    styles::deck(text, &deck_styles, &mut formatter, document);
    let matter = std::mem::take(&mut document.matter.directives);
    // The front matter itself tells of these.
    let told = |key: &str| matches!(key, "title" | "description" | "author" | "lang");
    for (key, node) in matter.iter().filter(|(key, _)| !told(key)) {
        let span = Span::new(node.range.start, node.range.end);
        value(text, (key, node), span, &mut formatter);
    }
    parts[0].directives.splice(0..0, matter);
    let mut writer = Writer {
        text,
        options: &options,
        global: &global,
        page: 0,
        refused: BTreeSet::new(),
        definitions: margin::definitions(text.body),
        styles: std::mem::take(&mut document.styles),
    };
    let mut running = Running::default();
    let locals: Vec<Local> = parts.iter().map(|part| running.slide(&part.directives)).collect();
    let shown = |local: &Local| local.get("hide") != Some("true");
    formatter.expect_slides(locals.iter().filter(|local| shown(local)).count().max(1));
    for (mut part, local) in parts.into_iter().zip(locals).filter(|(_, local)| shown(local)) {
        let number = u32::try_from(document.slides.len() + 1).unwrap_or(u32::MAX);
        let slide = writer.slide(&mut formatter, (&mut part, &local), number);
        document.slides.push(slide);
    }
    if document.slides.is_empty() {
        // A deck of hidden slides alone is one without a word, for a deck has a slide.
        let number = (&mut Part::default(), &Local::default());
        document.slides.push(writer.slide(&mut formatter, number, 1));
    }
    document.styles = writer.styles;
    document.last_page = writer.page;
    formatter.finish(document);
    distinct_keys(&mut document.slides);
    if document.title.is_none() {
        let level = document.headings.iter().map(|heading| heading.level).min();
        document.title = document
            .headings
            .iter()
            .find(|heading| Some(heading.level) == level)
            .map(|heading| heading.text.clone());
    }
}

/// Takes the styles out of a slide; returns those for the whole deck.
fn take_styles(
    text: &Text<'_>,
    part: &mut Part<'_>,
    formatter: &mut Formatter<'_>,
) -> Vec<Written> {
    let mut taken = Taken::default();
    styles::take(text, &part.nodes, &mut taken);
    for (rest, span) in taken.behind {
        formatter.tell(left_behind(text, (&rest, span), "style"));
    }
    part.styles = taken.slide;
    taken.deck
}

/// Returns the inside of a comment node.
pub(super) fn comment_of(node: Node<'_>) -> Option<String> {
    let data = node.data();
    let literal = match &data.value {
        NodeValue::HtmlBlock(block) => block.literal.trim(),
        NodeValue::HtmlInline(literal) => literal.trim(),
        _ => return None,
    };
    let inside = literal.strip_prefix("<!--")?;
    let inside = &inside[..inside.find("-->")?];
    Some(inside.trim_matches('-').to_owned())
}

fn comment_nodes(root: Node<'_>) -> Vec<Node<'_>> {
    root.descendants().filter(|node| comment_of(node).is_some()).collect()
}

/// Reads what holds for the whole deck; beside it the style sheet that a directive brings.
fn global(text: &Text<'_>, root: Node<'_>, document: &mut Document) -> (Global, Option<Written>) {
    let mut global = Global::default();
    let (mut themes, mut size, mut style) = (Vec::new(), None, None);
    let mut image = None;
    let mut apply = |name: &str, node: &Yaml, span: Span| {
        global.apply(name, node);
        let said = node.as_text().unwrap_or_default();
        match name {
            "theme" => themes.push((said.trim().to_owned(), span)),
            "size" => size = Some(span),
            "image" => image = Some(span),
            "style" => style = Some(Written { css: said.to_owned(), from: span.start as usize }),
            _ => {}
        }
    };
    for (name, node) in &document.matter.directives {
        apply(name, node, Span::new(node.range.start, node.range.end));
    }
    for node in comment_nodes(root) {
        let Some(Comment::Directives(found)) =
            comment_of(node).map(|inside| directives::classify(&inside))
        else {
            continue;
        };
        for (name, value) in &found {
            apply(name, value, text.span(node));
        }
    }
    themes.retain(|(theme, _)| !theme.is_empty());
    document.themes = themes;
    document.size = global.size.clone().zip(size);
    document.title = global.title.take();
    about(&mut global, image, document);
    (global, style)
}

/// Hands over what the deck says of itself.
fn about(global: &mut Global, image: Option<Span>, document: &mut Document) {
    if let Some(lang) = &global.lang {
        document.matter.lang = Some(lang.clone());
    }
    if let Some(description) = global.description.take() {
        document.matter.summary = description;
    }
    document.about = std::mem::take(&mut global.about);
    if document.matter.speaker.is_empty() {
        document.matter.speaker.clone_from(&document.about.author);
    }
    let image = image.filter(|_| is_file(&document.about.image));
    document.look_urls.extend(image.map(|span| (document.about.image.clone(), span)));
}

/// Splits at rules of the top level, and before headings of the dividing levels.
fn split<'a>(root: Node<'a>, dividers: &[u8]) -> Vec<Part<'a>> {
    let mut parts = vec![Part::default()];
    let mut seen = false;
    for node in root.children() {
        let (rule, divides) = match &node.data().value {
            NodeValue::ThematicBreak => (true, false),
            NodeValue::Heading(heading) => (false, dividers.contains(&heading.level)),
            _ => (false, false),
        };
        if rule || (divides && seen) {
            parts.push(Part { start: Some(node), ..Part::default() });
        }
        seen |= rule || !is_hidden(node);
        if !rule && let Some(part) = parts.last_mut() {
            part.nodes.push(node);
        }
    }
    parts
}

/// Tells whether a block leaves nothing on the slide: a comment or a style.
fn is_hidden(node: Node<'_>) -> bool {
    comment_of(node).is_some() || styles::opens_block(node)
}

/// Takes directives and notes out of a slide's comments; the comments leave the tree.
fn comments(text: &Text<'_>, part: &mut Part<'_>, formatter: &mut Formatter<'_>) {
    let found: Vec<Node<'_>> = part.nodes.iter().flat_map(|node| comment_nodes(node)).collect();
    for comment in found {
        let Some(inside) = comment_of(comment) else { continue };
        match directives::classify(&inside) {
            Comment::Directives(directives) => {
                for (key, mut node) in directives {
                    let span = key_span(text, comment, &key);
                    value(text, (&key, &node), span, formatter);
                    // From here on its place is one of the document.
                    node.range = span.start as usize..span.end as usize;
                    part.directives.push((key, node));
                }
            }
            Comment::Note(note) => {
                if let Some(target) = include::target(&note) {
                    let message = format!("`{target}` is not included: the comment is not alone");
                    formatter.tell(text.diagnostic(
                        &rules::MISSING_INCLUDE,
                        text.span(comment),
                        message,
                        "write the comment on a line of its own, all in one line",
                    ));
                    continue;
                }
                if note == "fit" && is_in_heading(comment) {
                    continue;
                }
                if let Some((message, help)) = directives::misread(&note) {
                    let (rule, span) = (&rules::NOTE_LIKE_DIRECTIVE, text.span(comment));
                    formatter.tell(text.diagnostic(rule, span, message, &help));
                }
                part.notes.push(note);
            }
            Comment::Nothing => {}
        }
        if let Some(rest) = behind(comment) {
            let told = (rest.as_str(), text.span(comment));
            formatter.tell(left_behind(text, told, "comment"));
        }
    }
}

fn is_in_heading(node: Node<'_>) -> bool {
    node.ancestors().any(|node| matches!(node.data().value, NodeValue::Heading(_)))
}

/// Tells of a directive whose value means nothing.
fn value(text: &Text<'_>, (key, node): (&str, &Yaml), span: Span, formatter: &mut Formatter<'_>) {
    if let Some((message, help)) = values::fault(key, node) {
        formatter.tell(text.diagnostic(&rules::BAD_VALUE, span, message, &help));
    }
}

/// Returns where in a comment a key stands.
fn key_span(text: &Text<'_>, comment: Node<'_>, key: &str) -> Span {
    let span = text.span(comment);
    let at = match &comment.data().value {
        NodeValue::HtmlBlock(block) => block.literal.trim_start().find(key),
        NodeValue::HtmlInline(literal) => literal.find(key),
        _ => None,
    };
    at.map_or(span, |at| {
        let start = span.start as usize + at;
        Span::new(start, start + key.len())
    })
}

/// Says that Marp leaves out what stands behind a comment or a style on its line.
fn left_behind(text: &Text<'_>, (rest, span): (&str, Span), what: &str) -> Diagnostic {
    let first = rest.lines().next().unwrap_or(rest);
    let message = format!("`{first}` stands behind a {what} on its line");
    text.diagnostic(&rules::TEXT_AFTER_COMMENT, span, message, "put it on a line of its own")
}

/// Returns the text behind a block comment on its last line.
fn behind(node: Node<'_>) -> Option<String> {
    match &node.data().value {
        NodeValue::HtmlBlock(block) => {
            let (_, rest) = block.literal.split_once("-->")?;
            let rest = rest.trim();
            (!rest.is_empty()).then(|| rest.to_owned())
        }
        _ => None,
    }
}

/// Writes one slide after the other; what lasts from slide to slide is here.
struct Writer<'w> {
    text: &'w Text<'w>,
    options: &'w Options<'static>,
    global: &'w Global,
    page: u32,
    styles: Vec<Style>,
    /// Looks that were told to be left out.
    refused: BTreeSet<(&'static str, String)>,
    /// The lines that define what links of headers and footers may name.
    definitions: String,
}

impl Writer<'_> {
    fn slide(
        &mut self,
        formatter: &mut Formatter<'_>,
        (part, local): (&mut Part<'_>, &Local),
        number: u32,
    ) -> Slide {
        let headings = formatter.headings().len();
        let source: String = part.nodes.iter().map(|node| plain_text(node)).collect();
        formatter.begin_slide(number);
        let grounds = grounds::take(&mut part.nodes, formatter);
        let prose = formatter.prose(self.options, &part.nodes);
        let steps = formatter.steps();
        let new = &formatter.headings()[headings..];
        let title = new.first().map(|heading| heading.text.clone()).unwrap_or_default();
        let anchor = new.first().map(|heading| heading.id.clone());
        let own = local.get("id").map(slug).filter(|id| !id.is_empty());
        let key = own
            .or(anchor)
            .unwrap_or_else(|| format!("s-{}", &Digest::of(source.as_bytes()).short()[..8]));
        let span = self.span(part);
        let mut notes = Vec::new();
        let header = self.margin(formatter, ("header", local, span), &mut notes);
        notes.append(&mut part.notes);
        let footer = self.margin(formatter, ("footer", local, span), &mut notes);
        let mut classes: Vec<String> =
            local.get("class").unwrap_or("").split_whitespace().map(str::to_owned).collect();
        classes.extend(self.look(formatter, span, local));
        classes.extend(grounds.class);
        let scope = (!part.styles.is_empty())
            .then(|| styles::slide(self.text, &part.styles, formatter, &mut self.styles))
            .flatten();
        let mut attributes = attributes(self.global, local);
        attributes.extend(scope.map(|scope| (format!("marpit-scope-{scope}"), String::new())));
        Slide {
            key,
            title,
            grounds: grounds.prose,
            prose,
            header,
            footer,
            classes,
            attributes,
            lang: self.global.lang.clone(),
            page: self.page(local),
            steps,
            time_seconds: local.get("time").and_then(duration_seconds),
            notes: notes.iter().map(|note| notes::read(note)).collect(),
            class_span: local.place("class").unwrap_or(span),
            transition_span: local.place("transition").unwrap_or(span),
            span,
        }
    }

    fn margin(
        &self,
        formatter: &mut Formatter<'_>,
        (name, local, span): (&str, &Local, Span),
        notes: &mut Vec<String>,
    ) -> Prose {
        let span = local.place(name).unwrap_or(span);
        let definitions = &self.definitions;
        let margin = Margin { markdown: local.get(name), span, definitions };
        margin::prose(self.text, formatter, &margin, notes)
    }

    fn span(&self, part: &Part<'_>) -> Span {
        part.start
            .or(part.nodes.first().copied())
            .map_or(Span::new(self.text.base, self.text.base), |node| self.text.span(node))
    }

    /// Counts the page; returns its number where it is shown.
    fn page(&mut self, local: &Local) -> Option<u32> {
        let paging = directives::paging(local);
        // The first slide that is shown has a number, even where it only holds it.
        if paging.counts || (paging.shown && self.page == 0) {
            self.page += 1;
        }
        paging.shown.then_some(self.page)
    }

    /// Returns the class for the look that a slide's directives ask for; tells once of what cannot
    /// be had.
    fn look(&mut self, formatter: &mut Formatter<'_>, span: Span, local: &Local) -> Option<String> {
        let directives::Look { sheet, key, refused } = directives::look(local);
        for (name, value, why) in refused {
            if self.refused.insert((name, value.clone())) {
                let (rule, message) = if why.rule == &rules::CSS_SYNTAX {
                    let message = format!("`{name}: {value}` is left out: {}", why.message);
                    (&rules::BAD_VALUE, message)
                } else {
                    (why.rule, why.message)
                };
                let span = local.place(name).unwrap_or(span);
                formatter.tell(self.text.diagnostic(rule, span, message, &why.help));
            }
        }
        // The same words name another file in another folder.
        let place = if sheet.urls.is_empty() { "" } else { self.text.path.folder() };
        let span = local.place("backgroundImage").unwrap_or(span);
        (!sheet.is_empty())
            .then(|| formatter.looks().directed(&format!("{key}{place}"), &sheet, span))
    }
}

/// Returns Marpit's `data-*` attributes of a slide, names without `data-`.
fn attributes(global: &Global, local: &Local) -> Vec<(String, String)> {
    let own =
        local.sorted().into_iter().filter(|(name, _)| !matches!(*name, "id" | "time" | "hide"));
    let mut attributes: Vec<_> = own.map(|(name, value)| (kebab(name), value.to_owned())).collect();
    let global = global.attributes().into_iter();
    attributes.extend(global.map(|(name, value)| (name.to_owned(), value.to_owned())));
    attributes.sort_unstable();
    attributes
}

fn kebab(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn slug(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join("-")
}

/// Gives slides that would share a key a number each.
fn distinct_keys(slides: &mut [Slide]) {
    let mut seen = BTreeSet::new();
    let mut next: BTreeMap<String, usize> = BTreeMap::new();
    for slide in slides {
        let base = slide.key.clone();
        while !seen.insert(slide.key.clone()) {
            let n = next.entry(base.clone()).or_default();
            *n += 1;
            slide.key = format!("{base}-{n}");
        }
    }
}
