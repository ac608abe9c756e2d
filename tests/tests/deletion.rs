//! Deletion of entries: rights, reasons and tombstones; reviewer and time of a decision.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Api, Database, Server, TestEnv, survey_put};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

struct People {
    env: TestEnv,
    server: Server,
    village: Api,
    town: Api,
    county: Api,
    elsewhere: Api,
}

fn people(database: Database) -> People {
    let env = TestEnv::new(database);
    env.add_user("village", "recorder", &["--place", "522728109"]);
    env.add_user("town", "reviewer", &["--place", "522728", "--name", "审核员小周"]);
    env.add_user("county", "coordinator", &["--place", "522728"]);
    env.add_user("elsewhere", "coordinator", &["--place", "520111"]);
    let server = env.serve(&[]);
    let [village, town, county, elsewhere] =
        ["village", "town", "county", "elsewhere"].map(|name| server.sign_in(name));
    People { env, server, village, town, county, elsewhere }
}

/// Pushes a survey of the village, approved by the town or not, and returns identifier and revision.
fn recorded(people: &People, approved: bool) -> (Uuid, u64) {
    let id = Uuid::now_v7();
    people.village.push(Uuid::now_v7(), json!([survey_put(1, id, 4)]));
    if approved {
        let put =
            json!([{"seq": 1, "kind": "entry", "id": id, "base_rev": 1, "op": "put", "fields": {"state": "verified"}}]);
        assert_eq!(people.town.push(Uuid::now_v7(), put)[0]["outcome"], "applied");
    }
    (id, if approved { 2 } else { 1 })
}

