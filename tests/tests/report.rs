//! The reported figures of 2023 are returned row by row, with equal values.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Database, TestEnv};
use rstest::rstest;
use serde_json::{Value, json};

const REPORTED: &str = include_str!("../../server/seed/reported-2023.csv");

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn every_reported_figure_is_returned(#[case] database: Database) {
    let env = TestEnv::new(database);
    let server = env.serve(&["--demo"]);
    let answer = server.client().read("/api/v1/indicators?year=2023");
    let indicators = answer["indicators"].as_array().unwrap();
    assert_eq!(indicators.len(), 40);
    let mut rows = 0;
    let (mut targets, mut actuals) = (Vec::new(), Vec::new());
    for row in csv::Reader::from_reader(REPORTED.as_bytes()).records() {
        let row = row.unwrap();
        let indicator = indicators.iter().find(|candidate| candidate["code"] == row[1]).unwrap();
        assert_eq!(indicator["programme"], row[0]);
        assert_eq!((indicator["name"].as_str(), indicator["name_en"].as_str()), (Some(&row[2]), Some(&row[3])));
        assert_eq!((indicator["unit"].as_str(), indicator["aggregation"].as_str()), (Some(&row[4]), Some(&row[6])));
        let kind = &row[7];
        assert_eq!(indicator[kind].as_f64(), row[8].parse().ok(), "{} {kind}", &row[1]);
        assert_eq!(indicator[format!("{kind}_qualifier")], row[9]);
        if kind == "target" { &mut targets } else { &mut actuals }.push(row[1].to_owned());
        rows += 1;
    }
    assert_eq!((rows, targets.len(), actuals.len()), (43, 9, 34));
    // Values that the report lacks stay empty.
    for indicator in indicators {
        let code = indicator["code"].as_str().unwrap().to_owned();
        assert_eq!(indicator["target"].is_null(), !targets.contains(&code), "{code}");
        assert_eq!(indicator["actual"].is_null(), !actuals.contains(&code), "{code}");
    }
}

#[test]
fn parts_of_a_sum_add_up_to_it() {
    let env = TestEnv::new(Database::Sqlite);
    let server = env.serve(&["--demo"]);
    let api = server.client();
    for by in ["month", "place"] {
        let series = api.read(&format!("/api/v1/indicators/pigs_marketed/series?year=2023&by={by}"));
        let total: f64 = series["series"].as_array().unwrap().iter().map(|part| part["value"].as_f64().unwrap()).sum();
        assert_eq!(total, 8556.0, "{by}");
    }
    assert_eq!(api.get("/api/v1/indicators/nothing/series").status(), 404);
}

#[test]
fn opening_entries_name_their_source() {
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("head", "admin", &[]);
    let server = env.serve(&[]);
    let entries = server.sign_in("head").read("/api/v1/entries?year=2023&limit=100");
    let entries = entries["entries"].as_array().unwrap();
    let values: usize = entries.iter().map(|entry| entry["fields"]["values"].as_object().unwrap().len()).sum();
    assert_eq!(values, 34);
    assert!(entries.iter().all(|entry| entry["fields"]["source"] == "reported-2023"));
}

#[test]
fn map_has_the_organisations_of_the_report() {
    let env = TestEnv::new(Database::Sqlite);
    let server = env.serve(&["--demo"]);
    let map = server.client().read("/api/v1/map?year=2023");
    assert_eq!(map["type"], "FeatureCollection");
    let features = map["features"].as_array().unwrap();
    let of_kind =
        |kind: &str| features.iter().filter(|feature| feature["properties"]["kind"] == kind).collect::<Vec<&Value>>();
    let (organisations, pairings) = (of_kind("organisation"), of_kind("pairing"));
    let names: Vec<&str> =
        organisations.iter().map(|feature| feature["properties"]["name"].as_str().unwrap()).collect();
    for name in
        ["花溪区", "沫阳镇", "翁岩村", "贵阳市第二人民医院", "罗甸县中医院", "贵阳市第一人民医院", "罗甸县第二中学"]
    {
        assert!(names.contains(&name), "{name}");
    }
    assert_eq!((organisations.len(), pairings.len()), (10, 2));
    assert!(organisations.iter().all(|feature| feature["properties"]["approximate"] == json!(true)));
    let moyang = pairings.iter().find(|feature| feature["properties"]["programme"] == "party_building").unwrap();
    assert!(moyang["properties"]["entries"].as_u64().unwrap() >= 3);
    let health = server.client().read("/api/v1/map?programme=health");
    let all_health =
        health["features"].as_array().unwrap().iter().all(|feature| feature["properties"]["programme"] == "health");
    assert!(all_health);
}
