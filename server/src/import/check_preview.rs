//! Text of a row's cells next to the values read from them, for the preview and for errors.

use crate::import::cell::SheetRow;
use crate::import::check_context::CheckContext;
use crate::import::findings::{ShownCell, ShownRow};
use crate::import::row::ParsedRow;
use crate::import::target::{PLACE, PLACE_CODE};
use jiedui_core::api::imports::Action;
use jiedui_core::entry::field;
use jiedui_core::sync::{Path, path};
use serde_json::Value;

/// Maximum number of characters of a cell in the preview.
const MAX_CHARACTERS: usize = 200;

impl CheckContext {
    /// Returns the first column of a field.
    pub fn column(&self, path: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.as_deref() == Some(path))
    }

    /// Returns the text in the columns of a field.
    pub fn written(&self, row: &SheetRow, path: &str) -> String {
        let is_column_of_field = |column: &Option<String>| {
            column.as_deref() == Some(path) || (path == PLACE && column.as_deref() == Some(PLACE_CODE))
        };
        let columns = self.columns.iter().enumerate().filter(|(_, column)| is_column_of_field(column));
        let cells = columns.map(|(column, _)| row.cell(column).text().into_owned()).filter(|text| !text.is_empty());
        cells.collect::<Vec<_>>().join(" ")
    }

    /// Returns a row of the preview: a cell for each imported field.
    pub fn preview(&self, row: &SheetRow, action: Action, read: &ParsedRow) -> ShownRow {
        let mut paths: Vec<&str> = Vec::new();
        for path in self.columns.iter().flatten() {
            let path = if path == PLACE_CODE { PLACE } else { path.as_str() };
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        let cells = paths.into_iter().map(|path| self.preview_cell(row, path, read)).collect();
        ShownRow { row: row.number, action, cells }
    }

    fn preview_cell(&self, row: &SheetRow, path: &str, read: &ParsedRow) -> ShownCell {
        let unit = self.column(path).and_then(|column| self.units.get(column)).and_then(Option::as_deref);
        let field = match Path::from(path) {
            Path::Value(code) => self.activity.as_ref().and_then(|form| form.field(&code)),
            _ => None,
        };
        let unit = unit.filter(|unit| field.is_none_or(|field| field.unit != *unit));
        let mut written: String = self.written(row, path).chars().take(MAX_CHARACTERS).collect();
        // A bare number is in the unit of its column.
        if let Some(unit) = unit.filter(|_| written.parse::<f64>().is_ok()) {
            written = format!("{written} {unit}");
        }
        let value = path::get(&read.fields, path).cloned().unwrap_or(Value::Null);
        let code = Path::from(path);
        let code = code.answer().unwrap_or(path);
        let qualifiers = read.fields.get(field::QUALIFIERS);
        let qualifier = qualifiers.and_then(|qualifiers| qualifiers.get(code)?.as_str()).map(str::to_owned);
        ShownCell { path: path.to_owned(), written, value, qualifier, converted: read.converted.contains(path) }
    }
}