/// Deletes an entry: the outcome, and the first error's field and code.
fn delete(api: &Api, (id, rev): (Uuid, u64), fields: Value) -> (String, String) {
    let delete = json!([{"seq": 1, "kind": "entry", "id": id, "base_rev": rev, "op": "delete", "fields": fields}]);
    let result = api.push(Uuid::now_v7(), delete).remove(0);
    let error = &result["errors"][0];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&result["outcome"]), format!("{} {}", text(&error["field"]), text(&error["code"])))
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn deletion_needs_rights_and_updates_figures(#[case] database: Database) {
    let people = people(database);
    let other = Uuid::now_v7();
    let (plain, reason) = (json!({}), json!({"reason": "报错了村"}));
    let duplicate = json!({"reason": "与另一条重复", "duplicate_of": other});
    let open = recorded(&people, false);
    let refused = |api: &Api, entry, fields: &Value| {
        let (outcome, error) = delete(api, entry, fields.clone());
        assert_eq!(outcome, "rejected");
        error
    };
    assert_eq!(refused(&people.elsewhere, open, &reason), "id forbidden");
    assert_eq!(refused(&people.county, open, &plain), "reason required");
    assert_eq!(refused(&people.town, open, &reason), "duplicate_of required");
    assert_eq!(people.village.actual("field_surveys", 2026), 4);
    assert_eq!(delete(&people.village, open, plain.clone()).0, "applied");
    assert_eq!(people.village.actual("field_surveys", 2026), Value::Null);

    assert_eq!(delete(&people.town, recorded(&people, false), duplicate.clone()).0, "applied");
    let approved = recorded(&people, true);
    assert_eq!(refused(&people.village, approved, &plain), "state approved");
    assert_eq!(refused(&people.town, approved, &duplicate), "state approved");
    assert_eq!(people.county.actual("field_surveys", 2026), 4);
    assert_eq!(delete(&people.county, approved, duplicate).0, "applied");
    assert_eq!(people.county.actual("field_surveys", 2026), Value::Null);
    // The history has author and reason; no list, export or phone has the entry.
    let whole = people.village.read(&format!("/api/v1/entries/{}", approved.0));
    let last = whole["history"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["deleted"], &last["author_name"]), (&json!(true), &json!("county")));
    assert_eq!((&last["fields"]["reason"], &last["fields"]["duplicate_of"]), (&json!("与另一条重复"), &json!(other)));
    assert_eq!(people.county.read("/api/v1/entries?year=2026")["entries"], json!([]));
    let csv = people.county.get("/api/v1/export/entries.csv?year=2026").text().unwrap();
    assert!(!csv.contains(&approved.0.to_string()), "{csv}");
    assert!(people.village.pull(None, 100).0.iter().all(|record| record["id"] != json!(approved.0)));
    drop(people.server);
    assert_eq!(people.env.run(&["verify"], "").status.code(), Some(0));
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn deletion_in_a_closed_month_needs_a_coordinator(#[case] database: Database) {
    let people = people(database);
    let entry = recorded(&people, false);
    let close = people.county.request("PUT", "/api/v1/periods/2026-11").json(&json!({"closed": true})).send().unwrap();
    assert_eq!(close.status(), 200);
    assert_eq!(delete(&people.village, entry, json!({})), ("rejected".into(), "date closed".into()));
    assert_eq!(delete(&people.county, entry, json!({})), ("rejected".into(), "reason required".into()));
    // An edit by a coordinator also needs a reason.
    let put = |fields: Value| {
        let put = json!([{"seq": 1, "kind": "entry", "id": entry.0, "base_rev": 1, "op": "put", "fields": fields}]);
        people.county.push(Uuid::now_v7(), put).remove(0)
    };
    assert_eq!(put(json!({"values": {"times": 6}}))["errors"][0]["field"], "reason");
    assert_eq!(put(json!({"values": {"times": 6}, "reason": "更正"}))["outcome"], "applied");
    assert_eq!(people.county.actual("field_surveys", 2026), 6);
    assert_eq!(delete(&people.county, (entry.0, 2), json!({"reason": "重复"})).0, "applied");
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn undone_deletion_restores_the_entry(#[case] database: Database) {
    let people = people(database);
    let (id, rev) = recorded(&people, false);
    let phone = Uuid::now_v7();
    let entry = people.village.read(&format!("/api/v1/entries/{id}"))["fields"].clone();
    let delete = json!({"seq": 1, "kind": "entry", "id": id, "base_rev": rev, "op": "delete"});
    assert_eq!(people.village.push(phone, json!([delete]))[0]["outcome"], "applied");
    // The phone does not know the tombstone's revision, but its own deletion does not conflict.
    let put = json!({"seq": 2, "kind": "entry", "id": id, "base_rev": rev, "op": "put", "fields": entry});
    assert_eq!(people.village.push(phone, json!([put]))[0]["outcome"], "applied");
    assert_eq!(people.village.read(&format!("/api/v1/entries/{id}"))["deleted"], false);
    assert_eq!(people.village.actual("field_surveys", 2026), 4);
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn pulled_decision_has_reviewer_and_time(#[case] database: Database) {
    let people = people(database);
    let (id, _) = recorded(&people, false);
    let put = |api: &Api, rev: u64, fields: Value| {
        let put = json!([{"seq": 1, "kind": "entry", "id": id, "base_rev": rev, "op": "put", "fields": fields}]);
        assert_eq!(api.push(Uuid::now_v7(), put)[0]["outcome"], "applied");
        let (records, _) = people.village.pull(None, 100);
        records.iter().find(|record| record["id"] == json!(id)).unwrap()["fields"].clone()
    };
    let back = json!({"state": "returned", "review_note": "请补充照片", "review_fields": ["attachments"],
        "reviewed_by": "别人", "reviewed_at": "x", "recorded_by": "别人"});
    let fields = put(&people.town, 1, back);
    assert_eq!((&fields["reviewed_by"], &fields["review_fields"]), (&json!("审核员小周"), &json!(["attachments"])));
    assert_eq!(fields["reviewed_at"], fields["updated_at"]);
    // An account without a name has its user name.
    assert_eq!(fields["recorded_by"], "village");
    let fields = put(&people.village, 2, json!({"state": "submitted"}));
    for name in ["reviewed_by", "reviewed_at", "review_fields", "review_note"] {
        assert_eq!(fields.get(name).unwrap_or(&Value::Null), &Value::Null, "{name}");
    }
}
