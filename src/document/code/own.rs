//! Languages that no collection of grammars has: Varnish's VCL, PowerShell, and what a terminal shows.

use super::painter::Painter;
use super::runs::{Builder, Class};

/// How a language is written, where comments, strings and words are all there is to colour.
pub(super) struct Lexis {
    /// What begins a comment that ends with its line.
    lines: &'static [&'static str],
    /// What begins and ends a longer one.
    blocks: &'static [(&'static str, &'static str)],
    /// What begins and ends a string, the longest first; and what takes the meaning of the next character.
    strings: &'static [(&'static str, &'static str)],
    escape: Option<char>,
    keywords: &'static [&'static str],
    types: &'static [&'static str],
    literals: &'static [&'static str],
    /// What the beginning of a dotted name may be, for what the system knows by itself.
    known: &'static [&'static str],
    /// What a variable begins with.
    sign: Option<char>,
    /// Whether words are the same in any case, and have dashes: `Get-Item`, `-eq`.
    dashed: bool,
}

pub(super) const VCL: Lexis = Lexis {
    lines: &["#", "//"],
    blocks: &[("/*", "*/"), ("C{", "}C")],
    strings: &[("{\"", "\"}"), ("\"\"\"", "\"\"\""), ("\"", "\"")],
    escape: None,
    keywords: &[
        "acl",
        "backend",
        "call",
        "director",
        "else",
        "elseif",
        "elsif",
        "elif",
        "error",
        "esi",
        "hash_data",
        "if",
        "import",
        "include",
        "from",
        "new",
        "none",
        "probe",
        "purge",
        "ban",
        "restart",
        "return",
        "rollback",
        "set",
        "sub",
        "synthetic",
        "unset",
        "remove",
        "vcl",
    ],
    types: &[
        "ACL",
        "BACKEND",
        "BLOB",
        "BODY",
        "BOOL",
        "BYTES",
        "DURATION",
        "ENUM",
        "HEADER",
        "HTTP",
        "INT",
        "IP",
        "PROBE",
        "REAL",
        "REGEX",
        "STRING",
        "STEVEDORE",
        "SUB",
        "TIME",
        "VOID",
    ],
    literals: &[
        "true",
        "false",
        "abandon",
        "connect",
        "deliver",
        "fail",
        "fetch",
        "hash",
        "hit_for_pass",
        "lookup",
        "miss",
        "ok",
        "pass",
        "pipe",
        "retry",
        "synth",
    ],
    known: &[
        "bereq", "beresp", "client", "local", "now", "obj", "remote", "req", "req_top", "resp",
        "server", "sess", "storage",
    ],
    sign: None,
    dashed: false,
};

pub(super) const POWERSHELL: Lexis = Lexis {
    lines: &["#"],
    blocks: &[("<#", "#>")],
    strings: &[("@\"", "\n\"@"), ("@'", "\n'@"), ("\"", "\""), ("'", "'")],
    escape: Some('`'),
    keywords: &[
        "begin",
        "break",
        "catch",
        "class",
        "continue",
        "data",
        "do",
        "dynamicparam",
        "else",
        "elseif",
        "end",
        "enum",
        "exit",
        "filter",
        "finally",
        "for",
        "foreach",
        "function",
        "hidden",
        "if",
        "in",
        "param",
        "process",
        "return",
        "static",
        "switch",
        "throw",
        "trap",
        "try",
        "until",
        "using",
        "var",
        "while",
        "workflow",
    ],
    types: &[],
    literals: &[],
    known: &[],
    sign: Some('$'),
    dashed: true,
};

