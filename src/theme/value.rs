//! Declarations: lengths that follow the slide, names of the sheet's own, addresses of files.

use std::ops::Range;

use cssparser::Token;

use super::data_url;
use super::parts::{self, Part, range, trim};
use super::rewrite::{Place, Rewriter, Subject, fault, first_line, is_remote, pixels, remote};
use super::sheet::{Fault, Filling, Named};

/// What a `rem` is in the value at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rem {
    /// The slide's own font size.
    Slide,
    /// A browser's default: the font size of the slide cannot follow itself.
    Default,
    /// What the page says: nothing that follows a slide can stand there.
    Page,
}

/// How the words of a value are read.
#[derive(Clone, Copy, Debug)]
struct Reading {
    rem: Rem,
    /// Whether its words may be names of key frames.
    animates: bool,
    custom: bool,
    /// Whether its strings are addresses.
    addresses: bool,
}

impl<'i> Rewriter<'i> {
    /// Writes a declaration, unless it is one that a slide cannot have.
    pub(super) fn declared(&mut self, parts: &[Part<'i>], place: Place) -> Result<(), Fault> {
        let (name, value) = self.halves(parts)?;
        let lower = name.to_ascii_lowercase();
        let Subject { slide, every, number } = match place {
            Place::Style(subject) => subject,
            _ => Subject::default(),
        };
        if every && matches!(lower.as_str(), "width" | "height") {
            self.size(&lower, value);
            return Ok(());
        }
        let left_out = (number && lower == "content" && !shows_number(value))
            || (place == Place::Backdrop && !lower.starts_with("background"));
        if left_out {
            return Ok(());
        }
        let custom = lower.starts_with("--");
        if custom {
            self.sheet.hole(Filling::Property(name.to_owned()));
        } else {
            self.sheet.push(&lower);
        }
        self.sheet.push(":");
        let reading = Reading {
            rem: match place {
                Place::Descriptors => Rem::Page,
                _ if slide && matches!(lower.as_str(), "font" | "font-size") => Rem::Default,
                _ => Rem::Slide,
            },
            animates: lower.ends_with("animation") || lower.ends_with("animation-name"),
            custom,
            addresses: false,
        };
        self.value(value, reading)?;
        if place == Place::Backdrop && !value.iter().any(|part| part.is_delim('!')) {
            // The frame gives the letterbox the slide's own ground.
            self.sheet.push("!important");
        }
        self.sheet.push(";");
        Ok(())
    }

    /// Cuts a declaration at its colon.
    fn halves<'a>(&self, parts: &'a [Part<'i>]) -> Result<(&'a str, &'a [Part<'i>]), Fault> {
        let colon = parts.iter().position(|part| matches!(part.token, Token::Colon));
        let halves = colon.map(|colon| (trim(&parts[..colon]), trim(&parts[colon + 1..])));
        let Some(([name], value)) = halves else { return Err(self.no_declaration(parts)) };
        let Some(name) = name.ident() else { return Err(self.no_declaration(parts)) };
        if value.is_empty() && !name.starts_with("--") {
            let message = format!("`{name}` has no value");
            return Err(fault(range(parts), message, "write one behind the colon"));
        }
        Ok((name, value))
    }

