//! Progress of the replica in the server's feed. It is stored with the cursor, so an interrupted first pull never
//! counts as complete, not even after a reload.

use crate::sync::PullResponse;
use serde::{Deserialize, Serialize};

/// Progress of the replica in the server's feed. A database of an older version has none: it counts as incomplete until
/// the next pull has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicaProgress {
    /// Whether a pull has reached the end of the feed since the replica was last emptied.
    pub is_complete: bool,
    /// The position in the feed of the last page stored.
    pub position: u64,
    /// The length of the feed when that page was sent; 0 before the first page.
    pub last: u64,
}

impl ReplicaProgress {
    /// Returns the progress once a page is stored. `is_reset`: the replica was emptied before.
    #[must_use]
    pub fn after(self, pulled: &PullResponse, is_reset: bool) -> Self {
        let was_complete = self.is_complete && !is_reset;
        Self { is_complete: was_complete || !pulled.more, position: pulled.position, last: pulled.last }
    }

    /// Returns the received share of the feed, at most 99; `None` before the first page.
    pub fn percent(self) -> Option<u64> {
        percent_of(self.position, self.last)
    }
}

/// Returns the share of a feed that a position stands for, at most 99: an incomplete replica never claims the whole.
pub fn percent_of(position: u64, last: u64) -> Option<u64> {
    (last > 0).then(|| (position.saturating_mul(100) / last).min(99))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(position: u64, more: bool) -> PullResponse {
        PullResponse { more, position, last: 200, ..PullResponse::default() }
    }

    #[test]
    fn progress_is_incomplete_until_a_pull_has_ended() {
        let started = ReplicaProgress::default();
        assert_eq!((started.is_complete, started.percent()), (false, None));
        let cut_off = started.after(&page(28, true), false);
        assert_eq!((cut_off.is_complete, cut_off.percent()), (false, Some(14)));
        let ended = cut_off.after(&page(200, false), false);
        assert!(ended.is_complete);
        assert!(ended.after(&page(150, true), false).is_complete, "a later pull does not start over");
    }

    #[test]
    fn progress_starts_over_when_the_replica_is_emptied() {
        let complete = ReplicaProgress::default().after(&page(200, false), false);
        let reset = complete.after(&page(20, true), true);
        assert_eq!((reset.is_complete, reset.percent()), (false, Some(10)));
        assert!(complete.after(&page(200, false), true).is_complete, "one page may hold the whole feed");
    }

    #[test]
    fn percent_stays_below_a_hundred() {
        assert_eq!(percent_of(200, 200), Some(99));
        assert_eq!(percent_of(300, 200), Some(99));
        assert_eq!(percent_of(0, 0), None);
    }
}
