//! Tests of the reader of workbooks.

use super::*;
use crate::import::workbook;
use rust_xlsxwriter::{Format, Workbook};
use std::io::{Cursor, Read, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Creates a workbook from the texts of its parts.
fn package(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

const RELATIONS: (&str, &str) = (
    "xl/_rels/workbook.xml.rels",
    r#"<Relationships><Relationship Id="r1" Type="x/worksheet" Target="worksheets/sheet1.xml"/>
    <Relationship Id="r2" Type="x/worksheet" Target="/xl/worksheets/sheet2.xml"/>
    <Relationship Id="r3" Type="x/chartsheet" Target="chartsheets/sheet1.xml"/>
    <Relationship Id="r4" Type="x/styles" Target="styles.xml"/>
    <Relationship Id="r5" Type="x/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#,
);
const TYPES: (&str, &str) = ("[Content_Types].xml", "<Types/>");

fn one_sheet(data: &str, more: &str) -> Vec<u8> {
    let workbook = ("xl/workbook.xml", r#"<workbook><sheets><sheet name="a" r:id="r1"/></sheets></workbook>"#);
    let sheet = format!("<worksheet><sheetData>{data}</sheetData>{more}</worksheet>");
    package(&[TYPES, RELATIONS, workbook, ("xl/worksheets/sheet1.xml", &sheet)])
}

fn cells(file: &[u8]) -> Vec<(usize, Vec<SheetCell>)> {
    read(file, None).unwrap().rows.into_iter().map(|row| (row.number, row.cells)).collect()
}

#[test]
fn xlsx_rows_have_their_numbers() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(1, 1, "日期").unwrap().write_string(1, 2, "户数").unwrap();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    sheet.write_number_with_format(2, 1, 46350.0, &day).unwrap().write_number(2, 2, 12.5).unwrap();
    sheet.write_string(4, 1, " 2026/11/24 ").unwrap().write_boolean(4, 2, true).unwrap();
    let rows = cells(&book.save_to_buffer().unwrap());
    let first = jiedui_core::values::date::parse_date("2026-11-24").unwrap();
    let expected = [
        (2, vec![SheetCell::of("日期"), SheetCell::of("户数")]),
        (3, vec![SheetCell::Day(first), SheetCell::Number(12.5)]),
        (5, vec![SheetCell::of("2026/11/24"), SheetCell::of("是")]),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn distant_cell_allocates_nothing_in_between() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "户数").unwrap().write_number(1, 0, 1).unwrap();
    sheet.write_string(1_048_575, 1, "备注").unwrap().write_string(1_048_575, 16_383, "x").unwrap();
    let rows = cells(&book.save_to_buffer().unwrap());
    assert_eq!(rows[2], (1_048_576, vec![SheetCell::Empty, SheetCell::of("备注")]));
}

#[test]
fn errors_uncalculated_formulas_and_rich_text_are_read() {
    let data = r#"<row r="1"><c r="A1" t="e"><v>#N/A</v></c><c r="B1"><f>A1*2</f><v/></c><c r="C1"><f>1+1</f><v>2</v></c>
        <c r="D1" t="str"><f>""</f><v></v></c><c r="E1" t="str"><f>x</f></c>
        <c r="F1" t="inlineStr"><is><r><t>沫阳</t></r><r><t>镇 &amp; _x000D_村</t></r><rPh><t>moyang</t></rPh></is></c><c r="G1" s="9"/></row>"#;
    assert!(!read(&one_sheet(data, ""), None).unwrap().rows[0].hidden);
    let hidden = data.replace("r=\"1\">", "r=\"1\" hidden=\"1\">");
    assert!(read(&one_sheet(&hidden, ""), None).unwrap().rows[0].hidden);
    let rows = cells(&one_sheet(data, ""));
    let expected = [
        SheetCell::Error("#N/A".into()),
        SheetCell::NoResult,
        SheetCell::Number(2.0),
        SheetCell::Empty,
        SheetCell::NoResult,
        SheetCell::of("沫阳镇 & \r村"),
    ];
    assert_eq!(rows, [(1, expected.to_vec())]);
}

#[test]
fn hidden_columns_are_marked_without_empty_ones_at_the_left() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 1, ["日期", "地点", "户数"]).unwrap();
    sheet.set_column_hidden(0).unwrap().set_column_hidden(2).unwrap();
    assert_eq!(read(&book.save_to_buffer().unwrap(), None).unwrap().hidden_columns, 0b10);
}

