//! Reads workbooks of Office Open XML as a stream, with limits on the memory of a part, of a cell and of the whole.
//!
//! Readers in libraries have no limit for a cell or the shared texts. Their streams report neither merged cells nor formulas
//! without a result.

mod package;
mod parts;

use super::cell::{CellGrid, LONGEST_CELL, MAX_COLUMNS, SheetCell};
use crate::import::file_error::FileError;
use crate::import::number_format::NumberFormat;
use crate::import::sheet_file::{SheetFile, read_sheet};
use jiedui_core::api::imports::SheetName;
use package::{Package, Xml, attribute};
use parts::Workbook;
use quick_xml::events::{BytesStart, Event};

/// Maximum number of merged ranges that are evaluated.
const MAX_MERGED: usize = 100_000;

/// Reads a sheet of a workbook; without a choice, the first that is not hidden and not empty.
pub fn read(file: &[u8], wanted: Option<usize>) -> Result<SheetFile, FileError> {
    let mut package = Package::open(file)?;
    let workbook = Workbook::read(&mut package)?;
    let sheets: Vec<SheetName> = workbook.sheets.iter().map(|sheet| sheet.0.clone()).collect();
    let formats = workbook.formats(&mut package)?;
    let texts = workbook.texts(&mut package)?;
    let reading = Reading { texts: &texts, formats: &formats, from_1904: workbook.from_1904 };
    read_sheet(sheets, wanted, workbook.from_1904, |sheet| {
        let part = workbook.sheets.get(sheet).map(|sheet| sheet.1.clone()).unwrap_or_default();
        reading.sheet(package.part(&part)?.ok_or(FileError::Damaged)?)
    })
}

/// Shared texts and styles with which cells are read.
struct Reading<'a> {
    texts: &'a [Box<str>],
    /// Number format of each style.
    formats: &'a [NumberFormat],
    from_1904: bool,
}

/// The next part of a sheet.
enum Part {
    Formula,
    Text(&'static [u8]),
    CellEnd,
    Other,
}

/// A cell while it is read.
#[derive(Default)]
struct Open {
    row: usize,
    column: usize,
    style: usize,
    kind: String,
    has_formula: bool,
    value: Option<String>,
}

impl Reading<'_> {
    fn sheet(&self, mut xml: Xml<'_>) -> Result<CellGrid, FileError> {
        let (mut held, mut merged) = (CellGrid::default(), Vec::new());
        let (mut row, mut column) = (0, 0);
        let mut open: Option<Open> = None;
        loop {
            let part = match xml.next()? {
                None => break,
                Some(Event::Start(start)) => match start.local_name().as_ref() {
                    b"row" => {
                        row = attribute(&start, b"r").and_then(|number| number.parse().ok()).unwrap_or(row + 1);
                        column = 0;
                        if is_hidden(&start) {
                            held.hide(row);
                        }
                        Part::Other
                    }
                    b"col" => {
                        hidden_columns(&start).for_each(|column| held.hide_column(column));
                        Part::Other
                    }
                    b"c" => {
                        open = Some(cell_begins(&start, row, column));
                        Part::Other
                    }
                    b"mergeCell" => {
                        let range = attribute(&start, b"ref").and_then(|reference| range(&reference));
                        merged.extend(range.filter(|_| merged.len() < MAX_MERGED));
                        Part::Other
                    }
                    b"f" => Part::Formula,
                    b"v" => Part::Text(b"v"),
                    b"is" => Part::Text(b"is"),
                    _ => Part::Other,
                },
                Some(Event::End(end)) if end.local_name().as_ref() == b"c" => Part::CellEnd,
                Some(_) => Part::Other,
            };
            match (part, open.as_mut()) {
                (Part::Formula, Some(open)) => {
                    open.has_formula = true;
                    xml.skip(b"f")?;
                }
                (Part::Text(name), Some(open)) => open.value = Some(xml.text(name, LONGEST_CELL)?),
                (Part::CellEnd, Some(_)) => {
                    if let Some(cell) = open.take() {
                        column = cell.column + 1;
                        held.put(cell.row, cell.column, self.cell(cell)?)?;
                    }
                }
                _ => {}
            }
        }
        for (first, last) in merged.into_iter().filter(|(first, last)| last.0 > first.0) {
            held.merge(first, last)?;
        }
        Ok(held)
    }

