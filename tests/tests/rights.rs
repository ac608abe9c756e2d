//! The table of rights: every route of the OpenAPI document for every role, and every kind of change for every role, place and
//! owner. A route without a row fails.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use jiedui_tests::{Api, Database, TestEnv};
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Users that may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// Everybody.
    Open,
    /// Everybody if the shared view is public, otherwise every account.
    Shared,
    /// Every account.
    Account,
    /// Every role but viewers.
    Recording,
    /// Coordinators and administrators.
    Coordinating,
    /// Administrators.
    Administering,
}

impl Rule {
    /// Returns the status of a refused request; `None` if it is allowed. No role is no account.
    fn refusal(self, role: Option<&str>, is_public: bool) -> Option<u16> {
        let Some(role) = role else {
            return (self != Self::Open && !(self == Self::Shared && is_public)).then_some(401);
        };
        let is_allowed = match self {
            Self::Open | Self::Shared | Self::Account => true,
            Self::Recording => role != "viewer",
            Self::Coordinating => ["coordinator", "admin"].contains(&role),
            Self::Administering => role == "admin",
        };
        (!is_allowed).then_some(403)
    }
}

const ROUTES: [(&str, &str, Rule); 63] = [
    ("GET", "/healthz", Rule::Open),
    ("GET", "/readyz", Rule::Open),
    ("POST", "/api/v1/session", Rule::Open),
    ("GET", "/api/v1/session", Rule::Account),
    ("DELETE", "/api/v1/session", Rule::Account),
    ("POST", "/api/v1/session/code", Rule::Open),
    ("POST", "/api/v1/setup", Rule::Open),
    ("PUT", "/api/v1/account", Rule::Account),
    ("PUT", "/api/v1/account/password", Rule::Account),
    ("GET", "/api/v1/users", Rule::Coordinating),
    ("POST", "/api/v1/users", Rule::Coordinating),
    ("PUT", "/api/v1/users/{id}", Rule::Coordinating),
    ("POST", "/api/v1/users/{id}/code", Rule::Coordinating),
    // Of the own account, or of one that the user may administer; of others there are none.
    ("GET", "/api/v1/users/{id}/sessions", Rule::Account),
    ("DELETE", "/api/v1/users/{id}/sessions/{session}", Rule::Account),
    ("GET", "/api/v1/audit", Rule::Administering),
    ("GET", "/api/v1/audit.csv", Rule::Administering),
    ("GET", "/api/v1/catalogue", Rule::Shared),
    ("GET", "/api/v1/places", Rule::Shared),
    ("GET", "/api/v1/indicators", Rule::Shared),
    ("GET", "/api/v1/indicators/{code}/series", Rule::Shared),
    ("GET", "/api/v1/map", Rule::Shared),
    ("GET", "/api/v1/overview", Rule::Shared),
    ("GET", "/api/v1/overview/{year}", Rule::Shared),
    ("GET", "/api/v1/overview/live", Rule::Shared),
    ("GET", "/api/v1/export/indicators.csv", Rule::Shared),
    ("GET", "/api/v1/export/indicators.xlsx", Rule::Shared),
    ("GET", "/api/v1/export/map.geojson", Rule::Shared),
    ("GET", "/api/v1/entries", Rule::Account),
    ("GET", "/api/v1/entries/{id}", Rule::Account),
    ("GET", "/api/v1/ledger", Rule::Account),
    ("GET", "/api/v1/export/entries.csv", Rule::Account),
    ("GET", "/api/v1/export/entries.xlsx", Rule::Account),
    ("GET", "/api/v1/export/directory.xlsx", Rule::Account),
    ("GET", "/api/v1/sync/pull", Rule::Account),
    ("GET", "/api/v1/sync/snapshot", Rule::Account),
    ("POST", "/api/v1/sync/push", Rule::Recording),
    ("GET", "/api/v1/live", Rule::Account),
    ("GET", "/api/v1/attachments/{sha256}", Rule::Account),
    ("PUT", "/api/v1/attachments/{sha256}", Rule::Recording),
    ("POST", "/api/v1/attachments/missing", Rule::Account),
    ("GET", "/api/v1/notices", Rule::Account),
    ("GET", "/api/v1/notices/browser", Rule::Account),
    ("PUT", "/api/v1/notices/browser", Rule::Account),
    ("DELETE", "/api/v1/notices/browser", Rule::Account),
    ("GET", "/api/v1/imports", Rule::Account),
    ("POST", "/api/v1/imports", Rule::Recording),
    ("GET", "/api/v1/imports/template.xlsx", Rule::Account),
    ("GET", "/api/v1/imports/{id}", Rule::Account),
    ("DELETE", "/api/v1/imports/{id}", Rule::Account),
    ("PUT", "/api/v1/imports/{id}/columns", Rule::Account),
    ("PUT", "/api/v1/imports/{id}/layout", Rule::Account),
    ("POST", "/api/v1/imports/{id}/write", Rule::Account),
    ("GET", "/api/v1/periods", Rule::Account),
    ("PUT", "/api/v1/periods/{month}", Rule::Coordinating),
    ("GET", "/api/v1/shares", Rule::Account),
    ("POST", "/api/v1/shares", Rule::Coordinating),
    ("DELETE", "/api/v1/shares/{id}", Rule::Account),
    ("PUT", "/api/v1/organisations/{id}", Rule::Coordinating),
    ("PUT", "/api/v1/pairings/{id}", Rule::Coordinating),
    ("PUT", "/api/v1/catalogue/activities/{code}", Rule::Administering),
    ("PUT", "/api/v1/catalogue/indicators/{code}", Rule::Administering),
    ("PUT", "/api/v1/catalogue/programmes/{code}", Rule::Administering),
];
const ROLES: [&str; 5] = ["viewer", "recorder", "reviewer", "coordinator", "admin"];

