//! A load on the real server, on both databases: one JSON line a figure.
//!
//! Core's generator makes the entries from one seed: all forms of the catalogue, 40 villages of Luodian, days of the last
//! four weeks. Identifiers are random (version 7). The notes are in Chinese and differ; an entry has about 500 bytes of JSON.
//! They travel over loopback as phones send them: compressed with gzip. There are batches of 1,000 from one client and of 200
//! from 50 at once. Request bodies are compressed before the clock starts. Within it, responses are decompressed and split
//! into records, whose fields remain raw JSON and are decoded from CBOR. Bytes are those on the connection, including
//! HTTP heads. The server answers only when a batch is durable.
//!
//! `cargo bench -p jiedui-tests --bench load -- --entries 1000000` also asks for the indicators of that many entries.

#![allow(missing_docs, clippy::unwrap_used)]

mod connection;

use connection::{Body, Connection};
use flate2::Compression;
use flate2::write::GzEncoder;
use jiedui_core::catalogue::Catalogue;
use jiedui_core::directory::place::Places;
use jiedui_core::figures::overview::Overview;
use jiedui_core::fixtures::sample::Sample;
use jiedui_core::sync::{Outcome, PullResponse, PushResponse};
use jiedui_core::values::date::parse_date;
use jiedui_tests::{Api, Database, served};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::io::Write;
use std::time::Instant;
use uuid::Uuid;

const ENTRIES: u64 = 10_000;
const BATCH: u64 = 1_000;
const CLIENTS: u64 = 50;
const BATCH_OF_MANY: u64 = 200;
/// Number larger than any generated one.
const FIRST_NEW: u64 = 1 << 40;
const VILLAGES: usize = 40;
const JSON: &str = "application/json";
const CBOR: &str = "application/cbor";

/// Encoding of bodies.
#[derive(Clone, Copy)]
struct Form {
    name: &'static str,
    kind: &'static str,
}

impl Form {
    fn pack(self, body: &Value) -> Vec<u8> {
        let mut plain = Vec::new();
        match self.kind {
            CBOR => ciborium::into_writer(body, &mut plain).unwrap(),
            _ => serde_json::to_writer(&mut plain, body).unwrap(),
        }
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        packer.write_all(&plain).unwrap();
        packer.finish().unwrap()
    }

    /// Returns the number of pulled records, the cursor, and whether there is more.
    fn page(self, body: &[u8]) -> (usize, String, bool) {
        if self.kind == CBOR {
            let page: PullResponse = self.read(body);
            return (page.records.len(), page.cursor, page.more);
        }
        let page: Page<'_> = serde_json::from_slice(body).unwrap();
        assert!(page.records.iter().all(|record| record.rev > 0 && record.fields.get().starts_with('{')));
        (page.records.len(), page.cursor.to_owned(), page.more)
    }

    fn read<T: serde::de::DeserializeOwned>(self, body: &[u8]) -> T {
        match self.kind {
            CBOR => {
                // Identifiers are texts in both forms.
                let value: Value = ciborium::from_reader(body).unwrap();
                serde_json::from_value(value).unwrap()
            }
            _ => serde_json::from_slice(body).unwrap(),
        }
    }
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    records: Vec<RawRecord<'a>>,
    cursor: &'a str,
    more: bool,
}

#[derive(Deserialize)]
struct RawRecord<'a> {
    rev: u64,
    #[serde(borrow)]
    fields: &'a RawValue,
}

struct World {
    overview: Overview,
    places: Places,
}

impl World {
    fn of(api: &Api) -> Self {
        let places = serde_json::from_value(api.read("/api/v1/places")).unwrap();
        let catalogue: Catalogue = serde_json::from_value(api.read("/api/v1/catalogue")).unwrap();
        let overview = serde_json::from_value(api.read("/api/v1/overview")).unwrap();
        Self { overview: Overview { catalogue, ..overview }, places: Places::new(places) }
    }

