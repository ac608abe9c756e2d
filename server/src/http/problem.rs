//! Errors as clients see them: RFC 9457 `application/problem+json`, in the client's language.

use crate::db::{DbError, Unreadable};
use crate::supervisor::message;
use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiedui_core::api;
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use jiedui_core::values::language::Language;
use std::any::Any;

/// Error response, with a sentence in both languages.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    chinese: &'static str,
    english: &'static str,
    errors: Vec<FieldError>,
    retry_after: Option<u64>,
}

impl Problem {
    /// Creates a problem from a status and a sentence.
    pub const fn new(status: StatusCode, chinese: &'static str, english: &'static str) -> Self {
        Self { status, chinese, english, errors: Vec::new(), retry_after: None }
    }

    /// Rejects a request for invalid fields.
    pub fn fields(errors: Vec<FieldError>) -> Self {
        let sentence = Self::new(StatusCode::BAD_REQUEST, "有些内容填写不对", "Some fields are invalid");
        Self { errors, ..sentence }
    }

    /// Rejects a request for one invalid field.
    pub fn field(field: &str, code: ErrorCode) -> Self {
        Self::fields(vec![FieldError::new(field, code)])
    }

    /// Returns whether it is the lack of a valid session, and no failure of the server.
    pub fn is_no_session(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED
    }

    /// Adds the fields that cause the problem.
    #[must_use]
    pub fn with(self, errors: Vec<FieldError>) -> Self {
        Self { errors, ..self }
    }

    /// The request has no valid session.
    pub const fn no_session() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "请先登录", "Please sign in")
    }

    /// The user lacks the right.
    pub const fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "您没有这项权限", "You may not do this")
    }

    /// The resource does not exist or is hidden from the user.
    pub const fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "没有这项内容", "Not found")
    }

    /// A problem with a `Retry-After` header, in seconds.
    pub const fn retry_after(status: StatusCode, chinese: &'static str, english: &'static str, seconds: u64) -> Self {
        Self { status, chinese, english, errors: Vec::new(), retry_after: Some(seconds) }
    }

    /// Too many attempts; `seconds` until the next is allowed.
    pub fn too_many(seconds: u64) -> Self {
        let sentence =
            Self::new(StatusCode::TOO_MANY_REQUESTS, "尝试次数太多，请稍后再试", "Too many attempts: please wait");
        Self { retry_after: Some(seconds), ..sentence }
    }
}

/// Returns the response for a handler that panicked.
pub fn after_panic(panic: Box<dyn Any + Send>) -> Response {
    tracing::error!(panic = message(&*panic), "a request made the server panic");
    let sentence = Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "服务器处理这个请求时出错了，请稍后再试",
        "The server failed on this request: please try again later",
    );
    Problem { retry_after: Some(30), ..sentence }.into_response()
}

impl From<std::io::Error> for Problem {
    /// Converts a file error in the data directory: the client should retry later.
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        tracing::error!(%error, "a file could not be read or written");
        if matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge) {
            let (chinese, english) =
                ("服务器的存储空间满了，请稍后再试", "The server has no space left just now: please try again later");
            return Self::retry_after(StatusCode::INSUFFICIENT_STORAGE, chinese, english, 60);
        }
        let (chinese, english) = (
            "服务器暂时无法保存或读取文件，请稍后再试",
            "The server cannot store or read files just now: please try again later",
        );
        Self::retry_after(StatusCode::SERVICE_UNAVAILABLE, chinese, english, 5)
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        let error = match error {
            DbError::File(error) => return error.into(),
            error => error,
        };
        if let DbError::Sql(sqlx::Error::Database(database)) = &error
            && database.code().is_some_and(|code| matches!(code.as_ref(), "22021" | "22P05"))
        {
            return Self::new(StatusCode::BAD_REQUEST, "内容里有不能保存的字符", "A character in it cannot be stored");
        }
        if matches!(error, DbError::Replaced) {
            tracing::error!(%error, "the database file was replaced");
            let sentence = Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "数据库文件已被替换，服务器重新启动前不能保存；您的数据还在您的设备上，请联系管理员",
                "The database file was replaced, so nothing can be saved until the server is restarted; your data is still on your device. Please tell the administrator",
            );
            return Self { retry_after: Some(30), ..sentence };
        }
        if error.is_full() {
            tracing::error!(%error, "the disk is full");
            let sentence = Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "服务器的磁盘已满，暂时无法保存；您的数据还在您的设备上，请联系管理员",
                "The server's disk is full, so nothing can be saved; your data is still on your device. Please tell the administrator",
            );
            return Self { retry_after: Some(30), ..sentence };
        }
        if let DbError::Unreadable(Unreadable { kind, id, .. }) = &error {
            // The reason may quote the stored text.
            tracing::error!(kind, id, "a stored record cannot be read; `jiedui verify` lists them");
            // Without `Retry-After`: the next try finds it as it is.
            let sentence = Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "服务器上的这条记录已损坏，请联系管理员",
                "The record on the server cannot be read: please tell an administrator",
            );
            return sentence.with(vec![FieldError::new("id", ErrorCode::Unreadable)]);
        }
        // The details are for the operator; the client can only retry.
        tracing::error!(%error, "the database failed");
        let sentence = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "服务器暂时无法保存或读取数据，请稍后再试",
            "The server cannot store or read data just now: please try again later",
        );
        Self { retry_after: Some(5), ..sentence }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Returns the language that a client asks for.
