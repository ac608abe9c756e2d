//! Entries: lists, the form, conflicts and deletion. Other features use the card, the preview and the deletion forms.

mod all_entries;
mod choose_activity;
mod conflict;
mod deletion;
mod entry_card;
mod form;
mod my_entries;
mod undo_toast;

pub use all_entries::AllEntries;
pub use choose_activity::ActivityChoice;
pub use conflict::ConflictChoice;
pub use deletion::{DeleteForm, EntryMenu, OpenMenus, PendingDeletionRow, PendingDeletions, VoidForm, may_void};
pub use entry_card::{EntryCard, History, likely_same};
pub use form::{EditEntryForm, NewEntryForm, Preview};
pub use my_entries::MyEntryList;
pub use undo_toast::UndoToast;
