//! Acknowledgements: what the server's results of a push change in the outbox and the replica.

use super::entry::{apply_locally, set_user_locally};
use super::ledger::apply_item_locally;
use super::outbox::{OutboxItem, Sender, is_complete_record};
use crate::entry::field;
use crate::sync::kind::Kind;
use crate::sync::protocol::{Mutation, Op, Outcome, PushResult, Record};
use crate::values::field_error::{ErrorCode, FieldError};
use crate::values::sort::collect_sorted;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Changes to the outbox and the replica after a push, to be stored in one transaction.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReplicaUpdates {
    /// New outbox items by sequence number; `None` removes the item.
    pub outbox: BTreeMap<u64, Option<OutboxItem>>,
    /// New replica records by identifier; `None` removes the record.
    pub replica: BTreeMap<Uuid, Option<Record>>,
    /// Acknowledged items, kept in case a restore from a backup reverts them.
    pub sent: Vec<OutboxItem>,
    /// Entries that the server did not have before.
    pub new: Vec<Uuid>,
    /// Whether the client identifier is in use elsewhere: the browser profile was duplicated or restored. The phone
    /// switches to the new identifier and resends the mutations rejected as reused.
    pub is_duplicated: bool,
}

/// Applies the results of a push. `replica` has the records in the replica; `renamed` is the client identifier to
/// switch to if the current one turns out to be duplicated.
pub fn acknowledge(
    sender: Sender,
    renamed: Uuid,
    results: &[PushResult],
    outbox: &[OutboxItem],
    replica: &BTreeMap<Uuid, Record>,
) -> ReplicaUpdates {
    let Sender { user, client, epoch } = sender;
    let mut updates = ReplicaUpdates::default();
    let mut outbox: BTreeMap<u64, OutboxItem> =
        collect_sorted(outbox.iter().map(|item| (item.mutation.seq, item.clone())));
    let mut replica = replica.clone();
    for result in results {
        // Skips items that another tab has sent under another client identifier since; their own result settles them.
        // Skips repeated results too: their record is outdated.
        let is_awaited = |item: &&OutboxItem| item.client.is_none_or(|name| name == client) && item.refused.is_none();
        let Some(item) = outbox.get(&result.seq).filter(is_awaited).cloned() else { continue };
        let is_reused = |error: &FieldError| error.field == "seq" && error.code == ErrorCode::Reused;
        if result.errors.iter().any(is_reused) {
            updates.is_duplicated = true;
            continue;
        }
        let id = item.mutation.id;
        let ack = acknowledge_one(user, &item, result, replica.get(&id).cloned());
        match ack.replica {
            ReplicaUpdate::Keep => {}
            ReplicaUpdate::Put(record) => {
                updates.replica.insert(id, Some(record.clone()));
                replica.insert(id, record);
            }
            ReplicaUpdate::Remove => {
                updates.replica.insert(id, None);
                replica.remove(&id);
            }
        }
        updates.new.extend(ack.is_new.then_some(id));
        let remaining = ack.remaining.map(|remaining| OutboxItem { client: Some(client), ..remaining });
        if remaining.is_none() && result.outcome.is_done() {
            updates.sent.push(OutboxItem { client: Some(client), again: false, ..item.clone() });
        }
        if result.outcome.is_done() && item.mutation.base_rev == 0 {
            for (seq, next) in outbox.iter_mut().filter(|(_, next)| next.mutation.id == id && next.is_follower()) {
                next.follows = false;
                (next.mutation.base_rev, next.mutation.epoch) = (result.rev, epoch);
                updates.outbox.insert(*seq, Some(next.clone()));
            }
        }
        match &remaining {
            Some(remaining) => drop(outbox.insert(result.seq, remaining.clone())),
            None => drop(outbox.remove(&result.seq)),
        }
        updates.outbox.insert(result.seq, remaining);
        // A rejected item is not a conflict: it stays even if its resolution failed.
        if let Some(seq) = ack.settled
            && outbox.get(&seq).is_some_and(OutboxItem::is_conflict)
        {
            updates.sent.extend(outbox.remove(&seq).map(OutboxItem::unanswered));
            updates.outbox.insert(seq, None);
        }
    }
    if updates.is_duplicated {
        for (seq, item) in outbox {
            // A conflict keeps the client identifier under which the server stored it.
            let name = if item.refused.is_some() { item.client.unwrap_or(client) } else { renamed };
            if item.client != Some(name) {
                updates.outbox.insert(seq, Some(OutboxItem { client: Some(name), ..item }));
            }
        }
    }
    updates
}

