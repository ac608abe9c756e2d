//! Matches each column of a sheet to a field and a unit, and lists omitted columns with the reason.

use super::cell::SheetCell;
use super::columns::{self, Heading, Proposal, heading_words, one_unit, propose};
use super::layout::Sheet;
use super::target::{ColumnTarget, ID, REV, UNIT};
use super::unit_words::{agree, read_unit};
use jiedui_core::api::imports::{ColumnReason, OmittedColumn};
use jiedui_core::entry::field;
use jiedui_core::sync::Path;
use jiedui_core::values::unit::Unit;

/// Number of rows that are examined to distinguish a column of units from one of organisations.
const EXAMINED_ROWS: usize = 200;

/// Result of matching the columns of a sheet.
#[derive(Clone, Debug, Default)]
pub struct ColumnMatch {
    /// The field of each column.
    pub columns: Vec<Option<String>>,
    /// Unit of each column, from the heading or a line above the table. If it cannot be parsed, its words: no
    /// number can be converted, so each is an error.
    pub stated: Vec<Option<String>>,
    /// The columns that are not imported.
    pub omitted: Vec<OmittedColumn>,
    /// Whether the heading is the official template's.
    pub official: bool,
}

/// Matches the columns of a sheet. `chosen` is a person's earlier choice for this heading.
pub fn match_columns(sheet: &Sheet, targets: &[ColumnTarget], chosen: Option<Vec<Option<String>>>) -> ColumnMatch {
    let mut proposals = propose(&sheet.heading, targets);
    let mut has_hidden = false;
    for (column, proposal) in proposals.iter_mut().enumerate() {
        if proposal.named.as_deref().is_some_and(is_omitted_if_hidden) && sheet.is_hidden(column) {
            has_hidden = true;
            (proposal.path, proposal.question) = (None, Some((ColumnReason::Hidden, String::new())));
        }
    }
    // The columns of an official template are fixed, so a hidden one could not be chosen.
    let official = columns::official(&sheet.heading, targets).filter(|_| !has_hidden);
    let stated_unit = |path: Option<&String>, heading: &Heading| {
        let target = targets
            .iter()
            .find(|target| Some(&target.path) == path && matches!(Path::from(&target.path), Path::Value(_)))?;
        Some(column_unit(sheet, heading, target))
    };
    for (proposal, heading) in proposals.iter_mut().zip(&sheet.heading) {
        if let Some(Err(text)) = stated_unit(proposal.path.as_ref(), heading) {
            (proposal.path, proposal.question) = (None, Some((ColumnReason::Unit, text)));
        }
    }
    let is_official = official.is_some();
    let mut columns =
        official.or(chosen).unwrap_or_else(|| proposals.iter().map(|proposal| proposal.path.clone()).collect());
    columns.resize(sheet.heading.len(), None);
    for (at, column) in columns.iter_mut().enumerate() {
        let named = proposals.get(at).and_then(|proposal| proposal.named.as_deref());
        let may_be_unit = column.is_none() || (column.as_deref() == Some(field::ORGANISATION) && !is_official);
        let is_unit = named == Some(UNIT) || (named == Some(field::ORGANISATION) && has_only_units(sheet, at));
        // Amounts without their unit would be wrong.
        if may_be_unit && is_unit {
            *column = Some(UNIT.to_owned());
        }
    }
    let stated = columns.iter().zip(&sheet.heading);
    let stated = stated.map(|(path, heading)| match stated_unit(path.as_ref(), heading)? {
        Ok(unit) => unit,
        Err(text) => Some(text),
    });
    let stated = stated.collect();
    let omitted = omitted(sheet, &columns, &proposals);
    ColumnMatch { columns, stated, omitted, official: is_official }
}

/// Returns whether a hidden column of a field is omitted. The identity of exported entries is read even if it is
/// hidden: without it, each row would become a new entry.
pub fn is_omitted_if_hidden(path: &str) -> bool {
    ![ID, REV].contains(&path)
}

/// Returns the unit in the heading of a column and in the lines above the table. `Err` has words that cannot be parsed.
fn column_unit(sheet: &Sheet, heading: &Heading, target: &ColumnTarget) -> Result<Option<String>, String> {
    let field = Unit::of_field(&target.unit);
    let unit = one_unit(&heading_words(heading, target))?;
    let of_lines = sheet.units.units.iter().filter(|unit| Unit::of_field(unit).converts_to(&field));
    let mut units: Vec<String> = unit.into_iter().collect();
    units.extend(of_lines.cloned());
    if !agree(units.iter().map(String::as_str)) {
        units.dedup();
        return Err(units.join("、"));
    }
    if units.is_empty() {
        let bears = |text: &&String| match text.split_once('/') {
            // 元/吨 does not apply to a number of people.
            Some((unit, _)) => read_unit(unit, &[]).is_none_or(|unit| Unit::of_field(&unit).converts_to(&field)),
            None => true,
        };
        if let Some(text) = sheet.units.unclear.iter().find(bears) {
            return Err(text.clone());
        }
    }
    Ok(units.into_iter().next())
}

/// Returns whether all cells of a column are units.
fn has_only_units(sheet: &Sheet, column: usize) -> bool {
    let cells = sheet.rows.iter().take(EXAMINED_ROWS).map(|row| row.cell(column)).filter(|cell| !cell.is_empty());
    let mut count = 0;
    let all = cells.into_iter().all(|cell| {
        count += 1;
        matches!(cell, SheetCell::Text(text) if read_unit(text, &[]).is_some())
    });
    all && count > 0
}

fn omitted(sheet: &Sheet, columns: &[Option<String>], proposals: &[Proposal]) -> Vec<OmittedColumn> {
    let labels = sheet.labels();
    let has_cells = |column: usize| sheet.rows.iter().any(|row| !row.cell(column).is_empty());
    let left = (0..columns.len()).filter(|at| columns.get(*at).is_some_and(Option::is_none));
    let left = left.filter(|at| labels.get(*at).is_some_and(|label| !label.is_empty()) || has_cells(*at));
    let omitted = left.map(|column| {
        let proposal = proposals.get(column).cloned().unwrap_or_default();
        let (why, text) = match proposal.question {
            Some(question) => question,
            None if proposal.path.is_some() => (ColumnReason::Deselected, String::new()),
            None => (ColumnReason::Unknown, String::new()),
        };
        let heading = labels.get(column).cloned().unwrap_or_default();
        OmittedColumn { column, heading, why, text }
    });
    omitted.collect()
}

#[cfg(test)]
mod tests;
