//! Tests of each validation rule of entries.

use crate::directory::place::Places;
use crate::entry::model::ROWS;
use crate::entry::parse::*;
use rstest::rstest;
use serde_json::json;

/// Rules with only forms and places.
fn rules<'a>(catalogue: &'a Catalogue, places: &'a Places) -> Rules<'a> {
    Rules { catalogue, places, organisations: &[], pairings: &[], last_day: None, closed: &[] }
}

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
    let last_day = crate::values::date::parse_date("2026-11-24");
    let rules =
        Rules { catalogue: &catalogue, places: &places, organisations: &[], pairings: &[], last_day, closed: &[] };
    Entry::parse(fields.as_object().unwrap(), rules)
}

fn valid_fields() -> Value {
    json!({"activity": "survey", "date": "2026-11-24", "place": "522728", "values": {"count": 3, "area": 12.5},
           "note": "入户走访", "pairing": null})
}

#[test]
fn parse_accepts_valid_fields() {
    let entry = check(valid_fields()).unwrap();
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
#[case("attachments", json!(["AB".repeat(32)]), "attachments", ErrorCode::WrongType)]
fn parse_names_invalid_field(#[case] field: &str, #[case] value: Value, #[case] at: &str, #[case] code: ErrorCode) {
    let mut fields = valid_fields();
    fields[field] = value;
    let errors = check(fields).unwrap_err();
    assert_eq!(errors.iter().map(|e| (e.field.as_str(), e.code)).collect::<Vec<_>>(), [(at, code)]);
}

#[test]
fn parse_reports_all_errors() {
    let errors = check(json!({})).unwrap_err();
    let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["activity", "date", "place"]);
}

fn form() -> Catalogue {
    let field = |code: &str, kind: &str, more: Value| {
        let mut field = json!({"code": code, "name": code, "name_en": code, "kind": kind, "required": false});
        field.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        field
    };
    let choice = |code: &str| json!({"code": code, "name": code, "name_en": code});
    let fields = [
        field("stage", "choice", json!({"required": true, "choices": [choice("start"), choice("finish")]})),
        field("result", "text", json!({"required": true, "when": {"field": "stage", "is": ["finish"]}})),
        field("met", "choices", json!({"choices": [choice("sign"), choice("hall")]})),
        field("head", "integer", json!({})),
        field("price", "number", json!({"when": {"field": "stage", "is": ["finish"]}})),
        field("proceeds", "number", json!({"computed": {"product": ["head", "price"]}})),
    ];
    let activity =
        json!({"code": "sale", "programme": "industry", "name": "", "name_en": "", "version": 1, "fields": fields});
    serde_json::from_value(json!({"version": 1, "programmes": [], "indicators": [], "activities": [activity]})).unwrap()
}

fn parse_with_choices(details: Value, values: Value) -> Result<Entry, Vec<FieldError>> {
    let catalogue = form();
    let place = json!({"code": "522728", "parent": "5227", "level": "county", "name": "罗甸县", "side": "b"});
    let places = Places::new(vec![serde_json::from_value(place).unwrap()]);
    let rules = rules(&catalogue, &places);
    let fields =
        json!({"activity": "sale", "date": "2026-11-24", "place": "522728", "details": details, "values": values});
    Entry::parse(fields.as_object().unwrap(), rules)
}

#[test]
fn parse_reports_malformed_answers_of_unknown_activity() {
    let errors =
        check(json!({"activity": "nothing", "date": "2026-11-24", "place": "522728", "values": [], "details": 3}));
    let errors: Vec<_> = errors.unwrap_err().into_iter().map(|error| (error.field, error.code)).collect();
    for expected in
        [("activity", ErrorCode::Unknown), ("values", ErrorCode::WrongType), ("details", ErrorCode::WrongType)]
    {
        assert!(errors.contains(&(expected.0.to_owned(), expected.1)), "{errors:?}");
    }
}

#[test]
fn parse_accepts_answers_that_form_asks_for() {
    let details = json!({"stage": "finish", "result": "增收", "met": ["hall", "sign"]});
    let entry = parse_with_choices(details.clone(), json!({"head": 3, "price": 12.5})).unwrap();
    assert_eq!(serde_json::to_value(&entry).unwrap()["details"], details);
    assert!(parse_with_choices(json!({"stage": "start"}), json!({})).unwrap().values.is_empty());
}

