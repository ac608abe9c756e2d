//! Tests of access rights, validation rules and the merge of entries.

use super::super::ledger::merge_item;
use super::*;
use crate::access::user::{Role, Scope};
use crate::catalogue::Catalogue;
use crate::directory::place::{Level, Place, Places, Side};
use crate::sync::kind::Kind;
use crate::sync::protocol::{Op, Outcome};
use proptest::prelude::*;
use rstest::rstest;
use uuid::Uuid;

mod deletion;
mod review;
mod rules;

const RECORDER: u128 = 1;
const REVIEWER: u128 = 2;

/// Rules with only forms and places.
fn rules<'a>(catalogue: &'a Catalogue, places: &'a Places) -> Rules<'a> {
    Rules { catalogue, places, organisations: &[], pairings: &[], last_day: None, closed: &[] }
}

fn catalogue() -> Catalogue {
    let field = |code: &str, required: bool| {
        json!({"code": code, "name": "", "name_en": "", "kind": "integer", "unit": "", "unit_en": "",
               "required": required, "feeds": null})
    };
    serde_json::from_value(json!({"version": 1, "programmes": [], "indicators": [], "activities": [
        {"code": "survey", "programme": "party_building", "name": "", "name_en": "", "version": 1,
         "fields": [field("count", true), field("people", false)]}]}))
    .unwrap()
}

fn places() -> Places {
    let place = |code: &str, parent: &str, level| Place {
        code: code.into(),
        parent: parent.into(),
        level,
        name: code.into(),
        side: Side::B,
        initials: String::new(),
    };
    Places::new(vec![
        place("522728", "5227", Level::County),
        place("522728109", "522728", Level::Township),
        place("522728108", "522728", Level::Township),
    ])
}

fn user(id: u128, role: Role, places: &[&str], programmes: &[&str]) -> User {
    let to_vec = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect();
    let scope = Scope { places: to_vec(places), programmes: to_vec(programmes) };
    User { id: Uuid::from_u128(id), username: String::new(), name: String::new(), role, scope, verifies_own: false }
}

fn recorder() -> User {
    user(RECORDER, Role::Recorder, &["522728109"], &[])
}

fn reviewer() -> User {
    user(REVIEWER, Role::Reviewer, &["522728"], &[])
}

fn decide_as(actor: &User, existing: Option<&Existing>, op: Op, fields: Value) -> Decision {
    decide_when(&[], actor, existing, op, fields)
}

/// Decides while the given months are closed.
fn decide_when(closed: &[Month], actor: &User, existing: Option<&Existing>, op: Op, fields: Value) -> Decision {
    let (catalogue, places) = (catalogue(), places());
    let rules =
        Rules { catalogue: &catalogue, places: &places, organisations: &[], pairings: &[], last_day: None, closed };
    let fields = fields.as_object().unwrap().clone();
    let base_rev = existing.map_or(0, |_| 1);
    let mutation = Mutation { seq: 1, kind: Kind::Entry, id: Uuid::nil(), base_rev, epoch: None, op, fields };
    merge_entry(&mutation, existing, actor, rules)
}

fn valid_fields() -> Value {
    json!({"activity": "survey", "date": "2026-11-24", "place": "522728109", "values": {"count": 3}, "note": "走访"})
}

/// Returns an entry of the recorder with the paths that others have changed since the mutation's base.
fn existing(state: &str, changed_since: &[&str]) -> Existing {
    let mut fields = valid_fields().as_object().unwrap().clone();
    fields.insert("author".into(), json!(Uuid::from_u128(RECORDER)));
    fields.insert("state".into(), json!(state));
    fill_defaults(&mut fields);
    let changed_since = changed_since.iter().map(|path| Path::from(*path).into_owned()).collect();
    Existing { rev: 2, fields, deleted: false, changed_since }
}

fn written(decision: Decision) -> (Outcome, Fields, Fields) {
    match decision {
        Decision::Write { outcome, fields, conflicting_values: conflicting, .. } => (outcome, fields, conflicting),
        decision => panic!("expected a write, got {decision:?}"),
    }
}

