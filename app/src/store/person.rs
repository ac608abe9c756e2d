//! A person's outbox and replica.

use super::journal::{Journal, journal};
use super::known::{Known, known};
use super::ledger::{Item, ledger};
use super::photos::named;
use super::{Connection, Result, all, commit, get, persistently, put, remove};
use crate::json;
use idb::TransactionMode;
use jiedui_core::domain::Entry;
use jiedui_core::domain::entry::Fields;
use jiedui_core::sync::wire::ENTRY;
use jiedui_core::sync::{
    Change, Choice, Mutation, Op, Outgoing, PullResponse, PushRequest, PushResult, Record, settle,
};
use std::collections::BTreeSet;
use uuid::Uuid;

pub(super) const META: &str = "meta";
pub(super) const OUTBOX: &str = "outbox";
pub(super) const REPLICA: &str = "replica";

/// A person's database on this phone. It stays when they sign out with something unsent.
pub struct Person {
    pub(super) database: Connection,
    pub(super) user: Uuid,
}

impl Person {
    /// Opens it.
    pub async fn open(user: Uuid) -> Result<Self> {
        let database = Connection::open(&format!("jiedui-{user}"), &[META, OUTBOX, REPLICA]).await?;
        Ok(Self { database, user })
    }

    /// Which copy of the program this is, for the server to tell its mutations from others'.
    pub async fn client(&self) -> Result<Uuid> {
        let transaction = self.database.begin(&[META], TransactionMode::ReadWrite).await?;
        let meta = transaction.object_store(META)?;
        let client = match get(&meta, "client").await? {
            Some(client) => client,
            None => {
                let client = new_id();
                put(&meta, "client", &client).await?;
                client
            }
        };
        commit(transaction).await?;
        Ok(client)
    }

    /// Puts a change of a record into the outbox. When this returns, it is on the phone. A refused change of the same one is
    /// replaced: the person has seen it and made this one instead.
    pub async fn save(&self, kind: &str, id: Uuid, base_rev: u64, op: Op, fields: Fields) -> Result<()> {
        persistently(|| self.try_to_put(kind, id, base_rev, op, fields.clone())).await
    }

    async fn try_to_put(&self, kind: &str, id: Uuid, base_rev: u64, op: Op, fields: Fields) -> Result<()> {
        let transaction = self.database.begin(&[META, OUTBOX], TransactionMode::ReadWrite).await?;
        let (meta, outbox) = (transaction.object_store(META)?, transaction.object_store(OUTBOX)?);
        let seq: u64 = get(&meta, "next_seq").await?.unwrap_or(1);
        for old in all::<Outgoing>(&outbox).await? {
            if old.mutation.id == id && old.refused.is_some() {
                remove(&outbox, old.mutation.seq as f64).await?;
            }
        }
        let mutation = Mutation { seq, kind: kind.to_owned(), id, base_rev, op, fields };
        put(&outbox, seq as f64, &Outgoing::new(mutation)).await?;
        put(&meta, "next_seq", &(seq + 1)).await?;
        commit(transaction).await
    }

    /// Puts a choice about the mutation `seq` into the outbox. That one stays there until the choice is taken.
    pub async fn choose(&self, id: Uuid, rev: u64, seq: u64, take: Vec<String>) -> Result<()> {
        persistently(|| self.try_to_choose(id, rev, seq, take.clone())).await
    }

    async fn try_to_choose(&self, id: Uuid, rev: u64, seq: u64, take: Vec<String>) -> Result<()> {
        let transaction = self.database.begin(&[META, OUTBOX], TransactionMode::ReadWrite).await?;
        let (meta, outbox) = (transaction.object_store(META)?, transaction.object_store(OUTBOX)?);
        let next: u64 = get(&meta, "next_seq").await?.unwrap_or(1);
        let client = get(&meta, "client").await?.unwrap_or_default();
        let mutation = Choice { client, seq, take }.mutation(next, id, rev);
        put(&outbox, next as f64, &Outgoing::new(mutation)).await?;
        put(&meta, "next_seq", &(next + 1)).await?;
        commit(transaction).await
    }

    /// All that waits to be sent, as the body of a push.
    pub async fn outbox_as_push(&self) -> Result<String> {
        let transaction = self.database.begin(&[META, OUTBOX], TransactionMode::ReadOnly).await?;
        let client_id = get(&transaction.object_store(META)?, "client").await?.unwrap_or_default();
        let waiting: Vec<Outgoing> = all(&transaction.object_store(OUTBOX)?).await?;
        let unsent = waiting.into_iter().filter(|own| own.refused.is_none());
        let mutations = unsent.map(|own| own.mutation).collect();
        Ok(json::write(&PushRequest { client_id, user: Some(self.user), mutations })?)
    }

    /// Takes back a change that the server has refused.
    pub async fn discard_refused(&self, id: Uuid) -> Result<()> {
        let transaction = self.database.begin(&[OUTBOX], TransactionMode::ReadWrite).await?;
        let outbox = transaction.object_store(OUTBOX)?;
        for old in all::<Outgoing>(&outbox).await? {
            if old.mutation.id == id && old.refused.is_some() {
                remove(&outbox, old.mutation.seq as f64).await?;
            }
        }
        commit(transaction).await
    }

    /// The oldest mutations that wait to be sent.
    pub async fn unsent(&self, limit: usize) -> Result<Vec<Mutation>> {
        let transaction = self.database.begin(&[OUTBOX], TransactionMode::ReadOnly).await?;
        let mut waiting: Vec<Outgoing> = all(&transaction.object_store(OUTBOX)?).await?;
        waiting.retain(|outgoing| outgoing.refused.is_none());
        // IndexedDB gives them in the order of their keys, which are their numbers.
        Ok(waiting.into_iter().map(|outgoing| outgoing.mutation).take(limit).collect())
    }

