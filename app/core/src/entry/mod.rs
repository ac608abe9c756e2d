//! Entries: what a recorder wrote down, the rules it must keep, and likely duplicates.

pub mod bounds;
pub mod duplicate;
mod model;
mod parse;

pub use model::*;
pub use parse::check_value;
