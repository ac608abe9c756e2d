//! Environment of the black-box tests: starts the built program for each test, on a database of that test.

// Only tests use this crate, so a panic here is a failed test.
#![allow(clippy::unwrap_used, clippy::panic)]

mod api;
pub mod fault_proxy;
pub mod import;
pub mod openapi_client;
mod postgres;

pub use api::Api;
pub use postgres::{Replica, replica};

use escargot::CargoBuild;
use reqwest::blocking::Client;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::LazyLock;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use uuid::Uuid;

/// Database of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// SQLite: one file.
    Sqlite,
    /// PostgreSQL: a cluster that the test run starts.
    Postgres,
}

/// Returns the program under test: the one that `JIEDUI_PROGRAM` names, otherwise a build of the present sources.
pub fn program() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        if let Some(program) = std::env::var_os("JIEDUI_PROGRAM") {
            return program.into();
        }
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
        let build = CargoBuild::new().manifest_path(manifest).package("jiedui").bin("jiedui").current_release();
        build.run().unwrap().path().to_owned()
    });
    &PROGRAM
}

/// A new database and data folder, removed after the test.
pub struct TestEnv {
    folder: TempDir,
    /// Value of `JIEDUI_DATABASE_URL`.
    pub url: String,
}

impl TestEnv {
    /// Creates an environment with an empty database.
    pub fn new(database: Database) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = match database {
            Database::Sqlite => format!("sqlite://{}/jiedui.db", folder.path().display()),
            Database::Postgres => postgres::new_database(),
        };
        Self { folder, url }
    }

    /// Creates an environment with accounts: name, role and place of each.
    pub fn with_accounts(database: Database, accounts: &[(&str, &str, &str)]) -> Self {
        let env = Self::new(database);
        for (username, role, place) in accounts {
            env.add_user(username, role, &["--place", place]);
        }
        env
    }

    /// Returns the data folder, which may also contain files of the test.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Returns a command that runs the program on this database.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command
            .args(arguments)
            .env("JIEDUI_DATABASE_URL", &self.url)
            .env("JIEDUI_DATA_DIR", self.folder.path())
            .env("JIEDUI_LISTEN", "127.0.0.1:0")
            .env("RUST_LOG", "warn");
        command
    }

    /// Runs the program with standard input until it ends.
    pub fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A program that ends early does not read its input; the test goes on.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// Runs a statement on the database directly, without the program.
    pub fn sql(&self, statement: &str) {
        match self.url.strip_prefix("sqlite://") {
            Some(file) => {
                let sqlite =
                    Command::new("sqlite3").args(["-cmd", ".timeout 10000", file, statement]).output().unwrap();
                assert!(sqlite.status.success(), "{statement}: {}", String::from_utf8_lossy(&sqlite.stderr));
            }
            None => postgres::run(&self.url, statement),
        }
    }

    /// Returns the query plan, one step a line. PostgreSQL may not use sequential scans, which it prefers for few rows.
    pub fn plan_of(&self, query: &str) -> String {
        let output = match self.url.strip_prefix("sqlite://") {
            Some(file) => {
                Command::new("sqlite3").args([file, &format!("EXPLAIN QUERY PLAN {query}")]).output().unwrap()
            }
            None => {
                let settings = ["-c", "SET enable_seqscan = off", "-c", &format!("EXPLAIN {query}")];
                Command::new("psql").args([&self.url, "-q", "-t"]).args(settings).output().unwrap()
            }
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Inserts verified entries without the program: `count` for each place of the seed, at the place that an expression
    /// names. They are of the first nine days of 2025.
    pub fn insert_entries(&self, database: Database, place: &str, count: u32) {
        let (numbers, id) = match database {
            Database::Sqlite => {
                let numbers = format!("SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < {count}");
                (format!("(WITH RECURSIVE n(i) AS ({numbers}) SELECT i FROM n)"), "randomblob(16)")
            }
            Database::Postgres => (format!("(SELECT i FROM generate_series(1, {count}) AS i)"), "gen_random_uuid()"),
        };
        let number = "feed.change + row_number() OVER (ORDER BY p.code, n.i)";
        self.sql(&format!(
            "INSERT INTO record (change, id, kind, rev, fields, deleted, created, activity, programme, place, month, state,
                former, changed, at, day)
            SELECT {number}, {id}, 'entry', 1, '{{}}', FALSE, {number}, 'field_survey', 'party_building', {place}, '2025-01',
                'verified', '[]', '[]', 0, '2025-01-0' || (1 + n.i % 9) FROM feed CROSS JOIN place p CROSS JOIN {numbers} n"
        ));
        self.sql("UPDATE feed SET change = (SELECT MAX(change) FROM record)");
    }

    /// Adds an account. The password is the name repeated twice.
    pub fn add_user(&self, username: &str, role: &str, more: &[&str]) {
        let arguments = [&["user", "add", "--username", username, "--role", role], more].concat();
        let output = self.run(&arguments, &username.repeat(2));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Starts a server.
    pub fn serve(&self, more: &[&str]) -> Server {
        self.serve_with(more, |_| {})
    }

    /// Starts a server after `change` has adjusted its command, such as the environment.
    pub fn serve_with(&self, more: &[&str], change: impl FnOnce(&mut Command)) -> Server {
        let mut command = self.command(&[&["serve"], more].concat());
        command.stderr(Stdio::piped());
        change(&mut command);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let log = child.stderr.take().map(|log| std::thread::spawn(move || panics_in(log)));
        let mut printed_lines = Vec::new();
        let mut address = String::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if line.starts_with("http://") {
                address = line;
                break;
            }
            printed_lines.push(line);
        }
        assert!(!address.is_empty(), "the server ended before it served");
        Server { child, address, printed_lines, log }
    }
}

