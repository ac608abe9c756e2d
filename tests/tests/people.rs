//! Accounts over HTTP: who may administer whom, one-time codes, own name and password, and sessions.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use jiedui_tests::{Api, Database, Server, TestEnv, survey_put};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

fn served(database: Database) -> (TestEnv, Server) {
    let env = TestEnv::with_accounts(
        database,
        &[("county", "coordinator", "522728"), ("town", "reviewer", "522728"), ("city", "recorder", "5201")],
    );
    env.add_user("head", "admin", &[]);
    let server = env.serve(&[]);
    (env, server)
}

/// Sends a change: the status and the answer.
fn send(api: &Api, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let answer = api.request(method, path).json(body).send().unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().unwrap_or_default())
}

fn new_user(username: &str, role: &str, places: &[&str]) -> Value {
    json!({"username": username, "name": " 小王 ", "role": role, "places": places})
}

/// Fields and codes of a problem.
fn errors(problem: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| (text(&error["field"]), text(&error["code"]))).collect()
}

fn one(field: &str, code: &str) -> Vec<(String, String)> {
    vec![(field.to_owned(), code.to_owned())]
}

/// Signs in with a one-time code: the status and the answer.
fn redeem(server: &Server, username: &str, code: &str, password: &str) -> (u16, Value) {
    let body = json!({"username": username, "code": code, "password": password, "device_name": "phone"});
    send(&server.client(), "POST", "/api/v1/session/code", &body)
}

