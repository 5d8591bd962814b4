//! Pictures and other files as bytes: what they are, how large, what they tell that nobody meant to tell, and the
//! pictures that are made of them.

mod avif;
mod clean;
mod colour;
mod derive;
mod drawing;
mod encode;
mod facts;
mod kind;
mod published;
mod recipe;
mod scrub;
mod size;

pub use avif::{Absent, Avif, Order};
use clean::riff_chunk;
pub use clean::{Unclean, clean};
pub use derive::{Unmade, blank, derive};
pub use facts::{Colours, Drawing, Facts, MEMORY_BYTES_MAX, PIXELS_MAX, SHOWN_PIXELS_MAX};
pub use kind::{Kind, is_named_as_one};
pub use published::{drawn, published};
pub use recipe::{Format, Images, MAKER, Need, Recipe, Variants, all, variants};
pub use size::size;
