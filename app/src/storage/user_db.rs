//! A person's outbox and replica on this phone: the transactions of [`jiedui_core::storage`] on IndexedDB.

use crate::storage::indexed_db::{IndexedDb, STORES, layout};
use crate::storage::{Connection, Result, in_use, local_storage, persistently, unsent_count};
use idb::TransactionMode;
use jiedui_core::catalogue::Catalogue;
use jiedui_core::entry::{Entry, Fields};
use jiedui_core::storage::pull::StoredPage;
use jiedui_core::storage::{
    EntryPage, EntryRange, EntryView, ItemView, MyEntries, MyEntry, MyEntryKey, MyEntryPage, Owner, PendingDeletion,
    ReplicaProgress, Retention, SaveOutcome, SaveRequest, Unsent, deletion, lists, meta, my_lists, outbox, pull, push,
    retention, saving,
};
use jiedui_core::sync::{Kind, Op, Path, PullResponse, PushResult, Record, Window};
use std::collections::BTreeSet;
use time::Date;
use uuid::Uuid;

/// A person's database on this phone. It stays when they sign out with something unsent.
pub struct UserDb {
    database: Connection,
    user: Uuid,
}

impl UserDb {
    /// Opens the database of a user.
    pub async fn open(user: Uuid) -> Result<Self> {
        let database = Connection::open(&format!("jiedui-{user}"), layout(user)).await?;
        Ok(Self { database, user })
    }

