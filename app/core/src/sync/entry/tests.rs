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
    User { id: Uuid::from_u128(id), username: String::new(), name: String::new(), role, scope }
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

/// An entry of the recorder with the paths that others have changed since the mutation's base.
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

#[test]
fn review_requires_reviewer() {
    let entry = existing("submitted", &[]);
    let verify = json!({"state": "verified"});
    assert_eq!(
        rejected(decide_as(&recorder(), Some(&entry), Op::Put, verify.clone())),
        [("state".into(), ErrorCode::Forbidden)]
    );
    let (_, fields, _) = written(decide_as(&reviewer(), Some(&entry), Op::Put, verify));
    assert_eq!(fields["state"], "verified");
    assert_eq!(
        rejected(decide_as(&reviewer(), Some(&entry), Op::Put, json!({"state": "returned"}))),
        [("review_note".into(), ErrorCode::Required)]
    );
    let returned = json!({"state": "returned", "review_note": "人数不对"});
    let (_, fields, _) = written(decide_as(&reviewer(), Some(&entry), Op::Put, returned));
    assert_eq!((&fields["state"], &fields["review_note"]), (&json!("returned"), &json!("人数不对")));
}

#[test]
fn review_of_changed_entry_is_conflict() {
    let entry = existing("submitted", &["values.count"]);
    match decide_as(&reviewer(), Some(&entry), Op::Put, json!({"state": "verified"})) {
        Decision::Leave { outcome, conflicting_values: conflicting } => {
            assert_eq!((outcome, &conflicting["state"]), (Outcome::Conflict, &json!("verified")))
        }
        decision => panic!("{decision:?}"),
    }
}

