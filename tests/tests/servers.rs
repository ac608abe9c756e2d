//! Several servers on one PostgreSQL, a replica behind it, and those who listen.

#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

use jiedui_tests::{Api, Database, Server, TestEnv, replica, survey_put, wait_until};
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
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
            assert!(self.0.read_line(&mut line).unwrap() > 0, "the server has stopped telling");
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
    // Who signs out on one is out on the other.
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
        // By hand: an entry with the next number, its transaction not yet committed.
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
            // A third follows meanwhile: it sees nothing of what is not committed, and goes on from what it saw.
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
        assert!(records.iter().any(|record| record["id"] == json!(id)), "round {round}: the one that was held");
        seen.extend(new_entries(&records));
        cursor = Some(next);
        assert_eq!(seen, pushed, "round {round}");
    }
    assert_eq!(on_other.actual("field_surveys", 2026), 12);
}

#[test]
fn lock_timeout_is_answered_with_retry_after() {
    let env = TestEnv::new(Database::Postgres);
    env.add_user("head", "admin", &[]);
    let server = env.serve(&[]);
    let api = server.sign_in("head");
    let mut psql = Command::new("psql");
    let mut psql = psql.args([&env.url, "-q"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut hand = psql.stdin.take().unwrap();
    writeln!(hand, "BEGIN; SELECT change FROM feed FOR UPDATE;").unwrap();
    let mut line = String::new();
    BufReader::new(psql.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let batch = json!({"client_id": Uuid::now_v7(), "mutations": [survey_put(1, Uuid::now_v7(), 1)]});
    let answer = api.post("/api/v1/sync/push", &batch);
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (503, "5"));
    writeln!(hand, "ROLLBACK;").unwrap();
    drop(hand);
    assert!(psql.wait().unwrap().success());
    assert_eq!(api.post("/api/v1/sync/push", &batch).json::<Value>().unwrap()["results"][0]["outcome"], "applied");
}

/// A session of psql that runs statements and keeps its transaction open.
struct Psql {
    process: Child,
    input: ChildStdin,
}

impl Psql {
    /// Runs statements of which the last returns a row.
    fn start(url: &str, statements: &str) -> Self {
        let mut psql = Command::new("psql");
        psql.args([url, "-q", "-v", "ON_ERROR_STOP=1"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = psql.spawn().unwrap();
        let mut input = process.stdin.take().unwrap();
        writeln!(input, "{statements}").unwrap();
        let mut line = String::new();
        assert!(BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap() > 0, "psql ended");
        Self { process, input }
    }

    fn end(mut self) {
        writeln!(self.input, "ROLLBACK;").unwrap();
        drop(self.input);
        assert!(self.process.wait().unwrap().success());
    }
}

/// Returns status and presence of `Retry-After` of each answer. Fails if one takes longer than `limit`.
fn answers_within(api: &Api, batch: &Value, paths: &[&'static str], limit: Duration) -> Vec<(u16, bool)> {
    std::thread::scope(|scope| {
        let ask = move |path: &'static str| {
            let start = Instant::now();
            let answer = if path == "/api/v1/sync/push" { api.post(path, batch) } else { api.get(path) };
            assert!(start.elapsed() < limit, "{path} took {:?}", start.elapsed());
            (answer.status().as_u16(), answer.headers().contains_key("retry-after"))
        };
        let asked: Vec<_> = paths.iter().map(|path| scope.spawn(move || ask(path))).collect();
        asked.into_iter().map(|asked| asked.join().unwrap()).collect()
    })
}

#[test]
fn locked_table_is_answered_503_within_seconds() {
    let home = TestEnv::new(Database::Postgres);
    home.add_user("head", "admin", &[]);
    let server = home.serve(&[]);
    let api = server.sign_in("head");
    let batch = json!({"client_id": Uuid::now_v7(), "mutations": [survey_put(1, Uuid::now_v7(), 1)]});
    let psql = Psql::start(&home.url, "BEGIN; LOCK TABLE record IN ACCESS EXCLUSIVE MODE; SELECT 1;");
    let paths = ["/api/v1/entries", "/api/v1/sync/pull", "/api/v1/sync/push"];
    assert_eq!(answers_within(&api, &batch, &paths, Duration::from_secs(8)), [(503, true); 3]);
    assert_eq!(api.get("/api/v1/session").status(), 200, "other tables can be read");
    psql.end();
    assert_eq!(answers_within(&api, &batch, &paths, Duration::from_secs(8)), [(200, false); 3]);
}

/// Processes of PostgreSQL that serve a database, stopped until this goes out of scope.
struct StoppedBackends(Vec<String>);

impl StoppedBackends {
    fn stop(url: &str) -> Self {
        let query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        let listed = Command::new("psql").args([url, "-q", "-A", "-t", "-c", query]).output().unwrap();
        let stopped = Self(String::from_utf8(listed.stdout).unwrap().lines().map(str::to_owned).collect());
        assert!(!stopped.0.is_empty());
        stopped.signal("-STOP");
        stopped
    }

    fn signal(&self, signal: &str) {
        // A process may have ended.
        let _ = Command::new("kill").arg(signal).args(&self.0).status();
    }
}

impl Drop for StoppedBackends {
    fn drop(&mut self) {
        self.signal("-CONT");
    }
}

#[test]
fn stopped_postgres_is_answered_within_seconds() {
    let home = TestEnv::new(Database::Postgres);
    home.add_user("head", "admin", &[]);
    let server = home.serve(&[]);
    let api = server.sign_in("head");
    let batch = json!({"client_id": Uuid::now_v7(), "mutations": [survey_put(1, Uuid::now_v7(), 1)]});
    let paths = ["/api/v1/entries", "/api/v1/sync/pull", "/api/v1/sync/push", "/api/v1/session", "/readyz"];
    // Open several connections.
    assert!(answers_within(&api, &batch, &paths, Duration::from_secs(8)).iter().all(|(status, _)| *status == 200));
    let stopped = StoppedBackends::stop(&home.url);
    // A new connection is served by a new process, so an answer can also succeed.
    let answers = answers_within(&api, &batch, &paths, Duration::from_secs(15));
    assert!(answers.iter().all(|answer| [(200, false), (503, true)].contains(answer)), "{answers:?}");
    drop(stopped);
    wait_until("the server is ready again", || (api.get("/readyz").status() == 200).then_some(()));
    assert_eq!(api.post("/api/v1/sync/push", &batch).json::<Value>().unwrap()["results"][0]["outcome"], "applied");
}

/// A proxy to PostgreSQL that can be closed, which refuses connections as a stopped database does, and opened again.
struct Gate {
    port: u16,
    target: String,
    open: Option<(Arc<AtomicBool>, JoinHandle<Vec<TcpStream>>)>,
}

impl Gate {
    fn start(target: &str) -> Self {
        let mut gate = Self { port: 0, target: target.to_owned(), open: None };
        gate.open();
        gate
    }

    fn open(&mut self) {
        let bind = || TcpListener::bind(("127.0.0.1", self.port)).ok();
        let listener = wait_until("the port of the gate", bind);
        self.port = listener.local_addr().unwrap().port();
        let (target, is_closed) = (self.target.clone(), Arc::new(AtomicBool::new(false)));
        let until = is_closed.clone();
        let serve = move || {
            let mut streams = Vec::new();
            for client in listener.incoming() {
                if until.load(Ordering::SeqCst) {
                    break;
                }
                let (client, server) = (client.unwrap(), TcpStream::connect(&target).unwrap());
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    std::thread::spawn(move || {
                        // A connection that was closed ends it.
                        let _ = std::io::copy(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
                streams.extend([client, server]);
            }
            streams
        };
        self.open = Some((is_closed, std::thread::spawn(serve)));
    }

    fn close(&mut self) {
        let (is_closed, serving) = self.open.take().unwrap();
        is_closed.store(true, Ordering::SeqCst);
        // Wakes the listener, which then ends.
        TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        for stream in serving.join().unwrap() {
            // The other side may have closed it.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

#[test]
fn unreachable_postgres_is_reported_within_seconds() {
    let env = TestEnv::new(Database::Postgres);
    env.add_user("head", "admin", &[]);
    let (server_address, database) = env.url.split_once('@').unwrap().1.split_once('/').unwrap();
    let mut gate = Gate::start(server_address);
    let url = format!("postgres://postgres@127.0.0.1:{}/{database}", gate.port);
    let server = env.serve_with(&[], |command| {
        command.env("JIEDUI_DATABASE_URL", &url);
    });
    let api = server.sign_in("head");
    let batch = json!({"client_id": Uuid::now_v7(), "mutations": [survey_put(1, Uuid::now_v7(), 1)]});
    assert_eq!(api.get("/").status(), 200);
    gate.close();
    let ask = |path: &str| {
        let start = Instant::now();
        let answer = if path == "/api/v1/sync/push" { api.post(path, &batch) } else { api.get(path) };
        let retry_after = answer.headers().get("retry-after").is_some();
        assert!(start.elapsed() < Duration::from_secs(12), "{path} took {:?}", start.elapsed());
        (answer.status().as_u16(), retry_after)
    };
    let paths =
        ["/readyz", "/", "/entries", "/api/v1/session", "/api/v1/overview", "/api/v1/entries", "/api/v1/sync/pull"];
    let ask = &ask;
    std::thread::scope(|scope| {
        let pushes = std::iter::repeat_n("/api/v1/sync/push", 20);
        let asked: Vec<_> =
            paths.into_iter().chain(pushes).map(|path| scope.spawn(move || (path, ask(path)))).collect();
        for asked in asked {
            let (path, answer) = asked.join().unwrap();
            assert_eq!(answer, (503, true), "{path}");
        }
    });
    assert_eq!(api.get("/healthz").status(), 200);
    gate.open();
    wait_until("the server is ready again", || (api.get("/readyz").status() == 200).then_some(()));
    assert_eq!(api.post("/api/v1/sync/push", &batch).json::<Value>().unwrap()["results"][0]["outcome"], "applied");
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
    let heard = listener.next();
    assert_eq!(heard, first + 1);
    let (records, _) = api.pull(None, 500);
    assert!(records.iter().any(|record| record["id"] == json!(id)), "who was told can pull it");
    assert_eq!(api.actual("field_surveys", 2026), 3);
    // With its recovery paused the replica stays behind: what is read from it is old, what is written is not lost.
    replica.run("SELECT pg_wal_replay_pause()");
    api.push(Uuid::now_v7(), json!([survey_put(1, Uuid::now_v7(), 4)]));
    assert_eq!(api.actual("field_surveys", 2026), 3, "figures come from the replica");
    replica.run("SELECT pg_wal_replay_resume()");
    assert_eq!(listener.next(), heard + 1);
    wait_until("the replica's catching up", || (api.actual("field_surveys", 2026) == 7).then_some(()));
}
