//! Two versions of a page in one: what it said is struck out, what it says is underlined. The tags are those of the
//! version that is shown, so that it stays the page that it is.

use std::ops::Range;

use crate::merge::{Fate, compare_parts, words};

/// Of a longer page only the version itself is shown.
const PARTS_MAX: usize = 60_000;
/// What is one thing, whatever stands in it.
const WHOLE: &[&str] = &["svg", "math", "script", "style", "template", "audio", "video"];
/// Where no text may stand.
const NO_TEXT: &[&str] =
    &["table", "thead", "tbody", "tfoot", "tr", "colgroup", "ul", "ol", "dl", "main"];
const VOID: &[&str] =
    &["br", "hr", "img", "input", "link", "meta", "source", "wbr", "col", "track"];
/// Where removed words of two kinds must not grow together.
const INLINE: &[&str] = &[
    "a", "b", "code", "del", "em", "i", "ins", "mark", "ruby", "rt", "s", "span", "strong", "sub",
    "sup", "u",
];

/// Returns the page `now`, with what in its main part is not as in `before` marked.
pub(super) fn marked(before: &str, now: &str) -> String {
    let (Some(old), Some(new)) = (main_of(before), main_of(now)) else { return now.to_owned() };
    let (was, is) = (parts(&before[old]), parts(&now[new.clone()]));
    if was.len() + is.len() > PARTS_MAX {
        return now.to_owned();
    }
    let mut page = Marked::default();
    for (fate, part) in compare_parts(&was, &is) {
        match (part.starts_with('<'), fate) {
            (true, Fate::Removed) => page.gone(part),
            (true, _) => page.tag(part),
            (false, _) => page.text(fate, part),
        }
    }
    [&now[..new.start], &page.finished(), &now[new.end..]].concat()
}

/// Returns where the main part of a page stands, without its own tags.
fn main_of(html: &str) -> Option<Range<usize>> {
    let open = html.find("<main")?;
    let start = open + html[open..].find('>')? + 1;
    let end = html.rfind("</main>")?;
    (start <= end).then_some(start..end)
}

/// Cuts HTML into tags, words and characters that are written by a name.
fn parts(html: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = html;
    while !rest.is_empty() {
        let length = match rest.as_bytes()[0] {
            b'<' => element(rest),
            b'&' => rest.find(';').map_or(1, |end| end + 1),
            _ => {
                let length = rest.find(['<', '&']).unwrap_or(rest.len());
                found.extend(words(&rest[..length]));
                rest = &rest[length..];
                continue;
            }
        };
        let (part, after) = rest.split_at(length);
        found.push(part);
        rest = after;
    }
    found
}

/// Returns how long a tag is; of what is one thing, how long that is.
fn element(html: &str) -> usize {
    if let Some(comment) = html.strip_prefix("<!--") {
        return comment.find("-->").map_or(html.len(), |end| end + 7);
    }
    let tag = tag_length(html);
    let name = name_of(html);
    if html.starts_with("</") || !WHOLE.contains(&name) || html[..tag].ends_with("/>") {
        return tag;
    }
    let (mut depth, mut at) = (1, tag);
    while let Some(next) = html[at..].find('<').map(|next| at + next) {
        at = next + 1;
        if name_of(&html[next..]) == name {
            depth = if html[next..].starts_with("</") { depth - 1 } else { depth + 1 };
        }
        if depth == 0 {
            return next + tag_length(&html[next..]);
        }
    }
    html.len()
}

