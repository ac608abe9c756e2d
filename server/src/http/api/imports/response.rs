//! Conversion of an import to its response.

use crate::db::files::import::Import;
use crate::db::{instant, signed};
use crate::http::extract::body::Accept;
use crate::import::summary::Words;
use crate::import::target::ColumnTarget;
use crate::state::AppState;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiedui_core::api::imports::{CellError, ColumnChoice, ImportResponse, StartRow};
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use jiedui_core::values::language::Language;
use std::sync::atomic::Ordering;

/// Converts an import to the response type.
pub fn shaped(app: &AppState, import: Import, language: Language) -> ImportResponse {
    let targets = app.targets_of(&import);
    let (reference, activity) = (app.reference(), app.activity_of(&import));
    let words = Words { reference: &reference, activity: activity.as_ref(), targets: &targets, language };
    let choice = |target: &ColumnTarget| ColumnChoice {
        path: target.path.clone(),
        label: words.label(&target.path),
        required: target.required,
    };
    let mut errors = stored_errors(&import);
    for error in &mut errors {
        error.error = error.error.clone().in_language(language);
        if error.column.is_empty() && targets.iter().any(|target| target.path == error.error.field) {
            error.column = words.label(&error.error.field);
        }
    }
    let work = app.imports.of(import.id);
    let findings = import.findings;
    ImportResponse {
        id: import.id,
        activity: import.activity,
        name: import.name,
        stage: import.stage,
        heading: import.heading,
        columns: import.columns,
        choices: targets.iter().map(choice).collect(),
        rows: signed(import.rows),
        waits: work.as_ref().is_some_and(|work| work.waits.load(Ordering::Relaxed)),
        done: work.map(|work| work.done.load(Ordering::Relaxed)),
        wrong_rows: signed(import.wrong_rows),
        wrong: signed(import.wrong),
        errors,
        likely: import.likely,
        created_at: instant(import.created_at),
        problem: findings.fault.map(|fault| fault.words(language)),
        sheet: findings.sheet,
        heading_row: findings.heading_rows.row,
        heading_rows: findings.heading_rows.rows,
        units: findings.units.clone(),
        omitted_columns: findings.omitted_columns.iter().map(|column| words.omitted_column(column)).collect(),
        official: findings.official,
        omitted_rows: findings.omitted_rows.clone(),
        omission_counts: findings.omission_counts.clone(),
        preview: findings.rows.iter().map(|row| words.preview_row(row)).collect(),
        changes: findings.changes.iter().map(|change| words.change(change)).collect(),
        new: findings.new,
        updates: findings.updates,
        same: findings.same,
        can_undo: findings.can_undo(),
        hidden_rows: findings.hidden_rows,
        uncalculated: findings.uncalculated,
        sheets: findings.sheets,
        start: findings.start.into_iter().map(|(row, cells)| StartRow { row, cells }).collect(),
    }
}

/// Returns the stored errors of an import. If they cannot be read, the list has one error that says so: an empty list
/// would mean a valid table.
fn stored_errors(import: &Import) -> Vec<CellError> {
    serde_json::from_str(&import.errors).unwrap_or_else(|_| {
        tracing::error!(import = %import.id, "stored errors cannot be read");
        let error = FieldError::new("mistakes", ErrorCode::Unreadable);
        vec![CellError { row: 0, column: String::new(), value: String::new(), error }]
    })
}

/// Returns the response with an import.
pub fn answer(app: &AppState, import: Import, accept: Accept) -> Response {
    accept.answer(&shaped(app, import, accept.language))
}

/// Returns the response with an import that a background job continues.
pub fn accepted(app: &AppState, import: Import, accept: Accept) -> Response {
    (StatusCode::ACCEPTED, answer(app, import, accept)).into_response()
}
