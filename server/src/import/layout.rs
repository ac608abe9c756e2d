//! How a sheet is laid out: where its heading is, what stands above and below the data, and which rows are no data.

use super::cell::{Cell, MOST_ROWS, SheetRow};
use super::columns::{Heading, units_of_line};
use crate::import::file_error::FileError;
use crate::import::workbook::{SheetFile, UnreadableRow};
use jiedui_core::api::imports::{OmissionReason, OmittedRow, SheetName};
use jiedui_core::values::halfwidth::normalise;
use serde::{Deserialize, Serialize};

/// So many rows are looked at for a heading, and a heading may have so many rows itself.
const LOOKED_AT: usize = 40;
const MOST_HEADING: usize = 3;
/// The most rows that are left out one by one; all are counted.
pub const MOST_LEFT_OUT: usize = 200;

/// Which rows are the heading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadingRows {
    /// The number of the first.
    pub row: usize,
    /// How many there are.
    pub rows: usize,
}

/// A sheet whose heading has been found.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// All sheets of the file, and which this is.
    pub sheets: Vec<SheetName>,
    /// Which of them this is.
    pub sheet: usize,
    /// Where the heading is.
    pub heading_rows: HeadingRows,
    /// The heading of each column, row by row.
    pub heading: Vec<Heading>,
    /// Units that a line above the heading names for the whole table.
    pub units: Vec<String>,
    /// What stands above the heading.
    pub titles: Vec<OmittedRow>,
    /// What stands below it.
    pub rows: Vec<SheetRow>,
    /// Rows that cannot be read.
    pub broken: Vec<UnreadableRow>,
    /// The first rows of the sheet as they stand in it, to choose the heading from.
    pub start: Vec<(usize, Vec<String>)>,
    /// Whether days are counted from 1904.
    pub from_1904: bool,
}

impl Sheet {
    /// The heading of each column in one line.
    pub fn labels(&self) -> Vec<String> {
        self.heading.iter().map(|own| own.join(" ")).collect()
    }
}

/// The cells of a row in one line.
pub fn line(row: &SheetRow) -> String {
    let cells: Vec<_> = row.filled().map(|(_, cell)| cell.text()).collect();
    cells.join(" ").chars().take(80).collect()
}

/// The headings of columns that some rows make together.
fn composed(rows: &[SheetRow]) -> Vec<Heading> {
    let columns = rows.iter().map(|row| row.cells.len()).max().unwrap_or_default();
    let mut headings: Vec<Heading> = vec![Vec::new(); columns];
    for (level, row) in rows.iter().enumerate() {
        let below = rows.get(level + 1);
        let mut group = String::new();
        for (column, heading) in headings.iter_mut().enumerate() {
            let own = if row.is_carried(column) {
                String::new()
            } else {
                row.cell(column).text().chars().take(200).collect()
            };
            let child = below.map(|below| below.cell(column)).filter(|cell| !cell.is_empty());
            let is_child = child.is_some() && !below.is_some_and(|below| below.is_carried(column));
            // A heading over several columns stands above the first of them.
            let text = if own.is_empty() && is_child { group.clone() } else { own };
            group = if is_child { text.clone() } else { String::new() };
            if !text.is_empty() && heading.last() != Some(&text) {
                heading.push(text);
            }
        }
    }
    headings
}

/// Finds the heading: where `wanted` says, else the rows in which most columns are known, else the first row that is filled
/// like a table. `known` counts the columns of a heading that are known.
pub fn lay_out(
    book: SheetFile,
    wanted: Option<HeadingRows>,
    known: impl Fn(&[Heading]) -> usize,
) -> Result<Sheet, FileError> {
    let SheetFile { sheets, sheet, rows, broken, from_1904 } = book;
    let start = rows.iter().take(LOOKED_AT);
    let start = start
        .map(|row| {
            let cell = |cell: &Cell| cell.text().chars().take(60).collect();
            (row.number, row.cells.iter().take(20).map(cell).collect())
        })
        .collect();
    let (at, height) = match wanted.and_then(|wanted| find(&rows, wanted)) {
        Some(found) => found,
        None => best(&rows, known).ok_or(FileError::Empty)?,
    };
    let mut above = rows;
    let mut heading = above.split_off(at.min(above.len()));
    let rows = heading.split_off(height.min(heading.len()));
    let first = heading.first().map_or(0, |row| row.number);
    let mut units = Vec::new();
    for cell in above.iter().flat_map(|row| &row.cells) {
        units.extend(units_of_line(&cell.text()));
    }
    let mut heading = composed(&heading);
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
    if rows.len() > MOST_ROWS + LOOKED_AT {
        return Err(FileError::TooManyRows);
    }
    let heading_rows = HeadingRows { row: first, rows: height };
    Ok(Sheet { sheets, sheet, heading_rows, heading, units, titles, rows, broken, start, from_1904 })
}

fn find(rows: &[SheetRow], wanted: HeadingRows) -> Option<(usize, usize)> {
    let at = rows.iter().position(|row| row.number == wanted.row)?;
    Some((at, wanted.rows.clamp(1, MOST_HEADING).min(rows.len() - at)))
}

