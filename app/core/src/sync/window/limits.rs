//! Limits of the parts of a window that are limited by a number.

use super::bounds::Bounds;
use serde::{Deserialize, Serialize};

/// Maximum numbers of records in the limited parts of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Entries and ledger items within the scope.
    pub places: usize,
    /// Entries that wait for a review.
    pub reviews: usize,
}

/// Limits of a phone.
pub const LIMITS: Limits = Limits { places: 3_000, reviews: 500 };

/// Sizes of the limited parts when the server counted them, carried in the cursor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Entries and ledger items within the scope.
    #[serde(rename = "p")]
    pub places: usize,
    /// Entries that wait for a review.
    #[serde(rename = "r")]
    pub reviews: usize,
    /// Changes sent since, each of which may have added or removed a record.
    #[serde(rename = "s", default)]
    pub seen: usize,
}

impl Limits {
    /// Returns whether the parts must be counted again: one may exceed its limit, or has room for older records.
    pub fn is_recount_due(&self, counts: Counts, bounds: &Bounds, reviews: bool) -> bool {
        let Counts { seen, .. } = counts;
        let is_due = |count: usize, limit: usize, is_limited: bool| {
            count.saturating_add(seen) > limit || is_limited && count < (limit / 2).saturating_add(seen)
        };
        seen > 0 && is_due(counts.places, self.places, bounds.is_place_limited())
            || seen > 0 && reviews && is_due(counts.reviews, self.reviews, bounds.is_review_limited())
    }

    /// Returns how many records a part is cut to, or `None` if its bound stays. `is_limited` tells whether the part
    /// leaves out older records. A part above the limit is cut a little below it, so that not every new record moves
    /// the bound. A part that has become half empty is filled.
    pub fn cut(limit: usize, count: usize, is_limited: bool) -> Option<usize> {
        if count > limit {
            Some(limit - limit / 30)
        } else if is_limited && count < limit / 2 {
            Some(limit)
        } else {
            None
        }
    }
}
