//! Accounts: users, their roles and the scope in which the rights of a role hold.

use crate::directory::place::covers;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Role of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 填报员: records entries.
    Recorder,
    /// 审核员: records entries, verifies and returns them.
    Reviewer,
    /// 协调员: a reviewer who also maintains the directory and closed months.
    Coordinator,
    /// 管理员: all rights.
    Admin,
    /// 浏览: read-only.
    Viewer,
}

impl Role {
    /// All roles in display order.
    pub const ALL: [Self; 5] = [Self::Recorder, Self::Reviewer, Self::Coordinator, Self::Admin, Self::Viewer];

    /// Returns the code used in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Recorder => "recorder",
            Self::Reviewer => "reviewer",
            Self::Coordinator => "coordinator",
            Self::Admin => "admin",
            Self::Viewer => "viewer",
        }
    }

    /// Returns the role with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// Returns whether the role may record entries.
    pub fn records(self) -> bool {
        self != Self::Viewer
    }

    /// Returns whether the role may maintain the directory and change closed months.
    pub fn coordinates(self) -> bool {
        matches!(self, Self::Coordinator | Self::Admin)
    }

    /// Returns whether the role may create links that open the shared view without an account.
    pub fn shares(self) -> bool {
        matches!(self, Self::Coordinator | Self::Admin)
    }

    /// Returns whether the role may read the audit trail, which names people and places everywhere.
    pub fn reads_audit(self) -> bool {
        self == Self::Admin
    }

    /// Returns whether the role may verify and return entries.
    pub fn reviews(self) -> bool {
        matches!(self, Self::Reviewer | Self::Coordinator | Self::Admin)
    }
}

/// Places and programmes in which a right holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Scope {
    /// Place codes, each covering its descendants; empty means everywhere.
    pub places: Vec<String>,
    /// Programme codes; empty means all, also those that are added later.
    pub programmes: Vec<String>,
}

impl Scope {
    /// Returns whether the scope includes a place.
    pub fn has_place(&self, code: &str) -> bool {
        self.places.is_empty() || self.places.iter().any(|above| covers(above, code))
    }

    /// Returns whether another scope is part of this one.
    pub fn includes(&self, other: &Self) -> bool {
        let has_places =
            self.places.is_empty() || !other.places.is_empty() && other.places.iter().all(|code| self.has_place(code));
        let has_programmes = self.programmes.is_empty()
            || !other.programmes.is_empty() && other.programmes.iter().all(|code| self.has_programme(code));
        has_places && has_programmes
    }

    /// Returns whether the scope includes a programme.
    pub fn has_programme(&self, code: &str) -> bool {
        self.programmes.is_empty() || self.programmes.iter().any(|programme| programme == code)
    }
}

/// A user account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "FlatUser", into = "FlatUser")]
pub struct User {
    /// Identifier.
    pub id: Uuid,
    /// User name for signing in.
    pub username: String,
    /// Display name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Scope of the rights.
    pub scope: Scope,
    /// Whether a reviewer may approve entries with their own numbers. The server sets it from its settings.
    pub verifies_own: bool,
}

/// JSON form of a user with the scope's fields inlined. `serde(flatten)` would generate much more code in the app.
#[derive(Serialize, Deserialize)]
struct FlatUser {
    id: Uuid,
    username: String,
    name: String,
    role: Role,
    places: Vec<String>,
    programmes: Vec<String>,
    #[serde(default)]
    verifies_own: bool,
}

impl From<FlatUser> for User {
    fn from(FlatUser { id, username, name, role, places, programmes, verifies_own }: FlatUser) -> Self {
        Self { id, username, name, role, scope: Scope { places, programmes }, verifies_own }
    }
}

impl From<User> for FlatUser {
    fn from(User { id, username, name, role, scope: Scope { places, programmes }, verifies_own }: User) -> Self {
        Self { id, username, name, role, places, programmes, verifies_own }
    }
}

impl User {
    /// Returns whether the user may maintain the directory in a programme.
    pub fn coordinates_programme(&self, code: &str) -> bool {
        self.role == Role::Admin || (self.role.coordinates() && self.scope.has_programme(code))
    }

    /// Returns whether the user may maintain the directory at a place.
    pub fn coordinates_place(&self, code: &str) -> bool {
        self.role == Role::Admin || (self.role.coordinates() && self.scope.has_place(code))
    }

    /// Returns whether the user may see an entry with this author, programme and place.
    pub fn sees(&self, author: Option<Uuid>, programme: &str, place: &str) -> bool {
        self.role == Role::Admin
            || author == Some(self.id)
            || (self.scope.has_place(place) && self.scope.has_programme(programme))
    }
}
