//! Scripts and style sheets without what only their authors read: comments, indentation, idle white space.
//!
//! What stands in strings, templates, patterns and addresses stays as it is, and nothing grows together.

/// Returns a style sheet without comments and without white space that says nothing.
pub(crate) fn sheet(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut at = 0;
    let mut gap = false;
    while let Some(c) = css[at..].chars().next() {
        let rest = &css[at..];
        if c.is_ascii_whitespace() {
            gap = true;
            at += 1;
            continue;
        }
        if rest.starts_with("/*") {
            at += rest.find("*/").map_or(rest.len(), |end| end + 2);
            // Two words with a comment between them are two words.
            let after = css[at..].chars().next();
            gap |= out.ends_with(is_part_of_word) && after.is_some_and(is_part_of_word);
            continue;
        }
        if matches!(c, '{' | '}' | ';' | ',' | '>') || out.ends_with(['{', '}', ';', ',', ':', '>'])
        {
            gap = false;
        }
        if gap && !out.is_empty() {
            out.push(' ');
        }
        gap = false;
        if c == '}' && out.ends_with(';') {
            out.pop();
        }
        let length = match c {
            '"' | '\'' => sheet_string_length(rest, c),
            '\\' => escape_length(rest),
            'u' | 'U' if is_bare_url(rest, &out) => {
                rest.find(')').map_or(rest.len(), |end| end + 1)
            }
            _ => c.len_utf8(),
        };
        out.push_str(&rest[..length]);
        at += length;
    }
    out
}

fn is_part_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '%' | '\\') || !c.is_ascii()
}

/// Tells whether an address without quotes begins here, in which everything counts.
fn is_bare_url(rest: &str, before: &str) -> bool {
    let begins = rest.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("url("));
    begins && !before.ends_with(is_part_of_word) && !rest[4..].trim_start().starts_with(['"', '\''])
}

/// Returns how long an escape is: to a number belongs the one space that ends it.
fn escape_length(text: &str) -> usize {
    let digits = text[1..].bytes().take(6).take_while(u8::is_ascii_hexdigit).count();
    let length: usize = match digits {
        0 => text.chars().take(2).map(char::len_utf8).sum(),
        _ => 1 + digits,
    };
    let space = digits > 0 && text[length..].starts_with(|c: char| c.is_ascii_whitespace());
    length + usize::from(space)
}

fn sheet_string_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == quote && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, c)| at + c.len_utf8())
}

/// Returns a script without comments and indentation.
pub(crate) fn script(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    let mut reader = Reader { code, at: 0, depths: Vec::new() };
    let mut gap = Gap::None;
    while let Some(token) = reader.next(&out) {
        match token {
            Token::Code(text) | Token::Literal(text) => {
                match gap.between(out.chars().next_back(), text.chars().next()) {
                    Gap::None => {}
                    Gap::Space => out.push(' '),
                    Gap::Line => out.push('\n'),
                }
                gap = Gap::None;
                out.push_str(text);
            }
            Token::Space(text) if text.contains('\n') => gap = Gap::Line,
            Token::Space(_) => gap = gap.max(Gap::Space),
        }
    }
    out
}

/// What stands between two pieces of code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    /// It may stand for a semicolon.
    Line,
}

impl Gap {
    /// Returns what of the gap has to stay between two characters.
    fn between(self, before: Option<char>, after: Option<char>) -> Gap {
        let (Some(before), Some(after)) = (before, after) else { return Gap::None };
        // Nothing is to grow together to `++`, `//` or `<!--`.
        let parts = |c: char| matches!(c, '+' | '-' | '/' | '<' | '!');
        let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '#' | '@' | '\\');
        let apart = parts(before) && parts(after) || word(before) && word(after);
        let goes_on =
            matches!(before, '{' | '(' | '[' | ',' | ';') || matches!(after, '}' | ')' | ']' | ',');
        match self {
            Gap::Line if !goes_on => Gap::Line,
            Gap::None => Gap::None,
            _ if apart => Gap::Space,
            _ => Gap::None,
        }
    }
}