/// Passes a server's log on and returns the lines that report a panic.
fn panics_in(log: ChildStderr) -> Vec<String> {
    let lines = BufReader::new(log).lines().map_while(Result::ok).inspect(|line| eprintln!("{line}"));
    lines.filter(|line| line.contains("panicked at")).collect()
}

/// A running server, killed when dropped. Then the test fails if a thread of
/// the server panicked.
pub struct Server {
    /// Reader of the log; `None` where the test reads it.
    log: Option<JoinHandle<Vec<String>>>,
    child: Child,
    /// Address, such as `http://127.0.0.1:40123`.
    pub address: String,
    /// Lines printed before the address.
    pub printed_lines: Vec<String>,
}

impl Server {
    /// Returns a client without a session.
    pub fn client(&self) -> Api {
        // A new connection for each request, so that none to a killed server is reused.
        let client = Client::builder().pool_max_idle_per_host(0).timeout(Duration::from_secs(30)).build().unwrap();
        Api { client, address: self.address.clone(), token: None }
    }

    /// Signs in an account that [`TestEnv::add_user`] added.
    pub fn sign_in(&self, username: &str) -> Api {
        self.sign_in_with(username, &username.repeat(2))
    }

    /// Signs in with a password.
    pub fn sign_in_with(&self, username: &str, password: &str) -> Api {
        let mut api = self.client();
        let body = json!({"username": username, "password": password});
        let answer = api.post("/api/v1/session", &body);
        assert_eq!(answer.status(), 200, "{username} cannot sign in");
        api.token = answer.json::<Value>().unwrap()["token"].as_str().map(str::to_owned);
        api
    }

    /// Kills the server, as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Returns the resident memory in KB.
    pub fn resident_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Returns the peak resident memory in KB.
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Sends SIGTERM and returns the exit code.
    pub fn terminate(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails if a test has ended the server.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let panics = self.log.take().map(|log| log.join().unwrap());
        if !std::thread::panicking() {
            assert_eq!(panics.unwrap_or_default(), [""; 0], "the server panicked");
        }
    }
}

/// Starts a server on a new database and signs in `head`, its administrator.
pub fn served(database: Database) -> (TestEnv, Server, Api) {
    let env = TestEnv::new(database);
    env.add_user("head", "admin", &[]);
    let server = env.serve(&[]);
    let api = server.sign_in("head");
    (env, server, api)
}

/// Returns a put of a new field survey in Moyang Town.
pub fn survey_put(seq: u64, id: Uuid, times: u64) -> Value {
    json!({"seq": seq, "kind": "entry", "id": id, "base_rev": 0, "op": "put", "fields": {
        "activity": "field_survey", "date": "2026-11-20", "place": "522728109", "pairing": null, "organisation": null,
        "values": {"times": times}, "note": "入户走访", "state": "submitted", "attachments": []}})
}

/// Returns the bytes of a photo, different for each number, and their hash.
pub fn photo(number: u8, size: usize) -> (Vec<u8>, String) {
    use sha2::Digest;
    let bytes: Vec<u8> = [0xff, 0xd8, 0xff, number].into_iter().chain((4..size).map(|at| (at % 251) as u8)).collect();
    let hash = sha2::Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    (bytes, hash)
}

/// Waits until `look` returns a value; panics after a minute.
pub fn wait_until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = look() {
            return value;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "waited a minute for {what}");
        std::thread::yield_now();
    }
}
