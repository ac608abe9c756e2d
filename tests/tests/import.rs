//! Imports: checked row by row, written completely or not at all, and reverted.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::import::{import_path, wait_checked};
use jiedui_tests::{Api, Database, TestEnv, served};
use reqwest::blocking::Response;
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

const HEADING: &str = "活动时间,乡镇村,学习次数 (次)*,参加人数,学习形式,备注";

/// Uploads a table and returns the checked import.
fn upload(api: &Api, table: &str) -> Value {
    let path = "/api/v1/imports?activity=joint_study&name=table.csv";
    let answer = api.request("POST", path).body(table.to_owned()).send().unwrap();
    assert_eq!(answer.status(), 202);
    wait_checked(api, &answer.json().unwrap())
}

fn write(api: &Api, import: &Value) -> Response {
    api.post(&import_path(import, "/write"), &Value::Null)
}

fn revert(api: &Api, import: &Value) -> Response {
    api.request("DELETE", &import_path(import, "")).send().unwrap()
}

/// Returns a valid row, different for each number.
fn row(number: usize) -> [String; 6] {
    let (month, day) = (number % 10 + 1, number / 10 % 28 + 1);
    let date = format!("2026-{month:02}-{day:02}");
    [date, "罗甸县沫阳镇".into(), "1".into(), format!("{number}"), "线上".into(), format!("第{number}次")]
}

