//! Contents of a phone's replica.

use super::{Facts, Window};
use crate::catalogue::Catalogue;
use crate::sync::Record;
use uuid::Uuid;

/// Decides what a phone keeps in its replica: the records of its window, and those that it needs for unsent or
/// unresolved changes.
#[derive(Clone, Copy, Debug)]
pub struct ReplicaRule<'a> {
    /// Account of the phone.
    pub user: Uuid,
    /// The phone's window; `None` holds everything.
    pub window: Option<&'a Window>,
    /// Catalogue; `None` before it has arrived.
    pub catalogue: Option<&'a Catalogue>,
}

impl ReplicaRule<'_> {
    /// Returns whether a record stays in the replica. `has_left`: the server has said that it left the window, so the
    /// copy is outdated. `is_needed`: an unsent or unresolved change or an open draft needs the copy all the same.
    pub fn keeps(&self, record: &Record, has_left: bool, is_needed: bool) -> bool {
        is_needed || !has_left && self.holds(record)
    }

    fn holds(&self, record: &Record) -> bool {
        self.window.is_none_or(|window| window.holds(self.user, &Facts::of(record, self.catalogue)))
    }
}
