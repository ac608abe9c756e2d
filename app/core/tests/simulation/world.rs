//! One simulated history: phones, the network, the server, and the invariants checked at the end.

mod network;

use crate::phone::{self, Phone, Request, Storage, is_reused};
use crate::server::{CATALOGUE, Disk, Key, Pusher, Sabotage, Server, TOWNSHIPS, record};
use jiedui_core::access::user::{Role, Scope, User};
use jiedui_core::rng::SeededRng;
use jiedui_core::sync::window::Facts;
use jiedui_core::sync::{Failure, Input, Mutation, PullResponse, PushResponse, PushResult, Record};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use time::{Date, Duration, OffsetDateTime};
use uuid::Uuid;

/// Number of steps with faults.
const STEPS: usize = 400;
/// Initial number of phones.
pub const PHONES: usize = 4;
/// Start time, 24 November 2026, and duration of a step in milliseconds. A history ends on the 25th.
const START: i64 = 1_795_478_400_000;
const STEP: i64 = 300_000;
/// Upper bound of the steps until a history has settled.
const MAX_SETTLE_STEPS: usize = 20_000;

/// Message on the network.
enum Message {
    Up { id: u64, phone: usize, request: Request },

    PushResponse { id: u64, phone: usize, epoch: u64, results: Vec<PushResult> },
    PullResponse { id: u64, phone: usize, pulled: PullResponse },
}

impl Message {
    /// Returns whether a truncated message still parses.
    fn is_whole_when_cut(&self, rng: &mut SeededRng) -> bool {
        fn cut<T: Serialize + DeserializeOwned>(body: &T, rng: &mut SeededRng) -> bool {
            let bytes = serde_json::to_vec(body).unwrap();
            serde_json::from_slice::<T>(&bytes[..rng.below(bytes.len())]).is_ok()
        }
        match self {
            Self::Up { request: Request::Push { mutations, .. }, .. } => cut(mutations, rng),
            Self::Up { .. } => false,
            Self::PushResponse { results, .. } => cut(&PushResponse { results: results.clone() }, rng),
            Self::PullResponse { pulled, .. } => cut(pulled, rng),
        }
    }
}

/// Open transaction with assigned change numbers.
struct Open {
    push: Push,
    last: u64,
}

/// Push received by the server.
struct Push {
    phone: usize,
    id: u64,
    client: Uuid,
    copy: usize,
    mutations: Vec<Mutation>,
}

pub struct World {
    rng: SeededRng,
    pub phones: Vec<Phone>,
    pub server: Server,

    network: Vec<Message>,
    open: Vec<Open>,
    last_id: u64,
    /// Mutations reported as saved, by copy of a phone and sequence number. A copy starts with those of its original.
    pub saved: Vec<BTreeMap<u64, Mutation>>,
    /// Image of a browser's storage, and its phone.
    image: Option<(usize, Storage)>,
    /// Backup of the server's database, and the disks that restores have replaced, by epoch.
    backup: Option<Disk>,
    pub former: BTreeMap<u64, Disk>,
    pub duplicated: usize,
    pub scope_changes: usize,
    /// Server time in milliseconds since 1970.
    time: i64,
    /// Days by which the calendar of the window is ahead of the time, so that a history sees a month and a year begin.
    days_ahead: i64,
    /// First result for each key.
    answered: BTreeMap<Key, PushResult>,

    violation: Option<String>,
}

impl World {
    pub fn new(seed: u64, sabotage: Sabotage) -> Self {
        // Two recorders, one of them with two phones, and a reviewer.
        let people = [(1, Role::Recorder), (2, Role::Recorder), (1, Role::Recorder), (3, Role::Reviewer)];
        let mut phones: Vec<Phone> =
            people.iter().zip(0..).map(|((user, role), number)| Phone::new(number, *user, *role, sabotage)).collect();
        let tab = phones[0].tab(100);
        let saved = vec![BTreeMap::new(); PHONES];
        phones.push(tab);
        Self {
            rng: SeededRng::new(seed),
            phones,
            server: Server { disk: Default::default(), sabotage, sequence: 0 },

            network: Vec::new(),
            open: Vec::new(),
            last_id: 0,
            saved,
            image: None,
            backup: None,
            former: BTreeMap::new(),
            duplicated: 0,
            scope_changes: 0,
            time: START,
            days_ahead: 0,
            answered: BTreeMap::new(),

            violation: None,
        }
    }

