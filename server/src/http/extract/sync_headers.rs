//! Extractor for push and pull: the user, and the version of the sync protocol.

use crate::http::extract::current_user::CurrentUser;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use jiedui_core::access::user::User;
use jiedui_core::sync::protocol::{PROTOCOL_HEADER, PROTOCOL_VERSION};

/// User of an app that syncs with a supported protocol version.
#[derive(Clone, Debug)]
pub struct SyncUser(pub User);

impl FromRequestParts<AppState> for SyncUser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let CurrentUser(user) = <CurrentUser as FromRequestParts<AppState>>::from_request_parts(parts, app).await?;
        // A request without a version uses the present contract.
        let spoken = parts.headers.get(PROTOCOL_HEADER).and_then(|version| version.to_str().ok());
        let spoken = spoken.map_or(Some(PROTOCOL_VERSION), |version| version.parse().ok());
        if spoken.is_none_or(|spoken| spoken < app.config.oldest_schema) {
            return Err(Problem::new(
                StatusCode::UPGRADE_REQUIRED,
                "请更新应用：这个版本已不能上传，未上传的内容仍在手机里",
                "Please update the app: this version can no longer sync; unsent changes stay on the phone",
            ));
        }
        Ok(Self(user))
    }
}

/// Rejects the request if `owner` is not the session's user: on a shared phone the session may have changed hands.
pub fn check_owner(owner: Option<String>, user: &User) -> Result<(), Problem> {
    if owner.is_none_or(|owner| owner == user.id.to_string()) { Ok(()) } else { Err(Problem::no_session()) }
}