    fn owner(&self) -> Owner<'static> {
        Owner { user: self.user, new_id: &new_id }
    }

    async fn begin(&self, mode: TransactionMode) -> Result<IndexedDb> {
        Ok(IndexedDb::new(self.database.begin(&STORES, mode).await?))
    }

    async fn read<T>(&self, work: impl AsyncFnOnce(&IndexedDb) -> Result<T>) -> Result<T> {
        work(&self.begin(TransactionMode::ReadOnly).await?).await
    }

    /// Runs a transaction. When this returns without an error, its writes are on the phone; after an error none are.
    async fn write<T>(&self, work: impl AsyncFn(&IndexedDb) -> Result<T>) -> Result<T> {
        persistently(async || {
            let transaction = self.begin(TransactionMode::ReadWrite).await?;
            match work(&transaction).await {
                Ok(result) => transaction.commit().await.map(|()| result),
                Err(error) => {
                    transaction.abort();
                    Err(error)
                }
            }
        })
        .await
    }

    /// Returns the identifier of this client, by which the server tells its mutations from others'.
    pub async fn client(&self) -> Result<Uuid> {
        self.write(async |transaction| meta::client(transaction, self.owner()).await).await
    }

    /// Returns the cursor of the next pull.
    pub async fn cursor(&self) -> Result<Option<String>> {
        self.read(async |transaction| meta::cursor(transaction).await).await
    }

    /// Returns the progress of the replica in the server's feed.
    pub async fn replica_progress(&self) -> Result<ReplicaProgress> {
        self.read(async |transaction| meta::progress(transaction).await).await
    }

    /// Records that the overview counts everything that the server has accepted.
    pub async fn all_counted(&self) -> Result<()> {
        self.write(async |transaction| push::all_counted(transaction, self.user).await).await
    }

    /// Returns the counts of this person's entries. The number of unsent changes is recorded in local storage, and compared
    /// with the recorded one, which detects a database that was emptied meanwhile.
    pub async fn my_entries(&self) -> Result<MyEntries> {
        let recorded = unsent_count::read(self.user);
        let mine = self.read(async |transaction| my_lists::summary(transaction, self.user).await).await?;
        let counted = recorded.after(mine.unsent, mine.next_seq);
        unsent_count::write(self.user, recorded, counted);
        Ok(MyEntries { lost: counted.lost, ..mine })
    }

    /// Returns a page of this person's entries.
    pub async fn my_entry_page(
        &self,
        only_to_settle: bool,
        after: Option<&MyEntryKey>,
        limit: u32,
    ) -> Result<MyEntryPage> {
        self.read(async |transaction| my_lists::my_entries(transaction, self.user, only_to_settle, after, limit).await)
            .await
    }

    /// Returns the number of this person's entries between two dates.
    pub async fn count_mine(&self, from: Date, until: Date) -> Result<usize> {
        self.read(async |transaction| my_lists::count_mine(transaction, from, until).await).await
    }

    /// Returns this person's recent entries, newest first.
    pub async fn recent_entries(&self) -> Result<Vec<MyEntry>> {
        self.read(async |transaction| my_lists::recent_entries(transaction, self.user).await).await
    }

    /// Returns a page of the entries that this person may see.
    pub async fn entry_page(&self, range: &EntryRange, after: Option<&str>, limit: u32) -> Result<EntryPage> {
        self.read(async |transaction| lists::entries(transaction, self.user, range, after, limit).await).await
    }

    /// Returns the number of entries in each of some ranges of the same index.
    pub async fn count_entries(&self, ranges: &[EntryRange]) -> Result<Vec<usize>> {
        self.read(async |transaction| lists::count_entries(transaction, ranges).await).await
    }

    /// Returns, for each entry, the newest entries of the same activity at its place until its date, without the entry itself.
    pub async fn comparable_entries(&self, of: &[EntryView]) -> Result<Vec<Vec<EntryView>>> {
        self.read(async |transaction| lists::comparable_entries(transaction, self.user, of).await).await
    }

    /// Returns the entries of each place and date.
    pub async fn entries_on(&self, days: &[(String, Date)]) -> Result<Vec<Vec<EntryView>>> {
        self.read(async |transaction| lists::entries_on(transaction, self.user, days).await).await
    }

    /// Returns all entries that the server has at a place, without unsent changes.
    pub async fn records_at(&self, place: &str) -> Result<Vec<(Uuid, Entry)>> {
        self.read(async |transaction| lists::records_at(transaction, place).await).await
    }

    /// Returns the ledger items that this person may see, with unsent changes.
    pub async fn ledger(&self) -> Result<Vec<ItemView>> {
        self.read(async |transaction| lists::ledger(transaction).await).await
    }

    /// Returns which of some photos this phone's records and changes name.
    pub async fn named_photos(&self, hashes: &BTreeSet<String>) -> Result<BTreeSet<String>> {
        self.read(async |transaction| lists::named_photos(transaction, hashes).await).await
    }

    /// Returns one of this person's entries with unsent changes, and the number of the last change by a form on this phone.
    pub async fn my_entry_of(&self, id: Uuid) -> Result<Option<(MyEntry, u64)>> {
        self.read(async |transaction| saving::my_entry(transaction, self.user, id).await).await
    }

    /// Returns an entry of any author with unsent changes, and the number of the last change by a form on this phone.
    pub async fn entry_view_of(&self, id: Uuid) -> Result<Option<(EntryView, u64)>> {
        self.read(async |transaction| saving::entry_view(transaction, self.user, id).await).await
    }

    /// Returns a ledger item with unsent changes, and the number of the last change by a form on this phone.
    pub async fn item_view_of(&self, id: Uuid) -> Result<Option<(ItemView, u64)>> {
        self.read(async |transaction| saving::item_view(transaction, id).await).await
    }

    /// Adds the change of a form to the outbox. When this returns, it is on the phone.
    pub async fn save_request(&self, made: &SaveRequest) -> Result<SaveOutcome> {
        self.write(async |transaction| saving::save_request(transaction, self.owner(), made).await).await
    }

    /// Adds a change of a record to the outbox. When this returns, it is on the phone.
    pub async fn save(&self, kind: Kind, id: Uuid, base_rev: u64, op: Op, fields: Fields) -> Result<()> {
        let change = || (kind.clone(), id, base_rev, op);
        self.write(async |transaction| outbox::save(transaction, self.owner(), change(), fields.clone()).await)
            .await
            .map(drop)
    }

    /// Adds changes of entries (identifiers, base revisions and fields) to the outbox, all or none, held back for the undo period.
    /// Returns the number of each.
    pub async fn save_held(&self, changes: &[(Uuid, u64, Fields)], now: i64) -> Result<Vec<u64>> {
        self.write(async |transaction| {
            let mut numbers = Vec::with_capacity(changes.len());
            for (id, base_rev, fields) in changes {
                let change = (Kind::Entry, *id, *base_rev, Op::Put);
                numbers.push(outbox::save_held(transaction, self.owner(), change, fields.clone(), now).await?);
            }
            Ok(numbers)
        })
        .await
    }

    /// Adds a resolution of the conflict of mutation `seq` to the outbox.
    pub async fn choose(&self, id: Uuid, rev: u64, seq: u64, take: Vec<Path<'static>>) -> Result<()> {
        self.write(async |transaction| outbox::choose(transaction, self.owner(), (id, rev), seq, take.clone()).await)
            .await
            .map(drop)
    }

    /// Adds the deletion of a record to the outbox, where it is held back for the undo period. Returns its number.
    pub async fn delete(&self, kind: Kind, id: Uuid, base_rev: u64, fields: Fields, now: i64) -> Result<u64> {
        let record = || (kind.clone(), id, base_rev);
        self.write(async |transaction| deletion::delete(transaction, self.owner(), record(), fields.clone(), now).await)
            .await
    }

    /// Removes a change that is still held back; returns false if it may have been sent.
    pub async fn undo_held(&self, seq: u64, now: i64) -> Result<bool> {
        self.write(async |transaction| deletion::undo(transaction, self.user, seq, now).await).await
    }

    /// Returns the deletions of ledger items that wait to be sent.
    pub async fn item_deletions(&self) -> Result<Vec<PendingDeletion>> {
        self.read(async |transaction| deletion::of_items(transaction).await).await
    }

    /// Records that the person has seen the notice about a deleted entry.
    pub async fn forget_gone(&self, id: Uuid) -> Result<()> {
        self.write(async |transaction| deletion::forget_gone(transaction, id).await).await
    }

    /// Removes the rejected changes of a record.
    pub async fn discard_refused(&self, id: Uuid) -> Result<()> {
        self.write(async |transaction| outbox::discard_refused(transaction, self.user, id).await).await
    }

    /// Returns all unsent mutations as the body of a push.
    pub async fn outbox_as_push(&self, now: i64) -> Result<String> {
        let push = self.read(async |transaction| outbox::as_push(transaction, self.user, now).await).await?;
        Ok(local_storage::to_json(&push)?)
    }

    /// Returns the oldest mutations that can be sent, up to the first that is held back.
    pub async fn unsent(&self, limit: usize, now: i64) -> Result<Unsent> {
        self.read(async |transaction| outbox::unsent(transaction, limit, now).await).await
    }

    /// Stores the results of a push that was sent as a client to a database epoch of the server. Removes the records outside the
    /// window that no change needs any more.
    pub async fn store_push(
        &self,
        catalogue: Option<&Catalogue>,
        sent: (Uuid, Option<u64>),
        results: &[PushResult],
    ) -> Result<()> {
        let in_use = in_use::of(self.user);
        let retention = Retention { catalogue, in_use: &in_use };
        self.write(async |transaction| push::store_push(transaction, self.owner(), retention, sent, results).await)
            .await
            .map(drop)
    }

    /// Stores a page of records and its cursor. `after` is the cursor with which it was requested. Returns `None`, and stores
    /// nothing, if another tab has stored a page meanwhile.
    pub async fn store_pull(
        &self,
        catalogue: Option<&Catalogue>,
        after: Option<&str>,
        pulled: &PullResponse,
    ) -> Result<Option<StoredPage>> {
        let in_use = in_use::of(self.user);
        let retention = Retention { catalogue, in_use: &in_use };
        self.write(async |transaction| pull::store_pull(transaction, self.user, retention, after, pulled).await).await
    }

    /// Returns the window of the replica; `None` if it holds everything.
    pub async fn window(&self) -> Result<Option<Window>> {
        self.read(async |transaction| meta::window(transaction).await).await
    }

    /// Stores records that a screen has read from the server, outside the window. Returns the number of new ones.
    pub async fn hold(&self, records: &[Record]) -> Result<usize> {
        self.write(async |transaction| retention::hold(transaction, self.user, records).await).await
    }
}

/// Returns a new UUIDv7 by this phone's uncorrected clock.
pub fn new_id() -> Uuid {
    let milliseconds = js_sys::Date::now().max(0.0) as u64;
    let nanoseconds = u32::try_from(milliseconds % 1000 * 1_000_000).unwrap_or_default();
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, milliseconds / 1000, nanoseconds))
}
