//! Deletions: held back in the outbox while they can be undone; and what others have deleted, until the person has seen it.

use crate::storage::ledger_view::item_deletions;
use crate::storage::my_entries::{Gone, PendingDeletion};
use crate::storage::user_db::{GONE, META, OUTBOX, REPLICA, UserDb, new_id};
use crate::storage::{Result, all, commit, get, persistently, put, remove};
use idb::TransactionMode;
use jiedui_core::entry::Fields;
use jiedui_core::sync::Kind;
use jiedui_core::sync::outbox::enqueue;
use jiedui_core::sync::{Mutation, Op, OutboxItem, Record};
use std::collections::BTreeSet;
use uuid::Uuid;

impl UserDb {
    /// Puts the deletion of a record into the outbox, where it is held back for the undo period. Returns its number. When this
    /// returns, it is on the phone.
    pub async fn delete(&self, kind: Kind, id: Uuid, base_rev: u64, fields: Fields, now: i64) -> Result<u64> {
        persistently(|| self.try_to_delete(kind.clone(), id, base_rev, fields.clone(), now)).await
    }

    async fn try_to_delete(&self, kind: Kind, id: Uuid, base_rev: u64, fields: Fields, now: i64) -> Result<u64> {
        let transaction = self.database.begin(&[META, OUTBOX, REPLICA], TransactionMode::ReadWrite).await?;
        let (meta, outbox) = (transaction.object_store(META)?, transaction.object_store(OUTBOX)?);
        let seq: u64 = get(&meta, "next_seq").await?.unwrap_or(1);
        let sender = self.sender(&meta).await?;
        let mut waiting: Vec<OutboxItem> = all(&outbox).await?;
        waiting.retain(|item| item.mutation.id == id && item.refused.is_none());
        let record: Option<Record> = get(&transaction.object_store(REPLICA)?, id.to_string().as_str()).await?;
        let mutation = Mutation { seq, kind, id, base_rev, epoch: None, op: Op::Delete, fields };
        let held_until = OutboxItem::held(mutation.clone(), now).held_until;
        let outgoing = enqueue(sender, mutation, &waiting, record.as_ref(), new_id);
        put(&outbox, seq as f64, &OutboxItem { held_until, ..outgoing }).await?;
        put(&meta, "next_seq", &(seq + 1)).await?;
        commit(transaction).await?;
        Ok(seq)
    }

    /// Returns the deletions of ledger items that wait to be sent.
    pub async fn item_deletions(&self) -> Result<Vec<PendingDeletion>> {
        let transaction = self.database.begin(&[OUTBOX, REPLICA], TransactionMode::ReadOnly).await?;
        let mut outbox: Vec<OutboxItem> = all(&transaction.object_store(OUTBOX)?).await?;
        outbox.retain(|item| item.mutation.kind == Kind::LedgerItem && item.refused.is_none());
        let deleted = outbox.iter().filter(|item| item.mutation.op == Op::Delete).map(|item| item.mutation.id);
        let store = transaction.object_store(REPLICA)?;
        let mut replica: Vec<Record> = Vec::new();
        for id in deleted.collect::<BTreeSet<_>>() {
            replica.extend(get::<Record>(&store, id.to_string().as_str()).await?);
        }
        Ok(item_deletions(replica, &outbox))
    }

    /// Takes back a deletion that is still held back; false where it may have been sent.
    pub async fn undo_delete(&self, seq: u64, now: i64) -> Result<bool> {
        persistently(|| self.try_to_undo(seq, now)).await
    }

    async fn try_to_undo(&self, seq: u64, now: i64) -> Result<bool> {
        let transaction = self.database.begin(&[OUTBOX], TransactionMode::ReadWrite).await?;
        let outbox = transaction.object_store(OUTBOX)?;
        let held = get::<OutboxItem>(&outbox, seq as f64).await?.is_some_and(|item| item.is_held(now));
        if held {
            remove(&outbox, seq as f64).await?;
        }
        commit(transaction).await?;
        Ok(held)
    }

    /// The person has seen that an entry of theirs is gone.
    pub async fn forget_gone(&self, id: Uuid) -> Result<()> {
        persistently(|| self.try_to_forget(id)).await
    }

    async fn try_to_forget(&self, id: Uuid) -> Result<()> {
        let transaction = self.database.begin(&[META], TransactionMode::ReadWrite).await?;
        let meta = transaction.object_store(META)?;
        let mut gone: Vec<Gone> = get(&meta, GONE).await?.unwrap_or_default();
        gone.retain(|entry| entry.id != id);
        put(&meta, GONE, &gone).await?;
        commit(transaction).await
    }
}