fn table<'a>(rows: impl IntoIterator<Item = &'a [String; 6]>) -> String {
    let rows = rows.into_iter().map(|row| row.join(","));
    std::iter::once(HEADING.to_owned()).chain(rows).collect::<Vec<_>>().join("\n")
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn import_reports_every_error_and_writes_once_when_corrected(#[case] database: Database) {
    let env = TestEnv::new(database);
    env.add_user("reviewer", "reviewer", &["--place", "522728"]);
    let server = env.serve(&[]);
    let api = server.sign_in("reviewer");
    let long = "长".repeat(2_001);
    // Column, wrong text, and the field and code of the error.
    let spoilt: [(usize, &str, &str, &str); 17] = [
        (0, "", "date", "required"),
        (0, "下周一", "date", "unreadable_date"),
        (0, "2026-02-30", "date", "unreadable_date"),
        (0, "2099-01-01", "date", "in_future"),
        (0, "1999/12/31", "date", "too_early"),
        (1, "", "place", "required"),
        (1, "北京市", "place", "unknown"),
        (1, "贵阳市", "place", "unknown"),
        (1, "田坝村", "place", "ambiguous"),
        (2, "", "values.times", "required"),
        (2, "三次", "values.times", "not_amount"),
        (2, "1.5", "values.times", "not_whole"),
        (2, "0", "values.times", "too_small"),
        (2, "5000", "values.times", "too_large"),
        (3, "-4", "values.people", "too_small"),
        (4, "自学", "details.form", "unknown"),
        (5, &long, "note", "too_long"),
    ];
    let right: Vec<[String; 6]> = (0..1_000).map(row).collect();
    let mut wrong = right.clone();
    let mut expected = BTreeMap::new();
    for number in 0..35 {
        let (column, text, field, code) = spoilt[number % spoilt.len()];
        let at = number * 27 + 5;
        wrong[at][column] = text.to_owned();
        // The heading is the first row.
        expected.insert((at + 2, field.to_owned()), code.to_owned());
    }
    for at in [990, 991] {
        wrong[at] = wrong[at - 10].clone();
        expected.insert((at + 2, "row".to_owned()), "twice".to_owned());
    }
    assert_eq!(expected.len(), 37);
    let import = upload(&api, &table(&wrong));
    assert_eq!((&import["stage"], &import["rows"], &import["wrong"]), (&json!("checked"), &json!(1000), &json!(37)));
    assert_eq!(import["wrong_rows"], 37);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let errors: BTreeMap<(usize, String), String> = import["mistakes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| ((error["row"].as_u64().unwrap() as usize, text(&error["field"])), text(&error["code"])))
        .collect();
    assert_eq!(errors, expected);
    let first = &import["mistakes"][1];
    assert_eq!(
        (&first["column"], &first["value"], &first["message"]),
        (&json!("活动时间"), &json!("下周一"), &json!("这不是一个日期，请写成 2026-11-20 这样的一天"))
    );
    assert_eq!(write(&api, &import).status(), 409);
    assert_eq!(api.actual("joint_studies", 2026), Value::Null, "nothing is written");

    let import = upload(&api, &table(&right));
    assert_eq!((&import["wrong"], &import["mistakes"], &import["likely"]), (&json!(0), &json!([]), &json!([])));
    let written: Value = write(&api, &import).json().unwrap();
    assert_eq!((&written["stage"], &written["rows"]), (&json!("done"), &json!(1000)));
    assert_eq!(api.actual("joint_studies", 2026), 1000);
    assert_eq!(write(&api, &import).status(), 200, "again it changes nothing");
    assert_eq!(api.actual("joint_studies", 2026), 1000);
    let again = api.request("POST", "/api/v1/imports?activity=joint_study").body(table(&right)).send().unwrap();
    assert_eq!(again.status(), 409, "the same file once more");
    let likely = upload(&api, &table(&right[..3]));
    assert_eq!(likely["likely"], json!([2, 3, 4]), "the same rows in another file");

    let undone: Value = revert(&api, &import).json().unwrap();
    assert_eq!(undone["stage"], "undone");
    assert_eq!(api.actual("joint_studies", 2026), Value::Null);
    let output = env.run(&["verify"], "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let import = upload(&api, &table(&right));
    assert_eq!(write(&api, &import).status(), 200, "what was taken back may be brought again");
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn revert_of_since_changed_entry_is_rejected(#[case] database: Database) {
    let (env, server, api) = served(database);
    env.add_user("second", "admin", &[]);
    let import = upload(&api, &table(&[row(1), row(2)]));
    assert_eq!(write(&api, &import).status(), 200);
    let listed = api.read("/api/v1/entries?year=2026&limit=5");
    let entry = &listed["entries"][0];
    assert_eq!((&entry["fields"]["note"], &entry["fields"]["details"]["form"]), (&json!("第2次"), &json!("online")));
    let verify = json!({"seq": 1, "kind": "entry", "id": entry["id"], "base_rev": 1, "op": "put", "fields": {"state": "verified"}});
    assert_eq!(server.sign_in("second").push(Uuid::now_v7(), json!([verify]))[0]["outcome"], "applied");
    let refused = revert(&api, &import);
    assert_eq!(refused.status(), 409);
    let refused: Value = refused.json().unwrap();
    assert_eq!(refused["errors"][0]["limit"], 1.0, "{refused}");
    assert_eq!(api.actual("joint_studies", 2026), 2, "none of them is gone");
}

#[test]
fn unknown_columns_are_matched_by_hand_and_remembered() {
    let (_env, server, api) = served(Database::Sqlite);
    let heading = "哪一天,哪里,几次\n";
    let import = upload(&api, &format!("{heading}2026-11-20,沫阳镇,2\n"));
    assert_eq!((&import["columns"], &import["wrong"]), (&json!([null, null, null]), &json!(3)));
    let set = |columns: Value| {
        api.request("PUT", &import_path(&import, "/columns")).json(&json!({"columns": columns})).send().unwrap()
    };
    assert_eq!(set(json!(["date", "place", "values.nothing"])).status(), 400);
    assert_eq!(set(json!(["date", "date", null])).status(), 400);
    assert_eq!(set(json!(["date"])).status(), 400);
    assert_eq!(set(json!(["date", "place", "values.times"])).status(), 202);
    assert_eq!(wait_checked(&api, &import)["wrong"], 0);
    let next = upload(&api, &format!("{heading}2026-11-21,沫阳镇,3\n"));
    assert_eq!((&next["columns"][2], &next["wrong"]), (&json!("values.times"), &json!(0)));
    let cancelled: Value = revert(&api, &next).json().unwrap();
    assert_eq!(cancelled["stage"], "cancelled");
    assert_eq!(write(&api, &next).status(), 409);
    assert_eq!(upload(&api, "not a table")["stage"], "empty");
    assert_eq!(upload(&api, "PK\u{3}\u{4}broken")["stage"], "unreadable");
    let answer = api.get("/api/v1/imports/template.xlsx?activity=joint_study");
    assert_eq!(answer.status(), 200);
    assert!(answer.bytes().unwrap().starts_with(b"PK"));
    assert_eq!(api.get("/api/v1/imports/template.xlsx?activity=x").status(), 400);
    assert_eq!(server.client().get("/api/v1/imports").status(), 401);
}
