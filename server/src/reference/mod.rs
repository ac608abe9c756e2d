//! Reference data in memory.

pub mod cache;
