//! Tables as offices send them: the rows and errors of each file, and the cost of hostile ones.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Api, Database, eventually, served};
use reqwest::blocking::Response;
use rstest::rstest;
use rust_xlsxwriter::{Format, Workbook};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use uuid::Uuid;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/import").join(name)).unwrap()
}

fn path(import: &Value, more: &str) -> String {
    format!("/api/v1/imports/{}{more}", import["id"].as_str().unwrap())
}

fn checked(api: &Api, import: &Value) -> Value {
    let is_over = |own: &Value| own["stage"] != "checking" && own["done"].is_null();
    eventually("the check", || Some(api.read(&path(import, ""))).filter(is_over))
}

fn send(api: &Api, activity: &str, file: Vec<u8>) -> Response {
    api.request("POST", &format!("/api/v1/imports?activity={activity}&name=table")).body(file).send().unwrap()
}

fn bring(api: &Api, activity: &str, file: impl Into<Vec<u8>>) -> Value {
    let answer = send(api, activity, file.into());
    assert_eq!(answer.status(), 202);
    checked(api, &answer.json().unwrap())
}

fn put(api: &Api, import: &Value, more: &str, body: &Value) -> Value {
    let answer = api.request("PUT", &path(import, more)).json(body).send().unwrap();
    assert_eq!(answer.status(), 202);
    checked(api, &answer.json().unwrap())
}

/// The values at a path in the rows that are shown.
fn shown(import: &Value, wanted: &str) -> Vec<Value> {
    let rows = import["preview"].as_array().unwrap().iter();
    let value = |row: &Value| {
        let mut cells = row["cells"].as_array().unwrap().iter();
        cells.find(|cell| cell["path"] == wanted).map_or(Value::Null, |cell| cell["value"].clone())
    };
    rows.map(value).collect()
}

/// Row, column and code of each mistake.
fn mistakes(import: &Value) -> Vec<(u64, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let told = import["mistakes"].as_array().unwrap().iter();
    told.map(|own| (own["row"].as_u64().unwrap(), text(&own["column"]), text(&own["code"]))).collect()
}

fn left_out(import: &Value) -> Vec<(u64, String)> {
    let rows = import["left_out"].as_array().unwrap().iter();
    rows.map(|own| (own["row"].as_u64().unwrap(), own["why"].as_str().unwrap().to_owned())).collect()
}

/// File, activity, path of a value, its values, and the rows that are left out. Every date is 20 November 2026.
type Case = (&'static str, &'static str, &'static str, &'static [f64], &'static [(u64, &'static str)]);

