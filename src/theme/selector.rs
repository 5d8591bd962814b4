//! Selectors of Marp's page -> selectors of ours, held within the slides that are meant.
//!
//! Marp's slide is `section` within elements of its own; ours is `.slide`. Every selector gets
//! `.slide` once, so which of two rules wins is as it was.

use cssparser::Token;

use super::marpit;
use super::parts::{Part, range, trim};
use super::rewrite::{Place, Rewriter, Subject, fault, first_line, told};
use super::sheet::{Fault, Filling};
use crate::diagnostic::rules;

/// The letterbox of the slide on stage is the ground of the deck itself.
const BACKDROP: (&str, &str) = ("html[data-view=\"stage\"] main.deck:has(>.current>", ")");

/// A selector cut at its combinators.
#[derive(Default)]
struct Complex<'a, 'i> {
    /// What stands before the first compound, of a nested selector.
    leading: Option<char>,
    compounds: Vec<&'a [Part<'i>]>,
    /// One between each two compounds.
    combinators: Vec<char>,
}

impl Complex<'_, '_> {
    /// Returns how many compounds stand around the slide: they say nothing of it.
    fn inside(&self) -> usize {
        let around = |compound: &&[Part<'_>]| {
            let page = compound.first().and_then(Part::ident).is_some_and(|name| {
                ["html", "body", "svg"].iter().any(|known| name.eq_ignore_ascii_case(known))
            });
            page || is_frame(compound)
        };
        let slide = self.compounds.iter().position(|compound| is_slide(compound));
        slide.filter(|slide| self.compounds[..*slide].iter().all(around)).unwrap_or_else(|| {
            self.compounds.iter().take_while(|compound| is_frame(compound)).count()
        })
    }
}

/// What one selector leads to.
struct Led {
    subject: Subject,
    backdrop: bool,
}

impl<'i> Rewriter<'i> {
    /// Writes the selectors of a rule; `around` is what the rule that it stands in leads to.
    pub(super) fn selectors(
        &mut self,
        prelude: &[Part<'i>],
        around: Option<Subject>,
    ) -> Result<Place, Fault> {
        let mut subject = Subject::default();
        let mut backdrops = 0;
        let lists: Vec<&[Part<'i>]> =
            prelude.split(|part| matches!(part.token, Token::Comma)).map(trim).collect();
        for (index, parts) in lists.iter().enumerate() {
            if index > 0 {
                self.sheet.push(",");
            }
            let complex = self.complex(parts, prelude, around.is_some())?;
            let led = self.selector(&complex, around)?;
            subject.slide |= led.subject.slide;
            subject.every |= led.subject.every;
            subject.number |= led.subject.number;
            backdrops += usize::from(led.backdrop);
        }
        if backdrops == 0 {
            return Ok(Place::Style(subject));
        }
        if backdrops < lists.len() {
            let message = "`::backdrop` shares a rule with what is no backdrop".to_owned();
            return Err(fault(range(prelude), message, "give it a rule of its own"));
        }
        Ok(Place::Backdrop)
    }

    fn complex<'a>(
        &self,
        parts: &'a [Part<'i>],
        prelude: &[Part<'i>],
        nested: bool,
    ) -> Result<Complex<'a, 'i>, Fault> {
        let mut complex = Complex::default();
        let (mut start, mut pending) = (0, None);
        for (index, part) in parts.iter().enumerate() {
            let Some(next) = self.combinator(part)? else {
                let named = |part: &Part<'_>| {
                    matches!(part.token, Token::Ident(_) | Token::Function(_) | Token::Colon)
                };
                if matches!(part.token, Token::Colon) && !parts.get(index + 1).is_some_and(named) {
                    let message = "`:` is followed by no name";
                    return Err(fault(part.range.clone(), message, "is a `;` missing above?"));
                }
                if start == index {
                    complex.combinators.extend(pending.take());
                }
                continue;
            };
            if start < index {
                complex.compounds.push(&parts[start..index]);
            }
            start = index + 1;
            let first = complex.compounds.is_empty();
            pending = match (pending, next) {
                (None, ' ') if first => None,
                (None, next) if first && nested && complex.leading.is_none() => {
                    complex.leading = Some(next);
                    None
                }
                (None, next) if first => {
                    let message = format!("`{next}` stands before nothing to begin from");
                    return Err(fault(part.range.clone(), message, "begin with `section`"));
                }
                (Some(known), ' ') => Some(known),
                (None | Some(' '), next) => Some(next),
                (Some(_), next) => {
                    let message = format!("`{next}` follows another combinator");
                    return Err(fault(part.range.clone(), message, "remove one of them"));
                }
            };
        }
        if start < parts.len() {
            complex.compounds.push(&parts[start..]);
        }
        if complex.compounds.is_empty() || pending.is_some() {
            let whole = if parts.is_empty() { prelude } else { parts };
            return Err(fault(range(whole), "a selector is missing", "name what the rule is for"));
        }
        Ok(complex)
    }

