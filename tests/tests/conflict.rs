//! Conflicts: both values stay until a person chooses.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Api, Database, Server, TestEnv, survey_put};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

struct People {
    _env: TestEnv,
    _server: Server,
    village: Api,
    town: Api,
    phone: Uuid,
    desk: Uuid,
    id: Uuid,
}

/// Creates a recorder, a reviewer, and an entry that both have pulled in its first revision.
fn people(database: Database) -> People {
    let env = TestEnv::new(database);
    env.add_user("village", "recorder", &["--place", "522728109"]);
    env.add_user("town", "reviewer", &["--place", "522728", "--name", "审核员小周"]);
    let server = env.serve(&[]);
    let (village, town) = (server.sign_in("village"), server.sign_in("town"));
    let (phone, desk, id) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    village.push(phone, json!([survey_put(1, id, 4)]));
    People { _env: env, _server: server, village, town, phone, desk, id }
}

impl People {
    fn put(&self, seq: u64, base_rev: u64, fields: Value) -> Value {
        json!([{"seq": seq, "kind": "entry", "id": self.id, "base_rev": base_rev, "op": "put", "fields": fields}])
    }

    /// Returns a deletion with a reason.
    fn delete(&self, seq: u64, base_rev: u64) -> Value {
        let fields = json!({"reason": "与另一条重复", "duplicate_of": Uuid::now_v7()});
        json!([{"seq": seq, "kind": "entry", "id": self.id, "base_rev": base_rev, "op": "delete", "fields": fields}])
    }

    fn choose(&self, seq: u64, base_rev: u64, of: u64, take: &[&str]) -> Value {
        let fields = json!({"client": self.phone, "seq": of, "take": take});
        json!([{"seq": seq, "kind": "choice", "id": self.id, "base_rev": base_rev, "op": "put", "fields": fields}])
    }

