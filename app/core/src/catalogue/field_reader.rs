//! Reader for untrusted fields that collects all errors, each with its field.

use crate::entry::bounds;
use crate::entry::{FIRST_YEAR, Fields, field};
use crate::values::field_error::{ErrorCode, FieldError};
use serde_json::Value;
use time::Date;
use uuid::Uuid;

/// Untrusted fields and the errors found in them.
pub(crate) struct FieldReader<'a> {
    fields: &'a Fields,
    /// Errors found so far.
    pub errors: Vec<FieldError>,
}

impl<'a> FieldReader<'a> {
    /// Creates a reader without errors.
    pub fn new(fields: &'a Fields) -> Self {
        Self { fields, errors: Vec::new() }
    }

    /// Checks the size limits of a record. `names` are the known fields of its kind.
    pub fn bounds(&mut self, names: &[&str]) {
        self.errors.extend(bounds::exceeded_limits(self.fields, names));
    }

    /// Adds an error for a field.
    pub fn error(&mut self, field: impl Into<String>, code: ErrorCode) {
        self.errors.push(FieldError::new(field, code));
    }

    /// Returns the value of a field, or `None` if it is missing or null.
    pub fn present(&self, field: &str) -> Option<&'a Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    /// Reads a required text; empty if there is an error.
    pub fn required_text(&mut self, field: &str) -> String {
        match self.present(field) {
            Some(Value::String(text)) if !text.is_empty() => return text.clone(),
            None | Some(Value::String(_)) => self.error(field, ErrorCode::Required),
            Some(_) => self.error(field, ErrorCode::WrongType),
        }
        String::new()
    }

    /// Reads an optional text of at most `longest` characters.
    pub fn text(&mut self, field: &str, longest: usize) -> String {
        match self.present(field) {
            None => String::new(),
            Some(Value::String(text)) if text.chars().count() <= longest => text.clone(),
            Some(Value::String(_)) => {
                self.errors.push(FieldError::with_limit(field, ErrorCode::TooLong, longest as f64));
                String::new()
            }
            Some(_) => {
                self.error(field, ErrorCode::WrongType);
                String::new()
            }
        }
    }

    /// Reads an entry's date, at most `last_day`.
    pub fn date(&mut self, last_day: Option<Date>) -> Option<Date> {
        let text = self.required_text(field::DATE);
        if text.is_empty() {
            return None;
        }
        let Some(date) = crate::values::date::parse_date(&text) else {
            self.error(field::DATE, ErrorCode::NotDate);
            return None;
        };
        if date.year() < FIRST_YEAR {
            self.errors.push(FieldError::with_limit(field::DATE, ErrorCode::TooEarly, f64::from(FIRST_YEAR)));
        }
        if last_day.is_some_and(|last_day| date > last_day) {
            self.error(field::DATE, ErrorCode::InFuture);
        }
        Some(date)
    }

    /// Checks an optional date, past or future.
    pub fn day(&mut self, field: &str) {
        match self.present(field).map(Value::as_str) {
            Some(Some(text)) if crate::values::date::parse_date(text).is_none() => {
                self.error(field, ErrorCode::NotDate)
            }
            Some(None) => self.error(field, ErrorCode::WrongType),
            _ => {}
        }
    }

    /// Reads an optional identifier of a record that `exists`.
    pub fn id(&mut self, field: &str, exists: impl Fn(Uuid) -> bool) -> Option<Uuid> {
        let value = self.present(field)?;
        match value.as_str().map(Uuid::parse_str) {
            Some(Ok(id)) if exists(id) => Some(id),
            Some(Ok(_)) => {
                self.error(field, ErrorCode::Unknown);
                None
            }
            _ => {
                self.error(field, ErrorCode::WrongType);
                None
            }
        }
    }
}
