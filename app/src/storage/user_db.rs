//! A person's outbox and replica.

mod outbox;
mod pull;
mod push;

pub use outbox::Unsent;

use crate::storage::entry_view::{EntryView, entry_views};
use crate::storage::journal::journal;
use crate::storage::ledger_view::{ItemView, item_views};
use crate::storage::my_entries::{Gone, MyEntries};
use crate::storage::photo_db::named;
use crate::storage::replica_progress::ReplicaProgress;
use crate::storage::unsent_count;
use crate::storage::{Connection, Result, all, commit, get, put};
use idb::{ObjectStore, TransactionMode};
use jiedui_core::entry::Entry;
use jiedui_core::sync::{Kind, OutboxItem, Record, Sender};
use std::collections::BTreeSet;
use uuid::Uuid;

pub(super) const META: &str = "meta";
pub(super) const OUTBOX: &str = "outbox";
pub(super) const REPLICA: &str = "replica";
/// Entries of this person's that others have deleted.
pub(super) const GONE: &str = "gone";
/// How much of the feed the replica holds.
const PROGRESS: &str = "replica";
/// A person's database on this phone. It stays when they sign out with something unsent.
pub struct UserDb {
    pub(super) database: Connection,
    pub(super) user: Uuid,
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
        let entry = |record: &Record| Some((record.id, Entry::from_checked(&record.fields)?));
        Ok(replica.iter().filter(|record| record.kind == Kind::Entry).filter_map(entry).collect())
    }

    /// Returns all entries that this person may see, with unsent changes, and how much of the feed they come from.
    pub async fn visible_entries(&self) -> Result<(Vec<EntryView>, ReplicaProgress)> {
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

/// Returns a new UUIDv7 by this phone's uncorrected clock.
pub fn new_id() -> Uuid {
    let milliseconds = js_sys::Date::now().max(0.0) as u64;
    let nanoseconds = u32::try_from(milliseconds % 1000 * 1_000_000).unwrap_or_default();
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, milliseconds / 1000, nanoseconds))
}
