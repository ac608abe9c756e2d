//! Reads a table out of a file: XLSX or XLS by calamine, or CSV in UTF-8 or GB 18030, as the spreadsheets of China write it.

use calamine::{Data, Reader, Xls, Xlsx};
use encoding_rs::GB18030;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use time::{Date, Duration, Month};

/// The most rows that one file may have.
pub const MOST_ROWS: usize = 100_000;
/// The most columns; what stands farther to the right is not read.
const MOST_COLUMNS: usize = 100;
/// The most bytes that a workbook may unpack to.
const MOST_UNPACKED: u64 = 300_000_000;

/// Why there is no table in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// It is no file of these kinds.
    #[error("no table can be read from this file")]
    Unreadable,
    /// It has nothing below a heading.
    #[error("the table is empty")]
    Empty,
    /// More than [`MOST_ROWS`], or than a workbook may unpack to.
    #[error("the table has too many rows")]
    TooMany,
}

/// What stands in a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cell {
    /// Nothing.
    #[default]
    Empty,
    /// Words, without space around them.
    Text(String),
    /// A number.
    Number(f64),
    /// A day.
    Day(Date),
}

impl Cell {
    /// As a person reads it.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Day(day) => Cow::Owned(jiedui_core::domain::format_date(*day)),
        }
    }

    fn of(text: &str) -> Self {
        let text = text.trim();
        if text.is_empty() { Self::Empty } else { Self::Text(text.to_owned()) }
    }
}

/// A table: its heading, and what is below, each row with its number as the spreadsheet shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// The first row that is not empty.
    pub heading: Vec<String>,
    /// The rows below it that are not empty.
    pub rows: Vec<(usize, Vec<Cell>)>,
}

/// Reads the first table of a file.
pub fn read(file: &[u8]) -> Result<Sheet, SheetError> {
    let rows = match file {
        [b'P', b'K', ..] => xlsx(file)?,
        [0xd0, 0xcf, 0x11, 0xe0, ..] => xls(file)?,
        _ => separated(file)?,
    };
    let mut rows = rows.filter(|(_, cells)| cells.iter().any(|cell| *cell != Cell::Empty));
    let (_, heading) = rows.next().ok_or(SheetError::Empty)?;
    let mut heading: Vec<String> = heading.iter().take(MOST_COLUMNS).map(|cell| cell.text().into_owned()).collect();
    while heading.last().is_some_and(String::is_empty) {
        heading.pop();
    }
    let rows: Vec<_> = rows.take(MOST_ROWS + 1).collect();
    match rows.len() {
        0 => Err(SheetError::Empty),
        number if number > MOST_ROWS => Err(SheetError::TooMany),
        _ => Ok(Sheet { heading, rows }),
    }
}

type Rows = Box<dyn Iterator<Item = (usize, Vec<Cell>)>>;

/// Cell by cell: one that stands far from the others must not make a table of all that lies in between.
fn xlsx(file: &[u8]) -> Result<Rows, SheetError> {
    if !unpacks(file).map_err(|_| SheetError::Unreadable)? {
        return Err(SheetError::TooMany);
    }
    let mut book = Xlsx::new(Cursor::new(file)).map_err(|_| SheetError::Unreadable)?;
    let first = book.sheet_names().into_iter().next().ok_or(SheetError::Empty)?;
    let mut cells = book.worksheet_cells_reader(&first).map_err(|_| SheetError::Unreadable)?;
    let mut rows: BTreeMap<usize, Vec<Cell>> = BTreeMap::new();
    while let Some(own) = cells.next_cell().map_err(|_| SheetError::Unreadable)? {
        let (row, column) = own.get_position();
        let (row, column, cell) = (row as usize + 1, column as usize, cell(&own.get_value().clone().into()));
        if cell == Cell::Empty || column >= MOST_COLUMNS {
            continue;
        }
        let row = rows.entry(row).or_default();
        row.resize((column + 1).max(row.len()), Cell::Empty);
        if let Some(own) = row.get_mut(column) {
            *own = cell;
        }
        // With the heading, and one more.
        if rows.len() > MOST_ROWS + 1 {
            return Err(SheetError::TooMany);
        }
    }
    // A table may begin in any column.
    let first = |row: &Vec<Cell>| row.iter().position(|cell| *cell != Cell::Empty);
    let begins = rows.values().filter_map(first).min().unwrap_or_default();
    Ok(Box::new(rows.into_iter().map(move |(number, cells)| (number, cells.into_iter().skip(begins).collect()))))
}

