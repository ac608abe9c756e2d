//! Rows, columns and cells of an imported table, as the preview shows them.

use crate::values::field_error::FieldError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// A sheet of a workbook, or a table of a web page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SheetName {
    /// Name in the workbook.
    pub name: String,
    /// Whether the workbook hides the sheet. A hidden sheet is read only if the user chooses it.
    pub hidden: bool,
}

/// Reason why a row is omitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OmissionReason {
    /// Text above the heading.
    Title,
    /// A sum of other rows.
    Total,
    /// A remark or a signature below the data.
    Note,
    /// The heading once more.
    Heading,
    /// Numbers of the columns.
    Numbering,
    /// An example of how to fill in the table.
    Example,
    /// No content in the imported columns.
    Blank,
    /// The spreadsheet hides the row, for example by a filter.
    Hidden,
}

/// An omitted row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OmittedRow {
    /// Number.
    pub row: usize,
    /// Reason.
    pub why: OmissionReason,
    /// The text of the row.
    pub text: String,
}

/// Reason why a column is not imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ColumnReason {
    /// No field has such a name.
    Unknown,
    /// Unit is not understood, or two texts name different units.
    Unit,
    /// Words in its heading that may mean another figure.
    Words,
    /// Several columns may be the same field.
    Repeated,
    /// A person chose not to import it.
    Deselected,
    /// The spreadsheet hides the column.
    Hidden,
}

/// A column that is not imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OmittedColumn {
    /// Place, from 0.
    pub column: usize,
    /// Heading.
    pub heading: String,
    /// Reason.
    pub why: ColumnReason,
    /// The words that are not understood, or the field that several columns may be.
    pub text: String,
}

/// Effect of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = RowAction))]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A new entry.
    New,
    /// A change of an entry.
    Update,
    /// No change: the entry has these values already.
    Same,
    /// None, because the row has an error.
    Wrong,
}

/// An error in a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CellError {
    /// The row's number in the spreadsheet.
    pub row: usize,
    /// Heading of the column; empty for an error of the whole row.
    pub column: String,
    /// Content of the cell.
    pub value: String,
    /// The error.
    #[serde(flatten)]
    pub error: FieldError,
}

/// A row of the preview.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PreviewRow {
    /// The row's number in the spreadsheet.
    pub row: usize,
    /// Effect of the row.
    pub action: Action,
    /// Cells in columns that are imported.
    pub cells: Vec<PreviewCell>,
}

/// A cell of the preview: its content in the spreadsheet and the value read from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PreviewCell {
    /// The field's path in an entry.
    pub path: String,
    /// The field's name.
    pub label: String,
    /// Content of the cell, with the unit of its column if that differs from the field's.
    pub written: String,
    /// The field's value; null where the cell cannot be read.
    pub value: Value,
    /// The value in words.
    pub text: String,
    /// Precision of a number; null for an exact one.
    pub qualifier: Option<String>,
    /// Whether the amount was converted from another unit.
    pub converted: bool,
}

/// An entry that will change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EntryChange {
    /// The row's number in the spreadsheet.
    pub row: usize,
    /// The entry.
    pub id: Uuid,
    /// Activity's name.
    pub activity: String,
    /// Place's name.
    pub place: String,
    /// Date.
    pub date: String,
    /// The fields that change.
    pub fields: Vec<FieldChange>,
}

/// A field that will change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldChange {
    /// The field's path in an entry.
    pub path: String,
    /// The field's name.
    pub label: String,
    /// The present value, in words.
    pub from: String,
    /// The new value, in words.
    pub to: String,
}

/// A cell whose formula was perhaps never calculated; it is imported as empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UncalculatedCell {
    /// The row's number in the spreadsheet.
    pub row: usize,
    /// The column's heading.
    pub column: String,
}
