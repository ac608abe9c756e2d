//! Extractor for the query string, with the filters that the screens have.

use crate::http::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;
use jiedui_core::figures::figure;
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use jiedui_core::values::month::Year;
use std::collections::{HashMap, HashSet};
use std::str::FromStr;

/// Query parameters, parsed by name. An empty value counts as missing.
#[derive(Debug)]
pub struct QueryParams {
    values: HashMap<String, String>,
    /// Parameters with more than one value, which are rejected as ambiguous.
    ambiguous: HashSet<String>,
    errors: Vec<FieldError>,
}

impl QueryParams {
    /// Parses the query string of a URI.
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

    /// Returns the value of a parameter; records an error for an ambiguous one.
    fn value(&mut self, name: &str) -> Option<String> {
        if self.ambiguous.contains(name) {
            self.errors.push(FieldError::new(name, ErrorCode::WrongType));
            return None;
        }
        self.values.get(name).cloned()
    }

    /// Returns a parameter parsed as `T`.
    pub fn parsed<T: FromStr>(&mut self, name: &str) -> Option<T> {
        let parsed = self.value(name)?.parse();
        if parsed.is_err() {
            self.errors.push(FieldError::new(name, ErrorCode::WrongType));
        }
        parsed.ok()
    }

    /// Returns a parameter as text, without validation.
    pub fn raw(&self, name: &str) -> Option<String> {
        self.values.get(name).cloned()
    }

    /// Returns a code: ASCII letters, digits, `_` and `-`.
    pub fn code(&mut self, name: &str) -> Option<String> {
        let code = self.value(name)?;
        if code.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-') {
            return Some(code);
        }
        self.errors.push(FieldError::new(name, ErrorCode::Unknown));
        None
    }

    /// Returns the code of a place: digits.
    pub fn place(&mut self, name: &str) -> Option<String> {
        let code = self.values.get(name)?;
        if code.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(code.clone());
        }
        self.errors.push(FieldError::new(name, ErrorCode::Unknown));
        None
    }

    /// Returns a parameter that must be one of `words`.
    pub fn one_of(&mut self, name: &str, words: &[&str]) -> Option<String> {
        let word = self.value(name)?;
        if words.contains(&word.as_str()) {
            return Some(word);
        }
        self.errors.push(FieldError::new(name, ErrorCode::Unknown));
        None
    }

    /// Returns the page size: at least one, at most `most`.
    pub fn limit(&mut self, usual: usize, most: usize) -> usize {
        let limit = self.parsed("limit").unwrap_or(usual);
        if limit == 0 {
            self.errors.push(FieldError::with_limit("limit", ErrorCode::TooSmall, 1.0));
        }
        limit.min(most)
    }

    /// Returns the year.
    pub fn year(&mut self) -> Option<i32> {
        self.parsed("year").map(Year::get)
    }

    /// Returns the filter for figures: year, months, programme, place, verified entries only.
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

    /// Returns the parameters that select rows, as a query. Others are left out: they may be anything.
    pub fn described(&self) -> String {
        const FILTERS: [&str; 11] = [
            "year",
            "programme",
            "place",
            "state",
            "activity",
            "include",
            "from",
            "until",
            "actor",
            "action",
            "object",
        ];
        let named = FILTERS.iter().filter_map(|name| Some(format!("{name}={}", self.values.get(*name)?)));
        named.collect::<Vec<_>>().join("&")
    }

    /// Returns the recorded errors as a problem.
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
