//! Style sheets and scripts as a browser gets them: what is always wanted together in one file, and our
//! own without the comments and the indentation that are there for whoever reads them.
//!
//! A file that a site has put in the place of one of ours is passed on as it was written.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// What is fetched as one file, and what follows in it, in this order.
const PACKS: &[(&str, &[&str])] = &[
    ("deck/deck.css", &["deck/presenter.css"]),
    ("search/engine.js", &["search/box.js", "offline/offline.js"]),
    ("deck/deck.js", &["deck/overview.js", "deck/ink.js", "deck/presenter.js", "deck/link.js"]),
];

/// Returns every file that a browser fetches; `is_ours` tells whether one is as we wrote it.
pub(super) fn pack(
    texts: &BTreeMap<String, String>,
    is_ours: impl Fn(&str) -> bool,
) -> BTreeMap<String, Cow<'_, str>> {
    let of = |name: &str| -> Option<Cow<'_, str>> {
        let (name, text) = texts.get_key_value(name)?;
        Some(if is_ours(name) { bare(name, text) } else { Cow::Borrowed(text.as_str()) })
    };
    let inside = |name: &str| PACKS.iter().any(|(_, parts)| parts.contains(&name));
    let mut packed = BTreeMap::new();
    for name in texts.keys().filter(|name| !inside(name)) {
        packed.extend(of(name).map(|text| (name.clone(), text)));
    }
    for (name, parts) in PACKS {
        let Some(whole) = packed.get_mut(*name) else { continue };
        for text in parts.iter().filter_map(|part| of(part)) {
            whole.to_mut().push('\n');
            whole.to_mut().push_str(&text);
        }
    }
    packed
}

fn bare<'a>(name: &str, text: &'a str) -> Cow<'a, str> {
    let squeezed =
        ["deck/", "offline/", "search/", "site."].iter().any(|start| name.starts_with(start));
    match name.rsplit('.').next() {
        Some("js") if squeezed => Cow::Owned(bare_script(text)),
        Some("css") if squeezed || name.starts_with("themes/") => Cow::Owned(bare_sheet(text)),
        _ => Cow::Borrowed(text),
    }
}

/// Drops lines that only comment, and indentation. Our scripts have no text of several lines.
fn bare_script(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    let kept = lines.filter(|line| !line.is_empty() && !line.starts_with("//"));
    kept.flat_map(|line| [line, "\n"]).collect()
}

/// Drops comments, and the space around braces and between rules and declarations.
fn bare_sheet(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut quote = None;
    while let Some(c) = rest.chars().next() {
        if quote.is_none() && rest.starts_with("/*") {
            rest = rest.split_once("*/").map_or("", |(_, after)| after);
            continue;
        }
        let length = match c {
            '\\' => rest.chars().take(2).map(char::len_utf8).sum(),
            _ => c.len_utf8(),
        };
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if c == open => quote = None,
            _ => {}
        }
        let space = quote.is_none() && c.is_whitespace();
        let behind = out.ends_with([' ', '{', '}', ';', ',']) || out.is_empty();
        if quote.is_none() && matches!(c, '{' | '}' | ';' | ',') && out.ends_with(' ') {
            out.pop();
        }
        if c == '}' && quote.is_none() && out.ends_with(';') {
            out.pop();
        }
        match (space, behind) {
            (true, true) => {}
            (true, false) => out.push(' '),
            (false, _) => out.push_str(&rest[..length]),
        }
        rest = &rest[length..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{bare_script, bare_sheet, pack};

    #[test]
    fn a_sheet_keeps_what_counts() {
        let sheet = "/* why */\n.a > .b,\n.c::before {\n  content: \"; /* no */  }\";\n  margin: calc(1px + 2px) 0;\n}\n\n@media print {\n  .d:has(> .e) {\n    color: red;\n  }\n}\n";
        let bare = ".a > .b,.c::before{content: \"; /* no */  }\";margin: calc(1px + 2px) 0}@media print{.d:has(> .e){color: red}}";
        assert_eq!(bare_sheet(sheet), bare);
    }

    #[test]
    fn a_script_keeps_what_counts() {
        let script =
            "// why\n(function () {\n  const url = \"http://a\"; // said\n\n  // more\n})();\n";
        assert_eq!(
            bare_script(script),
            "(function () {\nconst url = \"http://a\"; // said\n})();\n"
        );
    }

    #[test]
    fn parts_follow_in_one_file_and_a_sites_own_stay_as_written() {
        let texts = ["deck/deck.js", "deck/link.js", "deck/ink.js", "site.css"]
            .map(|name| (name.to_owned(), format!("  // {name}\n  said(\"{name}\");\n")));
        let texts = texts.into_iter().collect();
        let packed = pack(&texts, |name| name != "deck/link.js");
        assert_eq!(packed.keys().collect::<Vec<_>>(), ["deck/deck.js", "site.css"]);
        let whole = "said(\"deck/deck.js\");\n\nsaid(\"deck/ink.js\");\n\n  // deck/link.js\n  said(\"deck/link.js\");\n";
        assert_eq!(packed["deck/deck.js"], whole);
    }
}
