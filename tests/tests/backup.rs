//! Backups of database, photos, agreements and imports in one file, and their restore in another place.

#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

use jiedui_tests::import::{fixture, import_path, upload_and_check};
use jiedui_tests::{Api, Database, Server, TestEnv, photo, survey_put, wait_until};
use rstest::rstest;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use uuid::Uuid;

const ACCOUNTS: [(&str, &str, &str); 2] = [("village", "recorder", "522728109"), ("town", "reviewer", "522728")];

fn put_photo(api: &Api, (bytes, hash): &(Vec<u8>, String)) -> u16 {
    api.request("PUT", &format!("/api/v1/attachments/{hash}")).body(bytes.clone()).send().unwrap().status().as_u16()
}

fn backup(env: &TestEnv) -> PathBuf {
    let file = env.path().join("backup.tar");
    let output = env.run(&["backup", file.to_str().unwrap()], "");
    assert!(output.status.success(), "{}", error_of(&output));
    file
}

fn restore(env: &TestEnv, file: &Path) -> Output {
    env.run(&["restore", file.to_str().unwrap()], "")
}

fn error_of(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Starts a server with an entry of 3 surveys and its photo, and backs it up.
fn backed_up(database: Database) -> (TestEnv, Server, PathBuf, (Vec<u8>, String)) {
    let env = TestEnv::with_accounts(database, &ACCOUNTS);
    let server = env.serve(&[]);
    let (village, taken) = (server.sign_in("village"), photo(1, 3_000));
    assert_eq!(put_photo(&village, &taken), 201);
    let mut entry = survey_put(1, Uuid::now_v7(), 3);
    entry["fields"]["attachments"] = json!([taken.1]);
    assert_eq!(village.push(Uuid::now_v7(), json!([entry]))[0]["outcome"], "applied");
    let file = backup(&env);
    (env, server, file, taken)
}

/// Names of files in the data folder that contain a text.
fn files(env: &TestEnv, text: &str) -> Vec<String> {
    let names = fs::read_dir(env.path()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains(text)).collect()
}

/// A phone that keeps the mutations that it has sent.
struct Phone {
    client: Uuid,
    sent: Vec<Value>,
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn backup_under_load_is_restored_elsewhere_and_phones_resend(#[case] database: Database) {
    let env = TestEnv::with_accounts(database, &ACCOUNTS);
    let server = env.serve(&[]);
    let (village, town) = (server.sign_in("village"), server.sign_in("town"));
    let early: Vec<(Vec<u8>, String)> = (0..5).map(|number| photo(number, 3_000)).collect();
    early.iter().for_each(|photo| assert_eq!(put_photo(&village, photo), 201));
    let table = fixture("03a-title.xlsx");
    let import = upload_and_check(&town, "joint_study", table.clone());
    let (stop, count) = (AtomicBool::new(false), AtomicUsize::new(0));
    let mut phones: Vec<Phone> = (0..4).map(|_| Phone { client: Uuid::now_v7(), sent: Vec::new() }).collect();
    let file = std::thread::scope(|scope| {
        for phone in &mut phones {
            let (village, stop, count, early) = (village.clone(), &stop, &count, &early);
            scope.spawn(move || {
                for seq in 1.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let mut entry = survey_put(seq, Uuid::now_v7(), 1);
                    entry["fields"]["attachments"] = json!([early[seq as usize % early.len()].1]);
                    phone.sent.push(entry.clone());
                    assert_eq!(village.push(phone.client, json!([entry]))[0]["outcome"], "applied");
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let reached = |number: usize| (count.load(Ordering::Relaxed) >= number).then_some(());
        wait_until("a load before the backup", || reached(40));
        let file = backup(&env);
        let before = count.load(Ordering::Relaxed);
        wait_until("a load after the backup", || reached(before + 40));
        stop.store(true, Ordering::Relaxed);
        file
    });
    let late = photo(9, 3_000);
    assert_eq!(put_photo(&village, &late), 201);
    let total: usize = phones.iter().map(|phone| phone.sent.len()).sum();
    assert_eq!(village.actual("field_surveys", 2026), total);
    drop(server);

    // Another machine: another folder, and another database.
    let other = TestEnv::new(database);
    let moved = other.path().join("moved.tar");
    fs::rename(&file, &moved).unwrap();
    let restored = restore(&other, &moved);
    assert!(restored.status.success(), "{}", error_of(&restored));
    let verified = other.run(&["verify"], "");
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    assert_eq!(error_of(&verified), "", "each photo is there");
    let server = other.serve(&[]);
    let (village, town) = (server.sign_in("village"), server.sign_in("town"));
    assert!(village.read("/api/v1/sync/pull?limit=1")["epoch"].as_u64().unwrap() > 0);
    let restored = village.actual("field_surveys", 2026).as_u64().unwrap() as usize;
    assert!((40..total).contains(&restored), "{restored} of {total}");
    for (bytes, hash) in &early {
        let answer = village.get(&format!("/api/v1/attachments/{hash}"));
        assert_eq!((answer.status().as_u16(), &answer.bytes().unwrap()[..]), (200, &bytes[..]));
    }
    // Phones send everything again: nothing is lost, and nothing is doubled.
    for phone in &phones {
        for batch in phone.sent.chunks(100) {
            let results = village.push(phone.client, json!(batch));
            assert!(results.iter().all(|result| result["outcome"] == "applied"), "{results:?}");
        }
    }
    assert_eq!(village.actual("field_surveys", 2026), total);
    let missing = village.post("/api/v1/attachments/missing", &json!({"sha256": [early[0].1, late.1]}));
    assert_eq!(missing.json::<Value>().unwrap()["missing"], json!([late.1]), "the backup is older");
    assert_eq!(put_photo(&village, &late), 201);
    // The file of the import came along: the import can be written.
    let id = import["id"].as_str().unwrap();
    assert_eq!(fs::read(other.path().join("imports").join(id)).unwrap(), table);
    assert_eq!(town.read(&import_path(&import, ""))["stage"], import["stage"]);
    drop(server);
    assert_eq!(other.run(&["verify"], "").status.code(), Some(0));
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn damaged_or_incomplete_backup_is_rejected_and_changes_nothing(#[case] database: Database) {
    let (env, server, file, (bytes, hash)) = backed_up(database);
    let api = server.sign_in("village");
    api.push(Uuid::now_v7(), json!([survey_put(1, Uuid::now_v7(), 4)]));
    drop(server);
    let whole = fs::read(&file).unwrap();
    let at = whole.windows(bytes.len()).position(|window| window == bytes).unwrap();
    let mut damaged = whole.clone();
    damaged[at + 1_000] ^= 1;
    fs::write(&file, damaged).unwrap();
    let refused = restore(&env, &file);
    let message = error_of(&refused);
    assert_eq!((refused.status.code(), message.lines().count()), (Some(1), 1), "{message}");
    assert!(message.contains(&format!("attachments/{hash}")), "{message}");
    // A disk that was full, or a copy that was interrupted.
    fs::write(&file, &whole[..at + bytes.len()]).unwrap();
    assert_eq!(restore(&env, &file).status.code(), Some(1));
    fs::write(&file, "no backup at all, but a text that is longer than a header. ".repeat(100)).unwrap();
    assert!(error_of(&restore(&env, &file)).contains("is no backup of Jiedui"));
    let changed = [files(&env, "restoring"), files(&env, "before-restore")].concat();
    assert_eq!((changed, fs::read_dir(env.path().join("attachments")).unwrap().count()), (vec![], 1));
    assert_eq!(env.serve(&[]).sign_in("village").actual("field_surveys", 2026), 7);
}

#[test]
fn restore_keeps_previous_tables_of_postgres_in_a_schema() {
    let (env, server, file, lost) = backed_up(Database::Postgres);
    server.sign_in("village").push(Uuid::now_v7(), json!([survey_put(1, Uuid::now_v7(), 4)]));
    let refused = restore(&env, &file);
    assert_eq!(refused.status.code(), Some(2), "{}", error_of(&refused));
    assert!(error_of(&refused).contains("stop the server"));
    assert_eq!(server.terminate(), Some(0));
    fs::remove_file(env.path().join("attachments").join(&lost.1)).unwrap();
    let restored = restore(&env, &file);
    assert!(restored.status.success(), "{}", error_of(&restored));
    let output = String::from_utf8(restored.stdout).unwrap();
    let schema = output.split_whitespace().find(|word| word.starts_with("before_restore_")).unwrap().to_owned();
    let server = env.serve(&[]);
    let village = server.sign_in("village");
    assert_eq!(village.actual("field_surveys", 2026), 3);
    assert_eq!(village.get(&format!("/api/v1/attachments/{}", lost.1)).status(), 200);
    drop(server);
    // As docs/operations.md says.
    env.sql(&format!("DROP SCHEMA public CASCADE; ALTER SCHEMA {schema} RENAME TO public"));
    assert_eq!(env.serve(&[]).sign_in("village").actual("field_surveys", 2026), 7);
}

#[test]
fn failed_restore_puts_the_tables_of_postgres_back() {
    let (env, server, file, _) = backed_up(Database::Postgres);
    server.terminate();
    let output = env.command(&["restore", file.to_str().unwrap()]).env("PATH", "/nowhere").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let message = error_of(&output);
    assert!(message.contains("pg_restore") && message.lines().count() == 1, "{message}");
    assert_eq!(files(&env, "restoring"), [""; 0]);
    assert_eq!(env.serve(&[]).sign_in("village").actual("field_surveys", 2026), 3);
}

#[test]
fn backup_names_the_missing_program_of_postgres() {
    let env = TestEnv::with_accounts(Database::Postgres, &ACCOUNTS);
    let file = env.path().join("backup.tar");
    let output = env.command(&["backup", file.to_str().unwrap()]).env("PATH", "/nowhere").output().unwrap();
    let message = error_of(&output);
    assert_eq!((output.status.code(), message.lines().count()), (Some(2), 1), "{message}");
    assert!(message.contains("pg_dump is not installed"), "{message}");
    assert_eq!(files(&env, "backup"), [""; 0], "no partial file");
}

#[test]
fn backup_of_one_database_is_rejected_by_the_other() {
    let (_sqlite, server, file, _) = backed_up(Database::Sqlite);
    drop(server);
    let postgres = TestEnv::with_accounts(Database::Postgres, &ACCOUNTS);
    let refused = restore(&postgres, &file);
    assert_eq!(refused.status.code(), Some(2));
    assert!(error_of(&refused).contains("JIEDUI_DATABASE_URL"), "{}", error_of(&refused));
    assert!(!postgres.path().join("attachments").exists());
}

#[test]
fn damaged_photo_is_reported_and_left_out_of_the_backup() {
    let (env, server, file, (_, hash)) = backed_up(Database::Sqlite);
    drop(server);
    let (path, good) = (env.path().join("attachments").join(&hash), env.path().join("good.tar"));
    fs::rename(&file, &good).unwrap();
    fs::write(&path, "damaged").unwrap();
    let output = env.run(&["backup", file.to_str().unwrap()], "");
    assert!(output.status.success());
    assert!(error_of(&output).contains(&format!("the photo {hash} is damaged")));
    // The earlier backup repairs it.
    assert!(restore(&env, &good).status.success());
    assert_eq!(fs::read(&path).unwrap(), photo(1, 3_000).0);
}
