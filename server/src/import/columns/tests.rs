//! Tests of the matching of headings.

use super::*;
use crate::import::target::targets;
use jiedui_core::catalogue::Activity;
use rstest::rstest;
use serde_json::json;

fn activity() -> Activity {
    serde_json::from_value(json!({
        "code": "training", "programme": "labour", "name": "", "name_en": "", "version": 1, "fields": [
            {"code": "people", "name": "培训人数", "name_en": "People", "kind": "integer", "unit": "人", "required": true},
            {"code": "sales", "name": "销售额", "name_en": "Sales", "kind": "number", "unit": "万元", "required": false},
            {"code": "kind", "name": "类型", "name_en": "Kind", "kind": "choice", "required": false, "choices": []},
            {"code": "total", "name": "合计", "name_en": "Total", "kind": "number", "required": false,
                "computed": {"sum": ["people"]}},
        ]
    }))
    .unwrap()
}

fn guessed(heading: &[&str]) -> Vec<Option<String>> {
    let heading: Vec<Heading> = heading.iter().map(|labels| labels.split('|').map(str::to_owned).collect()).collect();
    propose(&heading, &targets(Some(&activity()))).into_iter().map(|proposal| proposal.path).collect()
}

fn paths(paths: &[&str]) -> Vec<Option<String>> {
    paths.iter().map(|path| Some((*path).to_owned()).filter(|path| !path.is_empty())).collect()
}

#[test]
fn heading_matches_in_any_spelling() {
    let guessed_paths = guessed(&["序号", " 活动时间", "村 名", "培训人数 (人)*", "合计", "SALES", "备注：", ""]);
    assert_eq!(guessed_paths, paths(&["", "date", "place", "values.people", "", "values.sales", "note", ""]));
}

#[rstest]
#[case("销售额（元）", Some("元"))]
#[case("销售额(万元)", Some("万元"))]
#[case("销售额【单位：亿元】", Some("亿元"))]
#[case("销售额/元", Some("元"))]
#[case("销售额 元", Some("元"))]
#[case("销售额：万元", Some("万元"))]
#[case("销售额（美元）", Some("美元"))]
#[case("销售情况|销售额（元）", Some("元"))]
#[case("销售额|元", Some("元"))]
#[case("销售额|（千元）", Some("千元"))]
#[case("销售额（人民币元）", Some("元"))]
#[case("销售额（元人民币）", Some("元"))]
#[case("销售额（元、含税）", Some("元"))]
#[case("销售额（元，不含税）", Some("元"))]
#[case("销售额（以元计）", Some("元"))]
#[case("销售额（按元填写）", Some("元"))]
#[case("销售额（单位：人民币元）", Some("元"))]
#[case("销售额（单位为元）", Some("元"))]
#[case("销售额（單位：元）", Some("元"))]
#[case("销售额（必填）（元）", Some("元"))]
#[case("销售额（元", Some("元"))]
#[case("销售额", None)]
#[case("\u{feff}销售额\u{200b}", None)]
fn heading_unit_is_parsed(#[case] heading: &str, #[case] expected: Option<&str>) {
    assert_eq!(guessed(&[heading]), paths(&["values.sales"]), "{heading}");
    assert_eq!(one_unit(&words_of(heading)), Ok(expected.map(str::to_owned)));
}

fn words_of(heading: &str) -> UnitWords {
    let heading: Heading = heading.split('|').map(str::to_owned).collect();
    let targets = targets(Some(&activity()));
    heading_words(&heading, targets.iter().find(|target| target.path == "values.sales").unwrap())
}

#[rstest]
#[case("销售额（0.1万元）", ColumnReason::Unit)]
#[case("销售额（亿）", ColumnReason::Unit)]
#[case("销售额（百万）", ColumnReason::Unit)]
#[case("Sales (10,000 yuan)", ColumnReason::Unit)]
#[case("销售额（元）（万元）", ColumnReason::Unit)]
#[case("销售额（元、万元）", ColumnReason::Unit)]
#[case("金额（万元）|销售额（元）", ColumnReason::Unit)]
#[case("销售额（元/月）", ColumnReason::Unit)]
#[case("销售额（元/户）", ColumnReason::Unit)]
#[case("销售额（公斤、含包装）", ColumnReason::Words)]
#[case("销售额（含线上）", ColumnReason::Words)]
#[case("销售额（含线上）（元）", ColumnReason::Words)]
#[case("销售额（计划）", ColumnReason::Words)]
#[case("销售额（上年同期）", ColumnReason::Words)]
#[case("日期（计划）", ColumnReason::Words)]
fn partly_understood_heading_omits_the_column(#[case] heading: &str, #[case] why: ColumnReason) {
    let heading: Heading = heading.split('|').map(str::to_owned).collect();
    let proposal = propose(&[heading], &targets(Some(&activity()))).remove(0);
    assert!(proposal.named.is_some());
    assert_eq!((proposal.path, proposal.question.map(|question| question.0)), (None, Some(why)));
}

#[rstest]
#[case(&["培训人数", "培训人数"])]
#[case(&["培训人数（人）", "培训人数"])]
#[case(&["培训人数（计划）", "培训人数（完成）"])]
#[case(&["培训人数（累计）", "培训人数（本月）"])]
#[case(&["日期", "活动时间"])]
fn several_columns_for_one_field_are_all_omitted(#[case] heading: &[&str]) {
    assert_eq!(guessed(heading), [None, None]);
}

#[test]
fn columns_of_several_levels_combine_to_a_place() {
    assert_eq!(guessed(&["日期", "乡镇", "村", "培训人数"]), paths(&["date", "place", "place", "values.people"]));
    assert_eq!(guessed(&["乡（镇）", "村（社区）"]), paths(&["place", "place"]));
    assert_eq!(guessed(&["县", "乡镇", "行政村"]), paths(&["place", "place", "place"]));
    assert_eq!(guessed(&["乡镇", "地点"]), paths(&["", "place"]), "one column says all");
}

#[test]
fn identifier_columns_match_exports_only() {
    assert_eq!(guessed(&["编号", "日期"]), paths(&["", "date"]), "everybody numbers their rows");
    let guessed_paths = guessed(&["编号", "日期", "地点代码", "地点", "数值", "版本"]);
    assert_eq!(guessed_paths, paths(&["id", "date", "place_code", "place", "answers", "rev"]));
}

#[test]
fn only_the_template_heading_is_official() {
    let targets = targets(Some(&activity()));
    let template: Vec<Heading> = targets
        .iter()
        .filter(|target| is_in_template(target))
        .map(|target| vec![format!("{}{}", target.label, if target.required { "*" } else { "" })])
        .collect();
    let official_columns = official(&template, &targets).unwrap();
    assert_eq!(official_columns.len(), template.len());
    assert_eq!(official_columns[0].as_deref(), Some("date"));
    let mut other = template;
    other[0] = vec!["活动时间".to_owned()];
    assert_eq!(official(&other, &targets), None);
}
