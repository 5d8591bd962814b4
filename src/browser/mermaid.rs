//! Diagrams as Mermaid's own script draws them: for the kinds that this program does not draw itself.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::Browser;
use crate::output::Output;

const DRAW: &str = include_str!("mermaid.js");
const PAGE: &str = "mermaid.html";
const SCRIPT: &str = "mermaid.min.js";
const HTML: &str = "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>Mermaid</title></head>\
                    <body><script src=\"mermaid.min.js\"></script></body></html>";

/// What became of one text.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Sketch {
    Svg(String),
    /// What Mermaid says is wrong, and in which line, counted from 1.
    Fault {
        message: String,
        line: Option<usize>,
    },
}

/// Draws texts, each in light and in dark.
pub fn sketch(browser: &Browser, script: &[u8], texts: &[&str]) -> Result<Vec<Sketch>> {
    let files = |address: &str| match address {
        PAGE => Some(Arc::new(Output::new(PAGE, HTML.as_bytes().to_vec()))),
        SCRIPT => Some(Arc::new(Output::new(SCRIPT, script.to_vec()))),
        _ => None,
    };
    let page = browser.page(&files, (1280, 720), 1.0)?;
    page.open(PAGE)?;
    let told = page.evaluate(&format!("({})({})", DRAW.trim(), serde_json::to_string(texts)?))?;
    if told.is_null() {
        bail!(
            "the script that was found is not Mermaid's\nhelp: KAMI_MERMAID, or node_modules/mermaid/dist/mermaid.min.js, must be the file mermaid.min.js of the package"
        );
    }
    let sketches: Vec<Sketch> = serde_json::from_value(told).context("read what Mermaid drew")?;
    if sketches.len() != texts.len() {
        bail!("Mermaid drew {} of {} diagrams", sketches.len(), texts.len());
    }
    Ok(sketches)
}
