//! The number of unsent changes of each person, in local storage as well as in the outbox. A browser can empty IndexedDB while
//! the app runs; without this number the loss would go unnoticed.

use crate::storage::local_storage;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The record of a person's outbox in local storage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnsentCount {
    /// The number of changes that waited to be sent.
    pub unsent: usize,
    /// The next sequence number of the outbox. It never falls in a database that still exists.
    pub next_seq: u64,
    /// The number of changes that were lost with the database, until the person has dismissed the notice.
    #[serde(default)]
    pub lost: usize,
}

impl UnsentCount {
    /// Returns the record after the outbox was read. A lower sequence number than the recorded one shows that the database was
    /// emptied, and everything unsent with it.
    #[must_use]
    pub fn after(self, unsent: usize, next_seq: u64) -> Self {
        let emptied = if next_seq < self.next_seq { self.unsent } else { 0 };
        Self { unsent, next_seq, lost: self.lost + emptied }
    }
}

fn key(user: Uuid) -> String {
    format!("jiedui.unsent.{user}")
}

/// Returns the record of a person's outbox. Read it before the outbox itself: another tab may save in between.
pub fn read(user: Uuid) -> UnsentCount {
    local_storage::get(&key(user)).unwrap_or_default()
}

/// Writes the record unless another tab has written a later one.
pub fn write(user: Uuid, before: UnsentCount, now: UnsentCount) {
    let stored = read(user);
    let is_emptied = now.lost > before.lost;
    if stored == now || (stored.next_seq > now.next_seq && !is_emptied) {
        return;
    }
    // Without local storage, an emptied database goes unnoticed.
    let _ = local_storage::set(&key(user), &now);
}

/// Forgets the lost changes: the person has seen the notice.
pub fn forget_lost(user: Uuid) {
    let stored = read(user);
    if stored.lost > 0 {
        let _ = local_storage::set(&key(user), &UnsentCount { lost: 0, ..stored });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn count_reports_what_an_emptied_database_held() {
        let saved = UnsentCount::default().after(2, 3);
        assert_eq!((saved.unsent, saved.lost), (2, 0));
        let sent = saved.after(0, 3);
        assert_eq!(sent.lost, 0, "what was sent is not lost");
        let emptied = saved.after(0, 1);
        assert_eq!((emptied.unsent, emptied.lost), (0, 2));
        assert_eq!(emptied.after(0, 1).lost, 2, "the number stays until it has been seen");
        assert_eq!(saved.after(1, 2).lost, 2, "something may have been saved since");
        assert_eq!(sent.after(0, 1).lost, 0, "an emptied database with nothing unsent loses nothing");
    }
}
