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
    /// Of a deletion: until when it is held back and can be undone, in milliseconds of this phone's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_until: Option<i64>,
}

/// How long a deletion can be undone before it is sent, in milliseconds.
pub const HELD: i64 = 6_000;

impl Outgoing {
    /// A mutation that has just been made.
    pub fn new(mutation: Mutation) -> Self {
        Self { mutation, refused: None, answer: None, before: None, held_until: None }
    }

    /// A mutation that is held back, made at `now`.
    pub fn held(mutation: Mutation, now: i64) -> Self {
        Self { held_until: Some(now.saturating_add(HELD)), ..Self::new(mutation) }
    }

    /// Whether it is held back at `now`; a clock that has been set back holds nothing for longer.
    pub fn is_held(&self, now: i64) -> bool {
        self.held_until.is_some_and(|until| (1..=HELD).contains(&until.saturating_sub(now)))
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
        held_until: None,
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

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(10_000, true)]
    #[case(15_999, true)]
    #[case(16_000, false)]
    #[case(9_999, false)]
    #[case(i64::MIN, false)]
    fn deletion_is_held_for_six_seconds_and_never_longer(#[case] now: i64, #[case] held: bool) {
        let mutation = Mutation {
            seq: 1,
            kind: ENTRY.into(),
            id: Uuid::nil(),
            base_rev: 1,
            op: Op::Delete,
            fields: Fields::new(),
        };
        let outgoing = Outgoing::held(mutation.clone(), 10_000);
        assert_eq!(outgoing.is_held(now), held);
        assert!(!Outgoing::new(mutation).is_held(now));
        let kept: Outgoing = serde_json::from_value(serde_json::to_value(&outgoing).unwrap()).unwrap();
        assert_eq!(kept, outgoing, "it is held after the app was closed, too");
    }
}
