//! The calendar of the server: the day is China's (UTC+8), wherever it runs.

use jiedui_core::values::day;
use time::{Date, OffsetDateTime, UtcOffset};

/// Offset of China's time, which the screens use.
pub const CHINA: UtcOffset = time::macros::offset!(+8);

/// Returns today's date in China.
pub fn today() -> Date {
    day_of(OffsetDateTime::now_utc())
}

/// Returns this year in China.
pub fn this_year() -> i32 {
    today().year()
}

/// Returns the last date that an entry may have: today, and a day more for clocks that run ahead.
pub fn last_day() -> Date {
    last_day_of(OffsetDateTime::now_utc())
}

fn last_day_of(now: OffsetDateTime) -> Date {
    day::last_day(day_of(now))
}

fn day_of(now: OffsetDateTime) -> Date {
    now.to_offset(CHINA).date()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use time::macros::{date, datetime};

    #[rstest]
    #[case(datetime!(2026-11-26 15:59:59 UTC), date!(2026-11-26))]
    #[case(datetime!(2026-11-26 16:00:00 UTC), date!(2026-11-27))]
    #[case(datetime!(2026-12-31 16:00:00 UTC), date!(2027-01-01))]
    #[case(datetime!(2026-11-26 23:59:59 UTC), date!(2026-11-27))]
    fn day_begins_at_midnight_in_china(#[case] now: OffsetDateTime, #[case] today: Date) {
        assert_eq!(day_of(now), today);
        assert_eq!(Some(last_day_of(now)), today.next_day());
    }
}