fn sign_in_status(server: &Server, username: &str, password: &str) -> u16 {
    let body = json!({"username": username, "password": password});
    send(&server.client(), "POST", "/api/v1/session", &body).0
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn new_account_signs_in_by_a_code_that_works_once(#[case] database: Database) {
    let (_env, server) = served(database);
    let county = server.sign_in("county");
    let (status, made) = send(&county, "POST", "/api/v1/users", &new_user("Ｗang.5 ", "recorder", &["522728109"]));
    assert_eq!(status, 201, "{made}");
    let user = &made["user"];
    assert_eq!(
        (&user["username"], &user["name"], &user["has_password"]),
        (&json!("wang.5"), &json!("小王"), &json!(false))
    );
    let code = made["code"].as_str().unwrap();
    assert_eq!(made["path"], format!("/sign-in/code#{code}.wang.5"));
    assert_eq!(made["qr"], Value::Null, "no origin, no address");
    let (status, taken) = send(&county, "POST", "/api/v1/users", &new_user("WANG.5", "recorder", &["522728109"]));
    assert_eq!((status, errors(&taken)), (409, one("username", "taken")));

    assert_eq!(sign_in_status(&server, "wang.5", ""), 400);
    assert_eq!(sign_in_status(&server, "wang.5", "village-house-7"), 401, "no password yet");
    let weak = redeem(&server, "wang.5", code, "Sunshine1");
    assert_eq!((weak.0, errors(&weak.1)), (400, one("password", "weak_password")));
    let short = redeem(&server, "wang.5", code, "1234567");
    assert_eq!((short.0, errors(&short.1)), (400, one("password", "too_short")));
    assert_eq!(redeem(&server, "wang.5", "00000-00000", "village-house-7").0, 401);
    assert_eq!(redeem(&server, "town", code, "village-house-7").0, 401, "the code of another account");
    let typed = code.to_lowercase().replace('-', " ");
    let (status, session) = redeem(&server, "Wang.5", &typed, "village-house-7");
    assert_eq!((status, &session["user"]["username"]), (200, &json!("wang.5")), "{session}");
    assert_eq!(redeem(&server, "wang.5", code, "another-house-8").0, 401, "used");
    let village = server.sign_in_with("wang.5", "village-house-7");
    assert_eq!(village.push(Uuid::now_v7(), json!([survey_put(1, Uuid::now_v7(), 2)]))[0]["outcome"], "applied");
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn reset_keeps_the_password_until_the_code_is_used(#[case] database: Database) {
    let (env, server) = served(database);
    let head = server.sign_in("head");
    let town = server.sign_in("town");
    let id = town.read("/api/v1/session")["user"]["id"].as_str().unwrap().to_owned();
    let reset = || send(&head, "POST", &format!("/api/v1/users/{id}/code"), &json!({}));
    let (first, second) = (reset(), reset());
    assert_eq!((first.0, second.0), (201, 201));
    assert_eq!(town.get("/api/v1/session").status(), 200, "sessions go on");
    assert_eq!(sign_in_status(&server, "town", "towntown"), 200);
    let code = |answer: &(u16, Value)| answer.1["code"].as_str().unwrap().to_owned();
    assert_eq!(redeem(&server, "town", &code(&first), "village-house-7").0, 401, "replaced by the second");
    env.sql("UPDATE sign_in_code SET expires_at = 5");
    assert_eq!(redeem(&server, "town", &code(&second), "village-house-7").0, 401, "expired");
    let third = reset();
    assert_eq!(redeem(&server, "town", &code(&third), "village-house-7").0, 200);
    assert_eq!(town.get("/api/v1/session").status(), 401, "earlier sessions have ended");
    assert_eq!(sign_in_status(&server, "town", "towntown"), 401);
    // The command line issues the same codes.
    let printed = env.run(&["user", "code", "--username", "town"], "");
    let printed = String::from_utf8(printed.stdout).unwrap();
    assert_eq!(redeem(&server, "town", printed.trim(), "village-house-8").0, 200);
    // A browser names its origin, and the QR code has the whole address.
    let answer = head
        .request("POST", &format!("/api/v1/users/{id}/code"))
        .header("origin", &server.address)
        .json(&json!({}))
        .send()
        .unwrap();
    let made: Value = answer.json().unwrap();
    assert!(made["qr"].as_str().unwrap().starts_with("<svg "), "{made}");
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn coordinators_administer_within_scope_and_role(#[case] database: Database) {
    let (_env, server) = served(database);
    let [county, head] = ["county", "head"].map(|name| server.sign_in(name));
    let names = |api: &Api| -> Vec<String> {
        let users = api.read("/api/v1/users");
        let name = |user: &Value| user["username"].as_str().unwrap().to_owned();
        users["users"].as_array().unwrap().iter().map(name).collect()
    };
    assert_eq!(names(&county), ["county", "town"]);
    assert_eq!(names(&head), ["city", "county", "head", "town"]);
    for (username, role, places, field) in [
        ("a1", "admin", vec!["522728"], "role"),
        ("a2", "viewer", vec![], "places"),
        ("a3", "recorder", vec!["522728109", "5201"], "places"),
    ] {
        let (status, problem) = send(&county, "POST", "/api/v1/users", &new_user(username, role, &places));
        assert_eq!((status, errors(&problem)), (403, one(field, "forbidden")), "{username}: {problem}");
    }
    let unknown = send(&head, "POST", "/api/v1/users", &new_user("a b", "recorder", &["999999"]));
    assert_eq!(
        (unknown.0, errors(&unknown.1)),
        (400, [one("username", "character"), one("places", "unknown")].concat())
    );
    let id_of = |name: &str| {
        let users = head.read("/api/v1/users");
        let user = users["users"].as_array().unwrap().iter().find(|user| user["username"] == name).cloned();
        user.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let change =
        |api: &Api, name: &str, body: Value| send(api, "PUT", &format!("/api/v1/users/{}", id_of(name)), &body);
    assert_eq!(change(&county, "city", json!({"name": "别人"})).0, 404, "out of scope");
    assert_eq!(change(&county, "head", json!({"disabled": true})).0, 404, "above the own role");
    assert_eq!(change(&county, "town", json!({"role": "admin"})).0, 403);
    assert_eq!(change(&county, "town", json!({"places": ["5201"]})).0, 403);
    let own = change(&county, "county", json!({"places": ["522728109"]}));
    assert_eq!((own.0, errors(&own.1)), (403, one("id", "own_account")));
    assert_eq!(change(&head, "head", json!({"disabled": true})).0, 403, "nobody locks themselves out");
    assert_eq!(change(&county, "county", json!({"name": "协调员"})).0, 200);

    // A new scope holds at once.
    let town = server.sign_in("town");
    assert_eq!(change(&county, "town", json!({"places": ["522728109"], "role": "recorder"})).0, 200);
    assert_eq!(town.get("/api/v1/session").status(), 401);
    let user = server.sign_in("town").read("/api/v1/session")["user"].clone();
    assert_eq!((&user["role"], &user["places"]), (&json!("recorder"), &json!(["522728109"])));
    let administers = |name: &str| server.sign_in(name).get("/api/v1/users").status().as_u16();
    assert_eq!(administers("town"), 403);
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn disabled_account_is_cut_off_at_once(#[case] database: Database) {
    let (_env, server) = served(database);
    let [county, town] = ["county", "town"].map(|name| server.sign_in(name));
    let id = town.read("/api/v1/session")["user"]["id"].as_str().unwrap().to_owned();
    let code = send(&county, "POST", &format!("/api/v1/users/{id}/code"), &json!({})).1["code"].clone();
    let set = |disabled: bool| send(&county, "PUT", &format!("/api/v1/users/{id}"), &json!({"disabled": disabled}));
    assert_eq!(set(true).1["user"]["disabled"], true);
    assert_eq!(town.get("/api/v1/session").status(), 401);
    assert_eq!(sign_in_status(&server, "town", "towntown"), 401);
    assert_eq!(redeem(&server, "town", code.as_str().unwrap(), "village-house-7").0, 401);
    assert_eq!(send(&county, "POST", &format!("/api/v1/users/{id}/code"), &json!({})).0, 409);
    assert_eq!(set(false).1["user"]["has_password"], false);
    assert_eq!(redeem(&server, "town", code.as_str().unwrap(), "village-house-7").0, 401, "the old code is gone");
    let code = send(&county, "POST", &format!("/api/v1/users/{id}/code"), &json!({})).1["code"].clone();
    assert_eq!(redeem(&server, "town", code.as_str().unwrap(), "village-house-7").0, 200);
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn own_name_password_and_sessions(#[case] database: Database) {
    let (env, server) = served(database);
    let [town, phone, county] = ["town", "town", "county"].map(|name| server.sign_in(name));
    let id = town.read("/api/v1/session")["user"]["id"].as_str().unwrap().to_owned();
    assert_eq!(send(&town, "PUT", "/api/v1/account", &json!({"name": " 周审核 "})).1["user"]["name"], "周审核");
    let unnamed = send(&town, "PUT", "/api/v1/account", &json!({"name": " "}));
    assert_eq!((unnamed.0, errors(&unnamed.1)), (400, one("name", "required")));

    let sessions =
        |api: &Api| api.read(&format!("/api/v1/users/{id}/sessions"))["sessions"].as_array().unwrap().clone();
    let listed = sessions(&town);
    assert_eq!((listed.len(), listed.iter().filter(|session| session["current"] == true).count()), (2, 1));
    let other = listed.iter().find(|session| session["current"] == false).unwrap();
    let path = format!("/api/v1/users/{id}/sessions/{}", other["id"].as_str().unwrap());
    assert_eq!(server.sign_in("city").request("DELETE", &path).send().unwrap().status(), 404, "another's");
    assert_eq!(county.request("DELETE", &path).send().unwrap().status(), 204);
    assert_eq!(county.request("DELETE", &path).send().unwrap().status(), 404, "ended already");
    let statuses = [&phone, &town].map(|api| api.get("/api/v1/session").status().as_u16());
    assert_eq!(statuses, [401, 200]);

    // A contact is stored once an hour.
    env.sql("UPDATE session SET seen_at = 5");
    assert_eq!(town.get("/api/v1/session").status(), 200);
    let is_stored = || sessions(&town)[0]["seen_at"].as_str().is_some_and(|at| at > "2026");
    jiedui_tests::wait_until("the contact is stored", || is_stored().then_some(()));

    let phone = server.sign_in("town");
    let set = |current: &str, new: &str| {
        send(&town, "PUT", "/api/v1/account/password", &json!({"current": current, "password": new}))
    };
    let wrong = set("nonsense", "village-house-7");
    assert_eq!((wrong.0, errors(&wrong.1)), (400, one("current", "wrong")));
    let weak = set("towntown", "woaini1314");
    assert_eq!((weak.0, errors(&weak.1)), (400, one("password", "weak_password")));
    assert_eq!(set("towntown", "village-house-7").0, 204);
    assert_eq!(phone.get("/api/v1/session").status(), 401, "other sessions have ended");
    assert_eq!(town.get("/api/v1/session").status(), 200);
    assert_eq!(sign_in_status(&server, "town", "village-house-7"), 200);
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn empty_installation_is_set_up_once_with_the_printed_token(#[case] database: Database) {
    let env = TestEnv::new(database);
    let server = env.serve(&[]);
    let printed = server.printed_lines.iter().find_map(|line| line.split_once("/setup#"));
    let token = printed.unwrap().1.to_owned();
    let set_up = |server: &Server, token: &str, username: &str, password: &str| {
        let body = json!({"token": token, "username": username, "name": "管理员", "password": password});
        send(&server.client(), "POST", "/api/v1/setup", &body)
    };
    assert_eq!(set_up(&server, "nonsense", "head", "village-house-7").0, 401);
    let weak = set_up(&server, &token, "head", "12345678");
    assert_eq!((weak.0, errors(&weak.1)), (400, one("password", "weak_password")));
    let (status, session) = set_up(&server, &token, "Head", "village-house-7");
    assert_eq!(
        (status, &session["user"]["username"], &session["user"]["role"]),
        (200, &json!("head"), &json!("admin"))
    );
    assert_eq!(set_up(&server, &token, "second", "village-house-8").0, 404, "only once");
    let head = server.sign_in_with("head", "village-house-7");
    assert_eq!(head.read("/api/v1/users")["users"].as_array().unwrap().len(), 1);
    // A later start prints no token and takes none.
    drop(server);
    let server = env.serve(&[]);
    assert!(server.printed_lines.iter().all(|line| !line.contains("/setup")), "{:?}", server.printed_lines);
    assert_eq!(set_up(&server, &token, "second", "village-house-8").0, 404);
}