    /// Returns the combinator that a part is, if it is no part of a compound.
    fn combinator(&self, part: &Part<'i>) -> Result<Option<char>, Fault> {
        match &part.token {
            Token::WhiteSpace(_) => Ok(Some(' ')),
            Token::Delim(c @ ('>' | '+' | '~')) => Ok(Some(*c)),
            Token::Delim('.' | '*' | '&' | '|')
            | Token::Comment(_)
            | Token::Ident(_)
            | Token::Colon
            | Token::Hash(_)
            | Token::IDHash(_)
            | Token::SquareBracketBlock
            | Token::Function(_) => Ok(None),
            Token::Delim('/') => {
                let help = "comments stand in `/*` and `*/`";
                Err(fault(part.range.clone(), "`/` cannot stand in a selector", help))
            }
            _ => {
                let written = &self.css[first_line(self.css, &part.range)];
                let message = format!("`{written}` cannot stand in a selector");
                let help = "is a `}` or `;` missing or too much above?";
                Err(fault(part.range.clone(), message, help))
            }
        }
    }

    /// Writes one selector.
    fn selector(
        &mut self,
        complex: &Complex<'_, 'i>,
        around: Option<Subject>,
    ) -> Result<Led, Fault> {
        let plain = Led { subject: Subject::default(), backdrop: false };
        if let Some(around) = around
            && let Some(led) = self.follows(complex, around)?
        {
            return Ok(led);
        }
        let inside = complex.inside();
        if inside == complex.compounds.len() {
            let last = range(complex.compounds[inside - 1]);
            let message = format!("`{}` stands around the slide", self.css[last.clone()].trim());
            let help =
                "a theme ends at the slide; for the ground beside it write `section::backdrop`";
            return Err(told(&rules::CSS_SCOPE, last, message, help));
        }
        // `svg > foreignObject > section`: what stands around the slide says nothing of it.
        let first = complex.compounds[inside];
        let alone = inside + 1 == complex.compounds.len();
        let (before, pseudo) = split_pseudo(first);
        let backdrop = pseudo.first().and_then(|_| pseudo_name(pseudo)) == Some("backdrop");
        if backdrop && alone && (before.is_empty() || is_slide(before)) {
            self.sheet.push(BACKDROP.0);
            self.slide(before);
            self.sheet.push(BACKDROP.1);
            return Ok(Led { backdrop: true, ..plain });
        }
        if is_slide(first) {
            if matches!(complex.combinators.get(inside), Some('+' | '~')) {
                return Err(self.beside(complex));
            }
            let held = marpit::is_container(before)
                && complex.compounds.get(inside + 1).is_some_and(|next| marpit::is_container(next));
            let slide = |writer: &mut Self| {
                writer.slide(before);
                if marpit::is_container(before) && !held {
                    writer.sheet.push(">");
                    writer.sheet.push(marpit::BACKGROUNDS);
                }
            };
            self.with_pseudo(&slide, pseudo);
            self.rest(complex, inside + 1);
            let number = alone && matches!(pseudo_name(pseudo), Some("after"));
            let slide = alone && pseudo.is_empty();
            let every = slide
                && before.iter().all(|part| {
                    !matches!(
                        part.token,
                        Token::Delim('.') | Token::SquareBracketBlock | Token::Function(_)
                    )
                });
            return Ok(Led { subject: Subject { slide, every, number }, backdrop: false });
        }
        if speaks_of_slide(first) {
            return Ok(self.within_is(complex, inside));
        }
        self.sheet.push(".slide");
        self.sheet.hole(Filling::Scope);
        self.sheet.push(" ");
        self.beginning(complex, inside);
        Ok(plain)
    }

    /// Writes `:is(section.lead, section.title) h1`: the slide itself, or something on it.
    fn within_is(&mut self, complex: &Complex<'_, 'i>, inside: usize) -> Led {
        let (before, pseudo) = split_pseudo(complex.compounds[inside]);
        let alone = inside + 1 == complex.compounds.len();
        let slide = |writer: &mut Self| {
            writer.written(before);
            writer.sheet.push(":is(.slide");
            writer.sheet.hole(Filling::Scope);
            writer.sheet.push(",.slide");
            writer.sheet.hole(Filling::Scope);
            writer.sheet.push(" *)");
        };
        self.with_pseudo(&slide, pseudo);
        self.rest(complex, inside + 1);
        let slide = alone && pseudo.is_empty();
        let number = alone && pseudo_name(pseudo) == Some("after");
        Led { subject: Subject { slide, every: false, number }, backdrop: false }
    }

