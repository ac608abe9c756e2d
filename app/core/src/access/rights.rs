//! Who may edit, review and delete an entry, and what a deletion has to say: the same on the phone and on the server.

use crate::access::user::{Role, User};
use crate::catalogue::Catalogue;
use crate::entry::{Fields, NOTE_LENGTH, State};
use crate::values::{
    date::parse_date,
    field_error::{ErrorCode, FieldError},
    month::Month,
};
use serde_json::Value;
use uuid::Uuid;

/// Why an entry of a closed month is changed, or why an entry is deleted.
pub const REASON: &str = "reason";
/// The entry that a deleted one repeats.
pub const DUPLICATE_OF: &str = "duplicate_of";

/// Mistakes of place and programme, which the field `named` says; none where the actor may write.
pub(crate) fn out_of_scope(fields: &Fields, named: &str, programme: Option<&str>, actor: &User) -> Vec<FieldError> {
    if actor.role == Role::Admin {
        return Vec::new();
    }
    let mut errors = Vec::new();
    if !actor.scope.has_place(fields.get("place").and_then(Value::as_str).unwrap_or_default()) {
        errors.push(FieldError::new("place", ErrorCode::Forbidden));
    }
    if !programme.is_some_and(|programme| actor.scope.has_programme(programme)) {
        errors.push(FieldError::new(named, ErrorCode::Forbidden));
    }
    errors
}

/// Who made a record.
pub(crate) fn author_of(fields: &Fields) -> Option<Uuid> {
    fields.get("author").and_then(Value::as_str).and_then(|id| Uuid::parse_str(id).ok())
}

/// What a deletion needs beside the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// Nothing: it is the actor's own entry, and nobody has approved it.
    Free,
    /// A reason: a coordinator deletes another's entry, an approved one, or one of a closed month.
    Reason,
    /// A reason and the entry that this one repeats: a reviewer voids a duplicate.
    Duplicate,
}

/// Whether an entry with these fields lies in the actor's scope.
pub fn is_in_scope(fields: &Fields, actor: &User, catalogue: &Catalogue) -> bool {
    let activity = fields.get("activity").and_then(Value::as_str).unwrap_or_default();
    let programme = catalogue.activity(activity).map(|activity| activity.programme.as_str());
    out_of_scope(fields, "activity", programme, actor).is_empty()
}

/// Whether the actor approves and returns such an entry.
pub fn may_review(fields: &Fields, actor: &User, catalogue: &Catalogue) -> bool {
    actor.role.reviews() && is_in_scope(fields, actor, catalogue)
}

/// Whether the screens offer the actor to edit such an entry: its author, and coordinators within their scope.
pub fn may_edit(fields: &Fields, actor: &User, catalogue: &Catalogue) -> bool {
    let own = author_of(fields) == Some(actor.id) && actor.role.records();
    own || (actor.role.coordinates() && is_in_scope(fields, actor, catalogue))
}

/// Returns what the actor has to give to delete an entry with these fields, or the error that forbids it.
pub fn deletion(
    fields: &Fields,
    actor: &User,
    catalogue: &Catalogue,
    closed: &[Month],
) -> Result<Deletion, FieldError> {
    let own = author_of(fields) == Some(actor.id) && actor.role.records();
    let reviews = may_review(fields, actor, catalogue);
    let coordinates = reviews && actor.role.coordinates();
    if !own && !reviews {
        return Err(FieldError::new("id", ErrorCode::Forbidden));
    }
    let is_approved = fields.get("state").and_then(Value::as_str) == Some(State::Verified.code());
    if is_approved && !coordinates {
        return Err(FieldError::new("state", ErrorCode::Approved));
    }
    // An author who coordinates elsewhere may change their entries of a closed month, too.
    let is_closed = lies_in(fields, closed);
    if is_closed && !actor.role.coordinates() {
        return Err(FieldError::new("date", ErrorCode::Closed));
    }
    Ok(match (own && !is_approved, is_closed || coordinates) {
        (true, _) if !is_closed => Deletion::Free,
        (_, true) => Deletion::Reason,
        _ => Deletion::Duplicate,
    })
}

