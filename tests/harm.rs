//! What a browser would run or fetch of a page that should do neither.

/// Finds what a browser would run or fetch: reads tags as a browser does, not as our cleaner does.
pub(crate) fn harm(html: &str) -> Option<String> {
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let (tag, attributes, length) = tag(rest);
        rest = &rest[length..];
        let own_script =
            |(name, value): &(String, String)| name == "src" && value.contains("assets/");
        let bad_tag = matches!(tag.as_str(), "iframe" | "object" | "embed" | "style" | "base")
                // Formulas are drawn by us; these lead out of them, or into other ways of reading.
                || matches!(tag.as_str(), "maction" | "annotation-xml" | "mglyph" | "malignmark")
                || (tag == "script"
                    && !attributes.iter().any(|a| own_script(a) || a.1.ends_with(".notes.js")));
        if bad_tag {
            return Some(tag);
        }
        for (name, value) in attributes {
            let target: String = value.chars().filter(|c| !c.is_control() && *c != ' ').collect();
            let target = target.to_ascii_lowercase();
            let leads = matches!(name.as_str(), "href" | "src" | "action");
            let runs = ["javascript:", "vbscript:", "data:"].iter().any(|s| target.starts_with(s));
            if name.starts_with("on") || name == "style" || name == "srcdoc" || (leads && runs) {
                return Some(format!("<{tag} {name}={value}>"));
            }
        }
    }
    None
}

/// Reads a tag behind its `<`: its name, its attributes, and how long it is.
fn tag(text: &str) -> (String, Vec<(String, String)>, usize) {
    let space = |c: char| c.is_ascii_whitespace() || c == '/';
    let end = text.find(|c: char| space(c) || c == '>').unwrap_or(text.len());
    let name = text[..end].to_ascii_lowercase();
    let mut attributes = Vec::new();
    let mut rest = &text[end..];
    loop {
        rest = rest.trim_start_matches(space);
        if rest.is_empty() || rest.starts_with('>') {
            return (name, attributes, text.len() - rest.len());
        }
        let end = rest[1..]
            .find(|c: char| space(c) || c == '>' || c == '=')
            .map_or(rest.len(), |at| at + 1);
        let key = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let mut value = String::new();
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
            let (inside, length) = if let Some(quote) = quote {
                let close = after[1..].find(quote).map_or(after.len(), |at| at + 1);
                (&after[1..close], (close + 1).min(after.len()))
            } else {
                let close = after
                    .find(|c: char| c.is_ascii_whitespace() || c == '>')
                    .unwrap_or(after.len());
                (&after[..close], close)
            };
            inside.replace("&#x3a;", ":").replace("&amp;", "&").clone_into(&mut value);
            rest = &after[length..];
        }
        attributes.push((key, value));
    }
}

#[test]
fn harm_is_found_where_it_is() {
    for html in [
        "<script>x</script>",
        "<a href='java\nscript:x'>",
        "<b title=\"a>b\" onclick=x>",
        "<b/onclick=x>",
        "<img src=data:x>",
        "<p style='x'>",
        "<IFRAME>",
    ] {
        assert!(harm(html).is_some(), "{html}");
    }
    for html in [
        "<b title=\"onclick=x\">",
        "< script>",
        "&lt;script&gt;",
        "<a href=\"https://a.b/javascript:\">",
    ] {
        assert_eq!(harm(html), None);
    }
}
