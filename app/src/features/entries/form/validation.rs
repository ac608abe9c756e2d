//! Validates a draft, with the last day that an entry may have.

use super::draft_to_fields::fields_of;
use crate::labels::time_format::minutes_since_1970;
use crate::state::AppState;
use crate::storage::drafts::Draft;
use jiedui_core::directory::place::Places;
use jiedui_core::entry::Rules;
use jiedui_core::figures::overview::Overview;
use jiedui_core::sync::validate_entry;
use jiedui_core::values::date::format_date;
use jiedui_core::values::day::{self, day_in_china};
use jiedui_core::values::field_error::{FieldError, add_new};
use leptos::prelude::*;
use time::Date;

/// Returns today's date by the corrected clock.
pub fn today() -> String {
    format_date(crate::storage::clock::today())
}

/// Returns today's date in China by the corrected clock.
pub fn today_in_china() -> Option<Date> {
    day_in_china(crate::storage::clock::now() as i64)
}

/// Returns the last day that an entry may have, as on the server. `None` where this phone's clock is behind the server's last
/// answer: a phone whose clock stands in 1970 can still record.
pub fn last_day(model: AppState) -> Option<Date> {
    let heard = model.overviews.server.with(|overview| minutes_since_1970(&overview.as_ref()?.as_of))?;
    let now = crate::storage::clock::now() as i64;
    // What the server's clock shows is known to two minutes.
    let is_right = now.div_euclid(60_000) + 3 >= heard;
    today_in_china().filter(|_| is_right).map(day::last_day)
}

/// Validates a draft by the server's rules, with the catalogue and places of [`crate::sync::judges`].
pub fn check(model: AppState, draft: &Draft, overview: &Overview, places: &Places) -> Vec<FieldError> {
    let Some(user) = model.session.user.get_untracked() else { return Vec::new() };
    let (fields, mut errors) = fields_of(draft, overview.catalogue.form(&draft.activity, draft.version));
    let rules = Rules { last_day: last_day(model), ..overview.rules(places) };
    add_new(&mut errors, validate_entry(&fields, &user, rules));
    errors
}