fn rejected(decision: Decision) -> Vec<(String, ErrorCode)> {
    match decision {
        Decision::Reject(errors) => errors.into_iter().map(|error| (error.field, error.code)).collect(),
        decision => panic!("expected a rejection, got {decision:?}"),
    }
}

#[test]
fn put_creates_entry_with_every_field() {
    let (outcome, fields, _) = written(decide_as(&recorder(), None, Op::Put, valid_fields()));
    assert_eq!(outcome, Outcome::Applied);
    assert_eq!(fields["state"], "submitted");
    assert_eq!(fields["pairing"], Value::Null);
    assert!(Entry::from_checked(&fields).is_some());
}

#[test]
fn put_changes_only_named_fields() {
    let entry = existing("submitted", &[]);
    let (outcome, fields, _) =
        written(decide_as(&recorder(), Some(&entry), Op::Put, json!({"values": {"people": 7}, "unknown": "kept"})));
    assert_eq!(outcome, Outcome::Applied);
    assert_eq!((&fields["values"], &fields["note"]), (&json!({"count": 3, "people": 7}), &json!("走访")));
    assert_eq!(fields["unknown"], "kept");
}

#[test]
fn edits_of_other_fields_merge_and_of_same_field_conflict() {
    let entry = existing("submitted", &["note"]);
    let (outcome, fields, _) = written(decide_as(&recorder(), Some(&entry), Op::Put, json!({"values": {"count": 9}})));
    assert_eq!((outcome, &fields["values"]["count"]), (Outcome::Merged, &json!(9)));
    let both = json!({"values": {"count": 9}, "note": "我的"});
    let (outcome, fields, conflicting) = written(decide_as(&recorder(), Some(&entry), Op::Put, both));
    assert_eq!((outcome, &fields["note"], &conflicting["note"]), (Outcome::Conflict, &json!("走访"), &json!("我的")));
}

#[rstest]
#[case(json!({"author": Uuid::from_u128(9), "source": "report", "created_at": "x"}))]
#[case(json!({"note": "走访", "values": {"count": 3}}))]
fn put_without_change_leaves_record(#[case] fields: Value) {
    let decision = decide_as(&recorder(), Some(&existing("submitted", &[])), Op::Put, fields);
    assert_eq!(decision, Decision::Leave { outcome: Outcome::Applied, conflicting_values: Fields::new() });
}

#[rstest]
#[case(recorder(), json!({"place": "522728108"}), "place")]
#[case(user(RECORDER, Role::Recorder, &[], &["health"]), json!({"note": "x"}), "activity")]
#[case(user(7, Role::Recorder, &[], &[]), json!({"note": "不是我的"}), "id")]
#[case(user(7, Role::Reviewer, &["522728108"], &[]), json!({"state": "verified"}), "id")]
#[case(user(RECORDER, Role::Viewer, &[], &[]), json!({"note": "x"}), "id")]
fn put_outside_scope_or_by_other_author_is_forbidden(#[case] actor: User, #[case] fields: Value, #[case] at: &str) {
    let entry = existing("submitted", &[]);
    let errors = rejected(decide_as(&actor, Some(&entry), Op::Put, fields));
    assert_eq!(errors, [(at.to_owned(), ErrorCode::Forbidden)]);
}

#[rstest]
#[case(0, 1, &[("base_rev", ErrorCode::TooLarge)])]
#[case(0, i64::MAX as u64, &[("base_rev", ErrorCode::TooLarge)])]
#[case(2, 3, &[("base_rev", ErrorCode::TooLarge)])]
#[case(2, u64::MAX, &[("base_rev", ErrorCode::TooLarge)])]
fn merge_rejects_base_rev_above_stored_rev(
    #[case] rev: u64,
    #[case] base_rev: u64,
    #[case] expected: &[(&str, ErrorCode)],
) {
    let (catalogue, places) = (with_programme(), places());
    let rules = rules(&catalogue, &places);
    let entry = (rev > 0).then(|| Existing { rev, ..existing("submitted", &[]) });
    let (kind, fields) = (Kind::Entry, valid_fields().as_object().unwrap().clone());
    let mutation = Mutation { seq: 1, kind, id: Uuid::nil(), base_rev, epoch: None, op: Op::Put, fields };
    let expected: Vec<_> = expected.iter().map(|(field, code)| ((*field).to_owned(), *code)).collect();
    assert_eq!(rejected(merge_entry(&mutation, entry.as_ref(), &recorder(), rules)), expected);
    assert_eq!(rejected(merge_item(&mutation, entry.as_ref(), &recorder(), rules)), expected);
    let delete = Mutation { op: Op::Delete, ..mutation };
    if entry.is_some() {
        assert_eq!(rejected(merge_entry(&delete, entry.as_ref(), &recorder(), rules)), expected);
    }
}

