//! Layout of imported tables: sheet, heading rows, columns, and rows that are omitted.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::import::{
    change, errors_of, fixture, import_path, omitted_columns, omitted_rows, preview_values, upload_and_check,
};
use jiedui_tests::{Database, served};
use rust_xlsxwriter::{Format, Workbook};
use serde_json::json;

#[test]
fn sheet_and_heading_are_shown_and_can_be_changed() {
    let (_env, _server, api) = served(Database::Sqlite);
    let import = upload_and_check(&api, "skills_training", fixture("02b-hidden-old.xlsx"));
    assert_eq!(import["sheets"], json!([{"name": "去年", "hidden": true}, {"name": "今年", "hidden": false}]));
    assert_eq!((&import["sheet"], &import["heading_row"], &import["heading_rows"]), (&json!(1), &json!(1), &json!(1)));
    let other = change(&api, &import, "/layout", &json!({"sheet": 0}));
    assert_eq!((&other["sheet"], &preview_values(&other, "values.attendance")[0]), (&json!(0), &json!(999)));
    for wrong in [json!({"sheet": 2}), json!({"heading_row": 77}), json!({"sheet": "x"}), json!({"heading_rows": 9})] {
        let answer = api.request("PUT", &import_path(&import, "/layout")).json(&wrong).send().unwrap();
        assert_eq!(answer.status(), 400, "{wrong}");
    }
    // The user chooses an unknown heading.
    let table = "这里,什么,也不,知道\n哪一天,哪里,几个人,x\n2026-11-20,沫阳镇,12,y\n";
    let import = upload_and_check(&api, "skills_training", table);
    assert_eq!(import["heading_row"], 1);
    let import = change(&api, &import, "/layout", &json!({"heading_row": 2}));
    assert_eq!((&import["heading"][0], &import["rows"]), (&json!("哪一天"), &json!(1)));
    let columns = json!({"columns": ["date", "place", "values.attendance", null]});
    assert_eq!(change(&api, &import, "/columns", &columns)["wrong"], 0);
    // It is found by itself the next time.
    let next = upload_and_check(&api, "skills_training", table.replace("12", "13"));
    assert_eq!((&next["heading_row"], &next["wrong"], &next["rows"]), (&json!(2), &json!(0), &json!(1)));
}

#[test]
fn grouped_headings_units_and_two_place_columns_are_read() {
    let (_env, _server, api) = served(Database::Sqlite);
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
    let import = upload_and_check(&api, "online_sale", book.save_to_buffer().unwrap());
    assert_eq!(
        (&import["heading_row"], &import["heading_rows"], &import["wrong"]),
        (&json!(3), &json!(2), &json!(0)),
        "{import}"
    );
    let columns = json!([null, "date", "place", "place", "values.amount", "values.viewers", "details.channel"]);
    assert_eq!(import["columns"], columns);
    assert_eq!(import["units"], json!([null, null, null, null, "元", "万人次", null]));
    assert_eq!(preview_values(&import, "values.amount"), [json!(5), json!(1.5)]);
    assert_eq!(preview_values(&import, "values.viewers"), [5_000, 20_000].map(|count| json!(count)));
    assert_eq!(preview_values(&import, "place"), [json!("522728109204"), json!("522728109")]);
    let first = &import["preview"][0]["cells"];
    let amount = first.as_array().unwrap().iter().find(|cell| cell["path"] == "values.amount").unwrap();
    assert_eq!(
        (&amount["written"], &amount["text"], &amount["converted"]),
        (&json!("50,000"), &json!("5 万元"), &json!(true))
    );
    assert_eq!(
        omitted_rows(&import),
        [(1, "title"), (2, "title"), (8, "total"), (9, "note")].map(|(row, why)| (row, why.to_owned()))
    );
    assert_eq!(import["left_out_counts"]["blank"], 1);
}

#[test]
fn number_merged_over_several_rows_counts_once_and_is_an_error() {
    let (_env, _server, api) = served(Database::Sqlite);
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, words) in (0..).zip(["日期", "地点", "培训人次"]) {
        sheet.write_string(0, column, words).unwrap();
    }
    for row in [1, 2] {
        sheet.write_string(row, 0, format!("2026-11-2{row}")).unwrap().write_string(row, 1, "沫阳镇").unwrap();
    }
    sheet.merge_range(1, 2, 2, 2, "30", &Format::new()).unwrap();
    let import = upload_and_check(&api, "skills_training", book.save_to_buffer().unwrap());
    assert_eq!(errors_of(&import), [(3, "培训人次".to_owned(), "merged_number".to_owned())]);
}

#[test]
fn matched_columns_are_remembered_per_person_except_template() {
    let (env, server, api) = served(Database::Sqlite);
    env.add_user("recorder", "recorder", &["--place", "522728"]);
    let other = server.sign_in("recorder");
    let table = "甲,乙,丙\n2026-11-20,沫阳镇,2\n";
    let import = upload_and_check(&api, "skills_training", table);
    let columns = json!({"columns": ["date", "place", "values.attendance"]});
    assert_eq!(change(&api, &import, "/columns", &columns)["wrong"], 0);
    assert_eq!(upload_and_check(&api, "skills_training", table.replace('2', "3"))["columns"][0], "date");
    assert_eq!(upload_and_check(&other, "skills_training", table)["columns"], json!([null, null, null]));
    // The columns of the template's heading are fixed.
    let template = "日期*,地点*,培训人次（人次）*,工种,结对,单位,备注\n2026-11-20,沫阳镇,2,,,,\n";
    let import = upload_and_check(&api, "skills_training", template);
    assert_eq!((&import["official"], &import["wrong"]), (&json!(true), &json!(0)), "{import}");
    let swapped =
        json!({"columns": ["date", "place", "values.attendance", "note", "pairing", "organisation", "details.trade"]});
    let answer = api.request("PUT", &import_path(&import, "/columns")).json(&swapped).send().unwrap();
    assert_eq!(answer.status(), 400);
    assert_eq!(upload_and_check(&api, "skills_training", template.replace("2,", "3,"))["columns"][3], "details.trade");
}

