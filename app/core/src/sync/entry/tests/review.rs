//! Tests of reviews: who may review, conflicts, and the reset by an edit.

use super::*;

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

#[test]
fn edit_by_coordinator_puts_approved_entry_back() {
    let coordinator = user(3, Role::Coordinator, &["522728"], &[]);
    let edit = json!({"note": "改正"});
    let (_, fields, _) = written(decide_as(&coordinator, Some(&existing("verified", &[])), Op::Put, edit.clone()));
    assert_eq!(fields["state"], "submitted");
    let (_, fields, _) = written(decide_as(&coordinator, Some(&existing("returned", &[])), Op::Put, edit));
    assert_eq!(fields["state"], "returned", "a returned entry waits for its author");
}

/// Returns the result of approving: `None` if it is applied, otherwise the errors.
fn approve(actor: &User, entry: Option<&Existing>, more: Value) -> Option<Vec<(String, ErrorCode)>> {
    let mut fields = if entry.is_none() { valid_fields() } else { json!({}) };
    fields["state"] = json!("verified");
    fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    match decide_as(actor, entry, Op::Put, fields) {
        Decision::Write { fields, .. } => {
            assert_eq!(fields["state"], "verified");
            None
        }
        decision => Some(rejected(decision)),
    }
}

#[test]
fn own_numbers_need_another_reviewer() {
    let refused = Some(vec![("state".to_owned(), ErrorCode::OwnNumbers)]);
    let author = user(RECORDER, Role::Admin, &[], &[]);
    let entry = existing("submitted", &[]);
    assert_eq!(approve(&author, Some(&entry), json!({})), refused, "an own entry");
    assert_eq!(approve(&reviewer(), None, json!({})), refused, "a new entry");
    let number = json!({"values": {"count": 9}});
    assert_eq!(approve(&reviewer(), Some(&entry), number.clone()), refused, "with a changed number");
    assert_eq!(approve(&reviewer(), Some(&entry), json!({"note": "字"})), None, "with a changed note");
    let (_, fields, _) = written(decide_as(&reviewer(), Some(&entry), Op::Put, number));
    assert_eq!(fields["numbers_by"], json!(Uuid::from_u128(REVIEWER)));
    let changed = Existing { fields, ..entry.clone() };
    assert_eq!(approve(&reviewer(), Some(&changed), json!({})), refused, "after an own change");
    assert_eq!(approve(&author, Some(&changed), json!({})), None, "the author, after another's change");
    let alone = User { verifies_own: true, ..author };
    assert_eq!(approve(&alone, Some(&entry), json!({})), None, "a person alone, by the setting");
}

#[test]
fn echoed_state_of_approved_entry_changes_nothing() {
    let author = user(RECORDER, Role::Reviewer, &["522728"], &[]);
    let echo = json!({"state": "verified", "note": "走访"});
    let decision = decide_as(&author, Some(&existing("verified", &[])), Op::Put, echo);
    assert_eq!(decision, Decision::Leave { outcome: Outcome::Applied, conflicting_values: Fields::new() });
}

#[test]
fn sent_owner_of_numbers_is_ignored() {
    let mut forged = valid_fields();
    forged["numbers_by"] = json!(Uuid::from_u128(9));
    let (_, fields, _) = written(decide_as(&recorder(), None, Op::Put, forged));
    assert_eq!(fields["numbers_by"], json!(Uuid::from_u128(RECORDER)));
}
