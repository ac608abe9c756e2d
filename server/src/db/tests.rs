//! Databases of earlier versions, and damaged ones.

mod damage;

use super::accounts::{account, share};
use super::audit::By;
use super::figures::{query, rebuild, verify};
use super::files::{attachment, import};
use super::records::{entry, idempotency, push};
use super::reference::load;
use super::*;
use jiedui_core::entry::field;
use jiedui_core::figures::overview::Overview;
use jiedui_core::sync::Kind;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

/// A database of the first version keeps its entries, their history and the stored answers.
#[tokio::test]
async fn database_of_first_version_is_migrated() {
    let folder = std::env::temp_dir().join(format!("jiedui-{}", uuid::Uuid::now_v7()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("old.db");
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    let mut first = sqlx::migrate!("migrations/sqlite");
    first.migrations.to_mut().truncate(1);
    first.run(&pool).await.unwrap();
    let hash = "0123456789abcdef".repeat(4);
    let fields = format!(
        r#"{{"activity":"field_survey","date":"2026-11-20","place":"522728109","values":{{"times":4}},"attachments":["{hash}"]}}"#
    );
    for statement in [
        "INSERT INTO record VALUES (x'00000000000000000000000000000001', 'entry', 2, $1, FALSE, 9, 7,
            x'00000000000000000000000000000002', 'field_survey', 'party_building', '522728109', '2026-11', '', '[]')",
        "INSERT INTO revision VALUES (x'00000000000000000000000000000001', 1, $1, FALSE, '[]',
            x'00000000000000000000000000000002', x'00000000000000000000000000000003', 5, 111)",
        "INSERT INTO revision VALUES (x'00000000000000000000000000000001', 2, $1, FALSE, '[\"note\"]',
            x'00000000000000000000000000000002', x'00000000000000000000000000000003', 6, 222)",
        "INSERT INTO mutation VALUES (x'00000000000000000000000000000002', x'00000000000000000000000000000003', 6,
            x'000102030405060708090a0b0c0d0e0f1011', '{\"seq\":6,\"outcome\":\"applied\",\"rev\":2}', length($1))",
        "INSERT INTO attachment VALUES (substr($1, length($1) - 66, 64), 9, 'image/jpeg', x'00000000000000000000000000000002', 1)",
        "UPDATE feed SET change = 9 + 0 * length($1)",
    ] {
        sqlx::query(statement).bind(&fields).execute(&pool).await.unwrap();
    }
    for (number, programmes) in [
        (1, r#"["party_building","industry","marketing","labour","education","health"]"#),
        (2, r#"["party_building","industry","marketing","labour","education"]"#),
    ] {
        let add = "INSERT INTO account (id, username, name, role, places, programmes, password_hash, created_at)
            VALUES ($1, $2, '', 'recorder', '[]', $2, '', 0)";
        sqlx::query(add).bind(uuid::Uuid::from_u128(number)).bind(programmes).execute(&pool).await.unwrap();
    }
    let catalogue = include_str!("../../seed/catalogue.json");
    sqlx::query("INSERT INTO catalogue VALUES (1, $1)").bind(catalogue).execute(&pool).await.unwrap();
    pool.close().await;
    let db = Db::open(&format!("sqlite://{}", file.display()), None).await.unwrap();
    let id = uuid::Uuid::from_u128(1);
    let whole = entry::find(&db, id, None).await.unwrap().unwrap();
    assert_eq!((whole.record.rev, whole.record.fields[field::VALUES]["times"].as_i64()), (2, Some(4)));
    let history: Vec<_> =
        whole.history.states.iter().map(|state| (state.rev, state.at.clone(), state.changed.clone())).collect();
    assert_eq!(history, [(1, instant(111), vec![]), (2, instant(222), vec!["note".into()])]);
    let accounts = account::all(&db).await.unwrap();
    let programmes: Vec<usize> = accounts.iter().map(|account| account.user.scope.programmes.len()).collect();
    assert_eq!(programmes, [0, 5], "all six are all programmes from now on");
    // What an entry named by then is read by who sees the entry, and is no longer without a name.
    let user = |places: &str| jiedui_core::access::user::User {
        id: uuid::Uuid::from_u128(7),
        username: String::new(),
        name: String::new(),
        role: jiedui_core::access::user::Role::Recorder,
        scope: jiedui_core::access::user::Scope { places: vec![places.to_owned()], programmes: Vec::new() },
        verifies_own: false,
    };
    assert!(attachment::may_read(&db, &hash, &user("522728109")).await.unwrap());
    assert!(!attachment::may_read(&db, &hash, &user("522728110")).await.unwrap());
    let forgotten = attachment::forget_unnamed(&db, i64::MAX, 9, |_| Ok(())).await.unwrap();
    assert!(forgotten.is_empty());
    let mut tx = db.begin().await.unwrap();
    let answers = idempotency::find(&mut tx, uuid::Uuid::from_u128(2), uuid::Uuid::from_u128(3), 6, 6).await.unwrap();
    let (digest, result) = answers.get(6).unwrap();
    assert_eq!((digest, result.rev), (&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], 2));
    drop(tx);
    let reference = load::load(&db).await.unwrap();
    rebuild::bring_up_to_date(&db).await.unwrap();
    let (change, contributions, _) = query::by_town_since(&db, 0).await.unwrap();
    let overview = Overview { catalogue: reference.catalogue.clone(), contributions, ..Overview::default() };
    let counted = overview.figures(&Default::default());
    let surveys = counted.iter().find(|figure| figure.indicator == "field_surveys").unwrap();
    assert_eq!((change, surveys.actual.map(|actual| actual.to_f64())), (9, Some(4.0)));
    let findings = verify::verify(&db, &reference).await.unwrap();
    assert!(findings.differences.is_empty() && findings.unreadable.is_empty(), "{findings:?}");
    db.close().await;
    std::fs::remove_dir_all(&folder).unwrap();
}

