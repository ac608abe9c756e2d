//! Validation of a form's fields: codes, names, choices, conditions, tables and formulas.

use crate::catalogue::{Catalogue, Computed, Field, FieldKind};
use crate::values::field_error::{ErrorCode, FieldError};
use std::collections::BTreeSet;

/// Maximum number of characters in a name.
const NAME_LENGTH: usize = 60;
/// Maximum number of characters in a code.
const CODE_LENGTH: usize = 40;
/// Maximum number of fields in a form, and of choices in a field.
pub(super) const MAX_ITEMS: usize = 60;

/// Returns whether a text is a valid code: lower-case letters, digits and `_`, starting with a letter.
fn is_code(code: &str) -> bool {
    let first = code.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    first
        && code.len() <= CODE_LENGTH
        && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Errors found so far, each with its field.
#[derive(Default)]
pub(super) struct ErrorList(pub Vec<FieldError>);

impl ErrorList {
    pub fn add(&mut self, field: impl Into<String>, code: ErrorCode) {
        self.0.push(FieldError::new(field, code));
    }

    pub fn code(&mut self, field: &str, code: &str) {
        if !is_code(code) {
            self.add(field, if code.is_empty() { ErrorCode::Required } else { ErrorCode::WrongType });
        }
    }

    pub fn name(&mut self, field: &str, name: &str) {
        if name.trim().is_empty() {
            self.add(field, ErrorCode::Required);
        } else {
            self.optional_name(field, name);
        }
    }

    pub fn optional_name(&mut self, field: &str, name: &str) {
        if name.chars().count() > NAME_LENGTH {
            self.limit(field, ErrorCode::TooLong, NAME_LENGTH);
        }
    }

    pub fn limit(&mut self, field: &str, code: ErrorCode, limit: usize) {
        self.0.push(FieldError::with_limit(field, code, limit as f64));
    }
}

impl Catalogue {
    /// Validates a field of a form. `before` are the fields above it, `all` the fields of the form.
    pub(super) fn check_field(&self, field: &Field, before: &[Field], all: &[Field], errors: &mut ErrorList) {
        let at = |name: &str| format!("fields.{}.{name}", field.code);
        errors.code(&at("code"), &field.code);
        errors.name(&at("name"), &field.name);
        let is_number = |code: &String| {
            all.iter().any(|field| field.code == *code && field.kind.is_number() && field.computed.is_none())
        };
        if let Some(feeds) = &field.feeds
            && (!field.kind.is_number() || self.indicator(feeds).is_none())
        {
            errors.add(at("feeds"), ErrorCode::Unknown);
        }
        if field.min.zip(field.max).is_some_and(|(min, max)| min > max) {
            errors.add(at("max"), ErrorCode::TooSmall);
        }
        let is_choice = matches!(field.kind, FieldKind::Choice | FieldKind::Choices);
        if is_choice && field.choices.is_empty() {
            errors.add(at("choices"), ErrorCode::Required);
        }
        if !is_choice && !field.choices.is_empty() || field.choices.len() > MAX_ITEMS {
            errors.add(at("choices"), ErrorCode::TooLarge);
        }
        let mut codes = BTreeSet::new();
        for choice in &field.choices {
            if !is_code(&choice.code) || choice.name.trim().is_empty() {
                errors.add(at("choices"), ErrorCode::WrongType);
            } else if !codes.insert(&choice.code) {
                errors.add(at("choices"), ErrorCode::Reused);
            }
        }
        if let Some(when) = &field.when {
            let asked = before.iter().find(|earlier| earlier.code == when.field);
            let chosen = |code: &String| asked.is_some_and(|earlier| earlier.choice(code).is_some());
            if when.is.is_empty() || !when.is.iter().all(chosen) {
                errors.add(at("when"), ErrorCode::Unknown);
            }
        }
        let is_table = field.kind == FieldKind::Table;
        if is_table == field.columns.is_empty() || field.columns.len() > MAX_ITEMS {
            errors.add(at("columns"), if is_table { ErrorCode::Required } else { ErrorCode::TooLarge });
        }
        for (number, column) in field.columns.iter().enumerate() {
            let is_simple = !matches!(column.kind, FieldKind::Table | FieldKind::Choices)
                && column.when.is_none()
                && column.computed.is_none()
                && column.feeds.is_none();
            if is_simple {
                let before = field.columns.get(..number).unwrap_or_default();
                let is_twice = before.iter().any(|earlier| earlier.code == column.code);
                let mut column_errors = ErrorList::default();
                self.check_field(column, &[], &[], &mut column_errors);
                if !column_errors.0.is_empty() || is_twice {
                    errors.add(at("columns"), if is_twice { ErrorCode::Reused } else { ErrorCode::WrongType });
                }
            } else {
                errors.add(at("columns"), ErrorCode::WrongType);
            }
        }
        if let Some(Computed::Total { table, column }) = &field.computed {
            let table = all.iter().find(|candidate| candidate.code == *table && candidate.kind == FieldKind::Table);
            let adds = |candidate: &Field| candidate.code == *column && candidate.kind.is_number();
            if !field.kind.is_number() || !table.is_some_and(|table| table.columns.iter().any(adds)) {
                errors.add(at("computed"), ErrorCode::Unknown);
            }
        }
        if let Some(Computed::Sum(codes) | Computed::Product(codes)) = &field.computed
            && (!field.kind.is_number() || codes.is_empty() || !codes.iter().all(is_number))
        {
            errors.add(at("computed"), ErrorCode::Unknown);
        }
        let is_default = match field.kind {
            _ if field.default.is_empty() => true,
            FieldKind::Integer | FieldKind::Number => field.default.parse::<f64>().is_ok_and(f64::is_finite),
            FieldKind::Choice | FieldKind::Choices => field.choice(&field.default).is_some(),
            FieldKind::Text => true,
            FieldKind::Table => false,
        };
        if !is_default {
            errors.add(at("default"), ErrorCode::WrongType);
        }
    }
}
