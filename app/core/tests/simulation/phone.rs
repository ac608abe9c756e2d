//! A phone: core's engine above a storage that survives it.

use jiedui_core::chance::Chance;
use jiedui_core::domain::{Role, Scope, User, format_date};
use jiedui_core::sync::{
    Change, Choice, Clock, Engine, Input, Mutation, Op, Outgoing, Output, PullResponse, PushResult, Record, all_paths,
    settle, wire,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use uuid::Uuid;

/// What survives the app's death.
#[derive(Clone, Debug, Default)]
pub struct Storage {
    pub outbox: BTreeMap<u64, Outgoing>,
    pub replica: BTreeMap<Uuid, Record>,
    pub cursor: u64,
    pub last_seq: u64,
}

/// What it wants from the server.
#[derive(Clone, Debug)]
pub enum Request {
    Push(Vec<Mutation>),
    Pull(u64),
}

pub struct Phone {
    pub user: User,
    pub client: Uuid,
    pub storage: Storage,
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

impl Phone {
    pub fn new(number: u128, user: u128, role: Role) -> Self {
        let id = Uuid::from_u128(user);
        let user = User { id, username: String::new(), name: String::new(), role, scope: Scope::default() };
        Self {
            user,
            client: Uuid::from_u128(1_000 + number),
            storage: Storage::default(),
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
                let waiting = self.storage.outbox.values().filter(|own| own.refused.is_none());
                let mutations = waiting.map(|own| own.mutation.clone()).take(limit).collect();
                self.tell(Input::OutboxRead(mutations));
            }
            Output::Push(mutations) => return Some(Request::Push(mutations)),
            Output::Pull => return Some(Request::Pull(self.storage.cursor)),
            Output::StorePush(_) | Output::StorePull(_) if full => self.tell(Input::StorageFailed),
            Output::StorePush(results) => {
                self.store_push(&results);
                self.tell(Input::PushStored);
            }
            Output::StorePull(pulled) => {
                self.store_pull(pulled);
                self.tell(Input::PullStored);
            }
        }
        None
    }

    fn store_push(&mut self, results: &[PushResult]) {
        for result in results {
            let Some(outgoing) = self.storage.outbox.get(&result.seq) else { continue };
            let id = outgoing.mutation.id;
            let settled = settle(self.user.id, outgoing, result, self.storage.replica.get(&id).cloned());
            match settled.replica {
                Change::Keep => {}
                Change::Put(record) => drop(self.storage.replica.insert(id, record)),
                Change::Remove => drop(self.storage.replica.remove(&id)),
            }
            match settled.waits {
                Some(waits) => drop(self.storage.outbox.insert(result.seq, waits)),
                None => drop(self.storage.outbox.remove(&result.seq)),
            }
            if let Some(seq) = settled.settles {
                self.storage.outbox.remove(&seq);
            }
        }
    }

    fn store_pull(&mut self, pulled: PullResponse) {
        for record in pulled.records {
            if record.deleted {
                self.storage.replica.remove(&record.id);
            } else {
                self.storage.replica.insert(record.id, record);
            }
        }
        self.storage.cursor = pulled.cursor.parse().unwrap();
    }

    /// Somebody records, changes, decides or deletes something. Gives what the screen says is saved.
    pub fn act(&mut self, chance: &mut Chance, new_id: Uuid, time: i64) -> Option<Mutation> {
        if let Some(choice) = self.choose(chance) {
            return Some(choice);
        }
        let known: Vec<&Record> = self.storage.replica.values().collect();
        let unsent = self.storage.outbox.values().map(|own| own.mutation.id).next_back();
        let value = chance.below(1_000);
        let mut fields = json!({});
        match chance.below(4) {
            0 => fields["note"] = json!(format!("第 {value} 户")),
            1 => fields["values"] = json!({"count": value}),
            2 => fields["values"] = json!({"people": value}),
            _ => fields = json!({"note": format!("{value}"), "values": {"count": value}}),
        }
        let (id, base_rev, op) = match (chance.below(10), unsent) {
            (0..4, _) => {
                fields["activity"] = json!("survey");
                fields["date"] = json!(day(self.clock.now(time + self.wrong_by)));
                fields["place"] = json!("522728");
                (new_id, 0, Op::Put)
            }
            (4, Some(id)) => (id, self.storage.replica.get(&id).map_or(0, |record| record.rev), Op::Put),
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
        self.storage.last_seq += 1;
        let seq = self.storage.last_seq;
        let mutation = Mutation { seq, kind: wire::ENTRY.into(), id, base_rev, op, fields };
        self.storage.outbox.insert(seq, Outgoing::new(mutation.clone()));
        Some(mutation)
    }

    /// Now and then somebody chooses between the values of a conflict.
    fn choose(&mut self, chance: &mut Chance) -> Option<Mutation> {
        let outbox = &self.storage.outbox;
        let chosen: Vec<u64> = outbox
            .values()
            .filter_map(|own| own.mutation.fields.get("seq").and_then(serde_json::Value::as_u64))
            .collect();
        let waiting: Vec<&Outgoing> =
            outbox.values().filter(|own| own.is_conflict() && !chosen.contains(&own.mutation.seq)).collect();
        let own = chance.one_of(&waiting).filter(|_| chance.percent(50))?;
        let answer = own.answer.as_ref()?;
        let rev = self.storage.replica.get(&own.mutation.id).map_or(answer.rev, |record| record.rev);
        let all = match own.mutation.op {
            Op::Delete => BTreeSet::from(["deleted".to_owned()]),
            Op::Put => all_paths(&own.mutation.fields),
        };
        let differing = all.into_iter().filter(|_| chance.percent(60)).collect();
        let choice = Choice { client: self.client, seq: own.mutation.seq, take: differing };
        self.storage.last_seq += 1;
        let mutation = choice.mutation(self.storage.last_seq, own.mutation.id, rev);
        self.storage.outbox.insert(mutation.seq, Outgoing::new(mutation.clone()));
        Some(mutation)
    }
}
