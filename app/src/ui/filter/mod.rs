//! Filters of the shared view and of lists. They live in the address, so a link shows everybody the same.

mod bar;
mod current;
mod hidden;
mod notice;
mod place_options;
mod query;

pub use bar::FilterBar;
pub use current::{use_filter, use_list_filter};
pub use hidden::HiddenFilters;
pub use notice::{AddressNotice, unreadable_notice};
pub use query::{parameters_of, query_of, year_of};
