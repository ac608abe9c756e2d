//! Signing in and out: `/api/v1/session`.

use crate::access::user::User;
use serde::{Deserialize, Serialize};

/// The body of a sign-in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInRequest {
    /// Name of the account, in upper or lower case.
    pub username: String,
    /// The password.
    pub password: String,
    /// Name of the device, for the account's list of sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_name: Option<String>,
}

/// The answer to a sign-in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInResponse {
    /// The user.
    pub user: User,
    /// The session's token, for `Authorization: Bearer`; the cookie has the same value.
    pub token: String,
}

/// The user of a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionResponse {
    /// The user.
    pub user: User,
}
