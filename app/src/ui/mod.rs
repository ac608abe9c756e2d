//! Controls and views that several screens show, and their helpers. This folder uses no feature.

pub mod deferred;
pub mod download;
pub mod drafting;
pub mod entry;
pub mod entry_form;
pub mod entry_list;
pub mod figure_lines;
pub mod filter;
pub mod form_row;
pub mod freshness;
pub mod indicator_cards;
pub mod lazy;
pub mod ledger_items;
pub mod ledger_row;
pub mod loading;
pub mod map;
pub mod menu;
pub mod number_input;
pub mod page;
pub mod photo;
pub mod place_field;
pub mod save_image;
pub mod search;
pub mod url_state;
