//! Entries: lists, the form and conflicts.

mod all_entries;
mod choose_activity;
mod conflict;
mod entry_table;
mod form;
mod gone_entry;
mod my_entries;

pub use all_entries::AllEntries;
pub use choose_activity::ActivityChoice;
pub use conflict::ConflictChoice;
pub use form::{EditEntryForm, NewEntryForm};
pub use my_entries::MyEntryList;
