//! Position of a sheet's heading.

use serde::{Deserialize, Serialize};

/// The rows of a heading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadingRows {
    /// Number of the first row.
    pub row: usize,
    /// Number of rows.
    pub rows: usize,
}
