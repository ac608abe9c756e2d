//! The phone's outbox: what is put into it, what is sent next, and what becomes of a mutation once it is answered. The
//! storage around it is the caller's.

use super::entry::apply_locally;
use super::ledger::apply_item_locally;
use super::path::{get, paths};
use crate::entry::Fields;
use crate::sync::protocol::{ENTRY, LEDGER_ITEM, Mutation, Op, Outcome, PushResult, RESOLUTION, Record};
use crate::values::field_error::{ErrorCode, FieldError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// How many acknowledged mutations a phone remembers, in case the server is restored from a backup that lacks them.
pub const REMEMBERED: u64 = 2_000;

/// A mutation on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutboxItem {
    /// The mutation.
    pub mutation: Mutation,
    /// The copy of the program under whose name it is sent; the phone's present one, where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<Uuid>,
    /// It changes what another mutation of the outbox makes, and waits until that is answered and its revision known.
    #[serde(default, skip_serializing_if = "is_false")]
    pub follows: bool,
    /// It was acknowledged, and is sent again to a server that was restored from a backup.
    #[serde(default, skip_serializing_if = "is_false")]
    pub again: bool,
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

fn is_false(flag: &bool) -> bool {
    !flag
}

impl OutboxItem {
    /// A mutation that has just been made.
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

    /// Whether it waits for what it follows. Versions before this one noted neither that nor their name.
    fn is_follower(&self) -> bool {
        let starts = |own: &Mutation| own.base_rev > 0 || own.kind == RESOLUTION || is_whole(own);
        self.follows || (self.client.is_none() && !starts(&self.mutation))
    }

    /// The same, to be sent as if it never had been.
    fn unanswered(self) -> Self {
        Self { refused: None, answer: None, ..self }
    }
}

/// Whose phone it is, and what it goes by.
#[derive(Clone, Copy, Debug)]
pub struct Sender {
    /// The person.
    pub user: Uuid,
    /// The copy of the program.
    pub client: Uuid,
    /// The life of the server's database that its replica is of; `None` before the first pull.
    pub epoch: Option<u64>,
}

/// Returns what the outbox holds of a mutation that a person makes. `outbox` is what it holds already, `known` the record
/// in the replica; `new_id` gives an identifier that nothing has.
///
/// A whole new record whose identifier is another's by now (a form that was open in two tabs) gets one of its own. An
/// edit of a record that the server did not have when the edit was begun follows what makes the record.
pub fn enqueue(
    sender: Sender,
    mut mutation: Mutation,
    outbox: &[OutboxItem],
    known: Option<&Record>,
    new_id: impl FnOnce() -> Uuid,
) -> OutboxItem {
    let mut follows = false;
    if mutation.kind != RESOLUTION && mutation.base_rev == 0 {
        follows = start(&mut mutation, outbox, known, new_id);
    }
    if mutation.base_rev > 0 {
        mutation.epoch = sender.epoch;
    }
    OutboxItem { client: Some(sender.client), follows, ..OutboxItem::new(mutation) }
}

/// Gives a mutation that saw no revision its place: see [`outgoing`]. Returns whether it follows another.
fn start(
    mutation: &mut Mutation,
    outbox: &[OutboxItem],
    known: Option<&Record>,
    new_id: impl FnOnce() -> Uuid,
) -> bool {
    let is_same_record = |own: &&OutboxItem| own.mutation.id == mutation.id && own.mutation.kind == mutation.kind;
    let pending: Vec<&OutboxItem> = outbox.iter().filter(|own| own.refused.is_none()).filter(is_same_record).collect();
    if is_whole(mutation) {
        if (known.is_some() || !pending.is_empty()) && !is_same(mutation, &pending, known) {
            mutation.id = new_id();
        }
        return false;
    }
    let follows = pending.iter().any(|own| own.mutation.base_rev == 0);
    if !follows && known.is_some() {
        // What was begun while the record was on its way was begun from its first revision.
        mutation.base_rev = 1;
    }
    follows
}

/// Whether a mutation names all that a new record needs, and so is no edit of one.
fn is_whole(mutation: &Mutation) -> bool {
    let needed: &[&str] = match mutation.kind.as_str() {
        ENTRY => &["activity", "date", "place"],
        LEDGER_ITEM => &["year", "place", "programme", "title"],
        _ => return false,
    };
    mutation.op == Op::Put && needed.iter().all(|name| mutation.fields.get(*name).is_some_and(|own| !own.is_null()))
}

/// Whether a record says all that a mutation does, once what is on its way has arrived.
fn is_same(mutation: &Mutation, pending: &[&OutboxItem], known: Option<&Record>) -> bool {
    let mut fields = known.map(|record| record.fields.clone()).unwrap_or_default();
    for own in pending {
        if own.mutation.op == Op::Delete {
            return false;
        }
        apply_locally(&mut fields, &own.mutation);
    }
    paths(&mutation.fields)
        .into_iter()
        .all(|(path, value)| get(&fields, &path) == Some(value).filter(|own| !own.is_null()))
}

/// Returns the mutations to send next, at most `limit`, and under which name. `outbox` is in the order of its numbers.
pub fn next_batch(outbox: &[OutboxItem], limit: usize) -> (Option<Uuid>, Vec<Mutation>) {
    let (mut batch, mut client) = (Vec::new(), None);
    let (mut pending, mut held) = (BTreeSet::new(), BTreeSet::new());
    for own in outbox.iter().filter(|own| own.refused.is_none()) {
        let id = own.mutation.id;
        if held.contains(&id) || own.is_follower() && pending.contains(&id) {
            held.insert(id);
            continue;
        }
        if batch.len() >= limit || !batch.is_empty() && own.client != client {
            break;
        }
        client = own.client;
        pending.insert(id);
        batch.push(own.mutation.clone());
    }
    (client, batch)
}

/// Returns all that waits to be sent as one push, and under which name: what a person takes away as a file. `epoch` is
/// the life of the database that the phone knows.
pub fn whole_outbox(outbox: &[OutboxItem], epoch: Option<u64>) -> (Option<Uuid>, Vec<Mutation>) {
    let unsent: Vec<&OutboxItem> = outbox.iter().filter(|own| own.refused.is_none()).collect();
    let client = unsent.last().and_then(|own| own.client);
    let own = unsent.into_iter().filter(|own| own.client == client);
    // What follows another comes right after it there, and starts from the revision that it makes: the first.
    let mutation = |own: &OutboxItem| match own.is_follower() {
        true => Mutation { base_rev: 1, epoch, ..own.mutation.clone() },
        false => own.mutation.clone(),
    };
    (client, own.map(mutation).collect())
}

/// What the answers to a push change on the phone, in one transaction.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReplicaUpdates {
    /// What the outbox holds under these numbers; `None`: nothing.
    pub outbox: BTreeMap<u64, Option<OutboxItem>>,
    /// What the replica holds of these records; `None`: nothing.
    pub replica: BTreeMap<Uuid, Option<Record>>,
    /// What has been done: remembered, in case a restore from a backup takes it back.
    pub sent: Vec<OutboxItem>,
    /// Entries that the server has now and had not before.
    pub new: Vec<Uuid>,
    /// The numbers of this copy of the program are another's, too: the profile was duplicated, or put back from a copy.
    /// From now on the phone goes by the new name, and what was refused for its number is sent under it.
    pub is_doubled: bool,
}