/// Township of the accounts, and another township.
const OWN: &str = "522728109";
const ELSEWHERE: &str = "522728108";

fn status(api: &Api, method: &str, path: &str) -> u16 {
    let values = [
        ("{code}", "nothing"),
        ("{id}", "018cc251-f400-7000-8000-00000000ffff"),
        ("{sha256}", &"0".repeat(64)),
        ("{session}", "018cc251-f400-7000-8000-00000000fffe"),
        ("{month}", "2026-01"),
        ("{year}", "2026"),
    ];
    let path = values.iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
    let request = api.request(method, &path);
    let request = if method == "GET" { request } else { request.json(&json!({})) };
    request.send().unwrap().status().as_u16()
}

#[rstest]
#[case(Database::Sqlite, true)]
#[case(Database::Sqlite, false)]
#[case(Database::Postgres, true)]
fn every_route_answers_each_role_as_the_table_says(#[case] database: Database, #[case] is_public: bool) {
    let accounts = ROLES.map(|role| (role, role, OWN));
    let env = TestEnv::with_accounts(database, &accounts);
    let server = env.serve_with(&[], |command| {
        command.env("JIEDUI_PUBLIC_VIEW", is_public.to_string());
    });
    let described = server.client().read("/api/v1/openapi.json");
    let operations: BTreeSet<(String, String)> = described["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone()))
        })
        .collect();
    let ruled: BTreeSet<(String, String)> =
        ROUTES.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(
        operations.difference(&ruled).collect::<Vec<_>>(),
        Vec::<&(String, String)>::new(),
        "routes without a rule"
    );
    for role in [None].into_iter().chain(ROLES.map(Some)) {
        let sign_in = || role.map_or_else(|| server.client(), |role| server.sign_in(role));
        let api = sign_in();
        for (method, path, rule) in &ROUTES {
            let answer = match (*method, *path) {
                // It ends its session.
                ("DELETE", "/api/v1/session") => status(&sign_in(), method, path),
                _ => status(&api, method, path),
            };
            match rule.refusal(role, is_public) {
                Some(expected) => assert_eq!(answer, expected, "{method} {path} for {role:?}"),
                None if *rule == Rule::Open => assert!(answer < 500, "{method} {path} for {role:?}: {answer}"),
                None => {
                    assert!(![401, 403].contains(&answer) && answer < 500, "{method} {path} for {role:?}: {answer}")
                }
            }
        }
    }
}

fn entry(place: &str) -> Value {
    json!({"activity": "field_survey", "date": "2026-03-02", "place": place, "values": {"times": 2}, "note": "first"})
}

/// A change of an entry that exists.
fn changes(id: Uuid, rev: &Value) -> [(&'static str, Value); 3] {
    let put =
        |fields: Value| json!({"seq": 1, "kind": "entry", "id": id, "base_rev": rev, "op": "put", "fields": fields});
    [
        ("edit", put(json!({"note": "second"}))),
        ("verify", put(json!({"state": "verified"}))),
        (
            "delete",
            json!({"seq": 1, "kind": "entry", "id": id, "base_rev": rev, "op": "delete", "fields": {"reason": "entered twice"}}),
        ),
    ]
}

/// Where the entry is, as the account sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Own,
    Elsewhere,
}

