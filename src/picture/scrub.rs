//! A drawing without what runs or loads: read as XML, written anew with nothing but elements, attributes and text.
//!
//! What is written was read by the same rules, so nothing hides in how another program would read it.

use std::collections::BTreeMap;

use super::drawing::{ELEMENTS, addresses_stay};
use crate::xml::escape;

/// How many bytes the names of a drawing may stand for in all: a few lines can stand for gigabytes.
const ENTITIES_BYTES_MAX: usize = 1 << 20;

/// Returns a drawing without scripts, without what it would load, and without names for longer texts; `None` when it
/// cannot be read. Tells, too, whether anything was left out that runs or loads.
pub(super) fn scrubbed(text: &str) -> Option<(String, bool)> {
    let mut scrubber = Scrubber {
        rest: text.trim_start_matches('\u{feff}'),
        out: String::with_capacity(text.len()),
        entities: BTreeMap::new(),
        left: ENTITIES_BYTES_MAX,
        open: Vec::new(),
        skipped: None,
        lost: false,
    };
    while !scrubber.rest.is_empty() {
        scrubber.step()?;
    }
    let whole = scrubber.open.is_empty() && scrubber.out.contains("<svg");
    whole.then_some((scrubber.out, scrubber.lost))
}

struct Scrubber<'a> {
    rest: &'a str,
    out: String,
    /// Names that the drawing gave to texts.
    entities: BTreeMap<&'a str, &'a str>,
    left: usize,
    open: Vec<&'a str>,
    /// How many elements were open where one begins that is left out.
    skipped: Option<usize>,
    lost: bool,
}

