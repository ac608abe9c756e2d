//! Imports 50,000 rows of a spreadsheet on the real server, on both databases; prints one JSON line a figure. Measures
//! the time until every row is checked, until all are written and durable, and until all are reverted.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Api, Database, served};
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const ROWS: u32 = 50_000;
const HEADING: [&str; 5] = ["日期", "地点", "学习次数", "参加人数", "备注"];

fn row(number: u32) -> [String; 5] {
    let date = format!("2026-{:02}-{:02}", number % 10 + 1, number / 10 % 28 + 1);
    [
        date,
        "罗甸县沫阳镇".into(),
        (number % 900 + 1).to_string(),
        number.to_string(),
        format!("第{number}次共同学习，群众反映很好"),
    ]
}

fn csv() -> Vec<u8> {
    let rows = (0..ROWS).map(|number| row(number).join(","));
    std::iter::once(HEADING.join(",")).chain(rows).collect::<Vec<_>>().join("\n").into_bytes()
}

fn xlsx() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, words) in (0..).zip(HEADING) {
        sheet.write_string(0, column, words).unwrap();
    }
    for number in 0..ROWS {
        for (column, words) in (0..).zip(row(number)) {
            match words.parse::<f64>() {
                Ok(amount) => sheet.write_number(number + 1, column, amount).unwrap(),
                Err(_) => sheet.write_string(number + 1, column, words).unwrap(),
            };
        }
    }
    book.save_to_buffer().unwrap()
}

fn print(database: Database, what: &str, begun: Instant) {
    let seconds = begun.elapsed().as_secs_f64();
    println!("{}", json!({"bench": what, "database": format!("{database:?}"), "rows": ROWS, "seconds": seconds}));
}

fn checked(api: &Api, path: &str) -> Value {
    loop {
        let import = api.read(path);
        if import["stage"] != "checking" && import["done"].is_null() {
            return import;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn main() {
    for (kind, file) in [("csv", csv()), ("xlsx", xlsx())] {
        for database in [Database::Sqlite, Database::Postgres] {
            let (_env, server, api) = served(database);
            let begun = Instant::now();
            let answer = api.request("POST", "/api/v1/imports?activity=joint_study").body(file.clone()).send().unwrap();
            let import: Value = answer.json().unwrap();
            let path = format!("/api/v1/imports/{}", import["id"].as_str().unwrap());
            let import = checked(&api, &path);
            assert_eq!((&import["rows"], &import["wrong"]), (&json!(ROWS), &json!(0)));
            print(database, &format!("import {kind}: check"), begun);
            let begun = Instant::now();
            assert_eq!(api.post(&format!("{path}/write"), &Value::Null).status(), 200);
            print(database, &format!("import {kind}: write"), begun);
            println!("{}", json!({"bench": "import: resident", "kilobytes": server.resident_memory()}));
            let begun = Instant::now();
            assert_eq!(api.request("DELETE", &path).send().unwrap().status(), 200);
            print(database, &format!("import {kind}: take back"), begun);
            assert_eq!(api.actual("joint_studies", 2026), Value::Null);
        }
    }
}
