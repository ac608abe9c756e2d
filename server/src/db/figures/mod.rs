//! Rolled-up figures: updated by addition, read by year and place, proved by `verify`.

pub mod query;
pub mod rebuild;
pub mod rollup;
pub mod verify;
