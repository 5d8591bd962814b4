//! Which paths may be written at all: decided on the words of a path, before the disk is asked.
//!
//! The rules are the same on every system, so that a site can be moved between them.

use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::source::SourcePath;

/// The folders that may be written to.
pub const WRITABLE: [&str; 2] = ["decks", "wiki"];

/// How long a path and one part of it may be, in bytes: file systems allow no more.
const PATH_BYTES_MAX: usize = 1024;
const PART_BYTES_MAX: usize = 240;

/// Why a path may not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathFault {
    /// It lies neither in `decks/` nor in `wiki/`.
    Elsewhere,
    /// It is not the path of a Markdown text.
    NotMarkdown,
    /// A part of it is empty, hidden, `..`, or means something else on another system.
    Part,
    /// It is too long for a file.
    Long,
}

impl PathFault {
    /// Returns what is wrong, and what to do.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            PathFault::Elsewhere => (
                "only files in decks/ and wiki/ can be written",
                "name a path such as wiki/Title.md",
            ),
            PathFault::NotMarkdown => {
                ("only Markdown texts can be written", "let the name end in .md")
            }
            PathFault::Part => (
                "the name cannot be that of a file on every system",
                "leave out \\ : * ? \" < > | and %, dots and spaces at either end, and names such as CON",
            ),
            PathFault::Long => ("the name is too long", "240 bytes are enough for 80 kana"),
        }
    }
}

/// Checks the path of a text that exists; what it leads to is the disk's to say.
pub fn text_path(path: &str) -> Result<SourcePath, PathFault> {
    inside(path)?;
    let path = SourcePath::new(path);
    if path.is_markdown() { Ok(path) } else { Err(PathFault::NotMarkdown) }
}

/// Checks the path of a text that is to be made.
pub fn new_path(path: &str) -> Result<SourcePath, PathFault> {
    let known = text_path(path)?;
    if path.split('/').all(is_new_name) { Ok(known) } else { Err(PathFault::Part) }
}

/// Checks a folder that files are to be put into.
pub fn folder(path: &str) -> Result<String, PathFault> {
    let path = path.trim_end_matches('/');
    inside(&format!("{path}/x"))?;
    if path.split('/').all(is_new_name) { Ok(path.to_owned()) } else { Err(PathFault::Part) }
}

fn inside(path: &str) -> Result<(), PathFault> {
    let (top, rest) = path.split_once('/').ok_or(PathFault::Elsewhere)?;
    if !WRITABLE.contains(&top) {
        return Err(PathFault::Elsewhere);
    }
    if path.len() > PATH_BYTES_MAX {
        return Err(PathFault::Long);
    }
    rest.split('/').try_for_each(part)
}

/// Why a file of this name is none on every system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameFault {
    /// Windows means a device by it.
    Device,
    /// A character that no name holds there.
    Letter(char),
    /// A character that turns the text round, or that nobody sees.
    Unseen(char),
    /// A dot or a space at the end.
    End,
    /// A space at the begin.
    Begin,
    /// It is so long that no other file fits beside it for a moment.
    Long(usize),
}

/// Finds why a file or folder that is there has a name that it cannot have on every system.
pub fn name_fault(part: &str) -> Option<NameFault> {
    let odd = |c: &char| c.is_control() || "\\:*?\"<>|".contains(*c);
    if let Some(c) = part.chars().find(odd) {
        return Some(NameFault::Letter(c));
    }
    if let Some(c) = part.chars().find(|c| is_unseen(*c)) {
        return Some(NameFault::Unseen(c));
    }
    match part {
        _ if is_reserved(stem_of(part)) => Some(NameFault::Device),
        _ if part.ends_with(['.', ' ']) => Some(NameFault::End),
        _ if part.starts_with(' ') => Some(NameFault::Begin),
        _ if part.len() > PART_BYTES_MAX => Some(NameFault::Long(part.len())),
        _ => None,
    }
}

/// Returns what Windows looks at to know a device.
fn stem_of(part: &str) -> &str {
    part.split('.').next().unwrap_or(part).trim_end()
}

/// Checks what no part of a path may be, whether there is such a file or not.
fn part(part: &str) -> Result<(), PathFault> {
    if part.len() > PART_BYTES_MAX {
        return Err(PathFault::Long);
    }
    let odd = |c: char| c.is_control() || "\\:".contains(c) || is_unseen(c);
    let dots = |text: &str| text.chars().all(|c| c == '.');
    let bad = part.is_empty()
        || part.starts_with('.')
        || part.ends_with(['.', ' ', '~'])
        || part.starts_with(' ')
        || (part.starts_with('#') && part.ends_with('#'))
        || part.contains(odd)
        || dots(&part.nfkc().collect::<String>())
        || is_reserved(stem_of(part));
    if bad { Err(PathFault::Part) } else { Ok(()) }
}

/// Characters that turn the order of letters round, or that nobody sees.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Tells whether a part may be the name of a new file: what looks like a separator is none.
fn is_new_name(part: &str) -> bool {
    let odd = |c: char| "*?\"<>|%".contains(c) || matches!(c, '／' | '＼' | '：' | '\u{fffd}');
    is_nfc(part) && !part.contains(odd)
}

