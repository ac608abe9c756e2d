//! Recognises rows without data: totals, remarks, examples, repeated headings and numbering.

use crate::import::cell::{SheetCell, SheetRow};
use crate::import::columns::Heading;
use crate::import::layout::Sheet;
use crate::import::target::{ANSWERS, ColumnTarget};
use crate::import::unit_line::read_unit_line;
use crate::import::unit_words::UnitWords;
use jiedui_core::api::imports::OmissionReason;
use jiedui_core::entry::field;
use jiedui_core::sync::Path;
use jiedui_core::values::halfwidth::normalise;

/// Kind of content of a column, for the recognition of total rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// A column that is not imported.
    Other,
    /// The day.
    Date,
    /// A value that cannot be the word of a total: a place, an organisation, a choice.
    Named,
    /// A number.
    Number,
    /// Free text.
    FreeText,
    /// The note, or all values of an exported entry.
    Note,
}

/// Returns the kind of content of each column.
pub fn kinds(columns: &[Option<String>], targets: &[ColumnTarget]) -> Vec<ColumnKind> {
    let kind = |path: &Option<String>| match path.as_deref() {
        None => ColumnKind::Other,
        Some(field::DATE) => ColumnKind::Date,
        Some(field::NOTE | ANSWERS) => ColumnKind::Note,
        Some(path) if matches!(Path::from(path), Path::Value(_)) => ColumnKind::Number,
        Some(path) if targets.iter().any(|target| target.path == path && target.is_free_text) => ColumnKind::FreeText,
        Some(_) => ColumnKind::Named,
    };
    columns.iter().map(kind).collect()
}

/// Separates rows without data from the others. `kinds` is the kind of content of each column.
pub fn omission_reason(row: &SheetRow, sheet: &Sheet, kinds: &[ColumnKind], is_first: bool) -> Option<OmissionReason> {
    let kind = |column: usize| kinds.get(column).copied().unwrap_or(ColumnKind::Other);
    let is_known = kinds.iter().any(|kind| *kind != ColumnKind::Other);
    if is_known && !row.filled().any(|(column, _)| kind(column) != ColumnKind::Other) {
        // The word of a total may be in a column that is not imported.
        let words: Vec<String> = row.filled().map(|(_, cell)| bare(cell)).collect();
        let is_note = words.first().is_some_and(|word| is_note(word));
        return Some(match words.iter().any(|word| is_total(word)) {
            true => OmissionReason::Total,
            false if is_note => OmissionReason::Note,
            false => OmissionReason::Blank,
        });
    }
    let labels = sheet.heading.iter().enumerate();
    let repeats = |(column, heading): (usize, &Heading)| {
        let cell = bare(row.cell(column));
        heading.last().map_or(cell.is_empty(), |last| bare(&SheetCell::of(last)) == cell)
    };
    if labels.clone().all(repeats) {
        return Some(OmissionReason::Heading);
    }
    if is_first && is_numbering(row) {
        return Some(OmissionReason::Numbering);
    }
    // A row with a merged or mistyped day is data.
    let begins_as_day = |cell: &SheetCell| match cell {
        SheetCell::Text(_) => bare(cell).starts_with(|letter: char| letter.is_ascii_digit()),
        other => !other.is_empty(),
    };
    let mut cells = row.cells.iter().enumerate();
    let has_day = cells.any(|(column, cell)| kind(column) == ColumnKind::Date && begins_as_day(cell));
    let words: Vec<(ColumnKind, String)> = row
        .filled()
        .filter(|(column, cell)| matches!(cell, SheetCell::Text(_)) && kind(*column) != ColumnKind::Number)
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
        words.iter().filter(|(kind, _)| !matches!(kind, ColumnKind::Note | ColumnKind::FreeText)).map(|word| &word.1);
    let first = labels.next().cloned().unwrap_or_default();
    if is_total(&first) || is_part_of_total(&first) || labels.take(2).any(|label| is_total(label)) {
        return Some(OmissionReason::Total);
    }
    let first = words.first().map_or("", |word| word.1.as_str());
    if first.starts_with("例:") || ["示例", "样例", "填写示例", "填表示例", "举例"].contains(&first) {
        return Some(OmissionReason::Example);
    }
    let has_number = row.filled().any(|(column, cell)| {
        kind(column) == ColumnKind::Number && matches!(cell, SheetCell::Number(_) | SheetCell::WithUnit(_))
    });
    (!has_number && (is_note(first) || read_unit_line(first) != UnitWords::default())).then_some(OmissionReason::Note)
}

fn bare(cell: &SheetCell) -> String {
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

/// Returns whether a text is only a word for a total.
fn is_total_word(text: &str) -> bool {
    let text = text.split('(').next().unwrap_or_default().trim_end_matches([':', '.', '*']);
    ["合计", "总计", "小计", "共计", "total", "subtotal", "grandtotal"].contains(&text)
}

/// Returns whether a text names a total of something with a short name, such as 沫阳镇小计.
fn is_total_label(text: &str) -> bool {
    let text = text.split('(').next().unwrap_or_default().trim_end_matches([':', '.', '*']);
    let ends = ["合计", "总计", "小计", "共计"].iter().any(|word| text.ends_with(word));
    is_total_word(text)
        || ["∑", "总和", "sum", "累计", "汇总", "平均"].contains(&text)
        || (ends && text.chars().count() <= 10)
}

/// Returns whether a text marks a sum without a word for a total.
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

/// Returns whether a row numbers the columns: 1, 2, 3 or 甲, 乙, 1, 2.
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
