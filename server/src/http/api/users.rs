//! Accounts, for administrators everywhere and for coordinators within their scope.

use super::account::{checked_username, hashed, name_or_username};
use crate::auth::code::{canonical_code, new_code};
use crate::auth::token::token_hash;
use crate::db::accounts::account::{self, Account};
use crate::db::accounts::{code, session};
use crate::db::instant;
use crate::http::extract::body::{Accept, Payload};
use crate::http::extract::credentials;
use crate::http::extract::current_user::CurrentUser;
use crate::http::extract::origin::Origin;
use crate::http::problem::Problem;
use crate::http::qr;
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use jiedui_app::svg::Svg;
use jiedui_core::access::administration::{forbidden_rights, may_administer, roles_to_give, validate_account};
use jiedui_core::access::user::{Scope, User};
use jiedui_core::api::users::{
    ChangeUserRequest, CodeResponse, NewUserRequest, SessionInfo, SessionsResponse, UserAccount, UserResponse,
    UsersResponse,
};
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use std::fmt::Write;
use uuid::Uuid;

/// Rejects a user who may administer no account.
fn check_administers(actor: &User) -> Result<(), Problem> {
    if roles_to_give(actor).next().is_none() { Err(Problem::forbidden()) } else { Ok(()) }
}

/// Returns an account that the actor may administer.
async fn administered(app: &AppState, actor: &User, id: &str) -> Result<Account, Problem> {
    check_administers(actor)?;
    let id = Uuid::parse_str(id).map_err(|_| Problem::not_found())?;
    let account = account::by_id(&app.db, id).await?;
    let account = account.filter(|account| may_administer(actor, account.user.role, &account.user.scope));
    account.ok_or(Problem::not_found())
}

/// Rejects an invalid name or scope, and then rights that the actor may not give.
fn check_account(app: &AppState, actor: &User, user: &User, errors: Vec<FieldError>) -> Result<(), Problem> {
    let reference = app.reference();
    let mut errors = errors;
    errors.extend(validate_account(&user.name, &user.scope, &reference.places, &reference.catalogue));
    if !errors.is_empty() {
        return Err(Problem::fields(errors));
    }
    let forbidden = forbidden_rights(actor, user.role, &user.scope);
    if forbidden.is_empty() { Ok(()) } else { Err(Problem::forbidden().with(forbidden)) }
}

fn shaped(account: &Account) -> UserAccount {
    UserAccount::new(account.user.clone(), account.disabled, !account.password_hash.is_empty())
}

/// Lists the accounts that the user may administer.
#[utoipa::path(get, path = "/api/v1/users", responses(
    (status = 200, description = "the accounts by user name", body = UsersResponse),
    (status = 401, description = "no session"), (status = 403, description = "a role that may not")))]
pub async fn list(
    State(app): State<AppState>,
    CurrentUser(actor): CurrentUser,
    wants: Accept,
) -> Result<Response, Problem> {
    check_administers(&actor)?;
    let contacts = session::last_contacts(&app.db).await?;
    let accounts = account::all(&app.db).await?;
    let users = accounts
        .iter()
        .filter(|account| may_administer(&actor, account.user.role, &account.user.scope))
        .map(|account| {
            let contact = contacts.get(&account.user.id);
            let sessions = contact.map_or(0, |contact| contact.sessions);
            UserAccount { sessions, seen_at: contact.map(|contact| instant(contact.seen_at)), ..shaped(account) }
        })
        .collect();
    Ok(wants.answer(&UsersResponse { users }))
}

/// Creates an account without a password. The one-time code in the answer sets it.
#[utoipa::path(post, path = "/api/v1/users",
    request_body = NewUserRequest,
    responses((status = 201, description = "the account and its code", body = CodeResponse),
        (status = 400, description = "a field is wrong"), (status = 401, description = "no session"),
        (status = 403, description = "a role or scope that the user may not give"),
        (status = 409, description = "the user name is taken")))]