    fn sample(&self) -> Sample<'_> {
        let overview = &self.overview;
        let days = (parse_date("2026-10-24").unwrap(), parse_date("2026-11-20").unwrap());
        Sample::new(1, &overview.catalogue, &self.places, (&overview.organisations, &overview.pairings), days)
            .in_villages(VILLAGES)
    }

    /// Returns a compressed batch of a client's first entries.
    fn batch(&self, form: Form, numbers: impl Iterator<Item = u64>) -> Vec<u8> {
        let sample = self.sample();
        let mutation = |(seq, number): (u64, u64)| {
            let (id, mut fields) = sample.entry(number);
            // As a recorder sends it.
            fields.insert("state".into(), json!("submitted"));
            fields.remove("review_note");
            json!({"seq": seq, "kind": "entry", "id": id, "base_rev": 0, "op": "put", "fields": fields})
        };
        let mutations: Vec<Value> = (1..).zip(numbers).map(mutation).collect();
        form.pack(&json!({"client_id": Uuid::now_v7(), "mutations": mutations}))
    }
}

fn push(connection: &mut Connection, form: Form, packed: &[u8]) {
    let answer = connection.ask("POST", "/api/v1/sync/push", form.kind, Some(Body { kind: form.kind, packed }));
    let response: PushResponse = form.read(&answer);
    assert!(response.results.iter().all(|result| result.outcome == Outcome::Applied), "{:?}", response.results[0]);
}

/// Pulls to the end of the feed. Returns the number of records and the last cursor.
fn pull(connection: &mut Connection, form: Form, mut cursor: Option<String>) -> (usize, String) {
    let mut records = 0;
    loop {
        let after = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let answer = connection.ask("GET", &format!("/api/v1/sync/pull?limit=2000{after}"), form.kind, None);
        let (records_of_page, next, more) = form.page(&answer);
        records += records_of_page;
        if !more {
            return (records, next);
        }
        cursor = Some(next);
    }
}

/// Prints a measurement as a JSON line.
struct Report(Database, &'static str);

impl Report {
    fn print(&self, what: &str, figure: f64, unit: &str) {
        let figure = if figure < 100.0 { (figure * 100.0).round() / 100.0 } else { figure.round() };
        let database = format!("{:?}", self.0).to_lowercase();
        println!("{}", json!({"database": database, "wire": self.1, "measured": what, "figure": figure, "unit": unit}));
    }
}

fn seconds(work: impl FnOnce()) -> f64 {
    let begin = Instant::now();
    work();
    begin.elapsed().as_secs_f64()
}

fn percentile(mut values: Vec<f64>, percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() * percent / 100).min(values.len() - 1)]
}

