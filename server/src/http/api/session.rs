//! Signing in and out.

use crate::auth::throttle::{Attempt, Refusal, Visitor};
use crate::auth::{password, token};
use crate::db::accounts::{account, session};
use crate::db::audit::{Act, Object};
use crate::http::browser_safety::is_encrypted;
use crate::http::extract::body::{Accept, Payload};
use crate::http::extract::credentials::{self, COOKIE};
use crate::http::extract::current_user::CurrentUser;
use crate::http::extract::origin::Origin;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiedui_core::access::user::User;
use jiedui_core::access::username::canonical_username;
use jiedui_core::api::session::{SessionResponse, SessionUser, SignInRequest, SignInResponse};
use jiedui_core::audit::Action;
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use serde_json::Value;

/// Maximum size of a body from a client without a session, in bytes.
pub const LARGEST_BODY: usize = 16 << 10;
/// Maximum length of names and passwords, in bytes.
const LONGEST: usize = 1_000;

/// Signs in.
#[utoipa::path(post, path = "/api/v1/session",
    request_body = SignInRequest,
    responses((status = 200, description = "the user; sets the cookie jiedui_session", body = SignInResponse),
        (status = 400, description = "a field is missing"), (status = 401, description = "wrong name or password"),
        (status = 429, description = "too many wrong passwords"),
        (status = 503, description = "too many sign-ins at once")))]
pub async fn sign_in(
    State(app): State<AppState>,
    wants: Accept,
    headers: HeaderMap,
    origin: Origin,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let SignInRequest { username, password, device_name } = read(&body)?;
    let visitor = visitor(&app, &headers, origin, &username).await?;
    let attempt = begin_attempt(&app, &visitor, origin).await?;
    let (mut attempt, account) = attempt.after(account::by_username(&app.db, &username).await)?;
    let account = account.filter(|account| !account.disabled);
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let is_right = is_secret(&mut attempt, password, hash).await;
    let Some(account) = account.as_ref().filter(|_| is_right).cloned() else {
        note_failure(&app, origin, account.as_ref().map(|account| &account.user), "password").await;
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "用户名或密码不对", "Wrong user name or password"));
    };
    attempt.succeed();
    open_session(&app, account.user, device_name, (&headers, origin), wants).await
}

/// Returns whether a password or code matches a hash. Takes the same time without a hash.
pub(super) async fn is_secret(attempt: &mut Attempt, secret: String, hash: Option<String>) -> bool {
    let turn = attempt.turn();
    // An account without a password has an empty hash, which would be compared at once.
    let hash = hash.filter(|hash| !hash.is_empty());
    let right = tokio::task::spawn_blocking(move || {
        let is_right = password::verify_password(&secret, hash.as_deref());
        drop(turn);
        is_right
    });
    right.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a password could not be checked");
        false
    })
}

/// Opens a session of a user and returns the answer that sets its cookie.
pub(super) async fn open_session(
    app: &AppState,
    user: User,
    device_name: Option<String>,
    (headers, origin): (&HeaderMap, Origin),
    wants: Accept,
) -> Result<Response, Problem> {
    let token = token::new_token().map_err(|error| {
        tracing::error!(%error, "no token could be made");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "暂时无法登录", "Signing in is not possible just now")
    })?;
    let device_name = device_name.unwrap_or_else(|| browser(headers));
    session::add(&app.db, &token::token_hash(&token), &user, &device_name, origin.by(&user)).await?;
    let seconds = session::LIFETIME / 1000;
    let cookie = format!("{COOKIE}={token}; Max-Age={seconds}");
    let user = User { verifies_own: app.config.own_review, ..user };
    let user = SessionUser::new(user, &app.reference().catalogue);
    let mut response = wants.answer(&SignInResponse { user, token });
    set_cookie(&mut response, &cookie, headers);
    Ok(response)
}

