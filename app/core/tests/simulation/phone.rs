//! Simulated phone: the real engine and the real storage, on a database in memory that survives restarts.

mod person;

use crate::server::{CATALOGUE, Sabotage};
use jiedui_core::access::user::{Role, Scope, User};
use jiedui_core::rng::SeededRng;
use jiedui_core::storage::{
    Key, KeyRange, Memory, Owner, Retention, Row, Store, Transaction, deletion, from_json, outbox, pull, push, schema,
    to_json,
};
use jiedui_core::sync::{
    Clock, Engine, Input, Kind, Mutation, Op, OutboxItem, Output, Path, PullResponse, PushResult, Record, Window,
    all_paths,
};
use jiedui_core::values::{date::format_date, field_error::ErrorCode};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use uuid::Uuid;

/// Storage, which survives a restart of the app.
#[derive(Clone, Debug, Default)]
pub struct Storage {
    /// The person's database.
    pub database: Memory,
    /// Number of changes of the client identifier, and the identifier under which each mutation was acknowledged.
    pub renamed: u64,
    pub acknowledged_as: BTreeMap<u64, Uuid>,
    /// Failed resolutions: the conflict stays, and they are not resent.
    pub failed_resolutions: BTreeSet<u64>,
    /// Rejected or conflicting changes that a later change of the person replaces.
    pub replaced: BTreeSet<u64>,
    /// Number of the copy of a phone, by which the world tracks what its user has seen.
    pub copy: usize,
}

impl Storage {
    fn new(client: Uuid, copy: usize) -> Self {
        let mut database = Memory::default();
        database.insert(Store::Meta, "client", Row::new(to_json(&client).unwrap()));
        Self { database, copy, ..Self::default() }
    }

    fn rows<T: DeserializeOwned>(&self, store: Store) -> impl Iterator<Item = T> {
        let rows = self.database.rows(store).filter(|(_, row)| !row.body.is_empty());
        rows.map(|(_, row)| from_json(&row.body).unwrap())
    }

    fn meta<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let mut rows = self.database.rows(Store::Meta);
        rows.find(|(key, _)| **key == name.into()).map(|(_, row)| from_json(&row.body).unwrap())
    }

    pub fn outbox(&self) -> BTreeMap<u64, OutboxItem> {
        self.rows(Store::Outbox).map(|item: OutboxItem| (item.mutation.seq, item)).collect()
    }

    pub fn replica(&self) -> BTreeMap<Uuid, Record> {
        self.rows(Store::Replica).map(|record: Record| (record.id, record)).collect()
    }

    /// Returns the acknowledged mutations that are remembered for a restored server.
    pub fn sent(&self) -> Vec<OutboxItem> {
        let (first, last) = ("sent-".into(), "sent-~".into());
        let rows = self.database.rows(Store::Meta).filter(|(key, _)| (&first..=&last).contains(key));
        rows.map(|(_, row)| from_json(&row.body).unwrap()).collect()
    }

    pub fn last_seq(&self) -> u64 {
        self.meta("next_seq").unwrap_or(1) - 1
    }

    /// Returns the cursor of the last pull.
    pub fn cursor(&self) -> Option<String> {
        self.meta("cursor")
    }

    /// Returns the database epoch of the replica.
    pub fn epoch(&self) -> Option<u64> {
        self.meta("epoch")
    }

    /// Returns the window; `None` before the first pull.
    pub fn window(&self) -> Option<Window> {
        self.meta("window")
    }

    /// Returns the records that are marked as outside the window.
    pub fn outside(&self) -> BTreeSet<Uuid> {
        let rows = self.database.rows(Store::Replica).filter(|(_, row)| row.has("outside"));
        rows.map(|(_, row)| from_json::<Record>(&row.body).unwrap().id).collect()
    }

    /// Changes the rows of records outside the window, as a sabotage; `None` removes a row.
    fn change_outside(&mut self, change: impl Fn(Row) -> Option<Row>) {
        let rows = self.database.rows(Store::Replica).filter(|(_, row)| row.has("outside"));
        let rows: Vec<(Key, Row)> = rows.map(|(key, row)| (key.clone(), row.clone())).collect();
        let changed = self.database.run(true, async |transaction| {
            for (key, row) in rows {
                match change(row) {
                    Some(row) => transaction.put(Store::Replica, key, row)?,
                    None => transaction.delete(Store::Replica, &KeyRange::only(key))?,
                }
            }
            Ok::<_, jiedui_core::storage::memory::MemoryError>(())
        });
        changed.unwrap();
    }

    /// Returns whether every row has the place in the lists that a computation from scratch gives it.
    pub fn has_right_lists(&self, user: Uuid) -> bool {
        let mut plain = Memory::default();
        for store in Store::ALL {
            for (key, row) in self.database.rows(store).filter(|(_, row)| !row.body.is_empty()) {
                plain.insert(store, key.clone(), Row::new(row.body.clone()));
            }
        }
        let accepted = self.database.rows(Store::Replica).filter(|(_, row)| row.has("accepted"));
        let accepted: Vec<Uuid> = accepted.map(|(_, row)| from_json::<Record>(&row.body).unwrap().id).collect();
        plain.insert(Store::Meta, "accepted", Row::new(to_json(&accepted).unwrap()));
        plain.run(true, async |transaction| schema::upgrade(transaction, user, 1).await).unwrap();
        let outside = self.outside();
        let keys: Vec<Key> = outside.into_iter().map(Key::from).collect();
        for (key, row) in plain.clone().rows(Store::Replica).filter(|(key, _)| keys.contains(*key)) {
            let mut row = row.clone();
            row.columns.insert("outside", Key::Number(1));
            plain.insert(Store::Replica, key.clone(), row);
        }
        Store::ALL.into_iter().all(|store| plain.rows(store).eq(self.database.rows(store)))
    }
}

