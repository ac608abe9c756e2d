//! Reads workbooks of Excel 97 to 2003 (BIFF8, and the labels of BIFF5) from their compound files. Every length is checked against
//! the bytes of the file, so that a small file cannot allocate the memory of a large one.

mod records;

use super::cell::{CellGrid, MAX_COLUMNS, SheetCell};
use super::number_format::NumberFormat;
use crate::import::file_error::FileError;
use crate::import::sheet_file::{SheetFile, read_sheet};
use jiedui_core::api::imports::SheetName;
use records::{Record, Records, Texts};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{Cursor, Read};

/// Maximum number of bytes of a workbook's stream.
const MAX_BYTES: u64 = 64 << 20;
/// Maximum number of cells in memory while a sheet is read.
const MAX_CELLS: usize = 2_000_000;
const MAX_SHEETS: usize = 255;

/// Reads a sheet of a workbook; without a choice, the first that is not hidden and not empty.
pub fn read(file: &[u8], wanted: Option<usize>) -> Result<SheetFile, FileError> {
    let mut files = cfb::CompoundFile::open(Cursor::new(file)).map_err(|_| FileError::Damaged)?;
    if files.exists("/EncryptedPackage") {
        return Err(FileError::Encrypted);
    }
    if files.exists("/WordDocument") || files.exists("/PowerPoint Document") {
        return Err(FileError::Document);
    }
    let name = ["/Workbook", "/Book", "/WORKBOOK", "/BOOK"]
        .into_iter()
        .find(|name| files.is_stream(name))
        .ok_or(FileError::NotTable)?;
    let mut bytes = Vec::new();
    let stream = files.open_stream(name).map_err(|_| FileError::Damaged)?;
    stream.take(MAX_BYTES).read_to_end(&mut bytes).map_err(|_| FileError::Damaged)?;
    let workbook = Workbook::read(&bytes)?;
    let sheets: Vec<SheetName> = workbook.sheets.iter().map(|sheet| sheet.0.clone()).collect();
    read_sheet(sheets, wanted, workbook.from_1904, |sheet| workbook.sheet(&bytes, sheet))
}

/// Globals of a workbook, which precede its sheets.
#[derive(Default)]
struct Workbook {
    /// The sheets, each with its offset.
    sheets: Vec<(SheetName, usize)>,
    texts: Vec<Box<str>>,
    /// Number format of each style.
    formats: Vec<NumberFormat>,
    from_1904: bool,
    /// Whether a program that calculates formulas saved the workbook: it writes the version of its engine (RecalcId).
    is_calculated: bool,
    /// Whether texts are bytes of a code page, as before Excel 97.
    is_old: bool,
}

impl Workbook {
    fn read(bytes: &[u8]) -> Result<Self, FileError> {
        let (mut workbook, mut formats, mut styles) = (Self::default(), HashMap::new(), Vec::new());
        let mut records = Records::new(bytes, 0);
        while let Some(record) = records.next() {
            match record.kind {
                0x0809 => workbook.is_old = record.u16(0).is_some_and(|version| version < 0x0600),
                0x002f => return Err(FileError::Encrypted),
                0x0022 => workbook.from_1904 = record.u16(0) == Some(1),
                0x0085 if workbook.sheets.len() < MAX_SHEETS => {
                    let begins = record.u32(0).ok_or(FileError::Damaged)? as usize;
                    // Sheets that are charts or macros have no cells.
                    if record.u8(5) != Some(0) {
                        continue;
                    }
                    let hidden = record.u8(4).is_none_or(|state| state & 3 != 0);
                    let length = usize::from(record.u8(6).ok_or(FileError::Damaged)?);
                    let name =
                        Texts::new(vec![record.data], 7).words(length, workbook.is_old).ok_or(FileError::Damaged)?;
                    workbook.sheets.push((SheetName { name, hidden }, begins));
                }
                0x041e if formats.len() < 65_000 => {
                    let length = usize::from(
                        if workbook.is_old { record.u8(2).map(u16::from) } else { record.u16(2) }.unwrap_or_default(),
                    );
                    let at = if workbook.is_old { 3 } else { 4 };
                    let code = Texts::new(vec![record.data], at).words(length, workbook.is_old).unwrap_or_default();
                    formats.extend(record.u16(0).map(|id| (id, NumberFormat::of_code(&code))));
                }
                0x01c1 => workbook.is_calculated = true,
                0x00e0 => styles.extend(record.u16(2).filter(|_| styles.len() < 65_000)),
                0x00fc => workbook.texts = records.continued(record).shared()?,
                0x000a => break,
                _ => {}
            }
        }
        let format = |id: &u16| formats.get(id).cloned().unwrap_or_else(|| NumberFormat::of_number(u32::from(*id)));
        workbook.formats = styles.iter().map(format).collect();
        Ok(workbook)
    }