impl Scrubber<'_> {
    /// Reads what comes next: text, or one thing between `<` and `>`.
    fn step(&mut self) -> Option<()> {
        let rest = self.rest;
        if !rest.starts_with('<') {
            let end = rest.find('<').unwrap_or(rest.len());
            self.rest = &rest[end..];
            let text = self.resolved(&rest[..end])?;
            self.text(&text);
        } else if let Some(inside) = rest.strip_prefix("<!--") {
            self.rest = inside.split_once("-->")?.1;
        } else if let Some(inside) = rest.strip_prefix("<![CDATA[") {
            let (text, after) = inside.split_once("]]>")?;
            self.rest = after;
            self.text(text);
        } else if let Some(inside) = rest.strip_prefix("<?") {
            self.lost |= inside.starts_with("xml-stylesheet");
            self.rest = inside.split_once("?>")?.1;
        } else if rest.starts_with("<!") {
            self.doctype()?;
        } else if let Some(inside) = rest.strip_prefix("</") {
            let (name, after) = inside.split_once('>')?;
            self.rest = after;
            self.close(name.trim())?;
        } else {
            self.element()?;
        }
        Some(())
    }

    fn text(&mut self, text: &str) {
        if self.skipped.is_some() {
            return;
        }
        if self.open.last().is_some_and(|name| local(name) == "style") {
            let plain = sheet(text);
            self.lost |= plain != text;
            escape(&plain, &mut self.out);
        } else {
            escape(text, &mut self.out);
        }
    }

    /// Reads the names that a drawing gives to texts. What they stand for holds no further names: those can double
    /// thirty times.
    fn doctype(&mut self) -> Option<()> {
        let rest = self.rest;
        let head = rest.find(['[', '>'])?;
        if rest.as_bytes()[head] == b'>' {
            self.rest = &rest[head + 1..];
            return Some(());
        }
        let (subset, after) = rest[head + 1..].split_once(']')?;
        self.rest = after.split_once('>')?.1;
        for declaration in subset.split("<!ENTITY").skip(1) {
            let declaration = declaration.trim_start();
            let Some((name, value)) = declaration.split_once(char::is_whitespace) else { continue };
            let value = value.trim_start();
            let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
                // It stands for a file elsewhere.
                self.lost = true;
                continue;
            };
            let Some((value, _)) = value[1..].split_once(quote) else { continue };
            if value.contains(['&', '<', '%']) {
                self.lost = true;
            } else {
                self.entities.insert(name, value);
            }
        }
        Some(())
    }

    fn close(&mut self, name: &str) -> Option<()> {
        let open = self.open.pop()?;
        if open != name {
            return None;
        }
        match self.skipped {
            Some(depth) if self.open.len() == depth => self.skipped = None,
            Some(_) => {}
            None => self.out.extend(["</", name, ">"]),
        }
        Some(())
    }

    fn element(&mut self) -> Option<()> {
        let rest = &self.rest[1..];
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '/' | '>'))?;
        let name = &rest[..end];
        let plain = |c: char| c.is_alphanumeric() || "-_.:".contains(c);
        if name.is_empty() || !name.chars().all(plain) {
            return None;
        }
        self.rest = &rest[end..];
        let mut attributes = Vec::new();
        let closed = loop {
            self.rest = self.rest.trim_start();
            if let Some(after) = self.rest.strip_prefix("/>") {
                self.rest = after;
                break true;
            }
            if let Some(after) = self.rest.strip_prefix('>') {
                self.rest = after;
                break false;
            }
            let (key, after) = self.rest.split_once('=')?;
            let after = after.trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let (value, after) = after[1..].split_once(quote)?;
            let key = key.trim();
            if key.is_empty() || !key.chars().all(plain) {
                return None;
            }
            self.rest = after;
            attributes.push((key, self.resolved(value)?));
        };
        let kept = self.skipped.is_none() && is_kept(name, &attributes);
        if kept {
            self.out.extend(["<", name]);
            for (key, value) in &attributes {
                if !stays(key, value) {
                    self.lost = true;
                    continue;
                }
                self.out.extend([" ", key, "=\""]);
                escape(value, &mut self.out);
                self.out.push('"');
            }
            self.out.push_str(if closed { "/>" } else { ">" });
        } else if self.skipped.is_none() {
            self.lost = true;
            self.skipped = (!closed).then_some(self.open.len());
        }
        if !closed {
            self.open.push(name);
        }
        Some(())
    }

    /// Returns a text with the characters and texts that its names stand for; a name that stands for nothing goes.
    fn resolved(&mut self, text: &str) -> Option<String> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('&') {
            out.push_str(before);
            let (name, behind) = after.split_once(';')?;
            rest = behind;
            if let Some(number) = name.strip_prefix('#') {
                let code = number.strip_prefix('x').map_or_else(
                    || number.parse().ok(),
                    |digits| u32::from_str_radix(digits, 16).ok(),
                );
                out.extend(code.and_then(char::from_u32).filter(|c| !c.is_control() || *c == '\n'));
                continue;
            }
            let own = self.entities.get(name).copied().unwrap_or_default();
            self.left = self.left.checked_sub(own.len())?;
            out.push_str(match name {
                "lt" => "<",
                "gt" => ">",
                "amp" => "&",
                "quot" => "\"",
                "apos" => "'",
                _ => own,
            });
        }
        out.push_str(rest);
        Some(out)
    }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// Tells whether an element is one that drawings need.
fn is_kept(name: &str, attributes: &[(&str, String)]) -> bool {
    let name = local(name).to_ascii_lowercase();
    // What changes an address, or what happens on a click, while it is shown.
    let changes = (name == "set" || name.starts_with("animate"))
        && attributes.iter().any(|(key, value)| {
            let value = value.trim().to_ascii_lowercase();
            local(key) == "attributeName" && (local(&value) == "href" || value.starts_with("on"))
        });
    !changes && !ELEMENTS.iter().any(|bad| name.starts_with(bad))
}

/// Tells whether an attribute runs nothing and loads nothing.
fn stays(key: &str, value: &str) -> bool {
    let key = local(key).to_ascii_lowercase();
    let plain: String = value.chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect();
    let plain = plain.to_lowercase();
    let bad = ["javascript:", "vbscript:", "@import", "expression("];
    let address = matches!(key.as_str(), "href" | "src" | "base");
    let runs = key.starts_with("on") || key == "base" || bad.iter().any(|bad| plain.contains(bad));
    !runs && addresses_stay(&if address { format!("href={plain}") } else { plain })
}

