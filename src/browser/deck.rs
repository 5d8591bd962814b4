//! A deck in the browser: a sheet a slide, or a step, laid out at the deck's own size.

use anyhow::{Context, Result, bail};
use serde_json::{Value as Json, json};

use super::Browser;
use super::page::{Files, Page};

const PREPARE: &str = include_str!("prepare.js");

/// What a deck is laid out for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Prepare<'a> {
    /// Whether each step gets a sheet of its own.
    pub steps: bool,
    /// The site's address with its last slash, for links that leave the deck.
    pub base_url: Option<&'a str>,
    /// How many pixels of a picture make one of the deck's.
    pub scale: f64,
    /// Whether it is to be printed.
    pub paper: bool,
}

/// A deck, laid out.
#[derive(Debug)]
pub struct Deck<'a> {
    page: Page<'a>,
    /// In pixels.
    pub width: f64,
    pub height: f64,
    pub sheets: Vec<Sheet>,
}

/// What is on one page of paper, or one picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// The slide, from 1.
    pub number: usize,
    pub step: usize,
    pub title: String,
}

impl<'a> Deck<'a> {
    /// Opens a deck and waits until fonts and pictures are there and everything fits.
    pub fn open(
        browser: &'a Browser,
        files: Files<'a>,
        route: &str,
        prepare: Prepare<'_>,
    ) -> Result<Deck<'a>> {
        let page = browser.page(files, (1280, 720), prepare.scale)?;
        page.open(&format!("{}?view=print", crate::page::encode(route)))?;
        let options =
            json!({ "steps": prepare.steps, "base": prepare.base_url, "paper": prepare.paper });
        let told = page.evaluate(&format!("({})({options})", PREPARE.trim()))?;
        let number = |name: &str| told[name].as_f64().context("a deck has a size");
        let (width, height) = (number("width")?, number("height")?);
        let sheets: Vec<Sheet> =
            told["sheets"].as_array().into_iter().flatten().map(sheet).collect();
        if sheets.is_empty() {
            bail!("the deck shows no slide\nhelp: write one, or show one that is hidden");
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a slide is some thousand pixels"
        )]
        page.resize(
            (width.round().max(1.0) as u32, height.round().max(1.0) as u32),
            prepare.scale,
        )?;
        Ok(Deck { page, width, height, sheets })
    }

    /// Prints the deck, a sheet a page.
    pub fn pdf(&self) -> Result<Vec<u8>> {
        self.page.pdf()
    }

    /// Takes a picture of one sheet.
    pub fn png(&self, index: usize) -> Result<Vec<u8>> {
        self.page.evaluate(&format!("kamiShot({index})"))?;
        self.page.png()
    }

    /// Returns what the deck would show from elsewhere and cannot here.
    pub fn refused(&self) -> Vec<String> {
        self.page.refused()
    }
}

fn sheet(told: &Json) -> Sheet {
    let number = |name: &str| {
        told[name].as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or(0)
    };
    Sheet {
        number: number("number"),
        step: number("step"),
        title: told["title"].as_str().unwrap_or_default().to_owned(),
    }
}
