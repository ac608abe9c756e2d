//! Accounts and their sessions: `/api/v1/users` and `/api/v1/account`.

use crate::access::user::{Role, Scope, User};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An account, as its administrators see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserAccount {
    /// Identifier.
    pub id: Uuid,
    /// User name for signing in.
    pub username: String,
    /// Display name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Codes of places, each covering its descendants; empty means everywhere.
    pub places: Vec<String>,
    /// Codes of programmes; empty means all.
    pub programmes: Vec<String>,
    /// Whether the account is closed.
    pub disabled: bool,
    /// Whether the account has a password; a new one has none before its first sign-in.
    pub has_password: bool,
    /// Number of its sessions.
    pub sessions: i64,
    /// Last contact of one of its sessions, RFC 3339 in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<String>,
}

impl UserAccount {
    /// Returns the scope of the account.
    pub fn scope(&self) -> Scope {
        Scope { places: self.places.clone(), programmes: self.programmes.clone() }
    }

    /// Describes an account without sessions.
    pub fn new(user: User, disabled: bool, has_password: bool) -> Self {
        let User { id, username, name, role, scope: Scope { places, programmes }, .. } = user;
        Self { id, username, name, role, places, programmes, disabled, has_password, sessions: 0, seen_at: None }
    }
}

/// The accounts that the user may administer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UsersResponse {
    /// The accounts by user name.
    pub users: Vec<UserAccount>,
}

/// An account to be created.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewUserRequest {
    /// User name; folded to lower case and half width.
    pub username: String,
    /// Display name; the user name without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Role.
    pub role: Role,
    /// Codes of places, each covering its descendants; empty means everywhere.
    pub places: Vec<String>,
    /// Codes of programmes; empty or absent means all.
    #[serde(default)]
    pub programmes: Vec<String>,
}

/// A change of an account. Absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeUserRequest {
    /// Display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Codes of places; empty means everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub places: Option<Vec<String>>,
    /// Codes of programmes; empty means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programmes: Option<Vec<String>>,
    /// Closes the account or opens it again. A closed account loses its password and its sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
}

/// An account after a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserResponse {
    /// The account.
    pub user: UserAccount,
}

/// A one-time code. No other answer repeats it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CodeResponse {
    /// The account.
    pub user: UserAccount,
    /// The code, in two groups of five characters.
    pub code: String,
    /// Path of the screen that takes the code, with user name and code after `#`.
    pub path: String,
    /// The address as a QR code in SVG, if the request names its origin as browsers do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qr: Option<String>,
    /// Expiry time, RFC 3339 in UTC.
    pub expires_at: String,
}

/// The body of a first sign-in, or of a sign-in after a reset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CodeSignInRequest {
    /// User name.
    pub username: String,
    /// The one-time code; case, spaces and hyphens do not matter.
    pub code: String,
    /// The new password.
    pub password: String,
    /// Name of the device, for the account's list of sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_name: Option<String>,
}

/// The first account of an empty installation, an administrator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetupRequest {
    /// The token that the server printed at its start.
    pub token: String,
    /// User name; folded to lower case and half width.
    pub username: String,
    /// Display name; the user name without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The password.
    pub password: String,
}

/// A change of the own name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OwnAccountRequest {
    /// Display name.
    pub name: String,
}

/// A change of the own password.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasswordRequest {
    /// The present password.
    pub current: String,
    /// The new password.
    pub password: String,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionInfo {
    /// Identifier, which is not the token.
    pub id: Uuid,
    /// Name of the device.
    pub device_name: String,
    /// Time of the sign-in, RFC 3339 in UTC.
    pub created_at: String,
    /// Last contact, to the hour, RFC 3339 in UTC.
    pub seen_at: String,
    /// Expiry time, RFC 3339 in UTC.
    pub expires_at: String,
    /// Whether the request came in this session.
    pub current: bool,
}

/// The sessions of an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionsResponse {
    /// The sessions, the one with the last contact first.
    pub sessions: Vec<SessionInfo>,
}
