//! Entries that may be the same event, recorded twice: pointed out to a reviewer, never decided by the program.

use crate::entry::{Entry, State};
use crate::values::quantity::Quantity;

/// How far apart numbers of the same event may lie, as a share of the larger: one in ten.
const SHARE: i64 = 10;

/// Whether two entries are likely to tell of the same event: the same activity, place and date, and no number that differs by
/// more than a tenth. What was returned is none.
pub fn is_likely_same(one: &Entry, other: &Entry) -> bool {
    let alike = |a: Quantity, b: Quantity| {
        let (a, b) = (a.ten_thousandths(), b.ten_thousandths());
        a.abs_diff(b).saturating_mul(SHARE.unsigned_abs()) <= a.unsigned_abs().max(b.unsigned_abs())
    };
    one.state != State::Returned
        && other.state != State::Returned
        && (&one.activity, &one.place, one.date) == (&other.activity, &other.place, other.date)
        && one.values.iter().all(|(code, value)| other.values.get(code).is_none_or(|own| alike(*value, *own)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(place: &str, date: &str, people: f64, state: &str) -> Entry {
        let fields =
            json!({"activity": "fair", "date": date, "place": place, "values": {"people": people}, "state": state});
        Entry::from_checked(fields.as_object().unwrap()).unwrap()
    }

    #[test]
    fn the_same_event_told_twice_is_found_and_others_are_not() {
        let one = entry("522728109", "2026-11-20", 100.0, "submitted");
        let is_same = |place, date, people, state| is_likely_same(&one, &entry(place, date, people, state));
        assert!(is_same("522728109", "2026-11-20", 100.0, "verified"));
        assert!(is_same("522728109", "2026-11-20", 91.0, "submitted"));
        assert!(!is_same("522728109", "2026-11-20", 80.0, "submitted"));
        assert!(!is_same("522728109", "2026-11-21", 100.0, "submitted"));
        assert!(!is_same("522728108", "2026-11-20", 100.0, "submitted"));
        assert!(!is_same("522728109", "2026-11-20", 100.0, "returned"));
    }
}
