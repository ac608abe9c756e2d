//! Exports: complete at any length, in China's time, without formulas.

#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

use jiedui_tests::{Database, TestEnv, served, survey_put};
use rstest::rstest;
use serde_json::{Value, json};
use std::io::{Cursor, Read};
use uuid::Uuid;

/// Returns the text of a part of an XLSX file.
fn part_of(xlsx: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(xlsx)).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn exports_use_china_time_and_neutralise_formulas(#[case] database: Database) {
    let (_env, _server, api) = served(database);
    let notes = ["=1+1", "\n=1+1", " =1+1", "\u{a0}=1+1", "\u{200b}=1+1", "\u{feff}=1+1", "＝1+1", "＋1", "－1", "＠x"];
    let mutations: Vec<Value> = notes
        .iter()
        .zip(1..)
        .map(|(note, seq)| {
            let mut mutation = survey_put(seq, Uuid::now_v7(), 1);
            mutation["fields"]["note"] = json!(note);
            mutation
        })
        .collect();
    for result in api.push(Uuid::now_v7(), json!(mutations)) {
        assert_eq!(result["outcome"], "applied", "{result}");
    }
    let text = api.get("/api/v1/export/entries.csv?year=2026").text().unwrap();
    let mut table = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let headings = table.headers().unwrap().clone();
    let column = |name: &str| headings.iter().position(|heading| heading == name).unwrap();
    let (note, time) = (column("备注"), column("更新时间（北京时间）"));
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), notes.len());
    for row in &rows {
        assert!(row[note].starts_with('\''), "{:?} would run", &row[note]);
    }
    // The entry has UTC; the table is eight hours ahead.
    let id = &rows[0][0];
    let updated = api.read(&format!("/api/v1/entries/{id}"))["fields"]["updated_at"].as_str().unwrap().to_owned();
    let seconds = |text: &str| {
        let number = |from: usize, to: usize| text[from..to].parse::<i64>().unwrap();
        number(11, 13) * 3600 + number(14, 16) * 60 + number(17, 19)
    };
    assert_eq!((seconds(&rows[0][time]) - seconds(&updated)).rem_euclid(86_400), 8 * 3600);
    assert!(!rows[0][time].contains('Z') && !rows[0][time].contains('T'));
    let sheet = api.get("/api/v1/export/entries.xlsx?year=2026").bytes().unwrap();
    let cells = part_of(&sheet, "xl/worksheets/sheet1.xml");
    assert!(cells.contains("更新时间（北京时间）") && cells.contains("=1+1"));
    assert!(!cells.contains("<f>") && !cells.contains("<f "), "a formula");
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn exports_have_every_entry_once_at_any_number(#[case] database: Database) {
    let env = TestEnv::new(database);
    env.add_user("head", "admin", &[]);
    assert!(env.run(&["generate", "--entries", "2500"], "").status.success());
    let server = env.serve(&[]);
    let api = server.sign_in("head");
    let text = api.get("/api/v1/export/entries.csv").text().unwrap();
    assert_eq!(text.matches('\u{feff}').count(), 1);
    let mut table = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let mut ids: Vec<String> = table.records().map(|row| row.unwrap()[0].to_owned()).collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert!(all >= 2_500 && ids.len() == all, "{all} rows, {} entries", ids.len());
    let sheet = api.get("/api/v1/export/entries.xlsx").bytes().unwrap();
    assert_eq!(part_of(&sheet, "xl/worksheets/sheet1.xml").matches("<row ").count(), all + 1);
    assert_eq!(server.client().get("/api/v1/export/entries.xlsx").status(), 401);
}

/// The form has a table whose rows exceed the length limit of a sheet's cell.
#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn exported_long_table_is_truncated_with_a_mark(#[case] database: Database) {
    let (env, _server, api) = served(database);
    let id = Uuid::now_v7();
    assert_eq!(api.push(Uuid::now_v7(), json!([survey_put(1, id, 1)]))[0]["outcome"], "applied");
    let hex = id.simple();
    let key = if database == Database::Sqlite { format!("x'{hex}'") } else { format!("'{id}'") };
    let long = "村".repeat(40_000);
    // Stored values must not prevent an export, even if the forms have other limits today.
    env.sql(&format!("UPDATE record SET fields = REPLACE(fields, '入户走访', '{long}') WHERE id = {key}"));
    let sheet = api.get("/api/v1/export/entries.xlsx?year=2026");
    assert_eq!(sheet.status(), 200);
    assert!(part_of(&sheet.bytes().unwrap(), "xl/worksheets/sheet1.xml").contains("已截断"));
    let text = api.get("/api/v1/export/entries.csv?year=2026").text().unwrap();
    assert!(text.contains(&long), "the other table has the whole");
}
