//! The outbox: changes that wait to be sent.

use super::backend::{KeyRange, Source, Store, Transaction};
use super::indexes::OUTBOX_REFUSED;
use super::json::from_json;
use super::meta::{Name, Owner, identity};
use super::{meta, rows};
use crate::entry::Fields;
use crate::sync::outbox::{UNDO_PERIOD, enqueue, next_batch, unsent_mutations};
use crate::sync::{Kind, Mutation, Op, OutboxItem, Path, PushRequest, Resolution};
use crate::values::sort::collect_sorted;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Outbox items read at a time beyond the batch.
const READ_AHEAD: usize = 32;

/// The mutations that can be sent now.
#[derive(Debug)]
pub struct Unsent {
    /// Client under whose name the mutations are sent.
    pub client: Uuid,
    /// The oldest mutations, by number.
    pub mutations: Vec<Mutation>,
    /// Milliseconds until the first held-back mutation can be sent, if there is one.
    pub held_for: Option<i64>,
}

/// Writes an item of the outbox.
pub(super) fn put_item<T: Transaction>(transaction: &T, item: &OutboxItem) -> Result<(), T::Error> {
    transaction.put(Store::Outbox, item.mutation.seq.into(), rows::outbox_row(item)?)
}

/// Removes an item of the outbox.
pub(super) fn remove_item<T: Transaction>(transaction: &T, seq: u64) -> Result<(), T::Error> {
    transaction.delete(Store::Outbox, &KeyRange::only(seq))
}

/// Adds a change of a record to the outbox. A rejected change of the same record is replaced: the person has seen it and
/// made this one instead. Returns the mutation as it will be sent.
pub async fn save<T: Transaction>(
    transaction: &T,
    owner: Owner<'_>,
    change: (Kind, Uuid, u64, Op),
    fields: Fields,
) -> Result<Mutation, T::Error> {
    add_change(transaction, owner, change, fields, None).await
}

/// Adds a change of a record to the outbox like [`save`], held back for the undo period. Returns its number.
pub async fn save_held<T: Transaction>(
    transaction: &T,
    owner: Owner<'_>,
    change: (Kind, Uuid, u64, Op),
    fields: Fields,
    now: i64,
) -> Result<u64, T::Error> {
    let until = now.saturating_add(UNDO_PERIOD);
    Ok(add_change(transaction, owner, change, fields, Some(until)).await?.seq)
}

async fn add_change<T: Transaction>(
    transaction: &T,
    owner: Owner<'_>,
    change: (Kind, Uuid, u64, Op),
    fields: Fields,
    held_until: Option<i64>,
) -> Result<Mutation, T::Error> {
    let (kind, id, base_rev, op) = change;
    let phone = identity(transaction, owner).await?;
    let ids: BTreeSet<Uuid> = collect_sorted([id]);
    let items = rows::items_of(transaction, &ids).await?;
    let stored = rows::stored(transaction, ids).await?.remove(&id).unwrap_or_default();
    for item in items.values().filter(|item| item.refused.is_some()) {
        remove_item(transaction, item.mutation.seq)?;
    }
    let waiting: Vec<OutboxItem> = items.into_values().filter(|item| item.refused.is_none()).collect();
    let mutation = Mutation { seq: phone.next_seq, kind, id, base_rev, epoch: None, op, fields };
    let item = enqueue(phone.sender, mutation, &waiting, stored.record.as_ref(), owner.new_id);
    let item = OutboxItem { held_until, ..item };
    add(transaction, owner, &item).await?;
    if item.mutation.id != id {
        rows::put(transaction, owner.user, id, &stored, &waiting)?;
    }
    Ok(item.mutation)
}

/// Adds a new item, counts its number, and writes the row of its record.
pub(super) async fn add<T: Transaction>(transaction: &T, owner: Owner<'_>, item: &OutboxItem) -> Result<(), T::Error> {
    put_item(transaction, item)?;
    meta::put(transaction, Name::NextSeq, &(item.mutation.seq + 1))?;
    rows::refresh(transaction, owner.user, &collect_sorted([item.mutation.id])).await
}

