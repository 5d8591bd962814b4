//! A drawing of the library -> one that a page can hold: nothing but shapes and words, classes for the page's
//! style sheet, ids that no other diagram has, and numbers as short as a screen can show.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The elements that are kept; those of a link become a group.
const ELEMENTS: &[&str] = &[
    "svg", "g", "path", "rect", "circle", "ellipse", "line", "polygon", "polyline", "text",
    "tspan", "defs", "marker", "title", "desc", "use",
];
/// The elements that go with all that is in them.
const SILENT: &[&str] = &["style", "script", "filter", "foreignObject", "linearGradient", "image"];
/// The attributes that say where something is; their numbers are rounded.
const PLACES: &[&str] = &[
    "x",
    "y",
    "x1",
    "y1",
    "x2",
    "y2",
    "cx",
    "cy",
    "r",
    "rx",
    "ry",
    "d",
    "points",
    "transform",
    "width",
    "height",
    "viewBox",
    "dx",
    "dy",
    "refX",
    "refY",
    "markerWidth",
    "markerHeight",
];
/// The attributes that say what it looks like; a style may say the same.
const LOOKS: &[&str] = &[
    "fill",
    "stroke",
    "stroke-width",
    "stroke-dasharray",
    "stroke-linecap",
    "stroke-linejoin",
    "opacity",
    "fill-opacity",
    "stroke-opacity",
    "font-size",
    "font-weight",
    "font-style",
    "text-anchor",
    "text-decoration",
    "dominant-baseline",
    "marker-start",
    "marker-end",
    "marker-mid",
    "orient",
    "markerUnits",
];

/// How many letters of a drawing's words are told.
const WORDS_MAX: usize = 400;

/// Puts a drawing into the clothes of the house; nothing, if it is none. `name` tells it from all others.
pub(super) fn dressed(svg: &str, name: &str) -> Option<String> {
    let wanted = referenced(svg);
    let ids: BTreeMap<&str, String> =
        wanted.iter().zip(1..).map(|(id, number)| (*id, format!("{name}-{number}"))).collect();
    let mut house = House {
        ids: &ids,
        out: String::with_capacity(svg.len() / 2),
        silent: None,
        state: None,
        words: String::new(),
    };
    let mut open: Vec<&str> = Vec::new();
    let mut rest = svg.get(svg.find("<svg")?..)?;
    while let Some(at) = rest.find('<') {
        house.text(&rest[..at]);
        let end = tag_end(&rest[at..])?;
        let tag = &rest[at + 1..at + end - 1];
        rest = &rest[at + end..];
        if tag.starts_with(['!', '?']) {
            continue;
        }
        if tag.starts_with('/') {
            house.close(open.pop()?, open.len());
            continue;
        }
        let alone = tag.ends_with('/');
        let tag = tag.trim_end_matches('/');
        let (element, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        house.open(element, attributes, alone, open.len());
        if !alone {
            open.push(element);
        }
    }
    let House { mut out, words, .. } = house;
    let at = "<svg".len();
    if !out.contains("<title") && out.len() > at {
        let words = words.trim_end_matches(", ");
        let end = words.char_indices().nth(WORDS_MAX).map_or(words.len(), |(at, _)| at);
        out.insert_str(
            at,
            &format!(
                " aria-label=\"{}\"",
                words[..end].replace('"', "&quot;").replace('>', "&gt;")
            ),
        );
    }
    (open.is_empty() && out.starts_with("<svg")).then_some(out)
}

struct House<'a> {
    ids: &'a BTreeMap<&'a str, String>,
    out: String,
    /// How deep the element stands whose content is left out.
    silent: Option<usize>,
    /// How deep the state stands that is being drawn.
    state: Option<usize>,
    /// The words in the drawing, for those who cannot see it.
    words: String,
}

