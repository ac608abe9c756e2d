//! Rows of one sheet or table, for every kind of file.

use crate::import::cell::{CellGrid, SheetRow};
use crate::import::file_error::FileError;
use jiedui_core::api::imports::SheetName;
use jiedui_core::values::field_error::ErrorCode;

/// A row that cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub struct UnreadableRow {
    /// Number.
    pub row: usize,
    /// Text.
    pub text: String,
    /// The reason.
    pub code: ErrorCode,
    /// Position in the line of an invalid byte.
    pub limit: Option<f64>,
}

/// A file of which one sheet was read.
#[derive(Clone, Debug, Default)]
pub struct SheetFile {
    /// The sheets to choose from; empty if the file has no more than one table.
    pub sheets: Vec<SheetName>,
    /// Index of the sheet that was read.
    pub sheet: usize,
    /// Rows with content.
    pub rows: Vec<SheetRow>,
    /// Bit set of the columns that the file hides.
    pub hidden_columns: u128,
    /// Rows that cannot be read.
    pub broken: Vec<UnreadableRow>,
    /// Whether days are counted from 1904.
    pub from_1904: bool,
    /// Whether the file is separated text.
    pub is_separated_text: bool,
}

/// Returns the sheet to read: the wanted one, otherwise the first that is not hidden.
pub fn choose(sheets: &[SheetName], wanted: Option<usize>) -> Option<usize> {
    wanted.filter(|wanted| *wanted < sheets.len()).or_else(|| sheets.iter().position(|sheet| !sheet.hidden))
}

/// Reads a sheet of a workbook; without a choice, the first that is neither hidden nor empty.
pub fn read_sheet(
    sheets: Vec<SheetName>,
    wanted: Option<usize>,
    from_1904: bool,
    mut read: impl FnMut(usize) -> Result<CellGrid, FileError>,
) -> Result<SheetFile, FileError> {
    let mut sheet = choose(&sheets, wanted).ok_or(FileError::Empty)?;
    loop {
        let grid = read(sheet)?;
        let (hidden_columns, rows) = (grid.hidden_columns(), grid.into_rows());
        let next = sheets.iter().skip(sheet + 1).position(|sheet| !sheet.hidden).map(|at| at + sheet + 1);
        match next.filter(|_| rows.is_empty() && wanted.is_none()) {
            Some(next) => sheet = next,
            None => return Ok(SheetFile { sheets, sheet, rows, hidden_columns, from_1904, ..SheetFile::default() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_sheets_are_read_only_on_request() {
        let sheet = |hidden| SheetName { name: String::new(), hidden };
        let sheets = [sheet(true), sheet(false), sheet(false)];
        assert_eq!(
            [choose(&sheets, None), choose(&sheets, Some(0)), choose(&sheets, Some(9))],
            [Some(1), Some(0), Some(1)]
        );
        assert_eq!(choose(&sheets[..1], None), None);
    }
}
