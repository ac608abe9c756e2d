//! The audit trail: rows in one chain of hashes. A row is written in the transaction of the change that it records.

mod act;
mod append;
pub mod list;
pub mod retention;
mod row;
pub mod verify;

pub use act::{Act, By, Object};
pub use append::{append, note, note_all};
pub use row::AuditRow;
