//! Rights: signing in, sessions, roles and places.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Database, TestEnv, survey_put};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn session_is_valid_until_sign_out(#[case] database: Database) {
    let env = TestEnv::new(database);
    env.add_user("village", "recorder", &["--place", "522728109", "--programme", "health"]);
    let server = env.serve(&[]);
    let nobody = server.client();
    assert_eq!(nobody.get("/api/v1/session").status(), 401);
    let answer = nobody.post("/api/v1/session", &json!({"username": "village", "password": "villagevillage"}));
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    let body: Value = answer.json().unwrap();
    let user = &body["user"];
    assert_eq!(
        (&user["role"], &user["places"], &user["programmes"]),
        (&json!("recorder"), &json!(["522728109"]), &json!(["health"]))
    );
    let token = body["token"].as_str().unwrap();
    assert!(cookie.starts_with(&format!("jiedui_session={token};")), "{cookie}");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && !cookie.contains("Secure"));
    let by_cookie = nobody.request("GET", "/api/v1/session").header("cookie", format!("jiedui_session={token}"));
    assert_eq!(by_cookie.send().unwrap().json::<Value>().unwrap()["user"]["username"], "village");
    let api = server.sign_in("village");
    assert_eq!(api.request("DELETE", "/api/v1/session").send().unwrap().status(), 204);
    assert_eq!(api.get("/api/v1/session").status(), 401, "the token ends at once");
    // The other session stays valid until the account is disabled.
    let other = server.sign_in("village");
    assert!(env.run(&["user", "disable", "--username", "village"], "").status.success());
    assert_eq!(other.get("/api/v1/session").status(), 401);
    let again = nobody.post("/api/v1/session", &json!({"username": "village", "password": "villagevillage"}));
    assert_eq!(again.status(), 401);
}

#[test]
fn account_without_programme_has_all_and_place_covers_below() {
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("county", "recorder", &["--place", "522728"]);
    env.add_user("health", "recorder", &["--place", "522728", "--programme", "health"]);
    let server = env.serve(&[]);
    let county = server.sign_in("county");
    assert_eq!(county.read("/api/v1/session")["user"]["programmes"].as_array().unwrap().len(), 6);
    assert_eq!(county.push(Uuid::now_v7(), json!([survey_put(1, Uuid::now_v7(), 1)]))[0]["outcome"], "applied");
    let refused = server.sign_in("health").push(Uuid::now_v7(), json!([survey_put(1, Uuid::now_v7(), 1)]));
    let error = &refused[0]["errors"][0];
    assert_eq!((&error["field"], &error["code"]), (&json!("activity"), &json!("forbidden")));
}

#[test]
fn too_many_wrong_passwords_are_throttled() {
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("village", "recorder", &[]);
    let server = env.serve(&[]);
    let wrong = json!({"username": "village", "password": "wrong"});
    for _ in 0..10 {
        assert_eq!(server.client().post("/api/v1/session", &wrong).status(), 401);
    }
    let answer = server.client().post("/api/v1/session", &wrong);
    assert_eq!(answer.status(), 429);
    assert!(answer.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 0);
}

#[test]
fn viewer_cannot_write_and_stranger_sees_no_entry() {
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("looker", "viewer", &["--place", "522728"]);
    env.add_user("moyang", "recorder", &["--place", "522728109"]);
    env.add_user("huaxi", "reviewer", &["--place", "520111"]);
    let server = env.serve(&[]);
    let batch = json!({"client_id": Uuid::now_v7(), "mutations": [survey_put(1, Uuid::now_v7(), 1)]});
    assert_eq!(server.sign_in("looker").post("/api/v1/sync/push", &batch).status(), 403);
    let id = Uuid::now_v7();
    server.sign_in("moyang").push(Uuid::now_v7(), json!([survey_put(1, id, 1)]));
    let stranger = server.sign_in("huaxi");
    assert_eq!(stranger.get(&format!("/api/v1/entries/{id}")).status(), 403);
    assert_eq!(stranger.read("/api/v1/entries?year=2026")["entries"], json!([]));
    let meddling = json!([{"seq": 1, "kind": "entry", "id": id, "base_rev": 1, "op": "put", "fields": {"note": "x"}}]);
    assert_eq!(stranger.push(Uuid::now_v7(), meddling)[0]["outcome"], "rejected");
}

#[test]
fn private_view_shows_aggregates_to_signed_in_users_only() {
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("looker", "viewer", &[]);
    let server = env.serve(&[]);
    let aggregates = [
        "catalogue",
        "places?parent=522728",
        "indicators",
        "indicators/pigs_marketed/series",
        "map",
        "overview",
        "overview/2026",
    ];
    for path in aggregates {
        assert_eq!(server.client().get(&format!("/api/v1/{path}")).status(), 401, "{path}");
        assert_eq!(server.sign_in("looker").get(&format!("/api/v1/{path}")).status(), 200, "{path}");
    }
    assert!(!server.client().get("/").text().unwrap().contains("8,556"));
    drop(server);
    let public = env.serve_with(&[], |command| {
        command.env("JIEDUI_PUBLIC_VIEW", "true");
    });
    for path in aggregates {
        assert_eq!(public.client().get(&format!("/api/v1/{path}")).status(), 200, "{path}");
    }
    for path in ["entries", "sync/pull", "export/entries.csv", "live", "session"] {
        assert_eq!(public.client().get(&format!("/api/v1/{path}")).status(), 401, "{path}");
    }
    assert!(public.client().get("/?year=2023").text().unwrap().contains("8,556"));
}