impl House<'_> {
    fn text(&mut self, text: &str) {
        if self.silent.is_none() {
            let text = escaped_once(text.trim_matches('\n'));
            self.out.push_str(&text);
            self.words.push_str(&text);
        }
    }

    fn open(&mut self, element: &str, attributes: &str, alone: bool, depth: usize) {
        if self.silent.is_some() {
            return;
        }
        let is_idle = element == "marker"
            && attribute(attributes, "id").is_none_or(|id| !self.ids.contains_key(id));
        if SILENT.contains(&element) || is_idle {
            self.silent = (!alone).then_some(depth);
            return;
        }
        let Some(name) = known(element) else { return };
        if !alone && has_class(attributes, "statediagram-state") {
            self.state = Some(depth);
        }
        self.out.extend(["<", name]);
        if depth == 0 {
            self.root(attributes);
        } else {
            self.attributes(element, attributes);
        }
        self.out.push_str(if alone { "/>" } else { ">" });
    }

    fn close(&mut self, element: &str, depth: usize) {
        if self.state == Some(depth) {
            self.state = None;
        }
        if self.silent == Some(depth) {
            self.silent = None;
        } else if self.silent.is_none()
            && let Some(name) = known(element)
        {
            self.out.extend(["</", name, ">"]);
            if name == "text" && !self.words.is_empty() && !self.words.ends_with(", ") {
                self.words.push_str(", ");
            }
        }
    }

    /// The size of a drawing is that of its view.
    fn root(&mut self, attributes: &str) {
        let kind = attribute(attributes, "aria-roledescription").unwrap_or("diagram");
        let class = format!("diagram diagram-{}", kind.split('-').next().unwrap_or(kind));
        self.attribute("class", &class);
        self.attribute("role", "img");
        if let Some(view) = attribute(attributes, "viewBox") {
            self.attribute("viewBox", &rounded(view));
            let mut sides = view.split_ascii_whitespace().skip(2);
            for (name, side) in ["width", "height"].into_iter().zip(&mut sides) {
                self.attribute(name, &rounded(side));
            }
        }
    }

    fn attributes(&mut self, element: &str, attributes: &str) {
        let style = attribute(attributes, "style").unwrap_or("");
        let styles = || style.split(';').filter_map(|it| it.split_once(':'));
        // What the author says of a colour is marked so, and counts more than the style sheet.
        let is_link = has_class(attributes, "flowchart-link");
        let own = styles().any(|(name, value)| {
            is_colour(name) && (value.contains("!important") || (is_link && name == "stroke"))
        });
        // Among the classes of a page no name is free.
        let classes = attribute(attributes, "class").unwrap_or("").split_ascii_whitespace();
        let mut classes: Vec<String> = classes.map(|class| format!("d-{class}")).collect();
        classes.extend(own.then(|| "own".to_owned()));
        if !classes.is_empty() {
            self.attribute("class", &classes.join(" "));
        }
        let said: BTreeMap<&str, &str> = styles()
            .map(|(name, value)| (name.trim(), value.trim()))
            .map(|(name, value)| (if name == "color" { "fill" } else { name }, value))
            .map(|(name, value)| (name, value.trim_end_matches("!important").trim_end()))
            .filter(|(name, value)| LOOKS.contains(name) && !value.is_empty())
            .collect();
        for (name, value) in pairs(attributes) {
            if name == "id" {
                if let Some(id) = self.ids.get(value) {
                    self.attribute("id", id);
                }
            } else if name == "href" && element == "use" {
                let id = value.strip_prefix('#').and_then(|id| self.ids.get(id));
                if let Some(id) = id {
                    self.attribute(name, &format!("#{id}"));
                }
            } else if name == "transform" && self.state.is_some() && has_class(attributes, "label")
            {
                // The library does not measure the words of a state, which stand in the middle of it.
                let down = value.rsplit([',', ' ', '(']).next().unwrap_or("0)");
                self.attribute(name, &format!("translate(0,{}", rounded(down)));
            } else if PLACES.contains(&name) {
                self.attribute(name, &rounded(value));
            } else if LOOKS.contains(&name) && !said.contains_key(name) {
                self.look(name, value);
            }
        }
        // A colour of words is for words.
        let words = element != "g" && element != "svg";
        for (name, value) in said.into_iter().filter(|(name, _)| words || *name != "fill" || own) {
            self.look(name, value);
        }
    }

    fn look(&mut self, name: &str, value: &str) {
        if !value.contains("url(") {
            return self.attribute(name, value);
        }
        let id = value.strip_prefix("url(#").and_then(|rest| rest.strip_suffix(')'));
        if let Some(id) = id.and_then(|id| self.ids.get(id)) {
            self.attribute(name, &format!("url(#{id})"));
        }
    }

    /// Writes an attribute; a value that comes from the drawing is escaped already.
    fn attribute(&mut self, name: &str, value: &str) {
        let value = value.replace('"', "&quot;").replace('<', "&lt;");
        self.out.extend([" ", name, "=\"", &value, "\""]);
    }
}

/// Mends references to signs that the library has escaped again: `&amp;#34;`.
fn escaped_once(text: &str) -> Cow<'_, str> {
    if !text.contains("&amp;#") {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split("&amp;#");
    let mut said = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let is_reference = (1..=7).contains(&digits) && part[digits..].starts_with(';');
        said.extend([if is_reference { "&#" } else { "&amp;#" }, part]);
    }
    Cow::Owned(said)
}

fn known(element: &str) -> Option<&str> {
    if element == "a" {
        return Some("g");
    }
    ELEMENTS.contains(&element).then_some(element)
}