/// Returns whether a role may make a change of an entry that it recorded itself or not, in its township or elsewhere.
fn may(role: &str, change: &str, place: Place, is_author: bool) -> bool {
    let sees = role == "admin" || is_author || place == Place::Own;
    let reviews = ["reviewer", "coordinator", "admin"].contains(&role);
    let coordinates = ["coordinator", "admin"].contains(&role);
    let is_in_scope = role == "admin" || place == Place::Own;
    role != "viewer"
        && match change {
            "read" => sees,
            "edit" => is_author || reviews && is_in_scope,
            // A second pair of eyes: nobody approves their own numbers.
            "verify" => reviews && is_in_scope && !is_author,
            // A reviewer deletes a duplicate, and has to name what it duplicates.
            _ => is_author || coordinates && is_in_scope,
        }
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn entries_are_read_and_changed_by_role_place_and_author(#[case] database: Database) {
    let mut accounts: Vec<(&str, &str, &str)> = ROLES.iter().map(|role| (*role, *role, OWN)).collect();
    accounts.push(("elsewhere", "recorder", ELSEWHERE));
    accounts.push(("neighbour", "recorder", OWN));
    let env = TestEnv::with_accounts(database, &accounts);
    let server = env.serve(&[]);
    let admin = server.sign_in("admin");
    let create = |api: &Api, place: &str| {
        let id = Uuid::now_v7();
        let put = json!({"seq": 1, "kind": "entry", "id": id, "base_rev": 0, "op": "put", "fields": entry(place)});
        let result = api.push(Uuid::now_v7(), json!([put])).remove(0);
        assert_eq!(result["outcome"], "applied", "{result}");
        (id, result["rev"].clone())
    };
    for role in ["recorder", "reviewer", "coordinator", "admin"] {
        let api = server.sign_in(role);
        for (place, is_author) in [(Place::Own, true), (Place::Own, false), (Place::Elsewhere, false)] {
            let author = match (place, is_author) {
                (_, true) => api.clone(),
                (Place::Own, false) => server.sign_in("neighbour"),
                (Place::Elsewhere, false) => server.sign_in("elsewhere"),
            };
            let code = if place == Place::Own { OWN } else { ELSEWHERE };
            for number in 0..3 {
                let (id, rev) = create(&author, code);
                let case = format!("{role}, {place:?}, author: {is_author}");
                let read = api.get(&format!("/api/v1/entries/{id}")).status().as_u16();
                assert_eq!(read, if may(role, "read", place, is_author) { 200 } else { 403 }, "read: {case}");
                let (change, mutation) = changes(id, &rev).into_iter().nth(number).unwrap();
                let result = api.push(Uuid::now_v7(), json!([mutation])).remove(0);
                let expected = if may(role, change, place, is_author) { "applied" } else { "rejected" };
                assert_eq!(result["outcome"], expected, "{change}: {case}: {result}");
                // A refused request has changed nothing.
                if expected == "rejected" {
                    let record = admin.read(&format!("/api/v1/entries/{id}"));
                    assert_eq!(
                        (&record["rev"], &record["fields"]["note"]),
                        (&rev, &json!("first")),
                        "{change}: {case}"
                    );
                }
            }
        }
    }
}

#[test]
fn viewers_see_their_places_and_change_nothing() {
    let env = TestEnv::with_accounts(
        Database::Sqlite,
        &[("viewer", "viewer", OWN), ("neighbour", "recorder", OWN), ("elsewhere", "recorder", ELSEWHERE)],
    );
    let server = env.serve(&[]);
    let viewer = server.sign_in("viewer");
    for (author, place, expected) in [("neighbour", OWN, 200), ("elsewhere", ELSEWHERE, 403)] {
        let id = Uuid::now_v7();
        let put = json!({"seq": 1, "kind": "entry", "id": id, "base_rev": 0, "op": "put", "fields": entry(place)});
        let rev = server.sign_in(author).push(Uuid::now_v7(), json!([put])).remove(0)["rev"].clone();
        assert_eq!(viewer.get(&format!("/api/v1/entries/{id}")).status(), expected, "{author}");
        for (change, mutation) in changes(id, &rev) {
            let push = json!({"client_id": Uuid::now_v7(), "mutations": [mutation]});
            assert_eq!(viewer.post("/api/v1/sync/push", &push).status(), 403, "{change}");
        }
    }
}