#[rstest]
#[case("verified")]
#[case("returned")]
fn edit_by_author_resets_review(#[case] state: &str) {
    let entry = existing(state, &[]);
    let (_, fields, _) = written(decide_as(&recorder(), Some(&entry), Op::Put, json!({"note": "改正"})));
    assert_eq!((&fields["state"], fields.get("review_note")), (&json!("submitted"), None));
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

#[test]
fn delete_leaves_tombstone_unless_changed_since() {
    let entry = existing("submitted", &[]);
    match decide_as(&recorder(), Some(&entry), Op::Delete, json!({})) {
        Decision::Write { deleted, .. } => assert!(deleted),
        decision => panic!("{decision:?}"),
    }
    let changed = existing("submitted", &["note"]);
    assert!(matches!(
        decide_as(&recorder(), Some(&changed), Op::Delete, json!({})),
        Decision::Leave { outcome: Outcome::Conflict, .. }
    ));
}

#[test]
fn delete_requires_right_and_keeps_reason() {
    let (entry, approved) = (existing("submitted", &[]), existing("verified", &[]));
    let coordinator = user(3, Role::Coordinator, &["522728"], &[]);
    let details = json!({"reason": "重复", "duplicate_of": Uuid::from_u128(9)});
    let refused = |actor: &User, entry: &Existing, details: &Value| {
        rejected(decide_as(actor, Some(entry), Op::Delete, details.clone()))
    };
    assert_eq!(refused(&recorder(), &approved, &json!({})), [("state".into(), ErrorCode::Approved)]);
    assert_eq!(refused(&reviewer(), &approved, &details), [("state".into(), ErrorCode::Approved)]);
    assert_eq!(
        refused(&reviewer(), &entry, &json!({"reason": "重复"})),
        [("duplicate_of".into(), ErrorCode::Required)]
    );
    assert_eq!(refused(&coordinator, &approved, &json!({})), [("reason".into(), ErrorCode::Required)]);
    for (actor, entry) in [(reviewer(), &entry), (coordinator.clone(), &approved)] {
        let (_, fields, _) = written(decide_as(&actor, Some(entry), Op::Delete, details.clone()));
        assert_eq!((&fields["reason"], &fields["duplicate_of"]), (&details["reason"], &details["duplicate_of"]));
    }
    // The author cannot delete an entry that was approved meanwhile. Other changes are a conflict, which keeps the
    // reason.
    assert_eq!(
        refused(&recorder(), &existing("verified", &["state"]), &json!({})),
        [("state".into(), ErrorCode::Approved)]
    );
    match decide_as(&coordinator, Some(&existing("submitted", &["note"])), Op::Delete, details.clone()) {
        Decision::Leave { outcome: Outcome::Conflict, conflicting_values: conflicting } => {
            assert_eq!((&conflicting["deleted"], &conflicting["reason"]), (&json!(true), &details["reason"]));
        }
        decision => panic!("{decision:?}"),
    }
    // An entry restored by its author needs a new review and loses the reason for deletion.
    let mut gone = Existing { deleted: true, ..approved };
    gone.fields.extend(details.as_object().unwrap().clone());
    let (_, fields, _) = written(decide_as(&recorder(), Some(&gone), Op::Put, valid_fields()));
    assert_eq!(fields["state"], "submitted");
    assert_eq!((fields.get("reason"), fields.get("duplicate_of")), (None, None));
}

#[test]
fn review_fields_are_cleared_by_next_edit() {
    let entry = existing("submitted", &[]);
    let mut back = json!({"state": "returned", "review_note": "请补充照片", "review_fields": ["attachments"]});
    let (_, fields, _) = written(decide_as(&reviewer(), Some(&entry), Op::Put, back.clone()));
    assert_eq!(fields["review_fields"], json!(["attachments"]));
    let returned = Existing { fields, ..entry.clone() };
    let (_, fields, _) = written(decide_as(&recorder(), Some(&returned), Op::Put, json!({"note": "补了照片"})));
    assert_eq!((&fields["state"], fields.get("review_fields")), (&json!("submitted"), None));
    // Resubmitted unchanged.
    let (_, fields, _) = written(decide_as(&recorder(), Some(&returned), Op::Put, json!({"state": "submitted"})));
    assert_eq!((&fields["state"], fields.get("review_note")), (&json!("submitted"), None));
    assert_eq!(
        rejected(decide_as(&recorder(), Some(&entry), Op::Put, json!({"review_fields": ["place"]}))),
        [("review_fields".into(), ErrorCode::Forbidden)]
    );
    back["review_fields"] = json!("place");
    assert_eq!(
        rejected(decide_as(&reviewer(), Some(&entry), Op::Put, back)),
        [("review_fields".into(), ErrorCode::WrongType)]
    );
}

#[test]
fn edit_conflicts_with_unseen_delete_and_reverts_seen_one() {
    let gone = Existing { deleted: true, ..existing("submitted", &["deleted"]) };
    let edit = json!({"note": "还在", "values": {"count": 4}});
    match decide_as(&recorder(), Some(&gone), Op::Put, edit.clone()) {
        Decision::Leave { outcome: Outcome::Conflict, conflicting_values: conflicting } => {
            assert_eq!(Value::Object(conflicting), json!({"note": "还在", "values.count": 4}));
        }
        decision => panic!("{decision:?}"),
    }
    let seen = Existing { changed_since: BTreeSet::new(), ..gone };
    match decide_as(&recorder(), Some(&seen), Op::Put, edit) {
        Decision::Write { deleted, fields, changed, .. } => {
            assert_eq!(
                (deleted, &fields["note"], changed.contains(&Path::from("deleted"))),
                (false, &json!("还在"), true)
            );
        }
        decision => panic!("{decision:?}"),
    }
    let again = decide_as(&recorder(), Some(&seen), Op::Delete, json!({}));
    assert_eq!(again, Decision::Leave { outcome: Outcome::Applied, conflicting_values: Fields::new() });
}

#[test]
fn review_note_without_review_is_forbidden() {
    let entry = existing("submitted", &[]);
    for actor in [recorder(), reviewer()] {
        let note = json!({"review_note": "改一改"});
        assert_eq!(
            rejected(decide_as(&actor, Some(&entry), Op::Put, note)),
            [("review_note".into(), ErrorCode::Forbidden)]
        );
    }
    let mut returned = existing("returned", &[]);
    returned.fields.insert("review_note".into(), json!("人数不对"));
    let (_, fields, _) = written(decide_as(&reviewer(), Some(&returned), Op::Put, json!({"state": "verified"})));
    assert_eq!((&fields["state"], fields.get("review_note")), (&json!("verified"), None));
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

#[rstest]
#[case(json!({"note": "a\u{0}b"}), "note")]
#[case(json!({"later": {"x": ["\u{0}"]}}), "later")]
#[case(json!({"details": {"topic": "\u{0}"}}), "details.topic")]
fn merge_entry_rejects_nul_at_its_field(#[case] more: Value, #[case] field: &str) {
    let (catalogue, places) = (catalogue(), places());
    let mut fields = valid_fields().as_object().unwrap().clone();
    fields.extend(more.as_object().unwrap().clone());
    let (kind, op) = (Kind::Entry, Op::Put);
    let mutation = Mutation { seq: 9, kind, id: Uuid::nil(), base_rev: 0, epoch: None, op, fields };
    let decision = merge_entry(&mutation, None, &recorder(), rules(&catalogue, &places));
    assert_eq!(decision, Decision::Reject(vec![FieldError::new(field, ErrorCode::Character)]));
}

#[test]
fn merge_rejects_pairing_of_other_programme_and_place() {
    let (catalogue, places) = (catalogue(), places());
    let organisation = |id: u128, side: &str, place: &str| {
        serde_json::from_value(json!({"id": Uuid::from_u128(id), "name": "", "name_en": "", "kind": "village",
            "side": side, "place": place, "programme": "industry"}))
        .unwrap()
    };
    let organisations =
        [organisation(1, "a", "440105"), organisation(2, "b", "522728108"), organisation(3, "b", "522728109")];
    let pairing = |id: u128, programme: &str, with: u128| {
        serde_json::from_value(json!({"id": Uuid::from_u128(id), "programme": programme,
            "organisation_a": Uuid::from_u128(1), "organisation_b": Uuid::from_u128(with)}))
        .unwrap()
    };
    let pairings = [pairing(11, "industry", 2), pairing(12, "industry", 3), pairing(13, "party_building", 2)];
    let rules = Rules { organisations: &organisations, pairings: &pairings, ..rules(&catalogue, &places) };
    for (id, is_valid) in [(11, false), (12, true), (13, true)] {
        let mut fields = valid_fields().as_object().unwrap().clone();
        fields.insert("pairing".into(), json!(Uuid::from_u128(id)));
        let errors = validate_entry(&fields, &recorder(), rules);
        let (kind, op) = (Kind::Entry, Op::Put);
        let mutation = Mutation { seq: 1, kind, id: Uuid::nil(), base_rev: 0, epoch: None, op, fields };
        let decision = merge_entry(&mutation, None, &recorder(), rules);
        if is_valid {
            assert_eq!(errors, []);
            written(decision);
        } else {
            assert_eq!(errors.len(), 1);
            assert_eq!(rejected(decision), [("pairing".to_owned(), ErrorCode::Unknown)]);
        }
    }
}

#[test]
fn old_form_version_keeps_current_limits_of_figures() {
    let mut old = with_programme();
    let indicator = json!({"code": "surveys", "programme": "party_building", "name": "次", "name_en": "", "unit": "",
        "unit_en": "", "aggregation": "sum"});
    old.indicators = vec![serde_json::from_value(indicator).unwrap()];
    old.activities[0].fields[0].feeds = Some("surveys".into());
    let mut next = old.activities[0].clone();
    next.fields[0].max = crate::values::quantity::Quantity::from_f64(2.0);
    let catalogue = old.with_activity(next).unwrap();
    let places = places();
    let rules = rules(&catalogue, &places);
    let mut fields = valid_fields().as_object().unwrap().clone();
    fields.insert("version".into(), json!(1));
    let put = |existing: Option<&Existing>, fields: Fields| {
        let (kind, base_rev) = (Kind::Entry, existing.map_or(0, |_| 2));
        let mutation = Mutation { seq: 1, kind, id: Uuid::nil(), base_rev, epoch: None, op: Op::Put, fields };
        merge_entry(&mutation, existing, &recorder(), rules)
    };
    let too_large = [("values.count".to_owned(), ErrorCode::TooLarge)];
    assert_eq!(rejected(put(None, fields.clone())), too_large);
    let mut entry = existing("submitted", &[]);
    entry.fields.insert("version".into(), json!(1));
    written(put(Some(&entry), json!({"note": "改"}).as_object().unwrap().clone()));
    let larger = json!({"values": {"count": 4}}).as_object().unwrap().clone();
    assert_eq!(rejected(put(Some(&entry), larger)), too_large);
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

#[test]
fn closed_month_requires_coordinator_and_reason() {
    let closed = ["2026-11".parse().unwrap()];
    let coordinator = user(3, Role::Coordinator, &[], &[]);
    let entry = existing("submitted", &[]);
    let refused = |actor: &User, existing: Option<&Existing>, op, fields| {
        rejected(decide_when(&closed, actor, existing, op, fields))
    };
    let closed_month = vec![("date".to_owned(), ErrorCode::Closed)];
    let no_reason = vec![("reason".to_owned(), ErrorCode::Required)];
    assert_eq!(refused(&recorder(), None, Op::Put, valid_fields()), closed_month);
    assert_eq!(refused(&recorder(), Some(&entry), Op::Put, json!({"note": "改"})), closed_month);
    assert_eq!(
        refused(&recorder(), Some(&entry), Op::Put, json!({"date": "2026-12-01"})),
        closed_month,
        "nor moved out"
    );
    assert_eq!(refused(&recorder(), Some(&entry), Op::Delete, json!({})), closed_month);
    assert_eq!(refused(&reviewer(), Some(&entry), Op::Put, json!({"state": "verified"})), closed_month);
    assert_eq!(refused(&coordinator, Some(&entry), Op::Put, json!({"note": "改"})), no_reason);
    assert_eq!(refused(&coordinator, Some(&entry), Op::Delete, json!({"reason": " "})), no_reason);
    let put = json!({"note": "改", "reason": "数字报错"});
    let (outcome, fields, _) = written(decide_when(&closed, &coordinator, Some(&entry), Op::Put, put));
    assert_eq!((outcome, &fields["note"], &fields["reason"]), (Outcome::Applied, &json!("改"), &json!("数字报错")));
    let gone = decide_when(&closed, &coordinator, Some(&entry), Op::Delete, json!({"reason": "重复"}));
    assert_eq!(written(gone).1["reason"], "重复");
    let open = ["2026-10".parse().unwrap()];
    written(decide_when(&open, &recorder(), Some(&entry), Op::Put, json!({"note": "改"})));
}

fn with_programme() -> Catalogue {
    let programme = json!({"code": "party_building", "name": "党建", "name_en": "Party building"});
    let mut catalogue = Catalogue { programmes: vec![serde_json::from_value(programme).unwrap()], ..catalogue() };
    catalogue.activities[0].name = "走访".into();
    catalogue.activities[0].fields.iter_mut().for_each(|field| field.name = "数".into());
    catalogue
}

#[test]
fn entry_is_validated_by_its_form_version() {
    let (_, fields, _) = written(decide_as(&recorder(), None, Op::Put, valid_fields()));
    assert_eq!(fields["version"], 1, "who names none fills in the form as it is");
    let mut next = with_programme().activities[0].clone();
    next.fields[0].max = crate::values::quantity::Quantity::from_f64(2.0);
    let catalogue = with_programme().with_activity(next).unwrap();
    let places = places();
    let rules = rules(&catalogue, &places);
    let put = |version: Value| {
        let mut fields = valid_fields().as_object().unwrap().clone();
        fields.insert("version".into(), version);
        let mutation =
            Mutation { seq: 1, kind: Kind::Entry, id: Uuid::nil(), base_rev: 0, epoch: None, op: Op::Put, fields };
        merge_entry(&mutation, None, &recorder(), rules)
    };
    assert_eq!(catalogue.activity("survey").unwrap().version, 2);
    written(put(json!(1)));
    assert_eq!(rejected(put(json!(2))), [("values.count".to_owned(), ErrorCode::TooLarge)]);
    assert_eq!(rejected(put(json!(9))), [("version".to_owned(), ErrorCode::Unknown)]);
}

#[test]
fn ledger_items_are_shared_within_scope() {
    let (catalogue, places) = (with_programme(), places());
    let rules = rules(&catalogue, &places);
    let decide_as = |actor: &User, existing: Option<&Existing>, op, fields: Value| {
        let fields = fields.as_object().unwrap().clone();
        let base_rev = existing.map_or(0, |_| 1);
        let mutation = Mutation { seq: 1, kind: Kind::LedgerItem, id: Uuid::nil(), base_rev, epoch: None, op, fields };
        merge_item(&mutation, existing, actor, rules)
    };
    let item =
        json!({"ledger": "need", "year": 2026, "place": "522728109", "programme": "party_building", "title": "路灯"});
    let (_, mut fields, _) = written(decide_as(&recorder(), None, Op::Put, item.clone()));
    fields.insert("author".into(), json!(Uuid::from_u128(RECORDER)));
    let existing = Existing { rev: 1, fields, deleted: false, changed_since: BTreeSet::from([Path::from("title")]) };
    let change = json!({"title": "太阳能路灯", "responsible": "驻村书记"});
    let (outcome, fields, conflicting) = written(decide_as(&reviewer(), Some(&existing), Op::Put, change));
    assert_eq!(outcome, Outcome::Conflict);
    assert_eq!((&fields["responsible"], &conflicting["title"]), (&json!("驻村书记"), &json!("太阳能路灯")));
    let forbidden = |field: &str| vec![(field.to_owned(), ErrorCode::Forbidden)];
    let elsewhere = user(7, Role::Recorder, &["522728108"], &[]);
    assert_eq!(rejected(decide_as(&elsewhere, Some(&existing), Op::Put, json!({}))), forbidden("id"));
    assert_eq!(rejected(decide_as(&elsewhere, None, Op::Put, item)), forbidden("place"));
    let outsider = user(8, Role::Recorder, &["522728109"], &["health"]);
    assert_eq!(
        rejected(decide_as(&outsider, Some(&existing), Op::Put, json!({"programme": "health"}))),
        forbidden("id")
    );
}

#[test]
fn computed_total_ignores_sent_value() {
    let mut catalogue = catalogue();
    let field = |value: Value| serde_json::from_value(value).unwrap();
    catalogue.activities[0].fields.extend([
        field(json!({"code": "rows", "name": "", "name_en": "", "kind": "table", "required": false,
            "columns": [{"code": "workers", "name": "", "name_en": "", "kind": "integer", "required": false}]})),
        field(json!({"code": "total", "name": "", "name_en": "", "kind": "integer", "required": false,
            "computed": {"total": {"table": "rows", "column": "workers"}}})),
    ]);
    let places = places();
    let rules = rules(&catalogue, &places);
    let total = |rows: Value| {
        let mut fields = valid_fields().as_object().unwrap().clone();
        fields.insert("values".into(), json!({"count": 3, "total": 99}));
        fields.insert("details".into(), json!({"rows": rows}));
        let mutation =
            Mutation { seq: 1, kind: Kind::Entry, id: Uuid::nil(), base_rev: 0, epoch: None, op: Op::Put, fields };
        written(merge_entry(&mutation, None, &recorder(), rules)).1["values"]["total"].clone()
    };
    assert_eq!(total(json!([{"workers": 3}, {}, {"workers": 4}])), 7);
    assert_eq!(total(json!(null)), Value::Null);
}