/// Effect of one result on the outbox and the replica.
#[derive(Clone, Debug, PartialEq)]
struct Ack {
    /// Item that stays in the outbox; `None` removes it.
    remaining: Option<OutboxItem>,
    /// Sequence number of the item whose conflict this resolution settles; it is removed from the outbox.
    settled: Option<u64>,
    /// Change to the replica.
    replica: ReplicaUpdate,
    /// Whether the mutation created an entry on the server.
    is_new: bool,
}

/// Change to one record of the replica.
#[derive(Clone, Debug, PartialEq)]
enum ReplicaUpdate {
    /// Keep the record.
    Keep,
    /// Insert or replace the record.
    Put(Record),
    /// Remove the record.
    Remove,
}

/// Applies the result of one mutation of `user`. `replica_record` is the record in the replica.
fn acknowledge_one(user: Uuid, item: &OutboxItem, result: &PushResult, replica_record: Option<Record>) -> Ack {
    let mutation = &item.mutation;
    if mutation.kind == Kind::Resolution {
        return acknowledge_resolution(mutation, result);
    }
    if result.outcome == Outcome::Rejected {
        let remaining = Some(OutboxItem { refused: Some(result.errors.clone()), ..item.clone() });
        return Ack { remaining, settled: None, replica: ReplicaUpdate::Keep, is_new: false };
    }
    let remaining = (result.outcome == Outcome::Conflict).then(|| OutboxItem {
        refused: Some(conflicts(mutation, result.record.as_ref())),
        answer: Some(result.clone()),
        before: replica_record.as_ref().map(|record| record.fields.clone()).or_else(|| item.before.clone()),
        ..item.clone()
    });
    if item.again {
        // The result may repeat an old one; the next pull brings the current record.
        return Ack { remaining, settled: None, replica: ReplicaUpdate::Keep, is_new: false };
    }
    // An edit of a record that is not in the replica: the fields alone are no record. The next pull brings it if the
    // phone is to hold it.
    let is_partial = replica_record.is_none() && mutation.base_rev > 0 && !is_complete_record(mutation);
    let is_new = mutation.kind == Kind::Entry && replica_record.is_none() && mutation.op == Op::Put && !is_partial;
    // A pull may have stored a later revision already.
    let overtaken = replica_record.as_ref().is_some_and(|stored| stored.rev > result.rev);
    let replica = if overtaken {
        ReplicaUpdate::Keep
    } else if let Some(record) = &result.record {
        if record.deleted { ReplicaUpdate::Remove } else { ReplicaUpdate::Put(record.clone()) }
    } else if mutation.op == Op::Delete {
        ReplicaUpdate::Remove
    } else if is_partial {
        ReplicaUpdate::Keep
    } else {
        let mut fields = replica_record.map(|record| record.fields).unwrap_or_default();
        if mutation.kind == Kind::Entry {
            apply_locally(&mut fields, mutation);
            set_user_locally(&mut fields, mutation, user);
        } else {
            apply_item_locally(&mut fields, mutation);
            fields.entry(field::AUTHOR).or_insert(json!(user));
        }
        ReplicaUpdate::Put(Record {
            kind: mutation.kind.clone(),
            id: mutation.id,
            rev: result.rev,
            fields,
            deleted: false,
        })
    };
    Ack { remaining, settled: None, replica, is_new }
}

/// Handles the result of a resolution. Its effect on the record arrives by a pull. A failed resolution leaves the
/// conflict in place, since the record has changed again.
fn acknowledge_resolution(mutation: &Mutation, result: &PushResult) -> Ack {
    let seq = mutation.fields.get("seq").and_then(Value::as_u64);
    let is_settled = result.errors.iter().any(|error| error.field == "seq");
    let settled = seq.filter(|_| is_settled || result.outcome.is_done());
    Ack { remaining: None, settled, replica: ReplicaUpdate::Keep, is_new: false }
}

/// Returns an error for each field whose value in the record differs from the mutation's.
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
