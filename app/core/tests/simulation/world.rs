//! One history: phones, the line, the server, and what must be true in the end.

use crate::phone::{self, Phone, Request, Storage, is_reused};
use crate::server::{Disk, Key, Pusher, Revision, Sabotage, Server, record};
use jiedui_core::access::user::Role;
use jiedui_core::fixtures::rng::SeededRng;
use jiedui_core::sync::{Failure, Input, Mutation, Outcome, PullResponse, PushResponse, PushResult, Record, protocol};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use uuid::Uuid;

/// Steps of the part in which things go wrong.
const STEPS: usize = 400;
/// Phones at the beginning.
const PHONES: usize = 4;
/// When a history begins, 24 November 2026, and how long a step takes, in milliseconds: it ends on the 25th.
const START: i64 = 1_795_478_400_000;
const STEP: i64 = 300_000;
/// More steps than it takes any history to come to rest.
const TO_REST: usize = 20_000;

/// What is on the line.
enum Message {
    Up { id: u64, phone: usize, request: Request },
    PushAnswer { id: u64, phone: usize, epoch: u64, results: Vec<PushResult> },
    PullAnswer { id: u64, phone: usize, pulled: PullResponse },
}

impl Message {
    /// Whether its bytes, cut off somewhere, can still be read as what they were.
    fn is_whole_when_cut(&self, chance: &mut SeededRng) -> bool {
        fn cut<T: Serialize + DeserializeOwned>(body: &T, chance: &mut SeededRng) -> bool {
            let bytes = serde_json::to_vec(body).unwrap();
            serde_json::from_slice::<T>(&bytes[..chance.below(bytes.len())]).is_ok()
        }
        match self {
            Self::Up { request: Request::Push { mutations, .. }, .. } => cut(mutations, chance),
            Self::Up { .. } => false,
            Self::PushAnswer { results, .. } => cut(&PushResponse { results: results.clone() }, chance),
            Self::PullAnswer { pulled, .. } => cut(pulled, chance),
        }
    }
}

/// A transaction that has its numbers and is not committed yet.
struct Open {
    push: Push,
    last: u64,
}

/// A push that has arrived.
struct Push {
    phone: usize,
    id: u64,
    client: Uuid,
    copy: usize,
    mutations: Vec<Mutation>,
}

pub struct World {
    chance: SeededRng,
    phones: Vec<Phone>,
    pub server: Server,
    line: Vec<Message>,
    open: Vec<Open>,
    last_id: u64,
    /// What the screens of each copy of a phone have called saved, by number. A copy begins with what the first had.
    made: Vec<BTreeMap<u64, Mutation>>,
    /// An image of a browser's storage, and whose.
    image: Option<(usize, Storage)>,
    /// A backup of the server's database, and the lives that restores have ended.
    backup: Option<Disk>,
    former: BTreeMap<u64, Disk>,
    pub duplicated: usize,
    /// What the server's clock shows, in milliseconds since 1970.
    time: i64,
    /// The first answer that the server gave to each.
    answered: BTreeMap<Key, PushResult>,
    wrong: Option<String>,
}

impl World {
    pub fn new(seed: u64, sabotage: Sabotage) -> Self {
        // Two recorders, one of them with two phones, and a reviewer.
        let people = [(1, Role::Recorder), (2, Role::Recorder), (1, Role::Recorder), (3, Role::Reviewer)];
        let mut phones: Vec<Phone> =
            people.iter().zip(0..).map(|((user, role), number)| Phone::new(number, *user, *role, sabotage)).collect();
        let tab = phones[0].tab(100);
        let made = vec![BTreeMap::new(); PHONES];
        phones.push(tab);
        Self {
            chance: SeededRng::new(seed),
            phones,
            server: Server { disk: Default::default(), sabotage, sequence: 0 },
            line: Vec::new(),
            open: Vec::new(),
            last_id: 0,
            made,
            image: None,
            backup: None,
            former: BTreeMap::new(),
            duplicated: 0,
            time: START,
            answered: BTreeMap::new(),
            wrong: None,
        }
    }

    /// Lives it through; says what is wrong in the end.
    pub fn live(&mut self) -> Result<(), String> {
        for _ in 0..STEPS {
            self.step();
        }
        self.come_to_rest()?;
        match self.wrong.take() {
            Some(wrong) => Err(wrong),
            None => self.check(),
        }
    }

