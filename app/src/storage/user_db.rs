//! A person's outbox and replica.

use crate::storage::entry_view::{EntryView, entry_views};
use crate::storage::ledger_view::{ItemView, item_views};
use crate::storage::local_storage;
use crate::storage::my_entries::{Gone, MyEntries, journal};
use crate::storage::photo_db::named;
use crate::storage::replica_progress::ReplicaProgress;
use crate::storage::unsent_count;
use crate::storage::{Connection, Result, all, commit, get, persistently, put, remove};
use idb::{KeyRange, ObjectStore, Query, TransactionMode};
use jiedui_core::entry::Entry;
use jiedui_core::entry::Fields;
use jiedui_core::sync::{Kind, Path};
use jiedui_core::sync::{
    MAX_SENT_ITEMS, Mutation, Op, OutboxItem, PullResponse, PushRequest, PushResult, Record, Resolution, Sender,
    acknowledge, enqueue, next_batch, requeue, unsent_mutations,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;
use wasm_bindgen::JsValue;

pub(super) const META: &str = "meta";
pub(super) const OUTBOX: &str = "outbox";
pub(super) const REPLICA: &str = "replica";
/// Entries of this person's that others have deleted.
pub(super) const GONE: &str = "gone";
/// How much of the feed the replica holds.
const PROGRESS: &str = "replica";
/// The most of them that are listed.
const MOST_GONE: usize = 50;

/// A person's database on this phone. It stays when they sign out with something unsent.
pub struct UserDb {
    pub(super) database: Connection,
    pub(super) user: Uuid,
}

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
    /// Opens it.
    pub async fn open(user: Uuid) -> Result<Self> {
        let database = Connection::open(&format!("jiedui-{user}"), &[META, OUTBOX, REPLICA]).await?;
        Ok(Self { database, user })
    }

    /// Returns the identifier of this client, by which the server tells its mutations from others'.
    pub async fn client(&self) -> Result<Uuid> {
        let transaction = self.database.begin(&[META], TransactionMode::ReadWrite).await?;
        let sender = self.sender(&transaction.object_store(META)?).await?;
        commit(transaction).await?;
        Ok(sender.client)
    }

    /// Returns the sender of this phone, within the transaction.
    pub(super) async fn sender(&self, meta: &ObjectStore) -> Result<Sender> {
        let client = match get(meta, "client").await? {
            Some(client) => client,
            None => {
                let client = new_id();
                put(meta, "client", &client).await?;
                client
            }
        };
        Ok(Sender { user: self.user, client, epoch: get(meta, "epoch").await? })
    }

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
        waiting.retain(|own| own.mutation.id == id);
        let known: Option<Record> = get(&transaction.object_store(REPLICA)?, id.to_string().as_str()).await?;
        let mutation = Mutation { seq, kind, id, base_rev, epoch: None, op, fields };
        put(&outbox, seq as f64, &enqueue(sender, mutation, &waiting, known.as_ref(), new_id)).await?;
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
        let client = of.and_then(|own| own.client).unwrap_or(sender.client);
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
        waiting.retain(|own| !own.is_held(now));
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
        let held = waiting.iter().position(|own| own.is_held(now));
        let held_for = held.and_then(|at| waiting[at].held_until).map(|until| until.saturating_sub(now));
        waiting.truncate(held.unwrap_or(waiting.len()));
        let (client, mutations) = next_batch(&waiting, limit);
        Ok(Unsent { client: client.or(present).unwrap_or_default(), mutations, held_for })
    }

    /// Stores the results of a push that was sent as `client`, in one transaction: moves accepted mutations from the outbox to the
    /// replica. `epoch`: the life of the server's database.
    pub async fn store_push(&self, client: Uuid, epoch: Option<u64>, results: &[PushResult]) -> Result<()> {
        let transaction = self.database.begin(&[META, OUTBOX, REPLICA], TransactionMode::ReadWrite).await?;
        let (outbox, replica) = (transaction.object_store(OUTBOX)?, transaction.object_store(REPLICA)?);
        let meta = transaction.object_store(META)?;
        let mut accepted: Vec<Uuid> = get(&meta, "accepted").await?.unwrap_or_default();
        let waiting: Vec<OutboxItem> = all(&outbox).await?;
        let answered = |own: &&OutboxItem| results.iter().any(|result| result.seq == own.mutation.seq);
        let mut known = BTreeMap::new();
        for own in waiting.iter().filter(answered) {
            let record: Option<Record> = get(&replica, own.mutation.id.to_string().as_str()).await?;
            known.extend(record.map(|record| (record.id, record)));
        }
        let mut sender = Sender { client, ..self.sender(&meta).await? };
        if let (None, Some(epoch)) = (sender.epoch, epoch) {
            put(&meta, "epoch", &epoch).await?;
            sender.epoch = Some(epoch);
        }
        let renamed = new_id();
        let done = acknowledge(sender, renamed, results, &waiting, &known);
        for (seq, own) in &done.outbox {
            match own {
                Some(own) => put(&outbox, *seq as f64, own).await?,
                None => remove(&outbox, *seq as f64).await?,
            }
        }
        for (id, record) in &done.replica {
            match record {
                Some(record) => put(&replica, id.to_string().as_str(), record).await?,
                None => remove(&replica, id.to_string().as_str()).await?,
            }
        }
        for own in &done.sent {
            put(&meta, sent_key(own.mutation.seq).as_str(), own).await?;
            remove(&meta, sent_key(own.mutation.seq.saturating_sub(MAX_SENT_ITEMS)).as_str()).await?;
        }
        if done.is_duplicated {
            put(&meta, "client", &renamed).await?;
        }
        accepted.extend(&done.new);
        put(&meta, "accepted", &accepted).await?;
        commit(transaction).await
    }

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
            gone.retain(|own| own.id != record.id);
            if record.deleted {
                // What this phone itself has deleted is no longer in the replica.
                let known: Option<Record> = get(&replica, name.as_str()).await?;
                gone.extend(known.and_then(|known| Gone::of(self.user, known)));
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

    /// Where to go on from.
    pub async fn cursor(&self) -> Result<Option<String>> {
        let transaction = self.database.begin(&[META], TransactionMode::ReadOnly).await?;
        get(&transaction.object_store(META)?, "cursor").await
    }

    /// Returns how much of the feed the replica holds.
    pub async fn replica_progress(&self) -> Result<ReplicaProgress> {
        let transaction = self.database.begin(&[META], TransactionMode::ReadOnly).await?;
        Ok(get(&transaction.object_store(META)?, PROGRESS).await?.unwrap_or_default())
    }

    /// Records that the overview counts everything that the server has accepted.
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
        Ok(replica.iter().filter(|own| own.kind == Kind::Entry).filter_map(entry).collect())
    }

    /// Returns all entries that this person may see, with unsent changes, and how much of the feed they come from.
    pub async fn known(&self) -> Result<(Vec<EntryView>, ReplicaProgress)> {
        let transaction = self.database.begin(&[META, OUTBOX, REPLICA], TransactionMode::ReadOnly).await?;
        let progress = get(&transaction.object_store(META)?, PROGRESS).await?.unwrap_or_default();
        let replica = all(&transaction.object_store(REPLICA)?).await?;
        let outbox: Vec<OutboxItem> = all(&transaction.object_store(OUTBOX)?).await?;
        Ok((entry_views(self.user, replica, &outbox), progress))
    }

    /// The photos that this phone's records and changes name.
    pub async fn photos_named(&self) -> Result<BTreeSet<String>> {
        let transaction = self.database.begin(&[OUTBOX, REPLICA], TransactionMode::ReadOnly).await?;
        let replica: Vec<Record> = all(&transaction.object_store(REPLICA)?).await?;
        let outbox: Vec<OutboxItem> = all(&transaction.object_store(OUTBOX)?).await?;
        Ok(named(&replica, &outbox))
    }

    /// Returns the ledger items that this person may see, with unsent changes, and how much of the feed they come from.
    pub async fn ledger(&self) -> Result<(Vec<ItemView>, ReplicaProgress)> {
        let transaction = self.database.begin(&[META, OUTBOX, REPLICA], TransactionMode::ReadOnly).await?;
        let progress = get(&transaction.object_store(META)?, PROGRESS).await?.unwrap_or_default();
        let replica = all(&transaction.object_store(REPLICA)?).await?;
        let outbox: Vec<OutboxItem> = all(&transaction.object_store(OUTBOX)?).await?;
        Ok((item_views(replica, &outbox), progress))
    }

    /// Returns this person's entries. The number of unsent changes is recorded in local storage, and compared with the recorded
    /// one: a database that was emptied meanwhile is found out.
    pub async fn journal(&self) -> Result<MyEntries> {
        let recorded = unsent_count::read(self.user);
        let transaction = self.database.begin(&[META, OUTBOX, REPLICA], TransactionMode::ReadOnly).await?;
        let mut replica: Vec<Record> = all(&transaction.object_store(REPLICA)?).await?;
        replica.retain(|record| record.kind == Kind::Entry);
        let outbox = all(&transaction.object_store(OUTBOX)?).await?;
        let meta = transaction.object_store(META)?;
        let accepted: Option<Vec<Uuid>> = get(&meta, "accepted").await?;
        let gone: Option<Vec<Gone>> = get(&meta, GONE).await?;
        let progress: ReplicaProgress = get(&meta, PROGRESS).await?.unwrap_or_default();
        let next_seq: u64 = get(&meta, "next_seq").await?.unwrap_or(1);
        let journal = journal(self.user, replica, outbox, &accepted.unwrap_or_default());
        let counted = recorded.after(journal.unsent, next_seq);
        unsent_count::write(self.user, recorded, counted);
        let is_complete = progress.is_complete;
        Ok(MyEntries { gone: gone.unwrap_or_default(), is_complete, lost: counted.lost, ..journal })
    }
}

/// Where an acknowledged mutation is remembered.
fn sent_key(seq: u64) -> String {
    format!("sent-{seq:016}")
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
    let mut known = BTreeMap::new();
    for own in waiting.iter().chain(&remembered) {
        let record: Option<Record> = get(replica, own.mutation.id.to_string().as_str()).await?;
        known.extend(record.map(|record| (record.id, record)));
    }
    for own in requeue(&waiting, remembered, &known) {
        put(outbox, own.mutation.seq as f64, &own).await?;
    }
    meta.delete(range()?)?.await?;
    Ok(())
}

/// Returns a new UUIDv7 by this phone's uncorrected clock.
pub fn new_id() -> Uuid {
    let milliseconds = js_sys::Date::now().max(0.0) as u64;
    let nanoseconds = u32::try_from(milliseconds % 1000 * 1_000_000).unwrap_or_default();
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, milliseconds / 1000, nanoseconds))
}
