//! Comparison of an entry with others of the same activity at its place, for its reviewer.

use crate::entry::duplicate::is_likely_same;
use crate::entry::{Entry, State};
use crate::values::quantity::Quantity;
use crate::values::sort::sort_by_key;
use std::collections::BTreeMap;

/// A number above this multiple of the median is unusual.
const UNUSUAL_MULTIPLE: i64 = 5;
/// Minimum number of other values that have a median.
const MIN_VALUES: usize = 3;

/// Result of the comparison. Positions are those in the list of other entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Likely duplicates.
    pub duplicates: Vec<usize>,
    /// The entry before this one; no duplicate and not returned.
    pub previous: Option<usize>,
    /// Medians of the other entries, by the code of each field whose number is unusually large.
    pub unusual: BTreeMap<String, Quantity>,
}

/// Compares an entry with others of the same activity at its place, newest first.
pub fn compare(entry: &Entry, others: &[&Entry]) -> Comparison {
    let positions = |matches: &dyn Fn(&Entry) -> bool| -> Vec<usize> {
        others.iter().enumerate().filter(|(_, other)| matches(other)).map(|(position, _)| position).collect()
    };
    let is_same = |other: &Entry| is_likely_same(entry, other);
    let counts = |other: &Entry| other.state != State::Returned && !is_same(other);
    let compared = positions(&counts);
    let unusual = entry.values.iter().filter_map(|(code, value)| {
        let values = compared.iter().filter_map(|position| others.get(*position)?.values.get(code).copied());
        let median = median(values.collect()).filter(|median| *median > Quantity::ZERO)?;
        let limit = median.ten_thousandths().saturating_mul(UNUSUAL_MULTIPLE);
        (value.ten_thousandths() > limit).then(|| (code.clone(), median))
    });
    Comparison { duplicates: positions(&is_same), previous: compared.first().copied(), unusual: unusual.collect() }
}

/// Returns the median; `None` for fewer than [`MIN_VALUES`] values.
fn median(mut values: Vec<Quantity>) -> Option<Quantity> {
    if values.len() < MIN_VALUES {
        return None;
    }
    sort_by_key(&mut values, |value| *value);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = values.get(middle.checked_sub(1)?)?.ten_thousandths();
    Some(Quantity::from_ten_thousandths(lower.midpoint(upper.ten_thousandths())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(date: &str, people: f64, state: &str) -> Entry {
        let fields = json!({"activity": "fair", "date": date, "place": "522728109", "values": {"people": people},
            "state": state});
        Entry::from_checked(fields.as_object().unwrap()).unwrap()
    }

    #[test]
    fn compare_separates_duplicates_from_the_previous_entry() {
        let recorded = entry("2026-11-20", 12.0, "submitted");
        let others = [
            entry("2026-11-20", 12.0, "submitted"),
            entry("2026-11-19", 7.0, "returned"),
            entry("2026-11-18", 9.0, "verified"),
            entry("2026-11-17", 8.0, "verified"),
        ];
        let result = compare(&recorded, &others.each_ref());
        assert_eq!((result.duplicates, result.previous), (vec![0], Some(2)));
        assert_eq!(compare(&recorded, &[]), Comparison::default());
    }

    #[test]
    fn compare_marks_a_number_above_five_medians() {
        let others = [10.0, 4.0, 6.0, 8.0].map(|people| entry("2026-11-01", people, "verified"));
        let unusual = |people, count| {
            let recorded = entry("2026-11-20", people, "submitted");
            compare(&recorded, &others.each_ref()[..count]).unusual.into_iter().collect::<Vec<_>>()
        };
        let seven = Quantity::from_f64(7.0).unwrap();
        assert_eq!(unusual(35.0, 4), []);
        assert_eq!(unusual(35.5, 4), [("people".to_owned(), seven)]);
        // The first three have the median 6. Two have none.
        assert_eq!(unusual(35.0, 3).len(), 1);
        assert_eq!(unusual(1000.0, 2), []);
    }

    #[test]
    fn compare_marks_nothing_where_the_median_is_zero() {
        let others = [0.0, 0.0, 0.0].map(|people| entry("2026-11-01", people, "verified"));
        assert!(compare(&entry("2026-11-20", 3.0, "submitted"), &others.each_ref()).unusual.is_empty());
    }
}