#[rstest]
#[case(json!({"note": "走访", "values": {"count": 3.0}, "state": "submitted"}), &[])]
#[case(json!({"note": "另一条", "values": {"count": 3, "people": 4}}), &["note", "values.people"])]
#[case(json!({"state": "verified"}), &["state"])]
fn merge_never_mixes_new_entry_with_used_identifier(#[case] more: Value, #[case] differing: &[&str]) {
    let entry = existing("verified", &[]);
    let entry = if differing == ["state"] { existing("submitted", &[]) } else { entry };
    let (catalogue, places) = (catalogue(), places());
    let mut fields = valid_fields().as_object().unwrap().clone();
    fields.extend(more.as_object().unwrap().clone());
    let (kind, op) = (Kind::Entry, Op::Put);
    let mutation = Mutation { seq: 9, kind, id: Uuid::nil(), base_rev: 0, epoch: None, op, fields };
    match merge_entry(&mutation, Some(&entry), &recorder(), rules(&catalogue, &places)) {
        Decision::Leave { outcome, conflicting_values: conflicting } => {
            let expected = if differing.is_empty() { Outcome::Applied } else { Outcome::Conflict };
            assert_eq!(
                (outcome, conflicting.keys().map(String::as_str).collect::<Vec<_>>()),
                (expected, differing.to_vec())
            );
        }
        decision => panic!("{decision:?}"),
    }
}

fn any_patch() -> impl Strategy<Value = Fields> {
    let field = prop_oneof![
        (0..5_u8).prop_map(|n| ("note".to_owned(), json!(n.to_string()))),
        (1..5_u8).prop_map(|n| ("values".to_owned(), json!({"count": n}))),
        (1..5_u8).prop_map(|n| ("values".to_owned(), json!({"people": n}))),
        Just(("values".to_owned(), json!({"people": null}))),
        (1..5_u8).prop_map(|n| ("extra".to_owned(), json!({"deep": n}))),
    ];
    prop::collection::vec(field, 0..4).prop_map(Fields::from_iter)
}

proptest! {
    /// No value is lost: each is in the record or kept as the losing side of a conflict.
    #[test]
    fn merge_applies_or_keeps_every_value(
        patch in any_patch(),
        since in prop::collection::btree_set(prop_oneof![Just("note"), Just("values.count"), Just("extra")], 0..3),
    ) {
        let since: Vec<&str> = since.into_iter().collect();
        let entry = existing("submitted", &since);
        let decision = decide_as(&recorder(), Some(&entry), Op::Put, Value::Object(patch.clone()));
        let (fields, conflicting) = match decision {
            Decision::Write { fields, conflicting_values, .. } => (fields, conflicting_values),
            Decision::Leave { conflicting_values, .. } => (entry.fields.clone(), conflicting_values),
            Decision::Reject(errors) => return Err(TestCaseError::fail(format!("{errors:?}"))),
        };
        for (path, value) in paths(&patch) {
            let stands = get(&fields, &path) == present(value);
            prop_assert!(stands || conflicting.get(&path.to_string()) == Some(value), "{} is lost", path);
        }
        for path in since {
            prop_assert_eq!(get(&fields, path), get(&entry.fields, path), "another's {} was overwritten", path);
        }
    }
}

fn with_programme() -> Catalogue {
    let programme = json!({"code": "party_building", "name": "党建", "name_en": "Party building"});
    let mut catalogue = Catalogue { programmes: vec![serde_json::from_value(programme).unwrap()], ..catalogue() };
    catalogue.activities[0].name = "走访".into();
    catalogue.activities[0].fields.iter_mut().for_each(|field| field.name = "数".into());
    catalogue
}