#[rstest]
#[case(json!({}), json!({}), "details.stage", ErrorCode::Required)]
#[case(json!({"stage": "later"}), json!({}), "details.stage", ErrorCode::Unknown)]
#[case(json!({"stage": ["start"]}), json!({}), "details.stage", ErrorCode::WrongType)]
#[case(json!({"stage": 3}), json!({}), "details.stage", ErrorCode::WrongType)]
#[case(json!({"stage": "finish"}), json!({}), "details.result", ErrorCode::Required)]
#[case(json!({"stage": "finish", "result": ""}), json!({}), "details.result", ErrorCode::Required)]
#[case(json!({"stage": "start", "result": "x"}), json!({}), "details.result", ErrorCode::Unknown)]
#[case(json!({"stage": "start", "met": ["roof"]}), json!({}), "details.met", ErrorCode::Unknown)]
#[case(json!({"stage": "start", "met": "sign"}), json!({}), "details.met", ErrorCode::WrongType)]
#[case(json!({"stage": "start", "head": 3}), json!({}), "details.head", ErrorCode::Unknown)]
#[case(json!({"stage": "start"}), json!({"stage": 3}), "values.stage", ErrorCode::Unknown)]
#[case(json!({"stage": "start"}), json!({"price": 3}), "values.price", ErrorCode::Unknown)]
#[case(json!([]), json!({}), "details", ErrorCode::WrongType)]
fn parse_rejects_answers_that_form_does_not_ask_for(
    #[case] details: Value,
    #[case] values: Value,
    #[case] field: &str,
    #[case] code: ErrorCode,
) {
    let errors = parse_with_choices(details, values).unwrap_err();
    assert!(errors.iter().any(|error| error.field == field && error.code == code), "{errors:?}");
}

#[test]
fn computed_fields_are_sum_or_product() {
    use crate::catalogue::Computed;
    let number = |code: &str| [("a", 3.0), ("b", 0.1)].iter().find(|pair| pair.0 == code).map(|pair| pair.1);
    let of = |computed: fn(Vec<String>) -> Computed, codes: &[&str]| {
        computed(codes.iter().map(|code| (*code).to_owned()).collect()).of(number, |_, _| Vec::new())
    };
    assert_eq!(of(Computed::Sum, &["a", "b", "c"]), Some(3.1));
    assert_eq!(of(Computed::Sum, &["c"]), None);
    assert_eq!(of(Computed::Product, &["a", "b"]), Some(0.3));
    assert_eq!(of(Computed::Product, &["a", "c"]), None);
}

fn check_table(rows: Value) -> Result<Entry, Vec<(String, ErrorCode)>> {
    let mut catalogue = catalogue();
    let table = json!({"code": "placed", "name": "明细", "name_en": "", "kind": "table", "required": false, "columns": [
        {"code": "employer", "name": "单位", "name_en": "", "kind": "text", "required": true},
        {"code": "workers", "name": "人数", "name_en": "", "kind": "integer", "required": true, "min": 1}]});
    catalogue.activities[0].fields.push(serde_json::from_value(table).unwrap());
    let county = json!({"code": "522728", "parent": "5227", "level": "county", "name": "罗甸县", "side": "b"});
    let places = Places::new(vec![serde_json::from_value(county).unwrap()]);
    let rules = rules(&catalogue, &places);
    let mut fields = valid_fields();
    fields["details"] = json!({"placed": rows});
    let errors_of = |errors: Vec<FieldError>| errors.into_iter().map(|error| (error.field, error.code)).collect();
    Entry::parse(fields.as_object().unwrap(), rules).map_err(errors_of)
}

#[test]
fn table_keeps_its_rows() {
    let entry = check_table(json!([{"employer": "甲厂", "workers": 3}, {"employer": "乙厂", "workers": 4}])).unwrap();
    assert_eq!(entry.details["placed"].rows().len(), 2);
    let round_trip: Entry = serde_json::from_value(serde_json::to_value(&entry).unwrap()).unwrap();
    assert_eq!(round_trip, entry);
    assert!(check_table(json!([])).unwrap().details.is_empty());
    assert!(check_table(json!(null)).unwrap().details.is_empty());
}

#[rstest]
#[case(json!([{"employer": "甲厂", "workers": 3}, {"employer": "", "workers": 0}]),
       &[("details.placed.1.employer", ErrorCode::Required), ("details.placed.1.workers", ErrorCode::TooSmall)])]
#[case(json!([{"employer": 3, "workers": "三"}]),
       &[("details.placed.0.employer", ErrorCode::WrongType), ("details.placed.0.workers", ErrorCode::NotAmount)])]
#[case(json!([{"employer": "甲厂", "workers": 1.5, "wage": 1}]),
       &[("details.placed.0.workers", ErrorCode::NotWhole), ("details.placed.0.wage", ErrorCode::Unknown)])]
#[case(json!("甲厂"), &[("details.placed", ErrorCode::WrongType)])]
#[case(json!(["甲厂"]), &[("details.placed", ErrorCode::WrongType)])]
#[case(json!({"employer": "甲厂"}), &[("details.placed", ErrorCode::WrongType)])]
fn parse_names_invalid_table_cell(#[case] rows: Value, #[case] expected: &[(&str, ErrorCode)]) {
    let expected: Vec<_> = expected.iter().map(|(field, code)| ((*field).to_owned(), *code)).collect();
    assert_eq!(check_table(rows), Err(expected));
}

#[test]
fn parse_rejects_table_with_too_many_rows() {
    let rows = vec![json!({"employer": "甲厂", "workers": 1}); ROWS + 1];
    assert_eq!(check_table(json!(rows)), Err(vec![("details.placed".to_owned(), ErrorCode::TooLarge)]));
}
