//! A phone: core's engine above a storage that survives it.

use crate::server::Sabotage;
use jiedui_core::access::user::{Role, Scope, User};
use jiedui_core::fixtures::rng::SeededRng;
use jiedui_core::sync::{
    Clock, Engine, Input, Mutation, Op, OutboxItem, Output, PullResponse, PushResult, Record, Resolution, Sender,
    acknowledge, all_paths, enqueue, next_batch, protocol, requeue,
};
use jiedui_core::values::{date::format_date, field_error::ErrorCode};
use serde_json::json;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use uuid::Uuid;

/// What survives the app's death.
#[derive(Clone, Debug, Default)]
pub struct Storage {
    pub outbox: BTreeMap<u64, OutboxItem>,
    pub replica: BTreeMap<Uuid, Record>,
    /// A life of the server's database, and how far in its feed.
    pub cursor: (u64, u64),
    pub epoch: Option<u64>,
    pub last_seq: u64,
    /// The name that the phone goes by now.
    pub client: Uuid,
    pub sent: BTreeMap<u64, OutboxItem>,
    /// How often a new name was taken, and under which each mutation was answered.
    pub renamed: u64,
    pub answered_as: BTreeMap<u64, Uuid>,
    /// Choices that came to nothing: the conflict waits on, and nothing of them is to be remembered.
    pub in_vain: BTreeSet<u64>,
    /// Which copy of which phone it is, for the world to tell what its person has seen.
    pub copy: usize,
}

/// What it wants from the server.
#[derive(Clone, Debug)]
pub enum Request {
    Push { client: Uuid, copy: usize, mutations: Vec<Mutation> },
    Pull((u64, u64)),
}

pub struct Phone {
    pub user: User,
    pub storage: Rc<RefCell<Storage>>,
    /// The name under which it has sent what it waits for, and the life of the database that answered.
    pub sent_as: Uuid,
    pub answered_in: u64,
    pub sabotage: Sabotage,
    pub engine: Engine,
    pub todo: VecDeque<Output>,
    /// The request that it waits for.
    pub awaited: Option<(u64, bool)>,
    /// Whether it has asked to be woken after a while.
    pub waiting: bool,
    /// By how much its own clock is wrong, in milliseconds, and what it has heard about that.
    pub wrong_by: i64,
    pub clock: Clock,
    pub has_heard: bool,
}

/// The day on which a time lies.
pub fn day(milliseconds: i64) -> String {
    let date = time::OffsetDateTime::from_unix_timestamp(milliseconds.div_euclid(1000)).unwrap().date();
    format_date(date)
}

/// Whether a mutation was refused since its number was used for another.
pub fn is_reused(result: &PushResult) -> bool {
    result.errors.iter().any(|error| error.code == ErrorCode::Reused)
}

impl Phone {
    pub fn new(number: u128, user: u128, role: Role, sabotage: Sabotage) -> Self {
        let id = Uuid::from_u128(user);
        let user = User { id, username: String::new(), name: String::new(), role, scope: Scope::default() };
        Self {
            user,
            // The reviewer's goes by the same name as a recorder's: anybody can name another's.
            storage: Rc::new(RefCell::new(Storage {
                client: Uuid::from_u128(1_000 + number % 3),
                copy: number as usize,
                ..Storage::default()
            })),
            sent_as: Uuid::nil(),
            answered_in: 0,
            sabotage,
            engine: Engine::new(number as u64),
            todo: VecDeque::new(),
            awaited: None,
            waiting: false,
            // One in 1970, one two days ahead, two that are right.
            wrong_by: [-1_795_000_000_000, 172_800_000, 0, 0][number as usize % 4],
            clock: Clock::default(),
            has_heard: false,
        }
    }

    /// Another tab of the same browser.
    pub fn tab(&self, number: u64) -> Self {
        Self {
            user: self.user.clone(),
            storage: self.storage.clone(),
            engine: Engine::new(number),
            todo: VecDeque::new(),
            clock: self.clock,
            ..*self
        }
    }

    fn sender(&self, storage: &Storage) -> Sender {
        Sender { user: self.user.id, client: storage.client, epoch: storage.epoch }
    }

    /// An answer has come, and with it the server's time.
    pub fn hear(&mut self, time: i64) {
        self.clock.learn(time, time + self.wrong_by);
        self.has_heard = true;
    }

    /// The app is killed and opened again: all but the storage is gone.
    pub fn die(&mut self, seed: u64) {
        self.engine = Engine::new(seed);
        self.todo.clear();
        (self.awaited, self.waiting) = (None, false);
        self.tell(Input::Wake);
    }

