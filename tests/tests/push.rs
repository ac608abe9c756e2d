//! Pushes: applied exactly once, durable before the response, and rejected without effect on others.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Database, TestEnv, survey_put};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

fn env(database: Database) -> TestEnv {
    TestEnv::with_accounts(database, &[("village", "recorder", "522728109"), ("town", "reviewer", "522728")])
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn repeated_push_is_applied_once(#[case] database: Database) {
    let env = env(database);
    let server = env.serve(&[]);
    let api = server.sign_in("village");
    let (client, ids) = (Uuid::now_v7(), [Uuid::now_v7(), Uuid::now_v7()]);
    let batch = json!([survey_put(1, ids[0], 2), survey_put(2, ids[1], 3)]);
    let first = api.push(client, batch.clone());
    assert_eq!(first[0], json!({"seq": 1, "outcome": "applied", "rev": 1}));
    for _ in 0..5 {
        assert_eq!(api.push(client, batch.clone()), first);
    }
    // Repeated after a broken connection: in part, in another order.
    assert_eq!(api.push(client, json!([survey_put(2, ids[1], 3)])), first[1..]);
    assert_eq!(api.actual("field_surveys", 2026), 5);
    let (records, _) = api.pull(None, 100);
    let new = |record: &&Value| record["kind"] == "entry" && record["fields"]["source"].is_null();
    assert_eq!(records.iter().filter(new).count(), 2);
    // A used number with other content is a client error, not a new entry.
    let reused = api.push(client, json!([survey_put(1, Uuid::now_v7(), 9)]));
    assert_eq!((&reused[0]["outcome"], &reused[0]["errors"][0]["code"]), (&json!("rejected"), &json!("reused")));
    assert_eq!(api.actual("field_surveys", 2026), 5);
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn rejected_mutation_delays_no_other(#[case] database: Database) {
    let env = env(database);
    let server = env.serve(&[]);
    let api = server.sign_in("village");
    let mut elsewhere = survey_put(2, Uuid::now_v7(), 1);
    elsewhere["fields"]["place"] = json!("522728108");
    let mut too_many = survey_put(3, Uuid::now_v7(), 1);
    too_many["fields"]["values"] = json!({"times": 1_000_000_000});
    let nothing = json!({"seq": 4, "kind": "entry", "id": Uuid::now_v7(), "base_rev": 0, "op": "put", "fields": {}});
    let batch = json!([survey_put(1, Uuid::now_v7(), 1), elsewhere, too_many, nothing, {"seq": 5}, "x", survey_put(6, Uuid::now_v7(), 1)]);
    let results = api.push(Uuid::now_v7(), batch);
    let outcomes: Vec<&str> = results.iter().map(|result| result["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["applied", "rejected", "rejected", "rejected", "rejected", "rejected", "applied"]);
    let seqs: Vec<u64> = results.iter().map(|result| result["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5, 0, 6]);
    let field = |number: usize| results[number]["errors"][0]["field"].as_str().unwrap();
    assert_eq!((field(1), field(2), field(3), field(4)), ("place", "values.times", "activity", "kind"));
    assert!(results[2]["errors"][0]["message"].as_str().unwrap().contains("1000"));
    assert_eq!(api.actual("field_surveys", 2026), 2);
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn concurrent_pushes_lose_nothing_and_are_pulled(#[case] database: Database) {
    let env = env(database);
    let server = env.serve(&[]);
    let api = server.sign_in("village");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            let api = api.clone();
            scope.spawn(move || {
                let client = Uuid::now_v7();
                for batch in 0..5_u64 {
                    let mutations: Vec<Value> =
                        (1..=10).map(|entry| survey_put(batch * 10 + entry, Uuid::now_v7(), 1)).collect();
                    let results = api.push(client, json!(mutations));
                    assert!(results.iter().all(|result| result["outcome"] == "applied"));
                }
            });
        }
        // A client pulls concurrently in small pages and misses nothing.
        let api = api.clone();
        scope.spawn(move || {
            let (mut cursor, mut seen) = (None::<String>, std::collections::BTreeSet::new());
            while seen.len() < 400 {
                let (records, next) = api.pull(cursor.as_deref(), 7);
                let entries = records.iter().filter(|record| record["kind"] == "entry");
                seen.extend(entries.map(|record| record["id"].as_str().unwrap().to_owned()));
                cursor = Some(next);
            }
        });
    });
    assert_eq!(api.actual("field_surveys", 2026), 400);
    assert_eq!(env.run(&["verify"], "").status.code(), Some(0));
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn figures_follow_edits_reviews_and_deletes(#[case] database: Database) {
    let env = env(database);
    let server = env.serve(&[]);
    let (village, town) = (server.sign_in("village"), server.sign_in("town"));
    let (id, phone, desk) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let change = |seq: u64, base_rev: u64, fields: Value| json!([{"seq": seq, "kind": "entry", "id": id, "base_rev": base_rev, "op": "put", "fields": fields}]);
    village.push(phone, json!([survey_put(1, id, 4)]));
    assert_eq!(village.push(phone, change(2, 1, json!({"values": {"times": 6}})))[0]["outcome"], "applied");
    assert_eq!(village.actual("field_surveys", 2026), 6);
    // A recorder cannot decide; a reviewer must give a reason to return an entry.
    let refused = village.push(phone, change(3, 2, json!({"state": "verified"})));
    assert_eq!(refused[0]["errors"][0], json!({"field": "state", "code": "forbidden", "message": "您没有这项权限"}));
    assert_eq!(town.push(desk, change(1, 2, json!({"state": "verified"})))[0]["rev"], 3);
    let verified =
        |api: &jiedui_tests::Api| api.read("/api/v1/indicators?year=2026&include=verified")["indicators"][7].clone();
    assert_eq!((verified(&town)["code"].as_str(), &verified(&town)["actual"]), (Some("field_surveys"), &json!(6)));
    // An edit by its author puts it back among those that wait.
    village.push(phone, change(4, 3, json!({"values": {"times": 7}})));
    assert_eq!((&verified(&town)["actual"], village.actual("field_surveys", 2026)), (&Value::Null, json!(7)));
    assert_eq!(town.push(desk, change(2, 4, json!({"state": "returned"})))[0]["errors"][0]["field"], "review_note");
    assert_eq!(
        town.push(desk, change(3, 4, json!({"state": "returned", "review_note": "人数不对"})))[0]["outcome"],
        "applied"
    );
    assert_eq!(village.actual("field_surveys", 2026), Value::Null);
    // Later changes of others stand, and both values are stored.
    let late = village.push(phone, change(5, 3, json!({"state": "submitted", "note": "我的"})));
    assert_eq!(late[0]["outcome"], "conflict");
    let whole = village.read(&format!("/api/v1/entries/{id}"));
    assert!(whole["history"].as_array().unwrap().len() >= 5);
    assert_eq!(whole["conflicts"][0]["kept"], json!({"state": "submitted"}), "the note was another field");
    let delete = json!([{"seq": 6, "kind": "entry", "id": id, "base_rev": 6, "op": "delete"}]);
    let deleted = village.push(phone, delete);
    assert_eq!(deleted[0]["outcome"], "applied");
    let (records, _) = village.pull(None, 100);
    assert!(!records.iter().any(|record| record["id"] == json!(id)));
    drop(server);
    assert_eq!(env.run(&["verify"], "").status.code(), Some(0));
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn base_rev_above_the_record_is_rejected_alone(#[case] database: Database) {
    let env = env(database);
    let server = env.serve(&[]);
    let (village, town) = (server.sign_in("village"), server.sign_in("town"));
    let (phone, id) = (Uuid::now_v7(), Uuid::now_v7());
    village.push(phone, json!([survey_put(1, id, 4)]));
    let edit = |seq: u64, base_rev: u64| json!({"seq": seq, "kind": "entry", "id": id, "base_rev": base_rev, "op": "put", "fields": {"note": "改"}});
    let new = json!({"seq": 9, "kind": "entry", "id": Uuid::now_v7(), "base_rev": 1, "op": "put", "fields": survey_put(9, id, 1)["fields"]});
    let results =
        village.push(phone, json!([edit(2, i64::MAX as u64), edit(3, 2), edit(4, u64::MAX), new, edit(10, 1)]));
    let outcomes: Vec<(&str, &Value)> =
        results.iter().map(|result| (result["outcome"].as_str().unwrap(), &result["errors"][0]["field"])).collect();
    let refused = ("rejected", &json!("base_rev"));
    assert_eq!(outcomes, [refused, refused, refused, refused, ("applied", &Value::Null)]);
    // Pushes of others succeed.
    assert_eq!(town.push(Uuid::now_v7(), json!([survey_put(1, Uuid::now_v7(), 1)]))[0]["outcome"], "applied");
    assert_eq!(village.actual("field_surveys", 2026), 5);
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn push_under_another_accounts_client_id_conflicts(#[case] database: Database) {
    let env = env(database);
    let server = env.serve(&[]);
    let (village, town) = (server.sign_in("village"), server.sign_in("town"));
    let (phone, id) = (Uuid::now_v7(), Uuid::now_v7());
    let edit = |seq: u64, base_rev: u64, note: &str| json!([{"seq": seq, "kind": "entry", "id": id, "base_rev": base_rev, "op": "put", "fields": {"note": note}}]);
    village.push(phone, json!([survey_put(1, id, 4)]));
    village.push(phone, edit(2, 1, "村里改的"));
    let forged = town.push(phone, edit(3, 1, "镇里改的"));
    assert_eq!((&forged[0]["outcome"], &forged[0]["rev"]), (&json!("conflict"), &json!(2)));
    let whole = village.read(&format!("/api/v1/entries/{id}"));
    assert_eq!(
        (&whole["fields"]["note"], &whole["conflicts"][0]["kept"]["note"]),
        (&json!("村里改的"), &json!("镇里改的"))
    );
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn rejection_outside_scope_does_not_reveal_the_rev(#[case] database: Database) {
    let env = env(database);
    env.add_user("elsewhere", "recorder", &["--place", "522728108"]);
    let server = env.serve(&[]);
    let (village, elsewhere) = (server.sign_in("village"), server.sign_in("elsewhere"));
    let id = Uuid::now_v7();
    village.push(Uuid::now_v7(), json!([survey_put(1, id, 4)]));
    for (seq, base_rev) in [(1, 0), (2, 1), (3, 7)] {
        let edit = json!([{"seq": seq, "kind": "entry", "id": id, "base_rev": base_rev, "op": "put", "fields": {"note": "x"}}]);
        let result = &elsewhere.push(Uuid::nil(), edit)[0];
        assert_eq!((&result["rev"], &result["errors"][0]["field"]), (&json!(0), &json!("id")), "{result}");
        assert_eq!(result["errors"][0]["limit"], Value::Null);
    }
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn new_record_under_used_identifier_conflicts_from_any_client(#[case] database: Database) {
    let env = env(database);
    let server = env.serve(&[]);
    let api = server.sign_in("village");
    let need = |title: &str| json!({"ledger": "need", "year": 2026, "place": "522728109", "programme": "industry", "title": title});
    let put = |seq: u64, kind: &str, id: Uuid, fields: &Value| json!([{"seq": seq, "kind": kind, "id": id, "base_rev": 0, "op": "put", "fields": fields}]);
    let entry = survey_put(1, Uuid::nil(), 4)["fields"].clone();
    let mut other = entry.clone();
    other["note"] = json!("另一个标签页里写的");
    other["values"] = json!({"times": 7, "people": 3});
    for (kind, first, second) in [("entry", entry, other), ("need", need("路灯"), need("蛋鸡棚"))] {
        let (phone, id) = (Uuid::now_v7(), Uuid::now_v7());
        assert_eq!(api.push(phone, put(1, kind, id, &first))[0]["outcome"], "applied");
        for client in [phone, Uuid::now_v7()] {
            let same = api.push(client, put(2, kind, id, &first));
            assert_eq!((&same[0]["outcome"], &same[0]["rev"]), (&json!("applied"), &json!(1)), "the same again");
            let conflict = api.push(client, put(3, kind, id, &second));
            assert_eq!((&conflict[0]["outcome"], &conflict[0]["rev"]), (&json!("conflict"), &json!(1)), "{kind}");
        }
        let (records, _) = api.pull(None, 500);
        let stands = records.iter().find(|record| record["id"] == json!(id)).unwrap();
        for (name, value) in first.as_object().unwrap() {
            assert_eq!(
                stands["fields"].get(name).unwrap_or(&Value::Null),
                value,
                "{name} of what was saved first stands"
            );
        }
        if kind == "entry" {
            let whole = api.read(&format!("/api/v1/entries/{id}"));
            let rejected_values = json!({"note": "另一个标签页里写的", "values.times": 7, "values.people": 3});
            assert_eq!(
                (&whole["conflicts"][0]["kept"], &whole["conflicts"][1]["kept"]),
                (&rejected_values, &rejected_values)
            );
        }
    }
    assert_eq!(api.actual("field_surveys", 2026), 4);
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn unrepresentable_mutation_is_rejected_alone(#[case] database: Database) {
    let env = env(database);
    let server = env.serve(&[]);
    let api = server.sign_in("village");
    let deep = format!("{}1{}", "[".repeat(130), "]".repeat(130));
    let bad = [
        r#"{"note": "\ud800"}"#,
        r#"{"values": {"times": 1e999}}"#,
        &format!(r#"{{"later": {deep}}}"#),
        r#"{"note": "a\u0000b"}"#,
    ];
    let bad = bad.iter().zip(2_u64..).map(|(fields, seq)| {
        format!(
            r#"{{"seq": {seq}, "kind": "entry", "id": "{}", "base_rev": 0, "op": "put", "fields": {fields}}}"#,
            Uuid::now_v7()
        )
    });
    let good = |seq: u64| survey_put(seq, Uuid::now_v7(), 1).to_string();
    let mutations: Vec<String> = std::iter::once(good(1)).chain(bad).chain([good(6)]).collect();
    let body = format!(r#"{{"client_id": "{}", "mutations": [{}]}}"#, Uuid::now_v7(), mutations.join(","));
    let request = api.request("POST", "/api/v1/sync/push").header("content-type", "application/json").body(body);
    let answer = request.send().unwrap();
    assert_eq!(answer.status(), 200);
    let answer: Value = answer.json().unwrap();
    let results = answer["results"].as_array().unwrap();
    let outcomes: Vec<_> =
        results.iter().map(|result| (result["seq"].as_u64().unwrap(), result["outcome"].as_str().unwrap())).collect();
    assert_eq!(
        outcomes,
        [(1, "applied"), (2, "rejected"), (3, "rejected"), (4, "rejected"), (5, "rejected"), (6, "applied")]
    );
    let fields: Vec<_> = results[1..5].iter().map(|result| result["errors"][0]["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["note", "values", "later", "note"]);
    assert_eq!(results[4]["errors"][0]["code"], "character");
}
