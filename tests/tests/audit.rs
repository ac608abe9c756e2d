//! The audit trail: what it records, its chain, its bounds, and who reads it.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use jiedui_tests::import::{import_path, upload_and_check};
use jiedui_tests::{Api, Database, Server, TestEnv, survey_put};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

/// A secret of these tests, which the trail must not contain.
const PASSWORD: &str = "village-house-7";

fn served(database: Database) -> (TestEnv, Server, Api) {
    let env =
        TestEnv::with_accounts(database, &[("county", "coordinator", "522728"), ("town", "recorder", "522728109")]);
    env.add_user("head", "admin", &[]);
    let server = env.serve(&[]);
    let api = server.sign_in("head");
    (env, server, api)
}

/// Rows that a query lists, the newest first.
fn rows(api: &Api, query: &str) -> Vec<Value> {
    let answer = api.read(&format!("/api/v1/audit?limit=500&{query}"));
    assert_eq!(answer["next"], Value::Null);
    answer["rows"].as_array().unwrap().clone()
}

/// The newest row of an action.
fn last(api: &Api, action: &str) -> Value {
    rows(api, &format!("action={action}")).into_iter().next().unwrap_or_else(|| panic!("no row of {action}"))
}

fn own_id(api: &Api) -> String {
    api.read("/api/v1/session")["user"]["id"].as_str().unwrap().to_owned()
}

fn send(api: &Api, method: &str, path: &str, body: Value) -> (u16, Value) {
    let answer = api.request(method, path).header("x-forwarded-for", "192.0.2.7").json(&body).send().unwrap();
    (answer.status().as_u16(), answer.json().unwrap_or_default())
}