    pub fn tell(&mut self, input: Input) {
        self.todo.extend(self.engine.handle(input));
    }

    /// Does the next thing that the engine asks for; `full` storage takes nothing. Gives what is to be sent.
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
                self.sent_as = client;
                self.tell(Input::OutboxRead(mutations));
            }
            Output::Push(mutations) => {
                let copy = self.storage.borrow().copy;
                return Some(Request::Push { client: self.sent_as, copy, mutations });
            }
            Output::Pull => return Some(Request::Pull(self.storage.borrow().cursor)),
            Output::StorePush(_) | Output::StorePull(_) if full => self.tell(Input::StorageFailed),
            Output::StorePush(results) => {
                self.store_push(&results);
                self.tell(Input::PushStored);
            }
            Output::StorePull(pulled) => {
                if self.store_pull(pulled) {
                    self.tell(Input::Wake);
                }
                self.tell(Input::PullStored);
            }
        }
        None
    }

    fn store_push(&mut self, results: &[PushResult]) {
        let mut storage = self.storage.borrow_mut();
        let storage = &mut *storage;
        storage.epoch.get_or_insert(self.answered_in);
        let sender = Sender { client: self.sent_as, ..self.sender(storage) };
        let outbox: Vec<OutboxItem> = storage.outbox.values().cloned().collect();
        let renamed = Uuid::from_u128(1_000_000 * (1 + storage.copy as u128) + u128::from(storage.renamed));
        let mut done = acknowledge(sender, renamed, results, &outbox, &storage.replica);
        if self.sabotage == Sabotage::NameKept && done.is_doubled {
            done.is_doubled = false;
            done.outbox.retain(|_, own| own.as_ref().is_none_or(|own| own.client != Some(renamed)));
            for result in results.iter().filter(|own| is_reused(own)) {
                let waits = storage.outbox.get(&result.seq).cloned();
                done.outbox
                    .extend(waits.map(|own| (result.seq, Some(OutboxItem { refused: Some(Vec::new()), ..own }))));
            }
        }
        for result in results.iter().filter(|own| !is_reused(own) && storage.outbox.contains_key(&own.seq)) {
            storage.answered_as.insert(result.seq, sender.client);
            let is_choice =
                storage.outbox.get(&result.seq).is_some_and(|own| own.mutation.kind == protocol::RESOLUTION);
            if is_choice && !result.outcome.is_done() {
                storage.in_vain.insert(result.seq);
            }
        }
        for (seq, own) in done.outbox {
            match own {
                Some(own) => drop(storage.outbox.insert(seq, own)),
                None => drop(storage.outbox.remove(&seq)),
            }
        }
        for (id, record) in done.replica {
            match record {
                Some(record) => drop(storage.replica.insert(id, record)),
                None => drop(storage.replica.remove(&id)),
            }
        }
        storage.sent.extend(done.sent.into_iter().map(|own| (own.mutation.seq, own)));
        if done.is_doubled {
            storage.client = renamed;
            storage.renamed += 1;
        }
    }

    /// True where the server was restored from a backup.
    fn store_pull(&mut self, pulled: PullResponse) -> bool {
        let mut storage = self.storage.borrow_mut();
        let storage = &mut *storage;
        let is_restored = storage.epoch.is_some_and(|epoch| epoch != pulled.epoch);
        if is_restored && self.sabotage != Sabotage::NothingRemembered {
            let outbox: Vec<OutboxItem> = storage.outbox.values().cloned().collect();
            let sent = std::mem::take(&mut storage.sent).into_values().collect();
            let waiting = requeue(&outbox, sent, &storage.replica);
            storage.outbox.extend(waiting.into_iter().map(|own| (own.mutation.seq, own)));
        }
        if pulled.anew || is_restored {
            storage.replica.clear();
        }
        storage.epoch = Some(pulled.epoch);
        for record in pulled.records {
            if record.deleted {
                storage.replica.remove(&record.id);
            } else {
                storage.replica.insert(record.id, record);
            }
        }
        storage.cursor = (pulled.epoch, pulled.cursor.parse().unwrap());
        is_restored
    }

    /// Somebody records, changes, decides or deletes something. Gives what the screen says is saved.
    pub fn act(&mut self, chance: &mut SeededRng, new_id: Uuid, time: i64) -> Option<Mutation> {
        if let Some(choice) = self.choose(chance) {
            return Some(choice);
        }
        let storage = self.storage.borrow();
        let known: Vec<&Record> = storage.replica.values().collect();
        let unsent = storage.outbox.values().rfind(|own| own.refused.is_none()).map(|own| own.mutation.id);
        let value = chance.below(1_000);
        let mut fields = json!({});
        match chance.below(4) {
            0 => fields["note"] = json!(format!("第 {value} 户")),
            1 => fields["values"] = json!({"count": value}),
            2 => fields["values"] = json!({"people": value}),
            _ => fields = json!({"note": format!("{value}"), "values": {"count": value}}),
        }
        let new = |fields: &mut serde_json::Value| {
            fields["activity"] = json!("survey");
            fields["date"] = json!(day(self.clock.now(time + self.wrong_by)));
            fields["place"] = json!("522728");
        };
        let (id, base_rev, op) = match (chance.below(12), unsent) {
            (0..4, _) => {
                new(&mut fields);
                (new_id, 0, Op::Put)
            }
            (4, Some(id)) => (id, storage.replica.get(&id).map_or(0, |record| record.rev), Op::Put),
            // The same form was open in two tabs, and something else was written in the other.
            (10, Some(id)) => {
                new(&mut fields);
                (id, 0, Op::Put)
            }
            // An edit that was begun while the entry was on its way.
            (11, _) => {
                let own = storage
                    .sent
                    .values()
                    .rfind(|own| own.mutation.base_rev == 0 && own.mutation.kind == protocol::ENTRY);
                match own {
                    Some(own) => (own.mutation.id, 0, Op::Put),
                    None => return None,
                }
            }
            _ if known.is_empty() => return None,
            (choice, _) => {
                let record = known[chance.below(known.len())];
                if choice == 5 && self.user.role.reviews() {
                    fields = json!({"state": "verified"});
                }
                (record.id, record.rev, if choice == 9 { Op::Delete } else { Op::Put })
            }
        };
        // What a reviewer has to say when they void another's entry.
        let said = json!({"reason": "重复", "duplicate_of": new_id});
        let fields = if op == Op::Delete { said } else { fields }.as_object().unwrap().clone();
        drop(storage);
        let seq = self.storage.borrow().last_seq + 1;
        let mutation = Mutation { seq, kind: protocol::ENTRY.into(), id, base_rev, epoch: None, op, fields };
        // Some phones know that it is another entry than that of the other tab; the server is right without that, too.
        let careless = chance.percent(50) || self.sabotage == Sabotage::OwnAtZero;
        let new_id = if careless { mutation.id } else { Uuid::from_u128(new_id.as_u128() + 1) };
        Some(self.save(mutation, new_id))
    }

    /// Puts a change into the outbox.
    fn save(&self, mutation: Mutation, new_id: Uuid) -> Mutation {
        let mut storage = self.storage.borrow_mut();
        let waiting: Vec<OutboxItem> = storage.outbox.values().cloned().collect();
        let known = storage.replica.get(&mutation.id);
        let shared = self.sabotage == Sabotage::TabsShareIdentifiers
            && mutation.base_rev == 0
            && waiting.iter().any(|own| own.mutation.id == mutation.id);
        let own = if shared {
            OutboxItem { follows: true, client: Some(storage.client), ..OutboxItem::new(mutation) }
        } else {
            enqueue(self.sender(&storage), mutation, &waiting, known, || new_id)
        };
        let mutation = own.mutation.clone();
        storage.last_seq = mutation.seq;
        storage.outbox.insert(mutation.seq, own);
        mutation
    }

    /// Now and then somebody chooses between the values of a conflict.
    fn choose(&mut self, chance: &mut SeededRng) -> Option<Mutation> {
        let storage = self.storage.borrow();
        let outbox = &storage.outbox;
        let chosen: Vec<u64> = outbox
            .values()
            .filter_map(|own| own.mutation.fields.get("seq").and_then(serde_json::Value::as_u64))
            .collect();
        let waiting: Vec<&OutboxItem> =
            outbox.values().filter(|own| own.is_conflict() && !chosen.contains(&own.mutation.seq)).collect();
        let own = chance.one_of(&waiting).filter(|_| chance.percent(50))?;
        let answer = own.answer.as_ref()?;
        let rev = storage.replica.get(&own.mutation.id).map_or(answer.rev, |record| record.rev);
        let all = match own.mutation.op {
            Op::Delete => BTreeSet::from(["deleted".to_owned()]),
            Op::Put => all_paths(&own.mutation.fields),
        };
        let differing = all.into_iter().filter(|_| chance.percent(60)).collect();
        let client = own.client.unwrap_or(storage.client);
        let choice = Resolution { client, seq: own.mutation.seq, take: differing };
        let mutation = choice.mutation(storage.last_seq + 1, own.mutation.id, rev);
        drop(storage);
        Some(self.save(mutation, Uuid::nil()))
    }
}
