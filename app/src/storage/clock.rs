//! The clock of this phone, corrected by the dates of the server's responses.

use crate::storage::local_storage;
use jiedui_core::sync::Clock;
use jiedui_core::values::date::parse_date;
use time::Date;

const KEY: &str = "jiedui.clock";

/// Returns the time of this phone's uncorrected clock, in milliseconds since 1970.
pub fn phone() -> i64 {
    js_sys::Date::now() as i64
}

fn stored() -> Clock {
    local_storage::get(KEY).unwrap_or_default()
}

/// Returns the corrected time, in milliseconds since 1970.
pub fn now() -> f64 {
    stored().now(phone()) as f64
}

/// Returns the local date by the corrected clock.
pub fn today() -> Date {
    let now = js_sys::Date::new(&now().into());
    let text = format!("{:04}-{:02}-{:02}", now.get_full_year(), now.get_month() + 1, now.get_date());
    parse_date(&text).unwrap_or(Date::MIN)
}

/// Corrects the clock by the date of a response.
pub fn learn(date: &str) {
    let (server, mut clock) = (js_sys::Date::parse(date), stored());
    if server.is_finite() && clock.learn(server as i64, phone()) {
        // If it cannot be stored, the phone's clock is used.
        let _ = local_storage::set(KEY, &clock);
    }
}
