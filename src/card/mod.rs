//! A page as a picture of 1200×630, for where links to it are shown.
//!
//! It is drawn of the program's own fonts and by no browser, so it is the same on every machine: a card in its
//! stage, the next one behind it.

mod canvas;
mod colors;
mod draw;
mod glyphs;
mod lines;

pub use colors::Colors;
pub use draw::png;

use crate::digest::Digest;

/// Changes with the way in which cards are drawn.
const RECIPE: &str = "card 3";

/// What a card says, and in which colours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Over the title: the event, or the site.
    pub above: String,
    pub title: String,
    /// Whose it is, under the title.
    pub speaker: String,
    /// Beside that: a date, a place, what it is about.
    pub below: String,
    pub colors: Colors,
    /// Whether the theme sets titles in a serif face.
    pub is_serif: bool,
}

impl Card {
    /// Returns the digest of all that goes into the picture.
    pub fn digest(&self) -> Digest {
        let texts = [&self.above, &self.title, &self.speaker, &self.below].map(String::as_bytes);
        let colors = self.colors.all().concat();
        let looks = [RECIPE.as_bytes(), &colors, &[u8::from(self.is_serif)]];
        let fonts = glyphs::digests();
        let fonts = fonts.iter().map(Digest::as_bytes);
        Digest::of_parts(looks.into_iter().chain(texts).chain(fonts))
    }
}