/// Returns the browser's name for itself, shortened, as the name of a device.
fn browser(headers: &HeaderMap) -> String {
    let name = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    name.chars().take(200).collect()
}

/// Identifies a sign-in attempt for the throttle. A device with a session of the account counts as known.
pub(super) async fn visitor(
    app: &AppState,
    headers: &HeaderMap,
    origin: Origin,
    username: &str,
) -> Result<Visitor, Problem> {
    let username = canonical_username(username);
    let user = match credentials::token(headers) {
        Some(token) => session::user(&app.db, &token::token_hash(&token)).await?,
        None => None,
    };
    let device_of = user.filter(|user| canonical_username(&user.username) == username).map(|user| user.id);
    Ok(Visitor { username, address: origin.0, device_of })
}

/// Waits for the turn of an attempt to sign in. Records one that is refused.
pub(super) async fn begin_attempt(app: &AppState, visitor: &Visitor, origin: Origin) -> Result<Attempt, Problem> {
    match app.throttle.attempt(visitor).await {
        Ok(attempt) => Ok(attempt),
        Err(refusal) => {
            if let Refusal::TooMany(_) = refusal {
                note_failure(app, origin, None, "too_many").await;
            }
            Err(refused(refusal))
        }
    }
}

/// Records a failed attempt to sign in, and its cause. Without an account, the typed name is not recorded: it
/// may be a password.
pub(super) async fn note_failure(app: &AppState, origin: Origin, user: Option<&User>, wrong: &str) {
    let object = user.map_or_else(Object::none, Object::account);
    let act = Act::new(origin.anonymous(), Action::SignInFailed, object).with("wrong", wrong);
    app.acts.note(&app.db, act).await;
}

fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::TooMany(seconds) => Problem::too_many(seconds),
        Refusal::Busy(seconds) => Problem::retry_after(
            StatusCode::SERVICE_UNAVAILABLE,
            "现在登录的人太多，请稍后再试",
            "Too many people are signing in just now: please try again in a moment",
            seconds,
        ),
    }
}

/// Returns the user of the session.
#[utoipa::path(get, path = "/api/v1/session", responses(
    (status = 200, description = "the user", body = SessionResponse), (status = 401, description = "no session")))]
pub async fn who_am_i(State(app): State<AppState>, CurrentUser(user): CurrentUser, wants: Accept) -> Response {
    wants.answer(&SessionResponse { user: SessionUser::new(user, &app.reference().catalogue) })
}

/// Signs out and revokes the token.
#[utoipa::path(delete, path = "/api/v1/session", responses(
    (status = 204, description = "signed out"), (status = 401, description = "no session")))]
pub async fn sign_out(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    origin: Origin,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(token) = credentials::token(&headers) {
        let act = Act::new(origin.by(&user), Action::SignOut, Object::account(&user));
        session::end(&app.db, &token::token_hash(&token), &act).await?;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookie(&mut response, &format!("{COOKIE}=; Max-Age=0"), &headers);
    Ok(response)
}

/// Parses a sign-in; the problem names every wrong field.
fn read(body: &Value) -> Result<SignInRequest, Problem> {
    // An invalid device name does not prevent the sign-in.
    let device_name = text(body, "device_name").ok();
    match (text(body, "username"), text(body, "password")) {
        (Ok(username), Ok(password)) => Ok(SignInRequest { username, password, device_name }),
        (username, password) => Err(Problem::fields([username.err(), password.err()].into_iter().flatten().collect())),
    }
}

pub(super) fn text(body: &Value, field: &str) -> Result<String, FieldError> {
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

/// Sets an HttpOnly cookie; Secure if `X-Forwarded-Proto` is https.
pub fn set_cookie(response: &mut Response, cookie: &str, request: &HeaderMap) {
    let secure = if is_encrypted(request) { "; Secure" } else { "" };
    if let Ok(value) = HeaderValue::from_str(&format!("{cookie}; Path=/; HttpOnly; SameSite=Lax{secure}")) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
