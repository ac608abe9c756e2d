//! Formats the server's instants, RFC 3339 in UTC, as local time in China (UTC+8).

use jiedui_core::values::date::{format_date, parse_date};
use time::{Date, Duration};

const DAY_ZERO: Date = time::macros::date!(1970 - 01 - 01);

/// Formats day and minute; an empty text for an invalid instant.
pub fn in_china(instant: &str) -> String {
    let minutes = minutes_since_1970(instant).map(|minutes| minutes + 8 * 60);
    let shown = minutes.and_then(|minutes| {
        let day = DAY_ZERO.checked_add(Duration::minutes(minutes))?;
        Some(format!("{} {:02}:{:02}", format_date(day), minutes / 60 % 24, minutes % 60))
    });
    shown.unwrap_or_default()
}

/// Formats the day.
pub fn day_in_china(instant: &str) -> String {
    in_china(instant).split(' ').next().unwrap_or_default().to_owned()
}

/// Returns the whole minutes since 1970 in UTC.
pub fn minutes_since_1970(instant: &str) -> Option<i64> {
    let (date, clock) = instant.split_once('T')?;
    let days = (parse_date(date)? - DAY_ZERO).whole_days();
    let number = |range: std::ops::Range<usize>| clock.get(range)?.parse::<i64>().ok();
    Some((days * 24 + number(0..2)?) * 60 + number(3..5)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_china_converts_to_local_time() {
        assert_eq!(in_china("2026-11-24T16:30:00.000Z"), "2026-11-25 00:30");
        assert_eq!(day_in_china("2026-11-24T16:30:00.000Z"), "2026-11-25");
        assert_eq!(in_china("nonsense"), "");
        assert_eq!(day_in_china("nonsense"), "");
    }
}
