//! Signing in and out: `/api/v1/session`.

use crate::access::user::User;
use serde::{Deserialize, Serialize};

/// The body of a sign-in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInRequest {
    /// What the account is called; upper and lower case are the same.
    pub username: String,
    /// The password.
    pub password: String,
    /// What the device calls itself, for the account's list of sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_name: Option<String>,
}

/// The answer to a sign-in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInResponse {
    /// Who has signed in.
    pub user: User,
    /// The session's token, for `Authorization: Bearer`; the cookie has the same value.
    pub token: String,
}

/// Whose session it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionResponse {
    /// Who has signed in.
    pub user: User,
}
