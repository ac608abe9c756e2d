//! Shared code of the black-box tests: the real program, started for each test on its own database.

// This crate is nothing but tests: what fails here is a test that fails.
#![allow(clippy::unwrap_used, clippy::panic)]

pub mod line;
mod postgres;

pub use postgres::{Replica, replica};

use escargot::CargoBuild;
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use uuid::Uuid;

/// Database of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// One file.
    Sqlite,
    /// A PostgreSQL of this test run's own.
    Postgres,
}

/// The program under test: the one that `JIEDUI_PROGRAM` names, else built from the sources as they are now.
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

/// A database of its own, and a folder for photos.
pub struct Home {
    folder: TempDir,
    /// Value of `JIEDUI_DATABASE_URL`.
    pub url: String,
}

impl Home {
    /// An empty one.
    pub fn new(database: Database) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = match database {
            Database::Sqlite => format!("sqlite://{}/jiedui.db", folder.path().display()),
            Database::Postgres => postgres::new_database(),
        };
        Self { folder, url }
    }

    /// Where files of the test may lie.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The program on this database, not yet started.
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

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A program that ends early does not read it: that is no failure of the test.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// Runs a statement on the database, behind the program's back.
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

    /// How the database finds what a query asks for, one step a line. Scans that pay for few rows are not considered.
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

    /// Adds an account; its password is its name twice.
    pub fn add_user(&self, username: &str, role: &str, more: &[&str]) {
        let arguments = [&["user", "add", "--username", username, "--role", role], more].concat();
        let output = self.run(&arguments, &username.repeat(2));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Starts a server on it.
    pub fn serve(&self, more: &[&str]) -> Server {
        self.serve_with(more, |_| {})
    }

    /// Starts a server on it, its environment changed.
    pub fn serve_with(&self, more: &[&str], change: impl FnOnce(&mut Command)) -> Server {
        let mut command = self.command(&[&["serve"], more].concat());
        change(&mut command);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut said = Vec::new();
        let mut address = String::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if line.starts_with("http://") {
                address = line;
                break;
            }
            said.push(line);
        }
        assert!(!address.is_empty(), "the server ended before it served");
        Server { child, address, said }
    }
}

/// A running server. It is stopped when it goes out of scope.
pub struct Server {
    child: Child,
    /// Such as `http://127.0.0.1:40123`.
    pub address: String,
    /// Lines printed before the address.
    pub said: Vec<String>,
}

impl Server {
    /// Returns a client without a session.
    pub fn client(&self) -> Api {
        // A new connection each time: a server that was killed leaves none behind to be used again.
        let client = Client::builder().pool_max_idle_per_host(0).timeout(Duration::from_secs(30)).build().unwrap();
        Api { client, address: self.address.clone(), token: None }
    }

    /// Signs in an account that [`Home::add_user`] added.
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

    /// Ends it at once, as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Its resident memory, in KB.
    pub fn resident_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// The most resident memory that it has had, in KB.
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Asks it to end and gives its exit code.
    pub fn terminate(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already where a test has ended it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The API as another program uses it.
#[derive(Clone)]
pub struct Api {
    client: Client,
    /// Of the server, such as `http://127.0.0.1:40123`.
    pub address: String,
    /// The bearer token.
    pub token: Option<String>,
}

impl Api {
    /// A request that can still be changed.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let request = self.client.request(method.parse().unwrap(), format!("{}{path}", self.address));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Returns the same client at another address.
    pub fn through(&self, address: &str) -> Self {
        Self { address: address.to_owned(), ..self.clone() }
    }

    /// Sends a GET request and returns any response.
    pub fn get(&self, path: &str) -> Response {
        self.request("GET", path).send().unwrap()
    }

    /// GET that must succeed, as JSON.
    pub fn read(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().unwrap()
    }

    /// Posts JSON and returns any response.
    pub fn post(&self, path: &str, body: &Value) -> Response {
        self.request("POST", path).json(body).send().unwrap()
    }

    /// A push that must succeed: its results.
    pub fn push(&self, client: Uuid, mutations: Value) -> Vec<Value> {
        let answer = self.post("/api/v1/sync/push", &json!({"client_id": client, "mutations": mutations}));
        assert_eq!(answer.status(), 200);
        answer.json::<Value>().unwrap()["results"].as_array().unwrap().clone()
    }

    /// Follows the feed to its end: the records, and the cursor there.
    pub fn pull(&self, cursor: Option<&str>, limit: usize) -> (Vec<Value>, String) {
        let mut cursor = cursor.map(str::to_owned);
        let mut records = Vec::new();
        loop {
            let after = cursor.as_deref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let answer = self.read(&format!("/api/v1/sync/pull?limit={limit}{after}"));
            records.extend(answer["records"].as_array().unwrap().clone());
            let next = answer["cursor"].as_str().unwrap().to_owned();
            if answer["more"] == false {
                return (records, next);
            }
            cursor = Some(next);
        }
    }

    /// The actual of an indicator.
    pub fn actual(&self, code: &str, year: i32) -> Value {
        let answer = self.read(&format!("/api/v1/indicators?year={year}"));
        let indicators = answer["indicators"].as_array().unwrap();
        indicators.iter().find(|indicator| indicator["code"] == code).unwrap()["actual"].clone()
    }
}

/// A server on a database of its own, and `head`, its administrator, signed in.
pub fn served(database: Database) -> (Home, Server, Api) {
    let home = Home::new(database);
    home.add_user("head", "admin", &[]);
    let server = home.serve(&[]);
    let api = server.sign_in("head");
    (home, server, api)
}

/// A put of a new field survey in Moyang Town.
pub fn survey(seq: u64, id: Uuid, times: u64) -> Value {
    json!({"seq": seq, "kind": "entry", "id": id, "base_rev": 0, "op": "put", "fields": {
        "activity": "field_survey", "date": "2026-11-20", "place": "522728109", "pairing": null, "organisation": null,
        "values": {"times": times}, "note": "入户走访", "state": "submitted", "attachments": []}})
}

/// Waits until something is so; fails when it takes longer than a minute.
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{what} does not come to pass");
        std::thread::yield_now();
    }
}
