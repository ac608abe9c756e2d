//! Pieces of the screens.

pub mod figures;
pub mod filter_bar;
pub mod header;
pub mod map;
pub mod place_field;
pub mod sync_badge;
