//! Partial replication: which records a phone holds. Server and phone decide it by the same function.
//!
//! The server chooses the bounds of a window by its own calendar and by counting. The phone stores them and applies
//! [`Window::holds`], so that both sides agree on every record without exchanging lists.

mod bounds;
mod definition;
mod facts;
mod limits;
mod progress;
mod replica;

pub use bounds::{Bounds, Calendar, Position};
pub use definition::{RULE, Window};
pub use facts::{Change, Facts, News, day_of};
pub use limits::{Counts, LIMITS, Limits};
pub use progress::{Listing, Progress};
pub use replica::ReplicaRule;

use crate::entry::State;
use crate::sync::Kind;
use uuid::Uuid;

/// Part of a window. A listing sends the parts in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Organisations, pairings and records of unknown kinds.
    Directory,
    /// The user's own entries.
    Author,
    /// Entries that wait for a review by the user.
    Reviews,
    /// Entries and ledger items within the user's scope.
    Places,
}

impl Window {
    /// Returns whether the phone of `user` holds a record. The caller has checked that it is not deleted.
    ///
    /// - Organisations, pairings and records of unknown kinds: always.
    /// - The user's own entries: while they are not verified, and for 24 months.
    /// - Entries that wait for a review by the user: the newest.
    /// - Entries and ledger items within the user's scope: the newest of the current and the previous year.
    ///
    /// A window of another rule holds everything: a phone then removes only what the server names.
    pub fn holds(&self, user: Uuid, facts: &Facts<'_>) -> bool {
        self.rule != RULE || self.part(user, facts).is_some()
    }

    /// Returns the first part of the window that holds a record.
    pub fn part(&self, user: Uuid, facts: &Facts<'_>) -> Option<Part> {
        let Bounds { author_since, review_since, place_since } = self.bounds;
        let is_entry = *facts.kind == Kind::Entry;
        if !is_entry && *facts.kind != Kind::LedgerItem {
            Some(Part::Directory)
        } else if is_entry
            && facts.author == Some(user)
            && (facts.state != State::Verified || facts.day.is_some_and(|day| day >= author_since))
        {
            Some(Part::Author)
        } else if self.is_to_review(facts) && facts.is_since(review_since) {
            Some(Part::Reviews)
        } else if self.is_in_scope(facts) && facts.is_since(place_since) {
            Some(Part::Places)
        } else {
            None
        }
    }

    /// Returns whether a record is within the scope, by its place and programme. A programme that the phone does not
    /// know is taken to be the user's.
    pub fn is_in_scope(&self, facts: &Facts<'_>) -> bool {
        match facts.programme {
            Some(programme) => self.visibility.has(facts.place, programme),
            None => self.visibility.all || self.visibility.scope.has_place(facts.place),
        }
    }

    /// Returns whether a user may see a record.
    pub fn shows(&self, user: Uuid, facts: &Facts<'_>) -> bool {
        !matches!(facts.kind, Kind::Entry | Kind::LedgerItem) || facts.author == Some(user) || self.is_in_scope(facts)
    }

    /// Returns whether an entry waits for a review by the user.
    pub fn is_to_review(&self, facts: &Facts<'_>) -> bool {
        self.reviews && *facts.kind == Kind::Entry && facts.state == State::Submitted && self.is_in_scope(facts)
    }
}

#[cfg(test)]
mod tests;
