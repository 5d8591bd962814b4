//! The CommonMark and GFM specifications, example by example.
//!
//! The examples are fetched by `tests/run` into `target/spec` and never committed. Where a dialect means to
//! differ, `tests/spec/differences.toml` gives the number and the reason; a number that does not differ is a fault too.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use kamishibai::{Dialect, render_markdown};
use serde::Deserialize;

#[test]
fn commonmark() {
    check(
        &Suite { file: "commonmark.json", count: 652, differences: "commonmark" },
        Dialect::CommonMark,
        normalised,
    );
}

#[test]
fn gfm() {
    check(&Suite { file: "gfm.json", count: 671, differences: "gfm" }, Dialect::Gfm, normalised);
}

#[test]
fn commonmark_as_a_wiki_page() {
    check(
        &Suite { file: "commonmark.json", count: 652, differences: "page" },
        Dialect::Page,
        plain,
    );
}

/// A file of examples and the table of `differences.toml` that goes with it.
struct Suite {
    file: &'static str,
    count: usize,
    differences: &'static str,
}

#[derive(Deserialize)]
struct Example {
    #[serde(rename = "example")]
    number: u32,
    section: String,
    markdown: String,
    html: String,
}

/// Renders every example and tells all those that differ without a reason, or have a reason without differing.
#[track_caller]
fn check(suite: &Suite, dialect: Dialect, compared: fn(&str) -> String) {
    let examples = examples(suite.file);
    assert_eq!(examples.len(), suite.count, "{} is not the suite we know", suite.file);
    let differences = differences(suite.differences);
    let mut report = String::new();
    let mut faults = 0;
    for Example { number, section, markdown, html } in &examples {
        let (found, expected) = (compared(&render_markdown(markdown, dialect)), compared(html));
        let fault = match (found == expected, differences.get(number)) {
            (true, None) | (false, Some(_)) => continue,
            (true, Some(reason)) => format!("does not differ, though listed: {reason}"),
            (false, None) => {
                format!("\n  markdown {markdown:?}\n  expected {expected:?}\n  found    {found:?}")
            }
        };
        faults += 1;
        writeln!(report, "example {number} ({section}): {fault}")
            .expect("a string takes every line");
    }
    assert_eq!(faults, 0, "{} of {} examples in {}:\n{report}", faults, suite.count, suite.file);
}

fn examples(file: &str) -> Vec<Example> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/spec").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("target/spec/{file}: {error}\nhelp: run tests/run, it fetches the specifications")
    });
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("target/spec/{file}: {error}"))
}

/// Reads one table of the committed list: numbers of examples with the reason why each differs.
fn differences(table: &str) -> BTreeMap<u32, String> {
    let text = include_str!("spec/differences.toml");
    let mut tables: BTreeMap<String, BTreeMap<String, String>> = toml::from_str(text)
        .expect("tests/spec/differences.toml has tables of `number = \"reason\"`");
    let entries = tables.remove(table).unwrap_or_default();
    entries
        .into_iter()
        .map(|(number, reason)| (number.parse().expect("a key is an example's number"), reason))
        .collect()
}

/// Takes away what a page of ours adds so that a long line of code can be scrolled from the keyboard, then normalises.
fn plain(html: &str) -> String {
    normalised(html).replace("<pre tabindex=\"0\">", "<pre>")
}

/// Brings HTML into one form, so that only differences that a reader could see remain: attributes in order, empty
/// elements without a slash, references as characters, white space collapsed outside `pre` and dropped at blocks.
fn normalised(html: &str) -> String {
    let mut writer = Writer { html: String::new(), pre: false, after: After::Block };
    let mut rest = html;
    while !rest.is_empty() {
        let length = token_length(rest);
        let (token, tail) = rest.split_at(length);
        match Tag::parse(token) {
            Some(tag) => writer.tag(&tag),
            None if token.starts_with('<') && length > 1 => writer.verbatim(token),
            None => writer.text(token),
        }
        rest = tail;
    }
    writer.html.trim_end().to_owned()
}

/// What was written last: it decides which white space counts.
#[derive(Clone, Copy, PartialEq)]
enum After {
    /// A block's tag: white space after it is layout.
    Block,
    /// A `<br>`: a newline after it is layout.
    Break,
    /// Text or an inline tag.
    Inline,
}

struct Writer {
    html: String,
    pre: bool,
    after: After,
}

impl Writer {
    fn tag(&mut self, tag: &Tag) {
        let block = BLOCKS.contains(&tag.name.as_str());
        if block && !self.pre {
            self.html.truncate(self.html.trim_end().len());
        }
        if tag.name == "pre" {
            self.pre = !tag.closing;
        }
        self.html.push_str(if tag.closing { "</" } else { "<" });
        self.html.push_str(&tag.name);
        for (name, value) in &tag.attributes {
            write!(self.html, " {name}={:?}", escaped(value))
                .expect("a string takes every attribute");
        }
        self.html.push('>');
        self.after = match tag.name.as_str() {
            "br" => After::Break,
            _ if block => After::Block,
            _ => After::Inline,
        };
    }

