//! Spreadsheets brought in: what the server says of them.

use super::api::{ApiError, get, hear_json, with_body};
use gloo_net::http::Request;
use jiedui_core::domain::{FieldError, Language};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
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
}

fn path(id: &str, more: &str) -> String {
    format!("/api/v1/imports/{id}{more}")
}

/// Sends a file.
pub async fn bring(activity: &str, file: &File, language: Language) -> Result<Import, ApiError> {
    let name = String::from(js_sys::encode_uri_component(&file.name()));
    let request = Request::post(&format!("/api/v1/imports?activity={activity}&name={name}"));
    let request = request.header("accept-language", language.tag()).header("content-type", "application/octet-stream");
    hear_json(request.body(file.clone()).map_err(|_| ApiError::no_answer())?).await
}

/// How an import stands.
pub async fn ask(id: &str) -> Result<Import, ApiError> {
    hear_json(get(&path(id, ""))?).await
}

/// One's imports.
pub async fn all() -> Result<Vec<Import>, ApiError> {
    #[derive(Deserialize)]
    struct Answer {
        imports: Vec<Import>,
    }
    let answer: Answer = hear_json(get("/api/v1/imports")?).await?;
    Ok(answer.imports)
}

/// Says which field each column is.
pub async fn set_columns(id: &str, columns: &[Option<String>], language: Language) -> Result<Import, ApiError> {
    let request = Request::put(&path(id, "/columns"));
    hear_json(with_body(request, language, &json!({"columns": columns}))?).await
}

/// Writes all of it.
pub async fn write(id: &str, language: Language) -> Result<Import, ApiError> {
    hear_json(with_body(Request::post(&path(id, "/write")), language, &Value::Null)?).await
}

/// Cancels it, or takes its entries back.
pub async fn take_back(id: &str, language: Language) -> Result<Import, ApiError> {
    let request = Request::delete(&path(id, "")).header("accept-language", language.tag());
    hear_json(request.build().map_err(|_| ApiError::no_answer())?).await
}
