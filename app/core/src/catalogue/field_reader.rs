//! Fields from outside, read one by one; every mistake is noted at its field.

use crate::entry::bounds;
use crate::entry::{FIRST_YEAR, Fields};
use crate::values::field_error::{ErrorCode, FieldError};
use serde_json::Value;
use time::Date;
use uuid::Uuid;

/// Fields from outside, and the mistakes that have been found in them.
pub(crate) struct FieldReader<'a> {
    fields: &'a Fields,
    /// What is wrong, each at its field.
    pub errors: Vec<FieldError>,
}

impl<'a> FieldReader<'a> {
    /// Begins.
    pub fn new(fields: &'a Fields) -> Self {
        Self { fields, errors: Vec::new() }
    }

    /// Notes what is more than a record may hold; `known` are the names that its kind has.
    pub fn bounds(&mut self, known: &[&str]) {
        self.errors.extend(bounds::exceeded_limits(self.fields, known));
    }

    /// Something is wrong with a field.
    pub fn error(&mut self, field: &str, code: ErrorCode) {
        self.errors.push(FieldError::new(field, code));
    }

    /// The field unless it is missing or null.
    pub fn given(&self, field: &str) -> Option<&'a Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    /// Words that must be there.
    pub fn required_text(&mut self, field: &str) -> String {
        match self.given(field) {
            Some(Value::String(text)) if !text.is_empty() => return text.clone(),
            None | Some(Value::String(_)) => self.error(field, ErrorCode::Required),
            Some(_) => self.error(field, ErrorCode::WrongType),
        }
        String::new()
    }

    /// Words that may be there, and no more of them than `longest`.
    pub fn text(&mut self, field: &str, longest: usize) -> String {
        match self.given(field) {
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

    /// When an entry happened.
    pub fn date(&mut self, last_day: Option<Date>) -> Option<Date> {
        let text = self.required_text("date");
        if text.is_empty() {
            return None;
        }
        let Some(date) = crate::values::date::parse_date(&text) else {
            self.error("date", ErrorCode::NotDate);
            return None;
        };
        if date.year() < FIRST_YEAR {
            self.errors.push(FieldError::with_limit("date", ErrorCode::TooEarly, f64::from(FIRST_YEAR)));
        }
        if last_day.is_some_and(|last_day| date > last_day) {
            self.error("date", ErrorCode::InFuture);
        }
        Some(date)
    }

    /// A day that may be there, past or to come.
    pub fn day(&mut self, field: &str) {
        match self.given(field).map(Value::as_str) {
            Some(Some(text)) if crate::values::date::parse_date(text).is_none() => {
                self.error(field, ErrorCode::NotDate)
            }
            Some(None) => self.error(field, ErrorCode::WrongType),
            _ => {}
        }
    }

    /// The identifier of something that there is.
    pub fn id(&mut self, field: &str, exists: impl Fn(Uuid) -> bool) -> Option<Uuid> {
        let value = self.given(field)?;
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