#[test]
fn columns_with_a_qualifier_are_omitted() {
    let (_env, _server, api) = served(Database::Sqlite);
    for pair in [
        ["培训人次（计划）", "培训人次（完成）"],
        ["培训人次（上年同期）", "培训人次（本期）"],
        ["培训人次（累计）", "培训人次（本月）"],
        ["培训人次", "培训人次"],
    ] {
        let table = format!("日期,地点,{},{}\n2026-11-20,沫阳镇,50,7\n", pair[0], pair[1]);
        let import = upload_and_check(&api, "skills_training", table);
        assert_eq!(import["columns"], json!(["date", "place", null, null]), "{import}");
        assert_eq!(omitted_columns(&import).into_iter().map(|column| column.0).collect::<Vec<_>>(), pair);
        assert_eq!(errors_of(&import)[0].2, "required");
    }
}

#[test]
fn total_rows_are_omitted_and_data_with_total_words_is_read() {
    let (_env, _server, api) = served(Database::Sqlite);
    let table = "序号,日期,地点,培训人次,工种\n1,2026-11-20,沫阳镇,5,电工\n2,2026-11-21,沫阳镇,6,汇总企业需求\n\
        合计,2026-11-20,沫阳镇,11,\n3,2026-11-20,沫阳镇,11,合计\n4,2026.11.2O,沫阳镇,3,总计划讨论\n";
    let import = upload_and_check(&api, "skills_training", table);
    assert_eq!(omitted_rows(&import), [(4, "total".to_owned()), (5, "total".to_owned())], "{import}");
    assert_eq!(errors_of(&import), [(6, "日期".to_owned(), "unreadable_date".to_owned())]);
}

#[test]
fn row_wider_than_heading_and_date_range_are_errors() {
    let (_env, _server, api) = served(Database::Sqlite);
    let table = "日期,地点,培训人次,工种\n2026-11-20,沫阳镇,1,200,电工\n2026-11-20 至 2026-11-25,沫阳镇,5,\n";
    let import = upload_and_check(&api, "skills_training", table);
    let expected = [(2, "", "too_many_cells"), (3, "日期", "unreadable_date")];
    let expected = expected.map(|(row, column, code)| (row, column.to_owned(), code.to_owned()));
    assert_eq!(errors_of(&import), expected, "{import}");
}

/// Without merged cells, as in text files, the row of 其中：女 was omitted as a total, and the first part imported.
#[test]
fn parts_of_a_figure_in_a_second_heading_row_are_no_figure() {
    let (_env, _server, api) = served(Database::Sqlite);
    let table = "日期,地点,培训人次,\n,,其中：女,合计\n2026-11-20,沫阳镇,5,12\n";
    let import = upload_and_check(&api, "skills_training", table);
    assert_eq!((&import["heading_rows"], &import["rows"]), (&json!(2), &json!(1)), "{import}");
    assert_eq!(import["heading"], json!(["日期", "地点", "培训人次 其中：女", "培训人次 合计"]));
    assert_eq!((preview_values(&import, "values.attendance"), &import["new"]), (vec![json!(null)], &json!(0)));
    let columns = json!({"columns": ["date", "place", null, "values.attendance"]});
    let import = change(&api, &import, "/columns", &columns);
    assert_eq!((preview_values(&import, "values.attendance"), &import["wrong"]), (vec![json!(12)], &json!(0)));
}

#[test]
fn row_of_units_below_the_heading_is_applied() {
    let (_env, _server, api) = served(Database::Sqlite);
    for units in [",,公斤,元", ",,（公斤）,（元）"] {
        let table = format!("日期,地点,采购数量,采购金额\n{units}\n2026-11-20,沫阳镇,5000,80000\n");
        let import = upload_and_check(&api, "purchase", table);
        assert_eq!((&import["heading_rows"], &import["wrong"]), (&json!(2), &json!(0)), "{import}");
        assert_eq!(preview_values(&import, "values.tonnes"), [json!(5)]);
        assert_eq!(preview_values(&import, "values.amount"), [json!(8)]);
    }
}

#[test]
fn unit_in_a_remark_below_the_table_is_applied() {
    let (_env, _server, api) = served(Database::Sqlite);
    for remark in ["注：金额单位为元", "单位：元", "填表人：王某,,单位：元"] {
        let table = format!("日期,地点,销售额\n2026-11-20,沫阳镇,50000\n{remark}\n");
        let import = upload_and_check(&api, "online_sale", table);
        assert_eq!(preview_values(&import, "values.amount"), [json!(5)], "{import}");
        assert_eq!((omitted_rows(&import), &import["wrong"]), (vec![(3, "note".to_owned())], &json!(0)), "{remark}");
    }
}

/// Columns beyond the hundredth are not read; their values were dropped without an error.
#[test]
fn row_beyond_the_hundredth_column_is_an_error() {
    let (_env, _server, api) = served(Database::Sqlite);
    let empty = ",".repeat(110);
    let table = format!("日期,地点,培训人次{empty},工种\n2026-11-20,沫阳镇,1{empty},厨师\n2026-11-20,边阳镇,2\n");
    let import = upload_and_check(&api, "skills_training", table);
    assert_eq!(errors_of(&import), [(2, String::new(), "too_many_cells".to_owned())], "{import}");
    assert_eq!(import["new"], 1);
}