const RIGHT: [Case; 12] = [
    ("01-1904.xlsx", "skills_training", "values.attendance", &[12.0], &[]),
    ("01-1904.xls", "skills_training", "values.attendance", &[12.0, 13.0], &[(1, "title"), (5, "total")]),
    ("02b-hidden-old.xlsx", "skills_training", "values.attendance", &[12.0], &[]),
    ("03a-title.xlsx", "skills_training", "values.attendance", &[12.0], &[(1, "title")]),
    ("03b-title-unit.xlsx", "skills_training", "values.attendance", &[12.0], &[(1, "title"), (2, "title")]),
    ("03d-merged-place.xlsx", "skills_training", "values.attendance", &[12.0, 13.0], &[]),
    ("03e-total-row.xlsx", "skills_training", "values.attendance", &[12.0], &[(3, "total")]),
    ("05a-yuan-heading.xlsx", "online_sale", "values.amount", &[5.0], &[]),
    ("05b-3wan.xlsx", "online_sale", "values.amount", &[3.0], &[]),
    ("08a-html.xls", "skills_training", "values.attendance", &[12.0], &[]),
    ("08c-sep.csv", "skills_training", "values.attendance", &[12.0], &[]),
    ("12-invisible.xlsx", "skills_training", "values.attendance", &[12.0], &[]),
];

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn office_tables_become_the_entries_that_they_say(#[case] database: Database) {
    let (_home, _server, api) = served(database);
    for (name, activity, path_of, values, out) in RIGHT {
        let import = bring(&api, activity, fixture(name));
        assert_eq!((&import["stage"], &import["wrong"]), (&json!("checked"), &json!(0)), "{name}: {import}");
        let shown_values: Vec<f64> = shown(&import, path_of).iter().map(|own| own.as_f64().unwrap()).collect();
        assert_eq!(shown_values, values, "{name}");
        assert!(shown(&import, "date").iter().all(|own| own == "2026-11-20"), "{name}: {import}");
        assert!(shown(&import, "place").iter().all(|own| own == "522728109200"), "{name}: {import}");
        assert_eq!(
            left_out(&import),
            out.iter().map(|(row, why)| (*row, (*why).to_owned())).collect::<Vec<_>>(),
            "{name}"
        );
        let written = api.post(&path(&import, "/write"), &Value::Null);
        assert_eq!(written.status(), 200, "{name}");
        let listed = api.read(&format!("/api/v1/entries?activity={activity}&limit={}", values.len()));
        let code = path_of.strip_prefix("values.").unwrap();
        let mut entries: Vec<f64> = listed["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|own| own["fields"]["values"][code].as_f64().unwrap())
            .collect();
        entries.reverse();
        assert_eq!(entries, values, "{name}");
        let undone = api.request("DELETE", &path(&import, "")).send().unwrap();
        assert_eq!(undone.json::<Value>().unwrap()["stage"], "undone", "{name}");
    }
}

#[test]
fn each_unreadable_cell_is_one_mistake_of_that_cell() {
    let (_home, _server, api) = served(Database::Sqlite);
    let expected = |rows: &[(u64, &str, &str)]| -> Vec<(u64, String, String)> {
        rows.iter().map(|(row, column, code)| (*row, (*column).to_owned(), (*code).to_owned())).collect()
    };
    let import = bring(&api, "purchase", fixture("04-error-cells.xlsx"));
    assert_eq!(mistakes(&import), expected(&[(2, "采购金额", "error_value"), (2, "采购单位", "error_value")]));
    let import = bring(&api, "purchase", fixture("11-formula-no-value.xlsx"));
    assert_eq!(mistakes(&import), expected(&[(2, "采购金额", "no_result")]));
    let import = bring(&api, "skills_training", fixture("04-errors.xls"));
    assert!(mistakes(&import).contains(&expected(&[(2, "工种", "error_value")])[0]));
    let import = bring(&api, "skills_training", fixture("07-quote.csv"));
    assert_eq!(mistakes(&import), expected(&[(3, "", "unclosed_quote")]));
    assert_eq!((&import["rows"], &import["wrong_rows"]), (&json!(4), &json!(1)));
    let import = bring(&api, "skills_training", fixture("15-number-texts.xlsx"));
    let column = "培训人次";
    let unreadable = [10, 11, 12, 16, 17].map(|row| (row, column, "not_amount"));
    let twice = [3, 4, 18, 19].map(|row| (row, "", "twice"));
    let mut all: Vec<_> = unreadable.into_iter().chain(twice).chain([(7, "", "twice"), (20, column, "unit")]).collect();
    all.sort();
    assert_eq!(mistakes(&import), expected(&all));
    let amounts: Vec<Option<f64>> = shown(&import, "values.attendance").iter().map(Value::as_f64).collect();
    assert_eq!(amounts[3..8], [Some(12_000.0), Some(1_200.0), Some(1_200.0), Some(12.0), Some(12.0)]);
    assert_eq!(amounts[11..14], [Some(2_500.0), Some(300.0), Some(5_000.0)]);
}

#[test]
fn which_sheet_and_heading_are_read_is_shown_and_can_be_changed() {
    let (_home, _server, api) = served(Database::Sqlite);
    let import = bring(&api, "skills_training", fixture("02b-hidden-old.xlsx"));
    assert_eq!(import["sheets"], json!([{"name": "去年", "hidden": true}, {"name": "今年", "hidden": false}]));
    assert_eq!((&import["sheet"], &import["heading_row"], &import["heading_rows"]), (&json!(1), &json!(1), &json!(1)));
    let other = put(&api, &import, "/layout", &json!({"sheet": 0}));
    assert_eq!((&other["sheet"], &shown(&other, "values.attendance")[0]), (&json!(0), &json!(999)));
    for wrong in [json!({"sheet": 2}), json!({"heading_row": 77}), json!({"sheet": "x"}), json!({"heading_rows": 9})] {
        let answer = api.request("PUT", &path(&import, "/layout")).json(&wrong).send().unwrap();
        assert_eq!(answer.status(), 400, "{wrong}");
    }
    // A heading that nobody knows is pointed at.
    let table = "这里,什么,也不,知道\n哪一天,哪里,几个人,x\n2026-11-20,沫阳镇,12,y\n";
    let import = bring(&api, "skills_training", table);
    assert_eq!(import["heading_row"], 1);
    let import = put(&api, &import, "/layout", &json!({"heading_row": 2}));
    assert_eq!((&import["heading"][0], &import["rows"]), (&json!("哪一天"), &json!(1)));
    let columns = json!({"columns": ["date", "place", "values.attendance", null]});
    assert_eq!(put(&api, &import, "/columns", &columns)["wrong"], 0);
    // It is found by itself the next time.
    let next = bring(&api, "skills_training", table.replace("12", "13"));
    assert_eq!((&next["heading_row"], &next["wrong"], &next["rows"]), (&json!(2), &json!(0), &json!(1)));
}

#[test]
fn a_table_with_groups_of_headings_units_and_places_in_two_columns_is_understood() {
    let (_home, _server, api) = served(Database::Sqlite);
    let mut book = Workbook::new();
    let (sheet, plain) = (book.add_worksheet(), Format::new());
    sheet.merge_range(0, 0, 0, 5, "2026年线上销售统计表", &plain).unwrap();
    sheet.write_string(1, 0, "填报单位：沫阳镇").unwrap().write_string(1, 5, "单位：元").unwrap();
    for (column, words) in [(0, "序号"), (1, "日期"), (2, "乡镇"), (3, "村"), (6, "销售方式")] {
        sheet.merge_range(2, column, 3, column, words, &plain).unwrap();
    }
    sheet.merge_range(2, 4, 2, 5, "销售情况", &plain).unwrap();
    sheet.write_string(3, 4, "销售额").unwrap().write_string(3, 5, "观看人次（万人次）").unwrap();
    sheet.merge_range(4, 2, 5, 2, "沫阳镇", &plain).unwrap();
    for (row, (village, amount, viewers)) in [(4, ("沫阳村", "50,000", "0.5")), (5, ("", "1.5万元", "约2"))] {
        sheet.write_number(row, 0, f64::from(row - 3)).unwrap().write_string(row, 1, "2026年11月20日").unwrap();
        sheet
            .write_string(row, 3, village)
            .unwrap()
            .write_string(row, 4, amount)
            .unwrap()
            .write_string(row, 5, viewers)
            .unwrap()
            .write_string(row, 6, "直播")
            .unwrap();
    }
    sheet.write_number(6, 0, 3).unwrap();
    sheet.write_string(7, 0, "合　计").unwrap().write_number(7, 4, 65_000).unwrap();
    sheet.write_string(8, 0, "填表人：王某        审核人：李某").unwrap();
    let import = bring(&api, "online_sale", book.save_to_buffer().unwrap());
    assert_eq!(
        (&import["heading_row"], &import["heading_rows"], &import["wrong"]),
        (&json!(3), &json!(2), &json!(0)),
        "{import}"
    );
    let columns = json!([null, "date", "place", "place", "values.amount", "values.viewers", "details.channel"]);
    assert_eq!(import["columns"], columns);
    assert_eq!(import["units"], json!([null, null, null, null, "元", "万人次", null]));
    assert_eq!(shown(&import, "values.amount"), [json!(5), json!(1.5)]);
    assert_eq!(shown(&import, "values.viewers"), [5_000, 20_000].map(|own| json!(own)));
    assert_eq!(shown(&import, "place"), [json!("522728109204"), json!("522728109")]);
    let first = &import["preview"][0]["cells"];
    let amount = first.as_array().unwrap().iter().find(|own| own["path"] == "values.amount").unwrap();
    assert_eq!(
        (&amount["written"], &amount["text"], &amount["converted"]),
        (&json!("50,000"), &json!("5 万元"), &json!(true))
    );
    assert_eq!(
        left_out(&import),
        [(1, "title"), (2, "title"), (8, "total"), (9, "note")].map(|(row, why)| (row, why.to_owned()))
    );
    assert_eq!(import["left_out_counts"]["blank"], 1);
}

#[test]
fn a_number_over_several_rows_is_a_mistake_and_is_not_counted_twice() {
    let (_home, _server, api) = served(Database::Sqlite);
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, words) in (0..).zip(["日期", "地点", "培训人次"]) {
        sheet.write_string(0, column, words).unwrap();
    }
    for row in [1, 2] {
        sheet.write_string(row, 0, format!("2026-11-2{row}")).unwrap().write_string(row, 1, "沫阳镇").unwrap();
    }
    sheet.merge_range(1, 2, 2, 2, "30", &Format::new()).unwrap();
    let import = bring(&api, "skills_training", book.save_to_buffer().unwrap());
    assert_eq!(mistakes(&import), [(3, "培训人次".to_owned(), "merged_number".to_owned())]);
}

