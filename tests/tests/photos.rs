//! Photos: rights to read and name them, upload, loss, quota and removal.

#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

use jiedui_tests::{Api, Database, Server, TestEnv, photo, survey_put, wait_until};
use rstest::rstest;
use serde_json::{Value, json};
use std::fs;
use uuid::Uuid;

fn put(api: &Api, (bytes, hash): &(Vec<u8>, String)) -> u16 {
    api.request("PUT", &format!("/api/v1/attachments/{hash}")).body(bytes.clone()).send().unwrap().status().as_u16()
}

fn get(api: &Api, hash: &str) -> u16 {
    api.get(&format!("/api/v1/attachments/{hash}")).status().as_u16()
}

fn missing(api: &Api, hashes: &[&str]) -> Value {
    let answer = api.post("/api/v1/attachments/missing", &json!({"sha256": hashes}));
    assert_eq!(answer.status(), 200);
    answer.json::<Value>().unwrap()["missing"].clone()
}

/// Creates accounts in two towns of Luodian, each with a recorder, and a reviewer and a viewer of the county.
fn towns(database: Database) -> (TestEnv, Server) {
    let env = TestEnv::with_accounts(
        database,
        &[
            ("town", "recorder", "522728109"),
            ("other", "recorder", "522728110"),
            ("near", "recorder", "522728109"),
            ("county", "reviewer", "522728"),
            ("looker", "viewer", "522728"),
        ],
    );
    let server = env.serve(&[]);
    (env, server)
}

/// Returns a put of an entry with photos, in Moyang Town or another place.
fn entry(seq: u64, id: Uuid, base_rev: u64, place: &str, hashes: &[&str]) -> Value {
    let mut mutation = survey_put(seq, id, 1);
    (mutation["base_rev"], mutation["fields"]["place"]) = (json!(base_rev), json!(place));
    mutation["fields"]["attachments"] = json!(hashes);
    mutation
}

