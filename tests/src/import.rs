//! Client of the import API for the tests of imports.

use crate::{Api, wait_until};
use reqwest::blocking::Response;
use serde_json::Value;
use std::path::Path;

/// Reads a file of `tests/fixtures/import`.
pub fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/import").join(name)).unwrap()
}

/// Returns the path of an import's resource, such as `/write`.
pub fn import_path(import: &Value, more: &str) -> String {
    format!("/api/v1/imports/{}{more}", import["id"].as_str().unwrap())
}

/// Waits until an import has been checked, and returns it.
pub fn wait_checked(api: &Api, import: &Value) -> Value {
    let is_over = |import: &Value| import["stage"] != "checking" && import["done"].is_null();
    wait_until("the check", || Some(api.read(&import_path(import, ""))).filter(is_over))
}

/// Uploads a table and returns the response.
pub fn upload(api: &Api, activity: &str, file: Vec<u8>) -> Response {
    api.request("POST", &format!("/api/v1/imports?activity={activity}&name=table")).body(file).send().unwrap()
}

/// Uploads a table, which must be accepted, and returns the checked import.
pub fn upload_and_check(api: &Api, activity: &str, file: impl Into<Vec<u8>>) -> Value {
    let answer = upload(api, activity, file.into());
    assert_eq!(answer.status(), 202);
    wait_checked(api, &answer.json().unwrap())
}

/// Changes the layout or columns of an import and returns it once it is checked again.
pub fn change(api: &Api, import: &Value, more: &str, body: &Value) -> Value {
    let answer = api.request("PUT", &import_path(import, more)).json(body).send().unwrap();
    assert_eq!(answer.status(), 202);
    wait_checked(api, &answer.json().unwrap())
}

/// Returns the values at a path in the rows of the preview.
pub fn preview_values(import: &Value, wanted: &str) -> Vec<Value> {
    let rows = import["preview"].as_array().unwrap().iter();
    let value = |row: &Value| {
        let mut cells = row["cells"].as_array().unwrap().iter();
        cells.find(|cell| cell["path"] == wanted).map_or(Value::Null, |cell| cell["value"].clone())
    };
    rows.map(value).collect()
}

/// Returns row, column and code of each error.
pub fn errors_of(import: &Value) -> Vec<(u64, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let errors = import["mistakes"].as_array().unwrap().iter();
    errors.map(|error| (error["row"].as_u64().unwrap(), text(&error["column"]), text(&error["code"]))).collect()
}

/// Returns number and reason of each omitted row.
pub fn omitted_rows(import: &Value) -> Vec<(u64, String)> {
    let rows = import["left_out"].as_array().unwrap().iter();
    rows.map(|row| (row["row"].as_u64().unwrap(), row["why"].as_str().unwrap().to_owned())).collect()
}

/// Returns heading and reason of each omitted column.
pub fn omitted_columns(import: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let columns = import["omitted_columns"].as_array().unwrap().iter();
    columns.map(|column| (text(&column["heading"]), text(&column["why"]))).collect()
}
