//! The integration tests, in one binary: what the repository promises of itself.
//!
//! `tests/run` runs them with all else. `cargo test --release` alone needs what `tests/run` has fetched once.
#![expect(clippy::disallowed_methods, reason = "tests read files and start programs")]

mod cards;
mod cases;
mod cli;
mod demo;
#[cfg(feature = "deploy")]
mod deploy;
#[cfg(feature = "mermaid")]
mod diagrams;
mod edit;
mod edits;
mod export;
mod fonts;
mod harm;
mod history;
mod hosts;
mod languages;
mod limits;
mod looks;
mod pictures;
mod portable;
mod properties;
mod rename;
mod search;
mod serve;
mod spec;
mod theme;
mod tidy;