/// Names that Windows gives to devices, whatever stands behind a dot.
fn is_reserved(stem: &str) -> bool {
    let stem = stem.to_ascii_uppercase();
    let numbered = |name: &str| {
        stem.strip_prefix(name).is_some_and(|digit| digit.len() == 1 && digit > "0" && digit <= "9")
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
        || numbered("COM")
        || numbered("LPT")
}

/// Returns the name of a file for a title: what no name may hold becomes `_`, and it is cut at a character.
pub fn name_of_title(title: &str) -> Option<String> {
    let letter = |c: char| {
        let odd = c.is_control() || "\\/:*?\"<>|%#[]^".contains(c) || is_unseen(c);
        if odd || c.is_whitespace() || matches!(c, '／' | '＼' | '：') { '_' } else { c }
    };
    let mut name: String = title.trim().nfc().map(letter).collect();
    while name.contains("__") {
        name = name.replace("__", "_");
    }
    let mut end = name.len().min(200);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
    let name = name.trim_matches(['_', '.', '~', ' ']);
    let stem = stem_of(name);
    // A device has its name before the first dot.
    let name =
        if is_reserved(stem) { format!("{stem}_{}", &name[stem.len()..]) } else { name.to_owned() };
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_could_mean_something_else_are_refused() {
        use PathFault::{Elsewhere, Long, NotMarkdown, Part};
        let long = format!("wiki/{}.md", "あ".repeat(80));
        let table = [
            ("wiki/Page.md", None),
            ("wiki/紙芝居.md", None),
            ("wiki/a b/c.en.md", None),
            ("decks/talk/index.md", None),
            ("wiki/_part.md", None),
            ("", Some(Elsewhere)),
            ("kami.toml", Some(Elsewhere)),
            ("wiki", Some(Elsewhere)),
            ("Wiki/Page.md", Some(Elsewhere)),
            ("wiki-secret/a.md", Some(Elsewhere)),
            ("static/a.md", Some(Elsewhere)),
            ("templates/a.md", Some(Elsewhere)),
            (".kami/trash/a.md", Some(Elsewhere)),
            ("../wiki/a.md", Some(Elsewhere)),
            ("/wiki/a.md", Some(Elsewhere)),
            ("wiki/../../etc/a.md", Some(Part)),
            ("wiki/./a.md", Some(Part)),
            ("wiki//a.md", Some(Part)),
            ("wiki/a.md/", Some(Part)),
            ("wiki/.hidden.md", Some(Part)),
            ("wiki/.git/a.md", Some(Part)),
            ("wiki/．．/a.md", Some(Part)),
            ("wiki/…/a.md", Some(Part)),
            ("wiki/a\\b.md", Some(Part)),
            ("wiki/a.md::$DATA", Some(Part)),
            ("wiki/C:a.md", Some(Part)),
            ("wiki/CON.md", Some(Part)),
            ("wiki/con.tar.md", Some(Part)),
            ("wiki/lpt1/a.md", Some(Part)),
            ("wiki/a\0.md", Some(Part)),
            ("wiki/a\n.md", Some(Part)),
            ("wiki/a\u{202e}dm.md", Some(Part)),
            ("wiki/a\u{200b}.md", Some(Part)),
            ("wiki/a.md.", Some(Part)),
            ("wiki/a.md ", Some(Part)),
            ("wiki/ a.md", Some(Part)),
            ("wiki/a.md~", Some(Part)),
            ("wiki/#a.md#", Some(Part)),
            ("wiki/a.txt", Some(NotMarkdown)),
            ("wiki/a.MD", Some(NotMarkdown)),
            ("wiki/a", Some(NotMarkdown)),
            (&long, Some(Long)),
        ];
        for (path, fault) in table {
            assert_eq!(text_path(path).err(), fault, "{path:?}");
        }
        let made = ["wiki/%2e%2e/a.md", "wiki/a?.md", "wiki/a／b.md", "wiki/か\u{3099}.md"];
        for path in made {
            assert!(text_path(path).is_ok() && new_path(path).is_err(), "{path:?}");
        }
    }

    #[test]
    fn names_that_another_system_cannot_hold_are_told() {
        use NameFault::{Begin, Device, End, Letter, Long, Unseen};
        let long = "x".repeat(241);
        for (name, fault) in [
            ("Page.md", None),
            ("紙芝居 入門.md", None),
            ("50%.md", None),
            ("console.md", None),
            ("com0.md", None),
            ("か\u{3099}.md", None),
            ("CON.md", Some(Device)),
            ("nul.en.md", Some(Device)),
            ("aux .md", Some(Device)),
            ("Lpt9", Some(Device)),
            ("a?b.md", Some(Letter('?'))),
            ("a:b.md", Some(Letter(':'))),
            ("a\\b.md", Some(Letter('\\'))),
            ("a\nb.md", Some(Letter('\n'))),
            ("a\u{200b}b.md", Some(Unseen('\u{200b}'))),
            ("folder.", Some(End)),
            ("a.md ", Some(End)),
            (" a.md", Some(Begin)),
            (&long, Some(Long(241))),
        ] {
            assert_eq!(name_fault(name), fault, "{name:?}");
        }
    }

    #[test]
    fn a_title_becomes_a_name() {
        let long = "漢".repeat(100);
        for (title, name) in [
            ("My page", Some("My_page")),
            ("紙芝居　入門", Some("紙芝居_入門")),
            ("CON", Some("CON_")),
            ("nul.en", Some("nul_.en")),
            ("a/b", Some("a_b")),
            ("..", None),
            (".hidden", Some("hidden")),
            ("  ", None),
            ("か\u{3099}", Some("が")),
            ("👨‍👩‍👧 family", Some("👨‍👩‍👧_family")),
            ("C#", Some("C")),
            (&long, Some(&*"漢".repeat(66))),
        ] {
            let made = name_of_title(title);
            assert_eq!(made.as_deref(), name, "{title:?}");
            let allowed = made.is_none_or(|made| new_path(&format!("wiki/{made}.md")).is_ok());
            assert!(allowed, "{title:?}");
        }
    }
}
