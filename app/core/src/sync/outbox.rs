//! The outbox of unsent mutations: adds new mutations, and selects the next ones to send. The caller provides the
//! storage.

use super::entry::apply_locally;
use super::kind::Kind;
use crate::entry::path::{get, paths};
use crate::entry::{Fields, field};
use crate::sync::protocol::{Mutation, Op, Outcome, PushResult, Record};
use crate::values::field_error::FieldError;
use crate::values::sort::collect_sorted;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Number of acknowledged mutations that a phone keeps, in case the server is restored from a backup that lacks them.
pub const MAX_SENT_ITEMS: u64 = 2_000;

/// A mutation in the outbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutboxItem {
    /// The mutation to send.
    pub mutation: Mutation,
    /// Client identifier under which it is sent; `None` means the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<Uuid>,
    /// Whether it edits a record that another item of the outbox creates. It is sent once that item is acknowledged.
    #[serde(default, skip_serializing_if = "is_false")]
    pub follows: bool,
    /// Whether it was acknowledged before and is sent again after a restore from a backup.
    #[serde(default, skip_serializing_if = "is_false")]
    pub again: bool,
    /// Set when the server rejected the mutation or reported a conflict; the user must act.
    #[serde(default)]
    pub refused: Option<Vec<FieldError>>,
    /// In a conflict: the server's result, with the record at that time and the concurrent changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<PushResult>,
    /// In a conflict: the record's fields in the replica at that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Fields>,
    /// For a deletion or a review: end of the undo period, in milliseconds of the device clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_until: Option<i64>,
}

/// Time in milliseconds for which a deletion or a review can be undone before it is sent.
pub const UNDO_PERIOD: i64 = 6_000;

fn is_false(flag: &bool) -> bool {
    !flag
}

impl OutboxItem {
    /// Creates an item for a new mutation.
    pub fn new(mutation: Mutation) -> Self {
        Self {
            mutation,
            client: None,
            follows: false,
            again: false,
            refused: None,
            answer: None,
            before: None,
            held_until: None,
        }
    }

    /// Creates an item that is held back for the undo period, starting at `now`.
    pub fn held(mutation: Mutation, now: i64) -> Self {
        Self { held_until: Some(now.saturating_add(UNDO_PERIOD)), ..Self::new(mutation) }
    }

    /// Returns whether it is held back at `now`. A device clock that was set back does not extend the period.
    pub fn is_held(&self, now: i64) -> bool {
        self.held_until.is_some_and(|until| (1..=UNDO_PERIOD).contains(&until.saturating_sub(now)))
    }

    /// Returns whether the server reported a conflict.
    pub fn is_conflict(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.outcome == Outcome::Conflict)
    }

    /// Returns whether it waits for an earlier item. Items of older app versions have neither `follows` nor `client`.
    pub(super) fn is_follower(&self) -> bool {
        let starts = |mutation: &Mutation| {
            mutation.base_rev > 0 || mutation.kind == Kind::Resolution || is_complete_record(mutation)
        };
        self.follows || (self.client.is_none() && !starts(&self.mutation))
    }

    /// Clears the server's response, so that the item is sent again.
    pub(super) fn unanswered(self) -> Self {
        Self { refused: None, answer: None, ..self }
    }
}

/// Identity under which a phone sends mutations.
#[derive(Clone, Copy, Debug)]
pub struct Sender {
    /// The account.
    pub user: Uuid,
    /// The client identifier.
    pub client: Uuid,
    /// Database epoch of the replica; `None` before the first pull.
    pub epoch: Option<u64>,
}

/// Prepares a new mutation for the outbox. `replica_record` is the record in the replica; `new_id` returns an unused
/// identifier.
///
/// A complete new record whose identifier is already in use gets a new one: its form was open in two tabs. An edit of
/// a record that the server did not have when the edit began follows the item that creates the record.
pub fn enqueue(
    sender: Sender,
    mut mutation: Mutation,
    outbox: &[OutboxItem],
    replica_record: Option<&Record>,
    new_id: impl FnOnce() -> Uuid,
) -> OutboxItem {
    let mut follows = false;
    if mutation.kind != Kind::Resolution && mutation.base_rev == 0 {
        follows = assign_base(&mut mutation, outbox, replica_record, new_id);
    }
    if mutation.base_rev > 0 {
        mutation.epoch = sender.epoch;
    }
    OutboxItem { client: Some(sender.client), follows, ..OutboxItem::new(mutation) }
}

