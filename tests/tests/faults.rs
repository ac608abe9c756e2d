//! Faults: the server is killed under load, connections are cut at random bytes. Every acknowledged entry exists once.

#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

use jiedui_core::rng::SeededRng;
use jiedui_tests::fault_proxy::FaultProxy;
use jiedui_tests::{Api, Database, TestEnv, survey_put, wait_until};
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use uuid::Uuid;

const KILLS: u64 = 100;
const CLIENTS: u64 = 4;
const BATCH: u64 = 5;

/// A phone that repeats each batch until it is acknowledged.
struct Phone {
    client: Uuid,
    next: u64,
    sent: Vec<(u64, Uuid)>,
    answered: BTreeMap<u64, Uuid>,
}

impl Phone {
    fn new() -> Self {
        Self { client: Uuid::now_v7(), next: 1, sent: Vec::new(), answered: BTreeMap::new() }
    }

    /// Sends a batch once. Returns false without a complete response.
    fn push(&mut self, api: &Api) -> bool {
        if self.sent.is_empty() {
            self.sent = (0..BATCH).map(|index| (self.next + index, Uuid::now_v7())).collect();
        }
        let mutations: Vec<Value> = self.sent.iter().map(|(seq, id)| survey_put(*seq, *id, 1)).collect();
        let request = api.request("POST", "/api/v1/sync/push");
        let answer = request.json(&json!({"client_id": self.client, "mutations": mutations})).send();
        let Some(answer) = answer.ok().filter(|answer| answer.status() == 200) else { return false };
        let Ok(answer) = answer.json::<Value>() else { return false };
        for result in answer["results"].as_array().unwrap() {
            assert_eq!(result["outcome"], "applied", "{result}");
        }
        self.next += BATCH;
        self.answered.extend(self.sent.drain(..));
        true
    }
}

/// Asserts that every acknowledged entry exists once. Others exist only from batches whose response was lost.
fn check(api: &Api, phones: &[Phone]) {
    let (records, _) = api.pull(None, 2_000);
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    let entries = records.iter().filter(|record| record["kind"] == "entry" && record["fields"]["source"].is_null());
    for record in entries {
        *times.entry(record["id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    for phone in phones {
        for (seq, id) in &phone.answered {
            assert_eq!(times.remove(&id.to_string()), Some(1), "mutation {seq} was answered");
        }
        for (_, id) in &phone.sent {
            assert!(times.remove(&id.to_string()).unwrap_or(1) == 1);
        }
    }
    assert!(times.is_empty(), "{times:?}");
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn hundred_kills_under_load_lose_and_duplicate_nothing(#[case] database: Database) {
    let env = TestEnv::new(database);
    env.add_user("village", "recorder", &["--place", "522728109"]);
    let mut token = None;
    let phones: Vec<Mutex<Phone>> = (0..CLIENTS).map(|_| Mutex::new(Phone::new())).collect();
    let mut rng = SeededRng::new(database as u64 + 1);
    for number in 0..KILLS {
        let had_answer: Vec<AtomicBool> = phones.iter().map(|_| AtomicBool::new(false)).collect();
        let server = env.serve(&[]);
        let mut api = server.client();
        api.token = token.get_or_insert_with(|| server.sign_in("village").token.unwrap()).clone().into();
        let timeout = Duration::from_millis(5 + rng.below(60) as u64);
        std::thread::scope(|scope| {
            for (phone, had_answer) in phones.iter().zip(&had_answer) {
                let api = &api;
                scope.spawn(move || {
                    while phone.lock().unwrap().push(api) {
                        had_answer.store(true, Ordering::Relaxed);
                    }
                });
            }
            // In every other round, each phone has had an answer before, so that there is a load on a slow machine too.
            // Otherwise the test waits for nothing. Then the kill comes at a random moment.
            if number % 2 == 0 {
                let all = || had_answer.iter().all(|answered| answered.load(Ordering::Relaxed)).then_some(());
                wait_until("an answer to each phone", all);
            }
            std::thread::sleep(timeout);
            server.kill();
        });
    }
    let server = env.serve(&[]);
    let api = server.sign_in("village");
    let mut phones: Vec<Phone> = phones.into_iter().map(|phone| phone.into_inner().unwrap()).collect();
    check(&api, &phones);
    assert!(phones.iter().all(|phone| phone.answered.len() as u64 > KILLS), "there was a load");
    // Pushes in progress at the kill are repeated, and exist once.
    for phone in &mut phones {
        assert!(phone.push(&api) && phone.sent.is_empty());
    }
    check(&api, &phones);
    drop(server);
    let verified = env.run(&["verify"], "");
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn connection_cut_at_random_bytes_loses_and_duplicates_nothing(#[case] database: Database) {
    let env = TestEnv::new(database);
    env.add_user("village", "recorder", &["--place", "522728109"]);
    let server = env.serve(&[]);
    let direct = server.sign_in("village");
    let proxy = FaultProxy::start(&server.address, 7);
    let broken = direct.through(&proxy.address);
    let mut phones: Vec<Phone> = (0..CLIENTS).map(|_| Phone::new()).collect();
    std::thread::scope(|scope| {
        for phone in &mut phones {
            let broken = &broken;
            scope.spawn(move || {
                for _ in 0..100 {
                    phone.push(broken);
                }
            });
        }
    });
    assert!(proxy.cuts() > 50, "{} cuts", proxy.cuts());
    check(&direct, &phones);
    // The snapshot over the broken line: complete lines are used, the rest is requested again.
    let (mut cursor, mut held, mut breaks) = (String::new(), BTreeMap::new(), 0);
    loop {
        let path = format!("/api/v1/sync/snapshot?cursor={cursor}");
        let text = broken.request("GET", &path).send().map(|answer| proxy.text(answer)).unwrap_or_default();
        let mut done = false;
        for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            let page: Value = serde_json::from_str(line).unwrap();
            for record in page["records"].as_array().unwrap() {
                held.insert(record["id"].as_str().unwrap().to_owned(), record["rev"].clone());
            }
            cursor = page["cursor"].as_str().unwrap().to_owned();
            done = page["more"] == false;
        }
        if done {
            break;
        }
        breaks += 1;
    }
    let truth: BTreeMap<String, Value> = direct
        .pull(None, 500)
        .0
        .into_iter()
        .map(|record| (record["id"].as_str().unwrap().to_owned(), record["rev"].clone()))
        .collect();
    assert_eq!(held, truth, "after {breaks} breaks");
    drop(server);
    assert_eq!(env.run(&["verify"], "").status.code(), Some(0));
}
