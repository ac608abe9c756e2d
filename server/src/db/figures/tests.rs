//! Tests of the stored packs: they follow every change of entries and directory, and are read by index.

use super::{directory_change, latest, pack, query, rebuild, subjects, verify};
use crate::db::audit::{Act, By, Object};
use crate::db::records::{idempotency, push};
use crate::db::reference::directory;
use crate::db::reference::fill;
use crate::db::reference::load::{self, Reference};
use crate::db::{Db, now};
use jiedui_core::access::user::{Role, Scope, User};
use jiedui_core::audit::Action;
use jiedui_core::directory::index::DirectoryIndex;
use jiedui_core::entry::Fields;
use jiedui_core::figures::pack::{Piece, YearPack};
use jiedui_core::fixtures::pairings;
use jiedui_core::fixtures::sample::{FIRST_DAY, Sample};
use jiedui_core::rng::SeededRng;
use jiedui_core::sync::{Kind, Mutation, Op};
use jiedui_core::values::date::parse_date;
use serde_json::json;
use sqlx::FromRow;
use std::collections::BTreeSet;
use std::path::PathBuf;
use uuid::Uuid;

/// A database in a folder of its own.
struct TestDb {
    db: Db,
    folder: PathBuf,
}

impl TestDb {
    async fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("jiedui-{}", Uuid::now_v7()));
        let db = Db::open(&format!("sqlite://{}/own.db", folder.display()), None).await.unwrap();
        crate::seed::fill(&db).await.unwrap();
        rebuild::bring_up_to_date(&db).await.unwrap();
        Self { db, folder }
    }

    async fn end(self) {
        self.db.close().await;
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

fn admin() -> User {
    User {
        id: Uuid::from_u128(1),
        username: String::new(),
        name: String::new(),
        role: Role::Admin,
        scope: Scope::default(),
        verifies_own: true,
    }
}

/// Adds made-up pairings and entries, and returns the identifiers of the entries.
async fn filled(db: &Db, entries: u64) -> (Reference, Vec<Uuid>) {
    let reference = load::load(db).await.unwrap();
    let (organisations, made_up) = pairings::directory(7, 12, &reference.catalogue, &reference.places);
    fill::add_directory(db, &organisations, &made_up).await.unwrap();
    let reference = load::load(db).await.unwrap();
    let days = (FIRST_DAY, parse_date("2024-12-31").unwrap());
    let directory = (reference.organisations.as_slice(), reference.pairings.as_slice());
    let sample = Sample::new(3, &reference.catalogue, &reference.places, directory, days);
    let made: Vec<(Uuid, Fields)> = (0..entries).map(|number| sample.entry(number)).collect();
    let ids = made.iter().map(|(id, _)| *id).collect();
    push::insert_trusted(db, &reference, made).await.unwrap();
    (reference, ids)
}

/// Edits, reviews, moves or deletes a third of the entries.
async fn edit(db: &Db, ids: &[Uuid], rng: &mut SeededRng, seq: &mut u64) {
    let reference = load::load(db).await.unwrap();
    let mut mutations = Vec::new();
    for id in ids.iter().filter(|_| rng.percent(33)).copied().collect::<Vec<Uuid>>() {
        let pairing = rng.one_of(&reference.pairings).map(|pairing| pairing.id);
        let (op, fields) = match rng.below(6) {
            0 => (Op::Put, json!({"state": "verified"})),
            1 => (Op::Put, json!({"state": "submitted"})),
            2 => (Op::Put, json!({"date": format!("2024-{:02}-11", 1 + rng.below(12))})),
            3 => (Op::Put, json!({"place": if rng.percent(50) { "522728109" } else { "522728" }})),
            4 => (Op::Put, json!({"pairing": pairing})),
            _ => (Op::Delete, json!({"reason": "twice"})),
        };
        *seq += 1;
        let (kind, fields) = (Kind::Entry, fields.as_object().unwrap().clone());
        let mutation = Mutation { seq: *seq, kind, id, base_rev: 1, epoch: None, op, fields };
        let digest = idempotency::digest(&mutation).unwrap();
        mutations.push((mutation, digest));
    }
    let push = push::Push {
        actor: admin(),
        client: Uuid::from_u128(2),
        mutations,
        last_day: parse_date("2026-11-27").unwrap(),
        whole: false,
        by: By::command_line(),
        act: None,
    };
    let (results, _) = push::push(db, &reference, &[push]).await.unwrap();
    assert!(results[0].iter().any(|result| result.outcome.is_done()), "some edits are applied");
}

fn act() -> Act {
    Act::new(By::command_line(), Action::DirectoryChanged, Object::none())
}

async fn assert_verified(db: &Db, after: &str) {
    let findings = verify::verify(db, &load::load(db).await.unwrap()).await.unwrap();
    assert!(
        findings.differences.is_empty(),
        "after {after}: {:?}",
        &findings.differences[..findings.differences.len().min(5)]
    );
    assert!(findings.unreadable.is_empty(), "after {after}: {:?}", findings.unreadable);
}

async fn whole(db: &Db, year: i32) -> YearPack {
    pack::read(db, year, &pack::pieces(db, year).await.unwrap(), None).await.unwrap()
}

#[tokio::test]
async fn packs_follow_every_change_of_entries_and_directory() {
    let test = TestDb::new().await;
    let db = &test.db;
    let (reference, ids) = filled(db, 1_500).await;
    assert_verified(db, "the first entries").await;
    let mut tx = db.begin_reading().await.unwrap();
    assert_eq!(pack::years_in(&mut tx).await.unwrap(), [2023, 2024]);
    tx.rollback().await.unwrap();
    let (mut rng, mut seq) = (SeededRng::new(5), 0);
    let mut on_phone = whole(db, 2024).await;
    for turn in 0..3 {
        edit(db, &ids, &mut rng, &mut seq).await;
        assert_verified(db, "edits").await;
        // An organisation moves, a pairing gets another one, and a new pairing gives an organisation a partner.
        let mut organisation = reference.organisations[turn * 3 + 12].clone();
        organisation.place = reference.organisations[turn + 20].place.clone();
        directory::set(db, (Kind::Organisation, organisation.id), &organisation, &admin(), None, act()).await.unwrap();
        assert_verified(db, "the move of an organisation").await;
        let mut pairing = reference.pairings[turn * 2 + 3].clone();
        pairing.organisation_b = reference.organisations[turn + 15].id;
        directory::set(db, (Kind::Pairing, pairing.id), &pairing, &admin(), None, act()).await.unwrap();
        assert_verified(db, "another organisation of a pairing").await;
        pairing.id = Uuid::from_u128(turn as u128 + 77);
        directory::set(db, (Kind::Pairing, pairing.id), &pairing, &admin(), None, act()).await.unwrap();
        assert_verified(db, "a new pairing").await;
        let current = whole(db, 2024).await;
        let delta = pack::read(db, 2024, &current.pieces, Some(on_phone.change)).await.unwrap();
        on_phone.pieces.clone_from(&current.pieces);
        assert!(on_phone.apply_delta(delta));
        assert_eq!(on_phone, current, "a delta leads to the current pack");
    }
    test.end().await;
}

#[tokio::test]
async fn read_returns_the_wanted_pieces_only() {
    let test = TestDb::new().await;
    filled(&test.db, 300).await;
    let current = whole(&test.db, 2024).await;
    assert!(current.pieces.contains(&Piece::County("522728".to_owned())));
    for piece in &current.pieces {
        let wanted: BTreeSet<Piece> = [piece.clone()].into();
        let part = pack::read(&test.db, 2024, &wanted, None).await.unwrap();
        assert_eq!(part, current.pieces(&wanted), "{piece}");
        let delta = pack::read(&test.db, 2024, &wanted, Some(current.change)).await.unwrap();
        assert!(delta.scopes.is_empty() && delta.counts.is_empty() && delta.subjects.is_empty(), "{piece}");
    }
    test.end().await;
}

#[tokio::test]
async fn interrupted_rebuild_continues_where_it_stopped() {
    let test = TestDb::new().await;
    filled(&test.db, 300).await;
    let before = whole(&test.db, 2024).await;
    let Db::Sqlite { writer, .. } = &test.db else { unreachable!() };
    // As an earlier format left it.
    sqlx::query("UPDATE figures SET version = 2").execute(writer).await.unwrap();
    sqlx::query("DELETE FROM figure_sum WHERE year = 2024").execute(writer).await.unwrap();
    rebuild::bring_up_to_date(&test.db).await.unwrap();
    assert_eq!(YearPack { change: before.change, ..whole(&test.db, 2024).await }, before);
    // As a program that ended after its last page left it.
    let progress = "UPDATE figures SET version = $1, recomputed_to = $2";
    sqlx::query(progress).bind(-rebuild::FORMAT).bind(i64::MAX).execute(writer).await.unwrap();
    rebuild::bring_up_to_date(&test.db).await.unwrap();
    assert_eq!(whole(&test.db, 2024).await.scopes, before.scopes, "what was counted is not counted again");
    assert_verified(&test.db, "the rebuild").await;
    test.end().await;
}

#[tokio::test]
async fn queries_of_figures_use_indexes() {
    let test = TestDb::new().await;
    let Db::Sqlite { readers, .. } = &test.db else { unreachable!() };
    #[derive(FromRow)]
    struct PlanStep {
        detail: String,
    }
    let change = " AND change > $2";
    let queries = [
        pack::PIECES.to_owned(),
        pack::YEARS.to_owned(),
        subjects::OF_SUBJECT.to_owned(),
        pack::SUBJECTS_OF_SCOPE.to_owned(),
        latest::DATED.to_owned(),
        format!("{} IN ($1)", query::OF_PAIRINGS),
        format!("{} IN ($1)", directory_change::COUNTS_OF_PAIRINGS),
        format!("{} IN ($1)", directory_change::COUNTS_OF_ORGANISATIONS),
        format!("{} AND place = '' AND organisation = $3 AND entries <> 0{change}", pack::COUNTS),
    ];
    let by_year = [pack::SUMS, pack::LATEST, pack::RANGES].into_iter().flat_map(|query| {
        [
            format!("{query} AND piece = $2"),
            format!("{query} AND piece = $2 AND scope = $3"),
            format!("{query}{change}"),
        ]
    });
    let of_pieces = [pack::SUBJECTS, pack::COUNTS].map(|query| format!("{query}{change}"));
    for query in queries.into_iter().chain(by_year).chain(of_pieces) {
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {query}"));
        let plan: Vec<PlanStep> = sqlx::query_as(explain).fetch_all(readers).await.unwrap();
        let is_scan = |step: &PlanStep| {
            let of_table = ["figure", "map_count", "part", "tally", "record", "s", "p"].into_iter();
            of_table.map(|table| format!("SCAN {table}")).any(|scan| {
                step.detail == scan
                    || step.detail.starts_with(&format!("{scan}_"))
                    || step.detail.starts_with(&format!("{scan} "))
            })
        };
        assert!(!plan.iter().any(is_scan), "{query}: {:?}", plan.iter().map(|step| &step.detail).collect::<Vec<_>>());
        assert!(plan.iter().any(|step| step.detail.starts_with("SEARCH")), "{query}");
    }
    test.end().await;
}

#[tokio::test]
async fn directory_change_without_a_move_changes_nothing() {
    let test = TestDb::new().await;
    let (reference, _) = filled(&test.db, 100).await;
    let before = whole(&test.db, 2024).await;
    let index = DirectoryIndex::new(reference.directory());
    let mut tx = test.db.begin().await.unwrap();
    directory_change::apply(&mut tx, &index, &index, now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(whole(&test.db, 2024).await, before);
    test.end().await;
}
