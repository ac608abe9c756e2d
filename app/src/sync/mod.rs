//! The sync in the browser: when it runs, and what the screens learn from it.

mod changes;
mod direct;
mod driver;
mod labels;
mod lifecycle;
mod live;
mod offline_readiness;
mod overview;
pub mod photo_scaling;
pub mod photos;
pub mod village;

pub use changes::{
    choose, delete, delete_item, discard_refused, entry_view_of, forget_gone, item_deletions, item_view_of,
    my_entry_of, save_all, save_file, save_made, undo_delete, undo_delete_item,
};
pub use labels::{fetch_places, judges, load_labels, refresh_overview};
pub use lifecycle::{begin, look_for_news, sign_out, start, start_anew, update};
pub use offline_readiness::can_work_offline;
