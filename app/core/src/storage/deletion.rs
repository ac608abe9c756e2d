//! Deletions: held back in the outbox while they can be undone; and entries that others have deleted, until the person
//! has seen the notice.

use super::backend::{KeyRange, Source, Store, Transaction};
use super::indexes::OUTBOX_DELETION;
use super::json::from_json;
use super::meta::{self, Name, Owner, identity};
use super::my_entries::{Gone, PendingDeletion};
use super::outbox::{add, remove_item};
use super::rows;
use super::views::items::item_deletions;
use super::views::mine::merged_entries;
use crate::entry::Fields;
use crate::sync::{Kind, Mutation, Op, OutboxItem, Record, enqueue};
use crate::values::sort::collect_sorted;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Adds the deletion of a record to the outbox, where it is held back for the undo period. Returns its number.
pub async fn delete<T: Transaction>(
    transaction: &T,
    owner: Owner<'_>,
    (kind, id, base_rev): (Kind, Uuid, u64),
    fields: Fields,
    now: i64,
) -> Result<u64, T::Error> {
    let phone = identity(transaction, owner).await?;
    let ids: BTreeSet<Uuid> = collect_sorted([id]);
    let items = rows::items_of(transaction, &ids).await?;
    let waiting: Vec<OutboxItem> = items.into_values().filter(|item| item.refused.is_none()).collect();
    let stored = rows::stored(transaction, ids).await?.remove(&id).unwrap_or_default();
    let mutation = Mutation { seq: phone.next_seq, kind, id, base_rev, epoch: None, op: Op::Delete, fields };
    let held_until = OutboxItem::held(mutation.clone(), now).held_until;
    let item = enqueue(phone.sender, mutation, &waiting, stored.record.as_ref(), owner.new_id);
    add(transaction, owner, &OutboxItem { held_until, ..item }).await?;
    Ok(phone.next_seq)
}

/// Removes a change that is still held back; returns false if it may have been sent.
pub async fn undo<T: Transaction>(transaction: &T, user: Uuid, seq: u64, now: i64) -> Result<bool, T::Error> {
    let row = transaction.get(Store::Outbox, &[seq.into()]).await?.into_iter().next().flatten();
    let item: Option<OutboxItem> = row.map(|row| from_json(&row.body)).transpose()?;
    let Some(item) = item.filter(|item| item.is_held(now)) else { return Ok(false) };
    remove_item(transaction, seq)?;
    rows::refresh(transaction, user, &collect_sorted([item.mutation.id])).await?;
    Ok(true)
}

/// Records that the person has seen the notice about a deleted entry.
pub async fn forget_gone<T: Transaction>(transaction: &T, id: Uuid) -> Result<(), T::Error> {
    let mut gone: Vec<Gone> = meta::get(transaction, Name::Gone).await?.unwrap_or_default();
    gone.retain(|entry| entry.id != id);
    meta::put(transaction, Name::Gone, &gone)
}

/// Returns the deletions of ledger items that wait to be sent.
pub async fn of_items<T: Transaction>(transaction: &T) -> Result<Vec<PendingDeletion>, T::Error> {
    let (records, mut outbox) = of_kind(transaction, Kind::LedgerItem).await?;
    outbox.retain(|item| item.refused.is_none());
    Ok(item_deletions(records, &outbox))
}

/// Returns the deletions of entries that wait to be sent.
pub(super) async fn of_entries<T: Transaction>(transaction: &T, user: Uuid) -> Result<Vec<PendingDeletion>, T::Error> {
    let (records, outbox) = of_kind(transaction, Kind::Entry).await?;
    Ok(merged_entries(user, records, outbox, &[]).deletions)
}

/// Returns the records of a kind that a waiting deletion names, and all of their outbox items.
async fn of_kind<T: Transaction>(transaction: &T, kind: Kind) -> Result<(Vec<Record>, Vec<OutboxItem>), T::Error> {
    let rows = transaction.scan(Source::Index(&OUTBOX_DELETION), &KeyRange::all(), None).await?;
    let deletions = rows::items(rows)?.into_iter().filter(|item| item.mutation.kind == kind);
    let ids: BTreeSet<Uuid> = collect_sorted(deletions.map(|item| item.mutation.id));
    let outbox = rows::items_of(transaction, &ids).await?.into_values().collect();
    let stored = rows::stored(transaction, ids).await?;
    Ok((stored.into_values().filter_map(|stored| stored.record).collect(), outbox))
}
