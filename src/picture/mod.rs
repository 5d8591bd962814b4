//! Pictures and other files as bytes: what they are, how large, and what they tell that nobody meant to tell.

mod clean;
mod drawing;
mod kind;
mod size;

pub use clean::{Unclean, clean};
pub use kind::Kind;
pub use size::size;
