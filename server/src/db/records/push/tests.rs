//! Tests of pushes to damaged records.

use super::{Push, push};
use crate::db::Db;
use crate::db::audit::By;
use crate::db::records::idempotency;
use crate::db::reference::load::{self, Reference};
use jiedui_core::access::user::{Role, Scope, User};
use jiedui_core::entry::{Fields, field};
use jiedui_core::sync::{Kind, Mutation, Op, Outcome, PushResult, Resolution};
use jiedui_core::values::field_error::ErrorCode;
use rstest::rstest;
use serde_json::{Value, json};
use std::path::PathBuf;
use uuid::Uuid;

const RECORD: Uuid = Uuid::from_u128(7);

/// Returns a push by an administrator, as one batch of one client.
pub(in crate::db) fn push_of(client: u128, mutations: Vec<Mutation>) -> Push {
    let actor = User {
        id: Uuid::from_u128(1),
        username: String::new(),
        name: String::new(),
        role: Role::Admin,
        scope: Scope::default(),
        verifies_own: false,
    };
    let with_digest = |mutation| {
        let digest = idempotency::digest(&mutation).unwrap();
        (mutation, digest)
    };
    Push {
        actor,
        client: Uuid::from_u128(client),
        mutations: mutations.into_iter().map(with_digest).collect(),
        last_day: jiedui_core::values::date::parse_date("2026-11-27").unwrap(),
        whole: false,
        by: By::command_line(),
        act: None,
    }
}

pub(in crate::db) fn put(seq: u64, id: Uuid, base_rev: u64, fields: Fields) -> Mutation {
    Mutation { seq, kind: Kind::Entry, id, base_rev, epoch: None, op: Op::Put, fields }
}

pub(in crate::db) fn survey() -> Fields {
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

/// A database of a test, removed at its end.
pub(in crate::db) struct TestDb {
    pub(in crate::db) db: Db,
    pub(in crate::db) reference: Reference,
    folder: PathBuf,
}

impl TestDb {
    pub(in crate::db) async fn open() -> Self {
        let folder = std::env::temp_dir().join(format!("jiedui-{}", Uuid::now_v7()));
        let db = Db::open(&format!("sqlite://{}/test.db", folder.display()), None).await.unwrap();
        crate::seed::fill(&db).await.unwrap();
        let reference = load::load(&db).await.unwrap();
        Self { db, reference, folder }
    }

    /// Applies pushes and returns the outcome and the first error of each mutation.
    pub(in crate::db) async fn push(&self, pushes: &[Push]) -> Vec<(Outcome, Option<(String, ErrorCode)>)> {
        let (results, _) = push(&self.db, &self.reference, pushes).await.unwrap();
        let first_error = |result: &PushResult| result.errors.first().map(|error| (error.field.clone(), error.code));
        results.iter().flatten().map(|result| (result.outcome, first_error(result))).collect()
    }

    /// Runs a statement with an identifier that changes one row.
    pub(in crate::db) async fn damage(&self, statement: &'static str, id: Uuid) {
        let Db::Sqlite { writer, .. } = &self.db else { unreachable!() };
        let damaged = sqlx::query(statement).bind(id).execute(writer).await.unwrap();
        assert_eq!(damaged.rows_affected(), 1, "{statement}");
    }

    /// Reads the note of an entry behind the program's back.
    async fn note_of(&self, id: Uuid) -> Value {
        let Db::Sqlite { writer, .. } = &self.db else { unreachable!() };
        let query = sqlx::query_scalar::<_, String>("SELECT fields FROM record WHERE id = $1").bind(id);
        serde_json::from_str::<Fields>(&query.fetch_one(writer).await.unwrap()).unwrap()[field::NOTE].clone()
    }

    pub(in crate::db) async fn close(self) {
        self.db.close().await;
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

/// Pushes of three revisions of [`RECORD`].
fn three_revisions() -> Push {
    push_of(2, vec![put(1, RECORD, 0, survey()), put(2, RECORD, 1, note("zero")), put(3, RECORD, 2, note("first"))])
}

/// An edit of [`RECORD`] from before all its revisions, and a new entry.
fn edit_and_new_entry() -> Push {
    push_of(3, vec![put(1, RECORD, 0, note("second")), put(2, Uuid::from_u128(8), 0, survey())])
}

fn rejected(field: &str) -> (Outcome, Option<(String, ErrorCode)>) {
    (Outcome::Rejected, Some((field.to_owned(), ErrorCode::Unreadable)))
}

const APPLIED: (Outcome, Option<(String, ErrorCode)>) = (Outcome::Applied, None);

#[rstest]
#[case::negative_rev("UPDATE record SET rev = -2 WHERE id = $1")]
#[case::largest_rev("UPDATE record SET rev = 9223372036854775807 WHERE id = $1")]
#[case::negative_seq("UPDATE record SET seq = -2 WHERE id = $1")]
#[case::negative_time("UPDATE record SET at = -2 WHERE id = $1")]
#[case::broken_changed("UPDATE record SET changed = '[' WHERE id = $1")]
#[case::negative_seq_of_revision("UPDATE revision SET seq = -1 WHERE record = $1 AND rev = 1")]
#[case::broken_first_revision("UPDATE revision SET fields = '{' WHERE record = $1 AND rev = 1")]
#[case::broken_changed_of_revision("UPDATE revision SET changed = '[' WHERE record = $1 AND rev = 2")]
#[tokio::test]
async fn push_to_damaged_record_is_rejected_alone(#[case] statement: &'static str) {
    let test = TestDb::open().await;
    assert_eq!(test.push(&[three_revisions()]).await, [APPLIED, APPLIED, APPLIED]);
    test.damage(statement, RECORD).await;
    assert_eq!(test.push(&[edit_and_new_entry()]).await, [rejected("id"), APPLIED]);
    assert_eq!(test.note_of(RECORD).await, json!("first"), "the damaged record is not overwritten");
    test.close().await;
}

#[tokio::test]
async fn resolution_of_damaged_conflict_is_rejected_alone() {
    let test = TestDb::open().await;
    assert_eq!(test.push(&[three_revisions()]).await, [APPLIED, APPLIED, APPLIED]);
    let conflict = "INSERT INTO conflict (record, account, client, seq, kept, at)
        VALUES ($1, x'00000000000000000000000000000001', x'00000000000000000000000000000003', 9, '{', 0)";
    test.damage(conflict, RECORD).await;
    let resolution = Resolution { client: Uuid::from_u128(3), seq: 9, take: Vec::new() }.mutation(1, RECORD, 3);
    let edit = put(2, RECORD, 3, note("second"));
    assert_eq!(test.push(&[push_of(4, vec![resolution, edit])]).await, [rejected("id"), APPLIED]);
    test.close().await;
}

#[rstest]
#[case::broken_results("UPDATE answer SET results = '[' WHERE account <> $1")]
#[case::missing_digest("UPDATE answer SET digests = x'00' WHERE account <> $1")]
#[tokio::test]
async fn push_with_damaged_answer_is_not_applied_twice(#[case] statement: &'static str) {
    let test = TestDb::open().await;
    assert_eq!(test.push(&[three_revisions()]).await, [APPLIED, APPLIED, APPLIED]);
    test.damage(statement, Uuid::nil()).await;
    let again = push_of(2, vec![put(3, RECORD, 2, note("first")), put(4, RECORD, 3, note("second"))]);
    for _ in 0..2 {
        assert_eq!(test.push(std::slice::from_ref(&again)).await, [rejected("seq"), APPLIED]);
    }
    assert_eq!(test.note_of(RECORD).await, json!("second"));
    test.close().await;
}
