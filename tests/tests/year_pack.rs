//! A year pack has the figures of every filter, in bytes and as JSON, and follows changes by deltas.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_core::api::year_pack::{MEDIA_TYPE, YearPackResponse};
use jiedui_core::entry::Entry;
use jiedui_core::figures::figure::Filter;
use jiedui_core::figures::overview::Overview;
use jiedui_core::figures::pack::YearPack;
use jiedui_tests::{Api, Database, TestEnv, survey_put};
use reqwest::header::ACCEPT;
use rstest::rstest;
use serde_json::json;
use uuid::Uuid;

const YEAR: i32 = 2025;
const PIECES: &str = "base,522728,pairings,organisations,subjects";

/// Returns a pack in bytes. `more` continues the query.
fn pack(api: &Api, more: &str) -> YearPack {
    let path = format!("/api/v1/overview/{YEAR}?pieces={PIECES}{more}");
    let response = api.request("GET", &path).header(ACCEPT, MEDIA_TYPE).send().unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()), (200, MEDIA_TYPE));
    YearPack::decode(&response.bytes().unwrap()).unwrap()
}

/// Computes an overview from the pulled entries, independently of stored figures.
fn counted(api: &Api) -> Overview {
    let mut overview: Overview = serde_json::from_value(api.read("/api/v1/overview")).unwrap();
    (overview.contributions, overview.entry_counts) = (Vec::new(), Vec::new());
    let (records, _) = api.pull(None, 2_000);
    let entries = records.into_iter().filter(|record| record["kind"] == "entry" && record["deleted"] == false);
    let entry = |record: serde_json::Value| -> (Uuid, Entry) {
        let id = record["id"].as_str().unwrap().parse().unwrap();
        (id, Entry::from_checked(record["fields"].as_object().unwrap()).unwrap())
    };
    let entries: Vec<(Uuid, Entry)> = entries.map(entry).collect();
    overview.add(entries.iter().map(|(id, entry)| (*id, entry)));
    overview
}

