//! Changes of reference data while servers run: form versions, indicators, closed months, ledger items.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Api, Database, TestEnv, served, survey_put, wait_until};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

fn activity(api: &Api, code: &str) -> Value {
    let catalogue = api.read("/api/v1/catalogue");
    catalogue["activities"].as_array().unwrap().iter().find(|activity| activity["code"] == code).unwrap().clone()
}

/// The form of field surveys, with a new field that must be filled in.
fn next_form(api: &Api) -> Value {
    let mut form = activity(api, "field_survey");
    let field = json!({"code": "villages", "name": "走访村数", "name_en": "Villages", "kind": "integer", "unit": "个",
        "unit_en": "", "required": true, "min": 1});
    form["fields"].as_array_mut().unwrap().push(field);
    form
}

/// Entries of the seed had no version, so after such a change they would have been subtracted as something else.
#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn stored_entries_count_as_before_after_a_changed_form(#[case] database: Database) {
    let (env, server, api) = served(database);
    let verify = || env.run(&["verify"], "").status.code();
    let supply = json!({"activity": "supply_base", "place": "522728109", "date": "2026-11-20", "values": {"bases": 2}});
    let put_entry =
        json!({"seq": 1, "kind": "entry", "id": Uuid::now_v7(), "base_rev": 0, "op": "put", "fields": supply});
    assert_eq!(api.push(Uuid::now_v7(), json!([put_entry]))[0]["outcome"], "applied");
    let reported = api.actual("supply_bases", 2023);
    let mut form = activity(&api, "supply_base");
    // The entries count for another indicator and another programme from now on.
    form["fields"][0]["feeds"] = json!("exchanges");
    form["programme"] = json!("health");
    assert_eq!(api.put("/api/v1/catalogue/activities/supply_base", &form).0, 200);
    assert_eq!((api.actual("supply_bases", 2023), api.actual("supply_bases", 2026)), (reported, json!(2)));
    assert_eq!(verify(), Some(0));
    let entries = api.read("/api/v1/entries?limit=1000")["entries"].as_array().unwrap().clone();
    let supplied: Vec<&Value> = entries.iter().filter(|entry| entry["fields"]["activity"] == "supply_base").collect();
    assert!(supplied.len() > 1, "{supplied:?}");
    let client = Uuid::now_v7();
    for (seq, entry) in (1..).zip(supplied) {
        let fields = json!({"reason": "重复"});
        let delete = json!({"seq": seq, "kind": "entry", "id": entry["id"], "base_rev": entry["rev"], "op": "delete", "fields": fields});
        assert_eq!(api.push(client, json!([delete]))[0]["outcome"], "applied");
    }
    assert_eq!((api.actual("supply_bases", 2023), api.actual("supply_bases", 2026)), (Value::Null, Value::Null));
    drop(server);
    assert_eq!(verify(), Some(0));
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn entry_of_previous_form_version_is_accepted(#[case] database: Database) {
    let (env, _server, api) = served(database);
    let other = (database == Database::Postgres).then(|| env.serve(&[]));
    let other = other.as_ref().map(|server| server.sign_in("head"));
    let version = activity(&api, "field_survey")["version"].as_u64().unwrap();
    let (client, before) = (Uuid::now_v7(), Uuid::now_v7());
    api.push(client, json!([survey_put(1, before, 2)]));
    let (status, catalogue) = api.put("/api/v1/catalogue/activities/field_survey", &next_form(&api));
    assert_eq!(status, 200);
    assert_eq!(activity(&api, "field_survey")["version"], version + 1);
    assert!(catalogue["former"].as_array().unwrap().iter().any(|activity| activity["code"] == "field_survey"));

    // A phone that was offline names the version that it has. Without a version, the latest applies.
    let with_version = |seq: u64, version: Option<u64>| {
        let mut mutation = survey_put(seq, Uuid::now_v7(), 3);
        mutation["fields"]["version"] = json!(version);
        mutation
    };
    for api in [Some(&api), other.as_ref()].into_iter().flatten() {
        let client = Uuid::now_v7();
        let results = api.push(
            client,
            json!([
                with_version(1, Some(version)),
                with_version(2, Some(version + 1)),
                with_version(3, None),
                with_version(4, Some(99))
            ]),
        );
        let outcomes: Vec<&Value> = results.iter().map(|result| &result["outcome"]).collect();
        assert_eq!(outcomes, ["applied", "rejected", "rejected", "rejected"]);
        assert_eq!(results[1]["errors"][0]["field"], "values.villages");
        assert_eq!(results[3]["errors"][0]["field"], "version");
    }
    let edit = json!({"seq": 2, "kind": "entry", "id": before, "base_rev": 1, "op": "put", "fields": {"note": "改"}});
    assert_eq!(api.push(client, json!([edit]))[0]["outcome"], "applied", "an entry keeps its version");
    let entry = api.read(&format!("/api/v1/entries/{before}"));
    assert_eq!((&entry["fields"]["version"], &entry["fields"]["note"]), (&json!(version), &json!("改")), "{entry}");
    if let Some(other) = &other {
        let seen = || (other.read("/api/v1/catalogue")["version"] == catalogue["version"]).then_some(());
        wait_until("the other server has the form", seen);
    }
    assert!(env.run(&["verify"], "").status.success());
}

