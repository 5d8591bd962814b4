//! CSS text -> a tree of tokens: what stands in a block is inside it, and knows where it was written.

use std::ops::Range;

use cssparser::{ParseError, Parser, ToCss, Token};

/// Blocks nested deeper than this are left empty.
const DEPTH_MAX: usize = 64;

/// A token with its place; a block or function with all that stands in it.
#[derive(Clone, Debug)]
pub(super) struct Part<'i> {
    pub token: Token<'i>,
    pub range: Range<usize>,
    pub inner: Vec<Part<'i>>,
    /// Whether the block has an end of its own; what is cut off by the end of the text has none.
    pub closed: bool,
}

/// Reads a text into its parts; every text has some.
pub(super) fn read(css: &str) -> Vec<Part<'_>> {
    parts(&mut Parser::new(css), 0)
}

fn parts<'i>(input: &mut Parser<'i>, depth: usize) -> Vec<Part<'i>> {
    let mut read = Vec::new();
    loop {
        let start = input.position().byte_index();
        let Ok(token) = input.next_including_whitespace_and_comments() else { return read };
        let token = token.clone();
        let (mut inner, mut closed) = (Vec::new(), true);
        if closing(&token).is_some() {
            let mut inside_end = input.position().byte_index();
            let inside: Result<Vec<Part<'i>>, ParseError<()>> = input.parse_nested_block(|input| {
                let inside = if depth < DEPTH_MAX { parts(input, depth + 1) } else { Vec::new() };
                inside_end = input.position().byte_index();
                Ok(inside)
            });
            inner = inside.unwrap_or_default();
            closed = input.position().byte_index() > inside_end;
        }
        let range = start..input.position().byte_index();
        read.push(Part { token, range, inner, closed });
    }
}

/// Returns what closes the block that a token opens.
pub(super) fn closing(token: &Token<'_>) -> Option<char> {
    match token {
        Token::Function(_) | Token::ParenthesisBlock => Some(')'),
        Token::SquareBracketBlock => Some(']'),
        Token::CurlyBracketBlock => Some('}'),
        _ => None,
    }
}

impl Part<'_> {
    /// Returns the token itself as CSS, for a block what opens it: as it was written, or written
    /// anew where an escape or the end of the text could make something else of what follows.
    pub(super) fn opening(&self, css: &str) -> String {
        match &self.token {
            Token::ParenthesisBlock => "(".to_owned(),
            Token::SquareBracketBlock => "[".to_owned(),
            Token::CurlyBracketBlock => "{".to_owned(),
            Token::QuotedString(_) | Token::Function(_) => self.token.to_css_string(),
            token => {
                let written = &css[self.range.clone()];
                if written.contains(['\\', '\0']) {
                    token.to_css_string()
                } else {
                    written.to_owned()
                }
            }
        }
    }

    /// Tells whether the part is white space or a comment.
    pub(super) fn is_blank(&self) -> bool {
        matches!(self.token, Token::WhiteSpace(_) | Token::Comment(_))
    }

    pub(super) fn is_delim(&self, wanted: char) -> bool {
        matches!(self.token, Token::Delim(c) if c == wanted)
    }

    /// Returns the name of an identifier.
    pub(super) fn ident(&self) -> Option<&str> {
        match &self.token {
            Token::Ident(name) => Some(name),
            _ => None,
        }
    }

    /// Returns the name of a function in small letters.
    pub(super) fn function(&self) -> Option<String> {
        match &self.token {
            Token::Function(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        }
    }
}

/// Leaves blanks at both ends out.
pub(super) fn trim<'a, 'i>(mut parts: &'a [Part<'i>]) -> &'a [Part<'i>] {
    while let [first, rest @ ..] = parts
        && first.is_blank()
    {
        parts = rest;
    }
    while let [rest @ .., last] = parts
        && last.is_blank()
    {
        parts = rest;
    }
    parts
}

/// Returns the range from the first part to the last.
pub(super) fn range(parts: &[Part<'_>]) -> Range<usize> {
    let start = parts.first().map_or(0, |part| part.range.start);
    start..parts.last().map_or(start, |part| part.range.end)
}
