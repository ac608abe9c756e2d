//! Rights to edit, review and delete an entry, and what a deletion requires; the same on the phone and on the server.

use crate::access::user::{Role, User};
use crate::catalogue::Catalogue;
use crate::entry::field::{AUTHOR, DUPLICATE_OF, NUMBERS_BY, REASON};
use crate::entry::{Fields, NOTE_LENGTH, State, field};
use crate::values::{
    date::parse_date,
    field_error::{ErrorCode, FieldError},
    month::Month,
};
use serde_json::Value;
use uuid::Uuid;

/// Returns errors for a place or programme outside the actor's scope. `programme_field` is the field that determines
/// the programme.
pub(crate) fn out_of_scope(
    fields: &Fields,
    programme_field: &str,
    programme: Option<&str>,
    actor: &User,
) -> Vec<FieldError> {
    if actor.role == Role::Admin {
        return Vec::new();
    }
    let mut errors = Vec::new();
    if !actor.scope.has_place(fields.get(field::PLACE).and_then(Value::as_str).unwrap_or_default()) {
        errors.push(FieldError::new(field::PLACE, ErrorCode::Forbidden));
    }
    if !programme.is_some_and(|programme| actor.scope.has_programme(programme)) {
        errors.push(FieldError::new(programme_field, ErrorCode::Forbidden));
    }
    errors
}

/// Returns whether the actor may read the audit trail.
pub fn may_read_audit(actor: &User) -> bool {
    actor.role.reads_audit()
}

/// Returns the author of a record.
pub(crate) fn author_of(fields: &Fields) -> Option<Uuid> {
    account_in(fields, AUTHOR)
}

/// Returns the account that entered or last changed the numbers of an entry: its author if the entry does not say.
pub(crate) fn numbers_by(fields: &Fields) -> Option<Uuid> {
    account_in(fields, NUMBERS_BY).or_else(|| author_of(fields))
}

fn account_in(fields: &Fields, name: &str) -> Option<Uuid> {
    fields.get(name).and_then(Value::as_str).and_then(|id| Uuid::parse_str(id).ok())
}

/// Information that a deletion requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// None: the actor is the author of an unapproved entry.
    Free,
    /// A reason: a coordinator deletes an entry of someone else, an approved one, or one in a closed month.
    Reason,
    /// A reason and the duplicated entry: a reviewer deletes a duplicate.
    Duplicate,
}

/// Returns whether an entry is in the actor's scope.
pub fn is_in_scope(fields: &Fields, actor: &User, catalogue: &Catalogue) -> bool {
    let activity = fields.get(field::ACTIVITY).and_then(Value::as_str).unwrap_or_default();
    let programme = catalogue.activity(activity).map(|activity| activity.programme.as_str());
    out_of_scope(fields, field::ACTIVITY, programme, actor).is_empty()
}

/// Returns whether the actor may return an entry, and approve it if [`may_verify`] also holds.
pub fn may_review(fields: &Fields, actor: &User, catalogue: &Catalogue) -> bool {
    actor.role.reviews() && is_in_scope(fields, actor, catalogue)
}

/// Returns whether the numbers of an entry need another reviewer: the actor entered them or changed them last.
pub fn needs_second_person(fields: &Fields, actor: &User) -> bool {
    !actor.verifies_own && numbers_by(fields) == Some(actor.id)
}

/// Returns whether the actor may approve an entry: a reviewer within their scope who did not enter its numbers.
pub fn may_verify(fields: &Fields, actor: &User, catalogue: &Catalogue) -> bool {
    may_review(fields, actor, catalogue) && !needs_second_person(fields, actor)
}

/// Returns whether the actor may edit an entry: its author, or a coordinator within their scope.
pub fn may_edit(fields: &Fields, actor: &User, catalogue: &Catalogue) -> bool {
    let is_author = author_of(fields) == Some(actor.id) && actor.role.records();
    is_author || (actor.role.coordinates() && is_in_scope(fields, actor, catalogue))
}

/// Returns what the actor must provide to delete an entry, or the error that forbids it.
pub fn deletion(
    fields: &Fields,
    actor: &User,
    catalogue: &Catalogue,
    closed: &[Month],
) -> Result<Deletion, FieldError> {
    let is_author = author_of(fields) == Some(actor.id) && actor.role.records();
    let reviews = may_review(fields, actor, catalogue);
    let coordinates = reviews && actor.role.coordinates();
    if !is_author && !reviews {
        return Err(FieldError::new("id", ErrorCode::Forbidden));
    }
    let is_approved = fields.get(field::STATE).and_then(Value::as_str) == Some(State::Verified.code());
    if is_approved && !coordinates {
        return Err(FieldError::new(field::STATE, ErrorCode::Approved));
    }
    // A coordinator may change their own entries in closed months even outside their scope.
    let is_closed = is_in_months(fields, closed);
    if is_closed && !actor.role.coordinates() {
        return Err(FieldError::new(field::DATE, ErrorCode::Closed));
    }
    Ok(match (is_author && !is_approved, is_closed || coordinates) {
        (true, _) if !is_closed => Deletion::Free,
        (_, true) => Deletion::Reason,
        _ => Deletion::Duplicate,
    })
}

