//! Damaged numbers: their records are omitted or rejected by name, and verification names them.

use super::*;
use crate::db::accounts::account;
use crate::db::audit::{Act, By, Object};
use crate::db::files::import_entries;
use crate::db::records::cursor::Cursor;
use crate::db::records::pull;
use crate::db::records::push::tests::{TestDb, push_of, put, survey};
use crate::db::reference::directory;
use jiedui_core::access::user::{Role, Scope, User};
use jiedui_core::audit::Action;
use jiedui_core::sync::Outcome;
use rstest::rstest;
use uuid::Uuid;

const ID: Uuid = Uuid::from_u128(7);

fn admin() -> User {
    let (id, name) = (Uuid::from_u128(1), String::new());
    User { id, username: name.clone(), name, role: Role::Admin, scope: Scope::default(), verifies_own: false }
}

/// Returns the kinds and identifiers that verification names.
async fn verified(test: &TestDb) -> Vec<(String, String)> {
    let findings = verify::verify(&test.db, &test.reference).await.unwrap();
    findings.unreadable.into_iter().map(|found| (found.kind, found.id)).collect()
}

#[rstest]
#[case::negative_rev("UPDATE record SET rev = -2 WHERE id = $1")]
#[case::number_out_of_range("UPDATE record SET fields = '{\"note\":1e999}' WHERE id = $1")]
#[case::lone_surrogate("UPDATE record SET fields = '{\"note\":\"\\ud800\"}' WHERE id = $1")]
#[tokio::test]
async fn damaged_entry_is_omitted_and_verified(#[case] statement: &'static str) {
    let test = TestDb::open().await;
    let other = Uuid::from_u128(8);
    test.push(&[push_of(2, vec![put(1, ID, 0, survey()), put(2, other, 0, survey())])]).await;
    test.damage(statement, ID).await;
    let (db, user) = (&test.db, admin());
    assert!(entry::find(db, ID, None).await.unwrap().is_none());
    let is_new = |id: &Uuid| [ID, other].contains(id);
    let listed = entry::list(db, &user, &entry::EntryFilter::default(), None, 1_000).await.unwrap();
    assert_eq!(listed.iter().map(|listed| listed.record.id).filter(is_new).collect::<Vec<_>>(), [other]);
    let oldest = entry::oldest(db, &Kind::Entry, 0, 1_000).await.unwrap();
    assert_eq!(oldest.records.iter().map(|record| record.id).filter(is_new).collect::<Vec<_>>(), [other]);
    let page = pull::pull(db, &user, Cursor::start(&user, 0), 1_000).await.unwrap();
    assert_eq!(page.records.iter().map(|record| record.id).filter(is_new).collect::<Vec<_>>(), [other]);
    assert_eq!(verified(&test).await, [("entry".to_owned(), ID.to_string())]);
    test.close().await;
}

#[tokio::test]
async fn damaged_organisation_is_omitted_and_not_overwritten() {
    let test = TestDb::open().await;
    let organisation = test.reference.organisations[0].clone();
    test.damage("UPDATE record SET rev = -2 WHERE id = $1", organisation.id).await;
    let loaded = load::load(&test.db).await.unwrap();
    assert_eq!(loaded.organisations.len() + 1, test.reference.organisations.len());
    for base_rev in [None, Some(0)] {
        let act = Act::new(By::command_line(), Action::DirectoryChanged, Object::none());
        let of = (Kind::Organisation, organisation.id);
        let written = directory::set(&test.db, of, &organisation, &admin(), base_rev, act).await;
        assert!(matches!(&written, Err(DbError::Unreadable(found)) if found.id == organisation.id.to_string()));
    }
    assert_eq!(verified(&test).await, [("organisation".to_owned(), organisation.id.to_string())]);
    test.close().await;
}