/// Whether what a workbook's parts hold is not too much; what they say of their sizes may be wrong.
fn unpacks(file: &[u8]) -> Result<bool, zip::result::ZipError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(file))?;
    let mut left = MOST_UNPACKED;
    for number in 0..archive.len() {
        let part = archive.by_index(number)?;
        left -= io::copy(&mut part.take(left), &mut io::sink())?;
        if left == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

fn xls(file: &[u8]) -> Result<Rows, SheetError> {
    let mut book = Xls::new(Cursor::new(file)).map_err(|_| SheetError::Unreadable)?;
    let range = book.worksheet_range_at(0).ok_or(SheetError::Empty)?.map_err(|_| SheetError::Unreadable)?;
    let first = range.start().map_or(0, |start| start.0 as usize) + 1;
    let rows: Vec<_> = range.rows().map(|row| row.iter().map(cell).collect::<Vec<_>>()).collect();
    Ok(Box::new(rows.into_iter().enumerate().map(move |(number, cells)| (first + number, cells))))
}

fn cell(data: &Data) -> Cell {
    match data {
        Data::Int(number) => Cell::Number(*number as f64),
        Data::Float(number) => Cell::Number(*number),
        Data::String(text) | Data::DurationIso(text) => Cell::of(text),
        Data::DateTimeIso(text) => Cell::of(text.split('T').next().unwrap_or_default()),
        Data::DateTime(moment) => day_of_serial(moment.as_f64()).map_or(Cell::Number(moment.as_f64()), Cell::Day),
        Data::Bool(yes) => Cell::Text(if *yes { "是" } else { "否" }.to_owned()),
        Data::Empty | Data::Error(_) => Cell::Empty,
    }
}

/// A spreadsheet's day number: days since 30 December 1899.
pub fn day_of_serial(serial: f64) -> Option<Date> {
    let start = Date::from_calendar_date(1899, Month::December, 30).ok()?;
    (1.0..=200_000.0).contains(&serial).then(|| start.checked_add(Duration::days(serial as i64))).flatten()
}

fn separated(file: &[u8]) -> Result<Rows, SheetError> {
    let text = match std::str::from_utf8(file) {
        Ok(text) => Cow::Borrowed(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(_) => match GB18030.decode(file) {
            (text, _, false) => text,
            _ => return Err(SheetError::Unreadable),
        },
    };
    if text.contains('\0') {
        return Err(SheetError::Unreadable);
    }
    let first = text.lines().next().unwrap_or_default();
    let separator = [b',', b'\t', b';'].into_iter().max_by_key(|own| first.bytes().filter(|byte| byte == own).count());
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator.unwrap_or(b','))
        .from_reader(text.as_bytes());
    let (mut rows, mut at, mut line) = (Vec::new(), 0, 1);
    for record in reader.records() {
        let record = record.map_err(|_| SheetError::Unreadable)?;
        // A record's position is before the empty lines that the reader has passed over.
        let start = record.position().map_or(at, |position| position.byte() as usize);
        let rest = text.as_bytes().get(start..).unwrap_or_default();
        let start = start + rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let passed = text.as_bytes().get(at..start).unwrap_or_default();
        line += passed.iter().filter(|byte| **byte == b'\n').count();
        at = start;
        rows.push((line, record.iter().map(Cell::of).collect()));
    }
    Ok(Box::new(rows.into_iter()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_xlsxwriter::{Format, Workbook};

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn a_workbook_gives_its_heading_and_its_rows_with_their_numbers() {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write_string(1, 1, "日期").unwrap().write_string(1, 2, "户数").unwrap();
        let day = Format::new().set_num_format("yyyy-mm-dd");
        sheet.write_number_with_format(2, 1, 46350.0, &day).unwrap().write_number(2, 2, 12.5).unwrap();
        sheet.write_string(4, 1, " 2026/11/24 ").unwrap();
        let read = read(&book.save_to_buffer().unwrap()).unwrap();
        assert_eq!(read.heading, ["日期", "户数"]);
        let first = jiedui_core::domain::parse_date("2026-11-24").unwrap();
        assert_eq!(read.rows, [(3, vec![Cell::Day(first), Cell::Number(12.5)]), (5, vec![text("2026/11/24")])]);
    }

    #[test]
    fn a_cell_far_from_the_others_makes_no_table_of_all_that_lies_in_between() {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write_string(0, 0, "户数").unwrap().write_number(1, 0, 1).unwrap();
        sheet.write_string(1_048_575, 1, "备注").unwrap().write_string(1_048_575, 16_383, "x").unwrap();
        let read = read(&book.save_to_buffer().unwrap()).unwrap();
        assert_eq!(read.heading, ["户数"]);
        assert_eq!(read.rows, [(2, vec![Cell::Number(1.0)]), (1_048_576, vec![Cell::Empty, text("备注")])]);
    }

    #[test]
    fn a_small_file_that_unpacks_to_a_huge_one_is_not_read() {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        archive.start_file("xl/sharedStrings.xml", zip::write::SimpleFileOptions::default()).unwrap();
        io::copy(&mut io::repeat(b' ').take(MOST_UNPACKED + 1), &mut archive).unwrap();
        let file = archive.finish().unwrap().into_inner();
        assert!(file.len() < 1_000_000);
        assert_eq!(read(&file), Err(SheetError::TooMany));
    }

    #[test]
    fn a_table_of_text_may_be_in_utf_8_or_as_chinese_spreadsheets_write_it() {
        let table = "日期,地点\n\n2026-11-24,\"沫阳镇, 沫阳村\"\n";
        let expected = Sheet {
            heading: vec!["日期".into(), "地点".into()],
            rows: vec![(3, vec![text("2026-11-24"), text("沫阳镇, 沫阳村")])],
        };
        assert_eq!(read(format!("\u{feff}{table}").as_bytes()).as_ref(), Ok(&expected));
        assert_eq!(read(&GB18030.encode(table).0).as_ref(), Ok(&expected));
    }

    #[test]
    fn what_is_no_table_is_said_to_be_none() {
        assert_eq!(read(b""), Err(SheetError::Empty));
        assert_eq!(read("日期,地点\n".as_bytes()), Err(SheetError::Empty));
        assert_eq!(read(b"PK\x03\x04 broken"), Err(SheetError::Unreadable));
        assert_eq!(read(&[0xff, 0xd8, 0xff, 0x00, 0x80]), Err(SheetError::Unreadable));
    }
}
