//! The clock of this phone, corrected by the dates of the server's responses.

use crate::storage::local_storage;
use jiedui_core::sync::Clock;
use jiedui_core::values::day::day_in_china;
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

/// Returns today's date in China by the corrected clock. The time zone of the phone does not matter.
pub fn today() -> Date {
    day_in_china(now() as i64).unwrap_or(Date::MIN)
}

/// Corrects the clock by the date of a response.
pub fn learn(date: &str) {
    let (server, mut clock) = (js_sys::Date::parse(date), stored());
    if server.is_finite() && clock.learn(server as i64, phone()) {
        // If it cannot be stored, the phone's clock is used.
        let _ = local_storage::set(KEY, &clock);
    }
}
