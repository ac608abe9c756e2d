//! Lists that continue where a phone's window ends: keyset pages in the order of dates, found by indexes.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Api, Database, TestEnv};
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

const MOYANG: &str = "522728109";
const BIANYANG: &str = "522728108";

fn accounts(database: Database) -> TestEnv {
    let accounts =
        [("county", "coordinator", "522728"), ("moyang", "recorder", MOYANG), ("second", "reviewer", "522728")];
    TestEnv::with_accounts(database, &accounts)
}

/// Returns a put of a new entry.
fn entry(seq: u64, id: Uuid, place: &str, date: &str) -> Value {
    json!({"seq": seq, "kind": "entry", "id": id, "base_rev": 0, "op": "put", "fields": {
        "activity": "field_survey", "date": date, "place": place, "values": {"times": 1}}})
}

fn push(api: &Api, mutations: &[Value]) {
    for result in api.push(Uuid::now_v7(), json!(mutations)) {
        assert_eq!(result["outcome"], "applied", "{result}");
    }
}

/// Reads all pages of a list; `between` runs after each.
fn pages(api: &Api, path: &str, member: &str, mut between: impl FnMut()) -> Vec<Vec<Value>> {
    let (mut pages, mut after) = (Vec::new(), String::new());
    loop {
        let page = api.read(&format!("{path}{after}"));
        pages.push(page[member].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return pages,
        }
        between();
    }
}

fn ids(pages: Vec<Vec<Value>>) -> Vec<Uuid> {
    pages.concat().iter().map(|record| record["id"].as_str().unwrap().parse().unwrap()).collect()
}

/// Date, number, identifier, place, and whether the recorder made it.
type Recorded<'a> = (String, u64, Uuid, &'a str, bool);

/// Entries of the test: the number of the change, place, date, and whether the recorder of Moyang made it.
fn dates() -> Vec<(u64, &'static str, String, bool)> {
    (1..=40)
        .map(|number| {
            let place = [MOYANG, BIANYANG][usize::from(number % 3 == 0)];
            let date = format!("{}-0{}-1{}", [2026, 2026, 2025, 2021][number as usize % 4], 1 + number % 5, number % 2);
            (number, place, date, number % 7 == 0 && place == MOYANG)
        })
        .collect()
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn entries_by_date_are_paged_without_gaps_or_repeats(#[case] database: Database) {
    let env = accounts(database);
    let server = env.serve(&[]);
    let [county, moyang, second] = ["county", "moyang", "second"].map(|name| server.sign_in(name));
    // The seed has entries of 2023.
    let seeded = ids(pages(&county, "/api/v1/entries?limit=500", "entries", || {}));
    let mut recorded = Vec::new();
    for (number, place, date, is_own) in dates() {
        let id = Uuid::now_v7();
        push(if is_own { &moyang } else { &county }, &[entry(1, id, place, &date)]);
        recorded.push((date, number, id, place, is_own));
    }
    let verified: Vec<Value> = recorded
        .iter()
        .zip(1..)
        .filter(|((_, number, ..), _)| number % 2 == 0)
        .map(|((_, _, id, ..), seq)| {
            json!({"seq": seq, "kind": "entry", "id": id, "base_rev": 1, "op": "put", "fields": {"state": "verified"}})
        })
        .collect();
    push(&second, &verified);
    recorded.sort();
    recorded.reverse();
    let check = |api: &Api, query: &str, limit: usize, is_listed: &dyn Fn(&Recorded<'_>) -> bool| {
        let path = format!("/api/v1/entries?order=date&limit={limit}{query}");
        let pages = pages(api, &path, "entries", || {});
        assert!(pages.iter().all(|page| page.len() <= limit), "{query}");
        let expected: Vec<Uuid> = recorded.iter().filter(|one| is_listed(one)).map(|one| one.2).collect();
        let mut listed = ids(pages);
        listed.retain(|id| !seeded.contains(id));
        assert_eq!(listed, expected, "`{query}` in pages of {limit}");
        expected.len()
    };
    for limit in [1, 7, 500] {
        assert_eq!(check(&county, "", limit, &|_| true), 40);
        assert_eq!(check(&moyang, "", limit, &|one| one.3 == MOYANG), 27);
        assert_eq!(check(&county, "&state=verified", limit, &|one| one.1 % 2 == 0), 20);
        assert_eq!(check(&county, "&state=submitted", limit, &|one| one.1 % 2 == 1), 20);
        assert_eq!(check(&county, "&year=2025", limit, &|one| one.0.starts_with("2025")), 10);
    }
    let months = |one: &Recorded<'_>| ("2025-04".."2026-03").contains(&&one.0[..7]);
    assert!(check(&county, "&from=2025-04&until=2026-02", 3, &months) > 5);
    assert!(
        check(&county, &format!("&place={BIANYANG}&year=2026"), 3, &|one| {
            one.3 == BIANYANG && one.0.starts_with("2026")
        }) > 3
    );
    assert_eq!(check(&moyang, "&author=me", 2, &|one| one.4), 4);
    assert_eq!(check(&moyang, &format!("&place={BIANYANG}"), 2, &|_| false), 0);
    assert_eq!(check(&county, "&programme=party_building", 9, &|_| true), 40);
    assert_eq!(check(&county, "&programme=health", 9, &|_| false), 0);
    assert_eq!(check(&county, "&activity=planting", 9, &|_| false), 0);
    for invalid in ["order=name", "order=date&after=5", "order=date&author=you", "author=me"] {
        assert_eq!(county.get(&format!("/api/v1/entries?{invalid}")).status(), 400, "{invalid}");
    }
}

/// Own entries stay visible to their author outside the scope, once each.
#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn entries_by_date_contain_own_ones_outside_the_scope(#[case] database: Database) {
    let env = accounts(database);
    let server = env.serve(&[]);
    let [county, moyang] = ["county", "moyang"].map(|name| server.sign_in(name));
    let [inside, moved, other] = [1, 2, 3].map(|_| Uuid::now_v7());
    push(&moyang, &[entry(1, inside, MOYANG, "2026-02-01"), entry(2, moved, MOYANG, "2026-03-01")]);
    let to_bianyang = json!({"place": BIANYANG});
    push(
        &county,
        &[
            json!({"seq": 1, "kind": "entry", "id": moved, "base_rev": 1, "op": "put", "fields": to_bianyang}),
            entry(2, other, BIANYANG, "2026-03-01"),
        ],
    );
    let listed =
        |query: &str| ids(pages(&moyang, &format!("/api/v1/entries?order=date&year=2026{query}"), "entries", || {}));
    assert_eq!(listed(""), [moved, inside]);
    assert_eq!(listed(&format!("&place={BIANYANG}")), [moved]);
    assert_eq!(ids(pages(&county, "/api/v1/entries?order=date&year=2026", "entries", || {})), [other, moved, inside]);
}

