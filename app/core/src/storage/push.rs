//! Stores the results of a push.

use super::backend::{KeyRange, Source, Store, Transaction};
use super::indexes::ACCEPTED;
use super::meta::{self, Name, Owner, identity};
use super::outbox::{all, put_item, remove_item};
use super::retention::{Retention, release};
use super::rows::{self, Stored};
use crate::sync::{MAX_SENT_ITEMS, OutboxItem, PushResult, Record, Sender, acknowledge};
use crate::values::field_error::ErrorCode;
use crate::values::sort::collect_sorted;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Stores the results of a push that was sent as `client`: moves accepted mutations from the outbox to the replica.
/// `epoch` is the server's database epoch. Returns the new client identifier if the old one is in use elsewhere.
pub async fn store_push<T: Transaction>(
    transaction: &T,
    owner: Owner<'_>,
    retention: Retention<'_>,
    (client, epoch): (Uuid, Option<u64>),
    results: &[PushResult],
) -> Result<Option<Uuid>, T::Error> {
    let mut sender = Sender { client, ..identity(transaction, owner).await?.sender };
    if let (None, Some(epoch)) = (sender.epoch, epoch) {
        meta::put(transaction, Name::Epoch, &epoch)?;
        sender.epoch = Some(epoch);
    }
    let keys: Vec<_> = results.iter().map(|result| result.seq.into()).collect();
    let answered = transaction.get(Store::Outbox, &keys).await?.into_iter().flatten().collect();
    let ids: BTreeSet<Uuid> = collect_sorted(rows::items(answered)?.iter().map(|item| item.mutation.id));
    // A duplicated client identifier concerns the whole outbox; other results concern the items of their records.
    let is_reused = |result: &PushResult| result.errors.iter().any(|error| error.code == ErrorCode::Reused);
    let mut outbox: BTreeMap<u64, OutboxItem> = if results.iter().any(is_reused) {
        collect_sorted(all(transaction).await?.into_iter().map(|item| (item.mutation.seq, item)))
    } else {
        rows::items_of(transaction, &ids).await?
    };
    let mut stored = rows::stored(transaction, ids).await?;
    let records: BTreeMap<Uuid, Record> =
        collect_sorted(stored.iter().filter_map(|(id, stored)| Some((*id, stored.record.clone()?))));
    let renamed = (owner.new_id)();
    let waiting: Vec<OutboxItem> = outbox.values().cloned().collect();
    let done = acknowledge(sender, renamed, results, &waiting, &records);
    for (seq, item) in done.outbox {
        match item {
            Some(item) => {
                put_item(transaction, &item)?;
                outbox.insert(seq, item);
            }
            None => {
                remove_item(transaction, seq)?;
                outbox.remove(&seq);
            }
        }
    }
    for (id, record) in done.replica {
        stored.entry(id).or_default().record = record;
    }
    for id in done.new {
        stored.entry(id).or_default().is_accepted = true;
    }
    for (id, stored) in &stored {
        rows::put(transaction, owner.user, *id, stored, &rows::of_record(&outbox, *id))?;
    }
    for item in &done.sent {
        let seq = item.mutation.seq;
        meta::put(transaction, Name::Sent(seq), item)?;
        transaction.delete(Store::Meta, &KeyRange::only(Name::Sent(seq.saturating_sub(MAX_SENT_ITEMS)).key()))?;
    }
    release(transaction, owner.user, retention).await?;
    if done.is_duplicated {
        meta::put(transaction, Name::Client, &renamed)?;
    }
    Ok(done.is_duplicated.then_some(renamed))
}

/// Records that the overview counts everything that the server has accepted.
pub async fn all_counted<T: Transaction>(transaction: &T, user: Uuid) -> Result<(), T::Error> {
    let rows = transaction.scan(Source::Index(&ACCEPTED), &KeyRange::all(), None).await?;
    let mut stored = BTreeMap::new();
    for row in &rows {
        let stored_row = Stored { is_accepted: false, ..Stored::of(row)? };
        stored.extend(stored_row.record.as_ref().map(|record| record.id).map(|id| (id, stored_row)));
    }
    let items = rows::items_of(transaction, &collect_sorted(stored.keys().copied())).await?;
    for (id, stored) in &stored {
        rows::put(transaction, user, *id, stored, &rows::of_record(&items, *id))?;
    }
    Ok(())
}
