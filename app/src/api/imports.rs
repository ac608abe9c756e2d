//! Imports of spreadsheets.

use crate::api::endpoints::{get, send_json, with_body};
use crate::api::error::ApiError;
use gloo_net::http::Request;
use jiedui_core::api::imports::{ImportResponse, ImportsResponse, SetColumnsRequest, SetLayoutRequest};
use jiedui_core::values::language::Language;
use serde_json::Value;
use uuid::Uuid;
use web_sys::File;

fn path(id: Uuid, more: &str) -> String {
    format!("/api/v1/imports/{id}{more}")
}

/// Sends a file.
pub async fn upload(activity: &str, file: &File, language: Language) -> Result<ImportResponse, ApiError> {
    let name = String::from(js_sys::encode_uri_component(&file.name()));
    let request = Request::post(&format!("/api/v1/imports?activity={activity}&name={name}"));
    let request = request.header("accept-language", language.tag()).header("content-type", "application/octet-stream");
    send_json(request.body(file.clone()).map_err(|_| ApiError::no_answer())?).await
}

/// Returns the state of an import.
pub async fn ask(id: Uuid) -> Result<ImportResponse, ApiError> {
    send_json(get(&path(id, ""))?).await
}

/// Returns the user's imports.
pub async fn all() -> Result<Vec<ImportResponse>, ApiError> {
    let answer: ImportsResponse = send_json(get("/api/v1/imports")?).await?;
    Ok(answer.imports)
}

/// Sets the field of each column.
pub async fn set_columns(
    id: Uuid,
    columns: Vec<Option<String>>,
    language: Language,
) -> Result<ImportResponse, ApiError> {
    let request = Request::put(&path(id, "/columns"));
    send_json(with_body(request, language, &SetColumnsRequest { columns })?).await
}

/// Sets the sheet that is read, or the rows of its heading.
pub async fn set_layout(
    id: Uuid,
    sheet: Option<usize>,
    heading: Option<(usize, usize)>,
    language: Language,
) -> Result<ImportResponse, ApiError> {
    let (heading_row, heading_rows) = heading.unzip();
    let body = SetLayoutRequest { sheet, heading_row, heading_rows };
    send_json(with_body(Request::put(&path(id, "/layout")), language, &body)?).await
}

/// Writes all rows of an import.
pub async fn write(id: Uuid, language: Language) -> Result<ImportResponse, ApiError> {
    send_json(with_body(Request::post(&path(id, "/write")), language, &Value::Null)?).await
}

/// Cancels an import, or reverts a written one.
pub async fn revert(id: Uuid, language: Language) -> Result<ImportResponse, ApiError> {
    let request = Request::delete(&path(id, "")).header("accept-language", language.tag());
    send_json(request.build().map_err(|_| ApiError::no_answer())?).await
}
