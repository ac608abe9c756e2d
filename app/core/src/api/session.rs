//! Signing in and out: `/api/v1/session`.

use crate::access::user::{Role, Scope, User};
use crate::catalogue::Catalogue;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

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

/// A user with the programmes of their scope by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionUser {
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
    /// Codes of the programmes.
    pub programmes: Vec<String>,
    /// Whether the account is for all programmes, also for those that are added later.
    #[serde(default)]
    pub all_programmes: bool,
    /// Whether a reviewer may approve entries with their own numbers, by a setting of the server.
    #[serde(default)]
    pub verifies_own: bool,
}

impl SessionUser {
    /// Names all programmes of the catalogue if the user's scope has no limit.
    pub fn new(user: User, catalogue: &Catalogue) -> Self {
        let User { id, username, name, role, scope: Scope { places, programmes }, verifies_own } = user;
        let all_programmes = programmes.is_empty();
        let all = || catalogue.programmes.iter().map(|programme| programme.code.clone()).collect();
        let programmes = if all_programmes { all() } else { programmes };
        Self { id, username, name, role, places, programmes, all_programmes, verifies_own }
    }
}

impl From<SessionUser> for User {
    fn from(user: SessionUser) -> Self {
        let SessionUser { id, username, name, role, places, programmes, all_programmes, verifies_own } = user;
        let programmes = if all_programmes { Vec::new() } else { programmes };
        Self { id, username, name, role, scope: Scope { places, programmes }, verifies_own }
    }
}

/// The answer to a sign-in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInResponse {
    /// The user.
    pub user: SessionUser,
    /// The session's token, for `Authorization: Bearer`; the cookie has the same value.
    pub token: String,
}

/// The user of a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionResponse {
    /// The user.
    pub user: SessionUser,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn all_programmes_are_named_and_stay_unlimited() {
        let programme = json!({"code": "ecology", "name": "生态", "name_en": "Ecology"});
        let programmes = vec![serde_json::from_value(programme).unwrap()];
        let catalogue = Catalogue { programmes, ..Catalogue::default() };
        let of = |programmes: &[&str]| User {
            id: Uuid::nil(),
            username: "village".to_owned(),
            name: String::new(),
            role: Role::Recorder,
            scope: Scope { places: Vec::new(), programmes: programmes.iter().map(|code| (*code).to_owned()).collect() },
            verifies_own: programmes.is_empty(),
        };
        let all = SessionUser::new(of(&[]), &catalogue);
        assert_eq!((all.programmes.as_slice(), all.all_programmes), (["ecology".to_owned()].as_slice(), true));
        assert_eq!(User::from(all), of(&[]));
        let one = SessionUser::new(of(&["health"]), &catalogue);
        assert_eq!((one.programmes.as_slice(), one.all_programmes), (["health".to_owned()].as_slice(), false));
        assert_eq!(User::from(one), of(&["health"]));
    }
}