    fn cell(&self, open: Open) -> Result<SheetCell, FileError> {
        let Open { row, kind, has_formula, value, .. } = open;
        let has_value = value.is_some();
        let value = value.unwrap_or_default();
        if value.chars().count() > LONGEST_CELL {
            return Err(FileError::CellTooLong(row));
        }
        Ok(match kind.as_str() {
            "s" => {
                let text =
                    value.trim().parse().ok().and_then(|at: usize| self.texts.get(at)).ok_or(FileError::Damaged)?;
                SheetCell::of(text)
            }
            "b" => SheetCell::of(if value.trim() == "0" { "否" } else { "是" }),
            "e" => SheetCell::Error(value.trim().into()),
            // A day with a zone is read with its time.
            "d" if !value.contains(['Z', '+']) => SheetCell::of(value.split('T').next().unwrap_or_default()),
            "inlineStr" | "d" => SheetCell::of(&value),
            "str" if has_value || !has_formula => SheetCell::of(&value),
            // The program that wrote the file did not store the formula's result.
            _ if value.trim().is_empty() => {
                if has_formula {
                    SheetCell::NoResult
                } else {
                    SheetCell::Empty
                }
            }
            _ => match value.trim().parse::<f64>() {
                Ok(number) => {
                    let format = self.formats.get(open.style);
                    format.map_or(SheetCell::Number(number), |format| format.cell(number, self.from_1904))
                }
                Err(_) => SheetCell::of(&value),
            },
        })
    }
}

fn is_hidden(start: &BytesStart<'_>) -> bool {
    attribute(start, b"hidden").is_some_and(|value| value == "1" || value == "true")
}

/// Returns the columns, from 0, that a `col` element hides.
fn hidden_columns(start: &BytesStart<'_>) -> impl Iterator<Item = usize> + use<> {
    let number = |name: &[u8]| attribute(start, name).and_then(|text| text.parse::<usize>().ok());
    let columns = number(b"min").zip(number(b"max")).filter(|_| is_hidden(start));
    columns.into_iter().flat_map(|(first, last)| first.max(1) - 1..last.min(MAX_COLUMNS))
}

fn cell_begins(start: &BytesStart<'_>, row: usize, column: usize) -> Open {
    let place = attribute(start, b"r").and_then(|reference| position(&reference));
    let (row, column) = place.unwrap_or((row, column));
    let style = attribute(start, b"s").and_then(|style| style.parse().ok()).unwrap_or_default();
    Open { row, column, style, kind: attribute(start, b"t").unwrap_or_default(), ..Open::default() }
}

/// Returns row (from 1) and column (from 0) of a reference such as `C5`.
fn position(text: &str) -> Option<(usize, usize)> {
    let digits = text.find(|letter: char| letter.is_ascii_digit())?;
    let (letters, row) = text.split_at_checked(digits)?;
    if letters.is_empty() || letters.len() > 3 {
        return None;
    }
    let number = |letter: u8| letter.is_ascii_alphabetic().then(|| usize::from(letter.to_ascii_uppercase() - b'A') + 1);
    let column = letters.bytes().try_fold(0, |sum, letter| Some(sum * 26 + number(letter)?))?;
    Some((row.parse().ok().filter(|row| *row > 0)?, column - 1))
}

fn range(text: &str) -> Option<((usize, usize), (usize, usize))> {
    let (first, last) = text.split_once(':')?;
    Some((position(first)?, position(last)?))
}

#[cfg(test)]
mod tests;