/// Checks the trail with the command line: its exit code and output.
fn verified(env: &TestEnv) -> (Option<i32>, String) {
    let output = env.run(&["verify", "--audit"], "");
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

/// Asserts actor, origin and object of a row.
fn assert_act(row: &Value, actor: Option<&str>, origin: &str, object: &str) {
    assert_eq!(row["actor"]["id"].as_str(), actor, "{row}");
    assert_eq!(row["origin"], origin, "{row}");
    let found = format!("{}/{}", row["object"]["kind"].as_str().unwrap(), row["object"]["id"].as_str().unwrap());
    assert_eq!(found, object, "{row}");
}

const BEHIND_PROXY: &str = "192.0.2.7";

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn people_and_sessions_leave_rows_without_secrets(#[case] database: Database) {
    let (env, server, head) = served(database);
    let (town, county) = (server.sign_in("town"), server.sign_in("county"));
    let [head_id, town_id, county_id] = [&head, &town, &county].map(own_id);
    let of_town = format!("account/{town_id}");
    let sign_in = rows(&head, &format!("action=sign_in&actor={town_id}"));
    assert_eq!(sign_in.len(), 1);
    assert_act(&sign_in[0], Some(&town_id), "127.0.0.1", &of_town);
    // Added on the command line.
    let added = rows(&head, &format!("action=account_added&object={of_town}"));
    assert_act(&added[0], None, "command line", &of_town);
    assert_eq!((&added[0]["after"]["role"], &added[0]["before"]), (&json!("recorder"), &json!({})));
    // A name that nobody has may be a password typed into the wrong field.
    for (username, password) in [("town", "not-the-password"), (PASSWORD, "x")] {
        let body = json!({"username": username, "password": password});
        assert_eq!(send(&server.client(), "POST", "/api/v1/session", body).0, 401);
    }
    let failed = rows(&head, "action=sign_in_failed");
    assert_eq!((failed.len(), &failed[0]["object"]), (2, &Value::Null));
    assert_act(&failed[1], None, BEHIND_PROXY, &of_town);

    let (status, _) =
        send(&county, "PUT", &format!("/api/v1/users/{town_id}"), json!({"name": "王五", "role": "reviewer"}));
    assert_eq!(status, 200);
    let changed = last(&head, "account_changed");
    assert_act(&changed, Some(&county_id), BEHIND_PROXY, &of_town);
    assert_eq!(changed["before"], json!({"name": "town", "role": "recorder"}));
    assert_eq!(changed["after"], json!({"name": "王五", "role": "reviewer"}));
    let (status, code) = send(&county, "POST", &format!("/api/v1/users/{town_id}/code"), json!({}));
    assert_eq!(status, 201);
    let issued = last(&head, "code_issued");
    assert_act(&issued, Some(&county_id), BEHIND_PROXY, &of_town);
    assert_eq!(issued["after"]["by_role"], "coordinator");
    let code = code["code"].as_str().unwrap().to_owned();
    let body = json!({"username": "town", "code": code, "password": PASSWORD, "device_name": "phone"});
    let (status, session) = send(&server.client(), "POST", "/api/v1/session/code", body);
    assert_eq!(status, 200);
    assert_act(&last(&head, "code_used"), Some(&town_id), BEHIND_PROXY, &of_town);
    let mut town = server.client();
    town.token = session["token"].as_str().map(str::to_owned);
    let body = json!({"current": PASSWORD, "password": "another-house-8"});
    assert_eq!(send(&town, "PUT", "/api/v1/account/password", body).0, 204);
    assert_act(&last(&head, "password_changed"), Some(&town_id), BEHIND_PROXY, &of_town);
    let sessions = head.read(&format!("/api/v1/users/{town_id}/sessions"));
    let path = format!("/api/v1/users/{town_id}/sessions/{}", sessions["sessions"][0]["id"].as_str().unwrap());
    assert_eq!(send(&head, "DELETE", &path, json!({})).0, 204);
    assert_act(&last(&head, "session_ended"), Some(&head_id), BEHIND_PROXY, &of_town);
    assert_eq!(send(&county, "DELETE", "/api/v1/session", json!({})).0, 204);
    assert_act(&last(&head, "sign_out"), Some(&county_id), BEHIND_PROXY, &format!("account/{county_id}"));
    let disabled = env.run(&["user", "disable", "--username", "town"], "");
    assert!(disabled.status.success());
    assert_eq!(last(&head, "account_changed")["after"], json!({"disabled": true, "has_password": false}));

    let trail = head.get("/api/v1/audit.csv").text().unwrap() + &head.get("/api/v1/audit?limit=500").text().unwrap();
    let token = head.token.clone().unwrap();
    for secret in [PASSWORD, "another-house-8", "not-the-password", &code, &code.replace('-', ""), &token, "argon2"] {
        assert!(!trail.contains(secret), "{secret}");
    }
    assert_eq!(verified(&env).0, Some(0));
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn decisions_reference_data_links_and_files_leave_rows(#[case] database: Database) {
    let (env, server, head) = served(database);
    let (town, county) = (server.sign_in("town"), server.sign_in("county"));
    let [head_id, county_id] = [&head, &county].map(own_id);
    let entries: Vec<Uuid> = (0..3).map(|_| Uuid::now_v7()).collect();
    let before = rows(&head, "").len();
    town.push(Uuid::now_v7(), entries.iter().zip(1..).map(|(id, seq)| survey_put(seq, *id, 2)).collect());
    assert_eq!(rows(&head, "").len(), before, "plain entries are in their own history");
    let decide = |seq: u64, id: &Uuid, fields: Value| json!({"seq": seq, "kind": "entry", "id": id, "base_rev": 1, "op": "put", "fields": fields});
    let body = json!({"client_id": Uuid::now_v7(), "mutations": [
        decide(1, &entries[0], json!({"state": "verified"})),
        decide(2, &entries[1], json!({"state": "verified"})),
        decide(3, &entries[2], json!({"state": "returned", "review_note": "请补照片"}))]});
    assert_eq!(send(&county, "POST", "/api/v1/sync/push", body.clone()).1["results"][2]["outcome"], "applied");
    assert_eq!(send(&county, "POST", "/api/v1/sync/push", body).0, 200);
    let verified_rows = rows(&head, "action=verified");
    assert_eq!(verified_rows.len(), 1, "one row for a bulk decision, and none for the repeated push");
    assert_eq!(verified_rows[0]["after"]["entries"], json!([entries[0], entries[1]]));
    let of_entry = rows(&head, &format!("object=entry/{}", entries[1]));
    assert_eq!(of_entry, verified_rows, "found by each of its entries");
    let returned = last(&head, "returned");
    assert_act(&returned, Some(&county_id), BEHIND_PROXY, &format!("entry/{}", entries[2]));
    assert_eq!(returned["after"]["review_note"], "请补照片");
    assert_eq!(returned["before"]["state"], "submitted");
    let delete = json!({"seq": 9, "kind": "entry", "id": entries[2], "base_rev": 2, "op": "delete", "fields": {"reason": "重复"}});
    assert_eq!(county.push(Uuid::now_v7(), json!([delete]))[0]["outcome"], "applied");
    assert_eq!(last(&head, "deleted")["after"]["reason"], "重复");

    // Catalogue, directory and months.
    let catalogue = head.read("/api/v1/catalogue");
    let code = catalogue["indicators"][0]["code"].as_str().unwrap();
    let mut indicator = catalogue["indicators"][0].clone();
    indicator.as_object_mut().unwrap().remove("code");
    indicator["name"] = json!("新名称");
    assert_eq!(send(&head, "PUT", &format!("/api/v1/catalogue/indicators/{code}"), indicator).0, 200);
    let changed = last(&head, "catalogue_changed");
    assert_act(&changed, Some(&head_id), BEHIND_PROXY, &format!("indicator/{code}"));
    assert_eq!((&changed["after"], changed["before"]["name"].is_string()), (&json!({"name": "新名称"}), true));
    let organisation = head.read("/api/v1/overview")["organisations"][0].clone();
    let id = organisation["id"].as_str().unwrap();
    let mut body = organisation.clone();
    ["id", "initials", "rev"].iter().for_each(|name| drop(body.as_object_mut().unwrap().remove(*name)));
    body["name"] = json!("新单位");
    assert_eq!(send(&head, "PUT", &format!("/api/v1/organisations/{id}"), body).0, 200);
    let changed = last(&head, "directory_changed");
    assert_act(&changed, Some(&head_id), BEHIND_PROXY, &format!("organisation/{id}"));
    assert_eq!(changed["after"], json!({"name": "新单位"}));
    for closed in [true, true, false] {
        assert_eq!(send(&county, "PUT", "/api/v1/periods/2023-01", json!({"closed": closed})).0, 200);
    }
    assert_eq!(rows(&head, "action=month_closed").len(), 1);
    assert_act(&last(&head, "month_reopened"), Some(&county_id), BEHIND_PROXY, "month/2023-01");

    // Links.
    let (status, link) = send(&county, "POST", "/api/v1/shares", json!({"query": "year=2026"}));
    assert_eq!(status, 201);
    let object = format!("link/{}", link["id"].as_str().unwrap());
    assert_act(&last(&head, "link_made"), Some(&county_id), BEHIND_PROXY, &object);
    let path = link["path"].as_str().unwrap();
    (0..5).for_each(|_| drop(server.client().get(path)));
    let opened = rows(&head, "action=link_opened");
    assert_eq!(opened.len(), 1, "the first one of a minute");
    assert_act(&opened[0], None, "127.0.0.1", &object);
    let withdraw = format!("/api/v1/shares/{}", link["id"].as_str().unwrap());
    assert_eq!(send(&county, "DELETE", &withdraw, json!({})).0, 204);
    assert_act(&last(&head, "link_withdrawn"), Some(&county_id), BEHIND_PROXY, &object);

    // Files.
    assert_eq!(county.get("/api/v1/export/entries.csv?year=2026").status(), 200);
    let exported = last(&head, "exported");
    assert_act(&exported, Some(&county_id), "127.0.0.1", "export/entries.csv");
    assert_eq!(exported["after"]["filter"], "year=2026");
    let table = "活动时间,乡镇村,学习次数 (次)*,参加人数,学习形式,备注\n2026-11-20,罗甸县沫阳镇,1,2,线上,";
    let import = upload_and_check(&town, "joint_study", table);
    assert_eq!(send(&town, "POST", &import_path(&import, "/write"), json!({})).1["stage"], "done");
    let object = format!("import/{}", import["id"].as_str().unwrap());
    assert_eq!(last(&head, "imported")["after"]["rows"], 1);
    assert_eq!(send(&town, "DELETE", &import_path(&import, ""), json!({})).0, 200);
    assert_act(&last(&head, "import_reverted"), Some(&own_id(&town)), BEHIND_PROXY, &object);
    let file = env.path().join("backup.tar");
    assert!(env.run(&["backup", file.to_str().unwrap()], "").status.success());
    assert_act(&last(&head, "backed_up"), None, "command line", "database/");
    assert!(env.run(&["export"], "").status.success());
    assert_act(&last(&head, "exported"), None, "command line", "export/all.jsonl");
    let trail = head.get("/api/v1/audit?limit=500").text().unwrap();
    assert!(!trail.contains(path.strip_prefix("/s/").unwrap()), "the token of a link");
    assert_eq!(verified(&env).0, Some(0));
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn pages_and_filters_list_each_row_once(#[case] database: Database) {
    let (_env, server, head) = served(database);
    for _ in 0..7 {
        server.sign_in("town");
    }
    let all = rows(&head, "");
    let (mut paged, mut after) = (Vec::new(), String::new());
    loop {
        let page = head.read(&format!("/api/v1/audit?limit=3{after}"));
        paged.extend(page["rows"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(paged, all);
    let numbers: Vec<i64> = all.iter().map(|row| row["number"].as_i64().unwrap()).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] == pair[1] + 1), "{numbers:?}");
    let town = own_id(&server.sign_in("town"));
    assert_eq!(rows(&head, &format!("actor={town}&action=sign_in&object=account/{town}")).len(), 8);
    let today = &all[0]["at"].as_str().unwrap()[..10];
    assert_eq!(rows(&head, "until=2020-01-01").len(), 0);
    assert_eq!(rows(&head, "from=2020-01-01").len(), all.len() + 1, "{today}");
    for wrong in ["action=nothing", "actor=x", "object=entry", "object=none", "from=2026", "after=x", "limit=0"] {
        assert_eq!(head.get(&format!("/api/v1/audit?{wrong}")).status(), 400, "{wrong}");
    }
    for (name, expected) in [("county", 403), ("town", 403)] {
        let api = server.sign_in(name);
        for path in ["/api/v1/audit", "/api/v1/audit.csv"] {
            assert_eq!(api.get(path).status(), expected, "{name} {path}");
            assert_eq!(server.client().get(path).status(), 401, "{path}");
        }
    }
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn export_has_every_row_and_no_formula(#[case] database: Database) {
    let (_env, _server, head) = served(database);
    assert_eq!(send(&head, "PUT", "/api/v1/account", json!({"name": "=1+1"})).0, 200);
    let text = head.get("/api/v1/audit.csv").text().unwrap();
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), rows(&head, "").len());
    // The export itself comes first.
    assert_eq!((&records[0][5], &records[0][7], &records[0][3]), ("exported", "audit.csv", "'=1+1"));
    assert!(records.iter().all(|record| record.iter().all(|cell| !cell.starts_with('='))));
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn tampered_row_is_named(#[case] database: Database) {
    let (env, server, head) = served(database);
    drop(head);
    drop(server);
    let (code, text) = verified(&env);
    assert_eq!((code, text.trim()), (Some(0), "audit trail: 4 rows, none changed"));
    // The database refuses changes of the trail.
    for statement in
        ["UPDATE audit SET name = 'x' WHERE number = 2", "DELETE FROM audit WHERE number = 2", "DELETE FROM audit_head"]
    {
        assert!(!succeeds(&env, statement), "{statement}");
    }
    assert_eq!(verified(&env).0, Some(0));
    // Somebody with all rights takes the protection away first.
    match database {
        Database::Sqlite => env.sql("DROP TRIGGER audit_keeps_rows; DROP TRIGGER audit_removes_old_rows_only"),
        Database::Postgres => env.sql("ALTER TABLE audit DISABLE TRIGGER USER"),
    }
    env.sql("UPDATE audit SET name = 'x' WHERE number = 2");
    let (code, text) = verified(&env);
    assert!(code == Some(1) && text.contains("row 2 "), "{code:?} {text}");
    env.sql("UPDATE audit SET name = '' WHERE number = 2");
    assert_eq!(verified(&env).0, Some(0));
    env.sql("DELETE FROM audit WHERE number = 3");
    let (code, text) = verified(&env);
    assert!(code == Some(1) && text.contains("row 3 "), "{code:?} {text}");
}

/// Runs a statement that may fail.
fn succeeds(env: &TestEnv, statement: &str) -> bool {
    use std::process::Command;
    let output = match env.url.strip_prefix("sqlite://") {
        Some(file) => Command::new("sqlite3").args([file, statement]).output(),
        None => Command::new("psql").args([&env.url, "-q", "-v", "ON_ERROR_STOP=1", "-c", statement]).output(),
    };
    output.unwrap().status.success()
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn end_of_the_trail_is_not_cut_off(#[case] database: Database) {
    let (env, server, _) = served(database);
    drop(server);
    match database {
        Database::Sqlite => env.sql("DROP TRIGGER audit_removes_old_rows_only"),
        Database::Postgres => env.sql("ALTER TABLE audit DISABLE TRIGGER USER"),
    }
    env.sql("DELETE FROM audit WHERE number = 4");
    let (code, text) = verified(&env);
    assert!(code == Some(1) && text.contains("row 4 "), "{code:?} {text}");
}

#[test]
fn two_servers_write_one_chain() {
    let (env, server, head) = served(Database::Postgres);
    let other = env.serve(&[]);
    std::thread::scope(|scope| {
        for server in [&server, &other, &server, &other] {
            scope.spawn(move || (0..6).for_each(|_| drop(server.sign_in("town"))));
        }
    });
    let numbers: Vec<i64> = rows(&head, "").iter().map(|row| row["number"].as_i64().unwrap()).collect();
    let mut sorted = numbers.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (1..=28).collect::<Vec<_>>());
    assert_eq!(verified(&env), (Some(0), "audit trail: 28 rows, none changed\n".to_owned()));
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn flood_of_failures_takes_few_rows_and_is_counted(#[case] database: Database) {
    let (env, server, head) = served(database);
    let client = server.client();
    for _ in 0..40 {
        let body = json!({"username": "town", "password": "wrong-password"});
        assert!([401, 429].contains(&client.post("/api/v1/session", &body).status().as_u16()));
    }
    let failed = rows(&head, "action=sign_in_failed");
    // One for the account, one after the throttle has closed; a minute may have passed meanwhile.
    assert!((2..=8).contains(&failed.len()), "{failed:?}");
    assert_eq!(server.terminate(), Some(0));
    let server = env.serve(&[]);
    let failed = rows(&server.sign_in("head"), "action=sign_in_failed");
    let further: u64 = failed.iter().filter_map(|row| row["after"]["further"].as_u64()).sum();
    let first = failed.iter().filter(|row| row["after"]["further"].is_null()).count() as u64;
    assert_eq!(first + further, 40, "{failed:?}");
    assert_eq!(verified(&env).0, Some(0));
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn old_rows_are_removed_and_the_chain_goes_on(#[case] database: Database) {
    let (env, server, head) = served(database);
    drop(head);
    drop(server);
    let (disable, enable) = match database {
        Database::Sqlite => (
            "DROP TRIGGER audit_keeps_rows",
            "CREATE TRIGGER audit_keeps_rows BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'append-only'); END",
        ),
        Database::Postgres => ("ALTER TABLE audit DISABLE TRIGGER USER", "ALTER TABLE audit ENABLE TRIGGER USER"),
    };
    env.sql(disable);
    env.sql("UPDATE audit SET at = at - 107136000000 WHERE number <= 2");
    env.sql(enable);
    let server = env.serve(&[]);
    let head = server.sign_in("head");
    let removed = jiedui_tests::wait_until("the removal", || rows(&head, "action=rows_removed").into_iter().next());
    assert_eq!((&removed["after"]["rows"], &removed["after"]["through"]), (&json!(2), &json!(2)));
    assert_eq!(removed["origin"], "server");
    let numbers: Vec<i64> = rows(&head, "").iter().map(|row| row["number"].as_i64().unwrap()).collect();
    assert!(!numbers.contains(&2) && numbers.contains(&3), "{numbers:?}");
    let (code, text) = verified(&env);
    assert_eq!(code, Some(0), "{text}");
    let count: i64 = text.split_whitespace().nth(2).unwrap().parse().unwrap();
    assert_eq!(count, numbers.len() as i64);
}

#[test]
fn retention_under_six_months_is_refused() {
    let env = TestEnv::new(Database::Sqlite);
    for months in ["5", "0", "many"] {
        let output = env.command(&["serve"]).env("JIEDUI_AUDIT_MONTHS", months).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), message.lines().count()), (Some(2), 1), "{message}");
        assert!(message.contains("JIEDUI_AUDIT_MONTHS"), "{message}");
    }
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn restored_database_has_its_trail_and_the_restore(#[case] database: Database) {
    let (env, server, head) = served(database);
    let file = env.path().join("backup.tar");
    assert!(env.run(&["backup", file.to_str().unwrap()], "").status.success());
    drop(head);
    drop(server);
    let restored = env.run(&["restore", file.to_str().unwrap()], "");
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    assert_eq!(verified(&env).0, Some(0));
    let server = env.serve(&[]);
    let head = server.sign_in("head");
    assert_act(&last(&head, "restored"), None, "command line", "database/");
    assert_eq!(rows(&head, "action=account_added").len(), 3);
    assert!(!succeeds(&env, "UPDATE audit SET name = 'x' WHERE number = 2"), "the protection is restored, too");
}
