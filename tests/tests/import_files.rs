//! Files of tables as offices send them: formats, the rows and errors of each, and the memory for hostile ones.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::import::{
    errors_of, fixture, import_path, omitted_columns, omitted_rows, preview_values, upload_and_check,
};
use jiedui_tests::{Database, served};
use rstest::rstest;
use serde_json::{Value, json};
use std::io::Write;

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
fn office_tables_become_their_entries(#[case] database: Database) {
    let (_env, _server, api) = served(database);
    for (name, activity, path_of, values, out) in RIGHT {
        let import = upload_and_check(&api, activity, fixture(name));
        assert_eq!((&import["stage"], &import["wrong"]), (&json!("checked"), &json!(0)), "{name}: {import}");
        let shown_values: Vec<f64> =
            preview_values(&import, path_of).iter().map(|value| value.as_f64().unwrap()).collect();
        assert_eq!(shown_values, values, "{name}");
        assert!(preview_values(&import, "date").iter().all(|value| value == "2026-11-20"), "{name}: {import}");
        assert!(preview_values(&import, "place").iter().all(|value| value == "522728109200"), "{name}: {import}");
        assert_eq!(
            omitted_rows(&import),
            out.iter().map(|(row, why)| (*row, (*why).to_owned())).collect::<Vec<_>>(),
            "{name}"
        );
        let written = api.post(&import_path(&import, "/write"), &Value::Null);
        assert_eq!(written.status(), 200, "{name}");
        let listed = api.read(&format!("/api/v1/entries?activity={activity}&limit={}", values.len()));
        let code = path_of.strip_prefix("values.").unwrap();
        let mut entries: Vec<f64> = listed["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["fields"]["values"][code].as_f64().unwrap())
            .collect();
        entries.reverse();
        assert_eq!(entries, values, "{name}");
        let undone = api.request("DELETE", &import_path(&import, "")).send().unwrap();
        assert_eq!(undone.json::<Value>().unwrap()["stage"], "undone", "{name}");
    }
}

#[test]
fn each_unreadable_cell_is_one_error() {
    let (_env, _server, api) = served(Database::Sqlite);
    let expected = |rows: &[(u64, &str, &str)]| -> Vec<(u64, String, String)> {
        rows.iter().map(|(row, column, code)| (*row, (*column).to_owned(), (*code).to_owned())).collect()
    };
    let import = upload_and_check(&api, "purchase", fixture("04-error-cells.xlsx"));
    assert_eq!(errors_of(&import), expected(&[(2, "采购金额", "error_value"), (2, "采购单位", "error_value")]));
    let import = upload_and_check(&api, "purchase", fixture("11-formula-no-value.xlsx"));
    assert_eq!(errors_of(&import), expected(&[(2, "采购金额", "no_result")]));
    let import = upload_and_check(&api, "skills_training", fixture("04-errors.xls"));
    assert!(errors_of(&import).contains(&expected(&[(2, "工种", "error_value")])[0]));
    let import = upload_and_check(&api, "skills_training", fixture("07-quote.csv"));
    assert_eq!(errors_of(&import), expected(&[(3, "", "unclosed_quote")]));
    assert_eq!((&import["rows"], &import["wrong_rows"]), (&json!(4), &json!(1)));
    let import = upload_and_check(&api, "skills_training", fixture("15-number-texts.xlsx"));
    let column = "培训人次";
    let unreadable = [10, 11, 12, 16, 17].map(|row| (row, column, "not_amount"));
    let twice = [3, 4, 18, 19].map(|row| (row, "", "twice"));
    let mut all: Vec<_> = unreadable.into_iter().chain(twice).chain([(7, "", "twice"), (20, column, "unit")]).collect();
    all.sort();
    assert_eq!(errors_of(&import), expected(&all));
    let amounts: Vec<Option<f64>> = preview_values(&import, "values.attendance").iter().map(Value::as_f64).collect();
    assert_eq!(amounts[3..8], [Some(12_000.0), Some(1_200.0), Some(1_200.0), Some(12.0), Some(12.0)]);
    assert_eq!(amounts[11..14], [Some(2_500.0), Some(300.0), Some(5_000.0)]);
}

#[test]
fn hostile_files_use_little_memory() {
    let (_env, server, api) = served(Database::Sqlite);
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
        let import = upload_and_check(&api, "skills_training", file);
        assert_eq!(import["stage"], stage, "{what}: {import}");
        let taken = server.peak_memory().saturating_sub(before) / 1024;
        assert!(taken < 100, "{what}: {taken} MB");
        println!("{what}: {taken} MB");
    }
}

