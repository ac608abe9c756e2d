//! Signing in and out.

use super::App;
use super::body::{Received, Wants};
use super::problem::Problem;
use crate::auth::{self, COOKIE, SignedIn};
use crate::db::{account, session};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiedui_core::domain::{ErrorCode, FieldError};
use serde_json::{Value, json};

/// The longest names and passwords that are looked at, in bytes.
const LONGEST: usize = 1_000;

/// Signs in.
#[utoipa::path(post, path = "/api/v1/session",
    request_body(content = Value, description = "username, password, device_name?", content_type = "application/json"),
    responses((status = 200, description = "user and token; sets the cookie jiedui_session"),
        (status = 400, description = "a field is missing"), (status = 401, description = "wrong name or password"),
        (status = 429, description = "too many wrong passwords")))]
pub async fn sign_in(
    State(app): State<App>,
    wants: Wants,
    headers: HeaderMap,
    Received(body): Received,
) -> Result<Response, Problem> {
    let (username, password) = (text(&body, "username"), text(&body, "password"));
    let (username, password) = match (username, password) {
        (Ok(username), Ok(password)) => (username, password),
        (username, password) => {
            return Err(Problem::fields([username.err(), password.err()].into_iter().flatten().collect()));
        }
    };
    if let Some(seconds) = app.wrong_tries.wait(&username) {
        return Err(Problem::too_many(seconds));
    }
    let account = account::by_username(&app.db, &username).await?.filter(|account| !account.disabled);
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let right = tokio::task::spawn_blocking(move || auth::is_password(&password, hash.as_deref())).await;
    let Some(account) = account.filter(|_| right.unwrap_or(false)) else {
        app.wrong_tries.add(&username);
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "用户名或密码不对", "Wrong user name or password"));
    };
    app.wrong_tries.forget(&username);
    let token = auth::new_token().map_err(|error| {
        tracing::error!(%error, "no token could be made");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "暂时无法登录", "Signing in is not possible just now")
    })?;
    let device_name = text(&body, "device_name").unwrap_or_default();
    session::add(&app.db, &auth::token_hash(&token), account.user.id, &device_name).await?;
    let mut response = wants.answer(&json!({"user": account.user, "token": token}));
    let seconds = session::LIFETIME / 1000;
    set_cookie(&mut response, &format!("{COOKIE}={token}; Max-Age={seconds}"), &headers);
    Ok(response)
}

/// Who am I?
#[utoipa::path(get, path = "/api/v1/session", responses(
    (status = 200, description = "user"), (status = 401, description = "nobody")))]
pub async fn who_am_i(SignedIn(user): SignedIn, wants: Wants) -> Response {
    wants.answer(&json!({"user": user}))
}

/// Signs out: the token ends at once.
#[utoipa::path(delete, path = "/api/v1/session", responses(
    (status = 204, description = "signed out"), (status = 401, description = "nobody was signed in")))]
pub async fn sign_out(State(app): State<App>, SignedIn(_): SignedIn, headers: HeaderMap) -> Result<Response, Problem> {
    if let Some(token) = auth::token(&headers) {
        session::end(&app.db, &auth::token_hash(&token)).await?;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookie(&mut response, &format!("{COOKIE}=; Max-Age=0"), &headers);
    Ok(response)
}

fn text(body: &Value, field: &str) -> Result<String, FieldError> {
    match body.get(field) {
        None | Some(Value::Null) => Err(FieldError::new(field, ErrorCode::Required)),
        Some(Value::String(text)) if text.is_empty() => Err(FieldError::new(field, ErrorCode::Required)),
        Some(Value::String(text)) if text.len() > LONGEST => {
            Err(FieldError::with_limit(field, ErrorCode::TooLong, LONGEST as f64))
        }
        Some(Value::String(text)) if !text.contains('\0') => Ok(text.clone()),
        Some(_) => Err(FieldError::new(field, ErrorCode::WrongType)),
    }
}

/// Sets a cookie that no script can read. A proxy that speaks TLS says so in `X-Forwarded-Proto`.
pub fn set_cookie(response: &mut Response, cookie: &str, request: &HeaderMap) {
    let secure = request.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
    let secure = if secure { "; Secure" } else { "" };
    if let Ok(value) = HeaderValue::from_str(&format!("{cookie}; Path=/; HttpOnly; SameSite=Lax{secure}")) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
