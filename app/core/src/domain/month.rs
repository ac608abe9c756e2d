//! A calendar month, the grain in which figures are kept.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use time::Date;

/// A month of a year; on the wire `YYYY-MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// The year, 0 to 9999.
    pub year: i32,
    month: u8,
}

impl Month {
    /// The first that there is.
    pub const FIRST: Self = Self::first_of(0);

    /// The January of a year.
    pub const fn first_of(year: i32) -> Self {
        Self { year, month: 1 }
    }

    /// The December of a year.
    pub const fn last_of(year: i32) -> Self {
        Self { year, month: 12 }
    }

    /// Its number in the year, 1 to 12.
    pub const fn number(self) -> u8 {
        self.month
    }

    /// The month after it.
    pub const fn next(self) -> Self {
        if self.month == 12 { Self::first_of(self.year + 1) } else { Self { month: self.month + 1, ..self } }
    }

    /// How many months it lies after another; negative before it.
    pub const fn months_since(self, other: Self) -> i32 {
        (self.year - other.year) * 12 + self.month as i32 - other.month as i32
    }

    /// The same month of the year before.
    pub const fn year_before(self) -> Self {
        Self { year: self.year - 1, ..self }
    }

    /// All months from this one to another.
    pub fn to(self, last: Self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |month| Some(month.next())).take_while(move |month| *month <= last)
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
        super::parse_date(&format!("{text}-01")).map(Self::from).ok_or("not a month")
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
