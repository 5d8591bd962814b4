//! The CSS of themes and decks: read, held within our slides, written for one scope at a time.
//!
//! A theme written for Marp is used as it is: what it says of Marp's page is rewritten to ours by
//! one table in `selector`. Nothing that a theme or deck says reaches anything but the slides that
//! are meant. Knows no site: where a file lies, whoever writes a sheet has to say.

mod color;
mod data_url;
mod marpit;
mod meta;
mod parts;
mod rewrite;
mod selector;
mod set;
mod sheet;
mod value;

pub use color::is_color;
pub use data_url::read as read_data_url;
pub use rewrite::{declaration, file_of, parse};
pub use set::{Frame, Theme, Themes};
pub use sheet::{DataFile, Fault, Named, Scope, Sheet};
