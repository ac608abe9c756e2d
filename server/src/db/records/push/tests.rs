//! Tests of pushes to damaged records.

use super::{Push, push};
use crate::db::Db;
use crate::db::records::{entry, idempotency};
use crate::db::reference::load;
use jiedui_core::access::user::{Role, Scope, User};
use jiedui_core::entry::{Fields, field};
use jiedui_core::sync::{Kind, Mutation, Op, Outcome};
use jiedui_core::values::field_error::ErrorCode;
use serde_json::json;
use uuid::Uuid;

const RECORD: Uuid = Uuid::from_u128(7);

fn put(client: u128, seq: u64, id: Uuid, base_rev: u64, fields: Fields) -> Push {
    let mutation = Mutation { seq, kind: Kind::Entry, id, base_rev, epoch: None, op: Op::Put, fields };
    let digest = idempotency::digest(&mutation).unwrap();
    let actor = User {
        id: Uuid::from_u128(1),
        username: String::new(),
        name: String::new(),
        role: Role::Admin,
        scope: Scope::default(),
    };
    Push {
        actor,
        client: Uuid::from_u128(client),
        mutations: vec![(mutation, digest)],
        last_day: jiedui_core::values::date::parse_date("2026-11-27").unwrap(),
        whole: false,
    }
}

fn survey() -> Fields {
    Fields::from_iter([
        (field::ACTIVITY.to_owned(), json!("field_survey")),
        (field::DATE.to_owned(), json!("2026-11-20")),
        (field::PLACE.to_owned(), json!("522728109")),
        (field::VALUES.to_owned(), json!({"times": 4})),
    ])
}

fn note(text: &str) -> Fields {
    Fields::from_iter([(field::NOTE.to_owned(), json!(text))])
}

/// Damages a record of two revisions by a statement, then pushes an edit and a new entry.
async fn outcomes_after_damage(statement: &'static str) -> Vec<(Outcome, Option<ErrorCode>)> {
    let folder = std::env::temp_dir().join(format!("jiedui-{}", Uuid::now_v7()));
    let db = Db::open(&format!("sqlite://{}/test.db", folder.display()), None).await.unwrap();
    crate::seed::fill(&db).await.unwrap();
    let reference = load::load(&db).await.unwrap();
    let before = [put(2, 1, RECORD, 0, survey()), put(2, 2, RECORD, 1, note("first"))];
    let (results, _) = push(&db, &reference, &before).await.unwrap();
    assert!(results.iter().flatten().all(|result| result.outcome == Outcome::Applied), "{results:?}");
    let Db::Sqlite { writer, .. } = &db else { unreachable!() };
    let damaged = sqlx::query(statement).bind(RECORD).execute(writer).await.unwrap();
    assert_eq!(damaged.rows_affected(), 1);
    let pushes = [put(3, 1, RECORD, 0, note("second")), put(3, 2, Uuid::from_u128(8), 0, survey())];
    let (results, _) = push(&db, &reference, &pushes).await.unwrap();
    let stored = entry::find(&db, RECORD, None).await.unwrap().unwrap().record;
    assert_eq!(stored.fields.get(field::NOTE), Some(&json!("first")), "the damaged record is not overwritten");
    db.close().await;
    std::fs::remove_dir_all(&folder).unwrap();
    results.iter().flatten().map(|result| (result.outcome, result.errors.first().map(|error| error.code))).collect()
}

const UNREADABLE_THEN_APPLIED: [(Outcome, Option<ErrorCode>); 2] =
    [(Outcome::Rejected, Some(ErrorCode::Unreadable)), (Outcome::Applied, None)];

#[tokio::test]
async fn push_to_record_with_negative_rev_is_rejected_alone() {
    let outcomes = outcomes_after_damage("UPDATE record SET rev = -2 WHERE id = $1").await;
    assert_eq!(outcomes, UNREADABLE_THEN_APPLIED);
}

#[tokio::test]
async fn push_to_record_with_negative_seq_is_rejected_alone() {
    let outcomes = outcomes_after_damage("UPDATE record SET seq = -2 WHERE id = $1").await;
    assert_eq!(outcomes, UNREADABLE_THEN_APPLIED);
}

#[tokio::test]
async fn push_to_revision_with_negative_seq_is_rejected_alone() {
    let outcomes = outcomes_after_damage("UPDATE revision SET seq = -1 WHERE record = $1").await;
    assert_eq!(outcomes, UNREADABLE_THEN_APPLIED);
}