    fn sheet(&self, bytes: &[u8], sheet: usize) -> Result<CellGrid, FileError> {
        let begins = self.sheets.get(sheet).map(|sheet| sheet.1).ok_or(FileError::Damaged)?;
        let (mut cells, mut merged, mut uncalculated) = (BTreeMap::new(), Vec::new(), Vec::new());
        let (mut depth, mut formula) = (0_usize, None);
        let (mut hidden, mut hidden_columns) = (BTreeSet::new(), BTreeSet::new());
        let mut records = Records::new(bytes, begins);
        while let Some(record) = records.next() {
            let place = record.u16(0).zip(record.u16(2));
            match (record.kind, place) {
                (0x0809, _) => depth += 1,
                // Charts are embedded in the sheet.
                (0x000a, _) if depth > 1 => depth -= 1,
                (0x000a, _) => break,
                _ if depth > 1 => {}
                (0x0006, Some(place)) => {
                    formula = None;
                    if !self.is_calculated && is_empty_result(record) {
                        uncalculated.push(place);
                    }
                    match self.result(record) {
                        Some(cell) => drop(cells.insert(place, cell)),
                        None => formula = Some(place),
                    }
                }
                // A row record: one bit hides the row.
                (0x0208, Some((row, _))) => hidden.extend(record.u16(12).filter(|bits| bits & 0x20 != 0).map(|_| row)),
                // The format of a range of columns: one bit hides them.
                (0x007d, Some((first, last))) if record.u16(8).is_some_and(|bits| bits & 1 != 0) => {
                    hidden_columns.extend(usize::from(first)..usize::from(last).saturating_add(1).min(MAX_COLUMNS));
                }
                (0x0207, _) => {
                    let length = record.u16(0).map(usize::from).unwrap_or_default();
                    let text = records.continued(record).at(2).words(length, self.is_old).ok_or(FileError::Damaged)?;
                    cells.extend(formula.take().map(|place| (place, SheetCell::of(&text))));
                }
                (0x00bd, Some((row, first))) => {
                    let pairs = record.data.get(4..).unwrap_or_default().chunks_exact(6);
                    for (column, pair) in (usize::from(first)..).zip(pairs) {
                        let pair = Record { kind: 0, data: pair };
                        let number = pair.u32(2).map(compact).ok_or(FileError::Damaged)?;
                        let column = u16::try_from(column).map_err(|_| FileError::Damaged)?;
                        cells.insert((row, column), self.number(number, pair.u16(0)));
                    }
                }
                (0x00e5, _) => {
                    let ranges = record.data.get(2..).unwrap_or_default().chunks_exact(8);
                    let range = |bytes| -> Option<((usize, usize), (usize, usize))> {
                        let range = Record { kind: 0, data: bytes };
                        let [top, bottom, left, right] = [0, 2, 4, 6].map(|at| range.u16(at).map(usize::from));
                        Some(((top? + 1, left?), (bottom? + 1, right?)))
                    };
                    merged.extend(ranges.filter_map(range));
                }
                (_, Some(place)) => {
                    if let Some(cell) = self.cell(&records, record)? {
                        cells.insert(place, cell);
                    }
                }
                _ => {}
            }
            if cells.len().max(uncalculated.len()) > MAX_CELLS || merged.len() > 100_000 {
                return Err(FileError::TooManyCells);
            }
        }
        let mut held = CellGrid::default();
        hidden_columns.into_iter().for_each(|column| held.hide_column(column));
        for ((row, column), cell) in cells {
            if hidden.contains(&row) {
                held.hide(usize::from(row) + 1);
            }
            held.put(usize::from(row) + 1, usize::from(column), cell)?;
        }
        for (row, column) in uncalculated {
            held.mark_uncalculated(usize::from(row) + 1, usize::from(column));
        }
        for (first, last) in merged.into_iter().filter(|(first, last)| last.0 > first.0) {
            held.merge(first, last)?;
        }
        Ok(held)
    }

