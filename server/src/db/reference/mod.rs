//! Reference data: catalogue, places, organisations, pairings and closed months.

pub mod catalogue;
pub mod closed_month;
pub mod directory;
pub mod fill;
pub mod load;
