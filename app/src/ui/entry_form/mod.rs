//! The fields of an activity's form, for recorders and for the preview of an administrator.

mod answers;
mod fields;
mod last_day;
mod new_draft;
mod preview;
mod table;

pub use fields::{DraftChange, EntryFormState, is_concerned};
pub use last_day::last_day;
pub use new_draft::new_draft;
pub use preview::Preview;
