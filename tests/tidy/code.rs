//! Rust text as far as the rules need it: without comments and literals, its functions, the modules it names.

/// Returns the modules named after `crate::`, grouped imports included, with their lines.
pub(crate) fn crate_uses(code: &str) -> Vec<(usize, String)> {
    let mut uses = Vec::new();
    for (start, mark) in code.match_indices("crate::") {
        let line = code[..start].matches('\n').count() + 1;
        let rest = &code[start + mark.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            uses.extend(group_heads(group).into_iter().map(|name| (line, name)));
        } else {
            uses.push((line, identifier(rest)));
        }
    }
    uses
}

/// Returns the first name of each entry of a `{..}` group that has just been opened.
fn group_heads(group: &str) -> Vec<String> {
    let (mut depth, mut heads, mut fresh) = (1, Vec::new(), true);
    for (index, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => fresh = true,
            _ if fresh && is_word(c) => {
                heads.push(identifier(&group[index..]));
                fresh = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    heads
}

/// Returns the functions of blanked code: first line, name, lines of code from signature to closing brace.
pub(crate) fn functions(code: &str) -> Vec<(usize, String, usize)> {
    let mut found = Vec::new();
    for (start, _) in code.match_indices("fn ") {
        let name = identifier(&code[start + 3..]);
        let alone = !code[..start].ends_with(is_word);
        if name.is_empty() || !alone {
            continue;
        }
        let body = &code[start..];
        let Some(open) = opening_brace(body) else { continue };
        let end = closing_brace(body, open);
        let length = body[..end].lines().filter(|line| !line.trim().is_empty()).count();
        found.push((code[..start].matches('\n').count() + 1, name, length));
    }
    found
}

/// Returns where a function's body opens; a declaration without a body ends in `;` before that.
fn opening_brace(code: &str) -> Option<usize> {
    let mut depth = 0;
    for (index, c) in code.char_indices() {
        match c {
            '[' | '(' => depth += 1,
            ']' | ')' => depth -= 1,
            '{' => return Some(index),
            ';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

fn closing_brace(code: &str, open: usize) -> usize {
    let mut depth = 0;
    for (index, c) in code[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return open + index + 1;
        }
    }
    code.len()
}

/// Blanks comments and the insides of string and character literals, so that braces and names in them do not count.
pub(crate) fn blanked(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after_word = code.ends_with(is_word);
        let length = literal_length(rest, after_word);
        if length == 0 {
            code.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            code.extend(rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = &rest[length..];
        }
    }
    code
}

/// Returns how many bytes a comment or literal takes at the start of `rest`: none if there is none.
fn literal_length(rest: &str, after_word: bool) -> usize {
    let until = |needle: &str, from: usize| {
        rest[from..].find(needle).map_or(rest.len(), |at| from + at + needle.len())
    };
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return until("*/", 2);
    }
    if !after_word && (rest.starts_with("r\"") || rest.starts_with("r#") || rest.starts_with("br"))
    {
        let hashes = rest.trim_start_matches(['b', 'r']).chars().take_while(|c| *c == '#').count();
        let opening =
            rest.find('"').filter(|at| rest[..*at].trim_start_matches(['b', 'r', '#']).is_empty());
        return opening.map_or(0, |at| until(&format!("\"{}", "#".repeat(hashes)), at + 1));
    }
    if rest.starts_with('"') {
        return escaped_length(rest, '"');
    }
    let mut characters = rest.strip_prefix('\'').unwrap_or_default().chars();
    match (characters.next(), characters.next()) {
        (Some('\\'), _) => escaped_length(rest, '\''),
        (Some(c), Some('\'')) => c.len_utf8() + 2,
        _ => 0,
    }
}

fn escaped_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (index, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return index + 1,
            _ => {}
        }
    }
    rest.len()
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| is_word(*c)).collect()
}

pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Tells whether `text` has `name` as a whole word.
pub(crate) fn names(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        !text[..at].ends_with(is_word) && !text[at + name.len()..].starts_with(is_word)
    })
}

pub(crate) fn begins_word(text: &str, needle: &str) -> bool {
    text.match_indices(needle).any(|(at, _)| {
        !text[..at].ends_with(|c: char| is_word(c) || matches!(c, '.' | '-' | '/' | '*' | '}'))
    })
}

#[test]
fn blanking_leaves_code_alone() {
    let text = "let a = \"{ crate::serve \\\" }\"; // }\nlet b = '{'; let c: &'static str = r#\"}\"\"#; /* {\n */ f('\\'')";
    let expected = "let a =                         ;     \nlet b =    ; let c: &'static str =        ;     \n    f(    )";
    let squeezed = |text: &str| {
        text.lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .collect::<Vec<_>>()
            .concat()
            .concat()
    };
    assert_eq!(squeezed(&blanked(text)), squeezed(expected));
    assert_eq!(blanked(text).lines().count(), text.lines().count());
}
