//! The own account: sign-in by a one-time code, name and password.

use super::session::{begin_attempt, is_secret, note_failure, open_session, text, visitor};
use crate::auth::code::canonical_code;
use crate::auth::password::{LONGEST, SHORTEST, Weakness, hash_password, weakness};
use crate::auth::token::token_hash;
use crate::db::accounts::account::{self, Account};
use crate::db::accounts::code;
use crate::http::extract::body::{Accept, Payload};
use crate::http::extract::credentials;
use crate::http::extract::current_user::CurrentUser;
use crate::http::extract::origin::Origin;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use jiedui_core::access::administration::validate_name;
use jiedui_core::access::user::{Role, Scope, User};
use jiedui_core::access::username::{LONGEST as LONGEST_USERNAME, UsernameError, new_username};
use jiedui_core::api::session::{SessionResponse, SessionUser, SignInResponse};
use jiedui_core::api::users::{CodeSignInRequest, OwnAccountRequest, PasswordRequest, SetupRequest};
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use uuid::Uuid;

/// Returns the problem for a weak password.
fn check_password(password: &str, username: &str) -> Result<(), Problem> {
    let error = match weakness(password, username) {
        None => return Ok(()),
        Some(Weakness::Short) => FieldError::with_limit("password", ErrorCode::TooShort, SHORTEST as f64),
        Some(Weakness::Long) => FieldError::with_limit("password", ErrorCode::TooLong, LONGEST as f64),
        Some(Weakness::Repeated | Weakness::Username | Weakness::Known) => {
            FieldError::new("password", ErrorCode::WeakPassword)
        }
    };
    Err(Problem::fields(vec![error]))
}

/// Hashes a password or code outside the threads of the requests.
pub(super) async fn hashed(secret: String) -> Result<String, Problem> {
    let hash = tokio::task::spawn_blocking(move || hash_password(&secret)).await;
    hash.ok().and_then(Result::ok).ok_or_else(|| {
        tracing::error!("a password could not be hashed");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "暂时无法保存密码", "Passwords cannot be stored just now")
    })
}

/// Signs in with a one-time code, which sets the password and ends all other sessions. The code works once.
#[utoipa::path(post, path = "/api/v1/session/code",
    request_body = CodeSignInRequest,
    responses((status = 200, description = "who has signed in; sets the cookie jiedui_session", body = SignInResponse),
        (status = 400, description = "a field is missing, or the password is weak"),
        (status = 401, description = "wrong name or code, or one that was used or has expired"),
        (status = 429, description = "too many wrong codes"),
        (status = 503, description = "too many are signing in at once")))]
pub async fn sign_in_with_code(
    State(app): State<AppState>,
    wants: Accept,
    headers: HeaderMap,
    origin: Origin,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let [username, typed, password] = ["username", "code", "password"].map(|field| text(&body, field));
    let (username, typed, password) = match (username, typed, password) {
        (Ok(username), Ok(typed), Ok(password)) => (username, typed, password),
        (username, typed, password) => {
            return Err(Problem::fields([username.err(), typed.err(), password.err()].into_iter().flatten().collect()));
        }
    };
    check_password(&password, &username)?;
    let visitor = visitor(&app, &headers, origin, &username).await?;
    let attempt = begin_attempt(&app, &visitor, origin).await?;
    let (attempt, account) = attempt.after(account::by_username(&app.db, &username).await)?;
    let account = account.filter(|account| !account.disabled);
    let hash = match &account {
        Some(account) => code::hash_of(&app.db, account.user.id).await,
        None => Ok(None),
    };
    let (mut attempt, hash) = attempt.after(hash)?;
    let is_right = is_secret(&mut attempt, canonical_code(&typed), hash.clone()).await;
    let wrong = || {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "用户名或一次性代码不对，或代码已过期",
            "Wrong user name or code, or the code has expired",
        )
    };
    let (Some(account), Some(hash)) = (account.as_ref().filter(|_| is_right), hash) else {
        note_failure(&app, origin, account.as_ref().map(|account| &account.user), "code").await;
        return Err(wrong());
    };
    attempt.succeed();
    let password_hash = hashed(password).await?;
    let user = &account.user;
    if !code::redeem(&app.db, user, &hash, &password_hash, origin.by(user)).await? {
        return Err(wrong());
    }
    open_session(&app, user.clone(), text(&body, "device_name").ok(), (&headers, origin), wants).await
}

/// Changes the own display name.
#[utoipa::path(put, path = "/api/v1/account",
    request_body = OwnAccountRequest,
    responses((status = 200, description = "the user", body = SessionResponse),
        (status = 400, description = "the name is missing or too long"), (status = 401, description = "nobody")))]
