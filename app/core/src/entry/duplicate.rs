//! Detection of likely duplicate entries, which are shown to the reviewer but never removed automatically.

use crate::entry::{Entry, State};
use crate::values::quantity::Quantity;

/// Numbers of the same event may differ by this fraction of the larger one: one tenth.
const TOLERANCE_DIVISOR: i64 = 10;

/// Returns whether two entries probably record the same event: same activity, place and date, and no number that
/// differs by more than a tenth. Returned entries never match.
pub fn is_likely_same(a: &Entry, b: &Entry) -> bool {
    let is_close = |left: Quantity, right: Quantity| {
        let (left, right) = (left.ten_thousandths(), right.ten_thousandths());
        left.abs_diff(right).saturating_mul(TOLERANCE_DIVISOR.unsigned_abs())
            <= left.unsigned_abs().max(right.unsigned_abs())
    };
    a.state != State::Returned
        && b.state != State::Returned
        && (&a.activity, &a.place, a.date) == (&b.activity, &b.place, b.date)
        && a.values.iter().all(|(code, value)| b.values.get(code).is_none_or(|other| is_close(*value, *other)))
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
    fn is_likely_same_detects_close_numbers_on_same_day() {
        let recorded = entry("522728109", "2026-11-20", 100.0, "submitted");
        let is_same = |place, date, people, state| is_likely_same(&recorded, &entry(place, date, people, state));
        assert!(is_same("522728109", "2026-11-20", 100.0, "verified"));
        assert!(is_same("522728109", "2026-11-20", 91.0, "submitted"));
        assert!(!is_same("522728109", "2026-11-20", 80.0, "submitted"));
        assert!(!is_same("522728109", "2026-11-21", 100.0, "submitted"));
        assert!(!is_same("522728108", "2026-11-20", 100.0, "submitted"));
        assert!(!is_same("522728109", "2026-11-20", 100.0, "returned"));
    }
}
