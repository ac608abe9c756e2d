//! Finds the layout of a sheet: its heading, the lines above and below the data, and rows without data.

use super::cell::{MAX_ROWS, SheetCell, SheetRow};
use super::columns::{Heading, is_unit_row};
use super::heading_rows::HeadingRows;
use super::unit_line::read_unit_line;
use super::unit_words::UnitWords;
use crate::import::file_error::FileError;
use crate::import::sheet_file::{SheetFile, UnreadableRow};
use jiedui_core::api::imports::{OmissionReason, OmittedRow, SheetName};

/// Number of rows that are searched for a heading, and maximum number of rows of a heading.
const HEADING_SEARCH_ROWS: usize = 40;
const MAX_HEADING_ROWS: usize = 3;
/// Maximum number of omitted rows in the list; all are counted.
pub const MAX_OMITTED: usize = 200;

/// A sheet whose heading has been found.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// All sheets of the file.
    pub sheets: Vec<SheetName>,
    /// Index of this sheet.
    pub sheet: usize,
    /// Position of the heading.
    pub heading_rows: HeadingRows,
    /// The heading of each column, row by row.
    pub heading: Vec<Heading>,
    /// Units of the whole table, from lines above the heading.
    pub units: UnitWords,
    /// Maximum number of columns of a row: the heading's number in a text file, unlimited in a workbook.
    pub width: usize,
    /// Rows above the heading.
    pub titles: Vec<OmittedRow>,
    /// Rows below the heading.
    pub rows: Vec<SheetRow>,
    /// Bit set of the columns that the file hides.
    pub hidden_columns: u128,
    /// Rows that cannot be read.
    pub broken: Vec<UnreadableRow>,
    /// The first rows of the sheet, from which a person chooses the heading.
    pub start: Vec<(usize, Vec<String>)>,
    /// Whether days are counted from 1904.
    pub from_1904: bool,
}

impl Sheet {
    /// Returns the heading of each column in one line.
    pub fn labels(&self) -> Vec<String> {
        self.heading.iter().map(|heading| heading.join(" ")).collect()
    }

    /// Returns whether the file hides a column.
    pub fn is_hidden(&self, column: usize) -> bool {
        u32::try_from(column).is_ok_and(|at| self.hidden_columns.checked_shr(at).unwrap_or_default() & 1 == 1)
    }
}

/// Returns the cells of a row in one line.
pub fn line(row: &SheetRow) -> String {
    let cells: Vec<_> = row.filled().map(|(_, cell)| cell.text()).collect();
    cells.join(" ").chars().take(80).collect()
}

/// Returns the headings of columns that several rows form.
fn composed(rows: &[SheetRow]) -> Vec<Heading> {
    let columns = rows.iter().map(|row| row.cells.len()).max().unwrap_or_default();
    let mut headings: Vec<Heading> = vec![Vec::new(); columns];
    for (level, row) in rows.iter().enumerate() {
        let below = rows.get(level + 1);
        let mut group = String::new();
        for (column, heading) in headings.iter_mut().enumerate() {
            let text = if row.is_carried(column) {
                String::new()
            } else {
                row.cell(column).text().chars().take(200).collect()
            };
            let child = below.map(|below| below.cell(column)).filter(|cell| !cell.is_empty());
            let is_child = child.is_some() && !below.is_some_and(|below| below.is_carried(column));
            // A heading over several columns is above the first of them.
            let text = if text.is_empty() && is_child { group.clone() } else { text };
            group = if is_child { text.clone() } else { String::new() };
            if !text.is_empty() && heading.last() != Some(&text) {
                heading.push(text);
            }
        }
    }
    headings
}

/// Finds the heading: the chosen rows, otherwise the rows with the highest `heading_score`, otherwise the first row that is filled
/// like a table. `heading_score` counts the columns of a heading that match a field.
pub fn lay_out(
    book: SheetFile,
    wanted: Option<HeadingRows>,
    heading_score: impl Fn(&[Heading]) -> usize,
) -> Result<Sheet, FileError> {
    let SheetFile { sheets, sheet, rows, hidden_columns, broken, from_1904, is_separated_text } = book;
    let start = rows.iter().take(HEADING_SEARCH_ROWS);
    let start = start
        .map(|row| {
            let cell = |cell: &SheetCell| cell.text().chars().take(60).collect();
            (row.number, row.cells.iter().take(20).map(cell).collect())
        })
        .collect();
    let (at, mut height) = match wanted.and_then(|wanted| find(&rows, wanted)) {
        Some(position) => position,
        None => best(&rows, heading_score).ok_or(FileError::Empty)?,
    };
    if wanted.is_none() {
        // If a heading cell is merged with cells below, they belong to the heading too.
        let is_merged_below = |height: usize| {
            let filled: Vec<usize> = rows.get(at).map_or(Vec::new(), |row| row.filled().map(|cell| cell.0).collect());
            rows.get(at + height).is_some_and(|row| filled.iter().any(|column| row.is_carried(*column)))
        };
        while height < MAX_HEADING_ROWS && (is_merged_below(height) || is_continued_below(&rows, at, height)) {
            height += 1;
        }
    }
    let mut above = rows;
    let mut heading = above.split_off(at.min(above.len()));
    let rows = heading.split_off(height.min(heading.len()));
    let first = heading.first().map_or(0, |row| row.number);
    let mut units = UnitWords::default();
    let below = rows.iter().rev().take_while(|row| is_remark(row));
    for (_, cell) in above.iter().chain(below).flat_map(SheetRow::filled) {
        units.extend(read_unit_line(&cell.text()));
    }
    let mut heading = composed(&heading);
    let width = if is_separated_text { heading.len() } else { usize::MAX };
    let widest = rows.iter().filter_map(|row| row.cells.iter().rposition(|cell| !cell.is_empty())).max();
    heading.resize(widest.map_or(0, |widest| widest + 1).max(heading.len()), Vec::new());
    if widest.is_none() && heading.last().is_some_and(Vec::is_empty) {
        heading.pop();
    }
    let titles =
        above.iter().map(|row| OmittedRow { row: row.number, why: OmissionReason::Title, text: line(row) }).collect();
    if rows.is_empty() && broken.is_empty() {
        return Err(FileError::Empty);
    }
    if rows.len() > MAX_ROWS + HEADING_SEARCH_ROWS {
        return Err(FileError::TooManyRows);
    }
    let heading_rows = HeadingRows { row: first, rows: height };
    Ok(Sheet {
        sheets,
        sheet,
        heading_rows,
        heading,
        units,
        width,
        titles,
        rows,
        hidden_columns,
        broken,
        start,
        from_1904,
    })
}