    /// Runs the history and returns the first violated invariant.
    pub fn run(&mut self) -> Result<(), String> {
        for _ in 0..STEPS {
            self.step();
        }
        self.settle()?;
        match self.violation.take() {
            Some(error) => Err(error),
            None => self.check(),
        }
    }

    fn step(&mut self) {
        self.time += STEP;
        let phone = self.rng.below(self.phones.len());
        if self.rng.percent(2) {
            return self.copy_state(phone);
        }
        if self.rng.percent(1) {
            return self.change_scope(phone);
        }
        if self.rng.percent(1) {
            self.days_ahead += self.rng.below(60) as i64;
        }
        match self.rng.below(100) {
            0..10 => self.act(phone),
            10..55 => {
                let full = self.rng.percent(3);
                self.run_phone(phone, full);
            }
            55..85 if !self.network.is_empty() => self.move_network(),
            85..89 => {
                // The request times out; it may still arrive.
                self.time_out(phone);
            }
            89..92 => {
                let seed = self.rng.number();
                self.phones[phone].restart(seed);
            }
            92..96 if self.phones[phone].waiting => {
                self.phones[phone].waiting = false;
                self.phones[phone].handle(Input::WaitOver);
            }
            96 => self.phones[phone].handle(Input::Offline),
            97 => self.commit_one(),
            _ => self.phones[phone].handle(Input::SyncNow),
        }
    }

    /// Gives the user of a phone other places and programmes.
    fn change_scope(&mut self, phone: usize) {
        let places = match self.rng.below(4) {
            0 => Vec::new(),
            1 => vec!["522728".to_owned()],
            number => vec![TOWNSHIPS[number - 2].to_owned()],
        };
        let programmes = if self.rng.percent(30) { vec!["health".to_owned()] } else { Vec::new() };
        let user = self.phones[phone].user.id;
        for phone in self.phones.iter_mut().filter(|phone| phone.user.id == user) {
            phone.user.scope = Scope { places: places.clone(), programmes: programmes.clone() };
        }
        self.scope_changes += 1;
    }

    /// Returns the server's day, by which it chooses windows.
    pub fn today(&self) -> Date {
        let now = OffsetDateTime::from_unix_timestamp(self.time.div_euclid(1000)).unwrap();
        now.date() + Duration::days(self.days_ahead)
    }

    /// Duplicates or restores a browser profile, or backs up or restores the database.
    fn copy_state(&mut self, phone: usize) {
        match self.rng.below(6) {
            0 => self.backup = Some(self.server.disk.clone()),
            1 if self.former.len() < 2 => {
                let Some(backup) = self.backup.clone() else { return };
                self.open.clear();
                self.former.insert(self.server.disk.epoch(), self.server.disk.clone());
                self.server.restore(backup, self.time as u64);
                let disk = &self.server.disk;
                self.answered.retain(|key, _| disk.results.contains_key(key));
            }
            2 if self.duplicated < 2 => {
                let first = self.phones[phone].storage.borrow().clone();
                let storage = self.new_copy(first);
                let mut duplicate = self.phones[phone].tab(200 + self.duplicated as u64);
                duplicate.storage = Rc::new(RefCell::new(storage));
                self.phones.push(duplicate);
                self.duplicated += 1;
            }
            3 => self.image = Some((phone, self.phones[phone].storage.borrow().clone())),
            4 => {
                let Some((phone, image)) = self.image.take() else { return };
                let storage = self.new_copy(image);
                let shared = self.phones[phone].storage.clone();
                *shared.borrow_mut() = storage;
                for number in 0..self.phones.len() {
                    if Rc::ptr_eq(&self.phones[number].storage, &shared) {
                        let seed = self.rng.number();
                        self.phones[number].restart(seed);
                    }
                }
            }
            _ => {}
        }
    }