fn best(rows: &[SheetRow], known: impl Fn(&[Heading]) -> usize) -> Option<(usize, usize)> {
    let mut best = (0, 0, 0);
    for at in 0..rows.len().min(LOOKED_AT) {
        for height in 1..=MOST_HEADING.min(rows.len() - at) {
            let part = rows.get(at..at + height).unwrap_or_default();
            let adjoin =
                part.windows(2).all(|pair| pair.first().map(|row| row.number + 1) == pair.last().map(|row| row.number));
            let is_text = |row: &SheetRow| row.cells.iter().all(|cell| matches!(cell, Cell::Empty | Cell::Text(_)));
            // Numbers and days are no heading, but they may follow one in which fewer rows are known.
            if !adjoin || (height > 1 && !part.iter().all(is_text)) {
                break;
            }
            let score = known(&composed(part));
            // A title above the heading adds nothing: of two that know as many columns the one with fewer rows is taken.
            if score > best.0 || (score == best.0 && height < best.2) {
                best = (score, at, height);
            }
        }
    }
    if best.0 >= 2 {
        return Some((best.1, best.2));
    }
    // Titles have one cell or two; the heading is the first row that is about as wide as the table.
    let filled = |row: &SheetRow| row.filled().count();
    let widest = rows.iter().take(LOOKED_AT).map(filled).max().unwrap_or_default();
    let is_wide = |row: &SheetRow| filled(row) * 2 > widest && (widest < 2 || filled(row) > 1);
    rows.iter().position(is_wide).map(|at| (at, 1))
}

/// Sorts out rows that are no data. `columns` says which field each column is.
pub fn sifted(row: &SheetRow, sheet: &Sheet, columns: &[Option<String>], is_first: bool) -> Option<OmissionReason> {
    let path = |column: usize| columns.get(column).and_then(Option::as_deref);
    let is_number = |column: usize| path(column).is_some_and(|path| path.starts_with("values."));
    let is_known = columns.iter().any(Option::is_some);
    if is_known && !row.filled().any(|(column, _)| path(column).is_some()) {
        // A total's words may stand in a column that is not imported.
        let words: Vec<String> = row.filled().map(|(_, cell)| bare(cell)).collect();
        let is_note = words.first().is_some_and(|own| is_note(own));
        return Some(match words.iter().any(|own| is_total(own)) {
            true => OmissionReason::Total,
            false if is_note => OmissionReason::Note,
            false => OmissionReason::Blank,
        });
    }
    let has_day = row
        .filled()
        .any(|(column, cell)| path(column) == Some("date") && super::row::date(cell, sheet.from_1904).is_some());
    let labels = sheet.heading.iter().enumerate();
    let repeats = |(column, heading): (usize, &Heading)| {
        let cell = bare(row.cell(column));
        heading.last().map_or(cell.is_empty(), |last| bare(&Cell::of(last)) == cell)
    };
    if labels.clone().all(repeats) {
        return Some(OmissionReason::Heading);
    }
    if is_first && is_numbering(row) {
        return Some(OmissionReason::Numbering);
    }
    if has_day {
        return None;
    }
    let mut words = row.filled().filter(|(column, cell)| {
        matches!(cell, Cell::Text(_)) && !is_number(*column) && !matches!(path(*column), Some("note" | "answers"))
    });
    let first = words.next().map(|(_, cell)| bare(cell)).unwrap_or_default();
    if is_total(&first) || words.take(2).any(|(_, cell)| is_total(&bare(cell))) {
        return Some(OmissionReason::Total);
    }
    if first.starts_with("例:") || ["示例", "样例", "填写示例", "填表示例", "举例"].contains(&first.as_str())
    {
        return Some(OmissionReason::Example);
    }
    let has_number = row.filled().any(|(column, cell)| is_number(column) && matches!(cell, Cell::Number(_)));
    (!has_number && is_note(&first)).then_some(OmissionReason::Note)
}

fn bare(cell: &Cell) -> String {
    normalise(&cell.text()).chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_lowercase).collect()
}

fn is_total(text: &str) -> bool {
    const WORDS: [&str; 14] = [
        "合计",
        "总计",
        "小计",
        "共计",
        "累计",
        "总和",
        "汇总",
        "平均",
        "总数",
        "total",
        "subtotal",
        "grandtotal",
        "sum",
        "average",
    ];
    let text = text.split('(').next().unwrap_or_default().trim_end_matches([':', '.', '*']);
    text == "计"
        || text == "合"
        || (text.chars().count() <= 14 && WORDS.iter().any(|word| text.starts_with(word) || text.ends_with(word)))
}

fn is_note(text: &str) -> bool {
    const WORDS: [&str; 18] = [
        "注",
        "备注",
        "说明",
        "填表",
        "填报",
        "制表",
        "审核",
        "审批",
        "负责人",
        "单位负责人",
        "分管领导",
        "联系人",
        "联系电话",
        "电话",
        "打印",
        "报送",
        "签字",
        "盖章",
    ];
    let marked = text.contains(':') || text.starts_with("注") || text.ends_with("盖章)");
    marked && WORDS.iter().any(|word| text.trim_start_matches(['*', '(']).starts_with(word))
}

/// Whether a row numbers the columns: 1, 2, 3 or 甲, 乙, 1, 2.
fn is_numbering(row: &SheetRow) -> bool {
    let mut expected = 1;
    let mut count = 0;
    for (_, cell) in row.filled() {
        let text = bare(cell);
        let text = text.trim_matches(['(', ')', '[', ']', '栏', '列']);
        if ["甲", "乙", "丙", "丁"].contains(&text) {
            continue;
        }
        if text != expected.to_string() {
            return false;
        }
        (expected, count) = (expected + 1, count + 1);
    }
    count >= 2
}

#[cfg(test)]
mod tests;