    fn no_declaration(&self, parts: &[Part<'i>]) -> Fault {
        let at = first_line(self.css, &range(parts));
        let message = format!("`{}` is no declaration", self.css[at.clone()].trim());
        fault(at, message, "write `property: value;`; comments stand in `/*` and `*/`")
    }

    /// Keeps what every slide is as wide or high as: the frame lays it out at that size.
    fn size(&mut self, name: &str, value: &[Part<'i>]) {
        let [Part { token: Token::Dimension { value, unit, .. }, .. }, ..] = value else { return };
        let Some(pixels) = pixels(f64::from(*value), unit) else { return };
        if name == "width" {
            self.sheet.width = Some(pixels);
        } else {
            self.sheet.height = Some(pixels);
        }
    }

    /// Writes a value that stands on the slide itself.
    pub(super) fn own_value(&mut self, parts: &[Part<'i>]) -> Result<(), Fault> {
        let reading = Reading { rem: Rem::Slide, animates: false, custom: false, addresses: false };
        self.value(parts, reading)
    }

    fn value(&mut self, parts: &[Part<'i>], reading: Reading) -> Result<(), Fault> {
        for part in parts {
            match &part.token {
                Token::WhiteSpace(_) | Token::Comment(_) => self.sheet.blank(),
                Token::Ident(name) if name.starts_with("--") => {
                    self.sheet.hole(Filling::Property(name.to_string()));
                }
                Token::Ident(name) if reading.animates => {
                    self.sheet.hole(Filling::Keyframes(name.to_string()));
                }
                Token::UnquotedUrl(address) => self.url(address, &part.range)?,
                Token::QuotedString(address) if reading.addresses => {
                    self.url(address, &part.range)?;
                }
                Token::Dimension { unit, .. } if unit.eq_ignore_ascii_case("rem") => {
                    self.rem(part, reading.rem);
                }
                Token::Function(_) => self.function(part, reading)?,
                Token::CurlyBracketBlock if !reading.custom => {
                    let at = part.range.start..part.range.start + 1;
                    return Err(fault(at, "a block cannot stand here", "is a `;` missing above?"));
                }
                Token::ParenthesisBlock | Token::SquareBracketBlock | Token::CurlyBracketBlock => {
                    self.nested(part, reading)?;
                }
                Token::BadString(_) | Token::BadUrl(_) => {
                    let at = first_line(self.css, &part.range);
                    let message = format!("`{}` has no end", self.css[at.clone()].trim());
                    return Err(fault(at, message, "close it with the mark that opened it"));
                }
                Token::CloseParenthesis | Token::CloseSquareBracket | Token::CloseCurlyBracket => {
                    let message = format!("`{}` closes nothing", &self.css[part.range.clone()]);
                    return Err(fault(part.range.clone(), message, "remove it"));
                }
                _ => self.sheet.push(&part.opening(self.css)),
            }
        }
        Ok(())
    }

    fn function(&mut self, part: &Part<'i>, reading: Reading) -> Result<(), Fault> {
        let name = part.function().unwrap_or_default();
        if matches!(name.as_str(), "url" | "src") {
            return match trim(&part.inner) {
                [Part { token: Token::QuotedString(address), range, .. }] => {
                    self.url(address, range)
                }
                _ => Err(fault(
                    part.range.clone(),
                    "the address is not in quotation marks",
                    "write `url(\"picture.png\")`",
                )),
            };
        }
        let addresses = name.ends_with("image-set");
        // A word in `steps()` or `var()` is no name of key frames.
        self.nested(part, Reading { addresses, animates: false, ..reading })
    }

    fn nested(&mut self, part: &Part<'i>, reading: Reading) -> Result<(), Fault> {
        if !part.closed {
            let at = first_line(self.css, &part.range);
            return Err(fault(at, "this bracket has no end", "close it"));
        }
        self.sheet.push(&part.opening(self.css));
        self.value(trim(&part.inner), reading)?;
        if let Some(close) = parts::closing(&part.token) {
            self.sheet.push(close.encode_utf8(&mut [0; 4]));
        }
        Ok(())
    }

    /// Writes a length in `rem`, which is the slide's font size and not the page's.
    fn rem(&mut self, part: &Part<'i>, rem: Rem) {
        let written = part.opening(self.css);
        let number = &written[..written.len() - "rem".len()];
        match rem {
            Rem::Page => self.sheet.push(&written),
            Rem::Default => self.sheet.push(&format!("calc({number}*16px)")),
            Rem::Slide => self.sheet.push(&format!("calc({number}*var(--slide-rem,16px))")),
        }
    }

    fn url(&mut self, address: &str, at: &Range<usize>) -> Result<(), Fault> {
        let trimmed = address.trim();
        if is_remote(trimmed) {
            return Err(remote(at.clone(), trimmed));
        }
        if trimmed.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("data:")) {
            let Some(file) = data_url::read(trimmed) else {
                let message = "the `data:` address cannot be read";
                return Err(fault(at.clone(), message, "put what it holds into a file"));
            };
            let known = self.sheet.files.iter().position(|known| *known == file);
            let index = known.unwrap_or(self.sheet.files.len());
            if known.is_none() {
                self.sheet.files.push(file);
            }
            self.sheet.hole(Filling::File(index));
            return Ok(());
        }
        if trimmed.starts_with('#') {
            self.sheet.push("url(\"");
            self.sheet.push(&trimmed.replace(['"', '\\', '\n'], ""));
            self.sheet.push("\")");
            return Ok(());
        }
        if trimmed.is_empty() {
            return Err(fault(at.clone(), "the address is empty", "name a file"));
        }
        self.sheet.urls.push(Named { name: trimmed.to_owned(), at: at.clone() });
        self.sheet.hole(Filling::Url(trimmed.to_owned()));
        Ok(())
    }
}

/// Tells whether a value shows the page number; any other would be shown in its place.
fn shows_number(value: &[Part<'_>]) -> bool {
    value.iter().any(|part| {
        part.function().is_some_and(|name| name == "attr")
            && part.inner.iter().any(|part| part.ident() == Some("data-marpit-pagination"))
    })
}