    /// Returns how often phones changed their client identifier.
    pub fn renamed(&self) -> u64 {
        self.phones.iter().map(|phone| phone.storage.borrow().renamed).sum()
    }

    /// Registers a copy of a storage.
    fn new_copy(&mut self, storage: Storage) -> Storage {
        let saved = &self.saved[storage.copy];
        let until = storage.last_seq();
        self.saved.push(
            saved.iter().filter(|(seq, _)| **seq <= until).map(|(seq, mutation)| (*seq, mutation.clone())).collect(),
        );
        Storage { copy: self.saved.len() - 1, renamed: 0, ..storage }
    }

    fn act(&mut self, phone: usize) {
        self.last_id += 1;
        let new_id = Uuid::from_u128(u128::from(self.last_id) << 64);
        let copy = self.phones[phone].storage.borrow().copy;
        let found = if self.rng.percent(20) { self.find_on_server(phone) } else { None };
        let phone = &mut self.phones[phone];
        if let Some(mutation) = phone.act(&mut self.rng, new_id, self.time, found.as_ref()) {
            let is_new = mutation.fields.contains_key("activity") && !phone.backdated;
            if let (true, true, Some(date)) = (is_new, phone.knows_time, mutation.fields.get("date"))
                && *date != phone::day(self.time)
            {
                self.violation = Some(format!("a phone that has heard of the time recorded {date}"));
            }
            self.saved[copy].insert(mutation.seq, mutation);
            phone.handle(Input::Wake);
        }
    }

    /// Returns a record that the user of a phone finds on the server, whether or not the phone holds it.
    fn find_on_server(&mut self, phone: usize) -> Option<Record> {
        let disk = &self.server.disk;
        let phone = &self.phones[phone];
        // A page of another epoch would name other revisions.
        if phone.storage.borrow().epoch() != Some(disk.epoch()) {
            return None;
        }
        let alive = disk.records.iter().filter(|(_, stored)| !stored.deleted);
        let visible: Vec<Record> =
            alive.map(|(id, stored)| record(*id, stored)).filter(|record| sees(&phone.user, record)).collect();
        self.rng.one_of(&visible).cloned()
    }

    fn run_phone(&mut self, phone: usize, full: bool) {
        if let Some(request) = self.phones[phone].step(full, self.time) {
            self.last_id += 1;
            let id = self.last_id;
            self.phones[phone].pending_request = Some((id, matches!(request, Request::Push { .. })));
            self.network.push(Message::Up { id, phone, request });
        }
    }

    /// Runs without faults until everything in progress has finished.
    fn settle(&mut self) -> Result<(), String> {
        while !self.open.is_empty() {
            self.commit_one();
        }
        // Deletions are sent once they can no longer be undone.
        self.time += STEP;
        // One round sends, one resends to a restored server, and one pulls the others' changes.
        for _ in 0..3 {
            for phone in 0..self.phones.len() {
                self.time_out(phone);
                self.phones[phone].handle(Input::SyncNow);
            }
            for steps in 0.. {
                if steps > MAX_SETTLE_STEPS {
                    return Err("it does not come to rest".into());
                }
                if let Some(message) = self.network.pop() {
                    self.deliver(message, false);
                } else if let Some(phone) = (0..self.phones.len()).find(|number| !self.phones[*number].todo.is_empty())
                {
                    self.run_phone(phone, false);
                } else {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Returns whether a user sees a record.
fn sees(user: &User, record: &Record) -> bool {
    let facts = Facts::of(record, Some(&CATALOGUE));
    user.sees(facts.author, facts.programme.unwrap_or_default(), facts.place)
}
