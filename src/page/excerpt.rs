//! The first words of a text: what a page says of itself where nobody wrote a summary.

/// Returns the first paragraph without its markup, cut to about `length` characters; code and lists are none.
pub(super) fn excerpt(html: &str, length: usize) -> String {
    let Some(start) = html.find("<p>") else { return String::new() };
    let mut out = String::new();
    let mut count = 0;
    let mut rest = &html[start..];
    while let Some(c) = rest.chars().next() {
        if count >= length {
            out.truncate(out.trim_end().len());
            out.push('…');
            return out;
        }
        let (text, after) = match c {
            '<' => {
                let end = rest.find('>').map_or(rest.len(), |at| at + 1);
                if !out.is_empty() && rest.starts_with("</p>") {
                    break;
                }
                // What stands above the line, a note's number, is no word of the sentence.
                let end = if rest.starts_with("<sup") {
                    rest.find("</sup>").map_or(end, |at| at + "</sup>".len())
                } else {
                    end
                };
                rest = &rest[end..];
                continue;
            }
            '&' => entity(rest),
            c => (c, &rest[c.len_utf8()..]),
        };
        rest = after;
        if !text.is_whitespace() {
            out.push(text);
            count += 1;
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Reads the character that an entity stands for.
fn entity(text: &str) -> (char, &str) {
    const NAMED: [(&str, char); 5] =
        [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&#39;", '\'')];
    let found = NAMED.iter().find_map(|(name, c)| Some((*c, text.strip_prefix(name)?)));
    found.unwrap_or(('&', &text[1..]))
}
