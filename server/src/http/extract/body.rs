//! Request and response bodies in JSON or CBOR, by content type; both have the same shapes.

use crate::db::DbError;
use crate::http::extract::bounded_value::{ParseError, parse_cbor, parse_json};
use crate::http::problem::{Problem, language};
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use jiedui_core::values::field_error::ErrorCode;
use jiedui_core::values::language::Language;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::ser::Error;
use serde_json::Value;
use std::convert::Infallible;
use std::future::ready;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

const CBOR: &str = "application/cbor";

/// Request body, decoded but not yet validated.
#[derive(Debug)]
pub struct Payload(pub Value);

impl Payload {
    /// Deserializes a flat request; the error names the field that is missing or has the wrong type. Null counts as missing;
    /// in a body that is not an object every field is missing.
    pub fn parse<T: DeserializeOwned>(self) -> Result<T, Problem> {
        let given = match self.0 {
            Value::Object(fields) => fields.into_iter().filter(|(_, value)| !value.is_null()).collect(),
            _ => serde_json::Map::new(),
        };
        serde_path_to_error::deserialize(Value::Object(given)).map_err(|error| match missing_field(error.inner()) {
            Some(field) => Problem::field(&field, ErrorCode::Required),
            None => {
                let path = error.path().to_string();
                Problem::field(path.split(['.', '[']).next().unwrap_or_default(), ErrorCode::WrongType)
            }
        })
    }
}

/// Returns the name of the missing field, which serde has in the error's message alone.
pub fn missing_field(error: &serde_json::Error) -> Option<String> {
    let sentence = error.to_string();
    sentence.strip_prefix("missing field `")?.split('`').next().map(str::to_owned)
}

/// A body that was received whole, by its content type.
#[derive(Debug)]
pub enum ReceivedBody {
    /// JSON.
    Json(Bytes),
    /// CBOR.
    Cbor(Bytes),
}

impl<S: Send + Sync> FromRequest<S> for ReceivedBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence =
            content_type.and_then(|value| value.split(';').next()).map(|value| value.trim().to_ascii_lowercase());
        let bytes = Bytes::from_request(request, state).await.map_err(unreadable)?;
        match essence.as_deref() {
            Some("application/json") => Ok(Self::Json(bytes)),
            Some(CBOR) => Ok(Self::Cbor(bytes)),
            _ => Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "请使用 JSON 或 CBOR",
                "Send application/json or application/cbor",
            )),
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Payload {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match ReceivedBody::from_request(request, state).await? {
            ReceivedBody::Json(bytes) => Ok(Self(parse_json(&bytes)?)),
            ReceivedBody::Cbor(bytes) => Ok(Self(parse_cbor(&bytes)?)),
        }
    }
}

/// Returns the problem for a body that does not match its content type.
pub fn unreadable_body() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "请求内容无法读取", "The body does not match its content type")
}

/// Returns the problem for a body that exceeds a limit.
fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "内容太大", "The body is too large")
}

impl From<ParseError> for Problem {
    fn from(error: ParseError) -> Self {
        match error {
            ParseError::Malformed => unreadable_body(),
            ParseError::TooLarge => too_large(),
        }
    }
}

/// Returns the problem for a body that could not be read from the connection.
pub fn unreadable(rejection: BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        too_large()
    } else {
        Problem::new(StatusCode::BAD_REQUEST, "请求没有完整到达", "The body is incomplete")
    }
}

/// Limits for draining an unread request body before the connection is closed.
const DRAIN_LIMIT: usize = 64 << 20;
const DRAIN_TIMEOUT: Duration = Duration::from_secs(20);

/// Drains the request body before responding. Closing the connection while the client still sends would reset it,
/// and the response would be lost.
pub async fn drain_body(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let chunks = Arc::new(Mutex::new(body.into_data_stream()));
    let lend = || {
        let chunks = chunks.clone();
        stream::poll_fn(move |context| chunks.lock().unwrap_or_else(PoisonError::into_inner).poll_next_unpin(context))
    };
    let response = next.run(Request::from_parts(parts, Body::from_stream(lend()))).await;
    let mut left = DRAIN_LIMIT;
    let within = lend().take_while(|chunk| {
        left = chunk.as_ref().map_or(0, |chunk| left.saturating_sub(chunk.len()));
        ready(left > 0)
    });
    // A client that sends more, or for longer, is disconnected.
    let _ = timeout(DRAIN_TIMEOUT, within.for_each(|_| ready(()))).await;
    response
}

/// Response format and language that the client asks for.
#[derive(Clone, Copy, Debug)]
pub struct Accept {
    /// CBOR instead of JSON.
    pub cbor: bool,
    /// Language of messages.
    pub language: Language,
}

impl Accept {
    fn of(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        // Without a preference, the response has the format of the request.
        let asked = match text(header::ACCEPT) {
            "" | "*/*" => text(header::CONTENT_TYPE),
            accepts => accepts,
        };
        Self { cbor: asked.contains(CBOR), language: language(headers) }
    }

    /// Returns the response in that format.
    pub fn answer(self, body: &impl Serialize) -> Response {
        if !self.cbor {
            return axum::Json(body).into_response();
        }
        match cbor(body) {
            Ok(bytes) => ([(header::CONTENT_TYPE, CBOR)], bytes).into_response(),
            Err(error) => Problem::from(error).into_response(),
        }
    }

    /// Returns the response in that format, with the status 201.
    pub fn created(self, body: &impl Serialize) -> Response {
        let mut response = self.answer(body);
        if response.status() == StatusCode::OK {
            *response.status_mut() = StatusCode::CREATED;
        }
        response
    }
}

/// Encodes a value as CBOR through a JSON value, so that identifiers are strings in both formats.
pub fn cbor(body: &impl Serialize) -> Result<Vec<u8>, DbError> {
    let mut bytes = Vec::new();
    ciborium::into_writer(&serde_json::to_value(body)?, &mut bytes)
        .map_err(|error| DbError::Stored(serde_json::Error::custom(error)))?;
    Ok(bytes)
}

impl<S: Send + Sync> FromRequestParts<S> for Accept {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}
