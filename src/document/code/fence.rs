//! What stands behind the ticks of a fence: language, caption, numbers, lines.
//!
//! The words of other programs mean here what they mean there, so that what was written for one of them stays as it is.

use super::languages::{Language, language};

/// What a fence says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::document) struct Fence<'a> {
    /// The word for the language, as written; empty without one.
    pub word: &'a str,
    /// Whether lines begin with `+`, `-` or a space that is not part of the code.
    pub marked: bool,
    pub caption: Option<&'a str>,
    /// The number of the first line, where lines have numbers.
    pub first: Option<u32>,
    /// What stands in braces where it speaks of lines.
    pub braces: Option<&'a str>,
    /// Lines to be lit, in words of their own: `hl_lines="2 4-5"`.
    pub lit: Option<&'a str>,
    /// What kind of chart is drawn: `chart bar`.
    pub chart: Option<&'a str>,
}

impl Fence<'_> {
    pub(in crate::document) fn language(&self) -> Option<&'static Language> {
        language(self.word)
    }
}

/// Reads the info of a fence.
pub(in crate::document) fn read(info: &str) -> Fence<'_> {
    let mut fence = Fence::default();
    let end = info.find([' ', '\t', '{', ',']).unwrap_or(info.len());
    let (word, rest) = info.split_at(end);
    fence.name(word);
    fence.words(rest);
    fence
}

/// What turns numbers on, in one program or another.
const NUMBERS: &[&str] = &[
    "linenos",
    "linenums",
    "linenumbers",
    "line-numbers",
    "shownumbers",
    "showlinenumbers",
    "numberlines",
    "number-lines",
    "lineno",
];
/// What says with which number they begin.
const FIRST: &[&str] = &["linenostart", "startfrom", "start", "start-line", "linestart"];
const CAPTIONS: &[&str] = &["title", "caption", "filename", "file", "name"];
const LIT: &[&str] = &["hl_lines", "hl-lines", "highlight", "highlights", "emphasize-lines"];

impl<'a> Fence<'a> {
    /// Reads `rust`, `rust:src/main.rs`, `diff-rust`, `rust:line-numbers`.
    fn name(&mut self, word: &'a str) {
        let (word, behind) = word.split_once(':').map_or((word, ""), |(word, rest)| (word, rest));
        if behind.starts_with("line-numbers") || behind.starts_with("no-line-numbers") {
            self.word(behind);
        } else if !behind.is_empty() {
            self.caption = Some(behind);
        }
        let after =
            word.get(..5).filter(|start| start.eq_ignore_ascii_case("diff-")).map(|_| &word[5..]);
        self.word = match after.filter(|after| language(after).is_some()) {
            Some(after) => {
                self.marked = true;
                after
            }
            None => word,
        };
    }

    /// Reads what stands behind the language.
    fn words(&mut self, rest: &'a str) {
        let mut rest = rest.trim_start_matches([' ', '\t', ',']);
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix('{') {
                let (inside, after) = inner.split_once('}').unwrap_or((inner, ""));
                self.group(inside);
                rest = after;
            } else {
                let end = word_end(rest);
                let (word, after) = rest.split_at(end);
                if !self.word.is_empty() || word.contains('=') {
                    self.second(word);
                }
                rest = after;
                // `showLineNumbers{5}`
                if is_one(word, NUMBERS)
                    && let Some((number, behind)) =
                        rest.strip_prefix('{').and_then(|rest| rest.split_once('}'))
                    && let Ok(number) = number.trim().parse()
                {
                    self.first = Some(number);
                    rest = behind;
                }
            }
            rest = rest.trim_start_matches([' ', '\t', ',']);
        }
    }

    /// Reads what stands in braces: lines, or words in the manner of Pandoc and Hugo.
    fn group(&mut self, inside: &'a str) {
        let start = inside.trim_start();
        let lines = start.starts_with(|c: char| c.is_ascii_digit() || "*|".contains(c))
            || (inside.contains('|') && !inside.contains(['=', '"']))
            || matches!(inside.trim(), "all" | "none");
        if lines {
            self.braces.get_or_insert(inside);
            return;
        }
        let mut rest = start;
        if self.word.is_empty() {
            // `{.rust .numberLines}`, `{python}`
            let end = word_end(rest);
            let word = rest[..end].trim_start_matches('.');
            if language(word).is_some() {
                self.word = word;
                rest = &rest[end..];
            }
        }
        self.words_within(rest);
    }

    fn words_within(&mut self, mut rest: &'a str) {
        loop {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            if rest.is_empty() {
                return;
            }
            let end = word_end(rest);
            self.word(rest[..end].trim_start_matches(['.', '#']));
            rest = &rest[end..];
        }
    }

    /// Reads the second word: with `diff` it may be a language, with `chart` it is a kind.
    fn second(&mut self, word: &'a str) {
        if self.word.eq_ignore_ascii_case("diff") && !self.marked {
            let (name, caption) =
                word.split_once(':').map_or((word, None), |(name, file)| (name, Some(file)));
            if language(name).is_some_and(|language| language.word != "diff") {
                (self.word, self.marked) = (name, true);
                self.caption = self.caption.or(caption.filter(|caption| !caption.is_empty()));
                return;
            }
        }
        if self.word == "chart" && self.chart.is_none() && !word.contains('=') {
            self.chart = Some(word);
            return;
        }
        self.word(word);
    }

    /// Reads `linenos`, `title="src/main.rs"` and their like; what means nothing here is for others.
    fn word(&mut self, word: &'a str) {
        let (key, value) =
            word.split_once('=').map_or((word, None), |(key, value)| (key, Some(value)));
        let value = value.map(|value| value.trim_matches(['"', '\'']));
        let number = value.and_then(|value| value.parse::<u32>().ok());
        let refused = value.is_some_and(|value| matches!(value, "false" | "off" | "no" | "none"));
        if is_one(key, NUMBERS) {
            self.first = if refused { None } else { number.or(self.first).or(Some(1)) };
        } else if is_one(key, FIRST) {
            self.first = number.or(self.first);
        } else if is_one(key, CAPTIONS) {
            self.caption = value.filter(|value| !value.trim().is_empty()).or(self.caption);
        } else if is_one(key, LIT) {
            self.lit = value.or(self.lit);
        }
    }
}

