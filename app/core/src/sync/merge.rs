//! Three-way merge of a mutation with the stored record, and the rules for deletes; the same for every kind of record.

use crate::entry::field::{DUPLICATE_OF, REASON, STATE};
use crate::entry::path::{Path, get, paths, set};
use crate::entry::{Entry, Fields, State, bounds};
use crate::sync::protocol::{Mutation, Op, Outcome};
use crate::values::field_error::{ErrorCode, FieldError};
use crate::values::sort::collect_sorted;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Path that marks a deletion in sets of changed paths.
pub(super) const DELETED: &str = "deleted";

/// Returns the path that marks a deletion.
pub(super) fn deleted() -> Path<'static> {
    Path::from(DELETED)
}

/// A stored record before a mutation.
#[derive(Clone, Debug, PartialEq)]
pub struct Existing {
    /// Current revision.
    pub rev: u64,
    /// Current fields.
    pub fields: Fields,
    /// Whether it is a tombstone.
    pub deleted: bool,
    /// Paths of the fields that changed after the mutation's `base_rev`.
    pub changed_since: BTreeSet<Path<'static>>,
}

/// Outcome of merging a mutation.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Store a new revision of the record.
    Write {
        /// Applied, merged or conflict.
        outcome: Outcome,
        /// All fields of the new revision.
        fields: Fields,
        /// Whether it becomes a tombstone.
        deleted: bool,
        /// Paths of the changed fields; empty for a new record, where all fields are new.
        changed: BTreeSet<Path<'static>>,
        /// Values that were not applied because others had changed the same fields.
        conflicting_values: Fields,
        /// Parsed fields, unless the record becomes a tombstone.
        entry: Option<Box<Entry>>,
    },
    /// Keep the record unchanged.
    Leave {
        /// Applied if the record already had these values, otherwise conflict.
        outcome: Outcome,
        /// Values that were not applied.
        conflicting_values: Fields,
    },
    /// Reject the mutation.
    Reject(Vec<FieldError>),
}

/// Decides on deletes and on puts of deleted records, for any kind of record; `put` decides on all other mutations.
///
/// A mutation with a base revision above the stored revision is rejected, since its author cannot have seen it. Call
/// [`rebased_to_current_epoch`] first.
pub(super) fn merge_record(
    mutation: &Mutation,
    existing: Option<&Existing>,
    put: impl FnOnce() -> Decision,
) -> Decision {
    let rev = existing.map_or(0, |existing| existing.rev);
    // Values in conflict are stored as they were sent, so their size is bounded here.
    let size = bounds::size(&mutation.fields);
    if size > bounds::MAX_RECORD_BYTES {
        let largest = mutation.fields.iter().max_by_key(|(_, value)| bounds::size_of(value, 0));
        let name = largest.map(|(name, _)| bounds::shortened(name)).unwrap_or_default();
        return Decision::Reject(vec![FieldError::with_limit(
            name,
            ErrorCode::TooLong,
            bounds::MAX_RECORD_BYTES as f64,
        )]);
    }
    if let Some((path, _)) =
        paths(&mutation.fields).into_iter().find(|(path, value)| path.has_nul() || bounds::has_nul(value))
    {
        return Decision::Reject(vec![FieldError::new(
            bounds::shortened(&path.to_string().replace('\0', "")),
            ErrorCode::Character,
        )]);
    }
    match (mutation.op, existing) {
        (Op::Put, None) | (_, Some(_)) if mutation.base_rev > rev => {
            Decision::Reject(vec![FieldError::with_limit("base_rev", ErrorCode::TooLarge, rev as f64)])
        }
        // The author of the edit had not seen the deletion. An author who has seen it restores the record by an edit.
        (Op::Put, Some(existing)) if existing.deleted && existing.changed_since.contains(&deleted()) => {
            Decision::Leave {
                outcome: Outcome::Conflict,
                conflicting_values: paths(&mutation.fields)
                    .into_iter()
                    .map(|(path, value)| (path.into(), value.clone()))
                    .collect(),
            }
        }
        // A new record whose identifier is already in use: the two records are never merged.
        (Op::Put, Some(existing)) if mutation.base_rev == 0 && !existing.deleted => {
            let conflicting = differing_fields(&mutation.fields, &existing.fields);
            let outcome = if conflicting.is_empty() { Outcome::Applied } else { Outcome::Conflict };
            Decision::Leave { outcome, conflicting_values: conflicting }
        }
        (Op::Put, Some(existing)) if existing.deleted && mutation.fields.is_empty() => {
            Decision::Leave { outcome: Outcome::Applied, conflicting_values: Fields::new() }
        }
        (Op::Put, _) => put(),
        (Op::Delete, None) => Decision::Reject(vec![FieldError::new("id", ErrorCode::Unknown)]),
        (Op::Delete, Some(existing)) if existing.deleted => {
            Decision::Leave { outcome: Outcome::Applied, conflicting_values: Fields::new() }
        }
        (Op::Delete, Some(existing)) if existing.changed_since.is_empty() => Decision::Write {
            outcome: Outcome::Applied,
            fields: existing.fields.clone(),
            deleted: true,
            changed: BTreeSet::from([deleted()]),
            conflicting_values: Fields::new(),
            entry: None,
        },
        (Op::Delete, Some(_)) => {
            // Keeps the reason, because a resolution may carry the deletion out later.
            let reason = mutation.fields.iter().filter(|(name, _)| [REASON, DUPLICATE_OF].contains(&name.as_str()));
            let reason = reason.map(|(name, value)| (name.clone(), value.clone()));
            let conflicting = std::iter::once((DELETED.to_owned(), json!(true))).chain(reason).collect();
            Decision::Leave { outcome: Outcome::Conflict, conflicting_values: conflicting }
        }
    }
}

