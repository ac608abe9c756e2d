//! Calendar dates as text (`YYYY-MM-DD`) and in JSON, for `#[serde(with = "date")]`.

use serde::{Deserialize, Deserializer, Serializer};

/// A calendar date as it stands on the wire, `YYYY-MM-DD`. Read by hand: `time`'s parser and formatter would be a tenth
/// of what a phone has to load.
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

/// The reverse of [`parse_date`].
pub fn format_date(date: time::Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

/// As [`crate::values::date::format_date`] writes it.
pub fn serialize<S: Serializer>(date: &time::Date, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&crate::values::date::format_date(*date))
}

/// As [`crate::values::date::parse_date`] reads it.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<time::Date, D::Error> {
    let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
    crate::values::date::parse_date(&text).ok_or_else(|| serde::de::Error::custom("not a date"))
}

/// The same for dates that may be missing.
pub mod option {
    use serde::{Deserialize, Deserializer, Serializer};

    /// Null where there is none.
    pub fn serialize<S: Serializer>(date: &Option<time::Date>, serializer: S) -> Result<S::Ok, S::Error> {
        match date {
            Some(date) => crate::values::date::serialize(date, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// None where it is null.
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
    fn a_date_reads_back_or_is_none(#[case] text: &str, #[case] right: bool) {
        assert_eq!(parse_date(text).map(format_date), right.then(|| text.to_owned()));
    }
}
