//! Restores: no acknowledged entry is lost, and a server notices when its file is replaced.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Api, Database, Server, TestEnv, survey_put};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Output;
use uuid::Uuid;

/// Starts a server with one entry, and backs it up to `copy.db`.
fn backed_up() -> (TestEnv, Server, Api, PathBuf) {
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("head", "admin", &[]);
    let server = env.serve(&[]);
    let api = server.sign_in("head");
    api.push(Uuid::now_v7(), json!([survey_put(1, Uuid::now_v7(), 3)]));
    let copy = env.path().join("copy.db");
    assert!(env.run(&["backup", copy.to_str().unwrap()], "").status.success());
    (env, server, api, copy)
}

fn restore(env: &TestEnv, copy: &Path) -> Output {
    env.run(&["restore", copy.to_str().unwrap()], "")
}

/// Names of files in the folder of the database that end so.
fn files(env: &TestEnv, suffix: &str) -> Vec<String> {
    let names = std::fs::read_dir(env.path()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(suffix)).collect()
}

#[test]
fn restore_is_rejected_while_server_runs_and_loses_no_entry() {
    let (env, server, api, copy) = backed_up();
    let refused = restore(&env, &copy);
    assert_eq!(refused.status.code(), Some(2));
    let why = String::from_utf8(refused.stderr).unwrap();
    assert!(why.contains("stop the server") && why.lines().count() == 1, "{why}");
    for seq in 1..=20 {
        let result = api.push(Uuid::now_v7(), json!([survey_put(seq, Uuid::now_v7(), 1)]));
        assert_eq!(result[0]["outcome"], "applied");
    }
    assert_eq!(files(&env, ".restoring"), [""; 0]);
    server.kill();
    let server = env.serve(&[]);
    assert_eq!(server.sign_in("head").actual("field_surveys", 2026), 23);
    drop(server);
    assert_eq!(env.run(&["verify"], "").status.code(), Some(0));
}

#[test]
fn restore_keeps_the_previous_database_of_a_killed_server() {
    let (env, server, api, copy) = backed_up();
    api.push(Uuid::now_v7(), json!([survey_put(1, Uuid::now_v7(), 4)]));
    // Its last entry is in the log alone.
    server.kill();
    assert!(restore(&env, &copy).status.success());
    assert_eq!((files(&env, "-wal"), files(&env, "-shm")), (vec![], vec![]));
    assert_eq!(env.serve(&[]).sign_in("head").actual("field_surveys", 2026), 3);
    let former = env.path().join(files(&env, "").into_iter().find(|name| name.contains("before-restore")).unwrap());
    assert!(restore(&env, &former).status.success());
    assert_eq!(env.serve(&[]).sign_in("head").actual("field_surveys", 2026), 7);
}

#[test]
fn restore_replaces_a_damaged_database() {
    let (env, server, _, copy) = backed_up();
    server.terminate();
    std::fs::write(env.path().join("jiedui.db"), "not a database").unwrap();
    let restored = restore(&env, &copy);
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    assert_eq!(env.serve(&[]).sign_in("head").actual("field_surveys", 2026), 3);
    assert_eq!(files(&env, "").iter().filter(|name| name.contains("before-restore")).count(), 1);
}

#[test]
fn restore_of_invalid_file_changes_nothing() {
    let (env, server, _, copy) = backed_up();
    server.terminate();
    std::fs::write(&copy, "not a database").unwrap();
    let refused = restore(&env, &copy);
    assert!(!refused.status.success());
    assert!(files(&env, "").iter().all(|name| !name.contains("restoring")), "{:?}", files(&env, ""));
    assert_eq!(env.serve(&[]).sign_in("head").actual("field_surveys", 2026), 3);
}

#[test]
fn server_with_replaced_file_accepts_no_entries() {
    let (env, server, api, copy) = backed_up();
    assert_eq!(api.get("/readyz").status(), 200);
    // As an operator may do by hand without `jiedui restore`.
    std::fs::rename(&copy, env.path().join("jiedui.db")).unwrap();
    assert_eq!(api.get("/readyz").status(), 503);
    let body = json!({"client_id": Uuid::now_v7(), "mutations": [survey_put(1, Uuid::now_v7(), 4)]});
    let answer = api.post("/api/v1/sync/push", &body);
    assert_eq!(answer.status(), 503);
    let problem: Value = answer.json().unwrap();
    assert!(problem["detail"].as_str().unwrap().contains("数据库文件已被替换"), "{problem}");
    server.terminate();
}

#[test]
fn serve_names_an_unwritable_data_folder() {
    let env = TestEnv::new(Database::Sqlite);
    let output = env.run(&["serve", "--data-dir", "/proc/jiedui"], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("JIEDUI_DATA_DIR"));
}
