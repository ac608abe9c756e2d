//! Rights to administer accounts: administrators everywhere, coordinators within their scope and up to their own role.

use super::user::{Role, Scope, User};
use crate::catalogue::Catalogue;
use crate::directory::place::Places;
use crate::values::field_error::{ErrorCode, FieldError};

/// Maximum number of characters in a display name.
pub const LONGEST_NAME: usize = 64;

/// Roles that a user may give to accounts.
pub fn roles_to_give(actor: &User) -> impl Iterator<Item = Role> + use<> {
    let actor = actor.role;
    Role::ALL.into_iter().filter(move |role| match actor {
        Role::Admin => true,
        Role::Coordinator => *role != Role::Admin,
        _ => false,
    })
}

/// Returns whether the actor may see and change an account with this role and scope.
pub fn may_administer(actor: &User, role: Role, scope: &Scope) -> bool {
    roles_to_give(actor).any(|given| given == role) && (actor.role == Role::Admin || actor.scope.includes(scope))
}

/// Returns the errors for a role or scope that the actor may not give.
pub fn forbidden_rights(actor: &User, role: Role, scope: &Scope) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if !roles_to_give(actor).any(|given| given == role) {
        errors.push(FieldError::new("role", ErrorCode::Forbidden));
    }
    if actor.role != Role::Admin {
        let places = Scope { programmes: actor.scope.programmes.clone(), ..scope.clone() };
        if !actor.scope.includes(&places) {
            errors.push(FieldError::new("places", ErrorCode::Forbidden));
        }
        let programmes = Scope { places: actor.scope.places.clone(), ..scope.clone() };
        if !actor.scope.includes(&programmes) {
            errors.push(FieldError::new("programmes", ErrorCode::Forbidden));
        }
    }
    errors
}

/// Validates a display name without surrounding white space.
pub fn validate_name(name: &str) -> Result<(), FieldError> {
    if name.is_empty() {
        Err(FieldError::new("name", ErrorCode::Required))
    } else if name.chars().count() > LONGEST_NAME {
        Err(FieldError::with_limit("name", ErrorCode::TooLong, LONGEST_NAME as f64))
    } else if name.chars().any(char::is_control) {
        Err(FieldError::new("name", ErrorCode::Character))
    } else {
        Ok(())
    }
}

/// Validates name and scope of an account against the places and programmes that exist.
pub fn validate_account(name: &str, scope: &Scope, places: &Places, catalogue: &Catalogue) -> Vec<FieldError> {
    let mut errors: Vec<FieldError> = validate_name(name).err().into_iter().collect();
    if scope.places.iter().any(|code| places.get(code).is_none()) {
        errors.push(FieldError::new("places", ErrorCode::Unknown));
    }
    if scope.programmes.iter().any(|code| catalogue.programme(code).is_none()) {
        errors.push(FieldError::new("programmes", ErrorCode::Unknown));
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use uuid::Uuid;

    fn scope(places: &[&str], programmes: &[&str]) -> Scope {
        let owned = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect();
        Scope { places: owned(places), programmes: owned(programmes) }
    }

    fn user(role: Role, scope: Scope) -> User {
        let (id, username, name) = (Uuid::nil(), String::new(), String::new());
        User { id, username, name, role, scope, verifies_own: false }
    }

    #[rstest]
    #[case(Role::Admin, Role::Admin, scope(&[], &[]), &[])]
    #[case(Role::Coordinator, Role::Coordinator, scope(&["522728"], &["health"]), &[])]
    #[case(Role::Coordinator, Role::Recorder, scope(&["522728109"], &["health"]), &[])]
    #[case(Role::Coordinator, Role::Admin, scope(&["522728"], &["health"]), &["role"])]
    #[case(Role::Coordinator, Role::Viewer, scope(&[], &["health"]), &["places"])]
    #[case(Role::Coordinator, Role::Reviewer, scope(&["522728", "5201"], &["health"]), &["places"])]
    #[case(Role::Coordinator, Role::Reviewer, scope(&["5227"], &["health"]), &["places"])]
    #[case(Role::Coordinator, Role::Reviewer, scope(&["522728"], &[]), &["programmes"])]
    #[case(Role::Coordinator, Role::Reviewer, scope(&["522728"], &["health", "industry"]), &["programmes"])]
    #[case(Role::Reviewer, Role::Recorder, scope(&["522728"], &["health"]), &["role"])]
    #[case(Role::Viewer, Role::Viewer, scope(&["522728"], &["health"]), &["role"])]
    fn rights_end_at_own_role_and_scope(
        #[case] actor: Role,
        #[case] role: Role,
        #[case] given: Scope,
        #[case] expected: &[&str],
    ) {
        let actor = user(actor, scope(&["522728"], &["health"]));
        let errors = forbidden_rights(&actor, role, &given);
        assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), expected);
        assert_eq!(may_administer(&actor, role, &given), expected.is_empty());
    }

    #[rstest]
    #[case("小王", &["522728"], &[], &[])]
    #[case("", &["522728"], &[], &["name"])]
    #[case("小\n王", &[], &[], &["name"])]
    #[case("小王", &["999999"], &["nothing"], &["places", "programmes"])]
    fn account_names_existing_places_and_programmes(
        #[case] name: &str,
        #[case] places: &[&str],
        #[case] programmes: &[&str],
        #[case] expected: &[&str],
    ) {
        let place =
            serde_json::json!({"code": "522728", "parent": "5227", "level": "county", "name": "罗甸县", "side": "b"});
        let known = Places::new(vec![serde_json::from_value(place).unwrap()]);
        let errors = validate_account(name, &scope(places, programmes), &known, &Catalogue::default());
        assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), expected);
    }
}
