//! Entries: lists, the form, one entry with its history, conflicts and deletion.

pub mod all_entries;
pub mod choose_activity;
pub mod conflict;
pub mod deletion;
pub mod detail;
pub mod entry_card;
pub mod form;
pub mod my_entries;
