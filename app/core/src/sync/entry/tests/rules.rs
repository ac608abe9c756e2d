//! Tests of the rules that a merged entry must keep.

use super::*;

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