#[test]
fn shared_phone_syncs_in_the_session_users_name_only() {
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("first", "recorder", &[]);
    env.add_user("second", "recorder", &[]);
    let server = env.serve(&[]);
    let (first, second) = (server.sign_in("first"), server.sign_in("second"));
    let id = |api: &jiedui_tests::Api| api.read("/api/v1/session")["user"]["id"].as_str().unwrap().to_owned();
    let batch =
        json!({"client_id": Uuid::now_v7(), "user": id(&first), "mutations": [survey_put(1, Uuid::now_v7(), 1)]});
    assert_eq!(second.post("/api/v1/sync/push", &batch).status(), 401);
    assert_eq!(second.get(&format!("/api/v1/sync/pull?user={}", id(&first))).status(), 401);
    assert_eq!(second.actual("field_surveys", 2026), Value::Null);
    assert_eq!(first.post("/api/v1/sync/push", &batch).status(), 200);
    assert_eq!(first.actual("field_surveys", 2026), 1);
}

#[rstest]
#[case("recorder ")]
#[case("Recorder")]
#[case("ＲＥＣＯＲＤＥＲ")]
#[case("ｒecorder\u{3000}")]
fn every_spelling_of_a_user_name_signs_in(#[case] typed: &str) {
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("recorder", "recorder", &[]);
    let who = env.serve(&[]).sign_in_with(typed, "recorderrecorder").read("/api/v1/session");
    assert_eq!(who["user"]["username"], "recorder");
}

#[test]
fn wrong_passwords_of_all_spellings_lock_strangers_only() {
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("village", "recorder", &[]);
    let server = env.serve(&[]);
    let signed_in = server.sign_in("village");
    let spellings = ["village", "Village", "village ", "ｖillage"];
    for number in 0..10 {
        let wrong = json!({"username": spellings[number % 4], "password": "wrong"});
        assert_eq!(server.client().post("/api/v1/session", &wrong).status(), 401);
    }
    let right = json!({"username": "village", "password": "villagevillage"});
    assert_eq!(server.client().post("/api/v1/session", &right).status(), 429, "a stranger, for all one knows");
    assert_eq!(signed_in.post("/api/v1/session", &right).status(), 200, "the device that is signed in already");
}

#[test]
fn concurrent_guesses_get_no_more_attempts_than_sequential() {
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("village", "recorder", &[]);
    let server = env.serve(&[]);
    let answers: Vec<u16> = std::thread::scope(|scope| {
        let guess = |number: usize| {
            let body = json!({"username": "village", "password": format!("guess {number}")});
            server.client().post("/api/v1/session", &body).status().as_u16()
        };
        let guesses: Vec<_> = (0..60).map(|number| scope.spawn(move || guess(number))).collect();
        guesses.into_iter().map(|guess| guess.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|status| **status == 401).count(), 10, "{answers:?}");
    assert!(answers.iter().all(|status| matches!(status, 401 | 429 | 503)), "{answers:?}");
}

#[test]
fn changed_account_has_its_new_rights_and_no_old_session() {
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("village", "recorder", &["--place", "522728109"]);
    let server = env.serve(&[]);
    let before = server.sign_in("village");
    let change =
        ["user", "change", "--username", "Village", "--role", "reviewer", "--place", "522728", "--programme", "health"];
    assert!(env.run(&change, "").status.success());
    assert_eq!(before.get("/api/v1/session").status(), 401);
    let user = server.sign_in("village").read("/api/v1/session")["user"].clone();
    assert_eq!(
        (&user["role"], &user["places"], &user["programmes"]),
        (&json!("reviewer"), &json!(["522728"]), &json!(["health"]))
    );
    let wider = ["user", "change", "--username", "village", "--everywhere", "--all-programmes"];
    assert!(env.run(&wider, "").status.success());
    let user = server.sign_in("village").read("/api/v1/session")["user"].clone();
    assert_eq!((&user["places"], user["programmes"].as_array().unwrap().len()), (&json!([]), 6));
}

#[test]
fn new_password_does_not_enable_disabled_account() {
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("village", "recorder", &[]);
    let server = env.serve(&[]);
    assert!(env.run(&["user", "disable", "--username", "village"], "").status.success());
    let output = env.run(&["user", "password", "--username", "village"], "another one");
    assert!(output.status.success());
    assert!(String::from_utf8(output.stderr).unwrap().contains("stays disabled"));
    let body = json!({"username": "village", "password": "another one"});
    assert_eq!(server.client().post("/api/v1/session", &body).status(), 401);
    assert!(env.run(&["user", "enable", "--username", "village"], "").status.success());
    assert_eq!(server.client().post("/api/v1/session", &body).status(), 200);
}
