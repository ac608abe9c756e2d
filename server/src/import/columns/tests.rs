use super::*;
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
    let heading: Vec<Heading> = heading.iter().map(|own| own.split('|').map(str::to_owned).collect()).collect();
    guess(&heading, &targets(Some(&activity())))
}

fn paths(paths: &[&str]) -> Vec<Option<String>> {
    paths.iter().map(|own| Some((*own).to_owned()).filter(|own| !own.is_empty())).collect()
}

#[test]
fn a_column_is_known_by_the_words_of_its_field_however_they_are_written() {
    let found = guessed(&["序号", " 活动时间", "村 名", "培训人数 (人)*", "合计", "PEOPLE", "备注：", ""]);
    assert_eq!(found, paths(&["", "date", "place", "values.people", "", "", "note", ""]));
}

#[rstest]
#[case("销售额（元）", Some("元"))]
#[case("销售额(万元)", Some("万元"))]
#[case("销售额【单位：亿元】", Some("亿元"))]
#[case("销售额/元", Some("元"))]
#[case("销售额 元", Some("元"))]
#[case("销售额：万元", Some("万元"))]
#[case("销售额（含线上）", None)]
#[case("销售额（含线上）（元）", Some("元"))]
#[case("销售额（元/月）", Some("元"))]
#[case("销售额（美元）", Some("美元"))]
#[case("销售情况|销售额（元）", Some("元"))]
#[case("销售额|元", Some("元"))]
#[case("销售额|（千元）", Some("千元"))]
#[case("销售额", None)]
#[case("\u{feff}销售额\u{200b}", None)]
fn the_unit_of_a_column_stands_in_its_heading(#[case] heading: &str, #[case] expected: Option<&str>) {
    assert_eq!(guessed(&[heading]), paths(&["values.sales"]), "{heading}");
    let heading: Heading = heading.split('|').map(str::to_owned).collect();
    assert_eq!(unit_of(&heading).as_deref(), expected);
}

#[rstest]
#[case("单位：万元", &["万元"])]
#[case("填报单位：沫阳镇", &[])]
#[case("填报单位：沫阳镇   单位：元、人", &["元", "人"])]
#[case("销售统计表（单位：元）", &["元"])]
#[case("金额单位:千元", &["千元"])]
#[case("单位：沫阳镇人民政府", &[])]
fn a_line_above_the_table_names_units(#[case] line: &str, #[case] expected: &[&str]) {
    assert_eq!(units_of_line(line), expected);
}

#[test]
fn columns_of_several_levels_make_a_place_together() {
    assert_eq!(guessed(&["日期", "乡镇", "村", "培训人数"]), paths(&["date", "place", "place", "values.people"]));
    assert_eq!(guessed(&["乡（镇）", "村（社区）"]), paths(&["place", "place"]));
    assert_eq!(guessed(&["县", "乡镇", "行政村"]), paths(&["place", "place", "place"]));
    assert_eq!(guessed(&["乡镇", "地点"]), paths(&["", "place"]), "one column says all");
}

#[test]
fn identifiers_are_those_of_an_export_alone() {
    assert_eq!(guessed(&["编号", "日期"]), paths(&["", "date"]), "everybody numbers their rows");
    let found = guessed(&["编号", "日期", "地点代码", "地点", "数值", "版本"]);
    assert_eq!(found, paths(&["id", "date", "place_code", "place", "answers", "rev"]));
}

#[test]
fn the_official_heading_is_known_and_nothing_else_is_official() {
    let targets = targets(Some(&activity()));
    let template: Vec<Heading> = targets
        .iter()
        .filter(|own| is_in_template(own))
        .map(|own| vec![format!("{}{}", own.label, if own.required { "*" } else { "" })])
        .collect();
    let official_columns = official(&template, &targets).unwrap();
    assert_eq!(official_columns.len(), template.len());
    assert_eq!(official_columns[0].as_deref(), Some("date"));
    let mut other = template;
    other[0] = vec!["活动时间".to_owned()];
    assert_eq!(official(&other, &targets), None);
}
