//! The command line: its errors, its files, and how a server starts and ends.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Database, TestEnv, survey_put, wait_until};
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
fn wrong_flag_is_named_in_one_line(#[case] arguments: &[&str], #[case] input: &str, #[case] named: &str) {
    let output = TestEnv::new(Database::Sqlite).run(arguments, input);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.contains(named), "{message}");
}

#[rstest]
#[case("JIEDUI_LISTEN", "nowhere")]
#[case("JIEDUI_DATABASE_URL", "mysql://x")]
#[case("JIEDUI_PUBLIC_VIEW", "perhaps")]
#[case("JIEDUI_ADMIN_LISTEN", "x")]
#[case("RUST_LOG", "a=b=c")]
fn wrong_setting_is_named_in_one_line(#[case] setting: &str, #[case] value: &str) {
    let env = TestEnv::new(Database::Sqlite);
    let output = env.command(&["serve"]).env(setting, value).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), message.lines().count()), (Some(2), 1), "{message}");
    assert!(
        message.contains(setting) || message.contains(&format!("--{}", setting[7..].to_lowercase().replace('_', "-"))),
        "{message}"
    );
}

#[test]
fn demonstration_has_an_account_of_each_role() {
    let env = TestEnv::new(Database::Sqlite);
    let server = env.serve(&["--demo"]);
    let accounts: Vec<(&str, &str)> = server
        .printed_lines
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
fn empty_database_has_no_account() {
    let env = TestEnv::new(Database::Sqlite);
    assert!(env.run(&["migrate"], "").status.success());
    assert!(env.run(&["user", "list"], "").stdout.is_empty());
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn server_ends_cleanly_on_sigterm(#[case] database: Database) {
    let env = TestEnv::new(database);
    env.add_user("head", "admin", &[]);
    let server = env.serve(&[]);
    // An open event stream does not delay it.
    let _listener = server.sign_in("head").get("/api/v1/live");
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn restored_backup_has_all_entries() {
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("head", "admin", &[]);
    let copy = env.path().join("copy.db");
    let copy = copy.to_str().unwrap();
    let server = env.serve(&[]);
    let api = server.sign_in("head");
    api.push(Uuid::now_v7(), json!([survey_put(1, Uuid::now_v7(), 3)]));
    assert!(env.run(&["backup", copy], "").status.success(), "while the server goes on");
    api.push(Uuid::now_v7(), json!([survey_put(1, Uuid::now_v7(), 4)]));
    assert_eq!(api.actual("field_surveys", 2026), 7);
    server.terminate();
    let restored = env.run(&["restore", copy], "");
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    let server = env.serve(&[]);
    assert_eq!(server.sign_in("head").actual("field_surveys", 2026), 3);
    drop(server);
    assert_eq!(env.run(&["verify"], "").status.code(), Some(0));
}

#[test]
fn entries_imported_twice_exist_once() {
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("head", "admin", &[]);
    let server = env.serve(&[]);
    let need = json!({"seq": 2, "kind": "need", "id": Uuid::now_v7(), "base_rev": 0, "op": "put", "fields": {"year": 2026,
        "place": "522728109", "programme": "industry", "title": "蛋鸡棚"}});
    server.sign_in("head").push(Uuid::now_v7(), json!([survey_put(1, Uuid::now_v7(), 3), need]));
    drop(server);
    let exported = env.run(&["export"], "").stdout;
    let other = TestEnv::new(Database::Postgres);
    let file = other.path().join("entries.jsonl");
    std::fs::write(&file, &exported).unwrap();
    for _ in 0..2 {
        let imported = other.run(&["import", file.to_str().unwrap()], "");
        assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    }
    other.add_user("head", "admin", &[]);
    let server = other.serve(&["--demo"]);
    let needs = server.sign_in("head").pull(None, 1_000).0.into_iter().filter(|record| record["kind"] == "need");
    assert_eq!(needs.map(|record| record["fields"]["title"].clone()).collect::<Vec<_>>(), ["蛋鸡棚"]);
    assert_eq!(server.client().actual("field_surveys", 2026), 3);
    assert_eq!(server.client().actual("pigs_marketed", 2023), 8556);
}

/// Such a line once counted as imported, although nothing changed.
#[test]
fn imported_line_that_conflicts_with_the_database_is_named() {
    let env = TestEnv::new(Database::Sqlite);
    assert!(env.run(&["migrate"], "").status.success());
    let exported = String::from_utf8(env.run(&["export"], "").stdout).unwrap();
    let first = exported.lines().next().unwrap();
    let changed = first.replace(r#""note":"2023 年报告数据""#, r#""note":"另一句""#);
    assert_ne!(changed, first);
    let file = env.path().join("changed.jsonl");
    std::fs::write(&file, changed).unwrap();
    for _ in 0..2 {
        let output = env.run(&["import", file.to_str().unwrap()], "");
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8(output.stdout).unwrap().contains("0 taken, 1 refused"));
        assert!(String::from_utf8(output.stderr).unwrap().contains("line 1: id: "));
    }
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn verify_finds_each_tampered_row(#[case] database: Database) {
    let env = TestEnv::new(database);
    assert!(env.run(&["generate", "--entries", "300", "--pairings", "5"], "").status.success());
    assert_eq!(env.run(&["verify"], "").status.code(), Some(0));
    for (tamper, restore, name) in [
        (
            "UPDATE figure_sum SET value = value + 1 WHERE indicator = 'pigs_marketed'",
            "UPDATE figure_sum SET value = value - 1 WHERE indicator = 'pigs_marketed'",
            "pigs_marketed",
        ),
        (
            "UPDATE figure_sum SET entries = entries + 1 WHERE scope = 'at:522728'",
            "UPDATE figure_sum SET entries = entries - 1 WHERE scope = 'at:522728'",
            "at:522728",
        ),
        ("UPDATE figure_latest SET value = value + 1", "UPDATE figure_latest SET value = value - 1", "|last|"),
        ("UPDATE map_count SET entries = entries + 1", "UPDATE map_count SET entries = entries - 1", "map|"),
        ("UPDATE tally SET entries = entries + 1", "UPDATE tally SET entries = entries - 1", "tally|"),
        ("DELETE FROM figure_range", "", "|range "),
        ("DELETE FROM figure_subject", "", "|largest "),
    ] {
        env.sql(tamper);
        let output = env.run(&["verify"], "");
        assert_eq!(output.status.code(), Some(1), "{tamper}");
        let found = String::from_utf8(output.stdout).unwrap();
        assert!(found.contains(name), "{tamper}: {found}");
        if !restore.is_empty() {
            env.sql(restore);
            assert_eq!(env.run(&["verify"], "").status.code(), Some(0), "{restore}");
        }
    }
}

#[test]
fn metrics_are_on_the_admin_address_only() {
    let env = TestEnv::new(Database::Sqlite);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = env.serve_with(&["--demo"], |command| {
        command.env("JIEDUI_ADMIN_LISTEN", format!("127.0.0.1:{port}"));
    });
    assert_eq!(server.client().get("/healthz").status(), 200);
    assert_eq!(server.client().get("/metrics").status(), 404);
    let text = wait_until("the count of requests", || {
        let text = reqwest::blocking::get(format!("http://127.0.0.1:{port}/metrics")).ok()?.text().ok()?;
        text.contains("jiedui_http_requests_total").then_some(text)
    });
    assert!(text.contains("status=\"200\""));
}

#[test]
fn files_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("head", "admin", &[]);
    let file = env.path().join("jiedui.db");
    // As an earlier version has left it.
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let photos = env.path().join("attachments");
    std::fs::create_dir_all(&photos).unwrap();
    std::fs::set_permissions(&photos, std::fs::Permissions::from_mode(0o755)).unwrap();
    let server = env.serve(&[]);
    let head = server.sign_in("head");
    head.push(Uuid::now_v7(), json!([survey_put(1, Uuid::now_v7(), 3)]));
    let photo = [0xff, 0xd8, 0xff, 0xe0];
    let hash: String = sha2::Sha256::digest(photo).iter().map(|byte| format!("{byte:02x}")).collect();
    let path = format!("/api/v1/attachments/{hash}");
    assert_eq!(head.request("PUT", &path).body(photo.to_vec()).send().unwrap().status(), 201);
    let copy = env.path().join("copy.db");
    assert!(env.run(&["backup", copy.to_str().unwrap()], "").status.success());
    let mut looked = 0;
    let mut folders = vec![env.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for file in std::fs::read_dir(folder).unwrap() {
            let file = file.unwrap();
            let mode = file.metadata().unwrap().permissions().mode() & 0o777;
            let is_folder = file.file_type().unwrap().is_dir();
            assert_eq!(mode, if is_folder { 0o700 } else { 0o600 }, "{}", file.path().display());
            looked += 1;
            if is_folder {
                folders.push(file.path());
            }
        }
    }
    assert!(looked >= 6, "database, log, index, copy, folder of photos and a photo: {looked}");
}
