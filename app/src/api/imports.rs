//! Spreadsheets brought in: what the server says of them.

use crate::api::endpoints::{ApiError, get, send_json, with_body};
use gloo_net::http::Request;
use jiedui_core::values::field_error::{FieldError, Language};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use web_sys::File;

/// How far an import has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It is being read and checked.
    Checking,
    /// It has been checked; nothing is written.
    Checked,
    /// It is being written.
    Writing,
    /// It is written.
    Done,
    /// It was taken back.
    Undone,
    /// It was cancelled.
    Cancelled,
    /// There is no table in the file.
    Unreadable,
    /// There are no rows in it.
    Empty,
    /// There are too many.
    TooMany,
}

/// A sheet of a file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SheetName {
    /// Its name.
    pub name: String,
    /// Whether the workbook hides it.
    pub hidden: bool,
}

/// A row that is left out.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct LeftOut {
    /// Its number.
    pub row: u64,
    /// Why.
    pub why: String,
    /// What stands in it.
    pub text: String,
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A new entry.
    New,
    /// A change of an entry.
    Update,
    /// Nothing: the entry is like that already.
    Same,
    /// Nothing yet: there is a mistake in it.
    Wrong,
}

/// A cell beside what it says.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ShownCell {
    /// The field.
    pub path: String,
    /// Its name.
    pub label: String,
    /// What stands in the cell.
    pub written: String,
    /// What it says, in words.
    pub text: String,
    /// How exact a number is, where it is not exact.
    pub qualifier: Option<String>,
    /// Whether the amount was converted from another unit.
    pub converted: bool,
}

/// A row beside what it says.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ShownRow {
    /// Its number.
    pub row: u64,
    /// What becomes of it.
    pub action: Action,
    /// Its cells.
    pub cells: Vec<ShownCell>,
}

/// A field of an entry that will change.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ChangedField {
    /// Its name.
    pub label: String,
    /// What stands there.
    pub from: String,
    /// What will.
    pub to: String,
}

/// An entry that will change.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Change {
    /// The row's number.
    pub row: u64,
    /// The entry.
    pub id: String,
    /// Its activity.
    pub activity: String,
    /// Its place.
    pub place: String,
    /// Its date.
    pub date: String,
    /// What changes.
    pub fields: Vec<ChangedField>,
}

/// A field that a column may be.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Target {
    /// Its path in an entry.
    pub path: String,
    /// Its name.
    pub label: String,
    /// Whether a row must have it.
    pub required: bool,
}

/// A mistake in a row.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Mistake {
    /// The row's number in the spreadsheet.
    pub row: u64,
    /// The column.
    pub column: String,
    /// What stands there.
    pub value: String,
    /// What is wrong with it.
    #[serde(flatten)]
    pub error: FieldError,
}

/// An import.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Import {
    /// Identifier.
    pub id: String,
    /// The activity.
    pub activity: String,
    /// The file's name.
    pub name: String,
    /// How far it has come.
    pub stage: Stage,
    /// The table's heading.
    pub heading: Vec<String>,
    /// Which field each column is.
    pub columns: Vec<Option<String>>,
    /// What a column may be.
    pub choices: Vec<Target>,
    /// How many rows it has.
    pub rows: u64,
    /// How many of them have been looked at, while they are.
    pub done: Option<u64>,
    /// How many are wrong.
    pub wrong_rows: u64,
    /// How many mistakes they have.
    pub wrong: u64,
    /// The first of them.
    pub mistakes: Vec<Mistake>,
    /// The rows that are likely recorded already.
    pub likely: Vec<Value>,
    /// When it was brought.
    pub created_at: String,
    /// Whether it waits for others to be checked.
    pub waits: bool,
    /// Why no table can be read.
    pub problem: Option<String>,
    /// All sheets of the file.
    pub sheets: Vec<SheetName>,
    /// Which of them is read.
    pub sheet: usize,
    /// The number of the heading's first row.
    pub heading_row: u64,
    /// How many rows the heading has.
    pub heading_rows: u64,
    /// The first rows of the sheet.
    pub start: Vec<StartRow>,
    /// The unit of each column, where it is not the field's.
    pub units: Vec<Option<String>>,
    /// Whether it is the official template.
    pub official: bool,
    /// Rows that are left out.
    pub left_out: Vec<LeftOut>,
    /// How many there are for each reason.
    pub left_out_counts: BTreeMap<String, u64>,
    /// The first rows as they will be written.
    pub preview: Vec<ShownRow>,
    /// The first entries that will change.
    pub changes: Vec<Change>,
    /// How many entries will be made.
    pub new: u64,
    /// How many will change.
    pub updates: u64,
    /// How many are named but stay as they are.
    pub same: u64,
    /// Whether all that it has written can be undone.
    pub can_undo: bool,
    /// How many rows are hidden in the spreadsheet and imported all the same.
    pub hidden_rows: u64,
}

