//! Views of records with the outbox applied.

pub mod entries;
pub mod items;
pub mod mine;
