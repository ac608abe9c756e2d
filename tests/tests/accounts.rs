//! Accounts on the command line: their names, their places, and those of the demonstration.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Database, TestEnv};
use serde_json::json;

#[test]
fn user_name_that_differs_only_in_spelling_is_taken() {
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("admin", "admin", &[]);
    for name in ["Admin", "ａdmin", " admin"] {
        let output = env.run(&["user", "add", "--username", name, "--role", "viewer"], "longenough");
        assert_eq!(output.status.code(), Some(2), "{name}");
    }
}

#[test]
fn accounts_of_earlier_versions_are_found_by_spelling() {
    let env = TestEnv::new(Database::Postgres);
    for name in ["village", "town", "other"] {
        env.add_user(name, "recorder", &["--place", "522728109"]);
    }
    // As an earlier version accepted them.
    for change in ["username = 'Village ' WHERE username = 'village'", "username = 'Town' WHERE username = 'other'"] {
        let statement = format!("UPDATE account SET {change}");
        let psql = std::process::Command::new("psql").args([&env.url, "-c", &statement]).output().unwrap();
        assert!(psql.status.success());
    }
    let server = env.serve(&[]);
    let who = |typed: &str, password: &str| {
        server.sign_in_with(typed, password).read("/api/v1/session")["user"]["username"].clone()
    };
    assert_eq!(who("village", "villagevillage"), "village");
    // Two accounts with the same canonical spelling stay separate.
    assert_eq!(who("town", "towntown"), "town");
    assert_eq!(who("Town", "otherother"), "Town");
}

#[test]
fn demonstration_keeps_existing_accounts_of_its_names() {
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("admin", "admin", &[]);
    let server = env.serve(&["--demo"]);
    let named =
        |name: &str| server.printed_lines.iter().find(|line| line.trim_start().starts_with(name)).unwrap().clone();
    assert!(named("admin").contains("stays unchanged"), "{:?}", server.printed_lines);
    assert_eq!(server.sign_in("admin").get("/api/v1/session").status(), 200);
    let password = named("recorder").trim().split_once(' ').unwrap().1.trim().to_owned();
    let before = server.sign_in_with("recorder", &password);
    // Started again, it prints another password, and who was in stays in.
    drop(server);
    let again = env.serve(&["--demo"]);
    assert_eq!(before.through(&again.address).get("/api/v1/session").status(), 200);
    let body = json!({"username": "recorder", "password": password});
    assert_eq!(again.client().post("/api/v1/session", &body).status(), 401);
}

#[test]
fn recorder_without_a_place_causes_a_warning() {
    let env = TestEnv::new(Database::Sqlite);
    let add = |name: &str, more: &[&str]| {
        let arguments = [&["user", "add", "--username", name, "--role", "recorder"], more].concat();
        let output = env.run(&arguments, "longenough");
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(add("one", &[]).contains("everywhere"));
    assert_eq!(add("two", &["--everywhere"]), "");
    assert_eq!(add("three", &["--place", "522728109"]), "");
}
