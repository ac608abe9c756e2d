//! Current day in China, and the range of days that an entry may have.

use time::{Date, Duration, UtcOffset};

const MINUTE: i64 = 60_000;

/// Returns the day in China (UTC+8) at a time in milliseconds since 1970, or `None` outside the calendar's range.
pub fn day_in_china(milliseconds: i64) -> Option<Date> {
    let offset = UtcOffset::from_hms(8, 0, 0).ok()?;
    let minutes = milliseconds.div_euclid(MINUTE).checked_add(i64::from(offset.whole_seconds() / 60))?;
    let day_zero = Date::from_ordinal_date(1970, 1).ok()?;
    day_zero.checked_add(Duration::days(minutes.div_euclid(24 * 60)))
}

/// Returns the latest allowed date of an entry: tomorrow, since clocks may run ahead.
pub fn last_day(today: Date) -> Date {
    today.next_day().unwrap_or(today)
}

/// Returns whether a day is more than twelve months before today, which is probably a mistyped year.
pub fn is_long_ago(day: Date, today: Date) -> bool {
    // 29 February has no equivalent in the previous year.
    let year_before = today
        .replace_year(today.year() - 1)
        .or_else(|_| today.previous_day().unwrap_or(today).replace_year(today.year() - 1));
    year_before.is_ok_and(|before| day < before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use time::macros::date;

    #[rstest]
    #[case(0, date!(1970 - 01 - 01))]
    #[case(1_795_795_140_000, date!(2026 - 11 - 27))]
    #[case(1_795_795_200_000, date!(2026 - 11 - 28))]
    #[case(-28_800_001, date!(1969 - 12 - 31))]
    fn day_in_china_begins_at_sixteen_hours_utc(#[case] milliseconds: i64, #[case] day: Date) {
        assert_eq!(day_in_china(milliseconds), Some(day));
        assert_eq!(day_in_china(i64::MAX), None);
    }

    #[rstest]
    #[case(date!(2026 - 11 - 27), date!(2025 - 11 - 27), false)]
    #[case(date!(2026 - 11 - 27), date!(2025 - 11 - 26), true)]
    #[case(date!(2026 - 11 - 27), date!(2026 - 11 - 28), false)]
    #[case(date!(2024 - 02 - 29), date!(2023 - 02 - 28), false)]
    #[case(date!(2024 - 02 - 29), date!(2023 - 02 - 27), true)]
    fn day_is_long_ago_after_twelve_months(#[case] today: Date, #[case] day: Date, #[case] long: bool) {
        assert_eq!(is_long_ago(day, today), long);
    }
}