/// Reads a text of a language of ours.
pub(super) fn read(lexis: &Lexis, text: &str, runs: &mut Builder) {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (class, length) = if lexis.lines.iter().any(|start| rest.starts_with(start)) {
            (Class::Comment, rest.find('\n').unwrap_or(rest.len()))
        } else if let Some(length) = enclosed(rest, lexis.blocks, None) {
            (Class::Comment, length)
        } else if let Some(length) = enclosed(rest, lexis.strings, lexis.escape) {
            (Class::Text, length)
        } else if Some(first) == lexis.sign && rest[1..].starts_with(is_word) {
            (Class::Variable, 1 + word_length(&rest[1..], |c| is_word(c) || c == ':'))
        } else if first.is_ascii_digit() {
            (Class::Number, word_length(rest, |c| c.is_ascii_alphanumeric() || c == '.'))
        } else if is_word(first) {
            word(lexis, rest)
        } else if lexis.dashed && first == '-' && rest[1..].starts_with(is_word) {
            (Class::Key, 1 + word_length(&rest[1..], is_word))
        } else {
            (Class::Plain, first.len_utf8())
        };
        runs.push(class, length);
        rest = &rest[length..];
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn word_length(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// Returns how long a comment or a string is that begins a text; one without an end goes on to the last line.
fn enclosed(text: &str, pairs: &[(&str, &str)], escape: Option<char>) -> Option<usize> {
    let (start, end) = pairs.iter().find(|(start, _)| text.starts_with(start))?;
    let mut at = start.len();
    while let Some(c) = text[at..].chars().next() {
        if text[at..].starts_with(end) {
            return Some(at + end.len());
        }
        at += c.len_utf8();
        if Some(c) == escape {
            at += text[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    Some(text.len())
}

/// Returns what a word is, and how long.
fn word(lexis: &Lexis, text: &str) -> (Class, usize) {
    let dash = |c: char| lexis.dashed && c == '-';
    let length = word_length(text, |c| is_word(c) || dash(c));
    let word = &text[..length];
    let is = |words: &[&str]| {
        words
            .iter()
            .any(|known| *known == word || (lexis.dashed && known.eq_ignore_ascii_case(word)))
    };
    let calls = text[length..].trim_start_matches([' ', '\t']).starts_with('(');
    if is(lexis.known) {
        // `req.http.Host` is one name; names of headers have dashes.
        return (Class::Variable, word_length(text, |c| is_word(c) || c == '.' || c == '-'));
    }
    let class = if is(lexis.keywords) {
        Class::Keyword
    } else if is(lexis.literals) {
        Class::Literal
    } else if is(lexis.types) {
        Class::Type
    } else if lexis.dashed && word.contains('-') {
        Class::BuiltIn
    } else if calls || word.starts_with("vcl_") {
        Class::Function
    } else {
        Class::Plain
    };
    (class, length)
}

/// Reads what a terminal shows: behind a prompt stands a command, and what goes on from it; the rest is what it
/// says. Without any prompt all are commands.
pub(super) fn console(text: &str, runs: &mut Builder) {
    let dollars = text.lines().any(|line| line.starts_with("$ "));
    let prompts = text.lines().any(|line| prompt(line, dollars).is_some());
    let (mut shell, mut goes_on) = (None, false);
    for line in text.split_inclusive('\n') {
        let at = prompt(line, dollars);
        if !goes_on && at.is_none() && prompts {
            let class = if line.starts_with("# ") { Class::Comment } else { Class::Plain };
            runs.push(class, line.len());
            continue;
        }
        if !goes_on {
            shell = Painter::of("bash");
        }
        // `> ` begins what goes on, where the shell asks for more.
        let at = if goes_on && line.starts_with("> ") { 2 } else { at.unwrap_or(0) };
        let at = if goes_on && !line.starts_with("> ") { 0 } else { at };
        runs.push(Class::Meta, at);
        match &mut shell {
            Some(shell) => shell.line(&line[at..], runs),
            None => runs.push(Class::Plain, line.len() - at),
        }
        goes_on = line.trim_end().ends_with('\\');
    }
}

/// Returns how long the prompt of a line is: `$ `, `% `, `> `, `# `, `name@host:~$ `, `PS C:\> `. Where one is a
/// dollar sign, `# ` begins a comment.
fn prompt(line: &str, dollars: bool) -> Option<usize> {
    for sign in ["$ ", "% ", "> "] {
        if line.starts_with(sign) {
            return Some(sign.len());
        }
    }
    if line.starts_with("# ") && !dollars {
        return Some(2);
    }
    if line.starts_with("PS ") {
        return line.find("> ").map(|at| at + 2);
    }
    let end = ["$ ", "# ", "% "].iter().filter_map(|sign| line.find(sign)).min()?;
    let host = &line[..end];
    let named = host.contains('@') && !host.trim_matches(['[', ']']).contains([' ', '"', '\'']);
    let placed =
        host.strip_prefix('[').is_some_and(|host| host.contains('@') && host.ends_with(']'));
    (named || placed).then_some(end + 2)
}
