//! The command line: its errors, its files, and how a server starts and ends.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Database, Home, eventually, survey};
use rstest::rstest;
use serde_json::json;
use sha2::Digest;
use uuid::Uuid;

#[rstest]
#[case(&["serve", "--nonsense"], "", "--nonsense")]
#[case(&["user", "add", "--username", "x", "--role", "king"], "", "--role")]
#[case(&["user", "add", "--username", "x", "--role", "admin"], "short", "password")]
#[case(&["user", "add", "--username", "x", "--role", "admin", "--place", "99"], "longenough", "--place")]
#[case(&["user", "add", "--role", "admin"], "", "--username")]
#[case(&["user", "add", "--username", "аdmin", "--role", "admin"], "longenough", "--username")]
#[case(&["user", "add", "--username", "ad\nmin", "--role", "admin"], "longenough", "--username")]
#[case(&["user", "add", "--username", "x", "--role", "admin"], "12345678", "password")]
#[case(&["user", "add", "--username", "the.village", "--role", "admin"], "the.village", "password")]
#[case(&["user", "change", "--username", "nobody", "--role", "admin"], "", "--username")]
#[case(&["user", "add", "--username", "x", "--role", "admin", "--place", "522728", "--everywhere"], "", "--everywhere")]
#[case(&["nothing"], "", "nothing")]
fn a_wrong_flag_is_one_line_that_names_it(#[case] arguments: &[&str], #[case] input: &str, #[case] named: &str) {
    let output = Home::new(Database::Sqlite).run(arguments, input);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains(named), "{said}");
}

#[rstest]
#[case("JIEDUI_LISTEN", "nowhere")]
#[case("JIEDUI_DATABASE_URL", "mysql://x")]
#[case("JIEDUI_PUBLIC_VIEW", "perhaps")]
#[case("JIEDUI_ADMIN_LISTEN", "x")]
#[case("RUST_LOG", "a=b=c")]
fn a_wrong_setting_is_one_line_that_names_it(#[case] setting: &str, #[case] value: &str) {
    let home = Home::new(Database::Sqlite);
    let output = home.command(&["serve"]).env(setting, value).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert!(
        said.contains(setting) || said.contains(&format!("--{}", setting[7..].to_lowercase().replace('_', "-"))),
        "{said}"
    );
}

#[test]
fn a_demonstration_has_an_account_of_each_role() {
    let home = Home::new(Database::Sqlite);
    let server = home.serve(&["--demo"]);
    let accounts: Vec<(&str, &str)> = server
        .said
        .iter()
        .filter_map(|line| line.strip_prefix("  ")?.split_once(' '))
        .map(|(name, word)| (name, word.trim()))
        .collect();
    assert_eq!(accounts.len(), 5);
    for (username, password) in accounts {
        let who = server.sign_in_with(username, password).read("/api/v1/session");
        assert_eq!(who["user"]["role"], username);
    }
}