/// Sets the base revision or a new identifier for a mutation that saw no revision. Returns whether it follows another
/// item.
fn assign_base(
    mutation: &mut Mutation,
    outbox: &[OutboxItem],
    replica_record: Option<&Record>,
    new_id: impl FnOnce() -> Uuid,
) -> bool {
    let is_same_record = |item: &&OutboxItem| item.mutation.id == mutation.id && item.mutation.kind == mutation.kind;
    let pending: Vec<&OutboxItem> =
        outbox.iter().filter(|item| item.refused.is_none()).filter(is_same_record).collect();
    if is_complete_record(mutation) {
        if (replica_record.is_some() || !pending.is_empty()) && !has_all_values(mutation, &pending, replica_record) {
            mutation.id = new_id();
        }
        return false;
    }
    let follows = pending.iter().any(|item| item.mutation.base_rev == 0);
    if !follows && replica_record.is_some() {
        // An edit that began while the record was being sent is based on its first revision.
        mutation.base_rev = 1;
    }
    follows
}

/// Returns whether a mutation has all required fields of a new record, and so is not an edit.
pub(super) fn is_complete_record(mutation: &Mutation) -> bool {
    let needed: &[&str] = match mutation.kind {
        Kind::Entry => &[field::ACTIVITY, field::DATE, field::PLACE],
        Kind::LedgerItem => &[field::YEAR, field::PLACE, field::PROGRAMME, field::TITLE],
        _ => return false,
    };
    mutation.op == Op::Put && needed.iter().all(|name| mutation.fields.get(*name).is_some_and(|value| !value.is_null()))
}

/// Returns whether the record, with the pending items applied, already has all values of the mutation.
fn has_all_values(mutation: &Mutation, pending: &[&OutboxItem], replica_record: Option<&Record>) -> bool {
    let mut fields = replica_record.map(|record| record.fields.clone()).unwrap_or_default();
    for item in pending {
        if item.mutation.op == Op::Delete {
            return false;
        }
        apply_locally(&mut fields, &item.mutation);
    }
    paths(&mutation.fields)
        .into_iter()
        .all(|(path, value)| get(&fields, &path) == Some(value).filter(|value| !value.is_null()))
}

/// Returns the next mutations to send, at most `limit`, with their client identifier. `outbox` is sorted by sequence
/// number.
pub fn next_batch(outbox: &[OutboxItem], limit: usize) -> (Option<Uuid>, Vec<Mutation>) {
    let (mut batch, mut client) = (Vec::new(), None);
    let (mut pending, mut held) = (BTreeSet::new(), BTreeSet::new());
    for item in outbox.iter().filter(|item| item.refused.is_none()) {
        let id = item.mutation.id;
        if held.contains(&id) || item.is_follower() && pending.contains(&id) {
            held.insert(id);
            continue;
        }
        if batch.len() >= limit || !batch.is_empty() && item.client != client {
            break;
        }
        client = item.client;
        pending.insert(id);
        batch.push(item.mutation.clone());
    }
    (client, batch)
}

/// Returns all unsent mutations as one push with its client identifier, for the export file. `epoch` is the database
/// epoch of the replica.
pub fn unsent_mutations(outbox: &[OutboxItem], epoch: Option<u64>) -> (Option<Uuid>, Vec<Mutation>) {
    let unsent: Vec<&OutboxItem> = outbox.iter().filter(|item| item.refused.is_none()).collect();
    let client = unsent.last().and_then(|item| item.client);
    let item = unsent.into_iter().filter(|item| item.client == client);
    // In one push a follower comes after the mutation that creates its record, so it is based on revision 1.
    let mutation = |item: &OutboxItem| match item.is_follower() {
        true => Mutation { base_rev: 1, epoch, ..item.mutation.clone() },
        false => item.mutation.clone(),
    };
    (client, item.map(mutation).collect())
}

/// Returns the items to send again after the server was restored from a backup. `replica` has the records before the
/// restore.
///
/// Mutations that the server still has are answered from its idempotency keys and change nothing.
pub fn requeue(outbox: &[OutboxItem], sent: Vec<OutboxItem>, replica: &BTreeMap<Uuid, Record>) -> Vec<OutboxItem> {
    let numbers: BTreeSet<u64> = collect_sorted(outbox.iter().map(|item| item.mutation.seq));
    let sent = sent.into_iter().filter(|item| !numbers.contains(&item.mutation.seq));
    let sent = sent.map(|item| OutboxItem { again: true, follows: false, ..item.unanswered() });
    let waiting = outbox.iter().cloned().map(|item| OutboxItem { again: true, ..item.unanswered() });
    let with_before = |item: OutboxItem| {
        let before = item.before.or_else(|| replica.get(&item.mutation.id).map(|record| record.fields.clone()));
        OutboxItem { before, ..item }
    };
    sent.chain(waiting).map(with_before).collect()
}

#[cfg(test)]
mod tests;
