//! Logs: each request has an identifier, and no line contains personal data.

#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

use jiedui_tests::{Database, Server, TestEnv, photo, survey_put};
use rstest::rstest;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::PathBuf;
use uuid::Uuid;

const USERNAME: &str = "zhangsanfeng";
const NAME: &str = "张三丰同志";
const NOTE: &str = "李四家的电话是十三八";

/// Starts a server that logs to a file.
fn logging(env: &TestEnv, filter: &str, format: &str) -> (Server, PathBuf) {
    let log = env.path().join("server.log");
    let file = File::create(&log).unwrap();
    let server = env.serve_with(&[], |command| {
        command.env("RUST_LOG", filter).env("JIEDUI_LOG_FORMAT", format).stderr(file);
    });
    (server, log)
}

/// Returns the identifier of a response.
fn id_of(answer: &reqwest::blocking::Response) -> String {
    answer.headers()["x-request-id"].to_str().unwrap().to_owned()
}

#[rstest]
#[case("debug", "text", Database::Sqlite)]
#[case("debug", "json", Database::Postgres)]
fn logs_contain_no_names_notes_or_tokens(#[case] filter: &str, #[case] format: &str, #[case] database: Database) {
    let env = TestEnv::new(database);
    env.add_user(USERNAME, "admin", &["--name", NAME]);
    let (server, log) = logging(&env, filter, format);
    let (client, api) = (server.client(), server.sign_in(USERNAME));
    let token = api.token.clone().unwrap();
    let mut ids = Vec::new();
    let wrong = json!({"username": USERNAME, "password": "wrong-password-9"});
    ids.push(id_of(&client.post("/api/v1/session", &wrong)));
    let (phone, id) = (Uuid::now_v7(), Uuid::now_v7());
    let mut entry = survey_put(1, id, 3);
    entry["fields"]["note"] = json!(NOTE);
    api.push(phone, json!([entry]));
    // Rejected, in conflict, and no push at all.
    let put = |seq: u64, rev: u64, fields: Value| json!([{"seq": seq, "kind": "entry", "id": id, "base_rev": rev, "op": "put", "fields": fields}]);
    api.push(phone, put(2, 1, json!({"note": [NOTE]})));
    api.push(phone, put(3, 9, json!({"note": NOTE})));
    ids.push(id_of(&api.post("/api/v1/sync/push", &json!({"client_id": NOTE, "mutations": NOTE}))));
    let share = api.post("/api/v1/shares", &json!({"query": "year=2026", "days": 7}));
    ids.push(id_of(&share));
    assert!(share.status().is_success(), "{}", share.text().unwrap());
    let share: Value = share.json().unwrap();
    let link = share["path"].as_str().unwrap().rsplit('/').next().unwrap();
    ids.push(id_of(&client.get(&format!("/s/{link}"))));
    let hash = photo(1, 3_000).1;
    for path in [
        &format!("/api/v1/entries?q={NOTE}"),
        &format!("/api/v1/export/entries.csv?q={NOTE}"),
        &format!("/entries?q={NOTE}"),
        &format!("/api/v1/{token}"),
        &format!("/{token}?token={token}"),
        &format!("/api/v1/attachments/{hash}"),
        &"/api/v1/map?year=nonsense".to_owned(),
        &"/healthz".to_owned(),
    ] {
        ids.push(id_of(&api.get(path)));
    }
    // A record that cannot be read is reported without its content.
    drop(server);
    env.sql(&format!("UPDATE record SET fields = '{{\"note\":[\"{NOTE}\"],\"activity\":\"{NOTE}\"}}' WHERE kind = 'entry' AND fields LIKE '%{NOTE}%'"));
    let text = fs::read_to_string(&log).unwrap();
    let (server, log) = logging(&env, filter, format);
    let api = server.sign_in(USERNAME);
    let later = api.token.clone().unwrap();
    api.get(&format!("/api/v1/entries/{id}"));
    api.get("/api/v1/sync/pull");
    drop(server);
    let text = text + &fs::read_to_string(log).unwrap();
    for id in &ids {
        assert!(text.contains(id), "{id}");
    }
    for secret in [USERNAME, NAME, NOTE, "wrong-password-9", &USERNAME.repeat(2), &token, &later, link] {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "contains {secret}");
    }
}

#[test]
fn json_log_has_an_object_a_line_with_request_and_result() {
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("head", "admin", &[]);
    let (server, log) = logging(&env, "info", "json");
    let api = server.sign_in("head");
    let given = Uuid::now_v7().to_string();
    let answer = api.request("GET", "/api/v1/entries?limit=1").header("x-request-id", &given).send().unwrap();
    assert_eq!(id_of(&answer), given, "the proxy's identifier");
    let spoofed = api.request("GET", "/api/v1/nothing").header("x-request-id", "head").send().unwrap();
    assert!(Uuid::parse_str(&id_of(&spoofed)).is_ok());
    drop(server);
    let text = fs::read_to_string(log).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |id: &str| lines.iter().find(|line| line["span"]["id"] == id).unwrap_or_else(|| panic!("{text}"));
    let line = of(&given);
    assert_eq!((&line["span"]["method"], &line["span"]["route"]), (&json!("GET"), &json!("/api/v1/entries")));
    assert_eq!((&line["status"], &line["level"]), (&json!(200), &json!("INFO")));
    assert!(line["milliseconds"].is_u64() && line["timestamp"].is_string());
    assert_eq!(of(&id_of(&spoofed))["status"], 404);
}
