//! The sync in the browser: drives the engine of core, and updates the state of the screens.

mod changes;
mod direct;
mod drafts;
mod driver;
mod labels;
mod lifecycle;
mod listener;
mod live;
mod news;
mod offline_readiness;
mod overview;
mod packs;
pub mod photo_scaling;
pub mod photos;
pub mod remote;
pub mod separate;

pub use changes::{
    Decided, choose, decide, delete, delete_item, discard_refused, entry_view_of, forget_gone, item_deletions,
    item_view_of, my_entry_of, outbox_as_push, save_made, undo_decisions, undo_delete, undo_delete_item,
};
pub use drafts::{is_saved, restore_draft, unfinished_drafts};
pub use labels::{fetch_places, load_labels, reference_data, refresh_overview};
pub use lifecycle::{begin, reload_at, sign_out, start, update};
pub use news::look_for_news;
pub use offline_readiness::can_work_offline;
