//! What the comments of a theme say of it: its name, its sizes, what it scales by itself.

use std::ops::Range;

use super::rewrite::pixels;

/// What a theme's comments say, in the order of the text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Meta {
    pub name: Option<(String, Range<usize>)>,
    /// By name: width and height in pixels, or nothing where the size is taken away.
    pub sizes: Vec<(String, Option<(f64, f64)>)>,
    /// `@size` lines that say neither.
    pub wrong_sizes: Vec<Range<usize>>,
    pub auto_scaling: Option<String>,
}

/// What `@auto-scaling` can name.
const SCALABLE: [&str; 3] = ["fittingHeader", "math", "code"];

/// Reads the comments of a theme.
pub(super) fn read(css: &str) -> Meta {
    let mut meta = Meta::default();
    for comment in comments(css) {
        let mut at = comment.start;
        for line in css[comment].split_inclusive('\n') {
            let bare = line.trim_start_matches(|c: char| c.is_whitespace() || "*!".contains(c));
            let start = at + line.len() - bare.len();
            at += line.len();
            let Some((key, value)) = bare
                .strip_prefix('@')
                .and_then(|bare| bare.trim_end().split_once(char::is_whitespace))
            else {
                continue;
            };
            let range = start..start + bare.trim_end().len();
            meta.take(key, value.trim(), range);
        }
    }
    meta
}

impl Meta {
    fn take(&mut self, key: &str, value: &str, range: Range<usize>) {
        match key {
            "theme" if self.name.is_none() => self.name = Some((value.to_owned(), range)),
            "size" => match size(value) {
                Some(size) => self.sizes.push(size),
                None => self.wrong_sizes.push(range),
            },
            "auto-scaling" => self.auto_scaling = Some(auto_scaling(value)),
            _ => {}
        }
    }
}

fn size(value: &str) -> Option<(String, Option<(f64, f64)>)> {
    let words: Vec<&str> = value.split_whitespace().collect();
    match words[..] {
        [name, "false"] => Some((name.to_owned(), None)),
        [name, width, height] => {
            let size = (length(width)?, length(height)?);
            Some((name.to_owned(), Some(size)))
        }
        _ => None,
    }
}

/// Reads an absolute length such as `960px` or `25.4cm`.
fn length(text: &str) -> Option<f64> {
    let unit = text.find(|c: char| c.is_ascii_alphabetic())?;
    pixels(text[..unit].parse().ok()?, &text[unit..])
}

fn auto_scaling(value: &str) -> String {
    match value {
        "true" => SCALABLE.join(" "),
        "false" => String::new(),
        list => {
            let named = |name: &&str| list.split([',', ' ']).any(|word| word.trim() == *name);
            let named: Vec<&str> = SCALABLE.into_iter().filter(named).collect();
            named.join(" ")
        }
    }
}

/// Returns the insides of all comments; what looks like one in a string is none.
fn comments(css: &str) -> Vec<Range<usize>> {
    let bytes = css.as_bytes();
    let (mut found, mut at, mut quote) = (Vec::new(), 0, None);
    while at < bytes.len() {
        match (bytes[at], quote) {
            (b'\\', _) => at += 1,
            (b'\n', Some(_)) => quote = None,
            (byte, Some(open)) if byte == open => quote = None,
            (byte @ (b'"' | b'\''), None) => quote = Some(byte),
            (b'/', None) if bytes.get(at + 1) == Some(&b'*') => {
                let end = css[at + 2..].find("*/").map_or(css.len(), |end| at + 2 + end);
                found.push(at + 2..end);
                at = end + 1;
            }
            _ => {}
        }
        at += 1;
    }
    found
}
