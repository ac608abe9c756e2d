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
