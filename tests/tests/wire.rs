//! Wire formats of the sync: JSON and CBOR, snapshot and pages, versions, and cursors after a restore.

#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

use jiedui_tests::{Api, Database, TestEnv, survey_put};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn snapshot_equals_the_pulled_pages(#[case] database: Database) {
    let env = TestEnv::new(database);
    env.add_user("head", "admin", &[]);
    assert!(env.run(&["generate", "--entries", "1300"], "").status.success());
    let server = env.serve(&[]);
    let api = server.sign_in("head");
    let (records, cursor) = api.pull(None, 700);
    let entries = records.iter().filter(|record| record["kind"] == "entry" && record["fields"]["source"].is_null());
    assert_eq!(entries.count(), 1300);
    let lines = api.get("/api/v1/sync/snapshot");
    assert_eq!(lines.headers()["content-type"], "application/x-ndjson");
    let pages: Vec<Value> = lines.text().unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(pages.len() >= 3);
    let joined: Vec<&Value> = pages.iter().flat_map(|page| page["records"].as_array().unwrap()).collect();
    assert_eq!(joined, records.iter().collect::<Vec<_>>());
    assert_eq!(pages.last().unwrap()["cursor"], json!(cursor));
    for (page, next) in pages.iter().zip(&pages[1..]) {
        assert!(page["more"] == true && page["position"].as_u64() < next["position"].as_u64());
    }
    let last = pages.last().unwrap();
    assert_eq!((&last["more"], &last["position"]), (&json!(false), &last["last"]));
    // As CBOR: one byte string a page. From a cursor in the middle: the rest.
    let answer = api.request("GET", "/api/v1/sync/snapshot").header("accept", "application/cbor").send().unwrap();
    assert_eq!(answer.headers()["content-type"], "application/cbor-seq");
    let bytes = answer.bytes().unwrap();
    let mut rest = &bytes[..];
    let mut packed = Vec::new();
    while !rest.is_empty() {
        let ciborium::Value::Bytes(page) = ciborium::from_reader(&mut rest).unwrap() else { panic!("no byte string") };
        packed.push(ciborium::from_reader::<Value, _>(page.as_slice()).unwrap());
    }
    assert_eq!(packed, pages);
    let middle = pages[0]["cursor"].as_str().unwrap();
    let rest = api.get(&format!("/api/v1/sync/snapshot?cursor={middle}")).text().unwrap();
    assert_eq!(rest.lines().count(), pages.len() - 1);
}

#[test]
fn too_old_app_must_update_and_newer_app_is_served() {
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("village", "recorder", &[]);
    let server = env.serve_with(&[], |command| {
        command.env("JIEDUI_OLDEST_SCHEMA", "2");
    });
    let api = server.sign_in("village");
    let status = |schema: Option<&str>| {
        let request = api.request("GET", "/api/v1/sync/pull");
        let request = if let Some(schema) = schema { request.header("x-jiedui-schema", schema) } else { request };
        let answer = request.header("accept-language", "en").send().unwrap();
        (answer.status().as_u16(), answer.text().unwrap())
    };
    let (code, text) = status(Some("1"));
    assert!(code == 426 && text.contains("Please update the app"), "{code} {text}");
    assert_eq!(status(Some("nonsense")).0, 426);
    for schema in [None, Some("2"), Some("9")] {
        assert_eq!(status(schema).0, 200, "{schema:?}");
    }
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn unknown_fields_are_preserved(#[case] database: Database) {
    let env = TestEnv::new(database);
    env.add_user("village", "recorder", &["--place", "522728109"]);
    let server = env.serve(&[]);
    let api = server.sign_in("village");
    let (client, id) = (Uuid::now_v7(), Uuid::now_v7());
    let mut newer = survey_put(1, id, 2);
    newer["fields"]["weather"] = json!({"sky": "晴", "degrees": [18, 21.5]});
    newer["priority"] = json!("of a later version");
    assert_eq!(api.push(client, json!([newer]))[0]["outcome"], "applied");
    let edit =
        json!([{"seq": 2, "kind": "entry", "id": id, "base_rev": 1, "op": "put", "fields": {"note": "旧版改的"}}]);
    assert_eq!(api.push(client, edit)[0]["outcome"], "applied");
    let (records, _) = api.pull(None, 500);
    let record = records.iter().find(|record| record["id"] == json!(id)).unwrap();
    assert_eq!(record["fields"]["weather"], json!({"sky": "晴", "degrees": [18, 21.5]}));
    let unknown = json!([{"seq": 3, "kind": "plan", "id": Uuid::now_v7(), "base_rev": 0, "op": "put", "fields": {}}]);
    assert_eq!(api.push(client, unknown)[0]["errors"][0]["field"], "kind");
}

#[test]
fn cursor_from_before_a_restore_restarts_the_pull() {
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("village", "recorder", &["--place", "522728109"]);
    let copy = env.path().join("copy.db");
    let copy = copy.to_str().unwrap();
    let server = env.serve(&[]);
    assert!(env.run(&["backup", copy], "").status.success());
    let api = server.sign_in("village");
    api.push(Uuid::now_v7(), json!([survey_put(1, Uuid::now_v7(), 1)]));
    let (_, cursor) = api.pull(None, 500);
    let tag = api.get("/api/v1/overview").headers()["etag"].clone();
    let again =
        |api: &Api| api.request("GET", "/api/v1/overview").header("if-none-match", &tag).send().unwrap().status();
    assert_eq!(again(&api), 304);
    assert_eq!(server.terminate(), Some(0));
    assert!(env.run(&["restore", copy], "").status.success());
    let server = env.serve(&[]);
    let api = server.sign_in("village");
    let client = Uuid::now_v7();
    api.push(client, json!([survey_put(1, Uuid::now_v7(), 2)]));
    assert_eq!(again(&api), 200, "as many changes as before, but others");
    api.push(client, json!([survey_put(2, Uuid::now_v7(), 1)]));
    // Its number is within the present range, but belongs to another epoch.
    let answer = api.get(&format!("/api/v1/sync/pull?cursor={cursor}"));
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.json::<Value>().unwrap()["errors"][0]["field"], "cursor");
}

#[test]
fn migrate_restored_begins_an_epoch_on_postgres() {
    let env = TestEnv::new(Database::Postgres);
    env.add_user("village", "recorder", &[]);
    let server = env.serve(&[]);
    let (_, cursor) = server.sign_in("village").pull(None, 500);
    drop(server);
    assert!(env.run(&["migrate", "--restored"], "").status.success());
    let server = env.serve(&[]);
    let api = server.sign_in("village");
    assert_eq!(api.get(&format!("/api/v1/sync/pull?cursor={cursor}")).status(), 400);
}
