//! The first words of a text: what a page says of itself where nobody wrote a summary.

/// Returns the first paragraph without its markup, cut to about `length` characters; code and lists are none.
pub(super) fn excerpt(html: &str, length: usize) -> String {
    let Some(start) = html.find("<p>") else { return String::new() };
    let mut out = Excerpt { text: String::with_capacity(length * 3 + 8), left: length };
    let mut rest = &html[start..];
    while !rest.is_empty() {
        if out.left == 0 {
            return out.cut();
        }
        if rest.starts_with('<') {
            if !out.text.is_empty() && rest.starts_with("</p>") {
                break;
            }
            let end = rest.find('>').map_or(rest.len(), |at| at + 1);
            // What stands above the line, a note's number, is no word of the sentence.
            let end = if rest.starts_with("<sup") {
                rest.find("</sup>").map_or(end, |at| at + "</sup>".len())
            } else {
                end
            };
            rest = &rest[end..];
        } else if rest.starts_with('&') {
            let (c, after) = entity(rest);
            out.put(c);
            rest = after;
        } else {
            let end = memchr::memchr2(b'<', b'&', rest.as_bytes()).unwrap_or(rest.len());
            let (plain, after) = rest.split_at(end);
            for c in plain.chars() {
                if out.left == 0 {
                    return out.cut();
                }
                out.put(c);
            }
            rest = after;
        }
    }
    out.text.truncate(out.text.trim_end().len());
    out.text
}

/// A text that grows until nothing is left of its length; spaces do not count, and of several one is kept.
struct Excerpt {
    text: String,
    left: usize,
}

impl Excerpt {
    fn put(&mut self, c: char) {
        if !c.is_whitespace() {
            self.text.push(c);
            self.left -= 1;
        } else if !self.text.is_empty() && !self.text.ends_with(' ') {
            self.text.push(' ');
        }
    }

    /// Returns the text with a sign that there would be more.
    fn cut(mut self) -> String {
        self.text.truncate(self.text.trim_end().len());
        self.text.push('…');
        self.text
    }
}

/// Reads the character that an entity stands for.
fn entity(text: &str) -> (char, &str) {
    const NAMED: [(&str, char); 5] =
        [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&#39;", '\'')];
    let found = NAMED.iter().find_map(|(name, c)| Some((*c, text.strip_prefix(name)?)));
    found.unwrap_or(('&', &text[1..]))
}