const MOYANG: &str = "522728109";
const ELSEWHERE: &str = "522728110";

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn naming_another_users_photo_gives_no_access(#[case] database: Database) {
    let (_env, server) = towns(database);
    let [town, other, county] = ["town", "other", "county"].map(|name| server.sign_in(name));
    let taken = photo(1, 3_000);
    let hash = taken.1.as_str();
    let id = Uuid::now_v7();
    assert_eq!(
        town.push(Uuid::now_v7(), json!([entry(1, id, 0, MOYANG, &[hash])]))[0]["outcome"],
        "applied",
        "before it is sent"
    );
    assert_eq!(put(&town, &taken), 201);
    assert_eq!((get(&town, hash), get(&county, hash), get(&other, hash)), (200, 200, 403));
    // In the note the hash has no effect; among the photos it is rejected.
    let client = Uuid::now_v7();
    let mut noted = entry(1, Uuid::now_v7(), 0, ELSEWHERE, &[]);
    noted["fields"]["note"] = json!(hash);
    let named = entry(2, Uuid::now_v7(), 0, ELSEWHERE, &[hash]);
    let results = other.push(client, json!([noted, named]));
    assert_eq!((&results[0]["outcome"], &results[1]["outcome"]), (&json!("applied"), &json!("rejected")));
    assert_eq!(
        results[1]["errors"][0],
        json!({"field": "attachments", "code": "foreign_photo", "message": results[1]["errors"][0]["message"]})
    );
    assert_eq!(get(&other, hash), 403);
    assert_eq!(missing(&other, &[hash]), json!([hash]), "whether it is there is not told either");
    // A user with the content may upload it, and then name it.
    assert_eq!(put(&other, &taken), 201);
    let again = other.push(client, json!([entry(3, Uuid::now_v7(), 0, ELSEWHERE, &[hash])]));
    assert_eq!((&again[0]["outcome"], get(&other, hash)), (&json!("applied"), 200));
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn photo_named_by_others_before_upload_belongs_to_uploader(#[case] database: Database) {
    let (_env, server) = towns(database);
    let [town, other, county] = ["town", "other", "county"].map(|name| server.sign_in(name));
    let taken = photo(2, 3_000);
    let hash = taken.1.as_str();
    assert_eq!(
        other.push(Uuid::now_v7(), json!([entry(1, Uuid::now_v7(), 0, ELSEWHERE, &[hash])]))[0]["outcome"],
        "applied"
    );
    assert_eq!(put(&town, &taken), 201);
    assert_eq!((get(&other, hash), get(&county, hash)), (403, 403), "a hash that one has heard of is no photo");
    assert_eq!(
        town.push(Uuid::now_v7(), json!([entry(1, Uuid::now_v7(), 0, MOYANG, &[hash])]))[0]["outcome"],
        "applied"
    );
    assert_eq!((get(&other, hash), get(&county, hash)), (403, 200));
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn photos_of_history_and_deleted_entries_are_for_reviewers(#[case] database: Database) {
    let (_env, server) = towns(database);
    let [town, near, county] = ["town", "near", "county"].map(|name| server.sign_in(name));
    let (first, second) = (photo(3, 3_000), photo(4, 3_000));
    let (id, client) = (Uuid::now_v7(), Uuid::now_v7());
    town.push(client, json!([entry(1, id, 0, MOYANG, &[&first.1])]));
    assert_eq!((put(&town, &first), put(&town, &second)), (201, 201));
    assert_eq!(get(&near, &first.1), 200);
    town.push(client, json!([{"seq": 2, "kind": "entry", "id": id, "base_rev": 1, "op": "put", "fields": {"attachments": [second.1]}}]));
    assert_eq!((get(&near, &first.1), get(&near, &second.1)), (403, 200));
    assert_eq!((get(&county, &first.1), get(&county, &second.1)), (200, 200), "the history shows it");
    town.push(client, json!([{"seq": 3, "kind": "entry", "id": id, "base_rev": 2, "op": "delete", "fields": {}}]));
    assert_eq!((get(&near, &second.1), get(&county, &second.1), get(&town, &first.1)), (403, 200, 200));
}

#[test]
fn chunk_with_another_total_is_a_named_error() {
    let (_env, server) = towns(Database::Sqlite);
    let town = server.sign_in("town");
    let (bytes, hash) = photo(9, 3_000);
    let part = |from: usize, to: usize, total: usize| {
        let range = format!("bytes {from}-{}/{total}", to - 1);
        let request = town.request("PUT", &format!("/api/v1/attachments/{hash}")).header("content-range", range);
        request.body(bytes[from..to].to_vec()).send().unwrap()
    };
    assert_eq!(part(0, 1_000, 3_000).status(), 202);
    let refused = part(1_000, 2_000, 4_000);
    assert_eq!(refused.status(), 400);
    assert_eq!(refused.json::<Value>().unwrap()["errors"][0]["field"], "content-range");
    assert_eq!(part(1_000, 3_000, 3_000).status(), 201);
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn lost_photo_is_requested_and_accepted_again(#[case] database: Database) {
    let (env, server) = towns(database);
    let town = server.sign_in("town");
    let (lost, stored) = (photo(5, 3_000), photo(6, 3_000));
    assert_eq!((put(&town, &lost), put(&town, &stored)), (201, 201));
    assert_eq!(missing(&town, &[&lost.1, &stored.1]), json!([]));
    fs::remove_file(env.path().join("attachments").join(&lost.1)).unwrap();
    assert_eq!((get(&town, &lost.1), get(&town, &stored.1)), (404, 200));
    assert_eq!(missing(&town, &[&lost.1, &stored.1]), json!([lost.1]));
    let output = String::from_utf8(env.run(&["verify"], "").stderr).unwrap();
    assert!(output.contains(&lost.1) && !output.contains(&stored.1), "{output}");
    assert_eq!((put(&town, &lost), get(&town, &lost.1)), (201, 200));
    assert_eq!(missing(&town, &[&lost.1]), json!([]));
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn only_unreferenced_photos_are_removed_after_grace_time(#[case] database: Database) {
    let (env, server) = towns(database);
    let town = server.sign_in("town");
    let all: Vec<(Vec<u8>, String)> = (10..14).map(|number| photo(number, 3_000)).collect();
    all.iter().for_each(|photo| assert_eq!(put(&town, photo), 201));
    let [named, former, current, nowhere] = [0, 1, 2, 3].map(|at| all[at].1.as_str());
    // Named in an entry, in its history, in rejected values, and nowhere.
    let (id, client) = (Uuid::now_v7(), Uuid::now_v7());
    let change = |seq: u64, base_rev: u64, hash: &str| json!([{"seq": seq, "kind": "entry", "id": id, "base_rev": base_rev, "op": "put", "fields": {"attachments": [hash]}}]);
    town.push(client, json!([entry(1, id, 0, MOYANG, &[former])]));
    town.push(client, change(2, 1, named));
    let ran = town.push(Uuid::now_v7(), change(1, 1, current));
    assert_eq!(ran[0]["outcome"], "conflict");
    assert_eq!(server.terminate(), Some(0));
    let server = env.serve_with(&[], |command| {
        command.env("JIEDUI_PHOTO_GRACE_DAYS", "0");
    });
    let town = server.sign_in("town");
    wait_until("the removal", || (get(&town, nowhere) == 404).then_some(()));
    assert!(!env.path().join("attachments").join(nowhere).exists());
    assert_eq!([named, former, current].map(|hash| get(&town, hash)), [200, 200, 200]);
    assert_eq!(put(&town, &all[3]), 201, "it may come again");
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn viewers_store_no_photos_and_others_up_to_a_quota(#[case] database: Database) {
    let (env, server) = towns(database);
    assert_eq!(put(&server.sign_in("looker"), &photo(20, 3_000)), 403);
    drop(server);
    let server = env.serve_with(&[], |command| {
        command.env("JIEDUI_PHOTO_QUOTA_MB", "1");
    });
    let town = server.sign_in("town");
    assert_eq!(put(&town, &photo(21, 600_000)), 201);
    let (bytes, hash) = photo(22, 600_000);
    let answer = town.request("PUT", &format!("/api/v1/attachments/{hash}")).body(bytes).send().unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (429, &"3600".parse().unwrap()));
    assert_eq!(put(&server.sign_in("near"), &photo(22, 600_000)), 201, "each account has its own");
    // Chunks count, too.
    let (bytes, hash) = photo(23, 400_000);
    let part = |hash: &str, size: usize| {
        let range = format!("bytes 0-{}/400000", size - 1);
        let request = town.request("PUT", &format!("/api/v1/attachments/{hash}")).header("content-range", range);
        request.body(bytes[..size].to_vec()).send().unwrap().status().as_u16()
    };
    assert_eq!((part(&hash, 300_000), part(&"f".repeat(64), 300_000)), (202, 429));
}

#[test]
fn photo_is_cached_by_browsers_and_runs_no_script() {
    let (_env, server) = towns(Database::Sqlite);
    let town = server.sign_in("town");
    let (bytes, hash) = photo(30, 3_000);
    put(&town, &(bytes, hash.clone()));
    let answer = town.get(&format!("/api/v1/attachments/{hash}"));
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("cache-control"), "private, max-age=31536000, immutable");
    assert_eq!(header("content-disposition"), format!("inline; filename=\"{}.jpeg\"", &hash[..12]));
    assert_eq!(header("content-security-policy"), "default-src 'none'; sandbox");
    assert_eq!(header("x-content-type-options"), "nosniff");
}

/// Two tabs, or a repeated request, send the same photo at once. The answer was 503, as if the server had failed.
#[test]
fn parallel_uploads_of_one_photo_are_no_failure() {
    let (_env, server) = towns(Database::Sqlite);
    let (town, picture) = (server.sign_in("town"), photo(1, 2_000_000));
    let sent: Vec<_> = (0..12)
        .map(|number: usize| {
            let (api, (bytes, hash)) = (town.clone(), picture.clone());
            std::thread::spawn(move || {
                let half = bytes.len() / 2;
                let range = format!("bytes 0-{}/{}", half - 1, bytes.len());
                let request = api.request("PUT", &format!("/api/v1/attachments/{hash}"));
                let request = match number % 2 {
                    0 => request.body(bytes),
                    _ => request.header("content-range", range).body(bytes[..half].to_vec()),
                };
                request.send().unwrap().status().as_u16()
            })
        })
        .collect();
    let statuses: Vec<u16> = sent.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(statuses.iter().all(|status| [200, 201, 202, 409, 429].contains(status)), "{statuses:?}");
    assert!([200, 201].contains(&put(&town, &picture)), "{statuses:?}");
    assert_eq!(get(&town, &picture.1), 200);
}
