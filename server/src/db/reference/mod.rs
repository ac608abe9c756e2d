//! Reference data: catalogue, places, organisations, pairings and closed months.

pub mod closed_month;
pub mod directory;
pub mod load;
