//! Tests of field paths: every text is a path and survives a round trip.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

#[test]
fn paths_of_form_answers_round_trip() {
    let fields =
        json!({"values": {"people": 3, "area": null}, "details": {"model": "company"}, "note": "n", "author": "x"});
    let fields = fields.as_object().unwrap();
    let mut rebuilt = Fields::new();
    let mut named: Vec<String> = Vec::new();
    for (path, value) in paths(fields) {
        named.push(path.to_string());
        set(&mut rebuilt, &path, value);
    }
    named.sort();
    assert_eq!(named, ["details.model", "note", "values.area", "values.people"]);
    assert_eq!(
        Value::Object(rebuilt.clone()),
        json!({"values": {"people": 3}, "details": {"model": "company"}, "note": "n"})
    );
    assert_eq!((get(&rebuilt, "details.model"), get(&rebuilt, "values.area")), (Some(&json!("company")), None));
}

#[test]
fn cell_and_qualifier_have_their_text_form() {
    assert_eq!(Path::cell("workers", 0, "count").to_string(), "details.workers.0.count");
    assert_eq!(Path::cell("workers", 0, "count").form_field(), Some("workers"));
    assert_eq!(Path::qualifier("count").to_string(), "qualifiers.count");
}

#[test]
fn is_within_matches_field_and_its_answers() {
    let is_within = |path: &'static str, other: &'static str| Path::from(path).is_within(&Path::from(other));
    assert!(is_within("values.people", "values") && is_within("note", "note") && is_within("values", "values"));
    assert!(
        is_within("details.workers.0.count", "details.workers") && !is_within("details.workers2", "details.workers")
    );
    assert!(!is_within("values.people", "details") && !is_within("placement", "place"));
    assert!(!is_within("values", "values.people"));
}

#[test]
fn has_all_compares_every_path_of_a_mutation() {
    let fields = |value: serde_json::Value| value.as_object().unwrap().clone();
    let stored =
        fields(json!({"author": "x", "note": "a", "values": {"times": 3, "people": 1}, "details": {"by": ["b"]}}));
    let has_all = |mutation| super::has_all(&stored, &fields(mutation));
    assert!(has_all(json!({})) && has_all(json!({"note": "a", "values": {"times": 3}, "details": {"by": ["b"]}})));
    assert!(has_all(json!({"reason": "", "values": {"area": null}})), "an empty text and null equal an absent field");
    assert!(!has_all(json!({"note": "b"})) && !has_all(json!({"note": ""})));
    assert!(!has_all(json!({"values": {"times": 4}})) && !has_all(json!({"values": {"times": null}})));
    assert!(!has_all(json!({"details": {"by": ["b", "c"]}})));
}

/// Texts with many dots and prefixes, and any others.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![".*", "(values|details|value|qualifiers|note|date)?[.]?(values|[a-z.!-]{0,4})", "[a-z]{1,3}"]
}

proptest! {
    #[test]
    fn text_form_parses_to_same_path(text in any_text()) {
        let path: Path<'static> = text.parse().unwrap();
        prop_assert_eq!(path.to_string(), &*text);
        prop_assert_eq!(String::from(path.clone()), &*text);
        prop_assert!(path == *text.as_str());
        prop_assert_eq!(serde_json::to_value(&path).unwrap(), json!(text));
        let json: Path<'static> = serde_json::from_value(json!(text)).unwrap();
        prop_assert_eq!(&json, &path);
        prop_assert_eq!((json.field(), json.answer()), (path.field(), path.answer()));
    }

    #[test]
    fn path_of_any_code_parses_to_itself(code in any_text(), row in 0..200_usize) {
        for path in [Path::value(&code), Path::detail(&code), Path::cell(&code, row, &code), Path::qualifier(&code)] {
            let parsed: Path<'static> = path.to_string().parse().unwrap();
            prop_assert_eq!(&parsed, &path);
            prop_assert_eq!((parsed.field(), parsed.answer()), (path.field(), path.answer()));
        }
    }

    #[test]
    fn set_of_paths_is_stored_like_set_of_texts(texts in prop::collection::btree_set(any_text(), 0..8)) {
        let paths: BTreeSet<Path<'_>> = texts.iter().map(Path::from).collect();
        prop_assert_eq!(serde_json::to_string(&paths).unwrap(), serde_json::to_string(&texts).unwrap());
    }
}
