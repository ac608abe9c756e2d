//! Parsing and formatting of calendar dates (`YYYY-MM-DD`), and serde support by `#[serde(with = "date")]`.

use serde::{Deserialize, Deserializer, Serializer};

/// Parses a date. It is written by hand, since `time`'s parser and formatter would enlarge the app considerably.
pub fn parse_date(text: &str) -> Option<time::Date> {
    let (year, rest) = text.split_at_checked(4)?;
    let (month, day) = rest.strip_prefix('-')?.split_once('-')?;
    let digits = [year, month, day].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    if !digits || month.len() != 2 || day.len() != 2 {
        return None;
    }
    let month = time::Month::try_from(month.parse::<u8>().ok()?).ok()?;
    time::Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()
}

/// Formats a date as `YYYY-MM-DD`.
pub fn format_date(date: time::Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

/// Serializes a date as text.
pub fn serialize<S: Serializer>(date: &time::Date, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&crate::values::date::format_date(*date))
}

/// Deserializes a date from text.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<time::Date, D::Error> {
    let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
    crate::values::date::parse_date(&text).ok_or_else(|| serde::de::Error::custom("not a date"))
}

/// Serde support for optional dates.
pub mod option {
    use serde::{Deserialize, Deserializer, Serializer};

    /// Serializes an optional date as text or null.
    pub fn serialize<S: Serializer>(date: &Option<time::Date>, serializer: S) -> Result<S::Ok, S::Error> {
        match date {
            Some(date) => crate::values::date::serialize(date, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// Deserializes an optional date from text or null.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<time::Date>, D::Error> {
        let text = Option::<std::borrow::Cow<str>>::deserialize(deserializer)?;
        let read = |text: std::borrow::Cow<'_, str>| {
            crate::values::date::parse_date(&text).ok_or_else(|| serde::de::Error::custom("not a date"))
        };
        text.map(read).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("2026-11-24", true)]
    #[case("2024-02-29", true)]
    #[case("2023-02-29", false)]
    #[case("2026-13-01", false)]
    #[case("2026-1-01", false)]
    #[case("+026-01-01", false)]
    #[case("2026-01-01x", false)]
    #[case("2026年11月", false)]
    #[case("", false)]
    fn parse_date_round_trips_or_is_none(#[case] text: &str, #[case] right: bool) {
        assert_eq!(parse_date(text).map(format_date), right.then(|| text.to_owned()));
    }
}
