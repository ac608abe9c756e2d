//! Who may do what, and where.

use crate::directory::place::covers;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a person does here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 填报员: records.
    Recorder,
    /// 审核员: records, verifies and returns.
    Reviewer,
    /// 协调员: as a reviewer, for a whole side.
    Coordinator,
    /// 管理员: all of it.
    Admin,
    /// 浏览: looks.
    Viewer,
}

impl Role {
    /// Every role, in the order in which they are listed to people.
    pub const ALL: [Self; 5] = [Self::Recorder, Self::Reviewer, Self::Coordinator, Self::Admin, Self::Viewer];

    /// The code, as on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::Recorder => "recorder",
            Self::Reviewer => "reviewer",
            Self::Coordinator => "coordinator",
            Self::Admin => "admin",
            Self::Viewer => "viewer",
        }
    }

    /// The role with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// Whether people of this role make entries.
    pub fn records(self) -> bool {
        self != Self::Viewer
    }

    /// Whether people of this role see to a whole side: the directory, and what lies in closed months.
    pub fn coordinates(self) -> bool {
        matches!(self, Self::Coordinator | Self::Admin)
    }

    /// Whether people of this role make links that open the shared view without an account.
    pub fn shares(self) -> bool {
        matches!(self, Self::Coordinator | Self::Admin)
    }

    /// Whether people of this role verify and return entries.
    pub fn reviews(self) -> bool {
        matches!(self, Self::Reviewer | Self::Coordinator | Self::Admin)
    }
}

/// Where and in which programmes a right holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Place codes; each covers all below it. Empty: everywhere.
    pub places: Vec<String>,
    /// Programme codes. Empty: all.
    pub programmes: Vec<String>,
}

impl Scope {
    /// Whether it holds for this place.
    pub fn has_place(&self, code: &str) -> bool {
        self.places.is_empty() || self.places.iter().any(|above| covers(above, code))
    }

    /// Whether it holds for this programme.
    pub fn has_programme(&self, code: &str) -> bool {
        self.programmes.is_empty() || self.programmes.iter().any(|own| own == code)
    }
}

/// A person with an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Flat", into = "Flat")]
pub struct User {
    /// Identifier.
    pub id: Uuid,
    /// What is typed to sign in.
    pub username: String,
    /// What others read.
    pub name: String,
    /// What they do.
    pub role: Role,
    /// Where.
    pub scope: Scope,
}

/// A user on the wire, without a level for the scope. (`serde(flatten)` would do it with much more code on the phone.)
#[derive(Serialize, Deserialize)]
struct Flat {
    id: Uuid,
    username: String,
    name: String,
    role: Role,
    places: Vec<String>,
    programmes: Vec<String>,
}

impl From<Flat> for User {
    fn from(Flat { id, username, name, role, places, programmes }: Flat) -> Self {
        Self { id, username, name, role, scope: Scope { places, programmes } }
    }
}

impl From<User> for Flat {
    fn from(User { id, username, name, role, scope: Scope { places, programmes } }: User) -> Self {
        Self { id, username, name, role, places, programmes }
    }
}

impl User {
    /// Whether the directory's keeping in this programme is this person's.
    pub fn coordinates_programme(&self, code: &str) -> bool {
        self.role == Role::Admin || (self.role.coordinates() && self.scope.has_programme(code))
    }

    /// Whether the directory's keeping at this place is this person's.
    pub fn coordinates_place(&self, code: &str) -> bool {
        self.role == Role::Admin || (self.role.coordinates() && self.scope.has_place(code))
    }

    /// Whether this person may look at an entry of that author, programme and place.
    pub fn sees(&self, author: Option<Uuid>, programme: &str, place: &str) -> bool {
        self.role == Role::Admin
            || author == Some(self.id)
            || (self.scope.has_place(place) && self.scope.has_programme(programme))
    }
}
