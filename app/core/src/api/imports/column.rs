//! Paths of columns that are no field of an entry, in imports and exports.

/// Identifier of an existing entry.
pub const ID: &str = "id";
/// Exported revision of an entry.
pub const REV: &str = "rev";
/// All answers of an exported entry.
pub const ANSWERS: &str = "answers";
/// Statistical code of the place.
pub const PLACE_CODE: &str = "place_code";
/// Units of amounts.
pub const UNIT: &str = "unit";
