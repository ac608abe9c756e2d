//! Tests of the matching of columns.

use super::*;
use crate::import::layout::lay_out;
use crate::import::sheet_file::SheetFile;
use crate::import::target::targets;
use crate::import::text;
use jiedui_core::catalogue::Activity;
use rstest::rstest;
use serde_json::json;

fn activity() -> Activity {
    serde_json::from_value(json!({
        "code": "sale", "programme": "p", "name": "", "name_en": "", "version": 1, "fields": [
            {"code": "amount", "name": "销售额", "name_en": "Sales", "kind": "number", "unit": "万元", "unit_en": "10k CNY", "required": true},
            {"code": "viewers", "name": "观看人次", "name_en": "Viewers", "kind": "integer", "unit": "人次", "required": false},
            {"code": "rent", "name": "租金", "name_en": "Rent", "kind": "number", "unit": "元/月", "required": false},
        ]
    }))
    .unwrap()
}

fn matched(table: &str) -> ColumnMatch {
    let targets = targets(Some(&activity()));
    let heading_score = |heading: &[Heading]| columns::named_columns(heading, &targets);
    match_columns(&lay_out(text::read(&table.into()).unwrap(), None, heading_score).unwrap(), &targets, None)
}

#[test]
fn hidden_column_is_omitted_unless_chosen_or_identifying() {
    let targets = targets(Some(&activity()));
    let sheet = |hidden_columns: u128, heading: &str| {
        let book = text::read(&format!("{heading}\n2026-11-20,沫阳镇,5,6").as_str().into()).unwrap();
        let score = |heading: &[Heading]| columns::named_columns(heading, &targets);
        lay_out(SheetFile { hidden_columns, ..book }, None, score).unwrap()
    };
    let sales = sheet(0b1100, "日期,地点,销售额（万元）,别的");
    let matched = match_columns(&sales, &targets, None);
    assert_eq!(matched.columns[2..], [None, None]);
    let omitted: Vec<_> = matched.omitted.iter().map(|column| (column.column, column.why)).collect();
    assert_eq!(omitted, [(2, ColumnReason::Hidden), (3, ColumnReason::Unknown)]);
    let chosen = Some("values.amount".to_owned());
    let matched = match_columns(&sales, &targets, Some(vec![None, None, chosen.clone(), None]));
    assert_eq!(matched.columns[2], chosen);
    let labels = [ID, REV].map(|path| targets.iter().find(|target| target.path == path).unwrap().label.clone());
    let matched = match_columns(&sheet(0b1111, &format!("{},{},日期,地点", labels[0], labels[1])), &targets, None);
    assert_eq!(matched.columns, [Some(ID.to_owned()), Some(REV.to_owned()), None, None]);
}

#[rstest]
#[case("单位：元\n日期,地点,销售额\n2026-11-20,沫阳镇,50000", "元")]
#[case("单位（元）\n日期,地点,销售额\n2026-11-20,沫阳镇,50000", "元")]
#[case("单位：元\n日期,地点,销售额（人民币元）\n2026-11-20,沫阳镇,50000", "元")]
#[case("单位：万元、人次\n日期,地点,销售额\n2026-11-20,沫阳镇,5", "万元")]
#[case("单位：人次\n日期,地点,销售额（万元）\n2026-11-20,沫阳镇,5", "万元")]
fn unit_of_line_and_heading_is_stated(#[case] table: &str, #[case] unit: &str) {
    let matched = matched(table);
    assert_eq!(matched.columns[2].as_deref(), Some("values.amount"));
    assert!(agree([matched.stated[2].as_deref().unwrap(), unit]), "{matched:?}");
}