fn has_class(attributes: &str, class: &str) -> bool {
    attribute(attributes, "class").is_some_and(|it| it.split(' ').any(|known| known == class))
}

fn is_colour(name: &str) -> bool {
    matches!(name.trim(), "fill" | "stroke" | "color")
}

/// Returns the ids that something in the drawing is shown by.
fn referenced(svg: &str) -> BTreeSet<&str> {
    let after = |mark: &'static str, end: char| {
        let places = svg.match_indices(mark).map(move |(at, _)| &svg[at + mark.len()..]);
        places.filter_map(move |rest| rest.split_once(end).map(|(id, _)| id))
    };
    after("=\"url(#", ')').chain(after(" href=\"#", '"')).collect()
}

/// Returns where a tag ends that begins a text.
fn tag_end(text: &str) -> Option<usize> {
    if text.starts_with("<!--") {
        return text.find("-->").map(|at| at + 3);
    }
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at + 1),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

/// Iterates over the attributes of a tag; a name without a value is none.
fn pairs(attributes: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = attributes;
    std::iter::from_fn(move || {
        let (name, behind) = rest.split_once('=')?;
        let behind = behind.trim_start();
        let quote = behind.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, after) = behind[1..].split_once(quote)?;
        rest = after;
        Some((name.trim().rsplit(char::is_whitespace).next().unwrap_or(name), value))
    })
}

fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    pairs(attributes).find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// Writes the numbers of a text with two digits behind the point at most.
fn rounded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit() || c == '.') {
        let length = rest[at..].find(|c: char| !(c.is_ascii_digit() || c == '.'));
        let end = length.map_or(rest.len(), |length| at + length);
        let number = &rest[at..end];
        out.push_str(&rest[..at]);
        match number.parse::<f64>() {
            Ok(value) if number.contains('.') => {
                let short = format!("{value:.2}");
                out.push_str(short.trim_end_matches('0').trim_end_matches('.'));
            }
            _ => out.push_str(number),
        }
        rest = &rest[end..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::{dressed, rounded};

    #[test]
    fn numbers_are_as_short_as_a_screen_can_show() {
        assert_eq!(rounded("M98,57.1669L-0.004,10.50 a1e3"), "M98,57.17L-0,10.5 a1e3");
    }

    #[test]
    fn nothing_is_left_but_shapes_and_words() {
        let svg = concat!(
            r#"<svg id="a" aria-roledescription="flowchart-v2" viewBox="0 0 9.001 5" style="max-width: 9px">"#,
            r#"<style>b{}</style><script>x()</script><filter id="f"><feBlend/></filter>"#,
            r##"<marker id="m"><path d="M0 0"/></marker><marker id="idle"><path d="M1 1"/></marker>"##,
            r##"<a href="javascript:x()" transform="translate(1.234,0)"><rect onclick="x()" class="n" "##,
            r##"style="fill:#f9f !important;display:none" x="1.999"/></a>"##,
            r##"<path marker-end="url(#m)" stroke="url(http://x/)" d="M1,2"/><text>a &lt; b &amp;#34;&amp;#</text>"##,
            r##"<defs><g id="l"><text>c</text></g></defs><use href="#l"/><use href="http://x/#l"/>"##,
            r#"<path class="flowchart-link" style="fill:none;stroke:red" d="M1,2"/>"#,
            r#"<g class="node statediagram-state"><g class="label" transform="translate(-6, -9.5)"/></g>"#,
            "<foreignObject><div>no</div></foreignObject></svg>",
        );
        assert_eq!(
            dressed(svg, "x").as_deref(),
            Some(concat!(
                r#"<svg aria-label="a &lt; b &#34;&amp;#, c" class="diagram diagram-flowchart" role="img" viewBox="0 0 9 5" width="9" height="5">"#,
                r#"<marker id="x-2"><path d="M0 0"/></marker><g transform="translate(1.23,0)">"#,
                r##"<rect class="d-n own" x="2" fill="#f9f"/></g>"##,
                r##"<path marker-end="url(#x-2)" d="M1,2"/><text>a &lt; b &#34;&amp;#</text>"##,
                r##"<defs><g id="x-1"><text>c</text></g></defs><use href="#x-1"/><use/>"##,
                r#"<path class="d-flowchart-link own" d="M1,2" fill="none" stroke="red"/>"#,
                r#"<g class="d-node d-statediagram-state"><g class="d-label" transform="translate(0,-9.5)"/></g></svg>"#,
            ))
        );
        assert_eq!(dressed("<svg><g></svg>", "x"), None);
        assert_eq!(dressed("no drawing", "x"), None);
    }
}