#[test]
fn an_empty_database_has_no_account() {
    let home = Home::new(Database::Sqlite);
    assert!(home.run(&["migrate"], "").status.success());
    assert!(home.run(&["user", "list"], "").stdout.is_empty());
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn a_server_that_is_asked_to_end_ends_well(#[case] database: Database) {
    let home = Home::new(database);
    home.add_user("head", "admin", &[]);
    let server = home.serve(&[]);
    // Somebody who listens does not hold it up.
    let _listener = server.sign_in("head").get("/api/v1/live");
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn a_copy_brings_back_what_was_there() {
    let home = Home::new(Database::Sqlite);
    home.add_user("head", "admin", &[]);
    let copy = home.path().join("copy.db");
    let copy = copy.to_str().unwrap();
    let server = home.serve(&[]);
    let api = server.sign_in("head");
    api.push(Uuid::now_v7(), json!([survey(1, Uuid::now_v7(), 3)]));
    assert!(home.run(&["backup", copy], "").status.success(), "while the server goes on");
    api.push(Uuid::now_v7(), json!([survey(1, Uuid::now_v7(), 4)]));
    assert_eq!(api.actual("field_surveys", 2026), 7);
    server.terminate();
    let restored = home.run(&["restore", copy], "");
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    let server = home.serve(&[]);
    assert_eq!(server.sign_in("head").actual("field_surveys", 2026), 3);
    drop(server);
    assert_eq!(home.run(&["verify"], "").status.code(), Some(0));
}

#[test]
fn what_is_exported_can_be_imported_and_twice_is_once() {
    let home = Home::new(Database::Sqlite);
    home.add_user("head", "admin", &[]);
    let server = home.serve(&[]);
    let need = json!({"seq": 2, "kind": "need", "id": Uuid::now_v7(), "base_rev": 0, "op": "put", "fields": {"year": 2026,
        "place": "522728109", "programme": "industry", "title": "蛋鸡棚"}});
    server.sign_in("head").push(Uuid::now_v7(), json!([survey(1, Uuid::now_v7(), 3), need]));
    drop(server);
    let exported = home.run(&["export"], "").stdout;
    let other = Home::new(Database::Postgres);
    let file = other.path().join("entries.jsonl");
    std::fs::write(&file, &exported).unwrap();
    for _ in 0..2 {
        let imported = other.run(&["import", file.to_str().unwrap()], "");
        assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    }
    other.add_user("head", "admin", &[]);
    let server = other.serve(&["--demo"]);
    let needs = server.sign_in("head").pull(None, 1_000).0.into_iter().filter(|own| own["kind"] == "need");
    assert_eq!(needs.map(|own| own["fields"]["title"].clone()).collect::<Vec<_>>(), ["蛋鸡棚"]);
    assert_eq!(server.client().actual("field_surveys", 2026), 3);
    assert_eq!(server.client().actual("pigs_marketed", 2023), 8556);
}

#[test]
fn verify_finds_a_figure_that_was_tampered_with() {
    let home = Home::new(Database::Postgres);
    assert!(home.run(&["migrate"], "").status.success());
    assert_eq!(home.run(&["verify"], "").status.code(), Some(0));
    let change = "UPDATE part SET value = value + 1 WHERE indicator = 'pigs_marketed' AND grain = 'year'";
    let psql = std::process::Command::new("psql").args([&home.url, "-c", change]).output().unwrap();
    assert!(psql.status.success());
    let output = home.run(&["verify"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().contains("pigs_marketed"));
}

#[test]
fn metrics_are_on_the_admin_address_alone() {
    let home = Home::new(Database::Sqlite);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = home.serve_with(&["--demo"], |command| {
        command.env("JIEDUI_ADMIN_LISTEN", format!("127.0.0.1:{port}"));
    });
    assert_eq!(server.client().get("/healthz").status(), 200);
    assert_eq!(server.client().get("/metrics").status(), 404);
    let text = eventually("the count of requests", || {
        let text = reqwest::blocking::get(format!("http://127.0.0.1:{port}/metrics")).ok()?.text().ok()?;
        text.contains("jiedui_http_requests_total").then_some(text)
    });
    assert!(text.contains("status=\"200\""));
}

#[test]
fn user_name_that_differs_in_spelling_alone_is_taken() {
    let home = Home::new(Database::Sqlite);
    home.add_user("admin", "admin", &[]);
    for name in ["Admin", "ａdmin", " admin"] {
        let output = home.run(&["user", "add", "--username", name, "--role", "viewer"], "longenough");
        assert_eq!(output.status.code(), Some(2), "{name}");
    }
}

#[test]
fn accounts_of_an_earlier_version_are_found_by_their_usual_spelling() {
    let home = Home::new(Database::Postgres);
    for name in ["village", "town", "other"] {
        home.add_user(name, "recorder", &["--place", "522728109"]);
    }
    // As an earlier version would have taken them.
    for change in ["username = 'Village ' WHERE username = 'village'", "username = 'Town' WHERE username = 'other'"] {
        let statement = format!("UPDATE account SET {change}");
        let psql = std::process::Command::new("psql").args([&home.url, "-c", &statement]).output().unwrap();
        assert!(psql.status.success());
    }
    let server = home.serve(&[]);
    let who = |typed: &str, password: &str| {
        server.sign_in_with(typed, password).read("/api/v1/session")["user"]["username"].clone()
    };
    assert_eq!(who("village", "villagevillage"), "village");
    // Two that have come to the same spelling stay apart.
    assert_eq!(who("town", "towntown"), "town");
    assert_eq!(who("Town", "otherother"), "Town");
}

#[test]
fn demonstration_leaves_accounts_of_its_names_alone() {
    let home = Home::new(Database::Sqlite);
    home.add_user("admin", "admin", &[]);
    let server = home.serve(&["--demo"]);
    let named = |name: &str| server.said.iter().find(|line| line.trim_start().starts_with(name)).unwrap().clone();
    assert!(named("admin").contains("stays as it is"), "{:?}", server.said);
    assert_eq!(server.sign_in("admin").get("/api/v1/session").status(), 200);
    let password = named("recorder").trim().split_once(' ').unwrap().1.trim().to_owned();
    let before = server.sign_in_with("recorder", &password);
    // Started again, it prints another password, and who was in stays in.
    drop(server);
    let again = home.serve(&["--demo"]);
    assert_eq!(before.through(&again.address).get("/api/v1/session").status(), 200);
    let body = json!({"username": "recorder", "password": password});
    assert_eq!(again.client().post("/api/v1/session", &body).status(), 401);
}

#[test]
fn recorder_without_a_place_is_warned_of() {
    let home = Home::new(Database::Sqlite);
    let add = |name: &str, more: &[&str]| {
        let arguments = [&["user", "add", "--username", name, "--role", "recorder"], more].concat();
        let output = home.run(&arguments, "longenough");
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(add("one", &[]).contains("everywhere"));
    assert_eq!(add("two", &["--everywhere"]), "");
    assert_eq!(add("three", &["--place", "522728109"]), "");
}

#[test]
fn files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new(Database::Sqlite);
    home.add_user("head", "admin", &[]);
    let file = home.path().join("jiedui.db");
    // As an earlier version has left it.
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let photos = home.path().join("attachments");
    std::fs::create_dir_all(&photos).unwrap();
    std::fs::set_permissions(&photos, std::fs::Permissions::from_mode(0o755)).unwrap();
    let server = home.serve(&[]);
    let head = server.sign_in("head");
    head.push(Uuid::now_v7(), json!([survey(1, Uuid::now_v7(), 3)]));
    let photo = [0xff, 0xd8, 0xff, 0xe0];
    let hash: String = sha2::Sha256::digest(photo).iter().map(|byte| format!("{byte:02x}")).collect();
    let path = format!("/api/v1/attachments/{hash}");
    assert_eq!(head.request("PUT", &path).body(photo.to_vec()).send().unwrap().status(), 201);
    let copy = home.path().join("copy.db");
    assert!(home.run(&["backup", copy.to_str().unwrap()], "").status.success());
    let mut looked = 0;
    let mut folders = vec![home.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for found in std::fs::read_dir(folder).unwrap() {
            let found = found.unwrap();
            let mode = found.metadata().unwrap().permissions().mode() & 0o777;
            let is_folder = found.file_type().unwrap().is_dir();
            assert_eq!(mode, if is_folder { 0o700 } else { 0o600 }, "{}", found.path().display());
            looked += 1;
            if is_folder {
                folders.push(found.path());
            }
        }
    }
    assert!(looked >= 6, "database, log, index, copy, folder of photos and a photo: {looked}");
}
