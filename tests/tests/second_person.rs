//! A second pair of eyes: nobody approves an entry whose numbers they entered or changed last.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use jiedui_tests::{Api, Database, TestEnv, survey_put};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

fn accounts(database: Database) -> TestEnv {
    let accounts = [("town", "reviewer", "522728"), ("county", "coordinator", "522728"), ("head", "admin", "522728")];
    TestEnv::with_accounts(database, &accounts)
}

/// Changes an entry: the outcome, and the errors' fields and codes.
fn change(api: &Api, id: Uuid, rev: u64, fields: Value) -> (String, Vec<(String, String)>) {
    let put = json!([{"seq": 1, "kind": "entry", "id": id, "base_rev": rev, "op": "put", "fields": fields}]);
    let result = api.push(Uuid::now_v7(), put).remove(0);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let errors = result["errors"].as_array().cloned().unwrap_or_default();
    (text(&result["outcome"]), errors.iter().map(|error| (text(&error["field"]), text(&error["code"]))).collect())
}

fn refused() -> (String, Vec<(String, String)>) {
    ("rejected".to_owned(), vec![("state".to_owned(), "own_numbers".to_owned())])
}

fn applied() -> (String, Vec<(String, String)>) {
    ("applied".to_owned(), Vec::new())
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn numbers_are_approved_by_another_reviewer(#[case] database: Database) {
    let env = accounts(database);
    let server = env.serve(&[]);
    let [town, county, head] = ["town", "county", "head"].map(|name| server.sign_in(name));
    let verify = || json!({"state": "verified"});
    let id = Uuid::now_v7();
    let fields = |api: &Api| api.read(&format!("/api/v1/entries/{id}"))["fields"].clone();
    let user = |api: &Api| api.read("/api/v1/session")["user"].clone();

    let mut new = survey_put(1, id, 4);
    new["fields"]["state"] = json!("verified");
    assert_eq!(town.push(Uuid::now_v7(), json!([new]))[0]["errors"][0]["code"], "own_numbers", "a new entry");
    assert_eq!(town.push(Uuid::now_v7(), json!([survey_put(1, id, 4)]))[0]["outcome"], "applied");
    assert_eq!(change(&town, id, 1, verify()), refused(), "the author");
    assert_eq!(
        change(&county, id, 1, json!({"state": "verified", "values": {"times": 5}})),
        refused(),
        "with a number"
    );
    assert_eq!(fields(&town)["values"]["times"], 4, "what was refused changes nothing");

    assert_eq!(change(&county, id, 1, json!({"values": {"times": 5}})), applied());
    assert_eq!(fields(&town)["numbers_by"], user(&county)["id"]);
    assert_eq!(change(&county, id, 2, verify()), refused(), "after a change of the number");
    assert_eq!(change(&town, id, 2, verify()), applied(), "the author, after another's change");

    // An edit of an approved entry by anyone puts it back.
    assert_eq!(change(&head, id, 3, json!({"note": "更正"})), applied());
    assert_eq!(fields(&town)["state"], "submitted");
    assert_eq!(change(&county, id, 4, verify()), refused(), "a note leaves the numbers with the county");
    assert_eq!(change(&head, id, 4, verify()), applied());
    assert_eq!(user(&head)["verifies_own"], false);
}

#[test]
fn setting_lets_one_person_approve_own_numbers() {
    let env = accounts(Database::Sqlite);
    let server = env.serve(&["--own-review"]);
    let town = server.sign_in("town");
    let id = Uuid::now_v7();
    assert_eq!(town.push(Uuid::now_v7(), json!([survey_put(1, id, 4)]))[0]["outcome"], "applied");
    assert_eq!(change(&town, id, 1, json!({"state": "verified"})), applied());
    assert_eq!(town.read("/api/v1/session")["user"]["verifies_own"], true);
    assert_eq!(change(&town, id, 2, json!({"note": "更正"})), applied());
    assert_eq!(town.read(&format!("/api/v1/entries/{id}"))["fields"]["state"], "submitted", "an edit puts it back");
}