/// Entries that arrive or change between two pages move no other entry to another page.
#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn entries_of_a_pairing_are_listed_alone(#[case] database: Database) {
    let env = accounts(database);
    let server = env.serve(&[]);
    let county = server.sign_in("county");
    // The seed has entries under pairings.
    let all = pages(&county, "/api/v1/entries?order=date&limit=500", "entries", || {}).concat();
    let pairing_of = |entry: &Value| entry["fields"]["pairing"].as_str().map(str::to_owned);
    let pairings: BTreeSet<String> = all.iter().filter_map(pairing_of).collect();
    assert!(!pairings.is_empty() && all.iter().any(|entry| pairing_of(entry).is_none()), "{pairings:?}");
    for pairing in &pairings {
        let path = format!("/api/v1/entries?order=date&limit=2&pairing={pairing}");
        let mut expected = all.clone();
        expected.retain(|entry| pairing_of(entry).as_ref() == Some(pairing));
        assert_eq!(pages(&county, &path, "entries", || {}).concat(), expected);
    }
    for invalid in ["order=date&pairing=x", &format!("pairing={}", Uuid::now_v7())] {
        assert_eq!(county.get(&format!("/api/v1/entries?{invalid}")).status(), 400, "{invalid}");
    }
}

/// Every figure is traceable: the list under an indicator has exactly the entries that the figure counts.
#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn entries_of_an_indicator_are_those_its_figure_counts(#[case] database: Database) {
    let env = accounts(database);
    env.add_user("admin", "admin", &[]);
    assert!(env.run(&["generate", "--entries", "300"], "").status.success());
    let server = env.serve(&[]);
    let admin = server.sign_in("admin");
    let mut listed = 0;
    // A place in Guiyang has the entries of its pairings.
    for filter in ["year=2023", "year=2026&place=522728", "place=520103", "year=2025&programme=labour&include=verified", "year=2025&from=2025-03&until=2025-09"] {
        let figures = admin.read(&format!("/api/v1/indicators?{filter}"));
        for figure in figures["indicators"].as_array().unwrap() {
            let code = figure["code"].as_str().unwrap();
            let path = format!("/api/v1/entries?order=date&limit=100&indicator={code}&{filter}");
            let entries = ids(pages(&admin, &path, "entries", || {}));
            assert_eq!(json!(entries.len()), figure["entries"], "{path}");
            assert_eq!(BTreeSet::from_iter(&entries).len(), entries.len(), "{path}");
            listed += entries.len();
        }
    }
    assert!(listed > 100, "{listed}");
    for invalid in ["order=date&indicator=unknown", "indicator=exchanges"] {
        assert_eq!(admin.get(&format!("/api/v1/entries?{invalid}")).status(), 400, "{invalid}");
    }
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn entries_of_an_organisation_are_its_own_and_those_of_its_pairings(#[case] database: Database) {
    let env = accounts(database);
    let server = env.serve(&[]);
    let county = server.sign_in("county");
    let all = pages(&county, "/api/v1/entries?order=date&limit=500", "entries", || {}).concat();
    let directory = county.read("/api/v1/overview");
    let mut listed = 0;
    for organisation in directory["organisations"].as_array().unwrap() {
        let is_of = |pairing: &&Value| ["organisation_a", "organisation_b"].iter().any(|end| pairing[*end] == organisation["id"]);
        let pairings: Vec<&Value> = directory["pairings"].as_array().unwrap().iter().filter(is_of).map(|pairing| &pairing["id"]).collect();
        let mut expected = all.clone();
        expected.retain(|entry| {
            let fields = &entry["fields"];
            fields["organisation"] == organisation["id"] || pairings.contains(&&fields["pairing"])
        });
        let path = format!("/api/v1/entries?order=date&limit=2&organisation={}", organisation["id"].as_str().unwrap());
        assert_eq!(pages(&county, &path, "entries", || {}).concat(), expected, "{path}");
        listed += expected.len();
    }
    assert!(listed > 0);
    for invalid in ["order=date&organisation=x", &format!("organisation={}", Uuid::now_v7())] {
        assert_eq!(county.get(&format!("/api/v1/entries?{invalid}")).status(), 400, "{invalid}");
    }
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn changes_between_pages_repeat_and_hide_nothing(#[case] database: Database) {
    let env = accounts(database);
    let server = env.serve(&[]);
    let county = server.sign_in("county");
    let recorded: Vec<Uuid> = (0..12).map(|_| Uuid::now_v7()).collect();
    let puts: Vec<Value> = (1..).zip(&recorded).map(|(seq, id)| entry(seq, *id, MOYANG, "2026-05-05")).collect();
    push(&county, &puts);
    let mut round = 0;
    let listed = pages(&county, "/api/v1/entries?order=date&year=2026&limit=5", "entries", || {
        let edited = recorded[round];
        round += 1;
        let note = json!({"note": "补充"});
        push(
            &county,
            &[
                entry(1, Uuid::now_v7(), MOYANG, "2026-05-05"),
                json!({"seq": 2, "kind": "entry", "id": edited, "base_rev": 1, "op": "put", "fields": note}),
            ],
        );
    });
    let expected: Vec<Uuid> = recorded.iter().rev().copied().collect();
    assert_eq!((ids(listed), round), (expected, 2));
}

/// A filter that no entry passes reads a limited number of rows for each page.
#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn rare_filter_is_answered_in_bounded_pages(#[case] database: Database) {
    let env = accounts(database);
    let server = env.serve(&[]);
    let county = server.sign_in("county");
    let last = Uuid::now_v7();
    push(&county, &[entry(1, last, MOYANG, "2019-05-05")]);
    env.insert_entries(database, &format!("'{MOYANG}'"), 11);
    let none = pages(&county, "/api/v1/entries?order=date&activity=planting", "entries", || {});
    assert!(none.len() == 2 && none.concat().is_empty(), "20,000 rows a page");
    let waiting = pages(&county, "/api/v1/entries?order=date&state=submitted", "entries", || {});
    assert_eq!(waiting.len(), 1, "an index finds the entries that wait");
    assert!(ids(waiting).contains(&last));
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn ledger_items_are_paged_within_the_scope(#[case] database: Database) {
    let env = accounts(database);
    let server = env.serve(&[]);
    let [county, moyang] = ["county", "moyang"].map(|name| server.sign_in(name));
    let item = |seq: u64, id: Uuid| {
        let (place, year) = ([MOYANG, BIANYANG][seq as usize % 2], [2024, 2025, 2026][seq as usize % 3]);
        let ledger = ["need", "plan"][usize::from(seq > 6)];
        json!({"seq": seq, "kind": "need", "id": id, "base_rev": 0, "op": "put", "fields": {
            "ledger": ledger, "year": year, "place": place, "programme": "industry", "title": format!("蛋鸡棚 {seq}")}})
    };
    let recorded: Vec<(u64, Uuid)> = (1..=12).map(|seq| (seq, Uuid::now_v7())).collect();
    push(&county, &recorded.iter().map(|(seq, id)| item(*seq, *id)).collect::<Vec<_>>());
    let check = |api: &Api, query: &str, is_listed: &dyn Fn(u64) -> bool| {
        let listed = ids(pages(api, &format!("/api/v1/ledger?limit=2{query}"), "items", || {}));
        let expected: Vec<Uuid> = recorded.iter().rev().filter(|one| is_listed(one.0)).map(|one| one.1).collect();
        assert_eq!(listed, expected, "`{query}`");
    };
    check(&county, "", &|_| true);
    check(&moyang, "", &|seq| seq % 2 == 0);
    check(&county, "&year=2025", &|seq| seq % 3 == 1);
    check(&county, "&ledger=plan", &|seq| seq > 6);
    check(&county, &format!("&place={BIANYANG}&ledger=need&year=2024"), &|seq| seq == 3);
    check(&county, "&programme=health", &|_| false);
    assert_eq!(county.get("/api/v1/ledger?ledger=x").status(), 400);
    assert_eq!(server.client().get("/api/v1/ledger").status(), 401);
}

/// The queries of the lists, as `server/src/db/records/by_date.rs` and `ledger.rs` put them together.
#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn every_query_of_a_list_uses_an_index(#[case] database: Database) {
    let env = accounts(database);
    let _server = env.serve(&[]);
    env.insert_entries(database, "p.code", 9);
    if database == Database::Postgres {
        env.sql("ANALYZE");
    }
    let id = if database == Database::Sqlite { "x'00'" } else { "'00000000-0000-0000-0000-000000000000'" };
    let columns = "r.change, r.day, r.created";
    let days = "AND r.day <= '2026-11-20' AND r.day >= '2026-11-13' AND (r.day < '2026-11-20' OR r.created < 99)";
    let by_date = |state: &str| {
        let condition = format!("AND NOT r.deleted AND r.kind = 'entry' {state} {days}");
        let places = format!("(SELECT code FROM place WHERE code >= '{MOYANG}' AND code < '{MOYANG}:') p");
        let at_places = match database {
            Database::Sqlite => format!("{places} CROSS JOIN record r WHERE r.place = p.code {condition}"),
            Database::Postgres => format!(
                "{places} CROSS JOIN LATERAL (SELECT {columns} FROM record r WHERE r.place = p.code {condition} OFFSET 0) r"
            ),
        };
        format!(
            "SELECT r.id, r.rev, k.day, k.created, CASE WHEN TRUE THEN r.fields END AS fields FROM (
             SELECT {columns} FROM {at_places} UNION SELECT {columns} FROM record r WHERE r.author = {id}
             AND r.kind = 'entry' AND NOT r.deleted {days} ORDER BY 2 DESC, 3 DESC LIMIT 51) k
             CROSS JOIN record r WHERE r.change = k.change ORDER BY k.day DESC, k.created DESC"
        )
    };
    let ledger = "SELECT id FROM record WHERE kind = 'need' AND kind <> 'entry' AND NOT deleted AND created < 99
        AND ('' = '' OR day = '') ORDER BY created DESC LIMIT 500";
    let queries = [
        (["record_place", "record_author"], by_date("")),
        (["record_review", "record_author"], by_date("AND r.state <> 'verified' AND r.state = 'submitted'")),
        (["record_other", "record_other"], ledger.to_owned()),
    ];
    for (indexes, query) in queries {
        let plan = env.plan_of(&query);
        let words: Vec<&str> = plan.split(|letter: char| !letter.is_alphanumeric() && letter != '_').collect();
        for index in indexes {
            assert!(words.contains(&index), "{index} is not used by {query}:\n{plan}");
        }
        assert!(!plan.contains("Seq Scan on record"), "{query}:\n{plan}");
        assert!(!plan.lines().any(|line| line.contains("SCAN r") && !line.contains("USING INDEX")), "{query}:\n{plan}");
    }
}
