//! Figures of a distinct indicator for every range of months.
//!
//! A distinct indicator adds up the largest number of each subject, so the figures of two months say nothing about both
//! together. A year has 78 ranges of months; a table of them has a fixed size at any number of entries and subjects.

use super::columns::{Reader, Writer, unzigzag, zigzag};
use crate::values::quantity::Quantity;
use std::ops::RangeInclusive;

/// Months of a year.
pub const MONTHS: usize = 12;
/// Ranges of months in a year.
const RANGES: usize = MONTHS * (MONTHS + 1) / 2;

/// Largest number of a subject in each month, in ten-thousandths; 0 without entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Maxima {
    /// Among all entries.
    pub all: [i64; MONTHS],
    /// Among verified entries.
    pub verified: [i64; MONTHS],
}

/// Sum of the largest number of each subject, for every range of months.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeTable {
    all: Vec<i64>,
    verified: Vec<i64>,
}

impl Default for RangeTable {
    fn default() -> Self {
        Self { all: vec![0; RANGES], verified: vec![0; RANGES] }
    }
}

impl Maxima {
    /// Includes a number of a month, 1 to 12.
    pub fn include(&mut self, month: u8, verified: bool, number: Quantity) {
        let index = usize::from(month).saturating_sub(1);
        let raise = |months: &mut [i64; MONTHS]| {
            if let Some(largest) = months.get_mut(index) {
                *largest = (*largest).max(number.ten_thousandths());
            }
        };
        raise(&mut self.all);
        if verified {
            raise(&mut self.verified);
        }
    }

    /// Returns whether no month has a number.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Encodes the numbers.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self.all.iter().chain(&self.verified).copied())
    }

    /// Decodes the numbers. Returns `None` for other bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let numbers = decode(bytes)?;
        let (all, verified) = numbers.split_at_checked(MONTHS)?;
        Some(Self { all: all.try_into().ok()?, verified: verified.try_into().ok()? })
    }
}

/// Encodes numbers in as few bytes as they need.
fn encode(numbers: impl Iterator<Item = i64>) -> Vec<u8> {
    let mut writer = Writer::default();
    numbers.for_each(|number| writer.number(zigzag(number)));
    writer.0
}

/// Decodes all numbers. Returns `None` for bytes that end within a number.
fn decode(bytes: &[u8]) -> Option<Vec<i64>> {
    let (mut reader, mut numbers) = (Reader(bytes), Vec::new());
    while !reader.0.is_empty() {
        numbers.push(unzigzag(reader.number().ok()?));
    }
    Some(numbers)
}

/// Calls `visit` with each range of months and its index. Ranges with the same last month are consecutive.
fn for_each_range(mut visit: impl FnMut(usize, RangeInclusive<usize>)) {
    let mut index = 0;
    for last in 0..MONTHS {
        for first in 0..=last {
            visit(index, first..=last);
            index += 1;
        }
    }
}

impl RangeTable {
    /// Replaces the numbers of a subject.
    pub fn change(&mut self, before: &Maxima, after: &Maxima) {
        let replace = |sums: &mut [i64], before: &[i64; MONTHS], after: &[i64; MONTHS]| {
            if before == after {
                return;
            }
            let largest = |numbers: &[i64; MONTHS], range: RangeInclusive<usize>| {
                numbers.get(range).into_iter().flatten().copied().max().unwrap_or_default()
            };
            for_each_range(|index, range| {
                if let Some(sum) = sums.get_mut(index) {
                    let change = largest(after, range.clone()).saturating_sub(largest(before, range));
                    *sum = sum.saturating_add(change);
                }
            });
        };
        replace(&mut self.all, &before.all, &after.all);
        replace(&mut self.verified, &before.verified, &after.verified);
    }

    /// Returns the sum for a range of months, 1 to 12.
    pub fn sum(&self, months: &RangeInclusive<u8>, verified_only: bool) -> Quantity {
        let (first, last) = (usize::from(*months.start()), usize::from(*months.end()));
        if first == 0 || first > last {
            return Quantity::ZERO;
        }
        let sums = if verified_only { &self.verified } else { &self.all };
        // The ranges that end before the last month come first.
        let sum = sums.get(last * (last - 1) / 2 + first - 1).copied().unwrap_or_default();
        Quantity::from_ten_thousandths(sum)
    }

