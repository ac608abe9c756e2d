//! Entries: the model, validation of untrusted fields, size limits and detection of likely duplicates.

pub mod bounds;
pub mod duplicate;
mod model;
mod parse;

pub use model::*;
pub use parse::check_value;
