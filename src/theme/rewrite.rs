//! CSS -> `Sheet`: rules, at-rules and declarations, rewritten for our slides as they are read.
//!
//! What cannot be read is left out, as a browser would leave it out, and told.

use std::ops::Range;

use cssparser::Token;

use super::parts::{self, Part, range, trim};
use super::sheet::{Fault, Filling, Named, Sheet};
use crate::diagnostic::{Rule, rules};

/// What stands around the rule or declaration at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Top,
    Style(Subject),
    /// Around the slide: only its ground can be had.
    Backdrop,
    Keyframes,
    /// The declarations of a key frame.
    Frame,
    /// What `@font-face` and its like hold.
    Descriptors,
}

/// What the selectors of a rule lead to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Subject {
    /// The slide itself, whatever its class.
    pub slide: bool,
    /// Every slide: `section` or `:root` and nothing more.
    pub every: bool,
    /// The page number.
    pub number: bool,
}

/// Rewrites one text.
pub(super) struct Rewriter<'i> {
    pub css: &'i str,
    pub sheet: Sheet,
}

/// Reads a style sheet.
pub fn parse(css: &str) -> Sheet {
    let mut rewriter = Rewriter { css, sheet: Sheet::default() };
    let parts = parts::read(css);
    rewriter.contents(&parts, Place::Top);
    rewriter.sheet
}

/// Reads one declaration of ours with a value of somebody else's.
pub fn declaration(property: &str, value: &str) -> Result<Sheet, Fault> {
    let mut rewriter = Rewriter { css: value, sheet: Sheet::default() };
    rewriter.sheet.push(property);
    rewriter.sheet.push(":");
    let parts = parts::read(value);
    let ends = |part: &&Part<'_>| matches!(part.token, Token::Semicolon);
    if let Some(end) = parts.iter().find(ends) {
        return Err(fault(end.range.clone(), "`;` ends the value", "write one value"));
    }
    rewriter.own_value(trim(&parts))?;
    rewriter.sheet.push(";");
    Ok(rewriter.sheet)
}

/// Returns a fault in the way a style sheet is written.
pub(super) fn fault(at: Range<usize>, message: impl Into<String>, help: &str) -> Fault {
    told(&rules::CSS_SYNTAX, at, message.into(), help)
}

pub(super) fn told(rule: &'static Rule, at: Range<usize>, message: String, help: &str) -> Fault {
    Fault { rule, at, message, help: help.to_owned() }
}

