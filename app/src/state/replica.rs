//! State of the replica: how much of the server's feed is on this phone.

use crate::state::sync::SyncState;
use crate::storage::replica_progress::{ReplicaProgress, percent_of};
use jiedui_core::sync::{Status, Window};
use leptos::prelude::*;

/// Signals of the replica.
#[derive(Clone, Copy)]
pub struct Replica {
    /// Version of the stored records; rises when received records are stored.
    pub version: RwSignal<u64>,
    /// Progress of the first pull; `None` until storage has been read.
    pub progress: RwSignal<Option<ReplicaProgress>>,
    /// Window of the replica; `None` if it holds everything that the person may see.
    pub window: RwSignal<Option<Window>>,
    /// Whether lists and counts from the replica are complete.
    pub state: Memo<ReplicaState>,
    /// Whether a pull has reached the end of the feed.
    pub is_complete: Memo<bool>,
}

impl Replica {
    /// Creates the state of a replica that has not been read. `sync` drives it.
    pub(super) fn new(sync: SyncState) -> Self {
        let progress = RwSignal::new(None);
        let state = Memo::new(move |_| ReplicaState::of(progress.get(), sync.status.get(), sync.online.get()));
        let is_complete = Memo::new(move |_| state.get() == ReplicaState::Complete);
        Self { version: RwSignal::new(0), progress, window: RwSignal::new(None), state, is_complete }
    }
}

/// Whether the replica can be listed and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplicaState {
    /// Storage has not been read.
    Loading,
    /// The first pull is under way: this share of the feed has arrived, if it is known. Screens show neither counts nor
    /// an empty list.
    Receiving(Option<u64>),
    /// The first pull was cut off: lists and counts are of this share of the feed.
    Partial(Option<u64>),
    /// A pull has reached the end.
    Complete,
}

impl ReplicaState {
    /// Returns the state of the replica. `status` is the sync's.
    pub fn of(replica: Option<ReplicaProgress>, status: Status, online: bool) -> Self {
        let Some(replica) = replica else { return Self::Loading };
        if replica.is_complete {
            return Self::Complete;
        }
        let percent = match status {
            Status::Receiving { position, last } => percent_of(position, last).max(replica.percent()),
            _ => replica.percent(),
        };
        let goes_on = matches!(status, Status::Receiving { .. } | Status::Sending { .. } | Status::Idle);
        if online && goes_on { Self::Receiving(percent) } else { Self::Partial(percent) }
    }

    /// Returns whether counts can be shown: of a complete replica, or with a notice of a partial one.
    pub fn is_countable(self) -> bool {
        matches!(self, Self::Partial(_) | Self::Complete)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECEIVING: Status = Status::Receiving { position: 30, last: 100 };

    fn progress(is_complete: bool, position: u64) -> Option<ReplicaProgress> {
        Some(ReplicaProgress { is_complete, position, last: 100 })
    }

    #[test]
    fn replica_state_counts_nothing_while_the_first_pull_runs() {
        assert_eq!(ReplicaState::of(None, RECEIVING, true), ReplicaState::Loading);
        let receiving = ReplicaState::of(progress(false, 20), RECEIVING, true);
        assert_eq!(receiving, ReplicaState::Receiving(Some(30)));
        assert!(!receiving.is_countable());
        let started = ReplicaState::of(Some(ReplicaProgress::default()), Status::Idle, true);
        assert_eq!(started, ReplicaState::Receiving(None));
    }

    #[test]
    fn replica_state_is_partial_where_the_first_pull_was_cut_off() {
        for status in [Status::Offline, Status::Waiting, Status::SignedOut, Status::Refused, Status::StorageFailed] {
            let partial = ReplicaState::of(progress(false, 14), status, true);
            assert_eq!(partial, ReplicaState::Partial(Some(14)), "{status:?}");
            assert!(partial.is_countable());
        }
        assert_eq!(ReplicaState::of(progress(false, 14), RECEIVING, false), ReplicaState::Partial(Some(30)));
    }

    #[test]
    fn replica_state_stays_complete_in_later_pulls() {
        for (status, online) in [(RECEIVING, true), (Status::Waiting, true), (Status::Offline, false)] {
            assert_eq!(ReplicaState::of(progress(true, 14), status, online), ReplicaState::Complete);
        }
    }
}
