//! Visibility of records for an account: everything, or the places and programmes of its scope.

use super::user::{Role, Scope, User};
use crate::directory::place::covers;
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

    /// Returns the part below a place and in a programme, where they are given. Returns `None` if it is empty.
    pub fn narrowed(mut self, place: Option<&str>, programme: Option<&str>) -> Option<Self> {
        if place.is_none() && programme.is_none() {
            return Some(self);
        }
        if self.all {
            self = Self { all: false, scope: Scope::default() };
        }
        if let Some(place) = place {
            self.scope.places = if self.scope.has_place(place) {
                vec![place.to_owned()]
            } else {
                self.scope.places.into_iter().filter(|code| covers(place, code)).collect()
            };
        }
        if let Some(programme) = programme {
            let is_visible = self.scope.has_programme(programme);
            self.scope.programmes = is_visible.then(|| programme.to_owned()).into_iter().collect();
        }
        let is_empty =
            place.is_some() && self.scope.places.is_empty() || programme.is_some() && self.scope.programmes.is_empty();
        (!is_empty).then_some(self)
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

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn of(places: &[&str], programmes: &[&str]) -> Visibility {
        let owned = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect();
        Visibility { all: false, scope: Scope { places: owned(places), programmes: owned(programmes) } }
    }

    #[rstest]
    #[case(of(&[], &[]), Some("522728"), None, Some(of(&["522728"], &[])))]
    #[case(of(&["522728"], &["health"]), Some("522728109"), Some("health"), Some(of(&["522728109"], &["health"])))]
    #[case(of(&["522728108", "522728109", "5201"], &[]), Some("522728"), None, Some(of(&["522728108", "522728109"], &[])))]
    #[case(of(&["522728"], &[]), Some("5201"), None, None)]
    #[case(of(&[], &["health"]), None, Some("education"), None)]
    #[case(of(&["522728"], &["health"]), None, None, Some(of(&["522728"], &["health"])))]
    fn narrowed_is_the_intersection(
        #[case] visibility: Visibility,
        #[case] place: Option<&str>,
        #[case] programme: Option<&str>,
        #[case] expected: Option<Visibility>,
    ) {
        assert_eq!(visibility.narrowed(place, programme), expected);
    }

    #[test]
    fn narrowed_limits_a_visibility_of_everything() {
        let everything = Visibility { all: true, ..of(&["522728"], &[]) };
        assert_eq!(everything.clone().narrowed(None, None), Some(everything.clone()));
        let narrowed = everything.narrowed(Some("5201"), None).unwrap();
        assert!(narrowed.has("520111", "health") && !narrowed.has("522728", "health"));
    }
}
