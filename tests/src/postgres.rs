//! PostgreSQL of a test run: a temporary cluster, from the system's package.

use crate::TestEnv;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use uuid::Uuid;

/// A running cluster.
struct Postgres {
    folder: PathBuf,
    port: u16,
}

/// Returns the server of this test binary: started at the first call in a temporary folder, stopped when the tests have
/// ended. It sorts as a Chinese database does, so that nothing relies on byte order by accident.
fn postgres() -> &'static Postgres {
    static POSTGRES: OnceLock<Postgres> = OnceLock::new();
    POSTGRES.get_or_init(|| {
        let folder = new_folder();
        let make = format!(
            "{}/initdb -D {}/data -A trust -U postgres --no-sync -E UTF8 --locale-provider=icu --icu-locale=zh-CN",
            programs().display(),
            folder.display()
        );
        start(folder, &make)
    })
}

fn new_folder() -> PathBuf {
    let folder = tempfile::Builder::new().prefix("jiedui-postgres-").tempdir().unwrap().keep();
    if is_root() {
        assert!(Command::new("chown").arg("postgres").arg(&folder).status().unwrap().success());
    }
    folder
}

/// Makes a server's data in `folder`/data by a command, and starts it.
fn start(folder: PathBuf, make: &str) -> Postgres {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (bin, at) = (programs(), folder.display());
    let bin = bin.display();
    let script = format!(
        "cd {at} && {make} >make.log 2>&1 && \
         {bin}/pg_ctl -D {at}/data -w -l postgres.log -o '-h 127.0.0.1 -p {port} -k {at}' start >start.log 2>&1"
    );
    assert!(as_user(&script).status().unwrap().success(), "PostgreSQL does not start; see {at}");
    // It ends by itself with the process that needs it: a watcher outlives the tests by a moment.
    let stop = format!("{bin}/pg_ctl -D {at}/data -m immediate stop");
    let stop = if is_root() { format!("setpriv --reuid=postgres --clear-groups {stop}") } else { stop };
    let id = std::process::id();
    let watch = format!("while kill -0 {id} 2>/dev/null; do sleep 0.2; done; {stop}; rm -rf {at}");
    let mut watcher = Command::new("setsid");
    watcher.args(["bash", "-c", &watch]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let watcher = watcher.spawn().unwrap();
    // It ends after this process, so the process cannot wait for it.
    std::mem::forget(watcher);
    Postgres { folder, port }
}

/// Returns whether the user is root, as which PostgreSQL refuses to run.
fn is_root() -> bool {
    String::from_utf8(Command::new("id").arg("-u").output().unwrap().stdout).unwrap().trim() == "0"
}

fn as_user(script: &str) -> Command {
    let mut command = Command::new(if is_root() { "su" } else { "bash" });
    if is_root() {
        command.args(["postgres", "-s", "/bin/bash"]);
    }
    command.args(["-c", script]);
    command
}

fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").unwrap();
    let mut folders: Vec<PathBuf> = versions.map(|version| version.unwrap().path().join("bin")).collect();
    folders.retain(|folder: &PathBuf| Path::new(folder).join("initdb").exists());
    folders.sort();
    folders.pop().unwrap()
}

/// Runs a statement on a database.
pub fn run(url: &str, statement: &str) {
    let psql = Command::new("psql").args([url, "-q", "-c", statement]).stdout(Stdio::null()).status().unwrap();
    assert!(psql.success(), "{statement}");
}

/// Creates a database and returns its address.
pub fn new_database() -> String {
    let cluster = postgres();
    let name = format!("jiedui_{}", Uuid::now_v7().simple());
    run(&format!("postgres://postgres@127.0.0.1:{}/postgres", cluster.port), &format!("CREATE DATABASE {name}"));
    format!("postgres://postgres@127.0.0.1:{}/{name}", cluster.port)
}

/// A PostgreSQL that follows another.
pub struct Replica {
    /// Value of `JIEDUI_REPLICA_URL`.
    pub url: String,
}

impl Replica {
    /// Runs a statement on it.
    pub fn run(&self, statement: &str) {
        run(&self.url, statement);
    }
}

/// Starts a replica of the PostgreSQL that contains the database of a test environment.
pub fn replica(env: &TestEnv) -> Replica {
    let cluster = postgres();
    let name = env.url.rsplit('/').next().unwrap();
    let folder = new_folder();
    let make = format!(
        "{}/pg_basebackup -D {}/data -h {} -p {} -U postgres -R -X stream -c fast",
        programs().display(),
        folder.display(),
        cluster.folder.display(),
        cluster.port
    );
    let replica = start(folder, &make);
    Replica { url: format!("postgres://postgres@127.0.0.1:{}/{name}", replica.port) }
}
