//! The domain: what is recorded, where, by whom, and which figures it makes.

pub mod catalogue;
pub mod entry;
pub mod field_error;
pub mod figure;
pub mod map;
pub mod month;
pub mod organisation;
pub mod overview;
pub mod place;
pub mod quantity;
pub mod user;

pub use catalogue::{Activity, Aggregation, Catalogue, Field, Indicator, Programme, Target};
pub use entry::{Entry, Fields, State};
pub use field_error::{ErrorCode, FieldError, Language};
pub use figure::{Figure, Filter, Part};
pub use month::Month;
pub use organisation::{Organisation, Pairing};
pub use overview::Overview;
pub use place::{Level, Place, Places, Side};
pub use quantity::{Qualifier, Quantity};
pub use user::{Role, Scope, User};

time::serde::format_description!(date_format, Date, "[year]-[month]-[day]");

/// A calendar date as it stands on the wire, `YYYY-MM-DD`.
pub fn parse_date(text: &str) -> Option<time::Date> {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    time::Date::parse(text, format).ok()
}

/// The reverse of [`parse_date`].
pub fn format_date(date: time::Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}
