//! Stores pages of pulled records.

use super::{GONE, META, OUTBOX, PROGRESS, REPLICA, UserDb};
use crate::storage::my_entries::Gone;
use crate::storage::replica_progress::ReplicaProgress;
use crate::storage::{Result, all, commit, get, local_storage, put, remove};
use idb::{KeyRange, ObjectStore, Query, TransactionMode};
use jiedui_core::sync::{OutboxItem, PullResponse, Record, requeue};
use std::collections::BTreeMap;
use wasm_bindgen::JsValue;

/// The most deleted entries that are listed.
const MOST_GONE: usize = 50;

impl UserDb {
    /// Stores a page of records and its cursor in one transaction. Returns the progress of the replica, and whether the server was
    /// restored from a backup. Mutations that it may lack are then in the outbox again.
    pub async fn store_pull(&self, pulled: &PullResponse) -> Result<(ReplicaProgress, bool)> {
        let transaction = self.database.begin(&[META, OUTBOX, REPLICA], TransactionMode::ReadWrite).await?;
        let (meta, replica) = (transaction.object_store(META)?, transaction.object_store(REPLICA)?);
        let epoch: Option<u64> = get(&meta, "epoch").await?;
        let is_restored = epoch.is_some_and(|epoch| epoch != pulled.epoch);
        if is_restored {
            send_again(&meta, &transaction.object_store(OUTBOX)?, &replica).await?;
        }
        if pulled.reset || is_restored {
            replica.clear()?.await?;
        }
        put(&meta, "epoch", &pulled.epoch).await?;
        let mut gone: Vec<Gone> = get(&meta, GONE).await?.unwrap_or_default();
        let before = gone.clone();
        for record in &pulled.records {
            let name = record.id.to_string();
            gone.retain(|entry| entry.id != record.id);
            if record.deleted {
                // What this phone itself has deleted is no longer in the replica.
                let old: Option<Record> = get(&replica, name.as_str()).await?;
                gone.extend(old.and_then(|old| Gone::of(self.user, old)));
                remove(&replica, name.as_str()).await?;
            } else {
                put(&replica, name.as_str(), record).await?;
            }
        }
        if gone != before {
            gone.drain(..gone.len().saturating_sub(MOST_GONE));
            put(&meta, GONE, &gone).await?;
        }
        put(&meta, "cursor", &pulled.cursor).await?;
        let progress: ReplicaProgress = get(&meta, PROGRESS).await?.unwrap_or_default();
        let progress = progress.after(pulled, pulled.reset || is_restored);
        put(&meta, PROGRESS, &progress).await?;
        commit(transaction).await?;
        Ok((progress, is_restored))
    }
}

/// Puts back into the outbox what a server that was restored from a backup may lack.
async fn send_again(meta: &ObjectStore, outbox: &ObjectStore, replica: &ObjectStore) -> Result<()> {
    let range = || KeyRange::bound(&"sent-".into(), &"sent-~".into(), None, None).map(Query::KeyRange);
    let sent = meta.get_all(Some(range()?), None)?.await?;
    let mut remembered: Vec<OutboxItem> = Vec::with_capacity(sent.len());
    for text in sent.iter().filter_map(JsValue::as_string) {
        remembered.push(local_storage::from_json(&text)?);
    }
    let waiting: Vec<OutboxItem> = all(outbox).await?;
    let mut records = BTreeMap::new();
    for item in waiting.iter().chain(&remembered) {
        let record: Option<Record> = get(replica, item.mutation.id.to_string().as_str()).await?;
        records.extend(record.map(|record| (record.id, record)));
    }
    for item in requeue(&waiting, remembered, &records) {
        put(outbox, item.mutation.seq as f64, &item).await?;
    }
    meta.delete(range()?)?.await?;
    Ok(())
}
