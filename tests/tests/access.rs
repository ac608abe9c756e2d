//! Rights: signing in, sessions, roles and places.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Database, Home, survey};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn a_session_holds_until_it_is_ended(#[case] database: Database) {
    let home = Home::new(database);
    home.add_user("village", "recorder", &["--place", "522728109", "--programme", "health"]);
    let server = home.serve(&[]);
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
    // The other session goes on until the account is closed.
    let other = server.sign_in("village");
    assert!(home.run(&["user", "disable", "--username", "village"], "").status.success());
    assert_eq!(other.get("/api/v1/session").status(), 401);
    let again = nobody.post("/api/v1/session", &json!({"username": "village", "password": "villagevillage"}));
    assert_eq!(again.status(), 401);
}

#[test]
fn without_a_programme_it_is_all_six_and_a_place_covers_all_below() {
    let home = Home::new(Database::Sqlite);
    home.add_user("county", "recorder", &["--place", "522728"]);
    home.add_user("health", "recorder", &["--place", "522728", "--programme", "health"]);
    let server = home.serve(&[]);
    let county = server.sign_in("county");
    assert_eq!(county.read("/api/v1/session")["user"]["programmes"].as_array().unwrap().len(), 6);
    assert_eq!(county.push(Uuid::now_v7(), json!([survey(1, Uuid::now_v7(), 1)]))[0]["outcome"], "applied");
    let refused = server.sign_in("health").push(Uuid::now_v7(), json!([survey(1, Uuid::now_v7(), 1)]));
    let error = &refused[0]["errors"][0];
    assert_eq!((&error["field"], &error["code"]), (&json!("activity"), &json!("forbidden")));
}

#[test]
fn too_many_wrong_passwords_have_to_wait() {
    let home = Home::new(Database::Sqlite);
    home.add_user("village", "recorder", &[]);
    let server = home.serve(&[]);
    let wrong = json!({"username": "village", "password": "wrong"});
    for _ in 0..10 {
        assert_eq!(server.client().post("/api/v1/session", &wrong).status(), 401);
    }
    let answer = server.client().post("/api/v1/session", &wrong);
    assert_eq!(answer.status(), 429);
    assert!(answer.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 0);
}

#[test]
fn a_looker_records_nothing_and_a_stranger_sees_no_entry() {
    let home = Home::new(Database::Sqlite);
    home.add_user("looker", "viewer", &["--place", "522728"]);
    home.add_user("moyang", "recorder", &["--place", "522728109"]);
    home.add_user("huaxi", "reviewer", &["--place", "520111"]);
    let server = home.serve(&[]);
    let batch = json!({"client_id": Uuid::now_v7(), "mutations": [survey(1, Uuid::now_v7(), 1)]});
    assert_eq!(server.sign_in("looker").post("/api/v1/sync/push", &batch).status(), 403);
    let id = Uuid::now_v7();
    server.sign_in("moyang").push(Uuid::now_v7(), json!([survey(1, id, 1)]));
    let stranger = server.sign_in("huaxi");
    assert_eq!(stranger.get(&format!("/api/v1/entries/{id}")).status(), 403);
    assert_eq!(stranger.read("/api/v1/entries?year=2026")["entries"], json!([]));
    let meddling = json!([{"seq": 1, "kind": "entry", "id": id, "base_rev": 1, "op": "put", "fields": {"note": "x"}}]);
    assert_eq!(stranger.push(Uuid::now_v7(), meddling)[0]["outcome"], "rejected");
}

