//! The outbox: changes that wait to be sent.

use super::{META, OUTBOX, REPLICA, UserDb, new_id};
use crate::storage::{Result, all, commit, get, local_storage, persistently, put, remove};
use idb::TransactionMode;
use jiedui_core::entry::Fields;
use jiedui_core::sync::{
    Kind, Mutation, Op, OutboxItem, Path, PushRequest, Record, Resolution, enqueue, next_batch, unsent_mutations,
};
use uuid::Uuid;

/// The mutations that can be sent now.
#[derive(Debug)]
pub struct Unsent {
    /// The client under whose name the mutations are sent.
    pub client: Uuid,
    /// The oldest mutations, by their numbers.
    pub mutations: Vec<Mutation>,
    /// In how many milliseconds the first that is held back can be sent, if there is one.
    pub held_for: Option<i64>,
}

impl UserDb {
    /// Puts a change of a record into the outbox. When this returns, it is on the phone. A refused change of the same one is
    /// replaced: the person has seen it and made this one instead.
    pub async fn save(&self, kind: Kind, id: Uuid, base_rev: u64, op: Op, fields: Fields) -> Result<()> {
        persistently(|| self.try_to_put(kind.clone(), id, base_rev, op, fields.clone())).await
    }

    async fn try_to_put(&self, kind: Kind, id: Uuid, base_rev: u64, op: Op, fields: Fields) -> Result<()> {
        let transaction = self.database.begin(&[META, OUTBOX, REPLICA], TransactionMode::ReadWrite).await?;
        let (meta, outbox) = (transaction.object_store(META)?, transaction.object_store(OUTBOX)?);
        let seq: u64 = get(&meta, "next_seq").await?.unwrap_or(1);
        let sender = self.sender(&meta).await?;
        let (mut waiting, refused): (Vec<OutboxItem>, Vec<OutboxItem>) =
            all(&outbox).await?.into_iter().partition(|old: &OutboxItem| old.refused.is_none());
        for old in refused.iter().filter(|old| old.mutation.id == id) {
            remove(&outbox, old.mutation.seq as f64).await?;
        }
        waiting.retain(|item| item.mutation.id == id);
        let record: Option<Record> = get(&transaction.object_store(REPLICA)?, id.to_string().as_str()).await?;
        let mutation = Mutation { seq, kind, id, base_rev, epoch: None, op, fields };
        put(&outbox, seq as f64, &enqueue(sender, mutation, &waiting, record.as_ref(), new_id)).await?;
        put(&meta, "next_seq", &(seq + 1)).await?;
        commit(transaction).await
    }

    /// Puts a choice about the mutation `seq` into the outbox. That one stays there until the choice is taken.
    pub async fn choose(&self, id: Uuid, rev: u64, seq: u64, take: Vec<Path<'static>>) -> Result<()> {
        persistently(|| self.try_to_choose(id, rev, seq, take.clone())).await
    }

    async fn try_to_choose(&self, id: Uuid, rev: u64, seq: u64, take: Vec<Path<'static>>) -> Result<()> {
        let transaction = self.database.begin(&[META, OUTBOX], TransactionMode::ReadWrite).await?;
        let (meta, outbox) = (transaction.object_store(META)?, transaction.object_store(OUTBOX)?);
        let next: u64 = get(&meta, "next_seq").await?.unwrap_or(1);
        let sender = self.sender(&meta).await?;
        // The server knows the conflict by the name under which it was sent.
        let of: Option<OutboxItem> = get(&outbox, seq as f64).await?;
        let client = of.and_then(|item| item.client).unwrap_or(sender.client);
        let mutation = Resolution { client, seq, take }.mutation(next, id, rev);
        put(&outbox, next as f64, &enqueue(sender, mutation, &[], None, new_id)).await?;
        put(&meta, "next_seq", &(next + 1)).await?;
        commit(transaction).await
    }

    /// Returns all unsent mutations as the body of a push.
    pub async fn outbox_as_push(&self, now: i64) -> Result<String> {
        let transaction = self.database.begin(&[META, OUTBOX], TransactionMode::ReadOnly).await?;
        let meta = transaction.object_store(META)?;
        let (present, epoch): (Option<Uuid>, _) = (get(&meta, "client").await?, get(&meta, "epoch").await?);
        let mut waiting: Vec<OutboxItem> = all(&transaction.object_store(OUTBOX)?).await?;
        waiting.retain(|item| !item.is_held(now));
        let (client, mutations) = unsent_mutations(&waiting, epoch);
        let client_id = client.or(present).unwrap_or_default();
        Ok(local_storage::to_json(&PushRequest { client_id, user: Some(self.user), mutations })?)
    }

    /// Takes back a change that the server has refused.
    pub async fn discard_refused(&self, id: Uuid) -> Result<()> {
        let transaction = self.database.begin(&[OUTBOX], TransactionMode::ReadWrite).await?;
        let outbox = transaction.object_store(OUTBOX)?;
        for old in all::<OutboxItem>(&outbox).await? {
            if old.mutation.id == id && old.refused.is_some() {
                remove(&outbox, old.mutation.seq as f64).await?;
            }
        }
        commit(transaction).await
    }

    /// Returns the oldest mutations that can be sent, up to the first that is held back.
    pub async fn unsent(&self, limit: usize, now: i64) -> Result<Unsent> {
        let transaction = self.database.begin(&[META, OUTBOX], TransactionMode::ReadOnly).await?;
        let present: Option<Uuid> = get(&transaction.object_store(META)?, "client").await?;
        // IndexedDB gives them in the order of their keys, which are their numbers.
        let mut waiting: Vec<OutboxItem> = all(&transaction.object_store(OUTBOX)?).await?;
        // What was made after it does not overtake it.
        let held = waiting.iter().position(|item| item.is_held(now));
        let held_for = held.and_then(|at| waiting[at].held_until).map(|until| until.saturating_sub(now));
        waiting.truncate(held.unwrap_or(waiting.len()));
        let (client, mutations) = next_batch(&waiting, limit);
        Ok(Unsent { client: client.or(present).unwrap_or_default(), mutations, held_for })
    }
}
