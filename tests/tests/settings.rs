//! Settings from a file, the environment and flags.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Database, TestEnv};
use rstest::rstest;
use std::fs;
use std::path::PathBuf;

/// Creates an environment with a settings file.
fn with_file(text: &str) -> (TestEnv, PathBuf) {
    let env = TestEnv::new(Database::Sqlite);
    let file = env.path().join("jiedui.toml");
    fs::write(&file, text).unwrap();
    (env, file)
}

#[test]
fn environment_wins_over_the_file_and_flags_over_both() {
    let (env, file) = with_file("public_view = true\n");
    let status_with = |variable: Option<&str>, flags: &[&str]| {
        let server = env.serve_with(flags, |command| {
            command.env("JIEDUI_CONFIG", &file);
            if let Some(value) = variable {
                command.env("JIEDUI_PUBLIC_VIEW", value);
            }
        });
        server.client().get("/api/v1/indicators?year=2026").status().as_u16()
    };
    assert_eq!(status_with(None, &[]), 200);
    assert_eq!(status_with(Some("false"), &[]), 401);
    assert_eq!(status_with(Some("false"), &["--public-view", "true"]), 200);
}

#[test]
fn every_command_reads_the_file() {
    let (env, file) = with_file("");
    let database = env.path().join("other").join("named.db");
    let text = format!("database_url = \"sqlite://{}\"\ntrusted_proxies = ['10.0.0.1', '::1']\n", database.display());
    fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    for arguments in [&["--config", file, "migrate"][..], &["user", "list", "--config", file]] {
        let output = env.command(arguments).env_remove("JIEDUI_DATABASE_URL").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(database.exists());
    assert!(!env.path().join("jiedui.db").exists());
}

#[rstest]
#[case("lisen = '127.0.0.1:1'\nnonsense = 1", &["jiedui.toml", "`lisen`", "`nonsense`"])]
#[case("public_view = 'perhaps'", &["jiedui.toml", "`public_view`", "perhaps"])]
#[case("connections = -1", &["jiedui.toml", "`connections`", "-1"])]
#[case("trusted_proxies = ['10.0.0.1', 'nowhere']", &["jiedui.toml", "`trusted_proxies`", "nowhere"])]
#[case("log = 'a=b=c'", &["jiedui.toml", "`log`"])]
#[case("log_format = 'xml'", &["jiedui.toml", "`log_format`", "xml"])]
#[case("data_dir = \nlisten = 1", &["jiedui.toml", "line 1"])]
#[case("[photo_quota_mb]\nday = 1", &["jiedui.toml", "`photo_quota_mb`"])]
fn wrong_key_or_value_is_named_in_one_line(#[case] text: &str, #[case] named: &[&str]) {
    let (env, file) = with_file(text);
    let mut command = env.command(&["serve", "--config", file.to_str().unwrap()]);
    let output = command.env_remove("RUST_LOG").output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), message.lines().count()), (Some(2), 1), "{message}");
    named.iter().for_each(|name| assert!(message.contains(name), "{message}"));
}

#[test]
fn missing_settings_file_is_named() {
    let env = TestEnv::new(Database::Sqlite);
    let output = env.run(&["serve", "--config=/nowhere/jiedui.toml"], "");
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), message.lines().count()), (Some(2), 1), "{message}");
    assert!(message.contains("/nowhere/jiedui.toml"), "{message}");
}