/// Returns a style sheet that loads nothing.
fn sheet(css: &str) -> String {
    let lower = css.to_ascii_lowercase();
    // An escape may spell anything.
    if lower.contains('\\') {
        return String::new();
    }
    let (mut out, mut at) = (String::with_capacity(css.len()), 0);
    while let Some(found) =
        ["@import", "url("].iter().filter_map(|word| lower[at..].find(word)).min()
    {
        let start = at + found;
        out.push_str(&css[at..start]);
        let is_import = lower[start..].starts_with('@');
        let length = lower[start..].find(if is_import { ';' } else { ')' });
        let end = length.map_or(css.len(), |length| start + length + 1);
        let named: String = lower[start..end].chars().filter(|c| !c.is_whitespace()).collect();
        if !is_import {
            out.push_str(if addresses_stay(&named) { &css[start..end] } else { "none" });
        }
        at = end;
    }
    out.push_str(&css[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::scrubbed;

    #[test]
    fn nothing_runs_and_nothing_is_loaded() {
        let svg = r#"<?xml version="1.0"?><?xml-stylesheet href="a.css"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/x.dtd" [<!ENTITY ns "http://www.w3.org/2000/svg"> <!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY a "&ns;&ns;">]>
<svg xmlns="&ns;" width="10" onload="alert(1)"><script>alert(2)<g/></script><style>@import url(http://e.org/a.css); .one{fill:url(#g);stroke:url( "http://e.org/p" )}</style>
<a href="java&#x73;cript:alert(3)"><text class="one">&x;&a;1 &lt; 2</text></a><foreignObject><b><script/></b></foreignObject>
<image href="data:image/png;base64,AA=="/><image xlink:href="http://e.org/p.png"/><set attributeName="href" to="x"/><![CDATA[a<b]]></svg>"#;
        let (clean, lost) = scrubbed(svg).expect("it is a drawing");
        assert!(lost);
        for bad in [
            "alert", "script", "onload", "e.org", "passwd", "DOCTYPE", "ENTITY", "foreign", "<b",
            "<set", "import",
        ] {
            assert!(!clean.contains(bad), "{bad}: {clean}");
        }
        for good in [
            "xmlns=\"http://www.w3.org/2000/svg\"",
            "class=\"one\"",
            "1 &lt; 2",
            "fill:url(#g)",
            "data:image/png",
            "a&lt;b",
        ] {
            assert!(clean.contains(good), "{good}: {clean}");
        }
        assert_eq!(scrubbed(&clean), Some((clean.clone(), false)), "it is clean already");
    }

    #[test]
    fn names_of_names_stand_for_nothing() {
        let mut subset = "<!ENTITY a0 \"ha\">".to_owned();
        for depth in 1..30 {
            let last = format!("&a{};", depth - 1).repeat(10);
            subset.extend(["<!ENTITY a", &depth.to_string(), " \"", &last, "\">"]);
        }
        let svg = format!("<!DOCTYPE svg [{subset}]><svg><text>&a29;</text></svg>");
        assert_eq!(scrubbed(&svg), Some(("<svg><text></text></svg>".to_owned(), true)));
        let svg =
            "<!DOCTYPE svg [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><svg><text>&f;</text></svg>";
        assert_eq!(scrubbed(svg), Some(("<svg><text></text></svg>".to_owned(), true)));
        let long = "x".repeat(50_000);
        let many = "&a;".repeat(1000);
        let svg = format!("<!DOCTYPE svg [<!ENTITY a \"{long}\">]><svg>{many}</svg>");
        assert_eq!(scrubbed(&svg), None);
        for broken in ["<svg", "<svg><g></svg>", "<svg a=b/>", "<svg><!-- </svg>", "", "&"] {
            assert_eq!(scrubbed(broken), None, "{broken}");
        }
    }
}
