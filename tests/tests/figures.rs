//! Stored figures equal recomputed ones after thousands of edits, reviews and deletes.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_core::entry::Entry;
use jiedui_core::figures::{figure::Filter, overview::Overview};
use jiedui_core::rng::SeededRng;
use jiedui_core::values::quantity::Quantity;
use jiedui_tests::{Api, Database, TestEnv};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

/// Computes figures from the pulled entries by core's aggregation, independently of stored figures.
fn counted(api: &Api) -> Overview {
    let mut overview = whole(api);
    (overview.contributions, overview.entry_counts) = (Vec::new(), Vec::new());
    let (records, _) = api.pull(None, 2_000);
    let entries = records.into_iter().filter(|record| record["kind"] == "entry" && record["deleted"] == false);
    let entries: Vec<(Uuid, Entry)> = entries
        .map(|record| {
            let id = record["id"].as_str().unwrap().parse().unwrap();
            (id, Entry::from_checked(record["fields"].as_object().unwrap()).unwrap())
        })
        .collect();
    overview.add(entries.iter().map(|(id, entry)| (*id, entry)));
    overview
}

/// Returns the delta since an overview.
fn news(api: &Api, previous: &Overview) -> Overview {
    let path = format!("/api/v1/overview?since={}&edition={}", previous.change, previous.edition);
    serde_json::from_value(api.read(&path)).unwrap()
}

fn whole(api: &Api) -> Overview {
    serde_json::from_value(api.read("/api/v1/overview")).unwrap()
}

