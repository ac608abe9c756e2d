//! Stores pages of pulled records.

use super::backend::{KeyRange, Source, Store, Transaction};
use super::indexes::ACCEPTED;
use super::meta::{self, Name};
use super::my_entries::{Gone, is_author};
use super::outbox::{all, put_item};
use super::replica_progress::ReplicaProgress;
use super::retention::{Retention, leave, narrow, release};
use super::rows::{self, Stored};
use crate::sync::{OutboxItem, PullResponse, Record, requeue};
use crate::values::sort::collect_sorted;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Maximum number of deleted entries that are listed.
const MOST_GONE: usize = 50;

/// Result of storing a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredPage {
    /// Progress of the replica.
    pub progress: ReplicaProgress,
    /// Whether the server was restored from a backup. Mutations that it may lack are in the outbox again.
    pub is_restored: bool,
    /// Whether an entry of the person's has changed, or a record with unsent changes.
    pub is_mine: bool,
}

/// Stores a page of records and its cursor. `after` is the cursor with which the page was requested. Returns `None`, and
/// stores nothing, if that is no longer the cursor of the replica: another tab has stored a page meanwhile.
pub async fn store_pull<T: Transaction>(
    transaction: &T,
    user: Uuid,
    retention: Retention<'_>,
    after: Option<&str>,
    pulled: &PullResponse,
) -> Result<Option<StoredPage>, T::Error> {
    let names = [Name::Epoch, Name::Progress, Name::Gone, Name::Cursor, Name::Window];
    let [epoch, progress, gone, cursor, window] = meta::rows(transaction, names).await?;
    let cursor: Option<String> = meta::parse(cursor.as_ref())?;
    if cursor.as_deref() != after {
        return Ok(None);
    }
    let epoch: Option<u64> = meta::parse(epoch.as_ref())?;
    let is_restored = epoch.is_some_and(|epoch| epoch != pulled.epoch);
    if is_restored {
        send_again(transaction).await?;
    }
    // A page without a cursor lists the present records. It does not name earlier deletions.
    let is_reset = pulled.reset || is_restored || after.is_none();
    if is_reset {
        transaction.delete(Store::Replica, &KeyRange::all())?;
    }
    let before = rows_before(transaction, user, pulled).await?;
    meta::put(transaction, Name::Epoch, &pulled.epoch)?;
    let outbox = outbox_of(transaction, pulled, is_reset).await?;
    let window = match &pulled.window {
        Some(window) => {
            meta::put(transaction, Name::Window, window)?;
            narrow(transaction, user, window, retention).await?;
            Some(window.clone())
        }
        None => meta::parse(window.as_ref())?,
    };
    let rule = retention.rule(user, window.as_ref());
    let former: Vec<Gone> = meta::parse(gone.as_ref())?.unwrap_or_default();
    let mut gone = former.clone();
    let mut is_mine = is_reset || pulled.window.is_some();
    for record in &pulled.records {
        let id = record.id;
        let items = outbox.get(&id).map(Vec::as_slice).unwrap_or_default();
        let old = before.get(&id);
        gone.retain(|entry| entry.id != id);
        let stored = if record.deleted {
            // A record that this phone itself has deleted is no longer in the replica.
            let lost = old.and_then(|old| old.record.clone()).and_then(|old| Gone::of(user, old));
            is_mine |= lost.is_some();
            gone.extend(lost);
            Stored::default()
        } else {
            is_mine |= is_author(user, &record.fields);
            let is_accepted = old.is_some_and(|old| old.is_accepted);
            retention.retain(rule, Stored { record: Some(record.clone()), is_accepted, is_outside: false }, items)
        };
        is_mine |= !items.is_empty();
        rows::put(transaction, user, id, &stored, items)?;
    }
    is_mine |= leave(transaction, user, &pulled.left, &outbox, retention).await?;
    if is_reset {
        // Unsent changes of records that the page does not have.
        let ids: BTreeSet<Uuid> = collect_sorted(pulled.records.iter().map(|record| record.id));
        for (id, items) in outbox.iter().filter(|(id, _)| !ids.contains(id)) {
            rows::put(transaction, user, *id, &Stored::default(), items)?;
        }
    }
    release(transaction, user, retention).await?;
    if gone != former {
        gone.drain(..gone.len().saturating_sub(MOST_GONE));
        meta::put(transaction, Name::Gone, &gone)?;
    }
    meta::put(transaction, Name::Cursor, &pulled.cursor)?;
    let progress: ReplicaProgress = meta::parse(progress.as_ref())?.unwrap_or_default();
    let progress = progress.after(pulled, is_reset);
    meta::put(transaction, Name::Progress, &progress)?;
    Ok(Some(StoredPage { progress, is_restored, is_mine }))
}

/// Returns the outbox items of the page's records; all of them once the replica was emptied.
async fn outbox_of<T: Transaction>(
    transaction: &T,
    pulled: &PullResponse,
    is_reset: bool,
) -> Result<BTreeMap<Uuid, Vec<OutboxItem>>, T::Error> {
    let items = if is_reset {
        all(transaction).await?
    } else {
        let ids = pulled.records.iter().map(|record| record.id).chain(pulled.left.iter().copied());
        rows::items_of(transaction, &collect_sorted(ids)).await?.into_values().collect()
    };
    let mut of_record: BTreeMap<Uuid, Vec<OutboxItem>> = BTreeMap::new();
    for item in items {
        of_record.entry(item.mutation.id).or_default().push(item);
    }
    Ok(of_record)
}

/// Returns the previous state of deleted records, and of own ones that the overview may not count yet.
async fn rows_before<T: Transaction>(
    transaction: &T,
    user: Uuid,
    pulled: &PullResponse,
) -> Result<BTreeMap<Uuid, Stored>, T::Error> {
    let accepted = transaction.count(Source::Index(&ACCEPTED), &[KeyRange::all()]).await?;
    let has_accepted = accepted.iter().any(|count| *count > 0);
    let matters = |record: &&Record| record.deleted || has_accepted && is_author(user, &record.fields);
    rows::stored(transaction, pulled.records.iter().filter(matters).map(|record| record.id)).await
}

/// Requeues the mutations that a server restored from a backup may lack.
async fn send_again<T: Transaction>(transaction: &T) -> Result<(), T::Error> {
    let (first, last) = meta::SENT;
    let range = KeyRange::between(first, last);
    let sent = transaction.scan(Source::Store(Store::Meta), &range, None).await?;
    let remembered = rows::items(sent)?;
    let waiting = all(transaction).await?;
    let ids: BTreeSet<Uuid> = collect_sorted(waiting.iter().chain(&remembered).map(|item| item.mutation.id));
    let stored = rows::stored(transaction, ids).await?;
    let records = collect_sorted(stored.into_iter().filter_map(|(id, stored)| Some((id, stored.record?))));
    for item in requeue(&waiting, remembered, &records) {
        put_item(transaction, &item)?;
    }
    transaction.delete(Store::Meta, &range)
}