/// Settles the answers to a push. `known` are the records in the replica; `renamed` is the name that the phone takes
/// where its own turns out to be another's as well.
pub fn acknowledge(
    sender: Sender,
    renamed: Uuid,
    results: &[PushResult],
    outbox: &[OutboxItem],
    known: &BTreeMap<Uuid, Record>,
) -> ReplicaUpdates {
    let Sender { user, client, epoch } = sender;
    let mut done = ReplicaUpdates::default();
    let mut outbox: BTreeMap<u64, OutboxItem> = outbox.iter().map(|own| (own.mutation.seq, own.clone())).collect();
    let mut known = known.clone();
    for result in results {
        // What another tab has sent under another name meanwhile is settled by the answer to that.
        // An answer that comes again holds the record as it was then: it may have been changed or deleted since.
        let is_answered = |own: &&OutboxItem| own.client.is_none_or(|own| own == client) && own.refused.is_none();
        let Some(own) = outbox.get(&result.seq).filter(is_answered).cloned() else { continue };
        let is_reused = |error: &FieldError| error.field == "seq" && error.code == ErrorCode::Reused;
        if result.errors.iter().any(is_reused) {
            done.is_doubled = true;
            continue;
        }
        let id = own.mutation.id;
        let settled = acknowledge_one(user, &own, result, known.get(&id).cloned());
        match settled.replica {
            ReplicaUpdate::Keep => {}
            ReplicaUpdate::Put(record) => {
                done.replica.insert(id, Some(record.clone()));
                known.insert(id, record);
            }
            ReplicaUpdate::Remove => {
                done.replica.insert(id, None);
                known.remove(&id);
            }
        }
        done.new.extend(settled.is_new.then_some(id));
        let waits = settled.waits.map(|waits| OutboxItem { client: Some(client), ..waits });
        if waits.is_none() && result.outcome.is_done() {
            done.sent.push(OutboxItem { client: Some(client), again: false, ..own.clone() });
        }
        if result.outcome.is_done() && own.mutation.base_rev == 0 {
            for (seq, next) in outbox.iter_mut().filter(|(_, next)| next.mutation.id == id && next.is_follower()) {
                next.follows = false;
                (next.mutation.base_rev, next.mutation.epoch) = (result.rev, epoch);
                done.outbox.insert(*seq, Some(next.clone()));
            }
        }
        match &waits {
            Some(waits) => drop(outbox.insert(result.seq, waits.clone())),
            None => drop(outbox.remove(&result.seq)),
        }
        done.outbox.insert(result.seq, waits);
        // What was refused is no conflict, and waits on even where a choice about it has come to nothing.
        if let Some(seq) = settled.settles
            && outbox.get(&seq).is_some_and(OutboxItem::is_conflict)
        {
            done.sent.extend(outbox.remove(&seq).map(OutboxItem::unanswered));
            done.outbox.insert(seq, None);
        }
    }
    if done.is_doubled {
        for (seq, own) in outbox {
            // A conflict goes on by the name that the server knows it by.
            let name = if own.refused.is_some() { own.client.unwrap_or(client) } else { renamed };
            if own.client != Some(name) {
                done.outbox.insert(seq, Some(OutboxItem { client: Some(name), ..own }));
            }
        }
    }
    done
}