    /// Encodes the table.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self.to_differences().into_iter())
    }

    /// Decodes a table. Returns `None` for other bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::from_differences(&decode(bytes)?)
    }

    /// Returns whether every sum is zero.
    pub fn is_empty(&self) -> bool {
        self.all.iter().chain(&self.verified).all(|sum| *sum == 0)
    }

    /// Returns the table as differences, which are small numbers. Each compares the sums that the last month adds to a range
    /// and to the one that begins a month earlier.
    pub fn to_differences(&self) -> Vec<i64> {
        let mut differences = Vec::with_capacity(2 * RANGES);
        for sums in [&self.all, &self.verified] {
            let at = |first: usize, last: usize| {
                sums.get(last * (last + 1) / 2 + first).filter(|_| first <= last).copied().unwrap_or_default()
            };
            let added = |first: usize, last: usize| {
                at(first, last).wrapping_sub(if last > first { at(first, last - 1) } else { 0 })
            };
            for_each_range(|_, range| {
                let (first, last) = (*range.start(), *range.end());
                let before = if first > 0 { added(first - 1, last) } else { 0 };
                differences.push(added(first, last).wrapping_sub(before));
            });
        }
        differences
    }

    /// Restores a table from its differences. Returns `None` for a wrong number of them.
    pub fn from_differences(differences: &[i64]) -> Option<Self> {
        if differences.len() != 2 * RANGES {
            return None;
        }
        let restore = |differences: &[i64]| {
            let mut sums = vec![0_i64; RANGES];
            let mut added = 0_i64;
            for_each_range(|index, range| {
                let (first, last) = (*range.start(), *range.end());
                let difference = differences.get(index).copied().unwrap_or_default();
                added = if first == 0 { difference } else { added.wrapping_add(difference) };
                let shorter = (last > first).then(|| sums.get(last * (last - 1) / 2 + first).copied()).flatten();
                if let Some(sum) = sums.get_mut(index) {
                    *sum = shorter.unwrap_or_default().wrapping_add(added);
                }
            });
            sums
        };
        let (all, verified) = differences.split_at(RANGES);
        Some(Self { all: restore(all), verified: restore(verified) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_numbers() -> impl Strategy<Value = Vec<(usize, u8, bool, i64)>> {
        prop::collection::vec((0..4_usize, 1..=12_u8, any::<bool>(), 0..50_i64), 0..40)
    }

    /// Returns the maxima of each subject.
    fn maxima(numbers: &[(usize, u8, bool, i64)]) -> Vec<Maxima> {
        let mut subjects = vec![Maxima::default(); 4];
        for (subject, month, verified, number) in numbers {
            subjects[*subject].include(*month, *verified, Quantity::from_ten_thousandths(*number));
        }
        subjects
    }

    fn table(subjects: &[Maxima]) -> RangeTable {
        let mut table = RangeTable::default();
        subjects.iter().for_each(|maxima| table.change(&Maxima::default(), maxima));
        table
    }

    proptest! {
        #[test]
        fn sum_adds_largest_number_of_each_subject(numbers in any_numbers(), first in 1..=12_u8, last in 1..=12_u8, verified_only: bool) {
            let expected: i64 = (0..4)
                .map(|subject| {
                    let is_matched = |number: &&(usize, u8, bool, i64)| {
                        number.0 == subject && (first..=last).contains(&number.1) && (number.2 || !verified_only)
                    };
                    numbers.iter().filter(is_matched).map(|number| number.3).max().unwrap_or_default()
                })
                .sum();
            let sum = table(&maxima(&numbers)).sum(&(first..=last), verified_only);
            prop_assert_eq!(sum, Quantity::from_ten_thousandths(expected));
        }

        #[test]
        fn change_replaces_numbers_of_subject(before in any_numbers(), after in any_numbers()) {
            let (before, after) = (maxima(&before), maxima(&after));
            let mut changed = table(&before);
            before.iter().zip(&after).for_each(|(before, after)| changed.change(before, after));
            prop_assert_eq!(&changed, &table(&after));
            after.iter().for_each(|maxima| changed.change(maxima, &Maxima::default()));
            prop_assert!(changed.is_empty());
        }

        #[test]
        fn table_round_trips_as_differences(numbers in any_numbers()) {
            let subjects = maxima(&numbers);
            for maxima in &subjects {
                prop_assert_eq!(Maxima::from_bytes(&maxima.to_bytes()), Some(*maxima));
                prop_assert_eq!(Maxima::from_bytes(&maxima.to_bytes()[1..]), None);
            }
            let table = table(&subjects);
            let differences = table.to_differences();
            prop_assert!(differences.iter().all(|difference| *difference >= 0), "small and compact");
            prop_assert_eq!(RangeTable::from_bytes(&table.to_bytes()), Some(table.clone()));
            prop_assert_eq!(RangeTable::from_differences(&differences), Some(table));
            prop_assert_eq!(RangeTable::from_differences(&differences[1..]), None);
        }
    }
}
