//! How a sheet is laid out: where its heading is, what stands above and below the data, and which rows are no data.

use super::cell::{Cell, MOST_ROWS, SheetRow};
use super::columns::{Heading, Target};
use super::unit_words::{UnitWords, read_unit_line};
use crate::import::file_error::FileError;
use crate::import::workbook::{SheetFile, UnreadableRow};
use jiedui_core::api::imports::{OmissionReason, OmittedRow, SheetName};
use jiedui_core::sync::Path;
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
    /// What lines above the heading say about the units of the whole table.
    pub units: UnitWords,
    /// How many columns a row may have: as many as the heading of a text file, any number in a workbook.
    pub width: usize,
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
    let SheetFile { sheets, sheet, rows, broken, from_1904, is_separated_text } = book;
    let start = rows.iter().take(LOOKED_AT);
    let start = start
        .map(|row| {
            let cell = |cell: &Cell| cell.text().chars().take(60).collect();
            (row.number, row.cells.iter().take(20).map(cell).collect())
        })
        .collect();
    let (at, mut height) = match wanted.and_then(|wanted| find(&rows, wanted)) {
        Some(found) => found,
        None => best(&rows, known).ok_or(FileError::Empty)?,
    };
    if wanted.is_none() {
        // A cell of the heading that is merged with those below says that they are heading as well.
        let is_merged_below = |height: usize| {
            let filled: Vec<usize> = rows.get(at).map_or(Vec::new(), |row| row.filled().map(|own| own.0).collect());
            rows.get(at + height).is_some_and(|row| filled.iter().any(|column| row.is_carried(*column)))
        };
        while height < MOST_HEADING && is_merged_below(height) {
            height += 1;
        }
    }
    let mut above = rows;
    let mut heading = above.split_off(at.min(above.len()));
    let rows = heading.split_off(height.min(heading.len()));
    let first = heading.first().map_or(0, |row| row.number);
    let mut units = UnitWords::default();
    for (_, cell) in above.iter().flat_map(SheetRow::filled) {
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
    if rows.len() > MOST_ROWS + LOOKED_AT {
        return Err(FileError::TooManyRows);
    }
    let heading_rows = HeadingRows { row: first, rows: height };
    Ok(Sheet { sheets, sheet, heading_rows, heading, units, width, titles, rows, broken, start, from_1904 })
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

/// What the cells of a column may hold, as far as total rows are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// It is not imported.
    Other,
    /// The day.
    Date,
    /// Something that the words of a total cannot be: a place, an organisation, one of several choices.
    Named,
    /// A number.
    Number,
    /// Words that somebody writes.
    FreeText,
    /// The note, or all answers of an export.
    Note,
}

/// What each column may hold.
pub fn kinds(columns: &[Option<String>], targets: &[Target]) -> Vec<ColumnKind> {
    let kind = |path: &Option<String>| match path.as_deref() {
        None => ColumnKind::Other,
        Some("date") => ColumnKind::Date,
        Some("note" | "answers") => ColumnKind::Note,
        Some(path) if matches!(Path::from(path), Path::Value(_)) => ColumnKind::Number,
        Some(path) if targets.iter().any(|own| own.path == path && own.is_free_text) => ColumnKind::FreeText,
        Some(_) => ColumnKind::Named,
    };
    columns.iter().map(kind).collect()
}

/// Sorts out rows that are no data. `kinds` says what each column may hold.
pub fn sifted(row: &SheetRow, sheet: &Sheet, kinds: &[ColumnKind], is_first: bool) -> Option<OmissionReason> {
    let kind = |column: usize| kinds.get(column).copied().unwrap_or(ColumnKind::Other);
    let is_known = kinds.iter().any(|kind| *kind != ColumnKind::Other);
    if is_known && !row.filled().any(|(column, _)| kind(column) != ColumnKind::Other) {
        // A total's words may stand in a column that is not imported.
        let words: Vec<String> = row.filled().map(|(_, cell)| bare(cell)).collect();
        let is_note = words.first().is_some_and(|own| is_note(own));
        return Some(match words.iter().any(|own| is_total(own)) {
            true => OmissionReason::Total,
            false if is_note => OmissionReason::Note,
            false => OmissionReason::Blank,
        });
    }
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
    // A merged day counts, and so does one that is mistyped: its row is data, perhaps with a mistake.
    let begins_as_day = |cell: &Cell| match cell {
        Cell::Text(_) => bare(cell).starts_with(|letter: char| letter.is_ascii_digit()),
        other => !other.is_empty(),
    };
    let mut cells = row.cells.iter().enumerate();
    let has_day = cells.any(|(column, cell)| kind(column) == ColumnKind::Date && begins_as_day(cell));
    let words: Vec<(ColumnKind, String)> = row
        .filled()
        .filter(|(column, cell)| matches!(cell, Cell::Text(_)) && kind(*column) != ColumnKind::Number)
        .map(|(column, cell)| (kind(column), bare(cell)))
        .collect();
    let is_total_of_data = |(at, (kind, word)): (usize, &(ColumnKind, String))| match kind {
        ColumnKind::Date | ColumnKind::Named => is_total_label(word) || (!has_day && is_total(word)),
        ColumnKind::Other if at == 0 => is_total_label(word),
        ColumnKind::FreeText | ColumnKind::Other => is_total_word(word),
        _ => false,
    };
    if words.iter().enumerate().any(is_total_of_data) {
        return Some(OmissionReason::Total);
    }
    if has_day {
        return None;
    }
    let mut labels =
        words.iter().filter(|(kind, _)| !matches!(kind, ColumnKind::Note | ColumnKind::FreeText)).map(|own| &own.1);
    let first = labels.next().cloned().unwrap_or_default();
    if is_total(&first) || is_part_of_total(&first) || labels.take(2).any(|own| is_total(own)) {
        return Some(OmissionReason::Total);
    }
    let first = words.first().map_or("", |own| own.1.as_str());
    if first.starts_with("例:") || ["示例", "样例", "填写示例", "填表示例", "举例"].contains(&first) {
        return Some(OmissionReason::Example);
    }
    let has_number = row.filled().any(|(column, cell)| {
        kind(column) == ColumnKind::Number && matches!(cell, Cell::Number(_) | Cell::WithUnit(_))
    });
    (!has_number && is_note(first)).then_some(OmissionReason::Note)
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

/// Whether a text is a word for a total and nothing else.
fn is_total_word(text: &str) -> bool {
    let text = text.split('(').next().unwrap_or_default().trim_end_matches([':', '.', '*']);
    ["合计", "总计", "小计", "共计", "total", "subtotal", "grandtotal"].contains(&text)
}

/// Whether a text names a total, such as 沫阳镇小计: one of something short.
fn is_total_label(text: &str) -> bool {
    let text = text.split('(').next().unwrap_or_default().trim_end_matches([':', '.', '*']);
    let ends = ["合计", "总计", "小计", "共计"].iter().any(|word| text.ends_with(word));
    is_total_word(text)
        || ["∑", "总和", "sum", "累计", "汇总", "平均"].contains(&text)
        || (ends && text.chars().count() <= 10)
}

/// Whether a text is what tables write in rows that sum up others without a word for a total.
fn is_part_of_total(text: &str) -> bool {
    let counts = text.strip_prefix('共').is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()));
    let starts =
        ["总人", "总金额", "总额", "总数", "其中", "上年结转", "上月结转"].iter().any(|word| text.starts_with(word));
    counts || starts || ["∑", "全镇", "全乡", "全村", "全县", "全区", "全州", "全市", "结转"].contains(&text)
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