#[test]
fn merged_cells_are_repeated_downwards() {
    let cell = |at: &str, text: &str| format!(r#"<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>"#);
    let data =
        format!("<row r=\"1\">{}{}</row><row r=\"2\">{}</row>", cell("A1", "a"), cell("B1", "b"), cell("B2", "c"));
    let file = one_sheet(&data, r#"<mergeCells><mergeCell ref="A1:A2"/><mergeCell ref="A9:B99999"/></mergeCells>"#);
    let rows = read(&file, None).unwrap().rows;
    assert_eq!(rows[1].cells, [SheetCell::of("a"), SheetCell::of("c")]);
    assert!(rows[1].is_carried(0) && !rows[1].is_carried(1));
}

#[test]
fn date_system_and_formats_come_from_the_workbook() {
    let styles = r##"<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/>
        <numFmt numFmtId="165" formatCode="#,##0.00&quot; days&quot;;[Red]-0"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>
        <cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="31"/></cellXfs></styleSheet>"##;
    let data = r#"<row><c s="1"><v>44884</v></c><c s="2"><v>44884</v></c><c s="3"><v>44884</v></c><c t="d"><v>2026-11-20T00:00:00</v></c></row>"#;
    let sheet = format!("<worksheet><sheetData>{data}</sheetData></worksheet>");
    let of = |mark: &str| {
        let workbook =
            format!(r#"<workbook><workbookPr {mark}/><sheets><sheet name="a" r:id="r1"/></sheets></workbook>"#);
        let parts = [
            TYPES,
            RELATIONS,
            ("xl/workbook.xml", &workbook),
            ("xl/styles.xml", styles),
            ("xl/worksheets/sheet1.xml", &sheet),
        ];
        read(&package(&parts), None).unwrap()
    };
    let texts = |book: &SheetFile| book.rows[0].cells.iter().map(|cell| cell.text().into_owned()).collect::<Vec<_>>();
    let from_1904 = of("date1904=\"1\"");
    assert!(from_1904.from_1904);
    assert_eq!(texts(&from_1904), ["2026-11-20", "44884days", "2026-11-20", "2026-11-20"]);
    assert_eq!(texts(&of("")), ["2022-11-19", "44884days", "2022-11-19", "2026-11-20"]);
}

#[test]
fn first_visible_filled_sheet_is_read_unless_another_is_chosen() {
    let workbook = r#"<workbook><sheets><sheet name="旧" state="veryHidden" r:id="r1"/><sheet name="图" r:id="r3"/>
        <sheet name="新" state="visible" r:id="r2"/></sheets></workbook>"#;
    let sheet = |text: &str| {
        format!(
            r#"<worksheet><sheetData><row><c t="inlineStr"><is><t>{text}</t></is></c></row></sheetData></worksheet>"#
        )
    };
    let (first, second) = (sheet("old"), sheet("new"));
    let file = package(&[
        TYPES,
        RELATIONS,
        ("xl/workbook.xml", workbook),
        ("xl/worksheets/sheet1.xml", &first),
        ("xl/worksheets/sheet2.xml", &second),
    ]);
    let book = read(&file, None).unwrap();
    assert_eq!(
        book.sheets.iter().map(|sheet| (sheet.name.as_str(), sheet.hidden)).collect::<Vec<_>>(),
        [("旧", true), ("新", false)]
    );
    assert_eq!((book.sheet, book.rows[0].cell(0)), (1, &SheetCell::of("new")));
    assert_eq!(read(&file, Some(0)).unwrap().rows[0].cell(0), &SheetCell::of("old"));
}

#[test]
fn zip_bomb_is_rejected() {
    let huge = |name: &str, head: &str| {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in [
            TYPES,
            RELATIONS,
            ("xl/workbook.xml", r#"<workbook><sheets><sheet name="a" r:id="r1"/></sheets></workbook>"#),
        ] {
            archive.start_file(name, SimpleFileOptions::default()).unwrap();
            archive.write_all(text.as_bytes()).unwrap();
        }
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(head.as_bytes()).unwrap();
        std::io::copy(&mut std::io::repeat(b'a').take(150_000_000), &mut archive).unwrap();
        archive.finish().unwrap().into_inner()
    };
    let cell =
        huge("xl/worksheets/sheet1.xml", "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>");
    assert!(cell.len() < 1_000_000);
    assert_eq!(read(&cell, None).err(), Some(FileError::TooLarge));
    let text = huge("xl/sharedStrings.xml", "<sst><si><t>");
    assert_eq!(read(&text, None).err(), Some(FileError::TooLarge));
}

#[test]
fn other_packages_are_named_by_their_format() {
    assert_eq!(workbook::read(&package(&[("content.xml", "<x/>")]), None).err(), Some(FileError::OtherTable));
    assert_eq!(workbook::read(&package(&[("word/document.xml", "<x/>")]), None).err(), Some(FileError::Document));
    assert_eq!(workbook::read(&package(&[("a.txt", "x")]), None).err(), Some(FileError::NotTable));
    assert_eq!(workbook::read(&one_sheet("<row", ""), None).err(), Some(FileError::Damaged));
}