fn same(stored: &Value, counted: Option<f64>) -> bool {
    stored.as_f64() == counted
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn every_aggregation_is_right_under_edits_reviews_and_deletes(#[case] database: Database) {
    let env = TestEnv::new(database);
    env.add_user("head", "admin", &[]);
    env.add_user("second", "admin", &[]);
    assert!(env.run(&["generate", "--entries", "1500", "--seed", "9"], "").status.success());
    let server = env.serve(&[]);
    let [api, second] = ["head", "second"].map(|name| server.sign_in(name));
    let (mut chance, client, desk, mut seq) = (SeededRng::new(3), Uuid::now_v7(), Uuid::now_v7(), 0);
    let mut on_phone = whole(&api);
    let slow_phone = on_phone.clone();
    for _ in 0..4 {
        let (records, _) = api.pull(None, 2_000);
        let entries: Vec<&Value> =
            records.iter().filter(|record| record["kind"] == "entry" && record["deleted"] == false).collect();
        let mut mutations = Vec::new();
        for record in entries {
            if !chance.percent(30) {
                continue;
            }
            let (mut op, mut fields) = ("put", json!({}));
            let values = record["fields"]["values"].as_object().unwrap();
            match chance.below(6) {
                0 => fields = json!({"state": "verified"}),
                1 => fields = json!({"state": "returned", "review_note": "请核对"}),
                2 => fields = json!({"state": "submitted"}),
                3 => {
                    op = "delete";
                    fields = json!({"reason": "报错了"});
                }
                4 => fields = json!({"date": format!("2025-{:02}-11", 1 + chance.below(12))}),
                _ => {
                    let code = chance.one_of(&values.keys().collect::<Vec<_>>()).copied().cloned().unwrap();
                    fields["values"][code] = json!(1 + chance.below(9));
                }
            }
            seq += 1;
            mutations.push(json!({"seq": seq, "kind": "entry", "id": record["id"], "base_rev": record["rev"], "op": op, "fields": fields}));
        }
        // Another person approves the numbers.
        let (reviews, edits): (Vec<Value>, Vec<Value>) =
            mutations.into_iter().partition(|mutation| mutation["fields"]["state"] == "verified");
        for (api, client, mutations) in [(&api, client, edits), (&second, desk, reviews)] {
            for batch in mutations.chunks(500) {
                for (mutation, result) in batch.iter().zip(api.push(client, json!(batch))) {
                    assert_eq!(result["outcome"], "applied", "{mutation} {result}");
                }
            }
        }
        let news = news(&api, &on_phone);
        assert_eq!(news.base_change, Some(on_phone.change));
        assert!(on_phone.apply_delta(news));
    }
    // Phones that heard of each round, of the last only, and of all rounds twice show the same.
    let mut late = slow_phone.clone();
    assert!(late.apply_delta(news(&api, &slow_phone)));
    let as_of = |overview: &Overview| Overview { as_of: String::new(), ..overview.clone() };
    let now = whole(&api);
    assert_eq!(as_of(&late), as_of(&now));
    assert_eq!(as_of(&on_phone), as_of(&now));
    assert!(late.apply_delta(news(&api, &slow_phone)));
    assert_eq!(as_of(&late), as_of(&now));
    assert!(
        !late.apply_delta(Overview { change: now.change - 1, ..news(&api, &slow_phone) }),
        "what is older is not taken"
    );
    let of_another_life = Overview { edition: "0".to_owned(), ..now.clone() };
    assert_eq!(news(&api, &of_another_life).base_change, None, "another edition is sent whole");
    assert_eq!(api.get("/api/v1/overview?since=yesterday").status(), 400);
    let overview = counted(&api);
    let mut compared = 0;
    for (year, place, verified_only) in [2023, 2024, 2025, 2026].into_iter().flat_map(|year| {
        ["", "5201", "522728", "522728109", "520111", "522728109204"]
            .into_iter()
            .flat_map(move |place| [(year, place, false), (year, place, true)])
    }) {
        let filter = Filter {
            year: Some(year),
            place: (!place.is_empty()).then(|| place.to_owned()),
            verified_only,
            ..Filter::default()
        };
        let include = if verified_only { "verified" } else { "submitted" };
        let stored = api.read(&format!("/api/v1/indicators?year={year}&place={place}&include={include}"));
        for (stored, counted) in stored["indicators"].as_array().unwrap().iter().zip(overview.figures(&filter)) {
            let at = format!("{} in {year} at {place:?}, {include}", counted.indicator);
            assert_eq!(stored["code"], counted.indicator, "{at}");
            let number = counted.actual.map(|actual| actual.to_f64());
            assert!(same(&stored["actual"], number), "{at}: kept {}, counted {number:?}", stored["actual"]);
            assert_eq!(stored["entries"], counted.entries, "{at}");
            compared += usize::from(number.is_some());
            if stored["aggregation"] == "sum" && compared % 7 == 0 {
                for by in ["month", "place"] {
                    let path = format!(
                        "/api/v1/indicators/{}/series?year={year}&place={place}&include={include}&by={by}",
                        counted.indicator
                    );
                    let series = api.read(&path);
                    let parts = series["series"].as_array().unwrap().iter().map(|part| part["value"].as_f64().unwrap());
                    let ten_thousandths: i64 = parts.map(|part| (part * 1e4).round() as i64).sum();
                    let whole = (number.unwrap_or_default() * 1e4).round() as i64;
                    assert_eq!(ten_thousandths, whole, "{at} by {by}");
                }
            }
        }
    }
    assert!(compared > 500, "{compared}");
    // The overview of a village has the same figures as the indicators.
    let village: Overview = serde_json::from_value(api.read("/api/v1/overview?village=522728109204")).unwrap();
    let filter = Filter { year: Some(2025), place: Some("522728109204".to_owned()), ..Filter::default() };
    assert!(village.has(&filter) && !village.has(&Filter { place: None, ..filter.clone() }));
    let (given, counted) = (village.figures(&filter), overview.figures(&filter));
    assert!(given.iter().any(|figure| figure.actual.is_some()));
    assert_eq!(given, counted);
    drop(server);
    let verified = env.run(&["verify"], "");
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

/// Returns an amount as the shared view shows it in Chinese: from 100,000 on in 万, unless its unit has that already.
fn large_shortened(amount: Quantity, unit: &str) -> String {
    let number = amount.to_f64();
    if number < 100_000.0 || unit.starts_with('万') {
        return amount.to_string();
    }
    let (power, name) = if number < 1e8 { (1e4, '万') } else { (1e8, '亿') };
    let hundredths = (number / power * 100.0).round() / 100.0;
    format!("{}{name}", Quantity::from_f64(hundredths).unwrap())
}

#[test]
fn page_of_many_entries_is_small_and_shows_their_figures() {
    let env = TestEnv::new(Database::Sqlite);
    assert!(env.run(&["generate", "--entries", "20000", "--seed", "4"], "").status.success());
    let server = env.serve_with(&[], |command| {
        command.env("JIEDUI_PUBLIC_VIEW", "true");
    });
    let nobody = server.client();
    let whole = nobody.get("/api/v1/overview").bytes().unwrap().len();
    for query in ["year=2025", "year=2024&place=522728109&include=verified"] {
        let page = nobody.get(&format!("/?{query}")).text().unwrap();
        assert!(page.len() * 4 < whole, "{} of {whole}", page.len());
        let mut compared = 0;
        for indicator in nobody.read(&format!("/api/v1/indicators?{query}"))["indicators"].as_array().unwrap() {
            // A screen shows two decimals at most.
            let rounded = |actual: f64| Quantity::from_f64((actual * 100.0).round() / 100.0);
            let Some(actual) = indicator["actual"].as_f64().and_then(rounded) else { continue };
            let (_, card) = page.split_once(&format!("data-indicator={}", indicator["code"])).unwrap();
            let (_, shown) = card.split_once("<strong>").unwrap();
            let (shown, _) = shown.split_once("</strong>").unwrap();
            let expected = large_shortened(actual, indicator["unit"].as_str().unwrap());
            assert_eq!(shown.rsplit(' ').next(), Some(expected.as_str()), "{} under {query}", indicator["code"]);
            compared += 1;
        }
        assert!(compared > 20, "{compared}");
    }
}
