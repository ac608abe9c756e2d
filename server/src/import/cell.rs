//! Cells and rows of a table, with limits for their memory.

use crate::import::file_error::FileError;
use jiedui_core::values::halfwidth::is_invisible;
use std::borrow::Cow;
use std::sync::Arc;
use time::{Date, Duration, Month};

/// Maximum number of rows below the heading of a file.
pub const MAX_ROWS: usize = 100_000;
/// Maximum number of rows above and below the data: titles, headings, totals, notes.
pub const MORE_ROWS: usize = 100;
/// Maximum number of columns. A row with cells in further ones is an error.
pub const MAX_COLUMNS: usize = 100;
/// Maximum number of cells, including empty ones between others.
const MAX_CELLS: usize = 2_000_000;
/// Maximum number of bytes of text.
const MAX_TEXT: usize = 64 << 20;
/// Maximum number of characters in a cell, as in spreadsheet programs.
pub const LONGEST_CELL: usize = 32_767;

/// Content of a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum SheetCell {
    /// No content.
    #[default]
    Empty,
    /// Words, without space or invisible characters around them.
    Text(Box<str>),
    /// A number.
    Number(f64),
    /// A number with a unit or other words from its format.
    WithUnit(Box<(f64, Arc<str>)>),
    /// A day.
    Day(Date),
    /// An error value, such as `#N/A`.
    Error(Box<str>),
    /// A formula whose result is not stored.
    NoResult,
}

impl SheetCell {
    /// Formats the cell as a person reads it.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Text(text) | Self::Error(text) => Cow::Borrowed(text),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::WithUnit(amount) if amount.1.starts_with(['¥', '$', '€', '£', '÷', '¤']) => {
                Cow::Owned(format!("{}{}", amount.1, amount.0))
            }
            Self::WithUnit(amount) => Cow::Owned(format!("{}{}", amount.0, amount.1)),
            Self::Day(day) => Cow::Owned(jiedui_core::values::date::format_date(*day)),
            Self::NoResult => Cow::Borrowed("=…"),
        }
    }

    /// Creates a cell from text, without surrounding space and invisible characters. Recognises error values.
    pub fn of(text: &str) -> Self {
        let text = text.trim_matches(|letter: char| letter.is_whitespace() || is_invisible(letter));
        match text {
            "" => Self::Empty,
            // No program can show NUL, and no database stores it.
            _ if text.contains('\0') => Self::Error(text.replace('\0', "\u{fffd}").into()),
            _ if is_error(text) => Self::Error(text.into()),
            _ => Self::Text(text.into()),
        }
    }

    /// Returns whether the cell is empty.
    pub fn is_empty(&self) -> bool {
        *self == Self::Empty
    }
}

/// Returns whether a text is a spreadsheet's error value, or the hash signs of a too narrow column.
fn is_error(text: &str) -> bool {
    const ERRORS: [&str; 11] = [
        "#N/A",
        "#REF!",
        "#DIV/0!",
        "#VALUE!",
        "#NAME?",
        "#NULL!",
        "#NUM!",
        "#SPILL!",
        "#CALC!",
        "#FIELD!",
        "#GETTING_DATA",
    ];
    text.starts_with('#') && (ERRORS.contains(&text) || (text.len() > 1 && text.bytes().all(|byte| byte == b'#')))
}

/// A row with its number in the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SheetRow {
    /// Row number as spreadsheet programs show it; line number in a text file.
    pub number: usize,
    /// Cells, without empty ones at the end.
    pub cells: Vec<SheetCell>,
    /// Bit set of columns whose cells are merged with the cell above and repeat its content.
    pub carried: u128,
    /// Bit set of columns whose formulas have an empty result and were perhaps never calculated.
    pub uncalculated: u128,
    /// Whether the row is hidden in the spreadsheet, for example by a filter.
    pub hidden: bool,
    /// Whether the row has cells beyond [`MAX_COLUMNS`].
    pub is_cut: bool,
}

impl SheetRow {
    /// Returns whether a column repeats the cell above, with which it is merged.
    pub fn is_carried(&self, column: usize) -> bool {
        u32::try_from(column).is_ok_and(|column| self.carried.checked_shr(column).unwrap_or_default() & 1 == 1)
    }

    /// Returns whether the cell in a column is a formula that was perhaps never calculated.
    pub fn is_uncalculated(&self, column: usize) -> bool {
        u32::try_from(column).is_ok_and(|column| self.uncalculated.checked_shr(column).unwrap_or_default() & 1 == 1)
    }

    /// Returns the cell in a column.
    pub fn cell(&self, column: usize) -> &SheetCell {
        static EMPTY: SheetCell = SheetCell::Empty;
        self.cells.get(column).unwrap_or(&EMPTY)
    }

    /// Returns the non-empty cells that are not repeated from above, with their columns.
    pub fn filled(&self) -> impl Iterator<Item = (usize, &SheetCell)> {
        self.cells.iter().enumerate().filter(|(column, cell)| !cell.is_empty() && !self.is_carried(*column))
    }
}

/// Builder for the rows of a table. Fails if the table exceeds the memory limits.
#[derive(Debug, Default)]
pub struct CellGrid {
    rows: Vec<SheetRow>,
    /// The latest row that was marked as hidden.
    hidden: usize,
    /// Bit set of hidden columns.
    hidden_columns: u128,
    cells: usize,
    text: usize,
}

