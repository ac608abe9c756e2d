//! Tests of the layout of sheets.

use super::*;
use crate::import::row_omission::{ColumnKind, kinds, omission_reason};
use crate::import::target::targets;
use crate::import::text;
use rstest::rstest;

/// Laid out where 日期, 地点, 人次 and 工种 are known.
fn laid(table: &str) -> Sheet {
    lay_out(text::read(&table.into()).unwrap(), None, heading_score).unwrap()
}

fn heading_score(heading: &[Heading]) -> usize {
    let is_known = |heading: &&Heading| {
        heading.last().is_some_and(|last| ["日期", "地点", "人次", "工种"].contains(&last.as_str()))
    };
    heading.iter().filter(is_known).count()
}

fn columns(sheet: &Sheet) -> Vec<Option<String>> {
    let path = |heading: &Heading| match heading.last().map(String::as_str) {
        Some("日期") => Some("date".to_owned()),
        Some("地点") => Some("place".to_owned()),
        Some("人次") => Some("values.people".to_owned()),
        Some("备注") => Some("note".to_owned()),
        _ => None,
    };
    sheet.heading.iter().map(path).collect()
}

#[rstest]
#[case("日期,地点,人次\n2026-11-20,沫阳镇,1", 1, 1, &["日期", "地点", "人次"])]
#[case("2026年培训登记表,,\n日期,地点,人次\n2026-11-20,沫阳镇,1", 2, 1, &["日期", "地点", "人次"])]
#[case("登记表\n填报单位：沫阳镇,,单位：人次\n日期：2026年11月\n日期,地点,人次\n2026-11-20,沫阳镇,1", 4, 1, &["日期", "地点", "人次"])]
#[case("登记表\n日期,地点,培训情况,\n,,人次,工种\n2026-11-20,沫阳镇,1,电工", 2, 2, &["日期", "地点", "培训情况 人次", "培训情况 工种"])]
#[case("x,地点,a,b\n日期,,人次,工种\n2026-11-20,沫阳镇,1,电工", 1, 2, &["x 日期", "地点", "a 人次", "b 工种"])]
#[case("日期,地点,人次,\n,,其中：女,合计\n2026-11-20,沫阳镇,5,12", 1, 2, &["日期", "地点", "人次 其中：女", "人次 合计"])]
#[case("日期,地点,人次,,工种\n,,男,女,\n2026-11-20,沫阳镇,5,12,x", 1, 2, &["日期", "地点", "人次 男", "人次 女", "工种"])]
#[case("地点,人次,,\n,1月,2月,3月\n沫阳镇,5,12,7", 1, 2, &["地点", "人次 1月", "人次 2月", "人次 3月"])]
#[case("日期,地点,人次,金额\n,,（人次）,元\n2026-11-20,沫阳镇,5,12", 1, 2, &["日期", "地点", "人次 （人次）", "金额 元"])]
#[case("日期,地点,人次\n,,十二", 1, 1, &["日期", "地点", "人次"])]
#[case("日期,地点,人次,\n,,12,x", 1, 1, &["日期", "地点", "人次", ""])]
#[case("甲表,,,\n哪天,哪里,几次,别的\n2026-11-20,沫阳镇,1,电工", 2, 1, &["哪天", "哪里", "几次", "别的"])]
fn heading_is_found_below_titles_and_over_several_rows(
    #[case] table: &str,
    #[case] row: usize,
    #[case] rows: usize,
    #[case] labels: &[&str],
) {
    let sheet = laid(table);
    assert_eq!(
        (sheet.heading_rows, sheet.labels()),
        (HeadingRows { row, rows }, labels.iter().map(|label| (*label).to_owned()).collect())
    );
    assert_eq!(sheet.rows.len(), 1);
    assert_eq!(sheet.titles.len(), row - 1);
}

#[test]
fn chosen_heading_keeps_units_of_the_lines_above() {
    let table = "表,,\n单位：元,,\n日期,地点,人次\n日期,x,y\n2026-11-20,沫阳镇,1";
    assert_eq!(laid(table).units.units, ["元"]);
    let wanted = Some(HeadingRows { row: 4, rows: 1 });
    let sheet = lay_out(text::read(&table.into()).unwrap(), wanted, heading_score).unwrap();
    assert_eq!((sheet.labels(), sheet.rows.len()), (vec!["日期".to_owned(), "x".into(), "y".into()], 1));
    assert_eq!(lay_out(text::read(&"日期,地点".into()).unwrap(), None, heading_score).err(), Some(FileError::Empty));
}

