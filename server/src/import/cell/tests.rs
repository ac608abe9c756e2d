//! Tests of cells and of the grid they are collected in.

use super::*;

#[test]
fn invisible_characters_are_trimmed_and_alone_are_empty() {
    assert_eq!(SheetCell::of("\u{feff}\u{200b} \u{a0}"), SheetCell::Empty);
    assert_eq!(SheetCell::of("\u{200b}沫阳镇\u{3000}\u{ad}"), SheetCell::Text("沫阳镇".into()));
}

#[test]
fn error_values_are_recognised_in_text() {
    assert_eq!(SheetCell::of(" #N/A "), SheetCell::Error("#N/A".into()));
    assert_eq!(SheetCell::of("########"), SheetCell::Error("########".into()));
    assert_eq!(SheetCell::of("#1"), SheetCell::Text("#1".into()));
}

#[test]
fn reading_ends_at_the_limits() {
    let mut held = CellGrid::default();
    let long: String = "长".repeat(LONGEST_CELL + 1);
    assert_eq!(held.put(1, 0, SheetCell::of(&long)), Err(FileError::CellTooLong(1)));
    let mut held = CellGrid::default();
    let error = (1..=MAX_ROWS + MORE_ROWS + 1).find_map(|row| held.put(row, 0, SheetCell::Number(1.0)).err());
    assert_eq!(error, Some(FileError::TooManyRows));
    let mut held = CellGrid::default();
    let error = (1..).find_map(|row| held.put(row, MAX_COLUMNS - 1, SheetCell::Number(1.0)).err());
    assert_eq!(error, Some(FileError::TooManyCells));
    assert_eq!(
        CellGrid::default().put(1, MAX_COLUMNS, SheetCell::Number(1.0)),
        Ok(()),
        "far to the right nothing is read"
    );
    let mut held = CellGrid::default();
    for (row, column) in [(1, 0), (1, MAX_COLUMNS - 1), (2, 0), (2, MAX_COLUMNS)] {
        held.put(row, column, SheetCell::Number(1.0)).unwrap();
    }
    assert_eq!(held.put(2, 0, SheetCell::Number(2.0)), Err(FileError::Damaged), "two cells at one place");
    let rows: Vec<bool> = held.into_rows().iter().map(|row| row.is_cut).collect();
    assert_eq!(rows, [false, true]);
}

#[test]
fn merged_cells_are_repeated_downwards_and_marked() {
    let mut held = CellGrid::default();
    held.put(2, 1, SheetCell::of("沫阳镇")).unwrap();
    held.put(2, 2, SheetCell::Number(1.0)).unwrap();
    held.put(3, 2, SheetCell::Number(2.0)).unwrap();
    held.merge((2, 1), (3, 1)).unwrap();
    let rows = held.into_rows();
    assert_eq!(rows[1].cells, [SheetCell::of("沫阳镇"), SheetCell::Number(2.0)]);
    assert_eq!((rows[1].is_carried(0), rows[1].is_carried(1), rows[0].is_carried(0)), (true, false, false));
}

#[test]
fn serial_number_is_a_day_in_either_date_system() {
    let day = |serial, from_1904| day_of_serial(serial, from_1904).map(jiedui_core::values::date::format_date);
    assert_eq!(day(46_346.0, false).as_deref(), Some("2026-11-20"));
    assert_eq!(day(44_884.0, true).as_deref(), Some("2026-11-20"));
    assert_eq!((day(f64::NAN, false), day(1e12, true)), (None, None));
}
