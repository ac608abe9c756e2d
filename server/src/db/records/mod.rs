//! Records: entries and ledger items, their history, pushes, pulls and conflicts.

pub mod by_date;
pub mod conflict;
pub mod cursor;
pub mod days;
pub mod entry;
pub mod history;
pub mod idempotency;
pub mod ledger;
pub mod pull;
pub mod push;
pub mod record;
pub mod revision;
mod room;
pub mod statement;
pub mod stored;
