//! What is to be done with a record, whatever its kind: the three-way merge, and what a delete means.

use super::path::{get, paths, set};
use super::rights::{DUPLICATE_OF, REASON};
use super::wire::{Mutation, Op, Outcome};
use crate::domain::entry::Fields;
use crate::domain::{Entry, ErrorCode, FieldError, Role, User};
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
        kept: Fields,
        /// What the fields say, unless they are a tombstone's.
        entry: Option<Box<Entry>>,
    },
    /// Leave the record as it is.
    Leave {
        /// Applied, when it already was as asked; or conflict.
        outcome: Outcome,
        /// Values that were not taken.
        kept: Fields,
    },
    /// Refuse.
    Reject(Vec<FieldError>),
}

/// Decides what a delete, and a put of a deleted record, mean for any kind of record; `put` decides on all others. A
/// mutation that names a later revision than there is cannot have seen it and is rejected.
pub(super) fn on_record(mutation: &Mutation, existing: Option<&Existing>, put: impl FnOnce() -> Decision) -> Decision {
    let rev = existing.map_or(0, |existing| existing.rev);
    match (mutation.op, existing) {
        (Op::Put, None) | (_, Some(_)) if mutation.base_rev > rev => {
            Decision::Reject(vec![FieldError::with_limit("base_rev", ErrorCode::TooLarge, rev as f64)])
        }
        // An edit by somebody who did not know of the delete. Who does know brings the record back by it.
        (Op::Put, Some(existing)) if existing.deleted && existing.changed_since.contains(DELETED) => Decision::Leave {
            outcome: Outcome::Conflict,
            kept: paths(&mutation.fields).into_iter().map(|(path, value)| (path.into_owned(), value.clone())).collect(),
        },
        (Op::Put, Some(existing)) if existing.deleted && mutation.fields.is_empty() => {
            Decision::Leave { outcome: Outcome::Applied, kept: Fields::new() }
        }
        (Op::Put, _) => put(),
        (Op::Delete, None) => Decision::Reject(vec![FieldError::new("id", ErrorCode::Unknown)]),
        (Op::Delete, Some(existing)) if existing.deleted => {
            Decision::Leave { outcome: Outcome::Applied, kept: Fields::new() }
        }
        (Op::Delete, Some(existing)) if existing.changed_since.is_empty() => Decision::Write {
            outcome: Outcome::Applied,
            fields: existing.fields.clone(),
            deleted: true,
            changed: BTreeSet::from([DELETED.to_owned()]),
            kept: Fields::new(),
            entry: None,
        },
        (Op::Delete, Some(_)) => {
            // With what the deletion says: it may be carried out later.
            let said = mutation.fields.iter().filter(|(name, _)| [REASON, DUPLICATE_OF].contains(&name.as_str()));
            let said = said.map(|(name, value)| (name.clone(), value.clone()));
            let kept = std::iter::once((DELETED.to_owned(), json!(true))).chain(said).collect();
            Decision::Leave { outcome: Outcome::Conflict, kept }
        }
    }
}

/// Fields once a mutation's edits are in them, what has changed by that, and what was not taken since others had changed it.
pub(super) struct Merged {
    pub fields: Fields,
    pub changed: BTreeSet<String>,
    pub kept: Fields,
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
    Merged { fields, changed, kept }
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
        (Some(_), true, true) => Decision::Leave { outcome: Outcome::Applied, kept },
        (Some(_), true, false) => Decision::Leave { outcome: Outcome::Conflict, kept },
        (_, _, no_conflict) => {
            let nothing_since = existing.is_none_or(|existing| existing.changed_since.is_empty());
            let outcome = match (no_conflict, nothing_since) {
                (false, _) => Outcome::Conflict,
                (true, false) => Outcome::Merged,
                (true, true) => Outcome::Applied,
            };
            Decision::Write { outcome, fields, deleted: false, changed, kept, entry }
        }
    }
}

/// Mistakes of place and programme, which the field `named` says; none where the actor may write.
pub(super) fn out_of_scope(fields: &Fields, named: &str, programme: Option<&str>, actor: &User) -> Vec<FieldError> {
    if actor.role == Role::Admin {
        return Vec::new();
    }
    let mut errors = Vec::new();
    if !actor.scope.has_place(fields.get("place").and_then(Value::as_str).unwrap_or_default()) {
        errors.push(FieldError::new("place", ErrorCode::Forbidden));
    }
    if !programme.is_some_and(|programme| actor.scope.has_programme(programme)) {
        errors.push(FieldError::new(named, ErrorCode::Forbidden));
    }
    errors
}

/// Who made a record.
pub(super) fn author_of(fields: &Fields) -> Option<Uuid> {
    fields.get("author").and_then(Value::as_str).and_then(|id| Uuid::parse_str(id).ok())
}

/// A value, unless it is null.
pub(super) fn present(value: &Value) -> Option<&Value> {
    (!value.is_null()).then_some(value)
}

/// Who made a revision: account, client and the mutation's number.
pub type Maker = (Uuid, Uuid, u64);

/// Returns whether a revision is news to the author of a mutation: it is later than the base revision, and not their own
/// earlier work. Own work is told by account and client: anybody can name another's client.
pub fn is_since(rev: u64, maker: Option<Maker>, mutation: &Mutation, (account, client): (Uuid, Uuid)) -> bool {
    let is_own = |(by, with, seq): Maker| by == account && with == client && seq < mutation.seq;
    rev > mutation.base_rev && !maker.is_some_and(is_own)
}