    fn step(&mut self) {
        self.time += STEP;
        let phone = self.chance.below(self.phones.len());
        if self.chance.percent(2) {
            return self.copy_something(phone);
        }
        match self.chance.below(100) {
            0..10 => self.act(phone),
            10..55 => {
                let full = self.chance.percent(3);
                self.run_phone(phone, full);
            }
            55..85 if !self.line.is_empty() => self.move_line(),
            85..89 => {
                // Patience runs out; what was asked may still arrive.
                self.give_up(phone);
            }
            89..92 => {
                let seed = self.chance.number();
                self.phones[phone].die(seed);
            }
            92..96 if self.phones[phone].waiting => {
                self.phones[phone].waiting = false;
                self.phones[phone].tell(Input::WaitOver);
            }
            96 => self.phones[phone].tell(Input::Offline),
            97 => self.commit_one(),
            _ => self.phones[phone].tell(Input::SyncNow),
        }
    }

    /// A profile is duplicated or put back from an image, a database backed up or restored.
    fn copy_something(&mut self, phone: usize) {
        match self.chance.below(6) {
            0 => self.backup = Some(self.server.disk.clone()),
            1 if self.former.len() < 2 => {
                let Some(backup) = self.backup.clone() else { return };
                self.open.clear();
                self.former.insert(self.server.disk.epoch(), self.server.disk.clone());
                self.server.restore(backup, self.time as u64);
                let disk = &self.server.disk;
                self.answered.retain(|key, _| disk.answers.contains_key(key));
            }
            2 if self.duplicated < 2 => {
                let first = self.phones[phone].storage.borrow().clone();
                let storage = self.new_copy(first);
                let mut copy = self.phones[phone].tab(200 + self.duplicated as u64);
                copy.storage = Rc::new(RefCell::new(storage));
                self.phones.push(copy);
                self.duplicated += 1;
            }
            3 => self.image = Some((phone, self.phones[phone].storage.borrow().clone())),
            4 => {
                let Some((phone, image)) = self.image.take() else { return };
                let storage = self.new_copy(image);
                let old = self.phones[phone].storage.clone();
                *old.borrow_mut() = storage;
                for number in 0..self.phones.len() {
                    if Rc::ptr_eq(&self.phones[number].storage, &old) {
                        let seed = self.chance.number();
                        self.phones[number].die(seed);
                    }
                }
            }
            _ => {}
        }
    }

    /// How often a phone took another name.
    pub fn renamed(&self) -> u64 {
        self.phones.iter().map(|phone| phone.storage.borrow().renamed).sum()
    }

    /// A storage that goes its own way from now on.
    fn new_copy(&mut self, storage: Storage) -> Storage {
        let made = &self.made[storage.copy];
        let until = storage.last_seq;
        self.made.push(made.iter().filter(|(seq, _)| **seq <= until).map(|(seq, own)| (*seq, own.clone())).collect());
        Storage { copy: self.made.len() - 1, renamed: 0, ..storage }
    }

    fn act(&mut self, phone: usize) {
        self.last_id += 1;
        let new_id = Uuid::from_u128(u128::from(self.last_id) << 64);
        let copy = self.phones[phone].storage.borrow().copy;
        let phone = &mut self.phones[phone];
        if let Some(mutation) = phone.act(&mut self.chance, new_id, self.time) {
            if let (true, Some(date)) = (phone.has_heard, mutation.fields.get("date"))
                && *date != phone::day(self.time)
            {
                self.wrong = Some(format!("a phone that has heard of the time recorded {date}"));
            }
            self.made[copy].insert(mutation.seq, mutation);
            phone.tell(Input::Wake);
        }
    }

    fn run_phone(&mut self, phone: usize, full: bool) {
        if let Some(request) = self.phones[phone].step(full) {
            self.last_id += 1;
            let id = self.last_id;
            self.phones[phone].awaited = Some((id, matches!(request, Request::Push { .. })));
            self.line.push(Message::Up { id, phone, request });
        }
    }

    fn give_up(&mut self, phone: usize) {
        match self.phones[phone].awaited.take() {
            Some((_, true)) => self.phones[phone].tell(Input::Pushed(Err(Failure::NoAnswer))),
            Some((_, false)) => self.phones[phone].tell(Input::Pulled(Err(Failure::NoAnswer))),
            None => {}
        }
    }

    /// Some message, not the first, is delivered, lost, cut off or delivered twice.
    fn move_line(&mut self) {
        let chosen = self.chance.below(self.line.len());
        let message = self.line.swap_remove(chosen);
        if self.chance.percent(15) {
            return;
        }
        if self.chance.percent(5) {
            if message.is_whole_when_cut(&mut self.chance) {
                self.wrong = Some("a message that was cut off was taken for a whole one".into());
            }
            return;
        }
        if let (Message::Up { id, phone, request }, true) = (&message, self.chance.percent(15)) {
            self.line.push(Message::Up { id: *id, phone: *phone, request: request.clone() });
        }
        self.deliver(message, true);
    }