#[test]
fn invalid_form_or_indicator_is_an_error_of_its_field() {
    let (env, server, api) = served(Database::Sqlite);
    env.add_user("city", "coordinator", &[]);
    let mut form = next_form(&api);
    form["fields"][0]["feeds"] = json!("nothing");
    let (status, problem) = api.put("/api/v1/catalogue/activities/field_survey", &form);
    assert_eq!((status, &problem["errors"][0]["field"]), (400, &json!("fields.times.feeds")));
    form["fields"][0]["kind"] = json!("colour");
    let (status, problem) = api.put("/api/v1/catalogue/activities/field_survey", &form);
    assert_eq!((status, &problem["errors"][0]["code"]), (400, &json!("wrong_type")), "{problem}");
    for wrong in [json!([]), json!("x"), json!({"fields": 3})] {
        assert_eq!(api.put("/api/v1/catalogue/activities/field_survey", &wrong).0, 400, "{wrong}");
    }
    let city = server.sign_in("city");
    assert_eq!(city.put("/api/v1/catalogue/activities/field_survey", &next_form(&api)).0, 403);
    let catalogue = api.read("/api/v1/catalogue");
    let mut indicator = catalogue["indicators"].as_array().unwrap()[0].clone();
    let path = format!("/api/v1/catalogue/indicators/{}", indicator["code"].as_str().unwrap());
    indicator["targets"] = json!([{"year": 2026, "value": 77, "qualifier": "at_least"}]);
    assert_eq!(api.put(&path, &indicator).0, 200);
    let figures = api.read("/api/v1/indicators?year=2026");
    let figure =
        figures["indicators"].as_array().unwrap().iter().find(|figure| figure["code"] == indicator["code"]).unwrap();
    assert_eq!((&figure["target"], &figure["target_qualifier"]), (&json!(77), &json!("at_least")));
    indicator["aggregation"] = json!("mean");
    assert_eq!(api.put(&path, &indicator).0, 400);
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn closed_month_needs_a_coordinator_with_a_reason(#[case] database: Database) {
    let env = TestEnv::new(database);
    env.add_user("moyang", "recorder", &["--place", "522728109"]);
    env.add_user("city", "coordinator", &[]);
    let server = env.serve(&[]);
    let (recorder, city) = (server.sign_in("moyang"), server.sign_in("city"));
    let (phone, desk, id) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    recorder.push(phone, json!([survey_put(1, id, 2)]));
    assert_eq!(recorder.put("/api/v1/periods/2026-11", &json!({"closed": true})).0, 403);
    assert_eq!(city.put("/api/v1/periods/2026-13", &json!({"closed": true})).0, 400);
    assert_eq!(city.put("/api/v1/periods/2026-11", &json!({"closed": 1})).0, 400);
    let (status, closed) = city.put("/api/v1/periods/2026-11", &json!({"closed": true}));
    assert_eq!(
        (status, &closed["closed"][0]["month"], &closed["closed"][0]["by"]),
        (200, &json!("2026-11"), &json!("city"))
    );
    assert_eq!(recorder.read("/api/v1/overview")["closed"], json!(["2026-11"]));
    let change = |seq: u64, fields: Value| json!({"seq": seq, "kind": "entry", "id": id, "base_rev": 1, "op": "put", "fields": fields});
    let results = recorder.push(phone, json!([change(2, json!({"note": "改"})), survey_put(3, Uuid::now_v7(), 1)]));
    for result in results {
        assert_eq!((&result["outcome"], &result["errors"][0]["code"]), (&json!("rejected"), &json!("closed")));
    }
    let results =
        city.push(desk, json!([change(1, json!({"note": "改"})), change(2, json!({"note": "改", "reason": "漏报"}))]));
    assert_eq!((&results[0]["errors"][0]["field"], &results[1]["outcome"]), (&json!("reason"), &json!("applied")));
    let history = city.read(&format!("/api/v1/entries/{id}"));
    assert_eq!(history["history"][1]["fields"]["reason"], "漏报");
    assert_eq!(city.put("/api/v1/periods/2026-11", &json!({"closed": false})).0, 200);
    let result = recorder.push(phone, json!([survey_put(4, Uuid::now_v7(), 1)]));
    assert_eq!(result[0]["outcome"], "applied");
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn ledger_item_is_pushed_and_pulled_like_an_entry(#[case] database: Database) {
    let env = TestEnv::new(database);
    env.add_user("moyang", "recorder", &["--place", "522728109"]);
    env.add_user("bianyang", "recorder", &["--place", "522728108"]);
    env.add_user("county", "reviewer", &["--place", "522728"]);
    let server = env.serve(&[]);
    let [moyang, bianyang, county] = ["moyang", "bianyang", "county"].map(|name| server.sign_in(name));
    let (phone, desk, id) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let put = |seq: u64, base_rev: u64, fields: Value| json!({"seq": seq, "kind": "need", "id": id, "base_rev": base_rev, "op": "put", "fields": fields});
    let need = json!({"ledger": "need", "year": 2026, "place": "522728109", "programme": "industry", "title": "蛋鸡棚",
        "amount": 2, "unit": "栋", "due": "2026-12-31"});
    let wrong = put(1, 0, json!({"year": 2026, "place": "522728108", "programme": "industry"}));
    let results = moyang.push(phone, json!([wrong, put(2, 0, need)]));
    assert_eq!((&results[0]["errors"][0]["field"], &results[1]["outcome"]), (&json!("title"), &json!("applied")));
    let pulled = |api: &Api| api.pull(None, 1_000).0.into_iter().find(|record| record["id"] == json!(id));
    assert_eq!(pulled(&county).unwrap()["kind"], "need");
    assert_eq!(pulled(&bianyang), None, "it is outside the scope");
    let both = [put(1, 1, json!({"responsible": "张三"})), put(2, 1, json!({"title": "蛋鸡大棚"}))];
    county.push(desk, json!(both));
    let results = moyang.push(phone, json!([put(3, 1, json!({"title": "鸡棚", "note": "急"}))]));
    assert_eq!(
        (&results[0]["outcome"], &results[0]["record"]["fields"]["title"]),
        (&json!("conflict"), &json!("蛋鸡大棚"))
    );
    let now = pulled(&moyang).unwrap();
    assert_eq!((&now["fields"]["responsible"], &now["fields"]["note"]), (&json!("张三"), &json!("急")));
    let delete = json!({"seq": 3, "kind": "need", "id": id, "base_rev": now["rev"], "op": "delete"});
    assert_eq!(county.push(desk, json!([delete]))[0]["outcome"], "applied");
    assert_eq!(pulled(&moyang), None);
    assert!(env.run(&["verify"], "").status.success());
    let listed = county.read("/api/v1/entries?limit=50");
    assert!(listed["entries"].as_array().unwrap().iter().all(|entry| entry["kind"] == "entry"));
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn catalogue_put_of_outdated_base_version_is_rejected(#[case] database: Database) {
    let (_env, _server, api) = served(database);
    let path = "/api/v1/catalogue/activities/field_survey";
    let base = api.read("/api/v1/catalogue")["version"].as_u64().unwrap();
    let form = |name: &str, base_version: Value| {
        let mut form = activity(&api, "field_survey");
        (form["name"], form["base_version"]) = (json!(name), base_version);
        form
    };
    let (first, second) = (form("走访一", json!(base)), form("走访二", json!(base)));
    assert_eq!(api.put(path, &first).0, 200);
    assert_eq!(api.put(path, &first).0, 200, "the same again");
    let (status, problem) = api.put(path, &second);
    assert_eq!((status, &problem["errors"][0]["field"]), (409, &json!("base_version")));
    assert_eq!(activity(&api, "field_survey")["name"], "走访一");
    // A change of another item of the catalogue is no conflict.
    let indicator = |target: u64| {
        let catalogue = api.read("/api/v1/catalogue");
        let mut indicator = catalogue["indicators"].as_array().unwrap()[0].clone();
        indicator["targets"] = json!([{"year": 2030, "value": target, "qualifier": "exact"}]);
        indicator["base_version"] = json!(base);
        let path = format!("/api/v1/catalogue/indicators/{}", indicator["code"].as_str().unwrap());
        api.put(&path, &indicator).0
    };
    assert_eq!((indicator(7), indicator(8)), (200, 409));
    assert_eq!(api.put(path, &form("走访三", json!(base + 9))).0, 400);
    assert_eq!(api.put(path, &form("走访三", json!("x"))).0, 400);
    assert_eq!(api.put(path, &form("走访\u{0}", Value::Null)).1["errors"][0]["code"], "character");
    assert_eq!(api.put(path, &form("走访三", Value::Null)).0, 200, "without a base version, the last change wins");
}

/// The right is checked first: an error in the body would reveal the rules to people who may not change the catalogue.
#[test]
fn catalogue_put_checks_the_right_first_to_reveal_no_rules() {
    let (env, server, api) = served(Database::Sqlite);
    env.add_user("county", "coordinator", &[]);
    let county = server.sign_in("county");
    let path = "/api/v1/catalogue/activities/field_survey";
    let mut form = activity(&api, "field_survey");
    form["name"] = json!("走访一");
    for base_version in [json!("x"), json!(-1), json!(9_999)] {
        form["base_version"] = base_version;
        assert_eq!((county.put(path, &form).0, api.put(path, &form).0), (403, 400), "{}", form["base_version"]);
    }
}