fn tag_length(html: &str) -> usize {
    let mut quote = None;
    for (at, c) in html.char_indices() {
        match (quote, c) {
            (None, '>') => return at + 1,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    html.len()
}

fn name_of(tag: &str) -> &str {
    let name = tag.trim_start_matches(['<', '/']);
    let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(name.len());
    &name[..end]
}

/// A page that is being marked.
#[derive(Default)]
struct Marked<'a> {
    html: String,
    /// The elements that are open.
    inside: Vec<&'a str>,
    /// What kind of mark is open.
    mark: Option<&'static str>,
    /// Words that went, and have no place to stand in yet.
    waiting: String,
}

impl<'a> Marked<'a> {
    fn tag(&mut self, tag: &'a str) {
        self.leave();
        self.close();
        if !tag.starts_with("<!--") {
            let name = name_of(tag);
            if tag.starts_with("</") {
                let at = self.inside.iter().rposition(|open| *open == name);
                self.inside.truncate(at.unwrap_or(self.inside.len()));
            } else if !VOID.contains(&name) && !WHOLE.contains(&name) && !tag.ends_with("/>") {
                self.inside.push(name);
            }
        }
        self.html.push_str(tag);
    }

    /// A tag that went leaves nothing but a gap between the words before and behind it.
    fn gone(&mut self, tag: &str) {
        let gap = !INLINE.contains(&name_of(tag)) && !tag.starts_with("<!--");
        if gap && self.mark == Some("del") && !self.html.ends_with(' ') {
            self.html.push(' ');
        } else if gap && !self.waiting.is_empty() && !self.waiting.ends_with(' ') {
            self.waiting.push(' ');
        }
    }

    fn text(&mut self, fate: Fate, text: &str) {
        let blank = text.trim().is_empty();
        if fate == Fate::Removed && !self.may_hold_text() {
            self.waiting.push_str(text);
            return;
        }
        if !blank {
            self.leave();
        }
        match fate {
            Fate::Same => self.close(),
            Fate::Removed if blank && self.mark != Some("del") => return,
            Fate::Removed => self.open("del"),
            Fate::Added if blank && self.mark != Some("ins") => {}
            Fate::Added => self.open("ins"),
        }
        self.html.push_str(text);
    }

    fn may_hold_text(&self) -> bool {
        self.inside.last().is_some_and(|open| !NO_TEXT.contains(open))
    }

    /// Puts the words that waited where they may stand, as a paragraph or an item where they need one.
    fn leave(&mut self) {
        if self.waiting.trim().is_empty() {
            return;
        }
        let around = match self.inside.last() {
            None => "p",
            Some(&("ul" | "ol")) => "li",
            Some(open) if NO_TEXT.contains(open) => return,
            Some(_) => "",
        };
        let waiting = std::mem::take(&mut self.waiting);
        self.close();
        if around.is_empty() {
            self.open("del");
            self.html.push_str(waiting.trim());
            self.html.push(' ');
        } else {
            let gone =
                format!("<{around}><del class=\"changed\">{}</del></{around}>", waiting.trim());
            self.html.push_str(&gone);
        }
    }

    fn open(&mut self, mark: &'static str) {
        if self.mark != Some(mark) {
            self.close();
            self.html.extend(["<", mark, " class=\"changed\">"]);
            self.mark = Some(mark);
        }
    }

    fn close(&mut self) {
        if let Some(mark) = self.mark.take() {
            self.html.extend(["</", mark, ">"]);
        }
    }

    fn finished(mut self) -> String {
        self.inside.clear();
        self.leave();
        self.close();
        self.html
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_came_and_went_are_marked_and_tags_stay_whole() {
        for (was, is, expected) in [
            ("<p>a b c</p>", "<p>a d c</p>", "<p>a <del>b</del><ins>d</ins> c</p>"),
            ("<p>雨が降る</p>", "<p>雪が降る</p>", "<p><del>雨</del><ins>雪</ins>が降る</p>"),
            ("<p>a</p><p>b</p>", "<p>a</p>", "<p>a</p><p><del>b</del></p>"),
            ("<p>a &lt; b</p>", "<p>a &gt; b</p>", "<p>a <del>&lt;</del><ins>&gt;</ins> b</p>"),
            ("<p>a</p>", "<p><em>a</em></p>", "<p><em>a</em></p>"),
            (
                "<p>x</p><ul><li>a</li><li>b</li></ul>",
                "<p>x</p><ul><li>a</li></ul>",
                "<p>x</p><ul><li>a</li><li><del>b</del></li></ul>",
            ),
            (
                "<p>x <svg><path d=\"1\"/></svg></p>",
                "<p>x <svg><path d=\"2\"/></svg></p>",
                "<p>x <svg><path d=\"2\"/></svg></p>",
            ),
            ("<p>a</p>", "<p title=\"x > y\">a b</p>", "<p title=\"x > y\">a<ins> b</ins></p>"),
            (
                "<table><tr><td>a</td></tr><tr><td>b</td></tr></table>",
                "<table><tr><td>a</td></tr></table>",
                "<table><tr><td>a</td></tr></table><p><del>b</del></p>",
            ),
        ] {
            let page = |html: &str| format!("<body><main id=\"m\">{html}</main></body>");
            let found = marked(&page(was), &page(is)).replace(" class=\"changed\"", "");
            let plain = |html: &str| html.replace(' ', "");
            assert_eq!(plain(&found), plain(&page(expected)), "{was} → {is}");
            let again = marked(&page(is), &page(is));
            assert_eq!(again, page(is), "nothing is marked where nothing changed");
        }
    }
}
