//! Tests of the reader of old workbooks.

use super::*;

fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../tests/fixtures/import/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn texts(book: &SheetFile) -> Vec<Vec<String>> {
    book.rows.iter().map(|row| row.cells.iter().map(|cell| cell.text().into_owned()).collect()).collect()
}

#[test]
fn xls_date_system_hidden_sheets_and_merged_cells_are_read() {
    let book = read(&file("01-1904.xls"), None).unwrap();
    assert_eq!(
        book.sheets.iter().map(|sheet| (sheet.name.as_str(), sheet.hidden)).collect::<Vec<_>>(),
        [("去年", true), ("今年", false)]
    );
    assert_eq!((book.sheet, book.from_1904), (1, true));
    let rows = texts(&book);
    assert_eq!(rows[2], ["2026-11-20", "522728109200", "12", "电工"]);
    // The program that wrote this file stores an empty text as result.
    assert_eq!(rows[3][..3], ["2026-11-20", "522728109200", "13"]);
    assert!(book.rows[3].is_uncalculated(3) && !book.rows[2].is_uncalculated(3));
    assert!(book.rows[3].is_carried(1));
    assert_eq!(texts(&read(&file("01-1904.xls"), Some(0)).unwrap())[1][2], "999");
}

#[test]
fn xls_error_cells_are_errors() {
    let book = read(&file("04-errors.xls"), None).unwrap();
    assert_eq!(book.rows[1].cell(3), &SheetCell::Error("#N/A".into()));
}

#[test]
fn xls_texts_continued_in_the_next_record_are_joined() {
    let book = read(&file("long.xls"), None).unwrap();
    assert_eq!(book.rows.len(), 300);
    for (number, row) in book.rows.iter().enumerate() {
        let text = format!("第{number}行的备注，写得比较长，好让共享字符串表跨过一个记录的长度");
        assert_eq!(
            row.cells,
            [SheetCell::of(&text), SheetCell::of(&format!("ascii {number}")), SheetCell::Number(number as f64 * 0.25)]
        );
    }
}

#[test]
fn truncated_or_corrupt_xls_does_not_panic() {
    let whole = file("01-1904.xls");
    for length in (0..whole.len()).step_by(97) {
        let _ = read(&whole[..length], None);
    }
    for at in (0..whole.len()).step_by(13) {
        let mut changed = whole.clone();
        changed[at] = changed[at].wrapping_add(0x7f);
        let _ = read(&changed, None);
        changed[at] = 0xff;
        let _ = read(&changed, Some(0));
    }
}
