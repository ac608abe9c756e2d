//! Bounds of a window: the dates from which records are held.

use crate::values::month::Month;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use time::Date;
use uuid::Uuid;

/// Place of a record in the order of dates. Records of the same day are ordered by their identifiers, so that a bound
/// can divide a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Position {
    /// Day of an entry; the last day of a ledger item's year.
    #[serde(with = "crate::values::date")]
    pub day: Date,
    /// Identifier of the record.
    pub id: Uuid,
}

impl Position {
    /// Returns the position before all records of a day.
    pub const fn start_of(day: Date) -> Self {
        Self { day, id: Uuid::nil() }
    }

    /// Returns the position before all records.
    pub fn first() -> Self {
        Self::start_of(Month::FIRST.first_day())
    }
}

impl Ord for Position {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.day, self.id).cmp(&(other.day, other.id))
    }
}

impl PartialOrd for Position {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Dates from which a window holds records. Later records are held as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Bounds {
    /// First day of the user's own verified entries.
    #[serde(with = "crate::values::date")]
    pub author_since: Date,
    /// First entry that waits for a review by the user.
    pub review_since: Position,
    /// First entry or ledger item within the user's scope.
    pub place_since: Position,
}

impl Bounds {
    /// Returns the bounds that the calendar sets, where no part is limited by a number.
    pub fn of(calendar: Calendar) -> Self {
        Self {
            author_since: calendar.author_since,
            review_since: Position::first(),
            place_since: Position::start_of(calendar.place_since),
        }
    }

    /// Returns the calendar that these bounds were chosen by.
    pub fn calendar(&self) -> Calendar {
        let year = self.author_since.year().saturating_add(AUTHOR_YEARS - 1);
        Calendar { author_since: self.author_since, place_since: Month::first_of(year).first_day() }
    }

    /// Returns these bounds on another day. A part that no number limits begins where the calendar says.
    #[must_use]
    pub fn on(self, calendar: Calendar) -> Self {
        let start = Position::start_of(calendar.place_since);
        let place_since = if self.is_place_limited() { self.place_since.max(start) } else { start };
        Self { author_since: calendar.author_since, place_since, ..self }
    }

    /// Returns whether a number limits the records of the scope, and not only the calendar.
    pub fn is_place_limited(&self) -> bool {
        self.place_since > Position::start_of(self.calendar().place_since)
    }

    /// Returns whether a number limits the entries that wait for a review.
    pub fn is_review_limited(&self) -> bool {
        self.review_since > Position::first()
    }
}

/// Years for which a phone holds the user's own verified entries.
const AUTHOR_YEARS: i32 = 2;

/// First days that a window holds on a day. They move at the start of a month and of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// First day of the user's own verified entries: 24 months ago, the whole month.
    pub author_since: Date,
    /// First day of other records: the first of January of the previous year.
    pub place_since: Date,
}

impl Calendar {
    /// Returns the first days on `today`.
    pub fn of(today: Date) -> Self {
        let month = (0..AUTHOR_YEARS).fold(Month::from(today), |month, _| month.year_before());
        let year = month.year.saturating_add(AUTHOR_YEARS - 1);
        Self { author_since: month.first_day(), place_since: Month::first_of(year).first_day() }
    }
}