    fn text(&mut self, token: &str) {
        let text = escaped(&decoded(token));
        if self.pre {
            self.html.push_str(&text);
        } else {
            let skipped = match self.after {
                After::Block => text.trim_start(),
                After::Break => text.trim_start_matches('\n'),
                After::Inline => &text,
            };
            let mut spaced = self.html.ends_with(' ') && self.after == After::Inline;
            for c in skipped.chars() {
                let space = c.is_ascii_whitespace();
                if !(space && spaced) {
                    self.html.push(if space { ' ' } else { c });
                }
                spaced = space;
            }
            if skipped.is_empty() {
                return;
            }
        }
        self.after = After::Inline;
    }

    /// Comments, declarations and the like are compared as they are.
    fn verbatim(&mut self, token: &str) {
        self.html.push_str(token);
        self.after = After::Inline;
    }
}

/// An opening or closing tag; an attribute without a value has an empty one.
struct Tag {
    name: String,
    closing: bool,
    attributes: BTreeMap<String, String>,
}

impl Tag {
    fn parse(token: &str) -> Option<Tag> {
        let inside = token.strip_prefix('<')?.strip_suffix('>')?;
        let closing = inside.starts_with('/');
        let inside = inside.trim_start_matches('/').trim_end();
        let inside = inside.strip_suffix('/').unwrap_or(inside);
        let end =
            inside.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(inside.len());
        let (name, rest) = inside.split_at(end);
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        Some(Tag { name: name.to_ascii_lowercase(), closing, attributes: attributes(rest) })
    }
}

fn attributes(mut rest: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    loop {
        rest = rest.trim_start();
        let end = rest.find(|c: char| c.is_ascii_whitespace() || c == '=').unwrap_or(rest.len());
        if end == 0 {
            return found;
        }
        let name = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            (value, rest) = match after.chars().next() {
                Some(quote @ ('"' | '\'')) => {
                    after[1..].split_once(quote).unwrap_or((&after[1..], ""))
                }
                _ => after
                    .split_at(after.find(|c: char| c.is_ascii_whitespace()).unwrap_or(after.len())),
            };
        }
        found.insert(name, decoded(value));
    }
}

/// Returns the length of the tag, comment or text at the start of `rest`, which is not empty.
fn token_length(rest: &str) -> usize {
    let upto = |needle: &str| rest.find(needle).map_or(rest.len(), |at| at + needle.len());
    if rest.starts_with("<!--") {
        upto("-->")
    } else if rest.starts_with("<![CDATA[") {
        upto("]]>")
    } else if rest.starts_with("<?") {
        upto("?>")
    } else if rest.starts_with("<!") {
        upto(">")
    } else if rest.starts_with('<') {
        tag_length(rest)
    } else {
        rest.find('<').unwrap_or(rest.len())
    }
}

/// Returns the length of a tag, `>` inside quotes not counting; a lone `<` is text.
fn tag_length(rest: &str) -> usize {
    let mut quote = None;
    for (index, c) in rest.char_indices() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (_, Some(open)) if c == open => quote = None,
            ('>', None) => return index + 1,
            _ => {}
        }
    }
    1
}

/// Replaces the references that renderers choose to write or not: the five of XML and numbers.
fn decoded(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        result.push_str(&rest[..at]);
        rest = &rest[at..];
        let known = rest.find(';').and_then(|end| Some((character(&rest[1..end])?, end + 1)));
        let (c, length) = known.unwrap_or(('&', 1));
        result.push(c);
        rest = &rest[length..];
    }
    result + rest
}

fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => {
            let number = name.strip_prefix('#')?;
            let hexadecimal =
                number.strip_prefix(['x', 'X']).map(|digits| u32::from_str_radix(digits, 16));
            char::from_u32(hexadecimal.unwrap_or_else(|| number.parse()).ok()?)
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const BLOCKS: &[&str] = &[
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "col",
    "colgroup",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
];

#[test]
fn normalising_keeps_what_a_reader_sees() {
    let same = |one: &str, other: &str| assert_eq!(normalised(one), normalised(other));
    same("<p>a  \t\nb</p>\n", "<p>a b</p>");
    same("<ul>\n<li>\na</li>\n</ul>", "<ul><li>a</li></ul>");
    same("<br />\nx", "<br>x");
    same("<a title='b' HREF=\"c\">x</a>", "<a href=\"c\" title=\"b\">x</a>");
    same("&#62;&quot;", "&gt;\"");
    let differ = |one: &str, other: &str| assert_ne!(normalised(one), normalised(other));
    differ("<pre>a  b</pre>", "<pre>a b</pre>");
    differ("<em>a</em> b", "<em>a</em>b");
    differ("<p>a</p>", "<p>b</p>");
    differ("&lt;b&gt;", "<b>");
}