/// Returns the values of a new record that differ from the record stored under the same identifier. The default state
/// of a new entry never counts as a difference.
fn differing_fields(new: &Fields, existing: &Fields) -> Fields {
    let is_same = |a: &Value, b: &Value| a == b || a.is_number() && a.as_f64() == b.as_f64();
    let differs = |(path, value): &(Path<'_>, &Value)| {
        let is_default = *path == STATE && value.as_str() == Some(State::Submitted.code());
        !is_default && !is_same(get(existing, path).unwrap_or(&Value::Null), value)
    };
    let all = paths(new).into_iter().filter(differs);
    collect_sorted(all.map(|(path, value)| (path.into(), value.clone())))
}

/// Lowers the base revision of a mutation from an earlier epoch to the stored revision.
///
/// After a restore from a backup its base revision may be above the restored one. `changed_since` alone then says what
/// its author had seen.
pub fn rebased_to_current_epoch<'a>(mutation: &'a Mutation, rev: u64, author: MutationAuthor<'_>) -> Cow<'a, Mutation> {
    if author.is_from_earlier_epoch(mutation) && mutation.base_rev > rev {
        Cow::Owned(Mutation { base_rev: rev, ..mutation.clone() })
    } else {
        Cow::Borrowed(mutation)
    }
}

/// Result of a merge: the merged fields, the changed paths, and the values in conflict.
pub(super) struct Merged {
    pub fields: Fields,
    pub changed: BTreeSet<Path<'static>>,
    pub conflicting_values: Fields,
}

/// Merges edits path by path: an edit of a path in `changed_since` is a conflict, and the stored value wins.
pub(super) fn merge<'a>(edits: impl IntoIterator<Item = (Path<'a>, &'a Value)>, existing: Option<&Existing>) -> Merged {
    let unchanged = BTreeSet::new();
    let changed_since = existing.map_or(&unchanged, |existing| &existing.changed_since);
    let mut fields = existing.map(|existing| existing.fields.clone()).unwrap_or_default();
    let (mut changed, mut conflicting) = (BTreeSet::new(), Fields::new());
    for (path, value) in edits {
        if get(&fields, &path) == present(value) {
            continue;
        }
        if changed_since.contains(&path) {
            conflicting.insert(path.into(), value.clone());
        } else {
            set(&mut fields, &path, value);
            changed.extend(existing.map(|_| path.into_owned()));
        }
    }
    Merged { fields, changed, conflicting_values: conflicting }
}