pub fn language(headers: &HeaderMap) -> Language {
    let header = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    header.map(Language::from_accept_language).unwrap_or_default()
}

/// Middleware that writes problems in the request's language, also for errors of the framework without a body.
pub async fn write(request: Request, next: Next) -> Response {
    let language = language(request.headers());
    let for_program = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None => match response.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "内容太大", "The body is too large")
            }
            StatusCode::UNSUPPORTED_MEDIA_TYPE if for_program => Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "内容的格式不受支持",
                "The body's type is not supported",
            ),
            StatusCode::METHOD_NOT_ALLOWED => {
                Problem::new(StatusCode::METHOD_NOT_ALLOWED, "不支持这种请求方法", "This method is not supported here")
            }
            StatusCode::BAD_REQUEST if for_program => {
                Problem::new(StatusCode::BAD_REQUEST, "请求无法读取", "The request cannot be read")
            }
            StatusCode::REQUEST_TIMEOUT => {
                Problem::new(StatusCode::REQUEST_TIMEOUT, "请求用时太长", "The request took too long")
            }
            _ => return response,
        },
    };
    let sentence = language.pick(problem.chinese, problem.english);
    let body = api::problem::Problem {
        kind: "about:blank".to_owned(),
        title: problem.status.canonical_reason().unwrap_or("Error").to_owned(),
        status: problem.status.as_u16(),
        detail: sentence.to_owned(),
        errors: problem.errors.into_iter().map(|error| error.in_language(language)).collect(),
    };
    let headers = std::mem::take(response.headers_mut());
    let mut written = (problem.status, Json(body)).into_response();
    let content_type = HeaderValue::from_static("application/problem+json");
    written.headers_mut().insert(header::CONTENT_TYPE, content_type);
    for name in [header::ALLOW, header::RETRY_AFTER, header::SET_COOKIE] {
        if let Some(value) = headers.get(&name) {
            written.headers_mut().insert(name, value.clone());
        }
    }
    written
}

#[cfg(test)]
mod tests {
    // The fault of this test is a panic.
    #![allow(clippy::panic)]

    use super::*;
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::middleware::from_fn;
    use axum::routing::get;
    use hyper::service::Service;
    use hyper_util::service::TowerToHyperService;
    use tower_http::catch_panic::CatchPanicLayer;

    async fn fails() -> &'static str {
        panic!("index out of bounds")
    }

    #[tokio::test]
    async fn handler_panic_fails_that_request_alone() {
        let router = Router::<()>::new().route("/fails", get(fails)).route("/works", get(|| async { "works" }));
        let router = router.layer(CatchPanicLayer::custom(after_panic)).layer(from_fn(write));
        let service = TowerToHyperService::new(router);
        let ask = |path: &'static str| service.call(Request::builder().uri(path).body(Body::empty()).unwrap());
        let answer = ask("/fails").await.unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert!(answer.headers().contains_key(header::RETRY_AFTER));
        let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&body).unwrap()["status"], 503);
        assert_eq!(ask("/works").await.unwrap().status(), StatusCode::OK);
    }
}