    fn deliver(&mut self, message: Message, faults: bool) {
        match message {
            Message::Up { id, phone, request: Request::Push { client, copy, mutations } } => {
                self.take_push(Push { phone, id, client, copy, mutations }, faults)
            }
            Message::Up { id, phone, request: Request::Pull(after) } => {
                let limit = 1 + self.chance.below(5);
                let pulled = self.server.pull(after, limit);
                self.line.push(Message::PullAnswer { id, phone, pulled });
            }
            Message::PushAnswer { id, phone, epoch, results } => {
                let own = &mut self.phones[phone];
                if own.awaited == Some((id, true)) {
                    own.answered_in = epoch;
                    own.awaited = None;
                    own.hear(self.time);
                    own.tell(Input::Pushed(Ok(results)));
                }
            }
            Message::PullAnswer { id, phone, pulled } => {
                let own = &mut self.phones[phone];
                if own.awaited == Some((id, false)) {
                    own.awaited = None;
                    own.hear(self.time);
                    own.tell(Input::Pulled(Ok(pulled)));
                }
            }
        }
    }

    fn take_push(&mut self, push: Push, faults: bool) {
        let last = self.server.sequence.max(self.server.disk.change);
        if faults && self.server.sabotage == Sabotage::NumbersBeforeCommit && self.chance.percent(40) {
            self.server.sequence = last + push.mutations.len() as u64;
            self.open.push(Open { push, last });
            return;
        }
        let (disk, results) = self.server.push(self.pusher(&push), &push.mutations, last);
        // The server may be killed before its commit, or after it and before its answer.
        let killed = if faults { self.chance.below(10) } else { 9 };
        match (killed, self.server.sabotage) {
            (0, Sabotage::AnswerBeforeCommit) => self.answer(&push, results),
            (0, Sabotage::NoTransaction) => {
                let statements = self.chance.below(2 * push.mutations.len());
                self.server.disk = self.server.push_up_to(self.pusher(&push), &push.mutations, last, statements).0;
            }
            // Killed between any two of its statements, it has done none of them.
            (0, _) => {}
            (1, _) => self.server.disk = disk,
            _ => {
                self.server.disk = disk;
                self.answer(&push, results);
            }
        }
    }