    /// Writes a selector that follows from the rule around it; one that begins elsewhere is not its own.
    fn follows(
        &mut self,
        complex: &Complex<'_, 'i>,
        around: Subject,
    ) -> Result<Option<Led>, Fault> {
        let first = complex.compounds[0];
        let begins = has_ampersand(first);
        let beside = if begins { complex.combinators.first() } else { complex.leading.as_ref() };
        if around.slide && matches!(beside, Some('+' | '~')) {
            return Err(self.beside(complex));
        }
        let refers = complex.compounds.iter().any(|compound| has_ampersand(compound));
        if complex.leading.is_none() && !begins && refers {
            return Ok(None);
        }
        self.sheet.push(&complex.leading.map(String::from).unwrap_or_default());
        let alone = complex.compounds.len() == 1 && begins;
        let (before, pseudo) = split_pseudo(first);
        if alone && around.slide {
            self.with_pseudo(&|writer: &mut Self| writer.written(before), pseudo);
        } else {
            self.beginning(complex, 0);
        }
        let subject = if alone { after(first, around) } else { Subject::default() };
        Ok(Some(Led { subject, backdrop: false }))
    }

    /// Writes a slide with its pseudo-element. Where there are backgrounds, that lies above all of them and
    /// has the whole slide for its place, a split one too: so it belongs to a layer of its own there.
    fn with_pseudo(&mut self, slide: &dyn Fn(&mut Self), pseudo: &[Part<'i>]) {
        slide(self);
        self.written(pseudo);
        if marpit::is_layered(pseudo) {
            self.sheet.push(",");
            slide(self);
            self.sheet.push(">:where(.slide-pseudo)");
            self.written(pseudo);
        }
    }

    fn beside(&self, complex: &Complex<'_, 'i>) -> Fault {
        let at = complex.compounds[0][0].range.start
            ..complex.compounds.last().map_or(0, |compound| range(compound).end);
        let message = format!("`{}` looks for what stands beside the slide", &self.css[at.clone()]);
        told(&rules::CSS_SCOPE, at, message, "a slide stands alone; give the other one a class")
    }

    /// Writes the compounds from one on, each after its combinator.
    fn rest(&mut self, complex: &Complex<'_, 'i>, from: usize) {
        for (index, compound) in complex.compounds.iter().enumerate().skip(from) {
            if let Some(combinator) = index.checked_sub(1).map(|before| complex.combinators[before])
            {
                self.sheet.push(combinator.encode_utf8(&mut [0; 4]));
            }
            self.written(compound);
        }
    }

    /// Writes a selector from a compound on.
    fn beginning(&mut self, complex: &Complex<'_, 'i>, from: usize) {
        self.written(complex.compounds[from]);
        self.rest(complex, from + 1);
    }

    /// Writes the compound of a slide.
    fn slide(&mut self, compound: &[Part<'i>]) {
        self.sheet.push(".slide");
        self.sheet.hole(Filling::Scope);
        let mut rest = compound;
        while let Some(part) = rest.first() {
            if part.ident().is_some_and(|name| name.eq_ignore_ascii_case("section"))
                && rest.len() == compound.len()
            {
                rest = &rest[1..];
            } else if let [Part { token: Token::Colon, .. }, name, ..] = rest
                && name.ident().is_some_and(|name| name.eq_ignore_ascii_case("root"))
            {
                // It wins over `section`, as a class would.
                self.sheet.push(".slide");
                rest = &rest[2..];
            } else if marpit::attribute(part) == Some(marpit::BACKGROUNDS) {
                // It is within the slide here, and follows behind.
                rest = &rest[1..];
            } else {
                let whole = 1 + usize::from(matches!(part.token, Token::Colon | Token::Delim('.')));
                let (piece, after) = rest.split_at(whole.min(rest.len()));
                self.written(piece);
                rest = after;
            }
        }
    }

    /// Writes parts of a selector, Marpit's names replaced by ours.
    fn written(&mut self, parts: &[Part<'i>]) {
        let mut class = false;
        for (index, part) in parts.iter().enumerate() {
            if let (true, Some(name)) = (class, part.ident()) {
                self.sheet.classes.insert(name.to_owned());
            }
            let named =
                index == 0 || !matches!(parts[index - 1].token, Token::Delim('.') | Token::Colon);
            class = part.is_delim('.');
            match &part.token {
                Token::Comment(_) => {}
                Token::WhiteSpace(_) => self.sheet.blank(),
                Token::Ident(name) if named => match marpit::element(name) {
                    Some(own) => self.sheet.push(own),
                    None => self.sheet.push(&part.opening(self.css)),
                },
                Token::Ident(name)
                    if name.eq_ignore_ascii_case("root")
                        && matches!(parts[index - 1].token, Token::Colon) =>
                {
                    // Within `:is(...)`: the slide is the root.
                    self.sheet.push("is(.slide)");
                }
                Token::Ident(name) if matches!(parts[index - 1].token, Token::Colon) => {
                    match marpit::counted(parts, name) {
                        Some(own) => self.sheet.push(&own),
                        None => self.sheet.push(&part.opening(self.css)),
                    }
                }
                Token::SquareBracketBlock => {
                    if let Some(own) = marpit::attribute(part) {
                        self.sheet.push(own);
                    } else {
                        self.sheet.classes.extend(marpit::classes(part));
                        self.sheet.push("[");
                        self.plain(trim(&part.inner));
                        self.sheet.push("]");
                    }
                }
                Token::Function(_) => {
                    self.sheet.push(&part.opening(self.css));
                    self.written(trim(&part.inner));
                    let counts = part.function().as_deref() == Some("nth-last-child");
                    if counts && !part.inner.iter().any(|part| part.ident() == Some("of")) {
                        self.sheet.push(marpit::COUNTED);
                    }
                    self.sheet.push(")");
                }
                _ => self.sheet.push(&part.opening(self.css)),
            }
        }
    }
}

/// Cuts a compound before its pseudo-element.
fn split_pseudo<'a, 'i>(compound: &'a [Part<'i>]) -> (&'a [Part<'i>], &'a [Part<'i>]) {
    let legacy = ["after", "before", "first-line", "first-letter"];
    let at = compound.windows(2).position(|pair| {
        matches!(pair[0].token, Token::Colon)
            && (matches!(pair[1].token, Token::Colon)
                || pair[1].ident().is_some_and(|name| {
                    legacy.iter().any(|known| name.eq_ignore_ascii_case(known))
                }))
    });
    compound.split_at(at.unwrap_or(compound.len()))
}

