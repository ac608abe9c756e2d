//! Reference data: catalogue, places, organisations, pairings and closed months.

pub mod directory;
pub mod load;