/// One of the first rows of a sheet.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct StartRow {
    /// Its number.
    pub row: u64,
    /// Its cells.
    pub cells: Vec<String>,
}

impl Import {
    /// Whether the server is working on it.
    pub fn goes_on(&self) -> bool {
        matches!(self.stage, Stage::Checking | Stage::Writing) || self.done.is_some()
    }

    /// Whether sheet, heading or columns can be changed.
    pub fn can_match(&self) -> bool {
        let is_read = !self.sheets.is_empty() || !self.start.is_empty();
        self.stage == Stage::Checked
            || (is_read && matches!(self.stage, Stage::Unreadable | Stage::Empty | Stage::TooMany))
    }

    /// The fields that a row must have and no column is. Rows that name entries need none.
    pub fn missing(&self) -> Vec<String> {
        let has = |path: &str| self.columns.iter().flatten().any(|own| own == path);
        if has("id") {
            return Vec::new();
        }
        let is_missing = |own: &&Target| own.required && !has(&own.path) && !(own.path == "place" && has("place_code"));
        self.choices.iter().filter(is_missing).map(|own| own.label.clone()).collect()
    }

    /// What stands in a column of the first row below the heading.
    pub fn sample(&self, column: usize) -> String {
        let after = self.heading_row + self.heading_rows;
        let row = self.start.iter().find(|own| own.row >= after);
        row.and_then(|own| own.cells.get(column)).map(|own| own.chars().take(20).collect()).unwrap_or_default()
    }
}

fn path(id: &str, more: &str) -> String {
    format!("/api/v1/imports/{id}{more}")
}

/// Sends a file.
pub async fn upload(activity: &str, file: &File, language: Language) -> Result<Import, ApiError> {
    let name = String::from(js_sys::encode_uri_component(&file.name()));
    let request = Request::post(&format!("/api/v1/imports?activity={activity}&name={name}"));
    let request = request.header("accept-language", language.tag()).header("content-type", "application/octet-stream");
    send_json(request.body(file.clone()).map_err(|_| ApiError::no_answer())?).await
}

/// How an import stands.
pub async fn ask(id: &str) -> Result<Import, ApiError> {
    send_json(get(&path(id, ""))?).await
}

/// One's imports.
pub async fn all() -> Result<Vec<Import>, ApiError> {
    #[derive(Deserialize)]
    struct Answer {
        imports: Vec<Import>,
    }
    let answer: Answer = send_json(get("/api/v1/imports")?).await?;
    Ok(answer.imports)
}

/// Says which field each column is.
pub async fn set_columns(id: &str, columns: &[Option<String>], language: Language) -> Result<Import, ApiError> {
    let request = Request::put(&path(id, "/columns"));
    send_json(with_body(request, language, &json!({"columns": columns}))?).await
}

/// Says which sheet is read, or which rows are its heading.
pub async fn set_layout(
    id: &str,
    sheet: Option<usize>,
    heading: Option<(u64, u64)>,
    language: Language,
) -> Result<Import, ApiError> {
    let (row, rows) = heading.unzip();
    let body = json!({"sheet": sheet, "heading_row": row, "heading_rows": rows});
    send_json(with_body(Request::put(&path(id, "/layout")), language, &body)?).await
}

/// Writes all of it.
pub async fn write(id: &str, language: Language) -> Result<Import, ApiError> {
    send_json(with_body(Request::post(&path(id, "/write")), language, &Value::Null)?).await
}

/// Cancels it, or takes its entries back.
pub async fn revert(id: &str, language: Language) -> Result<Import, ApiError> {
    let request = Request::delete(&path(id, "")).header("accept-language", language.tag());
    send_json(request.build().map_err(|_| ApiError::no_answer())?).await
}
