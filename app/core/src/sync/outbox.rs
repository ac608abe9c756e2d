//! What becomes of a mutation on the phone once the server has answered. The storage around it is the caller's.

use super::apply::fold;
use super::need::fold_need;
use super::wire::{CHOICE, ENTRY, Mutation, Op, Outcome, PushResult, Record};
use crate::domain::entry::Fields;
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
    /// Of a conflict: the server's answer, with the record as it stood there and who had changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<PushResult>,
    /// Of a conflict: the record's fields as this phone had them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Fields>,
}

impl Outgoing {
    /// A mutation that has just been made.
    pub fn new(mutation: Mutation) -> Self {
        Self { mutation, refused: None, answer: None, before: None }
    }

    /// Whether it waits for the person to choose between values.
    pub fn is_conflict(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.outcome == Outcome::Conflict)
    }
}

/// What to do with the outbox and the replica, in one transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// Stays in the outbox like this; `None` takes it out.
    pub waits: Option<Outgoing>,
    /// The number of another mutation that goes out of the outbox: the one whose conflict a choice has settled.
    pub settles: Option<u64>,
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
pub fn settle(user: Uuid, outgoing: &Outgoing, result: &PushResult, known: Option<Record>) -> Settled {
    let mutation = &outgoing.mutation;
    if mutation.kind == CHOICE {
        return settle_choice(mutation, result);
    }
    if result.outcome == Outcome::Rejected {
        let waits = Some(Outgoing { refused: Some(result.errors.clone()), ..outgoing.clone() });
        return Settled { waits, settles: None, replica: Change::Keep, is_new: false };
    }
    let waits = (result.outcome == Outcome::Conflict).then(|| Outgoing {
        mutation: mutation.clone(),
        refused: Some(conflicts(mutation, result.record.as_ref())),
        answer: Some(result.clone()),
        before: known.as_ref().map(|record| record.fields.clone()),
    });
    let is_new = mutation.kind == ENTRY && known.is_none() && mutation.op == Op::Put;
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
        if mutation.kind == ENTRY {
            fold(&mut fields, mutation)
        } else {
            fold_need(&mut fields, mutation)
        }
        fields.entry("author").or_insert(json!(user));
        Change::Put(Record { kind: mutation.kind.clone(), id: mutation.id, rev: result.rev, fields, deleted: false })
    };
    Settled { waits, settles: None, replica, is_new }
}

/// A choice is done with once it is answered; what it comes to arrives by a pull. Where it could not be taken, since the
/// record has changed again, the conflict goes on waiting.
fn settle_choice(mutation: &Mutation, result: &PushResult) -> Settled {
    let seq = mutation.fields.get("seq").and_then(serde_json::Value::as_u64);
    let settled_already = result.errors.iter().any(|error| error.field == "seq");
    let settles = seq.filter(|_| settled_already || result.outcome.is_done());
    Settled { waits: None, settles, replica: Change::Keep, is_new: false }
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
