//! Validation rules of the answers to a form's fields: numbers, text, choices and tables.

use crate::catalogue::{Field, FieldKind};
use crate::entry::model::{Answer, Cell, NOTE_LENGTH, ROWS};
use crate::entry::path::Path;
use crate::values::field_error::{ErrorCode, FieldError};
use crate::values::quantity::Quantity;
use crate::values::sort::collect_sorted;
use std::collections::{BTreeMap, BTreeSet};

/// Validates a numeric answer; used by the form on the phone and by the server.
pub fn check_value(field: &Field, number: Option<f64>) -> Result<Option<Quantity>, FieldError> {
    let name = || Path::value(&field.code);
    let Some(number) = number else {
        return if field.required { Err(FieldError::new(name(), ErrorCode::Required)) } else { Ok(None) };
    };
    let quantity = Quantity::from_f64(number).ok_or_else(|| FieldError::new(name(), ErrorCode::NotAmount))?;
    if field.kind == FieldKind::Integer && number.fract() != 0.0 {
        return Err(FieldError::new(name(), ErrorCode::NotWhole));
    }
    let (min, max) = (field.min.unwrap_or(Quantity::ZERO), field.max);
    if quantity < min {
        return Err(FieldError::with_limit(name(), ErrorCode::TooSmall, min.to_f64()));
    }
    if let Some(max) = max.filter(|max| quantity > *max) {
        return Err(FieldError::with_limit(name(), ErrorCode::TooLarge, max.to_f64()));
    }
    Ok(Some(quantity))
}

/// Returns the codes selected in a choice field.
pub(super) fn selected_codes(details: &BTreeMap<String, Answer>, code: &str) -> Vec<String> {
    details.get(code).map(|answer| answer.all().to_vec()).unwrap_or_default()
}

/// Validates an answer other than a number.
pub(super) fn check_answer(field: &Field, answer: Option<Answer>) -> Result<Option<Answer>, FieldError> {
    let name = || Path::detail(&field.code);
    let is_filled = |answer: &Answer| answer.all().iter().any(|text| !text.is_empty()) || !answer.rows().is_empty();
    let answer = answer.filter(is_filled);
    let Some(answer) = answer else {
        return if field.required { Err(FieldError::new(name(), ErrorCode::Required)) } else { Ok(None) };
    };
    let is_choice = |code: &String| field.choice(code).is_some();
    match (field.kind, &answer) {
        (FieldKind::Text, Answer::One(text)) if text.chars().count() > NOTE_LENGTH => {
            Err(FieldError::with_limit(name(), ErrorCode::TooLong, NOTE_LENGTH as f64))
        }
        (FieldKind::Text, Answer::One(_)) => Ok(Some(answer)),
        (FieldKind::Choice, Answer::One(code)) if is_choice(code) => Ok(Some(answer)),
        (FieldKind::Choices, Answer::Several(codes)) if codes.iter().all(is_choice) => {
            let different: BTreeSet<&String> = collect_sorted(codes.iter());
            if different.len() == codes.len() {
                Ok(Some(answer))
            } else {
                Err(FieldError::with_limit(name(), ErrorCode::TooLong, different.len() as f64))
            }
        }
        (FieldKind::Choice, Answer::One(_)) | (FieldKind::Choices, Answer::Several(_)) => {
            Err(FieldError::new(name(), ErrorCode::Unknown))
        }
        _ => Err(FieldError::new(name(), ErrorCode::WrongType)),
    }
}

/// Validates the rows of a table. Errors name the cell, such as `details.workers.0.count`.
pub(super) fn check_rows(field: &Field, rows: &[BTreeMap<String, Cell>]) -> Result<(), Vec<FieldError>> {
    if rows.len() > ROWS {
        return Err(vec![FieldError::with_limit(Path::detail(&field.code), ErrorCode::TooLarge, ROWS as f64)]);
    }
    let mut errors = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let at = |code: &str| Path::cell(&field.code, number, code);
        for column in &field.columns {
            let result = match (column.kind.is_number(), row.get(&column.code)) {
                (true, Some(Cell::Text(_))) => Err(FieldError::new("", ErrorCode::NotAmount)),
                (true, Some(Cell::Number(number))) => check_value(column, Some(number.to_f64())).map(drop),
                (true, None) => check_value(column, None).map(drop),
                (false, Some(Cell::Number(_))) => Err(FieldError::new("", ErrorCode::WrongType)),
                (false, Some(Cell::Text(text))) => check_answer(column, Some(Answer::One(text.clone()))).map(drop),
                (false, None) => check_answer(column, None).map(drop),
            };
            errors.extend(result.err().map(|error| FieldError { field: at(&column.code).into(), ..error }));
        }
        let is_column = |code: &String| field.columns.iter().any(|column| column.code == *code);
        errors.extend(
            row.keys().filter(|code| !is_column(code)).map(|code| FieldError::new(at(code), ErrorCode::Unknown)),
        );
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}
