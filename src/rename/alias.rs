//! The old name of a document, left in its front matter: whoever has it written down still arrives.

use crate::document::front_matter;
use crate::source::SourcePath;
use crate::span::lines;

/// Returns a text that also answers to the name that its file had; every other byte stays.
pub(super) fn with_alias(text: &str, from: &SourcePath, to: &SourcePath) -> String {
    let Some(alias) = alias(from, to) else { return text.to_owned() };
    let value = quoted(&alias);
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let bom = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let Some(block) = front_matter::find(&text[bom..]).filter(|block| block.closed) else {
        let block = format!("---{end}aliases: [{value}]{end}---{end}{end}");
        return [&text[..bom], &block, &text[bom..]].concat();
    };
    let (from, to) = (bom + block.yaml.start, bom + block.yaml.end);
    let yaml = &text[from..to];
    let (at, new) = insertion(yaml, &value, end);
    if holds(yaml, &alias) {
        return text.to_owned();
    }
    [&text[..from + at.start], &new, &text[from + at.end..]].concat()
}

/// Returns the name that a file had, as an alias is written: its path under the top folder.
fn alias(from: &SourcePath, to: &SourcePath) -> Option<String> {
    let name = |path: &SourcePath| {
        let stem = path.as_str().strip_suffix(".md")?;
        let stem = stem.split_once('/')?.1;
        Some(stem.strip_suffix("/index").unwrap_or(stem).replace('_', " "))
    };
    let (old, new) = (name(from)?, name(to)?);
    // From one top folder to the other a name says where it was.
    let moved = from.as_str().split('/').next() != to.as_str().split('/').next();
    let old = if moved { from.as_str().strip_suffix(".md")?.to_owned() } else { old };
    (old != new).then_some(old)
}

/// Returns a name as front matter has it: in quotation marks where it would be something else without them.
pub(super) fn quoted(alias: &str) -> String {
    let plain = alias.chars().all(|c| c.is_alphanumeric() || " _-/.".contains(c))
        && !alias.starts_with(['-', '.', '/', ' '])
        && alias.chars().any(char::is_alphabetic)
        && !matches!(
            alias.to_ascii_lowercase().as_str(),
            "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
        );
    if plain {
        alias.to_owned()
    } else {
        format!("\"{}\"", alias.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// Tells whether the front matter has the alias already, however it is written.
fn holds(yaml: &str, alias: &str) -> bool {
    let mut inside = false;
    for line in lines(yaml) {
        if let Some(value) = line.strip_prefix("aliases:") {
            inside = true;
            if value.split(['[', ']', ',']).any(|item| bare(item) == alias) {
                return true;
            }
        } else if inside && !line.starts_with([' ', '-', '\t']) {
            inside = false;
        } else if inside
            && line.trim_start().strip_prefix('-').is_some_and(|item| bare(item) == alias)
        {
            return true;
        }
    }
    false
}

fn bare(item: &str) -> &str {
    item.trim().trim_matches(['"', '\''])
}

/// Returns where in the front matter something has to be put, and what.
fn insertion(yaml: &str, value: &str, end: &str) -> (std::ops::Range<usize>, String) {
    let mut at = 0;
    let mut all = lines(yaml).peekable();
    while let Some(line) = all.next() {
        let next = at + line.len();
        if let Some(written) = line.strip_prefix("aliases:") {
            let words = written.trim();
            let start = at + "aliases:".len();
            let body = line.trim_end_matches(['\n', '\r']).len() + at;
            if words.is_empty() {
                let item = all.peek().filter(|line| line.trim_start().starts_with('-'));
                let lead = item.map_or("  ", |line| &line[..line.len() - line.trim_start().len()]);
                return (next..next, format!("{lead}- {value}{end}"));
            }
            if let Some(close) = yaml[start..].find(']').filter(|_| words.starts_with('[')) {
                let close = start + close;
                let open = start + yaml[start..].find('[').unwrap_or(0) + 1;
                let none = yaml[open..close].trim().is_empty();
                let comma = if none { "" } else { ", " };
                let last = open + yaml[open..close].trim_end().len();
                return (last..last, format!("{comma}{value}"));
            }
            // One alias without brackets: it becomes the first of two.
            return (start..body, format!(" [{words}, {value}]"));
        }
        at = next;
    }
    let lead = if yaml.is_empty() || yaml.ends_with(['\n', '\r']) { "" } else { end };
    (at..at, format!("{lead}aliases: [{value}]{end}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_is_added_and_nothing_else_changes() {
        for (text, expected) in [
            ("# A\n", "---\naliases: [Old page]\n---\n\n# A\n"),
            ("\u{feff}# A\r\n", "\u{feff}---\r\naliases: [Old page]\r\n---\r\n\r\n# A\r\n"),
            ("---\ntitle: A\n---\nx", "---\ntitle: A\naliases: [Old page]\n---\nx"),
            ("---\naliases: [B]\n---\n", "---\naliases: [B, Old page]\n---\n"),
            ("---\naliases: []\n---\n", "---\naliases: [Old page]\n---\n"),
            (
                "---\naliases: [\n  B,\n  C\n]\n---\n",
                "---\naliases: [\n  B,\n  C, Old page\n]\n---\n",
            ),
            ("---\naliases: B\ntitle: x\n---\n", "---\naliases: [B, Old page]\ntitle: x\n---\n"),
            ("---\naliases:\n- B\n---\n", "---\naliases:\n- Old page\n- B\n---\n"),
            ("---\naliases:\n    - B\n---\n", "---\naliases:\n    - Old page\n    - B\n---\n"),
            ("---\naliases: [\"Old page\"]\n---\n", "---\naliases: [\"Old page\"]\n---\n"),
            ("---\naliases:\n  - 'Old page'\n---\n", "---\naliases:\n  - 'Old page'\n---\n"),
        ] {
            let (from, to) = (SourcePath::new("wiki/Old_page.md"), SourcePath::new("wiki/New.md"));
            assert_eq!(with_alias(text, &from, &to), expected);
        }
        let alias =
            |from: &str, to: &str| super::alias(&SourcePath::new(from), &SourcePath::new(to));
        assert_eq!(alias("wiki/a/B.en.md", "wiki/C.en.md").as_deref(), Some("a/B.en"));
        assert_eq!(alias("wiki/H/index.md", "wiki/G/index.md").as_deref(), Some("H"));
        assert_eq!(quoted("2011"), "\"2011\"");
        assert_eq!(quoted("a: b"), "\"a: b\"");
    }
}
