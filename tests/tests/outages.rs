//! A PostgreSQL that is locked, stopped or unreachable: requests are answered with 503 within seconds.

#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

use jiedui_tests::{Api, Database, TestEnv, survey_put, wait_until};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use uuid::Uuid;

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
fn lock_timeout_is_answered_with_retry_after() {
    let env = TestEnv::new(Database::Postgres);
    env.add_user("head", "admin", &[]);
    let server = env.serve(&[]);
    let api = server.sign_in("head");
    let psql = Psql::start(&env.url, "BEGIN; SELECT change FROM feed FOR UPDATE;");
    let batch = json!({"client_id": Uuid::now_v7(), "mutations": [survey_put(1, Uuid::now_v7(), 1)]});
    let answer = api.post("/api/v1/sync/push", &batch);
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (503, "5"));
    psql.end();
    assert_eq!(api.post("/api/v1/sync/push", &batch).json::<Value>().unwrap()["results"][0]["outcome"], "applied");
}

#[test]
fn locked_table_is_answered_503_within_seconds() {
    let env = TestEnv::new(Database::Postgres);
    env.add_user("head", "admin", &[]);
    let server = env.serve(&[]);
    let api = server.sign_in("head");
    let batch = json!({"client_id": Uuid::now_v7(), "mutations": [survey_put(1, Uuid::now_v7(), 1)]});
    let psql = Psql::start(&env.url, "BEGIN; LOCK TABLE record IN ACCESS EXCLUSIVE MODE; SELECT 1;");
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
    let env = TestEnv::new(Database::Postgres);
    env.add_user("head", "admin", &[]);
    let server = env.serve(&[]);
    let api = server.sign_in("head");
    let batch = json!({"client_id": Uuid::now_v7(), "mutations": [survey_put(1, Uuid::now_v7(), 1)]});
    let paths = ["/api/v1/entries", "/api/v1/sync/pull", "/api/v1/sync/push", "/api/v1/session", "/readyz"];
    // Open several connections.
    assert!(answers_within(&api, &batch, &paths, Duration::from_secs(8)).iter().all(|(status, _)| *status == 200));
    let stopped = StoppedBackends::stop(&env.url);
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
