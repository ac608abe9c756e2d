//! Figures of one indicator in one scope.

use super::ranges::{Maxima, RangeTable};
use crate::catalogue::Aggregation;
use crate::figures::contribution::{Contribution, Discriminator};
use crate::values::quantity::{Qualifier, Quantity};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use time::Date;
use uuid::Uuid;

/// Sum of the entries of a month that are equally precise and equally reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Month, 1 to 12.
    pub month: u8,
    /// Whether the entries are verified.
    pub verified: bool,
    /// Precision of the numbers.
    pub qualifier: Qualifier,
    /// Sum of the numbers that no discriminator separates.
    pub value: Quantity,
    /// Number of entries.
    pub entries: i64,
}

/// Last entry of a month, for an indicator with the latest value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatestRow {
    /// Month, 1 to 12.
    pub month: u8,
    /// Whether the entry is verified.
    pub verified: bool,
    /// Date and identifier of the entry; `None` in a delta where no entry is left.
    pub last: Option<(Date, Uuid)>,
    /// Number of the entry.
    pub value: Quantity,
    /// Precision of the number.
    pub qualifier: Qualifier,
}

/// Figures of an indicator in a scope, for every range of months.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IndicatorFigures {
    /// Sums, sorted by key.
    pub rows: Vec<Row>,
    /// Last entries, sorted by key.
    pub latest: Vec<LatestRow>,
    /// Sums of the largest numbers, for a distinct indicator.
    pub ranges: Option<RangeTable>,
}

impl Row {
    /// Returns the key.
    pub fn key(&self) -> (bool, u8, Qualifier) {
        (self.verified, self.month, self.qualifier)
    }

    /// Returns whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.entries == 0 && self.value == Quantity::ZERO
    }

    fn matches(&self, months: &RangeInclusive<u8>, verified_only: bool) -> bool {
        months.contains(&self.month) && (self.verified || !verified_only)
    }
}

impl LatestRow {
    /// Returns the key.
    pub fn key(&self) -> (bool, u8) {
        (self.verified, self.month)
    }
}

impl IndicatorFigures {
    /// Adds a contribution that counts in a month. Its subject is added by [`Self::change_subject`].
    pub fn add(&mut self, contribution: &Contribution, month: u8) {
        let Contribution { verified, qualifier, entries, value, .. } = *contribution;
        let sum = if contribution.discriminator.is_some() { Quantity::ZERO } else { value };
        self.add_row(Row { month, verified, qualifier, value: sum, entries });
        if let Some(Discriminator::Latest(date, id)) = contribution.discriminator {
            self.include_latest(LatestRow { month, verified, last: Some((date, id)), value, qualifier });
        }
    }

    /// Adds a row to the one with the same key.
    pub fn add_row(&mut self, row: Row) {
        match self.rows.binary_search_by(|other| other.key().cmp(&row.key())) {
            Ok(at) => {
                let Some(sum) = self.rows.get_mut(at) else { return };
                (sum.value, sum.entries) = (sum.value + row.value, sum.entries.saturating_add(row.entries));
                if sum.is_empty() {
                    self.rows.remove(at);
                }
            }
            Err(at) if !row.is_empty() => self.rows.insert(at, row),
            Err(_) => {}
        }
    }

    /// Includes an entry that may be the last of its month.
    pub fn include_latest(&mut self, row: LatestRow) {
        match self.latest.binary_search_by(|other| other.key().cmp(&row.key())) {
            Ok(at) => {
                if let Some(last) = self.latest.get_mut(at).filter(|last| last.last < row.last) {
                    *last = row;
                }
            }
            Err(at) => self.latest.insert(at, row),
        }
    }

    /// Replaces the numbers of a subject.
    pub fn change_subject(&mut self, before: &Maxima, after: &Maxima) {
        let ranges = self.ranges.get_or_insert_default();
        ranges.change(before, after);
        if ranges.is_empty() {
            self.ranges = None;
        }
    }

    /// Replaces what a delta has: rows by key, and the sums of the largest numbers.
    pub fn apply_delta(&mut self, delta: Self) {
        replace(&mut self.rows, delta.rows, |a, b| a.key().cmp(&b.key()));
        self.rows.retain(|row| !row.is_empty());
        replace(&mut self.latest, delta.latest, |a, b| a.key().cmp(&b.key()));
        self.latest.retain(|row| row.last.is_some());
        if let Some(ranges) = delta.ranges {
            self.ranges = Some(ranges).filter(|ranges| !ranges.is_empty());
        }
    }

    /// Returns whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.latest.is_empty() && self.ranges.as_ref().is_none_or(RangeTable::is_empty)
    }

    /// Returns the amount and its precision for a range of months. Returns `None` without entries.
    pub fn amount(
        &self,
        aggregation: Aggregation,
        months: &RangeInclusive<u8>,
        verified_only: bool,
    ) -> Option<(Quantity, Qualifier)> {
        if aggregation == Aggregation::Latest {
            let is_matched = |row: &&LatestRow| {
                months.contains(&row.month) && (row.verified || !verified_only) && row.last.is_some()
            };
            return self
                .latest
                .iter()
                .filter(is_matched)
                .max_by_key(|row| row.last)
                .map(|row| (row.value, row.qualifier));
        }
        let rows = || self.rows.iter().filter(|row| row.matches(months, verified_only));
        let least_exact = rows().map(|row| row.qualifier).max()?;
        let total = rows().map(|row| row.value).sum::<Quantity>();
        match aggregation {
            Aggregation::Sum | Aggregation::Latest => Some((total, least_exact)),
            Aggregation::Mean => {
                let entries = u64::try_from(self.entries(months, verified_only)).unwrap_or_default();
                total.divided_by(entries).map(|mean| (mean, least_exact))
            }
            Aggregation::Distinct => {
                let largest = self.ranges.as_ref().map(|ranges| ranges.sum(months, verified_only)).unwrap_or_default();
                Some((total + largest, least_exact))
            }
        }
    }

    /// Returns the number of entries in a range of months.
    pub fn entries(&self, months: &RangeInclusive<u8>, verified_only: bool) -> i64 {
        self.rows.iter().filter(|row| row.matches(months, verified_only)).map(|row| row.entries).sum()
    }

    /// Returns the months that have entries, in order.
    pub fn months(&self, months: &RangeInclusive<u8>, verified_only: bool) -> BTreeSet<u8> {
        self.rows.iter().filter(|row| row.matches(months, verified_only)).map(|row| row.month).collect()
    }
}

/// Replaces items of a sorted list by those with equal keys, and inserts the others.
fn replace<T>(list: &mut Vec<T>, updates: Vec<T>, order: impl Fn(&T, &T) -> Ordering) {
    for update in updates {
        match list.binary_search_by(|item| order(item, &update)) {
            Ok(at) => {
                if let Some(item) = list.get_mut(at) {
                    *item = update;
                }
            }
            Err(at) => list.insert(at, update),
        }
    }
}
