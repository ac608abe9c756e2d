//! Accounts: those that the user administers, the own one, and their sessions.

use super::endpoints::{get, send, send_json, with_body};
use crate::api::error::ApiError;
use gloo_net::http::Request;
use jiedui_core::access::user::User;
use jiedui_core::api::session::{SessionResponse, SignInResponse};
use jiedui_core::api::users::{
    ChangeUserRequest, CodeResponse, CodeSignInRequest, NewUserRequest, OwnAccountRequest, PasswordRequest,
    SessionInfo, SessionsResponse, SetupRequest, UserAccount, UserResponse, UsersResponse,
};
use jiedui_core::values::language::Language;
use uuid::Uuid;

/// Returns the accounts that the user may administer.
pub async fn users() -> Result<Vec<UserAccount>, ApiError> {
    Ok(send_json::<UsersResponse>(get("/api/v1/users")?).await?.users)
}

/// Creates an account. The answer has its one-time code.
pub async fn add(user: &NewUserRequest, language: Language) -> Result<CodeResponse, ApiError> {
    send_json(with_body(Request::post("/api/v1/users"), language, user)?).await
}

/// Changes an account.
pub async fn change(id: Uuid, change: &ChangeUserRequest, language: Language) -> Result<UserAccount, ApiError> {
    let request = with_body(Request::put(&format!("/api/v1/users/{id}")), language, change)?;
    Ok(send_json::<UserResponse>(request).await?.user)
}

/// Issues a one-time code for an account.
pub async fn reset(id: Uuid, language: Language) -> Result<CodeResponse, ApiError> {
    let request = Request::post(&format!("/api/v1/users/{id}/code"));
    send_json(with_body(request, language, &serde_json::json!({}))?).await
}

/// Returns the sessions of an account.
pub async fn sessions(account: Uuid) -> Result<Vec<SessionInfo>, ApiError> {
    Ok(send_json::<SessionsResponse>(get(&format!("/api/v1/users/{account}/sessions"))?).await?.sessions)
}

/// Ends a session. Succeeds if it has ended already.
pub async fn end_session(account: Uuid, session: Uuid) -> Result<(), ApiError> {
    let request = Request::delete(&format!("/api/v1/users/{account}/sessions/{session}")).build();
    match send(request.map_err(|_| ApiError::no_answer())?).await {
        Err(error) if error.status != 404 => Err(error),
        _ => Ok(()),
    }
}

/// Signs in with a one-time code, which sets the password.
pub async fn sign_in_with_code(request: &CodeSignInRequest, language: Language) -> Result<User, ApiError> {
    let answer: SignInResponse =
        send_json(with_body(Request::post("/api/v1/session/code"), language, request)?).await?;
    Ok(answer.user.into())
}

/// Changes the own display name.
pub async fn set_own_name(name: String, language: Language) -> Result<User, ApiError> {
    let request = with_body(Request::put("/api/v1/account"), language, &OwnAccountRequest { name })?;
    Ok(send_json::<SessionResponse>(request).await?.user.into())
}

/// Changes the own password, which ends all other sessions.
pub async fn set_own_password(current: String, password: String, language: Language) -> Result<(), ApiError> {
    let body = PasswordRequest { current, password };
    send(with_body(Request::put("/api/v1/account/password"), language, &body)?).await.map(drop)
}

/// Creates the first account of an empty installation.
pub async fn set_up(request: &SetupRequest, language: Language) -> Result<User, ApiError> {
    let answer: SignInResponse = send_json(with_body(Request::post("/api/v1/setup"), language, request)?).await?;
    Ok(answer.user.into())
}
