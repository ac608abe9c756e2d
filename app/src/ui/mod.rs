//! The component kit: controls, pickers, lists and notices that features share.

pub mod download;
pub mod drafting;
pub mod entry_list;
pub mod filter_bar;
pub mod form_row;
pub mod loading;
pub mod menu;
pub mod page;
pub mod place_field;
pub mod save_image;
pub mod search;
pub mod url_state;