/// Validates the `details` of a deletion of an entry with these `fields`.
pub fn validate_deletion(
    details: &Fields,
    fields: &Fields,
    id: Uuid,
    actor: &User,
    catalogue: &Catalogue,
    closed: &[Month],
) -> Vec<FieldError> {
    let requirement = match deletion(fields, actor, catalogue, closed) {
        Ok(requirement) => requirement,
        Err(error) => return vec![error],
    };
    let mut errors = Vec::new();
    match details.get(REASON) {
        None | Some(Value::Null) if requirement == Deletion::Free => {}
        Some(Value::String(reason)) if reason.chars().count() > NOTE_LENGTH => {
            errors.push(FieldError::with_limit(REASON, ErrorCode::TooLong, NOTE_LENGTH as f64));
        }
        Some(Value::String(reason)) if requirement == Deletion::Free || !reason.trim().is_empty() => {}
        None | Some(Value::Null | Value::String(_)) => errors.push(FieldError::new(REASON, ErrorCode::Required)),
        Some(_) => errors.push(FieldError::new(REASON, ErrorCode::WrongType)),
    }
    match details.get(DUPLICATE_OF) {
        None | Some(Value::Null) if requirement != Deletion::Duplicate => {}
        None | Some(Value::Null) => errors.push(FieldError::new(DUPLICATE_OF, ErrorCode::Required)),
        Some(value) => match value.as_str().map(Uuid::parse_str) {
            Some(Ok(duplicated)) if duplicated != id => {}
            Some(Ok(_)) => errors.push(FieldError::new(DUPLICATE_OF, ErrorCode::Unknown)),
            _ => errors.push(FieldError::new(DUPLICATE_OF, ErrorCode::WrongType)),
        },
    }
    errors
}

/// Copies the reason for deletion into the tombstone.
pub(crate) fn record_deletion(fields: &mut Fields, details: &Fields) {
    for name in [REASON, DUPLICATE_OF] {
        match details.get(name).filter(|value| !value.is_null()) {
            Some(value) => drop(fields.insert(name.to_owned(), value.clone())),
            None => drop(fields.remove(name)),
        }
    }
}

