//! Share links: they open without an account, show no entries, and end when revoked.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Api, Database, TestEnv};
use reqwest::blocking::Client;
use reqwest::redirect::Policy;
use rstest::rstest;
use serde_json::{Value, json};

/// Status that a browser with a link's cookie receives.
fn with_cookie(api: &Api, path: &str, cookie: &str) -> u16 {
    api.request("GET", path).header("cookie", cookie).send().unwrap().status().as_u16()
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn share_link_opens_only_its_view_until_revoked(#[case] database: Database) {
    let env = TestEnv::new(database);
    env.add_user("city", "coordinator", &[]);
    env.add_user("other", "coordinator", &[]);
    let server = env.serve(&[]);
    let (city, nobody) = (server.sign_in("city"), server.client());
    assert_eq!(nobody.get("/api/v1/overview").status(), 401);
    let made = city.post("/api/v1/shares", &json!({"query": "year=2023&programme=labour", "days": 7}));
    assert_eq!(made.status(), 201);
    let made: Value = made.json().unwrap();
    let path = made["path"].as_str().unwrap();
    let browser = Client::builder().redirect(Policy::none()).build().unwrap();
    let opened = browser.get(format!("{}{path}", server.address)).send().unwrap();
    assert_eq!(
        (opened.status().as_u16(), &opened.headers()["location"]),
        (303, &"/?year=2023&programme=labour".parse().unwrap())
    );
    let cookie = opened.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("Max-Age=604"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    for seen in ["/api/v1/overview", "/api/v1/indicators", "/api/v1/map", "/api/v1/export/indicators.xlsx"] {
        assert_eq!(with_cookie(&nobody, seen, cookie), 200, "{seen}");
    }
    for unseen in
        ["/api/v1/entries", "/api/v1/sync/pull", "/api/v1/export/entries.csv", "/api/v1/session", "/api/v1/shares"]
    {
        assert_eq!(with_cookie(&nobody, unseen, cookie), 401, "{unseen}");
    }
    let page = nobody.request("GET", "/?year=2023").header("cookie", cookie).send().unwrap().text().unwrap();
    assert!(page.contains("data-indicator=\"mushrooms_produced\"") && !page.contains("\"username\""));
    let listed = city.read("/api/v1/shares");
    assert_eq!((&listed["shares"][0]["id"], &listed["shares"][0]["withdrawn_at"]), (&made["id"], &Value::Null));
    assert!(!listed.to_string().contains(path), "the token is told once");
    let share = format!("/api/v1/shares/{}", made["id"].as_str().unwrap());
    assert_eq!(server.sign_in("other").request("DELETE", &share).send().unwrap().status(), 404, "it is another's");
    assert_eq!(city.request("DELETE", &share).send().unwrap().status(), 204);
    assert_eq!(city.request("DELETE", &share).send().unwrap().status(), 404);
    assert_eq!(with_cookie(&nobody, "/api/v1/overview", cookie), 401);
    assert_eq!(nobody.get(path).status(), 410);
}

#[rstest]
#[case(json!({"query": 5}), "query", "")]
#[case(json!({"query": "a b"}), "query", "")]
#[case(json!({"query": "x#y"}), "query", "")]
#[case(json!({"query": "x".repeat(2_001)}), "query", "2000")]
#[case(json!({"days": 0}), "days", "1")]
#[case(json!({"days": 367}), "days", "366")]
#[case(json!({"days": "soon"}), "days", "")]
fn invalid_share_is_an_error_of_its_field(#[case] body: Value, #[case] field: &str, #[case] limit: &str) {
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("city", "coordinator", &[]);
    env.add_user("village", "recorder", &[]);
    let server = env.serve(&[]);
    let answer = server.sign_in("city").post("/api/v1/shares", &body);
    assert_eq!(answer.status(), 400);
    let error = &answer.json::<Value>().unwrap()["errors"][0];
    assert_eq!(error["field"], field);
    let message = error["message"].as_str().unwrap();
    assert!(message.contains(limit) && !message.contains("{}"), "{message}");
    assert_eq!(server.sign_in("village").post("/api/v1/shares", &body).status(), 403);
}

/// The list had the newest 100 links; older ones went on opening the view, and nobody could revoke them.
#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn every_valid_link_is_listed(#[case] database: Database) {
    let env = TestEnv::new(database);
    env.add_user("city", "coordinator", &[]);
    let server = env.serve(&[]);
    let city = server.sign_in("city");
    let add = || city.post("/api/v1/shares", &json!({"days": 1}));
    let first: Value = add().json().unwrap();
    for _ in 1..100 {
        assert_eq!(add().status(), 201);
    }
    let refused = add();
    assert_eq!(refused.status(), 409);
    assert!(refused.json::<Value>().unwrap()["detail"].as_str().unwrap().contains("撤回"));
    let listed = city.read("/api/v1/shares")["shares"].as_array().unwrap().clone();
    assert_eq!((listed.len(), &listed[99]["id"]), (100, &first["id"]));
    let newest = format!("/api/v1/shares/{}", listed[0]["id"].as_str().unwrap());
    assert_eq!(city.request("DELETE", &newest).send().unwrap().status(), 204);
    assert_eq!(add().status(), 201);
    // The revoked link gives way in the list, not the oldest valid one.
    let listed = city.read("/api/v1/shares")["shares"].as_array().unwrap().clone();
    assert_eq!((listed.len(), &listed[99]["id"], &listed[99]["withdrawn_at"]), (100, &first["id"], &Value::Null));
}