/// Returns what the outbox holds once the server has been restored from a backup: all that it may lack is sent again.
/// What it does not lack finds its answer there and changes nothing. `known` are the records as the phone had them.
pub fn requeue(outbox: &[OutboxItem], sent: Vec<OutboxItem>, known: &BTreeMap<Uuid, Record>) -> Vec<OutboxItem> {
    let numbers: BTreeSet<u64> = outbox.iter().map(|own| own.mutation.seq).collect();
    let sent = sent.into_iter().filter(|own| !numbers.contains(&own.mutation.seq));
    let sent = sent.map(|own| OutboxItem { again: true, follows: false, ..own.unanswered() });
    let waiting = outbox.iter().cloned().map(|own| OutboxItem { again: true, ..own.unanswered() });
    let with_before = |own: OutboxItem| {
        let before = own.before.or_else(|| known.get(&own.mutation.id).map(|record| record.fields.clone()));
        OutboxItem { before, ..own }
    };
    sent.chain(waiting).map(with_before).collect()
}

/// What to do with the outbox and the replica, in one transaction.
#[derive(Clone, Debug, PartialEq)]
struct Ack {
    /// Stays in the outbox like this; `None` takes it out.
    waits: Option<OutboxItem>,
    /// The number of another mutation that goes out of the outbox: the one whose conflict a choice has settled.
    settles: Option<u64>,
    /// What the replica holds of the record from now on.
    replica: ReplicaUpdate,
    /// Whether the server has now an entry that it had not before.
    is_new: bool,
}

/// A change of the replica.
#[derive(Clone, Debug, PartialEq)]
enum ReplicaUpdate {
    /// It stays as it is.
    Keep,
    /// This is the record now.
    Put(Record),
    /// The record is gone.
    Remove,
}

/// Settles a mutation of `user`'s. `known` is the record in the replica.
fn acknowledge_one(user: Uuid, outgoing: &OutboxItem, result: &PushResult, known: Option<Record>) -> Ack {
    let mutation = &outgoing.mutation;
    if mutation.kind == RESOLUTION {
        return settle_choice(mutation, result);
    }
    if result.outcome == Outcome::Rejected {
        let waits = Some(OutboxItem { refused: Some(result.errors.clone()), ..outgoing.clone() });
        return Ack { waits, settles: None, replica: ReplicaUpdate::Keep, is_new: false };
    }
    let waits = (result.outcome == Outcome::Conflict).then(|| OutboxItem {
        refused: Some(conflicts(mutation, result.record.as_ref())),
        answer: Some(result.clone()),
        before: known.as_ref().map(|record| record.fields.clone()).or_else(|| outgoing.before.clone()),
        ..outgoing.clone()
    });
    if outgoing.again {
        // It may have been answered long ago. What it has changed now comes with the next pull.
        return Ack { waits, settles: None, replica: ReplicaUpdate::Keep, is_new: false };
    }
    let is_new = mutation.kind == ENTRY && known.is_none() && mutation.op == Op::Put;
    // A pull may have brought a later state before this answer was stored.
    let overtaken = known.as_ref().is_some_and(|known| known.rev > result.rev);
    let replica = if overtaken {
        ReplicaUpdate::Keep
    } else if let Some(record) = &result.record {
        if record.deleted { ReplicaUpdate::Remove } else { ReplicaUpdate::Put(record.clone()) }
    } else if mutation.op == Op::Delete {
        ReplicaUpdate::Remove
    } else {
        let mut fields = known.map(|record| record.fields).unwrap_or_default();
        if mutation.kind == ENTRY {
            apply_locally(&mut fields, mutation)
        } else {
            apply_item_locally(&mut fields, mutation)
        }
        fields.entry("author").or_insert(json!(user));
        ReplicaUpdate::Put(Record {
            kind: mutation.kind.clone(),
            id: mutation.id,
            rev: result.rev,
            fields,
            deleted: false,
        })
    };
    Ack { waits, settles: None, replica, is_new }
}

/// A choice is done with once it is answered; what it comes to arrives by a pull. Where it could not be taken, since the
/// record has changed again, the conflict goes on waiting.
fn settle_choice(mutation: &Mutation, result: &PushResult) -> Ack {
    let seq = mutation.fields.get("seq").and_then(Value::as_u64);
    let settled_already = result.errors.iter().any(|error| error.field == "seq");
    let settles = seq.filter(|_| settled_already || result.outcome.is_done());
    Ack { waits: None, settles, replica: ReplicaUpdate::Keep, is_new: false }
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
mod tests;