    fn whole(&self) -> Value {
        self.village.read(&format!("/api/v1/entries/{}", self.id))
    }
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn different_fields_merge_and_same_field_needs_resolution(#[case] database: Database) {
    let people = people(database);
    let edit = json!({"values": {"times": 5}, "note": "镇里改的"});
    assert_eq!(people.town.push(people.desk, people.put(1, 1, edit))[0]["outcome"], "applied");
    let merged = people.village.push(people.phone, people.put(2, 1, json!({"values": {"people": 9}})));
    assert_eq!(merged[0]["outcome"], "merged");
    let mine = json!({"values": {"times": 7}, "note": "村里改的"});
    let conflict = people.village.push(people.phone, people.put(3, 1, mine));
    assert_eq!((&conflict[0]["outcome"], &conflict[0]["rev"]), (&json!("conflict"), &json!(3)));
    let other = &conflict[0]["others"][0];
    assert_eq!((&other["name"], other["at"].is_string()), (&json!("审核员小周"), true), "{conflict:?}");
    assert_eq!(other["changed"], json!(["note", "values.times"]));
    let fields = &conflict[0]["record"]["fields"];
    assert_eq!((&fields["note"], &fields["values"]), (&json!("镇里改的"), &json!({"times": 5, "people": 9})));
    let waiting = &people.whole()["conflicts"][0];
    assert_eq!(waiting["kept"], json!({"note": "村里改的", "values.times": 7}));
    assert_eq!((&waiting["seq"], &waiting["settled_at"]), (&json!(3), &Value::Null));
    // Only conflicting values can be taken, and only by users who may change the entry.
    let refused = people.village.push(people.phone, people.choose(4, 3, 3, &["place"]));
    assert_eq!(refused[0]["errors"][0]["field"], "take");
    // A resolution that has not seen the latest change is a conflict; one that has is applied.
    people.town.push(people.desk, people.put(2, 3, json!({"values": {"times": 6}})));
    let late = people.village.push(people.phone, people.choose(5, 3, 3, &["values.times"]));
    assert_eq!(late[0]["outcome"], "conflict");
    let taken = people.village.push(people.phone, people.choose(6, 4, 3, &["values.times"]));
    assert_eq!(taken[0]["outcome"], "applied");
    assert_eq!(people.village.push(people.phone, people.choose(6, 4, 3, &["values.times"])), taken, "once");
    let whole = people.whole();
    assert_eq!((&whole["fields"]["values"]["times"], &whole["fields"]["note"]), (&json!(7), &json!("镇里改的")));
    assert!(whole["conflicts"][0]["settled_at"].is_string());
    assert_eq!(whole["conflicts"].as_array().unwrap().len(), 1, "a choice makes no conflict of its own");
    assert_eq!(people.village.actual("field_surveys", 2026), 7);
    let again = people.town.push(people.desk, people.choose(3, 5, 3, &[]));
    assert_eq!(
        again[0]["errors"][0],
        json!({"field": "seq", "code": "unknown", "message": again[0]["errors"][0]["message"]})
    );
}

#[rstest]
#[case(Database::Sqlite, false)]
#[case(Database::Postgres, false)]
#[case(Database::Sqlite, true)]
#[case(Database::Postgres, true)]
fn edit_against_delete_conflicts_and_can_restore_the_entry(#[case] database: Database, #[case] back: bool) {
    let people = people(database);
    assert_eq!(people.town.push(people.desk, people.delete(1, 1))[0]["outcome"], "applied");
    assert_eq!(people.village.actual("field_surveys", 2026), Value::Null);
    let conflict = people.village.push(people.phone, people.put(2, 1, json!({"values": {"times": 8}})));
    assert_eq!((&conflict[0]["outcome"], &conflict[0]["record"]["deleted"]), (&json!("conflict"), &json!(true)));
    let take: &[&str] = if back { &["values.times"] } else { &[] };
    assert_eq!(people.village.push(people.phone, people.choose(3, 2, 2, take))[0]["outcome"], "applied");
    let whole = people.whole();
    assert_eq!(whole["deleted"], !back);
    assert!(whole["conflicts"][0]["settled_at"].is_string());
    let expected = if back { json!(8) } else { Value::Null };
    assert_eq!(people.village.actual("field_surveys", 2026), expected);
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn delete_against_edit_conflicts_and_can_be_applied(#[case] database: Database) {
    let people = people(database);
    people.town.push(people.desk, people.put(1, 1, json!({"note": "改过"})));
    let conflict = people.village.push(people.phone, people.delete(2, 1));
    assert_eq!(conflict[0]["outcome"], "conflict");
    assert_eq!(people.whole()["deleted"], false);
    assert_eq!(people.village.push(people.phone, people.choose(3, 2, 2, &["deleted"]))[0]["outcome"], "applied");
    assert_eq!(people.whole()["deleted"], true);
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn conflicts_of_a_record_are_limited_and_none_is_dropped(#[case] database: Database) {
    let people = people(database);
    people.town.push(people.desk, people.put(1, 1, json!({"note": "镇里改的"})));
    // Each mutation uses another client, since a client's earlier changes do not conflict.
    let stale: Vec<Value> =
        (2..=131).map(|seq| people.put(seq, 1, json!({"note": format!("第 {seq} 次")}))[0].clone()).collect();
    let results = people.village.push(people.phone, json!(stale));
    let count = |outcome: &str| results.iter().filter(|result| result["outcome"] == outcome).count();
    assert_eq!((count("conflict"), count("rejected")), (100, 30));
    let refused = &results[129]["errors"][0];
    assert_eq!((&refused["code"], &refused["limit"]), (&json!("too_many_conflicts"), &json!(100.0)));
    let conflicts = people.whole()["conflicts"].as_array().unwrap().clone();
    assert_eq!((conflicts.len(), &conflicts[0]["kept"]["note"]), (100, &json!("第 2 次")));
    // A resolved conflict no longer counts.
    assert_eq!(people.village.push(people.phone, people.choose(200, 2, 2, &[]))[0]["outcome"], "applied");
    assert_eq!(
        people.village.push(people.phone, people.put(201, 1, json!({"note": "再改"})))[0]["outcome"],
        "conflict"
    );
}
