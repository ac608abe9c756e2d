//! Figures: entries yield contributions, which aggregate to figures, breakdowns and overviews.

pub mod breakdown;
pub mod briefing;
pub mod chunk;
pub mod contribution;
pub mod entry_count;
pub mod figure;
pub mod overview;
pub mod pack;
pub mod selection;
pub mod source;
pub mod target_status;

#[cfg(test)]
mod tests;