/// Asserts that a pack has the figures of all entries under every filter. Returns the number of figures with entries.
fn assert_figures(pack: &YearPack, overview: &Overview) -> usize {
    let month = |number: u8| format!("{YEAR}-{number:02}").parse().ok();
    let mut compared = 0;
    for place in ["", "5201", "5227", "520111", "522728", "522728109", "522728110"] {
        for verified_only in [false, true] {
            for (from, until) in [(None, None), (None, month(5)), (month(4), None), (month(3), month(3))] {
                let place = (!place.is_empty()).then(|| place.to_owned());
                let filter = Filter { year: Some(YEAR), programme: None, place, verified_only, from, until };
                assert!(pack.has(&filter), "{filter:?}");
                let figures = pack.figures(&filter, &overview.catalogue);
                compared += figures.iter().filter(|figure| figure.entries > 0).count();
                assert_eq!(figures, overview.figures(&filter), "{filter:?}");
            }
        }
    }
    compared
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn year_pack_has_figures_of_every_filter(#[case] database: Database) {
    let env = TestEnv::new(database);
    env.add_user("head", "admin", &[]);
    let generated = env.run(&["generate", "--entries", "1500", "--pairings", "20", "--seed", "9"], "");
    assert!(generated.status.success());
    let server = env.serve(&[]);
    let api = server.sign_in("head");
    let mut on_phone = pack(&api, "");
    assert!(assert_figures(&on_phone, &counted(&api)) > 500);
    let entries: Vec<Uuid> = counted_ids(&api);
    let mutations: Vec<_> = (1..)
        .zip(&entries)
        .map(|(seq, id)| {
            let (op, fields) = match seq % 3 {
                0 => ("delete", json!({"reason": "报错了"})),
                1 => ("put", json!({"state": "verified"})),
                _ => ("put", json!({"date": format!("{YEAR}-{:02}-07", 1 + seq % 12)})),
            };
            json!({"seq": seq, "kind": "entry", "id": id, "base_rev": 1, "op": op, "fields": fields})
        })
        .collect();
    api.push(Uuid::now_v7(), json!(mutations));
    let query = format!("&since={}&edition={}", on_phone.change, on_phone.edition);
    let delta = pack(&api, &query);
    assert_eq!(delta.base_change, Some(on_phone.change));
    assert!(on_phone.apply_delta(delta));
    assert!(assert_figures(&on_phone, &counted(&api)) > 500);
    assert_eq!(on_phone, pack(&api, ""), "a delta leads to the current pack");
    let other_edition = pack(&api, "&since=0&edition=x");
    assert_eq!(other_edition.base_change, None, "another edition is sent whole");
    drop(server);
    let verified = env.run(&["verify"], "");
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

/// Returns the identifiers of some entries.
fn counted_ids(api: &Api) -> Vec<Uuid> {
    let (records, _) = api.pull(None, 2_000);
    let entries = records.iter().filter(|record| record["kind"] == "entry" && record["rev"] == 1);
    entries.map(|record| record["id"].as_str().unwrap().parse().unwrap()).take(200).collect()
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn directory_change_moves_figures_of_pairing(#[case] database: Database) {
    let env = TestEnv::new(database);
    env.add_user("head", "admin", &[]);
    let generated = env.run(&["generate", "--entries", "800", "--pairings", "10", "--seed", "4"], "");
    assert!(generated.status.success());
    let server = env.serve(&[]);
    let api = server.sign_in("head");
    let directory: Overview = serde_json::from_value(api.read("/api/v1/overview")).unwrap();
    let pairing = directory.pairings.last().unwrap();
    let mut organisation = directory.directory().organisation(pairing.organisation_a).unwrap().clone();
    organisation.place = if organisation.place == "520111" { "520113" } else { "520111" }.to_owned();
    let path = format!("/api/v1/organisations/{}", organisation.id);
    let mut on_phone = pack(&api, "");
    let response = api.request("PUT", &path).json(&organisation).send().unwrap();
    assert_eq!(response.status(), 200, "{}", response.text().unwrap_or_default());
    let moved = pack(&api, "");
    assert_ne!(moved.scopes, on_phone.scopes, "entries under the pairing count elsewhere");
    assert!(assert_figures(&moved, &counted(&api)) > 500);
    let delta = pack(&api, &format!("&since={}&edition={}", on_phone.change, on_phone.edition));
    assert!(on_phone.apply_delta(delta));
    assert_eq!(on_phone, moved, "a delta leads to the current pack");
    drop(server);
    let verified = env.run(&["verify"], "");
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

/// Makes the second page of a recomputation fail, like a disk that is full for a while.
const FAIL_SECOND_PAGE: [&str; 2] = [
    "CREATE TRIGGER no_page BEFORE UPDATE ON figures WHEN OLD.version < 0 BEGIN SELECT RAISE(ABORT, 'no page'); END",
    "CREATE FUNCTION no_page() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no page''; END';
     CREATE TRIGGER no_page BEFORE UPDATE ON figures FOR EACH ROW WHEN (OLD.version < 0) EXECUTE FUNCTION no_page()",
];

#[rstest]
#[case(Database::Sqlite, FAIL_SECOND_PAGE[0], "DROP TRIGGER no_page")]
#[case(Database::Postgres, FAIL_SECOND_PAGE[1], "DROP TRIGGER no_page ON figures")]
fn interrupted_recomputation_continues(#[case] database: Database, #[case] fail: &str, #[case] allow: &str) {
    let env = TestEnv::new(database);
    env.add_user("head", "admin", &[]);
    assert!(env.run(&["generate", "--entries", "5500", "--seed", "3"], "").status.success());
    let current = |env: &TestEnv| pack(&env.serve(&[]).sign_in("head"), "");
    let before = current(&env);
    // As the previous release left it.
    for table in ["figure_sum", "figure_latest", "figure_subject", "figure_range", "map_count"] {
        env.sql(&format!("DELETE FROM {table}"));
    }
    env.sql("UPDATE figures SET version = 2");
    env.sql(fail);
    for _ in 0..2 {
        let interrupted = env.run(&["migrate"], "");
        assert!(!interrupted.status.success());
        assert!(String::from_utf8_lossy(&interrupted.stderr).contains("no page"));
    }
    env.sql(allow);
    let verified = env.run(&["verify"], "");
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    let after = current(&env);
    assert_eq!(YearPack { change: before.change, ..after }, before);
}

#[test]
fn year_pack_is_json_for_other_programs() {
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("head", "admin", &[]);
    let server = env.serve(&[]);
    let api = server.sign_in("head");
    let mut survey = survey_put(1, Uuid::now_v7(), 3);
    survey["fields"]["date"] = json!(format!("{YEAR}-03-07"));
    assert_eq!(api.push(Uuid::now_v7(), json!([survey]))[0]["outcome"], "applied");
    let given: YearPackResponse = serde_json::from_value(api.read(&format!("/api/v1/overview/{YEAR}"))).unwrap();
    assert_eq!(given, YearPackResponse { pieces: vec!["base".to_owned()], ..YearPackResponse::from(&of_base(&api)) });
    let whole = given.figures.iter().find(|figure| figure.scope == "at:" && figure.indicator == "field_surveys");
    assert_eq!(whole.unwrap().sums[0].value.to_f64(), 3.0);
    for (path, status) in [
        ("/api/v1/overview/soon", 404),
        ("/api/v1/overview/2025?pieces=nothing", 400),
        ("/api/v1/overview/2025?since=yesterday", 400),
        ("/api/v1/overview/1999", 200),
    ] {
        assert_eq!(api.get(path).status().as_u16(), status, "{path}");
    }
    assert_eq!(server.client().get("/api/v1/overview/2025").status(), 401);
}

/// Returns the base piece in bytes.
fn of_base(api: &Api) -> YearPack {
    let path = format!("/api/v1/overview/{YEAR}?pieces=base");
    let response = api.request("GET", &path).header(ACCEPT, MEDIA_TYPE).send().unwrap();
    YearPack::decode(&response.bytes().unwrap()).unwrap()
}
