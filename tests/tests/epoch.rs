//! Epochs: pushes that are based on a state from before a restore.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Database, TestEnv, survey_put};
use serde_json::{Value, json};
use uuid::Uuid;

fn env(database: Database) -> TestEnv {
    TestEnv::with_accounts(database, &[("village", "recorder", "522728109"), ("town", "reviewer", "522728")])
}

#[test]
fn push_from_before_restore_overwrites_nothing_newer() {
    let env = env(Database::Sqlite);
    let copy = env.path().join("copy.db");
    let copy = copy.to_str().unwrap();
    let (phone, desk, id, lost) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let put = |seq: u64, base_rev: u64, epoch: Option<u64>, fields: Value| {
        let mut mutation =
            json!({"seq": seq, "kind": "entry", "id": id, "base_rev": base_rev, "op": "put", "fields": fields});
        if let Some(epoch) = epoch {
            mutation["epoch"] = json!(epoch);
        }
        json!([mutation])
    };
    let first = survey_put(1, id, 4);
    {
        let server = env.serve(&[]);
        let (village, town) = (server.sign_in("village"), server.sign_in("town"));
        assert_eq!(village.read("/api/v1/sync/pull?limit=1")["epoch"], 0);
        village.push(phone, json!([first]));
        town.push(desk, put(1, 1, Some(0), json!({"values": {"people": 2}})));
        assert!(env.run(&["backup", copy], "").status.success());
        // These are acknowledged, and the restore reverts them.
        village.push(phone, json!([survey_put(2, lost, 5)]));
        village.push(phone, put(3, 2, Some(0), json!({"note": "恢复前写的"})));
        assert_eq!(server.terminate(), Some(0));
    }
    assert!(env.run(&["restore", copy], "").status.success());
    let server = env.serve(&[]);
    let (village, town) = (server.sign_in("village"), server.sign_in("town"));
    let epoch = village.read("/api/v1/sync/pull?limit=1")["epoch"].as_u64().unwrap();
    assert!(epoch > 0);
    // Others continue, and revision 3 is another state now.
    let theirs = town.push(desk, put(2, 2, Some(epoch), json!({"note": "镇里改的", "values": {"times": 6}})));
    assert_eq!((&theirs[0]["outcome"], &theirs[0]["rev"]), (&json!("applied"), &json!(3)));
    // The phone repeats its last mutations: known ones are answered as before, others are applied or become conflicts.
    let again = json!([first, survey_put(2, lost, 5), put(3, 2, Some(0), json!({"note": "恢复前写的"}))[0]]);
    let results = village.push(phone, again.clone());
    let outcomes: Vec<&str> = results.iter().map(|result| result["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["applied", "applied", "conflict"]);
    assert_eq!(village.push(phone, again), results, "once");
    // An edit based on revision 3 of the previous epoch has not seen the present revision 3.
    let late = village.push(phone, put(4, 3, Some(0), json!({"values": {"times": 9, "people": 8}})));
    assert_eq!(late[0]["outcome"], "conflict");
    let whole = village.read(&format!("/api/v1/entries/{id}"));
    assert_eq!(
        (&whole["fields"]["note"], &whole["fields"]["values"]),
        (&json!("镇里改的"), &json!({"times": 6, "people": 8}))
    );
    assert_eq!(whole["conflicts"][0]["kept"], json!({"note": "恢复前写的"}));
    assert_eq!(whole["conflicts"][1]["kept"], json!({"values.times": 9}));
    // A record that the server never had cannot be edited. A revision above the record's is an error.
    let gone = village.push(phone, json!([{"seq": 5, "kind": "entry", "id": Uuid::now_v7(), "base_rev": 3, "epoch": 0, "op": "put", "fields": {"note": "x"}}]));
    assert_eq!(gone[0]["errors"][0]["field"], "id");
    let above = village.push(phone, put(6, 9, Some(epoch), json!({"note": "x"})));
    assert_eq!(above[0]["errors"][0]["field"], "base_rev");
    assert_eq!(village.actual("field_surveys", 2026), 11);
}

#[test]
fn push_without_epoch_overwrites_nothing_after_a_restore() {
    let env = env(Database::Sqlite);
    let copy = env.path().join("copy.db");
    let copy = copy.to_str().unwrap();
    let (phone, desk, id) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let put = |seq: u64, base_rev: u64, note: &str| json!([{"seq": seq, "kind": "entry", "id": id, "base_rev": base_rev, "op": "put", "fields": {"note": note}}]);
    {
        let server = env.serve(&[]);
        let village = server.sign_in("village");
        village.push(phone, json!([survey_put(1, id, 4)]));
        assert!(env.run(&["backup", copy], "").status.success());
        assert_eq!(village.push(phone, put(2, 1, "恢复前"))[0]["rev"], 2);
        assert_eq!(server.terminate(), Some(0));
    }
    assert!(env.run(&["restore", copy], "").status.success());
    let server = env.serve(&[]);
    let (village, town) = (server.sign_in("village"), server.sign_in("town"));
    // Revision 1 is in the backup, so an edit based on it is applied.
    assert_eq!(town.push(desk, put(1, 1, "镇里改的"))[0]["outcome"], "applied");
    // The second revision is another one by now.
    assert_eq!(village.push(phone, put(3, 2, "村里改的"))[0]["outcome"], "conflict");
    assert_eq!(village.read(&format!("/api/v1/entries/{id}"))["fields"]["note"], "镇里改的");
}