/// Request to the server.
#[derive(Clone, Debug)]
pub enum Request {
    Push { client: Uuid, copy: usize, mutations: Vec<Mutation> },
    Pull(Option<String>),
}

pub struct Phone {
    pub user: User,
    pub storage: Rc<RefCell<Storage>>,
    /// Client identifier of the pending push, and the database epoch of its response.
    pub push_client: Uuid,
    pub response_epoch: u64,
    pub sabotage: Sabotage,
    pub engine: Engine,
    pub todo: VecDeque<Output>,
    /// Identifier of the pending request, and whether it is a push.
    pub pending_request: Option<(u64, bool)>,
    /// Cursor of the pending pull.
    pub pull_cursor: Option<String>,
    /// Whether the last new entry has an earlier date than the day it was recorded.
    pub backdated: bool,
    /// Whether it waits for a back-off to end.
    pub waiting: bool,
    /// Error of the device clock in milliseconds, and what the phone has learned about it.
    pub clock_error: i64,
    pub clock: Clock,
    pub knows_time: bool,
}

/// Returns the date of a time in milliseconds.
pub fn day(milliseconds: i64) -> String {
    let date = time::OffsetDateTime::from_unix_timestamp(milliseconds.div_euclid(1000)).unwrap().date();
    format_date(date)
}

/// Returns whether a mutation was rejected because its sequence number was already used.
pub fn is_reused(result: &PushResult) -> bool {
    result.errors.iter().any(|error| error.code == ErrorCode::Reused)
}

impl Phone {
    pub fn new(number: u128, user: u128, role: Role, sabotage: Sabotage) -> Self {
        let id = Uuid::from_u128(user);
        let user = User {
            id,
            username: String::new(),
            name: String::new(),
            role,
            scope: Scope::default(),
            verifies_own: false,
        };
        Self {
            user,
            // The reviewer's phone has the client identifier of a recorder, since identifiers can be forged.
            storage: Rc::new(RefCell::new(Storage::new(Uuid::from_u128(1_000 + number % 3), number as usize))),
            push_client: Uuid::nil(),
            response_epoch: 0,
            sabotage,
            engine: Engine::new(number as u64),
            todo: VecDeque::new(),
            pending_request: None,
            pull_cursor: None,
            backdated: false,
            waiting: false,
            // One clock in 1970, one two days ahead, two correct ones.
            clock_error: [-1_795_000_000_000, 172_800_000, 0, 0][number as usize % 4],
            clock: Clock::default(),
            knows_time: false,
        }
    }

    /// Creates another tab of the same browser.
    pub fn tab(&self, number: u64) -> Self {
        Self {
            user: self.user.clone(),
            storage: self.storage.clone(),
            engine: Engine::new(number),
            todo: VecDeque::new(),
            pull_cursor: None,
            clock: self.clock,
            ..*self
        }
    }

    /// Learns the server's time from a response.
    pub fn learn_time(&mut self, time: i64) {
        self.clock.learn(time, time + self.clock_error);
        self.knows_time = true;
    }

    /// Kills and reopens the app: everything but the storage is lost.
    pub fn restart(&mut self, seed: u64) {
        self.engine = Engine::new(seed);
        self.todo.clear();
        (self.pending_request, self.waiting) = (None, false);
        self.handle(Input::Wake);
    }

