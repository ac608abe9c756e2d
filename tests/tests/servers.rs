//! Several servers on one PostgreSQL, a read replica, and clients that listen for events.

#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

use jiedui_tests::{Api, Database, Server, TestEnv, replica, survey_put, wait_until};
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;
use uuid::Uuid;

/// A client that listens for changes.
struct Listener(BufReader<TcpStream>);

impl Listener {
    fn start(api: &Api) -> Self {
        let mut stream = TcpStream::connect(api.address.strip_prefix("http://").unwrap()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let token = api.token.as_deref().unwrap();
        write!(stream, "GET /api/v1/live HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n").unwrap();
        Self(BufReader::with_capacity(512, stream))
    }

    /// Waits for the next event and returns its change number.
    fn next(&mut self) -> i64 {
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).unwrap() > 0, "the server closed the stream");
            if let Some(id) = line.strip_prefix("id: ") {
                return id.trim().parse().unwrap();
            }
        }
    }
}

fn on(server: &Server, token: &str) -> Api {
    let mut api = server.client();
    api.token = Some(token.to_owned());
    api
}

fn new_entries(records: &[Value]) -> BTreeSet<String> {
    let new = records.iter().filter(|record| record["kind"] == "entry" && record["fields"]["source"].is_null());
    new.map(|record| record["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn two_servers_share_sessions_changes_and_events() {
    let env = TestEnv::new(Database::Postgres);
    env.add_user("head", "admin", &[]);
    let (server, other) = (env.serve(&[]), env.serve(&[]));
    let api = server.sign_in("head");
    let on_other = on(&other, api.token.as_deref().unwrap());
    let mut listener = Listener::start(&on_other);
    let first = listener.next();
    api.push(Uuid::now_v7(), json!([survey_put(1, Uuid::now_v7(), 3)]));
    assert_eq!(listener.next(), first + 1);
    assert_eq!(on_other.actual("field_surveys", 2026), 3);
    // Signing out on one server ends the session on the other.
    assert_eq!(api.request("DELETE", "/api/v1/session").send().unwrap().status(), 204);
    assert_eq!(on_other.get("/api/v1/session").status(), 401);
}

#[test]
fn transaction_held_open_is_never_skipped() {
    let env = TestEnv::new(Database::Postgres);
    env.add_user("head", "admin", &[]);
    let (server, other) = (env.serve(&[]), env.serve(&[]));
    let api = server.sign_in("head");
    let on_other = on(&other, api.token.as_deref().unwrap());
    let (mut pushed, mut cursor, mut seen) = (BTreeSet::new(), None::<String>, BTreeSet::new());
    for round in 0..3 {
        // An entry with the next number, written by psql in a transaction that is not committed.
        let mut psql = Command::new("psql");
        psql.args([&env.url, "-q", "-v", "ON_ERROR_STOP=1"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut psql = psql.spawn().unwrap();
        let id = Uuid::now_v7();
        let mut hand = psql.stdin.take().unwrap();
        writeln!(
            hand,
            "BEGIN; UPDATE feed SET change = change + 1;
             INSERT INTO record (change, id, kind, rev, fields, deleted, created, activity, programme, place, month, state,
                 former, changed, at) SELECT change, '{id}', 'organisation', 1, '{{}}', FALSE, change, '', '', '', '', '',
                 '[]', '[]', 0 FROM feed; SELECT 'held';"
        )
        .unwrap();
        let mut psql_output = BufReader::new(psql.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("held") {
            line.clear();
            assert!(psql_output.read_line(&mut line).unwrap() > 0, "psql ended");
        }
        std::thread::scope(|scope| {
            let pushing: Vec<_> = [&api, &on_other]
                .into_iter()
                .map(|api| {
                    scope.spawn(move || {
                        let (client, ids) = (Uuid::now_v7(), [Uuid::now_v7(), Uuid::now_v7()]);
                        api.push(client, json!([survey_put(1, ids[0], 1), survey_put(2, ids[1], 1)]));
                        ids.map(|id| id.to_string())
                    })
                })
                .collect();
            // A third client pulls meanwhile: it receives nothing uncommitted, and continues from its cursor.
            for _ in 0..5 {
                let (records, next) = api.pull(cursor.as_deref(), 3);
                seen.extend(new_entries(&records));
                cursor = Some(next);
            }
            writeln!(hand, "COMMIT;").unwrap();
            drop(hand);
            assert!(psql.wait().unwrap().success());
            pushed.extend(pushing.into_iter().flat_map(|pushing| pushing.join().unwrap()));
        });
        let (records, next) = api.pull(cursor.as_deref(), 3);
        assert!(records.iter().any(|record| record["id"] == json!(id)), "round {round}: the held record");
        seen.extend(new_entries(&records));
        cursor = Some(next);
        assert_eq!(seen, pushed, "round {round}");
    }
    assert_eq!(on_other.actual("field_surveys", 2026), 12);
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn thousand_listeners_receive_each_change(#[case] database: Database) {
    let env = TestEnv::new(database);
    env.add_user("head", "admin", &[]);
    let server = env.serve(&[]);
    let api = server.sign_in("head");
    let mut listeners: Vec<Listener> = (0..1_000).map(|_| Listener::start(&api)).collect();
    let first = listeners.iter_mut().map(Listener::next).max().unwrap();
    for round in 1..=3 {
        api.push(Uuid::now_v7(), json!([survey_put(1, Uuid::now_v7(), 1)]));
        for listener in &mut listeners {
            assert_eq!(listener.next(), first + round);
        }
    }
    assert_eq!(api.actual("field_surveys", 2026), 3);
}

#[test]
fn replica_serves_reads_and_delays_events_until_caught_up() {
    let env = TestEnv::new(Database::Postgres);
    env.add_user("head", "admin", &[]);
    let replica = replica(&env);
    let server = env.serve_with(&[], |command| {
        command.env("JIEDUI_REPLICA_URL", &replica.url);
    });
    let api = server.sign_in("head");
    let mut listener = Listener::start(&api);
    let first = listener.next();
    let id = Uuid::now_v7();
    api.push(Uuid::now_v7(), json!([survey_put(1, id, 3)]));
    let second = listener.next();
    assert_eq!(second, first + 1);
    let (records, _) = api.pull(None, 500);
    assert!(
        records.iter().any(|record| record["id"] == json!(id)),
        "a client that received the event can pull the entry"
    );
    assert_eq!(api.actual("field_surveys", 2026), 3);
    // With its recovery paused, the replica stays behind: reads are old, and no write is lost.
    replica.run("SELECT pg_wal_replay_pause()");
    api.push(Uuid::now_v7(), json!([survey_put(1, Uuid::now_v7(), 4)]));
    assert_eq!(api.actual("field_surveys", 2026), 3, "figures come from the replica");
    replica.run("SELECT pg_wal_replay_resume()");
    assert_eq!(listener.next(), second + 1);
    wait_until("the replica catches up", || (api.actual("field_surveys", 2026) == 7).then_some(()));
}
