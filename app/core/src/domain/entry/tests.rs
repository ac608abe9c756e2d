//! Each rule that an entry must keep.

use super::*;
use rstest::rstest;
use serde_json::json;

fn catalogue() -> Catalogue {
    serde_json::from_value(json!({
        "version": 1, "programmes": [], "indicators": [],
        "activities": [{ "code": "survey", "programme": "party_building", "name": "调研", "name_en": "Survey",
            "version": 1, "fields": [
                { "code": "count", "name": "次数", "name_en": "Times", "kind": "integer", "unit": "次",
                  "unit_en": "times", "required": true, "min": 1, "max": 500, "feeds": "surveys" },
                { "code": "area", "name": "面积", "name_en": "Area", "kind": "number", "unit": "亩",
                  "unit_en": "mu", "required": false, "feeds": null }] }]
    }))
    .unwrap()
}

fn check(fields: Value) -> Result<Entry, Vec<FieldError>> {
    let catalogue = catalogue();
    let places = Places::new(vec![
        serde_json::from_value(
            json!({"code": "522728", "parent": "5227", "level": "county", "name": "罗甸县", "side": "b"}),
        )
        .unwrap(),
    ]);
    let last_day = crate::domain::parse_date("2026-11-24");
    let rules = Rules { catalogue: &catalogue, places: &places, organisations: &[], pairings: &[], last_day };
    Entry::parse(fields.as_object().unwrap(), rules)
}

fn right() -> Value {
    json!({"activity": "survey", "date": "2026-11-24", "place": "522728", "values": {"count": 3, "area": 12.5},
           "note": "入户走访", "pairing": null})
}

#[test]
fn takes_what_is_right() {
    let entry = check(right()).unwrap();
    assert_eq!(entry.values["area"], Quantity::from_f64(12.5).unwrap());
    assert_eq!(entry.state, State::Submitted);
}

#[rstest]
#[case("activity", json!("nothing"), "activity", ErrorCode::Unknown)]
#[case("activity", json!(3), "activity", ErrorCode::WrongType)]
#[case("date", json!("24.11.2026"), "date", ErrorCode::NotDate)]
#[case("date", json!("2026-11-25"), "date", ErrorCode::InFuture)]
#[case("date", json!("1970-01-01"), "date", ErrorCode::TooEarly)]
#[case("place", json!("999"), "place", ErrorCode::Unknown)]
#[case("place", json!(null), "place", ErrorCode::Required)]
#[case("pairing", json!("x"), "pairing", ErrorCode::WrongType)]
#[case("organisation", json!("018cc251-f400-7000-8000-000000000001"), "organisation", ErrorCode::Unknown)]
#[case("values", json!([]), "values", ErrorCode::WrongType)]
#[case("values", json!({}), "values.count", ErrorCode::Required)]
#[case("values", json!({"count": "3"}), "values.count", ErrorCode::WrongType)]
#[case("values", json!({"count": 1.5}), "values.count", ErrorCode::NotWhole)]
#[case("values", json!({"count": 0}), "values.count", ErrorCode::TooSmall)]
#[case("values", json!({"count": 501}), "values.count", ErrorCode::TooLarge)]
#[case("values", json!({"count": 1, "area": -1}), "values.area", ErrorCode::TooSmall)]
#[case("values", json!({"count": 1, "area": 1e300}), "values.area", ErrorCode::NotAmount)]
#[case("values", json!({"count": 1, "other": 1}), "values.other", ErrorCode::Unknown)]
#[case("note", json!("长".repeat(2001)), "note", ErrorCode::TooLong)]
#[case("note", json!({}), "note", ErrorCode::WrongType)]
#[case("state", json!("done"), "state", ErrorCode::Unknown)]
#[case("attachments", json!(["../../etc/passwd"]), "attachments", ErrorCode::WrongType)]
fn names_the_field_that_is_wrong(#[case] field: &str, #[case] value: Value, #[case] at: &str, #[case] code: ErrorCode) {
    let mut fields = right();
    fields[field] = value;
    let errors = check(fields).unwrap_err();
    assert_eq!(errors.iter().map(|e| (e.field.as_str(), e.code)).collect::<Vec<_>>(), [(at, code)]);
}

#[test]
fn reports_every_mistake_at_once() {
    let errors = check(json!({})).unwrap_err();
    let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["activity", "date", "place"]);
}
