//! Records: entries and ledger items, their history, pushes, pulls and conflicts.

pub mod conflict;
pub mod cursor;
pub mod days;
pub mod entry;
pub mod history;
pub mod idempotency;
pub mod pull;
pub mod push;
pub mod record;
pub mod revision;
pub mod stored;
