//! Errors of the HTTP API.

use jiedui_core::sync::Failure;
use jiedui_core::values::field_error::FieldError;

/// Error of a request: no usable answer, or an answer with an error status.
#[derive(Clone, Debug)]
pub struct ApiError {
    /// Class of the error, for the sync engine.
    pub failure: Failure,
    /// The HTTP status; 0 without an answer.
    pub status: u16,
    /// Message of the server.
    pub detail: Option<String>,
    /// Errors by field.
    pub errors: Vec<FieldError>,
}

impl ApiError {
    /// Returns the error of a request without a complete answer.
    pub fn no_answer() -> Self {
        Self { failure: Failure::NoAnswer, status: 0, detail: None, errors: Vec::new() }
    }
}
