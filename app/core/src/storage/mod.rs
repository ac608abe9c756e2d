//! Storage of a person's phone without I/O: outbox, replica, and the lists that screens read from them.
//!
//! The code is written once over [`Transaction`]. The app runs it on IndexedDB, tests and the simulation on
//! [`Memory`]. [`schema`] has the layout of the database and the steps that bring an older one up to date.

pub mod backend;
mod columns;
pub mod deletion;
mod indexes;
mod json;
pub mod lists;
pub mod memory;
pub mod meta;
pub mod my_entries;
pub mod my_lists;
pub mod outbox;
pub mod pull;
pub mod push;
pub mod replica_progress;
pub mod retention;
mod rows;
pub mod saving;
pub mod schema;
pub mod views;

pub use backend::{Key, KeyRange, Row, Source, Store, Transaction};
pub use json::{from_json, to_json};
pub use lists::{EntryHead, EntryPage, EntryRange, EntryRow};
pub use memory::Memory;
pub use meta::Owner;
pub use my_entries::{Conflict, EntryProgress, Gone, MyEntries, MyEntry, PendingDeletion};
pub use my_lists::{MyEntryKey, MyEntryPage};
pub use outbox::Unsent;
pub use replica_progress::ReplicaProgress;
pub use retention::Retention;
pub use saving::{ChangedElsewhere, SaveBase, SaveOutcome, SaveRequest};
pub use views::entries::EntryView;
pub use views::items::{ItemView, SyncState};

#[cfg(test)]
mod tests;