fn pseudo_name<'a>(pseudo: &'a [Part<'_>]) -> Option<&'a str> {
    pseudo.iter().find_map(Part::ident)
}

/// Tells whether a compound is the slide itself.
fn is_slide(compound: &[Part<'_>]) -> bool {
    let section = compound
        .first()
        .and_then(Part::ident)
        .is_some_and(|name| name.eq_ignore_ascii_case("section"));
    let root = compound.windows(2).any(|pair| {
        matches!(pair[0].token, Token::Colon)
            && pair[1].ident().is_some_and(|name| name.eq_ignore_ascii_case("root"))
    });
    section || root
}

/// Tells whether a compound names the slide within `:is(...)` or `:where(...)`.
fn speaks_of_slide(compound: &[Part<'_>]) -> bool {
    compound.iter().any(|part| {
        let names =
            matches!(part.function().as_deref(), Some("is" | "where" | "matches" | "-webkit-any"));
        names
            && part
                .inner
                .split(|part| matches!(part.token, Token::Comma))
                .any(|each| is_slide(trim(each)) || speaks_of_slide(trim(each)))
    })
}

/// Tells whether a compound is one of Marp's elements around the slide.
fn is_frame(compound: &[Part<'_>]) -> bool {
    let of_type = compound.first().and_then(Part::ident);
    let is = |wanted: &str| of_type.is_some_and(|name| name.eq_ignore_ascii_case(wanted));
    let class =
        compound.windows(2).any(|pair| pair[0].is_delim('.') && pair[1].ident() == Some("marpit"));
    let svg = compound.iter().any(|part| {
        matches!(part.token, Token::SquareBracketBlock)
            && part.inner.iter().any(|part| part.ident() == Some("data-marpit-svg"))
    });
    class || svg || is("foreignobject")
}

fn has_ampersand(compound: &[Part<'_>]) -> bool {
    compound.iter().any(|part| part.is_delim('&') || has_ampersand(&part.inner))
}

/// Returns what `&`, or `&` with a pseudo-element, leads to.
fn after(compound: &[Part<'_>], around: Subject) -> Subject {
    let (_, pseudo) = split_pseudo(compound);
    match pseudo_name(pseudo) {
        None => Subject { every: false, ..around },
        Some(name) => {
            Subject { slide: false, every: false, number: around.slide && name == "after" }
        }
    }
}