/// Returns whether the row below a heading belongs to it: it names the columns of a group, or is a row of units. Without
/// merged cells, as in a text file, the other columns are empty in that row.
fn is_continued_below(rows: &[SheetRow], at: usize, height: usize) -> bool {
    let (Some(heading), Some(next)) = (rows.get(at..at + height), rows.get(at + height)) else { return false };
    let is_adjacent = heading.last().is_some_and(|last| last.number + 1 == next.number);
    let is_named = |column: usize| heading.iter().any(|row| !row.cell(column).is_empty());
    let is_word = |cell: &SheetCell| match cell {
        SheetCell::Text(text) => !text.chars().all(|letter| letter.is_ascii_digit() || ".,-/: %".contains(letter)),
        _ => false,
    };
    let filled: Vec<(usize, &SheetCell)> = next.filled().collect();
    let widest = heading.iter().map(|row| row.cells.len()).max().unwrap_or_default();
    let has_gap = (0..widest).any(|column| is_named(column) && next.cell(column).is_empty());
    if !is_adjacent || !has_gap || filled.is_empty() || !filled.iter().all(|(_, cell)| is_word(cell)) {
        return false;
    }
    let is_unit = |(column, cell): &(usize, &SheetCell)| is_named(*column) && is_unit_row(&cell.text());
    // The name of a group is above its first column.
    let is_in_group = |(column, _): &(usize, &SheetCell)| {
        let is_next = |column: usize| !is_named(column) && !next.cell(column).is_empty();
        match is_named(*column) {
            true => is_next(column + 1),
            false => (0..*column).rev().find(|before| !is_next(*before)).is_some_and(is_named),
        }
    };
    filled.iter().all(is_unit) || filled.iter().all(is_in_group)
}

/// Returns whether a row is a remark below the data: one or two texts.
fn is_remark(row: &SheetRow) -> bool {
    let filled: Vec<&SheetCell> = row.filled().map(|(_, cell)| cell).collect();
    filled.len() <= 2 && filled.iter().all(|cell| matches!(cell, SheetCell::Text(_)))
}

fn find(rows: &[SheetRow], wanted: HeadingRows) -> Option<(usize, usize)> {
    let at = rows.iter().position(|row| row.number == wanted.row)?;
    Some((at, wanted.rows.clamp(1, MAX_HEADING_ROWS).min(rows.len() - at)))
}

fn best(rows: &[SheetRow], heading_score: impl Fn(&[Heading]) -> usize) -> Option<(usize, usize)> {
    let mut best = (0, 0, 0);
    for at in 0..rows.len().min(HEADING_SEARCH_ROWS) {
        for height in 1..=MAX_HEADING_ROWS.min(rows.len() - at) {
            let part = rows.get(at..at + height).unwrap_or_default();
            let adjoin =
                part.windows(2).all(|pair| pair.first().map(|row| row.number + 1) == pair.last().map(|row| row.number));
            let is_text =
                |row: &SheetRow| row.cells.iter().all(|cell| matches!(cell, SheetCell::Empty | SheetCell::Text(_)));
            // Numbers and days are not a heading, but may follow one.
            if !adjoin || (height > 1 && !part.iter().all(is_text)) {
                break;
            }
            let score = heading_score(&composed(part));
            // A title above the heading raises no score: with equal scores, fewer rows win.
            if score > best.0 || (score == best.0 && height < best.2) {
                best = (score, at, height);
            }
        }
    }
    if best.0 >= 2 {
        return Some((best.1, best.2));
    }
    // Titles have one or two cells; the heading is the first row that is about as wide as the table.
    let filled = |row: &SheetRow| row.filled().count();
    let widest = rows.iter().take(HEADING_SEARCH_ROWS).map(filled).max().unwrap_or_default();
    let is_wide = |row: &SheetRow| filled(row) * 2 > widest && (widest < 2 || filled(row) > 1);
    rows.iter().position(is_wide).map(|at| (at, 1))
}

#[cfg(test)]
mod tests;