enum Token<'a> {
    Code(&'a str),
    /// A string, a part of a template, or a pattern.
    Literal(&'a str),
    /// White space or a comment.
    Space(&'a str),
}

struct Reader<'a> {
    code: &'a str,
    at: usize,
    /// How many braces are open inside each template's `${`.
    depths: Vec<usize>,
}

impl<'a> Reader<'a> {
    fn next(&mut self, before: &str) -> Option<Token<'a>> {
        let rest = &self.code[self.at..];
        let first = rest.chars().next()?;
        let (token, length) = match first {
            c if c.is_whitespace() => {
                let length = rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len());
                (Token::Space(&rest[..length]), length)
            }
            '/' if rest.starts_with("//") => {
                let length = rest.find('\n').unwrap_or(rest.len());
                (Token::Space(&rest[..length]), length)
            }
            '/' if rest.starts_with("/*") => {
                let length = rest.find("*/").map_or(rest.len(), |end| end + 2);
                (Token::Space(&rest[..length]), length)
            }
            '/' if begins_pattern(before) => self.literal(pattern_length(rest)),
            '"' | '\'' => self.literal(string_length(rest, first)),
            '`' => self.literal(self.template_length(1)),
            '}' if self.depths.last() == Some(&0) => {
                self.depths.pop();
                self.literal(self.template_length(1))
            }
            c if c.is_alphanumeric() || matches!(c, '_' | '$') => {
                let word = |c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$'));
                let length = rest.find(word).unwrap_or(rest.len());
                (Token::Code(&rest[..length]), length)
            }
            c => {
                match (c, self.depths.last_mut()) {
                    ('{', Some(depth)) => *depth += 1,
                    ('}', Some(depth)) => *depth -= 1,
                    _ => {}
                }
                (Token::Code(&rest[..c.len_utf8()]), c.len_utf8())
            }
        };
        if let Token::Literal(text) = &token
            && text.ends_with("${")
            && first != '"'
            && first != '\''
            && first != '/'
        {
            self.depths.push(0);
        }
        self.at += length;
        Some(token)
    }

    fn literal(&self, length: usize) -> (Token<'a>, usize) {
        let length = length.min(self.code.len() - self.at);
        (Token::Literal(&self.code[self.at..self.at + length]), length)
    }

    /// Returns how long a template is to its end or to its next `${`, counted from here.
    fn template_length(&self, from: usize) -> usize {
        let bytes = &self.code.as_bytes()[self.at..];
        let mut at = from;
        while at < bytes.len() {
            match bytes[at] {
                b'\\' => at += 2,
                b'`' => return at + 1,
                b'$' if bytes.get(at + 1) == Some(&b'{') => return at + 2,
                _ => at += 1,
            }
        }
        bytes.len()
    }
}

fn string_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let ends = (*c == quote || *c == '\n') && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, c)| at + c.len_utf8())
}

fn pattern_length(text: &str) -> usize {
    let (mut escaped, mut in_set) = (false, false);
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let ends = (*c == '/' && !in_set && !escaped) || *c == '\n';
        match c {
            '[' if !escaped => in_set = true,
            ']' if !escaped => in_set = false,
            _ => {}
        }
        escaped = *c == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, c)| at + c.len_utf8())
}

/// Tells whether a `/` behind this code begins a pattern, where it does not divide.
fn begins_pattern(before: &str) -> bool {
    const WORDS: [&str; 8] = ["return", "typeof", "case", "in", "of", "void", "delete", "do"];
    let before = before.trim_end();
    let Some(last) = before.chars().next_back() else { return true };
    if last.is_alphanumeric() || matches!(last, '_' | '$') {
        let word = before.rfind(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$')));
        return WORDS.contains(&&before[word.map_or(0, |at| at + 1)..]);
    }
    !matches!(last, ')' | ']' | '}' | '"' | '\'' | '`')
}

#[cfg(test)]
mod tests {
    use super::{script, sheet};

    #[test]
    fn a_sheet_keeps_what_counts() {
        let written = "/* why */\n.a > .b,\n.c::before {\n  content: \"; /* no */  }\";\n  margin: calc(1px + 2px) 0;\n}\n\n@media print {\n  .d:has(> .e) {\n    color: red;\n  }\n}\n";
        let bare = ".a>.b,.c::before{content:\"; /* no */  }\";margin:calc(1px + 2px) 0}@media print{.d:has(>.e){color:red}}";
        assert_eq!(sheet(written), bare);
    }

    #[test]
    fn nothing_in_a_sheet_grows_together_or_apart() {
        for (written, bare) in [
            (".a/**/.b { margin: 1px/**/2px }", ".a.b{margin:1px 2px}"),
            (".a /**/ .b :hover { --x: ; }", ".a .b :hover{--x:}"),
            ("a { background: url( a/*b.png ) }", "a{background:url( a/*b.png )}"),
            ("a { background: url( \"a b.png\" ) }", "a{background:url( \"a b.png\" )}"),
            (".\\31  a { content: 'a\\'b  c' }", ".\\31  a{content:'a\\'b  c'}"),
            (
                "@media (width > 3px) and (min-width: 2px) { b { c: d } }",
                "@media (width>3px) and (min-width:2px){b{c:d}}",
            ),
            ("a { b: c }  /* open", "a{b:c}"),
            ("a { b: \"open", "a{b:\"open"),
        ] {
            assert_eq!(sheet(written), bare, "{written}");
            assert_eq!(sheet(bare), bare, "{bare}");
        }
    }

    #[test]
    fn a_script_keeps_what_counts() {
        for (written, bare) in [
            (
                "// why\n(function () {\n  const url = \"http://a\"; // said\n\n  // more\n})();\n",
                "(function(){const url=\"http://a\";})();",
            ),
            ("a = b\n  + c\nd()", "a=b\n+c\nd()"),
            ("a + +b - -c / /* x */ d", "a+ +b- -c/d"),
            ("const r = /[/\"]  x/g, s = a / b / c;", "const r=/[/\"]  x/g,s=a/b/c;"),
            ("f(`a  ${ b + `${c}  d` }  // e`) // f", "f(`a  ${b+`${c}  d`}  // e`)"),
            ("return /x y/.test(z)", "return/x y/.test(z)"),
            ("let x\nlet y", "let x\nlet y"),
        ] {
            assert_eq!(script(written), bare, "{written}");
        }
    }
}
