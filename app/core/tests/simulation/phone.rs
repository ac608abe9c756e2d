//! Simulated phone: the real engine on an in-memory storage that survives restarts.

mod person;

use crate::server::{CATALOGUE, Sabotage};
use jiedui_core::access::user::{Role, Scope, User};
use jiedui_core::rng::SeededRng;
use jiedui_core::sync::{
    Clock, Engine, Input, Kind, Mutation, Op, OutboxItem, Output, Path, PullResponse, PushResult, Record, ReplicaRule,
    Resolution, Sender, Window, acknowledge, all_paths, enqueue, next_batch, requeue,
};
use jiedui_core::values::{date::format_date, field_error::ErrorCode};
use serde_json::json;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use uuid::Uuid;

/// Storage, which survives a restart of the app.
#[derive(Clone, Debug, Default)]
pub struct Storage {
    pub outbox: BTreeMap<u64, OutboxItem>,
    pub replica: BTreeMap<Uuid, Record>,
    /// Records outside the window that outbox items still need; their copies are outdated.
    pub left: BTreeSet<Uuid>,
    /// Records that the phone holds; `None` before the first pull.
    pub window: Option<Window>,
    /// Cursor of the last pull.
    pub cursor: Option<String>,
    pub epoch: Option<u64>,
    pub last_seq: u64,
    /// Current client identifier.
    pub client: Uuid,
    pub sent: BTreeMap<u64, OutboxItem>,
    /// Number of changes of the client identifier, and the identifier under which each mutation was acknowledged.
    pub renamed: u64,
    pub acknowledged_as: BTreeMap<u64, Uuid>,
    /// Failed resolutions: the conflict stays, and they are not resent.
    pub failed_resolutions: BTreeSet<u64>,
    /// Number of the copy of a phone, by which the world tracks what its user has seen.
    pub copy: usize,
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
        let user = User { id, username: String::new(), name: String::new(), role, scope: Scope::default() };
        Self {
            user,
            // The reviewer's phone has the client identifier of a recorder, since identifiers can be forged.
            storage: Rc::new(RefCell::new(Storage {
                client: Uuid::from_u128(1_000 + number % 3),
                copy: number as usize,
                ..Storage::default()
            })),
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

    fn sender(&self, storage: &Storage) -> Sender {
        Sender { user: self.user.id, client: storage.client, epoch: storage.epoch }
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

    /// Executes the next action of the engine; `full` storage fails. Returns the request to send.
    pub fn step(&mut self, full: bool) -> Option<Request> {
        match self.todo.pop_front()? {
            Output::Show(_) => {}
            Output::Wait(_) => self.waiting = true,
            Output::ReadOutbox { limit } => {
                let (client, mutations) = {
                    let storage = self.storage.borrow();
                    let outbox: Vec<OutboxItem> = storage.outbox.values().cloned().collect();
                    let (client, mutations) = next_batch(&outbox, limit);
                    (client.unwrap_or(storage.client), mutations)
                };
                self.push_client = client;
                self.handle(Input::OutboxRead(mutations));
            }
            Output::Push(mutations) => {
                let copy = self.storage.borrow().copy;
                return Some(Request::Push { client: self.push_client, copy, mutations });
            }
            Output::Pull => {
                let cursor = self.storage.borrow().cursor.clone();
                self.pull_cursor = cursor.clone();
                return Some(Request::Pull(cursor));
            }
            Output::StorePush(_) | Output::StorePull(_) if full => self.handle(Input::StorageFailed),
            Output::StorePush(results) => {
                self.store_push(&results);
                self.handle(Input::PushStored);
            }
            Output::StorePull(pulled) => {
                if self.store_pull(pulled) {
                    self.handle(Input::Wake);
                }
                self.handle(Input::PullStored);
            }
        }
        None
    }

    fn store_push(&mut self, results: &[PushResult]) {
        let mut storage = self.storage.borrow_mut();
        let storage = &mut *storage;
        storage.epoch.get_or_insert(self.response_epoch);
        let sender = Sender { client: self.push_client, ..self.sender(storage) };
        let outbox: Vec<OutboxItem> = storage.outbox.values().cloned().collect();
        let is_answered = |item: &&OutboxItem| results.iter().any(|result| result.seq == item.mutation.seq);
        let answered: BTreeSet<Uuid> = outbox.iter().filter(is_answered).map(|item| item.mutation.id).collect();
        let renamed = Uuid::from_u128(1_000_000 * (1 + storage.copy as u128) + u128::from(storage.renamed));
        let mut updates = acknowledge(sender, renamed, results, &outbox, &storage.replica);
        if self.sabotage == Sabotage::ClientIdentifierKept && updates.is_duplicated {
            updates.is_duplicated = false;
            updates.outbox.retain(|_, item| item.as_ref().is_none_or(|item| item.client != Some(renamed)));
            for result in results.iter().filter(|item| is_reused(item)) {
                let rejected = storage.outbox.get(&result.seq).cloned();
                updates
                    .outbox
                    .extend(rejected.map(|item| (result.seq, Some(OutboxItem { refused: Some(Vec::new()), ..item }))));
            }
        }
        for result in results.iter().filter(|item| !is_reused(item) && storage.outbox.contains_key(&item.seq)) {
            storage.acknowledged_as.insert(result.seq, sender.client);
            let is_resolution =
                storage.outbox.get(&result.seq).is_some_and(|item| item.mutation.kind == Kind::Resolution);
            if is_resolution && !result.outcome.is_done() {
                storage.failed_resolutions.insert(result.seq);
            }
        }
        for (seq, item) in updates.outbox {
            match item {
                Some(item) => drop(storage.outbox.insert(seq, item)),
                None => drop(storage.outbox.remove(&seq)),
            }
        }
        for (id, record) in updates.replica {
            match record {
                Some(record) => drop(storage.replica.insert(id, record)),
                None => drop(storage.replica.remove(&id)),
            }
        }
        self.release(storage, answered);
        storage.sent.extend(updates.sent.into_iter().map(|item| (item.mutation.seq, item)));
        if updates.is_duplicated {
            storage.client = renamed;
            storage.renamed += 1;
        }
    }

    /// Stores a pull. Returns whether a further round is necessary, after a restore of the server from a backup. A page
    /// that does not continue from the stored cursor is dropped: another tab has pulled meanwhile.
    fn store_pull(&mut self, pulled: PullResponse) -> bool {
        let mut storage = self.storage.borrow_mut();
        let storage = &mut *storage;
        if storage.cursor != self.pull_cursor && self.sabotage != Sabotage::LatePagesStored {
            return false;
        }
        let is_restored = storage.epoch.is_some_and(|epoch| epoch != pulled.epoch);
        if is_restored && self.sabotage != Sabotage::SentItemsForgotten {
            let outbox: Vec<OutboxItem> = storage.outbox.values().cloned().collect();
            let sent = std::mem::take(&mut storage.sent).into_values().collect();
            let waiting = requeue(&outbox, sent, &storage.replica);
            storage.outbox.extend(waiting.into_iter().map(|item| (item.mutation.seq, item)));
        }
        // A page without a cursor lists what the server has now. It does not name what was deleted before.
        if pulled.reset || is_restored || self.pull_cursor.is_none() {
            storage.replica.clear();
            storage.left.clear();
        }
        storage.epoch = Some(pulled.epoch);
        if pulled.window.is_some() {
            storage.window = pulled.window;
            let ids: Vec<Uuid> = storage.replica.keys().copied().collect();
            self.release(storage, ids);
        }
        for record in pulled.records {
            let id = record.id;
            storage.left.remove(&id);
            storage.replica.remove(&id);
            if !record.deleted {
                storage.replica.insert(id, record);
                self.release(storage, [id]);
            }
        }
        for id in pulled.left {
            if storage.replica.contains_key(&id) && self.sabotage != Sabotage::LeavingForgotten {
                storage.left.insert(id);
            }
            if !self.is_needed(storage, id) {
                storage.replica.remove(&id);
                storage.left.remove(&id);
            }
        }
        storage.cursor = Some(pulled.cursor);
        is_restored
    }

    /// Removes those of the records that the replica does not keep.
    fn release(&self, storage: &mut Storage, ids: impl IntoIterator<Item = Uuid>) {
        for id in ids {
            let rule = ReplicaRule { user: self.user.id, window: storage.window.as_ref(), catalogue: Some(&CATALOGUE) };
            let is_needed = self.is_needed(storage, id);
            let has_left = storage.left.contains(&id);
            if storage.replica.get(&id).is_none_or(|record| !rule.keeps(record, has_left, is_needed)) {
                storage.replica.remove(&id);
                storage.left.remove(&id);
            }
        }
    }

    /// Returns whether an item of the outbox needs a record.
    fn is_needed(&self, storage: &Storage, id: Uuid) -> bool {
        self.sabotage != Sabotage::NeededRecordsDropped && storage.outbox.values().any(|item| item.mutation.id == id)
    }
}