    fn pusher(&self, push: &Push) -> Pusher<'_> {
        let actor = &self.phones[push.phone].user;
        Pusher { actor, client: push.client, phone: push.copy, at: self.time as u64 }
    }

    /// Of the transactions that have their numbers, some other one than the first may be committed.
    fn commit_one(&mut self) {
        if self.open.is_empty() {
            return;
        }
        let chosen = self.chance.below(self.open.len());
        let Open { push, last } = self.open.swap_remove(chosen);
        let (disk, results) = self.server.push(self.pusher(&push), &push.mutations, last);
        self.server.disk = disk;
        self.answer(&push, results);
    }

    fn answer(&mut self, push: &Push, results: Vec<PushResult>) {
        for result in results.iter().filter(|own| !is_reused(own)) {
            let key = (self.phones[push.phone].user.id, push.client, result.seq);
            let first = self.answered.entry(key).or_insert_with(|| result.clone());
            if (first.outcome, first.rev) != (result.outcome, result.rev) {
                self.wrong = Some(format!("{key:?} was answered {first:?}, then {result:?}"));
            }
        }
        let epoch = self.server.disk.epoch();
        self.line.push(Message::PushAnswer { id: push.id, phone: push.phone, epoch, results });
    }

    /// The line is whole again, storage has room, nobody dies: all that is under way is brought to its end.
    fn come_to_rest(&mut self) -> Result<(), String> {
        while !self.open.is_empty() {
            self.commit_one();
        }
        // A round for what is unsent, one for what a restored server lacks, and one more to see what the others have sent.
        for _ in 0..3 {
            for phone in 0..self.phones.len() {
                self.give_up(phone);
                self.phones[phone].tell(Input::SyncNow);
            }
            for steps in 0.. {
                if steps > TO_REST {
                    return Err("it does not come to rest".into());
                }
                if let Some(message) = self.line.pop() {
                    self.deliver(message, false);
                } else if let Some(phone) = (0..self.phones.len()).find(|own| !self.phones[*own].todo.is_empty()) {
                    self.run_phone(phone, false);
                } else {
                    break;
                }
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        self.check_saved()?;
        self.check_overwritten()?;
        let alive = self.server.disk.records.iter().filter(|(_, stored)| !stored.deleted);
        let truth: BTreeMap<Uuid, Record> = alive.map(|(id, stored)| (*id, record(*id, stored))).collect();
        for (number, phone) in self.phones.iter().enumerate() {
            let storage = phone.storage.borrow();
            if storage.replica != truth {
                return Err(format!("phone {number} holds {:#?}, the server {truth:#?}", storage.replica));
            }
        }
        Ok(())
    }

    /// Everything that a screen called saved is on the server exactly once, or waits on its phone with the reason.
    fn check_saved(&self) -> Result<(), String> {
        for phone in &self.phones {
            let storage = phone.storage.borrow();
            for mutation in self.made[storage.copy].values() {
                self.check_one(phone, &storage, mutation)?;
            }
        }
        Ok(())
    }

    fn check_one(&self, phone: &Phone, storage: &Storage, mutation: &Mutation) -> Result<(), String> {
        let seq = &mutation.seq;
        if storage.in_vain.contains(seq) && !storage.outbox.contains_key(seq) {
            return Ok(());
        }
        let arrived = storage.answered_as.get(seq).map(|client| (phone.user.id, *client, *seq));
        let Some((key, (as_sent, answer))) =
            arrived.and_then(|key| self.server.disk.answers.get(&key).map(|answer| (key, answer)))
        else {
            return Err(format!("{mutation:?} was saved and never arrived: {arrived:?}"));
        };
        if (as_sent.id, as_sent.op, &as_sent.fields) != (mutation.id, mutation.op, &mutation.fields) {
            return Err(format!("{mutation:?} was saved, {as_sent:?} arrived"));
        }
        let stored = self.server.disk.records.get(&mutation.id);
        let revisions: Vec<&Revision> = stored.iter().flat_map(|stored| &stored.revisions).collect();
        let times = revisions.iter().filter(|revision| revision.by == key).count();
        if times > 1 {
            return Err(format!("{mutation:?} was done {times} times"));
        }
        let is_new = mutation.fields.contains_key("activity") && times == 1;
        if is_new && revisions.first().is_none_or(|first| first.by != key) {
            return Err(format!("the new entry {mutation:?} took another's place"));
        }
        let waits = storage.outbox.get(seq).is_some_and(|own| own.refused.is_some());
        let settled = self.server.disk.settled.contains(&key);
        // A choice is done with once it is answered; what was in conflict waits until a choice has settled it.
        let must_wait = mutation.kind == protocol::ENTRY
            && (answer.outcome == Outcome::Rejected || (answer.outcome == Outcome::Conflict && !settled));
        if waits != must_wait || (!must_wait && storage.outbox.contains_key(seq)) {
            // A copy of the phone has made the choice.
            let by_copy = answer.outcome == Outcome::Conflict && settled && waits && self.made.len() > PHONES;
            if !by_copy {
                return Err(format!(
                    "{mutation:?} was answered {answer:?}, settled {settled}, and waits on the phone: {waits}"
                ));
            }
        }
        if mutation.kind == protocol::ENTRY
            && answer.outcome == Outcome::Conflict
            && !self.server.disk.kept.contains_key(&key)
        {
            return Err(format!("the values of {mutation:?} are kept nowhere"));
        }
        Ok(())
    }

    /// Nobody's value was replaced by somebody who had not seen it.
    fn check_overwritten(&self) -> Result<(), String> {
        for (id, stored) in &self.server.disk.records {
            let mut last: BTreeMap<&str, &Revision> = BTreeMap::new();
            for revision in &stored.revisions {
                for path in &revision.changed {
                    // An edit by its author puts an entry back among those that wait: a rule, not somebody's value.
                    let by_rule = matches!(path.as_str(), "state" | "review_note");
                    if let Some(before) = last.insert(path, revision)
                        && !by_rule
                        && !self.has_seen(*id, revision, before)
                    {
                        return Err(format!("{path} of {id}: {revision:?} overwrote {before:?} unseen"));
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether who made a revision had seen the one before: it was their own phone's, or it was in the record as they
    /// had read it, in whichever life of the database that was.
    fn has_seen(&self, id: Uuid, revision: &Revision, before: &Revision) -> bool {
        let same = |own: &Mutation| {
            let arrived = self.server.disk.answers.get(&before.by);
            arrived
                .is_some_and(|(as_sent, _)| (as_sent.id, as_sent.op, &as_sent.fields) == (own.id, own.op, &own.fields))
        };
        let is_own = before.by.2 < revision.by.2 && self.made[revision.phone].get(&before.by.2).is_some_and(same);
        let life = match revision.epoch {
            Some(epoch) if epoch != self.server.disk.epoch() => self.former.get(&epoch),
            _ => Some(&self.server.disk),
        };
        let read = life.and_then(|disk| disk.records.get(&id)).into_iter().flat_map(|stored| &stored.revisions);
        is_own || read.into_iter().any(|own| own.rev <= revision.base_rev && own.by == before.by)
    }
}