pub async fn set_own(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    origin: Origin,
    wants: Accept,
    body: Payload,
) -> Result<Response, Problem> {
    let OwnAccountRequest { name } = body.parse()?;
    let name = name.trim().to_owned();
    validate_name(&name).map_err(|error| Problem::fields(vec![error]))?;
    let renamed = User { name, ..user.clone() };
    if renamed.name != user.name {
        account::rename(&app.db, &user, &renamed.name, origin.by(&user)).await?;
    }
    Ok(wants.answer(&SessionResponse { user: SessionUser::new(renamed, &app.reference().catalogue) }))
}

/// Changes the own password and ends all other sessions. A wrong present password counts like a wrong sign-in.
#[utoipa::path(put, path = "/api/v1/account/password",
    request_body = PasswordRequest,
    responses((status = 204, description = "changed"),
        (status = 400, description = "the present password is wrong, or the new one is weak"),
        (status = 401, description = "nobody"), (status = 429, description = "too many wrong passwords"),
        (status = 503, description = "too many are signing in at once")))]
pub async fn set_own_password(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    headers: HeaderMap,
    origin: Origin,
    body: Payload,
) -> Result<StatusCode, Problem> {
    let PasswordRequest { current, password } = body.parse()?;
    check_password(&password, &user.username)?;
    let visitor = visitor(&app, &headers, origin, &user.username).await?;
    let attempt = begin_attempt(&app, &visitor, origin).await?;
    let (mut attempt, account) = attempt.after(account::by_id(&app.db, user.id).await)?;
    let Some(account) = account.filter(|account| !account.disabled) else {
        attempt.give_up();
        return Err(Problem::no_session());
    };
    if !is_secret(&mut attempt, current, Some(account.password_hash.clone())).await {
        note_failure(&app, origin, Some(&user), "password").await;
        return Err(Problem::field("current", ErrorCode::Wrong));
    }
    attempt.succeed();
    let session = credentials::token(&headers).map(|token| token_hash(&token)).unwrap_or_default();
    let new = hashed(password).await?;
    if !account::change_password(&app.db, &account, &new, &session, origin.by(&user)).await? {
        return Err(Problem::field("current", ErrorCode::Wrong));
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Creates the first account, an administrator, and signs in. The server prints the token at its start if there is no
/// account.
#[utoipa::path(post, path = "/api/v1/setup",
    request_body = SetupRequest,
    responses((status = 200, description = "who has signed in; sets the cookie jiedui_session", body = SignInResponse),
        (status = 400, description = "a field is wrong, or the password is weak"),
        (status = 401, description = "a wrong token"), (status = 404, description = "there is an account already")))]
pub async fn set_up(
    State(app): State<AppState>,
    wants: Accept,
    headers: HeaderMap,
    origin: Origin,
    body: Payload,
) -> Result<Response, Problem> {
    let Some(expected) = &app.setup else { return Err(Problem::not_found()) };
    let SetupRequest { token, username, name, password } = body.parse()?;
    // Tokens are compared by their hashes, which a caller cannot choose.
    if token_hash(&token) != *expected {
        note_failure(&app, origin, None, "setup_link").await;
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "链接不对，请使用服务器启动时显示的链接",
            "Wrong link: use the one that the server printed at its start",
        ));
    }
    let username = checked_username(&username).map_err(|error| Problem::fields(vec![error]))?;
    let name = name_or_username(name, &username);
    validate_name(&name).map_err(|error| Problem::fields(vec![error]))?;
    check_password(&password, &username)?;
    let (id, role, scope) = (Uuid::now_v7(), Role::Admin, Scope::default());
    let user = User { id, username, name, role, scope, verifies_own: false };
    let account = Account { user, password_hash: hashed(password).await?, disabled: false };
    if !account::add_first(&app.db, &account, origin.anonymous()).await? {
        return Err(Problem::not_found());
    }
    open_session(&app, account.user, None, (&headers, origin), wants).await
}

/// Returns the canonical spelling of a new user name.
pub(super) fn checked_username(typed: &str) -> Result<String, FieldError> {
    new_username(typed.trim()).map_err(|error| match error {
        UsernameError::Empty => FieldError::new("username", ErrorCode::Required),
        UsernameError::TooLong => FieldError::with_limit("username", ErrorCode::TooLong, LONGEST_USERNAME as f64),
        UsernameError::Letter(_) => FieldError::new("username", ErrorCode::Character),
    })
}

/// Returns the name of a new account: the given one, or the user name without it.
pub(super) fn name_or_username(name: Option<String>, username: &str) -> String {
    let name = name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    name.unwrap_or_else(|| username.to_owned())
}