#[rstest]
#[case("2026-11-20,沫阳镇,1,好", None)]
#[case("合计,,12,", Some(OmissionReason::Total))]
#[case("合 计,,12,", Some(OmissionReason::Total))]
#[case(",小计：,12,", Some(OmissionReason::Total))]
#[case(",沫阳镇小计,12,", Some(OmissionReason::Total))]
#[case("总计（12人次）,,12,", Some(OmissionReason::Total))]
#[case("Total,,12,", Some(OmissionReason::Total))]
#[case("2026-11-20,合计镇,1,", None)]
#[case("2026-11-20,沫阳镇,1,合计两次", None)]
#[case("20日,沫阳镇,1,合计两次", None)]
#[case("注：以上为半年数据,,,", Some(OmissionReason::Note))]
#[case("填表人：张三,,审核人：李四,", Some(OmissionReason::Note))]
#[case("日期,地点,人次,备注", Some(OmissionReason::Heading))]
#[case("例：,沫阳镇,1,", Some(OmissionReason::Example))]
#[case("1,2,3,4", Some(OmissionReason::Numbering))]
#[case("甲,乙,1,2", Some(OmissionReason::Numbering))]
fn rows_without_data_are_omitted(#[case] row: &str, #[case] why: Option<OmissionReason>) {
    let sheet = laid(&format!("日期,地点,人次,备注\n{row}"));
    let kinds = kinds(&columns(&sheet), &targets(None));
    assert_eq!(omission_reason(&sheet.rows[0], &sheet, &kinds, true), why, "{row}");
}

#[rstest]
#[case("合计,2026-11-20,沫阳镇,11,", Some(OmissionReason::Total))]
#[case("1,2026-11-20,沫阳镇,11,合计", Some(OmissionReason::Total))]
#[case("1,2026-11-20,沫阳镇小计,11,", Some(OmissionReason::Total))]
#[case("1,2026-11-20,沫阳镇,11,汇总企业需求", None)]
#[case("1,2026.11.2O,沫阳镇,11,总计划讨论", None)]
#[case("1,2026-11-20,沫阳镇,11,合计两次", None)]
#[case("11月合计,,,11,", Some(OmissionReason::Total))]
#[case("共12人,,,11,", Some(OmissionReason::Total))]
#[case("总人次,,,11,", Some(OmissionReason::Total))]
#[case("全镇,,,11,", Some(OmissionReason::Total))]
#[case("其中：女,,,11,", Some(OmissionReason::Total))]
#[case("∑,,,11,", Some(OmissionReason::Total))]
#[case("上年结转,,,11,", Some(OmissionReason::Total))]
fn total_row_is_distinguished_from_data(#[case] row: &str, #[case] why: Option<OmissionReason>) {
    let sheet = laid(&format!("序号,日期,地点,人次,工种\n{row}"));
    let other = ColumnKind::Other;
    let kinds = [other, ColumnKind::Date, ColumnKind::Named, ColumnKind::Number, ColumnKind::FreeText];
    assert_eq!(omission_reason(&sheet.rows[0], &sheet, &kinds, false), why, "{row}");
}

#[test]
fn merged_date_makes_a_row_data() {
    let mut sheet = laid("日期,地点,人次,工种\n2026-11-20,沫阳镇,1,电工\n2026-11-20,汇总企业需求,2,沫阳镇");
    sheet.rows[1].carried = 1;
    let kinds = [ColumnKind::Date, ColumnKind::FreeText, ColumnKind::Number, ColumnKind::Named];
    assert_eq!(omission_reason(&sheet.rows[1], &sheet, &kinds, false), None);
}

#[test]
fn merged_heading_cell_extends_heading_to_the_row_below() {
    let mut book = text::read(&"日期,地点,人次,\n,,男,女\n2026-11-20,沫阳镇,1,2".into()).unwrap();
    book.rows[1].cells[0] = SheetCell::of("日期");
    book.rows[1].carried = 1;
    let sheet = lay_out(book, None, heading_score).unwrap();
    assert_eq!(sheet.heading_rows, HeadingRows { row: 1, rows: 2 });
    assert_eq!(sheet.labels(), ["日期", "地点", "人次 男", "人次 女"]);
}

#[test]
fn text_file_has_as_many_columns_as_its_heading() {
    assert_eq!(laid("日期,地点,人次\n2026-11-20,沫阳镇,1,200").width, 3);
}

#[test]
fn row_with_only_its_number_is_blank() {
    let sheet = laid("序号,日期,地点,人次\n1,2026-11-20,沫阳镇,3\n2,,,\n合计,,,");
    let kinds = kinds(&columns(&sheet), &targets(None));
    let reasons: Vec<_> = sheet.rows.iter().map(|row| omission_reason(row, &sheet, &kinds, false)).collect();
    assert_eq!(reasons, [None, Some(OmissionReason::Blank), Some(OmissionReason::Total)]);
    let nobody = vec![ColumnKind::Other; 4];
    assert_eq!(
        omission_reason(&sheet.rows[1], &sheet, &nobody, false),
        None,
        "nothing is left out where no column is known"
    );
}

#[rstest]
#[case("日期,地点,人次\n2026-11-20,沫阳镇,1\n注：金额单位为元", &["元"])]
#[case("日期,地点,人次\n2026-11-20,沫阳镇,1\n填表人：王某\n单位：元,,审核人：李某", &["元"])]
#[case("日期,地点,人次\n2026-11-20,沫阳镇,1\n填报单位：沫阳镇", &[])]
#[case("日期,地点,人次\n单位：元\n2026-11-20,沫阳镇,1", &[])]
fn remark_below_the_data_names_the_unit(#[case] table: &str, #[case] units: &[&str]) {
    assert_eq!(laid(table).units.units, units);
}
