//! Value types parsed at the edge: quantities with units, months, dates, half-width text and spreadsheet cells; and sorting.

pub mod amount;
pub mod csv_cell;
pub mod date;
pub mod day;
pub mod decimal;
pub mod field_error;
pub mod halfwidth;
pub mod hash;
pub mod language;
pub mod month;
pub mod quantity;
pub mod sort;
pub mod unit;
pub mod uuid_map;
