//! The OpenAPI document: a schema for every body, and responses that match it.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use jiedui_tests::openapi_client::{CheckedClient, collect_references};
use jiedui_tests::{Database, served, survey_put, wait_until};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Operations whose success has no body, or that take none.
const WITHOUT_ANSWER: [&str; 1] = ["PUT /api/v1/attachments/{sha256}"];
const WITHOUT_BODY: [&str; 2] = ["POST /api/v1/imports/{id}/write", "POST /api/v1/users/{id}/code"];

/// Operations whose success needs an installation without accounts: `people.rs` tests it. Its answer is that of a sign-in.
const OF_EMPTY_INSTALLATION: [&str; 1] = ["POST /api/v1/setup"];

/// Calls `check` with the method and path of each operation, and its description.
fn each_operation(document: &Value, mut check: impl FnMut(&str, &Value)) {
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation["responses"].is_object() {
                check(&format!("{} {path}", method.to_uppercase()), operation);
            }
        }
    }
}

/// Whether every content type of a body has a schema that says something.
fn has_schema(body: &Value) -> bool {
    let says_something = |content: &Value| content["schema"].as_object().is_some_and(|schema| !schema.is_empty());
    body["content"].as_object().is_some_and(|types| !types.is_empty() && types.values().all(says_something))
}

#[test]
fn document_has_a_schema_for_every_body() {
    let (_env, _server, api) = served(Database::Sqlite);
    let document = api.read("/api/v1/openapi.json");
    let mut operations = 0;
    each_operation(&document, |name, operation| {
        operations += 1;
        let takes_body = name.starts_with("PUT") || name.starts_with("POST");
        if takes_body && !WITHOUT_BODY.contains(&name) {
            assert!(has_schema(&operation["requestBody"]), "the body of {name}");
        }
        let mut succeeds = false;
        for (status, response) in operation["responses"].as_object().unwrap() {
            match status.as_str() {
                "204" | "304" => {}
                _ if status.starts_with('2') && WITHOUT_ANSWER.contains(&name) => {}
                _ if status.starts_with('2') => assert!(has_schema(response), "{status} of {name}"),
                _ => {
                    let schema = &response["content"]["application/problem+json"]["schema"];
                    let is_gap = name == "PUT /api/v1/attachments/{sha256}" && status == "409";
                    assert!(is_gap || schema["$ref"] == "#/components/schemas/Problem", "{status} of {name}");
                }
            }
            succeeds |= status.starts_with('2');
        }
        assert!(succeeds, "{name} says nothing of its success");
    });
    assert!(operations > 40, "the document lists {operations} operations");
}

#[test]
fn document_has_no_dangling_references() {
    let (_env, _server, api) = served(Database::Sqlite);
    let document = api.read("/api/v1/openapi.json");
    let mut references = BTreeSet::new();
    collect_references(&document, &mut references);
    assert!(references.len() > 40, "{references:?}");
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} is missing");
    }
}