/// Returns what is wrong with a deletion that says this, of an entry with these fields.
pub fn validate_deletion(
    said: &Fields,
    fields: &Fields,
    id: Uuid,
    actor: &User,
    catalogue: &Catalogue,
    closed: &[Month],
) -> Vec<FieldError> {
    let needs = match deletion(fields, actor, catalogue, closed) {
        Ok(needs) => needs,
        Err(error) => return vec![error],
    };
    let mut errors = Vec::new();
    match said.get(REASON) {
        None | Some(Value::Null) if needs == Deletion::Free => {}
        Some(Value::String(reason)) if reason.chars().count() > NOTE_LENGTH => {
            errors.push(FieldError::with_limit(REASON, ErrorCode::TooLong, NOTE_LENGTH as f64));
        }
        Some(Value::String(reason)) if needs == Deletion::Free || !reason.trim().is_empty() => {}
        None | Some(Value::Null | Value::String(_)) => errors.push(FieldError::new(REASON, ErrorCode::Required)),
        Some(_) => errors.push(FieldError::new(REASON, ErrorCode::WrongType)),
    }
    match said.get(DUPLICATE_OF) {
        None | Some(Value::Null) if needs != Deletion::Duplicate => {}
        None | Some(Value::Null) => errors.push(FieldError::new(DUPLICATE_OF, ErrorCode::Required)),
        Some(other) => match other.as_str().map(Uuid::parse_str) {
            Some(Ok(other)) if other != id => {}
            Some(Ok(_)) => errors.push(FieldError::new(DUPLICATE_OF, ErrorCode::Unknown)),
            _ => errors.push(FieldError::new(DUPLICATE_OF, ErrorCode::WrongType)),
        },
    }
    errors
}

/// Keeps in a tombstone what its deletion said.
pub(crate) fn note_deletion(fields: &mut Fields, said: &Fields) {
    for name in [REASON, DUPLICATE_OF] {
        match said.get(name).filter(|value| !value.is_null()) {
            Some(value) => drop(fields.insert(name.to_owned(), value.clone())),
            None => drop(fields.remove(name)),
        }
    }
}

/// Whether an entry lies in one of these months.
pub fn lies_in(fields: &Fields, months: &[Month]) -> bool {
    let date = fields.get("date").and_then(Value::as_str).and_then(parse_date);
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

    fn actor(role: Role, own: bool, within: bool) -> User {
        let places = vec![if within { "522728" } else { "520111" }.to_owned()];
        let id = Uuid::from_u128(if own { AUTHOR } else { 2 });
        let scope = Scope { places, programmes: Vec::new() };
        User { id, username: String::new(), name: String::new(), role, scope }
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

    /// What deleting comes to, as a letter: free, with a reason, as a duplicate, forbidden, approved, closed.
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

    /// For each role: own entry, another's within the scope, another's beyond it; each when submitted, returned, approved,
    /// and the same in a closed month.
    #[rstest]
    #[case(Role::Recorder, ["ffacca", "------", "------"])]
    #[case(Role::Reviewer, ["ffacca", "ddacca", "------"])]
    #[case(Role::Coordinator, ["ffrrrr", "rrrrrr", "------"])]
    #[case(Role::Admin, ["ffrrrr", "rrrrrr", "rrrrrr"])]
    #[case(Role::Viewer, ["------", "------", "------"])]
    fn deletion_depends_on_role_owner_state_and_month(#[case] role: Role, #[case] expected: [&str; 3]) {
        let closed = ["2026-11".parse().unwrap()];
        let who = [(true, true), (false, true), (false, false)];
        for ((own, within), expected) in who.into_iter().zip(expected) {
            let actor = actor(role, own, within);
            let of = |closed: &[Month]| {
                ["submitted", "returned", "verified"]
                    .map(|state| letter(deletion(&entry(state), &actor, &catalogue(), closed)))
            };
            let found: String = of(&[]).into_iter().chain(of(&closed)).collect();
            assert_eq!(found, expected, "{role:?} own {own} within {within}");
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
    fn deletion_says_what_it_must(#[case] role: Role, #[case] own: bool, #[case] said: Value, #[case] at: &[&str]) {
        let said = said.as_object().unwrap();
        let errors = validate_deletion(said, &entry("submitted"), ENTRY, &actor(role, own, true), &catalogue(), &[]);
        assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), at);
    }

    #[test]
    fn edit_is_offered_to_the_author_and_to_coordinators_within_their_scope() {
        let may = |role, own, within| may_edit(&entry("verified"), &actor(role, own, within), &catalogue());
        assert!(may(Role::Recorder, true, true) && may(Role::Recorder, true, false));
        assert!(may(Role::Coordinator, false, true) && may(Role::Admin, false, false));
        assert!(!may(Role::Coordinator, false, false) && !may(Role::Reviewer, false, true));
        assert!(!may(Role::Recorder, false, true) && !may(Role::Viewer, true, true));
    }
}
