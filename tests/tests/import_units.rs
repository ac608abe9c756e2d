//! Units of imported amounts: from the heading, a unit line, a unit column or the number format.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::import::{change, errors_of, omitted_columns, preview_values, upload_and_check};
use jiedui_tests::{Database, served};
use rust_xlsxwriter::{Format, Workbook};
use serde_json::json;

#[test]
fn unit_of_heading_is_applied_or_omits_the_column() {
    let (_env, _server, api) = served(Database::Sqlite);
    for unit in ["人民币元", "元人民币", "元、含税", "元，不含税", "以元计", "按元填写", "单位：人民币元", "單位：元"]
    {
        let import =
            upload_and_check(&api, "online_sale", format!("日期,地点,销售额（{unit}）\n2026-11-20,沫阳镇,50000\n"));
        assert_eq!(preview_values(&import, "values.amount"), [json!(5)], "{unit}: {import}");
        assert_eq!(import["wrong"], 0, "{unit}");
    }
    for unit in ["0.1万元", "亿", "百万", "元）（万元", "元/户", "元/月"] {
        let import =
            upload_and_check(&api, "online_sale", format!("日期,地点,销售额（{unit}）\n2026-11-20,沫阳镇,50000\n"));
        assert_eq!(omitted_columns(&import), [(format!("销售额（{unit}）"), "unit".to_owned())], "{import}");
        // A user who matches the column anyway gets an error, never a figure in the field's unit.
        let columns = json!({"columns": ["date", "place", "values.amount"]});
        let import = change(&api, &import, "/columns", &columns);
        let codes: Vec<String> = errors_of(&import).into_iter().map(|error| error.2).collect();
        assert_eq!(codes, ["unit"], "{unit}");
    }
}

#[test]
fn unit_line_is_applied_or_omits_the_column() {
    let (_env, _server, api) = served(Database::Sqlite);
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
        let import = upload_and_check(&api, "online_sale", table(line, "销售额"));
        assert_eq!(preview_values(&import, "values.amount"), [json!(5)], "{line}: {import}");
    }
    for (line, heading) in [("单位：元、万元", "销售额"), ("单位：元", "销售额（万元）"), ("单位：元/吨", "销售额")]
    {
        let import = upload_and_check(&api, "online_sale", table(line, heading));
        assert_eq!(omitted_columns(&import), [(heading.to_owned(), "unit".to_owned())], "{line}: {import}");
    }
}

#[test]
fn unit_column_applies_to_its_amount() {
    let (_env, _server, api) = served(Database::Sqlite);
    for heading in ["计量单位", "金额单位", "单位"] {
        let table = format!("日期,地点,销售额,{heading}\n2026-11-20,沫阳镇,50000,元\n2026-11-20,边阳镇,3,万元\n");
        let import = upload_and_check(&api, "online_sale", table);
        assert_eq!(preview_values(&import, "values.amount"), [json!(5), json!(3)], "{heading}: {import}");
        assert_eq!(import["wrong"], 0, "{heading}");
    }
    let table = "日期,地点,销售额（万元）,计量单位\n2026-11-20,沫阳镇,50000,元\n2026-11-20,边阳镇,3,大箱\n";
    let import = upload_and_check(&api, "online_sale", table);
    let unit = |row| (row, "销售额（万元）".to_owned(), "unit".to_owned());
    assert_eq!(errors_of(&import), [unit(2), unit(3)]);
}

#[test]
fn number_format_sets_the_unit() {
    let (_env, _server, api) = served(Database::Sqlite);
    let table = |heading: &str, format: &str, number: f64| {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for (column, words) in (0..).zip(["日期", "地点", heading]) {
            sheet.write_string(0, column, words).unwrap();
        }
        sheet.write_string(1, 0, "2026-11-20").unwrap().write_string(1, 1, "沫阳镇").unwrap();
        sheet.write_number_with_format(1, 2, number, &Format::new().set_num_format(format)).unwrap();
        upload_and_check(&api, "online_sale", book.save_to_buffer().unwrap())
    };
    for format in ["#,##0\"元\"", "\"¥\"#,##0", "[$¥-804]#,##0.00"] {
        assert_eq!(preview_values(&table("销售额", format, 50_000.0), "values.amount"), [json!(5)], "{format}");
        assert_eq!(errors_of(&table("销售额（万元）", format, 50_000.0)).len(), 1, "{format}: two units");
    }
    for format in ["[$$-409]#,##0", "[$€-2]#,##0", "0\"吨\"", "0.00%", "0.0,,\"百万\"", "#,##0,"] {
        assert_eq!(errors_of(&table("销售额", format, 50.0)).len(), 1, "{format}");
    }
    let import = table("销售额", "[DBNum2][$-804]General", 50.0);
    assert_eq!(preview_values(&import, "values.amount"), [json!(50)], "{import}");
}