    /// What the server answered to a push, in one transaction: out of the outbox and into the replica.
    pub async fn store_push(&self, results: &[PushResult]) -> Result<()> {
        let transaction = self.database.begin(&[META, OUTBOX, REPLICA], TransactionMode::ReadWrite).await?;
        let (outbox, replica) = (transaction.object_store(OUTBOX)?, transaction.object_store(REPLICA)?);
        let meta = transaction.object_store(META)?;
        let mut accepted: Vec<Uuid> = get(&meta, "accepted").await?.unwrap_or_default();
        for result in results {
            let key = result.seq as f64;
            let Some(outgoing) = get::<Outgoing>(&outbox, key).await? else { continue };
            let name = outgoing.mutation.id.to_string();
            let known: Option<Record> = get(&replica, name.as_str()).await?;
            let settled = settle(self.user, &outgoing, result, known);
            match settled.replica {
                Change::Keep => {}
                Change::Put(record) => put(&replica, name.as_str(), &record).await?,
                Change::Remove => remove(&replica, name.as_str()).await?,
            }
            if settled.is_new {
                accepted.push(outgoing.mutation.id);
            }
            match settled.waits {
                Some(waits) => put(&outbox, key, &waits).await?,
                None => remove(&outbox, key).await?,
            }
            if let Some(seq) = settled.settles {
                remove(&outbox, seq as f64).await?;
            }
        }
        put(&meta, "accepted", &accepted).await?;
        commit(transaction).await
    }

    /// Records that the server has sent, and where to go on from, in one transaction.
    pub async fn store_pull(&self, pulled: &PullResponse) -> Result<()> {
        let transaction = self.database.begin(&[META, REPLICA], TransactionMode::ReadWrite).await?;
        let replica = transaction.object_store(REPLICA)?;
        if pulled.anew {
            replica.clear()?.await?;
        }
        for record in &pulled.records {
            let name = record.id.to_string();
            if record.deleted {
                remove(&replica, name.as_str()).await?;
            } else {
                put(&replica, name.as_str(), record).await?;
            }
        }
        put(&transaction.object_store(META)?, "cursor", &pulled.cursor).await?;
        commit(transaction).await
    }

    /// Where to go on from.
    pub async fn cursor(&self) -> Result<Option<String>> {
        let transaction = self.database.begin(&[META], TransactionMode::ReadOnly).await?;
        get(&transaction.object_store(META)?, "cursor").await
    }

    /// The overview counts all that the server has accepted by now.
    pub async fn all_counted(&self) -> Result<()> {
        let transaction = self.database.begin(&[META], TransactionMode::ReadWrite).await?;
        put(&transaction.object_store(META)?, "accepted", &Vec::<Uuid>::new()).await?;
        commit(transaction).await
    }

    /// All entries that this person may see, as the server last sent them.
    pub async fn entries(&self) -> Result<Vec<(Uuid, Entry)>> {
        let transaction = self.database.begin(&[REPLICA], TransactionMode::ReadOnly).await?;
        let replica: Vec<Record> = all(&transaction.object_store(REPLICA)?).await?;
        let entry = |own: &Record| Some((own.id, Entry::from_checked(&own.fields)?));
        Ok(replica.iter().filter(|own| own.kind == ENTRY).filter_map(entry).collect())
    }

    /// All entries that this person may see, with what is on its way.
    pub async fn known(&self) -> Result<Vec<Known>> {
        let transaction = self.database.begin(&[OUTBOX, REPLICA], TransactionMode::ReadOnly).await?;
        let replica = all(&transaction.object_store(REPLICA)?).await?;
        let outbox: Vec<Outgoing> = all(&transaction.object_store(OUTBOX)?).await?;
        Ok(known(replica, &outbox))
    }

    /// The photos that this phone's records and changes name.
    pub async fn photos_named(&self) -> Result<BTreeSet<String>> {
        let transaction = self.database.begin(&[OUTBOX, REPLICA], TransactionMode::ReadOnly).await?;
        let replica: Vec<Record> = all(&transaction.object_store(REPLICA)?).await?;
        let outbox: Vec<Outgoing> = all(&transaction.object_store(OUTBOX)?).await?;
        Ok(named(&replica, &outbox))
    }

    /// The items of the ledgers that this person may see, with what is on its way.
    pub async fn ledger(&self) -> Result<Vec<Item>> {
        let transaction = self.database.begin(&[OUTBOX, REPLICA], TransactionMode::ReadOnly).await?;
        let replica = all(&transaction.object_store(REPLICA)?).await?;
        let outbox: Vec<Outgoing> = all(&transaction.object_store(OUTBOX)?).await?;
        Ok(ledger(replica, &outbox))
    }

    /// This person's entries.
    pub async fn journal(&self) -> Result<Journal> {
        let transaction = self.database.begin(&[META, OUTBOX, REPLICA], TransactionMode::ReadOnly).await?;
        let mut replica: Vec<Record> = all(&transaction.object_store(REPLICA)?).await?;
        replica.retain(|record| record.kind == ENTRY);
        let outbox = all(&transaction.object_store(OUTBOX)?).await?;
        let accepted: Option<Vec<Uuid>> = get(&transaction.object_store(META)?, "accepted").await?;
        Ok(journal(self.user, replica, outbox, &accepted.unwrap_or_default()))
    }
}

/// A new identifier, UUIDv7 by this phone's clock, whatever that says.
pub fn new_id() -> Uuid {
    let milliseconds = js_sys::Date::now().max(0.0) as u64;
    let nanoseconds = u32::try_from(milliseconds % 1000 * 1_000_000).unwrap_or_default();
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, milliseconds / 1000, nanoseconds))
}
