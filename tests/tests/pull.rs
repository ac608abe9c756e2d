//! Pulls: following the cursor returns every visible record in its present state.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Database, TestEnv, survey_put};
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Stores pulled records as a client does.
fn store(held: &mut BTreeMap<String, Value>, records: Vec<Value>) {
    for record in records {
        let id = record["id"].as_str().unwrap().to_owned();
        if record["deleted"] == true {
            held.remove(&id)
        } else {
            held.insert(id, record)
        };
    }
}

#[rstest]
#[case(Database::Sqlite, 1)]
#[case(Database::Sqlite, 3)]
#[case(Database::Sqlite, 1000)]
#[case(Database::Postgres, 3)]
fn no_page_boundary_loses_a_record(#[case] database: Database, #[case] limit: usize) {
    let env = TestEnv::new(database);
    env.add_user("village", "recorder", &["--place", "522728109"]);
    let server = env.serve(&[]);
    let api = server.sign_in("village");
    let mutations: Vec<Value> = (1..=11).map(|seq| survey_put(seq, Uuid::now_v7(), seq)).collect();
    api.push(Uuid::now_v7(), json!(mutations));
    let (records, cursor) = api.pull(None, limit);
    let mut held = BTreeMap::new();
    store(&mut held, records);
    for mutation in &mutations {
        let record = &held[mutation["id"].as_str().unwrap()];
        assert_eq!(record["fields"]["values"], mutation["fields"]["values"]);
        assert_eq!(record["rev"], 1);
    }
    assert!(api.pull(Some(&cursor), limit).0.is_empty(), "there is nothing new");
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn record_that_leaves_the_scope_arrives_as_deleted(#[case] database: Database) {
    let env = TestEnv::new(database);
    env.add_user("county", "coordinator", &["--place", "522728"]);
    env.add_user("moyang", "recorder", &["--place", "522728109"]);
    let server = env.serve(&[]);
    let (county, moyang) = (server.sign_in("county"), server.sign_in("moyang"));
    let (id, client) = (Uuid::now_v7(), Uuid::now_v7());
    county.push(client, json!([survey_put(1, id, 2)]));
    let (records, cursor) = moyang.pull(None, 100);
    let mut held = BTreeMap::new();
    store(&mut held, records);
    assert!(held.contains_key(&id.to_string()));
    let moved =
        json!([{"seq": 2, "kind": "entry", "id": id, "base_rev": 1, "op": "put", "fields": {"place": "522728108"}}]);
    assert_eq!(county.push(client, moved)[0]["outcome"], "applied");
    let (records, _) = moyang.pull(Some(&cursor), 100);
    assert_eq!(records.len(), 1);
    assert_eq!(
        (&records[0]["id"], &records[0]["deleted"], &records[0]["fields"]),
        (&json!(id), &json!(true), &json!({}))
    );
    // A user who never saw it receives nothing.
    let (records, _) = moyang.pull(None, 100);
    assert!(!records.iter().any(|record| record["id"] == json!(id)));
}

#[test]
fn invalid_cursor_is_a_client_error() {
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("village", "recorder", &[]);
    let server = env.serve(&[]);
    let api = server.sign_in("village");
    for cursor in ["nonsense", "e30", "%00"] {
        assert_eq!(api.get(&format!("/api/v1/sync/pull?cursor={cursor}")).status(), 400, "{cursor}");
    }
    assert_eq!(api.get("/api/v1/sync/pull?limit=0").status(), 400);
}
