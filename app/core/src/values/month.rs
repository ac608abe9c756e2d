//! Calendar months, the time resolution of figures, and years in URLs.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use time::Date;

/// A year from 1 to 9999, as in a URL or a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Year(i32);

impl Year {
    /// Returns the year.
    pub const fn get(self) -> i32 {
        self.0
    }
}

impl FromStr for Year {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(year) if digits && year > 0 => Ok(Self(year)),
            _ => Err("not a year"),
        }
    }
}

/// A month of a year; `YYYY-MM` in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// Year, 0 to 9999.
    pub year: i32,
    month: u8,
}

impl Month {
    /// First month.
    pub const FIRST: Self = Self::first_of(0);

    /// Returns the January of a year.
    pub const fn first_of(year: i32) -> Self {
        Self { year, month: 1 }
    }

    /// Returns the December of a year.
    pub const fn last_of(year: i32) -> Self {
        Self { year, month: 12 }
    }

    /// Returns the number of the month, 1 to 12.
    pub const fn number(self) -> u8 {
        self.month
    }

    /// Returns the next month.
    pub const fn next(self) -> Self {
        if self.month == 12 {
            Self::first_of(self.year.saturating_add(1))
        } else {
            Self { month: self.month + 1, ..self }
        }
    }

    /// Returns the number of months since another; negative if earlier.
    pub const fn months_since(self, other: Self) -> i32 {
        let months = self.year.saturating_sub(other.year).saturating_mul(12);
        months.saturating_add(self.month as i32 - other.month as i32)
    }

    /// Returns the first day.
    pub fn first_day(self) -> Date {
        let month = time::Month::try_from(self.month).unwrap_or(time::Month::January);
        Date::from_calendar_date(self.year, month, 1).unwrap_or(Date::MIN)
    }

    /// Returns the last day.
    pub fn last_day(self) -> Date {
        let month = time::Month::try_from(self.month).unwrap_or(time::Month::December);
        Date::from_calendar_date(self.year, month, month.length(self.year)).unwrap_or(Date::MAX)
    }

    /// Returns the same month of the previous year.
    pub const fn year_before(self) -> Self {
        Self { year: self.year.saturating_sub(1), ..self }
    }

    /// Returns all months from this one to `last`, inclusive.
    pub fn to(self, last: Self) -> impl Iterator<Item = Self> {
        let next = |month: &Self| Some(month.next()).filter(|next| next > month);
        std::iter::successors(Some(self), next).take_while(move |month| *month <= last)
    }
}

impl From<Date> for Month {
    fn from(date: Date) -> Self {
        Self { year: date.year(), month: date.month().into() }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        crate::values::date::parse_date(&format!("{text}-01")).map(Self::from).ok_or("not a month")
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("2026", Some(2026))]
    #[case("0007", Some(7))]
    #[case("9999", Some(9999))]
    #[case("0", None)]
    #[case("10000", None)]
    #[case("2147483647", None)]
    #[case("-2147483648", None)]
    #[case("+202", None)]
    #[case("二零二六", None)]
    #[case("", None)]
    fn year_parses_one_to_four_digits(#[case] text: &str, #[case] year: Option<i32>) {
        assert_eq!(text.parse::<Year>().ok().map(Year::get), year);
    }

    #[rstest]
    #[case(i32::MIN)]
    #[case(i32::MAX)]
    fn month_arithmetic_never_overflows(#[case] year: i32) {
        let (first, last) = (Month::first_of(year), Month::last_of(year));
        assert_eq!(first.to(last).count(), 12);
        assert_eq!(last.months_since(first), 11);
        assert!(last.year_before() <= last && last.next() != last);
        assert_ne!(Month::first_of(i32::MAX).months_since(Month::first_of(i32::MIN)), 0);
    }
}