fn is_one(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Returns where a word ends: quotation marks and brackets hold spaces.
fn word_end(text: &str) -> usize {
    let mut inside = None;
    for (at, c) in text.char_indices() {
        match inside {
            Some(end) if c == end => inside = None,
            None if c == '"' || c == '\'' => inside = Some(c),
            None if c == '[' => inside = Some(']'),
            None if matches!(c, ' ' | '\t' | ',' | '{') && at > 0 => return at,
            Some(_) | None => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::{Fence, read};

    /// Each as its program's manual has it.
    #[test]
    fn fences_of_other_programs_are_understood() {
        let fence = |word| Fence { word, ..Fence::default() };
        let titled = |word, caption| Fence { caption: Some(caption), ..fence(word) };
        let numbered = |word, first| Fence { first: Some(first), ..fence(word) };
        for (info, expected) in [
            ("", fence("")),
            ("rust", fence("rust")),
            ("rust,ignore,should_panic", fence("rust")),
            ("rust {1|3-4|all}", Fence { braces: Some("1|3-4|all"), ..fence("rust") }),
            ("rust{2}", Fence { braces: Some("2"), ..fence("rust") }),
            ("rust title=\"src/main.rs\"", titled("rust", "src/main.rs")),
            (
                "jsx title=\"a b.js\" {1,4-6} showLineNumbers",
                Fence { braces: Some("1,4-6"), first: Some(1), ..titled("jsx", "a b.js") },
            ),
            ("rust:src/main.rs", titled("rust", "src/main.rs")),
            ("ts:line-numbers=5 {1}", Fence { braces: Some("1"), ..numbered("ts", 5) }),
            ("js showLineNumbers{7}", numbered("js", 7)),
            ("rust linenos=10", numbered("rust", 10)),
            (
                "go {linenos=table,hl_lines=[2,\"4-6\"],linenostart=199}",
                Fence { lit: Some("[2,\"4-6\"]"), ..numbered("go", 199) },
            ),
            ("go {linenos=false}", fence("go")),
            (
                "py title=\"x.py\" linenums=\"1\" hl_lines=\"2 3\"",
                Fence { first: Some(1), lit: Some("2 3"), ..titled("py", "x.py") },
            ),
            ("python {.numberLines startFrom=\"3\"}", numbered("python", 3)),
            ("{.python .numberLines}", numbered("python", 1)),
            ("{python}", fence("python")),
            (
                "rust,linenos,linenostart=10,name=a.rs",
                Fence { first: Some(10), ..titled("rust", "a.rs") },
            ),
            ("diff", fence("diff")),
            ("diff-rust", Fence { marked: true, ..fence("rust") }),
            ("diff rust:a.rs", Fence { marked: true, ..titled("rust", "a.rs") }),
            ("diff-so-fancy", fence("diff-so-fancy")),
        ] {
            assert_eq!(read(info), expected, "{info}");
        }
    }
}
