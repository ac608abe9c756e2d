//! Findings of a check, as the database stores them with the import.

use crate::import::file_error::FileError;
use crate::import::heading_rows::HeadingRows;
use jiedui_core::api::imports::{Action, OmissionReason, OmittedColumn, OmittedRow, SheetName, UncalculatedCell};
use jiedui_core::entry::Fields;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Findings of a check, and how the file was read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Findings {
    /// The sheet that a person chose.
    pub wanted_sheet: Option<usize>,
    /// The heading that a person chose.
    pub wanted_heading: Option<HeadingRows>,
    /// Reason why no table can be read.
    pub fault: Option<FileError>,
    /// All sheets of the file.
    pub sheets: Vec<SheetName>,
    /// Index of the sheet that was read.
    pub sheet: usize,
    /// Rows of its heading.
    pub heading_rows: HeadingRows,
    /// The first rows of the sheet, to choose the heading from.
    pub start: Vec<(usize, Vec<String>)>,
    /// The unit of each column, if it differs from the field's.
    pub units: Vec<Option<String>>,
    /// The columns that are not imported, each with the reason.
    pub omitted_columns: Vec<OmittedColumn>,
    /// Whether the table has the heading of the official template, whose columns are fixed.
    pub official: bool,
    /// The first omitted rows.
    #[serde(rename = "left_out")]
    pub omitted_rows: Vec<OmittedRow>,
    /// Number of omitted rows for each reason.
    #[serde(rename = "left_out_counts")]
    pub omission_counts: BTreeMap<OmissionReason, usize>,
    /// The first rows as they will be written.
    pub rows: Vec<ShownRow>,
    /// The first entries that will change.
    pub changes: Vec<ChangedEntry>,
    /// Number of new entries.
    pub new: usize,
    /// Number of entries that will change.
    pub updates: usize,
    /// Number of entries that are named but would not change.
    pub same: usize,
    /// Previous values of the changed entries, if they are few enough to undo.
    pub undo: Vec<Undo>,
    /// Number of rows that are omitted because the spreadsheet hides them.
    pub hidden_rows: usize,
    /// Imported cells whose formulas were perhaps never calculated: they are imported as empty.
    pub uncalculated: Vec<UncalculatedCell>,
}

/// Previous values of a changed entry, from which the change is undone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Undo {
    /// The entry.
    pub id: Uuid,
    /// Revision after the change.
    pub rev: u64,
    /// The previous values of the changed fields.
    pub fields: Fields,
}

impl Findings {
    /// Returns whether the whole import can be undone.
    pub fn can_undo(&self) -> bool {
        self.undo.len() == self.updates
    }
}

/// A row of the preview.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShownRow {
    /// Number.
    pub row: usize,
    /// Effect of the row.
    pub action: Action,
    /// Cells in columns that are imported.
    pub cells: Vec<ShownCell>,
}

/// A cell of the preview: its text and the value read from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShownCell {
    /// The field.
    pub path: String,
    /// Text of the cell, with the unit of its column if that differs from the field's.
    pub written: String,
    /// The field's value; null if the text cannot be read.
    pub value: Value,
    /// Precision of a number, if it is not exact.
    pub qualifier: Option<String>,
    /// Whether the amount was converted from another unit.
    pub converted: bool,
}

/// An entry that will change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangedEntry {
    /// The row's number.
    pub row: usize,
    /// The entry.
    pub id: Uuid,
    /// Present activity.
    pub activity: String,
    /// Present place.
    pub place: String,
    /// Present date.
    pub date: String,
    /// The fields that change.
    pub fields: Vec<ChangedField>,
}

/// A field that will change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangedField {
    /// The field.
    pub path: String,
    /// The present value.
    pub from: Value,
    /// The new value.
    pub to: Value,
}
