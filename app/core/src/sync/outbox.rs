//! What becomes of a mutation on the phone once the server has answered. The storage around it is the caller's.

use super::apply::fold;
use super::wire::{ENTRY, Mutation, Op, Outcome, PushResult, Record};
use crate::domain::{ErrorCode, FieldError};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

/// A mutation on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outgoing {
    /// The mutation.
    pub mutation: Mutation,
    /// Why the server would not have it, or whose values stand instead: it waits for a person.
    #[serde(default)]
    pub refused: Option<Vec<FieldError>>,
}

/// What to do with the outbox and the replica, in one transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// Stays in the outbox with these reasons; `None` takes it out.
    pub refused: Option<Vec<FieldError>>,
    /// What the replica holds of the record from now on.
    pub replica: Change,
    /// Whether the server has now an entry that it had not before.
    pub is_new: bool,
}

/// A change of the replica.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// It stays as it is.
    Keep,
    /// This is the record now.
    Put(Record),
    /// The record is gone.
    Remove,
}

/// Settles a mutation of `user`'s. `known` is the record in the replica.
pub fn settle(user: Uuid, mutation: &Mutation, result: &PushResult, known: Option<Record>) -> Settled {
    if result.outcome == Outcome::Rejected {
        return Settled { refused: Some(result.errors.clone()), replica: Change::Keep, is_new: false };
    }
    let refused = (result.outcome == Outcome::Conflict).then(|| conflicts(mutation, result.record.as_ref()));
    let is_new = known.is_none() && mutation.op == Op::Put;
    // A pull may have brought a later state before this answer was stored.
    let overtaken = known.as_ref().is_some_and(|known| known.rev > result.rev);
    let replica = if overtaken {
        Change::Keep
    } else if let Some(record) = &result.record {
        if record.deleted { Change::Remove } else { Change::Put(record.clone()) }
    } else if mutation.op == Op::Delete {
        Change::Remove
    } else {
        let mut fields = known.map(|record| record.fields).unwrap_or_default();
        fold(&mut fields, mutation);
        fields.entry("author").or_insert(json!(user));
        Change::Put(Record { kind: ENTRY.to_owned(), id: mutation.id, rev: result.rev, fields, deleted: false })
    };
    Settled { refused, replica, is_new }
}

/// The fields in which another's value stands.
fn conflicts(mutation: &Mutation, record: Option<&Record>) -> Vec<FieldError> {
    if record.is_some_and(|record| record.deleted) {
        return vec![FieldError::new("id", ErrorCode::Deleted)];
    }
    if mutation.op == Op::Delete {
        return vec![FieldError::new("id", ErrorCode::Conflict)];
    }
    let theirs = |name: &String| record.and_then(|record| record.fields.get(name));
    let differing = mutation.fields.iter().filter(|(name, value)| theirs(name) != Some(*value));
    differing.map(|(name, _)| FieldError::new(name.clone(), ErrorCode::Conflict)).collect()
}