/// Returns whether an entry's date is in one of these months.
pub fn is_in_months(fields: &Fields, months: &[Month]) -> bool {
    let date = fields.get(field::DATE).and_then(Value::as_str).and_then(parse_date);
    date.is_some_and(|date| months.contains(&Month::from(date)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::user::{Role, Scope};
    use rstest::rstest;
    use serde_json::json;

    const AUTHOR: u128 = 1;
    const ENTRY: Uuid = Uuid::from_u128(7);

    fn actor(role: Role, is_author: bool, within: bool) -> User {
        let places = vec![if within { "522728" } else { "520111" }.to_owned()];
        let id = Uuid::from_u128(if is_author { AUTHOR } else { 2 });
        let scope = Scope { places, programmes: Vec::new() };
        User { id, username: String::new(), name: String::new(), role, scope, verifies_own: false }
    }

    fn catalogue() -> Catalogue {
        serde_json::from_value(json!({"version": 1, "programmes": [], "indicators": [], "activities": [
            {"code": "survey", "programme": "party_building", "name": "", "name_en": "", "version": 1, "fields": []}]}))
        .unwrap()
    }

    fn entry(state: &str) -> Fields {
        let fields = json!({"activity": "survey", "date": "2026-11-24", "place": "522728109", "state": state,
            "author": Uuid::from_u128(AUTHOR)});
        fields.as_object().unwrap().clone()
    }

    /// Abbreviates the result: free, reason, duplicate, forbidden, approved, closed.
    fn letter(result: Result<Deletion, FieldError>) -> char {
        match result {
            Ok(Deletion::Free) => 'f',
            Ok(Deletion::Reason) => 'r',
            Ok(Deletion::Duplicate) => 'd',
            Err(error) if error.code == ErrorCode::Forbidden => '-',
            Err(error) if error.code == ErrorCode::Approved => 'a',
            Err(error) if error.code == ErrorCode::Closed => 'c',
            Err(error) => panic!("{error:?}"),
        }
    }

    /// For each role: own entry, another's within the scope, another's outside; each submitted, returned and approved,
    /// then each in a closed month.
    #[rstest]
    #[case(Role::Recorder, ["ffacca", "------", "------"])]
    #[case(Role::Reviewer, ["ffacca", "ddacca", "------"])]
    #[case(Role::Coordinator, ["ffrrrr", "rrrrrr", "------"])]
    #[case(Role::Admin, ["ffrrrr", "rrrrrr", "rrrrrr"])]
    #[case(Role::Viewer, ["------", "------", "------"])]
    fn deletion_depends_on_role_owner_state_and_month(#[case] role: Role, #[case] expected: [&str; 3]) {
        let closed = ["2026-11".parse().unwrap()];
        let who = [(true, true), (false, true), (false, false)];
        for ((is_author, within), expected) in who.into_iter().zip(expected) {
            let actor = actor(role, is_author, within);
            let of = |closed: &[Month]| {
                ["submitted", "returned", "verified"]
                    .map(|state| letter(deletion(&entry(state), &actor, &catalogue(), closed)))
            };
            let letters: String = of(&[]).into_iter().chain(of(&closed)).collect();
            assert_eq!(letters, expected, "{role:?} author {is_author} within {within}");
        }
    }

    #[rstest]
    #[case(Role::Recorder, true, json!({}), &[])]
    #[case(Role::Recorder, true, json!({"reason": 3, "duplicate_of": "x"}), &["reason", "duplicate_of"])]
    #[case(Role::Coordinator, false, json!({"reason": " "}), &["reason"])]
    #[case(Role::Coordinator, false, json!({"reason": "报错了村"}), &[])]
    #[case(Role::Reviewer, false, json!({"reason": "重复"}), &["duplicate_of"])]
    #[case(Role::Reviewer, false, json!({"reason": "重复", "duplicate_of": ENTRY}), &["duplicate_of"])]
    #[case(Role::Reviewer, false, json!({"reason": "重复", "duplicate_of": Uuid::from_u128(8)}), &[])]
    #[case(Role::Reviewer, false, json!({"duplicate_of": Uuid::from_u128(8)}), &["reason"])]
    fn validate_deletion_names_missing_details(
        #[case] role: Role,
        #[case] is_author: bool,
        #[case] details: Value,
        #[case] at: &[&str],
    ) {
        let details = details.as_object().unwrap();
        let errors =
            validate_deletion(details, &entry("submitted"), ENTRY, &actor(role, is_author, true), &catalogue(), &[]);
        assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), at);
    }

    #[rstest]
    #[case(Role::Recorder, false, false, false)]
    #[case(Role::Reviewer, false, false, true)]
    #[case(Role::Reviewer, true, false, false)]
    #[case(Role::Reviewer, true, true, true)]
    #[case(Role::Coordinator, true, false, false)]
    #[case(Role::Admin, true, false, false)]
    #[case(Role::Admin, true, true, true)]
    #[case(Role::Viewer, true, true, false)]
    fn may_verify_needs_a_second_person(
        #[case] role: Role,
        #[case] is_author: bool,
        #[case] verifies_own: bool,
        #[case] expected: bool,
    ) {
        let actor = User { verifies_own, ..actor(role, is_author, true) };
        assert_eq!(may_verify(&entry("submitted"), &actor, &catalogue()), expected);
    }

    #[rstest]
    #[case(Role::Recorder, false)]
    #[case(Role::Reviewer, false)]
    #[case(Role::Coordinator, false)]
    #[case(Role::Admin, true)]
    #[case(Role::Viewer, false)]
    fn audit_trail_is_for_administrators(#[case] role: Role, #[case] expected: bool) {
        assert_eq!(may_read_audit(&actor(role, false, true)), expected);
    }

    #[test]
    fn last_change_of_numbers_decides_and_not_the_author() {
        let mut fields = entry("submitted");
        fields.insert(NUMBERS_BY.to_owned(), json!(Uuid::from_u128(2)));
        let [author, other] = [true, false].map(|is_author| actor(Role::Reviewer, is_author, true));
        assert!(may_verify(&fields, &author, &catalogue()));
        assert!(!may_verify(&fields, &other, &catalogue()));
    }

    #[test]
    fn may_edit_allows_author_and_coordinators_in_scope() {
        let may = |role, is_author, within| may_edit(&entry("verified"), &actor(role, is_author, within), &catalogue());
        assert!(may(Role::Recorder, true, true) && may(Role::Recorder, true, false));
        assert!(may(Role::Coordinator, false, true) && may(Role::Admin, false, false));
        assert!(!may(Role::Coordinator, false, false) && !may(Role::Reviewer, false, true));
        assert!(!may(Role::Recorder, false, true) && !may(Role::Viewer, true, true));
    }
}
