//! The fonts of a style sheet that a deck can show a letter of; the others need not come along.
//!
//! What is in doubt stays: a family that is named anywhere counts as used, and a range that cannot be read
//! as one that holds everything.

use std::collections::BTreeSet;
use std::ops::Range;

use super::sheet::string_length;

/// What a deck says, and in which letters.
#[derive(Clone, Debug, Default)]
pub(super) struct Used {
    /// Everything that may name a family, in small letters.
    names: String,
    letters: BTreeSet<u32>,
}

impl Used {
    /// Looks at a page and at all of its style sheets.
    pub(super) fn of(html: &str, sheets: &[String]) -> Used {
        let mut names = html.to_lowercase();
        let mut letters: BTreeSet<u32> = html.chars().map(u32::from).collect();
        for css in sheets {
            let mut at = 0;
            for face in faces(css) {
                names.push_str(&css[at..face.start].to_lowercase());
                at = face.end;
            }
            names.push_str(&css[at..].to_lowercase());
            letters.extend(css.chars().map(u32::from));
        }
        Used { names, letters }
    }

    fn has(&self, face: &str) -> bool {
        let named = descriptor(face, "font-family").is_none_or(|family| {
            let family = family.trim().trim_matches(['"', '\'']).to_lowercase();
            family.is_empty() || family.contains('\\') || self.names.contains(&family)
        });
        named
            && descriptor(face, "unicode-range").is_none_or(|ranges| {
                let mut ranges = ranges.split(',').map(|range| points(range.trim()));
                ranges.any(|range| {
                    range.is_none_or(|range| self.letters.range(range).next().is_some())
                })
            })
    }
}

/// Returns a style sheet, comments left out, without the fonts that are not used.
pub(super) fn used(css: &str, used: &Used) -> String {
    let mut out = String::with_capacity(css.len());
    let mut at = 0;
    for face in faces(css) {
        out.push_str(&css[at..face.start]);
        if used.has(&css[face.clone()]) {
            out.push_str(&css[face.clone()]);
        }
        at = face.end;
    }
    out.push_str(&css[at..]);
    out
}

/// Finds the `@font-face` rules of a style sheet.
fn faces(css: &str) -> Vec<Range<usize>> {
    const RULE: &str = "@font-face";
    let mut found = Vec::new();
    let mut start = None;
    let mut at = 0;
    while let Some(c) = css[at..].chars().next() {
        let rest = &css[at..];
        match c {
            '"' | '\'' => {
                at += string_length(rest);
                continue;
            }
            '@' if rest.get(..RULE.len()).is_some_and(|it| it.eq_ignore_ascii_case(RULE)) => {
                start = Some(at);
            }
            '}' => found.extend(start.take().map(|start| start..at + 1)),
            _ => {}
        }
        at += c.len_utf8();
    }
    found
}

/// Returns the value of a descriptor in a rule.
fn descriptor<'a>(face: &'a str, name: &str) -> Option<&'a str> {
    let inside = face.split_once('{')?.1.trim_end_matches('}');
    inside.split(';').find_map(|declaration| {
        let (key, value) = declaration.split_once(':')?;
        key.trim().eq_ignore_ascii_case(name).then_some(value)
    })
}

/// Reads `U+26`, `U+0-7F` or `U+4??`.
fn points(range: &str) -> Option<std::ops::RangeInclusive<u32>> {
    let digits = range.strip_prefix(['u', 'U'])?.strip_prefix('+')?;
    let number = |text: &str| u32::from_str_radix(text, 16).ok();
    match digits.split_once('-') {
        Some((from, to)) => Some(number(from)?..=number(to)?).filter(|range| !range.is_empty()),
        None => Some(number(&digits.replace('?', "0"))?..=number(&digits.replace('?', "F"))?),
    }
}

#[cfg(test)]
mod tests {
    use super::{Used, used};

    const FACES: &str = "@font-face{font-family:\"Brand Sans\";src:url(a.woff2);unicode-range:U+0-7F}\
        @font-face{font-family:'Brand Sans';src:url(b.woff2);unicode-range:U+4??,U+3040-309F}\
        @font-face{font-family:Other;src:url(c.woff2)}h1{content:\"@font-face}\"}";

    #[test]
    fn only_fonts_that_show_a_letter_stay() {
        for (html, rule, kept) in [
            ("<p>abc", "h1{font:1em Brand Sans}", "a"),
            ("<p>あ", "h1{font-family:\"brand sans\",serif}", "ab"),
            ("<p>Ж", "", ""),
            ("<p>x", "h1{--f:Other}", "c"),
            ("<p style=\"font-family:other\">я", "", "c"),
            ("<p>漢", "h1{font:1em 'Brand Sans','Other'}", "ac"),
        ] {
            let css = format!("{FACES}{rule}");
            let found = used(&css, &Used::of(html, std::slice::from_ref(&css)));
            let left: String = ["a", "b", "c"]
                .into_iter()
                .filter(|name| found.contains(&format!("{name}.woff2")))
                .collect();
            assert_eq!(left, kept, "{html} {rule}");
            assert!(found.contains("h1{content:\"@font-face}\"}"), "{found}");
        }
    }

    #[test]
    fn what_cannot_be_read_stays() {
        for face in [
            "@font-face{src:url(a.woff2)}",
            "@font-face{font-family:a;unicode-range:odd}",
            "@font-face{font-family:a;unicode-range:U+9-1}",
            "@font-face{font-family:a",
        ] {
            assert_eq!(used(face, &Used::of("a", &[])), face);
        }
    }
}