impl<'i> Rewriter<'i> {
    /// Reads what a block holds, or the whole text.
    fn contents(&mut self, parts: &[Part<'i>], place: Place) {
        let mut rest = parts;
        while let Some(first) = rest.first() {
            let skipped = matches!(first.token, Token::Semicolon | Token::CDO | Token::CDC);
            if first.is_blank() || skipped {
                rest = &rest[1..];
                continue;
            }
            let is_block = |part: &Part<'_>| matches!(part.token, Token::CurlyBracketBlock);
            let is_end = |part: &Part<'_>| matches!(part.token, Token::Semicolon);
            let block = rest.iter().position(is_block);
            let end = rest.iter().position(is_end);
            let at_rule = matches!(first.token, Token::AtKeyword(_));
            let before_end = block.filter(|block| end.is_none_or(|end| *block < end));
            let declares = matches!(
                place,
                Place::Style(_) | Place::Backdrop | Place::Frame | Place::Descriptors
            );
            let custom = first.ident().is_some_and(|name| name.starts_with("--"));
            let block = if at_rule || declares { before_end } else { block };
            match block.filter(|_| !(declares && custom)) {
                Some(block) if at_rule => self.at_rule(&rest[..block], Some(&rest[block]), place),
                Some(block) => self.rule(&rest[..block], &rest[block], place),
                None if at_rule => {
                    self.at_rule(&rest[..end.unwrap_or(rest.len())], None, place);
                }
                None if declares => self.declaration(&rest[..end.unwrap_or(rest.len())], place),
                None => self.no_block(rest),
            }
            let done = match block.filter(|_| !(declares && custom)) {
                Some(block) => block + 1,
                None if at_rule || declares => end.map_or(rest.len(), |end| end + 1),
                None => rest.len(),
            };
            rest = &rest[done..];
        }
    }

    fn no_block(&mut self, parts: &[Part<'i>]) {
        let at = first_line(self.css, &range(trim(parts)));
        let message = format!("`{}` is followed by no block", self.css[at.clone()].trim());
        self.tell(fault(at, message, "write declarations in `{` and `}` behind the selector"));
    }

    fn tell(&mut self, fault: Fault) {
        self.sheet.faults.push(fault);
    }

    fn rule(&mut self, prelude: &[Part<'i>], block: &Part<'i>, place: Place) {
        let mark = self.sheet.mark();
        let inside = match place {
            Place::Keyframes => self.frame(prelude),
            Place::Frame | Place::Descriptors => {
                let message = "no rule can stand here".to_owned();
                Err(fault(range(trim(prelude)), message, "close the block before it with `}`"))
            }
            Place::Top => self.selectors(trim(prelude), None),
            Place::Style(subject) => self.selectors(trim(prelude), Some(subject)),
            Place::Backdrop => self.selectors(trim(prelude), Some(Subject::default())),
        };
        match inside {
            Ok(inside) => self.block(block, inside, mark),
            Err(fault) => {
                self.sheet.rewind(mark);
                self.tell(fault);
            }
        }
    }

    /// Writes a block; without anything in it, what was written since `mark` goes as well.
    fn block(&mut self, block: &Part<'i>, place: Place, mark: super::sheet::Mark) {
        self.sheet.push("{");
        let empty = self.sheet.mark();
        self.contents(&block.inner, place);
        if self.sheet.grew(empty) {
            self.sheet.push("}");
        } else {
            self.sheet.rewind(mark);
        }
        self.closed(block);
    }

    /// Tells of a block that the text ends in.
    fn closed(&mut self, block: &Part<'i>) {
        if !block.closed {
            let at = block.range.start..block.range.start + 1;
            self.tell(fault(at, "this block has no end", "close it with `}`"));
        }
    }

    /// Writes `from`, `to` or percentages.
    fn frame(&mut self, prelude: &[Part<'i>]) -> Result<Place, Fault> {
        let prelude = trim(prelude);
        for part in prelude {
            let fits = part.is_blank()
                || part.ident().is_some()
                || matches!(part.token, Token::Percentage { .. } | Token::Comma);
            if !fits {
                let message = format!("`{}` is no key frame", &self.css[part.range.clone()]);
                return Err(fault(part.range.clone(), message, "write `from`, `to` or `50%`"));
            }
            if part.is_blank() {
                self.sheet.blank();
            } else {
                self.sheet.push(&part.opening(self.css));
            }
        }
        Ok(Place::Frame)
    }

    fn at_rule(&mut self, parts: &[Part<'i>], block: Option<&Part<'i>>, place: Place) {
        let Some((Part { token: Token::AtKeyword(name), .. }, prelude)) = parts.split_first()
        else {
            return;
        };
        let name = name.to_ascii_lowercase();
        let prelude = trim(prelude);
        let mark = self.sheet.mark();
        let bare = name.trim_start_matches("-webkit-").trim_start_matches("-moz-");
        match (bare, block) {
            // They speak of the whole page, which is not the theme's.
            ("charset" | "namespace" | "page" | "view-transition", _) => {}
            ("import" | "import-theme", None) => self.import(parts, prelude),
            ("layer", None) => {
                self.sheet.push("@layer ");
                self.layers(prelude);
                self.sheet.push(";");
            }
            ("layer", Some(block)) => {
                self.sheet.push("@layer ");
                self.layers(prelude);
                self.block(block, place, mark);
            }
            ("media" | "supports" | "container" | "starting-style" | "scope", Some(block)) => {
                self.sheet.push("@");
                self.sheet.push(&name);
                self.sheet.push(" ");
                match self.condition(bare, prelude) {
                    Ok(()) => self.block(block, place, mark),
                    Err(fault) => {
                        self.sheet.rewind(mark);
                        self.tell(fault);
                    }
                }
            }
            ("keyframes", Some(block)) => self.keyframes(&name, prelude, block),
            ("property", Some(block)) => {
                let [Part { token: Token::Ident(property), .. }] = prelude else {
                    return self.unknown(parts);
                };
                self.sheet.properties.insert(property.to_string());
                self.sheet.push("@property ");
                self.sheet.hole(Filling::Property(property.to_string()));
                self.block(block, Place::Descriptors, mark);
            }
            (
                "font-face"
                | "counter-style"
                | "position-try"
                | "font-palette-values"
                | "font-feature-values",
                Some(block),
            ) => {
                self.sheet.push("@");
                self.sheet.push(&name);
                self.sheet.push(" ");
                self.plain(prelude);
                self.block(block, Place::Descriptors, mark);
            }
            // `@styleset` and the like within `@font-feature-values`.
            (_, Some(block)) if place == Place::Descriptors => {
                self.sheet.push("@");
                self.sheet.push(&name);
                self.block(block, Place::Descriptors, mark);
            }
            _ => self.unknown(parts),
        }
    }

    fn unknown(&mut self, parts: &[Part<'i>]) {
        let at = first_line(self.css, &range(parts));
        let message = format!("`{}` is no rule that a slide can have", self.css[at.clone()].trim());
        self.tell(fault(at, message, "it is left out; write it in plain CSS"));
    }

    fn import(&mut self, parts: &[Part<'i>], prelude: &[Part<'i>]) {
        let named = prelude.first().and_then(|part| match &part.token {
            Token::QuotedString(name) | Token::UnquotedUrl(name) | Token::Ident(name) => {
                Some(name.to_string())
            }
            Token::Function(_) => part.inner.iter().find_map(|inner| match &inner.token {
                Token::QuotedString(name) => Some(name.to_string()),
                _ => None,
            }),
            _ => None,
        });
        let at = range(parts);
        match named {
            Some(name) if is_remote(&name) => self.tell(remote(at, &name)),
            Some(name) => self.sheet.imports.push(Named { name, at }),
            None => self.unknown(parts),
        }
    }

    /// Writes the names of layers, each told apart by the scope.
    fn layers(&mut self, prelude: &[Part<'i>]) {
        for part in prelude {
            match part.ident() {
                Some(name) => self.sheet.hole(Filling::Layer(name.to_owned())),
                None if part.is_blank() => self.sheet.blank(),
                None => self.sheet.push(&part.opening(self.css)),
            }
        }
    }

    fn condition(&mut self, name: &str, prelude: &[Part<'i>]) -> Result<(), Fault> {
        if name != "scope" {
            self.plain(prelude);
            return Ok(());
        }
        // `@scope (.from) to (.until)`: both are selectors.
        for part in prelude {
            if matches!(part.token, Token::ParenthesisBlock) {
                self.sheet.push("(");
                self.selectors(trim(&part.inner), None)?;
                self.sheet.push(")");
            } else if part.is_blank() {
                self.sheet.blank();
            } else {
                self.sheet.push(&part.opening(self.css));
            }
        }
        Ok(())
    }

    fn keyframes(&mut self, rule: &str, prelude: &[Part<'i>], block: &Part<'i>) {
        let mark = self.sheet.mark();
        let name = match prelude {
            [Part { token: Token::Ident(name) | Token::QuotedString(name), .. }] => {
                name.to_string()
            }
            _ => return self.unknown(prelude),
        };
        self.sheet.push("@");
        self.sheet.push(rule);
        self.sheet.push(" ");
        let transition = name.starts_with("marp-");
        let names =
            if transition { &mut self.sheet.transitions } else { &mut self.sheet.keyframes };
        names.insert(name.clone());
        self.sheet.hole(Filling::Keyframes(name));
        self.block(block, Place::Keyframes, mark);
    }

    /// Writes parts as they are, but for comments.
    pub(super) fn plain(&mut self, parts: &[Part<'i>]) {
        for part in parts {
            if part.is_blank() {
                self.sheet.blank();
                continue;
            }
            self.sheet.push(&part.opening(self.css));
            if let Some(close) = parts::closing(&part.token) {
                self.plain(&part.inner);
                self.sheet.push(close.encode_utf8(&mut [0; 4]));
            }
        }
    }

    fn declaration(&mut self, parts: &[Part<'i>], place: Place) {
        let mark = self.sheet.mark();
        if let Err(fault) = self.declared(trim(parts), place) {
            self.sheet.rewind(mark);
            self.tell(fault);
        }
    }
}

/// Returns the part of a range on its first line, and not more of it than a message can show.
pub(super) fn first_line(css: &str, range: &Range<usize>) -> Range<usize> {
    const SHOWN_MAX: usize = 60;
    let text = &css[range.clone()];
    let line = text.find(['\n', '\r']).unwrap_or(text.len());
    let end = text[..line].char_indices().nth(SHOWN_MAX).map_or(line, |(at, _)| at);
    range.start..range.start + end
}

/// Tells whether an address leads to another host.
pub(super) fn is_remote(address: &str) -> bool {
    let address = address.trim().to_ascii_lowercase();
    address.starts_with("//") || address.starts_with("http:") || address.starts_with("https:")
}

pub(super) fn remote(at: Range<usize>, address: &str) -> Fault {
    told(
        &rules::CSS_REMOTE,
        at,
        format!("`{}` lies elsewhere and is left out", address.trim()),
        "there may be no network where the deck is shown: put the file into the site",
    )
}

/// Returns the path of an address in CSS, without what only a server or an SVG reads.
pub fn file_of(address: &str) -> String {
    let path = address.split(['?', '#']).next().unwrap_or(address);
    percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned()
}

/// Returns the pixels of an absolute length.
pub(super) fn pixels(value: f64, unit: &str) -> Option<f64> {
    let each = match unit.to_ascii_lowercase().as_str() {
        "px" => 1.0,
        "cm" => 96.0 / 2.54,
        "mm" => 96.0 / 25.4,
        "q" => 96.0 / 101.6,
        "in" => 96.0,
        "pc" => 16.0,
        "pt" => 96.0 / 72.0,
        _ => return None,
    };
    let pixels = value * each;
    // What is smaller than a stamp or larger than a wall is a slip.
    (16.0..=16384.0).contains(&pixels).then_some(pixels)
}
