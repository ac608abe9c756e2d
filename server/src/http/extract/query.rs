//! Filters in the query string, the same ones as on the screens.

use crate::http::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;
use jiedui_core::figures::figure;
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use jiedui_core::values::month::Year;
use std::collections::{HashMap, HashSet};
use std::str::FromStr;

/// The parameters of a request, each to be parsed by its name. An empty one counts as not given.
#[derive(Debug)]
pub struct QueryParams {
    values: HashMap<String, String>,
    /// Names that were given more than one value: which of them is meant nobody knows.
    ambiguous: HashSet<String>,
    errors: Vec<FieldError>,
}

impl QueryParams {
    /// Those of an address.
    pub fn of(uri: &Uri) -> Self {
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri).map(|query| query.0);
        let errors = pairs.is_err().then(|| FieldError::new("query", ErrorCode::WrongType));
        let (mut values, mut ambiguous) = (HashMap::new(), HashSet::new());
        for (name, value) in pairs.unwrap_or_default().into_iter().filter(|(_, value)| !value.is_empty()) {
            if values.insert(name.clone(), value.clone()).is_some_and(|other| other != value) {
                ambiguous.insert(name);
            }
        }
        Self { values, ambiguous, errors: errors.into_iter().collect() }
    }

    /// The value of a parameter; an error where it has several.
    fn value(&mut self, name: &str) -> Option<String> {
        if self.ambiguous.contains(name) {
            self.errors.push(FieldError::new(name, ErrorCode::WrongType));
            return None;
        }
        self.values.get(name).cloned()
    }

    /// A parameter that can be parsed.
    pub fn parsed<T: FromStr>(&mut self, name: &str) -> Option<T> {
        let parsed = self.value(name)?.parse();
        if parsed.is_err() {
            self.errors.push(FieldError::new(name, ErrorCode::WrongType));
        }
        parsed.ok()
    }

    /// A parameter as it is.
    pub fn raw(&self, name: &str) -> Option<String> {
        self.values.get(name).cloned()
    }

    /// A code: letters of ASCII, digits, `_` and `-`.
    pub fn code(&mut self, name: &str) -> Option<String> {
        let code = self.value(name)?;
        if code.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-') {
            return Some(code);
        }
        self.errors.push(FieldError::new(name, ErrorCode::Unknown));
        None
    }

    /// The code of a place: digits.
    pub fn place(&mut self, name: &str) -> Option<String> {
        let code = self.values.get(name)?;
        if code.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(code.clone());
        }
        self.errors.push(FieldError::new(name, ErrorCode::Unknown));
        None
    }

    /// One of a few words.
    pub fn one_of(&mut self, name: &str, words: &[&str]) -> Option<String> {
        let word = self.value(name)?;
        if words.contains(&word.as_str()) {
            return Some(word);
        }
        self.errors.push(FieldError::new(name, ErrorCode::Unknown));
        None
    }

    /// How many to give: at least one, at most `most`.
    pub fn limit(&mut self, usual: usize, most: usize) -> usize {
        let limit = self.parsed("limit").unwrap_or(usual);
        if limit == 0 {
            self.errors.push(FieldError::with_limit("limit", ErrorCode::TooSmall, 1.0));
        }
        limit.min(most)
    }

    /// The year.
    pub fn year(&mut self) -> Option<i32> {
        self.parsed("year").map(Year::get)
    }

    /// Year, months, programme, place and whether verified entries alone count.
    pub fn filter(&mut self) -> figure::Filter {
        figure::Filter {
            year: self.year(),
            programme: self.code("programme"),
            place: self.place("place"),
            verified_only: self.one_of("include", &["verified", "submitted"]).as_deref() == Some("verified"),
            from: self.parsed("from"),
            until: self.parsed("until"),
        }
    }

    /// Ends the reading: an error when a parameter was wrong.
    pub fn finish(&mut self) -> Result<(), Problem> {
        let errors = std::mem::take(&mut self.errors);
        if errors.is_empty() { Ok(()) } else { Err(Problem::fields(errors)) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for QueryParams {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self::of(&parts.uri))
    }
}
