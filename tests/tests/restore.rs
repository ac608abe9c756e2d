//! A restore loses nothing that was acknowledged, and a server notices when its file is replaced.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Api, Database, Home, Server, survey};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Output;
use uuid::Uuid;

/// A server with one entry, of which `copy.db` is a backup.
fn backed_up() -> (Home, Server, Api, PathBuf) {
    let home = Home::new(Database::Sqlite);
    home.add_user("head", "admin", &[]);
    let server = home.serve(&[]);
    let api = server.sign_in("head");
    api.push(Uuid::now_v7(), json!([survey(1, Uuid::now_v7(), 3)]));
    let copy = home.path().join("copy.db");
    assert!(home.run(&["backup", copy.to_str().unwrap()], "").status.success());
    (home, server, api, copy)
}

fn restore(home: &Home, copy: &Path) -> Output {
    home.run(&["restore", copy.to_str().unwrap()], "")
}

/// Names of files in the folder of the database that end so.
fn files(home: &Home, suffix: &str) -> Vec<String> {
    let names = std::fs::read_dir(home.path()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(suffix)).collect()
}

#[test]
fn restore_refuses_while_a_server_runs_and_loses_no_entry() {
    let (home, server, api, copy) = backed_up();
    let refused = restore(&home, &copy);
    assert_eq!(refused.status.code(), Some(2));
    let why = String::from_utf8(refused.stderr).unwrap();
    assert!(why.contains("stop the server") && why.lines().count() == 1, "{why}");
    for seq in 1..=20 {
        let result = api.push(Uuid::now_v7(), json!([survey(seq, Uuid::now_v7(), 1)]));
        assert_eq!(result[0]["outcome"], "applied");
    }
    assert_eq!(files(&home, ".restoring"), [""; 0]);
    server.kill();
    let server = home.serve(&[]);
    assert_eq!(server.sign_in("head").actual("field_surveys", 2026), 23);
    drop(server);
    assert_eq!(home.run(&["verify"], "").status.code(), Some(0));
}

#[test]
fn restore_keeps_the_entries_of_a_killed_server_beside_it() {
    let (home, server, api, copy) = backed_up();
    api.push(Uuid::now_v7(), json!([survey(1, Uuid::now_v7(), 4)]));
    // Its last entry is in the log alone.
    server.kill();
    assert!(restore(&home, &copy).status.success());
    assert_eq!((files(&home, "-wal"), files(&home, "-shm")), (vec![], vec![]));
    assert_eq!(home.serve(&[]).sign_in("head").actual("field_surveys", 2026), 3);
    let former = home.path().join(files(&home, "").into_iter().find(|name| name.contains("before-restore")).unwrap());
    assert!(restore(&home, &former).status.success());
    assert_eq!(home.serve(&[]).sign_in("head").actual("field_surveys", 2026), 7);
}

#[test]
fn restore_replaces_a_damaged_database() {
    let (home, server, _, copy) = backed_up();
    server.terminate();
    std::fs::write(home.path().join("jiedui.db"), "not a database").unwrap();
    let restored = restore(&home, &copy);
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    assert_eq!(home.serve(&[]).sign_in("head").actual("field_surveys", 2026), 3);
    assert_eq!(files(&home, "").iter().filter(|name| name.contains("before-restore")).count(), 1);
}

#[test]
fn restore_of_no_database_changes_nothing() {
    let (home, server, _, copy) = backed_up();
    server.terminate();
    std::fs::write(&copy, "not a database").unwrap();
    let refused = restore(&home, &copy);
    assert!(!refused.status.success());
    assert!(files(&home, "").iter().all(|name| !name.contains("restoring")), "{:?}", files(&home, ""));
    assert_eq!(home.serve(&[]).sign_in("head").actual("field_surveys", 2026), 3);
}

#[test]
fn server_whose_file_was_replaced_takes_no_more_entries() {
    let (home, server, api, copy) = backed_up();
    assert_eq!(api.get("/readyz").status(), 200);
    // As somebody does by hand who does not know `restore`.
    std::fs::rename(&copy, home.path().join("jiedui.db")).unwrap();
    assert_eq!(api.get("/readyz").status(), 503);
    let body = json!({"client_id": Uuid::now_v7(), "mutations": [survey(1, Uuid::now_v7(), 4)]});
    let answer = api.post("/api/v1/sync/push", &body);
    assert_eq!(answer.status(), 503);
    let problem: Value = answer.json().unwrap();
    assert!(problem["detail"].as_str().unwrap().contains("数据库文件已被替换"), "{problem}");
    server.terminate();
}

#[test]
fn serve_names_a_data_folder_that_cannot_be_written() {
    let home = Home::new(Database::Sqlite);
    let output = home.run(&["serve", "--data-dir", "/proc/jiedui"], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("JIEDUI_DATA_DIR"));
}
