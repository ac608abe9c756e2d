//! Exported tables: the columns of an entry, sheets written row by row, and limits.

pub mod entry_row;
pub mod limits;
pub mod sheet;
