//! A load on the real server, on both databases: one JSON line a figure.
//!
//! Entries are field surveys at 40 villages of Luodian on days of 2026, with random identifiers and notes in Chinese
//! that differ, about 500 bytes each as JSON. Everything goes over loopback as JSON, batches of 200. The server answers only
//! when a batch is durable.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Api, Database, Home};
use serde_json::{Value, json};
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use uuid::Uuid;

const ENTRIES: u64 = 10_000;
const BATCH: u64 = 200;
const CLIENTS: u64 = 50;
const PHRASES: [&str; 8] = [
    "走访了三户人家",
    "屋顶漏雨需要维修",
    "商量春耕用肥",
    "与村支书座谈",
    "孩子转学手续已办",
    "辣椒销路有着落",
    "修通了进组路",
    "老人看病有人陪",
];

fn entry(seq: u64, number: u64) -> Value {
    let phrase = |step: u64| PHRASES[(number / step % 8) as usize];
    let note = format!("第 {number} 次：{}，{}，{}。", phrase(1), phrase(8), phrase(64));
    json!({"seq": seq, "kind": "entry", "id": Uuid::now_v7(), "base_rev": 0, "op": "put", "fields": {
        "activity": "field_survey", "date": format!("2026-{:02}-{:02}", 1 + number % 10, 1 + number % 28),
        "place": village(number % 40), "pairing": null, "organisation": null,
        "values": {"times": 1 + number % 3, "people": number % 40}, "note": note, "state": "submitted", "attachments": []}})
}

/// Villages of Luodian, from the list that every database has.
fn village(number: u64) -> &'static str {
    static VILLAGES: LazyLock<Vec<&str>> = LazyLock::new(|| {
        let rows = include_str!("../../server/seed/places.csv").lines();
        rows.filter(|row| row.contains(",village,") && row.starts_with("522728")).map(|row| &row[..12]).collect()
    });
    VILLAGES[number as usize]
}

fn push_all(api: &Api, first: u64, count: u64) -> Vec<Duration> {
    let client = Uuid::now_v7();
    let batches = (0..count).step_by(BATCH as usize);
    batches
        .map(|start| {
            let end = (start + BATCH).min(count);
            let mutations: Vec<Value> = (start..end).map(|seq| entry(seq + 1, first + seq)).collect();
            let begin = Instant::now();
            let results = api.push(client, json!(mutations));
            assert!(results.iter().all(|result| result["outcome"] == "applied"));
            begin.elapsed()
        })
        .collect()
}

fn say(database: Database, what: &str, figure: f64, unit: &str) {
    println!(
        "{}",
        json!({"database": format!("{database:?}"), "measured": what, "figure": figure.round(), "unit": unit})
    );
}

fn seconds(work: impl FnOnce()) -> f64 {
    let begin = Instant::now();
    work();
    begin.elapsed().as_secs_f64()
}

fn measure(database: Database) {
    let home = Home::new(database);
    home.add_user("head", "admin", &[]);
    let server = home.serve(&[]);
    let api = server.sign_in("head");
    let pushed: f64 = push_all(&api, 0, ENTRIES).iter().map(Duration::as_secs_f64).sum();
    say(database, "push, durable, one client", ENTRIES as f64 / pushed, "entries/s");
    let mut cursor = String::new();
    let pulled = seconds(|| cursor = api.pull(None, 2_000).1);
    say(database, "pull from nothing", ENTRIES as f64 / pulled, "entries/s");
    push_all(&api, ENTRIES, 100);
    let pulled = seconds(|| assert_eq!(api.pull(Some(&cursor), 2_000).0.len(), 100));
    say(database, "pull of 100 new entries", pulled * 1e3, "ms");
    let mut waits = Vec::new();
    let together = seconds(|| {
        waits = std::thread::scope(|scope| {
            let push = |client| {
                scope.spawn({
                    let api = api.clone();
                    move || push_all(&api, 20_000 + client * BATCH, BATCH)
                })
            };
            let threads: Vec<_> = (0..CLIENTS).map(push).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
    });
    waits.sort();
    say(database, "push, 50 clients of 200 entries at once", (CLIENTS * BATCH) as f64 / together, "entries/s");
    say(database, "the same, 95th percentile of a batch", waits[waits.len() * 95 / 100].as_secs_f64() * 1e3, "ms");
    let mut queries: Vec<f64> = (0..200).map(|_| seconds(|| drop(api.read("/api/v1/indicators?year=2026")))).collect();
    queries.sort_by(f64::total_cmp);
    say(database, "indicators query, 99th percentile", queries[198] * 1e6, "µs");
    say(database, "resident memory after it", server.resident_memory() as f64 / 1024.0, "MB");
    drop(server);
    assert!(home.run(&["verify"], "").status.success());
}

fn main() {
    measure(Database::Sqlite);
    measure(Database::Postgres);
}
