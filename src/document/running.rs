//! Prose -> the text that is read, block by block, and which of it is neither code nor a link already.

use super::{Filling, Prose};

/// Stands for a letter of code or of a link, so that no name is found there.
const COVERED: char = '\u{fffc}';

/// Tells the blocks of a prose: what is read, and the same with code and links covered, letter for letter.
pub fn running(prose: &Prose, each: &mut dyn FnMut(&str, &str)) {
    let mut reader =
        Reader { out: String::new(), open: String::new(), skipped: None, space: false };
    let holes = prose.holes.iter().filter(|hole| matches!(hole.filling, Filling::Link(_)));
    let mut links = holes.map(|hole| hole.at as usize).peekable();
    let (html, mut at) = (prose.html.as_str(), 0);
    while at < html.len() {
        let next = memchr::memchr2(b'<', b'&', &html.as_bytes()[at..]);
        let end = next.map_or(html.len(), |next| at + next);
        while let Some(link) = links.next_if(|link| *link <= end) {
            reader.say(&html[at.min(link)..link]);
            reader.skip("a");
            at = at.max(link);
        }
        reader.say(&html[at..end]);
        at = match html.as_bytes().get(end) {
            Some(b'&') => reader.reference(html, end),
            Some(_) => {
                let close = tag_end(html, end);
                reader.tag(&html[end..close], each);
                close
            }
            None => end,
        };
    }
    reader.end(each);
}

/// Elements whose text is read, but is no place for a name.
const COVERS: &[&str] = &["a", "code", "kbd", "samp"];

struct Reader {
    out: String,
    /// The same with code and links covered.
    open: String,
    /// The element that is covered or left out, until it ends.
    skipped: Option<String>,
    /// Whether white space stands between what was said and what comes.
    space: bool,
}

impl Reader {
    fn say(&mut self, text: &str) {
        let covered = self.skipped.as_deref().is_some_and(|name| COVERS.contains(&name));
        if self.skipped.is_some() && !covered {
            return;
        }
        for (index, word) in text.split(char::is_whitespace).enumerate() {
            self.space |= index > 0;
            let Some(first) = word.chars().next() else { continue };
            // A line break between two wide letters is none.
            let joins = || is_wide(first) && self.out.chars().next_back().is_some_and(is_wide);
            if std::mem::take(&mut self.space) && !self.out.is_empty() && !joins() {
                self.out.push(' ');
                self.open.push(' ');
            }
            self.out.push_str(word);
            if covered {
                self.open.extend(word.chars().map(|_| COVERED));
            } else {
                self.open.push_str(word);
            }
        }
    }

    fn skip(&mut self, name: &str) {
        if self.skipped.is_none() {
            self.skipped = Some(name.to_owned());
        }
    }

    fn reference(&mut self, html: &str, at: usize) -> usize {
        let (said, length) =
            [("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'")]
                .iter()
                .find(|(name, _)| html[at..].starts_with(name))
                .map_or(("&", 1), |(name, said)| (said, name.len()));
        self.say(said);
        at + length
    }

    fn tag(&mut self, tag: &str, each: &mut dyn FnMut(&str, &str)) {
        let inner = tag.trim_start_matches('<');
        let closes = inner.starts_with('/');
        let inner = inner.trim_start_matches('/');
        let length = inner.bytes().position(|byte| !byte.is_ascii_alphanumeric());
        let name = &inner[..length.unwrap_or(inner.len())];
        if let Some(skipped) = &self.skipped {
            if closes && skipped.eq_ignore_ascii_case(name) {
                self.skipped = None;
            }
            return;
        }
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return self.element(&name.to_ascii_lowercase(), closes, each);
        }
        self.element(name, closes, each);
    }

    /// Begins or ends an element; its name is in small letters.
    fn element(&mut self, name: &str, closes: bool, each: &mut dyn FnMut(&str, &str)) {
        match name {
            "a" | "pre" | "code" | "kbd" | "samp" | "script" | "style" | "svg" | "math"
            | "textarea"
                if !closes =>
            {
                self.skip(name);
                if name == "pre" {
                    self.end(each);
                }
            }
            // What stands above a word is not between its letters.
            "rt" | "rp" if !closes => self.skipped = Some(name.to_owned()),
            "br" => self.space = true,
            "strong" | "em" | "b" | "i" | "u" | "s" | "del" | "ins" | "mark" | "span" | "sub"
            | "sup" | "small" | "abbr" | "cite" | "q" | "ruby" | "rt" | "rp" | "wbr" | "dfn"
            | "var" | "time" | "bdi" | "bdo" | "a" | "code" | "kbd" | "samp" => {}
            _ => self.end(each),
        }
    }

    fn end(&mut self, each: &mut dyn FnMut(&str, &str)) {
        if self.open.chars().any(|c| c != COVERED) {
            each(&self.out, &self.open);
        }
        self.out.clear();
        self.open.clear();
        self.space = false;
    }
}

/// Tells letters between which no spaces stand.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

fn tag_end(html: &str, at: usize) -> usize {
    if html[at..].starts_with("<!--") {
        return html[at..].find("-->").map_or(html.len(), |end| at + end + 3);
    }
    let mut quote = None;
    for (index, byte) in html.bytes().enumerate().skip(at) {
        match (quote, byte) {
            (None, b'>') => return index + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    html.len()
}

#[cfg(test)]
mod tests {
    use super::running;
    use crate::document::{Filling, Hole, Prose};

    #[test]
    fn code_and_links_are_covered() {
        let html = "<h2>題</h2><p>雨\nの日 <em>and</em>\nEBS</a> <code>EBS</code> A&amp;B</p><ul><li><ruby>傘<rp>(</rp><rt>かさ</rt></ruby>の</li></ul><pre>EBS</pre>";
        let at = u32::try_from(html.find("EBS</a>").unwrap_or(0)).unwrap_or(0);
        let holes = vec![Hole { at, filling: Filling::Link(0) }];
        let mut said = Vec::new();
        running(&Prose { html: html.to_owned(), holes }, &mut |read, open| {
            said.push(format!("{read}={}", open.replace('\u{fffc}', "-")));
        });
        assert_eq!(said, ["題=題", "雨の日 and EBS EBS A&B=雨の日 and --- --- A&B", "傘の=傘の"]);
    }
}
