//! The overview as the app fetches it: without figures where there are many, which are then in year packs and summaries.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_core::figures::figure::Filter;
use jiedui_core::figures::overview::Overview;
use jiedui_tests::{Api, Database, Server, TestEnv, served, survey_put};
use rstest::rstest;
use serde_json::json;
use uuid::Uuid;

fn overview(api: &Api, query: &str) -> Overview {
    serde_json::from_value(api.read(&format!("/api/v1/overview{query}"))).unwrap()
}

/// Serves 1,200 generated entries of 20 pairings, and signs in.
fn with_generated_entries(database: Database) -> (TestEnv, Server, Api) {
    let env = TestEnv::new(database);
    env.add_user("head", "admin", &[]);
    assert!(env.run(&["generate", "--entries", "1200", "--pairings", "20", "--seed", "6"], "").status.success());
    let server = env.serve(&[]);
    let api = server.sign_in("head");
    (env, server, api)
}

/// Adds more entry counts than the app stores as they are.
fn add_many_counts(env: &TestEnv, database: Database) {
    let nil = match database {
        Database::Sqlite => "x'00000000000000000000000000000000'",
        Database::Postgres => "'00000000-0000-0000-0000-000000000000'",
    };
    env.sql(&format!(
        "INSERT INTO tally (programme, place, pairing, organisation, month, verified, entries, change)
         WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20001)
         SELECT 'health', 'x' || n, {nil}, {nil}, '2026-01', false, 1, 0 FROM numbers"
    ));
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn many_figures_are_left_out_of_the_overview(#[case] database: Database) {
    let (env, server, api) = served(database);
    let client = Uuid::now_v7();
    assert_eq!(api.push(client, json!([survey_put(1, Uuid::now_v7(), 3)]))[0]["outcome"], "applied");
    let few = overview(&api, "?parts=few");
    assert_eq!(
        Overview { as_of: String::new(), ..few.clone() },
        Overview { as_of: String::new(), ..overview(&api, "") }
    );
    assert!(!few.contributions.is_empty() && few.pack_years.is_none());
    drop(server);
    add_many_counts(&env, database);
    let server = env.serve(&[]);
    let api = server.sign_in("head");
    let whole = overview(&api, "");
    assert!(whole.entry_counts.len() > 20_000 && whole.pack_years.is_none(), "other programs get everything");
    let without = overview(&api, &format!("?parts=few&since={}&edition={}", few.change, few.edition));
    assert_eq!((without.base_change, without.pack_years.as_ref().unwrap().contains(&2026)), (None, true));
    let reference = Overview {
        contributions: Vec::new(),
        entry_counts: Vec::new(),
        edition: without.edition.clone(),
        as_of: without.as_of.clone(),
        pack_years: without.pack_years.clone(),
        ..whole
    };
    assert_eq!(without, reference, "catalogue, places and directory are complete");
    assert_eq!(api.push(client, json!([survey_put(2, Uuid::now_v7(), 4)]))[0]["outcome"], "applied");
    let query = format!("?parts=few&since={}&edition={}", without.change, without.edition);
    let delta = overview(&api, &query);
    assert!(delta.base_change == Some(without.change) && delta.change > without.change);
    assert!(delta.organisations.is_empty() && delta.contributions.is_empty() && delta.catalogue.activities.is_empty());
    let mut on_phone = without.clone();
    assert!(on_phone.apply_delta(delta));
    assert_eq!(on_phone.years(), overview(&api, "?parts=few").years());
    assert_eq!(api.get("/api/v1/overview?parts=all").status(), 400);
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn summary_has_the_figures_of_the_overview(#[case] database: Database) {
    let (_env, server, api) = with_generated_entries(database);
    let whole = overview(&api, "");
    let mut compared = 0;
    for year in [None, Some(2025), Some(2026)] {
        for place in [None, Some("5201"), Some("522728"), Some("522728109")] {
            let of_year = year.map_or("all".to_owned(), |year| year.to_string());
            let at = place.map(|place| format!("&place={place}")).unwrap_or_default();
            let summary = overview(&api, &format!("?summary={of_year}{at}"));
            for verified_only in [false, true] {
                let place = place.map(str::to_owned);
                let filter = Filter { year, place, verified_only, ..Filter::default() };
                assert!(summary.has(&filter), "{filter:?}");
                let figures = summary.figures(&filter);
                compared += figures.iter().filter(|figure| figure.entries > 0).count();
                assert_eq!(figures, whole.figures(&filter), "{filter:?}");
            }
        }
    }
    assert!(compared > 200, "{compared}");
    for query in ["?summary=soon", "?summary=2026&place=522728109204", "?summary=2026&place=x"] {
        assert_eq!(api.get(&format!("/api/v1/overview{query}")).status(), 400, "{query}");
    }
    assert_eq!(server.client().get("/api/v1/overview?summary=all").status(), 401);
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn overview_of_organisation_has_figures_of_its_pairings(#[case] database: Database) {
    let (_env, _server, api) = with_generated_entries(database);
    let whole = overview(&api, "");
    let mut entries = 0;
    for organisation in &whole.organisations {
        let pairings: Vec<Uuid> = whole.directory().pairings_of(organisation.id).map(|pairing| pairing.id).collect();
        let of_one = overview(&api, &format!("?organisation={}", organisation.id));
        let figures = |overview: &Overview| overview.figures_of_pairings(&pairings, &Filter::default());
        assert_eq!(figures(&of_one), figures(&whole));
        let counted = |overview: &Overview| -> i64 {
            let is_its = |pairing: Option<Uuid>| pairing.is_some_and(|pairing| pairings.contains(&pairing));
            let counts = overview.entry_counts.iter();
            let its = counts.filter(|count| count.organisation == Some(organisation.id) || is_its(count.pairing));
            its.map(|count| count.entries).sum()
        };
        assert_eq!(counted(&of_one), counted(&whole), "{}", organisation.name);
        entries += counted(&of_one);
    }
    assert!(entries > 100, "{entries}");
    assert_eq!(api.get("/api/v1/overview?organisation=x").status(), 400);
}
