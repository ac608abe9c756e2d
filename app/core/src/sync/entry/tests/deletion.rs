//! Tests of deletions, and of edits of deleted entries.

use super::*;

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
