//! Pieces of the screens.

pub mod address;
pub mod decide;
pub mod deletion;
pub mod drafting;
pub mod entry_card;
pub mod entry_list;
pub mod figures;
pub mod filter_bar;
pub mod form_row;
pub mod header;
pub mod loading;
pub mod map;
pub mod menu;
pub mod place_field;
pub mod save_picture;
pub mod search;
pub mod share;
pub mod sync_badge;
pub mod toolbar;
pub mod undo;
pub mod value;
pub mod wall;