#[test]
fn without_the_public_view_the_aggregates_are_for_who_has_signed_in() {
    let home = Home::new(Database::Sqlite);
    home.add_user("looker", "viewer", &[]);
    let server = home.serve(&[]);
    let aggregates =
        ["catalogue", "places?parent=522728", "indicators", "indicators/pigs_marketed/series", "map", "overview"];
    for path in aggregates {
        assert_eq!(server.client().get(&format!("/api/v1/{path}")).status(), 401, "{path}");
        assert_eq!(server.sign_in("looker").get(&format!("/api/v1/{path}")).status(), 200, "{path}");
    }
    assert!(!server.client().get("/").text().unwrap().contains("8,556"));
    drop(server);
    let public = home.serve_with(&[], |command| {
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
fn on_a_shared_phone_nobody_sends_or_receives_in_anothers_name() {
    let home = Home::new(Database::Sqlite);
    home.add_user("first", "recorder", &[]);
    home.add_user("second", "recorder", &[]);
    let server = home.serve(&[]);
    let (first, second) = (server.sign_in("first"), server.sign_in("second"));
    let id = |api: &jiedui_tests::Api| api.read("/api/v1/session")["user"]["id"].as_str().unwrap().to_owned();
    let batch = json!({"client_id": Uuid::now_v7(), "user": id(&first), "mutations": [survey(1, Uuid::now_v7(), 1)]});
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
    let home = Home::new(Database::Sqlite);
    home.add_user("recorder", "recorder", &[]);
    let who = home.serve(&[]).sign_in_with(typed, "recorderrecorder").read("/api/v1/session");
    assert_eq!(who["user"]["username"], "recorder");
}

#[test]
fn wrong_passwords_count_together_for_every_spelling_and_lock_strangers_out_alone() {
    let home = Home::new(Database::Sqlite);
    home.add_user("village", "recorder", &[]);
    let server = home.serve(&[]);
    let own = server.sign_in("village");
    let spellings = ["village", "Village", "village ", "ｖillage"];
    for number in 0..10 {
        let wrong = json!({"username": spellings[number % 4], "password": "wrong"});
        assert_eq!(server.client().post("/api/v1/session", &wrong).status(), 401);
    }
    let right = json!({"username": "village", "password": "villagevillage"});
    assert_eq!(server.client().post("/api/v1/session", &right).status(), 429, "a stranger, for all one knows");
    assert_eq!(own.post("/api/v1/session", &right).status(), 200, "the device that is signed in already");
}

#[test]
fn many_guesses_at_once_get_no_more_answers_than_one_after_the_other() {
    let home = Home::new(Database::Sqlite);
    home.add_user("village", "recorder", &[]);
    let server = home.serve(&[]);
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
    let home = Home::new(Database::Sqlite);
    home.add_user("village", "recorder", &["--place", "522728109"]);
    let server = home.serve(&[]);
    let before = server.sign_in("village");
    let change =
        ["user", "change", "--username", "Village", "--role", "reviewer", "--place", "522728", "--programme", "health"];
    assert!(home.run(&change, "").status.success());
    assert_eq!(before.get("/api/v1/session").status(), 401);
    let user = server.sign_in("village").read("/api/v1/session")["user"].clone();
    assert_eq!(
        (&user["role"], &user["places"], &user["programmes"]),
        (&json!("reviewer"), &json!(["522728"]), &json!(["health"]))
    );
    let wider = ["user", "change", "--username", "village", "--everywhere", "--all-programmes"];
    assert!(home.run(&wider, "").status.success());
    let user = server.sign_in("village").read("/api/v1/session")["user"].clone();
    assert_eq!((&user["places"], user["programmes"].as_array().unwrap().len()), (&json!([]), 6));
}

#[test]
fn new_password_opens_no_account_that_was_closed() {
    let home = Home::new(Database::Sqlite);
    home.add_user("village", "recorder", &[]);
    let server = home.serve(&[]);
    assert!(home.run(&["user", "disable", "--username", "village"], "").status.success());
    let output = home.run(&["user", "password", "--username", "village"], "another one");
    assert!(output.status.success());
    assert!(String::from_utf8(output.stderr).unwrap().contains("stays disabled"));
    let body = json!({"username": "village", "password": "another one"});
    assert_eq!(server.client().post("/api/v1/session", &body).status(), 401);
    assert!(home.run(&["user", "enable", "--username", "village"], "").status.success());
    assert_eq!(server.client().post("/api/v1/session", &body).status(), 200);
}
