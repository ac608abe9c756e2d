//! Imports of spreadsheets: `/api/v1/imports`.

pub mod column;
mod rows;

pub use rows::{
    Action, CellError, ColumnReason, EntryChange, FieldChange, OmissionReason, OmittedColumn, OmittedRow, PreviewCell,
    PreviewRow, SheetName, UncalculatedCell,
};

use crate::entry::field;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Stage of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ImportStage))]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The file is being read and checked.
    Checking,
    /// Checked; nothing is written.
    Checked,
    /// Entries are being written.
    Writing,
    /// All entries are written.
    Done,
    /// The written entries are undone.
    Undone,
    /// Cancelled before anything was written.
    Cancelled,
    /// The file has no table.
    Unreadable,
    /// The table has no rows.
    Empty,
    /// The table has too many rows.
    TooMany,
}

impl Stage {
    /// Returns the code, as on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::Checking => "checking",
            Self::Checked => "checked",
            Self::Writing => "writing",
            Self::Done => "done",
            Self::Undone => "undone",
            Self::Cancelled => "cancelled",
            Self::Unreadable => "unreadable",
            Self::Empty => "empty",
            Self::TooMany => "too_many",
        }
    }
}

/// A field that a column may be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ColumnChoice {
    /// The field's path in an entry.
    pub path: String,
    /// The field's name.
    pub label: String,
    /// Whether a row requires it.
    pub required: bool,
}

/// One of the first rows of a sheet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartRow {
    /// The row's number in the spreadsheet.
    pub row: usize,
    /// Cells.
    pub cells: Vec<String>,
}

/// The user's imports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportsResponse {
    /// The imports, the newest first.
    pub imports: Vec<ImportResponse>,
}

/// The field of each column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetColumnsRequest {
    /// For each column the path of its field, or null.
    pub columns: Vec<Option<String>>,
}

/// Position of the table in the file. The server detects missing members.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetLayoutRequest {
    /// Index of the sheet.
    pub sheet: Option<usize>,
    /// Number of the first row of the heading.
    pub heading_row: Option<usize>,
    /// Number of rows of the heading.
    pub heading_rows: Option<usize>,
}

/// An import: its stage, the mapping of columns, and the errors by row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportResponse {
    /// Identifier.
    pub id: Uuid,
    /// Code of the activity of new entries; empty if rows can only change entries.
    pub activity: String,
    /// Name of the file.
    pub name: String,
    /// Stage of the import.
    pub stage: Stage,
    /// Heading of the table.
    pub heading: Vec<String>,
    /// The field of each column.
    pub columns: Vec<Option<String>>,
    /// Fields to choose from for a column.
    pub choices: Vec<ColumnChoice>,
    /// Number of rows.
    pub rows: i64,
    /// Number of rows checked so far; null if no check is running.
    pub done: Option<usize>,
    /// Whether it waits for the checks of other imports.
    pub waits: bool,
    /// Number of rows with an error.
    pub wrong_rows: i64,
    /// Number of errors.
    pub wrong: i64,
    /// The first errors.
    #[serde(rename = "mistakes")]
    pub errors: Vec<CellError>,
    /// Numbers of the rows that are likely recorded already.
    pub likely: Vec<usize>,
    /// Time of the upload, RFC 3339 in UTC.
    pub created_at: String,
    /// Reason why no table can be read, in words.
    pub problem: Option<String>,
    /// All sheets of the file.
    pub sheets: Vec<SheetName>,
    /// Index of the sheet that is read.
    pub sheet: usize,
    /// Number of the first row of the heading.
    pub heading_row: usize,
    /// Number of rows of the heading.
    pub heading_rows: usize,
    /// The first rows of the sheet, to choose the heading from.
    pub start: Vec<StartRow>,
    /// Unit of each column, if it differs from the field's.
    pub units: Vec<Option<String>>,
    /// The columns that are not imported, each with the reason.
    pub omitted_columns: Vec<OmittedColumn>,
    /// Whether the table has the heading of the official template.
    pub official: bool,
    /// The first omitted rows.
    #[serde(rename = "left_out")]
    pub omitted_rows: Vec<OmittedRow>,
    /// Number of omitted rows for each reason.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, usize>))]
    #[serde(rename = "left_out_counts")]
    pub omission_counts: BTreeMap<OmissionReason, usize>,
    /// The first rows as they will be written.
    pub preview: Vec<PreviewRow>,
    /// The first entries that will change.
    pub changes: Vec<EntryChange>,
    /// Number of new entries.
    pub new: usize,
    /// Number of entries that will change.
    pub updates: usize,
    /// Number of named entries that would not change.
    pub same: usize,
    /// Whether the whole import can be undone.
    pub can_undo: bool,
    /// Number of rows that are omitted because the spreadsheet hides them.
    pub hidden_rows: usize,
    /// Imported cells whose formulas were perhaps never calculated: they are imported as empty.
    pub uncalculated: Vec<UncalculatedCell>,
}

impl ImportResponse {
    /// Returns whether the server is checking or writing the import.
    pub fn is_running(&self) -> bool {
        matches!(self.stage, Stage::Checking | Stage::Writing) || self.done.is_some()
    }

    /// Returns whether sheet, heading or columns can be changed.
    pub fn can_match(&self) -> bool {
        let is_read = !self.sheets.is_empty() || !self.start.is_empty();
        self.stage == Stage::Checked
            || (is_read && matches!(self.stage, Stage::Unreadable | Stage::Empty | Stage::TooMany))
    }

    /// Returns the names of required fields without a column. Rows that name entries require none.
    pub fn missing(&self) -> Vec<String> {
        let has = |path: &str| self.columns.iter().flatten().any(|column| column == path);
        if has(column::ID) {
            return Vec::new();
        }
        let is_missing = |choice: &&ColumnChoice| {
            choice.required && !has(&choice.path) && !(choice.path == field::PLACE && has(column::PLACE_CODE))
        };
        self.choices.iter().filter(is_missing).map(|choice| choice.label.clone()).collect()
    }

    /// Returns the start of the text of a column in the first row below the heading.
    pub fn sample(&self, column: usize) -> String {
        let after = self.heading_row + self.heading_rows;
        let row = self.start.iter().find(|row| row.row >= after);
        row.and_then(|row| row.cells.get(column)).map(|text| text.chars().take(20).collect()).unwrap_or_default()
    }
}
