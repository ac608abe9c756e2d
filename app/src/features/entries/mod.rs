//! Entries: lists, the form and conflicts. The catalogue shows the preview of a form.

mod all_entries;
mod choose_activity;
mod conflict;
mod form;
mod gone_entry;
mod my_entries;

pub use all_entries::AllEntries;
pub use choose_activity::ActivityChoice;
pub use conflict::ConflictChoice;
pub use form::{EditEntryForm, NewEntryForm, Preview};
pub use my_entries::MyEntryList;
