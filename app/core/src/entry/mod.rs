//! Entries: the model, validation of untrusted fields, size limits and detection of likely duplicates.

mod answers;
pub mod bounds;
pub mod duplicate;
mod model;
mod parse;

pub use answers::check_value;
pub use model::*;