/// Adds a resolution of the conflict of mutation `seq`. The conflict stays until the server has applied the resolution.
pub async fn choose<T: Transaction>(
    transaction: &T,
    owner: Owner<'_>,
    (id, rev): (Uuid, u64),
    seq: u64,
    take: Vec<Path<'static>>,
) -> Result<Mutation, T::Error> {
    let phone = identity(transaction, owner).await?;
    let row = transaction.get(Store::Outbox, &[seq.into()]).await?.into_iter().next().flatten();
    let conflict: Option<OutboxItem> = row.map(|row| from_json(&row.body)).transpose()?;
    // The server knows the conflict by the name under which it was sent.
    let client = conflict.and_then(|item| item.client).unwrap_or(phone.sender.client);
    let mutation = Resolution { client, seq, take }.mutation(phone.next_seq, id, rev);
    let item = enqueue(phone.sender, mutation, &[], None, owner.new_id);
    add(transaction, owner, &item).await?;
    Ok(item.mutation)
}

/// Returns all unsent mutations as the body of a push.
pub async fn as_push<T: Transaction>(transaction: &T, user: Uuid, now: i64) -> Result<PushRequest, T::Error> {
    let [present, epoch] = meta::rows(transaction, [Name::Client, Name::Epoch]).await?;
    let mut waiting = all(transaction).await?;
    waiting.retain(|item| !item.is_held(now));
    let (client, mutations) = unsent_mutations(&waiting, meta::parse(epoch.as_ref())?);
    let client_id = client.or(meta::parse(present.as_ref())?).unwrap_or_default();
    Ok(PushRequest { client_id, user: Some(user), mutations })
}

/// Returns every item of the outbox.
pub(super) async fn all<T: Transaction>(transaction: &T) -> Result<Vec<OutboxItem>, T::Error> {
    Ok(rows::items(transaction.scan(Source::Store(Store::Outbox), &KeyRange::all(), None).await?)?)
}

/// Removes the rejected changes of a record.
pub async fn discard_refused<T: Transaction>(transaction: &T, user: Uuid, id: Uuid) -> Result<(), T::Error> {
    let ids: BTreeSet<Uuid> = collect_sorted([id]);
    let items = rows::items_of(transaction, &ids).await?;
    for item in items.values().filter(|item| item.refused.is_some()) {
        remove_item(transaction, item.mutation.seq)?;
    }
    rows::refresh(transaction, user, &ids).await
}

/// Returns the oldest mutations that can be sent, up to the first that is held back.
pub async fn unsent<T: Transaction>(transaction: &T, limit: usize, now: i64) -> Result<Unsent, T::Error> {
    let present: Option<Uuid> = meta::get(transaction, Name::Client).await?;
    let chunk = limit.saturating_add(READ_AHEAD);
    let mut waiting: Vec<OutboxItem> = Vec::new();
    loop {
        let rest = waiting.last().map_or(KeyRange::all(), |last| KeyRange::all().after(last.mutation.seq));
        let limited = u32::try_from(chunk).unwrap_or(u32::MAX);
        let read = rows::items(transaction.scan(Source::Store(Store::Outbox), &rest, Some(limited)).await?)?;
        let is_end = read.len() < chunk;
        waiting.extend(read);
        // Later mutations must not overtake one that is held back.
        let held = waiting.iter().position(|item| item.is_held(now));
        let held_for = held.and_then(|at| waiting[at].held_until).map(|until| until.saturating_sub(now));
        let ready = waiting.get(..held.unwrap_or(waiting.len())).unwrap_or_default();
        let (client, mutations) = next_batch(ready, limit);
        if is_end || held.is_some() || mutations.len() >= limit {
            return Ok(Unsent { client: client.or(present).unwrap_or_default(), mutations, held_for });
        }
    }
}

/// Returns the number of mutations that wait to be sent.
pub(super) async fn count_unsent<T: Transaction>(transaction: &T) -> Result<usize, T::Error> {
    let all = transaction.count(Source::Store(Store::Outbox), &[KeyRange::all()]).await?;
    let refused = transaction.count(Source::Index(&OUTBOX_REFUSED), &[KeyRange::all()]).await?;
    let sum = |counts: Vec<usize>| counts.into_iter().sum::<usize>();
    Ok(sum(all).saturating_sub(sum(refused)))
}