#[test]
fn what_one_person_says_of_columns_decides_nothing_for_another_and_the_template_is_what_it_is() {
    let (home, server, api) = served(Database::Sqlite);
    home.add_user("recorder", "recorder", &["--place", "522728"]);
    let other = server.sign_in("recorder");
    let table = "甲,乙,丙\n2026-11-20,沫阳镇,2\n";
    let import = bring(&api, "skills_training", table);
    let columns = json!({"columns": ["date", "place", "values.attendance"]});
    assert_eq!(put(&api, &import, "/columns", &columns)["wrong"], 0);
    assert_eq!(bring(&api, "skills_training", table.replace('2', "3"))["columns"][0], "date");
    assert_eq!(bring(&other, "skills_training", table)["columns"], json!([null, null, null]));
    // The same heading as the template's cannot be said otherwise.
    let template = "日期*,地点*,培训人次（人次）*,工种,结对,单位,备注\n2026-11-20,沫阳镇,2,,,,\n";
    let import = bring(&api, "skills_training", template);
    assert_eq!((&import["official"], &import["wrong"]), (&json!(true), &json!(0)), "{import}");
    let swapped =
        json!({"columns": ["date", "place", "values.attendance", "note", "pairing", "organisation", "details.trade"]});
    let answer = api.request("PUT", &path(&import, "/columns")).json(&swapped).send().unwrap();
    assert_eq!(answer.status(), 400);
    assert_eq!(bring(&api, "skills_training", template.replace("2,", "3,"))["columns"][3], "details.trade");
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn an_export_that_was_corrected_changes_the_entries_that_it_names(#[case] database: Database) {
    let (_home, _server, api) = served(database);
    let ids = [(); 4].map(|()| Uuid::now_v7());
    let entry = |seq: usize, id: Uuid| {
        json!({"seq": seq, "kind": "entry", "id": id, "base_rev": 0, "op": "put", "fields": {"activity": "online_sale",
            "date": "2026-11-20", "place": "522728109", "values": {"amount": seq, "viewers": 1000},
            "details": {"channel": "live"}, "note": format!("第{seq}条；好")}})
    };
    api.push(Uuid::now_v7(), json!(ids.iter().enumerate().map(|(at, id)| entry(at + 1, *id)).collect::<Vec<_>>()));
    let export = api.get("/api/v1/export/entries.csv?activity=online_sale&year=2026").text().unwrap();
    let mut rows =
        csv::ReaderBuilder::new().has_headers(false).from_reader(export.trim_start_matches('\u{feff}').as_bytes());
    let mut rows: Vec<Vec<String>> =
        rows.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    let column = |name: &str| rows[0].iter().position(|own| own == name).unwrap();
    let (id, date, note, answers, rev) =
        (column("编号"), column("日期"), column("备注"), column("数值"), column("版本"));
    let at = |rows: &[Vec<String>], wanted: Uuid| rows.iter().position(|row| row[id] == wanted.to_string()).unwrap();
    // One is corrected in three fields, one is changed by somebody else as well, two stay as they are.
    let (first, second) = (at(&rows, ids[0]), at(&rows, ids[1]));
    rows[first][date] = "2026/11/19".into();
    rows[first][note] = "改过".into();
    rows[first][answers] = rows[first][answers].replace("1 万元", "25000元");
    rows[second][note] = "两边都改".into();
    let table = |rows: &[Vec<String>]| {
        let mut writer = csv::Writer::from_writer(Vec::new());
        rows.iter().for_each(|row| writer.write_record(row).unwrap());
        writer.into_inner().unwrap()
    };
    let import = bring(&api, "online_sale", table(&rows));
    assert_eq!(
        (&import["wrong"], &import["updates"], &import["same"], &import["new"]),
        (&json!(0), &json!(2), &json!(2), &json!(0)),
        "{import}"
    );
    let change = import["changes"].as_array().unwrap().iter().find(|own| own["id"] == json!(ids[0])).unwrap();
    let mut fields: Vec<(&str, &str, &str)> = change["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| (own["path"].as_str().unwrap(), own["from"].as_str().unwrap(), own["to"].as_str().unwrap()))
        .collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [("date", "2026-11-20", "2026-11-19"), ("note", "第1条；好", "改过"), ("values.amount", "1 万元", "2.5 万元")]
    );
    // Somebody else changes the same field of the second: the whole waits, and says why.
    let theirs =
        json!({"seq": 1, "kind": "entry", "id": ids[1], "base_rev": 1, "op": "put", "fields": {"note": "别人改的"}});
    assert_eq!(api.push(Uuid::now_v7(), json!([theirs]))[0]["outcome"], "applied");
    assert_eq!(api.post(&path(&import, "/write"), &Value::Null).status(), 409);
    let import = checked(&api, &import);
    assert_eq!(mistakes(&import), [((second + 1) as u64, "备注".to_owned(), "changed_since".to_owned())]);
    rows[second][note] = "第2条；好".into();
    let import = bring(&api, "", table(&rows));
    assert_eq!((&import["wrong"], &import["updates"], &import["same"]), (&json!(0), &json!(1), &json!(3)), "{import}");
    assert_eq!(api.post(&path(&import, "/write"), &Value::Null).status(), 200);
    let now = api.read(&format!("/api/v1/entries/{}", ids[0]));
    let fields = &now["fields"];
    assert_eq!(
        (&fields["date"], &fields["note"], &fields["values"]["amount"]),
        (&json!("2026-11-19"), &json!("改过"), &json!(2.5)),
        "{now}"
    );
    assert_eq!(api.read(&format!("/api/v1/entries/{}", ids[1]))["fields"]["note"], "别人改的");
    let undone: Value = api.request("DELETE", &path(&import, "")).send().unwrap().json().unwrap();
    assert_eq!(undone["stage"], "undone");
    let now = api.read(&format!("/api/v1/entries/{}", ids[0]));
    let fields = &now["fields"];
    let expected = (&json!("2026-11-20"), &json!("第1条；好"), &json!(1));
    assert_eq!((&fields["date"], &fields["note"], &fields["values"]["amount"]), expected, "{now}");
    // What names no entry, no revision, or one that is to come is a mistake.
    rows[first][rev] = "9".into();
    rows[second][id] = Uuid::now_v7().to_string();
    let third = at(&rows, ids[2]);
    rows[third][rev] = String::new();
    let import = bring(&api, "", table(&rows));
    let mut codes: Vec<String> = mistakes(&import).into_iter().map(|own| own.2).collect();
    codes.sort();
    assert_eq!(codes, ["required", "too_large", "unknown"]);
}

#[test]
fn rights_are_those_of_a_push() {
    let (home, server, api) = served(Database::Sqlite);
    home.add_user("recorder", "recorder", &["--place", "522728109"]);
    let id = Uuid::now_v7();
    let entry = json!({"seq": 1, "kind": "entry", "id": id, "base_rev": 0, "op": "put", "fields": {"activity": "online_sale",
        "date": "2026-11-20", "place": "522728109", "values": {"amount": 1}}});
    api.push(Uuid::now_v7(), json!([entry]));
    let table = format!("编号,备注,版本\n{id},改别人的,1\n");
    let import = bring(&server.sign_in("recorder"), "", table);
    assert_eq!(mistakes(&import), [(2, "编号".to_owned(), "forbidden".to_owned())]);
}

#[test]
fn one_table_of_an_account_is_checked_at_a_time() {
    let (home, server, api) = served(Database::Sqlite);
    home.add_user("recorder", "recorder", &["--place", "522728"]);
    let row =
        |number: usize| format!("2026-{:02}-{:02},沫阳镇,{}\n", number % 10 + 1, number / 10 % 28 + 1, number + 1);
    let long: String = std::iter::once("日期,地点,培训人次\n".to_owned()).chain((0..60_000).map(row)).collect();
    let first: Value = send(&api, "skills_training", long.into_bytes()).json().unwrap();
    let second = send(&api, "skills_training", b"a,b\n1,2\n".to_vec());
    assert_eq!(second.status(), 429);
    assert!(second.headers().contains_key("retry-after"));
    let other = server.sign_in("recorder");
    assert_eq!(
        bring(&other, "skills_training", "日期,地点,培训人次\n2026-11-20,沫阳镇,1\n")["wrong"],
        0,
        "others go on"
    );
    // It can be cancelled, and makes room for another.
    let cancelled: Value = api.request("DELETE", &path(&first, "")).send().unwrap().json().unwrap();
    assert_eq!(cancelled["stage"], "cancelled");
    eventually("the next table", || {
        Some(send(&api, "skills_training", b"a,b\n1,2\n".to_vec())).filter(|own| own.status() == 202)
    });
}

#[test]
fn hostile_files_take_little_memory() {
    let (_home, server, api) = served(Database::Sqlite);
    let cell = || {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        let mut part = |name: &str, text: &str| {
            archive.start_file(name, options).unwrap();
            archive.write_all(text.as_bytes()).unwrap();
        };
        part("[Content_Types].xml", "<Types/>");
        part("xl/workbook.xml", r#"<workbook><sheets><sheet name="a" r:id="r1"/></sheets></workbook>"#);
        part(
            "xl/_rels/workbook.xml.rels",
            r#"<Relationships><Relationship Id="r1" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
        );
        part("xl/worksheets/sheet1.xml", r#"<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>"#);
        let piece = vec![b'a'; 1 << 20];
        for _ in 0..150 {
            archive.write_all(&piece).unwrap();
        }
        archive.finish().unwrap().into_inner()
    };
    let before = server.peak_memory();
    let files: [(&str, Vec<u8>, &str); 3] = [
        ("31 MB of rows", b"\n1".repeat(31 << 19), "too_many"),
        ("31 MB of commas", b",".repeat(31 << 20), "empty"),
        ("a cell of 150 MB", cell(), "too_many"),
    ];
    for (what, file, stage) in files {
        let import = bring(&api, "skills_training", file);
        assert_eq!(import["stage"], stage, "{what}: {import}");
        let taken = server.peak_memory().saturating_sub(before) / 1024;
        assert!(taken < 100, "{what}: {taken} MB");
        println!("{what}: {taken} MB");
    }
}

/// The reasons of the columns that are left out, by their headings.
fn omitted(import: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let columns = import["omitted_columns"].as_array().unwrap().iter();
    columns.map(|own| (text(&own["heading"]), text(&own["why"]))).collect()
}

#[test]
fn unit_of_heading_is_understood_or_asked_about() {
    let (_home, _server, api) = served(Database::Sqlite);
    for unit in ["人民币元", "元人民币", "元、含税", "元，不含税", "以元计", "按元填写", "单位：人民币元", "單位：元"]
    {
        let import = bring(&api, "online_sale", format!("日期,地点,销售额（{unit}）\n2026-11-20,沫阳镇,50000\n"));
        assert_eq!(shown(&import, "values.amount"), [json!(5)], "{unit}: {import}");
        assert_eq!(import["wrong"], 0, "{unit}");
    }
    for unit in ["0.1万元", "亿", "百万", "元）（万元", "元/户", "元/月"] {
        let import = bring(&api, "online_sale", format!("日期,地点,销售额（{unit}）\n2026-11-20,沫阳镇,50000\n"));
        assert_eq!(omitted(&import), [(format!("销售额（{unit}）"), "unit".to_owned())], "{import}");
        // A person who takes the column all the same gets a mistake, never a figure in the field's unit.
        let columns = json!({"columns": ["date", "place", "values.amount"]});
        let import = put(&api, &import, "/columns", &columns);
        let codes: Vec<String> = mistakes(&import).into_iter().map(|own| own.2).collect();
        assert_eq!(codes, ["unit"], "{unit}");
    }
}

#[test]
fn unit_line_is_understood_or_asked_about() {
    let (_home, _server, api) = served(Database::Sqlite);
    let table = |line: &str, heading: &str| format!("{line}\n日期,地点,{heading}\n2026-11-20,沫阳镇,50000\n");
    for line in [
        "单位:人民币元",
        "单位（元）",
        "单位 元",
        "（元）",
        "单位=元",
        "金额：元",
        "货币单位为元",
        "金额以元为单位",
        "单 位：元",
        "Unit: yuan",
    ] {
        let import = bring(&api, "online_sale", table(line, "销售额"));
        assert_eq!(shown(&import, "values.amount"), [json!(5)], "{line}: {import}");
    }
    for (line, heading) in [("单位：元、万元", "销售额"), ("单位：元", "销售额（万元）"), ("单位：元/吨", "销售额")]
    {
        let import = bring(&api, "online_sale", table(line, heading));
        assert_eq!(omitted(&import), [(heading.to_owned(), "unit".to_owned())], "{line}: {import}");
    }
}

#[test]
fn unit_column_goes_with_its_amount() {
    let (_home, _server, api) = served(Database::Sqlite);
    for heading in ["计量单位", "金额单位", "单位"] {
        let table = format!("日期,地点,销售额,{heading}\n2026-11-20,沫阳镇,50000,元\n2026-11-20,边阳镇,3,万元\n");
        let import = bring(&api, "online_sale", table);
        assert_eq!(shown(&import, "values.amount"), [json!(5), json!(3)], "{heading}: {import}");
        assert_eq!(import["wrong"], 0, "{heading}");
    }
    let table = "日期,地点,销售额（万元）,计量单位\n2026-11-20,沫阳镇,50000,元\n2026-11-20,边阳镇,3,大箱\n";
    let import = bring(&api, "online_sale", table);
    let unit = |row| (row, "销售额（万元）".to_owned(), "unit".to_owned());
    assert_eq!(mistakes(&import), [unit(2), unit(3)]);
}

#[test]
fn number_format_gives_the_unit() {
    let (_home, _server, api) = served(Database::Sqlite);
    let table = |heading: &str, format: &str, number: f64| {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for (column, words) in (0..).zip(["日期", "地点", heading]) {
            sheet.write_string(0, column, words).unwrap();
        }
        sheet.write_string(1, 0, "2026-11-20").unwrap().write_string(1, 1, "沫阳镇").unwrap();
        sheet.write_number_with_format(1, 2, number, &Format::new().set_num_format(format)).unwrap();
        bring(&api, "online_sale", book.save_to_buffer().unwrap())
    };
    for format in ["#,##0\"元\"", "\"¥\"#,##0", "[$¥-804]#,##0.00"] {
        assert_eq!(shown(&table("销售额", format, 50_000.0), "values.amount"), [json!(5)], "{format}");
        assert_eq!(mistakes(&table("销售额（万元）", format, 50_000.0)).len(), 1, "{format}: two units");
    }
    for format in ["[$$-409]#,##0", "[$€-2]#,##0", "0\"吨\"", "0.00%", "0.0,,\"百万\"", "#,##0,"] {
        assert_eq!(mistakes(&table("销售额", format, 50.0)).len(), 1, "{format}");
    }
    let import = table("销售额", "[DBNum2][$-804]General", 50.0);
    assert_eq!(shown(&import, "values.amount"), [json!(50)], "{import}");
}

#[test]
fn columns_that_may_hold_another_figure_are_asked_about() {
    let (_home, _server, api) = served(Database::Sqlite);
    for pair in [
        ["培训人次（计划）", "培训人次（完成）"],
        ["培训人次（上年同期）", "培训人次（本期）"],
        ["培训人次（累计）", "培训人次（本月）"],
        ["培训人次", "培训人次"],
    ] {
        let table = format!("日期,地点,{},{}\n2026-11-20,沫阳镇,50,7\n", pair[0], pair[1]);
        let import = bring(&api, "skills_training", table);
        assert_eq!(import["columns"], json!(["date", "place", null, null]), "{import}");
        assert_eq!(omitted(&import).into_iter().map(|own| own.0).collect::<Vec<_>>(), pair);
        assert_eq!(mistakes(&import)[0].2, "required");
    }
}

#[test]
fn total_rows_are_left_out_and_data_with_total_words_is_not() {
    let (_home, _server, api) = served(Database::Sqlite);
    let table = "序号,日期,地点,培训人次,工种\n1,2026-11-20,沫阳镇,5,电工\n2,2026-11-21,沫阳镇,6,汇总企业需求\n\
        合计,2026-11-20,沫阳镇,11,\n3,2026-11-20,沫阳镇,11,合计\n4,2026.11.2O,沫阳镇,3,总计划讨论\n";
    let import = bring(&api, "skills_training", table);
    assert_eq!(left_out(&import), [(4, "total".to_owned()), (5, "total".to_owned())], "{import}");
    assert_eq!(mistakes(&import), [(6, "日期".to_owned(), "unreadable_date".to_owned())]);
}

#[test]
fn row_wider_than_the_heading_and_several_days_are_mistakes() {
    let (_home, _server, api) = served(Database::Sqlite);
    let table = "日期,地点,培训人次,工种\n2026-11-20,沫阳镇,1,200,电工\n2026-11-20 至 2026-11-25,沫阳镇,5,\n";
    let import = bring(&api, "skills_training", table);
    let expected = [(2, "", "too_many_cells"), (3, "日期", "unreadable_date")];
    let expected = expected.map(|(row, column, code)| (row, column.to_owned(), code.to_owned()));
    assert_eq!(mistakes(&import), expected, "{import}");
}

#[test]
fn file_of_another_format_is_named() {
    let (_home, _server, api) = served(Database::Sqlite);
    let xml = r#"<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
        <Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:html="http://www.w3.org/TR/REC-html40">
        <Worksheet><Table><Row><Cell><Data>日期</Data></Cell></Row></Table></Worksheet></Workbook>"#;
    for (file, name) in [
        (xml, "Excel 2003 的 XML 表格"),
        (r#"[{"日期": "2026-11-20", "地点": "沫阳镇"}]"#, "JSON"),
        ("日期|地点，村|人\n2026-11-20|沫阳镇，沫阳村|2\n", "用什么符号分开"),
    ] {
        let import = bring(&api, "skills_training", file);
        assert_eq!(import["stage"], "unreadable", "{name}: {import}");
        assert!(import["problem"].as_str().unwrap().contains(name), "{name}: {import}");
    }
}

#[test]
fn bar_full_width_comma_and_layout_table_are_read() {
    let (_home, _server, api) = served(Database::Sqlite);
    let cells = [["日期", "地点", "培训人次", "工种"], ["2026-11-20", "沫阳镇", "12", "电工、焊工"]];
    let joined = |separator: &str| cells.map(|row| row.join(separator)).join("\n");
    let rows = cells.map(|row| format!("<tr>{}</tr>", row.map(|cell| format!("<td>{cell}</td>")).concat())).concat();
    let page = format!("<html><table><tr><td>导航</td><td><table>{rows}</table></td></tr><tr><td>页脚</table></html>");
    for file in [joined("|"), joined("，"), page] {
        let import = bring(&api, "skills_training", file.clone());
        assert_eq!((&import["rows"], &import["wrong"]), (&json!(1), &json!(0)), "{file}: {import}");
        assert_eq!(shown(&import, "values.attendance"), [json!(12)], "{file}");
    }
}

#[test]
fn invalid_byte_and_nul_name_their_line_alone() {
    let (_home, _server, api) = served(Database::Sqlite);
    let table =
        "日期,地点,培训人次\n2026-11-20,沫阳镇,1\n2026-11-21,沫阳镇?,2\n2026-11-22,沫\0阳镇,3\n2026-11-23,沫阳镇,4\n";
    let file = table.bytes().map(|byte| if byte == b'?' { 0xff } else { byte }).collect::<Vec<u8>>();
    let import = bring(&api, "skills_training", file);
    let row = |row, code: &str| (row, String::new(), code.to_owned());
    assert_eq!(mistakes(&import), [row(3, "invalid_byte"), row(4, "character")], "{import}");
    let first = &import["mistakes"][0];
    assert_eq!((&first["limit"], &first["value"]), (&json!(21.0), &json!("2026-11-21,沫阳镇<FF>,2")), "{import}");
    assert!(first["message"].as_str().unwrap().contains("第 21 个字节"), "{import}");
    assert_eq!(shown(&import, "values.attendance"), [json!(1), json!(4)]);
}

#[test]
fn hidden_row_of_a_page_is_counted() {
    let (_home, _server, api) = served(Database::Sqlite);
    let page = "<html><table><tr><th>日期<th>地点<th>培训人次</tr><tr><td>2026-11-20<td>沫阳镇<td>5</tr>
        <tr height=0 style='display:none'><td>2026-11-21<td>沫阳镇<td>6</tr></table></html>";
    let import = bring(&api, "skills_training", page);
    assert_eq!((&import["rows"], &import["hidden_rows"]), (&json!(2), &json!(1)), "{import}");
}

#[test]
fn formula_without_a_certain_result_is_named() {
    let (_home, _server, api) = served(Database::Sqlite);
    let import = bring(&api, "skills_training", fixture("01-1904.xls"));
    assert_eq!(
        (&import["wrong"], &import["uncalculated"]),
        (&json!(0), &json!([{"row": 4, "column": "工种"}])),
        "{import}"
    );
}
