//! `![bg](picture.png)`: pictures and films that leave the text of a slide and lie behind it.

use comrak::Node;
use comrak::nodes::NodeValue;

use super::deck::comment_of;
use super::format::Formatter;
use super::plain_text;
use crate::document::film::{self, Play};
use crate::document::html::escape;
use crate::document::picture::{self, COVER, Side, Words};
use crate::document::{Filling, Hole, Picture, Prose, Stand};

/// How much of a slide its backgrounds take, where nothing is said.
const SHARE: f64 = 50.0;

/// The backgrounds of one slide.
#[derive(Default)]
pub(super) struct Grounds {
    pub prose: Prose,
    /// The class that keeps the text of the slide clear of them.
    pub class: Option<String>,
}

/// Takes the backgrounds out of the blocks of a slide, and the paragraphs that they leave empty.
pub(super) fn take(nodes: &mut Vec<Node<'_>>, formatter: &mut Formatter<'_>) -> Grounds {
    let (mut pictures, mut parents) = (Vec::new(), Vec::new());
    let (mut vertical, mut split, mut share) = (false, None, SHARE);
    for node in images(nodes) {
        let mut words = picture::read(&alt(node));
        if !words.background {
            continue;
        }
        let parent = node.parent();
        node.detach();
        parents.extend(parent);
        vertical = words.vertical.unwrap_or(vertical);
        split = words.split.or(split);
        share = words.share.unwrap_or(share);
        if let NodeValue::Image(image) = &node.data().value
            && !image.url.trim().is_empty()
        {
            let mut picture = formatter.read_picture(node, (&image.url, &image.title), "");
            if plays(&picture) {
                // Where its poster is stands among the words, too.
                picture.alt = std::mem::take(&mut words.alt);
                words.alt = film::words(&picture.alt).0;
            }
            formatter.tell_faults(&words, picture.span);
            pictures.push((picture, words));
        }
    }
    sweep(nodes, parents);
    if pictures.is_empty() {
        return Grounds::default();
    }
    let class = split.map(|_| {
        let share = (share.clamp(0.0, 100.0) * 100.0).round() / 10_000.0;
        formatter.looks().class(".slide", &format!("--split:{share};"))
    });
    Grounds { prose: layer(pictures, (split, vertical), formatter), class }
}

/// Takes the backgrounds out of what is no slide, where they show nothing; returns how many there were.
pub(super) fn drop_all(root: Node<'_>) -> usize {
    let mut grounds = images(&[root]);
    grounds.retain(|node| picture::read(&alt(node)).background);
    for node in &grounds {
        node.detach();
    }
    grounds.len()
}

/// Returns the alternative text of a picture on a slide; what is emphasised in it, or code, is covered: there are
/// none of Marp's words, for Marp looks at what is written.
pub(super) fn alt(image: Node<'_>) -> String {
    let mut out = String::new();
    for child in image.children() {
        // The blanks at both ends of a text count.
        match &child.data().value {
            NodeValue::Text(text) => {
                out.push_str(text);
                continue;
            }
            NodeValue::SoftBreak | NodeValue::LineBreak => {
                out.push(' ');
                continue;
            }
            _ => {}
        }
        for (index, word) in plain_text(child).split_whitespace().enumerate() {
            out.push_str(if index > 0 { " " } else { "" });
            out.push(COVER);
            out.push_str(word);
        }
    }
    out.trim().to_owned()
}

fn plays(picture: &Picture) -> bool {
    film::play(&picture.target) == Some(Play::Film)
}

fn images<'a>(nodes: &[Node<'a>]) -> Vec<Node<'a>> {
    let inside = nodes.iter().flat_map(|node| node.descendants());
    inside.filter(|node| matches!(node.data().value, NodeValue::Image(_))).collect()
}

/// Takes paragraphs away that nothing is left of.
fn sweep<'a>(nodes: &mut Vec<Node<'a>>, mut parents: Vec<Node<'a>>) {
    let identity = |node: &Node<'_>| std::ptr::from_ref(*node).addr();
    parents.sort_by_key(identity);
    parents.dedup_by_key(|node| identity(node));
    parents.retain(|parent| is_empty(parent));
    for empty in &parents {
        empty.detach();
    }
    nodes.retain(|node| parents.binary_search_by_key(&identity(node), identity).is_err());
}

/// Tells whether nothing is left to read in a paragraph.
fn is_empty(node: Node<'_>) -> bool {
    matches!(node.data().value, NodeValue::Paragraph)
        && node.children().all(|child| match &child.data().value {
            NodeValue::Text(text) => text.trim().is_empty(),
            NodeValue::SoftBreak | NodeValue::LineBreak => true,
            NodeValue::HtmlInline(_) => comment_of(child).is_some(),
            _ => false,
        })
}

fn layer(
    pictures: Vec<(Picture, Words)>,
    (split, vertical): (Option<Side>, bool),
    formatter: &mut Formatter<'_>,
) -> Prose {
    let mut prose = Prose::default();
    let html = &mut prose.html;
    html.push_str("<div class=\"slide-backgrounds\"");
    html.push_str(match split {
        Some(Side::Left) => " data-split=\"left\"",
        Some(Side::Right) => " data-split=\"right\"",
        None => "",
    });
    html.push_str(if vertical {
        " data-direction=\"vertical\""
    } else {
        " data-direction=\"horizontal\""
    });
    if pictures.iter().all(|(_, words)| words.alt.is_empty()) {
        html.push_str(" aria-hidden=\"true\"");
    }
    html.push('>');
    for (mut picture, words) in pictures {
        let look = words.ground_look();
        picture.stand = if words.keeps_size() { Stand::PlainGround } else { Stand::Ground };
        if !look.is_empty() {
            let shown = if plays(&picture) { ":is(img,video)" } else { "img" };
            let selector = format!(".slide .slide-backgrounds {shown}");
            picture.class = formatter.looks().class(&selector, &look);
        }
        html.push_str("<figure>");
        let at = u32::try_from(html.len()).unwrap_or(u32::MAX);
        prose.holes.push(Hole { at, filling: Filling::Picture(Box::new(picture)) });
        if !words.alt.is_empty() {
            html.push_str("<figcaption>");
            escape(&words.alt, html);
            html.push_str("</figcaption>");
        }
        html.push_str("</figure>");
    }
    html.push_str("</div>");
    prose
}