/// Turns merged and validated fields into a decision.
pub(super) fn written(
    existing: Option<&Existing>,
    fields: Fields,
    mut changed: BTreeSet<Path<'static>>,
    conflicting: Fields,
    entry: Option<Box<Entry>>,
) -> Decision {
    if existing.is_some_and(|existing| existing.deleted) {
        changed.insert(deleted());
    }
    match (existing, changed.is_empty(), conflicting.is_empty()) {
        (Some(_), true, true) => Decision::Leave { outcome: Outcome::Applied, conflicting_values: conflicting },
        (Some(_), true, false) => Decision::Leave { outcome: Outcome::Conflict, conflicting_values: conflicting },
        (_, _, no_conflict) => {
            let nothing_since = existing.is_none_or(|existing| existing.changed_since.is_empty());
            let outcome = match (no_conflict, nothing_since) {
                (false, _) => Outcome::Conflict,
                (true, false) => Outcome::Merged,
                (true, true) => Outcome::Applied,
            };
            Decision::Write { outcome, fields, deleted: false, changed, conflicting_values: conflicting, entry }
        }
    }
}

/// Returns the value, or `None` if it is null.
pub(super) fn present(value: &Value) -> Option<&Value> {
    (!value.is_null()).then_some(value)
}

/// Author of a revision: account, client and sequence number of the mutation.
pub type RevisionAuthor = (Uuid, Uuid, u64);

/// Author of a mutation, with the data that decides which revisions they had seen.
#[derive(Clone, Copy, Debug)]
pub struct MutationAuthor<'a> {
    /// Account identifier.
    pub account: Uuid,
    /// Client identifier.
    pub client: Uuid,
    /// Epochs of the database, as [`PullResponse::epoch`](crate::sync::PullResponse::epoch) numbers them, without the
    /// first.
    pub epochs: &'a [u64],
    /// Sequence numbers of this push that this client really used.
    pub numbers: &'a BTreeSet<u64>,
    /// Whether another sequence number of this push was already used: the browser profile was duplicated.
    pub is_duplicated: bool,
}

impl MutationAuthor<'_> {
    /// Returns whether a revision is concurrent with a mutation: the mutation's author neither saw it nor made it earlier.
    /// Revisions after the base revision, or of another epoch, are unseen.
    ///
    /// The author is identified by account and client, since a client identifier alone can be forged. A mutation with
    /// base revision 0 has seen no revision, not even one of its own author.
    pub fn is_concurrent(&self, rev: u64, at: u64, author: Option<RevisionAuthor>, mutation: &Mutation) -> bool {
        // A client that missed a restore may skip a number that its duplicate has used since.
        let is_known_single = !self.is_duplicated && !self.is_from_earlier_epoch(mutation);
        let is_own = |(account, client, seq): RevisionAuthor| {
            mutation.base_rev > 0
                && account == self.account
                && client == self.client
                && seq < mutation.seq
                && (is_known_single || self.numbers.contains(&seq))
        };
        let was_seen = rev <= mutation.base_rev && at < self.seen_before(mutation);
        !was_seen && !author.is_some_and(is_own)
    }

    /// Returns whether the base revision was read in an earlier epoch of the database.
    pub fn is_from_earlier_epoch(&self, mutation: &Mutation) -> bool {
        mutation.epoch.is_some_and(|epoch| epoch != self.epochs.last().copied().unwrap_or_default())
    }

    /// Returns the end of the epoch in which the base revision was read: later events cannot have been seen. An
    /// unknown epoch gives 0, since it began from a backup that this database does not descend from.
    fn seen_before(&self, mutation: &Mutation) -> u64 {
        let Some(epoch) = mutation.epoch else { return u64::MAX };
        let mut epochs = std::iter::once(&0).chain(self.epochs);
        match epochs.find(|started| **started == epoch) {
            Some(_) => epochs.next().copied().unwrap_or(u64::MAX),
            None => 0,
        }
    }
}

#[cfg(test)]
mod tests;
