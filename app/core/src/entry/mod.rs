//! Entries: the model, validation of untrusted fields, size limits and detection of likely duplicates.

mod answers;
pub mod bounds;
pub mod comparison;
pub mod duplicate;
pub mod field;
mod model;
mod parse;
pub mod path;

pub use answers::check_value;
pub use field::Fields;
pub use model::*;
pub use path::Path;