#[rstest]
#[case::negative_count("UPDATE import SET rows_all = -1 WHERE id = $1", &[8])]
// The list shows no findings, and so does not read them.
#[case::broken_findings("UPDATE import SET findings = '{' WHERE id = $1", &[8, 7])]
#[tokio::test]
async fn damaged_import_is_unreadable_and_verified(#[case] statement: &'static str, #[case] in_list: &[u128]) {
    let test = TestDb::open().await;
    let (db, user) = (&test.db, admin());
    let user = User { username: "head".to_owned(), ..user };
    let account = account::Account { user, password_hash: String::new(), disabled: false };
    let added = account::add(db, &account, By::command_line()).await;
    assert!(added.unwrap());
    for id in [ID, Uuid::from_u128(8)] {
        test.damage(
            "INSERT INTO import (id, account, activity, name, sha256, stage, heading, fields, rows_all, rows_wrong,
            wrong, mistakes, likely, created_at) VALUES ($1, x'00000000000000000000000000000001', '', '', '', 'done',
            '[]', '[]', 3, 0, 0, '[]', '[]', 0)",
            id,
        )
        .await;
    }
    assert_eq!(import::find(db, Uuid::from_u128(1), ID).await.unwrap().unwrap().rows, 3);
    test.damage(statement, ID).await;
    assert!(matches!(import::find(db, Uuid::from_u128(1), ID).await, Err(DbError::Unreadable(..))));
    let listed = import::of_account(db, Uuid::from_u128(1)).await.unwrap();
    assert_eq!(listed.iter().map(|import| import.id.as_u128()).collect::<Vec<_>>(), in_list);
    assert_eq!(verified(&test).await, [("import".to_owned(), ID.to_string())]);
    test.close().await;
}

#[tokio::test]
async fn import_finds_damaged_entry_unreadable() {
    let test = TestDb::open().await;
    let other = Uuid::from_u128(8);
    test.push(&[push_of(2, vec![put(1, ID, 0, survey()), put(2, other, 0, survey())])]).await;
    test.damage("UPDATE record SET rev = -2 WHERE id = $1", ID).await;
    let named = [(ID, 1), (other, 1), (Uuid::from_u128(9), 1)];
    let standing = import_entries::existing(&test.db, &admin(), &test.reference, Uuid::nil(), &named).await.unwrap();
    assert!(standing[&ID].is_none());
    assert_eq!(standing[&other].as_ref().map(|entry| entry.rev), Some(1));
    assert_eq!(standing.len(), 2, "the third does not exist");
    test.close().await;
}

#[rstest]
#[case::revision(
    "UPDATE revision SET seq = -1 WHERE record = $1",
    "entry",
    "00000000-0000-0000-0000-000000000007, revision 1"
)]
#[case::change("UPDATE record SET change = -1 WHERE id = $1", "entry", "00000000-0000-0000-0000-000000000007")]
#[case::answer(
    "UPDATE answer SET results = '[' WHERE account <> $1",
    "answer",
    "00000000-0000-0000-0000-000000000001, client 00000000-0000-0000-0000-000000000002, 1 to 2"
)]
#[tokio::test]
async fn damage_that_no_list_shows_is_verified(
    #[case] statement: &'static str,
    #[case] kind: &'static str,
    #[case] name: &'static str,
) {
    let test = TestDb::open().await;
    let mut changed = survey();
    changed.insert(field::NOTE.to_owned(), "x".into());
    let outcomes = test.push(&[push_of(2, vec![put(1, ID, 0, survey()), put(2, ID, 1, changed)])]).await;
    assert!(outcomes.iter().all(|(outcome, _)| *outcome == Outcome::Applied));
    assert_eq!(verified(&test).await, []);
    test.damage(statement, ID).await;
    assert_eq!(verified(&test).await, [(kind.to_owned(), name.to_owned())]);
    test.close().await;
}

#[tokio::test]
async fn negative_count_of_figure_is_omitted_and_verified() {
    let test = TestDb::open().await;
    test.push(&[push_of(2, vec![put(1, ID, 0, survey())])]).await;
    let shown = async || {
        let (_, parts, _) = query::by_town_since(&test.db, 0).await.unwrap();
        parts.iter().any(|part| part.indicator == "field_surveys" && part.month.year == 2026)
    };
    assert!(shown().await);
    test.damage(
        "UPDATE part SET entries = -1 WHERE grain = 'town' AND indicator = 'field_surveys' AND period LIKE '2026%'
            AND $1 <> ''",
        ID,
    )
    .await;
    assert!(!shown().await);
    assert_eq!(verify::verify(&test.db, &test.reference).await.unwrap().differences.len(), 1);
    test.close().await;
}
