//! What is to be done with a record, whatever its kind: the three-way merge, and what a delete means.

use crate::access::rights::{DUPLICATE_OF, REASON};
use crate::entry::Fields;
use crate::entry::{Entry, State, bounds};
use crate::sync::path::{get, paths, set};
use crate::sync::protocol::{Mutation, Op, Outcome};
use crate::values::field_error::{ErrorCode, FieldError};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeSet;
use uuid::Uuid;

/// The path by which a delete is told from other changes.
pub(super) const DELETED: &str = "deleted";

/// A record as it stands before a mutation.
#[derive(Clone, Debug, PartialEq)]
pub struct Existing {
    /// Its revision.
    pub rev: u64,
    /// Its fields.
    pub fields: Fields,
    /// Whether it is a tombstone.
    pub deleted: bool,
    /// Paths of the fields that changed after the mutation's `base_rev`.
    pub changed_since: BTreeSet<String>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Write the record anew.
    Write {
        /// Applied, merged or conflict.
        outcome: Outcome,
        /// All its fields.
        fields: Fields,
        /// Whether it becomes a tombstone.
        deleted: bool,
        /// Paths of the fields that change; none for a new record, where all are new.
        changed: BTreeSet<String>,
        /// Values that were not taken because others had changed the same fields.
        conflicting_values: Fields,
        /// What the fields say, unless they are a tombstone's.
        entry: Option<Box<Entry>>,
    },
    /// Leave the record as it is.
    Leave {
        /// Applied, when it already was as asked; or conflict.
        outcome: Outcome,
        /// Values that were not taken.
        conflicting_values: Fields,
    },
    /// Refuse.
    Reject(Vec<FieldError>),
}

/// Decides what a delete, and a put of a deleted record, mean for any kind of record; `put` decides on all others. A
/// mutation that names a later revision than there is cannot have seen it and is rejected; [`of_this_life`] comes first.
pub(super) fn merge_record(
    mutation: &Mutation,
    existing: Option<&Existing>,
    put: impl FnOnce() -> Decision,
) -> Decision {
    let rev = existing.map_or(0, |existing| existing.rev);
    // What is not taken is kept as it was sent.
    let size = bounds::size(&mutation.fields);
    if size > bounds::RECORD {
        let largest = mutation.fields.iter().max_by_key(|(_, value)| bounds::size_of(value, 0));
        let name = largest.map(|(name, _)| bounds::shortened(name)).unwrap_or_default();
        return Decision::Reject(vec![FieldError::with_limit(name, ErrorCode::TooLong, bounds::RECORD as f64)]);
    }
    match (mutation.op, existing) {
        (Op::Put, None) | (_, Some(_)) if mutation.base_rev > rev => {
            Decision::Reject(vec![FieldError::with_limit("base_rev", ErrorCode::TooLarge, rev as f64)])
        }
        // An edit by somebody who did not know of the delete. Who does know brings the record back by it.
        (Op::Put, Some(existing)) if existing.deleted && existing.changed_since.contains(DELETED) => Decision::Leave {
            outcome: Outcome::Conflict,
            conflicting_values: paths(&mutation.fields)
                .into_iter()
                .map(|(path, value)| (path.into_owned(), value.clone()))
                .collect(),
        },
        // Somebody's new record under an identifier that has another: the two are never mixed.
        (Op::Put, Some(existing)) if mutation.base_rev == 0 && !existing.deleted => {
            let kept = differing_fields(&mutation.fields, &existing.fields);
            let outcome = if kept.is_empty() { Outcome::Applied } else { Outcome::Conflict };
            Decision::Leave { outcome, conflicting_values: kept }
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
            changed: BTreeSet::from([DELETED.to_owned()]),
            conflicting_values: Fields::new(),
            entry: None,
        },
        (Op::Delete, Some(_)) => {
            // With what the deletion says: it may be carried out later.
            let said = mutation.fields.iter().filter(|(name, _)| [REASON, DUPLICATE_OF].contains(&name.as_str()));
            let said = said.map(|(name, value)| (name.clone(), value.clone()));
            let kept = std::iter::once((DELETED.to_owned(), json!(true))).chain(said).collect();
            Decision::Leave { outcome: Outcome::Conflict, conflicting_values: kept }
        }
    }
}

/// Returns the values of a new record that differ from what stands under its identifier. That it waits for a review is said
/// of every new entry, and differs from none.
fn differing_fields(new: &Fields, existing: &Fields) -> Fields {
    let is_same = |one: &Value, other: &Value| one == other || one.is_number() && one.as_f64() == other.as_f64();
    let differs = |(path, value): &(Cow<'_, str>, &Value)| {
        let is_new = path.as_ref() == "state" && value.as_str() == Some(State::Submitted.code());
        !is_new && !is_same(get(existing, path).unwrap_or(&Value::Null), value)
    };
    let all = paths(new).into_iter().filter(differs);
    all.map(|(path, value)| (path.into_owned(), value.clone())).collect()
}