pub async fn add(
    State(app): State<AppState>,
    CurrentUser(actor): CurrentUser,
    wants: Accept,
    headers: HeaderMap,
    origin: Origin,
    body: Payload,
) -> Result<Response, Problem> {
    check_administers(&actor)?;
    let NewUserRequest { username, name, role, places, programmes } = body.parse()?;
    let (username, error) = match checked_username(&username) {
        Ok(username) => (username, None),
        Err(error) => (username, Some(error)),
    };
    let name = name_or_username(name, &username);
    let user =
        User { id: Uuid::now_v7(), username, name, role, scope: Scope { places, programmes }, verifies_own: false };
    check_account(&app, &actor, &user, error.into_iter().collect())?;
    let account = Account { user, password_hash: String::new(), disabled: false };
    let is_new = account::by_username(&app.db, &account.user.username).await?.is_none();
    if !is_new || !account::add(&app.db, &account, origin.by(&actor)).await? {
        let taken = Problem::new(StatusCode::CONFLICT, "已有这个用户名", "This user name is taken");
        return Err(taken.with(vec![FieldError::new("username", ErrorCode::Taken)]));
    }
    Ok(wants.created(&issue(&app, &actor, &account, (&headers, origin)).await?))
}

/// Changes an account. A change of role or scope ends its sessions, so that the new rights apply at once.
#[utoipa::path(put, path = "/api/v1/users/{id}", params(("id" = String, Path)),
    request_body = ChangeUserRequest,
    responses((status = 200, description = "the account", body = UserResponse),
        (status = 400, description = "a field is wrong"), (status = 401, description = "no session"),
        (status = 403, description = "a role or scope that the user may not give, or the rights of the own account"),
        (status = 404, description = "no account that the user may administer")))]
pub async fn change(
    State(app): State<AppState>,
    CurrentUser(actor): CurrentUser,
    Path(id): Path<String>,
    origin: Origin,
    wants: Accept,
    body: Payload,
) -> Result<Response, Problem> {
    let before = administered(&app, &actor, &id).await?;
    let ChangeUserRequest { name, role, places, programmes, disabled } = body.parse()?;
    let mut after = before.clone();
    after.user.name = name.map_or(after.user.name, |name| name.trim().to_owned());
    after.user.role = role.unwrap_or(after.user.role);
    after.user.scope.places = places.unwrap_or(after.user.scope.places);
    after.user.scope.programmes = programmes.unwrap_or(after.user.scope.programmes);
    after.disabled = disabled.unwrap_or(after.disabled);
    check_account(&app, &actor, &after.user, Vec::new())?;
    let rights = |account: &Account| (account.user.role, account.user.scope.clone(), account.disabled);
    if rights(&before) == rights(&after) {
        if before.user.name != after.user.name {
            account::rename(&app.db, &before.user, &after.user.name, origin.by(&actor)).await?;
        }
    } else if actor.id == after.user.id {
        return Err(Problem::forbidden().with(vec![FieldError::new("id", ErrorCode::OwnAccount)]));
    } else {
        if after.disabled {
            after.password_hash.clear();
        }
        account::change(&app.db, &after, &before.changing(origin.by(&actor), &after)).await?;
    }
    Ok(wants.answer(&UserResponse { user: shaped(&after) }))
}

/// Issues a one-time code with which the person sets a new password. The present password and sessions stay until then.
#[utoipa::path(post, path = "/api/v1/users/{id}/code", params(("id" = String, Path)),
    responses((status = 201, description = "the code", body = CodeResponse),
        (status = 401, description = "no session"), (status = 403, description = "a role that may not"),
        (status = 404, description = "no account that the user may administer"),
        (status = 409, description = "the account is closed")))]
pub async fn reset(
    State(app): State<AppState>,
    CurrentUser(actor): CurrentUser,
    Path(id): Path<String>,
    origin: Origin,
    wants: Accept,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let account = administered(&app, &actor, &id).await?;
    if account.disabled {
        return Err(Problem::new(StatusCode::CONFLICT, "这个账号已停用", "This account is closed"));
    }
    Ok(wants.created(&issue(&app, &actor, &account, (&headers, origin)).await?))
}