#[test]
fn file_of_another_format_is_named() {
    let (_env, _server, api) = served(Database::Sqlite);
    let xml = r#"<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
        <Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:html="http://www.w3.org/TR/REC-html40">
        <Worksheet><Table><Row><Cell><Data>日期</Data></Cell></Row></Table></Worksheet></Workbook>"#;
    for (file, name) in [
        (xml, "Excel 2003 的 XML 表格"),
        (r#"[{"日期": "2026-11-20", "地点": "沫阳镇"}]"#, "JSON"),
        ("日期|地点，村|人\n2026-11-20|沫阳镇，沫阳村|2\n", "用什么符号分开"),
    ] {
        let import = upload_and_check(&api, "skills_training", file);
        assert_eq!(import["stage"], "unreadable", "{name}: {import}");
        assert!(import["problem"].as_str().unwrap().contains(name), "{name}: {import}");
    }
}

#[test]
fn bar_fullwidth_comma_and_layout_table_are_read() {
    let (_env, _server, api) = served(Database::Sqlite);
    let cells = [["日期", "地点", "培训人次", "工种"], ["2026-11-20", "沫阳镇", "12", "电工、焊工"]];
    let joined = |separator: &str| cells.map(|row| row.join(separator)).join("\n");
    let rows = cells.map(|row| format!("<tr>{}</tr>", row.map(|cell| format!("<td>{cell}</td>")).concat())).concat();
    let page = format!("<html><table><tr><td>导航</td><td><table>{rows}</table></td></tr><tr><td>页脚</table></html>");
    for file in [joined("|"), joined("，"), page] {
        let import = upload_and_check(&api, "skills_training", file.clone());
        assert_eq!((&import["rows"], &import["wrong"]), (&json!(1), &json!(0)), "{file}: {import}");
        assert_eq!(preview_values(&import, "values.attendance"), [json!(12)], "{file}");
    }
}

#[test]
fn invalid_byte_and_nul_are_errors_of_their_line_only() {
    let (_env, _server, api) = served(Database::Sqlite);
    let table =
        "日期,地点,培训人次\n2026-11-20,沫阳镇,1\n2026-11-21,沫阳镇?,2\n2026-11-22,沫\0阳镇,3\n2026-11-23,沫阳镇,4\n";
    let file = table.bytes().map(|byte| if byte == b'?' { 0xff } else { byte }).collect::<Vec<u8>>();
    let import = upload_and_check(&api, "skills_training", file);
    let row = |row, code: &str| (row, String::new(), code.to_owned());
    assert_eq!(errors_of(&import), [row(3, "invalid_byte"), row(4, "character")], "{import}");
    let first = &import["mistakes"][0];
    assert_eq!((&first["limit"], &first["value"]), (&json!(21.0), &json!("2026-11-21,沫阳镇<FF>,2")), "{import}");
    assert!(first["message"].as_str().unwrap().contains("第 21 个字节"), "{import}");
    assert_eq!(preview_values(&import, "values.attendance"), [json!(1), json!(4)]);
}

#[test]
fn hidden_rows_and_columns_of_a_page_are_left_out() {
    let (_env, _server, api) = served(Database::Sqlite);
    let page = "<html><table><tr><th>日期<th>地点<th>培训人次</tr><tr><td>2026-11-20<td>沫阳镇<td>5</tr>
        <tr height=0 style='display:none'><td>2026-11-21<td>沫阳镇<td>6</tr></table></html>";
    let import = upload_and_check(&api, "skills_training", page);
    assert_eq!((&import["rows"], &import["hidden_rows"]), (&json!(1), &json!(1)), "{import}");
    assert_eq!(omitted_rows(&import), [(3, "hidden".to_owned())], "{import}");
    assert_eq!(preview_values(&import, "values.attendance"), [json!(5)]);
    let page = "<table><tr><th>日期<th>地点<th>培训人次<th style='display:none'>备注
        <tr><td>2026-11-20<td>沫阳镇<td>5<td style='display:none'>去年</table>";
    let import = upload_and_check(&api, "skills_training", page);
    assert_eq!(omitted_columns(&import), [("备注".to_owned(), "hidden".to_owned())], "{import}");
    assert_eq!(import["columns"][3], Value::Null, "{import}");
}

#[test]
fn hidden_rows_and_columns_of_a_workbook_are_left_out() {
    let (_env, _server, api) = served(Database::Sqlite);
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, ["日期", "地点", "培训人次", "备注"]).unwrap();
    sheet.write_row(1, 0, ["2026-11-20", "沫阳镇", "5", "去年"]).unwrap();
    sheet.write_row(2, 0, ["2026-11-21", "沫阳镇", "6", "去年"]).unwrap();
    sheet.set_row_hidden(2).unwrap().set_column_hidden(3).unwrap();
    let import = upload_and_check(&api, "skills_training", book.save_to_buffer().unwrap());
    assert_eq!((&import["rows"], &import["hidden_rows"]), (&json!(1), &json!(1)), "{import}");
    assert_eq!(omitted_rows(&import), [(3, "hidden".to_owned())], "{import}");
    assert_eq!(omitted_columns(&import), [("备注".to_owned(), "hidden".to_owned())], "{import}");
    assert_eq!(api.post(&import_path(&import, "/write"), &Value::Null).status(), 200);
    let listed = api.read("/api/v1/entries?activity=skills_training&year=2026");
    let entries = listed["entries"].as_array().unwrap();
    assert_eq!((entries.len(), &entries[0]["fields"]["values"]["attendance"]), (1, &json!(5)), "{listed}");
    assert!(entries[0]["fields"]["note"].as_str().unwrap_or_default().is_empty(), "{listed}");
}

#[test]
fn formula_without_a_certain_result_is_named() {
    let (_env, _server, api) = served(Database::Sqlite);
    let import = upload_and_check(&api, "skills_training", fixture("01-1904.xls"));
    assert_eq!(
        (&import["wrong"], &import["uncalculated"]),
        (&json!(0), &json!([{"row": 4, "column": "工种"}])),
        "{import}"
    );
}