    /// Reads a record with one cell.
    fn cell(&self, records: &Records<'_>, record: Record<'_>) -> Result<Option<SheetCell>, FileError> {
        let cell = match record.kind {
            0x0203 => record.f64(6).map(|number| self.number(number, record.u16(4))),
            0x027e => record.u32(6).map(|number| self.number(compact(number), record.u16(4))),
            0x00fd => {
                let at = record.u32(6).ok_or(FileError::Damaged)? as usize;
                Some(SheetCell::of(self.texts.get(at).ok_or(FileError::Damaged)?))
            }
            0x0204 | 0x00d6 => {
                let length = record.u16(6).map(usize::from).ok_or(FileError::Damaged)?;
                let text = records.continued(record).at(8).words(length, self.is_old).ok_or(FileError::Damaged)?;
                Some(SheetCell::of(&text))
            }
            0x0205 => match (record.u8(6), record.u8(7)) {
                (Some(code), Some(1)) => Some(error(code)),
                (Some(yes), Some(0)) => Some(truth(yes)),
                _ => None,
            },
            _ => None,
        };
        Ok(cell)
    }

    fn number(&self, number: f64, style: Option<u16>) -> SheetCell {
        let format = style.and_then(|number| self.formats.get(usize::from(number)));
        format.map_or(SheetCell::Number(number), |format| format.cell(number, self.from_1904))
    }

    /// Returns the result of a formula; `None` for a text, which the next record holds.
    fn result(&self, record: Record<'_>) -> Option<SheetCell> {
        if record.u16(12) != Some(0xffff) {
            return Some(record.f64(6).map_or(SheetCell::NoResult, |number| self.number(number, record.u16(4))));
        }
        match record.u8(6) {
            Some(0) => None,
            Some(1) => Some(truth(record.u8(8).unwrap_or_default())),
            Some(2) => Some(error(record.u8(8).unwrap_or_default())),
            Some(3) => Some(SheetCell::Empty),
            _ => Some(SheetCell::NoResult),
        }
    }
}

/// Returns whether the stored result of a formula is an empty text. Programs that do not calculate store the same for every
/// formula: the record itself does not distinguish them.
fn is_empty_result(record: Record<'_>) -> bool {
    record.u16(12) == Some(0xffff) && record.u8(6) == Some(3)
}

fn truth(yes: u8) -> SheetCell {
    SheetCell::of(if yes == 0 { "否" } else { "是" })
}

fn error(code: u8) -> SheetCell {
    let text = match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0f => "#VALUE!",
        0x17 => "#REF!",
        0x1d => "#NAME?",
        0x24 => "#NUM!",
        0x2a => "#N/A",
        _ => "#ERROR!",
    };
    SheetCell::Error(text.into())
}

/// Decodes a number in four bytes: the upper part of a floating-point number or an integer, perhaps multiplied by 100.
fn compact(bits: u32) -> f64 {
    let number = if bits & 2 == 2 { f64::from((bits as i32) >> 2) } else { f64::from_bits(u64::from(bits & !3) << 32) };
    if bits & 1 == 1 { number / 100.0 } else { number }
}

#[cfg(test)]
mod tests;
