//! Stores the results of a push.

use super::{META, OUTBOX, REPLICA, UserDb, new_id};
use crate::storage::{Result, all, commit, get, put, remove};
use idb::TransactionMode;
use jiedui_core::sync::{MAX_SENT_ITEMS, OutboxItem, PushResult, Record, Sender, acknowledge};
use std::collections::BTreeMap;
use uuid::Uuid;

impl UserDb {
    /// Stores the results of a push that was sent as `client`, in one transaction: moves accepted mutations from the outbox to the
    /// replica. `epoch`: the life of the server's database.
    pub async fn store_push(&self, client: Uuid, epoch: Option<u64>, results: &[PushResult]) -> Result<()> {
        let transaction = self.database.begin(&[META, OUTBOX, REPLICA], TransactionMode::ReadWrite).await?;
        let (outbox, replica) = (transaction.object_store(OUTBOX)?, transaction.object_store(REPLICA)?);
        let meta = transaction.object_store(META)?;
        let mut accepted: Vec<Uuid> = get(&meta, "accepted").await?.unwrap_or_default();
        let waiting: Vec<OutboxItem> = all(&outbox).await?;
        let answered = |item: &&OutboxItem| results.iter().any(|result| result.seq == item.mutation.seq);
        let mut records = BTreeMap::new();
        for item in waiting.iter().filter(answered) {
            let record: Option<Record> = get(&replica, item.mutation.id.to_string().as_str()).await?;
            records.extend(record.map(|record| (record.id, record)));
        }
        let mut sender = Sender { client, ..self.sender(&meta).await? };
        if let (None, Some(epoch)) = (sender.epoch, epoch) {
            put(&meta, "epoch", &epoch).await?;
            sender.epoch = Some(epoch);
        }
        let renamed = new_id();
        let done = acknowledge(sender, renamed, results, &waiting, &records);
        for (seq, item) in &done.outbox {
            match item {
                Some(item) => put(&outbox, *seq as f64, item).await?,
                None => remove(&outbox, *seq as f64).await?,
            }
        }
        for (id, record) in &done.replica {
            match record {
                Some(record) => put(&replica, id.to_string().as_str(), record).await?,
                None => remove(&replica, id.to_string().as_str()).await?,
            }
        }
        for item in &done.sent {
            put(&meta, sent_key(item.mutation.seq).as_str(), item).await?;
            remove(&meta, sent_key(item.mutation.seq.saturating_sub(MAX_SENT_ITEMS)).as_str()).await?;
        }
        if done.is_duplicated {
            put(&meta, "client", &renamed).await?;
        }
        accepted.extend(&done.new);
        put(&meta, "accepted", &accepted).await?;
        commit(transaction).await
    }
}

/// Where an acknowledged mutation is remembered.
fn sent_key(seq: u64) -> String {
    format!("sent-{seq:016}")
}