/// Issues a code for an account.
async fn issue(
    app: &AppState,
    actor: &User,
    account: &Account,
    (headers, origin): (&HeaderMap, Origin),
) -> Result<CodeResponse, Problem> {
    let new = new_code().map_err(|error| {
        tracing::error!(%error, "no code could be made");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "暂时无法生成代码", "No code can be made just now")
    })?;
    let hash = hashed(canonical_code(&new)).await?;
    let expires_at = code::issue(&app.db, &account.user, &hash, origin.by(actor), Some(actor.role)).await?;
    let path = code_path(&account.user.username, &new);
    // Browsers name the origin of a change, and `check_origin` has compared it with the host.
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let qr = origin.filter(|origin| origin.starts_with("http")).and_then(|origin| qr::svg(&format!("{origin}{path}")));
    let qr = qr.map(Svg::into_string);
    Ok(CodeResponse { user: shaped(account), code: new, path, qr, expires_at: instant(expires_at) })
}

/// Returns the path of the screen that takes a code. Browsers do not send the part after `#`, so no log has the code.
fn code_path(username: &str, code: &str) -> String {
    let mut path = format!("/sign-in/code#{code}.");
    for byte in username.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' => path.push(char::from(byte)),
            byte => drop(write!(path, "%{byte:02X}")),
        }
    }
    path
}

/// Returns an account whose sessions the user may see: their own, or one that they may administer.
async fn with_sessions(app: &AppState, actor: &User, id: &str) -> Result<User, Problem> {
    match Uuid::parse_str(id) {
        Ok(id) if id == actor.id => Ok(actor.clone()),
        _ if roles_to_give(actor).next().is_none() => Err(Problem::not_found()),
        _ => Ok(administered(app, actor, id).await?.user),
    }
}

/// Lists the sessions of the own account, or of one that the user may administer.
#[utoipa::path(get, path = "/api/v1/users/{id}/sessions", params(("id" = String, Path)), responses(
    (status = 200, description = "the sessions", body = SessionsResponse), (status = 401, description = "no session"),
    (status = 404, description = "neither the own account nor one that the user may administer")))]
pub async fn sessions(
    State(app): State<AppState>,
    CurrentUser(actor): CurrentUser,
    Path(id): Path<String>,
    wants: Accept,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let account = with_sessions(&app, &actor, &id).await?;
    let current = credentials::token(&headers).map(|token| session::id_of(&token_hash(&token)));
    let shaped = |row: session::SessionRow| SessionInfo {
        id: row.id(),
        created_at: instant(row.created_at),
        seen_at: instant(row.seen_at),
        expires_at: instant(row.expires_at),
        current: Some(row.id()) == current,
        device_name: row.device_name,
    };
    let sessions = session::of_account(&app.db, account.id).await?.into_iter().map(shaped).collect();
    Ok(wants.answer(&SessionsResponse { sessions }))
}

/// Ends a session of the own account, or of one that the user may administer.
#[utoipa::path(delete, path = "/api/v1/users/{id}/sessions/{session}",
    params(("id" = String, Path), ("session" = String, Path)),
    responses((status = 204, description = "ended"), (status = 401, description = "no session"),
        (status = 404, description = "no such session of an account that the user may administer")))]
pub async fn end_session(
    State(app): State<AppState>,
    CurrentUser(actor): CurrentUser,
    origin: Origin,
    Path((id, of)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let account = with_sessions(&app, &actor, &id).await?;
    let of = Uuid::parse_str(&of).map_err(|_| Problem::not_found())?;
    match session::end_of_account(&app.db, &account, of, origin.by(&actor)).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_path_encodes_the_user_name() {
        assert_eq!(code_path("wang.5", "7K2MQ-0X1AB"), "/sign-in/code#7K2MQ-0X1AB.wang.5");
        assert_eq!(code_path("王a+", "7K2MQ-0X1AB"), "/sign-in/code#7K2MQ-0X1AB.%E7%8E%8Ba%2B");
    }
}