    pub fn handle(&mut self, input: Input) {
        self.todo.extend(self.engine.handle(input));
    }

    /// Executes the next action of the engine at a time in milliseconds; `full` storage fails. Returns the request to
    /// send.
    pub fn step(&mut self, full: bool, now: i64) -> Option<Request> {
        match self.todo.pop_front()? {
            Output::Show(_) => {}
            Output::Wait(_) => self.waiting = true,
            Output::ReadOutbox { limit } => {
                let mut storage = self.storage.borrow_mut();
                let read =
                    storage.database.run(true, async |transaction| outbox::unsent(transaction, limit, now).await);
                let unsent = read.unwrap();
                drop(storage);
                self.push_client = unsent.client;
                self.handle(Input::OutboxRead(unsent.mutations));
            }
            Output::Push(mutations) => {
                let copy = self.storage.borrow().copy;
                return Some(Request::Push { client: self.push_client, copy, mutations });
            }
            Output::Pull => {
                self.pull_cursor = self.storage.borrow().cursor();
                return Some(Request::Pull(self.pull_cursor.clone()));
            }
            Output::StorePush(results) => {
                self.store_push(&results, !full);
                self.handle(if full { Input::StorageFailed } else { Input::PushStored });
            }
            Output::StorePull(pulled) => {
                let is_restored = self.store_pull(pulled, !full);
                if is_restored && !full {
                    self.handle(Input::Wake);
                }
                self.handle(if full { Input::StorageFailed } else { Input::PullStored });
            }
        }
        None
    }

    /// Stores the results of a push. A transaction that does not commit changes nothing.
    fn store_push(&mut self, results: &[PushResult], commits: bool) {
        let mut storage = self.storage.borrow_mut();
        let storage = &mut *storage;
        let received = results;
        let mut results = received.to_vec();
        if self.sabotage == Sabotage::ClientIdentifierKept {
            for result in results.iter_mut().filter(|result| is_reused(result)) {
                result.errors.clear();
            }
        }
        let renamed = Uuid::from_u128(1_000_000 * (1 + storage.copy as u128) + u128::from(storage.renamed));
        let new_id = || renamed;
        let owner = Owner { user: self.user.id, new_id: &new_id };
        let before = storage.outbox();
        let (client, epoch) = (self.push_client, Some(self.response_epoch));
        let stored = storage.database.run(commits, async |transaction| {
            push::store_push(transaction, owner, retention(), (client, epoch), &results).await
        });
        if !commits {
            return;
        }
        storage.renamed += u64::from(stored.unwrap().is_some());
        sabotage_outside(self.sabotage, storage);
        for result in received.iter().filter(|result| !is_reused(result)) {
            let Some(item) = before.get(&result.seq) else { continue };
            storage.acknowledged_as.insert(result.seq, client);
            if item.mutation.kind == Kind::Resolution && !result.outcome.is_done() {
                storage.failed_resolutions.insert(result.seq);
            }
        }
    }

    /// Stores a pull. Returns whether the server was restored from a backup. A page that does not continue from the stored
    /// cursor is dropped: another tab has pulled meanwhile.
    fn store_pull(&mut self, pulled: PullResponse, commits: bool) -> bool {
        let mut storage = self.storage.borrow_mut();
        let storage = &mut *storage;
        let user = self.user.id;
        let forgets = self.sabotage == Sabotage::SentItemsForgotten;
        let after = match self.sabotage {
            Sabotage::LatePagesStored => storage.cursor(),
            _ => self.pull_cursor.clone(),
        };
        let stored = storage.database.run(commits, async |transaction| {
            if forgets {
                transaction.delete(Store::Meta, &KeyRange::between("sent-", "sent-~"))?;
            }
            pull::store_pull(transaction, user, retention(), after.as_deref(), &pulled).await
        });
        if commits {
            sabotage_outside(self.sabotage, storage);
        }
        stored.unwrap().is_some_and(|page| page.is_restored)
    }
}

/// Facts that decide which records stay on a phone.
fn retention() -> Retention<'static> {
    Retention { catalogue: Some(&CATALOGUE), ..Retention::default() }
}

/// Spoils the records outside the window.
fn sabotage_outside(sabotage: Sabotage, storage: &mut Storage) {
    match sabotage {
        Sabotage::NeededRecordsDropped => storage.change_outside(|row| {
            let columns = row.columns.into_iter().filter(|(name, _)| *name == "waits").collect();
            Some(Row { columns, body: String::new() })
        }),
        Sabotage::LeavingForgotten => storage.change_outside(|mut row| {
            row.columns.remove("outside");
            Some(row)
        }),
        _ => {}
    }
}
