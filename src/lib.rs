//! kamishibai: slide decks and a wiki from one folder of Markdown, with one graph of links.
//!
//! ```text
//! Source --parse--> Document --catalog--> Catalog --compose--> Page --render--> Output --collect--> Bundle
//!  per file          per file              all                  per address      per address         all
//! ```
//!
//! Values first (text in, bytes out; no disk, network or clock), in reading order: [`digest`],
//! [`memo`], [`recall`], [`span`], `xml`, [`merge`], [`path`], [`picture`], [`source`], [`fence`], [`font`], [`history`], [`diagnostic`], [`config`], [`theme`], [`document`], [`catalog`],
//! [`check`], [`card`], [`page`], [`search`], [`output`], [`compile`], [`draft`], [`rename`], [`hosting`], [`drill`].
//! Then the edges, each of which moves
//! values across one border:
//! [`load`], [`watch`], [`save`], [`cache`], [`serve`], [`export`], [`browser`], [`avif`], [`varnish`], [`deploy`], [`cli`].
//!
//! What is public here is public for the program, the tests and the benches; it is not stable.

pub mod avif;
pub mod browser;
pub mod cache;
pub mod card;
pub mod catalog;
pub mod check;
pub mod cli;
pub mod compile;
pub mod config;
#[cfg(feature = "deploy")]
pub mod deploy;
pub mod diagnostic;
pub mod digest;
pub mod document;
pub mod draft;
pub mod drill;
pub mod export;
pub mod fence;
pub mod font;
pub mod history;
pub mod hosting;
pub mod load;
pub mod memo;
pub mod merge;
pub mod output;
pub mod page;
pub mod path;
pub mod picture;
pub mod recall;
pub mod rename;
pub mod save;
pub mod search;
pub mod serve;
pub mod source;
pub mod span;
pub mod theme;
pub mod varnish;
pub mod watch;
mod xml;

pub use document::{Dialect, render_markdown};