/// Returns a mutation as it is decided on. The base revision of one that was made in a former life of the database may be
/// above what a restore from a backup has left: what its author has seen is told by `changed_since` alone.
pub fn rebased_to_this_life<'a>(mutation: &'a Mutation, rev: u64, author: MutationAuthor<'_>) -> Cow<'a, Mutation> {
    if author.is_of_former_life(mutation) && mutation.base_rev > rev {
        Cow::Owned(Mutation { base_rev: rev, ..mutation.clone() })
    } else {
        Cow::Borrowed(mutation)
    }
}

/// Fields once a mutation's edits are in them, what has changed by that, and what was not taken since others had changed it.
pub(super) struct Merged {
    pub fields: Fields,
    pub changed: BTreeSet<String>,
    pub conflicting_values: Fields,
}

/// The three-way merge, path by path.
pub(super) fn merge<'a>(
    edits: impl IntoIterator<Item = (Cow<'a, str>, &'a Value)>,
    existing: Option<&Existing>,
) -> Merged {
    let unchanged = BTreeSet::new();
    let changed_since = existing.map_or(&unchanged, |existing| &existing.changed_since);
    let mut fields = existing.map(|existing| existing.fields.clone()).unwrap_or_default();
    let (mut changed, mut kept) = (BTreeSet::new(), Fields::new());
    for (path, value) in edits {
        if get(&fields, &path) == present(value) {
            continue;
        }
        if changed_since.contains(path.as_ref()) {
            kept.insert(path.into_owned(), value.clone());
        } else {
            set(&mut fields, &path, value);
            changed.extend(existing.map(|_| path.into_owned()));
        }
    }
    Merged { fields, changed, conflicting_values: kept }
}

/// What becomes of a record that has been merged and found right.
pub(super) fn written(
    existing: Option<&Existing>,
    fields: Fields,
    mut changed: BTreeSet<String>,
    kept: Fields,
    entry: Option<Box<Entry>>,
) -> Decision {
    if existing.is_some_and(|existing| existing.deleted) {
        changed.insert(DELETED.to_owned());
    }
    match (existing, changed.is_empty(), kept.is_empty()) {
        (Some(_), true, true) => Decision::Leave { outcome: Outcome::Applied, conflicting_values: kept },
        (Some(_), true, false) => Decision::Leave { outcome: Outcome::Conflict, conflicting_values: kept },
        (_, _, no_conflict) => {
            let nothing_since = existing.is_none_or(|existing| existing.changed_since.is_empty());
            let outcome = match (no_conflict, nothing_since) {
                (false, _) => Outcome::Conflict,
                (true, false) => Outcome::Merged,
                (true, true) => Outcome::Applied,
            };
            Decision::Write { outcome, fields, deleted: false, changed, conflicting_values: kept, entry }
        }
    }
}

/// A value, unless it is null.
pub(super) fn present(value: &Value) -> Option<&Value> {
    (!value.is_null()).then_some(value)
}

/// Who made a revision: account, client and the mutation's number.
pub type RevisionAuthor = (Uuid, Uuid, u64);

/// Who made a mutation, and what of the record's history they can have seen.
#[derive(Clone, Copy, Debug)]
pub struct MutationAuthor<'a> {
    /// Their account.
    pub account: Uuid,
    /// Their copy of the program.
    pub client: Uuid,
    /// The lives of the database, as [`PullResponse::epoch`](crate::sync::PullResponse::epoch) numbers them, but for the first.
    pub lives: &'a [u64],
    /// The numbers of this push that are really theirs.
    pub numbers: &'a BTreeSet<u64>,
    /// Whether another number of this push was not: the profile was duplicated.
    pub is_doubled: bool,
}

impl MutationAuthor<'_> {
    /// Returns whether a revision is news to the author of a mutation: made after the base revision or in another life of
    /// the database, and not their own earlier work. Own work is told by account and client, since anybody can name
    /// another's client. A mutation with base revision 0 has seen nothing, its author's own work neither.
    pub fn is_concurrent(&self, rev: u64, at: u64, maker: Option<RevisionAuthor>, mutation: &Mutation) -> bool {
        // A phone that has not heard of a restore may leave out a number that its duplicate has used since.
        let is_known_single = !self.is_doubled && !self.is_of_former_life(mutation);
        let is_own = |(account, client, seq): RevisionAuthor| {
            mutation.base_rev > 0
                && account == self.account
                && client == self.client
                && seq < mutation.seq
                && (is_known_single || self.numbers.contains(&seq))
        };
        let was_seen = rev <= mutation.base_rev && at < self.seen_before(mutation);
        !was_seen && !maker.is_some_and(is_own)
    }

    /// Returns whether a mutation's base revision was read in an earlier life of the database.
    pub fn is_of_former_life(&self, mutation: &Mutation) -> bool {
        mutation.epoch.is_some_and(|epoch| epoch != self.lives.last().copied().unwrap_or_default())
    }

    /// The instant from which on nothing that happened can have been seen: when the life ended in which the base revision
    /// was read. This database knows nothing of a life that began from another backup than it did itself.
    fn seen_before(&self, mutation: &Mutation) -> u64 {
        let Some(epoch) = mutation.epoch else { return u64::MAX };
        let mut lives = std::iter::once(&0).chain(self.lives);
        match lives.find(|life| **life == epoch) {
            Some(_) => lives.next().copied().unwrap_or(u64::MAX),
            None => 0,
        }
    }
}
