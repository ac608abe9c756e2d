//! Full disk: writes fail, and succeed again once there is space.
//!
//! The disk is a tmpfs. Where the test may not mount one, it runs itself again in a user namespace of its own, which needs
//! no rights. Where that is not allowed either, it prints that it was skipped; with `JIEDUI_REQUIRE_TMPFS` set it
//! fails.

#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

use jiedui_tests::{Database, Server, TestEnv, survey_put, wait_until};
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use uuid::Uuid;

/// A small disk, unmounted when dropped.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: PathBuf, size: &str) -> Option<Self> {
        fs::create_dir_all(&at).unwrap();
        let options = format!("size={size}");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&at).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(at))
    }

    fn enlarge(&self, size: &str) {
        let options = format!("remount,size={size}");
        assert!(Command::new("mount").args(["-o", &options]).arg(&self.0).status().unwrap().success());
    }

    /// Leaves no room for anything.
    fn fill(&self) {
        let mut file = fs::File::create(self.0.join("filler")).unwrap();
        for size in [1 << 16, 1 << 12, 1] {
            let chunk = vec![0; size];
            while file.write_all(&chunk).is_ok() {}
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Environment variable of a test that runs in its namespace.
const IN_NAMESPACE: &str = "JIEDUI_TEST_NAMESPACE";

/// Runs a test of this file again, as root of a new user and mount namespace.
///
/// # Panics
///
/// If the test fails there, or if namespaces are not allowed and the environment requires the test.
fn run_in_namespace(test: &str) {
    let unshare = |program: &Path| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount"]).arg(program).env(IN_NAMESPACE, "1");
        command
    };
    let mount = unshare(Path::new("mount")).args(["-t", "tmpfs", "tmpfs", "/mnt"]).output();
    if mount.is_ok_and(|output| output.status.success()) {
        let this = std::env::current_exe().unwrap();
        let output = unshare(&this).args([&format!("full_disk::{test}"), "--exact", "--nocapture"]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        assert!(text.contains("1 passed"), "{test} did not run in the namespace: {text}");
        return;
    }
    let reason = format!("{test}: neither a tmpfs nor a user namespace is allowed here");
    assert!(std::env::var_os("JIEDUI_REQUIRE_TMPFS").is_none(), "{reason}");
    // Written to the stream itself, which the test harness does not capture.
    let mut stderr = std::io::stderr();
    writeln!(stderr, "SKIPPED {reason}").unwrap();
}

/// Starts a server with its database on a small disk.
fn on_small_disk(env: &mut TestEnv) -> Option<(Disk, Server)> {
    let folder = env.path().join("disk");
    let disk = Disk::mount(folder.clone(), "24m");
    assert!(disk.is_some() || std::env::var_os(IN_NAMESPACE).is_none(), "no tmpfs in the namespace");
    let disk = disk?;
    env.url = format!("sqlite://{}", folder.join("jiedui.db").display());
    env.add_user("head", "admin", &[]);
    let server = env.serve_with(&[], |command| {
        command.env("JIEDUI_DATA_DIR", Path::new(&folder));
    });
    Some((disk, server))
}

#[test]
fn server_writes_again_once_a_full_disk_has_room() {
    let mut env = TestEnv::new(Database::Sqlite);
    let Some((disk, server)) = on_small_disk(&mut env) else {
        return run_in_namespace("server_writes_again_once_a_full_disk_has_room");
    };
    let head = server.sign_in("head");
    let (client, mut pushed) = (Uuid::now_v7(), 1);
    head.push(client, json!([survey_put(pushed, Uuid::now_v7(), 1)]));
    disk.fill();
    // Writes succeed while the log has space.
    let refused = loop {
        let long = "长".repeat(300);
        let mut batch = Vec::new();
        for _ in 0..50 {
            pushed += 1;
            let mut put = survey_put(pushed, Uuid::now_v7(), 1);
            put["fields"]["note"] = json!(long);
            batch.push(put);
        }
        let answer = head.post("/api/v1/sync/push", &json!({"client_id": client, "mutations": batch}));
        if answer.status() != 200 {
            break answer;
        }
        assert!(pushed < 100_000, "the disk does not get full");
    };
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
    assert!(refused.json::<Value>().unwrap()["detail"].as_str().unwrap().contains("磁盘已满"));
    let written = pushed - 50;
    // Stored data is readable, and sessions stay valid.
    assert_eq!(head.actual("field_surveys", 2026), written);
    assert_eq!(head.get("/api/v1/session").status(), 200);
    assert_eq!(head.get("/api/v1/entries?limit=1").status(), 200);
    // A sheet is written to the disk first; the server's log has no panic.
    assert_eq!(head.get("/api/v1/export/entries.xlsx").status(), 507);
    assert_eq!(head.get("/api/v1/export/entries.csv").status(), 200);
    assert_eq!(server.client().get("/healthz").status(), 200);
    assert_eq!(server.client().get("/readyz").status(), 503);
    let wrong = json!({"username": "head", "password": "wrong"});
    assert_eq!(server.client().post("/api/v1/session", &wrong).status(), 401);
    let right = json!({"username": "head", "password": "headhead"});
    let answer = server.client().post("/api/v1/session", &right);
    assert_eq!(answer.status(), 503);
    assert!(answer.json::<Value>().unwrap()["detail"].as_str().unwrap().contains("磁盘已满"));
    disk.enlarge("120m");
    wait_until("the server is ready again", || (server.client().get("/readyz").status() == 200).then_some(()));
    let results = head.push(client, json!([survey_put(pushed + 1, Uuid::now_v7(), 1)]));
    assert_eq!(results[0]["outcome"], "applied");
    assert_eq!(server.sign_in("head").actual("field_surveys", 2026), written + 1);
    drop(server);
    assert_eq!(env.run(&["verify"], "").status.code(), Some(0));
}
