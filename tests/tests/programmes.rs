//! Programmes that administrators add and change: entries, figures, rights, validation, and changes at the same time.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Api, Database, served, wait_until};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

fn programme(name: &str, color: &str) -> Value {
    json!({"name": name, "name_en": "Ecology", "color": color})
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn seventh_programme_is_recorded_and_counted(#[case] database: Database) {
    let (env, server, api) = served(database);
    env.add_user("village", "recorder", &["--place", "522728109"]);
    env.add_user("health", "recorder", &["--place", "522728109", "--programme", "health"]);
    let other = (database == Database::Postgres).then(|| env.serve(&[]));
    let other = other.as_ref().map(|server| server.sign_in("head"));
    let (all, health) = (server.sign_in("village"), server.sign_in("health"));
    let cursor = all.pull(None, 1_000).1;
    let (status, catalogue) = api.put("/api/v1/catalogue/programmes/ecology", &programme("生态", "#2E7D32"));
    assert_eq!((status, catalogue["programmes"].as_array().unwrap().len()), (200, 7), "{catalogue}");
    let added = json!({"code": "ecology", "name": "生态", "name_en": "Ecology", "color": "#2e7d32"});
    assert_eq!(catalogue["programmes"][6], added);
    assert_eq!(api.read("/api/v1/overview")["catalogue"]["programmes"][6], added);
    if let Some(other) = &other {
        let seen = || (other.read("/api/v1/catalogue")["version"] == catalogue["version"]).then_some(());
        wait_until("the other server has the programme", seen);
    }

    let indicator = json!({"programme": "ecology", "name": "植树", "name_en": "Trees", "unit": "棵", "unit_en": "trees",
        "aggregation": "sum"});
    assert_eq!(api.put("/api/v1/catalogue/indicators/trees", &indicator).0, 200);
    let field = json!({"code": "trees", "name": "植树", "name_en": "Trees", "kind": "integer", "required": true,
        "feeds": "trees"});
    let form = json!({"programme": "ecology", "name": "植树活动", "name_en": "Planting", "fields": [field]});
    assert_eq!(api.put("/api/v1/catalogue/activities/planting", &form).0, 200);
    let planting = |trees: u64| {
        let fields =
            json!({"activity": "planting", "date": "2026-11-20", "place": "522728109", "values": {"trees": trees}});
        json!([{"seq": 1, "kind": "entry", "id": Uuid::now_v7(), "base_rev": 0, "op": "put", "fields": fields}])
    };
    // An account for all programmes also has the seventh; one for a single programme does not.
    let user = |api: &Api| api.read("/api/v1/session")["user"].clone();
    assert_eq!((&user(&all)["all_programmes"], &user(&all)["programmes"][6]), (&json!(true), &json!("ecology")));
    assert_eq!((&user(&health)["all_programmes"], &user(&health)["programmes"]), (&json!(false), &json!(["health"])));
    assert_eq!(all.push(Uuid::now_v7(), planting(40))[0]["outcome"], "applied");
    let error = health.push(Uuid::now_v7(), planting(50))[0]["errors"][0].clone();
    assert_eq!((&error["field"], &error["code"]), (&json!("activity"), &json!("forbidden")));
    assert_eq!(api.actual("trees", 2026), 40);
    let figures = all.read("/api/v1/indicators?year=2026&programme=ecology");
    assert_eq!(figures["indicators"].as_array().unwrap().len(), 1, "{figures}");
    // The phone continues from its cursor: the feed is not sent again.
    let (news, _) = all.pull(Some(&cursor), 1_000);
    assert_eq!(news.len(), 1, "{news:?}");
    assert_eq!(health.pull(None, 1_000).0.iter().filter(|record| record["kind"] == "entry").count(), 0);

    let renamed = json!({"name": "生态环保", "name_en": "", "color": "#123456", "order": 1});
    let (status, catalogue) = api.put("/api/v1/catalogue/programmes/ecology", &renamed);
    assert_eq!((status, catalogue["programmes"].as_array().unwrap().len()), (200, 7));
    assert_eq!(
        catalogue["programmes"][0],
        json!({"code": "ecology", "name": "生态环保", "name_en": "", "color": "#123456"})
    );
    assert_eq!(api.actual("trees", 2026), 40, "figures belong to the code");
    assert!(env.run(&["verify"], "").status.success());
}

#[test]
fn invalid_programme_is_an_error_of_its_field() {
    let (env, server, api) = served(Database::Sqlite);
    env.add_user("city", "coordinator", &[]);
    let path = "/api/v1/catalogue/programmes/ecology";
    let before = api.read("/api/v1/catalogue");
    let refused = |path: &str, body: &Value| {
        let (status, problem) = api.put(path, body);
        (status, problem["errors"][0]["field"].clone(), problem["errors"][0]["code"].clone())
    };
    let at = |field: &str, code: &str| (400, json!(field), json!(code));
    assert_eq!(refused(path, &programme("生态", "#ffee00")), at("color", "low_contrast"));
    assert_eq!(refused(path, &programme("生态", "green")), at("color", "wrong_type"));
    assert_eq!(refused(path, &programme(" ", "#2e7d32")), at("name", "required"));
    assert_eq!(refused("/api/v1/catalogue/programmes/Eco!", &programme("生态", "#2e7d32")), at("code", "wrong_type"));
    let mut ninth = programme("生态", "#2e7d32");
    ninth["order"] = json!(9);
    assert_eq!(refused(path, &ninth), at("order", "too_large"));
    ninth["order"] = json!(-1);
    assert_eq!(refused(path, &ninth), at("order", "wrong_type"));
    assert_eq!(refused(path, &programme("生\u{0}态", "#2e7d32")), at("body", "character"));
    for wrong in [json!([]), json!("x"), json!({"name": "生态"})] {
        assert_eq!(api.put(path, &wrong).0, 400, "{wrong}");
    }
    assert_eq!(server.sign_in("city").put(path, &programme("生态", "#2e7d32")).0, 403);
    assert_eq!(server.client().put(path, &programme("生态", "#2e7d32")).0, 401);
    assert_eq!(api.read("/api/v1/catalogue"), before, "nothing was changed");
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn programme_put_of_outdated_base_version_is_rejected(#[case] database: Database) {
    let (_env, _server, api) = served(database);
    let base = api.read("/api/v1/catalogue")["version"].as_u64().unwrap();
    let change = |code: &str, name: &str, order: Value| {
        let body = json!({"name": name, "name_en": "", "color": "#2e7d32", "order": order, "base_version": base});
        let (status, answer) = api.put(&format!("/api/v1/catalogue/programmes/{code}"), &body);
        (status, answer["errors"][0]["field"].clone())
    };
    let (done, conflict) = ((200, Value::Null), (409, json!("base_version")));
    assert_eq!(change("ecology", "生态", Value::Null), done);
    assert_eq!(change("ecology", "生态", Value::Null), done, "the same again");
    assert_eq!(change("ecology", "绿化", Value::Null), conflict);
    // A change of another item of the catalogue is a conflict for the order only.
    assert_eq!(change("labour", "劳务协作", json!(1)), conflict);
    assert_eq!(change("labour", "劳务协作", Value::Null), done);
    let names = api.read("/api/v1/catalogue")["programmes"].clone();
    assert_eq!((&names[3]["name"], &names[6]["name"]), (&json!("劳务协作"), &json!("生态")));
}
