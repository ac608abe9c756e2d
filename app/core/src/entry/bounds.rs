//! How much a record may hold: whatever a client sends, one record costs the server and every phone little.

use crate::entry::Fields;
use crate::values::field_error::{ErrorCode, FieldError};
use serde_json::Value;

/// The most bytes that a record's fields may have, as JSON. A full table of a form takes half of that.
pub const RECORD: usize = 256 * 1024;
/// The most bytes of fields that this program does not know; a newer one's are carried along.
pub const UNKNOWN: usize = 16 * 1024;
/// The most fields that this program does not know.
pub const UNKNOWN_FIELDS: usize = 32;
/// The deepest that values lie within each other; JSON read again gives up at 128.
const DEPTH: usize = 16;
/// The most bytes of a field's name that a mistake repeats.
const NAME: usize = 100;

/// The fields that the server sets on every record.
const SET: [&str; 4] = ["author", "created_at", "updated_at", "source"];

/// Returns what of a record's fields is too long; `known` are the names that its kind has.
pub fn too_long(fields: &Fields, known: &[&str]) -> Vec<FieldError> {
    let is_known = |name: &str| known.contains(&name) || SET.contains(&name);
    let (mut errors, mut all, mut unknown, mut count) = (Vec::new(), 0, 0, 0);
    let mut largest = (0, "");
    for (name, value) in fields {
        let size = size_of(value, 0).saturating_add(name.len() + 4);
        all = size.saturating_add(all);
        if size > largest.0 {
            largest = (size, name);
        }
        if is_known(name) {
            continue;
        }
        unknown = size.saturating_add(unknown);
        count += 1;
        if unknown > UNKNOWN || count > UNKNOWN_FIELDS {
            errors.push(FieldError::with_limit(shortened(name), ErrorCode::TooLong, UNKNOWN as f64));
            break;
        }
    }
    if errors.is_empty() && all > RECORD {
        errors.push(FieldError::with_limit(shortened(largest.1), ErrorCode::TooLong, RECORD as f64));
    }
    errors
}

/// Returns the bytes of fields as JSON.
pub fn size(fields: &Fields) -> usize {
    fields.iter().fold(0, |all, (name, value)| size_of(value, 0).saturating_add(all + name.len() + 4))
}

/// Returns the bytes of a value as JSON; what lies too deep has no end.
pub fn size_of(value: &Value, depth: usize) -> usize {
    if depth > DEPTH {
        return usize::MAX / 4;
    }
    match value {
        Value::Null | Value::Bool(_) => 5,
        // The longest float has 24 digits.
        Value::Number(_) => 24,
        Value::String(text) => text.bytes().fold(2, |all, byte| {
            all + match byte {
                b'"' | b'\\' => 2,
                ..0x20 => 6,
                _ => 1,
            }
        }),
        Value::Array(items) => items.iter().fold(2, |all, item| size_of(item, depth + 1).saturating_add(all + 1)),
        Value::Object(items) => items
            .iter()
            .fold(2, |all, (name, item)| size_of(item, depth + 1).saturating_add(all.saturating_add(name.len() + 4))),
    }
}

/// A name as a mistake repeats it.
pub fn shortened(name: &str) -> String {
    let end = (0..=name.len().min(NAME)).rev().find(|end| name.is_char_boundary(*end)).unwrap_or_default();
    name.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::json;

    fn fields(value: Value) -> Fields {
        value.as_object().unwrap().clone()
    }

    fn nested(depth: usize) -> Value {
        (0..depth).fold(json!(1), |inner, _| json!([inner]))
    }

    #[rstest]
    #[case(json!({"note": "x".repeat(RECORD)}), Some("note"))]
    #[case(json!({"note": "x".repeat(RECORD - 100)}), None)]
    #[case(json!({"note": "\u{1}".repeat(RECORD / 4)}), Some("note"))]
    #[case(json!({"later": "x".repeat(UNKNOWN)}), Some("later"))]
    #[case(json!({"later": "x".repeat(UNKNOWN - 100), "note": "x"}), None)]
    #[case(json!({"later": nested(12)}), None)]
    #[case(json!({"later": nested(200)}), Some("later"))]
    fn too_long_names_the_field(#[case] value: Value, #[case] field: Option<&str>) {
        let errors = too_long(&fields(value), &["note"]);
        assert_eq!(errors.first().map(|error| error.field.as_str()), field);
        assert!(errors.iter().all(|error| error.code == ErrorCode::TooLong));
    }

    #[test]
    fn too_long_limits_the_number_and_the_names_of_unknown_fields() {
        let many: Fields = (0..UNKNOWN_FIELDS).map(|number| (format!("later{number}"), json!(1))).collect();
        assert_eq!(too_long(&many, &[]), []);
        let more: Fields = (0..10_000).map(|number| (format!("later{number}"), json!(1))).collect();
        assert_eq!(too_long(&more, &[]).len(), 1);
        let name = "名".repeat(10_000);
        let errors = too_long(&fields(json!({name: 1})), &[]);
        assert_eq!(errors[0].field, "名".repeat(33));
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<f64>().prop_map(|number| json!(number)),
            ".*".prop_map(|text| json!(text)),
            Just(Value::Null)
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|items| json!(items)),
                prop::collection::btree_map("[a-z]{0,9}", inner, 0..4).prop_map(|items| json!(items)),
            ]
        })
    }

    proptest! {
        #[test]
        fn size_is_not_less_than_the_json(value in any_value()) {
            let own = fields(json!({"field": value}));
            let json = serde_json::to_string(&own).unwrap().len();
            prop_assert!(size(&own) + 2 >= json, "{} {}", size(&own), json);
        }
    }
}