#[rstest]
#[case("单位：元、万元\n日期,地点,销售额\n2026-11-20,沫阳镇,5")]
#[case("单位：元\n日期,地点,销售额（万元）\n2026-11-20,沫阳镇,5")]
#[case("单位：元\n日期,地点,销售额（千元）\n2026-11-20,沫阳镇,5")]
#[case("单位：元/吨\n日期,地点,销售额\n2026-11-20,沫阳镇,5")]
#[case("单位：0.1万元\n日期,地点,销售额\n2026-11-20,沫阳镇,5")]
#[case("日期,地点,销售额（元/户）\n2026-11-20,沫阳镇,5")]
fn contradictory_or_unclear_unit_omits_the_column(#[case] table: &str) {
    let matched = matched(table);
    assert_eq!(matched.columns[2], None, "{matched:?}");
    assert_eq!(matched.omitted[0].why, ColumnReason::Unit);
    assert!(!matched.omitted[0].text.is_empty());
}

#[test]
fn chosen_column_with_unclear_unit_has_error_per_number() {
    let targets = targets(Some(&activity()));
    let table = "日期,地点,销售额（元）（万元）\n2026-11-20,沫阳镇,5";
    let sheet =
        lay_out(text::read(&table.into()).unwrap(), None, |heading| columns::named_columns(heading, &targets)).unwrap();
    let chosen = ["date", "place", "values.amount"].map(|path| Some(path.to_owned())).to_vec();
    let matched = match_columns(&sheet, &targets, Some(chosen));
    let unit = Unit::of_field(matched.stated[2].as_deref().unwrap());
    assert!(!unit.converts_to(&Unit::of_field("万元")), "{matched:?}");
}

#[test]
fn official_template_under_other_unit_line_reads_no_number() {
    let targets = targets(Some(&activity()));
    let labels: Vec<&str> = targets
        .iter()
        .filter(|target| crate::import::target::is_in_template(target))
        .map(|target| target.label.as_str())
        .collect();
    let table = format!("单位：元\n{}\n2026-11-20,沫阳镇,5", labels.join(","));
    let sheet =
        lay_out(text::read(&table.as_str().into()).unwrap(), None, |heading| columns::named_columns(heading, &targets))
            .unwrap();
    let matched = match_columns(&sheet, &targets, None);
    assert!(matched.official);
    assert_eq!(matched.stated[2].as_deref(), Some("万元、元"));
}

#[rstest]
#[case("租金（元/月）", true)]
#[case("租金（万元/月）", true)]
#[case("租金（元/年）", false)]
#[case("租金（元）", true)]
fn rate_column_matches_rate_field_only(#[case] heading: &str, #[case] is_taken: bool) {
    let matched = matched(&format!("日期,地点,{heading}\n2026-11-20,沫阳镇,5"));
    assert_eq!(matched.columns[2].is_some(), is_taken, "{matched:?}");
}

#[rstest]
#[case("单位", "元", "unit")]
#[case("单位", "沫阳镇小学", "organisation")]
#[case("计量单位", "元", "unit")]
#[case("金额单位", "", "unit")]
fn unit_column_is_distinguished_from_organisations(#[case] heading: &str, #[case] cell: &str, #[case] path: &str) {
    let matched = matched(&format!("日期,地点,销售额,{heading},备注\n2026-11-20,沫阳镇,50000,{cell},x"));
    assert_eq!(matched.columns[3].as_deref(), Some(path));
}

#[test]
fn omitted_columns_are_listed_with_reason() {
    let table = "序号,日期,地点,销售额,观看人次（计划）,观看人次（完成）,备注,说明,\n1,2026-11-20,沫阳镇,5,50,7,,,x";
    let matched = matched(table);
    let listed: Vec<(usize, ColumnReason)> = matched.omitted.iter().map(|column| (column.column, column.why)).collect();
    let expected = [
        (0, ColumnReason::Unknown),
        (4, ColumnReason::Words),
        (5, ColumnReason::Words),
        (6, ColumnReason::Repeated),
        (7, ColumnReason::Repeated),
        (8, ColumnReason::Unknown),
    ];
    assert_eq!(listed, expected);
}
