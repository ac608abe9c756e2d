//! Figures: entries give contributions, contributions add up to figures, breakdowns and summaries.

pub mod breakdown;
pub mod chunk;
pub mod contribution;
pub mod figure;
pub mod overview;
pub mod target_status;