impl CellGrid {
    /// Marks a row as hidden before its cells are added.
    pub fn hide(&mut self, number: usize) {
        self.hidden = number;
    }

    /// Marks a column as hidden.
    pub fn hide_column(&mut self, column: usize) {
        if column < MAX_COLUMNS {
            self.hidden_columns |= 1 << column;
        }
    }

    /// Adds a cell. Rows must arrive in order, the cells of a row may arrive in any order.
    pub fn put(&mut self, number: usize, column: usize, cell: SheetCell) -> Result<(), FileError> {
        if cell.is_empty() {
            return Ok(());
        }
        if column >= MAX_COLUMNS {
            if let Some(row) = self.rows.last_mut().filter(|row| row.number == number) {
                row.is_cut = true;
            }
            return Ok(());
        }
        if let SheetCell::Text(text) = &cell {
            if text.len() > LONGEST_CELL && text.chars().count() > LONGEST_CELL {
                return Err(FileError::CellTooLong(number));
            }
            self.text += text.len();
        }
        if self.rows.last().is_none_or(|last| last.number < number) {
            if self.rows.len() >= MAX_ROWS + MORE_ROWS {
                return Err(FileError::TooManyRows);
            }
            self.rows.push(SheetRow { number, hidden: self.hidden == number, ..SheetRow::default() });
        }
        // A file with rows out of order is damaged or malicious.
        let row = self.rows.last_mut().filter(|row| row.number == number).ok_or(FileError::Damaged)?;
        if row.cells.len() <= column {
            self.cells += column + 1 - row.cells.len();
            row.cells.resize(column + 1, SheetCell::Empty);
        }
        if let Some(old) = row.cells.get_mut(column) {
            // Of two cells at the same place, one would be lost unseen.
            if !old.is_empty() {
                return Err(FileError::Damaged);
            }
            *old = cell;
        }
        if self.cells > MAX_CELLS || self.text > MAX_TEXT { Err(FileError::TooManyCells) } else { Ok(()) }
    }

    /// Marks an empty cell whose formula was perhaps never calculated.
    pub fn mark_uncalculated(&mut self, number: usize, column: usize) {
        let at = self.rows.partition_point(|row| row.number < number);
        if let Some(row) = self.rows.get_mut(at).filter(|row| row.number == number) {
            row.uncalculated |= 1_u128.checked_shl(u32::try_from(column).unwrap_or(u32::MAX)).unwrap_or_default();
        }
    }

    /// Removes the latest row.
    pub fn forget(&mut self, number: usize) {
        self.rows.pop_if(|row| row.number == number);
    }

    /// Repeats the first cell of a merged range in the rows below it that have cells.
    pub fn merge(&mut self, first: (usize, usize), last: (usize, usize)) -> Result<(), FileError> {
        let (column, from) = (first.1, self.rows.partition_point(|row| row.number < first.0));
        let Some(top) = self.rows.get(from).filter(|row| row.number == first.0) else { return Ok(()) };
        let cell = top.cell(column).clone();
        if cell.is_empty() || column >= MAX_COLUMNS {
            return Ok(());
        }
        let rows = self.rows.get_mut(from + 1..).unwrap_or_default();
        for row in rows.iter_mut().take_while(|row| row.number <= last.0) {
            self.cells += (column + 1).saturating_sub(row.cells.len()).max(1);
            self.text += if let SheetCell::Text(text) = &cell { text.len() } else { 0 };
            if self.cells > MAX_CELLS || self.text > MAX_TEXT {
                return Err(FileError::TooManyCells);
            }
            row.cells.resize((column + 1).max(row.cells.len()), SheetCell::Empty);
            if let Some(old) = row.cells.get_mut(column) {
                *old = cell.clone();
            }
            row.carried |= 1_u128.checked_shl(u32::try_from(column).unwrap_or(u32::MAX)).unwrap_or_default();
        }
        Ok(())
    }

    /// Returns the number of empty columns at the left.
    fn empty_columns(&self) -> usize {
        let first = |row: &SheetRow| row.cells.iter().position(|cell| !cell.is_empty());
        self.rows.iter().filter_map(first).min().unwrap_or_default()
    }

    /// Returns the bit set of hidden columns, without empty columns at the left.
    pub fn hidden_columns(&self) -> u128 {
        self.hidden_columns >> self.empty_columns()
    }

    /// Returns the rows without empty columns at the left.
    pub fn into_rows(self) -> Vec<SheetRow> {
        let begins = self.empty_columns();
        let mut rows = self.rows;
        if begins > 0 {
            for row in &mut rows {
                row.cells.drain(..begins.min(row.cells.len()));
                row.carried >>= begins;
                row.uncalculated >>= begins;
            }
        }
        rows
    }
}

/// Converts a serial number to a day, counted from 30 December 1899, or from 1 January 1904 in workbooks of that kind.
pub fn day_of_serial(serial: f64, from_1904: bool) -> Option<Date> {
    let start = if from_1904 { (1904, Month::January, 1) } else { (1899, Month::December, 30) };
    let start = Date::from_calendar_date(start.0, start.1, start.2).ok()?;
    (1.0..=200_000.0).contains(&serial).then(|| start.checked_add(Duration::days(serial as i64))).flatten()
}

#[cfg(test)]
mod tests;
