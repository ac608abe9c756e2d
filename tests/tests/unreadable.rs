//! Unreadable stored data: it is reported, and fails nothing else.

#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

use jiedui_tests::{Database, TestEnv, served, survey_put, wait_until};
use rstest::rstest;
use serde_json::{Value, json};
use std::process::Stdio;
use uuid::Uuid;

#[rstest]
#[case(Database::Sqlite, "no JSON")]
#[case(Database::Sqlite, "{\"activity\":7}")]
#[case(Database::Postgres, "no JSON")]
#[case(Database::Postgres, "{\"activity\":7}")]
fn unreadable_entry_is_reported_and_blocks_no_others(#[case] database: Database, #[case] spoilt: &str) {
    let env = TestEnv::new(database);
    env.add_user("head", "admin", &[]);
    let log = env.path().join("log");
    let server = env.serve_with(&[], |command| {
        command.stderr(Stdio::from(std::fs::File::create(&log).unwrap()));
    });
    let api = server.sign_in("head");
    let (bad, good, client) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    api.push(client, json!([survey_put(1, bad, 3), survey_put(2, good, 4)]));
    assert!(env.run(&["verify"], "").status.success());
    let key = if database == Database::Sqlite { format!("x'{}'", bad.simple()) } else { format!("'{bad}'") };
    env.sql(&format!("UPDATE record SET fields = '{spoilt}' WHERE id = {key}"));
    // All other requests are answered.
    let (records, _) = api.pull(None, 1_000);
    assert!(records.iter().any(|record| record["id"] == json!(good)));
    assert_eq!(api.get("/api/v1/sync/snapshot").status(), 200);
    for path in [
        "/api/v1/entries",
        "/api/v1/entries?order=date",
        "/api/v1/export/entries.csv",
        "/api/v1/export/entries.xlsx",
        "/api/v1/overview",
        "/api/v1/overview?village=522728109201",
        "/",
    ] {
        assert_eq!(api.get(path).status(), 200, "{path}");
    }
    assert!(api.get("/api/v1/export/entries.csv?year=2026").text().unwrap().contains(&good.to_string()));
    // A change of the unreadable record delays no others; the record is not overwritten.
    let results = api.push(
        client,
        json!([{"seq": 3, "kind": "entry", "id": bad, "base_rev": 1, "op": "put", "fields": {"note": "x"}}, survey_put(4, Uuid::now_v7(), 1)]),
    );
    assert_eq!((results.len(), &results[1]["outcome"]), (2, &json!("applied")));
    assert_eq!(results[0]["outcome"], "rejected", "{results:?}");
    let verified = env.run(&["verify"], "");
    let report = String::from_utf8(verified.stdout).unwrap();
    assert_eq!(verified.status.code(), Some(1), "{report}");
    assert!(report.contains(&format!("entry {bad}: cannot be read")), "{report}");
    let log = std::fs::read_to_string(&log).unwrap();
    assert!(log.contains(&bad.to_string()), "{log}");
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn unreadable_month_of_a_figure_is_reported(#[case] database: Database) {
    let env = TestEnv::new(database);
    env.add_user("head", "admin", &[]);
    env.sql("UPDATE part SET period = '2023-99' WHERE grain = 'town' AND indicator = 'field_surveys'");
    let log = env.path().join("log");
    let server = env.serve_with(&[], |command| {
        command.stderr(Stdio::from(std::fs::File::create(&log).unwrap()));
    });
    let overview = server.sign_in("head").read("/api/v1/overview");
    let parts = overview["parts"].as_array().unwrap();
    assert!(!parts.is_empty() && parts.iter().all(|part| part["indicator"] != "field_surveys"));
    assert!(std::fs::read_to_string(&log).unwrap().contains("2023-99"));
    assert_eq!(env.run(&["verify"], "").status.code(), Some(1));
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn damaged_revision_rejects_one_mutation_of_a_push(#[case] database: Database) {
    let (env, _server, api) = served(database);
    let (damaged, client) = (Uuid::now_v7(), Uuid::now_v7());
    let edit = |seq: u64, base_rev: u64, note: &str| json!({"seq": seq, "kind": "entry", "id": damaged, "base_rev": base_rev, "op": "put", "fields": {"note": note}});
    let results = api.push(client, json!([survey_put(1, damaged, 3), edit(2, 1, "first"), edit(3, 2, "second")]));
    assert!(results.iter().all(|result| result["outcome"] == "applied"), "{results:?}");
    let key = if database == Database::Sqlite { format!("x'{}'", damaged.simple()) } else { format!("'{damaged}'") };
    env.sql(&format!("UPDATE revision SET changed = '[' WHERE record = {key} AND rev = 2"));
    let results = api.push(Uuid::now_v7(), json!([edit(1, 1, "third"), survey_put(2, Uuid::now_v7(), 1)]));
    assert_eq!(results[0]["errors"][0]["code"], "unreadable", "{results:?}");
    assert_eq!((&results[0]["outcome"], &results[1]["outcome"]), (&json!("rejected"), &json!("applied")));
    assert_eq!(api.get(&format!("/api/v1/entries/{damaged}")).status(), 200);
    let verified = env.run(&["verify"], "");
    let output = String::from_utf8(verified.stdout).unwrap();
    assert_eq!(verified.status.code(), Some(1), "{output}");
    assert!(output.contains(&format!("entry {damaged}, revision 2: cannot be read")), "{output}");
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn negative_revision_is_omitted_and_verified(#[case] database: Database) {
    let (env, _server, api) = served(database);
    let (damaged, other) = (Uuid::now_v7(), Uuid::now_v7());
    api.push(Uuid::now_v7(), json!([survey_put(1, damaged, 3), survey_put(2, other, 4)]));
    let key = if database == Database::Sqlite { format!("x'{}'", damaged.simple()) } else { format!("'{damaged}'") };
    env.sql(&format!("UPDATE record SET rev = -1 WHERE id = {key}"));
    let (records, _) = api.pull(None, 1_000);
    let is_sent = |id: Uuid| records.iter().any(|record| record["id"] == json!(id));
    assert!(!is_sent(damaged) && is_sent(other));
    let listed = api.get("/api/v1/entries?limit=500").text().unwrap();
    assert!(!listed.contains(&damaged.to_string()) && listed.contains(&other.to_string()));
    assert_eq!(api.get(&format!("/api/v1/entries/{damaged}")).status(), 404);
    let verified = env.run(&["verify"], "");
    let output = String::from_utf8(verified.stdout).unwrap();
    assert!(output.contains(&format!("entry {damaged}: cannot be read: rev -1")), "{output}");
}

#[test]
fn unreadable_errors_of_an_import_are_reported() {
    let (env, _server, api) = served(Database::Sqlite);
    let request = api.request("POST", "/api/v1/imports?activity=joint_study&name=table.csv");
    let sent: Value = request.body("活动时间,乡镇村,学习次数\n下周一,罗甸县沫阳镇,1").send().unwrap().json().unwrap();
    let path = format!("/api/v1/imports/{}", sent["id"].as_str().unwrap());
    let import = wait_until("the check", || Some(api.read(&path)).filter(|import| import["stage"] == "checked"));
    assert_eq!(import["mistakes"][0]["code"], "unreadable_date");
    env.sql("UPDATE import SET mistakes = '[{'");
    let codes: Vec<Value> =
        api.read(&path)["mistakes"].as_array().unwrap().iter().map(|mistake| mistake["code"].clone()).collect();
    assert_eq!(codes, ["unreadable"], "an empty list would mean a table without mistakes");
}
