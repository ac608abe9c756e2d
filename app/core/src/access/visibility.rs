//! Visibility of records for an account: everything, or the places and programmes of its scope.

use super::user::{Role, Scope, User};
use serde::{Deserialize, Serialize};

/// Places and programmes that an account sees. An account also sees the records that it has made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Visibility {
    /// Whether it sees everything, as an administrator does.
    pub all: bool,
    /// Scope of the account.
    pub scope: Scope,
}

impl Visibility {
    /// Returns the visibility of a user.
    pub fn of(user: &User) -> Self {
        Self { all: user.role == Role::Admin, scope: user.scope.clone() }
    }

    /// Returns whether it includes a place in a programme.
    pub fn has(&self, place: &str, programme: &str) -> bool {
        self.all || (self.scope.has_place(place) && self.scope.has_programme(programme))
    }

    /// Returns a visibility that includes this one and another.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            all: self.all || other.all,
            scope: Scope {
                places: union(self.scope.places, other.scope.places),
                programmes: union(self.scope.programmes, other.scope.programmes),
            },
        }
    }
}

/// Returns the codes of both lists; an empty list means all.
fn union(left: Vec<String>, right: Vec<String>) -> Vec<String> {
    if left.is_empty() || right.is_empty() { Vec::new() } else { [left, right].concat() }
}
