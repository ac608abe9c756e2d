//! Entries out of spreadsheets: a file is read and every row checked before anything is written, then all of it is written in
//! one transaction or nothing, and the whole of it can be taken back. Rows that name an entry change it. Work goes on beside the
//! requests, which ask how far it has come.

pub mod cell;
pub mod check;
pub mod column_match;
pub mod columns;
pub mod file_error;
pub mod gazetteer;
mod html;
pub mod job;
pub mod job_registry;
pub mod layout;
pub mod number_format;
pub mod row;
mod separator;
pub mod summary;
pub mod template;
mod text;
mod text_encoding;
pub mod unit_words;
pub mod update;
pub mod workbook;
pub mod write;
mod xls;
mod xlsx;

use file_error::FileError;
use jiedui_core::api::imports::{Action, OmissionReason, OmittedColumn, OmittedRow, SheetName, UncalculatedCell};
use jiedui_core::entry::Fields;
use layout::HeadingRows;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// So many mistakes are told; all are counted.
pub const TOLD: usize = 1_000;
/// So many rows are shown as they will be written, and so many changes of entries.
pub const SHOWN: usize = 50;
const SHOWN_CHANGES: usize = 200;
/// So many changes of entries can be undone.
pub const MOST_UNDONE: usize = 1_000;

/// What a check has found in the file, and how it was read: kept with the import.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Findings {
    /// The sheet that somebody has chosen.
    pub wanted_sheet: Option<usize>,
    /// The heading that somebody has pointed at.
    pub wanted_heading: Option<HeadingRows>,
    /// Why no table can be read.
    pub fault: Option<FileError>,
    /// All sheets of the file.
    pub sheets: Vec<SheetName>,
    /// Which of them was read.
    pub sheet: usize,
    /// Where its heading is.
    pub heading_rows: HeadingRows,
    /// The first rows of the sheet, to choose the heading from.
    pub start: Vec<(usize, Vec<String>)>,
    /// The unit of each column, where it is not the field's.
    pub units: Vec<Option<String>>,
    /// The columns that are not imported, and why.
    pub omitted_columns: Vec<OmittedColumn>,
    /// Whether it has the official template's heading, of which nobody can say otherwise.
    pub official: bool,
    /// The first rows that are left out, and how many there are for each reason.
    pub left_out: Vec<OmittedRow>,
    /// How many rows are left out for each reason.
    pub left_out_counts: BTreeMap<OmissionReason, usize>,
    /// The first rows as they will be written.
    pub rows: Vec<ShownRow>,
    /// The first entries that will be changed.
    pub changes: Vec<Change>,
    /// How many entries will be made, changed, and left as they are.
    pub new: usize,
    /// How many entries will be changed.
    pub updates: usize,
    /// How many entries are named but would not change.
    pub same: usize,
    /// What undoes the changes of entries, where they are few enough.
    pub undo: Vec<Undo>,
    /// How many rows are hidden in the spreadsheet and imported all the same.
    pub hidden_rows: usize,
    /// Imported cells whose formulas were perhaps never calculated: they are imported as empty.
    pub uncalculated: Vec<UncalculatedCell>,
}

/// What undoes the change of an entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Undo {
    /// The entry.
    pub id: Uuid,
    /// Its revision once it was changed.
    pub rev: u64,
    /// What stood in the fields that were changed.
    pub fields: Fields,
}

impl Findings {
    /// Whether all that was written can be undone.
    pub fn can_undo(&self) -> bool {
        self.undo.len() == self.updates
    }
}

/// A row beside what it says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShownRow {
    /// Its number.
    pub row: usize,
    /// What becomes of it.
    pub action: Action,
    /// Its cells in columns that are imported.
    pub cells: Vec<ShownCell>,
}

/// A cell beside what it says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShownCell {
    /// The field.
    pub path: String,
    /// What stands in the cell, with the unit of its column where that is another than the field's.
    pub written: String,
    /// The field's value; null where it cannot be read.
    pub value: Value,
    /// How exact a number is, where it is not exact.
    pub qualifier: Option<String>,
    /// Whether the amount was converted from another unit.
    pub converted: bool,
}

/// How an entry will be changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The row's number.
    pub row: usize,
    /// The entry.
    pub id: Uuid,
    /// Its activity, place and date as they stand.
    pub activity: String,
    /// Its place.
    pub place: String,
    /// Its date.
    pub date: String,
    /// For each field what stands there and what will.
    pub fields: Vec<ChangedField>,
}

/// A field that will be changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangedField {
    /// The field.
    pub path: String,
    /// What stands there.
    pub from: Value,
    /// What will.
    pub to: Value,
}

/// What is written of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum PlannedWrite {
    /// A new entry.
    New(Fields),
    /// Fields of an entry that were changed from a revision of it.
    Update {
        /// The entry.
        id: Uuid,
        /// The revision that the table started from.
        base_rev: u64,
        /// The fields that change.
        fields: Fields,
        /// What stands in them before.
        before: Fields,
    },
}