/// A link ends by itself.
#[tokio::test]
async fn expired_share_shows_nothing() {
    let folder = std::env::temp_dir().join(format!("jiedui-{}", uuid::Uuid::now_v7()));
    let db = Db::open(&format!("sqlite://{}/own.db", folder.display()), None).await.unwrap();
    let account = uuid::Uuid::from_u128(1);
    let add = "INSERT INTO account (id, username, name, role, places, programmes, password_hash, created_at)
        VALUES ($1, 'city', '', 'coordinator', '[]', '[]', '', 0)";
    let Db::Sqlite { writer, .. } = &db else { unreachable!() };
    sqlx::query(add).bind(account).execute(writer).await.unwrap();
    let (id, query, created_at) = (uuid::Uuid::now_v7(), "year=2023".to_owned(), now());
    for (token, left, shown) in [(b"one", 60_000, true), (b"two", -1, false)] {
        let link = share::Share {
            id: uuid::Uuid::now_v7(),
            query: query.clone(),
            created_at,
            expires_at: now() + left,
            withdrawn_at: None,
        };
        share::add(&db, token, account, &link, By::command_line()).await.unwrap();
        let valid = share::valid(&db, token).await.unwrap();
        assert_eq!(valid.map(|link| link.query), shown.then(|| query.clone()));
    }
    assert!(!share::revoke(&db, account, id, By::command_line()).await.unwrap(), "there is none of this number");
    db.close().await;
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn old_unwritten_imports_are_cancelled() {
    let folder = std::env::temp_dir().join(format!("jiedui-{}", uuid::Uuid::now_v7()));
    let db = Db::open(&format!("sqlite://{}/own.db", folder.display()), None).await.unwrap();
    let Db::Sqlite { writer, .. } = &db else { unreachable!() };
    let account = "INSERT INTO account (id, username, name, role, places, programmes, password_hash, created_at)
        VALUES ($1, 'town', '', 'recorder', '[]', '[]', '', 0)";
    sqlx::query(account).bind(uuid::Uuid::from_u128(9)).execute(writer).await.unwrap();
    for (number, stage, created_at) in [(1, "checked", 10), (2, "checking", 20), (3, "done", 10), (4, "checked", 99)] {
        let import =
            "INSERT INTO import (id, account, activity, name, sha256, stage, heading, fields, rows_all, rows_wrong,
            wrong, mistakes, likely, created_at) VALUES ($1, $2, '', '', '', $3, '[]', '[]', 0, 0, 0, '[]', '[]', $4)";
        let query = sqlx::query(import).bind(uuid::Uuid::from_u128(number)).bind(uuid::Uuid::from_u128(9));
        query.bind(stage).bind(created_at).execute(writer).await.unwrap();
    }
    let mut cancelled = import::cancel_unwritten(&db, 50, 9).await.unwrap();
    cancelled.sort();
    assert_eq!(cancelled, [1, 2].map(uuid::Uuid::from_u128));
    assert!(import::cancel_unwritten(&db, 50, 9).await.unwrap().is_empty());
    db.close().await;
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn directory_query_uses_index() {
    let folder = std::env::temp_dir().join(format!("jiedui-{}", uuid::Uuid::now_v7()));
    let db = Db::open(&format!("sqlite://{}/own.db", folder.display()), None).await.unwrap();
    let Db::Sqlite { readers, .. } = &db else { unreachable!() };
    let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", load::OF_KIND));
    #[derive(sqlx::FromRow)]
    struct PlanStep {
        detail: String,
    }
    let plan: Vec<PlanStep> = sqlx::query_as(explain).bind(Kind::Pairing.as_str()).fetch_all(readers).await.unwrap();
    let steps: Vec<&str> = plan.iter().map(|step| step.detail.as_str()).collect();
    assert!(steps.iter().any(|step| step.contains("USING INDEX record_other (kind=?)")), "{steps:?}");
    assert!(!steps.iter().any(|step| step.starts_with("SCAN")), "{steps:?}");
    db.close().await;
    std::fs::remove_dir_all(&folder).unwrap();
}

/// A sum beyond what a figure can be is refused, and what came with it is done.
#[tokio::test]
async fn push_rejects_value_that_overflows_a_sum() {
    use jiedui_core::access::user::{Role, Scope, User};
    use jiedui_core::sync::{Mutation, Op, Outcome};
    use jiedui_core::values::field_error::ErrorCode;
    let folder = std::env::temp_dir().join(format!("jiedui-{}", uuid::Uuid::now_v7()));
    let db = Db::open(&format!("sqlite://{}/own.db", folder.display()), None).await.unwrap();
    crate::seed::fill(&db).await.unwrap();
    let reference = load::load(&db).await.unwrap();
    let actor = User {
        id: uuid::Uuid::from_u128(1),
        username: String::new(),
        name: String::new(),
        role: Role::Admin,
        scope: Scope::default(),
        verifies_own: false,
    };
    let entry = |seq: u64, date: &str, times: u64| {
        let fields = serde_json::json!({"activity": "field_survey", "date": date, "place": "522728109", "values": {"times": times}});
        let (kind, id, fields) = (Kind::Entry, uuid::Uuid::now_v7(), fields.as_object().unwrap().clone());
        let mutation = Mutation { seq, kind, id, base_rev: 0, epoch: None, op: Op::Put, fields };
        let digest = idempotency::digest(&mutation).unwrap();
        (mutation, digest)
    };
    let last_day = jiedui_core::values::date::parse_date("2026-11-27").unwrap();
    let of = |mutations| push::Push {
        actor: actor.clone(),
        client: uuid::Uuid::from_u128(2),
        mutations,
        last_day,
        whole: false,
        by: By::command_line(),
        act: None,
    };
    push::push(&db, &reference, &[of(vec![entry(1, "2026-11-20", 1)])]).await.unwrap();
    let Db::Sqlite { writer, .. } = &db else { unreachable!() };
    let near = "UPDATE figure_sum SET value = 8999999999999990000 WHERE indicator = 'field_surveys' AND year = 2026";
    sqlx::query(near).execute(writer).await.unwrap();
    let batch = of(vec![entry(2, "2026-11-20", 900), entry(3, "2025-11-20", 2), entry(4, "2026-11-20", 2)]);
    let (results, change) = push::push(&db, &reference, std::slice::from_ref(&batch)).await.unwrap();
    let outcomes: Vec<_> =
        results[0].iter().map(|result| (result.outcome, result.errors.first().map(|error| error.code))).collect();
    let refused = (Outcome::Rejected, Some(ErrorCode::SumTooLarge));
    assert_eq!(outcomes, [refused, (Outcome::Applied, None), refused]);
    assert_eq!(results[0][0].errors[0].field, "values.times");
    assert!(change.is_some());
    let again = push::push(&db, &reference, &[batch]).await.unwrap();
    assert_eq!(again.0, results, "once");
    db.close().await;
    std::fs::remove_dir_all(&folder).unwrap();
}