/// Returns a record without some of its members.
fn without(value: &Value, names: &[&str]) -> Value {
    let members = value.as_object().unwrap().iter().filter(|(name, _)| !names.contains(&name.as_str()));
    Value::Object(members.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

#[test]
fn responses_match_the_document() {
    let (_env, _server, api) = served(Database::Sqlite);
    let client = CheckedClient::new(api);
    let get = |template: &str, path: &str| client.call(&format!("GET {template}"), path, None, 200);
    get("/healthz", "/healthz");
    get("/readyz", "/readyz");
    sign_in(&client);
    entries(&client);
    reference(&client);
    imports(&client);
    people(&client);
    for query in ["", "?year=2026&programme=party_building&include=verified", "?year=2023"] {
        get("/api/v1/indicators", &format!("/api/v1/indicators{query}"));
    }
    for by in ["month", "place"] {
        let path = format!("/api/v1/indicators/field_surveys/series?year=2026&by={by}");
        let series = get("/api/v1/indicators/{code}/series", &path);
        assert!(!series["series"].as_array().unwrap().is_empty(), "{by}");
    }
    get("/api/v1/map", "/api/v1/map?year=2026");
    get("/api/v1/export/map.geojson", "/api/v1/export/map.geojson");
    let overview = get("/api/v1/overview", "/api/v1/overview");
    let (change, edition) = (&overview["change"], overview["edition"].as_str().unwrap());
    get("/api/v1/overview", &format!("/api/v1/overview?since={change}&edition={edition}"));
    get("/api/v1/overview", "/api/v1/overview?village=522728109204");
    get("/api/v1/overview", "/api/v1/overview?summary=2026&place=522728");
    get("/api/v1/overview", "/api/v1/overview?parts=few");
    let pieces = "base,522728,pairings,organisations,subjects";
    let pack = get("/api/v1/overview/{year}", &format!("/api/v1/overview/2023?pieces={pieces}"));
    assert!(!pack["figures"].as_array().unwrap().is_empty());
    let (change, edition) = (&pack["change"], pack["edition"].as_str().unwrap());
    get("/api/v1/overview/{year}", &format!("/api/v1/overview/2026?since={change}&edition={edition}"));
    let body = json!({"query": "year=2026", "days": 3});
    client.call("POST /api/v1/shares", "/api/v1/shares", Some(body), 201);
    get("/api/v1/shares", "/api/v1/shares");
    get("/api/v1/notices", "/api/v1/notices");
    get("/api/v1/notices/browser", "/api/v1/notices/browser");
    let body = json!({"sha256": ["0".repeat(64)]});
    client.call("POST /api/v1/attachments/missing", "/api/v1/attachments/missing", Some(body), 200);
    // A new operation needs a call here.
    let mut missing = Vec::new();
    each_operation(&client.document, |name, operation| {
        let responses = operation["responses"].as_object().unwrap().iter();
        let mut types = responses
            .filter(|(status, _)| status.starts_with('2'))
            .filter_map(|(_, response)| response["content"].as_object());
        let is_json = types.any(|types| types.keys().any(|name| name.contains("json")));
        if is_json && !client.called.borrow().contains(name) && !OF_EMPTY_INSTALLATION.contains(&name) {
            missing.push(name.to_owned());
        }
    });
    assert!(missing.is_empty(), "no answer of these was checked: {missing:?}");
}

fn sign_in(client: &CheckedClient) {
    let body = json!({"username": "head", "password": "headhead", "device_name": "test"});
    client.call("POST /api/v1/session", "/api/v1/session", Some(body), 200);
    client.call("GET /api/v1/session", "/api/v1/session", None, 200);
    let wrong = client.api.post("/api/v1/session", &json!({"username": "head"}));
    let problem = client.check("POST /api/v1/session", wrong, 400);
    assert_eq!(problem["errors"][0]["field"], "password");
}

fn people(client: &CheckedClient) {
    client.call("GET /api/v1/users", "/api/v1/users", None, 200);
    let body = json!({"username": "wang", "name": "王五", "role": "recorder", "places": ["522728109"]});
    let made = client.call("POST /api/v1/users", "/api/v1/users", Some(body.clone()), 201);
    client.call("POST /api/v1/users", "/api/v1/users", Some(body), 409);
    let path = format!("/api/v1/users/{}", id(&made["user"]));
    client.call("PUT /api/v1/users/{id}", &path, Some(json!({"name": "王小五"})), 200);
    let code = client.call("POST /api/v1/users/{id}/code", &format!("{path}/code"), None, 201);
    let body = json!({"username": "wang", "code": code["code"], "password": "village-house-7", "device_name": "test"});
    client.call("POST /api/v1/session/code", "/api/v1/session/code", Some(body.clone()), 200);
    client.call("POST /api/v1/session/code", "/api/v1/session/code", Some(body), 401);
    client.call("GET /api/v1/users/{id}/sessions", &format!("{path}/sessions"), None, 200);
    let trail = client.call("GET /api/v1/audit", "/api/v1/audit?limit=5", None, 200);
    assert!(trail["next"].is_string());
    client.call("GET /api/v1/audit", "/api/v1/audit?action=nothing", None, 400);
    client.call("PUT /api/v1/account", "/api/v1/account", Some(json!({"name": "主任"})), 200);
}

fn entries(client: &CheckedClient) {
    let entry = Uuid::now_v7();
    let push = |mutation: Value| {
        let body = json!({"client_id": Uuid::now_v7(), "mutations": [mutation]});
        client.call("POST /api/v1/sync/push", "/api/v1/sync/push", Some(body), 200)["results"][0].clone()
    };
    assert_eq!(push(survey_put(1, entry, 3))["outcome"], "applied");
    assert_eq!(push(survey_put(1, entry, 4))["outcome"], "conflict");
    assert_eq!(
        push(json!({"seq": 1, "kind": "entry", "id": Uuid::now_v7(), "base_rev": 0, "op": "put"}))["outcome"],
        "rejected"
    );
    client.call("GET /api/v1/sync/pull", "/api/v1/sync/pull?limit=1000", None, 200);
    client.call("GET /api/v1/sync/snapshot", "/api/v1/sync/snapshot", None, 200);
    client.call("GET /api/v1/entries", "/api/v1/entries?limit=5", None, 200);
    let by_date = "/api/v1/entries?order=date&author=me&limit=1";
    let page = client.call("GET /api/v1/entries", by_date, None, 200);
    assert_eq!(page["entries"][0]["id"], json!(entry));
    client.call("GET /api/v1/entries", "/api/v1/entries?order=date&after=7", None, 400);
    client.call("GET /api/v1/ledger", "/api/v1/ledger?limit=5", None, 200);
    let whole = client.call("GET /api/v1/entries/{id}", &format!("/api/v1/entries/{entry}"), None, 200);
    assert_eq!(whole["conflicts"].as_array().unwrap().len(), 1);
    client.call("GET /api/v1/entries/{id}", "/api/v1/entries/x", None, 404);
}

fn reference(client: &CheckedClient) {
    let catalogue = client.call("GET /api/v1/catalogue", "/api/v1/catalogue", None, 200);
    let indicator = without(&catalogue["indicators"][0], &["code"]);
    let path = format!("/api/v1/catalogue/indicators/{}", catalogue["indicators"][0]["code"].as_str().unwrap());
    client.call("PUT /api/v1/catalogue/indicators/{code}", &path, Some(indicator), 200);
    let path = "/api/v1/catalogue/programmes/ecology";
    let programme = |color: &str| json!({"name": "生态", "name_en": "Ecology", "color": color, "order": 7});
    client.call("PUT /api/v1/catalogue/programmes/{code}", path, Some(programme("#2e7d32")), 200);
    client.call("PUT /api/v1/catalogue/programmes/{code}", path, Some(programme("#ffee00")), 400);
    let field = json!({"code": "count", "name": "次数", "name_en": "Times", "kind": "integer", "required": true});
    let form = json!({"programme": "party_building", "name": "试验", "name_en": "Trial", "fields": [field]});
    let path = "/api/v1/catalogue/activities/trial";
    client.call("PUT /api/v1/catalogue/activities/{code}", path, Some(form), 200);
    client.call(
        "PUT /api/v1/catalogue/activities/{code}",
        path,
        Some(json!({"programme": "none", "name": "", "name_en": "", "fields": []})),
        400,
    );
    client.call("GET /api/v1/places", "/api/v1/places?parent=522728", None, 200);
    let overview = client.api.read("/api/v1/overview");
    let organisation = &overview["organisations"][0];
    let path = format!("/api/v1/organisations/{}", id(organisation));
    client.call("PUT /api/v1/organisations/{id}", &path, Some(without(organisation, &["id", "initials", "rev"])), 200);
    let pairing = &overview["pairings"][0];
    let path = format!("/api/v1/pairings/{}", id(pairing));
    client.call("PUT /api/v1/pairings/{id}", &path, Some(without(pairing, &["id", "rev"])), 200);
    client.call("PUT /api/v1/periods/{month}", "/api/v1/periods/2023-01", Some(json!({"closed": true})), 200);
    client.call("GET /api/v1/periods", "/api/v1/periods", None, 200);
}

fn imports(client: &CheckedClient) {
    let upload = |table: &str| {
        let request = client.api.request("POST", "/api/v1/imports?activity=joint_study&name=table.csv");
        let answer = request.body(table.to_owned()).send().unwrap();
        client.check("POST /api/v1/imports", answer, 202)
    };
    let path = |import: &Value, more: &str| format!("/api/v1/imports/{}{more}", id(import));
    let checked = |import: &Value| {
        let look = || client.call("GET /api/v1/imports/{id}", &path(import, ""), None, 200);
        wait_until("the check", || {
            Some(look()).filter(|import| import["stage"] != "checking" && import["done"].is_null())
        })
    };
    let heading = "活动时间,乡镇村,学习次数 (次)*,参加人数,学习形式,备注";
    let wrong = upload(&format!("登记表\n{heading}\n2026-11-20,北京市,一,2,线上,\n合计,,1,,,"));
    let wrong = checked(&wrong);
    assert_eq!(wrong["wrong_rows"], 1);
    client.call("POST /api/v1/imports/{id}/write", &path(&wrong, "/write"), None, 409);
    let import = checked(&upload(&format!("{heading}\n2026-11-20,罗甸县沫阳镇,约1,2,线上,")));
    let columns = json!({"columns": import["columns"]});
    client.call("PUT /api/v1/imports/{id}/columns", &path(&import, "/columns"), Some(columns), 202);
    checked(&import);
    let layout = json!({"heading_row": 1, "heading_rows": 1});
    client.call("PUT /api/v1/imports/{id}/layout", &path(&import, "/layout"), Some(layout), 202);
    assert_eq!(checked(&import)["wrong"], 0);
    let written = client.call("POST /api/v1/imports/{id}/write", &path(&import, "/write"), None, 200);
    assert_eq!(written["stage"], "done");
    client.call("GET /api/v1/imports", "/api/v1/imports", None, 200);
    client.call("DELETE /api/v1/imports/{id}", &path(&import, ""), None, 200);
}
