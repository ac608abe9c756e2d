//! Stored figures: kept up to date by addition, read by year and scope, proved by `verify`.

pub mod directory_change;
pub mod latest;
pub mod pack;
pub mod query;
pub mod rebuild;
pub mod rollup;
pub mod subjects;
pub mod sums;
#[cfg(test)]
mod tests;
pub mod verify;