fn measure(database: Database, form: Form) {
    let (env, server, api) = served(database);
    let world = World::of(&api);
    let report = Report(database, form.name);
    let token = api.token.clone().unwrap();
    let open = || Connection::open(&server.address, &token);

    let batches: Vec<Vec<u8>> =
        (0..ENTRIES / BATCH).map(|batch| world.batch(form, batch * BATCH..(batch + 1) * BATCH)).collect();
    let mut connection = open();
    let pushing = seconds(|| batches.iter().for_each(|packed| push(&mut connection, form, packed)));
    report.print("push, durable, one client", ENTRIES as f64 / pushing, "entries/s");
    report.print("bytes up and down of a pushed entry", (connection.up + connection.down) as f64 / ENTRIES as f64, "B");

    let mut another = open();
    let mut pulled = (0, String::new());
    let pulling = seconds(|| pulled = pull(&mut another, form, None));
    report.print("pull from nothing", pulled.0 as f64 / pulling, "entries/s");
    report.print("bytes up and down of a pulled entry", (another.up + another.down) as f64 / pulled.0 as f64, "B");

    let mut waits = Vec::new();
    let mut cursor = pulled.1;
    for round in 0..20 {
        push(&mut connection, form, &world.batch(form, ENTRIES + round * 100..ENTRIES + (round + 1) * 100));
        waits.push(seconds(|| {
            let (records, next) = pull(&mut another, form, Some(cursor.clone()));
            assert_eq!(records, 100);
            cursor = next;
        }));
    }
    report.print("pull of 100 new entries, median", percentile(waits, 50) * 1e3, "ms");

    let first = |client: u64| 100_000 + client * BATCH_OF_MANY;
    let batches: Vec<Vec<u8>> =
        (0..CLIENTS).map(|client| world.batch(form, first(client)..first(client + 1))).collect();
    let connections: Vec<Connection> = (0..CLIENTS).map(|_| open()).collect();
    let mut waits = Vec::new();
    let together = seconds(|| {
        waits = std::thread::scope(|scope| {
            let push_all = |(mut connection, packed): (Connection, &Vec<u8>)| {
                let packed = packed.clone();
                scope.spawn(move || seconds(|| push(&mut connection, form, &packed)))
            };
            let threads: Vec<_> = connections.into_iter().zip(&batches).map(push_all).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
    });
    report.print("push, 50 clients of 200 entries at once", (CLIENTS * BATCH_OF_MANY) as f64 / together, "entries/s");
    report.print("the same, 95th percentile of a client", percentile(waits, 95) * 1e3, "ms");
    ask_for_indicators(&report, &mut connection, "of 22 thousand entries");
    ask_after_changes(&report, &mut connection, &world, "of 22 thousand entries");
    report.print("resident memory after it", server.resident_memory() as f64 / 1024.0, "MB");
    drop(server);
    let verified = env.run(&["verify"], "");
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

fn ask_for_indicators(report: &Report, connection: &mut Connection, of: &str) {
    let places = ["", "&place=5201", "&place=522728", "&place=522728109"];
    for (place, of_what) in places.into_iter().zip(["everywhere", "a city", "a county", "a township"]) {
        let path = format!("/api/v1/indicators?year=2026{place}");
        let waits = (0..500).map(|_| seconds(|| drop(connection.ask("GET", &path, JSON, None)))).collect();
        report.print(&format!("indicators {of}, {of_what}, 99th percentile"), percentile(waits, 99) * 1e3, "ms");
    }
}

/// Measures the query without a cached result: an entry is pushed before each.
fn ask_after_changes(report: &Report, connection: &mut Connection, world: &World, of: &str) {
    let form = Form { name: "json", kind: JSON };
    let ask = |number: u64| {
        push(connection, form, &world.batch(form, FIRST_NEW + number..=FIRST_NEW + number));
        seconds(|| drop(connection.ask("GET", "/api/v1/indicators?year=2026", JSON, None)))
    };
    let waits = (0..200).map(ask).collect();
    report.print(
        &format!("indicators {of}, everywhere, right after a change, 99th percentile"),
        percentile(waits, 99) * 1e3,
        "ms",
    );
}

/// Measures the indicators query on a large database, filled by `jiedui generate`.
fn measure_large(database: Database, entries: u64) {
    let (env, server, api) = served(database);
    let report = Report(database, "json");
    let world = World::of(&api);
    let filling = seconds(|| {
        let output = env.run(&["generate", "--entries", &entries.to_string()], "");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    });
    report.print(&format!("generating {entries} entries"), entries as f64 / filling, "entries/s");
    let mut connection = Connection::open(&server.address, &api.token.clone().unwrap());
    ask_for_indicators(&report, &mut connection, &format!("of {entries} entries"));
    ask_after_changes(&report, &mut connection, &world, &format!("of {entries} entries"));
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let given =
        |name: &str| arguments.iter().position(|argument| argument == name).and_then(|at| arguments.get(at + 1));
    let databases = match given("--database").map(String::as_str) {
        Some("sqlite") => vec![Database::Sqlite],
        Some("postgres") => vec![Database::Postgres],
        _ => vec![Database::Sqlite, Database::Postgres],
    };
    let large = given("--entries").map(|entries| entries.parse().unwrap());
    for database in databases {
        match large {
            Some(entries) => measure_large(database, entries),
            None => {
                for form in [Form { name: "json", kind: JSON }, Form { name: "cbor", kind: CBOR }] {
                    measure(database, form);
                }
            }
        }
    }
}
