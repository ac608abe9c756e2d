//! The last day that an entry may have.

use crate::labels::time_format::minutes_since_1970;
use crate::state::AppState;
use crate::storage::clock;
use jiedui_core::values::day::{self, day_in_china};
use leptos::prelude::*;
use time::Date;

/// Returns today's date in China by the corrected clock.
pub fn today_in_china() -> Option<Date> {
    day_in_china(clock::now() as i64)
}

/// Returns the last day that an entry may have, as on the server. `None` where this phone's clock is behind the server's last
/// response: a phone whose clock is at 1970 can still record.
pub fn last_day(app: AppState) -> Option<Date> {
    let as_of = app.overviews.server.with(|overview| minutes_since_1970(&overview.as_ref()?.as_of))?;
    let now = clock::now() as i64;
    // The server's time has an uncertainty of two minutes.
    let is_right = now.div_euclid(60_000) + 3 >= as_of;
    today_in_china().filter(|_| is_right).map(day::last_day)
}
