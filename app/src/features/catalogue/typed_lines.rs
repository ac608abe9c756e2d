//! Choices and columns of a field as lines of text, with cells between bars.

use crate::features::catalogue::unreadable::Unreadable;
use jiedui_core::catalogue::{Choice, Field, FieldKind};

/// Separator of the cells of a line.
pub const BAR: char = '|';

/// Kinds of fields and their codes.
pub const KINDS: [(FieldKind, &str); 6] = [
    (FieldKind::Integer, "integer"),
    (FieldKind::Number, "number"),
    (FieldKind::Text, "text"),
    (FieldKind::Choice, "choice"),
    (FieldKind::Choices, "choices"),
    (FieldKind::Table, "table"),
];

/// Parses each line and skips empty ones.
pub fn lines<T>(
    part: &'static str,
    text: &str,
    read: impl Fn(&str) -> Option<T>,
    wrong: &mut Vec<Unreadable>,
) -> Vec<T> {
    let mut all = Vec::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        match read(line) {
            Some(value) => all.push(value),
            None => wrong.push(Unreadable { part, line: Some(number) }),
        }
    }
    all
}

/// Returns the cells of a line; `None` with more than `most` cells, or with one of the first two empty.
fn cells(line: &str, most: usize) -> Option<Vec<String>> {
    let cells: Vec<String> = line.split([BAR, '｜']).map(|part| part.trim().to_owned()).collect();
    let is_whole = cells.len() <= most && cells.iter().take(2).filter(|cell| !cell.is_empty()).count() == 2;
    is_whole.then_some(cells)
}

/// Parses a choice from its line.
pub fn choice(line: &str) -> Option<Choice> {
    let mut cells = cells(line, 3)?.into_iter();
    Some(Choice { code: cells.next()?, name: cells.next()?, name_en: cells.next().unwrap_or_default() })
}

/// Formats a column as a line.
pub fn column_line(column: &Field) -> String {
    let kind = KINDS.iter().find(|(kind, _)| *kind == column.kind).map_or("", |(_, code)| code);
    format!("{}{BAR}{}{BAR}{kind}{BAR}{}", column.code, column.name, column.unit)
}

/// Parses a column from its line. Properties that the line lacks come from the previous column.
pub fn column(line: &str, old: &[Field]) -> Option<Field> {
    let mut cells = cells(line, 4)?.into_iter();
    let (code, name, kind) = (cells.next()?, cells.next()?, cells.next()?);
    let kind = KINDS.iter().find(|(_, name)| *name == kind).map(|(kind, _)| *kind)?;
    let was = old.iter().find(|column| column.code == code).cloned();
    let required = was.as_ref().is_none_or(|was| was.required);
    let unit = cells.next().unwrap_or_default();
    Some(Field { code, name, kind, unit, required, ..was.unwrap_or_default() })
}
