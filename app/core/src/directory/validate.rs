//! Validation of organisations and pairings, and the fields that a user has no right to set.

use super::Directory;
use super::organisation::{Organisation, Pairing};
use super::place::{Places, Side};
use crate::access::user::User;
use crate::catalogue::Catalogue;
use crate::values::field_error::{ErrorCode, FieldError};
use crate::values::hash::is_sha256;

/// Maximum number of characters in a name.
const NAME_LENGTH: usize = 80;

impl Organisation {
    /// Returns all validation errors.
    pub fn validate(&self, places: &Places, catalogue: &Catalogue) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let name = self.name.trim();
        if name.is_empty() {
            errors.push(FieldError::new("name", ErrorCode::Required));
        }
        for (field, text) in [("name", &self.name), ("name_en", &self.name_en)] {
            if text.chars().count() > NAME_LENGTH {
                errors.push(FieldError::with_limit(field, ErrorCode::TooLong, NAME_LENGTH as f64));
            }
        }
        if places.get(&self.place).is_none_or(|place| place.side != self.side) {
            errors.push(FieldError::new("place", ErrorCode::Unknown));
        }
        if catalogue.programme(&self.programme).is_none() {
            errors.push(FieldError::new("programme", ErrorCode::Unknown));
        }
        let is_on_earth = |(east, north): (f64, f64)| east.abs() <= 180.0 && north.abs() <= 90.0;
        if self.position.is_some_and(|position| !is_on_earth(position)) {
            errors.push(FieldError::new("position", ErrorCode::TooLarge));
        }
        errors
    }

    /// Returns an error for each field outside the user's scope.
    pub fn forbidden_fields(&self, user: &User) -> Vec<FieldError> {
        let place = (!user.coordinates_place(&self.place)).then_some("place");
        let programme = (!user.coordinates_programme(&self.programme)).then_some("programme");
        place.into_iter().chain(programme).map(|field| FieldError::new(field, ErrorCode::Forbidden)).collect()
    }
}

impl Pairing {
    /// Returns all validation errors.
    pub fn validate(&self, directory: Directory<'_>, catalogue: &Catalogue) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if catalogue.programme(&self.programme).is_none() {
            errors.push(FieldError::new("programme", ErrorCode::Unknown));
        }
        for (field, id, side) in
            [("organisation_a", self.organisation_a, Side::A), ("organisation_b", self.organisation_b, Side::B)]
        {
            if directory.organisation(id).is_none_or(|organisation| organisation.side != side) {
                errors.push(FieldError::new(field, ErrorCode::Unknown));
            }
        }
        if self.from.zip(self.to).is_some_and(|(from, to)| to < from) {
            errors.push(FieldError::new("to", ErrorCode::NotDate));
        }
        if self.agreement.as_ref().is_some_and(|hash| !is_sha256(hash)) {
            errors.push(FieldError::new("agreement", ErrorCode::WrongType));
        }
        errors
    }

    /// Returns an error for each field outside the user's scope. One of the two organisations must be in it.
    pub fn forbidden_fields(&self, user: &User, directory: Directory<'_>) -> Vec<FieldError> {
        let programme = (!user.coordinates_programme(&self.programme)).then_some(["programme"].as_slice());
        let ends = [self.organisation_a, self.organisation_b].map(|id| directory.organisation(id));
        let is_in_scope = ends.iter().flatten().any(|end| user.coordinates_place(&end.place));
        let ends = (!is_in_scope).then_some(["organisation_a", "organisation_b"].as_slice());
        let fields = programme.into_iter().chain(ends).flatten();
        fields.map(|field| FieldError::new(*field, ErrorCode::Forbidden)).collect()
    }
}
